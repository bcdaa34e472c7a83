// A wasm module under construction: bytes, the numbers of the binary format, sections and bodies, in one pass and in
// order. It knows the binary format and nothing of what the code means.
//
// There is one module at a time, in one buffer that is used again, and its state is in variables of this file: code
// that runs once per process pays for every property it touches, and this is the innermost part of compilation.

import { VALTYPE } from "./ops.ts";

export const SECTION = {
  type: 1,
  import: 2,
  function: 3,
  memory: 5,
  global: 6,
  export: 7,
  code: 10,
} as const;

export const I32 = VALTYPE.i32;
export const I64 = VALTYPE.i64;

const FIRST_BYTES = 16_384;
/** A larger buffer is let go when the module is finished. */
const KEPT_BYTES = 1_048_576;

let bytes = new Uint8Array(0);
let view = new DataView(bytes.buffer);
let at = 0;
/** Where the length of the section or body that is open stands. */
let lengthAt = 0;

/** Bytes written so far: the offset in the module of what comes next. */
export const position = (): number => at;

/** Makes room for `count` bytes; nothing else here does. */
export function reserve(count: number): void {
  if (at + count <= bytes.length) return;
  const grown = new Uint8Array(Math.max(FIRST_BYTES, bytes.length * 2, at + count));
  grown.set(bytes);
  bytes = grown;
  view = new DataView(grown.buffer);
}

/** Up to four bytes, the first in the low bits of `word`. There must be room for four. */
export function put(word: number, count: number): void {
  view.setUint32(at, word, true);
  at += count;
}

/** Unsigned LEB128 of an unsigned 32-bit number. */
export function u32(value: number): void {
  let rest = value >>> 0;
  for (; rest > 0x7f; rest >>>= 7) put((rest & 0x7f) | 0x80, 1);
  put(rest, 1);
}

/** Signed LEB128 of a signed 32-bit number. */
export function s32(value: number): void {
  let rest = value | 0;
  for (; rest < -64 || rest > 63; rest >>= 7) put((rest & 0x7f) | 0x80, 1);
  put(rest & 0x7f, 1);
}

/** Signed LEB128 of the 64-bit number whose halves are `low` and `high`. */
export function s64(low: number, high: number): void {
  let lo = low | 0;
  let hi = high | 0;
  for (; hi !== lo >> 31; hi >>= 7) {
    put((lo & 0x7f) | 0x80, 1);
    lo = (lo >>> 7) | (hi << 25);
  }
  s32(lo);
}

export function startModule(): void {
  at = 0;
  reserve(1024);
  put(0x6d73_6100, 4); // "\0asm"
  put(1, 4);
}

/** Leaves room for a length that is not known yet. */
function startLength(): void {
  lengthAt = at;
  at += 5;
}

/** Writes a length into its five bytes, padded; valid LEB128. */
function endLength(from: number): void {
  const length = at - from - 5;
  const low = (length & 0x7f) | ((length & 0x3f80) << 1) | ((length & 0x1f_c000) << 2);
  view.setUint32(from, low | ((length & 0xfe0_0000) << 3) | 0x8080_8080, true);
  view.setUint8(from + 4, length >>> 28);
}

/** Sections come in the order of `SECTION`; `count` entries have to follow. Their sizes are the caller's to reserve. */
export function startSection(id: number, count: number): void {
  put(id, 1);
  startLength();
  u32(count);
}

export function endSection(): void {
  endLength(lengthAt);
}

/** A function type of i32 and i64 parameters and results, each kind in this order. */
export function functionType(params32: number, params64: number, results32: number, results64: number): void {
  put(0x60, 1);
  valueTypes(params32, params64);
  valueTypes(results32, results64);
}

function valueTypes(count32: number, count64: number): void {
  u32(count32 + count64);
  for (let i = 0; i < count32; i++) put(I32, 1);
  for (let i = 0; i < count64; i++) put(I64, 1);
}

/** Our own names, ASCII. */
function name(text: string): void {
  u32(text.length);
  for (let i = 0; i < text.length; i++) put(text.charCodeAt(i), 1);
}

/** Entries of the import section; functions and memories count on their own. */
export function importFunction(module: string, field: string, type: number): void {
  name(module);
  name(field);
  put(0, 1);
  u32(type);
}

/** `maxPages` of 64 KiB must match what the memory was made with. */
export function importMemory(module: string, field: string, minPages: number, maxPages: number): void {
  name(module);
  name(field);
  put(2, 1);
  limits(minPages, maxPages);
}

/** An entry of the memory section, or the end of an imported one. */
export function limits(minPages: number, maxPages: number): void {
  put(1, 1);
  u32(minPages);
  u32(maxPages);
}

/** An entry of the export section. */
export function exportFunction(field: string, index: number): void {
  name(field);
  put(0, 1);
  u32(index);
}

/** An entry of the global section: a mutable i32 that starts at 0. */
export function mutableGlobal(): void {
  put(I32 | 0x0100, 2);
  put(0x0b_00_41, 3);
}

/** Starts a function body in the code section with its locals: i64 ones, then i32 ones, each fewer than 128. */
export function startBody(locals64: number, locals32: number): number {
  reserve(64);
  const from = at;
  at += 5;
  put((locals64 > 0 ? 1 : 0) + (locals32 > 0 ? 1 : 0), 1);
  if (locals64 > 0) put(locals64 | (I64 << 8), 2);
  if (locals32 > 0) put(locals32 | (I32 << 8), 2);
  return from;
}

/** Ends the body that `startBody` gave. */
export function endBody(from: number): void {
  put(0x0b, 1);
  endLength(from);
}

/** The finished module. */
export function finishModule(): Uint8Array<ArrayBuffer> {
  const module = bytes.slice(0, at);
  if (bytes.length > KEPT_BYTES) {
    bytes = new Uint8Array(0);
    view = new DataView(bytes.buffer);
  }
  return module;
}
