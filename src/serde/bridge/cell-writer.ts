// Where captured values go: cells on the heap and text in the arenas of a block, within its limits, and why and where it
// stopped. What may run code of the value runs here, under a guard.
//
// Functions return whether it worked; on the way out of a failure each level adds its segment to the path, so that
// success pays nothing for it.

import type { ErrorCode } from "../../core/errors.ts";
import { fieldSegment, indexSegment, keySegment } from "../ir/path.ts";
import type { Fault } from "../shape/values.ts";
import { isObject, isOnRoot, keyText, propertyOf, viewOf } from "../shape/values.ts";
import { SPAN, type StateBlock } from "../state/block.ts";

export interface CaptureFailure {
  readonly code: ErrorCode;
  readonly path: string;
  readonly cause?: unknown;
}

/** What a read gives that threw. */
export const THREW = Symbol();

/** Longer text goes through the platform's encoder; shorter is faster by hand. */
const SHORT_TEXT = 40;
const encoder = new TextEncoder();

export class CellWriter {
  readonly block: StateBlock;
  /** No name is one that Object.prototype has, so that none can come from there. */
  readonly #clean: boolean;
  #path: string[] = [];
  #code: ErrorCode = "value.type_mismatch";
  #cause: unknown;
  #depth = 0;

  constructor(block: StateBlock, names: readonly string[]) {
    this.block = block;
    this.#clean = !isOnRoot(names);
  }

  failure(): CaptureFailure {
    const path = `$${this.#path.reverse().join("")}`;
    return { code: this.#code, path, ...(this.#cause === undefined ? {} : { cause: this.#cause }) };
  }

  no(code: ErrorCode): false {
    this.#code = code;
    return false;
  }

  /** `false` if there is a fault. */
  not(fault: Fault): boolean {
    return fault === undefined || this.no(fault);
  }

  /** The failure was below this segment. */
  under(segment: string): false {
    this.#path.push(segment);
    return false;
  }

  underIndex(index: number): false {
    return this.under(indexSegment(index));
  }

  underKey(key: unknown): false {
    return this.under(keySegment(keyText(key)));
  }

  /** `member`: what was there; nothing at all is not of the wrong type, but missing. */
  underField(name: string, member: unknown): false {
    if (member === undefined) this.#code = "structure.missing_field";
    return this.under(fieldSegment(name));
  }

  #threw(thrown: unknown): typeof THREW {
    this.#cause = thrown;
    this.#code = "boundary.threw";
    return THREW;
  }

  /** The one place that reads a property by its name in the shape. */
  read(object: object, name: string): unknown {
    try {
      return this.#clean ? (object as Record<string, unknown>)[name] : propertyOf(object, name);
    } catch (thrown) {
      return this.#threw(thrown);
    }
  }

  /** An own property: `name` is one of `keys`. */
  readOwn(object: object, name: string): unknown {
    try {
      return (object as Record<string, unknown>)[name];
    } catch (thrown) {
      return this.#threw(thrown);
    }
  }

  /** Apart from properties, for the engine's sake. */
  readItem(items: readonly unknown[], index: number): unknown {
    try {
      return items[index];
    } catch (thrown) {
      return this.#threw(thrown);
    }
  }

  isObject(value: unknown): value is object {
    try {
      if (isObject(value)) return true;
      this.#code = "value.type_mismatch";
    } catch (thrown) {
      this.#threw(thrown);
    }
    return false;
  }

  /** What `ask` says of a value; `undefined` if asking threw. */
  asked<T>(ask: (value: unknown) => T, value: unknown): T | undefined {
    try {
      return ask(value);
    } catch (thrown) {
      this.#threw(thrown);
      return undefined;
    }
  }

  /** Own enumerable names of what `is` takes. */
  keys(value: unknown, is: (value: unknown) => value is object): string[] | undefined {
    try {
      if (is(value)) return Object.keys(value);
      this.#code = "value.type_mismatch";
    } catch (thrown) {
      this.#threw(thrown);
    }
    return undefined;
  }

  /** The number of elements of an array; -1 for what is none. */
  length(value: unknown): number {
    try {
      if (Array.isArray(value)) {
        const { length } = value;
        // A proxy may say anything.
        if (Number.isSafeInteger(length) && length >= 0) return length;
      }
      this.#code = "value.type_mismatch";
    } catch (thrown) {
      this.#threw(thrown);
    }
    return -1;
  }

  /** The first of `cells` new cells, or -1. */
  alloc(cells: number, zero: boolean): number {
    const { block } = this;
    if (!block.fits(cells)) {
      this.no("resource.memory_limit");
      return -1;
    }
    block.reserveHeap(cells);
    const first = block.heapTop;
    block.heapTop = first + cells;
    if (zero) block.i32.fill(0, 2 * first, 2 * (first + cells));
    return first;
  }

  /** Cells for `count` elements, one level deeper; -1 if there is no room. */
  open(count: number, stride: number, zero: boolean): number {
    const { block } = this;
    block.elements += count;
    if (block.elements > block.limits.maxElements) {
      this.no("resource.element_limit");
      return -1;
    }
    return this.openBox(count * stride, zero);
  }

  /** As `open`, for what is no element of anything. */
  openBox(cells: number, zero: boolean): number {
    if (++this.#depth > this.block.limits.maxDepth) {
      this.no("resource.depth_limit");
      return -1;
    }
    return this.alloc(cells, zero);
  }

  close(cell: number, first: number, count: number): true {
    this.#depth--;
    return this.store(cell, first, count);
  }

  store(cell: number, low: number, high: number): true {
    const { i32 } = this.block;
    i32[2 * cell] = low;
    i32[2 * cell + 1] = high;
    return true;
  }

  /** A safe integer as 64 bits. */
  storeInteger(cell: number, value: number): true {
    return this.store(cell, value, Math.floor(value / 0x1_0000_0000));
  }

  storeFloat(cell: number, value: number): true {
    this.block.f64[cell] = Number.isNaN(value) ? Number.NaN : value;
    return true;
  }

  bytes(cell: number, value: unknown): boolean {
    const source = viewOf("u8", value);
    if (source === undefined) return this.no("value.type_mismatch");
    const { block } = this;
    if (!block.reserveText8(source.length)) return this.no("resource.memory_limit");
    const start = block.text8Top;
    block.text8.set(source, start);
    block.text8Top = start + source.length;
    return this.store(cell, start, block.text8Top | SPAN.text8);
  }

  string(cell: number, value: string): boolean {
    const { block } = this;
    const { length } = value;
    if (!block.reserveText8(length)) return this.no("resource.memory_limit");
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
    return this.store(cell, start, block.text8Top | SPAN.text8);
  }

  /** Text that is not ASCII; lone surrogates have no encoding. */
  #string16(cell: number, value: string): boolean {
    const { block } = this;
    const { length } = value;
    if (!block.reserveText16(length)) return this.no("resource.memory_limit");
    const { text16 } = block;
    const start = block.text16Top;
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i);
      text16[start + i] = unit;
      if ((unit & 0xf800) !== 0xd800) continue;
      const low = value.charCodeAt(i + 1);
      if (unit >= 0xdc00 || (low & 0xfc00) !== 0xdc00) return this.no("lexical.invalid_unicode");
      text16[start + ++i] = low;
    }
    block.text16Top = start + length;
    return this.store(cell, start, block.text16Top | SPAN.text16);
  }
}
