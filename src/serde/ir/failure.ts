// What a codec reports: a value, equal in every tier; `CodecError` wraps it where the API throws.

import { ERRORS, type ErrorCode } from "../../core/errors.ts";

export interface CodecFailure {
  readonly status: "error";
  readonly code: ErrorCode;
  /** Printable ASCII; nobody may parse it. */
  readonly reason: string;
  /** Byte of the document, on decode; the rules are D50. */
  readonly offset?: number;
  /** Text formats only; both from 1, columns in bytes. */
  readonly line?: number;
  readonly column?: number;
  /** `$.lines[2].qty`; source names. */
  readonly path?: string;
  /** Program position, `f0:b3:2`: procedure, block, instruction. */
  readonly pc?: string;
}

/** Thrown by what has no failure as its result; `failure` is the record. */
export class CodecError extends Error {
  override readonly name = "CodecError";
  readonly failure: CodecFailure;

  constructor(code: ErrorCode, reason: string = ERRORS[code].reason) {
    super(reason);
    this.failure = { status: "error", code, reason };
  }

  static of(failure: CodecFailure, cause?: unknown): CodecError {
    const at = failure.path === undefined ? "" : ` at ${failure.path}`;
    const offset = failure.offset === undefined ? "" : `, byte ${failure.offset}`;
    const error = new CodecError(failure.code, `${failure.code}: ${failure.reason}${at}${offset}`);
    (error as { failure: CodecFailure }).failure = failure;
    if (cause !== undefined) error.cause = cause;
    return error;
  }

  static at(code: ErrorCode, where: Pick<CodecFailure, "offset" | "line" | "column" | "pc">): CodecError {
    return CodecError.of({ status: "error", code, reason: ERRORS[code].reason, ...where });
  }

  get code(): ErrorCode {
    return this.failure.code;
  }
}
