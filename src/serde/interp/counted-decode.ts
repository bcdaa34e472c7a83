// MessagePack and CBOR from bytes to cells: containers say how many entries they have, or end with a break. One function
// per instruction, over a reader of heads.

import { LIST, opcodeOf, RECORD_BYTES, SEQ, type Verb } from "../ir/ops.ts";
import { CASE, CASES, FIELD, KEYS, KINDS, NO_CASE } from "../ir/tables.ts";
import { FRAME, type StateBlock } from "../state/block.ts";
import { enterCase, numberedCase } from "./cells.ts";
import { getLeaf, isInt, SOFT } from "./counted-leaf.ts";
import { countedValues, KIND_OF_TYPE } from "./counted-probe.ts";
import { nextRest, openRest } from "./counted-rest.ts";
import { readTextName, skipItem } from "./counted-text.ts";
import { BREAK, head, type ReadHead, TYPE } from "./head.ts";
import { claim, clearHeader, enterKey, fieldRow, findName, missingField } from "./keys.ts";
import { closeList, emptyList, nextElement, openList } from "./lists.ts";
import { probeValue, type ValueReader } from "./probe.ts";
import { CODE, type Code, DONE, fail, type Handler, short } from "./stop.ts";

type DecodeVerb = Exclude<Verb<"cbor">, "put" | "head" | "some" | "each" | "more">;
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
      const next = anyKey(s, code, keys, pc, read, values.endOf);
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
      return enterCase(s, words, at, table, row, c);
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
function anyKey(
  s: StateBlock,
  code: Code,
  keys: number,
  pc: number,
  read: ReadHead,
  endOf: ValueReader["endOf"],
): number {
  const start = s.cursor;
  const at = read(s, start, false);
  if (at < 0) return at;
  if (head.type !== TYPE.str) return fail(s, CODE.badKey, start);
  const c = readTextName(s, at);
  return c < 0 ? c : enterKey(s, code, keys, pc, start, c, endOf);
}
