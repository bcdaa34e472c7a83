// `json.rest`: the keys of an object that are in no table, as entries of a map. The object itself is read
// afterwards, from its start.

import { KEYS } from "../ir/tables.ts";
import { FRAME, type StateBlock } from "../state/block.ts";
import { readName } from "./json-name.ts";
import { mismatch, readColon, skipSpace, skipValue } from "./json-text.ts";
import { findName, nameRows } from "./keys.ts";
import { closeList, emptyList, nextElement, openList } from "./lists.ts";
import { CODE, type Code, failAt } from "./stop.ts";

/** No further key: the object ends at `endAt`. */
const NONE = Number.NEGATIVE_INFINITY;
let endAt = 0;

export function openRest(s: StateBlock, code: Code, pc: number): number {
  const { words } = code;
  s.skipped ??= new Map();
  const before = s.cursor;
  const start = skipSpace(s.document, before);
  if (s.document[start] !== 0x7b) return mismatch(s, start);
  const key = nextUnknown(s, code, pc, start + 1, true);
  if (key === NONE) return emptyList(s, words, pc, start, before);
  if (key < 0) return key;
  const next = openList(s, words, pc, -1, start, key);
  if (next >= 0) s.words[s.frameTop - FRAME.words + FRAME.cursor] = before;
  return next;
}

export function nextRest(s: StateBlock, code: Code): number {
  const frame = s.frameTop - FRAME.words;
  const key = nextUnknown(s, code, s.words[frame + FRAME.pc]!, s.cursor, false);
  if (key === NONE) return closeList(s, code.words, s.words[frame + FRAME.cursor]!, endAt);
  return key < 0 ? key : nextElement(s, code.words, key);
}

/** The opening quote of the next key that is not in the table, from `at`: behind the brace, or behind a value. */
function nextUnknown(s: StateBlock, code: Code, pc: number, at: number, first: boolean): number {
  const { words } = code;
  const { document } = s;
  const keys = words[(pc >> 2) + 2]! >> 2;
  let c = skipSpace(document, at);
  let due = !first;
  for (;;) {
    if (document[c] === 0x7d && (due || first)) {
      endAt = c;
      return NONE;
    }
    if (due) {
      if (document[c] !== 0x2c) return failAt(s, CODE.expectedCommaOrEnd, c);
      c = skipSpace(document, c + 1);
    }
    if (document[c] !== 0x22) return failAt(s, CODE.expectedKey, c);
    const key = c;
    c = readName(s, c + 1);
    if (c < 0) return c;
    const known = findName(code, nameRows(words, keys), words[keys + KEYS.names]!) >= 0;
    c = readColon(s, c);
    if (c < 0) return c;
    if (!known) return key;
    c = skipValue(s, c);
    if (c < 0) return c;
    c = skipSpace(document, c);
    due = true;
  }
}
