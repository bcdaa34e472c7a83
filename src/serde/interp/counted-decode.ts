// MessagePack and CBOR from bytes to cells: containers say how many entries they have, or end with a break. One function
// per instruction, over a reader of heads.

import { KIND } from "../ir/kinds.ts";
import { LIST, opcodeOf, RECORD_BYTES, SEQ, type Verb } from "../ir/ops.ts";
import { CASE, CASES, DUPLICATE, FIELD, KEYS, KINDS, NO_CASE } from "../ir/tables.ts";
import { ANY_VARIANT } from "../layout/any.ts";
import { FRAME, type StateBlock } from "../state/block.ts";
import { numberedCase, putAnyInteger, putInt53 } from "./cells.ts";
import { countedValues, KIND_OF_TYPE } from "./counted-probe.ts";
import { nextRest, openRest } from "./counted-rest.ts";
import { onlyChar, readBytes, readText, readTextName, skipItem } from "./counted-text.ts";
import { BREAK, exactInteger, head, type ReadHead, TYPE } from "./head.ts";
import { singleOf } from "./json-numbers.ts";
import { claim, clearHeader, fieldRow, findName, missingField, nameRows } from "./keys.ts";
import { closeList, emptyList, nextElement, openList } from "./lists.ts";
import { probeValue } from "./probe.ts";
import { CODE, type Code, DONE, fail, type Handler, short } from "./stop.ts";

type DecodeVerb = Exclude<Verb<"cbor">, "put" | "head" | "some" | "each" | "more">;
/** What `get` answers for a value of another kind, when the program has somewhere to go. */
const SOFT = Number.NEGATIVE_INFINITY;
/** In its family, which is one of two. */
const REST = opcodeOf("cbor", "rest") & 31;

export function countedDecode(read: ReadHead): Readonly<Record<DecodeVerb, Handler>> {
  const values = countedValues(read);
  return {
    obj(s, { words }, pc) {
      const at = pc >> 2;
      const start = s.cursor;
      const c = read(s, start, false);
      if (c < 0) return c;
      if (head.type !== TYPE.map) return fail(s, CODE.typeMismatch, start);
      clearHeader(s, words, at);
      s.i32[2 * (s.rec + words[at + 2]!) + 1] = clamp(head.value);
      s.cursor = c;
      return pc + RECORD_BYTES;
    },

    key(s, code, pc) {
      const { words, bytes } = code;
      const { document } = s;
      let at = pc >> 2;
      const keys = words[at + 1]! >> 2;
      const counter = 2 * (s.rec + words[keys + KEYS.header]!) + 1;
      const left = s.i32[counter]!;
      const c = s.cursor;
      if (left <= 0) {
        if (left === 0) return closeObject(s, words, keys, c, c);
        if (c >= s.end) return short(s);
        if (document[c] === BREAK) {
          const next = closeObject(s, words, keys, c, c + 1);
          if (next >= 0) s.i32[counter] = 0;
          return next;
        }
      }
      for (;;) {
        const length = words[at]! >>> 16;
        if (length > 0) {
          const from = (at << 2) + RECORD_BYTES;
          let i = 0;
          while (i < length && document[c + i] === bytes[from + i]) i++;
          if (i === length && c + i <= s.end) {
            if (claim(s, words[fieldRow(words, keys, words[at + 2]!) + FIELD.bit]!)) {
              if (left > 0) s.i32[counter] = left - 1;
              s.cursor = c + length;
              return (at << 2) + RECORD_BYTES + ((length + RECORD_BYTES - 1) & -RECORD_BYTES);
            }
            break;
          }
        }
        const alternative = words[at + 3]!;
        if (alternative < 0) break;
        at = alternative >> 2;
      }
      const next = anyKey(s, code, keys, pc, read);
      if (next >= 0 && left > 0) s.i32[counter] = left - 1;
      return next;
    },

    get(s, { words }, pc) {
      const at = pc >> 2;
      const target = words[at + 2]!;
      const kind = (words[at]! >>> 8) & 255;
      const next = getLeaf(s, s.cursor, kind, s.rec + words[at + 1]!, target >= 0, read);
      if (next >= 0) {
        s.cursor = next;
        return pc + RECORD_BYTES;
      }
      return next === SOFT ? target : next;
    },

    opt(s, { words }, pc) {
      const at = pc >> 2;
      const bit = words[at + 1]!;
      const word = 2 * s.rec + (bit >> 5);
      const c = read(s, s.cursor, false);
      if (c < 0) return c;
      if (head.type !== TYPE.null && head.type !== TYPE.undefined) {
        s.i32[word]! |= 1 << (bit & 31);
        return pc + RECORD_BYTES;
      }
      s.i32[word]! &= ~(1 << (bit & 31));
      s.cursor = c;
      return words[at + 2]!;
    },

    list(s, { words }, pc) {
      const at = pc >> 2;
      const flags = (words[at]! >>> 8) & 255;
      const start = s.cursor;
      const c = read(s, start, false);
      if (c < 0) return c;
      if (head.type !== ((flags & LIST.map) !== 0 ? TYPE.map : TYPE.list)) {
        return fail(s, CODE.typeMismatch, start);
      }
      const count = head.value;
      const exact = words[at + 2]!;
      if (count >= 0) {
        if (exact >= 0 && count !== exact) return fail(s, CODE.lengthMismatch, start);
        if (count === 0) return emptyList(s, words, pc, start, c);
        return openList(s, words, pc, clamp(count) - 1, start, c);
      }
      if (c >= s.end) return short(s);
      if (s.document[c] === BREAK) {
        return exact > 0 ? fail(s, CODE.lengthMismatch, start) : emptyList(s, words, pc, start, c + 1);
      }
      if (exact === 0) return fail(s, CODE.lengthMismatch, start);
      return openList(s, words, pc, -1, start, c);
    },

    rest: (s, code, pc) => openRest(s, code, pc, read),

    next(s, code) {
      const { words } = code;
      const frame = s.frameTop - FRAME.words;
      const at = s.words[frame + FRAME.pc]! >> 2;
      if ((words[at]! & 31) === REST) return nextRest(s, code, read);
      const left = s.words[frame + FRAME.left]!;
      const c = s.cursor;
      if (left === 0) return closeList(s, words, c, c);
      if (left < 0) {
        if (c >= s.end) return short(s);
        const exact = words[at + 2]!;
        const count = s.words[frame + FRAME.count]!;
        if (s.document[c] === BREAK) {
          return exact >= 0 && count !== exact
            ? fail(s, CODE.lengthMismatch, c)
            : closeList(s, words, c + 1, c);
        }
        if (exact >= 0 && count >= exact) return fail(s, CODE.lengthMismatch, c);
        return nextElement(s, words, c);
      }
      const next = nextElement(s, words, c);
      if (next >= 0) s.words[frame + FRAME.left] = left - 1;
      return next;
    },

    seq(s, { words }, pc) {
      const at = pc >> 2;
      const mode = (words[at]! >>> 8) & 255;
      const header = 2 * (s.rec + words[at + 2]!);
      const start = s.cursor;
      if (mode === SEQ.open) {
        const c = read(s, start, false);
        if (c < 0) return c;
        if (head.type !== TYPE.list) return fail(s, CODE.typeMismatch, start);
        if (head.value >= 0 && head.value !== words[at + 1]) return fail(s, CODE.lengthMismatch, start);
        if (head.value < 0 && words[at + 1] !== 0) {
          if (c >= s.end) return short(s);
          if (s.document[c] === BREAK) return fail(s, CODE.lengthMismatch, c);
        }
        s.i32[header] = 0;
        s.i32[header + 1] = head.value < 0 ? -1 : 0;
        s.cursor = c;
        return pc + RECORD_BYTES;
      }
      if (s.i32[header + 1] === 0) return pc + RECORD_BYTES;
      if (start >= s.end) return short(s);
      const ends = s.document[start] === BREAK;
      if (ends !== (mode === SEQ.close)) return fail(s, CODE.lengthMismatch, start);
      if (ends) {
        s.i32[header + 1] = 0;
        s.cursor = start + 1;
      }
      return pc + RECORD_BYTES;
    },

    case(s, code, pc) {
      const { words } = code;
      const at = pc >> 2;
      const table = words[at + 2]! >> 2;
      const start = s.cursor;
      const soft = words[at + 3]!;
      let c = read(s, start, false);
      if (c < 0) return c;
      let row = -1;
      if (words[table + CASES.names]! > 0) {
        if (head.type !== TYPE.str) return soft >= 0 ? soft : fail(s, CODE.typeMismatch, start);
        c = readTextName(s, c);
        if (c < 0) return c;
        const names = table + CASES.rows + words[table + CASES.targets]! * CASE.words;
        row = findName(code, names, words[table + CASES.names]!);
      } else {
        if (!isInt(head.type)) return soft >= 0 ? soft : fail(s, CODE.typeMismatch, start);
        row = numberedCase(words, table, head.value);
      }
      if (row < 0 && row !== NO_CASE) row = words[table + CASES.other]!;
      if (row < 0) return soft >= 0 ? soft : fail(s, CODE.unknownVariant, start);
      const target = table + CASES.rows + row * CASE.words;
      const cell = 2 * (s.rec + words[at + 1]!);
      s.i32[cell] = words[target + CASE.variant]!;
      s.i32[cell + 1] = 0;
      s.cursor = c;
      return words[target + CASE.target]!;
    },

    kind(s, { words }, pc) {
      const at = pc >> 2;
      const table = words[at + 1]! >> 2;
      const c = read(s, s.cursor, words[at]! >>> 16 !== 0);
      if (c < 0) return c;
      const target = words[table + KINDS.targets + KIND_OF_TYPE[head.type]!]!;
      return target >= 0 ? target : fail(s, words[table + KINDS.code]!, s.cursor);
    },

    probe: (s, code, pc) => probeValue(s, code, pc, values),

    skip(s, _code, pc) {
      const end = skipItem(s, s.cursor, read);
      if (end < 0) return end;
      s.cursor = end;
      return pc + RECORD_BYTES;
    },

    end(s) {
      if (s.cursor < s.end) return fail(s, CODE.trailingBytes, s.cursor);
      return s.more !== 0 ? short(s) : DONE;
    },
  };
}

const isInt = (type: number): boolean => type === TYPE.uint || type === TYPE.nint || type === TYPE.big;

/** A claimed count as 32 bits: more than a document has bytes are never all there, so it does not matter how many. */
const clamp = (count: number): number => Math.min(count, 0x7fff_ffff);

function closeObject(s: StateBlock, words: Int32Array, keys: number, at: number, next: number): number {
  if (words[keys + KEYS.open] === 1) return fail(s, words[keys + KEYS.missing]!, at);
  const missing = missingField(s, words, keys);
  if (missing >= 0) return fail(s, words[keys + KEYS.missing]!, at, missing);
  s.cursor = next;
  return words[keys + KEYS.close]!;
}

/** A key that is not the expected one. */
function anyKey(s: StateBlock, code: Code, keys: number, pc: number, read: ReadHead): number {
  const { words } = code;
  const start = s.cursor;
  let c = read(s, start, false);
  if (c < 0) return c;
  if (head.type !== TYPE.str) return fail(s, CODE.badKey, start);
  c = readTextName(s, c);
  if (c < 0) return c;
  const field = findName(code, nameRows(words, keys), words[keys + KEYS.names]!);
  let target = words[keys + KEYS.other]!;
  if (field >= 0) {
    const row = fieldRow(words, keys, field);
    target = words[row + FIELD.target]!;
    const bit = words[row + FIELD.bit]!;
    const seen = bit >= 0 && (s.i32[2 * s.rec + (bit >> 5)]! & (1 << (bit & 31))) !== 0;
    if (seen) {
      const policy = words[keys + KEYS.duplicate];
      if (policy === DUPLICATE.reject) return fail(s, CODE.duplicateField, start, field);
      if (policy === DUPLICATE.first) target = -1;
    }
    if (target < 0) c = skipItem(s, c, read);
    if (c < 0) return c;
    claim(s, bit);
  } else if (target < 0) {
    const unknown = words[keys + KEYS.unknown]!;
    if (unknown !== 0) return fail(s, unknown, start);
    c = skipItem(s, c, read);
    if (c < 0) return c;
  }
  s.cursor = c;
  return target < 0 ? pc : target;
}

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
function getLeaf(
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
