// What MessagePack and CBOR add to the lowering all self-describing formats share.

import { MODE } from "../../ir/program.ts";
import type { Dialect } from "../structural/decode.ts";

export interface CountedDialect extends Dialect {
  readonly format: "msgpack" | "cbor";
  /** Heads as bytes, for what is constant. */
  readonly map: (count: number) => readonly number[];
  readonly list: (count: number) => readonly number[];
  readonly text: false;
  readonly name: (name: Uint8Array) => readonly number[];
  readonly uint: (value: number) => readonly number[];
  readonly none: number;
  /** Keys are written in the order of their encoding. */
  readonly sorted: boolean;
}

/** Big-endian. */
const big = (value: number, width: number): number[] =>
  Array.from({ length: width }, (_, i) => Math.floor(value / 256 ** (width - 1 - i)) & 255);

const markers = (value: number, small: number, limit: number, first: number, least: number): number[] => {
  if (value < limit) return [small | value];
  const width = Math.max(least, value < 0x100 ? 0 : value < 0x1_0000 ? 1 : 2);
  return [first + width, ...big(value, 1 << width)];
};

const msgpackText = (length: number) => markers(length, 0xa0, 32, 0xd9, 0);
export const MSGPACK_DIALECT: CountedDialect = {
  format: "msgpack",
  mode: 0,
  text: false,
  key: (name) => Uint8Array.from([...msgpackText(name.length), ...name]),
  name: (name) => [...msgpackText(name.length), ...name],
  map: (count) => markers(count, 0x80, 16, 0xdd, 1),
  list: (count) => markers(count, 0x90, 16, 0xdb, 1),
  uint: (value) => (value < 0x80 ? [value] : markers(value, 0, 0, 0xcc, 0)),
  none: 0xc0,
  sorted: false,
};

const cborHead = (major: number, value: number): number[] => {
  if (value < 24) return [(major << 5) | value];
  const width = value < 0x100 ? 0 : value < 0x1_0000 ? 1 : 2;
  return [(major << 5) | (24 + width), ...big(value, 1 << width)];
};

export const cborDialect = (deterministic: boolean): CountedDialect => ({
  format: "cbor",
  mode: deterministic ? MODE.deterministic : 0,
  text: false,
  key: (name) => Uint8Array.from([...cborHead(3, name.length), ...name]),
  name: (name) => [...cborHead(3, name.length), ...name],
  map: (count) => cborHead(5, count),
  list: (count) => cborHead(4, count),
  uint: (value) => cborHead(0, value),
  none: 0xf6,
  sorted: deterministic,
});
