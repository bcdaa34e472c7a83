// Names in tables, and the bits that say which fields were there.

import { DUPLICATE, FIELD, KEYS, MASK_WORDS, NAME } from "../ir/tables.ts";
import type { StateBlock } from "../state/block.ts";
import { name } from "./name.ts";
import { CODE, type Code, fail } from "./stop.ts";

/** The field of the name row equal to `name`, or -1. Rows are sorted by length, then bytes. */
export function findName(code: Code, rows: number, count: number): number {
  const { bytes: text, from, to } = name;
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

/** The header cells of the `obj` at word `at`. */
export function clearHeader(s: StateBlock, words: Int32Array, at: number): void {
  const from = 2 * (s.rec + words[at + 2]!);
  const to = from + 2 * (words[at]! >>> 16);
  for (let i = from; i < to; i++) s.i32[i] = 0;
}

/** Sets a seen bit; false when it was set. */
export function claim(s: StateBlock, bit: number): boolean {
  if (bit < 0) return true;
  const word = 2 * s.rec + (bit >> 5);
  const mask = 1 << (bit & 31);
  if ((s.i32[word]! & mask) !== 0) return false;
  s.i32[word]! |= mask;
  return true;
}

/**
 * The key in `name`, which is not the one the `key` at `pc` expects; `start` is its first byte, `at` where its value is
 * due, `endOf` where a value ends that nobody wants. Where its field is read, or `pc` again when nothing is.
 */
export function enterKey(
  s: StateBlock,
  code: Code,
  keys: number,
  pc: number,
  start: number,
  at: number,
  endOf: (s: StateBlock, at: number) => number,
): number {
  const { words } = code;
  const field = findName(code, nameRows(words, keys), words[keys + KEYS.names]!);
  let target = words[keys + KEYS.other]!;
  let bit = -1;
  if (field >= 0) {
    const row = fieldRow(words, keys, field);
    target = words[row + FIELD.target]!;
    bit = words[row + FIELD.bit]!;
    if (bit >= 0 && (s.i32[2 * s.rec + (bit >> 5)]! & (1 << (bit & 31))) !== 0) {
      const policy = words[keys + KEYS.duplicate];
      if (policy === DUPLICATE.reject) return fail(s, CODE.duplicateField, start, field);
      if (policy === DUPLICATE.first) target = -1;
    }
  } else if (target < 0 && words[keys + KEYS.unknown] !== 0) {
    return fail(s, words[keys + KEYS.unknown]!, start);
  }
  const c = target < 0 ? endOf(s, at) : at;
  if (c < 0) return c;
  claim(s, bit);
  s.cursor = c;
  return target < 0 ? pc : target;
}
