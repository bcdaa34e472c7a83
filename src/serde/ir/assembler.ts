// Writes a program: records in order, labels bound later, tables and constant bytes behind the code. It knows the
// encoding and nothing about shapes or formats.

import { encodeUtf8 } from "../../core/bytes.ts";
import { CodecError } from "./failure.ts";
import { type Direction, type FormatName, opcodeOf, RECORD_BYTES, type Verb } from "./ops.ts";
import { makeProgram, type Procedure, type Program } from "./program.ts";
import { CASES, DUPLICATE, FIELD, KEYS, NAME } from "./tables.ts";

/** A place in the code, bound once. */
export interface Label {
  at: number;
}
/** Constant bytes; placed once however often they are used. */
export interface Blob {
  readonly bytes: Uint8Array;
  at: number;
}
/** Words behind the code. */
export interface Table {
  readonly words: Word[];
  at: number;
  /** Key tables: the path of each field. */
  readonly fieldPaths?: readonly string[];
}
export type Word = number | Label | Blob | Table;

export interface Operands {
  readonly x8?: number;
  readonly x16?: number;
  readonly a?: Word;
  readonly b?: Word;
  readonly c?: Word;
}

export interface KeyField {
  /** First: the one expected and printed. */
  readonly names: readonly string[];
  /** Bit address, or -1. */
  readonly bit: number;
  /** `undefined`: known, and skipped. */
  readonly target: Label | undefined;
  readonly required: boolean;
  readonly path: string;
}

export interface KeyTable {
  readonly fields: readonly KeyField[];
  readonly close: Label;
  /** 0 = skip, else a code. */
  readonly unknown: number;
  readonly duplicate: "reject" | "first" | "last";
  readonly missing: number;
  readonly other?: Label;
  /** The end may not come. */
  readonly open?: boolean;
  /** Slot of the container's header. */
  readonly header: number;
}

/** Programs are meant to stay small; a shape that needs more is refused. */
const MAX_BYTES = 1 << 26;

export class Assembler {
  /** Where the next records are in the value. */
  path = "";
  readonly format: FormatName;
  readonly direction: Direction;
  readonly #words: Word[] = [];
  readonly #paths: string[] = [];
  readonly #blobs = new Map<string, Blob>();
  readonly #procedures: Procedure[] = [];

  /** Constant output not emitted yet. */
  #literal: number[] = [];
  /** Where its first byte is. */
  #literalPath = "";

  /** See MODE. */
  readonly mode: number;

  constructor(format: FormatName, direction: Direction, mode = 0) {
    this.format = format;
    this.direction = direction;
    this.mode = mode;
  }

  get pc(): number {
    return this.#words.length * 4;
  }

  label(): Label {
    return { at: -1 };
  }

  bind(label: Label): void {
    this.#flush();
    label.at = this.pc;
  }

  /** Constant output; what is written with nothing between is one `lit`. */
  lit(bytes: Iterable<number>): void {
    if (this.#literal.length === 0) this.#literalPath = this.path;
    for (const byte of bytes) this.#literal.push(byte);
  }

  #flush(): void {
    if (this.#literal.length === 0) return;
    const bytes = Uint8Array.from(this.#literal);
    this.#literal = [];
    this.emit("neutral", "lit", { a: this.blob(bytes), b: bytes.length });
    this.#paths[this.#paths.length - 1] = this.#literalPath;
  }

  /** Starts a procedure here. */
  procedure(cells: number): void {
    this.#procedures.push({ entry: this.pc, cells });
  }

  emit<F extends FormatName | "neutral">(family: F, verb: Verb<F>, operands: Operands = {}): void {
    this.#flush();
    const { x8 = 0, x16 = 0, a = 0, b = 0, c = 0 } = operands;
    this.#words.push(opcodeOf(family, verb) | (x8 << 8) | (x16 << 16), a, b, c);
    this.#paths.push(this.path);
    if (this.pc > MAX_BYTES) throw new CodecError("load.unsupported", "the program would be over 64 MiB");
  }

  /** Key text behind the record just emitted. */
  inline(bytes: Uint8Array): void {
    const records = Math.ceil(bytes.length / RECORD_BYTES);
    const words = new Int32Array(records * 4);
    new Uint8Array(words.buffer).set(bytes);
    this.#words.push(...words);
    for (let i = 0; i < records; i++) this.#paths.push("");
  }

  blob(bytes: Uint8Array): Blob {
    const key = latin1(bytes);
    const known = this.#blobs.get(key);
    if (known !== undefined) return known;
    const blob = { bytes, at: -1 };
    this.#blobs.set(key, blob);
    return blob;
  }

  table(words: Word[], fieldPaths?: readonly string[]): Table {
    return { words, at: -1, ...(fieldPaths === undefined ? {} : { fieldPaths }) };
  }

  keys(keys: KeyTable): Table {
    const masks = new Map<number, number>();
    for (const { required, bit } of keys.fields) {
      if (required && bit >= 0) masks.set(bit >> 5, (masks.get(bit >> 5) ?? 0) | (1 << (bit & 31)));
    }
    const words: Word[] = new Array<Word>(KEYS.rows).fill(0);
    words[KEYS.unknown] = keys.unknown;
    words[KEYS.duplicate] = DUPLICATE[keys.duplicate];
    words[KEYS.close] = keys.close;
    words[KEYS.missing] = keys.missing;
    words[KEYS.masks] = masks.size;
    words[KEYS.fields] = keys.fields.length;
    words[KEYS.other] = keys.other ?? -1;
    words[KEYS.open] = keys.open ? 1 : 0;
    words[KEYS.header] = keys.header;
    for (const [word, mask] of masks) words.push(word, mask);
    const names: { bytes: Uint8Array; field: number }[] = [];
    for (const [i, field] of keys.fields.entries()) {
      const all = field.names.map((name) => encodeUtf8(name));
      for (const bytes of all) names.push({ bytes, field: i });
      const row: Word[] = new Array<Word>(FIELD.words).fill(0);
      row[FIELD.bit] = field.bit;
      row[FIELD.target] = field.target ?? -1;
      row[FIELD.nameAt] = this.blob(all[0]!);
      row[FIELD.nameLength] = all[0]!.length;
      words.push(...row);
    }
    words[KEYS.names] = names.length;
    for (const word of this.names(names)) words.push(word);
    return this.table(
      words,
      keys.fields.map((field) => field.path),
    );
  }

  /** Name rows, sorted for binary search. */
  names(names: readonly { bytes: Uint8Array; field: number }[]): Word[] {
    const sorted = [...names].sort((a, b) => compareNames(a.bytes, b.bytes));
    for (const [i, { bytes }] of sorted.entries()) {
      if (i > 0 && compareNames(sorted[i - 1]!.bytes, bytes) === 0) {
        throw new CodecError("load.unsupported", "two fields or variants with the same name");
      }
    }
    return sorted.flatMap(({ bytes, field }) => {
      const row: Word[] = new Array<Word>(NAME.words).fill(0);
      row[NAME.at] = this.blob(bytes);
      row[NAME.length] = bytes.length;
      row[NAME.field] = field;
      return row;
    });
  }

  /** Case table: `byName` for text tags, else by number. */
  cases(parts: {
    readonly targets: readonly { readonly target: Label; readonly variant: number }[];
    readonly names?: readonly { readonly bytes: Uint8Array; readonly field: number }[];
    readonly numbers?: readonly number[];
    readonly other?: number;
  }): Table {
    const words: Word[] = new Array<Word>(CASES.rows).fill(0);
    words[CASES.targets] = parts.targets.length;
    words[CASES.names] = parts.names?.length ?? 0;
    words[CASES.numbers] = parts.numbers?.length ?? 0;
    words[CASES.other] = parts.other ?? -1;
    for (const { target, variant } of parts.targets) words.push(target, variant);
    words.push(...this.names(parts.names ?? []), ...(parts.numbers ?? []));
    return this.table(words);
  }

  /**
   * Places tables, then constant bytes, in the order in which code, then tables, first refer to them: one program has
   * one form, and what nothing refers to is left out.
   */
  #link(): { readonly tables: ReadonlySet<Table>; readonly blobs: ReadonlySet<Blob>; readonly end: number } {
    const tables = new Set<Table>();
    const blobs = new Set<Blob>();
    const meet = (word: Word) => {
      if (typeof word === "number") return;
      if ("words" in word) tables.add(word);
      else if ("bytes" in word) blobs.add(word);
    };
    this.#words.forEach(meet);
    // A set that grows while it is walked: tables that tables refer to come last.
    for (const table of tables) table.words.forEach(meet);
    let at = this.pc;
    for (const table of tables) {
      table.at = at;
      at += table.words.length * 4;
    }
    for (const blob of blobs) {
      blob.at = at;
      at += blob.bytes.length;
    }
    return { tables, blobs, end: at };
  }

  finish(rootCells: number, rootZero: boolean): Program {
    const codeBytes = this.pc;
    const { tables, blobs, end: at } = this.#link();
    const words = new Int32Array(Math.ceil(at / 4));
    const bytes = new Uint8Array(words.buffer);
    const resolve = (word: Word) => (typeof word === "number" ? word : word.at);
    for (const [i, word] of this.#words.entries()) words[i] = resolve(word);
    const fieldPaths = new Map<number, readonly string[]>();
    for (const table of tables) {
      for (const [i, word] of table.words.entries()) words[(table.at >> 2) + i] = resolve(word);
      if (table.fieldPaths !== undefined) fieldPaths.set(table.at, table.fieldPaths);
    }
    for (const blob of blobs) bytes.set(blob.bytes, blob.at);
    return makeProgram({
      format: this.format,
      direction: this.direction,
      mode: this.mode,
      words,
      bytes,
      codeBytes,
      procedures: this.#procedures,
      rootCells,
      rootZero,
      paths: this.#paths,
      fieldPaths,
    });
  }
}

/** Bytes as a string of as many characters. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return text;
}

export function compareNames(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}
