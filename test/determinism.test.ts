// Same module, policy and stdin, same outcome: whatever the clock, the locale, the environment, the depth of the
// caller's stack, the engine's earlier runs, or what a page did to the built-ins. Everything an outcome says is compared,
// and registers and memory with it.
// z[verify vm.determinism.same-in-same-out] z[verify vm.determinism.default] z[verify vm.goal.deterministic]
// z[verify vm.policy.only-source] z[verify vm.non-goal.hidden-policy]

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { sha256Hex } from "#sha256";
import { Engine } from "../src/index.ts";
import type { Instance } from "../src/zasm/runtime/instance.ts";
import type { Outcome } from "../src/zasm/runtime/outcome.ts";
import { EXECUTORS } from "./conformance/execute.ts";
import { moduleOf, policyOf, type Subject } from "./differential/subject.ts";
import { generateProgram } from "./model/generate.ts";
import { FUEL_PROGRAMS } from "./model/programs.ts";

/** Metered and not, ending in every way, with stdin and all kinds of output. */
const SUBJECTS: readonly Subject[] = [
  ...FUEL_PROGRAMS.map(([, subject]) => subject),
  ...Array.from({ length: 40 }, (_, i) => generateProgram(10_000 + i)),
];
const BYTES = new Map(SUBJECTS.map((subject) => [subject, moduleOf(subject)]));
const bytesOf = (subject: Subject): Uint8Array => BYTES.get(subject) as Uint8Array; // of the same list

/** All that is observable, as text. Made without anything that the tests below change. */
function record(outcome: Outcome, instance?: Instance): string {
  const own = new Map<string, unknown>(Object.entries(outcome));
  const fields = [
    "status",
    "code",
    "category",
    "reason",
    "pc",
    "offset",
    "fuelUsed",
    "deterministic",
    "tier",
  ];
  const parts = fields.map((field) => String(own.get(field)));
  parts.push(sha256Hex(outcome.stdout), sha256Hex(outcome.stderr));
  const known = outcome.status === "ok" || own.get("code") === "trap.fuel";
  if (instance !== undefined && known) {
    const { HL, DE, A, BC, IX, CMP } = instance.registers();
    parts.push(HL.toString(), DE.toString(), A.toString(), BC.toString(), IX.toString(), `${CMP}`);
  }
  if (instance !== undefined && outcome.status !== "error") parts.push(instance.memorySha256());
  return parts.join(" ");
}

function instantiate(subject: Subject, tier: Executor["tier"]): Instance {
  const loaded = Engine.create().load(bytesOf(subject), policyOf(subject));
  if (loaded.status !== "ok") throw new Error(loaded.code);
  return loaded.module.instantiate({ stdin: Uint8Array.from(subject.stdin), tier });
}
type Executor = (typeof EXECUTORS)[number];

function runAll(tier: Executor["tier"]): string[] {
  return SUBJECTS.map((subject) => {
    const instance = instantiate(subject, tier);
    return record(instance.run(), instance);
  });
}

/** The records that differ, so that a failure prints little. */
const differing = (found: readonly string[], usual: readonly string[]): string[] =>
  usual.flatMap((text, i) => (found[i] === text ? [] : [`${i}: expected ${text}\n   found ${found[i]}`]));

/** Sets own properties of `target` for the duration of `body`, whatever it does. */
function withChanged<T>(target: object, changes: Readonly<Record<string, unknown>>, body: () => T): T {
  const before = Object.keys(changes).map(
    (key) => [key, Object.getOwnPropertyDescriptor(target, key)] as const,
  );
  try {
    for (const key of Object.keys(changes)) {
      Object.defineProperty(target, key, {
        value: changes[key],
        configurable: true,
        writable: true,
        enumerable: true,
      });
    }
    return body();
  } finally {
    for (const [key, descriptor] of before) {
      if (descriptor === undefined) Reflect.deleteProperty(target, key);
      else Object.defineProperty(target, key, descriptor);
    }
  }
}

const refuse = (what: string) => () => {
  throw new Error(`${what} was used`);
};

describe.each(EXECUTORS)("$tier", ({ tier }) => {
  const usual = runAll(tier);

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test("the programs have many different outcomes", () => {
    expect(new Set(usual).size).toBeGreaterThan(SUBJECTS.length * 0.8);
    expect(usual.every((text) => text.includes(" true "))).toBe(true); // deterministic
  });

  test("run again, and again, in the other order", () => {
    expect(differing(runAll(tier), usual)).toEqual([]);
    const backwards = [...SUBJECTS].reverse().map((subject) => {
      const instance = instantiate(subject, tier);
      return record(instance.run(), instance);
    });
    expect(differing(backwards.reverse(), usual)).toEqual([]);
  });

  test("instances of one module, side by side, do not see each other", () => {
    SUBJECTS.forEach((subject, i) => {
      const loaded = Engine.create().load(bytesOf(subject), policyOf(subject));
      if (loaded.status !== "ok") throw new Error(loaded.code);
      const stdin = Uint8Array.from(subject.stdin);
      const many = [0, 1, 2].map(() => loaded.module.instantiate({ stdin, tier }));
      stdin.fill(0xee); // the instances have their own
      const outcomes = many.map((instance) => instance.run());
      expect(outcomes.map((outcome, k) => record(outcome, many[k]))).toEqual([usual[i], usual[i], usual[i]]);
    });
  });

  test("without a clock, a source of randomness, or a locale: none is ever asked", () => {
    const broken = {
      Date: class {
        static now = refuse("Date.now");
        constructor() {
          throw new Error("Date was used");
        }
      },
      Intl: new Proxy({}, { get: refuse("Intl") }),
    };
    const found = withChanged(globalThis, broken, () =>
      withChanged(performance, { now: refuse("performance.now") }, () =>
        withChanged(Math, { random: refuse("Math.random") }, () =>
          withChanged(globalThis.crypto, { getRandomValues: refuse("getRandomValues") }, () =>
            withChanged(String.prototype, { localeCompare: refuse("localeCompare") }, () =>
              withChanged(Number.prototype, { toLocaleString: refuse("toLocaleString") }, () => runAll(tier)),
            ),
          ),
        ),
      ),
    );
    expect(differing(found, usual)).toEqual([]);
  });

  test.each([0, 1e12, -1, Number.NaN])("when it is %s o'clock", (now) => {
    const found = withChanged(Date, { now: () => now }, () =>
      withChanged(performance, { now: () => now }, () => runAll(tier)),
    );
    expect(differing(found, usual)).toEqual([]);
  });

  test("in another time zone, language and environment", () => {
    for (const [name, value] of [
      ["TZ", "Pacific/Chatham"],
      ["LANG", "tr_TR.UTF-8"],
      ["LC_ALL", "ar_EG.UTF-8"],
      ["SINTER_FUEL", "1"],
      ["SINTER_TIER", "none"],
      ["ZI_FS_ROOT", "/"],
      ["NODE_ENV", "production"],
    ] as const) {
      vi.stubEnv(name, value);
    }
    expect(differing(runAll(tier), usual)).toEqual([]);
  });

  test.each([0, 1, Number.POSITIVE_INFINITY])("with an Error.stackTraceLimit of %s", (limit) => {
    expect(
      differing(
        withChanged(Error, { stackTraceLimit: limit }, () => runAll(tier)),
        usual,
      ),
    ).toEqual([]);
  });

  test("with an Error.prepareStackTrace that throws", () => {
    const changes = { prepareStackTrace: refuse("prepareStackTrace") };
    expect(
      differing(
        withChanged(Error, changes, () => runAll(tier)),
        usual,
      ),
    ).toEqual([]);
  });

  // Names of policy fields, inputs, outcome fields and internals, with values that would change a run if read.
  test.each<[string, Readonly<Record<string, unknown>>]>([
    [
      "policy fields",
      { fuel: 3, meter: true, strict: true, memSize: 8, memBase: 64, maxCallDepth: 1, resHandle: 2 },
    ],
    [
      "other policy fields",
      { strictEncoding: true, allowTime: true, allowPrimitives: false, maxOutputBytes: 1 },
    ],
    [
      "inputs",
      {
        stdin: new Uint8Array([9, 9]),
        entry: "x",
        tier: "native",
        log: "jsonl",
        args: ["a"],
        env: { A: "b" },
      },
    ],
    ["hooks", { hooks: { read: () => 1, write: () => 1 }, read: () => 1, write: () => 1, alloc: () => 64 }],
    [
      "outcome fields",
      { status: "trap", code: "trap.oob", category: "host", pc: 1, offset: 2, reason: "no" },
    ],
    ["indices", { 0: 1, 1: 2, length: 3 }],
  ])("with a polluted Object.prototype: %s", (_, names) => {
    expect(
      differing(
        withChanged(Object.prototype, names, () => runAll(tier)),
        usual,
      ),
    ).toEqual([]);
  });
});

describe.each(EXECUTORS)("$tier under a deep caller", ({ tier }) => {
  const deepest = SUBJECTS.filter((_, i) => i % 7 === 0);
  const usual = deepest.map((subject) => {
    const instance = instantiate(subject, tier);
    return record(instance.run(), instance);
  });

  // z[verify vm.error.structured]
  test("the outcome is the usual one or error host.stack, at every depth", () => {
    const seen = new Set<string>();
    const wrong: string[] = [];
    deepest.forEach((subject, i) => {
      const spare: Instance[] = Array.from({ length: 120 }, () => instantiate(subject, tier));
      let escaped = 0;
      /** Runs once in each of the deepest frames, from the deepest outwards; frames are about 1 KiB. */
      const descend = (padding: number[]): void => {
        try {
          descend([...padding.slice(0, 8), padding.length]);
        } catch (thrown) {
          if (!(thrown instanceof RangeError)) throw thrown;
        }
        const instance = spare.pop();
        if (instance === undefined) return;
        let outcome: Outcome;
        try {
          outcome = instance.run();
        } catch {
          // There was no room to call run() at all: the native stack ended before the engine was entered.
          escaped++;
          return;
        }
        if (outcome.status === "error" && outcome.code === "host.stack") {
          seen.add("host.stack");
          if (outcome.fuelUsed !== null && outcome.fuelUsed !== 0) wrong.push("host.stack after a start");
          if (outcome.tier !== undefined) wrong.push("host.stack names a tier");
        } else seen.add("usual");
        if (outcome.status !== "error" && record(outcome, instance) !== usual[i])
          wrong.push(record(outcome, instance));
        if (outcome.status === "error" && outcome.code !== "host.stack") wrong.push(outcome.code);
      };
      descend([]);
      expect(escaped, "frames too deep to call anything").toBeLessThan(5);
    });
    expect(wrong).toEqual([]);
    expect(seen).toContain("host.stack");
  });

  test("half-way down nothing is different", () => {
    const descend = (frames: number): string[] =>
      frames > 0
        ? descend(frames - 1)
        : deepest.map((subject) => {
            const instance = instantiate(subject, tier);
            return record(instance.run(), instance);
          });
    expect(descend(2000)).toEqual(usual);
  });

  test("a run that ended in host.stack is finished; the module is not", () => {
    const subject = deepest[0] as Subject;
    const instances = Array.from({ length: 40 }, () => instantiate(subject, tier));
    const stopped: Instance[] = [];
    const descend = (): void => {
      try {
        descend();
      } catch {
        // the end of the stack
      }
      const instance = instances.pop();
      if (instance === undefined) return;
      try {
        const outcome = instance.run();
        if (outcome.status === "error") stopped.push(instance);
      } catch {
        // no room for the call
      }
    };
    descend();
    expect(stopped.length).toBeGreaterThan(0);
    for (const instance of stopped) {
      expect(() => instance.run()).toThrow(/runs once/);
      expect(() => instance.resume()).toThrow();
    }
    const again = instantiate(subject, tier);
    expect(record(again.run(), again)).toBe(usual[0]);
  });
});

// The real command in processes of their own: what can only be set when a process starts. Needs dist, as built by npm test.
describe("in other processes", () => {
  const folder = mkdtempSync(join(tmpdir(), "sinter-determinism-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const lines = SUBJECTS.map((subject, id) =>
    JSON.stringify(
      {
        id,
        moduleBase64: Buffer.from(bytesOf(subject)).toString("base64"),
        stdinBase64: Buffer.from(subject.stdin).toString("base64"),
        policy: policyOf(subject),
        tier: "interp",
        state: true,
      },
      (_, value: unknown) => (typeof value === "bigint" ? `0x${value.toString(16)}` : value),
    ),
  );
  const requests = join(folder, "requests.jsonl");
  writeFileSync(requests, `${lines.join("\n")}\n`);
  const bin = fileURLToPath(new URL("../bin/sinter.js", import.meta.url));
  const batch = (flags: readonly string[], env: Readonly<Record<string, string>>): string => {
    const ran = spawnSync(process.execPath, [...flags, bin, "batch", requests], {
      env: { PATH: process.env.PATH ?? "", ...env },
      cwd: folder,
      encoding: "utf8",
      maxBuffer: 1 << 26,
    });
    expect([ran.status, ran.stderr.replace(/^Warning: disabling flag.*\n/gm, "")]).toEqual([0, ""]);
    return ran.stdout;
  };
  const usual = batch([], {});

  test("the records are those of this process", () => {
    const records = usual
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(records).toHaveLength(SUBJECTS.length);
    SUBJECTS.forEach((subject, id) => {
      const instance = instantiate(subject, "interp");
      const outcome = instance.run();
      const failed = outcome.status === "ok" ? undefined : outcome;
      expect(records[id]).toMatchObject({
        id,
        status: outcome.status,
        ...(failed && { code: failed.code, pc: failed.pc, reason: failed.reason }),
        fuelUsed: outcome.fuelUsed,
        stdoutBase64: Buffer.from(outcome.stdout).toString("base64"),
        stderrBase64: Buffer.from(outcome.stderr).toString("base64"),
        memorySha256: instance.memorySha256(),
      });
    });
  });

  test.each<[string, readonly string[], Readonly<Record<string, string>>]>([
    ["locale and time zone", [], { LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8", TZ: "Pacific/Chatham" }],
    ["a larger stack", ["--stack-size=3000"], {}],
    ["a smaller stack", ["--stack-size=500"], {}],
    ["a small heap", ["--max-old-space-size=64", "--max-semi-space-size=1"], {}],
    ["no optimising compiler", ["--no-opt"], {}],
    ["no generated code", ["--jitless"], {}],
    ["other hash seeds", ["--hash-seed=12345", "--random-seed=7"], {}],
    ["no eval", ["--disallow-code-generation-from-strings"], {}],
    [
      "an environment full of settings",
      [],
      { SINTER_FUEL: "1", SINTER_TIER: "opt", NODE_ENV: "test", FORCE_COLOR: "1" },
    ],
  ])("%s", (_, flags, env) => {
    expect(batch(flags, env)).toBe(usual);
  });
});
