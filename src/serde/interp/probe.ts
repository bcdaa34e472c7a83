// Which candidates a look-ahead has left. The same for every format; the walk over the object is the format's.

import { PROBE, TEXTS } from "../ir/tables.ts";
import type { StateBlock } from "../state/block.ts";
import { findName } from "./keys.ts";
import { CODE, type Code, fail } from "./stop.ts";

export interface Probe {
  /** Word index of the table. */
  readonly table: number;
  /** Candidates left, as bits. */
  readonly left: Int32Array;
  /** Keys seen, as bits. */
  readonly seen: Int32Array;
}

export function startProbe(words: Int32Array, table: number): Probe {
  const left = new Int32Array(words[table + PROBE.maskWords]!).fill(-1);
  const extra = words[table + PROBE.candidates]! & 31;
  if (extra !== 0) left[left.length - 1] = (1 << extra) - 1;
  return { table, left, seen: new Int32Array(words[table + PROBE.seenWords]!) };
}

/** The row of the key in `name`, as a word index, or -1. Narrows. */
export function probeKey(probe: Probe, code: Code): number {
  const { words } = code;
  const { table, left, seen } = probe;
  const key = findName(code, words[table + PROBE.namesAt]! >> 2, words[table + PROBE.names]!);
  if (key < 0) return -1;
  seen[key >> 5]! |= 1 << (key & 31);
  const row = (words[table + PROBE.keysAt]! >> 2) + key * (left.length + 1);
  narrow(left, words, row);
  return row;
}

/** Word index of the text table of a key row, or -1. */
export function textsOf(probe: Probe, words: Int32Array, row: number): number {
  const at = words[row + probe.left.length]!;
  return at < 0 ? -1 : at >> 2;
}

/** Narrows by the tag in `name`; false: nobody has it. */
export function probeText(probe: Probe, code: Code, texts: number): boolean {
  const { words } = code;
  const at = words[texts + TEXTS.namesAt]! >> 2;
  let row = findName(code, at, words[texts + TEXTS.names]!);
  if (row < 0) row = words[texts + TEXTS.other]!;
  if (row < 0) return false;
  narrow(probe.left, words, (words[texts + TEXTS.masksAt]! >> 2) + row * probe.left.length);
  return true;
}

/** The target of the first candidate left: the tag has decided. */
export function decided(probe: Probe, words: Int32Array): number {
  const { table, left } = probe;
  const stride = words[table + PROBE.stride]!;
  const rows = words[table + PROBE.candidatesAt]! >> 2;
  for (let i = 0; i < words[table + PROBE.candidates]!; i++) {
    if ((left[i >> 5]! & (1 << (i & 31))) !== 0) return words[rows + i * stride]!;
  }
  return -1;
}

/** The object ends at `offset`: the one candidate whose required keys were there. */
export function endProbe(probe: Probe, s: StateBlock, words: Int32Array, offset: number): number {
  const { table, left, seen } = probe;
  if (words[table + PROBE.tagged] === 1) return fail(s, CODE.missingTag, offset);
  const stride = words[table + PROBE.stride]!;
  const rows = words[table + PROBE.candidatesAt]! >> 2;
  let winner = -1;
  for (let i = 0; i < words[table + PROBE.candidates]!; i++) {
    if ((left[i >> 5]! & (1 << (i & 31))) === 0) continue;
    const row = rows + i * stride;
    if (!seen.every((bits, word) => (words[row + 1 + word]! & ~bits) === 0)) continue;
    if (winner >= 0) return fail(s, CODE.ambiguous, offset);
    winner = words[row]!;
    if (words[table + PROBE.first] === 1) break;
  }
  return winner >= 0 ? winner : fail(s, words[table + PROBE.none]!, offset);
}

function narrow(left: Int32Array, words: Int32Array, row: number): void {
  for (let i = 0; i < left.length; i++) left[i]! &= words[row + i]!;
}
