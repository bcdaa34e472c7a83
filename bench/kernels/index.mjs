// The kernels: hand-written zasm and the same work in plain JavaScript beside it. Both take one number and give one
// 64-bit result; a guest reads its number from stdin and writes its result to stdout, 8 bytes each.

import { readFileSync } from "node:fs";
import * as k1 from "./k1-xorshift.mjs";
import * as k2 from "./k2-sieve.mjs";
import * as k3 from "./k3-fib.mjs";
import * as k4a from "./k4a-crc32.mjs";
import * as k4b from "./k4b-sha256.mjs";
import * as k5 from "./k5-matmul.mjs";
import * as k6a from "./k6a-bubble.mjs";
import * as k6b from "./k6b-brainf.mjs";
import * as k7 from "./k7-bytes.mjs";

/** `n` makes a few million guest instructions; `tiny` a few thousand, for a test of the results. */
const kernel = (file, title, n, tiny, { run }) => ({
  name: file.slice(0, file.indexOf("-")),
  title,
  n,
  tiny,
  plain: run,
  source: readFileSync(new URL(`${file}.zasm`, import.meta.url), "utf8"),
});

export const KERNELS = [
  kernel("k1-xorshift", "xorshift64 + sum", 500_000, 100, k1),
  kernel("k2-sieve", "sieve of 2^20", 2 ** 20, 997, k2),
  kernel("k3-fib", "recursive fib(27)", 27, 10, k3),
  kernel("k4a-crc32", "crc32 by table", 32, 1, k4a),
  kernel("k4b-sha256", "sha-256 compression", 1200, 2, k4b),
  kernel("k5-matmul", "i64 matmul 96^3", 96, 5, k5),
  kernel("k6a-bubble", "bubble sort", 1200, 40, k6a),
  kernel("k6b-brainf", "brainf*** machine", 40, 2, k6b),
];

/** Not in the means: what recognising its loops is worth. */
export const BYTE_LOOPS = kernel("k7-bytes", "fill and copy by the byte", 10, 2, k7);

export function guestInput(n) {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(n), true);
  return bytes;
}

/** The result a guest wrote. */
export function guestResult(stdout) {
  if (stdout.length !== 8) throw new Error(`a kernel writes 8 bytes, this one wrote ${stdout.length}`);
  return new DataView(stdout.buffer, stdout.byteOffset).getBigUint64(0, true);
}
