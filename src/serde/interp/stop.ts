// How a handler ends: with the offset of the next record, or with a negative number and the block as it was before.
// Functions that read answer with the position they came to in the same way.

import { codeNumber } from "../ir/codes.ts";
import type { StateBlock } from "../state/block.ts";

/** The document ends inside what this instruction reads, and more may come. */
export const NEED = -1;
/** `code`, `offset` and `detail` of the block say what is wrong. */
const FAIL = -2;
export const DONE = -3;

/** What handlers run: the words of a program, and the same memory as bytes. */
export interface Code {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
}
/** Runs the record at `pc`. */
export type Handler = (s: StateBlock, code: Code, pc: number) => number;

/** Numbers of the failure codes, by name without the class. */
export const CODE = {
  eof: codeNumber("lexical.eof"),
  unexpectedByte: codeNumber("lexical.unexpected_byte"),
  badMarker: codeNumber("lexical.bad_marker"),
  malformedString: codeNumber("lexical.malformed_string"),
  malformedNumber: codeNumber("lexical.malformed_number"),
  malformedLiteral: codeNumber("lexical.malformed_literal"),
  malformedBytes: codeNumber("lexical.malformed_bytes"),
  invalidUtf8: codeNumber("lexical.invalid_utf8"),
  invalidUnicode: codeNumber("lexical.invalid_unicode"),
  varintOverflow: codeNumber("lexical.varint_overflow"),
  notShortest: codeNumber("lexical.not_shortest"),
  expectedCommaOrEnd: codeNumber("lexical.expected_comma_or_end"),
  expectedKey: codeNumber("lexical.expected_key"),
  expectedColon: codeNumber("lexical.expected_colon"),
  trailingBytes: codeNumber("lexical.trailing_bytes"),
  typeMismatch: codeNumber("value.type_mismatch"),
  numberRange: codeNumber("value.number_range"),
  lengthMismatch: codeNumber("value.length_mismatch"),
  badKey: codeNumber("value.bad_key"),
  invalidBool: codeNumber("value.invalid_bool"),
  invalidOption: codeNumber("value.invalid_option"),
  duplicateField: codeNumber("structure.duplicate_field"),
  duplicateKey: codeNumber("structure.duplicate_key"),
  unknownVariant: codeNumber("structure.unknown_variant"),
  missingTag: codeNumber("structure.missing_tag"),
  noMatch: codeNumber("structure.no_match"),
  ambiguous: codeNumber("structure.ambiguous"),
  depthLimit: codeNumber("resource.depth_limit"),
  memoryLimit: codeNumber("resource.memory_limit"),
  outputLimit: codeNumber("resource.output_limit"),
  digitLimit: codeNumber("resource.digit_limit"),
  elementLimit: codeNumber("resource.element_limit"),
} as const;

/** `detail` is the index of a field in the key table of the failing record, or -1. */
export function fail(s: StateBlock, code: number, offset: number, detail = -1): number {
  s.code = code;
  s.offset = offset;
  s.detail = detail;
  return FAIL;
}

/** The document ends here. */
export const short = (s: StateBlock): number => (s.more !== 0 ? NEED : fail(s, CODE.eof, s.end));

/** `code` at `offset`, unless that is where the document ends. */
export const failAt = (s: StateBlock, code: number, offset: number): number =>
  offset >= s.end ? short(s) : fail(s, code, offset);
