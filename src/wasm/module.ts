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
/** Where the length of the section that is open stands. */
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
  for (; rest > 0x1f_ffff; rest >>>= 7) put((rest & 0x7f) | 0x80, 1);
  const spread = (rest & 0x7f) | ((rest & 0x3f80) << 1) | ((rest & 0x1f_c000) << 2);
  if (rest < 0x80) put(spread, 1);
  else if (rest < 0x4000) put(spread | 0x80, 2);
  else put(spread | 0x8080, 3);
}

/** Signed LEB128 of a signed 32-bit number. */
export function s32(value: number): void {
  let rest = value | 0;
  for (; rest < -0x2000 || rest > 0x1fff; rest >>= 7) put((rest & 0x7f) | 0x80, 1);
  if (rest >= -64 && rest < 64) put(rest & 0x7f, 1);
  else put((rest & 0x7f) | 0x80 | ((rest & 0x3f80) << 1), 2);
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
  lengthAt = at;
  at += 5;
  u32(count);
}

export function endSection(): void {
  endLength(lengthAt);
}

/** A function type of i32 and i64 parameters and results, each kind in this order. */
export function functionType(params32: number, params64: number, results32: number, results64: number): void {
  put(0x60, 1);
  u32(params32 + params64);
  for (let i = 0; i < params32; i++) put(I32, 1);
  for (let i = 0; i < params64; i++) put(I64, 1);
  u32(results32 + results64);
  for (let i = 0; i < results32; i++) put(I32, 1);
  for (let i = 0; i < results64; i++) put(I64, 1);
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
