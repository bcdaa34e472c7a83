// Heads of MessagePack: one marker byte, then a big-endian number where the marker says so.

import type { StateBlock } from "../state/block.ts";
import { head, setHead, setInt, TYPE } from "./head.ts";
import { CODE, fail, short } from "./stop.ts";

const bits = new DataView(new ArrayBuffer(8));

export function readMsgpackHead(s: StateBlock, at: number): number {
  if (at >= s.end) return short(s);
  const marker = s.document[at]!;
  if (marker < 0x80) {
    setInt(marker, 0, false);
    return at + 1;
  }
  if (marker >= 0xe0) {
    setInt(0xff - marker, 0, true);
    return at + 1;
  }
  if (marker < 0xc0) {
    if (marker < 0x90) setHead(TYPE.map, marker & 15);
    else if (marker < 0xa0) setHead(TYPE.list, marker & 15);
    else setHead(TYPE.str, marker & 31);
    return at + 1;
  }
  return readLong(s, at, marker);
}

/** Bytes behind the markers c0..df. */
const WIDTHS = [
  0, 0, 0, 0, 1, 2, 4, 2, 3, 5, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 1, 1, 1, 1, 1, 1, 2, 4, 2, 4, 2, 4,
] as const;

function readLong(s: StateBlock, at: number, marker: number): number {
  const next = at + 1 + WIDTHS[marker - 0xc0]!;
  if (next > s.end) return short(s);
  const { document } = s;
  const c = at + 1;
  switch (marker) {
    case 0xc0:
      setHead(TYPE.null, 0);
      break;
    case 0xc1:
      return fail(s, CODE.badMarker, at);
    case 0xc2:
    case 0xc3:
      setHead(TYPE.bool, marker - 0xc2);
      break;
    case 0xc4:
    case 0xc5:
    case 0xc6:
      setHead(TYPE.bytes, unsigned(document, c, next - c));
      break;
    case 0xc7:
    case 0xc8:
    case 0xc9:
      setHead(TYPE.ext, unsigned(document, c, next - c - 1));
      head.low = (document[next - 1]! << 24) >> 24;
      break;
    case 0xca:
      bits.setUint32(0, unsigned(document, c, 4));
      setHead(TYPE.float, 0);
      head.float = bits.getFloat32(0);
      break;
    case 0xcb:
      bits.setUint32(0, unsigned(document, c, 4));
      bits.setUint32(4, unsigned(document, c + 4, 4));
      setHead(TYPE.float, 0);
      head.float = bits.getFloat64(0);
      break;
    case 0xcc:
    case 0xcd:
    case 0xce:
      setInt(unsigned(document, c, next - c), 0, false);
      break;
    case 0xcf:
      setInt(unsigned(document, c + 4, 4), unsigned(document, c, 4), false);
      break;
    case 0xd0:
    case 0xd1:
    case 0xd2: {
      const shift = 32 - 8 * (next - c);
      const value = (unsigned(document, c, next - c) << shift) >> shift;
      if (value < 0) setInt(~value, 0, true);
      else setInt(value, 0, false);
      break;
    }
    case 0xd3: {
      const high = unsigned(document, c, 4) | 0;
      const low = unsigned(document, c + 4, 4);
      if (high < 0) setInt(~low, ~high, true);
      else setInt(low, high, false);
      break;
    }
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
      setHead(TYPE.ext, 1 << (marker - 0xd4));
      head.low = (document[c]! << 24) >> 24;
      break;
    case 0xd9:
    case 0xda:
    case 0xdb:
      setHead(TYPE.str, unsigned(document, c, next - c));
      break;
    default:
      setHead(marker < 0xde ? TYPE.list : TYPE.map, unsigned(document, c, next - c));
  }
  return next;
}

/** Up to 32 bits, big-endian. */
function unsigned(bytes: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let i = 0; i < width; i++) value = value * 256 + bytes[at + i]!;
  return value;
}
