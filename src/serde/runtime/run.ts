// One run of a program in the interpreter, with what may go wrong outside of it.

import { ERRORS, type ErrorCode } from "../../core/errors.ts";
import { EXIT, interpret } from "../interp/run.ts";
import { CodecError, type CodecFailure } from "../ir/failure.ts";
import type { Program } from "../ir/program.ts";
import type { Limits, StateBlock } from "../state/block.ts";
import { failureOf } from "./failure.ts";

/** `undefined`: done, or waiting for more of the document. */
export function run(program: Program, block: StateBlock): CodecFailure | undefined {
  try {
    return interpret(program, block) === EXIT.failed ? failureOf(program, block) : undefined;
  } catch (error) {
    // The host has no memory for a larger block. What the instruction had done is lost with the block.
    if (error instanceof RangeError) return plainFailure("resource.memory_limit", { path: "$" });
    throw error;
  }
}

/** Every document begins with the record of the root. */
export function assertRootFits({ rootCells }: Program, { maxMemory }: Limits): void {
  if (8 * rootCells <= maxMemory) return;
  throw new CodecError(
    "load.unsupported",
    `any value takes ${8 * rootCells} bytes, maxMemory is ${maxMemory}`,
  );
}

/** A failure that no instruction raised. */
export const plainFailure = (code: ErrorCode, where: { offset?: number; path?: string }): CodecFailure => ({
  status: "error",
  code,
  reason: ERRORS[code].reason,
  ...where,
});
