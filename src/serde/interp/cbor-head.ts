// Heads of CBOR (RFC 8949): major type in 3 bits, then a number in 5 bits or in the 1, 2, 4 or 8 bytes that follow.

import { MODE } from "../ir/program.ts";
import type { StateBlock } from "../state/block.ts";
import { chunks, readChunks } from "./chunks.ts";
import { big, head, setHead, setInt, TYPE } from "./head.ts";
import { CODE, fail, short } from "./stop.ts";

const bits = new DataView(new ArrayBuffer(8));
const POSITIVE_BIG = 2;
const NEGATIVE_BIG = 3;
/** Digits of a big number per byte, rounded up: what maxNumberDigits is held against. */
const DIGITS_PER_BYTE = 2.41;

export function readCborHead(s: StateBlock, at: number, tags: boolean): number {
  let c = at;
  for (;;) {
    const start = c;
    if (c >= s.end) return short(s);
    const initial = s.document[c]!;
    const major = initial >> 5;
    c = readArgument(s, c, initial);
    if (c < 0) return c;
    switch (major) {
      case 0:
      case 1:
        setInt(head.low, head.high, major === 1);
        return c;
      case 2:
      case 3:
        head.type = major === 2 ? TYPE.bytes : TYPE.str;
        return c;
      case 4:
      case 5:
        head.type = major === 4 ? TYPE.list : TYPE.map;
        return c;
      case 6:
        if (head.high === 0 && (head.low === POSITIVE_BIG || head.low === NEGATIVE_BIG)) {
          const end = readBig(s, start, c, head.low === NEGATIVE_BIG);
          // A tag 2 on something else than bytes is a tag like any other.
          if (end !== 0) return end;
          setTag(head.low);
        }
        if (tags) {
          head.type = TYPE.tag;
          return c;
        }
        continue;
      default:
        return readSimple(s, start, c, initial & 31);
    }
  }
}

function setTag(number: number): void {
  head.value = number;
  head.high = 0;
}

/** The number of the head at `at`, in `head`; -1 in `value`: indefinite. */
function readArgument(s: StateBlock, at: number, initial: number): number {
  const info = initial & 31;
  const major = initial >> 5;
  if (info < 24) {
    head.low = info;
    head.high = 0;
    head.value = info;
    return at + 1;
  }
  if (info === 31 && major >= 2 && major <= 5) {
    if ((s.mode & MODE.deterministic) !== 0) return fail(s, CODE.notShortest, at);
    head.value = -1;
    return at + 1;
  }
  if (info > 27) return fail(s, info === 31 && major === 7 ? CODE.unexpectedByte : CODE.badMarker, at);
  const width = 1 << (info - 24);
  const next = at + 1 + width;
  if (next > s.end) return short(s);
  const { document } = s;
  let low = 0;
  let high = 0;
  for (let c = at + 1; c < next; c++) {
    high = ((high << 8) | (low >>> 24)) >>> 0;
    low = ((low << 8) | document[c]!) >>> 0;
  }
  head.low = low;
  head.high = high;
  head.value = high * 0x1_0000_0000 + low;
  if ((s.mode & MODE.deterministic) !== 0 && major !== 7) {
    const least = [24, 0x100, 0x1_0000, 0x1_0000_0000][info - 24]!;
    if (head.value < least) return fail(s, CODE.notShortest, at);
  }
  return next;
}

function readSimple(s: StateBlock, at: number, next: number, info: number): number {
  switch (info) {
    case 20:
    case 21:
      setHead(TYPE.bool, info - 20);
      break;
    case 22:
      setHead(TYPE.null, 0);
      break;
    case 23:
      setHead(TYPE.undefined, 0);
      break;
    case 24:
      if (head.low < 32) return fail(s, CODE.badMarker, at);
      setHead(TYPE.simple, head.low);
      break;
    case 25:
      head.float = half(head.low);
      setHead(TYPE.float, 0);
      break;
    case 26:
      bits.setUint32(0, head.low);
      head.float = bits.getFloat32(0);
      setHead(TYPE.float, 0);
      break;
    case 27:
      bits.setUint32(0, head.high);
      bits.setUint32(4, head.low);
      head.float = bits.getFloat64(0);
      setHead(TYPE.float, 0);
      break;
    default:
      setHead(TYPE.simple, info);
  }
  if (info >= 26 && (s.mode & MODE.deterministic) !== 0 && floatWidth(head.float) < 1 << (info - 24)) {
    return fail(s, CODE.notShortest, at);
  }
  return next;
}

/** A half-precision float. */
function half(word: number): number {
  const exponent = (word >> 10) & 31;
  const fraction = word & 0x3ff;
  const sign = word >= 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Bytes of the shortest float that is the same number. */
export function floatWidth(value: number): 2 | 4 | 8 {
  if (Number.isNaN(value)) return 2;
  if (Math.fround(value) !== value) return 8;
  return halfBits(value) < 0 ? 4 : 2;
}

/** The half-precision float that is exactly this number, or -1. */
export function halfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size === Number.POSITIVE_INFINITY) return sign | 0x7c00;
  if (size < 2 ** -14) {
    const fraction = size * 2 ** 24;
    return Number.isInteger(fraction) ? sign | fraction : -1;
  }
  if (size > 65504) return -1;
  let exponent = 15;
  while (size < 2 ** (exponent - 15)) exponent--;
  while (size >= 2 ** (exponent - 14)) exponent++;
  const fraction = (size / 2 ** (exponent - 15) - 1) * 1024;
  return Number.isInteger(fraction) ? sign | (exponent << 10) | fraction : -1;
}

/** The big number whose tag is at `tag` and whose bytes are at `at`; 0: what is there is not bytes. */
function readBig(s: StateBlock, tag: number, at: number, negative: boolean): number {
  if (at >= s.end) return short(s);
  const number = head.low;
  if (s.document[at]! >> 5 !== 2) return 0;
  const c = readArgument(s, at, s.document[at]!);
  if (c < 0) return c;
  const end = readChunks(s, c, head.value, 2);
  if (end < 0) return end;
  head.low = number;
  let { from } = chunks;
  while (from < chunks.to && chunks.bytes[from] === 0) from++;
  if ((chunks.to - from) * DIGITS_PER_BYTE > s.limits.maxNumberDigits + DIGITS_PER_BYTE) {
    return fail(s, CODE.digitLimit, tag);
  }
  if (chunks.to - from <= 8) {
    let low = 0;
    let high = 0;
    for (; from < chunks.to; from++) {
      high = ((high << 8) | (low >>> 24)) >>> 0;
      low = ((low << 8) | chunks.bytes[from]!) >>> 0;
    }
    setInt(low, high, negative);
    return end;
  }
  big.bytes = chunks.bytes;
  big.from = from;
  big.to = chunks.to;
  big.negative = negative;
  setHead(TYPE.big, negative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
  return end;
}
