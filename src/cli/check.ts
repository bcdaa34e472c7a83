// `sinter check`: whether documents are of a shape, and where not.

import type { FormatName } from "../serde/ir/ops.ts";
import type { Transcoder } from "../serde/runtime/transcode.ts";
import { placedMembers, prepare, printDocumentFailure, type StagedFailure } from "./document.ts";
import { CliFailure, EXIT_CODE } from "./failure.ts";
import { assertStdinOnce, readInput } from "./files.ts";
import { type Io, paint, print } from "./io.ts";
import { fileName } from "./load.ts";
import type { Args } from "./options.ts";
import { writeJsonLine } from "./record.ts";
import { printFailure, shown } from "./report.ts";
import { formatByName, formatOf, readShape, required } from "./shape-file.ts";
import type { CHECK } from "./specs.ts";

export function check({ given, operands }: Args<typeof CHECK>, io: Io): number {
  const shapePath = required("check", "--shape FILE", given.shape);
  const format = given.format === undefined ? undefined : formatOf("--format", given.format);
  assertStdinOnce(shapePath, ...operands);
  const shape = readShape(io, shapePath);
  const compiled = new Map<FormatName, Transcoder | StagedFailure>();
  let exitCode: number = EXIT_CODE.ok;
  for (const path of operands) {
    const name = format ?? formatByName(path);
    const checker =
      compiled.get(name) ?? prepare(shape, name, "none", given.deterministic ? { deterministic: true } : {});
    compiled.set(name, checker);
    exitCode = Math.max(exitCode, checkFile(io, path, checker, given.json === true));
  }
  return exitCode;
}

function checkFile(io: Io, path: string, checker: Transcoder | StagedFailure, json: boolean): number {
  const file = fileName(path);
  let document: Uint8Array;
  try {
    document = readInput(io, path);
  } catch (error) {
    // The other files are still looked at.
    if (!(error instanceof CliFailure) || error.where === undefined) throw error;
    const { status, code, message, category, where } = error;
    if (json) writeJsonLine(io.stdout, Object.entries({ file, status, code, reason: message, category }));
    else printFailure(io, code, message, where);
    return error.exitCode;
  }
  const result = "status" in checker ? checker : checker.run(document);
  if (result.status === "error") {
    if (json) writeJsonLine(io.stdout, [["file", file], ...placedMembers(result)]);
    else printDocumentFailure(io, file, document, result);
    return EXIT_CODE.refused;
  }
  const bytes = document.length;
  if (json) writeJsonLine(io.stdout, Object.entries({ file, status: "ok", bytes }));
  else print(io.stdout, `${paint(io.stdout, "green", "ok")}  ${shown(file)}  ${bytes} bytes\n`);
  return EXIT_CODE.ok;
}
