// The head of a value in the formats that count: what it is, and its number, length or count. MessagePack and CBOR differ
// in how heads are written and in nothing else, so each has a reader of heads and the rest is shared.

import { integerOf } from "../state/any-integer.ts";
import type { StateBlock } from "../state/block.ts";

/** What a head can be: `simple` and `big` in CBOR only, `tag` only when asked for, `ext` in MessagePack only. */
const TYPES = [
  "null",
  "undefined",
  "bool",
  /** 0..2^64-1 in `low` and `high`. */
  "uint",
  /** -1 - n, with n in `low` and `high`. */
  "nint",
  "float",
  "str",
  "bytes",
  "list",
  "map",
  "tag",
  /** A simple value without a meaning of its own. */
  "simple",
  /** `value` bytes of type `low`. */
  "ext",
  /** An integer of more than 64 bits; its bytes are in `big`. */
  "big",
] as const;
// Plain numbers for the compiler: it would otherwise believe that a head it has looked at stays what it is.
export const TYPE = Object.fromEntries(TYPES.map((name, i) => [name, i])) as Readonly<
  Record<(typeof TYPES)[number], number>
>;

/** What the last head said. */
export const head = {
  type: 0,
  /** The number as a double; length of text and bytes; entries of containers; -1: until a break. */
  value: 0,
  low: 0,
  high: 0,
  float: 0,
};

/** The magnitude of `TYPE.big`: where its bytes are, most significant first, and its sign. */
export const big: { bytes: Uint8Array; from: number; to: number; negative: boolean } = {
  bytes: new Uint8Array(),
  from: 0,
  to: 0,
  negative: false,
};

/**
 * Reads the head at `at` into `head`; the position behind it, or a stop. `tags`: a tag is a head of its own; otherwise
 * tags are passed over.
 */
export type ReadHead = (s: StateBlock, at: number, tags: boolean) => number;

export function setHead(type: number, value: number): void {
  head.type = type;
  head.value = value;
}

/** A number of up to 64 bits, unsigned; `negative`: of -1 - n. */
export function setInt(low: number, high: number, negative: boolean): void {
  head.low = low;
  head.high = high;
  const magnitude = (high >>> 0) * 0x1_0000_0000 + (low >>> 0);
  head.type = negative ? TYPE.nint : TYPE.uint;
  head.value = negative ? -1 - magnitude : magnitude;
}

/** The integer of the last head, which is one. */
export function exactInteger(): bigint {
  if (head.type === TYPE.big) return integerOf(big.bytes, big.from, big.to, big.negative);
  const magnitude = (BigInt(head.high >>> 0) << 32n) | BigInt(head.low >>> 0);
  return head.type === TYPE.nint ? -1n - magnitude : magnitude;
}

/** Ends a container of unknown length. MessagePack has none, so nobody asks there. */
export const BREAK = 0xff;
