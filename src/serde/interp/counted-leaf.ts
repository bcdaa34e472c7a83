// One leaf of MessagePack or CBOR into its cells.

import { KIND } from "../ir/kinds.ts";
import { ANY_VARIANT } from "../layout/any.ts";
import type { StateBlock } from "../state/block.ts";
import { putAnyInteger, putInt53 } from "./cells.ts";
import { onlyChar, readBytes, readText, readTextName, skipItem } from "./counted-text.ts";
import { exactInteger, head, type ReadHead, TYPE } from "./head.ts";
import { singleOf } from "./json-numbers.ts";
import { CODE, fail, short } from "./stop.ts";

/** What `get` answers for a value of another kind, when the program has somewhere to go. */
export const SOFT = Number.NEGATIVE_INFINITY;

export const isInt = (type: number): boolean => type === TYPE.uint || type === TYPE.nint || type === TYPE.big;

/** [least, most] of the integer kinds of at most 53 bits. */
const RANGES = new Map<number, readonly [number, number]>([
  [KIND.u8, [0, 0xff]],
  [KIND.u16, [0, 0xffff]],
  [KIND.u32, [0, 0xffff_ffff]],
  [KIND.i8, [-0x80, 0x7f]],
  [KIND.i16, [-0x8000, 0x7fff]],
  [KIND.i32, [-0x8000_0000, 0x7fff_ffff]],
  [KIND.u53, [0, Number.MAX_SAFE_INTEGER]],
  [KIND.i53, [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]],
]);

/** One leaf at `at` into its cell; the position behind it, a stop, or, if `soft`, SOFT: not of that kind. */
export function getLeaf(
  s: StateBlock,
  at: number,
  kind: number,
  cell: number,
  soft: boolean,
  read: ReadHead,
): number {
  // Not beyond the tag: a chain of them would be read again for each.
  const next = read(s, at, kind === KIND.tag);
  if (next < 0) return next;
  const { type } = head;
  if (kind === KIND.tag) {
    if (type !== TYPE.tag) return fail(s, CODE.typeMismatch, at);
    s.i32[2 * cell] = head.low;
    s.i32[2 * cell + 1] = head.high;
    return next;
  }
  const other = () => (soft ? SOFT : fail(s, CODE.typeMismatch, at));
  switch (kind) {
    case KIND.unit:
      return type === TYPE.null || type === TYPE.undefined ? next : other();
    case KIND.bool:
      if (type !== TYPE.bool) return other();
      s.i32[2 * cell] = head.value;
      s.i32[2 * cell + 1] = 0;
      return next;
    case KIND.u64:
    case KIND.i64: {
      if (!isInt(type)) return other();
      const signed = kind === KIND.i64;
      const fits =
        type === TYPE.uint
          ? !signed || (head.high | 0) >= 0
          : type === TYPE.nint && signed && (head.high | 0) >= 0;
      if (!fits) return soft ? SOFT : fail(s, CODE.numberRange, at);
      s.i32[2 * cell] = type === TYPE.nint ? ~head.low : head.low;
      s.i32[2 * cell + 1] = type === TYPE.nint ? ~head.high : head.high;
      return next;
    }
    case KIND.f32:
    case KIND.f64: {
      const value = floatOf(type, kind === KIND.f32);
      if (value === undefined) return other();
      const overflows = !Number.isFinite(value) && (type !== TYPE.float || Number.isFinite(head.float));
      if (overflows) return soft ? SOFT : fail(s, CODE.numberRange, at);
      s.f64[cell] = Number.isNaN(value) ? Number.NaN : value;
      return next;
    }
    case KIND.str:
      return type === TYPE.str ? readText(s, next, cell) : other();
    case KIND.bytes:
      return type === TYPE.bytes ? readBytes(s, next, cell) : other();
    case KIND.char: {
      if (type !== TYPE.str) return other();
      const end = readTextName(s, next);
      if (end < 0) return end;
      const point = onlyChar();
      if (point < 0) return other();
      s.i32[2 * cell] = point;
      s.i32[2 * cell + 1] = 0;
      return end;
    }
    case KIND.integer:
      if (!isInt(type)) return other();
      return putAnyInteger(s, cell, exactInteger()) ? next : fail(s, CODE.memoryLimit, at);
    case KIND.other:
      return getOther(s, at, next, cell);
    case KIND.raw: {
      const end = skipItem(s, at, read);
      if (end < 0) return end;
      s.i32[2 * cell] = at;
      s.i32[2 * cell + 1] = end;
      return end;
    }
    default: {
      if (!isInt(type)) return other();
      const [min, max] = RANGES.get(kind)!;
      if (head.value < min || head.value > max) return soft ? SOFT : fail(s, CODE.numberRange, at);
      putInt53(s, cell, head.value);
      return next;
    }
  }
}

/** Of `any`: what has a variant of its own and no kind. */
function getOther(s: StateBlock, at: number, next: number, cell: number): number {
  const { type, low } = head;
  if (type === TYPE.undefined || type === TYPE.simple) {
    s.i32[2 * cell] = type === TYPE.simple ? ANY_VARIANT.simple : ANY_VARIANT.undefined;
    s.i32[2 * cell + 1] = type === TYPE.simple ? head.value : 0;
    s.i32[2 * cell + 2] = 0;
    s.i32[2 * cell + 3] = 0;
    return next;
  }
  if (type !== TYPE.ext) return fail(s, CODE.typeMismatch, at);
  const end = next + head.value;
  if (end > s.end) return short(s);
  s.i32[2 * cell] = ANY_VARIANT.ext;
  s.i32[2 * cell + 1] = low;
  s.i32[2 * cell + 2] = next;
  s.i32[2 * cell + 3] = end;
  return end;
}

/** The number of the last head as a double, or as a single; `undefined`: it is none. */
function floatOf(type: number, single: boolean): number | undefined {
  if (type === TYPE.float) return single ? Math.fround(head.float) : head.float;
  if (type === TYPE.uint || type === TYPE.nint) {
    if (!single || Math.abs(head.value) <= Number.MAX_SAFE_INTEGER) {
      return single ? Math.fround(head.value) : doubleOf();
    }
    return singleOf(String(exactInteger()));
  }
  return type === TYPE.big ? (single ? singleOf(String(exactInteger())) : Number(exactInteger())) : undefined;
}

/** The integer of the last head, rounded once. */
function doubleOf(): number {
  return Math.abs(head.value) <= Number.MAX_SAFE_INTEGER ? head.value : Number(exactInteger());
}
