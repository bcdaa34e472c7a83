// Failure codes as programs and state blocks hold them: small numbers, append-only, 0 = none.

import type { ErrorCode } from "../../core/errors.ts";

const CODEC_CODES = [
  "lexical.eof",
  "lexical.unexpected_byte",
  "lexical.bad_marker",
  "lexical.malformed_string",
  "lexical.malformed_number",
  "lexical.malformed_literal",
  "lexical.malformed_bytes",
  "lexical.invalid_utf8",
  "lexical.invalid_unicode",
  "lexical.varint_overflow",
  "lexical.not_shortest",
  "lexical.expected_comma_or_end",
  "lexical.expected_key",
  "lexical.expected_colon",
  "lexical.trailing_bytes",
  "value.type_mismatch",
  "value.number_range",
  "value.length_mismatch",
  "value.bad_key",
  "value.invalid_bool",
  "value.invalid_option",
  "structure.unknown_field",
  "structure.duplicate_field",
  "structure.missing_field",
  "structure.duplicate_key",
  "structure.unknown_variant",
  "structure.missing_tag",
  "structure.no_match",
  "structure.ambiguous",
  "resource.depth_limit",
  "resource.memory_limit",
  "resource.output_limit",
  "resource.digit_limit",
  "resource.document_limit",
  "resource.element_limit",
] as const satisfies readonly ErrorCode[];
/** What a run can fail with. */
export type RunCode = (typeof CODEC_CODES)[number];

const NUMBERS = new Map<string, number>(CODEC_CODES.map((code, i) => [code, i + 1]));

/** The same for any text; `undefined`: no code. */
export const codeNamed = (name: string): number | undefined => NUMBERS.get(name);
/** The number of `code`, from 1. */
export const codeNumber = (code: RunCode): number => NUMBERS.get(code)!;
/** `undefined` for a number no code has. */
export const codeOf = (number: number): RunCode | undefined => CODEC_CODES[number - 1];
