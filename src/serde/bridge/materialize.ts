// Cells to JavaScript values, by walking the plan. Properties are own properties whatever stands on Object.prototype,
// in declaration order; nothing of the document is ever looked up on an object.

import { latin1Text, utf16Text } from "#text";
import { ANY, ANY_VARIANT } from "../layout/any.ts";
import { Extension, Simple, Tagged } from "../shape/any.ts";
import { define, isOnRoot, TYPED_ARRAYS, type TypedKind } from "../shape/values.ts";
import { anyInteger } from "../state/any-integer.ts";
import { SPAN, type StateBlock } from "../state/block.ts";
import type { BridgePlan, FieldPart, Part, Plan } from "./plan.ts";

/** The value of the root record. `source`: the caller's own document, for views into it. */
export function materialize(plan: BridgePlan, block: StateBlock, source?: Uint8Array): unknown {
  return new Materializer(block, !isOnRoot(plan.names), source).part(plan.root, 0);
}

class Materializer {
  readonly #block: StateBlock;
  readonly #i32: Int32Array;
  /** Plain assignment makes own properties of the names of the shape: Object.prototype has none of them. */
  readonly #assign: boolean;
  readonly #source: Uint8Array | undefined;
  #document: string | undefined;
  #text8: string | undefined;
  #text16: string | undefined;

  constructor(block: StateBlock, assign: boolean, source: Uint8Array | undefined) {
    this.#block = block;
    this.#i32 = block.i32;
    this.#assign = assign;
    this.#source = source;
  }

  part(part: Part, rec: number): unknown {
    const i32 = this.#i32;
    if (part.word >= 0 && (i32[2 * rec + part.word]! & part.mask) === 0) return part.none;
    let cell = rec + part.slot;
    if (part.boxed) cell = i32[2 * cell]!;
    return this.#value(part.plan, cell);
  }

  #value(plan: Plan, cell: number): unknown {
    const low = this.#i32[2 * cell]!;
    const high = this.#i32[2 * cell + 1]!;
    switch (plan.kind) {
      case "struct":
        return this.#fields({}, plan.fields, cell);
      case "string":
        return this.#text(low, high);
      case "int":
        return plan.min === 0 ? low >>> 0 : low;
      case "f32":
      case "f64":
        return this.#block.f64[cell];
      case "bool":
        return low !== 0;
      case "int53":
        return high * 0x1_0000_0000 + (low >>> 0);
      case "u64":
        return this.#block.u64[cell];
      case "i64":
        return this.#block.i64[cell];
      case "unit":
        return null;
      case "char":
        return String.fromCodePoint(low);
      case "bytes":
      case "raw":
        return this.#bytes(low, high, plan.kind === "bytes" && plan.view);
      case "tuple": {
        const { parts } = plan;
        const items = new Array<unknown>(parts.length);
        for (let i = 0; i < parts.length; i++) items[i] = this.part(parts[i]!, cell);
        return items;
      }
      case "option":
        return this.part(plan.inner, cell);
      case "list":
        return plan.typed === undefined
          ? this.#items(plan.item, low, high, plan.stride)
          : this.#typed(plan.typed, low, high);
      case "set":
        return new Set(this.#items(plan.item, low, high, plan.stride));
      case "map":
        return plan.record ? this.#record(plan, low, high) : this.#map(plan, low, high);
      case "names":
        return plan.names[low];
      case "enum": {
        const object: Record<string, unknown> = {};
        const payload = plan.payloads[low];
        this.#put(object, plan.tag, plan.names[low]);
        if (payload === undefined) return object;
        if (plan.inline) return this.#beside(object, payload, cell);
        this.#put(object, plan.value, this.part(payload, cell));
        return object;
      }
      case "any":
        return this.#any(cell);
    }
  }

  #fields(object: Record<string, unknown>, fields: readonly FieldPart[], cell: number): unknown {
    if (this.#assign) {
      for (let i = 0; i < fields.length; i++) {
        const field = fields[i]!;
        object[field.name] = this.part(field, cell);
      }
    } else {
      for (const field of fields) define(object, field.name, this.part(field, cell));
    }
    return object;
  }

  /** A payload that is a struct, among the properties of its variant. */
  #beside(object: Record<string, unknown>, { plan, slot, boxed }: Part, rec: number): unknown {
    const cell = boxed ? this.#i32[2 * (rec + slot)]! : rec + slot;
    return plan.kind === "struct" ? this.#fields(object, plan.fields, cell) : object;
  }

  #put(object: Record<string, unknown>, name: string, value: unknown): void {
    if (this.#assign) object[name] = value;
    else define(object, name, value);
  }

  /** A name of the document: each one is asked for. */
  #own(object: Record<string, unknown>, name: string, value: unknown): void {
    if (name in Object.prototype) define(object, name, value);
    else object[name] = value;
  }

  #items(item: Part, first: number, count: number, stride: number): unknown[] {
    const items = new Array<unknown>(count);
    const { plan } = item;
    if (item.word >= 0 || item.boxed) {
      for (let i = 0, rec = first; i < count; i++, rec += stride) items[i] = this.part(item, rec);
      return items;
    }
    // What an element is, is asked once for all of them.
    const i32 = this.#i32;
    let cell = first + item.slot;
    switch (plan.kind) {
      case "int":
        for (let i = 0; i < count; i++, cell += stride) {
          items[i] = plan.min === 0 ? i32[2 * cell]! >>> 0 : i32[2 * cell]!;
        }
        break;
      case "f64":
      case "f32": {
        const { f64 } = this.#block;
        for (let i = 0; i < count; i++, cell += stride) items[i] = f64[cell];
        break;
      }
      case "string":
        for (let i = 0; i < count; i++, cell += stride) {
          items[i] = this.#text(i32[2 * cell]!, i32[2 * cell + 1]!);
        }
        break;
      case "struct":
        for (let i = 0; i < count; i++, cell += stride) items[i] = this.#fields({}, plan.fields, cell);
        break;
      default:
        for (let i = 0; i < count; i++, cell += stride) items[i] = this.#value(plan, cell);
    }
    return items;
  }

  #record(plan: Plan & { kind: "map" }, first: number, count: number): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    for (let i = 0, rec = first; i < count; i++, rec += plan.stride) {
      const name = this.part(plan.key, rec) as string;
      const value = this.part(plan.value, rec);
      this.#own(object, name, value);
    }
    return object;
  }

  #map(plan: Plan & { kind: "map" }, first: number, count: number): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>();
    for (let i = 0, rec = first; i < count; i++, rec += plan.stride) {
      map.set(this.part(plan.key, rec), this.part(plan.value, rec));
    }
    return map;
  }

  #any(cell: number): unknown {
    const i32 = this.#i32;
    const low = i32[2 * cell + 2]!;
    const high = i32[2 * cell + 3]!;
    switch (i32[2 * cell]) {
      case ANY_VARIANT.undefined:
        return undefined;
      case ANY_VARIANT.bool:
        return low !== 0;
      case ANY_VARIANT.int:
      case ANY_VARIANT.uint:
      case ANY_VARIANT.big: {
        const value = anyInteger(this.#block, cell);
        const number = Number(value);
        return Number.isSafeInteger(number) ? number : value;
      }
      case ANY_VARIANT.f64:
        return this.#block.f64[cell + 1];
      case ANY_VARIANT.string:
        return this.#text(low, high);
      case ANY_VARIANT.bytes:
        return this.#bytes(low, high, false);
      case ANY_VARIANT.list: {
        const items = new Array<unknown>(high);
        for (let i = 0; i < high; i++) items[i] = this.#any(low + i * ANY.cells);
        return items;
      }
      case ANY_VARIANT.map:
        return this.#anyMap(low, high);
      case ANY_VARIANT.tag: {
        const tag = this.#block.u64[low]!;
        const value = this.#any(low + 1);
        return new Tagged(tag <= Number.MAX_SAFE_INTEGER ? Number(tag) : tag, value);
      }
      case ANY_VARIANT.simple:
        return new Simple(i32[2 * cell + 1]!);
      case ANY_VARIANT.ext:
        return new Extension(i32[2 * cell + 1]!, this.#bytes(low, high, false));
      default:
        return null;
    }
  }

  /** An object when all keys are text, else a Map. The last of equal keys counts. */
  #anyMap(first: number, count: number): unknown {
    const i32 = this.#i32;
    let text = true;
    for (let i = 0; i < count && text; i++) {
      text = i32[2 * (first + i * ANY.entryCells)] === ANY_VARIANT.string;
    }
    if (!text) {
      const map = new Map<unknown, unknown>();
      for (let i = 0, rec = first; i < count; i++, rec += ANY.entryCells) {
        map.set(this.#any(rec), this.#any(rec + ANY.cells));
      }
      return map;
    }
    const object: Record<string, unknown> = {};
    for (let i = 0, rec = first; i < count; i++, rec += ANY.entryCells) {
      this.#own(object, this.#any(rec) as string, this.#any(rec + ANY.cells));
    }
    return object;
  }

  #text(start: number, bits: number): string {
    if ((bits & (SPAN.text8 | SPAN.text16)) === 0) {
      this.#document ??= latin1Text(this.#block.document, 0, this.#block.end);
      return this.#document.substring(start, bits);
    }
    const end = bits & SPAN.mask;
    if ((bits & SPAN.text8) !== 0) {
      this.#text8 ??= latin1Text(this.#block.text8, 0, this.#block.text8Top);
      return this.#text8.substring(start, end);
    }
    this.#text16 ??= utf16Text(this.#block.text16, this.#block.text16Top);
    return this.#text16.substring(start, end);
  }

  #bytes(start: number, bits: number, view: boolean): Uint8Array {
    const end = bits & SPAN.mask;
    if ((bits & SPAN.text8) !== 0) return this.#block.text8.slice(start, end);
    const source = this.#source;
    // What another thread may write is copied (D45).
    if (view && source !== undefined && source.buffer instanceof ArrayBuffer) {
      return new Uint8Array(source.buffer, source.byteOffset + start, end - start);
    }
    return this.#block.document.slice(start, end);
  }

  /** Elements of a typed list are one cell each. */
  #typed(kind: TypedKind, first: number, count: number): ArrayBufferView {
    const { f64, u64, i64 } = this.#block;
    const end = first + count;
    switch (kind) {
      case "f64":
        return f64.slice(first, end);
      case "f32":
        return new Float32Array(f64.subarray(first, end));
      case "u64":
        return u64.slice(first, end);
      case "i64":
        return i64.slice(first, end);
      default: {
        const array = new TYPED_ARRAYS[kind](count);
        for (let i = 0; i < count; i++) array[i] = this.#i32[2 * (first + i)]!;
        return array;
      }
    }
  }
}
