// JSON from bytes to cells: one function per instruction of the table. Space before a token is skipped by the
// instruction that reads it, never behind one.

import { INTEGER_RANGES, KIND } from "../ir/kinds.ts";
import { KEY_POSITION, LIST, opcodeOf, RECORD_BYTES, SEQ, type Verb } from "../ir/ops.ts";
import { CASE, CASES, DUPLICATE, FIELD, KEYS, KINDS, NO_CASE } from "../ir/tables.ts";
import { ANY_VARIANT } from "../layout/any.ts";
import { FRAME, SPAN, type StateBlock } from "../state/block.ts";
import { numberedCase, putAnyInteger, putInt53 } from "./cells.ts";
import { readBytesText, readNumbers } from "./json-bytes.ts";
import { readName } from "./json-name.ts";
import { read, readFloat, readInt, readInteger } from "./json-numbers.ts";
import { JSON_VALUES, kindAt } from "./json-probe.ts";
import { nextRest, openRest } from "./json-rest.ts";
import {
  asciiText,
  keepText,
  mismatch,
  number,
  readColon,
  readLiteral,
  readString,
  skipSpace,
  skipValue,
  startsValue,
  text,
} from "./json-text.ts";
import { claim, clearHeader, fieldRow, findName, missingField, nameRows } from "./keys.ts";
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
    const target = table + CASES.rows + row * CASE.words;
    const cell = 2 * (s.rec + words[at + 1]!);
    s.i32[cell] = words[target + CASE.variant]!;
    s.i32[cell + 1] = 0;
    s.cursor = end;
    return words[target + CASE.target]!;
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
  const { words } = code;
  if (s.document[at] !== QUOTE) return failAt(s, CODE.expectedKey, at);
  let c = readName(s, at + 1);
  if (c < 0) return c;
  const field = findName(code, nameRows(words, keys), words[keys + KEYS.names]!);
  c = readColon(s, c);
  if (c < 0) return c;
  let target = words[keys + KEYS.other]!;
  if (field >= 0) {
    const row = fieldRow(words, keys, field);
    target = words[row + FIELD.target]!;
    const bit = words[row + FIELD.bit]!;
    const seen = bit >= 0 && (s.i32[2 * s.rec + (bit >> 5)]! & (1 << (bit & 31))) !== 0;
    if (seen) {
      const policy = words[keys + KEYS.duplicate];
      if (policy === DUPLICATE.reject) return fail(s, CODE.duplicateField, at, field);
      if (policy === DUPLICATE.first) target = -1;
    }
    if (target < 0) c = skipValue(s, c);
    if (c < 0) return c;
    claim(s, bit);
  } else if (target < 0) {
    const unknown = words[keys + KEYS.unknown]!;
    if (unknown !== 0) return fail(s, unknown, at);
    c = skipValue(s, c);
    if (c < 0) return c;
  }
  s.cursor = c;
  return target < 0 ? pc : target;
}

/** One leaf at `at` into its slot; the position behind it, a stop, or, if `soft`, -Infinity: not of that kind. */
function getLeaf(s: StateBlock, at: number, kind: number, slot: number, soft: boolean): number {
  const cell = s.rec + slot;
  switch (kind) {
    case KIND.unit:
      return literal(s, at, 0x6e, soft);
    case KIND.bool: {
      const value = s.document[at] === 0x66 ? 0 : 1;
      const end = literal(s, at, value === 0 ? 0x66 : 0x74, soft);
      if (end >= 0) {
        s.i32[2 * cell] = value;
        s.i32[2 * cell + 1] = 0;
      }
      return end;
    }
    case KIND.u8:
      return int32(s, at, cell, 0, 0xff, soft);
    case KIND.u16:
      return int32(s, at, cell, 0, 0xffff, soft);
    case KIND.u32:
      return int32(s, at, cell, 0, 0xffff_ffff, soft);
    case KIND.i8:
      return int32(s, at, cell, -0x80, 0x7f, soft);
    case KIND.i16:
      return int32(s, at, cell, -0x8000, 0x7fff, soft);
    case KIND.i32:
      return int32(s, at, cell, -0x8000_0000, 0x7fff_ffff, soft);
    case KIND.u53:
      return int53(s, at, cell, 0, soft);
    case KIND.i53:
      return int53(s, at, cell, -Number.MAX_SAFE_INTEGER, soft);
    case KIND.u64:
    case KIND.i64:
      return int64(s, at, cell, kind === KIND.i64, soft);
    case KIND.f32:
    case KIND.f64: {
      const end = readFloat(s, at, kind === KIND.f32, soft);
      if (end >= 0) s.f64[cell] = read.value;
      return end;
    }
    case KIND.raw: {
      const end = skipValue(s, at);
      if (end < 0) return end;
      s.i32[2 * cell] = at;
      s.i32[2 * cell + 1] = end;
      return end;
    }
    case KIND.numbers:
      return readNumbers(s, at, cell, soft);
    case KIND.integer:
      return anyInteger(s, at, cell);
    default:
      return getText(s, at, kind, cell, soft);
  }
}

function getText(s: StateBlock, at: number, kind: number, cell: number, soft: boolean): number {
  if (s.document[at] !== QUOTE) {
    return soft && startsValue(s.document[at]!) ? Number.NEGATIVE_INFINITY : mismatch(s, at);
  }
  const end = readString(s, at + 1);
  if (end < 0) return end;
  if (kind === KIND.str) {
    keepText(s);
    s.i32[2 * cell] = text.start;
    s.i32[2 * cell + 1] = text.end;
    return end;
  }
  if (kind === KIND.char) {
    const point = onlyChar(s);
    if (point < 0) return soft ? Number.NEGATIVE_INFINITY : fail(s, CODE.typeMismatch, at);
    s.i32[2 * cell] = point;
    s.i32[2 * cell + 1] = 0;
    return end;
  }
  return readBytesText(s, at, end, kind, cell);
}

/** The one character of the string just read, or -1. */
function onlyChar(s: StateBlock): number {
  const { start } = text;
  const length = (text.end & SPAN.mask) - start;
  if ((text.end & SPAN.text16) === 0) {
    return length === 1 ? ((text.end & SPAN.text8) !== 0 ? s.text8 : s.document)[start]! : -1;
  }
  const unit = s.text16[start]!;
  if (length === 1) return unit;
  if (length !== 2 || (unit & 0xfc00) !== 0xd800) return -1;
  return 0x10000 + ((unit & 0x3ff) << 10) + (s.text16[start + 1]! & 0x3ff);
}

function literal(s: StateBlock, at: number, first: number, soft: boolean): number {
  if (s.document[at] === first) return readLiteral(s, at);
  return soft && startsValue(s.document[at]!) ? Number.NEGATIVE_INFINITY : mismatch(s, at);
}

function int32(s: StateBlock, at: number, cell: number, min: number, max: number, soft: boolean): number {
  const end = readInt(s, at, min, max, soft);
  if (end >= 0) {
    s.i32[2 * cell] = read.value;
    s.i32[2 * cell + 1] = read.value < 0 ? -1 : 0;
  }
  return end;
}

function int53(s: StateBlock, at: number, cell: number, min: number, soft: boolean): number {
  const end = readInt(s, at, min, Number.MAX_SAFE_INTEGER, soft);
  if (end >= 0) putInt53(s, cell, read.value);
  return end;
}

function int64(s: StateBlock, at: number, cell: number, signed: boolean, soft: boolean): number {
  const end = readInteger(s, at, soft);
  if (end < 0) return end;
  if (number.digits <= 15) {
    const value = Number(asciiText(s.document, at, end));
    if (!signed && value < 0) return soft ? Number.NEGATIVE_INFINITY : fail(s, CODE.numberRange, at);
    putInt53(s, cell, value);
    return end;
  }
  const value = BigInt(asciiText(s.document, at, end));
  const fits = signed ? BigInt.asIntN(64, value) === value : BigInt.asUintN(64, value) === value;
  if (!fits) return soft ? Number.NEGATIVE_INFINITY : fail(s, CODE.numberRange, at);
  s.u64[cell] = BigInt.asUintN(64, value);
  return end;
}

/** Of `any`. -0 is a float there: what is read must come back. */
function anyInteger(s: StateBlock, at: number, cell: number): number {
  const end = readInteger(s, at, false);
  if (end < 0) return end;
  const ascii = asciiText(s.document, at, end);
  if (Object.is(Number(ascii), -0)) {
    s.i32[2 * cell] = ANY_VARIANT.f64;
    s.i32[2 * cell + 1] = 0;
    s.f64[cell + 1] = -0;
    return end;
  }
  return putAnyInteger(s, cell, BigInt(ascii)) ? end : fail(s, CODE.memoryLimit, at);
}

/** A map key and its colon. */
function getKey(s: StateBlock, at: number, kind: number, slot: number): number {
  if (s.document[at] !== QUOTE) return failAt(s, CODE.expectedKey, at);
  const cell = s.rec + slot;
  const end = readString(s, at + 1);
  if (end < 0) return end;
  // The colon first: text must not be kept when this fails (research/codec-ir.md §8.2).
  const { start, end: bits } = text;
  const next = readColon(s, end);
  if (next < 0) return next;
  text.start = start;
  text.end = bits;
  if (kind === KIND.str) {
    keepText(s);
    s.i32[2 * cell] = start;
    s.i32[2 * cell + 1] = bits;
    return next;
  }
  if (kind === KIND.char) {
    const point = onlyChar(s);
    if (point < 0) return fail(s, CODE.badKey, at);
    s.i32[2 * cell] = point;
    s.i32[2 * cell + 1] = 0;
    return next;
  }
  if ((bits & SPAN.text16) !== 0) return fail(s, CODE.badKey, at);
  const ascii = asciiText((bits & SPAN.text8) !== 0 ? s.text8 : s.document, start, bits & SPAN.mask);
  if (kind === KIND.bool) {
    if (ascii !== "true" && ascii !== "false") return fail(s, CODE.badKey, at);
    s.i32[2 * cell] = ascii === "true" ? 1 : 0;
    s.i32[2 * cell + 1] = 0;
    return next;
  }
  // Canonical decimal: what encode writes, and one text for one key.
  if (!/^(0|-?[1-9][0-9]{0,19})$/.test(ascii)) return fail(s, CODE.badKey, at);
  const [min, max] = INTEGER_RANGES.get(kind)!;
  const value = BigInt(ascii);
  if (value < min || value > max) return fail(s, CODE.numberRange, at);
  s.u64[cell] = BigInt.asUintN(64, value);
  return next;
}
