// One run of a program, with what may go wrong outside of it. Whatever tier does it, failures become records here.

import { ERRORS, type ErrorCode, InternalError } from "../../core/errors.ts";
import { EXIT, type Exit, interpret } from "../interp/run.ts";
import { codeNumber } from "../ir/codes.ts";
import { CodecError, type CodecFailure } from "../ir/failure.ts";
import type { Program } from "../ir/program.ts";
import { type Limits, RUN_STATUS, type StateBlock } from "../state/block.ts";
import { blockOf, type Entry, programOf } from "../state/entry.ts";
import { failureOf } from "./failure.ts";

export type EncodeResult = { readonly status: "ok"; readonly bytes: Uint8Array<ArrayBuffer> } | CodecFailure;

/** A tier: goes on at the program position in the block, and leaves there where it stopped. */
export type Backend = (entry: Entry) => Exit;

const interpreter: Backend = (entry) => interpret(programOf(entry), blockOf(entry));

// t[impl format.exec.error-propagation]
/** `undefined`: done, or waiting for more of the document. A run that has failed is not entered again. */
export function run(entry: Entry, backend: Backend = interpreter): CodecFailure | undefined {
  const block = blockOf(entry);
  if (block.status !== RUN_STATUS.open) throw new InternalError("a run that is over");
  // Whatever leaves without an answer leaves nothing to go on with.
  block.status = RUN_STATUS.failed;
  const exit = enter(entry, backend);
  if (exit === EXIT.failed) return failureOf(programOf(entry), block);
  block.status = exit === EXIT.done ? RUN_STATUS.done : RUN_STATUS.open;
  return undefined;
}

function enter(entry: Entry, backend: Backend): Exit {
  try {
    return backend(entry);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // The host has no memory for a larger block: the instruction at pc has not been done.
    const block = blockOf(entry);
    block.code = codeNumber("resource.memory_limit");
    block.offset = block.cursor;
    block.detail = -1;
    return EXIT.failed;
  }
}

/** Gives a block bytes to read, with `feed` or `setDocument`; what is wrong when it cannot have them. */
export function fed({ limits }: StateBlock, feed: () => boolean): CodecFailure | undefined {
  try {
    return feed() ? undefined : plainFailure("resource.document_limit", { offset: limits.maxDocumentBytes });
  } catch (error) {
    if (error instanceof RangeError) return OUT_OF_MEMORY;
    throw error;
  }
}

/** What a run has written, as bytes of its own; the host may have no memory for them. */
export function outputOf({ output, outTop }: StateBlock): EncodeResult {
  try {
    return { status: "ok", bytes: output.slice(0, outTop) as Uint8Array<ArrayBuffer> };
  } catch (error) {
    if (error instanceof RangeError) return OUT_OF_MEMORY;
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
const OUT_OF_MEMORY = plainFailure("resource.memory_limit", { path: "$" });
