// Measurements in processes of their own, where nothing is warm.

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Runs a script beside this folder with the same Node; it prints one JSON value. */
export function inChild(script, args = [], flags = []) {
  const path = fileURLToPath(new URL(`../${script}`, import.meta.url));
  const before = performance.now();
  const text = execFileSync(process.execPath, [...flags, path, ...args.map(String)], { encoding: "utf8" });
  return { value: JSON.parse(text), ms: performance.now() - before };
}
