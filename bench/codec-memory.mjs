// What decoding holds at its peak, for bench/codec.mjs: run with --expose-gc, prints one JSON object. Arguments: size of
// the document in bytes, format.

import { createCodec } from "../dist/serde/runtime/codec.js";
import { ordersOf } from "./codec-subjects.mjs";

const [, , size, format] = process.argv;
const { shape, value } = ordersOf(Number(size));
const codec = createCodec(shape.node, /** @type {any} */ (format), {});
const document = codec.encode(value);

const held = () => {
  for (let i = 0; i < 4; i++) globalThis.gc?.();
  return process.memoryUsage();
};
const before = held();
// The block of a large document is not kept, so what stays is the value; the peak is what the process grew to.
const found = codec.decode(document);
const peak = process.memoryUsage();
const after = held();
if (JSON.stringify(found) !== JSON.stringify(value)) throw new Error("decoded another value");
const grown = (key) => peak[key] - before[key];
process.stdout.write(
  JSON.stringify({
    bytes: document.length,
    peak: Math.max(grown("rss"), grown("heapUsed") + grown("external")),
    value: after.heapUsed + after.external - before.heapUsed - before.external,
  }),
);
