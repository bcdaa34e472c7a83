// The leaves `get` reads and `put` writes: the `kind` operand. The number is the wire form of programs, append-only.

import type { ScalarNode } from "../shape/node.ts";
import type { FormatName } from "./ops.ts";

export const KIND = {
  unit: 0,
  bool: 1,
  u8: 2,
  u16: 3,
  u32: 4,
  u64: 5,
  i8: 6,
  i16: 7,
  i32: 8,
  i64: 9,
  /** u64 and i64 narrowed to ±(2^53 - 1), for shapes that want JavaScript numbers (D46). */
  u53: 10,
  i53: 11,
  f32: 12,
  f64: 13,
  char: 14,
  str: 15,
  /** Bytes as the binary formats write them. */
  bytes: 16,
  /** Bytes as text. */
  base64: 17,
  hex: 18,
  /** Bytes as an array of numbers. */
  numbers: 19,
  /** One whole value, verbatim. */
  raw: 20,
  /** Encode only: the low half of a cell, as an unsigned number; variant indices and discriminants. */
  index: 21,
  /** Of `any`, two cells: an integer of any size. */
  integer: 22,
  /** Of `any`, two cells: undefined, a simple value of CBOR, an extension of MessagePack. */
  other: 23,
  /** Of `any`: the number of a tag, 64 bits; its value follows. */
  tag: 24,
} as const;
export type KindName = keyof typeof KIND;
export const KIND_NAMES = Object.keys(KIND) as readonly KindName[];

/** Kinds that not every format reads and writes. */
const ONLY: { readonly [K in KindName]?: readonly FormatName[] } = {
  bytes: ["postcard", "msgpack", "cbor"],
  base64: ["json"],
  hex: ["json"],
  numbers: ["json"],
  raw: ["json", "msgpack", "cbor"],
  integer: ["json", "msgpack", "cbor"],
  other: ["msgpack", "cbor"],
  tag: ["cbor"],
};
/** What a key of a map can be. */
const KEYS = /^([ui]\d+|bool|char|str)$/;

/** Whether instructions of `format` take `kind`, in the place of a key or elsewhere. */
export function isKindOf(format: FormatName, kind: number, key: boolean): boolean {
  const name = KIND_NAMES[kind];
  if (name === undefined || (key && !KEYS.test(name))) return false;
  return ONLY[name]?.includes(format) ?? true;
}

/** The leaf kind of a scalar; `text` says whether bytes are written as text. */
export function kindOf(node: ScalarNode, text: boolean): number {
  switch (node.kind) {
    case "u64":
      return node.js === "number" ? KIND.u53 : KIND.u64;
    case "i64":
      return node.js === "number" ? KIND.i53 : KIND.i64;
    case "string":
      return KIND.str;
    case "bytes":
      if (!text) return KIND.bytes;
      if (node.text === "array") return KIND.numbers;
      return node.text === "hex" ? KIND.hex : KIND.base64;
    default:
      return KIND[node.kind];
  }
}
