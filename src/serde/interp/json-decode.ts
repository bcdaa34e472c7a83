// JSON from bytes to cells: one function per instruction of the table. Space before a token is skipped by the
// instruction that reads it, never behind one.

import { KEY_POSITION, LIST, opcodeOf, RECORD_BYTES, SEQ, type Verb } from "../ir/ops.ts";
import { CASE, CASES, FIELD, KEYS, KINDS, NO_CASE } from "../ir/tables.ts";
import { FRAME, type StateBlock } from "../state/block.ts";
import { enterCase, numberedCase } from "./cells.ts";
import { getKey, getLeaf } from "./json-leaf.ts";
import { readName } from "./json-name.ts";
import { readInteger } from "./json-numbers.ts";
import { JSON_VALUES, kindAt } from "./json-probe.ts";
import { nextRest, openRest } from "./json-rest.ts";
import {
  asciiText,
  mismatch,
  readColon,
  readLiteral,
  skipSpace,
  skipValue,
  startsValue,
} from "./json-text.ts";
import { claim, clearHeader, enterKey, fieldRow, findName, missingField } from "./keys.ts";
import { closeList, emptyList, nextElement, openList } from "./lists.ts";
import { probeValue } from "./probe.ts";
import { CODE, type Code, DONE, fail, failAt, type Handler, short } from "./stop.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;
const REST = opcodeOf("json", "rest");

type DecodeVerb = Exclude<Verb<"json">, "put" | "name" | "some" | "each" | "more">;

export const JSON_DECODE = {
  obj(s, { words }, pc) {
    const at = pc >> 2;
    const c = skipSpace(s.document, s.cursor);
    if (s.document[c] !== OPEN_MAP) return mismatch(s, c);
    clearHeader(s, words, at);
    s.cursor = c + 1;
    return pc + RECORD_BYTES;
  },

  key(s, code, pc) {
    const { words, bytes } = code;
    const { document } = s;
    let at = pc >> 2;
    const keys = words[at + 1]! >> 2;
    const first = document[s.cursor - 1] === OPEN_MAP;
    let c = skipSpace(document, s.cursor);
    if (document[c] === CLOSE_MAP) return closeObject(s, code, keys, c);
    if (!first) {
      if (document[c] !== COMMA) return failAt(s, CODE.expectedCommaOrEnd, c);
      c = skipSpace(document, c + 1);
    }
    // The expected key, then what may come when that one is left out.
    for (;;) {
      const length = words[at]! >>> 16;
      if (length > 0) {
        const from = (at << 2) + RECORD_BYTES;
        let i = 0;
        while (i < length && document[c + i] === bytes[from + i]) i++;
        if (i === length) {
          const bit = words[fieldRow(words, keys, words[at + 2]!) + FIELD.bit]!;
          if (claim(s, bit)) {
            s.cursor = c + length;
            return (at << 2) + RECORD_BYTES + ((length + RECORD_BYTES - 1) & -RECORD_BYTES);
          }
          break;
        }
      }
      const alternative = words[at + 3]!;
      if (alternative < 0) break;
      at = alternative >> 2;
    }
    return anyKey(s, code, keys, c, pc);
  },

  get(s, { words }, pc) {
    const at = pc >> 2;
    const c = skipSpace(s.document, s.cursor);
    const word = words[at]!;
    const target = words[at + 2]!;
    const next =
      word >>> 16 === KEY_POSITION
        ? getKey(s, c, (word >>> 8) & 255, words[at + 1]!)
        : getLeaf(s, c, (word >>> 8) & 255, words[at + 1]!, target >= 0);
    if (next >= 0) {
      s.cursor = next;
      return pc + RECORD_BYTES;
    }
    return next === Number.NEGATIVE_INFINITY ? target : next;
  },

  opt(s, { words }, pc) {
    const at = pc >> 2;
    const bit = words[at + 1]!;
    const word = 2 * s.rec + (bit >> 5);
    const c = skipSpace(s.document, s.cursor);
    if (s.document[c] !== 0x6e) {
      if (c >= s.end) return short(s);
      s.i32[word]! |= 1 << (bit & 31);
      return pc + RECORD_BYTES;
    }
    const end = readLiteral(s, c);
    if (end < 0) return end;
    s.i32[word]! &= ~(1 << (bit & 31));
    s.cursor = end;
    return words[at + 2]!;
  },

  list(s, { words }, pc) {
    const { document } = s;
    const at = pc >> 2;
    const flags = (words[at]! >>> 8) & 255;
    const open = (flags & LIST.map) !== 0 ? OPEN_MAP : OPEN_LIST;
    const c = skipSpace(document, s.cursor);
    if (document[c] !== open) return mismatch(s, c);
    const inside = skipSpace(document, c + 1);
    const exact = words[at + 2]!;
    if (document[inside] === open + 2) {
      if (exact > 0) return fail(s, CODE.lengthMismatch, inside);
      return emptyList(s, words, pc, c, inside + 1);
    }
    if (inside >= s.end) return short(s);
    if (exact === 0) return fail(s, CODE.lengthMismatch, inside);
    if (open === OPEN_MAP && document[inside] !== QUOTE) return fail(s, CODE.expectedKey, inside);
    return openList(s, words, pc, -1, c, c + 1);
  },

  rest: openRest,

  next(s, code) {
    const { document } = s;
    const { words } = code;
    const frame = s.frameTop - FRAME.words;
    const at = s.words[frame + FRAME.pc]! >> 2;
    if ((words[at]! & 255) === REST) return nextRest(s, code);
    const close = ((words[at]! >>> 8) & LIST.map) !== 0 ? CLOSE_MAP : CLOSE_LIST;
    const c = skipSpace(document, s.cursor);
    const exact = words[at + 2]!;
    if (document[c] === COMMA) {
      if (exact >= 0 && s.words[frame + FRAME.count]! >= exact) return fail(s, CODE.lengthMismatch, c);
      if (close === CLOSE_MAP) {
        const inside = skipSpace(document, c + 1);
        if (document[inside] !== QUOTE) return failAt(s, CODE.expectedKey, inside);
      }
      return nextElement(s, words, c + 1);
    }
    if (document[c] !== close) return failAt(s, CODE.expectedCommaOrEnd, c);
    if (exact >= 0 && s.words[frame + FRAME.count] !== exact) return fail(s, CODE.lengthMismatch, c);
    return closeList(s, words, c + 1, c);
  },

  seq(s, { words }, pc) {
    const { document } = s;
    const at = pc >> 2;
    const mode = (words[at]! >>> 8) & 255;
    const c = skipSpace(document, s.cursor);
    const byte = document[c]!;
    if (mode === SEQ.open) {
      if (byte !== OPEN_LIST) return mismatch(s, c);
      const inside = skipSpace(document, c + 1);
      if (inside >= s.end) return short(s);
      if (document[inside] === CLOSE_LIST && words[at + 1] !== 0) return fail(s, CODE.lengthMismatch, inside);
      const header = 2 * (s.rec + words[at + 2]!);
      s.i32[header] = 0;
      s.i32[header + 1] = 0;
      s.cursor = c + 1;
      return pc + RECORD_BYTES;
    }
    if (mode === SEQ.item) {
      if (byte === CLOSE_LIST) return fail(s, CODE.lengthMismatch, c);
      if (byte !== COMMA) return failAt(s, CODE.expectedCommaOrEnd, c);
    } else {
      if (byte === COMMA) return fail(s, CODE.lengthMismatch, c);
      if (byte !== CLOSE_LIST) {
        const empty = document[s.cursor - 1] === OPEN_LIST && words[at + 1] === 0;
        return failAt(s, empty ? CODE.lengthMismatch : CODE.expectedCommaOrEnd, c);
      }
    }
    s.cursor = c + 1;
    return pc + RECORD_BYTES;
  },

  case(s, code, pc) {
    const { words } = code;
    const at = pc >> 2;
    const table = words[at + 2]! >> 2;
    const c = skipSpace(s.document, s.cursor);
    const soft = words[at + 3]!;
    let row: number;
    let end: number;
    if (words[table + CASES.names]! > 0) {
      if (s.document[c] !== QUOTE) return soft >= 0 && startsValue(s.document[c]!) ? soft : mismatch(s, c);
      end = readName(s, c + 1);
      if (end < 0) return end;
      const names = table + CASES.rows + words[table + CASES.targets]! * CASE.words;
      row = findName(code, names, words[table + CASES.names]!);
    } else {
      end = readInteger(s, c, soft >= 0);
      if (end < 0) return end === Number.NEGATIVE_INFINITY ? soft : end;
      row = numberedCase(words, table, Number(asciiText(s.document, c, end)));
    }
    if (words[at]! >>> 16 === KEY_POSITION) {
      end = readColon(s, end);
      if (end < 0) return end;
    }
    if (row < 0 && row !== NO_CASE) row = words[table + CASES.other]!;
    if (row < 0) return soft >= 0 ? soft : fail(s, CODE.unknownVariant, c);
    return enterCase(s, words, at, table, row, end);
  },

  kind(s, { words }, pc) {
    const table = words[(pc >> 2) + 1]! >> 2;
    const c = skipSpace(s.document, s.cursor);
    const kind = kindAt(s, c);
    if (kind < 0) return kind;
    const target = words[table + KINDS.targets + kind]!;
    return target >= 0 ? target : fail(s, words[table + KINDS.code]!, c);
  },

  probe: (s, code, pc) => probeValue(s, code, pc, JSON_VALUES),

  skip(s, _code, pc) {
    const end = skipValue(s, s.cursor);
    if (end < 0) return end;
    s.cursor = end;
    return pc + RECORD_BYTES;
  },

  end(s) {
    const c = skipSpace(s.document, s.cursor);
    if (c < s.end) return fail(s, CODE.trailingBytes, c);
    if (s.more !== 0) return short(s);
    s.cursor = c;
    return DONE;
  },
} satisfies Record<DecodeVerb, Handler>;

function closeObject(s: StateBlock, code: Code, keys: number, at: number): number {
  const { words } = code;
  if (words[keys + KEYS.open] === 1) return fail(s, words[keys + KEYS.missing]!, at);
  const missing = missingField(s, words, keys);
  if (missing >= 0) return fail(s, words[keys + KEYS.missing]!, at, missing);
  s.cursor = at + 1;
  return words[keys + KEYS.close]!;
}

/** A key that is not the expected one, at `at`. */
function anyKey(s: StateBlock, code: Code, keys: number, at: number, pc: number): number {
  if (s.document[at] !== QUOTE) return failAt(s, CODE.expectedKey, at);
  const end = readName(s, at + 1);
  if (end < 0) return end;
  const c = readColon(s, end);
  return c < 0 ? c : enterKey(s, code, keys, pc, at, c, skipValue);
}
