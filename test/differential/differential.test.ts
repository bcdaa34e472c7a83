// Random programs on every tier against the naive model (test/model): outcome, code, pc, fuel, registers, memory and
// output must be equal. SINTER_SEED and SINTER_PROGRAMS choose other programs; a disagreement prints its seed and the
// smallest program found, as a case file.
// z[verify vm.conformance.differential]

import { describe, expect, test } from "vitest";
import { rdOf } from "../../src/zasm/isa/fields.ts";
import { BY_OPCODE, ISA } from "../../src/zasm/isa/table.ts";
import { EXECUTORS, type Executor, UNSLICED } from "../conformance/execute.ts";
import { parseCaseFile } from "../conformance/format.ts";
import { runCaseFile } from "../conformance/run.ts";
import { generateProgram } from "../model/generate.ts";
import { caseText, disagreements, minimised, runModel, type Subject } from "./subject.ts";

const FIRST_SEED = Number(process.env.SINTER_SEED ?? 1);
const PROGRAMS = Number(process.env.SINTER_PROGRAMS ?? 8000);
const PER_TEST = 500;
const SLICES = [1, 2, 3, 7, 64];

const batches = Array.from({ length: Math.ceil(PROGRAMS / PER_TEST) }, (_, i) => FIRST_SEED + i * PER_TEST);
const seedsOf = (first: number): number[] =>
  Array.from({ length: Math.min(PER_TEST, FIRST_SEED + PROGRAMS - first) }, (_, i) => first + i);

/** Nothing, or everything there is to say about the program of a seed. */
function reportOf(seed: number, executor: Executor): string {
  const slices = [UNSLICED, SLICES[seed % SLICES.length] ?? 1];
  const program: Subject = generateProgram(seed);
  const found = disagreements(program, executor, slices);
  if (found.length === 0) return "";
  const small = minimised(program, (candidate) => disagreements(candidate, executor, slices).length > 0);
  const text = caseText(`Random program of seed ${seed}, made small.`, small);
  return `seed ${seed}, ${executor.tier}:\n${found.join("\n")}\n\n${text}`;
}

describe.each(EXECUTORS)("$tier agrees with the model", (executor) => {
  test.each(batches)("on the programs from seed %i", (first) => {
    for (const seed of seedsOf(first)) {
      const report = reportOf(seed, executor);
      expect(report, report).toBe("");
    }
  });
});

test.each([
  ["JR", 0x0200_0000],
  ["CALL", 0x0000_0000],
])("%s reaches from -2048 to 2047 words", (_, opcode) => {
  const base: Subject = { ...generateProgram(1), data: [], stdin: [], entryWords: 0 };
  const words = new Array<number>(4100).fill(0x0400_0000); // DROP
  words[0] = opcode | 2047; // goes to 2047, 4094, 4095, 4096, 2048
  words[2047] = (0x0200_0000 | 2047) >>> 0;
  words[2048] = 0x0100_0000; // RET
  words[4094] = (0x0200_0000 | 1) >>> 0;
  words[4095] = 0x0510_0000; // INC DE
  words[4096] = (opcode | 0x800) >>> 0;
  const program = { ...base, words, policy: { ...base.policy, fuel: 100, maxCallDepth: 4 } };
  const run = runModel(program);
  expect(run.observed).toMatchObject(
    opcode === 0 ? { status: "trap", code: "trap.decode" } : { status: "ok" },
  );
  for (const executor of EXECUTORS)
    expect(disagreements(program, executor, [UNSLICED, ...SLICES])).toEqual([]);
});

test("a seed is a program, always the same", () => {
  for (const seed of [0, 1, 77, 2 ** 32 - 1]) expect(generateProgram(seed)).toEqual(generateProgram(seed));
  expect(generateProgram(1).words).not.toEqual(generateProgram(2).words);
});

test("the programs start every instruction and end in every way", () => {
  const opcodes = new Set<number>();
  const ends = new Map<string, number>();
  for (const seed of batches.flatMap(seedsOf)) {
    const run = runModel(generateProgram(seed));
    for (const opcode of run.opcodes) opcodes.add(opcode);
    ends.set(run.end, (ends.get(run.end) ?? 0) + 1);
  }
  const missing = ISA.filter((row) => !opcodes.has(row.opcode)).map((row) => row.mnemonic);
  expect(missing).toEqual([]);
  const wanted = ["returned", "fuel", "oob", "div0", "decode", "abi", "oom", "call_depth", "output_limit"];
  expect([...ends.keys()].sort()).toEqual(wanted.sort());
  for (const [end, count] of ends) expect(count, end).toBeGreaterThanOrEqual(PROGRAMS / 400);
  expect(ends.get("returned"), "programs that return").toBeGreaterThan(PROGRAMS / 10);
});

/** What stands in for `opcode` when the engine is made wrong: another instruction of its format, or none at all. */
function substitute(word: number): number {
  const row = BY_OPCODE[word >>> 24];
  if (row === undefined) throw new Error("not an instruction");
  if (row.mnemonic === "DROP") return ((word & 0x00f0_0000) | 0x0500_0000) >>> 0; // INC
  if (row.mnemonic === "LD") return ((word & 0xff0f_ffff) | (((rdOf(word) + 1) % 5) << 20)) >>> 0; // another register
  if (row.mnemonic === "CALL") return ((word & 0xfff) | 0x0200_0000) >>> 0; // JR
  if (row.mnemonic === "JR" || row.mnemonic === "RET") return 0x0400_0000;
  const others = ISA.filter((other) => other.format === row.format && other.opcode !== row.opcode);
  // Loads and stores of the same size may mean the same.
  const other = others.find((candidate) => row.access === 0 || candidate.access !== row.access);
  return other === undefined ? 0x0400_0000 : ((word & 0x00ff_ffff) | (other.opcode << 24)) >>> 0;
}

describe("a wrong instruction is found", () => {
  test.each(ISA.map((row) => [row.mnemonic, row.opcode] as const))("%s", (_, opcode) => {
    const wrong: Executor = {
      ...(EXECUTORS[0] as Executor),
      execute: (module, block, host, metered, budget) => {
        const code = Int32Array.from(module.code);
        for (let i = 0; i < module.codeWords; i++) {
          const isStart = ((module.starts[i >> 3] ?? 0) & (1 << (i & 7))) !== 0;
          const word = (code[i] ?? 0) >>> 0;
          if (isStart && word >>> 24 === opcode) code[i] = substitute(word) | 0;
        }
        return (EXECUTORS[0] as Executor).execute({ ...module, code }, block, host, metered, budget);
      },
    };
    const isFound = Array.from({ length: 2000 }, (_, i) => 1 + i).some((seed) => {
      const program = generateProgram(seed);
      if (!runModel(program).opcodes.has(opcode)) return false;
      return disagreements(program, wrong, [UNSLICED]).length > 0;
    });
    expect(isFound).toBe(true);
  });
});

test("a disagreement becomes a small case file that shows it, and holds once the engine is right", () => {
  const right = EXECUTORS[0] as Executor;
  // Wrong whenever the program ever adds 64-bit numbers: the result is one too many in IX at the end.
  const wrong: Executor = {
    ...right,
    execute: (module, block, host, metered, budget) => {
      const exit = right.execute(module, block, host, metered, budget);
      if (module.code.some((word) => word >>> 24 === 0x20)) block.u64[4] = (block.u64[4] ?? 0n) + 1n;
      return exit;
    },
  };
  const seed = Array.from({ length: 500 }, (_, i) => 1 + i).find((s) => reportOf(s, wrong) !== "") ?? 0;
  const report = reportOf(seed, wrong);
  expect(report).toContain(`seed ${seed}, interp:\nIX: expected`);
  const text = report.slice(report.indexOf("; Random program"));
  const file = parseCaseFile("found.case", text);
  expect(runCaseFile(file, right)).toEqual([]);
  expect(runCaseFile(file, wrong).join("\n")).toContain("IX: expected");
  const words = file.cases[0]?.program.split(" ") ?? [];
  expect(words.filter((word) => word !== "04000000").length).toBeLessThanOrEqual(3);
});
