// Names in tables, and the bits that say which fields were there.

import { FIELD, KEYS, MASK_WORDS, NAME } from "../ir/tables.ts";
import type { StateBlock } from "../state/block.ts";
import type { Code } from "./stop.ts";

/** The field of the name row equal to `text[from, to)`, or -1. Rows are sorted by length, then bytes. */
export function findName(
  code: Code,
  rows: number,
  count: number,
  text: Uint8Array,
  from: number,
  to: number,
): number {
  const { words, bytes } = code;
  const length = to - from;
  let low = 0;
  let high = count - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const row = rows + middle * NAME.words;
    let order = words[row + NAME.length]! - length;
    if (order === 0) {
      const at = words[row + NAME.at]!;
      for (let i = 0; i < length && order === 0; i++) order = bytes[at + i]! - text[from + i]!;
      if (order === 0) return words[row + NAME.field]!;
    }
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** The word index of the row of `field` in the key table at word `keys`. */
export const fieldRow = (words: Int32Array, keys: number, field: number): number =>
  keys + KEYS.rows + words[keys + KEYS.masks]! * MASK_WORDS + field * FIELD.words;

/** The word index of the first name row. */
export const nameRows = (words: Int32Array, keys: number): number =>
  fieldRow(words, keys, words[keys + KEYS.fields]!);

/** The first field whose required bit is not set, or -1. */
export function missingField(s: StateBlock, words: Int32Array, keys: number): number {
  const rec = 2 * s.rec;
  const masks = words[keys + KEYS.masks]!;
  for (let i = 0; i < masks; i++) {
    const at = keys + KEYS.rows + i * MASK_WORDS;
    const mask = words[at + 1]!;
    const missing = mask & ~s.i32[rec + words[at]!]!;
    if (missing === 0) continue;
    const bit = (words[at]! << 5) | (31 - Math.clz32(missing & -missing));
    const fields = words[keys + KEYS.fields]!;
    for (let f = 0; f < fields; f++) if (words[fieldRow(words, keys, f) + FIELD.bit] === bit) return f;
  }
  return -1;
}
