// The comparison of two ended runs, field by field. Every line of the answer names a field and both values.

import { REGISTERS } from "../../src/zasm/isa/table.ts";
import type { Observed } from "../conformance/execute.ts";

/** Differences between what was expected and what was found; registers only where they mean something (D32). */
export function compareObserved(expected: Observed, found: Observed, exactAfterTraps: boolean): string[] {
  const differences: string[] = [];
  const check = (field: string, a: unknown, b: unknown) => {
    if (a !== b) differences.push(`${field}: expected ${String(a)}, found ${String(b)}`);
  };
  check("status", expected.status, found.status);
  check("code", expected.code, found.code);
  check("pc", expected.pc, found.pc);
  check("fuelUsed", expected.fuelUsed, found.fuelUsed);
  if (exactAfterTraps || expected.status === "ok" || expected.code === "trap.fuel") {
    REGISTERS.forEach((name, i) => {
      check(name, hex64(expected.registers[i]), hex64(found.registers[i]));
    });
    check("CMP", expected.compare, found.compare);
  }
  check("stdout", hex(expected.stdout), hex(found.stdout));
  check("stderr", hex(expected.stderr), hex(found.stderr));
  check("memory size", expected.memory.length, found.memory.length);
  const at = expected.memory.findIndex((byte, i) => byte !== found.memory[i]);
  if (at >= 0) check(`memory at offset ${at}`, expected.memory[at], found.memory[at]);
  return differences;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const hex64 = (value = 0n): string => `0x${value.toString(16)}`;
