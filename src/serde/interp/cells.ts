// Small things every format does with cells and case tables.

import { CASE, CASES, NAME } from "../ir/tables.ts";
import type { StateBlock } from "../state/block.ts";

/** A safe integer as 64 bits. */
export function putInt53(s: StateBlock, cell: number, value: number): void {
  s.i32[2 * cell] = value;
  s.i32[2 * cell + 1] = Math.floor(value / 0x1_0000_0000);
}

/** The safe integer in a cell. */
export const int53At = (s: StateBlock, cell: number): number =>
  s.i32[2 * cell + 1]! * 0x1_0000_0000 + (s.i32[2 * cell]! >>> 0);

/** The row of a numeric tag, or -1. */
export function numberedCase(words: Int32Array, table: number, value: number): number {
  const numbers = words[table + CASES.numbers]!;
  const targets = words[table + CASES.targets]!;
  if (numbers === 0) return value >= 0 && value < targets ? value : -1;
  const from = table + CASES.rows + targets * CASE.words + NAME.words * words[table + CASES.names]!;
  for (let i = 0; i < numbers; i++) if (words[from + i] === value) return i;
  return -1;
}
