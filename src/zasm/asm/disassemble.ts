// Modules to text that assembles to the same file, byte for byte. What the assembler would not choose by itself is
// written as `.word`, `.ld32`, `.ld64` or `.segment`; what the writer would not do is written as `.layout` and
// `.patch`, found by writing the module again and comparing.

import { copyBytes, toHex } from "../../core/bytes.ts";
import { type Failure, failure, isFailure } from "../../core/errors.ts";
import { type Policy, type PolicyInput, resolvePolicy } from "../../core/policy.ts";
import {
  type Container,
  ENTRY_BYTES,
  HEADER_BYTES,
  type Section,
  TAGS,
  tagText,
} from "../container/format.ts";
import { readContainer } from "../container/read.ts";
import { type Layout, type ModuleParts, writeContainer } from "../container/write.ts";
import { decodeInsn, type Insn, imm12Of, lengthWords, opcodeOf } from "../isa/fields.ts";
import { BY_OPCODE, CONDITIONS, REGISTERS } from "../isa/table.ts";
import { type VerifiedModule, verifyModule } from "../verify/verify.ts";
import { MAX_SOURCE_LENGTH } from "./assemble.ts";
import { encodeWord, fieldsOf, loadWords } from "./encode.ts";
import { isIdentifier, primitiveName, whyReserved } from "./names.ts";
import { quoteEscaped } from "./strings.ts";

export interface DisasmOptions {
  /** What the module must satisfy. Default: any valid module is accepted. */
  readonly policy?: Policy;
  /** Longest text, in UTF-16 units. Default, and at most useful, 256 MiB: what `assemble` reads. */
  readonly maxTextLength?: number;
}

export type DisasmResult =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly failure: Failure };

/**
 * Text of a valid module; `assemble` turns it back into the same bytes. Modules that do not verify, and those whose
 * text would pass `maxTextLength`, give the failure.
 */
export function disassemble(bytes: Uint8Array, options: DisasmOptions = {}): DisasmResult {
  const file = copyBytes(bytes);
  const policy = options.policy ?? widestPolicy(file);
  const module = verifyModule(file, policy);
  if (isFailure(module)) return { ok: false, failure: module };
  const container = readContainer(file, policy);
  if (isFailure(container)) return { ok: false, failure: container };

  const out = new TextBuilder(options.maxTextLength ?? MAX_SOURCE_LENGTH);
  const names = labelNames(container, module);
  writeHeader(out, container, names);
  writeCode(out, module, names);
  writeData(out, container);
  writeSections(out, container);
  writeFileShape(out, container, file);
  const text = out.finish();
  if (text === undefined) {
    return { ok: false, failure: failure("container.too_large", {}, "the text would pass its length limit") };
  }
  return { ok: true, text };
}

/** A policy that asks nothing of a module but validity: every cap at its ceiling, and memory as MEM wants it. */
function widestPolicy(file: Uint8Array): Policy {
  const caps = { maxFileLen: 0, maxDirCount: 0, maxCodeLen: 0, maxInsnWords: 16 * 1024 * 1024 };
  const resolve = (input: PolicyInput): Policy => {
    const policy = resolvePolicy(input);
    if (isFailure(policy)) throw new RangeError(policy.reason); // impossible: the values are constants or clamped
    return policy;
  };
  const widest = 256 * 1024 * 1024;
  const policy = resolve({ ...caps, memSize: widest });
  const container = readContainer(file, policy);
  if (isFailure(container) || container.memory === undefined) return policy;
  const { maxBytes } = container.memory;
  return resolve({ ...caps, memSize: maxBytes === 0 ? widest : Math.min(maxBytes, widest) });
}

/** Text in pieces, which gives up when it becomes too long to be a source. */
class TextBuilder {
  readonly #blocks: string[] = [];
  #lines: string[] = [];
  #length = 0;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get tooLong(): boolean {
    return this.#length > this.#limit;
  }

  line(text: string): void {
    this.#length += text.length + 1;
    if (this.tooLong) return;
    this.#lines.push(text);
    if (this.#lines.length >= 4096) this.#seal();
  }

  #seal(): void {
    this.#blocks.push(`${this.#lines.join("\n")}\n`);
    this.#lines = [];
  }

  finish(): string | undefined {
    if (this.tooLong) return undefined;
    if (this.#lines.length > 0) this.#seal();
    return this.#blocks.join("");
  }
}

const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, "0");

/** The assembler's own labels look like this; an export of such a name is not used as a label. */
const generatedName = (word: number): string => `L_${hex(word * 4, 4)}`;
const LOOKS_GENERATED = /^L_[0-9A-F]+$/;

/** Labels by word index. The first is the one instructions refer to. */
function labelNames(container: Container, module: VerifiedModule): Map<number, string[]> {
  const names = new Map<number, string[]>();
  for (const { name, pcWords } of container.exports ?? []) {
    if (!isIdentifier(name) || whyReserved(name) !== undefined || LOOKS_GENERATED.test(name)) continue;
    const list = names.get(pcWords);
    if (list === undefined) names.set(pcWords, [name]);
    else list.push(name);
  }
  const need = (word: number) => {
    if (!names.has(word)) names.set(word, [generatedName(word)]);
  };
  for (const { pcWords } of container.exports ?? []) need(pcWords);
  if (container.entryPcWords !== 0) need(container.entryPcWords);
  for (const index of starts(module)) {
    const word = module.code[index] ?? 0;
    const format = BY_OPCODE[opcodeOf(word)]?.format;
    if (format === "call" || format === "jr") need(index + imm12Of(word));
  }
  return names;
}

/** Word indices of the instructions. */
function* starts({ code, codeWords }: VerifiedModule): Generator<number> {
  for (let index = 0; index < codeWords; index += lengthWords(code[index] ?? 0)) yield index;
}

const labelAt = (names: ReadonlyMap<number, readonly string[]>, word: number): string =>
  names.get(word)?.[0] ?? generatedName(word);

function writeHeader(out: TextBuilder, container: Container, names: ReadonlyMap<number, string[]>): void {
  const { entryPcWords, abiId, abiVersion, memory, exports } = container;
  const data = container.data.reduce((n, segment) => n + segment.bytes.length, 0);
  out.line(`; ${container.code.length} bytes of code, ${data} bytes of data`);
  if (abiId !== 0 || abiVersion !== 0) out.line(`.abi 0x${hex(abiId, 8)}, 0x${hex(abiVersion, 8)}`);
  if (memory !== undefined) out.line(`.mem ${memory.minBytes}, ${memory.maxBytes}`);
  if (container.imports !== undefined) out.line(".impt");
  if (entryPcWords !== 0) out.line(`.entry ${labelAt(names, entryPcWords)}`);
  for (const { name, pcWords } of exports ?? []) {
    const own = names.get(pcWords)?.includes(name) ? name : labelAt(names, pcWords);
    out.line(`.export ${quoteEscaped(name)}, ${own}`);
  }
}

function writeCode(out: TextBuilder, module: VerifiedModule, names: ReadonlyMap<number, string[]>): void {
  out.line("");
  for (const index of starts(module)) {
    if (out.tooLong) return;
    const insn = decodeInsn(module.code, index);
    for (const name of names.get(index) ?? []) out.line(`${name}:`);
    out.line(`  ${codeLine(insn, names).padEnd(28)} ; ${hex(insn.pc, 4)}`);
  }
}

/** The statement for one instruction; `.word` if the assembler would encode its text in another way. */
function codeLine(insn: Insn, names: ReadonlyMap<number, string[]>): string {
  const { row, words } = insn;
  const text = statement(insn, names);
  if (row.format === "ld") {
    const shortest = loadWords(insn.rd, insn.value ?? 0n, "shortest");
    if (shortest?.length === words.length) return text;
    return text.replace("LD", words.length === 2 ? ".ld32" : ".ld64");
  }
  const [word] = words as [number];
  return encodeWord(row, fieldsOf(row, word)) === word ? text : `.word 0x${hex(word, 8)} ; ${text}`;
}

/** Names that upstream's text has are preferred: LD for MOV, CP for CPI. `names` are labels by word index. */
export function statement(insn: Insn, names: ReadonlyMap<number, readonly string[]>): string {
  const { row } = insn;
  const { a, b, c, imm } = fieldsOf(row, insn.words[0] ?? 0);
  const reg = (i: number): string => `${REGISTERS[i]}`;
  const mem = `(${reg(b)}${imm === 0 ? "" : imm < 0 ? imm : `+${imm}`})`;
  const target = labelAt(names, (insn.target ?? 0) / 4);
  switch (row.format) {
    case "none":
      return row.mnemonic;
    case "prim":
      return `CALL ${primitiveName(row)}`;
    case "call":
      return `CALL ${target}`;
    case "jr":
      return a === 0 ? `JR ${target}` : `JR ${CONDITIONS[a]}, ${target}`;
    case "drop":
    case "step":
    case "bits":
      return `${row.mnemonic} ${reg(a)}`;
    case "cp":
      return `CP ${reg(a)}, ${reg(b)}`;
    case "cpi":
      return `CP ${reg(a)}, ${imm}`;
    case "mov":
      return `LD ${reg(a)}, ${reg(b)}`;
    case "rrr":
      return `${row.mnemonic} ${reg(a)}, ${a === b ? "" : `${reg(b)}, `}${reg(c)}`;
    case "shift":
      return `${row.mnemonic} ${reg(a)}, ${a === b ? "" : `${reg(b)}, `}${imm}`;
    case "ld":
      return `LD ${reg(a)}, ${number64(insn.value ?? 0n)}`;
    case "load":
      return `${row.mnemonic} ${reg(a)}, ${mem}`;
    case "store":
      return `${row.mnemonic} ${mem}, ${reg(a)}`;
  }
}

/** Small and negative numbers in decimal, patterns and addresses in hexadecimal. */
const number64 = (value: bigint): string =>
  value < 0x10000n ? `${value}` : `0x${value.toString(16).toUpperCase()}`;

function writeData(out: TextBuilder, container: Container): void {
  if (container.data.length > 0) out.line("");
  for (const { dst, bytes } of container.data) {
    out.line(`.segment ${dst}`);
    writeBytes(out, dst, bytes);
  }
}

/** Shortest run of zeros that is worth a RESB, and most bytes on a DB line. */
const ZERO_RUN = 16;
const DB_BYTES = 32;

function writeBytes(out: TextBuilder, dst: number, bytes: Uint8Array): void {
  const zerosFrom = (at: number): number => {
    let end = at;
    while (bytes[end] === 0) end++;
    return end - at;
  };
  for (let at = 0; at < bytes.length && !out.tooLong; ) {
    const address = `; ${hex(dst + at, 4)}`;
    const zeros = zerosFrom(at);
    if (zeros >= ZERO_RUN) {
      out.line(`  ${`RESB ${zeros}`.padEnd(28)} ${address}`);
      at += zeros;
      continue;
    }
    // A line ends after DB_BYTES, after a newline, and where a run of zeros starts.
    let end = at + Math.max(zeros, 1);
    while (end < bytes.length && end - at < DB_BYTES && bytes[end - 1] !== 10) {
      if (bytes[end] === 0 && zerosFrom(end) >= ZERO_RUN) break;
      end++;
    }
    out.line(`  ${`DB ${byteList(bytes.subarray(at, end))}`.padEnd(28)} ${address}`);
    at = end;
  }
}

/** Bytes that mean themselves between quotes, whatever way escapes are read. */
const isPlain = (byte: number): boolean => byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;

/** Runs of at least four plain characters as strings, the rest as numbers. */
function byteList(bytes: Uint8Array): string {
  const items: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    let end = at;
    while (end < bytes.length && isPlain(bytes[end] ?? 0)) end++;
    if (end - at >= 4) {
      items.push(`"${String.fromCharCode(...bytes.subarray(at, end))}"`);
      at = end;
    } else {
      items.push(`${bytes[at]}`);
      at++;
    }
  }
  return items.join(", ");
}

const HEX_BYTES = 32;

function* hexLines(bytes: Uint8Array): Generator<{ at: number; text: string }> {
  for (let at = 0; at < bytes.length; at += HEX_BYTES) {
    yield { at, text: `"${toHex(bytes.subarray(at, at + HEX_BYTES))}"` };
  }
}

const KNOWN: ReadonlySet<number> = new Set(Object.values(TAGS));

/** Four plain characters in quotes, else the number. */
function tagArgument(tag: number): string {
  const text = tagText(tag);
  return [...text].every((ch) => isPlain(ch.charCodeAt(0))) ? `"${text}"` : `0x${hex(tag, 8)}`;
}

/** Sections written as bytes: those the engine does not read, and lists without entries, which no directive makes. */
function rawSections(container: Container): readonly Section[] {
  const { data, exports } = container;
  return container.sections.filter(
    ({ tag }) =>
      !KNOWN.has(tag) ||
      (tag === TAGS.DATA && data.length === 0) ||
      (tag === TAGS.EXPT && exports?.length === 0),
  );
}

const payloadOf = (container: Container, section: Section): Uint8Array =>
  container.file.subarray(section.offset, section.offset + section.length);

function writeSections(out: TextBuilder, container: Container): void {
  for (const section of rawSections(container)) {
    const tag = tagArgument(section.tag);
    out.line("");
    if (section.length === 0) out.line(`.section ${tag}, ""`);
    for (const { text } of hexLines(payloadOf(container, section))) {
      if (out.tooLong) return;
      out.line(`.section ${tag}, ${text}`);
    }
  }
}

/** `.layout` if the writer would place the sections elsewhere, and `.patch` for what stands between and after them. */
function writeFileShape(out: TextBuilder, container: Container, file: Uint8Array): void {
  if (out.tooLong) return;
  const parts = partsOf(container);
  let written = writeContainer(parts);
  if (!equal(written, container.file)) {
    const layout: Layout = {
      dirOffset: container.dirOffset,
      fileLen: container.file.length,
      sections: container.sections.map(({ tag, offset }) => ({ tag: tagText(tag), offset })),
    };
    const places = container.sections.map(({ tag, offset }) => `, ${tagArgument(tag)}, ${offset}`);
    out.line("");
    out.line(`.layout ${layout.dirOffset}, ${layout.fileLen}${places.join("")}`);
    written = writeContainer(parts, layout);
  }
  for (const gap of gaps(container, file.length)) {
    for (const { start, end } of differences(written, file, gap)) {
      for (const { at, text } of hexLines(file.subarray(start, end))) {
        if (out.tooLong) return;
        out.line(`.patch ${start + at}, ${text}`);
      }
    }
  }
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** The bytes that belong to nothing; the others come out of the parts and the layout. */
function gaps({ dirOffset, sections }: Container, fileLength: number): Span[] {
  const taken: Span[] = sections.map((s) => ({ start: s.offset, end: s.offset + s.length }));
  taken.push({ start: dirOffset, end: dirOffset + ENTRY_BYTES * sections.length });
  taken.sort((a, b) => a.start - b.start);
  const found: Span[] = [];
  let at = HEADER_BYTES;
  for (const { start, end } of [...taken, { start: fileLength, end: fileLength }]) {
    if (start > at) found.push({ start: at, end: start });
    at = Math.max(at, end);
  }
  return found;
}

/** The parts `assemble` will have. */
function partsOf(container: Container): ModuleParts {
  const { code, data, imports, exports, memory, entryPcWords, abiId, abiVersion } = container;
  return {
    code,
    ...(data.length > 0 && { data }),
    ...(imports && { importMask: imports.mask }),
    ...(exports && exports.length > 0 && { exports }),
    ...(memory && { memory }),
    entryPcWords,
    abiId,
    abiVersion,
    extra: rawSections(container).map((s) => ({ tag: tagText(s.tag), bytes: payloadOf(container, s) })),
  };
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Equal bytes between two differences that are not worth a line of their own. */
const JOIN_GAP = 8;

/** Stretches within `span` that `written` lacks or has otherwise. */
function differences(written: Uint8Array, wanted: Uint8Array, span: Span): Span[] {
  const found: { start: number; end: number }[] = [];
  for (let i = span.start; i < span.end; i++) {
    if (written[i] === wanted[i]) continue;
    const last = found.at(-1);
    if (last !== undefined && i - last.end <= JOIN_GAP) last.end = i + 1;
    else found.push({ start: i, end: i + 1 });
  }
  return found;
}
