// Records that are made while reading: list elements and boxes, on the build stack or, when they are flat, right on
// the heap; and the frames that go with them. The same for every format.

import { LIST, RECORD_BYTES } from "../ir/ops.ts";
import { FRAME, type StateBlock } from "../state/block.ts";
import { dropDuplicates } from "./duplicates.ts";
import { CODE, fail } from "./stop.ts";

/** Pushes a frame for the record at `pc`; `false` when there is no room. Writes every word of it. */
export function pushFrame(s: StateBlock, pc: number, base: number, count: number, left: number): boolean {
  const at = s.frameTop;
  if (at >= s.frameEnd) return false;
  const { words } = s;
  words[at + FRAME.pc] = pc;
  words[at + FRAME.rec] = s.rec;
  words[at + FRAME.base] = base;
  words[at + FRAME.count] = count;
  words[at + FRAME.left] = left;
  words[at + FRAME.cursor] = 0;
  words[at + 6] = 0;
  words[at + 7] = 0;
  s.frameTop = at + FRAME.words;
  return true;
}

/** Pops; the record around it is current again. */
export function popFrame(s: StateBlock): void {
  s.frameTop -= FRAME.words;
  s.rec = s.words[s.frameTop + FRAME.rec]!;
}

/** Whether one more level may open. */
const mayOpen = (s: StateBlock): boolean => s.depth < s.limits.maxDepth && s.frameTop < s.frameEnd;

/** As `pushFrame`, of what counts as a level: everything but a call. */
export function pushLevel(s: StateBlock, pc: number, base: number, count: number, left: number): boolean {
  if (s.depth >= s.limits.maxDepth || !pushFrame(s, pc, base, count, left)) return false;
  s.depth++;
  return true;
}

export function popLevel(s: StateBlock): void {
  popFrame(s);
  s.depth--;
}

/** Where the frames of the levels that may still open would end: what is skipped keeps its brackets there. */
export const levelsEnd = (s: StateBlock): number =>
  Math.min(s.frameEnd, s.frameTop + (s.limits.maxDepth - s.depth) * FRAME.words);

/** An empty list in the slot of the record at `pc`: a level that opens at `start` and is closed at once. */
export function emptyList(
  s: StateBlock,
  code: Int32Array,
  pc: number,
  start: number,
  cursor: number,
): number {
  if (!mayOpen(s)) return fail(s, CODE.depthLimit, start);
  const at = pc >> 2;
  const cell = 2 * (s.rec + code[at + 1]!);
  s.i32[cell] = s.heapTop;
  s.i32[cell + 1] = 0;
  s.cursor = cursor;
  return code[at + 3]!;
}

/**
 * The list of the record at `pc` has at least one element: `left` more behind it, or an end mark (-1). `start` is its
 * first byte, `cursor` the byte behind its head.
 */
export function openList(
  s: StateBlock,
  code: Int32Array,
  pc: number,
  left: number,
  start: number,
  cursor: number,
): number {
  const word = code[pc >> 2]!;
  const stride = word >>> 16;
  if (!mayOpen(s)) return fail(s, CODE.depthLimit, start);
  if (s.elements >= s.limits.maxElements) return fail(s, CODE.elementLimit, start);
  const base = newRecord(s, stride, word >>> 8);
  if (base < 0) return fail(s, CODE.memoryLimit, start);
  pushLevel(s, pc, base, 1, left);
  s.elements++;
  s.rec = base;
  s.cursor = cursor;
  return pc + RECORD_BYTES;
}

/** Another element of the list of the innermost frame. */
export function nextElement(s: StateBlock, code: Int32Array, cursor: number): number {
  const frame = s.frameTop - FRAME.words;
  const pc = s.words[frame + FRAME.pc]!;
  const word = code[pc >> 2]!;
  if (s.elements >= s.limits.maxElements) return fail(s, CODE.elementLimit, s.cursor);
  const rec = newRecord(s, word >>> 16, word >>> 8);
  if (rec < 0) return fail(s, CODE.memoryLimit, s.cursor);
  s.words[frame + FRAME.count]!++;
  s.elements++;
  s.rec = rec;
  s.cursor = cursor;
  return pc + RECORD_BYTES;
}

/** The list of the innermost frame ends; `offset` is where. */
export function closeList(s: StateBlock, code: Int32Array, cursor: number, offset: number): number {
  const frame = s.frameTop - FRAME.words;
  const at = s.words[frame + FRAME.pc]! >> 2;
  const flags = (code[at]! >>> 8) & 255;
  const stride = code[at]! >>> 16;
  let count = s.words[frame + FRAME.count]!;
  if ((flags & LIST.unique) !== 0 && count > 1) {
    const first = s.words[frame + FRAME.base]!;
    const kept = dropDuplicates(s, first, count, stride, flags);
    if (kept < 0) return fail(s, CODE.duplicateKey, offset);
    if ((flags & LIST.flat) !== 0) s.heapTop = first + kept * stride;
    else s.stackTop = first + kept * stride;
    count = kept;
  }
  let first = s.words[frame + FRAME.base]!;
  if ((flags & LIST.flat) === 0) {
    first = moveToHeap(s, frame, count * stride);
  }
  popLevel(s);
  const cell = 2 * (s.rec + code[at + 1]!);
  s.i32[cell] = first;
  s.i32[cell + 1] = count;
  s.cursor = cursor;
  return code[at + 3]!;
}

/** A box's record; see `box`. */
export function openBox(s: StateBlock, code: Int32Array, pc: number): number {
  const word = code[pc >> 2]!;
  if (!mayOpen(s)) return fail(s, CODE.depthLimit, s.cursor);
  const base = newRecord(s, word >>> 16, ((word >>> 8) & 1) === 0 ? 0 : LIST.zero);
  if (base < 0) return fail(s, CODE.memoryLimit, s.cursor);
  pushLevel(s, pc, base, 1, 0);
  s.rec = base;
  return pc + RECORD_BYTES;
}

export function closeBox(s: StateBlock, code: Int32Array, pc: number): number {
  const frame = s.frameTop - FRAME.words;
  const at = s.words[frame + FRAME.pc]! >> 2;
  const first = moveToHeap(s, frame, code[at]! >>> 16);
  popLevel(s);
  const cell = 2 * (s.rec + code[at + 1]!);
  s.i32[cell] = first;
  s.i32[cell + 1] = 1;
  return pc + RECORD_BYTES;
}

/** The first of `stride` new cells, or -1: over the limit. */
function newRecord(s: StateBlock, stride: number, flags: number): number {
  if (!s.mayUse(stride)) return -1;
  let base: number;
  if ((flags & LIST.flat) !== 0) {
    s.reserveHeap(stride);
    base = s.heapTop;
    s.heapTop = base + stride;
  } else {
    s.reserveStack(stride);
    base = s.stackTop;
    s.stackTop = base + stride;
  }
  if ((flags & LIST.zero) !== 0) {
    const { i32 } = s;
    for (let i = 2 * base; i < 2 * (base + stride); i++) i32[i] = 0;
  }
  return base;
}

/** What the frame built, the topmost `cells` of the build stack, goes to the heap top: it fits, as it is counted already. */
function moveToHeap(s: StateBlock, frame: number, cells: number): number {
  s.reserveHeap(cells);
  // Read after reserveHeap, which may have moved the stack.
  const from = s.words[frame + FRAME.base]!;
  const first = s.heapTop;
  const { i32 } = s;
  for (let i = 2 * from, to = 2 * first, end = 2 * (from + cells); i < end; i++) i32[to++] = i32[i]!;
  s.heapTop = first + cells;
  s.stackTop = from;
  return first;
}
