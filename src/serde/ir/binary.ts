// A program as bytes, and back. One program has one form: what a reader takes, the writer writes again byte for byte.
// Reading checks the form alone; what comes from it may run only after `verifyProgram`.
//
//   "SNTP" | abi u16 | family u8 | direction u8 (0 decode, 1 encode)
//   mode, root cells, root flags (bit 0: cleared before a run)
//   procedures: count, then entry / 16 and cells of each
//   code: records, then their 16 bytes each;  data: bytes, then tables and constant bytes, 4-byte aligned
//   texts: count, then length and printable ASCII of each, in the order of their first use below, the empty one first
//   paths: text of each record;  field paths: count, then for each table its offset / 4, fields, text of each field
// Numbers are varints of at most 5 bytes, shortest form. Lengths are compared with the bytes left before use.

import { CodecError } from "./failure.ts";
import { FAMILIES, type FormatName, RECORD_BYTES } from "./ops.ts";
import type { ProgramParts } from "./program.ts";

/** Changes whenever the same bytes would mean something else. */
export const PROGRAM_ABI = 1;
export const PROGRAM_MAGIC = [0x53, 0x4e, 0x54, 0x50];
/** As large as the compiler makes them. */
const MAX_BYTES = 1 << 27;

export function encodeProgram(program: ProgramParts): Uint8Array<ArrayBuffer> {
  const out = new Writer();
  out.bytes(Uint8Array.from(PROGRAM_MAGIC));
  const direction = program.direction === "decode" ? 0 : 1;
  out.bytes(Uint8Array.of(PROGRAM_ABI, 0, FAMILIES.indexOf(program.format), direction));
  out.varint(program.mode);
  out.varint(program.rootCells);
  out.varint(program.rootZero ? 1 : 0);
  out.varint(program.procedures.length);
  for (const { entry, cells } of program.procedures) {
    out.varint(entry / RECORD_BYTES);
    out.varint(cells);
  }
  const { codeBytes, bytes } = program;
  out.varint(codeBytes / RECORD_BYTES);
  out.bytes(bytes.subarray(0, codeBytes));
  out.varint(bytes.length - codeBytes);
  out.bytes(bytes.subarray(codeBytes));
  const texts = new Map<string, number>([["", 0]]);
  const textOf = (text: string) => {
    const index = texts.get(text) ?? texts.size;
    texts.set(text, index);
    return index;
  };
  const paths = program.paths.map(textOf);
  const fieldPaths = [...program.fieldPaths]
    .sort(([a], [b]) => a - b)
    .map(([at, fields]) => [at / 4, fields.length, ...fields.map(textOf)]);
  out.varint(texts.size);
  for (const text of texts.keys()) {
    out.varint(text.length);
    out.bytes(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  }
  for (const index of paths) out.varint(index);
  out.varint(fieldPaths.length);
  for (const row of fieldPaths) for (const number of row) out.varint(number);
  return out.done();
}

/** Throws `CodecError` with the offset of the byte that cannot be. */
export function decodeProgram(bytes: Uint8Array): ProgramParts {
  if (bytes.length > MAX_BYTES) throw refused("load.too_large", MAX_BYTES);
  const input = new Reader(Uint8Array.from(bytes));
  for (const byte of PROGRAM_MAGIC) if (input.byte() !== byte) throw refused("load.bad_magic", input.at - 1);
  if (input.byte() !== PROGRAM_ABI || input.byte() !== 0) throw refused("load.abi_mismatch", 4);
  const family = FAMILIES[input.byte()];
  if (family === undefined || family === "neutral") throw input.malformed(6);
  const direction = input.below(2) === 0 ? "decode" : "encode";
  const mode = input.varint();
  const rootCells = input.varint();
  const rootZero = input.below(2) === 1;
  const procedures = Array.from({ length: input.count(2) }, () => {
    const entry = input.varint() * RECORD_BYTES;
    return { entry, cells: input.varint() };
  });
  const records = input.count(RECORD_BYTES);
  const code = input.bytes(records * RECORD_BYTES);
  const data = input.bytes(input.count(1));
  if (data.length % 4 !== 0) throw input.malformed();
  const buffer = new Uint8Array(code.length + data.length);
  buffer.set(code);
  buffer.set(data, code.length);
  const texts = new Texts(input);
  const paths = Array.from({ length: records }, () => texts.next());
  const fieldPaths = readFieldPaths(input, texts);
  texts.end();
  if (input.at < input.length) throw input.malformed();
  return {
    format: family as FormatName,
    direction,
    mode,
    words: new Int32Array(buffer.buffer),
    bytes: buffer,
    codeBytes: code.length,
    procedures,
    rootCells,
    rootZero,
    paths,
    fieldPaths,
  };
}

function readFieldPaths(input: Reader, texts: Texts): ReadonlyMap<number, readonly string[]> {
  const rows = new Map<number, readonly string[]>();
  let before = -1;
  for (let count = input.count(2); count > 0; count--) {
    const at = input.varint() * 4;
    if (at <= before) throw refused("load.not_canonical", input.at);
    before = at;
    rows.set(
      at,
      Array.from({ length: input.count(1) }, () => texts.next()),
    );
  }
  return rows;
}

const refused = (
  code: "load.bad_magic" | "load.abi_mismatch" | "load.too_large" | LoadCode,
  offset: number,
) => CodecError.at(code, { offset });
type LoadCode = "load.malformed" | "load.not_canonical";

/** The texts of paths; each must be new when it is first used, and used. */
class Texts {
  readonly #input: Reader;
  readonly #texts: readonly string[];
  #used = 1;

  constructor(input: Reader) {
    this.#input = input;
    const seen = new Set<string>();
    this.#texts = Array.from({ length: input.count(1) }, (_, i) => {
      const text = input.ascii(input.count(1));
      if (seen.has(text) || (i === 0) !== (text === "")) throw refused("load.not_canonical", input.at);
      seen.add(text);
      return text;
    });
    if (this.#texts.length === 0) throw refused("load.not_canonical", input.at);
  }

  next(): string {
    const index = this.#input.below(this.#texts.length);
    if (index > this.#used) throw refused("load.not_canonical", this.#input.at);
    if (index === this.#used) this.#used++;
    return this.#texts[index]!;
  }

  end(): void {
    if (this.#used < this.#texts.length) throw refused("load.not_canonical", this.#input.at);
  }
}

class Reader {
  at = 0;
  readonly #bytes: Uint8Array<ArrayBuffer>;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
  }

  get length(): number {
    return this.#bytes.length;
  }

  malformed(at = this.at): CodecError {
    return refused("load.malformed", at);
  }

  byte(): number {
    if (this.at >= this.#bytes.length) throw this.malformed();
    return this.#bytes[this.at++]!;
  }

  varint(): number {
    const start = this.at;
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (value > 0x7fff_ffff || scale > 2 ** 28) throw this.malformed(start);
      if (byte >= 0x80) continue;
      if (byte === 0 && scale > 1) throw refused("load.not_canonical", start);
      return value;
    }
  }

  below(limit: number): number {
    const start = this.at;
    const value = this.varint();
    if (value >= limit) throw this.malformed(start);
    return value;
  }

  /** How many things of at least `size` bytes follow. */
  count(size: number): number {
    const start = this.at;
    const value = this.varint();
    if (value * size > this.#bytes.length - this.at) throw this.malformed(start);
    return value;
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    const start = this.at;
    this.at += length;
    return this.#bytes.subarray(start, this.at);
  }

  ascii(length: number): string {
    let text = "";
    for (let i = 0; i < length; i++) {
      const byte = this.byte();
      if (byte < 0x20 || byte > 0x7e) throw this.malformed(this.at - 1);
      text += String.fromCharCode(byte);
    }
    return text;
  }
}

class Writer {
  #bytes = new Uint8Array(1024);
  #length = 0;

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  varint(value: number): void {
    this.#reserve(5);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  done(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(count: number): void {
    const need = this.#length + count;
    if (need <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(need, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
