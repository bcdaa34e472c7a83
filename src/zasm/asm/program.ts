// The program all front ends fill: names, CODE, DATA and what the container shall say. Front ends give it labels,
// instructions and directives in source order; `finish` lays out, resolves names and writes the file.

import { quoted } from "../../core/errors.ts";
import { ENTRY_BYTES, HEADER_BYTES, tagText } from "../container/format.ts";
import { concat, type ModuleParts, writeContainer } from "../container/write.ts";
import { lengthWords, opcodeOf } from "../isa/fields.ts";
import { FIRST_PRIMITIVE, type IsaRow } from "../isa/table.ts";
import { CodeBuilder, type Position, type Resolved } from "./code.ts";
import { DataBuilder, MAX_DATA_BYTES } from "./data.ts";
import type { At, Diagnostic, Diagnostics } from "./diagnostics.ts";
import { isIdentifier, whyReserved } from "./names.ts";
import type { Operand } from "./operand.ts";
import { select } from "./select.ts";

export interface AsmOptions {
  /** `text`, `ir` (JSONL IR 1.0 and 1.1) or `opcodes` (opcode JSONL). Default: by the first character. */
  readonly format?: "text" | "ir" | "opcodes";
  /** Added to the value of every data name; a multiple of 8 below 2^64. Default 0 (D13). */
  readonly memBase?: bigint | number;
  /** Read `\n`, `\xNN` and the like in DB and STR. Default false: upstream's reading (T2). */
  readonly escapes?: boolean;
  /** Write IMPT, naming the host calls in CODE. Default false. */
  readonly impt?: boolean;
  /** Write EXPT, exporting every PUBLIC label. Default false. `.export` writes EXPT by itself. */
  readonly expt?: boolean;
  /** Write MEM with these limits, in bytes; 0 = no maximum. Default: as `.mem` says, else none. */
  readonly mem?: { readonly minBytes: number; readonly maxBytes: number };
  /** Label to start at. Default: as `.entry` says, else the start of CODE. */
  readonly entry?: string;
}

/** A name the program defines. */
export interface AsmSymbol {
  readonly name: string;
  readonly kind: "code" | "data" | "const";
  /** Byte offset in CODE, guest address, or the constant. */
  readonly value: bigint;
  readonly line: number;
}

export type AsmResult =
  | {
      readonly ok: true;
      /** The module file. */
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly warnings: readonly Diagnostic[];
      readonly symbols: readonly AsmSymbol[];
      /** What the file consists of. */
      readonly parts: ModuleParts;
      /** Which source line each run of instructions comes from: `pc` is its byte offset in CODE. */
      readonly lines: readonly { readonly pc: number; readonly line: number }[];
    }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

type Definition = { readonly at: At } & (
  | { readonly kind: "code"; readonly target: Position }
  /** `length`: what NAME_len is (T3). */
  | { readonly kind: "data"; readonly address: number; readonly length: number | undefined }
  | { readonly kind: "const"; readonly value: bigint }
);

/** Placement that is not the writer's own, from `.layout`. */
export interface LayoutRequest {
  readonly at: At;
  readonly dirOffset: number;
  readonly fileLen: number;
  readonly sections: readonly { readonly tag: string; readonly offset: number }[];
}

export class Program {
  readonly diagnostics: Diagnostics;
  readonly options: AsmOptions;
  readonly code: CodeBuilder;
  readonly data: DataBuilder;

  readonly #memBase: bigint;
  readonly #names = new Map<string, Definition>();
  readonly #publics: { readonly name: string; readonly at: At }[] = [];
  readonly #exports: { readonly name: string; readonly label: string; readonly at: At }[] = [];
  readonly #sections = new Map<string, { readonly at: At; readonly parts: Uint8Array[] }>();
  readonly #patches: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  /** Directives that may stand once, with what they said. */
  readonly #once = new Map<string, At>();
  entry: { readonly label: string; readonly at: At } | undefined;
  memory: { readonly minBytes: number; readonly maxBytes: number } | undefined;
  abi: { readonly id: number; readonly version: number } | undefined;
  impt = false;
  layout: LayoutRequest | undefined;
  /** Names on lines that have an error: defined if the error were not, so nobody complains about them again. */
  readonly #lost = new Set<string>();
  /** A label with nothing after it yet. */
  #bareLabel: { readonly name: string; readonly at: At } | undefined;

  constructor(options: AsmOptions, memBase: bigint, diagnostics: Diagnostics) {
    this.options = options;
    this.#memBase = memBase;
    this.diagnostics = diagnostics;
    this.code = new CodeBuilder(diagnostics);
    this.data = new DataBuilder(diagnostics);
  }

  /** `name` is the next instruction. */
  label(name: string, at: At): void {
    this.#define(name, { kind: "code", target: this.code.here, at });
    this.#bareLabel = { name, at };
  }

  instruction(row: IsaRow, operands: readonly Operand[], at: At): void {
    this.#bareLabel = undefined;
    this.code.startLine(at.line);
    select(row, operands, at, this.code, this.diagnostics);
  }

  rawWords(words: readonly number[], at: At): void {
    this.#bareLabel = undefined;
    this.code.startLine(at.line);
    this.code.emitAll(words, at);
  }

  constant(name: string, value: bigint, at: At): void {
    this.#define(name, { kind: "const", value, at });
  }

  /** The value of a constant defined before this line, for use in directives. */
  constantValue(name: string): bigint | undefined {
    const found = this.#names.get(name);
    return found?.kind === "const" ? found.value : undefined;
  }

  /** Names the data about to be appended. `length` makes NAME_len (T3). */
  dataName(name: string | undefined, length: number | undefined, at: At): void {
    if (name !== undefined) {
      this.#define(name, { kind: "data", address: this.data.cursor, length, at });
    } else if (this.#bareLabel !== undefined) {
      const text = `${this.#bareLabel.name} names the next instruction, not this data; put it on the same line`;
      this.diagnostics.report("asm.label_before_data", this.#bareLabel.at, text);
    }
    this.#bareLabel = undefined;
  }

  /** The line that defines `name` could not be read. */
  lose(name: string): void {
    if (!this.#names.has(name)) this.#lost.add(name);
  }

  /** Reports a name nobody defined. */
  unknown(name: string, at: At, message = `${name} is not defined`): void {
    const owner = name.endsWith("_len") ? name.slice(0, -4) : name;
    const excused = this.#lost.has(name) || this.#lost.has(owner);
    if (excused && this.diagnostics.errors.length > 0) return;
    this.diagnostics.report("asm.unknown_name", at, message);
  }

  public(name: string, at: At): void {
    this.#publics.push({ name, at });
  }

  export(name: string, label: string, at: At): void {
    this.#exports.push({ name, label, at });
  }

  /** Adds to the payload of a section the assembler does not write itself. */
  section(tag: string, bytes: Uint8Array, at: At): void {
    const section = this.#sections.get(tag);
    if (section === undefined) this.#sections.set(tag, { at, parts: [bytes] });
    else section.parts.push(bytes);
  }

  patch(offset: number, bytes: Uint8Array, at: At): void {
    if (offset + bytes.length > MAX_DATA_BYTES) {
      this.diagnostics.report("asm.too_large", at, "the file would pass 256 MiB");
    } else {
      this.#patches.push({ offset, bytes });
    }
  }

  /** False, and a report, if the directive has been seen before. */
  once(directive: string, at: At): boolean {
    const before = this.#once.get(directive);
    if (before === undefined) this.#once.set(directive, at);
    else {
      const text = `${directive} stands on line ${before.line} already`;
      this.diagnostics.report("asm.duplicate_directive", at, text);
    }
    return before === undefined;
  }

  #define(name: string, definition: Definition): void {
    const reserved = whyReserved(name);
    const before = this.#names.get(name);
    if (!isIdentifier(name)) {
      const text = `${quoted(name)} is not a name: expected a letter, _ . or $, then those and digits`;
      this.diagnostics.report("asm.reserved_name", definition.at, text);
    } else if (reserved !== undefined) {
      this.diagnostics.report(
        "asm.reserved_name",
        definition.at,
        `${name} ${reserved} and cannot be defined`,
      );
    } else if (before !== undefined) {
      const text = `${name} is defined on line ${before.at.line} already`;
      this.diagnostics.report("asm.duplicate_name", definition.at, text);
    } else {
      this.#names.set(name, definition);
    }
  }

  #resolve = (name: string): Resolved | undefined => {
    const found = this.#names.get(name);
    switch (found?.kind) {
      case "code":
        return found;
      case "const":
        return found;
      case "data":
        return { value: BigInt.asUintN(64, this.#memBase + BigInt(found.address)) };
      case undefined: {
        // T3. A definition of the program's own comes first.
        const owner = name.endsWith("_len") ? this.#names.get(name.slice(0, -4)) : undefined;
        if (owner?.kind !== "data" || owner.length === undefined) return undefined;
        return { value: BigInt(owner.length) };
      }
    }
  };

  /** Word index of a code label, after layout. */
  #labelWord(name: string, at: At): number | undefined {
    const found = this.#resolve(name);
    if (found === undefined) this.unknown(name, at);
    else if ("target" in found) return this.code.wordOf(found.target);
    else this.diagnostics.report("asm.not_a_label", at, `expected a label, but ${name} names no code`);
    return undefined;
  }

  finish(): AsmResult {
    const { diagnostics } = this;
    const failed = (): AsmResult => ({
      ok: false,
      diagnostics: [...diagnostics.errors, ...diagnostics.warnings].sort(
        (a, b) => a.line - b.line || a.column - b.column,
      ),
    });
    // Layout of a program known to be wrong would only repeat what has been said.
    if (diagnostics.full) return failed();
    const code = this.code.finish(this.#resolve, (name, at) => this.unknown(name, at));
    const data = this.data.finish();
    const exports = this.#exportList();
    const start: At = { line: 1, column: 1, length: 0 };
    const entry = this.options.entry === undefined ? this.entry : { label: this.options.entry, at: start };
    const entryPcWords = entry && this.#labelWord(entry.label, entry.at);
    if (code.bytes.length === 0 && diagnostics.errors.length === 0) {
      diagnostics.report("asm.no_code", start, "expected at least one instruction, found none");
    }
    if (diagnostics.errors.length > 0) return failed();

    const memory = this.options.mem ?? this.memory;
    const parts: ModuleParts = {
      code: code.bytes,
      ...(data && { data }),
      ...((this.impt || this.options.impt) && { importMask: primitiveMask(code.bytes) }),
      ...(exports.length > 0 && { exports }),
      ...(memory && { memory }),
      ...(entryPcWords !== undefined && { entryPcWords }),
      ...(this.abi && { abiId: this.abi.id, abiVersion: this.abi.version }),
    };
    const bytes = this.#write(parts);
    if (bytes === undefined) return failed();
    return {
      ok: true,
      bytes: bytes.file,
      warnings: diagnostics.warnings,
      symbols: this.#symbols(),
      parts: bytes.parts,
      lines: code.lines,
    };
  }

  #exportList(): { name: string; pcWords: number }[] {
    const list: { name: string; pcWords: number }[] = [];
    const seen = new Map<string, At>();
    const add = (name: string, label: string, at: At) => {
      const pcWords = this.#labelWord(label, at);
      const before = seen.get(name);
      if (before !== undefined) {
        const text = `the name ${quoted(name)} is exported on line ${before.line} already`;
        this.diagnostics.report("asm.duplicate_name", at, text);
      } else if (pcWords !== undefined) {
        seen.set(name, at);
        list.push({ name, pcWords });
      }
    };
    for (const { name, at } of this.#publics) {
      const found = this.#resolve(name);
      if (found !== undefined && !("target" in found)) {
        const text = `${name} names no code; only code can be exported from a module`;
        this.diagnostics.report("asm.public_data", at, text);
      } else if (this.options.expt) {
        add(name, name, at);
      } else {
        this.#labelWord(name, at);
      }
    }
    for (const { name, label, at } of this.#exports) add(name, label, at);
    return list;
  }

  /** The file with sections, layout and patches of the program's own, or `undefined` and a report. */
  #write(own: ModuleParts): { parts: ModuleParts; file: Uint8Array<ArrayBuffer> } | undefined {
    const written = new Set(["CODE"]);
    if (own.data) written.add("DATA");
    if (own.importMask !== undefined) written.add("IMPT");
    if (own.exports) written.add("EXPT");
    if (own.memory) written.add("MEM ");
    const extra = Array.from(this.#sections, ([tag, { at, parts }]) => {
      if (written.has(tag)) {
        const text = `the program has a section ${quoted(tag)} already`;
        this.diagnostics.report("asm.bad_section", at, text);
      }
      return { tag, bytes: concat(parts) };
    });
    const parts = extra.length > 0 ? { ...own, extra } : own;
    for (const { tag } of extra) written.add(tag);
    const canonical = this.diagnostics.errors.length > 0 ? undefined : writeContainer(parts);
    if (canonical === undefined) return undefined;
    const file = this.layout === undefined ? canonical : this.#layOut(parts, this.layout, canonical);
    return file && { parts, file: this.#patched(file) };
  }

  #layOut(
    parts: ModuleParts,
    layout: LayoutRequest,
    canonical: Uint8Array,
  ): Uint8Array<ArrayBuffer> | undefined {
    const bad = (text: string) => {
      this.diagnostics.report("asm.bad_layout", layout.at, text);
      return undefined;
    };
    // The directory of the canonical file knows every section and its length.
    const view = new DataView(canonical.buffer);
    const lengths = new Map<string, number>();
    const count = view.getUint32(16, true);
    for (let i = 0; i < count; i++) {
      const at = HEADER_BYTES + ENTRY_BYTES * i;
      lengths.set(tagText(view.getUint32(at, true)), view.getUint32(at + 8, true));
    }
    const { dirOffset, fileLen, sections } = layout;
    if (fileLen > MAX_DATA_BYTES) return bad("the file would pass 256 MiB");
    if (fileLen < HEADER_BYTES) return bad(`a file has at least ${HEADER_BYTES} bytes`);
    if (dirOffset + ENTRY_BYTES * count > fileLen) return bad("the directory does not fit into the file");
    for (const { tag, offset } of sections) {
      const length = lengths.get(tag);
      if (length === undefined) return bad(`there is no section ${quoted(tag)}, or it is placed twice`);
      if (offset + length > fileLen) return bad(`section ${quoted(tag)} does not fit into the file`);
      lengths.delete(tag);
    }
    const [left] = lengths.keys();
    if (left !== undefined) return bad(`section ${quoted(left)} has no place`);
    return writeContainer(parts, layout);
  }

  #patched(file: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const end = this.#patches.reduce((n, p) => Math.max(n, p.offset + p.bytes.length), file.length);
    const out = end === file.length ? file : new Uint8Array(end);
    if (out !== file) out.set(file);
    for (const { offset, bytes } of this.#patches) out.set(bytes, offset);
    return out;
  }

  #symbols(): AsmSymbol[] {
    return Array.from(this.#names, ([name, definition]) => {
      const found = this.#resolve(name);
      const value =
        found === undefined
          ? 0n
          : "value" in found
            ? found.value
            : BigInt(this.code.wordOf(found.target) * 4);
      return { name, kind: definition.kind, value, line: definition.at.line };
    });
  }
}

/** The host calls in CODE, as an IMPT mask. */
function primitiveMask(code: Uint8Array): number {
  const view = new DataView(code.buffer, code.byteOffset, code.length);
  let mask = 0;
  for (let at = 0; at + 4 <= code.length; ) {
    const word = view.getUint32(at, true);
    const bit = opcodeOf(word) - FIRST_PRIMITIVE;
    if (bit >= 0 && bit < 6) mask |= 1 << bit;
    at += 4 * lengthWords(word);
  }
  return mask;
}
