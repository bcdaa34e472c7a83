// Heads of MessagePack, always the smallest form.

import type { StateBlock } from "../state/block.ts";
import { countedEncode } from "./counted-encode.ts";
import { type HeadWriter, putBig } from "./counted-put.ts";
import { CODE, fail } from "./stop.ts";

const bits = new DataView(new ArrayBuffer(8));

const WRITER: HeadWriter = {
  none: 0xc0,
  no: 0xc2,
  yes: 0xc3,

  uint({ output }, low, high, top) {
    const value = low >>> 0;
    if (high !== 0) {
      output[top] = 0xcf;
      return putBig(output, low, 4, putBig(output, high, 4, top + 1));
    }
    if (value < 0x80) {
      output[top] = value;
      return top + 1;
    }
    const width = value < 0x100 ? 0 : value < 0x1_0000 ? 1 : 2;
    output[top] = 0xcc + width;
    return putBig(output, value, 1 << width, top + 1);
  },

  nint({ output }, low, high, top) {
    const size = low >>> 0;
    if (high !== 0 || size >= 0x8000_0000) {
      output[top] = 0xd3;
      return putBig(output, ~low, 4, putBig(output, ~high, 4, top + 1));
    }
    if (size < 32) {
      output[top] = ~size;
      return top + 1;
    }
    const width = size < 0x80 ? 0 : size < 0x8000 ? 1 : 2;
    output[top] = 0xd0 + width;
    return putBig(output, ~size, 1 << width, top + 1);
  },

  text: (s, length, top) =>
    length < 32
      ? short(s, 0xa0 | length, top)
      : long(s, length < 0x100 ? 0 : length < 0x1_0000 ? 1 : 2, 0xd9, length, top),
  bytes: (s, length, top) => long(s, length < 0x100 ? 0 : length < 0x1_0000 ? 1 : 2, 0xc4, length, top),
  list: (s, count, top) =>
    count < 16 ? short(s, 0x90 | count, top) : long(s, count < 0x1_0000 ? 1 : 2, 0xdb, count, top),
  map: (s, count, top) =>
    count < 16 ? short(s, 0x80 | count, top) : long(s, count < 0x1_0000 ? 1 : 2, 0xdd, count, top),

  float({ output }, value, single, top) {
    if (single) bits.setFloat32(0, value);
    else bits.setFloat64(0, value);
    output[top] = single ? 0xca : 0xcb;
    const width = single ? 4 : 8;
    for (let i = 0; i < width; i++) output[top + 1 + i] = bits.getUint8(i);
    return top + 1 + width;
  },

  undefined: 0xc0,
  big: (s) => fail(s, CODE.numberRange, s.outTop),
  tag: (s) => fail(s, CODE.typeMismatch, s.outTop),
  simple: (s) => fail(s, CODE.typeMismatch, s.outTop),

  ext({ output }, type, length, top) {
    const fixed = [1, 2, 4, 8, 16].indexOf(length);
    let at = top + 1;
    if (fixed >= 0) {
      output[top] = 0xd4 + fixed;
    } else {
      const width = length < 0x100 ? 0 : length < 0x1_0000 ? 1 : 2;
      output[top] = 0xc7 + width;
      at = putBig(output, length, 1 << width, at);
    }
    output[at] = type;
    return at + 1;
  },
};

function short({ output }: StateBlock, marker: number, top: number): number {
  output[top] = marker;
  return top + 1;
}

/** `marker` is the one for a one-byte number, be there one or not. */
function long({ output }: StateBlock, width: number, marker: number, value: number, top: number): number {
  output[top] = marker + width;
  return putBig(output, value, 1 << width, top + 1);
}

export const MSGPACK_ENCODE = countedEncode(WRITER);
