// Every verifier rule, both ways, by default and under strictEncoding, with exact code and offset; the order of
// checks; and what a `VerifiedModule` guarantees. All words at once: naive.test.ts and `npm run prove:decode`.

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  ascii,
  build,
  codeOnly,
  dataPayload,
  exptPayload,
  FULL,
  fullModule,
  type RawModule,
  RET,
  section,
  u32s,
  word,
} from "../../../test/robustness/raw-module.ts";
import { type Failure, isFailure } from "../../core/errors.ts";
import { type Policy, type PolicyInput, resolvePolicy } from "../../core/policy.ts";
import { isStart, isVerified, type VerifiedModule, verifyCode, verifyModule } from "./verify.ts";

function policyOf(input: PolicyInput = {}): Policy {
  const policy = resolvePolicy(input);
  if (isFailure(policy)) throw new Error(policy.reason);
  return policy;
}

const DEFAULT = policyOf();
const STRICT = policyOf({ strictEncoding: true });

/** A complaint about CODE has its place twice. */
function shown(result: object | Failure): string {
  if (!isFailure(result)) return "ok";
  const { code, offset, pc } = result;
  return `${code.replace("verify.", "")} @${offset}${pc === offset ? "" : `, pc ${pc}`}`;
}
const code = (words: readonly number[], policy = DEFAULT): string =>
  shown(verifyCode(u32s(...words), policy));
const load = (module: RawModule, policy?: PolicyInput): VerifiedModule | Failure =>
  verifyModule(build(module).bytes, policyOf(policy));
function loaded(module: RawModule, policy?: PolicyInput): VerifiedModule {
  const result = load(module, policy);
  if (isFailure(result)) throw new Error(`${result.code}: ${result.reason}`);
  return result;
}

// One row per rule and way to break it: opcode, rd, rs1, rs2, imm12, verdict by default, under strictEncoding if
// it differs. HL is 0, so `rs2 = rs1` and `rs2 = 0` are told apart with other registers.
type Row = [string, [number, number?, number?, number?, number?], string, string?];
const FIELDS: Row[] = [
  ["CALL", [0x00, 0, 0, 0, 1], "ok"],
  ["CALL rd", [0x00, 1, 0, 0, 1], "bad_fields"],
  ["CALL rs1", [0x00, 0, 1, 0, 1], "bad_fields"],
  ["CALL rs2", [0x00, 0, 0, 1, 1], "bad_fields"],
  ["CALL bad fields before bad target", [0x00, 0, 0, 1, 100], "bad_fields"],
  ["RET", [0x01], "ok"],
  ["RET rd", [0x01, 1], "bad_fields"],
  ["RET rs1", [0x01, 0, 1], "bad_fields"],
  ["RET rs2", [0x01, 0, 0, 1], "bad_fields"],
  ["RET imm", [0x01, 0, 0, 0, 1], "bad_fields"],
  ["RET register 5 before fields", [0x01, 5], "bad_register"],
  ["JR ALWAYS", [0x02, 0, 0, 0, 1], "ok"],
  ["JR 5, no register", [0x02, 0, 5, 0, 1], "ok"],
  ["JR GEU", [0x02, 0, 10, 0, 1], "ok"],
  ["JR 11", [0x02, 0, 11, 0, 1], "bad_fields"],
  ["JR 15", [0x02, 0, 15, 0, 1], "bad_fields"],
  ["JR rd", [0x02, 1, 1, 0, 1], "bad_fields"],
  ["JR rd 5", [0x02, 5, 1, 0, 1], "bad_register"],
  ["JR rs2", [0x02, 0, 1, 1, 1], "bad_fields"],
  ["JR rs2 5", [0x02, 0, 11, 5, 1], "bad_register"],
  ["JR bad condition before bad target", [0x02, 0, 11, 0, 100], "bad_fields"],
  ["CP", [0x03, 1, 1, 2], "ok"],
  ["CP imm", [0x03, 1, 1, 2, 1], "bad_imm"],
  ["CP imm before fields", [0x03, 2, 1, 2, -1], "bad_imm"],
  ["CP rd", [0x03, 2, 1, 2], "bad_fields"],
  ["CP rd 0", [0x03, 0, 1, 2], "bad_fields"],
  ["DROP", [0x04, 4], "ok"],
  ["DROP imm", [0x04, 4, 1, 1, 1], "bad_imm"],
  ["DROP rs1", [0x04, 4, 4], "bad_fields"],
  ["DROP rs2", [0x04, 4, 0, 4], "bad_fields"],
  ["INC", [0x05, 3, 3], "ok"],
  ["INC document form", [0x05, 3, 0], "ok", "bad_fields"],
  ["INC rs1", [0x05, 3, 2], "bad_fields"],
  ["INC rs2", [0x05, 3, 3, 3], "bad_fields"],
  ["INC document form, rs2", [0x05, 3, 0, 3], "bad_fields"],
  ["INC imm", [0x05, 3, 2, 2, 1], "bad_imm"],
  ["DEC document form, imm", [0x06, 3, 0, 0, 1], "bad_imm"],
  ["DEC HL is both forms", [0x06], "ok"],
  ["MOV", [0x07, 1, 2], "ok"],
  ["MOV imm", [0x07, 1, 2, 1, 1], "bad_imm"],
  ["MOV rs2", [0x07, 1, 2, 1], "bad_fields"],
  ["CPI", [0x08, 2, 2, 0, -2048], "ok"],
  ["CPI 2047", [0x08, 2, 2, 0, 2047], "ok"],
  ["CPI rd", [0x08, 1, 2, 0, 5], "bad_fields"],
  ["CPI rd 0", [0x08, 0, 2, 0, 5], "bad_fields"],
  ["CPI rs2", [0x08, 2, 2, 2, 5], "bad_fields"],
  ["ADD", [0x10, 1, 2, 3], "ok"],
  ["ADD imm", [0x10, 1, 2, 3, 1], "bad_imm"],
  ["XOR64 imm", [0x29, 1, 2, 3, -2048], "bad_imm"],
  ["GEU64", [0x69, 4, 4, 4], "ok"],
  ["SLA", [0x30, 1, 2, 2, 31], "ok"],
  ["SLA by 0", [0x30, 1, 2, 2, 0], "ok"],
  ["SLA by 32", [0x30, 1, 2, 2, 32], "bad_imm"],
  ["SLA by -1", [0x30, 1, 2, 2, -1], "bad_imm"],
  ["SLA document form", [0x30, 1, 2, 0, 31], "ok", "bad_fields"],
  ["SLA document form by 32", [0x30, 1, 2, 0, 32], "bad_fields"], // neither form: strictEncoding's code (D15)
  ["SLA rs2", [0x30, 1, 2, 3, 1], "bad_fields"],
  ["SLA rs2, imm", [0x30, 1, 2, 3, 32], "bad_fields"],
  ["SLA HL by 32", [0x30, 1, 0, 0, 32], "bad_imm"],
  ["ROR64", [0x44, 1, 2, 2, 63], "ok"],
  ["ROR64 by 64", [0x44, 1, 2, 2, 64], "bad_imm"],
  ["ROR64 by -2048", [0x44, 1, 2, 2, -2048], "bad_imm"],
  ["ROR64 document form", [0x44, 1, 2, 0, 63], "ok", "bad_fields"],
  ["CLZ", [0x35, 2, 2, 2], "ok"],
  ["CLZ document form", [0x35, 2, 0, 0], "ok"],
  ["CLZ, one of each", [0x35, 2, 0, 2], "ok"],
  ["CLZ, others", [0x35, 2, 1, 3], "bad_fields", "ok"],
  ["CLZ, other rs2", [0x35, 2, 2, 3], "bad_fields", "ok"],
  ["CLZ, other rs1", [0x35, 2, 3, 2], "bad_fields", "ok"],
  ["POPC64 imm", [0x47, 2, 2, 2, 1], "bad_imm"],
  ["POPC64 others, imm", [0x47, 2, 1, 3, 1], "bad_imm"],
  ["CTZ64 rs1 5", [0x46, 2, 5, 2], "bad_register"],
  ["LD", [0x70, 4, 0, 0, 2047], "ok"],
  ["LD -2046", [0x70, 4, 0, 0, -2046], "ok"],
  ["LD rs1", [0x70, 4, 4], "bad_fields"],
  ["LD rs2", [0x70, 4, 0, 4], "bad_fields"],
  ["LD rd 5", [0x70, 5], "bad_register"],
  ["LD8U", [0x71, 1, 2, 2], "ok"],
  ["LD8U document form", [0x71, 1, 2, 0], "ok", "bad_fields"],
  ["LD8U displacement", [0x71, 1, 2, 0, -2048], "ok", "bad_imm"],
  ["LD8U tool form, imm", [0x71, 1, 2, 2, 1], "bad_imm"],
  ["LD8U rs2", [0x71, 1, 2, 3], "bad_fields"],
  ["LD8U rs2, imm", [0x71, 1, 2, 3, 1], "bad_imm"],
  ["LD8U (HL)", [0x71, 1, 0, 0, 7], "ok", "bad_imm"],
  ["LD32S64 displacement", [0x7c, 0, 4, 0, 2047], "ok", "bad_imm"],
  ["ST8", [0x80, 1, 2, 1], "ok"],
  ["ST8 document form", [0x80, 0, 2, 1], "ok", "bad_fields"],
  ["ST8 displacement", [0x80, 0, 2, 1, 2047], "ok", "bad_imm"],
  ["ST8 tool form, imm", [0x80, 1, 2, 1, 1], "bad_imm"],
  ["ST8 rd", [0x80, 3, 2, 1], "bad_fields"],
  ["ST8 rd, imm", [0x80, 3, 2, 1, 1], "bad_imm"],
  ["ST64 of HL", [0x86, 0, 4, 0], "ok"],
  ["ST64 of HL, displacement", [0x86, 0, 4, 0, -1], "ok", "bad_imm"],
  ["LDIR", [0x90], "ok"],
  ["LDIR imm", [0x90, 0, 0, 0, 1], "bad_fields"],
  ["LDIR rd", [0x90, 1], "bad_fields"],
  ["FILL rs1", [0x91, 0, 1], "bad_fields"],
  ["FILL rs2", [0x91, 0, 0, 1], "bad_fields"],
  ["IN", [0xf0], "ok"],
  ["CTL", [0xf5], "ok"],
  ["OUT imm", [0xf1, 0, 0, 0, 1], "bad_fields"],
  ["LOG rd, no register check", [0xf2, 9], "bad_fields"],
  ["ALLOC rs1", [0xf3, 0, 1], "bad_fields"],
  ["FREE rs2", [0xf4, 0, 0, 1], "bad_fields"],
  ...[0x09, 0x0f, 0x1a, 0x1f, 0x2a, 0x38, 0x3f, 0x48, 0x5a, 0x6a, 0x7d, 0x87, 0x8f, 0x92, 0xd0, 0xdf].flatMap(
    (opcode): Row[] => [
      [`${opcode.toString(16)}`, [opcode], "bad_opcode"],
      [`${opcode.toString(16)} with a register 5`, [opcode, 0, 5], "bad_register"],
    ],
  ),
  ...[0xe0, 0xef, 0xf6, 0xff].flatMap((opcode): Row[] => [
    [`${opcode.toString(16)}`, [opcode], "bad_opcode"],
    [`${opcode.toString(16)}, all bits`, [opcode, 15, 15, 15, -1], "bad_opcode"],
  ]),
  ...[0x05, 0x07, 0x10, 0x29, 0x35, 0x44, 0x50, 0x71, 0x80].flatMap((opcode): Row[] => [
    [`${opcode.toString(16)} rd 5`, [opcode, 5, 0, 0, 1], "bad_register"],
    [`${opcode.toString(16)} rs1 5`, [opcode, 0, 5, 0, 1], "bad_register"],
    [`${opcode.toString(16)} rs2 5`, [opcode, 0, 0, 5, 1], "bad_register"],
    [`${opcode.toString(16)} rs2 15`, [opcode, 0, 0, 15], "bad_register"],
  ]),
];

/** What is wrong with a verifier's two verdicts on a row, or undefined. */
function fieldProblem(verify: typeof verifyCode, row: Row): string | undefined {
  const [, [opcode, rd, rs1, rs2, imm], byDefault, strict = byDefault] = row;
  const bytes = u32s(RET, word(opcode, rd, rs1, rs2, imm), RET, RET);
  const got = [DEFAULT, STRICT].map((policy) => shown(verify(bytes, policy))).join(", ");
  const want = [byDefault, strict].map((verdict) => (verdict === "ok" ? "ok" : `${verdict} @4`)).join(", ");
  return got === want ? undefined : `expected ${want}, got ${got}`;
}

// z[verify vm.goal.strict-checks] z[verify vm.conformance.negative-encoding]
describe("fields of one instruction", () => {
  test.each(FIELDS)("%s", (...row) => {
    expect(fieldProblem(verifyCode, row)).toBeUndefined();
  });

  test("the comparison notices a verifier that ignores strictEncoding, fields, or offsets", () => {
    const noticed = (verify: typeof verifyCode) =>
      FIELDS.filter((row) => fieldProblem(verify, row) !== undefined).length;
    expect(noticed((bytes) => verifyCode(bytes, DEFAULT))).toBe(
      FIELDS.filter((row) => row.length === 4).length,
    );
    expect(noticed((bytes) => verifyCode(bytes.subarray(0, 4), DEFAULT))).toBe(
      FIELDS.filter(([, , ...verdicts]) => verdicts.some((verdict) => verdict !== "ok")).length,
    );
    expect(noticed((bytes, policy) => verifyCode(bytes.subarray(4), policy))).toBeGreaterThan(100);
  });

  test("host calls are refused whatever their fields when the policy forbids them", () => {
    for (const policy of [{ allowPrimitives: false }, { allowPrimitives: false, strictEncoding: true }]) {
      for (let opcode = 0xf0; opcode <= 0xf5; opcode++) {
        expect(code([RET, word(opcode)], policyOf(policy))).toBe("bad_opcode @4");
        expect(code([RET, word(opcode, 1, 2, 3, 4)], policyOf(policy))).toBe("bad_opcode @4");
      }
      expect(code([RET, word(0x04), word(0x91)], policyOf(policy))).toBe("ok");
    }
  });
});

const LD32 = word(0x70, 0, 0, 0, -2048);
const LD64 = word(0x70, 0, 0, 0, -2047);
const BAD = 0xde00_0000;

describe("instruction boundaries", () => {
  test.each<[string, number[], string]>([
    ["extension words may be anything", [LD32, BAD, LD64, BAD, LD64, RET], "ok"],
    ["an LD as the last instruction", [RET, LD32, 0], "ok"],
    ["the long LD as the last instruction", [LD64, 0, 0], "ok"],
    ["LD32 cut off", [RET, LD32], "truncated @4"],
    ["LD64 cut off by two words", [RET, RET, LD64], "truncated @8"],
    ["LD64 cut off by one word", [RET, LD64, 0], "truncated @4"],
    ["an extension word is no LD", [LD32, LD64, RET], "ok"],
    ["only LD itself is long", [word(0x71, 0, 0, 0, -2048), word(0x08, 0, 0, 0, -2047), RET], "ok"],
    ["truncation is found before anything else", [BAD, word(0x10, 9), LD32], "truncated @8"],
    ["also before a bad LD", [word(0x70, 9, 0, 0, -2048), 0, LD64, 0], "truncated @8"],
    [
      "a long LD with bad fields still has its length",
      [word(0x70, 0, 1, 0, -2048), BAD, RET],
      "bad_fields @0",
    ],
    ["unreachable words are verified too", [RET, BAD], "bad_opcode @4"],
    ["the first complaint counts", [RET, word(0x10, 1, 1, 1, 1), BAD], "bad_imm @4"],
    ["the last instruction may fall through (D14)", [word(0x10, 1, 1, 1)], "ok"],
  ])("%s", (_, words, verdict) => {
    expect(code(words)).toBe(verdict);
    expect(
      code(
        words.map((w) => w),
        STRICT,
      ),
    ).toBe(words.some((w) => w >>> 24 === 0x71) ? "bad_imm @0" : verdict);
  });

  test("starts has one bit per instruction, never one for an extension word", () => {
    const verified = verifyCode(u32s(RET, LD32, BAD, LD64, BAD, BAD, RET, LD32, 0), DEFAULT);
    if (isFailure(verified)) throw new Error(verified.code);
    const starts = Array.from({ length: 12 }, (_, i) => isStart(verified, i - 1));
    expect(starts.map(Number).join("")).toBe("011010011000");
    expect(isStart(verified, 2 ** 32)).toBe(false);
    expect(isStart(verified, -1)).toBe(false);
  });

  test("code ends with a word that is no instruction", () => {
    const verified = verifyCode(u32s(RET), DEFAULT);
    if (isFailure(verified)) throw new Error(verified.code);
    expect([...verified.code]).toEqual([RET, 0xff00_0000 | 0]);
    expect(verified.codeWords).toBe(1);
  });

  test("maxInsnWords counts extension words", () => {
    const words = [LD64, 0, 0, LD32, 0, RET];
    expect(code(words, policyOf({ maxInsnWords: 6 }))).toBe("ok");
    expect(code(words, policyOf({ maxInsnWords: 5 }))).toBe("truncated @20");
    expect(code([BAD, BAD], policyOf({ maxInsnWords: 1 }))).toBe("truncated @4"); // before any other check
    const refused = verifyCode(u32s(RET, RET), policyOf({ maxInsnWords: 1 }));
    expect(refused).toMatchObject({ pc: 4, offset: 4 });
  });
});

describe("targets", () => {
  const far = (n: number) => Array.from({ length: n }, () => RET);
  const rows = [0x00, 0x02].flatMap((opcode): [string, number[], string][] => {
    const name = opcode === 0 ? "CALL" : "JR";
    const go = (imm: number) => word(opcode, 0, 0, 0, imm);
    return [
      [`${name} itself`, [go(0)], "ok"],
      [`${name} to the first word`, [RET, go(-1)], "ok"],
      [`${name} before the first word`, [RET, go(-2)], "bad_target @4"],
      [`${name} far before the first word`, [go(-2048)], "bad_target @0"],
      [`${name} to the last word`, [go(2), RET, RET], "ok"],
      [`${name} to the end`, [go(2), RET], "bad_target @0"],
      [`${name} past the end`, [go(3), RET], "bad_target @0"],
      [`${name} as far as it goes`, [go(2047), ...far(2047)], "ok"],
      [`${name} one too far`, [go(2047), ...far(2046)], "bad_target @0"],
      [`${name} back as far as it goes`, [...far(2048), go(-2048)], "ok"],
      [`${name} to an LD`, [go(1), LD64, RET, RET], "ok"],
      [`${name} into an LD`, [go(2), LD64, RET, RET], "bad_target @0"],
      [`${name} to the end of an LD`, [go(3), LD64, RET, RET], "bad_target @0"],
      [`${name} behind an LD`, [go(4), LD64, RET, RET, RET], "ok"],
      [`${name} back into an LD`, [LD32, RET, go(-1)], "bad_target @8"],
      [`${name} back to an LD`, [LD32, RET, go(-2)], "ok"],
      // Order: targets are checked instruction by instruction, with the rest.
      [`${name} before a later bad opcode`, [go(100), BAD], "bad_target @0"],
      [`${name} after an earlier bad opcode`, [BAD, go(100)], "bad_opcode @0"],
    ];
  });
  test.each(rows)("%s", (_, words, verdict) => {
    expect(code(words)).toBe(verdict);
    expect(code(words, STRICT)).toBe(verdict);
  });
});

/** A module of these words whose IMPT has this mask. */
const importing = (mask: number, ...words: number[]): RawModule => {
  const module = codeOnly(...words, RET);
  module.sections.push(section("IMPT", u32s(mask, 0)));
  return module;
};
const EACH = [0, 1, 2, 3, 4, 5];

describe("IMPT", () => {
  test("agrees with CODE for every set of host calls, and with no other", () => {
    for (let mask = 0; mask < 64; mask++) {
      const words = EACH.filter((bit) => mask & (1 << bit)).map((bit) => word(0xf0 + bit));
      expect(loaded(importing(mask, ...words)).primitives).toBe(mask);
      expect(loaded(codeOnly(...words, RET)).primitives).toBe(mask);
      for (const bit of EACH) {
        const wrong = importing(mask ^ (1 << bit), ...words);
        const refused = load(wrong);
        // D3: the file offset of the mask, and no pc.
        expect(refused).toMatchObject({
          code: "verify.impt_mismatch",
          category: "abi",
          offset: build(wrong).payload(1),
        });
        expect(refused).not.toHaveProperty("pc");
      }
    }
  });

  test.each([6, 7, 16, 31])("bit %i names no host call", (bit) => {
    const refused = load(importing((1 << bit) >>> 0));
    expect(refused).toMatchObject({ code: "verify.bad_fields", offset: 80 + 4 });
    expect(refused).not.toHaveProperty("pc");
  });

  test("says which host calls are meant", () => {
    expect(load(importing(0, word(0xf1), word(0xf5)))).toMatchObject({
      reason: expect.stringMatching(/not name: out, ctl$/),
    });
    expect(load(importing(0b101))).toMatchObject({ reason: expect.stringMatching(/not use: in, log$/) });
    expect(load(importing(0b1, word(0xf1)))).toMatchObject({
      reason: expect.stringMatching(/not name: out$/),
    });
  });

  test("host calls in extension words are none", () => {
    expect(loaded(importing(0, LD32, word(0xf1))).primitives).toBe(0);
  });

  test("with allowPrimitives off only an empty mask can agree", () => {
    expect(shown(load(importing(0), { allowPrimitives: false }))).toBe("ok");
    expect(load(importing(1), { allowPrimitives: false })).toMatchObject({ code: "verify.impt_mismatch" });
    expect(load(importing(1, word(0xf0)), { allowPrimitives: false })).toMatchObject({
      code: "verify.bad_opcode",
      category: "unsupported",
      pc: 0,
    });
  });
});

describe("entry and exports", () => {
  const words = [LD32, RET, LD64, RET, RET, RET];
  const [starts, others] = [
    [0, 2, 5],
    [1, 3, 4, 6, 7, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff],
  ];

  test.each(starts)("may be word %i", (pcWords) => {
    const module = codeOnly(...words);
    module.header.entryPcWords = pcWords;
    module.sections.push(section("EXPT", exptPayload(["x", pcWords])));
    const verified = loaded(module);
    expect(verified.entryPcWords).toBe(pcWords);
    expect([...verified.exports]).toEqual([["x", pcWords]]);
  });

  test.each(others)("may not be word %i", (pcWords) => {
    const module = codeOnly(...words);
    module.header.entryPcWords = pcWords;
    expect(load(module)).toMatchObject({ code: "container.bad_entry", offset: 20 });
    module.header.entryPcWords = 0;
    module.sections.push(section("EXPT", exptPayload(["ok", 0], ["bad", pcWords])));
    const at = build(module).payload(1) + 4 + 12 + 4;
    expect(load(module)).toMatchObject({ code: "container.bad_expt", offset: at });
  });

  test("main may be exported elsewhere than at the entry", () => {
    const module = codeOnly(...words);
    module.sections.push(section("EXPT", exptPayload(["main", 5])));
    expect(loaded(module).entryPcWords).toBe(0);
  });
});

// z[verify vm.policy.mem-size] z[verify vm.memory.policy-placed]
describe("memory", () => {
  const needing = (min: number, max: number): RawModule => {
    const module = codeOnly(RET);
    module.sections.push(section("MEM ", u32s(min, max)));
    return module;
  };
  const AT = 80 + 4; // CODE is one word

  test.each([
    [65_536, 0, 65_536, "ok"],
    [65_537, 0, 65_536, AT],
    [65_536, 0, 256 * 2 ** 20, "ok"],
    [65_536, 65_536, 65_536, "ok"],
    [65_536, 65_536, 65_537, AT + 4],
    [65_536, 100_000, 99_999, "ok"],
    [100_000, 100_000, 99_999, AT],
    [0xffff_ffff, 0, 256 * 2 ** 20, AT],
  ])("MEM %i … %i and memSize %i: %s", (min, max, memSize, verdict) => {
    const result = load(needing(min, max), { memSize });
    if (verdict === "ok") expect(shown(result)).toBe("ok");
    else expect(result).toMatchObject({ code: "container.mem_unmet", category: "resource", offset: verdict });
  });

  const holding = (dst: number, text: string): RawModule => {
    const module = codeOnly(RET);
    module.sections.push(section("DATA", dataPayload([0, "a"], [dst, text])));
    return module;
  };
  test.each([
    [996, "abcd", true],
    [997, "abcd", false],
    [999, "a", true],
    [1000, "a", false],
    [1000, "", true],
    [1001, "", false],
    [0xffff_ffff, "", false],
    [0xffff_fffe, "abcd", false], // dst + len passes 2^32
  ])("DATA at %i of %j in 1000 bytes: %s", (dst, text, ok) => {
    const module = holding(dst, text);
    const result = load(module, { memSize: 1000 });
    if (ok) expect(shown(result)).toBe("ok");
    else {
      const offset = build(module).payload(1) + 4 + 12;
      expect(result).toMatchObject({ code: "data.out_of_bounds", category: "oob", offset });
    }
  });

  test("memBase does not move DATA", () => {
    expect(shown(load(holding(996, "abcd"), { memSize: 1000, memBase: 2n ** 63n }))).toBe("ok");
    expect(load(holding(997, "abcd"), { memSize: 1000, memBase: 8 })).toMatchObject({
      code: "data.out_of_bounds",
    });
  });
});

describe("order of checks (D4)", () => {
  const at = (name: keyof typeof FULL, bytes: Uint8Array) => (m: RawModule) => {
    m.sections[FULL[name]]!.bytes = bytes;
  };
  const patch = (index: number, w: number) => (m: RawModule) => {
    new DataView(m.sections[0]!.bytes.buffer).setUint32(index * 4, w, true);
  };
  const header = (field: "reserved1" | "entryPcWords", value: number) => (m: RawModule) => {
    m.header[field] = value;
  };
  const faults: [string, (m: RawModule) => void][] = [
    ["container.reserved_nonzero", header("reserved1", 1)],
    ["verify.truncated", patch(12, LD64)],
    ["verify.bad_register", patch(6, word(0x07, 7))],
    ["container.bad_entry", header("entryPcWords", 3)],
    ["container.bad_expt", at("EXPT", exptPayload(["main", 3]))],
    ["verify.impt_mismatch", at("IMPT", u32s(1, 0))],
    ["container.mem_unmet", at("MEM", u32s(3_000_000, 0))],
    ["data.out_of_bounds", at("DATA", dataPayload([0xffff_0000, "x"]))],
  ];

  test("the module without faults is fine", () => {
    expect(shown(load(fullModule()))).toBe("ok");
  });

  test.each(faults.map(([name], i) => [name, i] as const))("%s comes before all later ones", (name, i) => {
    for (const [later, fault] of [["itself", () => {}] as const, ...faults.slice(i + 1)]) {
      const module = fullModule();
      fault(module);
      faults[i]![1](module);
      expect(load(module), `with ${later}`).toMatchObject({ code: name });
    }
  });
});

describe("what a VerifiedModule guarantees", () => {
  const file = () => build(fullModule()).bytes;

  test("only verifyModule makes one", () => {
    const real = loaded(fullModule());
    expect(isVerified(real)).toBe(true);
    expect(isVerified({ ...real })).toBe(false);
    expect(isVerified(Object.create(real))).toBe(false);
    expect(isVerified(structuredClone({ ...real, policy: undefined }) as unknown as VerifiedModule)).toBe(
      false,
    );
    expect(Object.isFrozen(real)).toBe(true);
    expect(Object.isFrozen(real.policy)).toBe(true);
  });

  test("the digest covers file_len bytes and nothing after them", () => {
    const bytes = file();
    const digest = createHash("sha256").update(bytes).digest("hex");
    expect(loaded(fullModule()).sha256).toBe(digest);
    const longer = new Uint8Array(bytes.length + 5).fill(9);
    longer.set(bytes);
    expect(verifyModule(longer, DEFAULT)).toMatchObject({ sha256: digest });
    longer[bytes.length - 2]! ^= 1; // in NAME
    expect(verifyModule(longer, DEFAULT)).not.toMatchObject({ sha256: digest });
  });

  test("the caller's bytes are not looked at again", () => {
    const bytes = file();
    const verified = verifyModule(bytes, DEFAULT);
    const untouched = verifyModule(file(), DEFAULT);
    bytes.fill(0xff);
    expect(verified).toEqual(untouched);
  });

  test("bytes anywhere in a larger buffer", () => {
    const bytes = file();
    const large = new Uint8Array(bytes.length + 7).fill(0xee);
    large.set(bytes, 3);
    const inside = large.subarray(3, 3 + bytes.length);
    expect(verifyModule(inside, policyOf({ strict: true }))).toMatchObject({ entryPcWords: 1 });
    expect(verifyModule(Buffer.from(bytes), DEFAULT)).toMatchObject({ entryPcWords: 1 });
  });

  test("shared memory, fixed and growable", () => {
    const bytes = file();
    const fixed = new Uint8Array(new SharedArrayBuffer(bytes.length));
    // Not in the es2023 library: a buffer that grows, and an array that grows with it.
    const grown: SharedArrayBuffer = Reflect.construct(SharedArrayBuffer, [8, { maxByteLength: 4096 }]);
    const tracking = new Uint8Array(grown);
    Reflect.apply(Reflect.get(grown, "grow"), grown, [bytes.length]);
    for (const shared of [fixed, tracking]) {
      shared.set(bytes);
      const verified = verifyModule(shared, DEFAULT);
      if (isFailure(verified)) throw new Error(verified.code);
      shared.fill(0);
      expect(verified.code.buffer).not.toBeInstanceOf(SharedArrayBuffer);
      expect(verified.data.map((s) => s.bytes.buffer.constructor)).toEqual([ArrayBuffer, ArrayBuffer]);
      expect(verified.data.map((s) => String.fromCharCode(...s.bytes))).toEqual(["hello", "abcd"]);
    }
  });

  test("detached bytes are no bytes", () => {
    const bytes = file();
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    expect(verifyModule(bytes, DEFAULT)).toMatchObject({ code: "container.too_small", offset: 0 });
  });

  test("no more is copied than maxFileLen, however much is given", () => {
    const bytes = file();
    const given = new Uint8Array(64 * 2 ** 20);
    given.set(bytes);
    const before = process.memoryUsage().arrayBuffers;
    const verified = verifyModule(given, policyOf({ maxFileLen: bytes.length }));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8e6);
    expect(isFailure(verified)).toBe(false);
    expect(verifyModule(given, policyOf({ maxFileLen: bytes.length, strict: true }))).toMatchObject({
      code: "container.trailing_bytes",
      offset: bytes.length,
    });
    expect(verifyModule(given, policyOf({ maxFileLen: bytes.length - 1 }))).toMatchObject({
      code: "container.too_large",
    });
    new DataView(given.buffer).setUint32(8, given.length + 1, true);
    expect(verifyModule(given, policyOf({ maxFileLen: 50 }))).toMatchObject({ code: "container.truncated" });
  });

  test("data is kept apart from the file", () => {
    const module = fullModule();
    module.sections[FULL.NAME]!.bytes = new Uint8Array(1e6);
    const verified = loaded(module);
    expect(verified.data.map((s) => s.bytes.buffer.byteLength)).toEqual([9, 9]);
    expect(verified.data.map((s) => [s.dst, s.bytes])).toEqual([
      [16, ascii("hello")],
      [24, ascii("abcd")],
    ]);
  });
});
