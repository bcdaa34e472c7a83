// `sinter convert`: a document from one format to another, over cells and never over JavaScript values (D51).

import { ERRORS, type Failure } from "../core/errors.ts";
import type { Target, Transcoder } from "../serde/runtime/transcode.ts";
import { answerLines } from "./answers.ts";
import { ConvertCache, readConvertRequest } from "./convert-line.ts";
import { failureMembers, placedMembers, prepare, printDocumentFailure } from "./document.ts";
import { CliFailure, EXIT_CODE } from "./failure.ts";
import { assertStdinOnce, readInput, STANDARD, writeOutput } from "./files.ts";
import { type Io, print } from "./io.ts";
import { fileName } from "./load.ts";
import type { Args } from "./options.ts";
import { type Members, writeJsonLine } from "./record.ts";
import { shown } from "./report.ts";
import { formatOf, readShape, required } from "./shape-file.ts";
import type { CONVERT } from "./specs.ts";

export function convert(args: Args<typeof CONVERT>, io: Io, maxLineBytes?: number): number {
  return args.given.batch ? convertBatch(args, io, maxLineBytes) : convertOne(args, io);
}

function convertOne({ given, operands }: Args<typeof CONVERT>, io: Io): number {
  const [path = STANDARD] = operands;
  const shapePath = required("convert", "--shape FILE", given.shape);
  const from = formatOf("--from", required("convert", "--from FORMAT", given.from));
  const to = targetOf(required("convert", "--to FORMAT", given.to));
  assertStdinOnce(path, shapePath);
  const out = given.out === STANDARD ? undefined : given.out;
  if (to === "none" && given.out !== undefined) {
    throw new CliFailure("usage.bad_value", "--out does nothing with --to none");
  }
  const shape = readShape(io, shapePath);
  const transcoder = prepare(shape, from, to, given.deterministic ? { deterministic: true } : {});
  const document = readInput(io, path);
  const result = "status" in transcoder ? transcoder : transcoder.run(document);
  if (result.status === "error") {
    if (given.json) writeJsonLine(io.stdout, placedMembers(result));
    else printDocumentFailure(io, fileName(result.stage === "shape" ? shapePath : path), document, result);
    return EXIT_CODE.refused;
  }
  const { bytes } = result;
  if (bytes !== undefined && out !== undefined) writeOutput(out, bytes);
  if (given.json) {
    const data = out === undefined ? bytes : undefined;
    writeJsonLine(io.stdout, [...okMembers(data), ["out", out], ["bytes", bytes?.length]]);
  } else if (bytes === undefined)
    print(io.stdout, `ok  ${shown(fileName(path))}  ${document.length} bytes\n`);
  else if (out !== undefined) print(io.stdout, `wrote ${shown(out)}, ${bytes.length} bytes\n`);
  else writeDocument(io, bytes, to);
  return EXIT_CODE.ok;
}

function writeDocument(io: Io, bytes: Uint8Array, to: Target): void {
  if (io.stdout.isTerminal && to !== "json") {
    throw new CliFailure("usage.bad_value", `${to} is no text for a terminal; give -o FILE or pipe it on`);
  }
  io.stdout.write(bytes);
  if (io.stdout.isTerminal) print(io.stdout, "\n");
}

export function targetOf(name: string): Target {
  return name === "none" ? name : formatOf("--to", name, ["none"]);
}

const okMembers = (bytes: Uint8Array | undefined): Members => [
  ["status", "ok"],
  ["dataBase64", bytes],
  ["tier", "interp"],
];

function convertBatch({ given, operands }: Args<typeof CONVERT>, io: Io, maxLineBytes?: number): number {
  for (const option of ["shape", "from", "to", "out", "deterministic"] as const) {
    if (given[option] === undefined) continue;
    throw new CliFailure("usage.bad_value", `--${option} does nothing with --batch; each line says it`);
  }
  const cache = new ConvertCache();
  answerLines(
    io,
    operands[0] ?? STANDARD,
    {
      read: readConvertRequest,
      answer: ({ shape, from, to, options, data, tier }) => {
        if (tier !== "auto" && tier !== "interp") return brokenMembers(unavailable(tier));
        const transcoder = cache.get(shape, from, to, options);
        return "status" in transcoder ? failureMembers(transcoder) : run(transcoder, data);
      },
      failed: brokenMembers,
    },
    maxLineBytes,
  );
  return EXIT_CODE.ok;
}

function run(transcoder: Transcoder, data: Uint8Array): Members {
  const result = transcoder.run(data);
  return result.status === "ok" ? okMembers(result.bytes) : [...failureMembers(result), ["tier", "interp"]];
}

const unavailable = (tier: string): Failure => ({
  code: "tier.unavailable",
  ...ERRORS["tier.unavailable"],
  reason: `codecs have no tier ${tier} in this version`,
});

/** The members of a failure that is about no document. */
const brokenMembers = ({ code, reason, category }: Failure): Members => [
  ["status", "error"],
  ["code", code],
  ["reason", reason],
  ["category", category],
];
