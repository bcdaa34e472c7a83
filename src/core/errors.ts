// The one registry of failure codes, append-only, and the record every failure is reported as.
// A code is an identity: nobody may parse reasons, and a reason may become better without notice.
// Guest failure is a value of type `Failure`; embedder misuse throws `MisuseError`; our own bug throws `InternalError`.

/** The contract's six, plus four of ours (D2). */
export type Category =
  | "decode"
  | "oob"
  | "div0"
  | "unsupported"
  | "abi"
  | "resource"
  | "policy"
  | "io"
  | "host"
  | "internal";

/** `reject`: refused before any guest instruction ran. `error`: the embedder's side failed. */
export type FailureStatus = "trap" | "reject" | "error";

interface ErrorRow {
  readonly status: FailureStatus;
  readonly category: Category;
  /** The reason given when the place that raises it has nothing better to say. */
  readonly reason: string;
}

const reject = (category: Category, reason: string): ErrorRow => ({ status: "reject", category, reason });
const trap = (category: Category, reason: string): ErrorRow => ({ status: "trap", category, reason });
const error = (category: Category, reason: string): ErrorRow => ({ status: "error", category, reason });

export const ERRORS = {
  "policy.unknown_field": reject("policy", "the policy has a field that does not exist"),
  "policy.bad_value": reject("policy", "a policy field has a value it cannot have"),
  "policy.unsupported": reject("unsupported", "these policy fields cannot be combined"),
  "policy.unsupported_target": reject("unsupported", "this machine cannot run that target"),

  "container.too_small": reject("decode", "shorter than the 40-byte header"),
  "container.bad_magic": reject("decode", "does not start with ZASB"),
  "container.unsupported_version": reject("decode", "container version is not 2"),
  "container.unsupported_flags": reject("decode", "header flags are not 0"),
  "container.bad_file_len": reject("decode", "file_len is shorter than the header"),
  "container.truncated": reject("decode", "file_len is longer than the bytes given"),
  "container.too_large": reject("resource", "file_len is over maxFileLen"),
  "container.trailing_bytes": reject("decode", "bytes after file_len in strict mode"),
  "container.bad_dir": reject("decode", "dir_count is 0 or over maxDirCount"),
  "container.dir_range": reject("decode", "the directory is not inside the file"),
  "container.section_flags": reject("decode", "section flags or reserved word are not 0"),
  "container.section_range": reject("decode", "the section is not inside the file"),
  "container.duplicate_section": reject("decode", "the section tag appears twice"),
  "container.bad_code_len": reject("decode", "CODE length is 0, not a multiple of 4, or over maxCodeLen"),
  "container.bad_impt": reject("decode", "IMPT is not 8 bytes ending in a zero word"),
  "container.missing_code": reject("decode", "there is no CODE section"),
  "container.section_overlap": reject("decode", "the section overlaps another, the header or the directory"),
  "container.bad_data": reject("decode", "DATA is malformed"),
  "container.bad_expt": reject("decode", "EXPT is malformed"),
  "container.bad_mem": reject("decode", "MEM is malformed"),
  "container.reserved_nonzero": reject("decode", "a reserved header word is not 0"),
  "container.bad_entry": reject("decode", "entry_pc_words is not the start of an instruction"),
  "container.mem_unmet": reject("resource", "memSize does not satisfy the MEM section"),

  // z[impl vm.error.category.decode]
  "verify.truncated": reject("decode", "CODE ends inside an instruction, or is over maxInsnWords"),
  // z[impl vm.error.category.unsupported]
  "verify.bad_opcode": reject("unsupported", "unknown or forbidden opcode"),
  "verify.bad_register": reject("decode", "register index over 4"),
  "verify.bad_fields": reject("decode", "a field has a value this instruction cannot have"),
  "verify.bad_imm": reject("decode", "imm12 has a value this instruction cannot have"),
  "verify.bad_target": reject("decode", "the target is not the start of an instruction"),
  "verify.impt_mismatch": reject("abi", "IMPT does not name exactly the host calls in CODE"),

  "data.out_of_bounds": reject("oob", "a DATA segment is outside guest memory"),
  "entry.unknown": reject("policy", "no export of that name"),

  // z[impl vm.error.category.resource-fuel]
  "trap.fuel": trap("resource", "fuel used up"),
  // z[impl vm.error.category.oob]
  "trap.oob": trap("oob", "out of bounds memory access"),
  // z[impl vm.error.category.div0]
  "trap.div0": trap("div0", "division by zero"),
  "trap.decode": trap("decode", "ran past the end of CODE"),
  "trap.abi": trap("abi", "host call violation in strict mode"),
  "trap.oom": trap("resource", "allocation failed in strict mode"),
  "trap.call_depth": trap("resource", "calls nested deeper than maxCallDepth"),
  "trap.output_limit": trap("resource", "output would pass maxOutputBytes"),

  "host.threw": error("host", "a host hook threw"),
  "host.bad_return": error("host", "a host hook returned something else than an integer in range"),
  "host.async": error("host", "a host hook returned a promise; hooks are synchronous"),
  "host.reentered": error("host", "a host hook called back into its own instance"),
  "host.detached": error("host", "a host hook detached the view it was given"),
  "host.oom": error("resource", "the host could not provide memory"),
  "host.cancelled": error("host", "the host stopped the run"),
  "host.stack": error("resource", "less than 256 KiB of native stack left at the start"),

  "shape.unknown_kind": reject("decode", "not a shape: no kind of that name"),
  "shape.unknown_attribute": reject("decode", "this kind of shape has no such attribute"),
  "shape.unknown_name": reject("decode", "an attribute names a field or variant that does not exist"),
  "shape.unknown_ref": reject("decode", "a ref to a shape that does not exist, or not yet"),
  "shape.bad_value": reject("decode", "an attribute or part has a value it cannot have"),
  "shape.bad_name": reject("decode", "a name that a shape cannot have here"),
  "shape.bad_key": reject("decode", "map keys and set items are bool, integer, char, string or unit enum"),
  "shape.bad_flatten": reject("decode", "this field cannot be flattened"),
  "shape.bad_tagging": reject("decode", "the variants do not fit the tagging"),
  "shape.name_collision": reject("decode", "two parts would have the same name on the wire"),
  "shape.missing_default": reject("decode", "a field that is never decoded has no default"),
  "shape.infinite": reject("decode", "the shape contains itself without an indirection that can end"),
  "shape.ambiguous": reject("decode", "two readings of the same data cannot be told apart"),
  "shape.too_deep": reject("resource", "the shape nests too deeply"),
  "shape.too_large": reject("resource", "the shape has too many parts"),
  "shape.unsupported_keyword": reject("unsupported", "a JSON Schema keyword that has no shape"),
  "shape.raw_across_formats": reject("unsupported", "raw bytes mean something only in their own format"),

  "tier.unavailable": error("unsupported", "the tier that was asked for cannot take this module"),

  // Codecs (D39): what is wrong with a document, a value or a program.
  "load.unsupported": error("unsupported", "this shape cannot be compiled for this format"),
  "load.bad_magic": error("decode", "these bytes do not begin as a codec program does"),
  "load.abi_mismatch": error("unsupported", "a codec program of another version"),
  "load.malformed": error("decode", "malformed bytes of a codec program"),
  "load.bad_text": error("decode", "malformed text of a codec program"),
  "load.not_canonical": error("decode", "a codec program that could be written in a simpler way"),
  "load.too_large": error("resource", "the codec program is too large"),
  "load.bad_opcode": error("decode", "no instruction of this format and direction has that number"),
  "load.bad_operand": error("decode", "an operand has a value it cannot have"),
  "load.bad_target": error("decode", "control would arrive where it may not"),
  "load.bad_structure": error("decode", "instructions that belong together do not stand together"),
  "load.bad_table": error("decode", "a table of the program is malformed"),
  "load.bad_slot": error("decode", "an operand would be outside of its record"),
  "load.bad_flags": error("decode", "a list or box says of its records what is not so"),
  "load.unwritten_cell": error("decode", "a cell could be read before it is written"),
  "load.bad_layout": error("decode", "the program reads cells that the shape does not have there"),
  "load.no_progress": error("decode", "the program could go round without reading or writing"),
  "lexical.eof": error("decode", "the document ends too early"),
  "lexical.unexpected_byte": error("decode", "no value starts with this byte"),
  "lexical.bad_marker": error("decode", "a marker the format does not define"),
  "lexical.malformed_string": error("decode", "malformed string"),
  "lexical.malformed_number": error("decode", "malformed number"),
  "lexical.malformed_literal": error("decode", "malformed literal"),
  "lexical.malformed_bytes": error("decode", "malformed text of bytes"),
  "lexical.invalid_utf8": error("decode", "the text is not UTF-8"),
  "lexical.invalid_unicode": error("decode", "an unpaired surrogate"),
  "lexical.varint_overflow": error("decode", "a variable-length integer is too long"),
  "lexical.not_shortest": error("decode", "not the shortest encoding, which is asked for"),
  "lexical.expected_comma_or_end": error("decode", "expected a comma or the end of the container"),
  "lexical.expected_key": error("decode", "expected a key"),
  "lexical.expected_colon": error("decode", "expected a colon"),
  "lexical.trailing_bytes": error("decode", "bytes after the value"),
  "value.type_mismatch": error("decode", "a value of another type"),
  "value.number_range": error("decode", "the number is out of range"),
  "value.length_mismatch": error("decode", "another number of elements"),
  "value.bad_key": error("decode", "a key the map cannot have"),
  "value.invalid_bool": error("decode", "a boolean byte that is neither 0 nor 1"),
  "value.invalid_option": error("decode", "an option byte that is neither 0 nor 1"),
  "structure.unknown_field": error("decode", "a field the struct does not have"),
  "structure.duplicate_field": error("decode", "a field twice"),
  "structure.missing_field": error("decode", "a required field is missing"),
  "structure.duplicate_key": error("decode", "a map key or set element twice"),
  "structure.unknown_variant": error("decode", "a variant the enum does not have"),
  "structure.missing_tag": error("decode", "the tag of the enum is missing"),
  "structure.no_match": error("decode", "no variant matches"),
  "structure.ambiguous": error("decode", "more than one variant matches"),
  "resource.depth_limit": error("resource", "nested deeper than maxDepth"),
  "resource.memory_limit": error("resource", "the value needs more memory than allowed"),
  "resource.element_limit": error("resource", "more elements than maxElements"),
  "resource.output_limit": error("resource", "the output would pass maxOutputBytes"),
  "resource.digit_limit": error("resource", "a number with more digits than maxNumberDigits"),
  "resource.document_limit": error("resource", "the document is over maxDocumentBytes"),
  "boundary.threw": error("host", "a property of the value threw when it was read"),

  "io.not_found": error("io", "no such file"),
  "io.read": error("io", "the file could not be read"),
  "batch.bad_line": error("io", "the line is not a batch request"),
  internal: error("internal", "a bug in the engine"),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** Where and why something failed. Plain data; safe to print, compare and send. */
export interface Failure {
  readonly code: ErrorCode;
  readonly category: Category;
  readonly status: FailureStatus;
  /** Short, one line, no host paths or addresses. */
  readonly reason: string;
  /** Byte offset into CODE: of the trapping instruction, or of what `verify.*` complains about. */
  readonly pc?: number;
  /** Byte offset into the file for `container.*` and `data.*`, into CODE for `verify.*`. */
  readonly offset?: number;
}

/** Builds the failure record for `code`; `reason` replaces the registry's when given. */
export function failure(
  code: ErrorCode,
  where: { readonly pc?: number; readonly offset?: number } = {},
  reason?: string,
): Failure {
  const row = ERRORS[code];
  return { code, category: row.category, status: row.status, reason: reason ?? row.reason, ...where };
}

export function isFailure<T extends object>(value: T | Failure): value is Failure {
  // Own properties: a prototype polluted by others must not turn a result into a failure.
  return Object.hasOwn(value, "category") && Object.hasOwn(value, "status");
}

/** The embedder used the API in a way it cannot be used. */
export class MisuseError extends TypeError {
  override readonly name = "MisuseError";
}

/** A state the engine believes impossible. */
export class InternalError extends Error {
  override readonly name = "InternalError";
}

/** At most 64 bytes of foreign text, printable ASCII, everything else as \xNN or \u{N}. */
export function quoted(text: string): string {
  let out = "";
  for (const ch of text.slice(0, 65)) {
    const cp = ch.codePointAt(0)!;
    const part = cp >= 0x20 && cp < 0x7f && ch !== '"' && ch !== "\\" ? ch : `\\u{${cp.toString(16)}}`;
    if (out.length + part.length > 61) return `"${out}..."`;
    out += part;
  }
  return `"${out}"`;
}
