import { expect, test } from "vitest";
import { assemble } from "../asm/index.ts";
import { basicBlocks, type CodeView } from "./blocks.ts";

function codeOf(source: string): CodeView {
  const result = assemble(source);
  if (!result.ok) throw new Error(result.diagnostics[0]?.message);
  const { code } = result.parts;
  return { code: new Uint32Array(code.slice().buffer), codeWords: code.length / 4 };
}

const blocks = (source: string, roots: number[] = [0]) => [...basicBlocks(codeOf(source), roots)];

test("straight code is one block", () => {
  expect(blocks("LD A, 1\nINC A\nRET\n")).toEqual([{ pc: 0, endPc: 12, instructions: 3, end: "return" }]);
});

test("blocks start at targets and after terminators, and extension words are no instructions", () => {
  const source = `
    LD A, 0x12345678
  loop:
    DEC A
    CP A, 0
    JR NE, loop
    CALL leaf
    JR over
    DROP A
  over:
    RET
  leaf:
    INC A
    RET`;
  expect(blocks(source)).toEqual([
    { pc: 0, endPc: 8, instructions: 1, end: "fall" },
    { pc: 8, endPc: 20, instructions: 3, end: "branch", target: 8 },
    { pc: 20, endPc: 24, instructions: 1, end: "call", target: 36 },
    { pc: 24, endPc: 28, instructions: 1, end: "jump", target: 32 },
    { pc: 28, endPc: 32, instructions: 1, end: "fall" },
    { pc: 32, endPc: 36, instructions: 1, end: "return" },
    { pc: 36, endPc: 44, instructions: 2, end: "return" },
  ]);
});

test("roots start blocks, the first word always does, and the last block may fall off the end", () => {
  expect(blocks("DROP A\nDROP A\nDROP A\nDROP A\n", [1, 3]).map(({ pc, end }) => [pc, end])).toEqual([
    [0, "fall"],
    [4, "fall"],
    [12, "fall"],
  ]);
  expect(blocks("JR x\nx: RET\n", []).map(({ pc }) => pc)).toEqual([0, 4]);
});

test("more than eight words need more than one byte of bits", () => {
  const source = `${"DROP A\n".repeat(20)}again: JR again\n`;
  expect(blocks(source, [0, 17]).map(({ pc, instructions }) => [pc, instructions])).toEqual([
    [0, 17],
    [68, 3],
    [80, 1],
  ]);
});
