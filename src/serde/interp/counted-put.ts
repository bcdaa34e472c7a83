// One leaf of MessagePack or CBOR, over a writer of heads.

import { KIND } from "../ir/kinds.ts";
import { ANY_VARIANT } from "../layout/any.ts";
import { SPAN, type StateBlock } from "../state/block.ts";
import { utf8Length, writeUtf8, writeUtf16 } from "./utf8.ts";

/** Every method writes at `top`, where there is room for 16 bytes, and returns where it ends. */
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
  /** A stop where the format has no such thing, as with the rest. */
  readonly undefined: number;
  big(s: StateBlock, negative: boolean, length: number, top: number): number;
  tag(s: StateBlock, low: number, high: number, top: number): number;
  simple(s: StateBlock, value: number, top: number): number;
  ext(s: StateBlock, type: number, length: number, top: number): number;
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
    case KIND.integer:
      return putInteger(s, cell, top, to);
    case KIND.other:
      if (low === ANY_VARIANT.undefined) {
        s.output[top] = to.undefined;
        return top + 1;
      }
      if (low === ANY_VARIANT.simple) return to.simple(s, high, top);
      {
        const [start, span] = [s.i32[2 * cell + 2]!, s.i32[2 * cell + 3]!];
        const from = to.ext(s, high, (span & SPAN.mask) - start, top);
        return from < 0 ? from : putBytes(s, start, span, from);
      }
    case KIND.tag:
      return to.tag(s, low, high, top);
    case KIND.raw:
      return putBytes(s, low, high, top);
    case KIND.str:
      return putText(s, low, high, top, to);
    default:
      return putBytes(s, low, high, to.bytes(s, (high & SPAN.mask) - low, top));
  }
}

function putInteger(s: StateBlock, cell: number, top: number, to: HeadWriter): number {
  const variant = s.i32[2 * cell]!;
  const low = s.i32[2 * cell + 2]!;
  const high = s.i32[2 * cell + 3]!;
  if (variant === ANY_VARIANT.big) {
    const from = to.big(s, s.i32[2 * cell + 1] === 1, (high & SPAN.mask) - low, top);
    return from < 0 ? from : putBytes(s, low, high, from);
  }
  return variant === ANY_VARIANT.int && high < 0 ? to.nint(s, ~low, ~high, top) : to.uint(s, low, high, top);
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
