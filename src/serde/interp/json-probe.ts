// Values of JSON as `probe` walks them.

import { VALUE_KIND } from "../ir/tables.ts";
import type { StateBlock } from "../state/block.ts";
import { readName } from "./json-name.ts";
import {
  asciiText,
  mismatch,
  number,
  readColon,
  readNumber,
  skipSpace,
  skipValue,
  startsValue,
} from "./json-text.ts";
import { integer, type ValueReader, type Walk } from "./probe.ts";
import { CODE, failAt } from "./stop.ts";

const QUOTE = 0x22;
const OPEN_LIST = 0x5b;
const OPEN_MAP = 0x7b;

export function kindAt(s: StateBlock, at: number): number {
  const byte = s.document[at]!;
  if (byte === QUOTE) return VALUE_KIND.str;
  if (byte === OPEN_MAP) return VALUE_KIND.map;
  if (byte === OPEN_LIST) return VALUE_KIND.list;
  if (byte === 0x6e) return VALUE_KIND.null;
  if (byte === 0x74 || byte === 0x66) return VALUE_KIND.bool;
  if (!startsValue(byte)) return failAt(s, CODE.unexpectedByte, at);
  const end = readNumber(s, at);
  if (end < 0) return end;
  return number.float ? VALUE_KIND.float : VALUE_KIND.int;
}

/** 1: `walk` is at an entry; 0: at `close`. */
function nextEntry(s: StateBlock, walk: Walk, close: number): number {
  const { document } = s;
  let c = skipSpace(document, walk.at);
  const { first } = walk;
  walk.first = false;
  if (document[c] === close) {
    walk.at = c;
    return 0;
  }
  if (!first) {
    if (document[c] !== 0x2c) return failAt(s, CODE.expectedCommaOrEnd, c);
    c = skipSpace(document, c + 1);
  }
  walk.at = c;
  return 1;
}

export const JSON_VALUES: ValueReader = {
  start: (s, at) => skipSpace(s.document, at),

  kind: (s, at) => kindAt(s, skipSpace(s.document, at)),

  open(s, at, isMap, walk) {
    const c = skipSpace(s.document, at);
    if (s.document[c] !== (isMap ? OPEN_MAP : OPEN_LIST)) return mismatch(s, c);
    walk.at = c + 1;
    return walk.at;
  },

  nextKey(s, walk) {
    const more = nextEntry(s, walk, OPEN_MAP + 2);
    if (more <= 0) return more;
    if (s.document[walk.at] !== QUOTE) return failAt(s, CODE.expectedKey, walk.at);
    const end = readName(s, walk.at + 1);
    if (end < 0) return end;
    const next = readColon(s, end);
    if (next < 0) return next;
    walk.at = next;
    return 1;
  },

  nextItem: (s, walk) => nextEntry(s, walk, OPEN_LIST + 2),

  behind: (_s, walk) => walk.at + 1,

  text(s, at) {
    const c = skipSpace(s.document, at);
    return s.document[c] === QUOTE ? readName(s, c + 1) : mismatch(s, c);
  },

  integer(s, at) {
    const c = skipSpace(s.document, at);
    const end = readNumber(s, c);
    if (end >= 0) integer.value = BigInt(asciiText(s.document, c, end));
    return end;
  },

  endOf: skipValue,
};
