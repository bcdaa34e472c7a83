// Numbers of JSON into cells. Short ones are read as they come; everything odd goes through the grammar and the
// platform's own exact conversion.

import type { StateBlock } from "../state/block.ts";
import { asciiText, mismatch, number, readNumber, startsValue } from "./json-text.ts";
import { CODE, fail } from "./stop.ts";

/** Integers with at most this many digits are exact in a double at every step. */
const EXACT_DIGITS = 15;
const MAX_EXACT = 2 ** 53;
/** Exact, each of them; no more places behind a point than digits. */
const POWERS = Array.from({ length: 23 }, (_, i) => 10 ** i);

/** The value of the last `readInt` or `readFloat` that came to an end. */
export const read = { value: 0 };

/**
 * An integer of at most 53 bits in [min, max]; the position behind it, or a stop. `soft`: what is not such an integer
 * is -Infinity instead of a type or range failure.
 */
export function readInt(s: StateBlock, at: number, min: number, max: number, soft: boolean): number {
  const { document } = s;
  let c = at;
  const negative = document[c] === 0x2d;
  if (negative) c++;
  const from = c;
  let value = 0;
  for (let digit = document[c]! - 0x30; digit >= 0 && digit <= 9; digit = document[++c]! - 0x30) {
    value = value * 10 + digit;
  }
  const digits = c - from;
  const next = document[c]!;
  if (
    digits === 0 ||
    digits > EXACT_DIGITS ||
    digits > s.limits.maxNumberDigits ||
    (digits > 1 && document[from] === 0x30) ||
    next === 0x2e ||
    (next | 0x20) === 0x65 ||
    c >= s.end
  ) {
    c = readLongInt(s, at, soft);
    if (c < 0) return c;
    value = read.value;
  } else if (negative) {
    value = 0 - value;
  }
  if (value < min || value > max) {
    return soft ? Number.NEGATIVE_INFINITY : fail(s, CODE.numberRange, at);
  }
  read.value = value;
  return c;
}

/** Beyond 2^53 the value is only good for comparing with a limit: never below it in size. */
function readLongInt(s: StateBlock, at: number, soft: boolean): number {
  const c = readInteger(s, at, soft);
  // + 0: an integer has no negative zero.
  if (c >= 0) read.value = Number(asciiText(s.document, at, c)) + 0;
  return c;
}

/** The end of a number that is an integer; or a stop; or, if `soft`, -Infinity for any other value. */
export function readInteger(s: StateBlock, at: number, soft: boolean): number {
  const byte = s.document[at]!;
  if (byte !== 0x2d && (byte < 0x30 || byte > 0x39)) {
    return soft && startsValue(byte) ? Number.NEGATIVE_INFINITY : mismatch(s, at);
  }
  const c = readNumber(s, at);
  if (c < 0) return c;
  if (number.float) return soft ? Number.NEGATIVE_INFINITY : fail(s, CODE.typeMismatch, at);
  return c;
}

/** Digits of which the last nine and the others are two exact products. */
const MOST_DIGITS = 18;
const NINE_DIGITS = 1e9;
/** Cuts a double into two halves whose products are exact. */
const SPLIT = 2 ** 27 + 1;
/** Far more than the rounding of the correction below, far less than what it corrects. */
const DOUBT = 2 ** -48;

/**
 * The double nearest to (high + low) / power, of exact integers of which `high` is 0 or the larger, and a power of ten;
 * NaN when that is too close to the middle between two of them.
 */
function nearestQuotient(high: number, low: number, power: number): number {
  const sum = high + low;
  const lost = low - (sum - high);
  const quotient = sum / power;
  // What the quotient leaves of the sum, without error: products of halves are exact (Veltkamp, Dekker), and the
  // remainder of a division that was rounded to nearest is a double.
  const product = quotient * power;
  const q = SPLIT * quotient;
  const p = SPLIT * power;
  const qHigh = q - (q - quotient);
  const pHigh = p - (p - power);
  const qLow = quotient - qHigh;
  const pLow = power - pHigh;
  const error = qLow * pLow - (product - qHigh * pHigh - qLow * pHigh - qHigh * pLow);
  const correction = (sum - product - error + lost) / power;
  const value = quotient + correction * (1 - DOUBT);
  return value === quotient + correction * (1 + DOUBT) ? value : Number.NaN;
}

/** The `digits` digits at `at`, with `scale` of them behind a point, as a double; NaN: not decided here. */
function readExact(document: Uint8Array, at: number, digits: number, scale: number): number {
  let high = 0;
  let low = 0;
  let c = at;
  for (let left = digits; left > 0; c++) {
    const digit = document[c]! - 0x30;
    if (digit < 0) continue; // the point
    if (left > 9) high = high * 10 + digit;
    else low = low * 10 + digit;
    left--;
  }
  return nearestQuotient(high * NINE_DIGITS, low, POWERS[scale]!);
}

/** A finite double; as `readInt`. */
export function readFloat(s: StateBlock, at: number, single: boolean, soft: boolean): number {
  const { document } = s;
  let c = at;
  const negative = document[c] === 0x2d;
  if (negative) c++;
  const from = c;
  let mantissa = 0;
  let digit = document[c]! - 0x30;
  while (digit >= 0 && digit <= 9) {
    mantissa = mantissa * 10 + digit;
    digit = document[++c]! - 0x30;
  }
  let digits = c - from;
  let plain = digits > 0 && (digits === 1 || document[from] !== 0x30);
  let scale = 0;
  if (document[c] === 0x2e) {
    const fraction = ++c;
    digit = document[c]! - 0x30;
    while (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digit = document[++c]! - 0x30;
    }
    scale = c - fraction;
    digits += scale;
    if (scale === 0) plain = false;
  }
  if (
    plain &&
    !single &&
    digits <= MOST_DIGITS &&
    digits <= s.limits.maxNumberDigits &&
    (document[c]! | 0x20) !== 0x65 &&
    c < s.end
  ) {
    // Below 2^53 no sum was rounded on the way.
    const value = mantissa < MAX_EXACT ? mantissa / POWERS[scale]! : readExact(document, from, digits, scale);
    if (!Number.isNaN(value)) {
      read.value = negative ? -value : value;
      return c;
    }
  }
  return readLongFloat(s, at, single, soft);
}

function readLongFloat(s: StateBlock, at: number, single: boolean, soft: boolean): number {
  const byte = s.document[at]!;
  if (byte !== 0x2d && (byte < 0x30 || byte > 0x39)) {
    return soft && startsValue(byte) ? Number.NEGATIVE_INFINITY : mismatch(s, at);
  }
  const c = readNumber(s, at);
  if (c < 0) return c;
  const literal = asciiText(s.document, at, c);
  const value = single ? singleOf(literal) : Number(literal);
  if (!Number.isFinite(value)) {
    return soft ? Number.NEGATIVE_INFINITY : fail(s, CODE.numberRange, at);
  }
  read.value = value;
  return c;
}

const bits64 = new DataView(new ArrayBuffer(8));

/**
 * The single nearest to a decimal literal. By way of the double it is rounded twice, which matters only when the double
 * is exactly half way between two singles: then the literal itself decides.
 */
export function singleOf(literal: string): number {
  const double = Number(literal);
  const single = Math.fround(double);
  if (double === single || !Number.isFinite(double)) return single;
  // A double whose neighbours on the single grid are equally far.
  const other = single > double ? singleBelow(single) : singleAbove(single);
  if (Math.abs(single - double) !== Math.abs(other - double)) return single;
  const order = compareDecimal(literal, double);
  if (order === 0) return single;
  const [low, high] = single < other ? [single, other] : [other, single];
  return order < 0 ? low : high;
}

function singleAbove(value: number): number {
  bits64.setFloat32(0, value);
  const bits = bits64.getInt32(0);
  bits64.setInt32(0, value === 0 ? 1 : value > 0 ? bits + 1 : bits - 1);
  return bits64.getFloat32(0);
}
const singleBelow = (value: number): number => -singleAbove(-value);

/** Sign of literal - double, exactly. */
function compareDecimal(literal: string, double: number): number {
  const match = /^(-?)([0-9]+)(?:[.]([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(literal)!;
  const digits = BigInt(`${match[1]}${match[2]}${match[3] ?? ""}`);
  const exponent = Number(match[4] ?? 0) - (match[3]?.length ?? 0);
  bits64.setFloat64(0, double);
  const bits = bits64.getBigUint64(0);
  const power = Number((bits >> 52n) & 0x7ffn);
  const fraction = (bits & 0xf_ffff_ffff_ffffn) | (power === 0 ? 0n : 0x10_0000_0000_0000n);
  const shift = BigInt(Math.max(power, 1) - 1075);
  // Both sides are made whole. A tie is near the singles, so the exponents stay small.
  let left = exponent >= 0 ? digits * 10n ** BigInt(exponent) : digits;
  let right = shift >= 0n ? fraction << shift : fraction;
  if (double < 0) right = -right;
  if (exponent < 0) right *= 10n ** BigInt(-exponent);
  if (shift < 0n) left <<= -shift;
  return left < right ? -1 : left > right ? 1 : 0;
}
