// First use of shapes nobody has seen, in a process that has decoded nothing, for bench/codec.mjs: prints milliseconds
// for each, by the clock and of the processor.

import { createCodec } from "../dist/serde/runtime/codec.js";
import { newShape } from "./codec-subjects.mjs";

const [, , format] = process.argv;
const rows = [];
for (let i = 0; i < 20; i++) {
  const fields = { sku: "a", qty: 1, price: 0.5 };
  const order = { id: 1, customer: "c", email: "e", paid: true, note: null, lines: [fields] };
  const names = Array.from({ length: 12 }, (_, k) => [`f${i}_${k}`, [1, "x", null, [fields]][k % 4]]);
  const value = Object.fromEntries([...names, [`deep${i}`, order]]);
  // The document comes from another codec of the same shape, so that nothing of this one is warm.
  const document = createCodec(newShape(i).node, /** @type {any} */ (format), {}).encode(value);
  const shape = newShape(i);
  const cpuBefore = process.cpuUsage();
  const before = performance.now();
  const codec = createCodec(shape.node, /** @type {any} */ (format), {});
  const compiled = performance.now();
  const found = codec.decode(document);
  const done = performance.now();
  const cpu = process.cpuUsage(cpuBefore);
  if (JSON.stringify(found) !== JSON.stringify(value)) throw new Error("decoded another value");
  rows.push({
    compile: compiled - before,
    decode: done - compiled,
    total: done - before,
    cpu: (cpu.user + cpu.system) / 1000,
  });
}
process.stdout.write(JSON.stringify(rows));
