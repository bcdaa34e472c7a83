// JSON from cells to bytes: one function per instruction of the table.

import { KIND } from "../ir/kinds.ts";
import { EACH, KEY_POSITION, RECORD_BYTES } from "../ir/ops.ts";
import { anyInteger } from "../state/any-integer.ts";
import { FRAME, SPAN, type StateBlock } from "../state/block.ts";
import { int53At } from "./cells.ts";
import { enterList, hasMore, leaveList, nextOf, written } from "./encode-lists.ts";
import { CODE, fail, type Handler } from "./stop.ts";
import { writeUtf8 } from "./utf8.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_MAP = 0x7b;

type EncodeVerb = "put" | "name" | "some" | "each" | "more";

export const JSON_ENCODE = {
  put(s, { words }, pc) {
    const at = pc >> 2;
    const word = words[at]!;
    const cell = s.rec + words[at + 1]!;
    const kind = (word >>> 8) & 255;
    if (word >>> 16 !== KEY_POSITION) {
      const top = putLeaf(s, cell, kind, s.outTop);
      return top < 0 ? top : written(s, top, pc + RECORD_BYTES);
    }
    const quoted = kind !== KIND.str && kind !== KIND.char;
    s.reserveOutput(2);
    if (quoted) s.output[s.outTop] = QUOTE;
    let top = putLeaf(s, cell, kind, s.outTop + (quoted ? 1 : 0));
    if (top < 0) return top;
    s.reserveOutput(top + 2 - s.outTop);
    if (quoted) s.output[top++] = QUOTE;
    s.output[top++] = COLON;
    return written(s, top, pc + RECORD_BYTES);
  },

  name(s, { words, bytes }, pc) {
    const at = pc >> 2;
    const length = words[at + 2]!;
    s.reserveOutput(length);
    const { output } = s;
    const from = words[at + 1]!;
    let top = s.outTop;
    for (let i = output[top - 1] === OPEN_MAP ? 1 : 0; i < length; i++) output[top++] = bytes[from + i]!;
    return written(s, top, pc + RECORD_BYTES);
  },

  some(s, { words }, pc) {
    const at = pc >> 2;
    const bit = words[at + 1]!;
    if ((s.i32[2 * s.rec + (bit >> 5)]! & (1 << (bit & 31))) !== 0) return pc + RECORD_BYTES;
    return written(s, putAscii(s, "null", s.outTop), words[at + 2]!);
  },

  each(s, { words }, pc) {
    const at = pc >> 2;
    const flags = (words[at]! >>> 8) & 255;
    const bare = (flags & EACH.bare) !== 0;
    const count = s.i32[2 * (s.rec + words[at + 1]!) + 1]!;
    s.reserveOutput(2);
    const { output } = s;
    let top = s.outTop;
    const open = (flags & EACH.map) !== 0 ? OPEN_MAP : 0x5b;
    if (count === 0) {
      if (!bare) {
        output[top++] = open;
        output[top++] = open + 2;
      }
      return written(s, top, words[at + 3]!);
    }
    const next = enterList(s, words, pc);
    if (next < 0) return next;
    if (!bare) output[top++] = open;
    else if (output[top - 1] !== OPEN_MAP) output[top++] = COMMA;
    return written(s, top, next);
  },

  more(s, { words }) {
    s.reserveOutput(1);
    if (hasMore(s)) {
      s.output[s.outTop] = COMMA;
      const top = s.outTop + 1;
      if (top > s.outLimit) return fail(s, CODE.outputLimit, s.outTop);
      s.outTop = top;
      return nextOf(s, words);
    }
    const flags = (words[s.words[s.frameTop - FRAME.words + FRAME.pc]! >> 2]! >>> 8) & 255;
    let top = s.outTop;
    if ((flags & EACH.bare) === 0) s.output[top++] = (flags & EACH.map) !== 0 ? 0x7d : 0x5d;
    if (top > s.outLimit) return fail(s, CODE.outputLimit, s.outTop);
    s.outTop = top;
    return leaveList(s, words);
  },
} satisfies Record<EncodeVerb, Handler>;

/** One leaf at `top`; where it ends, or a stop. */
function putLeaf(s: StateBlock, cell: number, kind: number, top: number): number {
  const low = s.i32[2 * cell]!;
  switch (kind) {
    case KIND.unit:
      return putAscii(s, "null", top);
    case KIND.bool:
      return putAscii(s, low !== 0 ? "true" : "false", top);
    case KIND.u8:
    case KIND.u16:
    case KIND.u32:
    case KIND.index:
      return putInt(s, low >>> 0, top);
    case KIND.i8:
    case KIND.i16:
    case KIND.i32:
      return putInt(s, low, top);
    case KIND.u53:
    case KIND.i53:
      return putInt(s, int53At(s, cell), top);
    case KIND.u64:
      return putAscii(s, String(s.u64[cell]), top);
    case KIND.i64:
      return putAscii(s, String(s.i64[cell]), top);
    case KIND.f32:
    case KIND.f64:
      return putFloat(s, s.f64[cell]!, top);
    case KIND.char:
      return putChar(s, low, top);
    case KIND.str:
      return putString(s, low, s.i32[2 * cell + 1]!, top);
    case KIND.integer:
      return putAscii(s, String(anyInteger(s, cell)), top);
    case KIND.raw:
      return putRaw(s, low, s.i32[2 * cell + 1]!, top);
    case KIND.hex:
      return putHex(s, low, s.i32[2 * cell + 1]!, top);
    case KIND.numbers:
      return putNumbers(s, low, s.i32[2 * cell + 1]!, top);
    default:
      return putBase64(s, low, s.i32[2 * cell + 1]!, top);
  }
}

function putAscii(s: StateBlock, ascii: string, top: number): number {
  s.reserveOutput(top - s.outTop + ascii.length);
  for (let i = 0; i < ascii.length; i++) s.output[top + i] = ascii.charCodeAt(i);
  return top + ascii.length;
}

/** A safe integer. */
function putInt(s: StateBlock, value: number, top: number): number {
  if (value >= 1e9 || value < 0) return putAscii(s, String(value), top);
  s.reserveOutput(top - s.outTop + 10);
  const { output } = s;
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) digits++;
  let rest = value | 0;
  for (let at = top + digits - 1; at >= top; at--) {
    const tens = (rest / 10) | 0;
    output[at] = 0x30 + rest - tens * 10;
    rest = tens;
  }
  return top + digits;
}

function putFloat(s: StateBlock, value: number, top: number): number {
  if (!Number.isFinite(value)) return fail(s, CODE.numberRange, s.outTop);
  if (value === 0) return putAscii(s, Object.is(value, -0) ? "-0" : "0", top);
  const size = Math.abs(value);
  if (size < 1e9) {
    // At most 15 digits, of which no two sequences are the same double: these are the shortest ones.
    const millionths = Math.round(size * 1e6);
    if (millionths / 1e6 === size) return putMillionths(s, millionths, value < 0, top);
  }
  return putAscii(s, String(value), top);
}

function putMillionths(s: StateBlock, millionths: number, negative: boolean, at: number): number {
  let top = at;
  s.reserveOutput(top - s.outTop + 1);
  if (negative) s.output[top++] = 0x2d;
  const whole = Math.floor(millionths / 1e6);
  top = putInt(s, whole, top);
  let rest = (millionths - whole * 1e6) | 0;
  if (rest === 0) return top;
  s.reserveOutput(top - s.outTop + 7);
  const { output } = s;
  output[top++] = 0x2e;
  for (let unit = 100_000; rest > 0; unit = (unit / 10) | 0) {
    const digit = (rest / unit) | 0;
    output[top++] = 0x30 + digit;
    rest -= digit * unit;
  }
  return top;
}

function putChar(s: StateBlock, point: number, top: number): number {
  s.reserveOutput(top - s.outTop + 8);
  s.output[top] = QUOTE;
  const end = putPoint(s.output, top + 1, point);
  s.output[end] = QUOTE;
  return end + 1;
}

const SHORT = new Map<number, number>([
  [8, 0x62],
  [9, 0x74],
  [10, 0x6e],
  [12, 0x66],
  [13, 0x72],
  [QUOTE, QUOTE],
  [BACKSLASH, BACKSLASH],
]);
const HEX = "0123456789abcdef";

/** One character of a string: at most 6 bytes. */
function putPoint(output: Uint8Array, top: number, point: number): number {
  if (point >= 0x20 && point !== QUOTE && point !== BACKSLASH) return top + writeUtf8(output, top, point);
  output[top] = BACKSLASH;
  const letter = SHORT.get(point);
  if (letter !== undefined) {
    output[top + 1] = letter;
    return top + 2;
  }
  output[top + 1] = 0x75;
  output[top + 2] = 0x30;
  output[top + 3] = 0x30;
  output[top + 4] = HEX.charCodeAt(point >> 4);
  output[top + 5] = HEX.charCodeAt(point & 15);
  return top + 6;
}

function putString(s: StateBlock, start: number, bits: number, at: number): number {
  const end = bits & SPAN.mask;
  s.reserveOutput(at - s.outTop + 6 * (end - start) + 2);
  const { output } = s;
  let top = at;
  output[top++] = QUOTE;
  if ((bits & SPAN.text16) === 0) {
    const source = (bits & SPAN.text8) !== 0 ? s.text8 : s.document;
    for (let i = start; i < end; i++) {
      const byte = source[i]!;
      if (byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH) output[top++] = byte;
      else top = putPoint(output, top, byte);
    }
  } else {
    const { text16 } = s;
    for (let i = start; i < end; i++) {
      let point = text16[i]!;
      if ((point & 0xfc00) === 0xd800) point = 0x10000 + ((point & 0x3ff) << 10) + (text16[++i]! & 0x3ff);
      top = putPoint(output, top, point);
    }
  }
  output[top++] = QUOTE;
  return top;
}

/** The bytes of a span that is not UTF-16. */
const bytesOf = (s: StateBlock, bits: number): Uint8Array =>
  (bits & SPAN.text8) !== 0 ? s.text8 : s.document;

function putRaw(s: StateBlock, start: number, bits: number, top: number): number {
  const end = bits & SPAN.mask;
  s.reserveOutput(top - s.outTop + end - start);
  s.output.set(bytesOf(s, bits).subarray(start, end), top);
  return top + end - start;
}

function putHex(s: StateBlock, start: number, bits: number, at: number): number {
  const end = bits & SPAN.mask;
  s.reserveOutput(at - s.outTop + 2 * (end - start) + 2);
  const source = bytesOf(s, bits);
  const { output } = s;
  let top = at;
  output[top++] = QUOTE;
  for (let i = start; i < end; i++) {
    output[top++] = HEX.charCodeAt(source[i]! >> 4);
    output[top++] = HEX.charCodeAt(source[i]! & 15);
  }
  output[top++] = QUOTE;
  return top;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function putBase64(s: StateBlock, start: number, bits: number, at: number): number {
  const end = bits & SPAN.mask;
  s.reserveOutput(at - s.outTop + 4 * Math.ceil((end - start) / 3) + 2);
  const source = bytesOf(s, bits);
  const { output } = s;
  let top = at;
  output[top++] = QUOTE;
  for (let i = start; i < end; i += 3) {
    const left = end - i;
    const word = (source[i]! << 16) | (left > 1 ? source[i + 1]! << 8 : 0) | (left > 2 ? source[i + 2]! : 0);
    for (let k = 0; k < 4; k++) {
      output[top++] = k <= left ? ALPHABET.charCodeAt((word >> (18 - 6 * k)) & 63) : 0x3d;
    }
  }
  output[top++] = QUOTE;
  return top;
}

function putNumbers(s: StateBlock, start: number, bits: number, at: number): number {
  const end = bits & SPAN.mask;
  s.reserveOutput(at - s.outTop + 4 * (end - start) + 2);
  const source = bytesOf(s, bits);
  let top = at;
  s.output[top++] = 0x5b;
  for (let i = start; i < end; i++) {
    if (i > start) s.output[top++] = COMMA;
    top = putInt(s, source[i]!, top);
  }
  s.output[top++] = 0x5d;
  return top;
}
