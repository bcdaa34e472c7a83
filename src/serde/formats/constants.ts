// Defaults as constant cells: what `const` copies. The bridge captures the constant into a block of its own when the
// shape is compiled; here that block becomes a table.

import type { Assembler, Table, Word } from "../ir/assembler.ts";
import { CONSTANT, RELOCATE } from "../ir/tables.ts";
import type { Layout, Place } from "../layout/layout.ts";
import type { Constant } from "../shape/node.ts";
import { SPAN, type StateBlock } from "../state/block.ts";

/** Captures `value` as the value of `place`, which stands at slot 0 of the root record of the block it returns. */
export type CaptureConstant = (place: Place, layout: Layout, value: Constant) => CapturedConstant;

export interface CapturedConstant {
  readonly block: StateBlock;
  /** Cells of the value itself. */
  readonly cells: number;
  /** Cells, from the first, that hold a span or a list: which they are is known from the shape. */
  readonly spans: readonly { readonly cell: number; readonly list: boolean }[];
}

export function constantTable(assembler: Assembler, captured: CapturedConstant): Table {
  const { block, cells, spans } = captured;
  const words: Word[] = new Array<Word>(CONSTANT.rows).fill(0);
  words[CONSTANT.cells] = cells;
  words[CONSTANT.heap] = block.heapTop - cells;
  words[CONSTANT.text8] = block.text8Top;
  words[CONSTANT.text8At] = assembler.blob(block.text8.slice(0, block.text8Top));
  words[CONSTANT.text16] = block.text16Top;
  const units = block.text16.slice(0, block.text16Top);
  words[CONSTANT.text16At] = assembler.blob(new Uint8Array(units.buffer));
  const i32 = block.i32.slice(0, 2 * block.heapTop);
  const relocations: Word[] = [];
  for (const { cell, list } of spans) {
    if (list) {
      // From the start of the heap part.
      i32[2 * cell]! -= cells;
      relocations.push(cell, RELOCATE.heap);
    } else {
      const text16 = (i32[2 * cell + 1]! & SPAN.text16) !== 0;
      relocations.push(cell, text16 ? RELOCATE.text16 : RELOCATE.text8);
    }
  }
  words[CONSTANT.relocations] = relocations.length / 2;
  // One by one: a default may have more words than a call may have arguments.
  for (const word of i32) words.push(word);
  for (const word of relocations) words.push(word);
  return assembler.table(words);
}
