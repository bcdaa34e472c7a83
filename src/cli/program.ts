// `sinter program`: what a shape and a format are compiled to, and whether a program from outside may run.

import { createCodec } from "../codec/codec.ts";
import { decodeUtf8, encodeUtf8 } from "../core/bytes.ts";
import { ERRORS } from "../core/errors.ts";
import { decodeProgram, PROGRAM_MAGIC } from "../serde/ir/binary.ts";
import { CodecError, type CodecFailure } from "../serde/ir/failure.ts";
import type { Direction } from "../serde/ir/ops.ts";
import { parseProgram } from "../serde/ir/parse.ts";
import type { ProgramParts } from "../serde/ir/program.ts";
import { Layout } from "../serde/layout/layout.ts";
import type { Shape } from "../serde/shape/index.ts";
import { verifyProgram } from "../serde/verify/verify.ts";
import { printPlacedFailure } from "./document.ts";
import { CliFailure, EXIT_CODE } from "./failure.ts";
import { assertStdinOnce, readInput, STANDARD, writeOutput } from "./files.ts";
import { type Io, paint, print } from "./io.ts";
import { fileName } from "./load.ts";
import type { Args } from "./options.ts";
import { writeJsonLine } from "./record.ts";
import { printFailure, shown } from "./report.ts";
import { formatOf, readShape, required } from "./shape-file.ts";
import type { PROGRAM } from "./specs.ts";

type Given = Args<typeof PROGRAM>["given"];

export function program({ given }: Args<typeof PROGRAM>, io: Io): number {
  const path = required("program", "--shape FILE", given.shape);
  if (given.check !== undefined) return check(given, path, given.check, io);
  const format = formatOf("--format", required("program", "--format FORMAT", given.format));
  const direction = directionOf(given.direction ?? "decode");
  const shape = readShape(io, path);
  try {
    const codec = createCodec(shape, format, given.deterministic ? { deterministic: true } : {});
    return show(given, codec.program(direction), io);
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

function show(given: Given, compiled: ReturnType<ReturnType<typeof createCodec>["program"]>, io: Io): number {
  const { format, direction, digest } = compiled;
  const out = given.out === STANDARD ? undefined : given.out;
  const form = given.binary ? compiled.bytes() : compiled.text();
  const bytes = typeof form === "string" ? encodeUtf8(form) : form;
  if (out !== undefined) writeOutput(out, bytes);
  if (given.json) {
    writeJsonLine(io.stdout, [
      ["status", "ok"],
      ["format", format],
      ["direction", direction],
      ["digest", digest],
      ["out", out],
      [given.binary ? "programBase64" : "text", out === undefined ? form : undefined],
    ]);
  } else if (out !== undefined) print(io.stdout, `wrote ${shown(out)}, ${bytes.length} bytes\n`);
  else if (given.binary && io.stdout.isTerminal) {
    throw new CliFailure("usage.bad_value", "this is no text for a terminal; give -o FILE or pipe it on");
  } else io.stdout.write(bytes);
  return EXIT_CODE.ok;
}

/** Options that say what a program is; one that is checked says so itself. */
const SAID_BY_PROGRAM = ["format", "direction", "deterministic", "binary", "out"] as const;

function check(given: Given, shapePath: string, path: string, io: Io): number {
  const extra = SAID_BY_PROGRAM.find((name) => given[name] !== undefined);
  if (extra !== undefined) throw new CliFailure("usage.bad_value", `--check takes no --${extra}`);
  assertStdinOnce(shapePath, path);
  const shape = readShape(io, shapePath);
  const checked = verified(shape, readInput(io, path));
  if ("code" in checked) {
    if (given.json) {
      const { stage, code, offset, line, column, pc, reason } = checked;
      const { category } = ERRORS[code];
      const members = { status: "error", stage, code, offset, line, column, pc, reason, category };
      writeJsonLine(io.stdout, Object.entries(members));
    } else printPlacedFailure(io, fileName(path), placed(checked));
    return EXIT_CODE.refused;
  }
  const { format, direction, digest } = checked;
  if (given.json) writeJsonLine(io.stdout, Object.entries({ status: "ok", format, direction, digest }));
  else {
    const ok = paint(io.stdout, "green", "ok");
    print(io.stdout, `${ok}  ${shown(fileName(path))}  ${format} ${direction}, ${digest}\n`);
  }
  return EXIT_CODE.ok;
}

/** `form`: places are in the file. `verify`: they are in the program, from its first instruction. */
type Refusal = CodecFailure & { readonly stage: "shape" | "form" | "verify" };

function verified(
  shape: Shape<unknown>,
  bytes: Uint8Array,
): { readonly format: string; readonly direction: Direction; readonly digest: string } | Refusal {
  let stage: Refusal["stage"] = "shape";
  try {
    const layout = new Layout(shape.node);
    stage = "form";
    const parts = readProgram(bytes);
    stage = "verify";
    const { format, direction, digest } = verifyProgram(parts, layout);
    return { format, direction, digest: digest() };
  } catch (error) {
    if (error instanceof CodecError) return { ...error.failure, stage };
    // As when it is compiled: parts that refer to parts, one in the other without end.
    if (!(error instanceof RangeError)) throw error;
    return {
      status: "error",
      stage: "shape",
      code: "load.unsupported",
      reason: "the shape is nested too deep",
    };
  }
}

/** Text, unless it begins as the binary form does. */
function readProgram(bytes: Uint8Array): ProgramParts {
  if (bytes[0] === PROGRAM_MAGIC[0]) return decodeProgram(bytes);
  const text = decodeUtf8(bytes);
  if (text === undefined) throw CodecError.at("load.bad_magic", { offset: 0 });
  return parseProgram(text);
}

/** For people: the instruction, or where in the tables. */
function placed(refusal: Refusal): CodecFailure {
  const { stage, offset, pc, ...rest } = refusal;
  if (stage !== "verify") return refusal;
  if (pc !== undefined) return { ...rest, pc };
  return { ...rest, reason: `${rest.reason}, at byte ${offset} of code and tables` };
}
