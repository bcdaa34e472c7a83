// Opcode JSONL: instruction words by field, raw bytes of CODE, and DATA chunks. Nothing is verified here,
// as upstream's packer does not.

import { packWord } from "../isa/fields.ts";
import { exactInteger, type JsonRecord, readLines } from "./jsonl.ts";
import type { Program } from "./program.ts";
import { hexBytes } from "./strings.ts";

const U32_MAX = 0xffff_ffff;

export function readOpcodes(text: string, program: Program): void {
  const code = new ByteFeed(program);
  readLines(text, ["zasm-opcodes-v1"], program, (record) => {
    const kind = record.get("k");
    if (kind === "op") readOp(record, code);
    else if (kind === "bytes") readBytes(record, program, code);
    else record.bad('"k"', "op or bytes", kind);
  });
  code.finish();
}

/** Bytes of CODE to words: records are concatenated, so one may end in the middle of a word. */
class ByteFeed {
  readonly #program: Program;
  #word = 0;
  #filled = 0;
  #last: JsonRecord | undefined;

  constructor(program: Program) {
    this.#program = program;
  }

  start(record: JsonRecord): void {
    this.#last = record;
    this.#program.code.startLine(record.at.line);
  }

  word(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.byte((value >>> shift) & 255);
  }

  byte(value: number): void {
    this.#word |= value << (8 * this.#filled);
    this.#filled++;
    if (this.#filled < 4) return;
    if (this.#last !== undefined) this.#program.code.emit(this.#word, this.#last.at);
    this.#word = 0;
    this.#filled = 0;
  }

  finish(): void {
    if (this.#filled > 0) this.#last?.bad("CODE", "whole words", `${this.#filled} bytes after the last word`);
  }
}

function readOp(record: JsonRecord, code: ByteFeed): void {
  const op = record.integer("op", 0, 255);
  const [rd, rs1, rs2] = [
    record.integer("rd", 0, 15),
    record.integer("rs1", 0, 15),
    record.integer("rs2", 0, 15),
  ];
  const imm12 = record.integer("imm12", -2048, 2047);
  const ext = readExt(record);
  if (op === undefined || rd === undefined || rs1 === undefined || rs2 === undefined) return;
  if (imm12 === undefined || ext === undefined) return;
  code.start(record);
  for (const word of [packWord(op, rd, rs1, rs2, imm12), ...ext]) code.word(word);
}

function readExt(record: JsonRecord): number[] | undefined {
  const ext = record.get("ext") ?? [];
  const isList = Array.isArray(ext) && ext.length <= 2;
  if (!isList) return record.bad('"ext"', "an array of at most 2 words", ext);
  const words: number[] = [];
  for (const word of ext) {
    const value = exactInteger(word);
    if (value === undefined || value < 0n || value > BigInt(U32_MAX)) {
      return record.bad('"ext"', `words from 0 to ${U32_MAX}`, word);
    }
    words.push(Number(value));
  }
  return words;
}

function readBytes(record: JsonRecord, program: Program, code: ByteFeed): void {
  const hex = record.string("hex");
  if (hex === undefined) return;
  const bytes = hexBytes(hex);
  if (bytes === undefined) {
    record.bad('"hex"', "pairs of hexadecimal digits", hex);
    return;
  }
  const section = record.get("sec") ?? "CODE";
  if (section === "CODE") {
    code.start(record);
    for (const byte of bytes) code.byte(byte);
  } else if (section === "DATA") {
    const dst = record.integer("dst", 0, U32_MAX);
    if (dst === undefined) return;
    program.data.moveTo(dst);
    program.data.append(bytes, record.at);
  } else {
    record.bad('"sec"', "CODE or DATA", section);
  }
}
