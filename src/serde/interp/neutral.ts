// The instructions that know no format.

import { FAIL_BACK, RECORD_BYTES, type Verb } from "../ir/ops.ts";
import { CASE, CASES, CONSTANT, RELOCATE } from "../ir/tables.ts";
import { FRAME, type StateBlock } from "../state/block.ts";
import { written } from "./encode-lists.ts";
import { closeBox, openBox, popFrame, popLevel, pushFrame, pushLevel } from "./lists.ts";
import { CODE, type Code, DONE, fail, type Handler } from "./stop.ts";

export const NEUTRAL = {
  jump: (_s, { words }, pc) => words[(pc >> 2) + 1]!,

  if(s, { words }, pc) {
    const at = pc >> 2;
    const bit = words[at + 1]!;
    const set = (s.i32[2 * s.rec + (bit >> 5)]! & (1 << (bit & 31))) !== 0;
    return set ? pc + RECORD_BYTES : words[at + 2]!;
  },

  call(s, { words }, pc) {
    const at = pc >> 2;
    if (!pushFrame(s, pc, 0, 0, 0)) return fail(s, CODE.depthLimit, s.cursor);
    s.rec += words[at + 2]!;
    return words[at + 1]!;
  },

  ret(s) {
    popFrame(s);
    return s.words[s.frameTop + FRAME.pc]! + RECORD_BYTES;
  },

  box: (s, { words }, pc) => openBox(s, words, pc),

  close: (s, { words }, pc) => closeBox(s, words, pc),

  set(s, { words }, pc) {
    const at = pc >> 2;
    const cell = 2 * (s.rec + words[at + 1]!);
    s.i32[cell] = words[at + 2]!;
    s.i32[cell + 1] = words[at + 3]!;
    return pc + RECORD_BYTES;
  },

  const: copyConstant,

  fail(s, { words }, pc) {
    const at = pc >> 2;
    const back = ((words[at]! >>> 8) & 255) === FAIL_BACK ? 1 : 0;
    return fail(s, words[at + 1]!, s.cursor - back);
  },

  enter(s, { words }, pc) {
    const cell = 2 * (s.rec + words[(pc >> 2) + 1]!);
    const first = s.i32[cell]!;
    if (!pushLevel(s, pc, first, 1, 0)) return fail(s, CODE.depthLimit, s.outTop);
    s.rec = first;
    return pc + RECORD_BYTES;
  },

  leave(s, _code, pc) {
    popLevel(s);
    return pc + RECORD_BYTES;
  },

  lit(s, { words, bytes }, pc) {
    const at = pc >> 2;
    const length = words[at + 2]!;
    s.reserveOutput(length);
    let from = words[at + 1]!;
    let top = s.outTop;
    const { output } = s;
    for (const end = from + length; from < end; from++) output[top++] = bytes[from]!;
    return written(s, top, pc + RECORD_BYTES);
  },

  pick(s, { words }, pc) {
    const at = pc >> 2;
    const variant = s.i32[2 * (s.rec + words[at + 1]!)]! >>> 0;
    const table = words[at + 2]! >> 2;
    if (variant >= words[table + CASES.targets]!) return fail(s, CODE.unknownVariant, s.outTop);
    return words[table + CASES.rows + variant * CASE.words + CASE.target]!;
  },

  mark(s, { words }, pc) {
    const bit = words[(pc >> 2) + 1]!;
    s.i32[2 * s.rec + (bit >> 5)]! |= 1 << (bit & 31);
    return pc + RECORD_BYTES;
  },

  done: () => DONE,
} satisfies Record<Verb<"neutral">, Handler>;

function copyConstant(s: StateBlock, { words, bytes }: Code, pc: number): number {
  const at = pc >> 2;
  const table = words[at + 2]! >> 2;
  const cells = words[table + CONSTANT.cells]!;
  const heap = words[table + CONSTANT.heap]!;
  const text8 = words[table + CONSTANT.text8]!;
  const text16 = words[table + CONSTANT.text16]!;
  const fits = s.mayUse(heap) && s.reserveText8(text8) && s.reserveText16(text16);
  if (!fits) return fail(s, CODE.memoryLimit, s.cursor);
  s.reserveHeap(heap);
  const slot = s.rec + words[at + 1]!;
  const from = table + CONSTANT.rows;
  const { i32 } = s;
  /** Word index of cell `i` of the constant, where it goes. */
  const home = (i: number) => 2 * (i < cells ? slot + i : s.heapTop + i - cells);
  for (let i = 0; i < cells + heap; i++) {
    i32[home(i)] = words[from + 2 * i]!;
    i32[home(i) + 1] = words[from + 2 * i + 1]!;
  }
  let row = from + 2 * (cells + heap);
  for (let n = words[table + CONSTANT.relocations]!; n > 0; n--, row += 2) {
    const to = home(words[row]!);
    const kind = words[row + 1]!;
    if (kind === RELOCATE.heap) {
      i32[to]! += s.heapTop;
    } else {
      const top = kind === RELOCATE.text8 ? s.text8Top : s.text16Top;
      i32[to]! += top;
      i32[to + 1]! += top;
    }
  }
  const text8At = words[table + CONSTANT.text8At]!;
  for (let i = 0; i < text8; i++) s.text8[s.text8Top + i] = bytes[text8At + i]!;
  const text16At = words[table + CONSTANT.text16At]!;
  for (let i = 0; i < text16; i++) {
    s.text16[s.text16Top + i] = bytes[text16At + 2 * i]! | (bytes[text16At + 2 * i + 1]! << 8);
  }
  s.heapTop += heap;
  s.text8Top += text8;
  s.text16Top += text16;
  return pc + RECORD_BYTES;
}
