// Runs once before the browser tests, where it can say something on one line of its own (D37).

import type { TestProject } from "vitest/node";
import { findChromium } from "./chromium.ts";

export function setup(project: TestProject): void {
  const chromium = findChromium(process.env);
  project.provide("chromium", chromium);
  if (chromium.reason !== undefined && !chromium.required) {
    process.stderr.write(`browser tests skipped: ${chromium.reason}\n`);
  }
}
