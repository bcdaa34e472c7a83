// Why a document was refused, in words for people: what the instruction that failed asks for, and what stands there.
// Only a failure comes here, and every tier fails in the same block, so that all give the same words.

import { ERRORS, quoted } from "../../core/errors.ts";
import type { RunCode } from "../ir/codes.ts";
import { KIND_NAMES, type KindName } from "../ir/kinds.ts";
import { LIST } from "../ir/ops.ts";
import { opAt, type Program } from "../ir/program.ts";
import type { StateBlock } from "../state/block.ts";

export function reasonOf(program: Program, s: StateBlock, code: RunCode): string {
  const plain = ERRORS[code].reason;
  if (program.direction === "encode") {
    return code === "value.number_range" && program.format === "json"
      ? "JSON has no NaN and no Infinity"
      : plain;
  }
  const isJson = program.format === "json";
  const expected = expectedAt(program, s.pc);
  const found = isJson ? foundAt(s) : undefined;
  switch (code) {
    case "value.type_mismatch":
      if (expected === undefined) return found === undefined ? plain : `${plain}: ${found}`;
      return `expected ${expected}${found === undefined ? "" : `, found ${found}`}`;
    case "value.number_range": {
      const kind = leafAt(program, s.pc);
      return kind === undefined ? plain : `${plain} for ${NUMBERS[kind] ?? kind}`;
    }
    case "lexical.unexpected_byte":
      if (!isJson) return plain;
      if (s.offset === 0 && s.document[0] === 0xef) return "a byte order mark, which JSON does not have";
      if (s.document[s.offset] === 0x27) return "strings have double quotes in JSON";
      return expected === undefined ? plain : `${plain}; expected ${expected}`;
    case "structure.unknown_field":
    case "structure.unknown_variant":
    case "structure.duplicate_field": {
      const name = isJson ? nameAt(s) : undefined;
      return name === undefined ? plain : `${plain}: ${name}`;
    }
    default:
      return plain;
  }
}

const NUMBERS: { readonly [K in KindName]?: string } = {
  u53: "a safe integer from 0",
  i53: "a safe integer",
};

const LEAVES: { readonly [K in KindName]?: string } = {
  unit: "null",
  bool: "true or false",
  u53: "an integer",
  i53: "an integer",
  f32: "a number",
  f64: "a number",
  char: "a string of one character",
  str: "a string",
  bytes: "bytes",
  base64: "bytes in base64",
  hex: "bytes in hex",
  numbers: "an array of bytes",
};

/** The kind of leaf that the record at `pc` reads. */
function leafAt(program: Program, pc: number): KindName | undefined {
  const verb = opAt(program, pc)?.row.verb;
  return verb === "get" ? KIND_NAMES[(program.words[pc >> 2]! >>> 8) & 255] : undefined;
}

function expectedAt(program: Program, pc: number): string | undefined {
  const object = program.format === "json" ? "an object" : "a map";
  switch (opAt(program, pc)?.row.verb) {
    case "get": {
      const kind = leafAt(program, pc);
      if (kind === undefined) return undefined;
      return LEAVES[kind] ?? (/^[ui]\d/.test(kind) ? `an integer (${kind})` : undefined);
    }
    case "rest":
      return object;
    case "list":
      return ((program.words[pc >> 2]! >>> 8) & LIST.map) !== 0 ? object : "an array";
    case "seq":
      return "an array";
    case "obj":
      return object;
    default:
      return undefined;
  }
}

/** What stands in a JSON document where it failed. */
function foundAt(s: StateBlock): string | undefined {
  switch (String.fromCharCode(s.document[s.offset]!)) {
    case '"':
      return "a string";
    case "{":
      return "an object";
    case "[":
      return "an array";
    case "t":
    case "f":
      return "a boolean";
    case "n":
      return "null";
    default:
      return numberAt(s);
  }
}

/** Far more than tells an integer from another number. */
const MAX_DIGITS = 400;

function numberAt(s: StateBlock): string | undefined {
  const text = ascii(s, MAX_DIGITS);
  if (!/^[-0-9]/.test(text)) return undefined;
  return /^-?\d+[.eE]/.test(text) ? "a number with a fraction or exponent" : "a number";
}

/** The JSON string that starts where it failed, as far as it is shown. */
function nameAt(s: StateBlock): string | undefined {
  const [, name] = /^"((?:[^"\\]|\\.)*)/s.exec(ascii(s, 100)) ?? [];
  return name === undefined ? undefined : quoted(name);
}

/** Bytes as characters. */
const ascii = (s: StateBlock, length: number): string =>
  String.fromCharCode(...s.document.subarray(s.offset, Math.min(s.end, s.offset + length)));
