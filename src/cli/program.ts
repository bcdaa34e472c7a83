// `sinter program`: what a shape and a format are compiled to.

import { createCodec } from "../codec/codec.ts";
import { CodecError } from "../serde/ir/failure.ts";
import type { Direction } from "../serde/ir/ops.ts";
import { CliFailure, EXIT_CODE } from "./failure.ts";
import type { Io } from "./io.ts";
import { fileName } from "./load.ts";
import type { Args } from "./options.ts";
import { writeJsonLine } from "./record.ts";
import { printFailure } from "./report.ts";
import { formatOf, readShape, required } from "./shape-file.ts";
import type { PROGRAM } from "./specs.ts";

export function program({ given }: Args<typeof PROGRAM>, io: Io): number {
  const path = required("program", "--shape FILE", given.shape);
  const format = formatOf("--format", required("program", "--format FORMAT", given.format));
  const direction = directionOf(given.direction ?? "decode");
  const shape = readShape(io, path);
  try {
    const codec = createCodec(shape, format, given.deterministic ? { deterministic: true } : {});
    const { digest } = codec.program(direction);
    if (!given.json)
      throw new CliFailure("usage.bad_value", "this version cannot print programs; --json gives the digest");
    writeJsonLine(io.stdout, Object.entries({ status: "ok", format, direction, digest }));
    return EXIT_CODE.ok;
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    const { code, reason } = error.failure;
    if (given.json)
      writeJsonLine(io.stdout, Object.entries({ status: "error", stage: "shape", code, reason }));
    else printFailure(io, code, reason, fileName(path));
    return EXIT_CODE.refused;
  }
}

function directionOf(name: string): Direction {
  if (name === "decode" || name === "encode") return name;
  throw new CliFailure("usage.bad_value", `--direction must be decode or encode, not ${name}`);
}
