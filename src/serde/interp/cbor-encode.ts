// Heads of CBOR, always the shortest form; floats at the width of the shape, or shortest in deterministic mode.

import { MODE } from "../ir/program.ts";
import { floatWidth, halfBits } from "./cbor-head.ts";
import { countedEncode } from "./counted-encode.ts";
import { type HeadWriter, putBig } from "./counted-put.ts";
import { CODE, fail } from "./stop.ts";

const bits = new DataView(new ArrayBuffer(8));

function argument(output: Uint8Array, major: number, low: number, high: number, top: number): number {
  const value = low >>> 0;
  const first = major << 5;
  if (high !== 0) {
    output[top] = first | 27;
    return putBig(output, low, 4, putBig(output, high, 4, top + 1));
  }
  if (value < 24) {
    output[top] = first | value;
    return top + 1;
  }
  const width = value < 0x100 ? 0 : value < 0x1_0000 ? 1 : 2;
  output[top] = first | (24 + width);
  return putBig(output, value, 1 << width, top + 1);
}

const WRITER: HeadWriter = {
  none: 0xf6,
  no: 0xf4,
  yes: 0xf5,
  uint: ({ output }, low, high, top) => argument(output, 0, low, high, top),
  nint: ({ output }, low, high, top) => argument(output, 1, low, high, top),
  bytes: ({ output }, length, top) => argument(output, 2, length, 0, top),
  text: ({ output }, length, top) => argument(output, 3, length, 0, top),
  list: ({ output }, count, top) => argument(output, 4, count, 0, top),
  map: ({ output }, count, top) => argument(output, 5, count, 0, top),

  float({ output, mode }, value, single, top) {
    const width = (mode & MODE.deterministic) !== 0 ? floatWidth(value) : single ? 4 : 8;
    if (width === 2) {
      output[top] = 0xf9;
      return putBig(output, halfBits(value), 2, top + 1);
    }
    if (width === 4) bits.setFloat32(0, value);
    else bits.setFloat64(0, value);
    output[top] = width === 4 ? 0xfa : 0xfb;
    for (let i = 0; i < width; i++) output[top + 1 + i] = bits.getUint8(i);
    return top + 1 + width;
  },

  undefined: 0xf7,
  big({ output }, negative, length, top) {
    // Eight bytes that are not in a signed cell: -2^63 - 1 to -2^64, which major type 1 holds (RFC 8949 §3.4.3).
    if (length === 8) {
      output[top] = 0x3b;
      return top + 1;
    }
    return argument(output, 2, length, 0, argument(output, 6, negative ? 3 : 2, 0, top));
  },
  tag: ({ output }, low, high, top) => argument(output, 6, low, high, top),
  simple({ output }, value, top) {
    if (value < 24) return argument(output, 7, value, 0, top);
    output[top] = 0xf8;
    output[top + 1] = value;
    return top + 2;
  },
  ext: (s) => fail(s, CODE.typeMismatch, s.outTop),
};

export const CBOR_ENCODE = countedEncode(WRITER);
