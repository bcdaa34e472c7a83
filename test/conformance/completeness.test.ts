// The case files leave nothing out: every instruction has a file of its own, every trap code is reached by one,
// every rule that executors follow is cited, and the interpreter's case labels are the table's.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ERRORS } from "../../src/core/errors.ts";
import { ISA } from "../../src/zasm/isa/table.ts";
import { parseCaseFile } from "./format.ts";

const CASES = fileURLToPath(new URL("../cases", import.meta.url));
const read = (name: string) => readFileSync(`${CASES}/${name}`, "utf8");
const all = readdirSync(CASES, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".case"),
);

test("every mnemonic has a case file with a table that runs it", () => {
  const files = readdirSync(`${CASES}/op`).sort();
  expect(files).toEqual(ISA.map((row) => `${row.mnemonic}.case`).sort());
  for (const { mnemonic, format } of ISA) {
    const file = parseCaseFile(mnemonic, read(`op/${mnemonic}.case`));
    expect(file.title, mnemonic).toMatch(new RegExp(`^${mnemonic}\\b`));
    const spelling = format === "prim" ? `CALL _${mnemonic.toLowerCase()}` : mnemonic;
    const tables = file.cases.filter(({ program, rows }) => rows !== undefined && program.includes(spelling));
    const rows = tables.flatMap((item) => item.rows ?? []);
    expect(rows.length, `rows of ${mnemonic}`).toBeGreaterThanOrEqual(5);
  }
});

test("every trap an instruction can raise is raised by a row of its table", () => {
  for (const { mnemonic, traps } of ISA) {
    const file = parseCaseFile(mnemonic, read(`op/${mnemonic}.case`));
    const raised = new Set(file.cases.flatMap((item) => (item.rows ?? []).map((row) => row.after.trap)));
    for (const trap of traps) {
      const never = trap === "abi" && mnemonic === "ALLOC"; // only a refusing hook makes alloc break the ABI
      if (!never) expect(raised, `${mnemonic} raises ${trap}`).toContain(`trap.${trap}`);
    }
  }
});

test("every trap code is reached by a whole run", () => {
  const reached = new Set(
    all.flatMap((name) => parseCaseFile(name, read(name)).cases.map((item) => item.expect?.code)),
  );
  for (const code of Object.keys(ERRORS).filter((name) => name.startsWith("trap."))) {
    expect(reached, code).toContain(code);
  }
});

test("every rule about execution is cited by a case file", () => {
  const text = all.map(read).join("\n");
  const rules = [
    "S1",
    "S2",
    "S3",
    "S4",
    "S5",
    "S6",
    "S7",
    "S8",
    "S9",
    "R3",
    "A1",
    "A2",
    "A3",
    "A4",
    "A5",
    "A6",
  ];
  const decisions = ["D2", "D4", "D5", "D6", "D7", "D10", "D13", "D14", "D16", "D18", "D19", "D20"];
  const missing = [...rules, ...decisions].filter((rule) => !new RegExp(`\\b${rule}\\b`).test(text));
  expect(missing).toEqual([]);
});

test("each case label of the interpreter names the instruction the table has there", () => {
  const path = fileURLToPath(new URL("../../src/zasm/interp/interp.ts", import.meta.url));
  const lines = readFileSync(path, "utf8").split("\n");
  const names = new Map<number, Set<string>>();
  lines.forEach((line, i) => {
    const [, digits] = /^\s*case 0x([0-9a-f]{2}):/.exec(line) ?? [];
    if (digits === undefined) return;
    // The formatter moves the comment of `case 0xNN: {` to a line of its own.
    const [, name = "no name"] = /\/\/ (\w+)$/.exec(line) ?? /^\s*\/\/ (\w+)$/.exec(lines[i + 1] ?? "") ?? [];
    const opcode = Number.parseInt(digits, 16);
    names.set(opcode, (names.get(opcode) ?? new Set()).add(name));
  });
  const labelled = [...names].map(([opcode, found]) => `${opcode.toString(16)} ${[...found].join("|")}`);
  expect(labelled.sort()).toEqual(ISA.map((row) => `${row.opcode.toString(16)} ${row.mnemonic}`).sort());
});
