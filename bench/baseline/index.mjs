// The yardstick: each kernel in C, compiled by clang (build.sh). A run gets an instance of its own, with fresh memory,
// as a guest does.

import { readFileSync } from "node:fs";
import { wasm } from "../lib/v8.mjs";

/** File of each kernel, the number that keeps compiled code busy for some milliseconds, and a title where it is in it. */
const TWINS = {
  k1: ["k1-xorshift", 3_000_000],
  k2: ["k2-sieve", 2 ** 20],
  k3: ["k3-fib", 31, "recursive fib(31)"],
  k4a: ["k4a-crc32", 128],
  k4b: ["k4b-sha256", 18_000],
  k5: ["k5-matmul", 150, "i64 matmul 150^3"],
  k6a: ["k6a-bubble", 3200],
  k6b: ["k6b-brainf", 240],
  k7: ["k7-bytes", 500],
};

/** `prepare` makes an instance, `run` gives the result. */
export function cTwin(name) {
  const [file, long, title] = TWINS[name];
  const module = new wasm.Module(readFileSync(new URL(`${file}.wasm`, import.meta.url)));
  return {
    long,
    title,
    prepare: () => /** @type {(n: number) => bigint} */ (new wasm.Instance(module).exports.run),
    run: (/** @type {(n: number) => bigint} */ twin, n) => BigInt.asUintN(64, twin(n)),
  };
}
