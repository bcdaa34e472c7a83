// postcard from bytes to cells: nothing describes itself, so a program is straight-line reads. The document is padded
// with zeros: read first, then compare the new position with the end.

import { KIND } from "../ir/kinds.ts";
import { RECORD_BYTES, type Verb } from "../ir/ops.ts";
import { CASES } from "../ir/tables.ts";
import { FRAME, type StateBlock } from "../state/block.ts";
import { copyText } from "./binary-text.ts";
import { enterCase, numberedCase, putInt53 } from "./cells.ts";
import { closeList, emptyList, nextElement, openList } from "./lists.ts";
import { CODE, DONE, fail, type Handler, short } from "./stop.ts";
import { codePointAt, invalidUtf8At } from "./utf8.ts";

type DecodeVerb = Exclude<Verb<"postcard">, "put" | "some" | "each" | "more">;

export const POSTCARD_DECODE = {
  get(s, { words }, pc) {
    const at = pc >> 2;
    const end = getLeaf(s, s.cursor, (words[at]! >>> 8) & 255, s.rec + words[at + 1]!);
    if (end < 0) return end;
    s.cursor = end;
    return pc + RECORD_BYTES;
  },

  opt(s, { words }, pc) {
    const at = pc >> 2;
    const c = s.cursor;
    if (c >= s.end) return short(s);
    const byte = s.document[c]!;
    if (byte > 1) return fail(s, CODE.invalidOption, c);
    const bit = words[at + 1]!;
    const word = 2 * s.rec + (bit >> 5);
    s.cursor = c + 1;
    if (byte === 0) {
      s.i32[word]! &= ~(1 << (bit & 31));
      return words[at + 2]!;
    }
    s.i32[word]! |= 1 << (bit & 31);
    return pc + RECORD_BYTES;
  },

  list(s, { words }, pc) {
    const at = pc >> 2;
    let c = s.cursor;
    let count = words[at + 2]!;
    if (count < 0) {
      c = readVarint(s, c);
      if (c < 0) return c;
      // More elements than a list cell can count do not fit in memory either.
      if (varint.value > 0x7fff_ffff) return fail(s, CODE.memoryLimit, s.cursor);
      count = varint.value;
    }
    if (count === 0) return emptyList(s, words, pc, s.cursor, c);
    return openList(s, words, pc, count - 1, s.cursor, c);
  },

  next(s, { words }) {
    const frame = s.frameTop - FRAME.words;
    const left = s.words[frame + FRAME.left]!;
    if (left === 0) return closeList(s, words, s.cursor, s.cursor);
    const next = nextElement(s, words, s.cursor);
    if (next >= 0) s.words[frame + FRAME.left] = left - 1;
    return next;
  },

  case(s, { words }, pc) {
    const at = pc >> 2;
    const table = words[at + 2]! >> 2;
    const start = s.cursor;
    const c = readVarint(s, start);
    if (c < 0) return c;
    let row = numberedCase(words, table, varint.value);
    if (row < 0) row = words[table + CASES.other]!;
    if (row < 0) return fail(s, CODE.unknownVariant, start);
    return enterCase(s, words, at, table, row, c);
  },

  end(s) {
    if (s.cursor < s.end) return fail(s, CODE.trailingBytes, s.cursor);
    return s.more !== 0 ? short(s) : DONE;
  },
} satisfies Record<DecodeVerb, Handler>;

/** The value of the last varint of at most 32 bits. */
const varint = { value: 0 };

/** A varint of at most 32 bits; the position behind it, or a stop. */
function readVarint(s: StateBlock, at: number): number {
  const { document } = s;
  const first = document[at]!;
  if (first < 0x80) {
    varint.value = first;
    return at < s.end ? at + 1 : short(s);
  }
  return readLongVarint(s, at, 32);
}

/** The halves of the last long varint. */
const halves = { low: 0, high: 0 };

/**
 * A varint of at most `bits` bits, in `varint` and `halves`. More bytes than that takes, or bits beyond it, overflow;
 * more bytes than the value needs are allowed (postcard's rule).
 */
function readLongVarint(s: StateBlock, at: number, bits: number): number {
  const { document } = s;
  const last = Math.ceil(bits / 7) - 1;
  let low = 0;
  let high = 0;
  for (let i = 0; ; i++) {
    const c = at + i;
    if (c >= s.end) return short(s);
    const byte = document[c]!;
    const part = byte & 0x7f;
    const shift = 7 * i;
    if (shift < 28) {
      low |= part << shift;
    } else if (shift === 28) {
      low |= part << 28;
      high = part >> 4;
    } else {
      high |= part << (shift - 32);
    }
    if (i === last && part >> (bits - shift) !== 0) return fail(s, CODE.varintOverflow, at);
    if (byte < 0x80) {
      halves.low = low;
      halves.high = high;
      varint.value = (high >>> 0) * 0x1_0000_0000 + (low >>> 0);
      return c + 1;
    }
    if (i === last) return fail(s, CODE.varintOverflow, at);
  }
}

const bits = new DataView(new ArrayBuffer(8));
/** All NaNs are this one in cells (D46). */
const NAN = Number.NaN;

function getLeaf(s: StateBlock, at: number, kind: number, cell: number): number {
  const { document, i32 } = s;
  switch (kind) {
    case KIND.unit:
      return at;
    case KIND.bool:
    case KIND.u8:
    case KIND.i8: {
      if (at >= s.end) return short(s);
      const byte = document[at]!;
      if (kind === KIND.bool && byte > 1) return fail(s, CODE.invalidBool, at);
      const value = kind === KIND.i8 ? (byte << 24) >> 24 : byte;
      i32[2 * cell] = value;
      i32[2 * cell + 1] = value < 0 ? -1 : 0;
      return at + 1;
    }
    case KIND.u16:
    case KIND.u32: {
      const end = kind === KIND.u32 ? readVarint(s, at) : readLongVarint(s, at, 16);
      if (end < 0) return end;
      i32[2 * cell] = varint.value;
      i32[2 * cell + 1] = 0;
      return end;
    }
    case KIND.i16:
    case KIND.i32: {
      const end = readLongVarint(s, at, kind === KIND.i16 ? 16 : 32);
      if (end < 0) return end;
      const value = (halves.low >>> 1) ^ -(halves.low & 1);
      i32[2 * cell] = value;
      i32[2 * cell + 1] = value >> 31;
      return end;
    }
    case KIND.u64:
    case KIND.i64:
    case KIND.u53:
    case KIND.i53:
      return get64(s, at, kind, cell);
    case KIND.f32:
    case KIND.f64: {
      const width = kind === KIND.f32 ? 4 : 8;
      if (at + width > s.end) return short(s);
      for (let i = 0; i < width; i++) bits.setUint8(i, document[at + i]!);
      const value = width === 4 ? bits.getFloat32(0, true) : bits.getFloat64(0, true);
      s.f64[cell] = Number.isNaN(value) ? NAN : value;
      return at + width;
    }
    default:
      return getText(s, at, kind, cell);
  }
}

function get64(s: StateBlock, at: number, kind: number, cell: number): number {
  const end = readLongVarint(s, at, 64);
  if (end < 0) return end;
  let { low, high } = halves;
  if (kind === KIND.i64 || kind === KIND.i53) {
    const sign = -(low & 1);
    low = ((low >>> 1) | (high << 31)) ^ sign;
    high = (high >>> 1) ^ sign;
  }
  if (kind === KIND.u53 || kind === KIND.i53) {
    const top = kind === KIND.u53 ? high >>> 0 : high;
    const value = top * 0x1_0000_0000 + (low >>> 0);
    if (!Number.isSafeInteger(value)) return fail(s, CODE.numberRange, at);
    putInt53(s, cell, value);
    return end;
  }
  s.i32[2 * cell] = low;
  s.i32[2 * cell + 1] = high;
  return end;
}

function getText(s: StateBlock, at: number, kind: number, cell: number): number {
  const from = readVarint(s, at);
  if (from < 0) return from;
  const end = from + varint.value;
  if (end > s.end) return short(s);
  if (kind === KIND.bytes) {
    s.i32[2 * cell] = from;
    s.i32[2 * cell + 1] = end;
    return end;
  }
  if (kind === KIND.char) {
    if (varint.value === 0) return fail(s, CODE.typeMismatch, at);
    const invalid = invalidUtf8At(s.document, from, end);
    if (invalid >= 0) return fail(s, CODE.invalidUtf8, Math.min(invalid, end - 1));
    const found = codePointAt(s.document, from);
    if ((found & 7) !== varint.value) return fail(s, CODE.typeMismatch, at);
    s.i32[2 * cell] = found >> 3;
    s.i32[2 * cell + 1] = 0;
    return end;
  }
  return copyText(s, from, end, cell);
}
