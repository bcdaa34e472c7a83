// The module engine: how fast guests run, what loading costs, what is held in memory, and that verification is linear.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Engine } from "../dist/index.js";
import { writeContainer } from "../dist/zasm/container/write.js";
import { cTwin } from "./baseline/index.mjs";
import { guestInput, KERNELS } from "./kernels/index.mjs";
import { geomean, measure, statistics } from "./lib/measure.mjs";
import { count, fixed, percent, table } from "./lib/table.mjs";
import { target, targetLines } from "./lib/target.mjs";
import { plot } from "./plot-zasm.mjs";
import { bombs, cancel, encoder, scaling, start, transitions } from "./zasm-compile.mjs";
import { assembled, checkedRun, loaded as loadedBy } from "./zasm-subjects.mjs";
import { optimisations, tiers } from "./zasm-tiers.mjs";

export { plot };

/** Sections over the kernels; naming some kernels alone means these. */
const KERNEL_SECTIONS = ["interp", "tiers"];

export const PARTS = [
  ...KERNELS.map(({ name }) => name),
  ...KERNEL_SECTIONS,
  "optimisations",
  "transitions",
  "cancel",
  "encoder",
  "scaling",
  "bombs",
  "start",
  "load",
  "memory",
  "verify",
];

/** Ways to run a guest; each is two columns. A tier to come is a line here. */
const LANES = /** @type {const} */ ([
  { name: "metered", tier: "interp", policy: { meter: true } },
  { name: "unmetered", tier: "interp", policy: {} },
]);

const MiB = 2 ** 20;
const engine = Engine.create();

export async function* run({ seconds, only, progress }) {
  const isKernel = (part) => KERNELS.some(({ name }) => name === part);
  const chosen = only?.filter(isKernel) ?? [];
  const named = only?.filter((part) => !isKernel(part)) ?? [];
  const sections = new Set(only === undefined ? PARTS : named.length > 0 ? named : KERNEL_SECTIONS);
  const kernels = chosen.length > 0 ? KERNELS.filter(({ name }) => chosen.includes(name)) : KERNELS;
  if (sections.has("interp")) yield runKernels(kernels, seconds, progress);
  if (sections.has("tiers")) yield tiers(kernels, seconds, progress);
  if (sections.has("optimisations")) yield await optimisations(kernels, seconds, progress);
  if (sections.has("transitions")) yield transitions(seconds, progress);
  if (sections.has("cancel")) yield await cancel(seconds, progress);
  if (sections.has("encoder")) yield encoder(seconds, progress);
  if (sections.has("scaling")) yield scaling(seconds, progress);
  if (sections.has("bombs")) yield bombs(progress);
  if (sections.has("start")) yield start(progress);
  if (sections.has("load")) yield loading(seconds, progress);
  if (sections.has("memory")) yield memory(progress);
  if (sections.has("verify")) yield verification(seconds, progress);
}

const loaded = (bytes, policy) => loadedBy(engine, bytes, policy);

function runKernels(kernels, seconds, progress) {
  const subjects = [];
  const instructions = new Map();
  for (const kernel of kernels) {
    progress(`checking results: ${kernel.name}`);
    const { bytes } = assembled(kernel.source);
    const expected = kernel.plain(kernel.n);
    for (const lane of LANES) {
      const module = loaded(bytes, lane.policy);
      const prepare = () => module.instantiate({ stdin: guestInput(kernel.n), tier: lane.tier });
      const { outcome } = checkedRun(kernel, module, kernel.n, lane.tier, expected);
      if (outcome?.fuelUsed) instructions.set(kernel.name, outcome.fuelUsed);
      subjects.push({ name: `${kernel.name} ${lane.name}`, prepare, run: (instance) => instance.run() });
    }
    subjects.push({ name: `${kernel.name} plain`, run: () => kernel.plain(kernel.n) });
    const twin = cTwin(kernel.name);
    const result = twin.run(twin.prepare(), kernel.n);
    if (result !== expected) throw new Error(`${kernel.name} in C: ${result}, not ${expected}`);
    subjects.push({ name: `${kernel.name} C`, prepare: twin.prepare, run: (run) => run(kernel.n) });
  }

  const samples = measure(subjects, {
    seconds,
    warmUps: 4,
    progress: (text) => progress(`interpreter: ${text}`),
  });
  const timeOf = (kernel, lane) => statistics(samples.get(`${kernel.name} ${lane}`));
  const data = kernels.map((kernel) => {
    const guest = instructions.get(kernel.name);
    const plain = timeOf(kernel, "plain");
    const c = timeOf(kernel, "C");
    const lanes = LANES.map(({ name, tier }) => {
      const ms = timeOf(kernel, name);
      const rate = guest / ms.median / 1000;
      return {
        lane: name,
        tier,
        ms,
        rate,
        bestRate: guest / ms.min / 1000,
        toPlain: ms.median / plain.median,
        toC: ms.median / c.median,
      };
    });
    return {
      kernel: kernel.name,
      title: kernel.title,
      n: kernel.n,
      instructions: guest,
      lanes,
      plainMs: plain,
      cMs: c,
      plainToC: plain.median / c.median,
    };
  });

  const means = LANES.map(({ name }, i) => ({
    lane: name,
    rate: geomean(data.map(({ lanes }) => lanes[i].rate)),
    bestRate: geomean(data.map(({ lanes }) => lanes[i].bestRate)),
    toPlain: geomean(data.map(({ lanes }) => lanes[i].toPlain)),
    toC: geomean(data.map(({ lanes }) => lanes[i].toC)),
  }));
  // A part of the kernels has another mean than all of them, so there is nothing to compare it with.
  const isWhole = kernels.length === KERNELS.length;
  const targets = isWhole ? [target("metered", means[0].rate, { atLeast: 120, aim: 150 }, "M/s")] : [];
  const cells = ({ rate, bestRate, toPlain, toC }, spread) => [
    fixed(rate),
    fixed(bestRate),
    spread,
    `${fixed(toPlain, 1)}x`,
    `${fixed(toC, 0)}x`,
  ];
  const header = ["kernel", "guest instr.", "plain ms"];
  for (const { name } of LANES) header.push(`${name} M/s`, "best", "spread", "to plain", "to C");
  const rows = data.map(({ kernel, title, instructions: guest, plainMs, lanes }) => [
    `${kernel.padEnd(4)} ${title}`,
    count(guest),
    fixed(plainMs.median, 2),
    ...lanes.flatMap((lane) => cells(lane, percent(lane.ms.spread))),
  ]);
  rows.push(["geometric mean", "", "", ...means.flatMap((mean) => cells(mean, ""))]);
  const rounds = samples.get(subjects[0].name)?.length;
  const text = [
    `Interpreter: median of ${rounds} interleaved rounds; "to plain" = time over plain JavaScript's time, "to C" over C's`,
    table(header, rows),
    ...targets.map(({ text }) => text),
  ].join("\n");
  return { name: "interp", text, data, means, targets };
}

const EXAMPLE = (name) => readFileSync(new URL(`../examples/${name}/${name}.zasm`, import.meta.url), "utf8");

/** Load (which verifies), instantiate and run a small module, over and over: microseconds for each step, warm. */
function loading(seconds, progress) {
  const data = ["hello", "sha256"].map((name) => {
    const { bytes } = assembled(EXAMPLE(name));
    /** @type {Record<"load" | "instantiate" | "run" | "total", number[]>} */
    const steps = { load: [], instantiate: [], run: [], total: [] };
    const stop = performance.now() + (seconds * 1000) / 5;
    progress(`loading: ${name}`);
    for (let round = -500; round < 200 || performance.now() < stop; round++) {
      const t0 = performance.now();
      const module = loaded(bytes);
      const t1 = performance.now();
      const instance = module.instantiate();
      const t2 = performance.now();
      instance.run();
      const t3 = performance.now();
      if (round < 0) continue;
      steps.load.push((t1 - t0) * 1000);
      steps.instantiate.push((t2 - t1) * 1000);
      steps.run.push((t3 - t2) * 1000);
      steps.total.push((t2 - t0) * 1000);
    }
    const us = {
      load: statistics(steps.load),
      instantiate: statistics(steps.instantiate),
      total: statistics(steps.total),
      run: statistics(steps.run),
    };
    return { module: name, bytes: bytes.length, us };
  });
  const targets = data.map(({ module, us }) =>
    target(`load + verify + instantiate ${module}`, us.total.median, { atMost: 1000 }, "us"),
  );
  const cell = ({ median, min }) => `${fixed(median, 1)} (${fixed(min, 1)})`;
  const rows = data.map(({ module, bytes, us }) => [
    module,
    count(bytes),
    ...[us.load, us.instantiate, us.total, us.run].map(cell),
  ]);
  const header = ["module", "bytes", "load + verify", "instantiate", "both", "run, no input"];
  const text = [
    "Start of a small module, 2 MiB of guest memory, warm: microseconds, median (min)",
    table(header, rows),
    targetLines(targets),
  ].join("\n");
  return { name: "load", text, data, targets };
}

/** In a process of its own, where nothing else has allocated and the collector can be asked to work. */
function memory(progress) {
  progress("memory in a process of its own");
  const script = fileURLToPath(new URL("./zasm-memory.mjs", import.meta.url));
  const { rows: data } = JSON.parse(
    execFileSync(process.execPath, ["--expose-gc", script], { encoding: "utf8" }),
  );
  const targets = data.map(({ what, beyondMiB }) => target(what, beyondMiB, { atMost: 10 }, "MiB"));
  const header = ["what is held", "beyond, MiB", "heap + buffers, MiB", "expected, MiB", "resident, MiB"];
  const rows = data.map(({ what, beyondMiB, heldMiB, expectedMiB, residentMiB }) => [
    what,
    ...[beyondMiB, heldMiB, expectedMiB, residentMiB].map((value) => fixed(value, 2)),
  ]);
  const text = [
    "Memory beyond guest memory and one copy of the module",
    "(heap + buffers after collection, less before; expected = guest memory + one copy of the module file)",
    table(header, rows),
    targetLines(targets),
  ].join("\n");
  return { name: "memory", text, data, targets };
}

/** CODE of `bytes` bytes: `words` over and over as often as they fit whole, the rest RET. */
function codeOf(bytes, words) {
  const code = new Int32Array(bytes / 4).fill(0x0100_0000);
  for (let at = 0; at + words.length <= code.length; at += words.length) code.set(words, at);
  return new Uint8Array(code.buffer);
}

/** What CODE is full of. Each is repeated; the kernels are real code. */
function contents() {
  const kernels = KERNELS.map(({ source }) => assembled(source).parts.code);
  const words = (bytes) => new Int32Array(Uint8Array.from(bytes).buffer);
  return {
    kernels: kernels.flatMap((code) => [...words(code)]),
    "branches to themselves": [0x0200_0000],
    "branches and calls to and fro": [0x0201_0001, 0x0200_0fff, 0x0000_0001, 0x0000_0fff],
    "LD with one word": [0x7000_0001],
    "LD with three words": [0x7000_0801, -1, -1],
    "loads with a displacement": [0x7112_0005],
  };
}

const SIZES = [8, 16, 32];

function verification(seconds, progress) {
  const policy = { maxFileLen: 64 * MiB };
  const rowsOf = Object.entries(contents()).map(([name, words]) => {
    const subjects = SIZES.map((size) => {
      const bytes = writeContainer({ code: codeOf(size * MiB, words) });
      return { name: `${size}`, run: () => void loaded(bytes, policy) };
    });
    const samples = measure(subjects, {
      seconds: seconds / 10,
      warmUps: 1,
      progress: (text) => progress(`verifying: ${name}, ${text}`),
    });
    const ms = SIZES.map((size) => statistics(samples.get(`${size}`)));
    return { contents: name, sizesMiB: SIZES, ms };
  });
  const growth = ({ ms }, i) => ms[i].min / ms[i - 1].min;
  const header = ["CODE full of", ...SIZES.map((size) => `${size} MiB, ms`), "16 to 8", "32 to 16", "MiB/s"];
  const rows = rowsOf.map((row) => [
    row.contents,
    ...row.ms.map(({ median }) => fixed(median, 0)),
    ...[1, 2].map((i) => `x${fixed(growth(row, i), 2)}`),
    fixed((SIZES[2] / row.ms[2].median) * 1000),
  ]);
  const text = [
    "Load and verify large modules (ratios of the fastest samples; linear is x2)",
    table(header, rows),
  ].join("\n");
  return { name: "verify", text, data: rowsOf, targets: [] };
}
