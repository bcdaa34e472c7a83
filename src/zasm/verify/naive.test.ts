// The verifier against an independent reading of the rules (scripts/naive-decode.mjs): word by word over every
// opcode and every combination of register fields, and whole CODE sections. All 2^32 words: `npm run prove:decode`.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { EXPECTED, MODES, naiveVerify, prove } from "../../../scripts/naive-decode.mjs";
import { isFailure } from "../../core/errors.ts";
import { type Policy, resolvePolicy } from "../../core/policy.ts";
import { decodeInsn, lengthWords, packWord } from "../isa/fields.ts";
import { BY_OPCODE } from "../isa/table.ts";
import { checkFields, isStart, verifyCode } from "./verify.ts";

const engine = { checkFields, byOpcode: BY_OPCODE, decodeInsn, lengthWords, packWord };

/** xorshift32; the seed is part of the test's name. */
function random(seed: number): (below: number) => number {
  let x = seed;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

const EDGES = [
  0, 1, 2, 5, 10, 11, 30, 31, 32, 33, 62, 63, 64, 65, 127, 128, 255, 256, 1023, 1024, 2046, 2047, 2048, 2049,
  2050, 4032, 4064, 4094, 4095,
];

function* edgeWords(opcode: number): Iterable<number> {
  for (let registers = 0; registers < 4096; registers++) {
    const near = registers >> 8 <= 5 && ((registers >> 4) & 15) <= 11 && (registers & 15) <= 5;
    for (const imm of near ? EDGES : [0, 1, 0x801]) yield ((opcode << 24) | (registers << 12) | imm) >>> 0;
  }
}

function* randomWords(seed: number, count: number): Iterable<number> {
  const next = random(seed);
  for (let i = 0; i < count; i++) yield next(2 ** 32);
}

describe("one word", () => {
  test("256 opcodes x 4096 register fields x imm12 edges, in four modes", { timeout: 120_000 }, () => {
    let words = 0;
    for (let opcode = 0; opcode < 256; opcode++) {
      const result = prove(engine, edgeWords(opcode));
      expect(result.first).toBeUndefined();
      words += result.words;
    }
    expect(words).toBe(256 * (432 * EDGES.length + 3664 * 3));
  });

  test("every word of the opcodes with two forms or extension words, legal register fields only", () => {
    for (const opcode of [0x40, 0x70, 0x71, 0x80]) {
      for (let registers = 0; registers < 4096; registers++) {
        if ((registers & 15) > 5 || ((registers >> 4) & 15) > 5 || registers >> 8 > 5) continue;
        const from = opcode * 2 ** 24 + registers * 4096;
        expect(prove(engine, { from, to: from + 4096 }).first).toBeUndefined();
      }
    }
  });

  test("a million random words, seed 1", () => {
    const result = prove(engine, randomWords(1, 1_000_000));
    expect(result).toMatchObject({ words: 1_000_000, disagreements: 0 });
  });

  test.each([
    ["legal in both", 0x1012_3000],
    ["legal by default only", 0x7112_0005],
    ["illegal", 0x1f00_0000],
    ["a host call", 0xf000_0000],
  ])("a planted verdict on a word that is %s is noticed", (_, word) => {
    expect(prove(engine, { from: word - 8, to: word + 8 }).disagreements).toBe(0);
    const planted = prove(engine, { from: word - 8, to: word + 8 }, word);
    expect(planted.first?.word).toBe(word);
  });

  test("planted mistakes in decoder, length and table are noticed", () => {
    const range = { from: 0x7000_0000, to: 0x7000_1000 };
    const wrong = [
      { ...engine, lengthWords: () => 1 as const },
      { ...engine, decodeInsn: (code: Uint32Array, at: number) => ({ ...decodeInsn(code, at), value: 0n }) },
      { ...engine, decodeInsn: (code: Uint32Array, at: number) => ({ ...decodeInsn(code, at), pc: 0 }) },
      { ...engine, decodeInsn: (code: Uint32Array, at: number) => ({ ...decodeInsn(code, at), rd: 1 }) },
      { ...engine, byOpcode: [...BY_OPCODE.slice(1), undefined] },
    ];
    for (const other of wrong) expect(prove(other, range).disagreements).toBeGreaterThan(1);
    const lost = (code: Uint32Array, at: number) => ({ ...decodeInsn(code, at), target: undefined });
    expect(prove({ ...engine, decodeInsn: lost }, { from: 0, to: 4 }).disagreements).toBe(4);
    const shifted = (code: Uint32Array, at: number) => ({ ...decodeInsn(code, at), imm12: 0 });
    expect(prove({ ...engine, decodeInsn: shifted }, { from: 0, to: 4 }).disagreements).toBe(3);
  });

  test("a verifier that breaks D15's relation of the two modes is noticed", () => {
    const one = (code: string) => (_row: unknown, _word: number, mode: (typeof MODES)[number]) =>
      mode.strictEncoding ? undefined : code;
    const relation = prove({ ...engine, checkFields: one("verify.bad_imm") }, [0x3512_3000, 0x1012_3000]);
    expect(relation.disagreements).toBeGreaterThan(4);
  });

  test("the number of legal words, counted by hand", () => {
    expect(EXPECTED).toEqual({ accepted: 2_062_876, acceptedStrict: 108_411 });
  });
});

/** A CODE section in which most instructions are legal: faults must be rare to be reached past the first. */
function someCode(next: (below: number) => number): number[] {
  const rows = BY_OPCODE.filter((row) => row !== undefined);
  const words: number[] = [];
  const length = 1 + next(24);
  while (words.length < length) {
    const row = rows[next(rows.length)]!;
    const [a, b, c] = [next(5), next(5), next(5)];
    const near = next(9) - 4;
    const fields = {
      call: () => [0, 0, 0, near],
      jr: () => [0, next(11), 0, near],
      none: () => [0, 0, 0, 0],
      prim: () => [0, 0, 0, 0],
      cp: () => [a, a, b, 0],
      cpi: () => [a, a, 0, next(4096)],
      drop: () => [a, 0, 0, 0],
      step: () => [a, next(2) * a, 0, 0],
      mov: () => [a, b, 0, 0],
      rrr: () => [a, b, c, 0],
      shift: () => [a, b, next(2) * b, next(32)],
      bits: () => [a, next(2) * a, next(2) * a, 0],
      ld: () => [a, 0, 0, [next(4096), 0x800, 0x801][next(3)]!],
      load: () => (next(2) ? [a, b, b, 0] : [a, b, 0, next(4096)]),
      store: () => (next(2) ? [a, b, a, 0] : [0, b, c, next(4096)]),
    }[row.format]();
    const [rd, rs1, rs2, imm] = fields as [number, number, number, number];
    let word = packWord(row.opcode, rd, rs1, rs2, imm);
    if (next(60) === 0) word ^= 1 << next(32);
    words.push(word >>> 0);
    for (let i = 1; i < lengthWords(word); i++) words.push(next(2 ** 32));
  }
  return next(10) === 0 ? words.slice(0, -1) : words;
}

type Verify = (words: readonly number[], policy: Policy) => string;

const bytesOf = (words: readonly number[]) => new Uint8Array(Uint32Array.from(words).buffer);

const real: Verify = (words, policy) => {
  const result = verifyCode(bytesOf(words), policy);
  if (isFailure(result)) return `${result.code} at ${result.offset} ${result.pc}`;
  const starts = words.map((_, i) => (isStart(result, i) ? i : -1)).filter((i) => i >= 0);
  return `starts ${starts}, host calls ${[0, 1, 2, 3, 4, 5].filter((bit) => result.primitives & (1 << bit))}`;
};

const naive: Verify = (words, policy) => {
  const result = naiveVerify(words, policy);
  return "code" in result
    ? `${result.code} at ${result.offset} ${result.offset}`
    : `starts ${result.starts}, host calls ${result.primitives}`;
};

/** Runs both on `count` sections; the answers seen, and how many differ. */
function compare(seed: number, count: number, verify: Verify) {
  const next = random(seed);
  const policies = MODES.map((mode) => resolvePolicy(mode) as Policy);
  const seen = new Map<string, number>();
  const different: string[] = [];
  for (let i = 0; i < count; i++) {
    const words = someCode(next);
    for (const policy of policies) {
      const [mine, theirs] = [verify(words, policy), naive(words, policy)];
      const kind = theirs.split(" ")[0]!;
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
      if (mine !== theirs) different.push(`section ${i}: ${mine} / ${theirs}`);
    }
  }
  return { seen, different };
}

describe("whole CODE sections", () => {
  test("30,000 of them, seed 7, in four modes; every verdict occurs often", () => {
    const { seen, different } = compare(7, 30_000, real);
    expect(different).toEqual([]);
    expect([...seen.keys()].sort()).toEqual([
      "starts",
      "verify.bad_fields",
      "verify.bad_imm",
      "verify.bad_opcode",
      "verify.bad_register",
      "verify.bad_target",
      "verify.truncated",
    ]);
    for (const [kind, count] of seen) expect(count, kind).toBeGreaterThan(100);
  });

  test("planted: no pre-pass, no target check, an extension word as target, host calls miscounted", () => {
    const planted: Verify[] = [
      (words, policy) => real(words, policy).replace(/verify.truncated at (\d+)/, "verify.truncated at 0"),
      (words, policy) =>
        real(words, policy).startsWith("verify.bad_target") ? "starts" : real(words, policy),
      (words, policy) => real(words, policy).replace(/, host calls 0,/, ", host calls "),
      (words, policy) => real(words, { ...policy, strictEncoding: false } as Policy),
      (words, policy) => real(words, { ...policy, allowPrimitives: true } as Policy),
    ];
    for (const verify of planted) expect(compare(7, 2000, verify).different.length).toBeGreaterThan(5);
  });
});

describe("npm run prove:decode", () => {
  const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
  function proveDecode(...args: string[]) {
    if (!existsSync(`${ROOT}dist/zasm/verify/verify.js`)) throw new Error("needs dist: npm run build");
    const done = spawnSync(process.execPath, ["scripts/prove-decode.mjs", ...args], {
      cwd: ROOT,
      encoding: "utf8",
    });
    return { status: done.status, out: done.stdout, err: done.stderr };
  }
  const RANGE = ["--from", "0x71000000", "--to", "0x71080000"];

  test("a range, over two threads", () => {
    const { status, out } = proveDecode(...RANGE, "--threads", "2");
    expect(out).toMatch(/^prove-decode: 524,288 words in 4 modes, [\d,]+ legal, .* 0 disagreements/);
    expect(status).toBe(0);
  });

  test("a planted verdict fails it, in a range and in a sample", () => {
    const range = proveDecode(...RANGE, "--plant", "0x71012000");
    expect(range.out).toMatch(/first disagreement: word 0x71012000: mode 1/);
    expect(range.status).toBe(1);
    const sample = proveDecode("--sample", "1000", "--plant");
    expect(sample.out).toMatch(/1,000 words.*[1-9]\d* disagreements/);
    expect(sample.status).toBe(1);
  });

  test("a sample", () => {
    const { status, out } = proveDecode("--sample", "20000", "--seed", "9");
    expect(out).toContain("20,000 words");
    expect(status).toBe(0);
  });

  test.each([[["--sample", "many"]], [["--from", "5", "--to", "5"]], [["--nope"]], [["--to", "4294967297"]]])(
    "%j is a usage error",
    (args) => {
      const { status, out, err } = proveDecode(...args);
      expect(status).toBe(2);
      expect(out).toBe("");
      expect(err).toMatch(/^prove-decode: .+\n$/);
    },
  );
});
