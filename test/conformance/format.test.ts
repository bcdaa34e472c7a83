// The case format is strict, and the runner finds what is wrong: every kind of expectation is shown to fail.

import { describe, expect, test } from "vitest";
import { EXECUTORS, type Executor } from "./execute.ts";
import { parseCaseFile } from "./format.ts";
import { runCaseFile } from "./run.ts";

const interp = EXECUTORS[0] as Executor;
const SMALL = '-- policy\n{"memSize": 64}\n';
const GOOD = `; shows something\n${SMALL}-- asm\n  LD HL, 5\n  RET\n-- expect\nstatus ok\nHL 5\n`;
const TABLE = `; shows something\n${SMALL}-- asm\n  ADD HL, HL, {r}\n  RET\n-- table\nr=DE HL=1 DE=2 => HL=3 ; fine\n`;

const run = (text: string) => runCaseFile(parseCaseFile("x.case", text), interp);

test("good files parse and hold", () => {
  expect(run(GOOD)).toEqual([]);
  expect(run(TABLE)).toEqual([]);
});

describe("what is no case file", () => {
  test.each<[string, string, string]>([
    ["no header", GOOD.replace("; shows something\n", ""), "x.case:1: the file must open with a comment"],
    ["only ids in the header", GOOD.replace("shows something", "[verify x]"), "must open with a comment"],
    ["text before a section", `; x\nhello\n${GOOD}`, "x.case:2: expected a comment"],
    ["no program", "; x\n-- policy\n{}\n", "there is no program section"],
    ["unknown section", GOOD.replace("-- expect", "-- expects"), "unknown section expects"],
    ["odd heading", GOOD.replace("-- expect", "--expect"), "a section heading is"],
    ["no expectation", "; x\n-- asm\n  RET\n", "exactly one of expect and table"],
    ["both expectations", `${GOOD}-- table\nHL=1 => same\n`, "exactly one of expect and table"],
    ["expectation first", `; x\n-- expect\nstatus ok\n${GOOD}`, "stands before any program"],
    ["section twice", `${GOOD}-- policy\n{}\n-- policy\n{}\n`, "section policy stands twice"],
    ["empty program", "; x\n-- asm\n\n-- expect\nstatus ok\nHL 1\n", "the program is empty"],
    ["policy not JSON", `${GOOD}-- policy\n{memSize: 1}\n`, "policy is not JSON"],
    ["policy no object", `${GOOD}-- policy\n[]\n`, "policy is not a JSON object"],
    ["unknown input", `${GOOD}-- inputs\n{"tier": "interp"}\n`, "unknown input tier"],
    ["stdin unquoted", `${GOOD}-- stdin\nabc\n`, "expected a JSON string or hex digits"],
    ["stdin odd hex", `${GOOD}-- stdin\nhex 123\n`, "pairs of hex digits"],
    ["asserts nothing", GOOD.replace("HL 5\n", ""), "asserts only that it ran"],
    ["no status", GOOD.replace("status ok\n", ""), "expect lacks status"],
    ["unknown status", GOOD.replace("status ok", "status fine"), "unknown status fine"],
    ["unknown key", `${GOOD}fuel 3\n`, "x.case:10: unknown key fuel"],
    ["key twice", `${GOOD}status ok\n`, "status stands twice"],
    ["register twice", `${GOOD}HL 5\n`, "HL stands twice"],
    ["key without value", `${GOOD}stdout\n`, "expected `key value`"],
    ["no integer", GOOD.replace("HL 5", "HL five"), "expected an integer"],
    ["65 bits", GOOD.replace("HL 5", "HL 0x10000000000000000"), "more than 64 bits"],
    ["memory without bytes", `${GOOD}[16] ;\n`, "expected `key value`"],
    ["ok with a code", `${GOOD}code trap.oob\n`, "a normal end has no code"],
    [
      "trap without pc",
      GOOD.replace("status ok", "status trap\ncode trap.oob\ncategory oob"),
      "expect lacks pc",
    ],
    ["trap without code", GOOD.replace("status ok", "status trap\npc 1"), "expect lacks code"],
    [
      "trap without category",
      GOOD.replace("status ok", "status trap\npc 1\ncode x"),
      "expect lacks category",
    ],
    ["deterministic is a word", `${GOOD}deterministic yes\n`, "deterministic is true or false"],
    ["empty table", TABLE.replace(/r=DE.*\n/, ""), "the table has no rows"],
    ["row without arrow", TABLE.replace("=>", "="), "expected one `=>`"],
    ["row without outcome", TABLE.replace("HL=3", ""), "the row expects nothing"],
    ["row lacks a name", TABLE.replace("r=DE", ""), "the row lacks r"],
    ["unknown column before", TABLE.replace("r=DE", "r=DE q=1"), "unknown column q"],
    ["unknown column after", TABLE.replace("HL=3", "HL=3 fuel=1"), "unknown column fuel"],
    ["a trap before", TABLE.replace("r=DE", "r=DE trap.oob"), "unknown column trap.oob"],
    ["two traps", TABLE.replace("HL=3", "trap.oob trap.abi pc=0"), "at most one trap code"],
    ["row trap without pc", TABLE.replace("HL=3", "trap.oob"), "a trap has a pc"],
    ["row pc without trap", TABLE.replace("HL=3", "HL=3 pc=4"), "a normal end has none"],
    ["column twice", TABLE.replace("HL=1", "HL=1 HL=2"), "HL stands twice"],
    ["row twice", `${TABLE}${TABLE.split("\n").at(-2)}\n`, "the row stands twice"],
  ])("%s", (_, text, message) => {
    expect(() => parseCaseFile("x.case", text)).toThrow(message);
  });
});

const RICH = `; shows everything
-- policy
{"memSize": 64, "fuel": 100}
-- asm
  LD HL, text
  LD DE, 2
  CALL _out
  LD BC, text
  LD IX, 2
  CALL _log
  LD HL, 64
  CPI HL, 1
  LD8U A, (HL)
  RET
text: DB "ab"
-- expect
status trap
code trap.oob
category oob
pc 48
fuelUsed 9
deterministic true
stdout "ab"
stderr "[ab] ab\\n"
HL 64
CMP 63
[0x10] 616200
`;

const ROW = `; shows everything
-- policy
{"memSize": 64}
-- asm
  ST8 (HL), DE
  CPI HL, 1
  LD64 A, (BC)
  RET
-- table
HL=16 DE=0x41 BC=60 [60]=01020304 => trap.oob pc=8 CMP=15 [16]=41 used=3
HL=16 DE=0x41 BC=16 => CMP=15 A=0x41 [16]=41
`;

describe("what does not hold is reported", () => {
  test("nothing is reported of what holds", () => {
    expect(run(RICH)).toEqual([]);
    expect(run(ROW)).toEqual([]);
  });

  test.each<[string, string, string]>([
    ["status", RICH.replace(/status trap/, "status error"), "status: expected error, found trap"],
    ["code", RICH.replace("trap.oob", "trap.div0"), "code: expected trap.div0, found trap.oob"],
    ["category", RICH.replace("category oob", "category abi"), "category: expected abi, found oob"],
    ["pc", RICH.replace("pc 48", "pc 44"), "pc: expected 44 (0x2c), found 48 (0x30)"],
    ["absent pc", RICH.replace("pc 48", "pc 48\noffset 48"), "offset: expected 48 (0x30), found undefined"],
    ["fuelUsed", RICH.replace("fuelUsed 9", "fuelUsed 8"), "fuelUsed: expected 8"],
    ["deterministic", RICH.replace("tic true", "tic false"), "deterministic: expected false, found true"],
    ["stdout", RICH.replace('stdout "ab"', 'stdout "ac"'), "stdout: expected 6163, found 6162"],
    ["stdout not expected", RICH.replace('stdout "ab"\n', ""), "stdout: expected nothing, found 6162"],
    ["stderr", RICH.replace(/stderr.*\n/, ""), "stderr: expected nothing, found 5b"],
    ["register", RICH.replace("HL 64", "HL 65"), "HL: expected 0x0000000000000041, found 0x0000000000000040"],
    ["compare", RICH.replace("CMP 63", "CMP -63"), "CMP: expected -0x3f, found 0x000000000000003f"],
    ["memory", RICH.replace("616200", "616201"), "[0x0000000000000010]: expected 616201, found 616200"],
    ["memory outside", RICH.replace("[0x10]", "[0x40]"), "is outside memory"],
    ["assembly", RICH.replace("LD8U A", "LD8U Q"), "x.case:4: asm line 9:"],
    [
      "row code",
      ROW.replace("trap.oob pc=8", "trap.div0 pc=8"),
      "x.case:10: code: expected trap.div0, found trap.oob",
    ],
    [
      "row not trapping",
      ROW.replace("BC=16 =>", "BC=60 =>"),
      "x.case:11: code: expected undefined, found trap.oob",
    ],
    ["row pc", ROW.replace("pc=8", "pc=4"), "x.case:10: pc: expected 4 (0x4), found 8 (0x8)"],
    ["row fuel", ROW.replace("used=3", "used=2"), "fuel used: expected 2"],
    ["row register", ROW.replace("A=0x41", "A=0x42"), "A: expected 0x0000000000000042"],
    ["row register that changed", ROW.replace("CMP=15 A", "A"), "CMP: expected 0x000000007badf006, found"],
    ["row memory", ROW.replace("[16]=41 used", "[16]=42 used"), "memory from offset 0x10: expected 42"],
    [
      "row memory that changed",
      ROW.replace("A=0x41 [16]=41", "A=0x41"),
      "memory from offset 0x10: expected 00",
    ],
    ["row output", ROW.replace("used=3", "used=3 stdout=61"), "stdout: expected 61, found nothing"],
    ["row rejected", ROW.replace("LD64 A, (BC)", ".word 0x1f000000"), "verify.bad_opcode"],
  ])("%s", (_, text, message) => {
    expect(run(text).join("\n")).toContain(message);
  });
});

describe("a wrong executor is caught", () => {
  const bad = (change: Executor["execute"]): Executor => ({ ...interp, execute: change });

  test("in one slice length only", () => {
    const wrong = bad((module, block, host, metered, budget) => {
      const exit = interp.execute(module, block, host, metered, budget);
      if (budget === 3) block.u64[0] = (block.u64[0] ?? 0n) ^ 1n;
      return exit;
    });
    const complaints = runCaseFile(parseCaseFile("x.case", TABLE), wrong);
    expect(complaints.length).toBeGreaterThan(0);
    expect(complaints.every((text) => text.includes("slices of 3"))).toBe(true);
  });

  test("when it forgets to charge", () => {
    const wrong = bad((module, block, host, metered, budget) => {
      const exit = interp.execute(module, block, host, metered, budget);
      if (metered) block.fuel += 1;
      return exit;
    });
    expect(runCaseFile(parseCaseFile("x.case", RICH), wrong).join("\n")).toContain(
      "fuelUsed: the API gave 9",
    );
  });
});
