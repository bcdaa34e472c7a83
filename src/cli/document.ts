// A document that failed, for people and for machines: code, place in the document, path in the value, position in the
// program.

import { ERRORS } from "../core/errors.ts";
import type { CodecFailure } from "../serde/ir/failure.ts";
import { CodecError } from "../serde/ir/failure.ts";
import type { FormatName } from "../serde/ir/ops.ts";
import type { CodecOptions } from "../serde/runtime/options.ts";
import { createTranscoder, type Target, type Transcoder } from "../serde/runtime/transcode.ts";
import { type Shape, ShapeError } from "../serde/shape/index.ts";
import { hexExcerpt, textExcerpt } from "./excerpt.ts";
import { type Io, paint, print } from "./io.ts";
import type { Members } from "./record.ts";
import { shown } from "./report.ts";

/** Where a conversion failed (D51). */
type Stage = "shape" | "decode" | "encode";
export type StagedFailure = CodecFailure & { readonly stage: Stage };

/** The transcoder, or why these formats cannot carry the shape. */
export function prepare(
  shape: Shape<unknown>,
  from: FormatName,
  to: Target,
  options: CodecOptions,
): Transcoder | StagedFailure {
  try {
    return createTranscoder(shape.node, from, to, options);
  } catch (error) {
    if (error instanceof ShapeError) {
      const { code, reason, path } = error;
      return { status: "error", stage: "shape", code, reason, path };
    }
    if (error instanceof CodecError) return { stage: "shape", ...error.failure };
    throw error;
  }
}

/** Absent keys mean: not applicable. */
export function failureMembers(failed: StagedFailure): Members {
  const { stage, code, offset, path, pc, reason } = failed;
  return [
    ["status", "error"],
    ["stage", stage],
    ["code", code],
    ["offset", offset],
    ["path", path],
    ["pc", pc],
    ["reason", reason],
    ["category", ERRORS[code].category],
  ];
}

/** For one document of one's own: what `failureMembers` has, and line and column of text. */
export const placedMembers = (failed: StagedFailure): Members => [
  ...failureMembers(failed),
  ["line", failed.line],
  ["column", failed.column],
];

/** On stderr: one line that says what, where and why, and the place in the document. */
export function printDocumentFailure(
  io: Io,
  file: string,
  document: Uint8Array,
  failed: StagedFailure,
): void {
  const { reason, offset, line } = failed;
  const empty = document.length === 0 && offset !== undefined ? "; it is empty" : "";
  printPlacedFailure(io, file, { ...failed, reason: reason + empty });
  if (offset === undefined || document.length === 0) return;
  print(
    io.stderr,
    line === undefined ? hexExcerpt(io, document, offset) : textExcerpt(io, document, offset, line),
  );
}

/** The one line of it. */
export function printPlacedFailure(io: Io, file: string, failed: CodecFailure): void {
  const { code, reason, offset, line, column, path, pc } = failed;
  const place = line === undefined ? (offset === undefined ? "" : `:byte ${offset}`) : `:${line}:${column}`;
  const at = path === undefined || path === "$" ? "" : ` at ${path}`;
  const details = [
    code,
    ...(offset === undefined ? [] : [`byte ${offset}`]),
    ...(pc === undefined ? [] : [pc]),
  ];
  const head = `${shown(file)}${place}: ${paint(io.stderr, "red", "error")}: `;
  print(
    io.stderr,
    `${head}${shown(`${reason}${at}`)} ${paint(io.stderr, "dim", `[${details.join(", ")}]`)}\n`,
  );
}
