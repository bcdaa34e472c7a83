// Records one by one: every field holds what its role allows, every unused one is 0, and the next record is known.
// Also which record each region of code belongs to: a region is what runs with one current record.

import { codeOf } from "../ir/codes.ts";
import { CodecError } from "../ir/failure.ts";
import { isKindOf, KIND } from "../ir/kinds.ts";
import { KEY_POSITION, OPS, type Op, RECORD_BYTES, type Role, type Row } from "../ir/ops.ts";
import type { Procedure, ProgramParts } from "../ir/program.ts";
import type { ConstantTable, ReadTable } from "../ir/table-form.ts";
import { ANY } from "../layout/any.ts";

export interface Rec {
  readonly pc: number;
  readonly index: number;
  /** Index among those of its region. */
  place: number;
  readonly op: Op;
  readonly x8: number;
  readonly x16: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  /** Where the next record starts. */
  readonly after: number;
}

/** One current record: a procedure, or the body of a list or box. */
export interface Region {
  readonly cells: number;
  /** The record that opens it; `undefined`: a procedure. */
  readonly by: Rec | undefined;
  readonly procedure: number;
  readonly records: Rec[];
}

/** What ends the region that `push` opens. */
const ENDS: Readonly<Record<string, string>> = {
  list: "next",
  rest: "next",
  box: "close",
  each: "more",
  enter: "leave",
};

const FIELDS = ["x8", "x16", "a", "b", "c"] as const;

export function readRecords(program: ProgramParts): Rec[] {
  const { words, codeBytes } = program;
  const records: Rec[] = [];
  for (let pc = 0; pc < codeBytes; ) {
    const at = pc >> 2;
    const word = words[at]!;
    const op = OPS[word & 255];
    if (op === undefined || !belongs(op, program)) throw CodecError.at("load.bad_opcode", { offset: pc });
    const x8 = (word >>> 8) & 255;
    const x16 = word >>> 16;
    const inline = op.row.operands.x16 === "inline" ? Math.ceil(x16 / RECORD_BYTES) : 0;
    const after = pc + RECORD_BYTES * (1 + inline);
    const rec = {
      pc,
      index: records.length,
      place: 0,
      op,
      x8,
      x16,
      a: words[at + 1]!,
      b: words[at + 2]!,
      c: words[at + 3]!,
      after,
    };
    if (after > codeBytes) throw CodecError.at("load.bad_operand", { offset: pc });
    for (const field of FIELDS) checkField(rec, rec.op.row.operands[field], rec[field]);
    const isLeaf = op.row.operands.x8 === "kind";
    if (isLeaf && !isKindOf(program.format, x8, x16 === KEY_POSITION)) {
      throw CodecError.at("load.bad_operand", { offset: pc });
    }
    for (let byte = pc + RECORD_BYTES + (inline > 0 ? x16 : 0); byte < after; byte++) {
      if (program.bytes[byte] !== 0) throw CodecError.at("load.bad_operand", { offset: pc });
    }
    records.push(rec);
    pc = after;
  }
  return records;
}

const belongs = ({ family, row }: Op, { format, direction }: ProgramParts): boolean =>
  (family === "neutral" || family === format) && row.directions.includes(direction);

function checkField(rec: Rec, role: Role | undefined, value: number): void {
  if (!allows(rec.op.row, role, value)) throw CodecError.at("load.bad_operand", { offset: rec.pc });
}

function allows(row: Row, role: Role | undefined, value: number): boolean {
  switch (role) {
    case undefined:
      return value === 0;
    case "kind":
      return value !== KIND.index || row.directions.includes("encode");
    case "flags":
      return value < 1 << row.flags.length;
    case "mode":
      return value < row.modes.length;
    case "cells":
      return value > 0;
    case "code":
      return codeOf(value) !== undefined;
    case "target?":
    case "bits?":
    case "slot?":
    case "count":
    case "field":
      return value >= -1;
    case "length":
      return value > 0;
    case "word":
    case "inline":
      return true;
    default:
      return value >= 0;
  }
}

/** Regions in the order they begin, and the region of each record. */
export function readRegions(
  program: ProgramParts,
  records: readonly Rec[],
): { regions: Region[]; of: Region[] } {
  const { procedures, codeBytes } = program;
  const bad = (pc: number) => CodecError.at("load.bad_structure", { offset: pc });
  const regions: Region[] = [];
  const of: Region[] = [];
  const open: Region[] = [];
  let next = 0;
  const begin = (cells: number, by: Rec | undefined) => {
    const region = { cells, by, procedure: next - 1, records: [] };
    regions.push(region);
    open.push(region);
  };
  for (const rec of records) {
    const { row } = rec.op;
    if (next < procedures.length && rec.pc >= procedures[next]!.entry) {
      const { entry, cells } = procedures[next]!;
      if (open.length > 0 || rec.pc !== entry || cells < 1) throw bad(rec.pc);
      next++;
      begin(cells, undefined);
    }
    const region = open.at(-1);
    if (region === undefined) throw bad(rec.pc);
    rec.place = region.records.length;
    region.records.push(rec);
    of.push(region);
    if (row.frame === "push" && row.verb in ENDS) begin(rec.x16, rec);
    if (isEnd(row)) {
      const last = row.verb === "ret" ? region.procedure > 0 : region.procedure === 0;
      if (region.by !== undefined || !last) throw bad(rec.pc);
      open.pop();
    } else if (row.frame === "pop") {
      if (region.by === undefined || ENDS[region.by.op.row.verb] !== row.verb) throw bad(rec.pc);
      open.pop();
    }
  }
  if (open.length > 0 || next < procedures.length || records.length === 0) throw bad(codeBytes);
  return { regions, of };
}

/** Ends a procedure. */
const isEnd = ({ verb }: Row): boolean => verb === "ret" || verb === "end" || verb === "done";

/** Cells at the slot of `rec`. */
const cellsOf = ({ op, x8 }: Rec): number =>
  op.row.operands.x8 === "kind" && (x8 === KIND.integer || x8 === KIND.other) ? ANY.cells : 1;

/** Cells that `rec` writes, or may write, in its record; of those that read cells, the ones it reads. */
export function writtenBy(
  rec: Rec,
  tables: Tables,
  procedures: Procedures,
): readonly [from: number, cells: number] | undefined {
  const { row } = rec.op;
  switch (row.verb) {
    case "obj":
      return [rec.b, rec.x16];
    case "call":
      return [rec.b, procedures.get(rec.a)!.cells];
    case "const":
      return [rec.a, (tables.get(rec.b) as ConstantTable).own];
    case "seq":
      return [rec.b, 1];
    default:
      return row.operands.a === "slot" ? [rec.a, cellsOf(rec)] : undefined;
  }
}

export type Tables = ReadonlyMap<number, ReadTable>;
/** By entry. */
export type Procedures = ReadonlyMap<number, Procedure>;

/** Where control may go by way of the table. */
export function* targetsOf(table: ReadTable): Generator<number> {
  switch (table.role) {
    case "keys":
      yield table.close;
      if (table.other >= 0) yield table.other;
      for (const { target } of table.fields) if (target >= 0) yield target;
      break;
    case "cases":
      for (const { target } of table.rows) yield target;
      break;
    case "kinds":
      for (const target of table.targets) if (target >= 0) yield target;
      break;
    case "probe":
      for (const { target } of table.candidates) yield target;
      break;
    default:
  }
}

/** Words of the record that the table names. */
export function* wordsOf(table: ReadTable): Generator<number> {
  if (table.role === "keys") {
    yield 2 * table.header + 1;
    for (const { bit } of table.fields) if (bit >= 0) yield bit >> 5;
  }
  if (table.role === "keys" || table.role === "bits?") for (const { word } of table.masks) yield word;
}

/** Targets that are operands. */
export function directTargets({ op, a, b, c }: Rec): number[] {
  const { operands } = op.row;
  const targets: number[] = [];
  if (operands.a === "target") targets.push(a);
  if (operands.b === "target" || (operands.b === "target?" && b >= 0)) targets.push(b);
  if (operands.c === "target" || (operands.c === "target?" && c >= 0)) targets.push(c);
  return targets;
}
