// What stops a command before or beside a guest run: a code, a reason, and the exit code that goes with it.

import { ERRORS, type ErrorCode } from "../core/errors.ts";

/** D30. */
export const EXIT_CODE = { ok: 0, refused: 1, usage: 2, error: 3 } as const;

/** Codes that only a command line can raise; the rest are the engine's registry. */
const CLI_CODES = {
  "usage.unknown_command": "usage",
  "usage.unknown_option": "usage",
  "usage.missing_argument": "usage",
  "usage.extra_argument": "usage",
  "usage.bad_value": "usage",
  "io.write": "io",
} as const;
type CliCode = keyof typeof CLI_CODES;

/** Stops a command with one message. */
export class CliFailure extends Error {
  override readonly name = "CliFailure";
  readonly code: CliCode | ErrorCode;
  /** The file or argument it is about. */
  readonly where: string | undefined;

  constructor(code: CliCode | ErrorCode, reason: string, where?: string) {
    super(reason);
    this.code = code;
    this.where = where;
  }

  get category(): string {
    return this.code in CLI_CODES ? CLI_CODES[this.code as CliCode] : ERRORS[this.code as ErrorCode].category;
  }

  get status(): "reject" | "error" {
    return this.code.startsWith("policy.") ? "reject" : "error";
  }

  /** Usage, files that cannot be used and bad policies are 2; a standard output that fails, or a bug, is 3 (D30). */
  get exitCode(): number {
    const isOutputLost = this.code === "io.write" && this.where === undefined;
    return this.code === "internal" || isOutputLost ? EXIT_CODE.error : EXIT_CODE.usage;
  }
}
