// What decoding a document, twice and four times as much takes, for bench/codec.mjs: run with --single-threaded-gc, whose
// helpers would wait for each other on a busy machine; prints milliseconds of CPU time. Arguments: bytes of the smallest
// document, format, seconds.

import { deepStrictEqual } from "node:assert/strict";
import { createCodec } from "../dist/serde/runtime/codec.js";
import { ordersOf } from "./codec-subjects.mjs";
import { measure, statistics } from "./lib/measure.mjs";

const [, , base, format, seconds] = process.argv;
const SIZES = [1, 2, 4];
let sink = 0;
const subjects = SIZES.map((times) => {
  const { shape, value } = ordersOf(Number(base) * times);
  const codec = createCodec(shape.node, /** @type {any} */ (format), {});
  const document = codec.encode(value);
  deepStrictEqual(codec.decode(document), value);
  // As many bytes in each round, so that collecting garbage falls on all of them alike.
  const run = () => {
    for (let i = times; i <= 4; i += times) sink += /** @type {any} */ (codec.decode(document)).length;
  };
  return { name: `${times}`, run };
});
const cpuSamples = new Map();
measure(subjects, { cpuSamples, seconds: Number(seconds), least: 10 });
const ms = SIZES.map((times) => (statistics(cpuSamples.get(`${times}`)).min * times) / 4);
process.stdout.write(JSON.stringify({ ms, sink }));
