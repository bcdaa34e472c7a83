// Operands to instruction words and back: the tool form, unless a displacement needs the document's (E2).
// The assembler encodes with it, the disassembler asks it whether a word is the one the assembler would choose.

import { imm12Of, packWord, rdOf, rs1Of, rs2Of } from "../isa/fields.ts";
import { type IsaRow, LD_EXT32, LD_EXT64 } from "../isa/table.ts";
import { rowOf } from "./names.ts";

export const IMM12_MIN = -2048;
export const IMM12_MAX = 2047;

/**
 * Operands in the order a format names them: `a` is the destination, of cp and cpi the left side, of jr the
 * condition, of stores the source; `b` is the first source, of loads and stores the base; `imm` is the
 * immediate, count or displacement.
 */
export interface Fields {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly imm: number;
}

export function encodeWord(row: IsaRow, { a, b, c, imm }: Fields): number {
  const { opcode } = row;
  switch (row.format) {
    case "none":
    case "prim":
      return packWord(opcode, 0, 0, 0, 0);
    case "call":
      return packWord(opcode, 0, 0, 0, imm);
    case "jr":
      return packWord(opcode, 0, a, 0, imm);
    case "cp":
      return packWord(opcode, a, a, b, 0);
    case "cpi":
      return packWord(opcode, a, a, 0, imm);
    case "drop":
      return packWord(opcode, a, 0, 0, 0);
    case "step":
      return packWord(opcode, a, a, 0, 0);
    case "bits":
      return packWord(opcode, a, a, a, 0);
    case "mov":
      return packWord(opcode, a, b, 0, 0);
    case "rrr":
      return packWord(opcode, a, b, c, 0);
    case "shift":
      return packWord(opcode, a, b, b, imm);
    case "ld":
      return packWord(opcode, a, 0, 0, imm);
    case "load":
      return packWord(opcode, a, b, imm === 0 ? b : 0, imm);
    case "store":
      return packWord(opcode, imm === 0 ? a : 0, b, a, imm);
  }
}

/** The operands of a verified word, so that `encodeWord` gives the same word back if it has the usual form. */
export function fieldsOf(row: IsaRow, word: number): Fields {
  const [rd, rs1, rs2, imm] = [rdOf(word), rs1Of(word), rs2Of(word), imm12Of(word)];
  switch (row.format) {
    case "jr":
      return { a: rs1, b: 0, c: 0, imm };
    case "cp":
      return { a: rd, b: rs2, c: 0, imm: 0 };
    case "store":
      return { a: rs2, b: rs1, c: 0, imm };
    default:
      return { a: rd, b: rs1, c: rs2, imm };
  }
}

const LD = rowOf("LD");

export type LoadForm = "shortest" | "ext32" | "ext64";

/** The words of `LD reg, value`, or `undefined` if the form cannot hold the value. Only its low 64 bits count. */
export function loadWords(reg: number, value: bigint, form: LoadForm): readonly number[] | undefined {
  const signed = BigInt.asIntN(64, value);
  // E1: the values -2048 and -2047 are the marks of the long forms and need one.
  if (form === "shortest" && signed > BigInt(LD_EXT64) && signed <= BigInt(IMM12_MAX)) {
    return [encodeWord(LD, { a: reg, b: 0, c: 0, imm: Number(signed) })];
  }
  const fits32 = BigInt.asIntN(32, signed) === signed;
  if (form !== "ext64" && fits32) {
    return [encodeWord(LD, { a: reg, b: 0, c: 0, imm: LD_EXT32 }), Number(BigInt.asUintN(32, signed))];
  }
  if (form === "ext32") return undefined;
  const bits = BigInt.asUintN(64, signed);
  return [
    encodeWord(LD, { a: reg, b: 0, c: 0, imm: LD_EXT64 }),
    Number(bits & 0xffffffffn),
    Number(bits >> 32n),
  ];
}
