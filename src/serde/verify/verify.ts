// The verifier: what it lets through an engine runs without looking at an operand again, and never outside of the block.
// It takes linear time and trusts nothing that can be computed.
//
//   records.ts   every field of every record; regions: code that runs with one current record
//   here         where control may go, what lies in which record, tables as the code uses them
//   flags.ts     what lists and boxes say about their records
//   ways.ts      decode: every cell is written before it is read, and those that are not cleared are all written
//   cells.ts     encode: every cell is read as what it is in the layout of the shape
//
// Inside a region control goes forward, except by `key`, which has read a key then, and by the end of a list body.
// So every loop reads, or walks cells that exist.

import { decodeUtf8 } from "../../core/bytes.ts";
import { CodecError } from "../ir/failure.ts";
import { KIND } from "../ir/kinds.ts";
import { EACH, isTableRole, LIST, RECORD_BYTES } from "../ir/ops.ts";
import {
  MODE,
  makeProgram,
  type Procedure,
  type Program,
  type ProgramParts,
  positionOf,
} from "../ir/program.ts";
import type { KeysTable, ReadTable } from "../ir/table-form.ts";
import { readTables } from "../ir/tables-read.ts";
import type { Layout } from "../layout/layout.ts";
import { checkCells } from "./cells.ts";
import { checkFlags } from "./flags.ts";
import { KEY_BYTES } from "./names.ts";
import {
  type Procedures,
  type Rec,
  type Region,
  readRecords,
  readRegions,
  type Tables,
  targetsOf,
  wordsOf,
  writtenBy,
} from "./records.ts";

/**
 * The program, proven; or throws `CodecError` `load.…` with the offset and the position of what is wrong. An encode
 * program reads cells that others wrote: it is proven only together with the layout of their shape.
 */
export function verifyProgram(parts: ProgramParts, layout: Layout): Program {
  new Verifier(parts).run(layout);
  return makeProgram(parts);
}

/** Everything the other checks look up. */
export interface Facts {
  readonly program: ProgramParts;
  readonly records: readonly Rec[];
  readonly regions: readonly Region[];
  /** By index of the record. */
  readonly regionOf: readonly Region[];
  readonly tables: Tables;
  readonly procedures: Procedures;
  /** The record at that offset. */
  at(pc: number): Rec | undefined;
}

/** What a table of targets and bits asks of the code that uses it. */
interface Use {
  /** Region of all its targets; `undefined`: it has none. */
  readonly region: Region | undefined;
  readonly targets: readonly [least: number, most: number];
  readonly words: readonly [least: number, most: number];
}

const COMMA = 0x2c;

type LoadCode =
  | "load.bad_operand"
  | "load.bad_target"
  | "load.bad_structure"
  | "load.bad_slot"
  | "load.bad_table"
  | "load.no_progress";

class Verifier implements Facts {
  readonly program: ProgramParts;
  records: readonly Rec[] = [];
  regions: readonly Region[] = [];
  regionOf: readonly Region[] = [];
  tables: Tables = new Map();
  procedures: ReadonlyMap<number, Procedure> = new Map();
  /** By offset / 16: index of the record there, and 1. */
  #byPc = new Int32Array();
  readonly #uses = new Map<ReadTable, Use>();

  constructor(program: ProgramParts) {
    this.program = program;
  }

  run(layout: Layout): void {
    const { program } = this;
    this.records = readRecords(program);
    this.#byPc = new Int32Array(program.codeBytes / RECORD_BYTES);
    for (const { pc, index } of this.records) this.#byPc[pc / RECORD_BYTES] = index + 1;
    const { regions, of } = readRegions(program, this.records);
    this.regions = regions;
    this.regionOf = of;
    this.procedures = new Map(program.procedures.map((procedure) => [procedure.entry, procedure]));
    this.tables = readTables(
      program,
      this.records.map(({ pc }) => pc),
    );
    for (const [at, table] of this.tables) this.#uses.set(table, this.#useOf(at, table));
    try {
      for (const rec of this.records) this.#record(rec);
      this.#paths();
      checkFlags(this);
      if (program.rootCells !== layout.rootCells) throw CodecError.at("load.bad_layout", { offset: 0 });
      if (program.direction === "encode") checkCells(this, layout);
    } catch (error) {
      throw error instanceof CodecError ? this.#located(error) : error;
    }
  }

  at(pc: number): Rec | undefined {
    // A fraction, or beyond the end: no element, hence record -1.
    return this.records[(this.#byPc[pc / RECORD_BYTES] ?? 0) - 1];
  }

  /** Targets are known by now, so blocks are. */
  #located(error: CodecError): CodecError {
    const { code, offset } = error.failure;
    const known = offset !== undefined && this.at(offset) !== undefined;
    return known ? CodecError.at(code, { offset, pc: positionOf(this.program, offset) }) : error;
  }

  #record(rec: Rec): void {
    const { program } = this;
    const region = this.regionOf[rec.index]!;
    const { row } = rec.op;
    const { operands } = row;
    if (operands.a === "target") this.#forward(rec, rec.a);
    if (operands.b === "target" || (operands.b === "target?" && rec.b >= 0)) this.#forward(rec, rec.b);
    if (operands.c === "target" || (operands.c === "target?" && rec.c >= 0)) this.#forward(rec, rec.c);
    if (operands.a === "bit") this.#words(rec, region, rec.a >> 5, rec.a >> 5);
    for (const field of ["a", "b", "c"] as const) {
      const role = operands[field];
      if (role === "proc" && !(rec[field] > 0 && this.procedures.has(rec[field]))) {
        throw refused("load.bad_target", rec);
      }
      if (role === "slot" || (role === "slot?" && rec[field] >= 0)) this.#cells(rec, region, rec[field], 1);
      if (role !== undefined && isTableRole(role) && rec[field] >= 0) {
        this.#table(rec, region, this.tables.get(rec[field])!);
      }
    }
    const written = writtenBy(rec, this.tables, this.procedures);
    if (written !== undefined) this.#cells(rec, region, ...written);
    if (row.frame === "push" && row.verb !== "call") this.#body(rec);
    if (row.verb === "obj") this.#object(rec);
    // A comma that may be left out.
    if (row.verb === "name" && program.bytes[rec.a] !== COMMA) throw refused("load.bad_operand", rec);
    if (row.verb === "key") this.#key(rec);
    if (!row.terminator && !this.#continues(rec, region)) throw refused("load.bad_structure", rec);
  }

  /** What does not end a region goes on in it. */
  #continues(rec: Rec, region: Region): boolean {
    return rec !== region.records.at(-1) || rec.op.row.frame === "pop";
  }

  /** To a later record of the same region. */
  #forward(rec: Rec, target: number): void {
    if (target <= rec.pc)
      throw refused(this.at(target) !== undefined ? "load.no_progress" : "load.bad_target", rec);
    const to = this.at(target);
    if (to === undefined || this.regionOf[to.index] !== this.regionOf[rec.index]) {
      throw refused("load.bad_target", rec);
    }
  }

  #cells(rec: Rec, region: Region, from: number, count: number): void {
    if (from < 0 || from + count > region.cells) throw refused("load.bad_slot", rec);
  }

  #words(rec: Rec, region: Region, least: number, most: number): void {
    if (least < 0 || most >= 2 * region.cells) throw refused("load.bad_slot", rec);
  }

  #table(rec: Rec, region: Region, table: ReadTable): void {
    const use = this.#uses.get(table)!;
    if (use.region !== undefined && use.region !== region) throw refused("load.bad_target", rec);
    this.#words(rec, region, ...use.words);
    if (table.role === "keys") {
      // Its fields may be behind it: a key has been read. Its end may not.
      if (table.close <= rec.pc) throw refused("load.no_progress", rec);
    } else if (use.targets[0] <= rec.pc) {
      throw refused("load.no_progress", rec);
    }
  }

  #useOf(at: number, table: ReadTable): Use {
    const targets = targetsOf(table);
    let region: Region | undefined;
    let first = Number.POSITIVE_INFINITY;
    let last = -1;
    for (const target of targets) {
      const to = this.at(target);
      const its = to && this.regionOf[to.index]!;
      if (its === undefined || (region !== undefined && region !== its)) {
        throw CodecError.at("load.bad_target", { offset: at });
      }
      region = its;
      first = Math.min(first, target);
      last = Math.max(last, target);
    }
    let least = Number.POSITIVE_INFINITY;
    let most = -1;
    for (const word of wordsOf(table)) {
      least = Math.min(least, word);
      most = Math.max(most, word);
    }
    return { region, targets: [first, last], words: [least, most] };
  }

  /** The first record of a list body or box, which `rec` opens. */
  #body(rec: Rec): void {
    const first = this.records[rec.index + 1]!;
    const { verb } = rec.op.row;
    if (verb === "list" || verb === "rest") checkListFlags(rec);
    if (verb === "rest") this.#rest(rec);
    // Error paths show the key of an entry (runtime/failure.ts).
    if (isMap(rec) && !isKey(first)) throw refused("load.bad_structure", first);
    const sorted = verb === "each" && (rec.x8 & EACH.sorted) !== 0;
    if (sorted && !isMap(rec)) throw refused("load.bad_operand", rec);
  }

  /** `rest` goes on at the `obj` of its table, which takes no key that is not in it. */
  #rest(rec: Rec): void {
    const table = this.tables.get(rec.b) as KeysTable;
    const next = this.at(rec.c)!;
    const follows = next.op.row.verb === "obj" && next.a === rec.b && next.place === rec.place + 1;
    if (!follows || table.other >= 0) throw refused("load.bad_structure", rec);
  }

  /** `obj` is followed by a `key` of its table. */
  #object(rec: Rec): void {
    const next = this.records[rec.index + 1];
    if (
      next?.op.row.verb !== "key" ||
      next.a !== rec.a ||
      this.regionOf[next.index] !== this.regionOf[rec.index]
    ) {
      throw refused("load.bad_structure", rec);
    }
  }

  #key(rec: Rec): void {
    const table = this.tables.get(rec.a) as KeysTable;
    if (rec.b >= table.fields.length) throw refused("load.bad_operand", rec);
    const field = table.fields[rec.b];
    if (rec.x16 > 0) {
      // Falls through to the field it expects, whose name it has read.
      const expected = field && KEY_BYTES[this.program.format]?.(decodeUtf8(field.name)!);
      const from = rec.pc + 16;
      const inline = this.program.bytes.subarray(from, from + rec.x16);
      if (expected === undefined || !sameBytes(expected, inline) || field!.target !== rec.after) {
        throw refused("load.bad_operand", rec);
      }
    }
    if (rec.c >= 0) {
      const other = this.at(rec.c);
      if (other?.op.row.verb !== "key" || other.a !== rec.a) throw refused("load.bad_target", rec);
    }
  }

  /** Side tables: never executed, so only their sizes matter. */
  #paths(): void {
    const { program } = this;
    const bad = (offset: number) => CodecError.at("load.bad_structure", { offset });
    if (program.paths.length !== program.codeBytes / 16) throw bad(program.codeBytes);
    for (const rec of this.records) {
      for (let pc = rec.pc + 16; pc < rec.after; pc += 16)
        if (program.paths[pc / 16] !== "") throw bad(rec.pc);
    }
    let keys = 0;
    for (const [at, table] of this.tables) {
      if (table.role !== "keys") continue;
      keys++;
      if (program.fieldPaths.get(at)?.length !== table.fields.length) throw bad(at);
    }
    if (program.fieldPaths.size !== keys) throw bad(program.codeBytes);
    const { rootCells, procedures, mode, format } = program;
    const modes = format === "cbor" ? MODE.deterministic : 0;
    if (procedures[0]?.cells !== rootCells || (mode & ~modes) !== 0) throw bad(0);
  }
}

/** A map has the same bit in all that open one. */
const isMap = (rec: Rec): boolean =>
  rec.op.row.operands.x8 === "flags" && rec.op.row.flags[0] === "map" && (rec.x8 & LIST.map) !== 0;

/** What reads or writes the key of an entry: at its front, or the text of an `any` behind its first cell. */
function isKey({ op, x8, a, b }: Rec): boolean {
  switch (op.row.verb) {
    case "get":
    case "put":
      return a === 0 || (a === 1 && x8 === KIND.str);
    case "case":
    case "pick":
      return a === 0;
    case "call":
      return b === 0;
    default:
      return false;
  }
}

function checkListFlags(rec: Rec): void {
  const has = (flag: number) => (rec.x8 & flag) !== 0;
  const ok =
    (has(LIST.unique) || !has(LIST.reject | LIST.text | LIST.second)) &&
    (rec.op.row.verb !== "rest" || has(LIST.map)) &&
    (!has(LIST.second) || rec.x16 > 1);
  if (!ok) throw refused("load.bad_operand", rec);
}

const refused = (code: LoadCode, { pc }: Rec): CodecError => CodecError.at(code, { offset: pc });

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  return a.every((byte, i) => byte === b[i]);
}
