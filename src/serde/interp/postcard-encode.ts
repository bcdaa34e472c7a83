// postcard from cells to bytes.

import { KIND } from "../ir/kinds.ts";
import { RECORD_BYTES } from "../ir/ops.ts";
import { SPAN, type StateBlock } from "../state/block.ts";
import { enterList, hasMore, leaveList, nextOf, written } from "./encode-lists.ts";
import { CODE, fail, type Handler } from "./stop.ts";
import { utf8Length, writeUtf8, writeUtf16 } from "./utf8.ts";

type EncodeVerb = "put" | "some" | "each" | "more";

export const POSTCARD_ENCODE = {
  put(s, { words }, pc) {
    const at = pc >> 2;
    const top = putLeaf(s, s.rec + words[at + 1]!, (words[at]! >>> 8) & 255);
    return written(s, top, pc + RECORD_BYTES);
  },

  some(s, { words }, pc) {
    const at = pc >> 2;
    const bit = words[at + 1]!;
    const set = (s.i32[2 * s.rec + (bit >> 5)]! & (1 << (bit & 31))) !== 0;
    s.reserveOutput(1);
    s.output[s.outTop] = set ? 1 : 0;
    return written(s, s.outTop + 1, set ? pc + RECORD_BYTES : words[at + 2]!);
  },

  each(s, { words }, pc) {
    const at = pc >> 2;
    const count = s.i32[2 * (s.rec + words[at + 1]!) + 1]!;
    const top = words[at + 2]! >= 0 ? s.outTop : putVarint(s, count, s.outTop);
    if (count === 0) return written(s, top, words[at + 3]!);
    if (top > s.outLimit) return fail(s, CODE.outputLimit, s.outTop);
    const next = enterList(s, words, pc);
    if (next >= 0) s.outTop = top;
    return next;
  },

  more: (s, { words }) => (hasMore(s) ? nextOf(s, words) : leaveList(s, words)),
} satisfies Record<EncodeVerb, Handler>;

const bits = new DataView(new ArrayBuffer(8));

/** One leaf; where it ends. */
function putLeaf(s: StateBlock, cell: number, kind: number): number {
  const low = s.i32[2 * cell]!;
  const top = s.outTop;
  switch (kind) {
    case KIND.unit:
      return top;
    case KIND.bool:
    case KIND.u8:
    case KIND.i8:
      s.reserveOutput(1);
      s.output[top] = kind === KIND.bool ? (low !== 0 ? 1 : 0) : low;
      return top + 1;
    case KIND.u16:
    case KIND.u32:
    case KIND.index:
      return putVarint(s, low >>> 0, top);
    case KIND.i16:
    case KIND.i32:
      return putVarint(s, ((low << 1) ^ (low >> 31)) >>> 0, top);
    case KIND.u64:
    case KIND.u53:
      return putHalves(s, low, s.i32[2 * cell + 1]!, top);
    case KIND.i64:
    case KIND.i53: {
      const high = s.i32[2 * cell + 1]!;
      const sign = high >> 31;
      return putHalves(s, (low << 1) ^ sign, ((high << 1) | (low >>> 31)) ^ sign, top);
    }
    case KIND.f32:
    case KIND.f64: {
      const width = kind === KIND.f32 ? 4 : 8;
      const value = s.f64[cell]!;
      if (width === 4) bits.setFloat32(0, value, true);
      else bits.setFloat64(0, value, true);
      s.reserveOutput(8);
      for (let i = 0; i < width; i++) s.output[top + i] = bits.getUint8(i);
      return top + width;
    }
    case KIND.char: {
      s.reserveOutput(5);
      const length = writeUtf8(s.output, top + 1, low);
      s.output[top] = length;
      return top + 1 + length;
    }
    default:
      return putText(s, low, s.i32[2 * cell + 1]!, top);
  }
}

/** At most 32 bits, or a safe integer. */
function putVarint(s: StateBlock, value: number, at: number): number {
  s.reserveOutput(at - s.outTop + 10);
  let top = at;
  let rest = value;
  while (rest >= 0x80) {
    s.output[top++] = (rest & 0x7f) | 0x80;
    rest = Math.floor(rest / 128);
  }
  s.output[top++] = rest;
  return top;
}

function putHalves(s: StateBlock, low: number, high: number, at: number): number {
  s.reserveOutput(10);
  let top = at;
  let a = low >>> 0;
  let b = high >>> 0;
  while (b !== 0 || a >= 0x80) {
    s.output[top++] = (a & 0x7f) | 0x80;
    a = ((a >>> 7) | (b << 25)) >>> 0;
    b >>>= 7;
  }
  s.output[top++] = a;
  return top;
}

/** Text, or bytes, behind their length. */
function putText(s: StateBlock, start: number, span: number, at: number): number {
  const end = span & SPAN.mask;
  if ((span & SPAN.text16) !== 0) {
    const length = utf8Length(s.text16, start, end);
    const top = putVarint(s, length, at);
    s.reserveOutput(top - s.outTop + length);
    return writeUtf16(s.output, top, s.text16, start, end);
  }
  const length = end - start;
  let top = putVarint(s, length, at);
  s.reserveOutput(top - s.outTop + length);
  const source = (span & SPAN.text8) !== 0 ? s.text8 : s.document;
  const { output } = s;
  for (let i = start; i < end; i++) output[top++] = source[i]!;
  return top;
}
