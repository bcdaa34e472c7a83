// The entry to the assembler: checks options, makes text of bytes, and picks the front end.

import { decodeUtf8 } from "../../core/bytes.ts";
import { MisuseError } from "../../core/errors.ts";
import { type At, Diagnostics } from "./diagnostics.ts";
import { readIr } from "./ir.ts";
import { readOpcodes } from "./opcodes.ts";
import { type AsmOptions, type AsmResult, Program } from "./program.ts";
import { readText } from "./text.ts";

export type { AsmOptions, AsmResult } from "./program.ts";

/** Longest source, in bytes or UTF-16 units: well below the longest string of any engine. */
export const MAX_SOURCE_LENGTH = 256 * 1024 * 1024;

/**
 * Assembles text, JSONL IR or opcode JSONL to a `.zasm.bin` module, or says what is wrong with the source.
 * Never throws about a source; throws `MisuseError` for options of the wrong type. The module is not verified.
 */
export function assemble(source: string | Uint8Array, options: AsmOptions = {}): AsmResult {
  const memBase = checkOptions(source, options);
  const diagnostics = new Diagnostics();
  const text = sourceText(source, diagnostics);
  if (text === undefined) return { ok: false, diagnostics: diagnostics.errors };
  const program = new Program(options, memBase, diagnostics);
  switch (options.format ?? detectFormat(text)) {
    case "text":
      readText(text, program);
      break;
    case "ir":
      readIr(text, program);
      break;
    case "opcodes":
      readOpcodes(text, program);
      break;
  }
  return program.finish();
}

function detectFormat(text: string): "text" | "ir" | "opcodes" {
  const first = /^[\s\ufeff]*\{/.exec(text);
  if (first === null) return "text";
  const line = /[^\r\n]*/y;
  line.lastIndex = first[0].length;
  return /"ir"\s*:\s*"zasm-opcodes-/.test(line.exec(text)?.[0] ?? "") ? "opcodes" : "ir";
}

function checkOptions(source: unknown, options: AsmOptions): bigint {
  if (typeof source !== "string" && !(source instanceof Uint8Array)) {
    throw new MisuseError("assemble: source must be a string or a Uint8Array");
  }
  const { format, memBase = 0n, mem } = options;
  if (format !== undefined && !["text", "ir", "opcodes"].includes(format)) {
    throw new MisuseError("assemble: format must be text, ir or opcodes");
  }
  const isNumber = typeof memBase === "bigint" || Number.isSafeInteger(memBase);
  const base = isNumber ? BigInt(memBase) : -1n;
  if (base < 0n || base >= 1n << 64n || base % 8n !== 0n) {
    throw new MisuseError("assemble: memBase must be a multiple of 8 below 2^64");
  }
  if (mem !== undefined && !(isU32(mem.minBytes) && isU32(mem.maxBytes))) {
    throw new MisuseError("assemble: mem must have minBytes and maxBytes, integers below 2^32");
  }
  return base;
}

const isU32 = (n: unknown): boolean =>
  typeof n === "number" && Number.isInteger(n) && n >= 0 && n <= 0xffff_ffff;

function sourceText(source: string | Uint8Array, diagnostics: Diagnostics): string | undefined {
  if (source.length > MAX_SOURCE_LENGTH) {
    const at = { line: 1, column: 1, length: 0 };
    diagnostics.report("asm.too_large", at, "the source is longer than 256 MiB");
    return undefined;
  }
  if (typeof source === "string") return source;
  const text = decodeUtf8(source);
  if (text === undefined) {
    diagnostics.report("asm.not_utf8", findBadByte(source), "expected UTF-8, found a byte that is none");
  }
  return text;
}

/** Where the first byte stands that is not UTF-8. */
function findBadByte(source: Uint8Array): At {
  // A lenient decoder puts U+FFFD where the bad bytes are; the first byte that does not survive is one of them.
  const lenient = new TextDecoder("utf-8", { ignoreBOM: true });
  const survived = new TextEncoder().encode(lenient.decode(source));
  let bad = 0;
  while (bad < source.length && source[bad] === survived[bad]) bad++;
  const before = lenient.decode(source.subarray(0, bad)).split(/\r\n|\n|\r/);
  const column = (before.at(-1)?.length ?? 0) + 1;
  return { line: before.length, column, length: 1 };
}
