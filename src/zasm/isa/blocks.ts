// Basic blocks of verified code. A block starts at every root (entry, exports), at word 0, at every target and after
// every terminator; it holds whole instructions, and the blocks together hold every instruction once.

import { imm12Of, lengthWords, opcodeOf } from "./fields.ts";
import { BY_OPCODE } from "./table.ts";

/** Verified code, as far as it matters here. */
export interface CodeView {
  readonly code: Int32Array | Uint32Array;
  readonly codeWords: number;
}

/** How a block ends. `fall` runs into the next block, or off the end of CODE. */
type BlockEnd = "fall" | "call" | "jump" | "branch" | "return";

export interface Block {
  /** Byte offset in CODE of the first instruction. */
  readonly pc: number;
  /** Byte offset just after the last one. */
  readonly endPc: number;
  readonly instructions: number;
  readonly end: BlockEnd;
  /** Where `call`, `jump` and `branch` go, as a byte offset. */
  readonly target?: number;
}

/** One bit per word of CODE: 1 where a block starts. Linear in the code; allocates the bits. */
function findLeaders({ code, codeWords }: CodeView, rootWords: Iterable<number>): Uint8Array {
  const leaders = new Uint8Array((codeWords + 7) >>> 3);
  const mark = (index: number) => {
    if (index < codeWords) leaders[index >> 3] = (leaders[index >> 3] ?? 0) | (1 << (index & 7));
  };
  mark(0);
  for (const root of rootWords) mark(root);
  for (let index = 0; index < codeWords; ) {
    const word = code[index] ?? 0;
    const row = BY_OPCODE[opcodeOf(word)];
    const next = index + lengthWords(word);
    if (row?.terminator) {
      mark(next);
      if (row.format !== "none") mark(index + imm12Of(word));
    }
    index = next;
  }
  return leaders;
}

/** The blocks in code order. */
export function* basicBlocks(view: CodeView, rootWords: Iterable<number>): Generator<Block> {
  const { code, codeWords } = view;
  const leaders = findLeaders(view, rootWords);
  const leads = (index: number) => ((leaders[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
  for (let start = 0; start < codeWords; ) {
    let instructions = 0;
    let last = start;
    let next = start;
    do {
      last = next;
      next += lengthWords(code[last] ?? 0);
      instructions++;
    } while (next < codeWords && !leads(next));
    yield { pc: start * 4, endPc: next * 4, instructions, ...endOf(code[last] ?? 0, last) };
    start = next;
  }
}

const ALWAYS = 0;

function endOf(word: number, index: number): Pick<Block, "end" | "target"> {
  const format = BY_OPCODE[opcodeOf(word)]?.terminator ? BY_OPCODE[opcodeOf(word)]?.format : undefined;
  if (format === undefined) return { end: "fall" };
  if (format === "none") return { end: "return" };
  const target = (index + imm12Of(word)) * 4;
  if (format === "call") return { end: "call", target };
  return { end: ((word >>> 16) & 15) === ALWAYS ? "jump" : "branch", target };
}
