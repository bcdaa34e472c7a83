// What MessagePack and CBOR add to the lowering all self-describing formats share.

import { encodeUtf8 } from "../../../core/bytes.ts";
import { MODE } from "../../ir/program.ts";
import type { Dialect } from "../structural/dialect.ts";

/** Big-endian. */
const big = (value: number, width: number): number[] =>
  Array.from({ length: width }, (_, i) => Math.floor(value / 256 ** (width - 1 - i)) & 255);

const markers = (value: number, small: number, limit: number, first: number, least: number): number[] => {
  if (value < limit) return [small | value];
  const width = Math.max(least, value < 0x100 ? 0 : value < 0x1_0000 ? 1 : 2);
  return [first + width, ...big(value, 1 << width)];
};

const withText = (head: (length: number) => readonly number[]) => (text: string) => {
  const bytes = encodeUtf8(text);
  return Uint8Array.from([...head(bytes.length), ...bytes]);
};

const msgpackText = withText((length) => markers(length, 0xa0, 32, 0xd9, 0));
export const MSGPACK_DIALECT: Dialect = {
  format: "msgpack",
  mode: 0,
  none: [0xc0],
  text: msgpackText,
  key: msgpackText,
  integer: (value) => (value < 0x80 ? [value] : markers(value, 0, 0, 0xcc, 0)),
  counted: {
    map: (count) => markers(count, 0x80, 16, 0xdd, 1),
    list: (count) => markers(count, 0x90, 16, 0xdb, 1),
    sorted: false,
  },
};

const cborHead = (major: number, value: number): number[] => {
  if (value < 24) return [(major << 5) | value];
  const width = value < 0x100 ? 0 : value < 0x1_0000 ? 1 : 2;
  return [(major << 5) | (24 + width), ...big(value, 1 << width)];
};

const cborText = withText((length) => cborHead(3, length));
export const cborDialect = (deterministic: boolean): Dialect => ({
  format: "cbor",
  mode: deterministic ? MODE.deterministic : 0,
  none: [0xf6],
  text: cborText,
  key: cborText,
  integer: (value) => cborHead(0, value),
  counted: {
    map: (count) => cborHead(5, count),
    list: (count) => cborHead(4, count),
    sorted: deterministic,
  },
});
