// MessagePack and CBOR from cells to bytes, over a writer of heads.

import { EACH, HEAD, RECORD_BYTES, type Verb } from "../ir/ops.ts";
import { BITS } from "../ir/tables.ts";
import { FRAME, type StateBlock } from "../state/block.ts";
import { type HeadWriter, putLeaf } from "./counted-put.ts";
import { enterList, hasMore, leaveList, nextOf, written } from "./encode-lists.ts";
import { noteEntry, sortEntries } from "./sort-entries.ts";
import { CODE, fail, type Handler } from "./stop.ts";

type EncodeVerb = Extract<Verb<"cbor">, "put" | "head" | "some" | "each" | "more">;

/** More than the longest head, with a tag before it. */
const ROOM = 16;

export function countedEncode(to: HeadWriter): Readonly<Record<EncodeVerb, Handler>> {
  return {
    put(s, { words }, pc) {
      const at = pc >> 2;
      s.reserveOutput(ROOM);
      const top = putLeaf(s, s.rec + words[at + 1]!, (words[at]! >>> 8) & 255, to);
      return top < 0 ? top : written(s, top, pc + RECORD_BYTES);
    },

    head(s, { words }, pc) {
      const at = pc >> 2;
      let count = words[at + 1]!;
      if (words[at + 2]! >= 0) count += setBits(s, words, words[at + 2]! >> 2);
      if (words[at + 3]! >= 0) count += s.i32[2 * (s.rec + words[at + 3]!) + 1]!;
      s.reserveOutput(ROOM);
      const isMap = ((words[at]! >>> 8) & 255) === HEAD.map;
      const top = isMap ? to.map(s, count, s.outTop) : to.list(s, count, s.outTop);
      return written(s, top, pc + RECORD_BYTES);
    },

    some(s, { words }, pc) {
      const at = pc >> 2;
      const bit = words[at + 1]!;
      if ((s.i32[2 * s.rec + (bit >> 5)]! & (1 << (bit & 31))) !== 0) return pc + RECORD_BYTES;
      s.reserveOutput(1);
      s.output[s.outTop] = to.none;
      return written(s, s.outTop + 1, words[at + 2]!);
    },

    each(s, { words }, pc) {
      const at = pc >> 2;
      const flags = (words[at]! >>> 8) & 255;
      const cell = 2 * (s.rec + words[at + 1]!);
      const count = s.i32[cell + 1]!;
      const before = s.outTop;
      let top = before;
      if ((flags & EACH.bare) === 0) {
        s.reserveOutput(ROOM);
        top = (flags & EACH.map) !== 0 ? to.map(s, count, top) : to.list(s, count, top);
      }
      const done = written(s, top, words[at + 3]!);
      if (done < 0 || count === 0) return done;
      const next = enterList(s, words, pc);
      if (next < 0) s.outTop = before;
      else s.words[s.frameTop - FRAME.words + FRAME.cursor] = top;
      return next;
    },

    more(s, { words }) {
      const open = words[s.words[s.frameTop - FRAME.words + FRAME.pc]! >> 2]!;
      const sorted = ((open >>> 8) & EACH.sorted) !== 0;
      if (sorted && !noteEntry(s)) return fail(s, CODE.memoryLimit, s.outTop);
      if (hasMore(s)) return nextOf(s, words);
      if (sorted) sortEntries(s);
      return leaveList(s, words);
    },
  };
}

/** How many of the bits of the table at word `table` are set in the current record. */
function setBits(s: StateBlock, words: Int32Array, table: number): number {
  let count = 0;
  const rows = words[table + BITS.count]!;
  for (let i = 0; i < rows; i++) {
    const at = table + BITS.rows + 2 * i;
    for (let bits = s.i32[2 * s.rec + words[at]!]! & words[at + 1]!; bits !== 0; bits &= bits - 1) count++;
  }
  return count;
}
