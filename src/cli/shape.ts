// `sinter shape infer` and `sinter shape compat`: a shape from samples, and whether one shape reads what another wrote.

import { createCodec } from "../codec/codec.ts";
import { compat, inferShape, ShapeError, s } from "../serde/shape/index.ts";
import { deliverText } from "./deliver.ts";
import { CliFailure, EXIT_CODE } from "./failure.ts";
import { assertStdinOnce, openFile, readInput, STANDARD } from "./files.ts";
import { type Io, paint, print } from "./io.ts";
import { isBlank } from "./json-line.ts";
import { readLines } from "./lines.ts";
import type { Args } from "./options.ts";
import { writeJsonLine } from "./record.ts";
import { shown } from "./report.ts";
import { formatOf, jsonFailure, readShape, required } from "./shape-file.ts";
import type { SHAPE_COMPAT, SHAPE_INFER } from "./specs.ts";

export function shapeInfer({ given, operands }: Args<typeof SHAPE_INFER>, io: Io): number {
  assertStdinOnce(...operands);
  const shape = inferred(documents(io, operands, given.lines === true));
  deliverText(io, given, `${JSON.stringify(shape, null, 2)}\n`, "shape", shape);
  return EXIT_CODE.ok;
}

function inferred(values: Iterable<unknown>): ReturnType<ReturnType<typeof inferShape>["toJSON"]> {
  try {
    return inferShape(values).toJSON();
  } catch (error) {
    if (error instanceof ShapeError) throw new CliFailure(error.code, `${error.reason}, at ${error.path}`);
    throw error;
  }
}

const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** Samples are decoded by our own rules: integers stay exact, and no other JSON than a codec's is taken. */
function sampleReader(): (bytes: Uint8Array, path: string, lineNumber?: number) => unknown {
  const codec = createCodec(s.any(), "json", { limits: { maxMemory: 2 ** 31, maxDepth: 1024 } });
  return (bytes, path, lineNumber) => {
    const result = codec.tryDecode(bytes);
    if (result.status === "ok") return result.value;
    const isMore = result.code === "lexical.trailing_bytes" && lineNumber === undefined;
    const more = isMore ? "; with --lines each line is a document" : "";
    const hint = bytes.length === 0 ? "; the document is empty" : more;
    throw jsonFailure(result, path, hint, lineNumber);
  };
}

function* documents(io: Io, paths: readonly string[], lines: boolean): Generator<unknown> {
  const read = sampleReader();
  let count = 0;
  for (const path of paths) {
    if (!lines) {
      yield read(readInput(io, path), path);
      continue;
    }
    const source =
      path === STANDARD ? { read: (b: Uint8Array) => io.stdin.read(b), close: () => {} } : openFile(path);
    try {
      for (const { number, bytes } of readLines(source.read, MAX_LINE_BYTES)) {
        if (bytes === undefined) throw new CliFailure("io.read", `line ${number} is too long`, path);
        if (isBlank(bytes)) continue;
        count++;
        yield read(bytes, path, number);
      }
    } finally {
      source.close();
    }
  }
  if (lines && count === 0) throw new CliFailure("lexical.eof", "no line has a document", paths.join(", "));
}

export function shapeCompat({ given, operands }: Args<typeof SHAPE_COMPAT>, io: Io): number {
  const [writer = "", reader = ""] = operands;
  const format = formatOf("--format", required("shape compat", "--format FORMAT", given.format));
  assertStdinOnce(writer, reader);
  const { compatible, problems } = compat(readShape(io, writer), readShape(io, reader), format);
  if (given.json) {
    writeJsonLine(io.stdout, [
      ["status", "ok"],
      ["compatible", compatible],
      ["problems", problems],
    ]);
  } else if (compatible) print(io.stdout, `${paint(io.stdout, "green", "compatible")}\n`);
  else {
    for (const { path, reason, always } of problems) {
      const when = always ? "every document" : "some documents";
      print(io.stdout, `${shown(path)}: ${shown(reason)} (${when})\n`);
    }
  }
  return compatible ? EXIT_CODE.ok : EXIT_CODE.refused;
}
