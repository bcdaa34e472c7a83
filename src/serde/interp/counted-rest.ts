// `rest` in MessagePack and CBOR: the keys of a map that are in no table, as entries of another. The map
// itself is read afterwards, from its start.

import { KEYS } from "../ir/tables.ts";
import { FRAME, type StateBlock } from "../state/block.ts";
import { readTextName, skipItem } from "./counted-text.ts";
import { BREAK, head, type ReadHead, TYPE } from "./head.ts";
import { findName, nameRows } from "./keys.ts";
import { closeList, emptyList, nextElement, openList } from "./lists.ts";
import { CODE, type Code, fail, short } from "./stop.ts";

/** No further key: the map ends at `found.at`. */
const NONE = Number.NEGATIVE_INFINITY;
/** Entries behind the key that was found; -1: until a break. */
const found = { left: 0, at: 0 };

export function openRest(s: StateBlock, code: Code, pc: number, read: ReadHead): number {
  const { words } = code;
  s.skipped ??= new Map();
  const start = s.cursor;
  const c = read(s, start, false);
  if (c < 0) return c;
  if (head.type !== TYPE.map) return fail(s, CODE.typeMismatch, start);
  const key = nextUnknown(s, code, pc, c, Math.min(head.value, 0x7fff_ffff), read);
  if (key === NONE) return emptyList(s, words, pc, start, start);
  if (key < 0) return key;
  const next = openList(s, words, pc, found.left, start, key);
  if (next >= 0) s.words[s.frameTop - FRAME.words + FRAME.cursor] = start;
  return next;
}

export function nextRest(s: StateBlock, code: Code, read: ReadHead): number {
  const frame = s.frameTop - FRAME.words;
  const left = s.words[frame + FRAME.left]!;
  const key = nextUnknown(s, code, s.words[frame + FRAME.pc]!, s.cursor, left, read);
  if (key === NONE) return closeList(s, code.words, s.words[frame + FRAME.cursor]!, found.at);
  if (key < 0) return key;
  const next = nextElement(s, code.words, key);
  if (next >= 0) s.words[frame + FRAME.left] = found.left;
  return next;
}

/** The next key that is not in the table, from `at`, with `count` entries to come. */
function nextUnknown(
  s: StateBlock,
  code: Code,
  pc: number,
  at: number,
  count: number,
  read: ReadHead,
): number {
  const { words } = code;
  const keys = words[(pc >> 2) + 2]! >> 2;
  let c = at;
  let left = count;
  for (;;) {
    if (left < 0 && c >= s.end) return short(s);
    if (left === 0 || (left < 0 && s.document[c] === BREAK)) {
      found.at = c;
      return NONE;
    }
    if (left > 0) left--;
    const key = c;
    c = read(s, c, false);
    if (c < 0) return c;
    if (head.type !== TYPE.str) return fail(s, CODE.badKey, key);
    c = readTextName(s, c);
    if (c < 0) return c;
    if (findName(code, nameRows(words, keys), words[keys + KEYS.names]!) < 0) {
      found.left = left;
      return key;
    }
    c = skipItem(s, c, read);
    if (c < 0) return c;
  }
}
