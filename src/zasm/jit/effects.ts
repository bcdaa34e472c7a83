// Which registers an instruction reads, writes and addresses memory with: what decides call signatures, what an exit
// has to save and what is known of addresses. A mask has one bit per register and `COMPARE_BIT` for the compare register.

import { type Format, ISA, REGISTERS, type RegisterName } from "../isa/table.ts";

export const COMPARE_BIT = 1 << REGISTERS.length;
export const REGISTER_BITS = COMPARE_BIT - 1;

/** What becomes of the registers that the fields name. */
const READS_D = 1;
const READS_A = 2;
const READS_B = 4;
const WRITES_D = 8;
const BASE_A = 16;

const BY_FORMAT: Readonly<Record<Format, number>> = {
  call: 0,
  jr: 0, // reads the compare register, unless its condition is a constant: the graph knows
  none: 0,
  prim: 0,
  drop: 0,
  cp: READS_A | READS_B | (COMPARE_BIT << 16),
  cpi: READS_A | (COMPARE_BIT << 16),
  step: READS_D | WRITES_D,
  bits: READS_D | WRITES_D,
  mov: READS_A | WRITES_D,
  shift: READS_A | WRITES_D,
  rrr: READS_A | READS_B | WRITES_D,
  ld: WRITES_D,
  load: READS_A | WRITES_D | BASE_A,
  store: READS_A | READS_B | BASE_A,
};

/** By opcode: uses of the fields; from bit 8 on masks of what is read, and from bit 16 on written, in any case. */
const USES = new Int32Array(256);
for (const { opcode, format, reads, writes } of ISA) {
  USES[opcode] = BY_FORMAT[format] | (maskOf(reads) << 8) | (maskOf(writes) << 16);
}

function maskOf(names: readonly RegisterName[]): number {
  let mask = 0;
  for (const name of names) mask |= 1 << REGISTERS.indexOf(name);
  return mask;
}

/** A mask of what is read; from bit 8 on of what is written; from bit 16 on of the base of a load or store. */
export function effectsOfWord(word: number): number {
  const uses = USES[word >>> 24]!;
  const d = 1 << ((word >>> 20) & 15);
  const a = 1 << ((word >>> 16) & 15);
  let effects = uses >>> 8;
  if (uses & READS_A) effects |= a;
  if (uses & READS_B) effects |= 1 << ((word >>> 12) & 15);
  if (uses & READS_D) effects |= d;
  if (uses & WRITES_D) effects |= d << 8;
  return uses & BASE_A ? effects | (a << 16) : effects;
}
