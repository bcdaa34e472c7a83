// Shapes and documents as files: a shape in its JSON form, values as JSON. What is wrong with the JSON itself is found
// by our own decoder, which says where.

import { FORMATS } from "../codec/codec.ts";
import { decodeUtf8 } from "../core/bytes.ts";
import type { CodecFailure } from "../serde/ir/failure.ts";
import type { FormatName } from "../serde/ir/ops.ts";
import { createCodec } from "../serde/runtime/codec.ts";
import { parseShape, type Shape, s } from "../serde/shape/index.ts";
import { CliFailure } from "./failure.ts";
import { readInput } from "./files.ts";
import type { Io } from "./io.ts";
import { fileName } from "./load.ts";
import { suggestion } from "./nearest.ts";

/** Longest shape file read: more than a shape of the largest size takes. */
const MAX_SHAPE_BYTES = 64 * 1024 * 1024;

/** Throws `CliFailure` with a `shape.*`, `lexical.*` or `io.*` code, which are all usage errors (D30). */
export function readShape(io: Io, path: string): Shape<unknown> {
  const bytes = readInput(io, path, MAX_SHAPE_BYTES);
  const json = parseJson(bytes, path);
  const shape = parseShape(json);
  if (!("reason" in shape)) return shape;
  const { code, path: at, reason } = shape;
  throw new CliFailure(code, `${reason}, at ${at}`, fileName(path));
}

function parseJson(bytes: Uint8Array, path: string): unknown {
  const text = decodeUtf8(bytes);
  try {
    if (text !== undefined) return JSON.parse(text);
  } catch {
    // Said below, with the place.
  }
  const checked = createCodec(s.raw().node, "json").tryDecode(bytes);
  if (checked.status === "ok") {
    throw new CliFailure("lexical.malformed_literal", "the shape file is not JSON", fileName(path));
  }
  throw jsonFailure(checked, path, bytes.length === 0 ? "; the shape file is empty" : "");
}

/** What is wrong with JSON in a file, which the codec has found. */
export function jsonFailure(
  { code, reason, line, column }: CodecFailure,
  path: string,
  hint: string,
  lineNumber = line,
): CliFailure {
  return new CliFailure(code, reason + hint, `${fileName(path)}:${lineNumber}:${column}`);
}

/** The format that an option names; `others` are what it may say instead. */
export function formatOf(option: string, name: string, others: readonly string[] = []): FormatName {
  if (isFormat(name)) return name;
  const known = [...FORMATS, ...others];
  const hint = suggestion(name, known);
  throw new CliFailure("usage.bad_value", `${option} must be ${known.join(", ")}, not ${name}${hint}`);
}

export const isFormat = (name: unknown): name is FormatName => (FORMATS as readonly unknown[]).includes(name);

/** The format that the name of a file tells. */
export function formatByName(path: string): FormatName {
  const [, extension = ""] = /[.](\w+)$/.exec(path) ?? [];
  return isFormat(extension) ? extension : "json";
}

/** The value of an option that a command cannot do without. */
export function required(command: string, option: string, value: string | undefined): string {
  if (value !== undefined) return value;
  throw new CliFailure(
    "usage.missing_argument",
    `sinter ${command} needs ${option}; see sinter help ${command}`,
  );
}
