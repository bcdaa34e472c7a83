// The fuzzer itself: a short campaign is clean and says what it did, every planted bug is found, and what it writes is
// a case file that holds.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { EXECUTORS } from "../conformance/execute.ts";
import { parseCaseFile } from "../conformance/format.ts";
import { runCaseFile } from "../conformance/run.ts";
import { checkRow, rowsOf } from "../serde/kit/case-file.ts";

const MAIN = fileURLToPath(new URL("../../fuzz/main.mjs", import.meta.url));
const OUT = mkdtempSync(join(tmpdir(), "sinter-fuzz-"));
const MINUTES = 5 * 60_000;

afterAll(() => rmSync(OUT, { recursive: true, force: true }));

function fuzz(...args: string[]) {
  const done = spawnSync(process.execPath, [MAIN, ...args, "--out", OUT], { encoding: "utf8" });
  return { status: done.status, stdout: done.stdout, stderr: done.stderr };
}

test("a short campaign is clean, and compiled code ran in it", { timeout: MINUTES }, () => {
  const { status, stdout, stderr } = fuzz("zasm", "--programs", "200", "--seed", "1");
  expect(stdout).toMatch(/^200 programs .*\nentries [1-9]/);
  expect(stdout).toMatch(/differences: 0\n$/);
  expect(stderr).toMatch(/^seed 1,/);
  expect(status, stdout).toBe(0);
});

test("every planted bug is found and becomes a case file that holds in every tier", {
  timeout: MINUTES,
}, () => {
  const { status, stdout } = fuzz("zasm", "--plant", "all", "--seed", "1", "--seconds", "30");
  expect(stdout).toMatch(/[1-9]\d planted bugs, 0 not found\n$/);
  expect(status).toBe(0);
  const names = readdirSync(OUT).filter((name) => name.startsWith("plant-"));
  expect(names.length).toBe(stdout.trim().split("\n").length - 1);
  for (const name of names) {
    const file = parseCaseFile(name, readFileSync(join(OUT, name), "utf8"));
    for (const executor of EXECUTORS) expect(runCaseFile(file, executor)).toEqual([]);
  }
});

test("codecs: a short campaign is clean, and every planted bug is found", { timeout: MINUTES }, () => {
  const clean = fuzz("codec", "--programs", "60", "--seed", "1", "--seconds", "200");
  expect(clean.stdout).toMatch(/^60 shapes .*\n.*\n.*\ndifferences: 0\n$/);
  expect(clean.status, clean.stdout).toBe(0);
  const { status, stdout } = fuzz("codec", "--plant", "all", "--seed", "1", "--seconds", "30");
  expect(stdout).toMatch(/[1-9] planted bugs, 0 not found\n$/);
  expect(status).toBe(0);
});

test("codecs: a difference becomes a case file that holds", { timeout: MINUTES }, () => {
  const { status, stdout } = fuzz("codec", "--plant", "an offset that counts pieces", "--seed", "3");
  expect(status).toBe(1);
  const path = /written to (.*)\n$/.exec(stdout)?.[1] ?? "";
  const rows = rowsOf("fuzz.case", readFileSync(path, "utf8"));
  expect(rows.length).toBe(1);
  expect(checkRow(rows[0]!)).toBeUndefined();
});

test("a difference ends the campaign with exit code 1 and the seed that shows it", {
  timeout: MINUTES,
}, () => {
  const { status, stdout } = fuzz("zasm", "--plant", "pc", "--programs", "50", "--seed", "7");
  expect(status).toBe(1);
  expect(stdout).toMatch(/DIFFERENCE, seed \d+\n {2}pc: /);
});

test("arguments that mean nothing are refused", () => {
  for (const args of [
    [],
    ["wat"],
    ["zasm", "--programs", "x"],
    ["zasm", "--plant", "none"],
    ["codec", "--plant", "pc"],
  ]) {
    expect(fuzz(...args).status).toBe(2);
  }
});
