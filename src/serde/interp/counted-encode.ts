// MessagePack and CBOR from cells to bytes, over a writer of heads.

import { KIND } from "../ir/kinds.ts";
import { EACH, HEAD, RECORD_BYTES, type Verb } from "../ir/ops.ts";
import { BITS } from "../ir/tables.ts";
import { SPAN, type StateBlock } from "../state/block.ts";
import { enterList, hasMore, leaveList, nextOf, written } from "./encode-lists.ts";
import { sortEntries } from "./sort-entries.ts";
import type { Handler } from "./stop.ts";
import { utf8Length, writeUtf8, writeUtf16 } from "./utf8.ts";

type EncodeVerb = Extract<Verb<"cbor">, "put" | "head" | "some" | "each" | "more">;

/** Every method writes at `top`, where there is room for 9 bytes, and returns where it ends. */
export interface HeadWriter {
  readonly none: number;
  readonly no: number;
  readonly yes: number;
  /** Unsigned. */
  uint(s: StateBlock, low: number, high: number, top: number): number;
  /** -1 - n. */
  nint(s: StateBlock, low: number, high: number, top: number): number;
  text(s: StateBlock, length: number, top: number): number;
  bytes(s: StateBlock, length: number, top: number): number;
  list(s: StateBlock, count: number, top: number): number;
  map(s: StateBlock, count: number, top: number): number;
  float(s: StateBlock, value: number, single: boolean, top: number): number;
}

/** The longest head. */
const ROOM = 9;

export function countedEncode(to: HeadWriter): Readonly<Record<EncodeVerb, Handler>> {
  return {
    put(s, { words }, pc) {
      const at = pc >> 2;
      s.reserveOutput(ROOM);
      const top = putLeaf(s, s.rec + words[at + 1]!, (words[at]! >>> 8) & 255, to);
      return written(s, top, pc + RECORD_BYTES);
    },

    head(s, { words }, pc) {
      const at = pc >> 2;
      let count = words[at + 1]!;
      if (words[at + 2]! >= 0) count += setBits(s, words, words[at + 2]! >> 2);
      if (words[at + 3]! >= 0) count += s.i32[2 * (s.rec + words[at + 3]!) + 1]!;
      s.reserveOutput(ROOM);
      const isMap = ((words[at]! >>> 8) & 255) === HEAD.map;
      const top = isMap ? to.map(s, count, s.outTop) : to.list(s, count, s.outTop);
      return written(s, top, pc + RECORD_BYTES);
    },

    some(s, { words }, pc) {
      const at = pc >> 2;
      const bit = words[at + 1]!;
      if ((s.i32[2 * s.rec + (bit >> 5)]! & (1 << (bit & 31))) !== 0) return pc + RECORD_BYTES;
      s.reserveOutput(1);
      s.output[s.outTop] = to.none;
      return written(s, s.outTop + 1, words[at + 2]!);
    },

    each(s, { words }, pc) {
      const at = pc >> 2;
      const flags = (words[at]! >>> 8) & 255;
      const cell = 2 * (s.rec + words[at + 1]!);
      const count = s.i32[cell + 1]!;
      let top = s.outTop;
      if ((flags & EACH.bare) === 0) {
        s.reserveOutput(ROOM);
        top = (flags & EACH.map) !== 0 ? to.map(s, count, top) : to.list(s, count, top);
      }
      const done = written(s, top, words[at + 3]!);
      if (done < 0 || count === 0) return done;
      if ((flags & EACH.sorted) !== 0) sortEntries(s, s.i32[cell]!, count, words[at]! >>> 16, words, pc, to);
      const before = s.outTop;
      const next = enterList(s, words, pc);
      if (next < 0) s.outTop = before;
      return next;
    },

    more: (s, { words }) => (hasMore(s) ? nextOf(s, words) : leaveList(s, words)),
  };
}

/** How many of the bits of the table at word `table` are set in the current record. */
function setBits(s: StateBlock, words: Int32Array, table: number): number {
  let count = 0;
  const rows = words[table + BITS.count]!;
  for (let i = 0; i < rows; i++) {
    const at = table + BITS.rows + 2 * i;
    for (let bits = s.i32[2 * s.rec + words[at]!]! & words[at + 1]!; bits !== 0; bits &= bits - 1) count++;
  }
  return count;
}

/** One leaf at the top of the output; where it ends. */
export function putLeaf(s: StateBlock, cell: number, kind: number, to: HeadWriter): number {
  const low = s.i32[2 * cell]!;
  const high = s.i32[2 * cell + 1]!;
  const top = s.outTop;
  switch (kind) {
    case KIND.unit:
      s.output[top] = to.none;
      return top + 1;
    case KIND.bool:
      s.output[top] = low !== 0 ? to.yes : to.no;
      return top + 1;
    case KIND.u8:
    case KIND.u16:
    case KIND.u32:
    case KIND.index:
      return to.uint(s, low, 0, top);
    case KIND.u64:
    case KIND.u53:
      return to.uint(s, low, high, top);
    case KIND.i8:
    case KIND.i16:
    case KIND.i32:
      return low < 0 ? to.nint(s, ~low, 0, top) : to.uint(s, low, 0, top);
    case KIND.i64:
    case KIND.i53:
      return high < 0 ? to.nint(s, ~low, ~high, top) : to.uint(s, low, high, top);
    case KIND.f32:
    case KIND.f64:
      return to.float(s, s.f64[cell]!, kind === KIND.f32, top);
    case KIND.char: {
      const length = low < 0x80 ? 1 : low < 0x800 ? 2 : low < 0x10000 ? 3 : 4;
      const from = to.text(s, length, top);
      return from + writeUtf8(s.output, from, low);
    }
    case KIND.raw:
      return putBytes(s, low, high, top);
    case KIND.str:
      return putText(s, low, high, top, to);
    default:
      return putBytes(s, low, high, to.bytes(s, (high & SPAN.mask) - low, top));
  }
}

function putText(s: StateBlock, start: number, span: number, top: number, to: HeadWriter): number {
  if ((span & SPAN.text16) === 0)
    return putBytes(s, start, span, to.text(s, (span & SPAN.mask) - start, top));
  const end = span & SPAN.mask;
  const length = utf8Length(s.text16, start, end);
  const from = to.text(s, length, top);
  s.reserveOutput(from - s.outTop + length);
  return writeUtf16(s.output, from, s.text16, start, end);
}

function putBytes(s: StateBlock, start: number, span: number, at: number): number {
  const end = span & SPAN.mask;
  s.reserveOutput(at - s.outTop + end - start);
  const source = (span & SPAN.text8) !== 0 ? s.text8 : s.document;
  const { output } = s;
  let top = at;
  for (let i = start; i < end; i++) output[top++] = source[i]!;
  return top;
}

/** `width` bytes of a number of up to 32 bits, big-endian. */
export function putBig(bytes: Uint8Array, value: number, width: number, at: number): number {
  for (let i = 0; i < width; i++) bytes[at + i] = value >>> (8 * (width - 1 - i));
  return at + width;
}
