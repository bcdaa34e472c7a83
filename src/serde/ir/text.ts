// Programs as text: one line for a record, numbered, its operands in the order of the table, then where it is in the
// value; then the tables. `parse.ts` reads it back. Only verified programs are printed.
//
//   @3 a slot   x4 cells   bit5   >12 a record   f1 a procedure   K0 C0 V0 P0 B0 D0 tables   - none   [flat zero] flags
//   "..." bytes that are UTF-8, as JSON; #00ff others
// No flags, no inline bytes, and `-` at the end of a line are left out.

import { decodeUtf8, toHex } from "../../core/bytes.ts";
import { PROGRAM_ABI } from "./binary.ts";
import { codeOf } from "./codes.ts";
import { KIND_NAMES } from "./kinds.ts";
import { isTableRole, RECORD_BYTES, type Role, type Row } from "./ops.ts";
import { MODE, MODE_NAMES, opAt, operandsAt, type ProgramParts, strideAt } from "./program.ts";
import {
  type CasesTable,
  type ConstantTable,
  type KeysTable,
  type KindsTable,
  type NameRow,
  type ProbeTable,
  type ReadTable,
  requiredBits,
  type ValueTable,
} from "./table-form.ts";
import { NO_CASE, RELOCATE, VALUE_KINDS } from "./tables.ts";
import { readTables } from "./tables-read.ts";

export const TABLE_LETTERS = {
  keys: "K",
  cases: "C",
  kinds: "V",
  probe: "P",
  "bits?": "B",
  constant: "D",
} as const;
export const RELOCATE_NAMES = Object.keys(RELOCATE);
export const NONE = "-";

export function printProgram(program: ProgramParts): string {
  return new Printer(program).text();
}

class Printer {
  readonly #program: ProgramParts;
  readonly #tables: ReadonlyMap<number, ReadTable>;
  readonly #names = new Map<number, string>();
  /** By offset of a record: its number. */
  readonly #numbers = new Map<number, number>();
  readonly #lines: string[] = [];

  constructor(program: ProgramParts) {
    this.#program = program;
    for (let pc = 0; pc < program.codeBytes; pc += strideAt(program, pc))
      this.#numbers.set(pc, this.#numbers.size);
    this.#tables = readTables(program, [...this.#numbers.keys()]);
    const counts = new Map<string, number>();
    for (const [at, { role }] of this.#tables) {
      const letter = TABLE_LETTERS[role];
      const number = counts.get(letter) ?? 0;
      counts.set(letter, number + 1);
      this.#names.set(at, `${letter}${number}`);
    }
  }

  text(): string {
    const { format, direction, mode, rootCells, rootZero, procedures } = this.#program;
    const modes = MODE_NAMES.filter((name) => (mode & MODE[name]) !== 0);
    this.#lines.push(
      ["program", PROGRAM_ABI, format, direction, ...modes].join(" "),
      `root x${rootCells}${rootZero ? " zero" : ""}`,
    );
    const entries = new Map(procedures.map(({ entry }, i) => [entry, i]));
    const depth = new Depth();
    for (const [pc, number] of this.#numbers) {
      const entry = entries.get(pc);
      if (entry !== undefined) this.#lines.push(`f${entry} x${procedures[entry]!.cells}`);
      const { row } = opAt(this.#program, pc)!;
      const indent = depth.of(row);
      const path = this.#program.paths[pc / RECORD_BYTES]!;
      const text = [`${number}`.padStart(4), `${indent}${row.verb}`, ...this.#operands(pc, row)].join(" ");
      this.#lines.push(path === "" ? text : `${text} ; ${path}`);
    }
    for (const [at, table] of this.#tables) this.#table(at, table);
    return `${this.#lines.join("\n")}\n`;
  }

  #operands(pc: number, row: Row): string[] {
    const operands = operandsAt(this.#program, pc);
    const texts: string[] = [];
    for (const { role, value } of operands) {
      if (role === "length") continue;
      if (role === "blob") {
        const length = operands.find((other) => other.role === "length")!.value;
        texts.push(bytesText(this.#program.bytes.subarray(value, value + length)));
      } else if (role === "inline") {
        const from = pc + RECORD_BYTES;
        if (value > 0) texts.push(bytesText(this.#program.bytes.subarray(from, from + value)));
      } else if (role !== "flags" || value !== 0) {
        texts.push(this.#operand(role, value, row));
      }
    }
    while (texts.at(-1) === NONE) texts.pop();
    return texts;
  }

  #operand(role: Role, value: number, row: Row): string {
    if (value === -1 && role.endsWith("?")) return NONE;
    if (isTableRole(role)) return this.#names.get(value)!;
    switch (role) {
      case "kind":
        return KIND_NAMES[value]!;
      case "flags":
        return `[${row.flags.filter((_, bit) => (value & (1 << bit)) !== 0).join(" ")}]`;
      case "mode":
        return row.modes[value]!;
      case "cells":
        return `x${value}`;
      case "slot":
      case "slot?":
        return `@${value}`;
      case "bit":
        return `bit${value}`;
      case "target":
      case "target?":
        return this.#target(value);
      case "proc":
        return `f${this.#program.procedures.findIndex(({ entry }) => entry === value)}`;
      case "code":
        return codeOf(value)!;
      default:
        return value === -1 && role !== "word" ? NONE : `${value}`;
    }
  }

  #target(pc: number): string {
    return pc === -1 ? NONE : `>${this.#numbers.get(pc)}`;
  }

  #line(depth: number, ...parts: readonly (string | number)[]): void {
    this.#lines.push("  ".repeat(depth) + parts.join(" "));
  }

  #table(at: number, table: ReadTable): void {
    const name = this.#names.get(at)!;
    switch (table.role) {
      case "keys":
        this.#keys(name, table, this.#program.fieldPaths.get(at)!);
        break;
      case "cases":
        this.#cases(name, table);
        break;
      case "kinds":
        this.#kinds(name, table);
        break;
      case "probe":
        this.#probe(name, table);
        break;
      case "bits?":
        this.#line(0, name);
        for (const { word, mask } of table.masks) this.#line(1, "mask", word, mask >>> 0);
        break;
      case "constant":
        this.#constant(name, table);
    }
  }

  #keys(name: string, table: KeysTable, paths: readonly string[]): void {
    const unknown = table.unknown === 0 ? "skip" : codeOf(table.unknown)!;
    const end = table.open ? "open" : "closed";
    const [close, other] = [table.close, table.other].map((target) => this.#target(target));
    this.#line(
      0,
      name,
      close!,
      "unknown",
      unknown,
      other!,
      "duplicate",
      table.duplicate,
      "missing",
      codeOf(table.missing)!,
      end,
      `@${table.header}`,
    );
    const names = namesByRow(table.names);
    const isRequired = requiredBits(table);
    for (const [i, { bit, target, name: first }] of table.fields.entries()) {
      const seen = bit < 0 ? NONE : `bit${bit}${isRequired(bit) ? "!" : ""}`;
      const quoted = bytesText(first);
      const others = (names.get(i) ?? []).filter((other) => other !== quoted);
      const path = paths[i] === "" ? [] : [`; ${paths[i]}`];
      this.#line(1, "field", seen, this.#target(target), quoted, ...others, ...path);
    }
  }

  #cases(name: string, table: CasesTable): void {
    this.#line(0, name, table.other < 0 ? NONE : table.other);
    const names = namesByRow(table.names);
    for (const [i, { target, variant }] of table.rows.entries()) {
      const number = table.numbers.length === 0 ? [] : ["=", table.numbers[i]!];
      this.#line(1, "row", this.#target(target), variant, ...number, ...(names.get(i) ?? []));
    }
    const nowhere = names.get(NO_CASE);
    if (nowhere !== undefined) this.#line(1, "never", ...nowhere);
  }

  #kinds(name: string, table: KindsTable): void {
    this.#line(0, name, codeOf(table.code)!);
    for (const [i, kind] of VALUE_KINDS.entries()) {
      if (table.targets[i]! >= 0) this.#line(1, kind, this.#target(table.targets[i]!));
    }
  }

  #probe(name: string, { tagged, none, candidates, keys, value }: ProbeTable): void {
    this.#line(0, name, tagged ? "tagged" : "keyed", codeOf(none)!);
    for (const { target, needs, beats } of candidates)
      this.#line(1, "candidate", this.#target(target), ...needs, "beats", ...beats);
    this.#line(1, "value");
    this.#value(value);
    for (const key of keys) {
      this.#line(1, "key", ...key.candidates);
      if (key.value !== undefined) this.#value(key.value);
    }
  }

  #value({ kinds, integers, arities, texts, names }: ValueTable): void {
    for (const [i, candidates] of kinds?.entries() ?? []) this.#line(2, VALUE_KINDS[i]!, ...candidates);
    for (const { leaf, numbers, candidates } of integers) {
      if (numbers === undefined) this.#line(2, "fits", KIND_NAMES[leaf]!, ...candidates);
      else this.#line(2, "one", ...numbers, "of", ...candidates);
    }
    for (const { count, candidates } of arities) this.#line(2, "items", count, ...candidates);
    if (texts !== undefined) {
      const { other, chars, unknown } = texts;
      const row = (index: number) => (index < 0 ? NONE : index);
      this.#line(2, "texts", row(other), row(chars), ...(unknown === 0 ? [] : [codeOf(unknown)!]));
      const tags = namesByRow(texts.names);
      for (const [i, mask] of texts.masks.entries()) this.#line(2, "text", ...mask, ...(tags.get(i) ?? []));
    }
    for (const [row, all] of namesByRow(names)) this.#line(2, "name", row, ...all);
  }

  #constant(name: string, table: ConstantTable): void {
    const cells = table.cells.length / 2;
    this.#line(0, name, `x${table.own}`, bytesText(table.text8), bytesText(table.text16));
    for (let i = 0; i < cells; i++) this.#line(1, "cell", table.cells[2 * i]!, table.cells[2 * i + 1]!);
    for (const { cell, what } of table.relocations) this.#line(1, "add", cell, RELOCATE_NAMES[what]!);
  }
}

/** Bodies of lists and boxes are indented. */
class Depth {
  #depth = 0;

  of({ frame, verb }: Row): string {
    const isCall = verb === "call" || verb === "ret";
    const indent = "  ".repeat(this.#depth);
    if (frame === "push" && !isCall) this.#depth++;
    if (frame === "pop" && !isCall) this.#depth = Math.max(0, this.#depth - 1);
    return indent;
  }
}

function namesByRow(names: readonly NameRow[]): ReadonlyMap<number, readonly string[]> {
  const rows = new Map<number, string[]>();
  for (const { name, row } of names) {
    const known = rows.get(row);
    if (known === undefined) rows.set(row, [bytesText(name)]);
    else known.push(bytesText(name));
  }
  return rows;
}

function bytesText(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  return text === undefined ? `#${toHex(bytes)}` : JSON.stringify(text);
}
