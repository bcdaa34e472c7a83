// Damaged modules: whatever is in the file, `Engine.run` comes back with a structured outcome, soon. Every byte of
// every corpus module is set to several values; then seeded random damage of several kinds, from raw bytes to
// whole legal instructions. A failure prints seed and index; minimised files belong in test/regressions/.

import { describe, expect, test } from "vitest";
import { Engine, type Outcome, type PolicyInput } from "../../src/index.ts";
import { packWord } from "../../src/zasm/isa/fields.ts";
import { BY_OPCODE } from "../../src/zasm/isa/table.ts";
import { CORPUS, corpusBytes } from "./corpus.ts";
import { outcomeProblems } from "./outcome-schema.ts";

const engine = Engine.create();
const STDIN = new TextEncoder().encode("some input, longer than one read of eight\n");

const POLICIES: PolicyInput[] = [
  { fuel: 10_000, memSize: 65_536 },
  { fuel: 10_000, memSize: 65_536, strict: true, strictEncoding: true },
  { fuel: 10_000, memSize: 65_544, memBase: 2n ** 64n - 65_544n, maxCallDepth: 3 },
  { fuel: 10_000, memSize: 65_536, allowTime: true, allowEnv: true, maxOutputBytes: 10 },
];

type Run = (bytes: Uint8Array, policy: PolicyInput) => Outcome;
const run: Run = (bytes, policy) => engine.run(bytes, { policy, stdin: STDIN });

/** What is wrong with running these bytes, or undefined. */
function damageProblem(run: Run, bytes: Uint8Array, policy: PolicyInput): string | undefined {
  try {
    const outcome = run(bytes, policy);
    if (outcome.status === "error") return `the host's fault: ${outcome.code}`;
    return outcomeProblems(outcome)[0];
  } catch (thrown) {
    return `thrown: ${thrown}`;
  }
}

/** xorshift32: below(n) gives 0 … n - 1. */
function random(seed: number) {
  let x = seed >>> 0 || 1;
  const below = (n: number): number => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % n;
  };
  return { below, pick: <T>(list: readonly T[]): T => list[below(list.length)]! };
}
type Random = ReturnType<typeof random>;

const WORDS = [
  0, 1, 2, 3, 4, 7, 8, 20, 39, 40, 63, 64, 65_535, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_ff00, 0xffff_fffc,
  0xffff_ffff, 0x4942415a, 0x45444f43,
];

const rows = BY_OPCODE.filter((row) => row !== undefined);

/** An instruction that is legal, or nearly so. */
function someInsn({ below, pick }: Random): number {
  const row = pick(rows);
  const [a, b, c] = [below(5), below(5), below(5)];
  const near = below(24) - 12;
  switch (row.format) {
    case "call":
      return packWord(row.opcode, 0, 0, 0, near);
    case "jr":
      return packWord(row.opcode, 0, below(12), 0, near);
    case "none":
    case "prim":
      return packWord(row.opcode, 0, 0, 0, 0);
    case "cp":
      return packWord(row.opcode, a, a, b, 0);
    case "cpi":
      return packWord(row.opcode, a, a, 0, near);
    case "drop":
      return packWord(row.opcode, a, 0, 0, 0);
    case "step":
    case "bits":
      return packWord(row.opcode, a, a, row.format === "bits" ? a : 0, 0);
    case "mov":
      return packWord(row.opcode, a, b, 0, 0);
    case "rrr":
      return packWord(row.opcode, a, b, c, 0);
    case "shift":
      return packWord(row.opcode, a, b, b, below(row.width));
    case "ld":
      return packWord(row.opcode, a, 0, 0, pick([near, below(4096), -2048, -2047]));
    case "load":
      return packWord(row.opcode, a, b, 0, pick([near, 0, below(4096)]));
    case "store":
      return packWord(row.opcode, 0, a, b, pick([near, 0, below(4096)]));
  }
}

const KINDS: Record<string, (bytes: Uint8Array, random: Random) => Uint8Array> = {
  byte: (bytes, { below }) => {
    bytes[below(bytes.length)] = below(256);
    return bytes;
  },
  bit: (bytes, { below }) => {
    bytes[below(bytes.length)]! ^= 1 << below(8);
    return bytes;
  },
  word: (bytes, { below, pick }) => {
    const at = below((bytes.length >> 2) - 1) * 4;
    new DataView(bytes.buffer).setUint32(at, pick(WORDS), true);
    return bytes;
  },
  "move a piece": (bytes, { below }) => {
    const from = below(bytes.length);
    bytes.copyWithin(below(bytes.length), from, Math.min(bytes.length, from + below(40)));
    return bytes;
  },
  "cut and agree": (bytes, { below }) => {
    const cut = bytes.slice(0, Math.max(40, below(bytes.length)));
    new DataView(cut.buffer).setUint32(8, cut.length, true);
    return cut;
  },
  "an instruction": (bytes, random) => {
    const view = new DataView(bytes.buffer);
    const dir = view.getUint32(12, true);
    if (dir > bytes.length - 12) return bytes;
    const [at, length] = [view.getUint32(dir + 4, true), view.getUint32(dir + 8, true)]; // the first section: CODE
    if (length < 4 || at + length > bytes.length) return bytes;
    for (let i = 1 + random.below(4); i > 0; i--) {
      view.setUint32(at + 4 * random.below(length >> 2), someInsn(random), true);
    }
    return bytes;
  },
};

/** The `index`th damaged module of a seed. */
function damaged(seed: number, index: number, kinds = Object.keys(KINDS)): Uint8Array {
  const mine = random(Math.imul(seed, 0x9e37_79b1) ^ Math.imul(index + 1, 0x85eb_ca6b));
  for (let i = 0; i < 4; i++) mine.below(2);
  let bytes: Uint8Array = corpusBytes(mine.pick([...CORPUS.keys()]));
  for (let edits = 1 + mine.below(4); edits > 0; edits--) bytes = KINDS[mine.pick(kinds)]!(bytes, mine);
  return bytes;
}

// z[verify vm.error.structured] z[verify vm.conformance.negative-encoding]
describe("every byte", () => {
  test.each([...CORPUS.keys()])("of %s, seven values each", (name) => {
    const problems: string[] = [];
    const bytes = corpusBytes(name);
    for (let at = 0; at < bytes.length; at++) {
      const was = bytes[at]!;
      [0, 1, 0x7f, 0x80, 0xff, was ^ 1, was ^ 0x80].forEach((value, i) => {
        bytes[at] = value;
        const problem = damageProblem(run, bytes, POLICIES[(at + i) % POLICIES.length]!);
        if (problem !== undefined) problems.push(`byte ${at} = ${value}: ${problem}`);
      });
      bytes[at] = was;
    }
    expect(problems).toEqual([]);
  });
});

describe("random damage", () => {
  test("15,000 modules, seed 1", () => {
    const problems: string[] = [];
    const seen = new Set<string>();
    for (let index = 0; index < 15_000; index++) {
      const policy = POLICIES[index % POLICIES.length]!;
      const bytes = damaged(1, index);
      const problem = damageProblem(run, bytes, policy);
      if (problem !== undefined) problems.push(`seed 1, module ${index}: ${problem}`);
      else seen.add(codeOf(run(bytes, policy)));
    }
    expect(problems).toEqual([]);
    // The damage reaches every layer; otherwise the test says little.
    const layers = new Set([...seen].map((code) => code.split(".")[0]));
    expect([...layers].sort()).toEqual(["container", "data", "ok", "trap", "verify"]);
    expect(seen.size).toBeGreaterThan(24);
  });

  test("6000 modules of other instructions, seed 2: most run, and traps of every kind occur", () => {
    const problems: string[] = [];
    const seen = new Map<string, number>();
    for (let index = 0; index < 6000; index++) {
      const policy = POLICIES[index % POLICIES.length]!;
      const bytes = damaged(2, index, ["an instruction"]);
      const problem = damageProblem(run, bytes, policy);
      if (problem !== undefined) problems.push(`seed 2, module ${index}: ${problem}`);
      const code = codeOf(run(bytes, policy));
      seen.set(code, (seen.get(code) ?? 0) + 1);
    }
    expect(problems).toEqual([]);
    const traps = [...seen.keys()].filter((code) => code.startsWith("trap.")).sort();
    expect(traps.join(" ")).toBe(
      "trap.abi trap.call_depth trap.decode trap.div0 trap.fuel trap.oob trap.output_limit",
    );
    const started = [...seen].reduce((sum, [code, n]) => sum + (/^(ok|trap)/.test(code) ? n : 0), 0);
    expect(started).toBeGreaterThan(2500);
  });

  // z[verify vm.determinism.same-in-same-out]
  test("600 modules run twice give the same outcome", () => {
    for (let index = 0; index < 600; index++) {
      const bytes = damaged(3, index, index % 2 ? ["an instruction"] : undefined);
      const policy = POLICIES[index % 3]!;
      expect(run(bytes, policy), `seed 3, module ${index}`).toEqual(run(bytes, policy));
    }
  });

  test("bytes that were never a module", () => {
    const { below } = random(4);
    for (let i = 0; i < 500; i++) {
      const bytes = Uint8Array.from({ length: below(200) }, () => below(256));
      if (i % 2) bytes.set([0x5a, 0x41, 0x53, 0x42, 2, 0, 0, 0, bytes.length].slice(0, bytes.length));
      expect(damageProblem(run, bytes, POLICIES[i % POLICIES.length]!)).toBeUndefined();
    }
  });
});

const codeOf = (outcome: Outcome): string => (outcome.status === "ok" ? "ok" : outcome.code);

describe("the check of outcomes notices", () => {
  const good = run(corpusBytes("one instruction"), POLICIES[0]!);
  const trapped = run(corpusBytes("no end"), POLICIES[0]!);
  const rejected = run(new Uint8Array(0), POLICIES[0]!);

  test("nothing in good ones", () => {
    for (const outcome of [good, trapped, rejected]) expect(outcomeProblems(outcome)).toEqual([]);
  });

  test.each<[string, object]>([
    ["an unknown status", { ...trapped, status: "crash" }],
    ["an unknown code", { ...trapped, code: "trap.nope" }],
    ["an inherited code", { ...trapped, code: "toString" }],
    ["another category", { ...trapped, category: "oob" }],
    ["the status of another code", { ...trapped, status: "reject" }],
    ["no pc", { ...trapped, pc: undefined }],
    ["pc -1", { ...trapped, pc: -1 }],
    ["pc 1.5", { ...trapped, pc: 1.5 }],
    ["pc NaN", { ...trapped, pc: Number.NaN }],
    ["a bigint pc", { ...trapped, pc: 8n }],
    ["an offset out of range", { ...rejected, offset: 2 ** 32 }],
    ["no offset", Object.fromEntries(Object.entries(rejected).filter(([key]) => key !== "offset"))],
    ["a long reason", { ...trapped, reason: "x".repeat(201) }],
    ["a reason of two lines", { ...trapped, reason: "one\ntwo" }],
    ["no reason", { ...trapped, reason: "" }],
    ["a path of the host", { ...trapped, reason: "cannot open /home/me/module" }],
    ["a stack", { ...trapped, reason: "at foo (engine.js:1)" }],
    ["an address of the host", { ...trapped, reason: "fault at 0x7ffd12345678" }],
    ["a bug of the engine", { ...rejected, code: "internal", category: "internal", status: "error" }],
    ["output of a rejected module", { ...rejected, stdout: new Uint8Array(1) }],
    ["output that is text", { ...good, stdout: "text" }],
    ["a trap code in ok", { ...good, code: "trap.oob" }],
    ["unknown keys", { ...good, stack: "" }],
    ["fuel that is not counted in whole units", { ...trapped, fuelUsed: 0.5 }],
    ["fuel below 0", { ...trapped, fuelUsed: -1 }],
    ["a tier that does not exist", { ...good, tier: "warp" }],
    ["no object", [] as object],
  ])("%s", (_, outcome) => {
    expect(outcomeProblems(outcome)).not.toEqual([]);
  });

  test("null, and an engine that throws", () => {
    expect(outcomeProblems(null)).not.toEqual([]);
    const throwing: Run = () => {
      throw new RangeError("Invalid typed array length");
    };
    expect(damageProblem(throwing, new Uint8Array(0), {})).toMatch(/^thrown: RangeError/);
    const guilty: Run = () => ({ ...rejected, status: "error", code: "host.oom" }) as Outcome;
    expect(damageProblem(guilty, new Uint8Array(0), {})).toMatch(/host's fault/);
  });
});
