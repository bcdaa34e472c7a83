// The registry of what the assembler can say about a source, and the list it is said into.
// A code is an identity, a message is for people. Sources are reported on, never thrown about.

/** Every code, with its severity. Append-only. */
export const DIAGNOSTICS = {
  // the source as a whole
  "asm.not_utf8": "error",
  "asm.too_large": "error",
  "asm.too_many_errors": "error",
  "asm.no_code": "error",
  // text
  "asm.bad_character": "error",
  "asm.bad_number": "error",
  "asm.bad_string": "error",
  "asm.syntax": "error",
  "asm.unknown_mnemonic": "error",
  // JSON Lines
  "asm.bad_json": "error",
  "asm.bad_record": "error",
  // statements
  "asm.bad_operand": "error",
  "asm.out_of_range": "error",
  "asm.no_opcode": "error",
  "asm.bad_extern": "error",
  "asm.bad_section": "error",
  "asm.bad_layout": "error",
  "asm.duplicate_directive": "error",
  // names
  "asm.missing_name": "error",
  "asm.reserved_name": "error",
  "asm.duplicate_name": "error",
  "asm.unknown_name": "error",
  "asm.not_a_label": "error",
  // data
  "asm.overlap": "error",
  // things that are legal and rarely meant
  "asm.clobbers": "warning",
  "asm.unsigned_jr": "warning",
  "asm.truncated": "warning",
  "asm.literal_escape": "warning",
  "asm.label_before_data": "warning",
  "asm.public_data": "warning",
  "asm.size_mismatch": "warning",
  "asm.too_many_warnings": "warning",
} as const satisfies Record<string, "error" | "warning">;

export type DiagnosticCode = keyof typeof DIAGNOSTICS;

/** A stretch of the source. Lines and columns count from 1, columns in UTF-16 units as editors do. */
export interface At {
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

export interface Diagnostic extends At {
  readonly severity: "error" | "warning";
  readonly code: DiagnosticCode;
  /** One line; says what was expected where something was. */
  readonly message: string;
}

/** Most errors and most warnings shown; one more of each says that there are more. */
export const MAX_SHOWN = 100;

export class Diagnostics {
  readonly errors: Diagnostic[] = [];
  readonly warnings: Diagnostic[] = [];

  report(code: DiagnosticCode, at: At, message: string): void {
    const severity = DIAGNOSTICS[code];
    const list = severity === "error" ? this.errors : this.warnings;
    if (list.length > MAX_SHOWN) return;
    const { line, column, length } = at;
    if (list.length < MAX_SHOWN) {
      list.push({ severity, code, message, line, column, length });
    } else {
      const more = severity === "error" ? "asm.too_many_errors" : "asm.too_many_warnings";
      const text = `there are more than ${MAX_SHOWN} ${severity}s; the rest is not shown`;
      list.push({ severity, code: more, message: text, line, column, length });
    }
  }

  /** Nothing further would be shown, so reading on is pointless. */
  get full(): boolean {
    return this.errors.length > MAX_SHOWN;
  }
}
