// Compiled tiers against C: each kernel in every variant of the engine, as a ratio to clang's WebAssembly in the same
// process. Ratios are made within a round, so that a slow second of the machine hits both sides, and of processor time
// (all threads of the process), which others on the machine disturb less than the clock.

import { Engine } from "../dist/index.js";
import { cTwin } from "./baseline/index.mjs";
import { BYTE_LOOPS, guestInput, KERNELS } from "./kernels/index.mjs";
import { geomean, measure, statistics } from "./lib/measure.mjs";
import { count, fixed, percent, table } from "./lib/table.mjs";
import { target, targetLines } from "./lib/target.mjs";
import { exportsMadeBy, isTurboFan } from "./lib/v8.mjs";
import { assembled, checkedRun, loaded } from "./zasm-subjects.mjs";

/**
 * Ways to run a guest; each is a column without fuel and one with. `options` are the engine's.
 * @type {readonly { name: string, tier: "baseline" | "opt", options: Record<string, unknown> }[]}
 */
const TIER_VARIANTS = [
  { name: "baseline", tier: "baseline", options: {} },
  { name: "opt", tier: "opt", options: {} },
];

/** `opt`, and `opt` without each of its optimisations. */
async function ablations() {
  /** @type {any} */
  const { ALL_OPTIMISATIONS } = await import("../dist/zasm/runtime/code.js");
  const names = Object.keys(ALL_OPTIMISATIONS ?? {});
  return [
    { name: "opt", tier: "opt", options: {} },
    ...names.map((off) => ({
      name: `no ${off}`,
      tier: "opt",
      options: {},
      /** All code of a kernel is made in its first runs. */
      during(action) {
        ALL_OPTIMISATIONS[off] = false;
        try {
          return action();
        } finally {
          ALL_OPTIMISATIONS[off] = true;
        }
      },
    })),
  ];
}

const asItIs = (action) => action();

const FUEL = /** @type {const} */ ([
  { name: "", policy: {} },
  { name: "+fuel", policy: { meter: true } },
]);

/** At least this many rounds before anything counts: V8 has to have replaced all its quick first code. */
const WARM_UPS = 8;

/** @param {{ variants: readonly any[], kernels: any[], seconds: number, progress: (text: string) => void }} what */
function measureVariants({ variants, kernels, seconds, progress }) {
  const skipped = new Map();
  const lanes = [];
  /** @type {Map<string, any>} */
  const twins = new Map(kernels.map(({ name }) => [name, cTwin(name)]));
  const subjects = [];
  for (const kernel of kernels) {
    const twin = twins.get(kernel.name);
    const n = twin.long;
    progress(`checking results: ${kernel.name}`);
    twin.expected = kernel.plain(n);
    const result = twin.run(twin.prepare(), n);
    if (result !== twin.expected) throw new Error(`${kernel.name} in C: ${result}, not ${twin.expected}`);
    subjects.push({ name: `${kernel.name} C`, prepare: twin.prepare, run: (run) => run(n) });
  }
  for (const variant of variants) {
    for (const fuel of FUEL) {
      const name = variant.name + fuel.name;
      /** @type {Engine} */
      let engine;
      try {
        engine = Engine.create(variant.options);
      } catch (error) {
        skipped.set(variant.name, error.message);
        continue;
      }
      const observed = watchedEngine(variant.options);
      const facts = new Map();
      for (const kernel of kernels) {
        progress(`checking results: ${kernel.name} in ${name}`);
        const { bytes } = assembled(kernel.source);
        const { long: n, expected } = twins.get(kernel.name);
        const module = loaded(engine, bytes, fuel.policy);
        const during = variant.during ?? asItIs;
        const run = during(() => checkedRun(kernel, module, n, variant.tier, expected));
        if (run.unavailable !== undefined) {
          skipped.set(variant.name, run.unavailable);
          break;
        }
        const subject = {
          name: `${kernel.name} ${name}`,
          prepare: () => module.instantiate({ stdin: guestInput(n), tier: variant.tier }),
          run: (instance) => instance.run(),
        };
        subjects.push(subject);
        facts.set(kernel.name, {
          counts: during(() => observed.run(bytes, fuel.policy, n, variant.tier)),
          optimised: () => optimisedEntries(() => subject.run(subject.prepare())),
        });
      }
      if (facts.size === kernels.length) {
        lanes.push({ name, variant: variant.name, metered: fuel.name !== "", facts });
      }
    }
  }
  const wanted = new Set(
    kernels.flatMap((k) => ["C", ...lanes.map(({ name }) => name)].map((lane) => `${k.name} ${lane}`)),
  );
  /** @type {Map<string, number[]>} */
  const cpuSamples = new Map();
  /** @type {Map<string, any>} */
  const samples = measure(
    subjects.filter(({ name }) => wanted.has(name)),
    { seconds, warmUps: WARM_UPS, cpuSamples, progress: (text) => progress(`compiled kernels: ${text}`) },
  );
  const data = kernels.map(({ name: kernel, title }) => {
    const c = samples.get(`${kernel} C`);
    return {
      kernel,
      title: twins.get(kernel).title ?? title,
      n: twins.get(kernel).long,
      cMs: statistics(c),
      lanes: lanes.map(({ name, variant, metered, facts }) => {
        const times = samples.get(`${kernel} ${name}`);
        const ms = statistics(times);
        const cpu = cpuSamples.get(`${kernel} ${name}`) ?? [];
        const cpuOfC = cpuSamples.get(`${kernel} C`) ?? [];
        const { median: ratio, spread } = statistics(cpu.map((time, round) => time / (cpuOfC[round] ?? 0)));
        return {
          lane: name,
          variant,
          metered,
          ms,
          ratio,
          bestRatio: ms.min / statistics(c).min,
          spread,
          clockRatio: statistics(times.map((time, round) => time / c[round])).median,
          /** How much slower the first third was than the last: V8 was still compiling. */
          drift: drift(times),
          ...facts.get(kernel).counts,
          optimised: facts.get(kernel).optimised(),
        };
      }),
    };
  });
  const means = lanes.map(({ name }, i) => ({
    lane: name,
    ratio: geomean(data.map((row) => row.lanes[i].ratio)),
    bestRatio: geomean(data.map((row) => row.lanes[i].bestRatio)),
    clockRatio: geomean(data.map((row) => row.lanes[i].clockRatio)),
    worst: Math.max(...data.map((row) => row.lanes[i].ratio)),
  }));
  const rounds = samples.get(`${kernels[0].name} C`)?.length ?? 0;
  return { data, means, rounds, skipped: Object.fromEntries(skipped) };
}

/** How many of the entries into compiled code that a run links V8 has optimised by now. */
function optimisedEntries(run) {
  const entries = exportsMadeBy(run);
  return { entries: entries.length, byTurboFan: entries.filter((entry) => isTurboFan(entry)).length };
}

function drift(times) {
  const third = Math.ceil(times.length / 3);
  const fastest = (part) => Math.min(...part);
  return fastest(times.slice(0, third)) / fastest(times.slice(-third)) - 1;
}

/** An engine of its own, so that listening costs the measured one nothing. */
function watchedEngine(options) {
  let events = [];
  let engine;
  try {
    engine = Engine.create({ ...options, telemetry: (event) => events.push(event) });
  } catch {
    engine = Engine.create(options); // before there was telemetry
  }
  return {
    run(bytes, policy, n, tier) {
      events = [];
      const instance = loaded(engine, bytes, policy).instantiate({ stdin: guestInput(n), tier });
      instance.run();
      const of = (kind) => events.filter(({ event }) => event === kind);
      const sum = (list, field) => list.reduce((total, event) => total + (event[field] ?? 0), 0);
      const tally = (list) =>
        Object.fromEntries(
          list.map(({ reason }) => [
            reason,
            sum(
              list.filter((e) => e.reason === reason),
              "count",
            ),
          ]),
        );
      const counts = instance.tiering;
      return {
        entries: counts?.entries ?? 0,
        exits: counts?.exits ?? 0,
        units: of("promote").length,
        wasmBytes: sum(of("promote"), "bytes"),
        compileMs: sum(of("promote"), "ms"),
        deopts: tally(of("deopt")),
        refusals: tally(of("refuse")),
      };
    },
  };
}

const cell = ({ ratio, clockRatio, bestRatio }, spread) =>
  `${fixed(ratio, 2)} (${fixed(clockRatio, 2)} ${fixed(bestRatio, 2)}) ${spread.padStart(3)}`;

function ratioTable({ data, means }) {
  const lanes = means.map(({ lane }) => lane);
  const rows = data.map((row) => [
    `${row.kernel.padEnd(4)} ${row.title}`,
    fixed(row.cMs.median, 2),
    percent(row.cMs.spread),
    ...row.lanes.map((lane) => cell(lane, percent(lane.spread))),
  ]);
  rows.push(["geometric mean", "", "", ...means.map((mean) => cell(mean, ""))]);
  return table(["kernel", "C ms", "spread", ...lanes], rows);
}

const reasons = (tally) =>
  Object.entries(tally)
    .map(([reason, n]) => `${reason} ${count(n)}`)
    .join(", ") || "-";

function countsTable({ data }) {
  const rows = data.flatMap(({ kernel, lanes }) =>
    lanes.map((lane) => [
      `${kernel} ${lane.lane}`,
      count(lane.units),
      count(lane.wasmBytes),
      fixed(lane.compileMs, 1),
      `${lane.optimised.byTurboFan}/${lane.optimised.entries}`,
      count(lane.entries),
      count(lane.exits),
      reasons(lane.deopts),
      reasons(lane.refusals),
    ]),
  );
  return table(
    [
      "",
      "units",
      "wasm bytes",
      "made in ms",
      "TurboFan",
      "entries",
      "exits",
      "left compiled code",
      "refused",
    ],
    rows,
  );
}

/** The table of the issue. A part of the kernels has another mean than all of them, so it is not judged. */
function judge({ data, means }) {
  if (data.length < KERNELS.length) return [];
  const of = (lane) => means.find((mean) => mean.lane === lane);
  const targets = [];
  const add = (lane, name, pick, limit) => {
    const mean = of(lane);
    if (mean !== undefined) targets.push(target(name, pick(mean), limit, "x C", 2));
  };
  add("opt", "opt, geomean", (m) => m.ratio, { atMost: 1.1, aim: 1.0 });
  add("opt+fuel", "opt with fuel, geomean", (m) => m.ratio, { atMost: 1.25, aim: 1.08 });
  add("opt", "opt, worst kernel", (m) => m.worst, { atMost: 1.35, aim: 1.1 });
  add("opt+fuel", "opt with fuel, worst kernel", (m) => m.worst, { atMost: 1.7, aim: 1.25 });
  add("baseline", "baseline, geomean", (m) => m.ratio, { atMost: 1.35, aim: 1.2 });
  return targets;
}

const skips = (skipped) => Object.entries(skipped).map(([name, why]) => `skipped ${name}: ${why}`);

const drifted = ({ data }) =>
  data.flatMap(({ kernel, lanes }) =>
    lanes
      .filter((lane) => lane.drift > 0.1)
      .map(
        (lane) =>
          `(${kernel} ${lane.lane} was ${percent(lane.drift)} slower in the first third: not settled)`,
      ),
  );

const EXPLANATION =
  "CPU time over that of the same kernel in C, median of the rounds' ratios (by the clock, of the fastest) and spread";

export function tiers(kernels, seconds, progress) {
  const measured = measureVariants({ variants: TIER_VARIANTS, kernels, seconds, progress });
  const targets = judge(measured);
  const text = [
    `Compiled tiers, ${measured.rounds} interleaved rounds: ${EXPLANATION}`,
    ratioTable(measured),
    ...skips(measured.skipped),
    ...drifted(measured),
    targetLines(targets),
    "",
    "One run on a fresh engine: code made for it, entries into compiled code, and why it was left",
    countsTable(measured),
  ].join("\n");
  return { name: "tiers", text, ...measured, targets };
}

export async function optimisations(chosen, seconds, progress) {
  const kernels = [...chosen, BYTE_LOOPS];
  const measured = measureVariants({ variants: await ablations(), kernels, seconds, progress });
  const all = (metered) => measured.means.find(({ lane }) => lane === (metered ? "opt+fuel" : "opt"));
  const worth = measured.means
    .filter(({ lane }) => !lane.startsWith("opt"))
    .map(({ lane, ratio, bestRatio }) => {
      const whole = all(lane.endsWith("+fuel")) ?? { ratio: Number.NaN, bestRatio: Number.NaN };
      return { lane, worth: ratio / whole.ratio, bestWorth: bestRatio / whole.bestRatio };
    });
  const text = [
    `Optimisations, each switched off alone, ${measured.rounds} interleaved rounds: ${EXPLANATION}`,
    measured.means.length > 0 ? ratioTable(measured) : "nothing to compare",
    ...skips(measured.skipped),
    ...worth.map(
      (one) => `${one.lane}: x${fixed(one.worth, 3)} in all, of the fastest x${fixed(one.bestWorth, 3)}`,
    ),
  ].join("\n");
  return { name: "optimisations", text, ...measured, worth, targets: [] };
}
