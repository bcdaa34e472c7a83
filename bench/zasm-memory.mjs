// What the engine holds, for bench/zasm.mjs: run with --expose-gc, prints one JSON object.
//
// Held = V8's heap in use plus buffers outside it, after full collections, against the same before anything of ours
// was loaded. Buffers count in full, touched or not. Resident memory (RSS) is shown beside it: it also has the code
// V8 makes and garbage it has not given back, and pages of guest memory that nothing touched are not in it.

import { readFileSync } from "node:fs";

const MiB = 2 ** 20;

function now() {
  for (let i = 0; i < 4; i++) globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage(); // external includes array buffers
  return { held: heapUsed + external, rss };
}

const source = readFileSync(new URL("../examples/wordcount/wordcount.zasm", import.meta.url), "utf8");
const stdin = new TextEncoder().encode("a line of words\n".repeat(1000));
now();
const start = now();

const { Engine } = await import("../dist/index.js");
const { assemble } = await import("../dist/zasm/asm/index.js");
const { writeContainer } = await import("../dist/zasm/container/write.js");

const engine = Engine.create();
const load = (bytes) => {
  const result = engine.load(bytes, { meter: true });
  if (result.status !== "ok") throw new Error(result.reason);
  return result.module;
};
const ran = (module) => {
  const instance = module.instantiate({ stdin });
  const outcome = instance.run();
  if (outcome.status !== "ok") throw new Error(outcome.reason);
  return instance;
};

const rows = [];
const row = (what, before, expected, per = 1) => {
  const after = now();
  const held = after.held - before.held;
  rows.push({
    what,
    heldMiB: held / per / MiB,
    expectedMiB: expected / per / MiB,
    beyondMiB: (held - expected) / per / MiB,
    residentMiB: (after.rss - before.rss) / per / MiB,
  });
};

const assembled = assemble(source);
if (!assembled.ok) throw new Error("wordcount does not assemble");
const small = assembled.bytes;
const module = load(small);
const guestBytes = module.policy.memSize;
const held = [ran(module)];
row("engine, assembler, one module, one instance that ran", start, guestBytes + small.length);

for (let i = 0; i < 200; i++) ran(module); // let V8 finish compiling
const INSTANCES = 100;
const beforeInstances = now();
for (let i = 0; i < INSTANCES; i++) held.push(ran(module));
row("each of 100 further instances that ran", beforeInstances, INSTANCES * guestBytes, INSTANCES);
held.length = 0;

const MODULES = 100;
const modules = [];
const beforeModules = now();
for (let i = 0; i < MODULES; i++) modules.push(load(small));
row("each of 100 further small modules", beforeModules, MODULES * small.length, MODULES);
modules.length = 0;

const large = writeContainer({ code: new Uint8Array(new Int32Array(8 * MiB).fill(0x0100_0000).buffer) });
const beforeLarge = now();
modules.push(load(large));
row("a module with 32 MiB of CODE", beforeLarge, large.length);

process.stdout.write(JSON.stringify({ rows }));
// Both lists are alive up to here.
if (held.length + modules.length < 0) throw new Error("unreachable");
