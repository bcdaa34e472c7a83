// `probe`: which candidate the value that comes next is of. The same for every format, over a reader that walks values.

import { INTEGER_RANGES } from "../ir/kinds.ts";
import { PROBE, TEXTS, VALUE, VALUE_KIND } from "../ir/tables.ts";
import type { StateBlock } from "../state/block.ts";
import { findName } from "./keys.ts";
import { name } from "./name.ts";
import { CODE, type Code, fail } from "./stop.ts";

/** An object or a list that is walked. */
export interface Walk {
  /** The next entry, or the end. */
  at: number;
  /** Entries to come, in formats that count; -1: until a break. */
  left: number;
  /** Nothing of it has been read. */
  first: boolean;
}

/** Positions go in and come out, or a stop; nothing of the run changes. */
export interface ValueReader {
  /** Where the value at `at` begins. */
  start(s: StateBlock, at: number): number;
  /** Of VALUE_KIND. */
  kind(s: StateBlock, at: number): number;
  open(s: StateBlock, at: number, isMap: boolean, walk: Walk): number;
  /** 1: there is another key, now in `name`, and `walk` is at its value; 0: `walk` is at the end. */
  nextKey(s: StateBlock, walk: Walk): number;
  /** 1: `walk` is at another element; 0: at the end. */
  nextItem(s: StateBlock, walk: Walk): number;
  /** Behind the end `walk` is at. */
  behind(s: StateBlock, walk: Walk): number;
  /** The text at `at` goes into `name`; what is no text is a mismatch. */
  text(s: StateBlock, at: number): number;
  /** The integer at `at` goes into `integer`. */
  integer(s: StateBlock, at: number): number;
  /** Behind the value at `at`, whatever it is. */
  endOf(s: StateBlock, at: number): number;
}

/** What a reader's `integer` read. */
export const integer = { value: 0n };

interface Probe {
  readonly s: StateBlock;
  readonly code: Code;
  readonly reader: ValueReader;
  /** Word index of the table. */
  readonly table: number;
  /** Candidates left, as bits. */
  readonly left: Int32Array;
  /** Keys seen, as bits. */
  readonly seen: Int32Array;
  readonly tagged: boolean;
  decided: boolean;
  /** What a failure to choose is blamed on. */
  end: number;
}

export function probeValue(s: StateBlock, code: Code, pc: number, reader: ValueReader): number {
  const { words } = code;
  const table = words[(pc >> 2) + 1]! >> 2;
  s.skipped ??= new Map();
  const left = new Int32Array(words[table + PROBE.maskWords]!).fill(-1);
  const extra = words[table + PROBE.candidates]! & 31;
  if (extra !== 0) left[left.length - 1] = (1 << extra) - 1;
  const probe: Probe = {
    s,
    code,
    reader,
    table,
    left,
    seen: new Int32Array(words[table + PROBE.seenWords]!),
    tagged: words[table + PROBE.tagged] === 1,
    decided: false,
    end: s.cursor,
  };
  const value = words[table + PROBE.value]! >> 2;
  // A candidate each of which is an object: what is none fails as reading it would.
  const end =
    words[value + VALUE.kindsAt]! < 0 && words[value + VALUE.names]! > 0
      ? object(probe, s.cursor, value)
      : look(probe, s.cursor, value);
  return end < 0 ? end : winner(probe);
}

/** Narrows by the value at `at`; the position behind it, or a stop. */
function look(probe: Probe, at: number, value: number): number {
  const { s, reader, left } = probe;
  const { words } = probe.code;
  const texts = words[value + VALUE.texts]!;
  // A tag, which must be text.
  if (texts >= 0 && words[(texts >> 2) + TEXTS.unknown] !== 0) return text(probe, at, texts >> 2);
  const kind = reader.kind(s, at);
  if (kind < 0) return kind;
  const kinds = words[value + VALUE.kindsAt]!;
  if (kinds >= 0) narrow(left, words, (kinds >> 2) + kind * left.length);
  if (kind === VALUE_KIND.int && words[value + VALUE.integers]! > 0) return number(probe, at, value);
  if (kind === VALUE_KIND.str && texts >= 0) return text(probe, at, texts >> 2);
  if (kind === VALUE_KIND.list && words[value + VALUE.arities]! > 0) return list(probe, at, value);
  if (kind === VALUE_KIND.map && words[value + VALUE.names]! > 0) return object(probe, at, value);
  return reader.endOf(s, at);
}

function object(probe: Probe, at: number, value: number): number {
  const { s, code, reader, left, seen } = probe;
  const { words } = code;
  const walk: Walk = { at, left: 0, first: true };
  const opened = reader.open(s, at, true, walk);
  if (opened < 0) return opened;
  for (;;) {
    const more = reader.nextKey(s, walk);
    if (more < 0) return more;
    if (more === 0) break;
    const key = findName(code, words[value + VALUE.namesAt]! >> 2, words[value + VALUE.names]!);
    let below = -1;
    if (key >= 0) {
      const row = (words[probe.table + PROBE.keysAt]! >> 2) + key * (left.length + 1);
      seen[key >> 5]! |= 1 << (key & 31);
      narrow(left, words, row);
      below = words[row + left.length]!;
    }
    const next = below >= 0 ? look(probe, walk.at, below >> 2) : reader.endOf(s, walk.at);
    if (next < 0 || probe.decided) return next;
    walk.at = next;
  }
  probe.end = walk.at;
  return reader.behind(s, walk);
}

function list(probe: Probe, at: number, value: number): number {
  const { s, reader, left } = probe;
  const { words } = probe.code;
  const walk: Walk = { at, left: 0, first: true };
  const opened = reader.open(s, at, false, walk);
  if (opened < 0) return opened;
  let count = 0;
  for (;;) {
    const more = reader.nextItem(s, walk);
    if (more < 0) return more;
    if (more === 0) break;
    const next = reader.endOf(s, walk.at);
    if (next < 0) return next;
    walk.at = next;
    count++;
  }
  let row = words[value + VALUE.aritiesAt]! >> 2;
  for (let n = words[value + VALUE.arities]!; n > 0; n--, row += 1 + left.length) {
    if (words[row] !== count) drop(left, words, row + 1);
  }
  probe.end = walk.at;
  return reader.behind(s, walk);
}

function number({ s, code, reader, left }: Probe, at: number, value: number): number {
  const { words } = code;
  const end = reader.integer(s, at);
  if (end < 0) return end;
  let row = words[value + VALUE.integersAt]! >> 2;
  for (let n = words[value + VALUE.integers]!; n > 0; n--, row += 2 + left.length) {
    const numbers = words[row + 1]!;
    const fits = numbers < 0 ? inRange(words[row]!) : isListed(words, numbers >> 2);
    if (!fits) drop(left, words, row + 2);
  }
  return end;
}

function inRange(leaf: number): boolean {
  const [min, max] = INTEGER_RANGES.get(leaf)!;
  return integer.value >= min && integer.value <= max;
}

function isListed(words: Int32Array, at: number): boolean {
  for (let i = 1; i <= words[at]!; i++) if (BigInt(words[at + i]! >>> 0) === integer.value) return true;
  return false;
}

function text(probe: Probe, at: number, texts: number): number {
  const { s, code, reader, left } = probe;
  const { words } = code;
  const end = reader.text(s, at);
  if (end < 0) return end;
  let row = findName(code, words[texts + TEXTS.namesAt]! >> 2, words[texts + TEXTS.names]!);
  if (row < 0) row = words[texts + TEXTS.other]!;
  if (row < 0) return fail(s, words[texts + TEXTS.unknown]!, reader.start(s, at));
  const masks = words[texts + TEXTS.masksAt]! >> 2;
  narrow(left, words, masks + row * left.length);
  const chars = words[texts + TEXTS.chars]!;
  if (chars >= 0 && !isChar()) drop(left, words, masks + chars * left.length);
  probe.decided = probe.tagged;
  return end;
}

/** Whether `name` is a single character. */
function isChar(): boolean {
  let count = 0;
  for (let i = name.from; i < name.to && count < 2; i++) if ((name.bytes[i]! & 0xc0) !== 0x80) count++;
  return count === 1;
}

/** The target of the one candidate left, or of the one that beats all others. */
function winner(probe: Probe): number {
  const { s, left, seen, table, end } = probe;
  const { words } = probe.code;
  const rows = words[table + PROBE.candidatesAt]! >> 2;
  const stride = 1 + seen.length + left.length;
  const none = words[table + PROBE.none]!;
  if (probe.tagged && !probe.decided) return fail(s, none, end);
  const count = words[table + PROBE.candidates]!;
  const has = (i: number) => (left[i >> 5]! & (1 << (i & 31))) !== 0;
  let code = none;
  for (let i = 0; i < count && !probe.decided; i++) {
    const row = rows + i * stride + 1;
    if (!seen.every((bits, word) => (words[row + word]! & ~bits) === 0)) left[i >> 5]! &= ~(1 << (i & 31));
  }
  for (let i = 0; i < count; i++) {
    if (!has(i)) continue;
    const beats = rows + i * stride + 1 + seen.length;
    const itself = 1 << (i & 31);
    const wins = left.every((bits, w) => (bits & ~words[beats + w]! & (w === i >> 5 ? ~itself : -1)) === 0);
    if (wins || probe.decided) return words[rows + i * stride]!;
    code = CODE.ambiguous;
  }
  return fail(s, code, end);
}

function narrow(left: Int32Array, words: Int32Array, row: number): void {
  for (let i = 0; i < left.length; i++) left[i]! &= words[row + i]!;
}

function drop(left: Int32Array, words: Int32Array, row: number): void {
  for (let i = 0; i < left.length; i++) left[i]! &= ~words[row + i]!;
}
