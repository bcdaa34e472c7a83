// Values of `any` to cells (D42): what they are decides, not a shape.

import { ANY, ANY_VARIANT } from "../layout/any.ts";
import { unwrapped, type Wrapped } from "../shape/any.ts";
import { isPlain } from "../shape/foreign.ts";
import { entriesOfMap, viewOf } from "../shape/values.ts";
import { type CellWriter, THREW } from "./cell-writer.ts";

/** Writes both cells. */
export function captureAny(to: CellWriter, cell: number, value: unknown): boolean {
  if (value === THREW) return false;
  switch (typeof value) {
    case "undefined":
      return to.store(cell, ANY_VARIANT.undefined, 0);
    case "boolean":
      return to.store(cell + 1, value ? 1 : 0, 0) && to.store(cell, ANY_VARIANT.bool, 0);
    case "number":
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
        return to.storeInteger(cell + 1, value) && to.store(cell, ANY_VARIANT.int, 0);
      }
      return to.storeFloat(cell + 1, value) && to.store(cell, ANY_VARIANT.f64, 0);
    case "bigint":
      return captureBigint(to, cell, value);
    case "string":
      return to.string(cell + 1, value) && to.store(cell, ANY_VARIANT.string, 0);
    case "object":
      return value === null ? to.store(cell, ANY_VARIANT.null, 0) : captureObject(to, cell, value);
    default:
      return to.no("value.type_mismatch");
  }
}

function captureBigint(to: CellWriter, cell: number, value: bigint): boolean {
  const { block } = to;
  const signed = BigInt.asIntN(64, value) === value;
  if (signed || BigInt.asUintN(64, value) === value) {
    block.i64[cell + 1] = BigInt.asIntN(64, value);
    return to.store(cell, signed ? ANY_VARIANT.int : ANY_VARIANT.uint, 0);
  }
  const hex = (value < 0n ? -1n - value : value).toString(16);
  if (hex.length * 1.21 > block.limits.maxNumberDigits) return to.no("resource.digit_limit");
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  const bytes = Uint8Array.from({ length: even.length / 2 }, (_, i) =>
    Number.parseInt(even.slice(2 * i, 2 * i + 2), 16),
  );
  return to.bytes(cell + 1, bytes) && to.store(cell, ANY_VARIANT.big, value < 0n ? 1 : 0);
}

function captureObject(to: CellWriter, cell: number, value: object): boolean {
  const isList = to.asked(Array.isArray, value);
  if (isList === undefined) return false;
  if (isList) return captureList(to, cell, value as readonly unknown[]);
  const bytes = viewOf("u8", value);
  if (bytes !== undefined) return to.bytes(cell + 1, bytes) && to.store(cell, ANY_VARIANT.bytes, 0);
  if (isPlain(value)) {
    const keys = to.keys(value, isPlain);
    return keys !== undefined && captureEntries(to, cell, keys, (i) => to.readOwn(value, keys[i]!));
  }
  const entries = entriesOfMap(value);
  if (entries !== undefined) return captureEntries(to, cell, entries.keys, (i) => entries.values[i]);
  to.no("value.type_mismatch");
  const wrapped = to.asked(() => unwrapped(value), value);
  return wrapped !== undefined && to.not(wrapped.fault) && captureWrapped(to, cell, wrapped);
}

function captureList(to: CellWriter, cell: number, items: readonly unknown[]): boolean {
  const count = to.length(items);
  if (count < 0) return false;
  const first = to.open(count, ANY.cells, true);
  if (first < 0) return false;
  for (let i = 0; i < count; i++) {
    if (!captureAny(to, first + i * ANY.cells, to.readItem(items, i))) return to.underIndex(i);
  }
  to.close(cell + 1, first, count);
  return to.store(cell, ANY_VARIANT.list, 0);
}

function captureEntries(
  to: CellWriter,
  cell: number,
  keys: readonly unknown[],
  valueAt: (index: number) => unknown,
): boolean {
  const first = to.open(keys.length, ANY.entryCells, true);
  if (first < 0) return false;
  for (let i = 0, rec = first; i < keys.length; i++, rec += ANY.entryCells) {
    if (!captureAny(to, rec, keys[i]) || !captureAny(to, rec + ANY.cells, valueAt(i))) {
      return to.underKey(keys[i]);
    }
  }
  to.close(cell + 1, first, keys.length);
  return to.store(cell, ANY_VARIANT.map, 0);
}

function captureWrapped(to: CellWriter, cell: number, wrapped: Wrapped): boolean {
  switch (wrapped.kind) {
    case "simple":
      return to.store(cell, ANY_VARIANT.simple, wrapped.simple);
    case "ext":
      return to.bytes(cell + 1, wrapped.data) && to.store(cell, ANY_VARIANT.ext, wrapped.type);
    case "tag": {
      const first = to.openBox(ANY.tagCells, true);
      if (first < 0) return false;
      to.block.u64[first] = BigInt(wrapped.tag);
      if (!captureAny(to, first + 1, wrapped.value)) return false;
      to.close(cell + 1, first, 1);
      return to.store(cell, ANY_VARIANT.tag, 0);
    }
  }
}
