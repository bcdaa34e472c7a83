// The tables of a program as objects, with everything checked that can be seen in a table alone: that it lies where it
// must, that counts, codes, names and padding are as they must be. Printer and verifier read tables through this; what
// targets and bits mean for the code is the verifier's.
//
// Tables, then constant bytes, stand behind the code in the order in which code, then tables, first refer to them,
// without gaps and without repeats (`Assembler.finish`): so nothing can overlap, and the work is linear.

import { decodeUtf8 } from "../../core/bytes.ts";
import { SPAN } from "../state/block.ts";
import { compareNames, latin1 } from "./assembler.ts";
import { codeOf } from "./codes.ts";
import { CodecError } from "./failure.ts";
import { INTEGER_RANGES } from "./kinds.ts";
import { isTableRole, type TableRole } from "./ops.ts";
import { operandsAt, type ProgramParts } from "./program.ts";
import {
  type CasesTable,
  type ConstantTable,
  type FieldRow,
  type KeysTable,
  type KindsTable,
  type MaskRow,
  type NameRow,
  type ProbeTable,
  type ReadTable,
  requiredBits,
  type TextsTable,
  type ValueTable,
} from "./table-form.ts";
import {
  BITS,
  CASE,
  CASES,
  CONSTANT,
  DUPLICATE,
  FIELD,
  KEYS,
  KINDS,
  MASK_WORDS,
  MAX_CANDIDATES,
  MAX_NESTED,
  NAME,
  NO_CASE,
  PROBE,
  RELOCATE,
  TEXTS,
  VALUE,
  VALUE_KINDS,
} from "./tables.ts";

/** The tables of `program` by offset, in their order. Throws `CodecError`; `pc` of records must be on boundaries. */
export function readTables(
  program: ProgramParts,
  records: readonly number[],
): ReadonlyMap<number, ReadTable> {
  return new TableReader(program).read(records);
}

class TableReader {
  readonly #program: ProgramParts;
  readonly #words: Int32Array;
  readonly #tables = new Map<number, ReadTable>();
  readonly #queue: (() => void)[] = [];
  /** Of what several tables say together, when all have been read. */
  readonly #checks: (() => void)[] = [];
  readonly #blobs: { readonly at: number; readonly length: number; readonly by: number }[] = [];
  /** Word index of the next table. */
  #next: number;

  constructor(program: ProgramParts) {
    this.#program = program;
    this.#words = program.words;
    this.#next = program.codeBytes >> 2;
  }

  read(records: readonly number[]): ReadonlyMap<number, ReadTable> {
    for (const pc of records) {
      const operands = operandsAt(this.#program, pc);
      for (const { role, value } of operands) {
        if (isTableRole(role) && !(role.endsWith("?") && value === -1)) this.#refer(role, value, pc);
        if (role === "blob") this.#blob(value, operands.find((other) => other.role === "length")!.value, pc);
      }
    }
    // Grows while it is walked.
    for (const read of this.#queue) read();
    for (const check of this.#checks) check();
    this.#checkBlobs();
    return this.#tables;
  }

  /** What is at word `at` is wrong. */
  #bad(at: number): CodecError {
    return CodecError.at("load.bad_table", { offset: 4 * at });
  }

  #refer(role: TableRole, offset: number, pc: number): void {
    const known = this.#tables.get(offset);
    if (known !== undefined) {
      if (known.role !== role) throw CodecError.at("load.bad_operand", { offset: pc });
      return;
    }
    if (offset !== 4 * this.#next) throw CodecError.at("load.not_canonical", { offset: pc });
    this.#tables.set(offset, this.#table(role));
  }

  #table(role: TableRole): ReadTable {
    switch (role) {
      case "keys":
        return this.#keys();
      case "cases":
        return this.#cases();
      case "kinds":
        return this.#kinds();
      case "probe":
        return this.#probe();
      case "bits?":
        return { role, masks: this.#masks(this.#word(this.#take(1, BITS.rows) + BITS.count), true) };
      case "constant":
        return this.#constant();
    }
  }

  #keys(): KeysTable {
    const at = this.#take(1, KEYS.rows);
    const [maskCount, fieldCount, nameCount] = [KEYS.masks, KEYS.fields, KEYS.names].map((i) =>
      this.#word(at + i),
    );
    const masks = this.#masks(maskCount!);
    const fieldsAt = this.#take(fieldCount!, FIELD.words);
    const fields = Array.from({ length: fieldCount! }, (_, i) => {
      const row = fieldsAt + i * FIELD.words;
      return {
        bit: this.#atLeast(row + FIELD.bit, -1),
        target: this.#atLeast(row + FIELD.target, -1),
        nameAt: this.#word(row + FIELD.nameAt),
        nameLength: this.#word(row + FIELD.nameLength),
        row,
      };
    });
    const names: NameRow[] = [];
    const table = {
      role: "keys" as const,
      unknown: this.#code(at + KEYS.unknown, true),
      duplicate: DUPLICATES[this.#below(at + KEYS.duplicate, DUPLICATES.length)]!,
      close: this.#atLeast(at + KEYS.close, 0),
      missing: this.#code(at + KEYS.missing),
      other: this.#atLeast(at + KEYS.other, -1),
      open: this.#below(at + KEYS.open, 2) === 1,
      header: this.#atLeast(at + KEYS.header, 0),
      masks,
      fields: [] as FieldRow[],
      names,
    };
    const namesAt = this.#take(nameCount!, NAME.words);
    this.#queue.push(() => {
      for (const { bit, target, nameAt, nameLength, row } of fields) {
        const name = this.#blob(nameAt, nameLength, 4 * row);
        table.fields.push({ bit, target, name });
      }
      this.#names(namesAt, nameCount!, 0, fieldCount!, names);
      this.#checkFields(table, at);
    });
    return table;
  }

  /** Required bits are those of fields, in their order, and the first name of a field is one of its names. */
  #checkFields(table: KeysTable, at: number): void {
    const isRequired = requiredBits(table);
    const bits = new Map<number, number>();
    for (const { bit } of table.fields) {
      if (isRequired(bit)) bits.set(bit >> 5, (bits.get(bit >> 5) ?? 0) | (1 << (bit & 31)));
    }
    const masks = table.masks.map(({ word, mask }) => [word, mask]);
    if (`${[...bits]}` !== `${masks}`) throw this.#bad(at);
    const first = new Set<number>();
    for (const { name, row } of table.names)
      if (name === table.fields[row]!.name || sameBytes(name, table.fields[row]!.name)) first.add(row);
    if (first.size < table.fields.length) throw this.#bad(at);
  }

  #cases(): CasesTable {
    const at = this.#take(1, CASES.rows);
    const count = this.#atLeast(at + CASES.targets, 1);
    const rowsAt = this.#take(count, CASE.words);
    const nameCount = this.#atLeast(at + CASES.names, 0);
    const namesAt = this.#take(nameCount, NAME.words);
    const numberCount = this.#atLeast(at + CASES.numbers, 0);
    const numbersAt = this.#take(numberCount, 1);
    const other = this.#word(at + CASES.other);
    if (numberCount !== 0 && (numberCount !== count || nameCount !== 0)) throw this.#bad(at + CASES.numbers);
    if (other < -1 || other >= count) throw this.#bad(at + CASES.other);
    const names: NameRow[] = [];
    this.#queue.push(() => this.#names(namesAt, nameCount, NO_CASE, count, names));
    return {
      role: "cases",
      other,
      rows: Array.from({ length: count }, (_, i) => ({
        target: this.#atLeast(rowsAt + i * CASE.words + CASE.target, 0),
        variant: this.#atLeast(rowsAt + i * CASE.words + CASE.variant, 0),
      })),
      names,
      numbers: Array.from({ length: numberCount }, (_, i) => this.#word(numbersAt + i)),
    };
  }

  #kinds(): KindsTable {
    const at = this.#take(1, KINDS.targets + VALUE_KINDS.length);
    const targets = VALUE_KINDS.map((_, i) => this.#atLeast(at + KINDS.targets + i, -1));
    return { role: "kinds", code: this.#code(at + KINDS.code), targets };
  }

  #constant(): ConstantTable {
    const at = this.#take(1, CONSTANT.rows);
    const own = this.#atLeast(at + CONSTANT.cells, 0);
    const all = own + this.#atLeast(at + CONSTANT.heap, 0);
    const cellsAt = this.#take(all, 2);
    const count = this.#atLeast(at + CONSTANT.relocations, 0);
    const rowsAt = this.#take(count, 2);
    const relocations = Array.from({ length: count }, (_, i) => ({
      cell: this.#below(rowsAt + 2 * i, all),
      what: this.#below(rowsAt + 2 * i + 1, RELOCATIONS),
    }));
    const blob = (from: number, length: number) =>
      this.#blob(this.#word(at + from), this.#word(at + length), 4 * at, length === CONSTANT.text16 ? 2 : 1);
    const table = {
      role: "constant" as const,
      cells: this.#words.subarray(cellsAt, cellsAt + 2 * all),
      own,
      text8: EMPTY,
      text16: EMPTY,
      relocations,
    };
    this.#queue.push(() => {
      table.text8 = blob(CONSTANT.text8At, CONSTANT.text8);
      table.text16 = blob(CONSTANT.text16At, CONSTANT.text16);
      const room = [all - own, SPAN.text8 | table.text8.length, SPAN.text16 | (table.text16.length >> 1)];
      for (const { cell, what } of relocations) {
        const from = table.cells[2 * cell]!;
        const count = table.cells[2 * cell + 1]!;
        // A list has a count, a span an end with the class of its arena.
        const to = what === RELOCATE.heap ? from + count : count;
        const least = what === RELOCATE.heap ? from : from | (room[what]! & ~SPAN.mask);
        if (from < 0 || to < least || to > room[what]!) throw this.#bad(at);
      }
    });
    return table;
  }

  #probe(): ProbeTable {
    const at = this.#take(1, PROBE.words);
    const candidates = this.#atLeast(at + PROBE.candidates, 1);
    const keys = this.#atLeast(at + PROBE.keys, 0);
    const maskWords = Math.ceil(candidates / 32);
    const seenWords = Math.ceil(keys / 32);
    const derived = [this.#word(at + PROBE.maskWords), this.#word(at + PROBE.seenWords)];
    if (candidates > MAX_CANDIDATES || `${derived}` !== `${[maskWords, seenWords]}`) {
      throw this.#bad(at + PROBE.candidates);
    }
    const table = {
      role: "probe" as const,
      tagged: this.#below(at + PROBE.tagged, 2) === 1,
      none: this.#code(at + PROBE.none),
      candidates: [] as ProbeTable["candidates"][number][],
      keys: [] as ProbeTable["keys"][number][],
      value: emptyValue(),
    };
    const stride = 1 + seenWords + maskWords;
    this.#queue.push(() => {
      const rowsAt = this.#part(at + PROBE.candidatesAt, candidates, stride);
      const keysAt = this.#part(at + PROBE.keysAt, keys, 1 + maskWords);
      for (let row = rowsAt; row < keysAt; row += stride) {
        const needs = this.#bits(row + 1, keys);
        const beats = this.#bits(row + 1 + seenWords, candidates);
        table.candidates.push({ target: this.#atLeast(row, 0), needs, beats });
      }
      this.#queue.push(() => {
        for (let i = 0; i < keys; i++) {
          const row = keysAt + i * (1 + maskWords);
          const looks = this.#word(row + maskWords) !== -1;
          const value = looks ? this.#value(row + maskWords, candidates, keys) : undefined;
          table.keys.push({ candidates: this.#bits(row, candidates), value });
        }
      });
      table.value = this.#value(at + PROBE.value, candidates, keys);
    });
    this.#checks.push(() => {
      if (!isNested(table, table.value, new Set(), 0)) throw this.#bad(at + PROBE.value);
    });
    return table;
  }

  #value(reference: number, candidates: number, keys: number): ReadValue {
    const at = this.#part(reference, 1, VALUE.words);
    const maskWords = Math.ceil(candidates / 32);
    const rows = (count: number, offset: number, size: number): readonly number[] => {
      const length = this.#atLeast(at + count, 0);
      if (length === 0 && this.#word(at + offset) !== 0) throw this.#bad(at + offset);
      const from = length === 0 ? 0 : this.#part(at + offset, length, size);
      return Array.from({ length }, (_, i) => from + i * size);
    };
    const value = emptyValue();
    this.#queue.push(() => {
      if (this.#word(at + VALUE.kindsAt) !== -1) {
        const from = this.#part(at + VALUE.kindsAt, VALUE_KINDS.length, maskWords);
        value.kinds = VALUE_KINDS.map((_, i) => this.#bits(from + i * maskWords, candidates));
      }
      const integers = rows(VALUE.integers, VALUE.integersAt, 2 + maskWords);
      this.#queue.push(() => {
        for (const row of integers) value.integers.push(this.#integers(row, candidates));
      });
      for (const row of rows(VALUE.arities, VALUE.aritiesAt, 1 + maskWords)) {
        value.arities.push({ count: this.#atLeast(row, 0), candidates: this.#bits(row + 1, candidates) });
      }
      if (this.#word(at + VALUE.texts) !== -1) value.texts = this.#texts(at + VALUE.texts, candidates);
      const names = rows(VALUE.names, VALUE.namesAt, NAME.words);
      this.#queue.push(() => this.#names(names[0] ?? 0, names.length, 0, keys, value.names));
    });
    return value;
  }

  #integers(row: number, candidates: number): ReadValue["integers"][number] {
    const leaf = this.#word(row);
    if (this.#word(row + 1) === -1) {
      if (!INTEGER_RANGES.has(leaf)) throw this.#bad(row);
      return { leaf, numbers: undefined, candidates: this.#bits(row + 2, candidates) };
    }
    if (leaf !== -1) throw this.#bad(row);
    const at = this.#part(row + 1, 1, 1);
    const count = this.#word(at);
    const from = this.#take(count, 1);
    const numbers = Array.from({ length: count }, (_, i) => this.#word(from + i));
    return { leaf, numbers, candidates: this.#bits(row + 2, candidates) };
  }

  #texts(reference: number, candidates: number): TextsTable {
    const at = this.#part(reference, 1, TEXTS.words);
    const count = this.#atLeast(at + TEXTS.names, 0);
    const maskWords = Math.ceil(candidates / 32);
    const other = this.#atLeast(at + TEXTS.other, -1);
    const chars = this.#atLeast(at + TEXTS.chars, -1);
    const unknown = this.#code(at + TEXTS.unknown, true);
    if (other < 0 && unknown === 0) throw this.#bad(at + TEXTS.other);
    const table = { other, chars, unknown, names: [] as NameRow[], masks: [] as (readonly number[])[] };
    this.#queue.push(() => {
      const namesAt = this.#part(at + TEXTS.namesAt, count, NAME.words);
      // There is a row for each text, so the last one that is named is the last one there is.
      let rows = Math.max(other, chars) + 1;
      for (let i = 0; i < count; i++) {
        rows = Math.max(rows, this.#word(namesAt + i * NAME.words + NAME.field) + 1);
      }
      const masksAt = this.#part(at + TEXTS.masksAt, rows, maskWords);
      this.#queue.push(() => this.#names(namesAt, count, 0, rows, table.names));
      for (let i = 0; i < rows; i++) table.masks.push(this.#bits(masksAt + i * maskWords, candidates));
    });
    return table;
  }

  /** Rows only the table with word `reference` refers to: the next ones. */
  #part(reference: number, count: number, size: number): number {
    if (this.#word(reference) !== 4 * this.#next)
      throw CodecError.at("load.not_canonical", { offset: 4 * reference });
    return this.#take(count, size);
  }

  /** `count` rows of `size` words, the next ones. */
  #take(count: number, size: number): number {
    const at = this.#next;
    if (count < 0 || count > (this.#words.length - at) / size) throw this.#bad(at);
    this.#next = at + count * size;
    return at;
  }

  #masks(count: number, repeats = false): MaskRow[] {
    const at = this.#take(count, MASK_WORDS);
    const seen = new Set<number>();
    return Array.from({ length: count }, (_, i) => {
      const word = this.#atLeast(at + i * MASK_WORDS, 0);
      const mask = this.#word(at + i * MASK_WORDS + 1);
      if (mask === 0 || (seen.has(word) && !repeats)) throw this.#bad(at + i * MASK_WORDS);
      seen.add(word);
      return { word, mask };
    });
  }

  /** Which of the first `count` bits from word `at` are set; the others of the last word must not be. */
  #bits(at: number, count: number): number[] {
    const set: number[] = [];
    for (let i = 0; i < Math.ceil(count / 32); i++) {
      let left = this.#word(at + i);
      const bits = Math.min(32, count - 32 * i);
      if (bits < 32 && left >>> bits !== 0) throw this.#bad(at + i);
      for (; left !== 0; left &= left - 1) set.push(32 * i + 31 - Math.clz32(left & -left));
    }
    return set;
  }

  /** Names of rows from `least` to below `rows`, without repeats, sorted by length, then bytes. */
  #names(at: number, count: number, least: number, rows: number, names: NameRow[]): void {
    for (let i = 0; i < count; i++) {
      const row = at + i * NAME.words;
      const name = this.#blob(this.#word(row + NAME.at), this.#word(row + NAME.length), 4 * row);
      const before = names.at(-1);
      if (before !== undefined && compareNames(before.name, name) >= 0) throw this.#bad(row);
      if (decodeUtf8(name) === undefined) throw this.#bad(row);
      const field = this.#atLeast(row + NAME.field, least);
      if (field >= rows || field === -1) throw this.#bad(row + NAME.field);
      names.push({ name, row: field });
    }
  }

  /** Constant bytes; where they must lie is known when all tables have been read. `by` refers to them. */
  #blob(at: number, count: number, by: number, unit = 1): Uint8Array {
    const length = count * unit;
    const { bytes, codeBytes } = this.#program;
    if (at < codeBytes || length < 0 || at + length > bytes.length)
      throw CodecError.at("load.bad_operand", { offset: by });
    this.#blobs.push({ at, length, by });
    return bytes.subarray(at, at + length);
  }

  #checkBlobs(): void {
    const { bytes } = this.#program;
    const met = new Set<string>();
    const contents = new Set<string>();
    let next = 4 * this.#next;
    for (const { at, length, by } of this.#blobs) {
      const place = `${at},${length}`;
      if (met.has(place)) continue;
      met.add(place);
      const content = latin1(bytes.subarray(at, at + length));
      if (at !== next || contents.has(content)) throw CodecError.at("load.not_canonical", { offset: by });
      contents.add(content);
      next += length;
    }
    const padding = bytes.subarray(next);
    if (padding.length > 3 || padding.some((byte) => byte !== 0))
      throw CodecError.at("load.not_canonical", { offset: next });
  }

  #word(at: number): number {
    return this.#words[at]!;
  }

  #atLeast(at: number, least: number): number {
    const value = this.#word(at);
    if (value < least) throw this.#bad(at);
    return value;
  }

  #below(at: number, limit: number): number {
    const value = this.#word(at);
    if (value < 0 || value >= limit) throw this.#bad(at);
    return value;
  }

  #code(at: number, none = false): number {
    const value = this.#word(at);
    if (codeOf(value) === undefined && !(none && value === 0)) throw this.#bad(at);
    return value;
  }
}

/** A value table while it is read. */
interface ReadValue extends ValueTable {
  kinds: ValueTable["kinds"];
  readonly integers: ValueTable["integers"][number][];
  readonly arities: ValueTable["arities"][number][];
  texts: ValueTable["texts"];
  readonly names: NameRow[];
}

const emptyValue = (): ReadValue => ({
  kinds: undefined,
  integers: [],
  arities: [],
  texts: undefined,
  names: [],
});

/** Whether each key is met in one object, and those in each other end: a probe walks no deeper than they do. */
function isNested(probe: ProbeTable, value: ValueTable, met: Set<number>, depth: number): boolean {
  for (const row of new Set(value.names.map(({ row }) => row))) {
    const below = probe.keys[row]!.value;
    if (met.has(row) || depth >= MAX_NESTED) return false;
    met.add(row);
    if (below !== undefined && !isNested(probe, below, met, depth + 1)) return false;
  }
  return true;
}

const EMPTY: Uint8Array = new Uint8Array();
const DUPLICATES = Object.keys(DUPLICATE) as readonly (keyof typeof DUPLICATE)[];
const RELOCATIONS = Object.keys(RELOCATE).length;

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => compareNames(a, b) === 0;
