// Runs the cases of a file in one tier and says what is not as expected: one line per difference, with file, line
// and row. Whole runs go through the public API and, in slices, on a bare block; rows on the block only.

import { sha256Hex } from "#sha256";
import { toHex } from "../../src/core/bytes.ts";
import type { PolicyInput } from "../../src/core/policy.ts";
import { Engine } from "../../src/index.ts";
import { type AsmOptions, assemble } from "../../src/zasm/asm/index.ts";
import { writeContainer } from "../../src/zasm/container/write.ts";
import { REGISTERS } from "../../src/zasm/isa/table.ts";
import type { Instance } from "../../src/zasm/runtime/instance.ts";
import type { Outcome } from "../../src/zasm/runtime/outcome.ts";
import { COMPARE } from "../../src/zasm/state/block.ts";
import {
  drive,
  type Executor,
  type Observed,
  observe,
  type Run,
  SLICES,
  startRun,
  verified,
} from "./execute.ts";
import type { Bytes, Case, CaseFile, Expectation, Row } from "./format.ts";

/** All differences in `file`, empty when every case holds. Bare runs are repeated in slices of each of these sizes. */
export function runCaseFile(
  file: CaseFile,
  executor: Executor,
  slices: readonly number[] = SLICES,
): string[] {
  return file.cases.flatMap((item) => {
    try {
      return item.rows === undefined
        ? runWhole(file.name, item, executor, slices)
        : item.rows.flatMap((row) => runRow(file.name, item, row, executor, slices));
    } catch (thrown) {
      return [`${file.name}:${item.line}: ${thrown instanceof Error ? thrown.message : String(thrown)}`];
    }
  });
}

/** The module file of a case, with a row's values filled in. */
export function moduleBytes(item: Case, substitutions: ReadonlyMap<string, string> = new Map()): Uint8Array {
  const text = item.program.replace(/\{(\w+)\}/g, (whole, name: string) => substitutions.get(name) ?? whole);
  if (item.kind === "asm") return assembled(text, item.policy);
  const parts = text
    .replace(/;.*/g, "")
    .split(/\s+/)
    .filter((part) => part !== "");
  if (item.kind === "module")
    return Uint8Array.from(parts.join("").match(/../g) ?? [], (p) => Number.parseInt(p, 16));
  return moduleOfWords(parts.map((part) => Number.parseInt(part, 16)));
}

function moduleOfWords(words: readonly number[]): Uint8Array {
  const code = new Uint8Array(words.length * 4);
  const view = new DataView(code.buffer);
  words.forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  return writeContainer({ code });
}

/** `policy.memBase` moves data symbols as it moves memory (D13). */
function assembled(text: string, policy: { readonly memBase?: unknown } = {}): Uint8Array {
  const memBase = BigInt((policy.memBase ?? 0) as string | number | bigint); // a bad one is a bad case
  const options: AsmOptions = { format: "text", escapes: true, memBase };
  const result = assemble(text, options);
  if (result.ok) return result.bytes;
  throw new Error(result.diagnostics.map((d) => `asm line ${d.line}: ${d.message}`).join("; "));
}

/** The policies a case is run under: metered too, where fuel is not what it is about. */
export function policies(item: Case): { readonly policy: PolicyInput; readonly mode: string }[] {
  const policy: PolicyInput = item.policy;
  const counts = item.policy.fuel !== undefined || item.policy.meter !== undefined;
  if (counts) return [{ policy, mode: "as given" }];
  return [
    { policy, mode: "unmetered" },
    { policy: { ...policy, meter: true }, mode: "metered" },
  ];
}

// --- whole runs

function runWhole(name: string, item: Case, executor: Executor, slices: readonly number[]): string[] {
  const { expect } = item;
  if (expect === undefined) throw new Error("no expectation");
  const bytes = moduleBytes(item);
  const complaints: string[] = [];
  for (const { policy, mode } of policies(item)) {
    const say = (how: string) => (text: string) =>
      complaints.push(`${name}:${expect.line}: ${text} (${executor.tier}, ${mode}, ${how})`);
    const inputs = { stdin: item.stdin, ...item.inputs, tier: executor.tier };
    const loaded = Engine.create().load(bytes, policy);
    if (loaded.status !== "ok") {
      compareOutcome(expect, loaded, say("API"));
      continue;
    }
    const instance = loaded.module.instantiate(inputs);
    const outcome = instance.run();
    compareOutcome(expect, outcome, say("API"));
    compareRegisters(expect, outcome, instance, say("API"));
    if (outcome.status !== "ok" && outcome.status !== "trap") continue;

    const module = verified(bytes, policy);
    const entry = item.inputs.entry === undefined ? undefined : module.exports.get(item.inputs.entry);
    for (const slice of slices) {
      const { args, env } = item.inputs;
      const given = { stdin: item.stdin, ...(args && { args }), ...(env && { env }) };
      const run = startRun(module, given, entry);
      const observed = observe(run, drive(run, executor, slice));
      compareRun(expect, outcome, observed, run, executor, say(`slices of ${slice}`));
      if (slice === slices[0] && sha256Hex(observed.memory) !== instance.memorySha256()) {
        say("API")("memory is not what the same run on a bare block leaves");
      }
    }
  }
  return complaints;
}

type Say = (text: string) => void;

function compareOutcome(expect: Expectation, outcome: Outcome, say: Say): void {
  const failed = outcome.status === "ok" ? undefined : outcome;
  const check = (what: string, expected: unknown, actual: unknown) => {
    if (expected !== actual) say(`${what}: expected ${shown(expected)}, found ${shown(actual)}`);
  };
  const why = failed === undefined ? "" : ` "${failed.reason}"`;
  check("status", expect.status, outcome.status);
  if (expect.code !== failed?.code) say(`code: expected ${expect.code}, found ${failed?.code}${why}`);
  check("category", expect.category, failed?.category);
  check("pc", expect.pc, failed?.pc);
  check("offset", expect.offset, failed?.offset);
  check("deterministic", expect.deterministic, outcome.deterministic);
  if (expect.fuelUsed !== undefined && outcome.fuelUsed !== null)
    check("fuelUsed", expect.fuelUsed, outcome.fuelUsed);
  check("stdout", hex(expect.stdout), hex(outcome.stdout));
  check("stderr", hex(expect.stderr), hex(outcome.stderr));
  if (failed !== undefined) check("reason is one line", true, /^[\x20-\x7e]{1,200}$/.test(failed.reason));
}

function compareRegisters(expect: Expectation, outcome: Outcome, instance: Instance, say: Say): void {
  const known = outcome.status === "ok" || (outcome.status === "trap" && outcome.code === "trap.fuel");
  if (!known) return;
  const actual = instance.registers();
  for (const [name, value] of expect.registers) {
    const found = BigInt(actual[name as keyof typeof actual]);
    if (found !== value) say(`${name}: expected ${hex64(value)}, found ${hex64(found)}`);
  }
}

/** The bare run against the outcome, and against what only it can see. */
function compareRun(
  expect: Expectation,
  outcome: Outcome,
  observed: Observed,
  run: Run,
  executor: Executor,
  say: Say,
): void {
  const check = (what: string, expected: unknown, actual: unknown) => {
    if (expected !== actual) say(`${what}: the API gave ${shown(expected)}, this run ${shown(actual)}`);
  };
  const failed = outcome.status === "ok" ? undefined : outcome;
  check("status", outcome.status, observed.status);
  check("code", failed?.code, observed.code);
  check("pc", failed?.pc, observed.pc);
  check("fuelUsed", outcome.fuelUsed, observed.fuelUsed);
  check("stdout", hex(outcome.stdout), hex(observed.stdout));
  check("stderr", hex(outcome.stderr), hex(observed.stderr));
  if (isExact(observed, executor)) {
    for (const [name, value] of expect.registers) {
      const found = registerOf(observed, name);
      if (found !== value) say(`${name}: expected ${hex64(value)}, found ${hex64(found)}`);
    }
  }
  for (const { address, bytes } of expect.memory) {
    const at = offsetOf(run, address, bytes.length);
    const found = observed.memory.subarray(at, at + bytes.length);
    if (hex(found) !== hex(bytes)) say(`[${hex64(address)}]: expected ${hex(bytes)}, found ${hex(found)}`);
  }
}

// --- table rows

/** What registers hold when a row does not say: different in every bit pattern, and no legal address. */
const POISON = [
  0x8bad_f00d_8bad_f001n,
  0x9bad_f00d_9bad_f002n,
  0xabad_f00d_abad_f003n,
  0xbbad_f00d_bbad_f004n,
  0xcbad_f00d_cbad_f005n,
];
const POISON_COMPARE = 0x7bad_f006;

function runRow(name: string, item: Case, row: Row, executor: Executor, slices: readonly number[]): string[] {
  const bytes = moduleBytes(item, row.substitutions);
  const complaints: string[] = [];
  const aboutFuel = row.fuel !== undefined || row.after.fuelUsed !== undefined;
  const modes = aboutFuel ? [{ policy: { ...item.policy, meter: true }, mode: "metered" }] : policies(item);
  for (const { policy, mode } of modes) {
    const module = verified(bytes, policy);
    for (const slice of slices) {
      const say = (text: string) =>
        complaints.push(
          `${name}:${row.line}: ${text}\n    in ${row.text}\n    ${executor.tier}, ${mode}, slices of ${slice}`,
        );
      const run = startRun(module, { stdin: item.stdin });
      run.block.u64.set(POISON);
      run.block.i32[COMPARE] = POISON_COMPARE;
      if (row.fuel !== undefined) {
        run.granted = row.fuel;
        run.block.fuel = row.fuel;
      }
      for (const [register, value] of row.registers) setRegister(run, register, value);
      for (const chunk of row.memory) putBytes(run, run.block.memory, chunk);
      const before = {
        registers: Array.from(run.block.u64.subarray(0, 5)),
        compare: run.block.i32[COMPARE] ?? 0,
      };
      const memory = run.block.memory.slice();
      const observed = observe(run, drive(run, executor, slice));

      const { after } = row;
      const check = (what: string, expected: unknown, actual: unknown) => {
        if (expected !== actual) say(`${what}: expected ${shown(expected)}, found ${shown(actual)}`);
      };
      check("code", after.trap, observed.code);
      check("pc", after.pc, observed.pc);
      check("stdout", hex(after.stdout), hex(observed.stdout));
      check("stderr", hex(after.stderr), hex(observed.stderr));
      if (after.fuelUsed !== undefined) check("fuel used", after.fuelUsed, observed.fuelUsed);
      if (isExact(observed, executor)) {
        for (const register of [...REGISTERS, "CMP"]) {
          const expected = after.registers.get(register) ?? registerOf(before, register);
          const found = registerOf(observed, register);
          if (expected !== found) say(`${register}: expected ${hex64(expected)}, found ${hex64(found)}`);
        }
      }
      for (const chunk of after.memory) putBytes(run, memory, chunk);
      const wrong = memory.findIndex((byte, i) => byte !== observed.memory[i]);
      if (wrong >= 0) {
        const [expected, found] = [memory, observed.memory].map((m) => hex(m.subarray(wrong, wrong + 8)));
        say(`memory from offset 0x${wrong.toString(16)}: expected ${expected}, found ${found}`);
      }
    }
  }
  return complaints;
}

/** Registers mean something at this end of a run. */
const isExact = (observed: Observed, executor: Executor): boolean =>
  executor.exactAfterTraps || observed.status === "ok" || observed.code === "trap.fuel";

function registerOf(from: { registers: readonly bigint[]; compare: number }, name: string): bigint {
  if (name === "CMP") return BigInt(from.compare);
  return from.registers[(REGISTERS as readonly string[]).indexOf(name)] ?? 0n;
}

function setRegister(run: Run, name: string, value: bigint): void {
  if (name === "CMP") run.block.i32[COMPARE] = Number(value);
  else run.block.u64[(REGISTERS as readonly string[]).indexOf(name)] = value;
}

function offsetOf(run: Run, address: bigint, length: number): number {
  const offset = BigInt.asUintN(64, address - run.block.memBase);
  if (offset + BigInt(length) > BigInt(run.block.memSize))
    throw new Error(`[${hex64(address)}] is outside memory`);
  return Number(offset);
}

const putBytes = (run: Run, memory: Uint8Array, { address, bytes }: Bytes): void =>
  memory.set(bytes, offsetOf(run, address, bytes.length));

// --- printing

const hex = toHex;
const hex64 = (value: bigint): string =>
  value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16).padStart(16, "0")}`;
const shown = (value: unknown): string =>
  typeof value === "number" ? `${value} (0x${value.toString(16)})` : value === "" ? "nothing" : String(value);
