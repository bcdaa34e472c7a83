// Each optimisation has a switch, does what it says when it is on, and changes no outcome.

import { expect, test } from "vitest";
import { isFailure } from "../../core/errors.ts";
import { resolvePolicy } from "../../core/policy.ts";
import { assemble } from "../asm/index.ts";
import { EXIT } from "../state/block.ts";
import { verifyModule } from "../verify/verify.ts";
import { ALL_OPTIMISATIONS, type DrawnUnit, ModuleCode, type Optimisations } from "./code.ts";

/** A loop around a small function that loads through a 32-bit pointer and keeps a stack pointer. */
const SOURCE = `
  LD IX, 4096
  LD BC, 100
again:
  CALL small
  DEC BC
  CP BC, 0
  JR NE, again
  RET
small:
  LD A, 8
  SUB IX, A
  LD64 DE, (IX)
  ADD64 HL, DE
  LD A, 8
  ADD IX, A
  RET
`;

const NONE = Object.fromEntries(
  Object.keys(ALL_OPTIMISATIONS).map((name) => [name, false]),
) as unknown as Optimisations;

interface Subject {
  readonly policy?: object;
  readonly source?: string;
  /** Word index of the root. */
  readonly root?: number;
}

function drawn(
  optimisations: Partial<Optimisations>,
  { policy = {}, source = SOURCE, root = 0 }: Subject = {},
): DrawnUnit {
  const assembled = assemble(source);
  const resolved = resolvePolicy(policy);
  if (!assembled.ok || isFailure(resolved)) throw new Error("the example is wrong");
  const module = verifyModule(assembled.bytes, resolved);
  if (isFailure(module)) throw new Error(module.code);
  const unit = new ModuleCode(module, { ...NONE, ...optimisations }).draw(root, "opt");
  if (typeof unit === "string") throw new Error(unit);
  return unit;
}

test("all are on by default", () => {
  expect(Object.values(ALL_OPTIMISATIONS)).not.toContain(false);
});

test("inline: a small callee stands in its caller", () => {
  expect(drawn({}).unit.functions).toHaveLength(2);
  expect(drawn({ inline: true }).unit.functions).toHaveLength(1);
});

test("trim: a signature carries fewer registers", () => {
  expect(drawn({ trim: true }).compiled.wasm).not.toEqual(drawn({}).compiled.wasm);
});

test("nativeTraps: proven addresses are left to wasm, in unmetered code with trimmed signatures only (D12)", () => {
  const traps = (optimisations: Partial<Optimisations>, policy = {}) =>
    drawn(optimisations, { policy }).compiled.sites.trapOffset.length;
  const checks = (unit: DrawnUnit) => unit.compiled.sites.exit.length;
  expect(traps({ trim: true, nativeTraps: true })).toBeGreaterThan(0);
  expect(checks(drawn({ trim: true, nativeTraps: true }))).toBeLessThan(checks(drawn({ trim: true })));
  expect(traps({ nativeTraps: true })).toBe(0);
  expect(traps({ trim: true })).toBe(0);
  expect(traps({ trim: true, nativeTraps: true }, { fuel: 1000 })).toBe(0);
  // Guest memory has to end where wasm's does.
  expect(traps({ trim: true, nativeTraps: true }, { memSize: 100_000 })).toBe(0);
});

/** A loop in a loop; the inner one starts at word 1 and goes through what it got from outside. */
const NESTED = `
outer:
  LD BC, 10
inner:
  LD64 A, (HL)
  LD64 DE, (HL+8)
  ST64 (HL-8), A
  LD A, 8
  ADD HL, A
  DEC BC
  CP BC, 0
  JR NE, inner
  ST64 (IX), DE
  DEC IX
  CP IX, 0
  JR NE, outer
  RET
`;
const INNER = { source: NESTED, root: 1 };

test("shareChecks: accesses of a block through one base have one check, which the interpreter settles", () => {
  const exits = (shareChecks: boolean) => drawn({ shareChecks }, INNER).compiled.sites.exit;
  const checks = (list: readonly number[]) =>
    list.filter((exit) => exit === EXIT.oob || exit === EXIT.decline);
  expect(checks(exits(false))).toEqual([EXIT.oob, EXIT.oob, EXIT.oob, EXIT.oob]);
  expect(checks(exits(true))).toEqual([EXIT.decline, EXIT.oob]);
});

test("nest: the loop around the root has a header of its own", () => {
  const headers = (nest: boolean) =>
    drawn({ nest }, INNER).unit.root.graph.blocks.filter(({ isHeader }) => isHeader).length;
  expect(headers(false)).toBe(1);
  // The root's loop, then the outer loop with the inner one in it.
  expect(headers(true)).toBe(3);
});

test("guard: an address from outside is looked at once, before the loop", () => {
  const on = { trim: true, nativeTraps: true };
  const exits = (guard: boolean) => drawn({ ...on, guard }, INNER).compiled.sites.exit;
  expect(exits(false)).not.toContain(EXIT.guard);
  expect(exits(true).filter((exit) => exit === EXIT.guard)).toHaveLength(1);
  expect(exits(true).filter((exit) => exit === EXIT.oob).length).toBeLessThan(
    exits(false).filter((exit) => exit === EXIT.oob).length,
  );
});

test("byteLoops: a loop that copies bytes is preceded by one copy of most of them", () => {
  const source = `
  LD BC, 100
again:
  LD8U A, (DE)
  ST8 (HL), A
  INC DE
  INC HL
  DEC BC
  CP BC, 0
  JR NE, again
  RET
`;
  const MEMORY_COPY = Buffer.from([0xfc, 10, 0, 0]);
  const copies = (byteLoops: boolean) =>
    Buffer.from(drawn({ byteLoops }, { source }).compiled.wasm).includes(MEMORY_COPY);
  expect(copies(false)).toBe(false);
  expect(copies(true)).toBe(true);
});
