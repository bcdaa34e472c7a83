// The error record of a run that failed, from its block: everything is rebuilt here, nothing of it is kept on the way.

import { InternalError } from "../../core/errors.ts";
import { codeOf } from "../ir/codes.ts";
import type { CodecFailure } from "../ir/failure.ts";
import { type Program, positionOf } from "../ir/program.ts";
import type { StateBlock } from "../state/block.ts";
import { pathOf } from "./path.ts";
import { reasonOf } from "./reason.ts";

// t[impl format.exec.error-context]
export function failureOf(program: Program, s: StateBlock): CodecFailure {
  const code = codeOf(s.code);
  if (code === undefined) throw new InternalError("a run that failed without a code");
  const decode = program.direction === "decode";
  return {
    status: "error",
    code,
    reason: reasonOf(program, s, code),
    ...(decode ? { offset: s.offset } : {}),
    ...(decode && program.format === "json" ? lineOf(s.document, s.offset) : {}),
    path: pathOf(program, s),
    pc: positionOf(program, s.pc),
  };
}

/** From 1; the column counts bytes. */
function lineOf(document: Uint8Array, offset: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (let at = document.indexOf(10); at >= 0 && at < offset; at = document.indexOf(10, at + 1)) {
    line += 1;
    start = at + 1;
  }
  return { line, column: offset - start + 1 };
}
