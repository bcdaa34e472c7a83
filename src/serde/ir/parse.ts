// The text form, read back. What it gives may run only after `verifyProgram`. One program has one text: whatever the
// printer would have written in another way is refused.

import { encodeUtf8 } from "../../core/bytes.ts";
import { Assembler, type KeyField, type Label, type Table, type Word } from "./assembler.ts";
import { PROGRAM_ABI } from "./binary.ts";
import { CodecError } from "./failure.ts";
import { KIND_NAMES } from "./kinds.ts";
import { Line } from "./line.ts";
import { type Direction, FAMILIES, isTableRole, OPS, type Role, type Row } from "./ops.ts";
import { MODE, MODE_NAMES, type ProgramParts } from "./program.ts";
import { CASES, CONSTANT, DUPLICATE, NAME, NO_CASE, PROBE, TEXTS, VALUE, VALUE_KINDS } from "./tables.ts";
import { NONE, printProgram, RELOCATE_NAMES, TABLE_LETTERS } from "./text.ts";

/** Characters; a program of the largest size has more, and only the compiler makes those. */
const MAX_TEXT = 1 << 25;

/** Throws `CodecError` with the line and column of what cannot be. */
export function parseProgram(text: string): ProgramParts {
  const program = assembleText(text);
  const lines = text.split("\n");
  const printed = printProgram(program).split("\n");
  const differs = Array.from({ length: Math.max(lines.length, printed.length) }, (_, i) => i).find(
    (i) => printed[i] !== lines[i],
  );
  if (differs !== undefined) throw CodecError.at("load.not_canonical", { line: differs + 1, column: 1 });
  return program;
}

/** The same for text that need not be as the printer would have it. */
export function assembleText(text: string): ProgramParts {
  if (text.length > MAX_TEXT) throw CodecError.at("load.too_large", { offset: MAX_TEXT });
  return new Parser(text.split("\n")).program();
}

class Parser {
  readonly #lines: readonly Line[];
  readonly #out: Assembler;
  readonly #rows = new Map<string, Row>();
  readonly #records: Label[];
  readonly #procedures: Label[];
  readonly #tables = new Map<string, Table>();
  readonly #root: { readonly cells: number; readonly zero: boolean };

  constructor(lines: readonly string[]) {
    this.#lines = lines.flatMap((line, i) => (line === "" ? [] : [new Line(line, i + 1)]));
    const head = this.#at(0);
    head.word("program");
    head.word(`${PROGRAM_ABI}`);
    const format = FAMILIES[head.one(FAMILIES)]!;
    if (format === "neutral") throw head.bad();
    const direction: Direction = head.one(["decode", "encode"]) === 0 ? "decode" : "encode";
    let mode = 0;
    while (!head.done) mode |= MODE[MODE_NAMES[head.one(MODE_NAMES)]!];
    const root = this.#at(1);
    root.word("root");
    this.#root = { cells: root.number32("x"), zero: !root.done && root.one(["zero"]) === 0 };
    this.#out = new Assembler(format, direction, mode);
    for (const op of OPS)
      if (op?.family === "neutral" || op?.family === format) this.#rows.set(op.row.verb, op.row);
    const count = (pattern: RegExp) => this.#lines.filter((line) => pattern.test(line.peek())).length;
    this.#records = Array.from({ length: count(/^[0-9]/) }, () => this.#out.label());
    this.#procedures = Array.from({ length: count(/^f[0-9]/) }, () => this.#out.label());
  }

  program(): ProgramParts {
    const records = this.#lines.slice(2).findIndex((line) => /^[A-Z]/.test(line.peek()));
    const tables = records < 0 ? this.#lines.length : records + 2;
    this.#readTables(tables);
    let record = 0;
    let procedure = 0;
    for (const line of this.#lines.slice(2, tables)) {
      if (line.peek().startsWith("f")) {
        this.#bind(line, this.#procedures, line.number32("f"), procedure++);
        this.#out.procedure(line.number32("x"));
      } else {
        this.#bind(line, this.#records, line.number32(), record++);
        this.#record(line);
      }
      if (!line.done) throw this.#extra(line);
    }
    if (record < this.#records.length || procedure < this.#procedures.length)
      throw this.#at(tables - 1).bad();
    return this.#out.finish(this.#root.cells, this.#root.zero);
  }

  #at(index: number): Line {
    return this.#lines[index] ?? new Line("", index + 1);
  }

  #extra(line: Line): CodecError {
    line.take();
    return line.bad();
  }

  #bind(line: Line, labels: readonly Label[], number: number, expected: number): void {
    if (number !== expected || number >= labels.length) throw line.bad();
    this.#out.bind(labels[number]!);
  }

  #label(line: Line, prefix: string, labels: readonly Label[]): Label {
    const label = labels[line.number32(prefix)];
    if (label === undefined) throw line.bad();
    return label;
  }

  #target(line: Line): Label | undefined {
    if (line.peek() !== NONE && !line.done) return this.#label(line, ">", this.#records);
    line.take();
    return undefined;
  }

  #record(line: Line): void {
    const row = this.#rows.get(line.take());
    if (row === undefined) throw line.bad();
    const words: Partial<Record<"x8" | "x16" | "a" | "b" | "c", Word>> = {};
    let inline: Uint8Array | undefined;
    for (const field of ["x8", "x16", "a", "b", "c"] as const) {
      const role = row.operands[field];
      if (role === undefined || role === "length") continue;
      if (role === "inline") {
        inline = /^["#]/.test(line.peek()) ? line.bytes() : new Uint8Array();
        words[field] = inline.length;
      } else if (role === "blob") {
        const bytes = line.bytes();
        words[field] = this.#out.blob(bytes);
        const length = (["a", "b", "c"] as const).find((other) => row.operands[other] === "length")!;
        words[length] = bytes.length;
      } else {
        words[field] = this.#operand(line, role, row);
      }
    }
    const { x8 = 0, x16 = 0, a = 0, b = 0, c = 0 } = words;
    const narrow = (word: Word, most: number) => {
      if (typeof word !== "number" || word > most) throw line.bad();
      return word;
    };
    this.#out.path = line.path;
    const family = row.families.includes("neutral") ? "neutral" : this.#out.format;
    // The verb is of that family: it comes from its rows.
    this.#out.emit(family, row.verb as never, { x8: narrow(x8, 0xff), x16: narrow(x16, 0xffff), a, b, c });
    if (inline !== undefined) this.#out.inline(inline);
  }

  #operand(line: Line, role: Role, row: Row): Word {
    if (isTableRole(role)) {
      const name = line.take();
      if ((name === NONE || name === "") && role.endsWith("?")) return -1;
      const table = this.#tables.get(name);
      if (table === undefined || !name.startsWith(TABLE_LETTERS[role])) throw line.bad();
      return table;
    }
    switch (role) {
      case "kind":
        return line.one(KIND_NAMES);
      case "flags":
        return this.#flags(line, row);
      case "mode":
        return line.one(row.modes);
      case "cells":
        return line.number32("x");
      case "slot":
        return line.number32("@");
      case "slot?":
        return line.optional("@");
      case "bit":
        return line.number32("bit");
      case "target":
        return this.#label(line, ">", this.#records);
      case "target?":
        return this.#target(line) ?? -1;
      case "proc":
        return this.#label(line, "f", this.#procedures);
      case "code":
        return line.code();
      case "word":
        return line.number32("", -0x8000_0000);
      default:
        return line.optional("");
    }
  }

  #flags(line: Line, row: Row): number {
    if (!line.peek().startsWith("[")) return 0;
    const list = line.take();
    let flags = 0;
    for (const name of list.slice(1, -1).split(" ")) {
      if (name === "") continue;
      const bit = row.flags.indexOf(name);
      if (bit < 0) throw line.bad();
      flags |= 1 << bit;
    }
    return flags;
  }

  #readTables(from: number): void {
    for (let i = from; i < this.#lines.length; ) {
      const head = this.#lines[i]!;
      let end = i + 1;
      while (end < this.#lines.length && this.#lines[end]!.depth > 0) end++;
      const rows = this.#lines.slice(i + 1, end);
      const name = head.take();
      if (this.#tables.has(name)) throw head.bad();
      this.#tables.set(name, this.#table(name, head, rows));
      for (const line of [head, ...rows]) if (!line.done) throw this.#extra(line);
      i = end;
    }
  }

  #table(name: string, head: Line, rows: readonly Line[]): Table {
    switch (/^[A-Z](?=[0-9]+$)/.exec(name)?.[0]) {
      case TABLE_LETTERS.keys:
        return this.#keys(head, rows);
      case TABLE_LETTERS.cases:
        return this.#cases(head, rows);
      case TABLE_LETTERS.kinds: {
        const words: Word[] = [head.code(), ...VALUE_KINDS.map(() => -1)];
        for (const line of rows) words[1 + line.one(VALUE_KINDS)] = this.#label(line, ">", this.#records);
        return this.#out.table(words);
      }
      case TABLE_LETTERS.probe:
        return this.#probe(head, rows);
      case TABLE_LETTERS["bits?"]: {
        const words: Word[] = [rows.length];
        for (const line of rows) {
          line.word("mask");
          words.push(line.number32(), line.number32("", 0, 0xffff_ffff) | 0);
        }
        return this.#out.table(words);
      }
      case TABLE_LETTERS.constant:
        return this.#constant(head, rows);
      default:
        throw head.bad();
    }
  }

  #keys(head: Line, rows: readonly Line[]): Table {
    const close = this.#label(head, ">", this.#records);
    head.word("unknown");
    let unknown = 0;
    if (head.peek() === "skip") head.take();
    else unknown = head.code();
    const other = this.#target(head);
    head.word("duplicate");
    const policies = Object.keys(DUPLICATE) as (keyof typeof DUPLICATE)[];
    const duplicate = policies[head.one(policies)]!;
    head.word("missing");
    const missing = head.code();
    const open = head.one(["closed", "open"]) === 1;
    const header = head.number32("@");
    const fields = rows.map((line): KeyField => {
      line.word("field");
      const seen = line.peek();
      const required = seen.endsWith("!");
      let bit = -1;
      if (required) bit = new Line(seen.slice(0, -1), line.number).number32("bit");
      if (required) line.take();
      else bit = line.optional("bit");
      const target = this.#target(line);
      return { names: line.strings(), bit, target, required, path: line.path };
    });
    for (const [i, { names }] of fields.entries()) if (names.length === 0) throw rows[i]!.bad();
    const more = { ...(other === undefined ? {} : { other }), open, header };
    return this.#located(head, () => this.#out.keys({ fields, close, unknown, duplicate, missing, ...more }));
  }

  #cases(head: Line, rows: readonly Line[]): Table {
    const other = head.optional("");
    const names: { bytes: Uint8Array; field: number }[] = [];
    const numbers: number[] = [];
    const never = rows.at(-1)?.peek() === "never" ? rows.at(-1) : undefined;
    const targets = rows.slice(0, never === undefined ? rows.length : -1).map((line, field) => {
      line.word("row");
      const target = this.#label(line, ">", this.#records);
      const variant = line.number32();
      if (line.peek() === "=") {
        line.take();
        numbers.push(line.number32("", -0x8000_0000));
      }
      for (const name of line.strings()) names.push({ bytes: encodeUtf8(name), field });
      return { target, variant };
    });
    never?.take();
    for (const name of never?.strings() ?? []) names.push({ bytes: encodeUtf8(name), field: NO_CASE });
    const table = this.#located(head, () => this.#out.cases({ targets, names, numbers, other }));
    if (table.words.length < CASES.rows) throw head.bad();
    return table;
  }

  #constant(head: Line, rows: readonly Line[]): Table {
    const words: Word[] = new Array<Word>(CONSTANT.rows).fill(0);
    const own = head.number32("x");
    const [text8, text16] = [head.bytes(), head.bytes()];
    const cells = rows.filter((line) => line.peek() === "cell");
    const additions = rows.slice(cells.length);
    words[CONSTANT.cells] = own;
    words[CONSTANT.heap] = cells.length - own;
    words[CONSTANT.relocations] = additions.length;
    words[CONSTANT.text8] = text8.length;
    words[CONSTANT.text8At] = this.#out.blob(text8);
    words[CONSTANT.text16] = text16.length >> 1;
    words[CONSTANT.text16At] = this.#out.blob(text16);
    for (const line of rows.slice(0, cells.length)) {
      line.word("cell");
      words.push(line.number32("", -0x8000_0000), line.number32("", -0x8000_0000));
    }
    for (const line of additions) {
      line.word("add");
      words.push(line.number32(), line.one(RELOCATE_NAMES));
    }
    return this.#out.table(words);
  }

  #probe(head: Line, rows: readonly Line[]): Table {
    const out = this.#out;
    const tagged = head.one(["keyed", "tagged"]);
    const none = head.code();
    const input = new Rows(rows, head);
    const counts = {
      candidates: rows.filter((line) => line.peek() === "candidate").length,
      keys: rows.filter((line) => line.peek() === "key").length,
    };
    const [maskWords, seenWords] = [Math.ceil(counts.candidates / 32), Math.ceil(counts.keys / 32)];
    const candidateRows: Word[] = [];
    for (let line = input.next("candidate"); line !== undefined; line = input.next("candidate")) {
      candidateRows.push(this.#label(line, ">", this.#records));
      candidateRows.push(...bitWords(line.numbers(counts.keys), seenWords));
      line.word("beats");
      candidateRows.push(...bitWords(line.numbers(counts.candidates), maskWords));
    }
    if (input.next("value") === undefined) throw head.bad();
    const value = this.#value(input, counts);
    const keyRows: Word[] = [];
    for (let line = input.next("key"); line !== undefined; line = input.next("key")) {
      keyRows.push(...bitWords(line.numbers(counts.candidates), maskWords));
      keyRows.push(input.peek() === "key" || input.peek() === "" ? -1 : this.#value(input, counts));
    }
    const words: Word[] = new Array<Word>(PROBE.words).fill(0);
    words[PROBE.candidates] = counts.candidates;
    words[PROBE.candidatesAt] = out.table(candidateRows);
    words[PROBE.keys] = counts.keys;
    words[PROBE.keysAt] = out.table(keyRows);
    words[PROBE.value] = value;
    words[PROBE.none] = none;
    words[PROBE.tagged] = tagged;
    words[PROBE.maskWords] = maskWords;
    words[PROBE.seenWords] = seenWords;
    return out.table(words);
  }

  #value(input: Rows, counts: Counts): Table {
    const out = this.#out;
    const maskWords = Math.ceil(counts.candidates / 32);
    const set = (line: Line) => bitWords(line.numbers(counts.candidates), maskWords);
    const words: Word[] = new Array<Word>(VALUE.words).fill(0);
    words[VALUE.kindsAt] = -1;
    words[VALUE.texts] = -1;
    if (input.peek() === VALUE_KINDS[0]) {
      words[VALUE.kindsAt] = out.table(VALUE_KINDS.flatMap((kind) => set(input.due(kind))));
    }
    const integers: Word[] = [];
    while (input.peek() === "fits" || input.peek() === "one") {
      const line = input.next("fits");
      if (line !== undefined) integers.push(line.one(KIND_NAMES), -1, ...set(line));
      else integers.push(-1, ...this.#listed(input.due("one"), set));
    }
    const arities: Word[] = [];
    for (let line = input.next("items"); line !== undefined; line = input.next("items")) {
      arities.push(line.number32(), ...set(line));
    }
    const texts = input.next("texts");
    if (texts !== undefined) words[VALUE.texts] = this.#texts(texts, input, set);
    const names: { bytes: Uint8Array; field: number }[] = [];
    for (let line = input.next("name"); line !== undefined; line = input.next("name")) {
      const field = line.number32("", 0, Math.max(0, counts.keys - 1));
      for (const name of line.strings()) names.push({ bytes: encodeUtf8(name), field });
    }
    const place = (count: number, at: number, rows: readonly Word[], size: number) => {
      words[count] = rows.length / size;
      if (rows.length > 0) words[at] = out.table([...rows]);
    };
    place(VALUE.integers, VALUE.integersAt, integers, 2 + maskWords);
    place(VALUE.arities, VALUE.aritiesAt, arities, 1 + maskWords);
    const rows = this.#located(input.last, () => out.names(names));
    place(VALUE.names, VALUE.namesAt, rows, NAME.words);
    return out.table(words);
  }

  /** Numbers, then who needs one of them. */
  #listed(line: Line, set: (line: Line) => Word[]): Word[] {
    const numbers: number[] = [];
    while (line.peek() !== "of" && !line.done) numbers.push(line.number32("", -0x8000_0000));
    line.word("of");
    return [this.#out.table([numbers.length, ...numbers]), ...set(line)];
  }

  #texts(head: Line, input: Rows, set: (line: Line) => Word[]): Table {
    const other = head.optional("");
    const chars = head.optional("");
    const unknown = head.done ? 0 : head.code();
    const names: { bytes: Uint8Array; field: number }[] = [];
    const masks: Word[] = [];
    let field = 0;
    for (let line = input.next("text"); line !== undefined; line = input.next("text")) {
      masks.push(...set(line));
      for (const name of line.strings()) names.push({ bytes: encodeUtf8(name), field });
      field++;
    }
    const words: Word[] = new Array<Word>(TEXTS.words).fill(0);
    words[TEXTS.names] = names.length;
    words[TEXTS.namesAt] = this.#out.table(this.#located(head, () => this.#out.names(names)));
    words[TEXTS.masksAt] = this.#out.table(masks);
    words[TEXTS.other] = other;
    words[TEXTS.chars] = chars;
    words[TEXTS.unknown] = unknown;
    return this.#out.table(words);
  }

  /** What the assembler refuses, with the line. */
  #located<T>(line: Line, make: () => T): T {
    try {
      return make();
    } catch (error) {
      throw error instanceof CodecError ? line.bad() : error;
    }
  }
}

function bitWords(bits: readonly number[], count: number): number[] {
  const words = new Array<number>(count).fill(0);
  for (const bit of bits) words[bit >> 5]! |= 1 << (bit & 31);
  return words;
}

interface Counts {
  readonly candidates: number;
  readonly keys: number;
}

/** Lines of a table, taken one after the other by their first word. */
class Rows {
  /** The line taken last. */
  last: Line;
  readonly #rows: readonly Line[];
  #next = 0;

  constructor(rows: readonly Line[], head: Line) {
    this.#rows = rows;
    this.last = head;
  }

  peek(): string {
    return this.#rows[this.#next]?.peek() ?? "";
  }

  /** The next line, behind its first word, if that is `word`. */
  next(word: string): Line | undefined {
    if (this.peek() !== word) return undefined;
    this.last = this.#rows[this.#next++]!;
    this.last.take();
    return this.last;
  }

  due(word: string): Line {
    const line = this.next(word);
    if (line === undefined) throw this.last.bad();
    return line;
  }
}
