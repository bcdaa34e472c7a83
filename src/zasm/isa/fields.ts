// Instruction words: taking the fields apart and putting them together. Pure bit layout;
// which values are legal is the verifier's business, what they do the executors'.
//
//  31      24 23  20 19  16 15  12 11           0
// +----------+------+------+------+--------------+
// |  opcode  |  rd  |  rs1 |  rs2 | imm12 signed |
// +----------+------+------+------+--------------+

import { BY_OPCODE, type IsaRow, LD_EXT32, LD_EXT64, OPCODE } from "./table.ts";

const { LD } = OPCODE;

export const opcodeOf = (word: number): number => word >>> 24;
export const rdOf = (word: number): number => (word >>> 20) & 15;
export const rs1Of = (word: number): number => (word >>> 16) & 15;
export const rs2Of = (word: number): number => (word >>> 12) & 15;
export const imm12Of = (word: number): number => (word << 20) >> 20;

/** A word from its fields, as an unsigned 32-bit number. `imm12` is taken modulo 4096. */
export function packWord(opcode: number, rd: number, rs1: number, rs2: number, imm12: number): number {
  return ((opcode << 24) | (rd << 20) | (rs1 << 16) | (rs2 << 12) | (imm12 & 0xfff)) >>> 0;
}

/** Length in words of the instruction that starts with `word`; only LD can be longer than one. */
export function lengthWords(word: number): 1 | 2 | 3 {
  if (word >>> 24 !== LD) return 1;
  const imm = imm12Of(word);
  return imm === LD_EXT32 ? 2 : imm === LD_EXT64 ? 3 : 1;
}

/** One instruction of verified code, decoded for people and tools; executors decode for themselves. */
export interface Insn {
  readonly row: IsaRow;
  /** Byte offset in CODE. */
  readonly pc: number;
  readonly words: readonly number[];
  readonly rd: number;
  readonly rs1: number;
  readonly rs2: number;
  readonly imm12: number;
  /** LD only: the 64-bit value loaded, signed. */
  readonly value?: bigint;
  /** CALL and JR only: byte offset of the target in CODE. */
  readonly target?: number;
}

/** Decodes the instruction at word `index` of verified code. */
export function decodeInsn(code: Int32Array | Uint32Array, index: number): Insn {
  const word = (code[index] ?? 0) >>> 0;
  const row = BY_OPCODE[opcodeOf(word)];
  if (row === undefined) throw new RangeError(`no instruction at word ${index}`);
  const length = lengthWords(word);
  const words = Array.from(code.subarray(index, index + length), (w) => w >>> 0);
  const imm12 = imm12Of(word);
  const insn = {
    row,
    pc: index * 4,
    words,
    rd: rdOf(word),
    rs1: rs1Of(word),
    rs2: rs2Of(word),
    imm12,
  };
  if (row.format === "ld") {
    const value =
      length === 1
        ? BigInt(imm12)
        : length === 2
          ? BigInt.asIntN(32, BigInt(words[1] ?? 0))
          : BigInt.asIntN(64, BigInt(words[1] ?? 0) | (BigInt(words[2] ?? 0) << 32n));
    return { ...insn, value };
  }
  if (row.format === "call" || row.format === "jr") return { ...insn, target: (index + imm12) * 4 };
  return insn;
}
