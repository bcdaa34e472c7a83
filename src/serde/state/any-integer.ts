// The integers of `any`: a 64-bit cell, or the bytes of a magnitude.

import { ANY_VARIANT } from "../layout/any.ts";
import { SPAN, type StateBlock } from "./block.ts";

/** The magnitude n in [from, to), most significant byte first; `negative`: -1 - n. */
export function integerOf(bytes: Uint8Array, from: number, to: number, negative: boolean): bigint {
  let hex = "0x0";
  for (let i = from; i < to; i++) hex += bytes[i]!.toString(16).padStart(2, "0");
  return negative ? -1n - BigInt(hex) : BigInt(hex);
}

/** The integer in an `any` that is one. */
export function anyInteger(s: StateBlock, cell: number): bigint {
  const variant = s.i32[2 * cell]!;
  if (variant === ANY_VARIANT.int) return s.i64[cell + 1]!;
  if (variant === ANY_VARIANT.uint) return s.u64[cell + 1]!;
  const bits = s.i32[2 * cell + 3]!;
  const source = (bits & SPAN.text8) !== 0 ? s.text8 : s.document;
  return integerOf(source, s.i32[2 * cell + 2]!, bits & SPAN.mask, s.i32[2 * cell + 1] === 1);
}
