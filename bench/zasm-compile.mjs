// What generated code costs before it pays: making it, entering and leaving it, starting up, and the worst programs.

import { resolvePolicy } from "../dist/core/policy.js";
import { Engine } from "../dist/index.js";
import { writeContainer } from "../dist/zasm/container/write.js";
import { packWord } from "../dist/zasm/isa/fields.js";
import { ModuleCode } from "../dist/zasm/runtime/code.js";
import { verifyModule } from "../dist/zasm/verify/verify.js";
import { guestInput, KERNELS } from "./kernels/index.mjs";
import { inChild } from "./lib/child.mjs";
import { geomean, measure, statistics } from "./lib/measure.mjs";
import { count, fixed, table } from "./lib/table.mjs";
import { target, targetLines } from "./lib/target.mjs";
import { wasm } from "./lib/v8.mjs";
import { assembled, checkedRun, loaded } from "./zasm-subjects.mjs";

const CODE_TIERS = /** @type {const} */ (["baseline", "opt"]);
const KiB = 1024;

function verified(bytes, input = {}) {
  const policy = /** @type {import("../dist/core/policy.js").Policy} */ (resolvePolicy(input));
  return /** @type {any} */ (verifyModule(bytes, policy));
}

const kernelNamed = (name) => /** @type {any} */ (KERNELS.find((kernel) => kernel.name === name));

/** Microseconds per KiB of guest code: our own part, without what V8 does with the result. */
export function encoder(seconds, progress) {
  const modules = KERNELS.map(({ source }) => verified(assembled(source).bytes));
  const kib = modules.reduce((sum, { codeWords }) => sum + codeWords * 4, 0) / KiB;
  const data = CODE_TIERS.map((tier) => {
    progress(`encoder: ${tier}`);
    const draw = () => {
      let wasmBytes = 0;
      for (const module of modules) {
        const code = /** @type {any} */ (new ModuleCode(module));
        const drawn = code.draw(module.entryPcWords, tier);
        if (typeof drawn === "string") throw new Error(drawn);
        wasmBytes += drawn.compiled.wasm.length;
      }
      return wasmBytes;
    };
    const wasmBytes = draw();
    const [, times] = [...measure([{ name: tier, run: draw }], { seconds: seconds / 10, warmUps: 500 })][0];
    const warm = statistics(times.map((ms) => (ms * 1000) / kib));
    const first = [];
    const all = [];
    for (let i = 0; i < 9; i++) {
      const { value: rows } = inChild("zasm-cold.mjs", ["k4b", tier]);
      first.push(rows[0].us / (rows[0].bytes / KiB));
      all.push(rows.reduce((sum, { us }) => sum + us, 0) / kib);
    }
    return { tier, kib, wasmBytes, warm, coldFirst: statistics(first), coldAll: statistics(all) };
  });
  const targets = data.flatMap(({ tier, warm, coldAll, coldFirst }) => [
    target(`${tier}, warm`, warm.median, { atMost: 20, aim: 5 }, "us/KiB"),
    target(`${tier}, cold, all kernels once`, coldAll.median, { atMost: 500, aim: 280 }, "us/KiB", 0),
    target(`${tier}, cold, sha-256 first`, coldFirst.median, { atMost: 500, aim: 280 }, "us/KiB", 0),
  ]);
  const cell = ({ median, min }, digits) => `${fixed(median, digits)} (${fixed(min, digits)})`;
  const rows = data.map(({ tier, wasmBytes, warm, coldAll, coldFirst }) => [
    tier,
    fixed(wasmBytes / KiB / kib, 1),
    cell(warm, 1),
    cell(coldAll, 0),
    cell(coldFirst, 0),
  ]);
  const header = ["tier", "wasm per guest byte", "warm", "cold, all", "cold, sha-256 first"];
  const text = [
    `Making code: microseconds per KiB of guest code, median (min); the kernels are ${fixed(kib, 1)} KiB, cold = fresh processes`,
    table(header, rows),
    targetLines(targets),
  ].join("\n");
  return { name: "encoder", text, data, targets };
}

/** Programs whose size is a number. Distances stay within what JR and CALL reach. */
const repeat = (n, text) => Array.from({ length: n }, (_, i) => text(i)).join("\n");
const SHAPES = [
  {
    name: "straight code",
    sizes: [1000, 2000, 4000, 8000],
    source: (n) =>
      `${repeat(n, (i) => `  ADD64 HL, DE\n  ST32 (BC+${(i % 500) * 4}), HL\n  XOR A, HL`)}\n  RET`,
  },
  {
    name: "skips",
    sizes: [175, 350, 700, 1400],
    source: (n) =>
      `${repeat(n, (i) => `  CP HL, DE\n  JR LT, s${i}\n  ADD HL, BC\ns${i}:\n  XOR A, HL`)}\n  RET`,
  },
  {
    name: "loops in a row",
    sizes: [175, 350, 700, 1400],
    source: (n) => `${repeat(n, (i) => `l${i}:\n  ADD HL, DE\n  DEC BC\n  CP BC, 0\n  JR NE, l${i}`)}\n  RET`,
  },
  {
    name: "loops in loops",
    sizes: [50, 100, 200, 400],
    source: (n) =>
      `${repeat(n, (i) => `l${i}:\n  INC HL`)}\n${repeat(n, (i) => `  DEC BC\n  CP BC, 0\n  JR NE, l${n - 1 - i}`)}\n  RET`,
  },
  {
    name: "far forward branches",
    sizes: [75, 150, 300, 600],
    source: (n) =>
      `${repeat(n, (i) => `  CP HL, ${i}\n  JR EQ, t${i}`)}\n  RET\n${repeat(n, (i) => `t${i}:\n  INC DE`)}\n  RET`,
  },
  {
    name: "a chain of functions",
    sizes: [200, 400, 800, 1600],
    source: (n) =>
      `  CALL f0\n  RET\n${repeat(n, (i) => `f${i}:\n  ADD HL, DE\n  CP HL, BC\n  JR LT, r${i}\n  XOR A, HL\n${i === n - 1 ? "" : `  CALL f${i + 1}\n`}r${i}:\n  RET`)}`,
  },
];

/** Time of the whole compilation, V8's eager part included, when code doubles. */
export function scaling(seconds, progress) {
  const data = [];
  for (const tier of CODE_TIERS) {
    for (const { name: shape, sizes, source } of SHAPES) {
      const modules = sizes.map((n) => verified(assembled(source(n)).bytes));
      const refused = [];
      const subjects = modules.map((module, i) => ({
        name: `${sizes[i]}`,
        run: () => {
          const code = /** @type {any} */ (new ModuleCode(module));
          const before = performance.now();
          const drawn = code.draw(module.entryPcWords, tier);
          drawMs[i].push(performance.now() - before);
          if (typeof drawn === "string") refused[i] = drawn;
          else new wasm.Module(drawn.compiled.wasm);
        },
      }));
      /** @type {number[][]} */
      const drawMs = sizes.map(() => []);
      const samples = measure(subjects, {
        seconds: seconds / 12,
        warmUps: 3,
        least: 7,
        progress: (text) => progress(`compiling: ${tier}, ${shape}, ${text}`),
      });
      const ms = sizes.map((n) => statistics(samples.get(`${n}`)));
      const own = drawMs.map((times) => statistics(times.slice(3)));
      const growth = (list) => list.slice(1).map((one, i) => one.min / list[i].min);
      const ok = sizes.map((_, i) => refused[i] === undefined);
      const fair = (ratios) => ratios.filter((_, i) => ok[i] && ok[i + 1]);
      data.push({
        tier,
        shape,
        sizes,
        kib: modules.map(({ codeWords }) => (codeWords * 4) / KiB),
        ms,
        own,
        growth: fair(growth(ms)),
        ownGrowth: fair(growth(own)),
        refused: sizes.map((_, i) => refused[i] ?? null),
      });
    }
  }
  const worst = (tier, pick) => Math.max(...data.filter((row) => row.tier === tier).flatMap(pick));
  const targets = CODE_TIERS.flatMap((tier) => [
    target(
      `${tier}, worst doubling, V8's part included`,
      worst(tier, (r) => r.growth),
      { atMost: 2.2, aim: 2.05 },
      "x",
      2,
    ),
    target(
      `${tier}, worst doubling, our part`,
      worst(tier, (r) => r.ownGrowth),
      { atMost: 2.2, aim: 2.05 },
      "x",
      2,
    ),
  ]);
  const rows = data.map(({ tier, shape, kib, ms, growth, ownGrowth, refused }) => [
    `${tier}: ${shape}`,
    kib.map((k) => fixed(k, 1)).join(" "),
    ms.map(({ min }, i) => refused[i] ?? fixed(min, 2)).join(" "),
    growth.map((x) => `x${fixed(x, 2)}`).join(" "),
    ownGrowth.map((x) => `x${fixed(x, 2)}`).join(" "),
  ]);
  const text = [
    "Compile time when code doubles (fastest samples)",
    table(["", "KiB of guest code", "ms", "growth", "our part"], rows),
    targetLines(targets),
  ].join("\n");
  return { name: "scaling", text, data, targets };
}

/** Nanoseconds for leaving compiled code and coming back: many small slices against few large ones. */
export function transitions(seconds, progress) {
  const jobs = [
    {
      name: "OSR exit + re-entry",
      kernels: ["k1", "k4a", "k6b"],
      limit: { atMost: 100, aim: 45 },
      unit: "ns",
    },
    { name: "deopt in nested calls", kernels: ["k3"], limit: { atMost: 10, aim: 4 }, unit: "us" },
  ];
  const data = [];
  const skipped = [];
  for (const tier of CODE_TIERS) {
    for (const job of jobs) {
      for (const name of job.kernels) {
        const kernel = kernelNamed(name);
        const n = kernel.n * (name === "k3" ? 1 : 4);
        const { bytes } = assembled(kernel.source);
        const counts = {};
        let unavailable;
        const subjects = [1000, 2 ** 22].map((slice) => {
          const module = loaded(Engine.create({ slice }), bytes);
          const run = checkedRun(kernel, module, n, tier, kernel.plain(n));
          unavailable ??= run.unavailable;
          counts[slice] = run.instance?.tiering;
          const prepare = () => module.instantiate({ stdin: guestInput(n), tier });
          return { name: `${slice}`, prepare, run: (instance) => instance.run() };
        });
        if (unavailable !== undefined) {
          skipped.push(`skipped ${job.name}, ${name} in ${tier}: ${unavailable}`);
          continue;
        }
        const samples = measure(subjects, {
          seconds: seconds / 10,
          warmUps: 6,
          least: 9,
          progress: (text) => progress(`transitions: ${name} in ${tier}, ${text}`),
        });
        const [small, large] = [samples.get("1000"), samples.get(`${2 ** 22}`)].map((s) => s ?? []);
        const exits = counts[1000].exits - counts[2 ** 22].exits;
        const scale = job.unit === "ns" ? 1e6 : 1e3;
        const costs = statistics(small.map((ms, i) => ((ms - large[i]) / exits) * scale));
        const best = ((statistics(small).min - statistics(large).min) / exits) * scale;
        data.push({ job: job.name, kernel: name, tier, unit: job.unit, exits, cost: costs.median, best });
      }
    }
  }
  const of = (job, tier) => data.filter((row) => row.job === job && row.tier === tier);
  const targets = CODE_TIERS.flatMap((tier) =>
    jobs
      .filter((job) => of(job.name, tier).length > 0)
      .map((job) =>
        target(
          `${job.name}, ${tier}`,
          geomean(of(job.name, tier).map(({ cost }) => cost)),
          job.limit,
          job.unit,
        ),
      ),
  );
  const rows = data.map(({ job, kernel, tier, unit, exits, cost, best }) => [
    `${job}, ${kernel} in ${tier}`,
    count(exits),
    `${fixed(cost, unit === "ns" ? 0 : 2)} ${unit}`,
    `${fixed(best, unit === "ns" ? 0 : 2)} ${unit}`,
  ]);
  const text = [
    "Leaving compiled code and coming back: slices of 1,000 units against 4 Mi units, difference per exit",
    table(["", "exits", "median", "of the fastest"], rows),
    ...skipped,
    targetLines(targets),
  ].join("\n");
  return { name: "transitions", text, data, targets };
}

/** Stopping a guest that does not end: the section of the group "isolate", here as the speed table asks for it. */
export async function cancel(seconds, progress) {
  try {
    const { run } = await import("./isolate.mjs");
    for await (const section of run({ seconds, only: ["cancel"], progress })) {
      return { ...section, text: `Stopping an endless guest in a worker thread: ${section.text}` };
    }
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
  }
  return { name: "cancel", text: "Cancel: left out, there is no isolate", targets: [] };
}

/** From making the engine to the output, in fresh processes: a job too short to be worth compiling must not pay. */
export function start(progress) {
  const jobs = [
    { name: "k1", scale: (n, factor) => Math.round(n * factor) },
    { name: "k3", scale: (n, factor) => Math.round(n + Math.log(factor) / Math.log((1 + Math.sqrt(5)) / 2)) },
    { name: "k4b", scale: (n, factor) => Math.round(n * factor) },
    { name: "k6b", scale: (n, factor) => Math.max(1, Math.round(n * factor)) },
  ];
  const ROUNDS = 15;
  const data = [];
  for (const { name, scale } of jobs) {
    const kernel = kernelNamed(name);
    const calibration = Array.from(
      { length: 5 },
      () => inChild("zasm-start.mjs", [name, kernel.n, "interp"]).value.ms,
    );
    const full = Math.min(...calibration);
    for (const wanted of [2, 5, 10, 20, 40]) {
      const n = scale(kernel.n, wanted / full);
      /** @type {Record<string, { inside: number[], cpu: number[], process: number[], ran: string }>} */
      const lanes = {};
      for (let round = 0; round < ROUNDS; round++) {
        progress(`starting: ${name}, ${wanted} ms`);
        const order = round % 2 === 0 ? ["interp", "auto"] : ["auto", "interp"];
        for (const tier of order) {
          const { value: ran, ms } = inChild("zasm-start.mjs", [name, n, tier]);
          lanes[tier] ??= { inside: [], cpu: [], process: [], ran: ran.ran };
          lanes[tier].inside.push(ran.ms);
          lanes[tier].cpu.push(ran.cpuMs);
          lanes[tier].process.push(ms);
          if (ran.result !== String(kernel.plain(n))) throw new Error(`${name} in ${tier}: ${ran.result}`);
        }
      }
      const of = (tier, what) => statistics(lanes[tier][what]);
      data.push({
        kernel: name,
        n,
        wantedMs: wanted,
        interpMs: of("interp", "inside"),
        autoMs: of("auto", "inside"),
        ratio: of("auto", "inside").median / of("interp", "inside").median,
        bestRatio: of("auto", "inside").min / of("interp", "inside").min,
        cpuRatio: of("auto", "cpu").median / of("interp", "cpu").median,
        processRatio: of("auto", "process").median / of("interp", "process").median,
        reached: lanes.auto.ran,
      });
    }
  }
  const worst = (from) =>
    Math.max(...data.filter(({ wantedMs }) => wantedMs >= from).map(({ ratio }) => ratio));
  const at = (ms) => Math.max(...data.filter(({ wantedMs }) => wantedMs === ms).map(({ ratio }) => ratio));
  const targets = [
    target("auto against interp, 10 ms jobs, slowest", at(10), { atMost: 1.1 }, "x", 2),
    target("auto against interp, any length, slowest", worst(0), { atMost: 1.1 }, "x", 2),
    target("auto against interp, from 5 ms, slowest", worst(5), { atMost: 1.1, aim: 1 }, "x", 2),
  ];
  const rows = data.map((row) => [
    `${row.kernel}, about ${row.wantedMs} ms`,
    fixed(row.interpMs.median, 2),
    fixed(row.autoMs.median, 2),
    fixed(row.ratio, 2),
    fixed(row.bestRatio, 2),
    fixed(row.cpuRatio, 2),
    fixed(row.processRatio, 2),
    row.reached,
  ]);
  const header = [
    "",
    "interp ms",
    "auto ms",
    "ratio",
    "of the fastest",
    "CPU time",
    "whole process",
    "reached",
  ];
  const text = [
    `From making the engine to the output, ${ROUNDS} fresh processes each, in turn (whole process: with starting Node and importing)`,
    table(header, rows),
    targetLines(targets),
  ].join("\n");
  return { name: "start", text, data, targets };
}

const WORDS = 4 * 2 ** 20;
const RET = 0x0100_0000;
const LOOP = 2000;
/** CODE of four million words, made to cost a compiler much and an interpreter little. It ends in RETs. */
const BOMBS = [
  { name: "branches to the next", word: () => packWord(0x02, 0, 0, 0, 1) },
  { name: "conditional branches to the next", word: () => packWord(0x02, 0, 2, 0, 1) },
  { name: "branches a page on", word: () => packWord(0x02, 0, 0, 0, 2047) },
  { name: "loops of one, never taken", word: () => packWord(0x02, 0, 2, 0, 0) },
  { name: "calls of the next", word: () => packWord(0x00, 0, 0, 0, 1) },
  {
    name: "loops around branches",
    word: (i) => (i % LOOP === LOOP - 1 ? packWord(0x02, 0, 0, 0, 1 - LOOP) : packWord(0x02, 0, 0, 0, 1)),
  },
];

export function bombs(progress) {
  const policy = { fuel: 20_000_000, maxFileLen: 64 * 2 ** 20 };
  const lanes = [
    { name: "interp", tier: "interp", options: {} },
    { name: "auto", tier: "auto", options: {} },
    { name: "auto, at once", tier: "auto", options: { hotThreshold: 0 } },
    { name: "baseline", tier: "baseline", options: {} },
    { name: "opt", tier: "opt", options: {} },
  ];
  const data = BOMBS.map(({ name, word }) => {
    const code = new Int32Array(WORDS).fill(RET);
    for (let i = 0; i < WORDS - 2048; i++) code[i] = word(i);
    const bytes = writeContainer({ code: new Uint8Array(code.buffer) });
    const results = lanes.map((lane) => {
      progress(`compile bombs: ${name}, ${lane.name}`);
      const times = [];
      let outcome;
      let counts;
      for (let i = 0; i < 3; i++) {
        const module = loaded(Engine.create(lane.options), bytes, policy);
        const before = performance.now();
        const instance = module.instantiate({ tier: /** @type {any} */ (lane.tier) });
        outcome = instance.run();
        times.push(performance.now() - before);
        counts = instance.tiering;
        if (times[0] > 10_000) break;
      }
      const refusals = Object.fromEntries(counts?.refusals ?? []);
      return {
        lane: lane.name,
        ms: statistics(times),
        code: outcome?.code ?? "ok",
        fuelUsed: outcome?.fuelUsed,
        refusals,
      };
    });
    return { bomb: name, lanes: results };
  });
  const extra = ({ lanes: results }) =>
    results.filter(({ code }) => code !== "tier.unavailable").map(({ ms }) => ms.min - results[0].ms.min);
  const worst = Math.max(...data.flatMap(extra));
  const targets = [target("worst time above the interpreter's", worst, { atMost: 1000 }, "ms", 0)];
  const rows = data.map(({ bomb, lanes: results }) => [
    bomb,
    ...results.map(({ ms, code, refusals }) =>
      code === "tier.unavailable"
        ? "refused"
        : `${fixed(ms.min, 0)}${Object.keys(refusals).length > 0 ? " r" : ""}`,
    ),
    results[0].code,
  ]);
  const text = [
    "Compile bombs, 4 Mi words of CODE and 20 M fuel: ms to the end, fastest of three, each on a fresh engine (r: some code was refused)",
    table(["CODE full of", ...lanes.map(({ name }) => name), "outcome"], rows),
    targetLines(targets),
  ].join("\n");
  return { name: "bombs", text, data, targets };
}
