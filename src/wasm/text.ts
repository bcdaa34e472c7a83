// WebAssembly binary to text: the subset our encoder writes, as flat wat that other tools read back. It knows the
// binary format and nothing of what the code means. Total: whatever the bytes, it gives text or says where it stopped.

import { OP, OP_FC, VALTYPE } from "./ops.ts";

/** One instruction. Text is in wat's flat form. */
export interface WasmLine {
  /** Byte offset in the module. */
  readonly offset: number;
  /** Labels open around it. */
  readonly depth: number;
  readonly text: string;
}

export interface WasmFunction {
  /** In the index space that `call` uses, imports first. */
  readonly index: number;
  readonly exports: readonly string[];
  /** `(param i32 i32) (result i32)`, or empty. */
  readonly signature: string;
  /** `(local i64 i64)`, or empty. */
  readonly locals: string;
  /** Byte offset in the module of the body's size field, and of the first byte after the body. */
  readonly start: number;
  readonly end: number;
  readonly lines: readonly WasmLine[];
}

export interface WasmText {
  /** Fields of the module before the functions, one line each. */
  readonly fields: readonly string[];
  readonly functions: readonly WasmFunction[];
}

export interface WasmTextFailure {
  /** Byte offset in the module. */
  readonly offset: number;
  readonly expected: string;
}

export const isWasmTextFailure = (read: WasmText | WasmTextFailure): read is WasmTextFailure =>
  Object.hasOwn(read, "expected");

export interface ReadWasmOptions {
  /** `skip` leaves bodies unread and their lines empty. Default `read`. */
  readonly bodies?: "read" | "skip";
}

/** Reads a module. Stops at the first byte that is outside the subset or the format; the code is not validated. */
export function readWasm(bytes: Uint8Array, options: ReadWasmOptions = {}): WasmText | WasmTextFailure {
  const reader = new Reader(bytes);
  try {
    return readModule(reader, options);
  } catch (thrown) {
    if (thrown instanceof Stop) return { offset: thrown.offset, expected: thrown.message };
    throw thrown;
  }
}

export interface WatOptions {
  /** Each instruction's byte offset in a comment behind it. */
  readonly offsets?: boolean;
  /** A comment of one line in front of an instruction. */
  readonly note?: (line: WasmLine) => string | undefined;
}

/** The whole module as one text. */
export function watOf(text: WasmText, options: WatOptions = {}): string {
  const out = ["(module", ...text.fields.map((field) => `  ${field}`)];
  for (const fn of text.functions) {
    const head = [`(func (;${fn.index};)`, ...fn.exports.map(exportOf), fn.signature].filter((s) => s !== "");
    out.push(`  ${head.join(" ")}`);
    if (fn.locals !== "") out.push(`    ${fn.locals}`);
    for (const instruction of fn.lines) {
      const { offset, depth, text } = instruction;
      const indent = `    ${"  ".repeat(Math.min(depth, MAX_INDENT))}`;
      const note = options.note?.(instruction);
      if (note !== undefined) out.push(`${indent};; ${note}`);
      const line = `${indent}${text}`;
      out.push(options.offsets ? `${line.padEnd(48)} ;; ${offset.toString(16).padStart(4, "0")}` : line);
    }
    out.push("  )");
  }
  out.push(")");
  return `${out.join("\n")}\n`;
}

/** Deeper labels are not indented further: hostile nesting must not make the text quadratic. */
const MAX_INDENT = 40;

const exportOf = (name: string): string => `(export ${quoteName(name)})`;

/** A name as a wat string: printable ASCII as it is, every other byte of its UTF-8 as \xx. */
function quoteName(name: string): string {
  const plain = (byte: number) => byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
  const bytes = new TextEncoder().encode(name);
  const parts = Array.from(bytes, (byte) =>
    plain(byte) ? String.fromCharCode(byte) : `\\${byte.toString(16).padStart(2, "0")}`,
  );
  return `"${parts.join("")}"`;
}

class Stop extends Error {
  readonly offset: number;
  constructor(offset: number, expected: string) {
    super(expected);
    this.offset = offset;
  }
}

/** A cursor that never reads past `end`. */
class Reader {
  readonly bytes: Uint8Array;
  at = 0;
  end: number;
  /** A few bytes can claim any number of locals; all functions together may have this many. */
  localsLeft = 1_000_000;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.end = bytes.length;
  }

  byte(expected: string): number {
    if (this.at >= this.end) throw new Stop(this.at, expected);
    return this.bytes[this.at++]!;
  }

  u32(expected: string): number {
    const start = this.at;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte(expected);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (value > 0xffff_ffff) break;
        return value;
      }
    }
    throw new Stop(start, expected);
  }

  /** Signed LEB128 of `bits` bits. */
  signed(bits: 32 | 64, expected: string): bigint {
    const start = this.at;
    let value = 0n;
    for (let shift = 0; shift < bits; shift += 7) {
      const byte = this.byte(expected);
      value |= BigInt(byte & 0x7f) << BigInt(shift);
      if (byte < 0x80) {
        const result = BigInt.asIntN(shift + 7, value);
        if (BigInt.asIntN(bits, result) !== result) break;
        return result;
      }
    }
    throw new Stop(start, expected);
  }

  name(): string {
    const length = this.u32("a name");
    const start = this.at;
    if (length > this.end - start) throw new Stop(start, "a name");
    this.at += length;
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
        this.bytes.subarray(start, this.at),
      );
    } catch {
      throw new Stop(start, "a name in UTF-8");
    }
  }

  /** `read` as often as the count in front says. */
  list<T>(read: () => T): T[] {
    const count = this.u32("a count");
    if (count > this.end - this.at) throw new Stop(this.at, "a count that fits"); // each entry takes a byte
    return Array.from({ length: count }, read);
  }
}

const TYPE_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(VALTYPE).flatMap(([name, byte]) => (name === "empty" ? [] : [[byte, name]])),
);

/** `i32_load8_s` in our table is `i32.load8_s` in text; `br_if` stays. */
const dotted = (name: string): string => name.replace(/^(i32|i64|f64|local|global|memory)_/, "$1.");

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(OP).map(([name, byte]) => [byte, dotted(name)]),
);
const NAMES_FC: ReadonlyMap<number, string> = new Map(
  Object.entries(OP_FC).map(([name, byte]) => [byte, dotted(name)]),
);

const SECTIONS = ["custom", "type", "import", "function", "table", "memory", "global", "export"] as const;
const CODE_SECTION = 10;

interface Signature {
  readonly params: readonly string[];
  readonly results: readonly string[];
}

/** What the sections before the code said. */
interface Declared {
  readonly types: Signature[];
  readonly fields: string[];
  /** Type index of every function, imports first. */
  readonly functions: number[];
  imported: number;
  readonly exports: Map<number, string[]>;
}

function readModule(reader: Reader, options: ReadWasmOptions): WasmText {
  for (const byte of [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) {
    const at = reader.at;
    if (reader.byte("the header of a wasm module") !== byte)
      throw new Stop(at, "the header of a wasm module");
  }
  const declared: Declared = { types: [], fields: [], functions: [], imported: 0, exports: new Map() };
  let functions: WasmFunction[] | undefined;
  const { end } = reader;
  for (let last = 0; reader.at < end; ) {
    const at = reader.at;
    const id = reader.byte("a section");
    const length = reader.u32("a section length");
    if (length > end - reader.at) throw new Stop(at, "a section inside the module");
    if (id <= last) throw new Stop(at, "sections in order");
    last = id;
    reader.end = reader.at + length;
    if (id === CODE_SECTION) {
      const count = reader.u32("a count");
      functions = readBodies(reader, declared, count, options);
    } else readSection(reader, declared, id, at);
    if (reader.at !== reader.end) throw new Stop(reader.at, "the end of the section");
    reader.end = end;
  }
  if (functions === undefined && declared.functions.length > declared.imported) {
    throw new Stop(end, "a code section");
  }
  const types = declared.types.map((type, i) => `(type (;${i};) (func${spaced(signatureText(type))}))`);
  return { fields: [...types, ...declared.fields], functions: functions ?? [] };
}

function readSection(reader: Reader, declared: Declared, id: number, at: number): void {
  const { types, fields, functions, exports } = declared;
  switch (SECTIONS[id]) {
    case "type":
      reader.list(() => types.push(readType(reader)));
      break;
    case "import":
      reader.list(() => fields.push(readImport(reader, declared)));
      break;
    case "function":
      reader.list(() => functions.push(typeIndex(reader, declared)));
      break;
    case "memory":
      reader.list(() => fields.push(`(memory ${readLimits(reader)})`));
      break;
    case "global": {
      let index = 0;
      reader.list(() => fields.push(readGlobal(reader, index++)));
      break;
    }
    case "export":
      reader.list(() => {
        const name = reader.name();
        const kindAt = reader.at;
        if (reader.byte("an exported function") !== 0) throw new Stop(kindAt, "an exported function");
        const index = functionIndex(reader, declared);
        const names = exports.get(index);
        if (names === undefined) exports.set(index, [name]);
        else names.push(name);
        // Functions with a body say it themselves.
        if (index < declared.imported) fields.push(`(export ${quoteName(name)} (func ${index}))`);
      });
      break;
    default:
      throw new Stop(at, "a section of the subset");
  }
}

function valueType(reader: Reader): string {
  const at = reader.at;
  const name = TYPE_NAMES.get(reader.byte("a value type"));
  if (name === undefined) throw new Stop(at, "a value type");
  return name;
}

function readType(reader: Reader): Signature {
  const at = reader.at;
  if (reader.byte("a function type") !== 0x60) throw new Stop(at, "a function type");
  return { params: reader.list(() => valueType(reader)), results: reader.list(() => valueType(reader)) };
}

function typeIndex(reader: Reader, { types }: Declared): number {
  const at = reader.at;
  const index = reader.u32("a type index");
  if (index >= types.length) throw new Stop(at, "a type index");
  return index;
}

function functionIndex(reader: Reader, { functions }: Declared): number {
  const at = reader.at;
  const index = reader.u32("a function index");
  if (index >= functions.length) throw new Stop(at, "a function index");
  return index;
}

function readImport(reader: Reader, declared: Declared): string {
  const from = `${quoteName(reader.name())} ${quoteName(reader.name())}`;
  const at = reader.at;
  const kind = reader.byte("an import");
  if (kind === 0) {
    const type = typeIndex(reader, declared);
    declared.functions.push(type);
    return `(import ${from} (func (;${declared.imported++};) (type ${type})))`;
  }
  if (kind !== 2) throw new Stop(at, "an imported function or memory");
  return `(import ${from} (memory ${readLimits(reader)}))`;
}

function readLimits(reader: Reader): string {
  const at = reader.at;
  const flags = reader.byte("memory limits");
  if (flags > 1) throw new Stop(at, "plain memory limits");
  const min = reader.u32("memory limits");
  return flags === 0 ? `${min}` : `${min} ${reader.u32("memory limits")}`;
}

function readGlobal(reader: Reader, index: number): string {
  const type = valueType(reader);
  const at = reader.at;
  const mutable = reader.byte("mutability");
  const opcode = reader.byte("a constant");
  const isConst = opcode === OP.i32_const || opcode === OP.i64_const;
  if (mutable > 1 || !isConst) throw new Stop(at, "a global with a constant");
  const value = reader.signed(opcode === OP.i32_const ? 32 : 64, "a constant");
  const endAt = reader.at;
  if (reader.byte("the end of a constant") !== OP.end) throw new Stop(endAt, "the end of a constant");
  return `(global (;${index};) ${mutable ? `(mut ${type})` : type} (${NAMES.get(opcode)} ${value}))`;
}

const spaced = (text: string): string => (text === "" ? "" : ` ${text}`);
const group = (keyword: string, types: readonly string[]): string =>
  types.length === 0 ? "" : `(${keyword} ${types.join(" ")})`;
const signatureText = ({ params, results }: Signature): string =>
  [group("param", params), group("result", results)].filter((part) => part !== "").join(" ");

function readBodies(
  reader: Reader,
  declared: Declared,
  count: number,
  { bodies }: ReadWasmOptions,
): WasmFunction[] {
  if (count !== declared.functions.length - declared.imported) {
    throw new Stop(reader.at, "a body for every declared function");
  }
  const { end } = reader;
  return Array.from({ length: count }, (_, i) => {
    const start = reader.at;
    const length = reader.u32("a body length");
    if (length > end - reader.at) throw new Stop(start, "a body inside the section");
    reader.end = reader.at + length;
    const index = declared.imported + i;
    const locals = readLocals(reader);
    const lines = bodies === "skip" ? [] : readCode(reader);
    if (bodies === "skip") reader.at = reader.end;
    if (reader.at !== reader.end) throw new Stop(reader.at, "the end of the body");
    reader.end = end;
    const type = declared.functions[index]!;
    return {
      index,
      exports: declared.exports.get(index) ?? [],
      signature: `(type ${type})${spaced(signatureText(declared.types[type]!))}`,
      locals: group("local", locals),
      start,
      end: reader.at,
      lines,
    };
  });
}

function readLocals(reader: Reader): string[] {
  const locals: string[] = [];
  reader.list(() => {
    const at = reader.at;
    const count = reader.u32("a count of locals");
    const type = valueType(reader);
    if (count > reader.localsLeft) throw new Stop(at, "fewer locals");
    reader.localsLeft -= count;
    for (let i = 0; i < count; i++) locals.push(type);
  });
  return locals;
}

/** Up to and without the `end` that closes the body. */
function readCode(reader: Reader): WasmLine[] {
  const lines: WasmLine[] = [];
  for (let depth = 0; ; ) {
    const offset = reader.at;
    const opcode = reader.byte("an instruction");
    if (opcode === OP.end && depth === 0) return lines;
    if (opcode === OP.end || opcode === OP.else) {
      if (depth === 0) throw new Stop(offset, "a label to close");
      lines.push({ offset, depth: depth - 1, text: NAMES.get(opcode)! });
      if (opcode === OP.end) depth--;
      continue;
    }
    lines.push({ offset, depth, text: readInstruction(reader, opcode, offset) });
    if (opcode === OP.block || opcode === OP.loop || opcode === OP.if) depth++;
  }
}

function readInstruction(reader: Reader, opcode: number, offset: number): string {
  if (opcode === 0xfc) return readBulk(reader, offset);
  const name = NAMES.get(opcode);
  if (name === undefined) throw new Stop(offset, "an instruction of the subset");
  if (opcode >= OP.i32_load && opcode <= OP.i64_store32) return name + memoryArgument(reader);
  switch (opcode) {
    case OP.block:
    case OP.loop:
    case OP.if:
      return name + blockType(reader);
    case OP.br:
    case OP.br_if:
    case OP.call:
    case OP.local_get:
    case OP.local_set:
    case OP.local_tee:
    case OP.global_get:
    case OP.global_set:
      return `${name} ${reader.u32("an index")}`;
    case OP.br_table: {
      const labels = reader.list(() => reader.u32("a label"));
      return `${name} ${[...labels, reader.u32("a label")].join(" ")}`;
    }
    case OP.i32_const:
      return `${name} ${reader.signed(32, "a constant")}`;
    case OP.i64_const:
      return `${name} ${reader.signed(64, "a constant")}`;
    default:
      return name;
  }
}

function readBulk(reader: Reader, offset: number): string {
  const code = reader.u32("an instruction");
  const name = NAMES_FC.get(code);
  if (name === undefined) throw new Stop(offset, "an instruction of the subset");
  for (let i = code === OP_FC.memory_copy ? 2 : 1; i > 0; i--) {
    const at = reader.at;
    if (reader.byte("memory 0") !== 0) throw new Stop(at, "memory 0");
  }
  return name;
}

function blockType(reader: Reader): string {
  if (reader.bytes[reader.at] === VALTYPE.empty && reader.at < reader.end) {
    reader.at++;
    return "";
  }
  return ` (result ${valueType(reader)})`;
}

/** Alignment is stored as a power of two. Text always names it: what is natural is the reader's to know. */
function memoryArgument(reader: Reader): string {
  const at = reader.at;
  const align = reader.u32("an alignment");
  if (align > 4) throw new Stop(at, "an alignment");
  const offset = reader.u32("an offset");
  return `${offset === 0 ? "" : ` offset=${offset}`} align=${2 ** align}`;
}
