// The instruction table holds together, says what the format notes say, and words come apart and together again.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeInsn, imm12Of, lengthWords, opcodeOf, packWord, rdOf, rs1Of, rs2Of } from "./fields.ts";
import { BY_MNEMONIC, BY_OPCODE, CONDITIONS, FIRST_PRIMITIVE, ISA, PRIMITIVES, REGISTERS } from "./table.ts";

/** spec/zasm.md §2.1, retyped: the names in opcode order, `-` where nothing is. */
const NAMES: Record<number, string> = {
  0: "CALL RET JR CP DROP INC DEC MOV CPI",
  16: "ADD SUB MUL DIVS DIVU REMS REMU AND OR XOR",
  32: "ADD64 SUB64 MUL64 DIVS64 DIVU64 REMS64 REMU64 AND64 OR64 XOR64",
  48: "SLA SRA SRL ROL ROR CLZ CTZ POPC",
  64: "SLA64 SRA64 SRL64 ROL64 ROR64 CLZ64 CTZ64 POPC64",
  80: "EQ NE LTS LES GTS GES LTU LEU GTU GEU",
  96: "EQ64 NE64 LTS64 LES64 GTS64 GES64 LTU64 LEU64 GTU64 GEU64",
  112: "LD LD8U LD8S LD16U LD16S LD32 LD64 LD8U64 LD8S64 LD16U64 LD16S64 LD32U64 LD32S64",
  128: "ST8 ST8_64 ST16 ST16_64 ST32 ST32_64 ST64",
  144: "LDIR FILL",
  240: "IN OUT LOG ALLOC FREE CTL",
};

describe("table", () => {
  test("has the opcodes of the format notes and no others", () => {
    const want = new Map<number, string>();
    for (const [first, names] of Object.entries(NAMES)) {
      names.split(" ").forEach((name, i) => {
        want.set(Number(first) + i, name);
      });
    }
    const got = new Map<number, string>(ISA.map((row) => [row.opcode, row.mnemonic]));
    expect(got).toEqual(want);
    expect(ISA).toHaveLength(93);
  });

  test("finds its rows by opcode and by mnemonic", () => {
    for (const row of ISA) {
      expect(BY_OPCODE[row.opcode]).toBe(row);
      expect(BY_MNEMONIC.get(row.mnemonic)).toBe(row);
    }
    expect(BY_OPCODE).toHaveLength(256);
    expect(BY_OPCODE.filter((row) => row !== undefined)).toHaveLength(ISA.length);
    expect(BY_MNEMONIC.size).toBe(ISA.length);
  });

  test("names registers and conditions by their numbers", () => {
    expect(REGISTERS).toEqual(["HL", "DE", "A", "BC", "IX"]);
    expect(CONDITIONS).toEqual([
      "ALWAYS",
      "EQ",
      "NE",
      "LTS",
      "LES",
      "GTS",
      "GES",
      "LTU",
      "LEU",
      "GTU",
      "GEU",
    ]);
    expect(PRIMITIVES.map((name) => BY_MNEMONIC.get(name)?.opcode)).toEqual(
      PRIMITIVES.map((_, bit) => FIRST_PRIMITIVE + bit),
    );
  });

  test("access widths, traps and terminators", () => {
    const having = (pick: (row: (typeof ISA)[number]) => boolean) =>
      ISA.filter(pick).map((row) => row.mnemonic);
    expect(having((row) => row.terminator)).toEqual(["CALL", "RET", "JR"]);
    expect(having((row) => row.traps.some((t) => t === "div0"))).toEqual(
      having((row) => /^(DIV|REM)/.test(row.mnemonic)),
    );
    expect(having((row) => row.traps.some((t) => t === "call_depth"))).toEqual(["CALL"]);
    expect(having((row) => row.traps.some((t) => t === "oob"))).toEqual(
      having((row) => /^(LD\d|ST|LDIR|FILL)/.test(row.mnemonic)),
    );
    for (const row of ISA) {
      const bits = /^(?:LD|ST)(\d+)/.exec(row.mnemonic)?.[1];
      expect(row.access, row.mnemonic).toBe(bits === undefined ? 0 : Number(bits) / 8);
      expect(row.doc, row.mnemonic).toMatch(/\.$/);
    }
  });

  test("a width for every instruction that computes, 64 where the name says so", () => {
    for (const row of ISA) {
      if (/64$/.test(row.mnemonic)) expect(row.width, row.mnemonic).toBe(64);
      else if (["rrr", "shift", "bits", "load", "store", "cp", "cpi", "step"].includes(row.format)) {
        expect(row.width, row.mnemonic).toBe(32);
      }
    }
  });
});

describe("fields", () => {
  const nibble = fc.nat(15);

  test("packWord and the field functions undo each other", () => {
    fc.assert(
      fc.property(fc.nat(255), nibble, nibble, nibble, fc.integer({ min: -2048, max: 2047 }), (...fields) => {
        const word = packWord(...fields);
        expect(word).toBeGreaterThanOrEqual(0);
        expect([opcodeOf(word), rdOf(word), rs1Of(word), rs2Of(word), imm12Of(word)]).toEqual(fields);
        expect([opcodeOf(word | 0), rdOf(word | 0)]).toEqual(fields.slice(0, 2));
      }),
      { seed: 3 },
    );
  });

  test("packWord takes imm12 modulo 4096", () => {
    expect(packWord(0x70, 1, 2, 3, 4095)).toBe(0x7012_3fff);
    expect(packWord(0xff, 15, 15, 15, -1)).toBe(0xffff_ffff);
    expect(packWord(0, 0, 0, 0, 4096)).toBe(0);
  });

  test("only LD with one of its two marks is longer than a word", () => {
    for (let opcode = 0; opcode < 256; opcode++) {
      const lengths = [-2048, -2047, -2046, 0, 2047].map((imm) =>
        lengthWords(packWord(opcode, 0, 0, 0, imm)),
      );
      expect(lengths).toEqual(opcode === 0x70 ? [2, 3, 1, 1, 1] : [1, 1, 1, 1, 1]);
    }
  });

  test.each<[string, number[], object]>([
    ["LD 5", [0x7010_0005], { value: 5n, rd: 1 }],
    ["LD -2046", [0x7000_0802], { value: -2046n }],
    ["LD of 32 bits", [0x7000_0800, 0x8000_0000], { value: -(2n ** 31n), words: [0x7000_0800, 0x8000_0000] }],
    ["LD of 64 bits", [0x7000_0801, 0xffff_ffff, 0x7fff_ffff], { value: 2n ** 63n - 1n }],
    ["LD of 64 bits, negative", [0x7000_0801, 0, 0x8000_0000], { value: -(2n ** 63n) }],
    ["JR back", [0x0201_0fff], { target: 4, rs1: 1, imm12: -1 }],
    ["CALL on", [0x0000_0001], { target: 12 }],
    ["ADD", [0x1012_3000], { rd: 1, rs1: 2, rs2: 3, imm12: 0 }],
  ])("decodes %s", (_, words, want) => {
    const insn = decodeInsn(Uint32Array.of(0x0100_0000, 0x0100_0000, ...words), 2);
    expect(insn).toMatchObject({ pc: 8, words, ...want });
    expect(decodeInsn(Int32Array.of(0, 0, ...words), 2)).toEqual(insn);
    expect("value" in insn).toBe(insn.row.mnemonic === "LD");
    expect("target" in insn).toBe(insn.row.terminator);
  });

  test("refuses what is no instruction", () => {
    expect(() => decodeInsn(Uint32Array.of(0xff00_0000), 0)).toThrow(RangeError);
    expect(decodeInsn(new Uint32Array(0), 0).row.mnemonic).toBe("CALL"); // outside the array: word 0
  });
});
