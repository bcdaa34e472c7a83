// Each optimisation has a switch, does what it says when it is on, and changes no outcome.

import { expect, test } from "vitest";
import { isFailure } from "../../core/errors.ts";
import { resolvePolicy } from "../../core/policy.ts";
import { assemble } from "../asm/index.ts";
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

function drawn(optimisations: Partial<Optimisations>, policy: object = {}): DrawnUnit {
  const assembled = assemble(SOURCE);
  const resolved = resolvePolicy(policy);
  if (!assembled.ok || isFailure(resolved)) throw new Error("the example is wrong");
  const module = verifyModule(assembled.bytes, resolved);
  if (isFailure(module)) throw new Error(module.code);
  const none = { inline: false, trim: false, nativeTraps: false };
  const unit = new ModuleCode(module, { ...none, ...optimisations }).draw(0, "opt");
  if (typeof unit === "string") throw new Error(unit);
  return unit;
}

test("all are on by default", () => {
  expect(Object.values(ALL_OPTIMISATIONS)).toEqual([true, true, true]);
});

test("inline: a small callee stands in its caller", () => {
  expect([...drawn({}).unit.functions.keys()]).toHaveLength(1);
  expect([...drawn({ inline: true }).unit.functions.keys()]).toHaveLength(0);
});

test("trim: a signature carries fewer registers", () => {
  expect(drawn({ trim: true }).compiled.wasm).not.toEqual(drawn({}).compiled.wasm);
});

test("nativeTraps: proven addresses are left to wasm, in unmetered code with trimmed signatures only (D12)", () => {
  const traps = (optimisations: Partial<Optimisations>, policy = {}) =>
    drawn(optimisations, policy).compiled.sites.trapOffset.length;
  const checks = (unit: DrawnUnit) => unit.compiled.sites.exit.length;
  expect(traps({ trim: true, nativeTraps: true })).toBeGreaterThan(0);
  expect(checks(drawn({ trim: true, nativeTraps: true }))).toBeLessThan(checks(drawn({ trim: true })));
  expect(traps({ nativeTraps: true })).toBe(0);
  expect(traps({ trim: true })).toBe(0);
  expect(traps({ trim: true, nativeTraps: true }, { fuel: 1000 })).toBe(0);
  // Guest memory has to end where wasm's does.
  expect(traps({ trim: true, nativeTraps: true }, { memSize: 100_000 })).toBe(0);
});
