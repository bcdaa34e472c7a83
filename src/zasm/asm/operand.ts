// Operands as every front end hands them on, and the patterns of operands each instruction format takes.
// Matching a pattern and saying what was expected instead are one thing, so messages cannot drift.

import { quoted } from "../../core/errors.ts";
import { CONDITIONS, type Format, REGISTERS } from "../isa/table.ts";
import type { At } from "./diagnostics.ts";
import { conditionNumber, isKeyword } from "./names.ts";

interface RegOperand extends At {
  readonly t: "reg";
  readonly reg: number;
}
export interface SymOperand extends At {
  readonly t: "sym";
  readonly name: string;
}
interface NumOperand extends At {
  readonly t: "num";
  /** -2^63 … 2^64-1. */
  readonly value: bigint;
}
export interface StrOperand extends At {
  readonly t: "str";
  /** As between the quotes in text, escapes not yet interpreted. */
  readonly text: string;
  /** From JSON: the text is meant literally. */
  readonly literal: boolean;
}
export interface MemOperand extends At {
  readonly t: "mem";
  /** A register number, or a name, which no encoding has room for. */
  readonly base: number | string;
  readonly disp: bigint;
  /** Bytes, where the source says so. */
  readonly size?: number;
}
export type Operand = RegOperand | SymOperand | NumOperand | StrOperand | MemOperand;

type Slot = "reg" | "imm" | "mem" | "label" | "cond";

const SLOT_TEXT: Record<Slot, readonly string[]> = {
  reg: [`a register (${REGISTERS.join(" ")})`],
  imm: ["a number", "a name"],
  mem: ["(register)", "(register+n)"],
  label: ["a label"],
  cond: [`a condition (${CONDITIONS.slice(1).join(" ")})`],
};

/** For each format, the operand lists text and IR may write. `prim` has no spelling of its own. */
const PATTERNS: Record<Format, readonly (readonly Slot[])[]> = {
  none: [[]],
  prim: [[]],
  call: [["label"]],
  jr: [["label"], ["cond", "label"]],
  cp: [
    ["reg", "reg"],
    ["reg", "imm"],
  ],
  cpi: [["reg", "imm"]],
  drop: [["reg"]],
  step: [["reg"]],
  bits: [["reg"]],
  mov: [["reg", "reg"]],
  rrr: [
    ["reg", "reg"],
    ["reg", "imm"],
    ["reg", "reg", "reg"],
  ],
  shift: [
    ["reg", "imm"],
    ["reg", "reg", "imm"],
  ],
  ld: [
    ["reg", "imm"],
    ["reg", "reg"],
    ["reg", "mem"],
    ["mem", "reg"],
  ],
  load: [["reg", "mem"]],
  store: [
    ["mem", "reg"],
    ["mem", "imm"],
  ],
};

function fits(slot: Slot, operand: Operand): boolean {
  switch (slot) {
    case "reg":
      return operand.t === "reg";
    case "imm":
      return operand.t === "num" || (operand.t === "sym" && !isKeyword(operand.name));
    case "mem":
      return operand.t === "mem" && typeof operand.base === "number";
    case "label":
      return operand.t === "sym" && !isKeyword(operand.name);
    case "cond":
      return operand.t === "sym" && conditionNumber(operand.name) !== undefined;
  }
}

export interface Mismatch {
  /** Index of the operand that does not fit; may be one past the last. */
  readonly index: number;
  readonly expected: string;
}

/** `undefined` if `operands` suit the format, else where the best matching pattern breaks off. */
export function mismatch(format: Format, operands: readonly Operand[]): Mismatch | undefined {
  const all = PATTERNS[format];
  const sameLength = all.filter((pattern) => pattern.length === operands.length);
  const patterns = sameLength.length > 0 ? sameLength : all;
  let index = -1;
  for (const pattern of patterns) {
    const wrong = pattern.findIndex((slot, i) => {
      const operand = operands[i];
      return operand === undefined || !fits(slot, operand);
    });
    if (wrong < 0 && operands.length === pattern.length) return undefined;
    index = Math.max(index, wrong < 0 ? pattern.length : wrong);
  }
  return { index, expected: expectedIn(patterns, operands.slice(0, index)) };
}

/** What may follow `before`, in words. */
export const expectedAt = (format: Format, before: readonly Operand[]): string =>
  expectedIn(PATTERNS[format], before);

function expectedIn(patterns: readonly (readonly Slot[])[], before: readonly Operand[]): string {
  const options = new Set<string>();
  for (const pattern of patterns) {
    if (!before.every((operand, i) => pattern[i] !== undefined && fits(pattern[i], operand))) continue;
    const slot = pattern[before.length];
    for (const text of slot === undefined ? ["the end of the statement"] : SLOT_TEXT[slot]) options.add(text);
  }
  return orList([...options]);
}

const orList = (options: readonly string[]): string =>
  options.length < 2
    ? (options[0] ?? "the end of the statement")
    : `${options.slice(0, -1).join(", ")} or ${options.at(-1)}`;

/** An operand as a message names it. */
export function shown(operand: Operand | undefined): string {
  switch (operand?.t) {
    case undefined:
      return "the end of the statement";
    case "reg":
      return `${REGISTERS[operand.reg]}`;
    case "sym":
      return quoted(operand.name);
    case "num":
      return `${operand.value}`;
    case "str":
      return "a string";
    case "mem":
      return typeof operand.base === "number"
        ? `(${REGISTERS[operand.base]})`
        : `(${quoted(operand.base)}), which is no register`;
  }
}
