// JavaScript values to cells, by walking the plan. The value may be anything: getters, proxies, holes, cycles. Each
// property is read once, type checks happen here, `skipIf` becomes bits, and the program that runs next meets nothing
// but cells.
//
// Functions return whether it worked; on the way out of a failure each level adds its segment to the path, so that
// success pays nothing for it.

import type { ErrorCode } from "../../core/errors.ts";
import { fieldSegment, indexSegment, keySegment, variantSegment } from "../ir/path.ts";
import { ANY, ANY_VARIANT } from "../layout/any.ts";
import { SPAN, type StateBlock } from "../state/block.ts";
import { Extension, Simple, Tagged } from "./any.ts";
import { mayAssign } from "./materialize.ts";
import type { BridgePlan, FieldPart, ListPlan, Part, Plan, TypedName } from "./plan.ts";

export interface CaptureFailure {
  readonly code: ErrorCode;
  readonly path: string;
  readonly cause?: unknown;
}

/** Fills the root record of `block`, which is fresh (`begin`); `undefined`, or what is wrong. */
export function capture(plan: BridgePlan, block: StateBlock, value: unknown): CaptureFailure | undefined {
  const run = new Capture(block, plan.names);
  return run.part(plan.root, 0, value) ? undefined : run.failure();
}

/** Longer text goes through the platform's encoder; shorter is faster by hand. */
const SHORT_TEXT = 40;
const encoder = new TextEncoder();
/** What a read gives that threw. */
const THREW = Symbol();

const OBJECT = Object.prototype as unknown as Record<string, unknown>;
const forEachOfMap = Map.prototype.forEach;
const forEachOfSet = Set.prototype.forEach;

class Capture {
  readonly #block: StateBlock;
  /** Names Object.prototype has: not taken from there. */
  readonly #clean: boolean;
  #path: string[] = [];
  #code: ErrorCode = "value.type_mismatch";
  #cause: unknown;
  #depth = 0;

  constructor(block: StateBlock, names: readonly string[]) {
    this.#block = block;
    this.#clean = mayAssign(names);
  }

  failure(): CaptureFailure {
    const path = `$${this.#path.reverse().join("")}`;
    return { code: this.#code, path, ...(this.#cause === undefined ? {} : { cause: this.#cause }) };
  }

  part(part: Part, rec: number, value: unknown): boolean {
    if (value === THREW) return false;
    if (part.word >= 0) {
      const { i32 } = this.#block;
      const word = 2 * rec + part.word;
      const nested = part.plan.kind === "option";
      if (nested ? value === part.none : value === null || value === undefined) {
        i32[word]! &= ~part.mask;
        return true;
      }
      i32[word]! |= part.mask;
    }
    if (!part.boxed) return this.#value(part.plan, rec + part.slot, value);
    const cell = this.#alloc(part.plan.cells, part.plan.zero);
    if (cell < 0) return false;
    const at = 2 * (rec + part.slot);
    this.#block.i32[at] = cell;
    this.#block.i32[at + 1] = 1;
    if (++this.#depth > this.#block.limits.maxDepth) return this.#no("resource.depth_limit");
    const done = this.#value(part.plan, cell, value);
    this.#depth--;
    return done;
  }

  #no(code: ErrorCode): false {
    this.#code = code;
    return false;
  }

  /** The first of `cells` new cells, or -1. */
  #alloc(cells: number, zero: boolean): number {
    const block = this.#block;
    if (block.heapTop + cells > block.maxCells || !block.reserveHeap(cells)) {
      this.#no("resource.memory_limit");
      return -1;
    }
    const first = block.heapTop;
    block.heapTop = first + cells;
    if (zero) block.i32.fill(0, 2 * first, 2 * (first + cells));
    return first;
  }

  #store(cell: number, low: number, high: number): true {
    const { i32 } = this.#block;
    i32[2 * cell] = low;
    i32[2 * cell + 1] = high;
    return true;
  }

  #value(plan: Plan, cell: number, value: unknown): boolean {
    switch (plan.kind) {
      case "struct":
        return this.#struct(plan, cell, value);
      case "string":
        return typeof value === "string" ? this.#string(cell, value) : this.#no("value.type_mismatch");
      case "int": {
        if (typeof value !== "number") return this.#no("value.type_mismatch");
        if (!(value >= plan.min && value <= plan.max && Math.floor(value) === value)) {
          return this.#no(Number.isInteger(value) ? "value.number_range" : "value.type_mismatch");
        }
        return this.#store(cell, value, value < 0 ? -1 : 0);
      }
      case "f64":
      case "f32": {
        if (typeof value !== "number") return this.#no("value.type_mismatch");
        const double = plan.kind === "f32" ? Math.fround(value) : value;
        if (!Number.isFinite(double) && Number.isFinite(value)) return this.#no("value.number_range");
        this.#block.f64[cell] = Number.isNaN(double) ? Number.NaN : double;
        return true;
      }
      case "bool":
        return typeof value === "boolean"
          ? this.#store(cell, value ? 1 : 0, 0)
          : this.#no("value.type_mismatch");
      case "int53": {
        if (typeof value !== "number") return this.#no("value.type_mismatch");
        if (!Number.isInteger(value)) return this.#no("value.type_mismatch");
        if (!(value >= plan.min && value <= Number.MAX_SAFE_INTEGER)) return this.#no("value.number_range");
        return this.#store(cell, value, Math.floor(value / 0x1_0000_0000));
      }
      case "u64":
      case "i64": {
        if (typeof value !== "bigint") return this.#no("value.type_mismatch");
        const fits = plan.kind === "u64" ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value);
        if (fits !== value) return this.#no("value.number_range");
        this.#block.i64[cell] = BigInt.asIntN(64, value);
        return true;
      }
      case "unit":
        return value === null || value === undefined
          ? this.#store(cell, 0, 0)
          : this.#no("value.type_mismatch");
      case "char":
        return this.#char(cell, value);
      case "bytes":
      case "raw":
        return this.#bytes(cell, value);
      case "tuple":
        return this.#tuple(plan.parts, cell, value);
      case "option":
        this.#store(cell, 0, 0);
        return this.part(plan.inner, cell, value);
      case "list":
        return plan.typed === undefined ? this.#list(plan, cell, value) : this.#typed(plan, cell, value);
      case "set":
        return this.#set(plan, cell, value);
      case "map":
        return plan.record ? this.#record(plan, cell, value) : this.#map(plan, cell, value);
      case "names":
        return this.#name(plan.indices, cell, value);
      case "enum":
        return this.#enum(plan, cell, value);
      case "any":
        return this.#any(cell, value);
    }
  }

  /** Writes both cells. */
  #any(cell: number, value: unknown): boolean {
    if (value === THREW) return false;
    const is = (variant: number, beside = 0) => this.#store(cell, variant, beside);
    switch (typeof value) {
      case "undefined":
        return is(ANY_VARIANT.undefined);
      case "boolean":
        this.#store(cell + 1, value ? 1 : 0, 0);
        return is(ANY_VARIANT.bool);
      case "number":
        if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
          this.#store(cell + 1, value, Math.floor(value / 0x1_0000_0000));
          return is(ANY_VARIANT.int);
        }
        this.#block.f64[cell + 1] = Number.isNaN(value) ? Number.NaN : value;
        return is(ANY_VARIANT.f64);
      case "bigint":
        return this.#bigint(cell, value);
      case "string":
        return this.#string(cell + 1, value) && is(ANY_VARIANT.string);
      case "object":
        return value === null ? is(ANY_VARIANT.null) : this.#anyObject(cell, value);
      default:
        return this.#no("value.type_mismatch");
    }
  }

  #bigint(cell: number, value: bigint): boolean {
    const signed = BigInt.asIntN(64, value) === value;
    if (signed || BigInt.asUintN(64, value) === value) {
      this.#block.i64[cell + 1] = BigInt.asIntN(64, value);
      return this.#store(cell, signed ? ANY_VARIANT.int : ANY_VARIANT.uint, 0);
    }
    const hex = (value < 0n ? -1n - value : value).toString(16);
    const { maxNumberDigits } = this.#block.limits;
    if (hex.length * 1.21 > maxNumberDigits) return this.#no("resource.digit_limit");
    const even = hex.length % 2 === 0 ? hex : `0${hex}`;
    const bytes = Uint8Array.from({ length: even.length / 2 }, (_, i) =>
      Number.parseInt(even.slice(2 * i, 2 * i + 2), 16),
    );
    return this.#bytes(cell + 1, bytes) && this.#store(cell, ANY_VARIANT.big, value < 0n ? 1 : 0);
  }

  #anyObject(cell: number, value: object): boolean {
    const items = this.#isArray(value);
    if (items === undefined) return false;
    if (items) return this.#anyList(cell, value as readonly unknown[]);
    const bytes = plainBytes(value);
    if (bytes !== undefined) return this.#bytes(cell + 1, bytes) && this.#store(cell, ANY_VARIANT.bytes, 0);
    if (isOf(Tagged, value)) return this.#tagged(cell, value);
    if (isOf(Simple, value)) {
      const simple = value.value;
      const valid = Number.isInteger(simple) && simple >= 0 && simple < 256 && !(simple >= 20 && simple < 32);
      return valid ? this.#store(cell, ANY_VARIANT.simple, simple) : this.#no("value.number_range");
    }
    if (isOf(Extension, value)) {
      const { type } = value;
      if (!Number.isInteger(type) || type < -128 || type > 127) return this.#no("value.number_range");
      return this.#bytes(cell + 1, value.data) && this.#store(cell, ANY_VARIANT.ext, type);
    }
    const keys: unknown[] = [];
    const values: unknown[] = [];
    try {
      forEachOfMap.call(value as Map<unknown, unknown>, (item, key) => {
        keys.push(key);
        values.push(item);
      });
    } catch {
      return this.#anyRecord(cell, value);
    }
    return this.#anyEntries(cell, keys, (i) => values[i]);
  }

  #anyList(cell: number, items: readonly unknown[]): boolean {
    const count = this.#length(items);
    if (count < 0) return false;
    const first = this.#open(count, ANY.cells, true);
    if (first < 0) return false;
    for (let i = 0; i < count; i++) {
      if (!this.#any(first + i * ANY.cells, this.#index(items, i))) {
        this.#path.push(indexSegment(i));
        return false;
      }
    }
    this.#close(cell + 1, first, count);
    return this.#store(cell, ANY_VARIANT.list, 0);
  }

  #anyRecord(cell: number, value: object): boolean {
    let keys: string[];
    try {
      keys = Object.keys(value);
    } catch (thrown) {
      this.#threw(thrown);
      return false;
    }
    return this.#anyEntries(cell, keys, (i) => this.#own(value, keys[i]!));
  }

  #anyEntries(cell: number, keys: readonly unknown[], valueAt: (index: number) => unknown): boolean {
    const first = this.#open(keys.length, ANY.entryCells, true);
    if (first < 0) return false;
    for (let i = 0, rec = first; i < keys.length; i++, rec += ANY.entryCells) {
      if (!this.#any(rec, keys[i]) || !this.#any(rec + ANY.cells, valueAt(i))) {
        this.#path.push(keySegment(keyText(keys[i])));
        return false;
      }
    }
    this.#close(cell + 1, first, keys.length);
    return this.#store(cell, ANY_VARIANT.map, 0);
  }

  #tagged(cell: number, { tag, value }: Tagged): boolean {
    const number = typeof tag === "bigint" ? tag : Number.isSafeInteger(tag) ? BigInt(tag) : -1n;
    if (BigInt.asUintN(64, number) !== number) return this.#no("value.number_range");
    const first = this.#open(1, ANY.tagCells, true);
    if (first < 0) return false;
    this.#block.u64[first] = number;
    if (!this.#any(first + 1, value)) return false;
    this.#close(cell + 1, first, 1);
    return this.#store(cell, ANY_VARIANT.tag, 0);
  }

  /** `undefined`: asking threw. */
  #isArray(value: object): boolean | undefined {
    try {
      return Array.isArray(value);
    } catch (thrown) {
      this.#threw(thrown);
      return undefined;
    }
  }

  /** The one place that reads a property. */
  #read(object: object, name: string): unknown {
    try {
      const value = (object as Record<string, unknown>)[name];
      if (this.#clean || value === undefined) return value;
      return value === OBJECT[name] && !Object.hasOwn(object, name) ? undefined : value;
    } catch (thrown) {
      return this.#threw(thrown);
    }
  }

  #threw(thrown: unknown): typeof THREW {
    this.#cause = thrown;
    this.#code = "boundary.threw";
    return THREW;
  }

  #struct(plan: Plan & { kind: "struct" }, cell: number, value: unknown): boolean {
    if (typeof value !== "object" || value === null) return this.#no("value.type_mismatch");
    const { fields } = plan;
    const { i32 } = this.#block;
    // Bits that nobody sets are clear, whatever was here before.
    const header = fields.length === 0 ? cell + 1 : cell + fields[0]!.slot;
    for (let i = 2 * cell; i < 2 * header; i++) i32[i] = 0;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i]!;
      if (field.skipEncode) continue;
      const member = this.#read(value, field.name);
      if (!this.part(field, cell, member)) {
        this.#path.push(fieldSegment(field.name));
        return false;
      }
      if (field.skipIf !== undefined && !this.#omit(field, cell, member)) {
        this.#block.i32[2 * cell + field.seenWord]! |= field.seenMask;
      }
    }
    return true;
  }

  /** `skipIf`, on what was captured where possible: a value is not looked at twice. */
  #omit(field: FieldPart, rec: number, value: unknown): boolean {
    const { i32 } = this.#block;
    const cell = rec + field.slot;
    if (field.word >= 0 && (i32[2 * rec + field.word]! & field.mask) === 0) {
      return field.skipIf === "default" && (field.default === null || field.default === undefined);
    }
    switch (field.skipIf) {
      case "false":
        return value === false;
      case "zero":
        return value === 0 || value === 0n;
      case "default":
        // Object.is: -0 is not 0, and what is left out must come back.
        return Object.is(value, field.default);
      default: {
        const high = i32[2 * cell + 1]!;
        const spans = ["string", "bytes", "raw"].includes(field.plan.kind);
        return spans ? (high & SPAN.mask) === i32[2 * cell] : high === 0;
      }
    }
  }

  #tuple(parts: readonly Part[], cell: number, value: unknown): boolean {
    const items = this.#array(value);
    if (items === undefined) return false;
    if (this.#length(items) !== parts.length) return this.#no("value.length_mismatch");
    this.#store(cell, 0, 0);
    const header = parts.length === 0 ? cell + 1 : cell + parts[0]!.slot;
    this.#block.i32.fill(0, 2 * cell, 2 * header);
    for (let i = 0; i < parts.length; i++) {
      if (!this.part(parts[i]!, cell, this.#index(items, i))) {
        this.#path.push(indexSegment(i));
        return false;
      }
    }
    return true;
  }

  #array(value: unknown): readonly unknown[] | undefined {
    try {
      if (Array.isArray(value)) return value;
      this.#code = "value.type_mismatch";
    } catch (thrown) {
      this.#threw(thrown);
    }
    return undefined;
  }

  #length(items: readonly unknown[]): number {
    try {
      const { length } = items;
      // A proxy may say anything.
      if (Number.isSafeInteger(length) && length >= 0) return length;
      this.#code = "value.type_mismatch";
    } catch (thrown) {
      this.#threw(thrown);
    }
    return -1;
  }

  #index(items: readonly unknown[], index: number): unknown {
    try {
      return items[index];
    } catch (thrown) {
      return this.#threw(thrown);
    }
  }

  #list(plan: ListPlan, cell: number, value: unknown): boolean {
    const items = this.#array(value);
    if (items === undefined) return false;
    const count = this.#length(items);
    if (count < 0) return false;
    if (plan.length >= 0 && count !== plan.length) return this.#no("value.length_mismatch");
    const { stride, item } = plan;
    const first = this.#open(count, stride, plan.elementZero);
    if (first < 0) return false;
    for (let i = 0, rec = first; i < count; i++, rec += stride) {
      if (!this.part(item, rec, this.#index(items, i))) {
        this.#path.push(indexSegment(i));
        return false;
      }
    }
    return this.#close(cell, first, count);
  }

  #open(count: number, stride: number, zero: boolean): number {
    if (++this.#depth > this.#block.limits.maxDepth) {
      this.#no("resource.depth_limit");
      return -1;
    }
    return this.#alloc(count * stride, zero);
  }

  #close(cell: number, first: number, count: number): true {
    this.#depth--;
    return this.#store(cell, first, count);
  }

  #typed(plan: ListPlan, cell: number, value: unknown): boolean {
    const name = plan.typed!;
    const items = plainView<TypedArray>(TYPED_ARRAYS[name], value);
    if (items === undefined) return this.#no("value.type_mismatch");
    const count = items.length;
    if (plan.length >= 0 && count !== plan.length) return this.#no("value.length_mismatch");
    const first = this.#open(count, 1, false);
    if (first < 0) return false;
    const { f64, u64, i64, i32 } = this.#block;
    if (items instanceof Float64Array || items instanceof Float32Array) {
      for (let i = 0; i < count; i++) f64[first + i] = Number.isNaN(items[i]!) ? Number.NaN : items[i]!;
    } else if (items instanceof BigUint64Array) {
      u64.set(items, first);
    } else if (items instanceof BigInt64Array) {
      i64.set(items, first);
    } else {
      for (let i = 0; i < count; i++) {
        i32[2 * (first + i)] = items[i]!;
        i32[2 * (first + i) + 1] = items[i]! < 0 ? -1 : 0;
      }
    }
    return this.#close(cell, first, count);
  }

  #set(plan: ListPlan, cell: number, value: unknown): boolean {
    const items: unknown[] = [];
    try {
      forEachOfSet.call(value as Set<unknown>, (item) => items.push(item));
    } catch {
      return this.#no("value.type_mismatch");
    }
    const first = this.#open(items.length, plan.stride, plan.elementZero);
    if (first < 0) return false;
    for (let i = 0, rec = first; i < items.length; i++, rec += plan.stride) {
      if (!this.part(plan.item, rec, items[i])) {
        this.#path.push(indexSegment(i));
        return false;
      }
    }
    return this.#close(cell, first, items.length);
  }

  #map(plan: Plan & { kind: "map" }, cell: number, value: unknown): boolean {
    const keys: unknown[] = [];
    const values: unknown[] = [];
    try {
      forEachOfMap.call(value as Map<unknown, unknown>, (item, key) => {
        keys.push(key);
        values.push(item);
      });
    } catch {
      return this.#no("value.type_mismatch");
    }
    return this.#entries(plan, cell, keys, (i) => values[i]);
  }

  #record(plan: Plan & { kind: "map" }, cell: number, value: unknown): boolean {
    if (typeof value !== "object" || value === null) return this.#no("value.type_mismatch");
    let keys: string[];
    try {
      keys = Object.keys(value);
    } catch (thrown) {
      this.#threw(thrown);
      return false;
    }
    // Own properties, so what Object.prototype has does not matter.
    return this.#entries(plan, cell, keys, (i) => this.#own(value, keys[i]!));
  }

  #own(object: object, name: string): unknown {
    try {
      return (object as Record<string, unknown>)[name];
    } catch (thrown) {
      return this.#threw(thrown);
    }
  }

  #entries(
    plan: Plan & { kind: "map" },
    cell: number,
    keys: readonly unknown[],
    valueAt: (index: number) => unknown,
  ): boolean {
    const first = this.#open(keys.length, plan.stride, plan.elementZero);
    if (first < 0) return false;
    for (let i = 0, rec = first; i < keys.length; i++, rec += plan.stride) {
      const key = keys[i];
      if (!this.part(plan.key, rec, key) || !this.part(plan.value, rec, valueAt(i))) {
        this.#path.push(keySegment(keyText(key)));
        return false;
      }
    }
    return this.#close(cell, first, keys.length);
  }

  #name(indices: ReadonlyMap<string, number>, cell: number, value: unknown): boolean {
    if (typeof value !== "string") return this.#no("value.type_mismatch");
    const index = indices.get(value);
    return index === undefined ? this.#no("structure.unknown_variant") : this.#store(cell, index, 0);
  }

  #enum(plan: Plan & { kind: "enum" }, cell: number, value: unknown): boolean {
    if (typeof value !== "object" || value === null) return this.#no("value.type_mismatch");
    const name = this.#read(value, plan.tag);
    if (name === THREW) return false;
    if (!this.#name(plan.indices, cell, name)) {
      this.#path.push(fieldSegment(plan.tag));
      return false;
    }
    const payload = plan.payloads[this.#block.i32[2 * cell]!];
    if (payload === undefined) return true;
    if (this.part(payload, cell, this.#read(value, plan.value))) return true;
    this.#path.push(variantSegment(String(name)));
    return false;
  }

  #char(cell: number, value: unknown): boolean {
    if (typeof value !== "string") return this.#no("value.type_mismatch");
    const point = value.codePointAt(0);
    if (point === undefined || value.length !== (point > 0xffff ? 2 : 1)) {
      return this.#no("value.type_mismatch");
    }
    if (point >= 0xd800 && point <= 0xdfff) return this.#no("lexical.invalid_unicode");
    return this.#store(cell, point, 0);
  }

  #bytes(cell: number, value: unknown): boolean {
    const source = plainBytes(value);
    if (source === undefined) return this.#no("value.type_mismatch");
    const block = this.#block;
    if (!block.reserveText8(source.length)) return this.#no("resource.memory_limit");
    const start = block.text8Top;
    block.text8.set(source, start);
    block.text8Top = start + source.length;
    return this.#store(cell, start, block.text8Top | SPAN.text8);
  }

  #string(cell: number, value: string): boolean {
    const block = this.#block;
    const { length } = value;
    if (!block.reserveText8(length)) return this.#no("resource.memory_limit");
    const { text8 } = block;
    const start = block.text8Top;
    if (length <= SHORT_TEXT) {
      for (let i = 0; i < length; i++) {
        const unit = value.charCodeAt(i);
        if (unit >= 0x80) return this.#string16(cell, value);
        text8[start + i] = unit;
      }
    } else {
      const { written, read } = encoder.encodeInto(value, text8.subarray(start, start + length));
      if (written !== length || read !== length) return this.#string16(cell, value);
    }
    block.text8Top = start + length;
    return this.#store(cell, start, block.text8Top | SPAN.text8);
  }

  /** Text that is not ASCII; lone surrogates have no encoding. */
  #string16(cell: number, value: string): boolean {
    const block = this.#block;
    const { length } = value;
    if (!block.reserveText16(length)) return this.#no("resource.memory_limit");
    const { text16 } = block;
    const start = block.text16Top;
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i);
      text16[start + i] = unit;
      if ((unit & 0xf800) !== 0xd800) continue;
      const low = value.charCodeAt(i + 1);
      if (unit >= 0xdc00 || (low & 0xfc00) !== 0xdc00) return this.#no("lexical.invalid_unicode");
      text16[start + ++i] = low;
    }
    block.text16Top = start + length;
    return this.#store(cell, start, block.text16Top | SPAN.text16);
  }
}

/** The bytes of what is a Uint8Array, whatever it answers itself. */
export const plainBytes = (value: unknown): Uint8Array | undefined =>
  plainView<Uint8Array>(Uint8Array, value);

/** `instanceof`, of values that may be proxies. */
function isOf<T>(Class: new (...args: never[]) => T, value: unknown): value is T {
  try {
    return value instanceof Class && Object.isFrozen(value);
  } catch {
    return false;
  }
}

/** Keys are scalars; anything else is not asked for its text. */
const keyText = (key: unknown): string =>
  typeof key === "string" || typeof key === "number" || typeof key === "bigint" || typeof key === "boolean"
    ? String(key)
    : "?";

const TYPED_ARRAYS = {
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
} as const satisfies Record<TypedName, unknown>;
type TypedArray = InstanceType<(typeof TYPED_ARRAYS)[TypedName]>;

const typedGetter = (name: "length" | "buffer" | "byteOffset"): (() => unknown) =>
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), name)!.get!;
const bufferOf = typedGetter("buffer");
const offsetOf = typedGetter("byteOffset");
const lengthOf = typedGetter("length");

interface ArrayType<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, offset: number, length: number): T;
}

/**
 * A plain view on the same elements, or `undefined` for what is no `Type`: a subclass or a proxy may answer anything,
 * the getters of the platform do not.
 */
function plainView<T>(Type: ArrayType<T>, value: unknown): T | undefined {
  try {
    if (!(value instanceof Type)) return undefined;
    const buffer = bufferOf.call(value) as ArrayBuffer;
    return new Type(buffer, offsetOf.call(value) as number, lengthOf.call(value) as number);
  } catch {
    return undefined;
  }
}
