// One leaf of JSON into its cells, and the keys of maps.

import { INTEGER_RANGES, KIND } from "../ir/kinds.ts";
import { ANY_VARIANT } from "../layout/any.ts";
import { SPAN, type StateBlock } from "../state/block.ts";
import { putAnyInteger, putInt53 } from "./cells.ts";
import { readBytesText, readNumbers } from "./json-bytes.ts";
import { read, readFloat, readInt, readInteger } from "./json-numbers.ts";
import {
  asciiText,
  keepText,
  mismatch,
  number,
  readColon,
  readLiteral,
  readString,
  skipValue,
  startsValue,
  text,
} from "./json-text.ts";
import { CODE, fail, failAt } from "./stop.ts";

const QUOTE = 0x22;

/** One leaf at `at` into its slot; the position behind it, a stop, or, if `soft`, -Infinity: not of that kind. */
export function getLeaf(s: StateBlock, at: number, kind: number, slot: number, soft: boolean): number {
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
export function getKey(s: StateBlock, at: number, kind: number, slot: number): number {
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
