// Values of MessagePack and CBOR as `probe` walks them.

import { VALUE_KIND } from "../ir/tables.ts";
import type { StateBlock } from "../state/block.ts";
import { readTextName, skipItem } from "./counted-text.ts";
import { BREAK, exactInteger, head, type ReadHead, TYPE } from "./head.ts";
import { integer, type ValueReader, type Walk } from "./probe.ts";
import { CODE, fail, short } from "./stop.ts";

/** By TYPE. */
export const KIND_OF_TYPE = [
  VALUE_KIND.null,
  VALUE_KIND.other,
  VALUE_KIND.bool,
  VALUE_KIND.int,
  VALUE_KIND.int,
  VALUE_KIND.float,
  VALUE_KIND.str,
  VALUE_KIND.bytes,
  VALUE_KIND.list,
  VALUE_KIND.map,
  VALUE_KIND.tag,
  VALUE_KIND.other,
  VALUE_KIND.other,
  VALUE_KIND.int,
] as const;

function nextEntry(s: StateBlock, walk: Walk): number {
  if (walk.left === 0) return 0;
  if (walk.left < 0) {
    if (walk.at >= s.end) return short(s);
    return s.document[walk.at] === BREAK ? 0 : 1;
  }
  walk.left--;
  return 1;
}

export function countedValues(read: ReadHead): ValueReader {
  /** The text at `at`, else a failure. */
  const text = (s: StateBlock, at: number, code: number): number => {
    const c = read(s, at, false);
    if (c < 0) return c;
    return head.type === TYPE.str ? readTextName(s, c) : fail(s, code, at);
  };
  return {
    start: (_s, at) => at,

    kind(s, at) {
      const c = read(s, at, false);
      return c < 0 ? c : KIND_OF_TYPE[head.type]!;
    },

    open(s, at, isMap, walk) {
      const c = read(s, at, false);
      if (c < 0) return c;
      if (head.type !== (isMap ? TYPE.map : TYPE.list)) return fail(s, CODE.typeMismatch, at);
      walk.left = head.value;
      walk.at = c;
      return c;
    },

    nextKey(s, walk) {
      const more = nextEntry(s, walk);
      if (more <= 0) return more;
      const next = text(s, walk.at, CODE.badKey);
      if (next < 0) return next;
      walk.at = next;
      return 1;
    },

    nextItem: nextEntry,

    behind: (_s, walk) => (walk.left < 0 ? walk.at + 1 : walk.at),

    text: (s, at) => text(s, at, CODE.typeMismatch),

    integer(s, at) {
      const c = read(s, at, false);
      if (c >= 0) integer.value = exactInteger();
      return c;
    },

    endOf: (s, at) => skipItem(s, at, read),
  };
}
