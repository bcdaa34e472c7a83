// The comparison can fail: for each thing it compares, a result that is wrong in that thing alone is reported as such.
// (sbpf compared a final pc that nobody had written for years.)

import { expect, test } from "vitest";
import { EXECUTORS, type Executor, type Observed } from "../conformance/execute.ts";
import { compareObserved } from "./compare.ts";
import { runEngine, runModel, type Subject } from "./subject.ts";

const RIGHT = EXECUTORS[0] as Executor;

/** Writes to both channels, stores, compares, and then loads from outside or returns. */
const subject = (lastWord: number): Subject => ({
  // LD HL,20; LD DE,2; OUT; LD BC,20; LD IX,1; LOG; ST8 (HL),DE; CPI HL,3; LD A,9; last; RET
  words: [
    0x7000_0014,
    0x7010_0002,
    0xf100_0000,
    0x7030_0014,
    0x7040_0001,
    0xf200_0000,
    0x8110_1000,
    0x0800_0003,
    0x7020_0009,
    lastWord,
    0x0100_0000,
  ].map((word) => word >>> 0),
  entryWords: 0,
  data: [{ dst: 20, bytes: [0x68, 0x69] }],
  stdin: [],
  strictEncoding: false,
  policy: {
    memBase: 0n,
    memSize: 64,
    fuel: 50,
    strict: false,
    maxCallDepth: 4,
    maxOutputBytes: 100,
    reqHandle: 0,
    resHandle: 1,
  },
});
const RETURNS = subject(0x0400_0000);
const TRAPS = subject(0x7620_07ff); // LD64 A, (HL+2047)

const flipped = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte));

const registersWith = (observed: Observed, index: number): Observed => ({
  ...observed,
  registers: observed.registers.map((value, i) => (i === index ? value ^ (1n << 63n) : value)),
});

const PLANTED: readonly [string, (right: Observed) => Observed][] = [
  ["status", (right) => ({ ...right, status: right.status === "ok" ? "trap" : "ok" })],
  ["code", (right) => ({ ...right, code: "trap.abi" })],
  ["pc", (right) => ({ ...right, pc: (right.pc ?? 0) + 4 })],
  ["fuelUsed", (right) => ({ ...right, fuelUsed: (right.fuelUsed ?? 0) + 1 })],
  ["fuelUsed", (right) => ({ ...right, fuelUsed: null })],
  ["HL", (right) => registersWith(right, 0)],
  ["DE", (right) => registersWith(right, 1)],
  ["A", (right) => registersWith(right, 2)],
  ["BC", (right) => registersWith(right, 3)],
  ["IX", (right) => registersWith(right, 4)],
  ["CMP", (right) => ({ ...right, compare: -right.compare })],
  ["stdout", (right) => ({ ...right, stdout: flipped(right.stdout) })],
  ["stdout", (right) => ({ ...right, stdout: right.stdout.subarray(1) })],
  ["stderr", (right) => ({ ...right, stderr: flipped(right.stderr) })],
  ["memory at offset 63", (right) => ({ ...right, memory: flipped(right.memory) })],
  ["memory at offset 20", (right) => ({ ...right, memory: right.memory.map((b, i) => (i === 20 ? 0 : b)) })],
  ["memory size", (right) => ({ ...right, memory: right.memory.subarray(0, 63) })],
];

test("engine and model agree on the programs used here", () => {
  for (const program of [RETURNS, TRAPS]) {
    expect(compareObserved(runModel(program).observed, runEngine(program, RIGHT), true)).toEqual([]);
  }
  const { observed } = runModel(RETURNS);
  expect(observed).toMatchObject({ status: "ok", fuelUsed: 11, compare: 17 });
  expect([...observed.stdout, ...observed.stderr].length).toBe(2 + 7);
  expect(observed.memory[20]).toBe(2);
});

test.each(PLANTED)("a wrong %s is reported, whether the program returns or not", (field, plant) => {
  for (const program of [RETURNS, TRAPS]) {
    const right = runEngine(program, RIGHT);
    const found = compareObserved(runModel(program).observed, plant(right), true).map(
      (text) => text.split(":")[0],
    );
    expect(found).toContain(field);
    // memory of another size also differs in its bytes; everything else differs in one field only
    if (field !== "memory size") expect(found).toEqual([field]);
  }
});

test("registers after a trap are compared only where a tier promises them", () => {
  const right = runEngine(TRAPS, RIGHT);
  expect(compareObserved(right, registersWith(right, 3), false)).toEqual([]);
  expect(compareObserved(right, registersWith(right, 3), true)).toHaveLength(1);
  const returned = runEngine(RETURNS, RIGHT);
  expect(compareObserved(returned, registersWith(returned, 3), false)).toHaveLength(1);
});
