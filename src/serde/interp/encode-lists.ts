// Walking cells on encode: the frames of lists and boxes. The same for every format.

import { RECORD_BYTES } from "../ir/ops.ts";
import { FRAME, type StateBlock } from "../state/block.ts";
import { popLevel, pushLevel } from "./lists.ts";
import { CODE, fail } from "./stop.ts";

/** The list in the slot of the record at `pc`, which has elements: the first one becomes current. */
export function enterList(s: StateBlock, code: Int32Array, pc: number): number {
  const at = pc >> 2;
  const cell = 2 * (s.rec + code[at + 1]!);
  const first = s.i32[cell]!;
  if (!pushLevel(s, pc, first, 1, s.i32[cell + 1]! - 1)) return fail(s, CODE.depthLimit, s.outTop);
  s.rec = first;
  return pc + RECORD_BYTES;
}

/** Whether the innermost list has another element; `nextOf` goes there. */
export const hasMore = (s: StateBlock): boolean => s.words[s.frameTop - FRAME.words + FRAME.left]! > 0;

export function nextOf(s: StateBlock, code: Int32Array): number {
  const frame = s.frameTop - FRAME.words;
  const pc = s.words[frame + FRAME.pc]!;
  s.words[frame + FRAME.left]!--;
  s.words[frame + FRAME.count]!++;
  s.rec += code[pc >> 2]! >>> 16;
  return pc + RECORD_BYTES;
}

/** The innermost list ends: where its `each` says. */
export function leaveList(s: StateBlock, code: Int32Array): number {
  const at = s.words[s.frameTop - FRAME.words + FRAME.pc]! >> 2;
  popLevel(s);
  return code[at + 3]!;
}

/** After writing: whether the output is still within its limit. */
export function written(s: StateBlock, top: number, pc: number): number {
  if (top > s.outLimit) return fail(s, CODE.outputLimit, s.outTop);
  s.outTop = top;
  return pc;
}
