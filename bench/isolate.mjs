// Guests in worker threads: what a thread costs a run, how fast a guest that does not end is stopped, what the run
// after that pays, and what threads gain from each other's code.

import { readFileSync } from "node:fs";
import { Engine } from "../dist/index.js";
import { Isolate } from "../dist/isolate/index.js";
import { assemble } from "../dist/zasm/asm/index.js";
import { statistics } from "./lib/measure.mjs";
import { fixed, percent, table } from "./lib/table.mjs";
import { target, targetLines } from "./lib/target.mjs";

export const PARTS = ["runs", "cancel", "sharing"];
export const plot = () => undefined;

export async function* run({ seconds, only, progress }) {
  const sections = new Set(only ?? PARTS);
  if (sections.has("runs")) yield await runs(seconds, progress);
  if (sections.has("cancel")) yield await cancel(seconds, progress);
  if (sections.has("sharing")) yield await sharing(progress);
}

function assembled(source) {
  const result = assemble(source);
  if (!result.ok) throw new Error("the program does not assemble");
  return result.bytes;
}
const example = (name) =>
  assembled(readFileSync(new URL(`../examples/${name}/${name}.zasm`, import.meta.url), "utf8"));
const SPIN = assembled("again:\n  JR again\n");
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function timed(samples, work) {
  const before = performance.now();
  const outcome = await work();
  samples.push(performance.now() - before);
  return outcome;
}

function ok(outcome) {
  if (outcome.status !== "ok") throw new Error(outcome.reason);
}

function rowsOf(samples) {
  return Object.entries(samples).map(([name, values]) => ({ name, ...statistics(values) }));
}
const shown = (rows) =>
  table(
    ["", "median ms", "min ms", "spread", "samples"],
    rows.map(({ name, median, min, spread, samples }) => [
      name,
      fixed(median, 3),
      fixed(min, 3),
      percent(spread),
      samples,
    ]),
  );

async function runs(seconds, progress) {
  const samples = { "start of a thread and its first run": [], "in this thread": [], bytes: [], loaded: [] };
  const hello = example("hello");
  for (let i = 0; i < 8; i++) {
    progress(`runs: thread ${i + 1} of 8`);
    await timed(samples["start of a thread and its first run"], async () => {
      const isolate = Isolate.create({ workers: 1 });
      ok(await isolate.run(hello));
      void isolate.close();
    });
    await pause(100);
  }
  const engine = Engine.create();
  const isolate = Isolate.create({ workers: 1 });
  const loaded = isolate.load(hello);
  if (loaded.status !== "ok") throw new Error(loaded.reason);
  const end = performance.now() + (seconds * 1000) / 3;
  for (let round = -50; round < 50 || performance.now() < end; round++) {
    if (round === 0) for (const values of Object.values(samples).slice(1)) values.length = 0;
    ok(await timed(samples["in this thread"], () => engine.run(hello)));
    ok(await timed(samples.bytes, () => isolate.run(hello)));
    ok(await timed(samples.loaded, () => isolate.run(loaded.module)));
  }
  await isolate.close();
  const rows = rowsOf(samples);
  return { name: "runs", rows, text: `hello, one run\n${shown(rows)}` };
}

async function cancel(seconds, progress) {
  const samples = {};
  const isolate = Isolate.create({ workers: 1 });
  const hello = example("hello");
  ok(await isolate.run(hello));
  for (const tier of /** @type {const} */ (["interp", "auto", "opt"])) {
    samples[`stop, ${tier}`] = [];
    samples[`next run, after ${tier}`] = [];
    const rounds = Math.max(10, Math.round(seconds * 2));
    for (let round = 0; round < rounds; round++) {
      progress(`cancel ${tier}: ${round + 1} of ${rounds}`);
      const controller = new AbortController();
      const run = isolate.run(SPIN, { signal: controller.signal, tier });
      await pause(60);
      const outcome = await timed(samples[`stop, ${tier}`], () => {
        controller.abort();
        return run;
      });
      if (outcome.status !== "error" || outcome.code !== "host.cancelled") throw new Error("not cancelled");
      ok(await timed(samples[`next run, after ${tier}`], () => isolate.run(hello)));
      await pause(80); // the spare is ready again
    }
  }
  await isolate.close();
  const rows = rowsOf(samples);
  const worst = Math.max(...rows.filter(({ name }) => name.startsWith("stop")).map(({ median }) => median));
  const targets = [target("stop a guest that does not end", worst, { atMost: 5, aim: 2 }, "ms")];
  const text = `from abort() to the outcome, the thread being gone by then\n${shown(rows)}\n${targetLines(targets)}`;
  return { name: "cancel", rows, targets, text };
}

/** 40 functions of 40 instructions behind one another: much to compile, little to run. */
const LARGE = assembled(
  `${Array.from({ length: 40 }, (_, i) => `  CALL f${i}`).join("\n")}\n  RET\n${Array.from(
    { length: 40 },
    (_, i) => `f${i}:\n${"  ADD HL, DE\n  XOR HL, BC\n".repeat(20)}  RET`,
  ).join("\n")}\n`,
);

async function sharing(progress) {
  const samples = {
    "alone: a new thread compiles for itself": [],
    "shared: it has what another one made": [],
  };
  for (let i = 0; i < 10; i++) {
    for (const [name, values] of Object.entries(samples)) {
      progress(`sharing: ${i + 1} of 10`);
      const isolate = Isolate.create({ workers: 2 });
      const loaded = isolate.load(LARGE);
      if (loaded.status !== "ok") throw new Error(loaded.reason);
      const { module } = loaded;
      ok(await isolate.run(example("hello")));
      if (name.startsWith("shared")) ok(await isolate.run(module, { tier: "opt" }));
      // Occupy the thread that knows it, so that the next run goes to another one.
      const controller = new AbortController();
      const busy = isolate.run(SPIN, { signal: controller.signal });
      await pause(150);
      ok(await timed(values, () => isolate.run(module, { tier: "opt" })));
      controller.abort();
      await busy;
      await isolate.close();
    }
  }
  const rows = rowsOf(samples);
  const text = `first run of a ${LARGE.length} byte module in another thread\n${shown(rows)}`;
  return { name: "sharing", rows, text };
}
