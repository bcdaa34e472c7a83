// Small things every format does with cells and case tables.

import { CASE, CASES, NAME } from "../ir/tables.ts";
import { ANY_VARIANT } from "../layout/any.ts";
import { SPAN, type StateBlock } from "../state/block.ts";

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
  for (let i = 0; i < numbers; i++) if (words[from + i]! >>> 0 === value) return i;
  return -1;
}

/** An integer of any size as an `any`; false: no memory. */
export function putAnyInteger(s: StateBlock, cell: number, value: bigint): boolean {
  const fits = BigInt.asIntN(64, value) === value;
  if (fits || BigInt.asUintN(64, value) === value) {
    s.i32[2 * cell] = fits ? ANY_VARIANT.int : ANY_VARIANT.uint;
    s.i32[2 * cell + 1] = 0;
    s.u64[cell + 1] = BigInt.asUintN(64, value);
    return true;
  }
  const magnitude = value < 0n ? -1n - value : value;
  const digits = magnitude.toString(16);
  const hex = digits.length % 2 === 0 ? digits : `0${digits}`;
  const length = hex.length / 2;
  if (!s.reserveText8(length)) return false;
  const start = s.text8Top;
  for (let i = 0; i < length; i++) s.text8[start + i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  s.text8Top = start + length;
  s.i32[2 * cell] = ANY_VARIANT.big;
  s.i32[2 * cell + 1] = value < 0n ? 1 : 0;
  s.i32[2 * cell + 2] = start;
  s.i32[2 * cell + 3] = s.text8Top | SPAN.text8;
  return true;
}

/** The variant of `row` into the cell of the `case` at word `at`, its tag read up to `cursor`; where its block is. */
export function enterCase(
  s: StateBlock,
  words: Int32Array,
  at: number,
  table: number,
  row: number,
  cursor: number,
): number {
  const target = table + CASES.rows + row * CASE.words;
  const cell = 2 * (s.rec + words[at + 1]!);
  s.i32[cell] = words[target + CASE.variant]!;
  s.i32[cell + 1] = 0;
  s.cursor = cursor;
  return words[target + CASE.target]!;
}
