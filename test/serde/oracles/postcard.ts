// An independent postcard, from its specification: bigint varints, one function per direction, no cells, no limits
// but one on elements, since elements of no bytes are free.

import type { Node } from "../../../src/serde/shape/node.ts";
import { typedArray } from "../kit/typed.ts";
import { variantOf } from "./wire.ts";

/** The document is not a value of the shape. */
export class NotPostcard extends Error {}

const MAX_ITEMS = 100_000;
const BITS: Readonly<Record<string, number>> = { u16: 16, u32: 32, u64: 64, i16: 16, i32: 32, i64: 64 };

export function encodePostcard(node: Node, value: unknown): Uint8Array {
  const out: number[] = [];
  const varint = (n: bigint) => {
    let rest = n;
    for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
    out.push(Number(rest));
  };
  const block = (bytes: Uint8Array) => {
    varint(BigInt(bytes.length));
    out.push(...bytes);
  };
  const write = (at: Node, part: unknown): void => {
    switch (at.kind) {
      case "unit":
        return;
      case "bool":
        out.push(part === true ? 1 : 0);
        return;
      case "u8":
      case "i8":
        out.push((part as number) & 255);
        return;
      case "u16":
      case "u32":
      case "u64":
        varint(BigInt(part as number));
        return;
      case "i16":
      case "i32":
      case "i64": {
        const n = BigInt(part as number);
        varint(n < 0n ? -2n * n - 1n : 2n * n);
        return;
      }
      case "f32":
      case "f64": {
        const view = new DataView(new ArrayBuffer(8));
        if (at.kind === "f32") view.setFloat32(0, part as number, true);
        else view.setFloat64(0, part as number, true);
        out.push(...new Uint8Array(view.buffer, 0, at.kind === "f32" ? 4 : 8));
        return;
      }
      case "char":
      case "string":
        block(new TextEncoder().encode(part as string));
        return;
      case "bytes":
        block(part as Uint8Array);
        return;
      case "struct":
        for (const field of at.fields) {
          if (!field.skipEncode) write(field.node, (part as Record<string, unknown>)[field.name]);
        }
        return;
      case "tuple":
        at.items.forEach((item, i) => void write(item, (part as unknown[])[i]));
        return;
      case "array":
        for (const item of part as Iterable<unknown>) write(at.item, item);
        return;
      case "list":
      case "set": {
        const items = Array.from(part as Iterable<unknown>);
        varint(BigInt(items.length));
        for (const item of items) write(at.item, item);
        return;
      }
      case "map": {
        const pairs = at.js === "map" ? [...(part as Map<unknown, unknown>)] : Object.entries(part as object);
        varint(BigInt(pairs.length));
        for (const [key, item] of pairs) {
          write(at.key, key);
          write(at.value, item);
        }
        return;
      }
      case "option": {
        const none = part === (at.none === "null" ? null : undefined);
        out.push(none ? 0 : 1);
        if (!none) write(at.inner, part);
        return;
      }
      case "enum": {
        const { index, payload } = variantOf(at, part);
        const variant = at.variants[index]!;
        varint(BigInt(at.tagging.style === "numeric" ? (variant.discriminant ?? index) : index));
        if (variant.payload !== undefined) write(variant.payload, payload);
        return;
      }
      case "newtype":
        write(at.inner, part);
        return;
      case "ref":
        write(at.target, part);
        return;
      default:
        throw new Error(`postcard has no ${at.kind}`);
    }
  };
  write(node, value);
  return Uint8Array.from(out);
}

/** Throws `NotPostcard`. */
export function decodePostcard(node: Node, bytes: Uint8Array): unknown {
  let at = 0;
  const refuse = (why: string): never => {
    throw new NotPostcard(why);
  };
  const byte = (): number => bytes[at++] ?? refuse("end");
  const varint = (bits: number): bigint => {
    let value = 0n;
    for (let shift = 0; ; shift += 7) {
      if (shift >= bits) refuse("varint");
      const next = byte();
      value |= BigInt(next & 127) << BigInt(shift);
      if (value >> BigInt(bits) !== 0n) refuse("varint");
      if (next < 128) return value;
    }
  };
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) refuse("end");
    at += length;
    return bytes.subarray(at - length, at);
  };
  const block = (): Uint8Array => take(Number(varint(32)));
  const text = (): string => {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(block());
    } catch (error) {
      throw error instanceof NotPostcard ? error : new NotPostcard("utf-8");
    }
  };
  const times = (count: number, item: () => unknown): unknown[] => {
    if (count > MAX_ITEMS) refuse("items");
    return Array.from({ length: count }, item);
  };
  const integer = (part: Node & { readonly js?: "bigint" | "number" }): unknown => {
    const unsigned = varint(BITS[part.kind]!);
    const n = part.kind.startsWith("u") ? unsigned : unsigned & 1n ? -(unsigned >> 1n) - 1n : unsigned >> 1n;
    if (BITS[part.kind] === 64 && part.js !== "number") return n;
    if (!Number.isSafeInteger(Number(n))) refuse("range");
    return Number(n);
  };
  const read = (part: Node): unknown => {
    switch (part.kind) {
      case "unit":
        return null;
      case "bool": {
        const value = byte();
        return value > 1 ? refuse("bool") : value === 1;
      }
      case "u8":
        return byte();
      case "i8":
        return (byte() << 24) >> 24;
      case "u16":
      case "u32":
      case "u64":
      case "i16":
      case "i32":
      case "i64":
        return integer(part);
      case "f32":
      case "f64": {
        const width = part.kind === "f32" ? 4 : 8;
        const view = new DataView(take(width).slice().buffer);
        return width === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true);
      }
      case "char": {
        const value = text();
        return [...value].length === 1 ? value : refuse("char");
      }
      case "string":
        return text();
      case "bytes":
        return block().slice();
      case "struct": {
        const object = {};
        for (const { name, node: inner, skipDecode, default: fallback } of part.fields) {
          const value = skipDecode ? fallback?.value : read(inner);
          Object.defineProperty(object, name, {
            value,
            enumerable: true,
            configurable: true,
            writable: true,
          });
        }
        return object;
      }
      case "tuple":
        return part.items.map(read);
      case "array":
        return listOf(
          part,
          times(part.length, () => read(part.item)),
        );
      case "list":
        return listOf(
          part,
          times(Number(varint(32)), () => read(part.item)),
        );
      case "set":
        return new Set(times(Number(varint(32)), () => read(part.item)));
      case "map": {
        const pairs = times(Number(varint(32)), () => [read(part.key), read(part.value)] as const);
        const map = new Map(pairs as [unknown, unknown][]);
        if (part.duplicate === "reject" && map.size !== pairs.length) refuse("twice");
        if (part.js === "map") return map;
        const object = {};
        for (const [name, value] of map) {
          Object.defineProperty(object, name as string, {
            value,
            enumerable: true,
            configurable: true,
            writable: true,
          });
        }
        return object;
      }
      case "option": {
        const some = byte();
        if (some > 1) refuse("option");
        return some === 1 ? read(part.inner) : part.none === "null" ? null : undefined;
      }
      case "enum": {
        const number = Number(varint(32));
        const numeric = part.tagging.style === "numeric";
        const found = part.variants.findIndex((v, i) => (numeric ? (v.discriminant ?? i) : i) === number);
        const variant = part.variants[found] ?? part.variants.find((v) => v.other && v.payload === undefined);
        if (variant === undefined) return refuse("variant");
        if (part.variants.every(({ payload }) => payload === undefined)) return variant.name;
        const object = { [part.js.tag]: variant.name };
        if (variant.payload === undefined) return object;
        const payload = read(variant.payload);
        return part.js.inline
          ? { ...object, ...(payload as object) }
          : { ...object, [part.js.value]: payload };
      }
      case "newtype":
        return read(part.inner);
      case "ref":
        return read(part.target);
      default:
        throw new Error(`postcard has no ${part.kind}`);
    }
  };
  const value = read(node);
  if (at < bytes.length) refuse("trailing");
  return value;
}

const listOf = (
  list: { readonly typed: boolean; readonly item: Node },
  items: readonly unknown[],
): unknown => (list.typed ? typedArray(list.item, items) : items);
