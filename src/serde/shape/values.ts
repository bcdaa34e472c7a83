// What a JavaScript value is, found out without asking it: by the platform's own getters and methods, not by those the
// value brings along. Whatever takes values from JavaScript asks here, so that all of it gives the same verdicts.

import type { ErrorCode } from "../../core/errors.ts";
import type { TypedArrays } from "./types.ts";

/** A verdict on a scalar: what is wrong with it, if anything. */
export type Fault = ErrorCode | undefined;

/** Typed arrays by the kind of their items. */
export const TYPED_ARRAYS = {
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
  u64: BigUint64Array,
  i8: Int8Array,
  i16: Int16Array,
  i32: Int32Array,
  i64: BigInt64Array,
  f32: Float32Array,
  f64: Float64Array,
} as const satisfies { readonly [K in keyof TypedArrays]: new (length: number) => TypedArrays[K] };
export type TypedKind = keyof TypedArrays;

export const isTypedKind = (kind: string): kind is TypedKind => Object.hasOwn(TYPED_ARRAYS, kind);

const TYPED = Object.getPrototypeOf(Uint8Array.prototype) as object;
const typedGetter = (name: PropertyKey): (() => unknown) =>
  Object.getOwnPropertyDescriptor(TYPED, name)!.get!;
const tagOf = typedGetter(Symbol.toStringTag);
const bufferOf = typedGetter("buffer");
const offsetOf = typedGetter("byteOffset");
const lengthOf = typedGetter("length");

interface ArrayType<T> {
  new (buffer: ArrayBuffer, offset: number, length: number): T;
}

/**
 * A plain view on the same elements, or `undefined` for what is no such array: a subclass or a proxy may answer anything,
 * the getters of the platform do not.
 */
export function viewOf<K extends TypedKind>(kind: K, value: unknown): TypedArrays[K] | undefined {
  const Type = TYPED_ARRAYS[kind] as unknown as ArrayType<TypedArrays[K]> & { readonly name: string };
  if (tagOf.call(value) !== Type.name) return undefined;
  const buffer = bufferOf.call(value) as ArrayBuffer;
  return new Type(buffer, offsetOf.call(value) as number, lengthOf.call(value) as number);
}

/** An object with properties: no array, no view of a buffer. Throws for a proxy that was revoked. */
export const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);

/** An object whose own properties are data. A Map or Set has none, so taking one would lose what it holds. */
export const isRecord = (value: unknown): value is object =>
  isObject(value) && !(value instanceof Map) && !(value instanceof Set);

const ROOT = Object.prototype;

/** Whether Object.prototype has any of these: by nature (`toString`), or because somebody put it there. */
export function isOnRoot(names: readonly string[]): boolean {
  for (const name of names) if (name in ROOT) return true;
  return false;
}

/** A property, be it inherited from a class; but nothing that every object has. */
export const propertyOf = (object: object, name: string): unknown =>
  name in ROOT && !Object.hasOwn(object, name) ? undefined : (object as Record<string, unknown>)[name];

/** Data, never a prototype. */
export function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true });
}

const forEachOfMap = Map.prototype.forEach;
const forEachOfSet = Set.prototype.forEach;

/** `undefined` for what is no Map. */
export function entriesOfMap(
  value: unknown,
): { readonly keys: unknown[]; readonly values: unknown[] } | undefined {
  const keys: unknown[] = [];
  const values: unknown[] = [];
  try {
    forEachOfMap.call(value as Map<unknown, unknown>, (item, key) => {
      keys.push(key);
      values.push(item);
    });
  } catch {
    return undefined;
  }
  return { keys, values };
}

/** `undefined` for what is no Set. */
export function itemsOfSet(value: unknown): unknown[] | undefined {
  const items: unknown[] = [];
  try {
    forEachOfSet.call(value as Set<unknown>, (item) => items.push(item));
  } catch {
    return undefined;
  }
  return items;
}

/** A key in a path. Keys are scalars; anything else is not asked for its text. */
export function keyText(key: unknown): string {
  if (typeof key === "string") return key;
  return typeof key === "number" || typeof key === "bigint" || typeof key === "boolean" ? String(key) : "?";
}

export function integerFault(value: unknown, min: number, max: number): Fault {
  if (!Number.isInteger(value)) return "value.type_mismatch";
  return (value as number) >= min && (value as number) <= max ? undefined : "value.number_range";
}

export function bigintFault(value: unknown, isSigned: boolean): Fault {
  if (typeof value !== "bigint") return "value.type_mismatch";
  const kept = isSigned ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);
  return kept === value ? undefined : "value.number_range";
}

export function floatFault(value: unknown, isSingle: boolean): Fault {
  if (typeof value !== "number") return "value.type_mismatch";
  const isLost = isSingle && Number.isFinite(value) && !Number.isFinite(Math.fround(value));
  return isLost ? "value.number_range" : undefined;
}

export function charFault(value: unknown): Fault {
  const point = typeof value === "string" ? value.codePointAt(0) : undefined;
  if (point === undefined || (value as string).length !== (point > 0xffff ? 2 : 1))
    return "value.type_mismatch";
  return point >= 0xd800 && point <= 0xdfff ? "lexical.invalid_unicode" : undefined;
}
