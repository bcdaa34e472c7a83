// One line of `convert --batch`: bytes to a request, or why it is none; and the programs that lines share.

import { FORMATS } from "../codec/codec.ts";
import { MisuseError } from "../core/errors.ts";
import type { FormatName } from "../serde/ir/ops.ts";
import { type CodecOptions, limitsOf } from "../serde/runtime/options.ts";
import type { Target, Transcoder } from "../serde/runtime/transcode.ts";
import { parseShape } from "../serde/shape/index.ts";
import type { TierChoice } from "../zasm/runtime/outcome.ts";
import { prepare, type StagedFailure } from "./document.ts";
import { BadLine, echo, parseLine, type Request, readBase64, text, tierAt } from "./json-line.ts";
import { suggestion } from "./nearest.ts";
import type { Raw } from "./record.ts";
import { isFormat } from "./shape-file.ts";

export interface ConvertRequest {
  /** As it was parsed, ready to be echoed. */
  readonly id: Raw;
  /** JSON, unchecked. */
  readonly shape: unknown;
  readonly from: FormatName;
  readonly to: Target;
  readonly options: CodecOptions;
  readonly data: Uint8Array;
  readonly tier: TierChoice;
}

const KEYS = ["id", "shape", "from", "to", "dataBase64", "tier", "options"] as const;

/** Throws `BadLine`. What the shape is worth is the compiler's answer. */
export function readConvertRequest(line: Uint8Array): ConvertRequest {
  const request = parseLine(line, KEYS);
  for (const key of ["shape", "from", "to", "dataBase64"]) {
    if (!request.has(key)) throw new BadLine(`${key} is missing`);
  }
  const from = text(request, "from") ?? "";
  const to = text(request, "to") ?? "";
  if (!isFormat(from)) throw badFormat("from", from, FORMATS);
  if (to !== "none" && !isFormat(to)) throw badFormat("to", to, [...FORMATS, "none"]);
  return {
    id: echo(request.get("id")),
    shape: request.get("shape"),
    from,
    to,
    options: optionsAt(request),
    data: readBase64("dataBase64", text(request, "dataBase64") ?? ""),
    tier: tierAt(request),
  };
}

const badFormat = (key: string, name: string, known: readonly string[]): BadLine =>
  new BadLine(`${key} must be ${known.join(", ")}${suggestion(name, known)}`);

const OPTIONS = ["limits", "deterministic"] as const satisfies readonly (keyof CodecOptions)[];

function optionsAt(request: Request): CodecOptions {
  const given = request.has("options") ? request.get("options") : {};
  const options = objectAt("options", given);
  const unknown = Object.keys(options).find((key) => !(OPTIONS as readonly string[]).includes(key));
  if (unknown !== undefined)
    throw new BadLine(`there is no option ${unknown}${suggestion(unknown, OPTIONS)}`);
  const { deterministic = false, limits = {} } = options;
  if (typeof deterministic !== "boolean") throw new BadLine("deterministic must be true or false");
  try {
    return { deterministic, limits: limitsOf({ limits: objectAt("limits", limits) }) };
  } catch (error) {
    throw error instanceof MisuseError ? new BadLine(error.message) : error;
  }
}

function objectAt(key: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BadLine(`${key} must be an object`);
  }
  return value as Readonly<Record<string, unknown>>; // JSON.parse made it
}

/** Programs kept, and the longest shape they are kept by. */
const MAX_KEPT = 64;
const MAX_KEY_CHARACTERS = 65_536;

/** Lines of one batch tend to have few shapes. */
export class ConvertCache {
  readonly #known = new Map<string, Transcoder | StagedFailure>();

  get(shape: unknown, from: FormatName, to: Target, options: CodecOptions): Transcoder | StagedFailure {
    const key = keyOf([shape, from, to, options]);
    const known = key === undefined ? undefined : this.#known.get(key);
    const made = known ?? compile(shape, from, to, options);
    if (key === undefined) return made;
    this.#known.delete(key);
    this.#known.set(key, made);
    if (this.#known.size > MAX_KEPT) this.#known.delete(this.#known.keys().next().value!);
    return made;
  }
}

function keyOf(parts: readonly unknown[]): string | undefined {
  try {
    const key = JSON.stringify(parts);
    return key.length <= MAX_KEY_CHARACTERS ? key : undefined;
  } catch {
    return undefined; // nested too deeply, or too long; `parseShape` says so
  }
}

function compile(
  json: unknown,
  from: FormatName,
  to: Target,
  options: CodecOptions,
): Transcoder | StagedFailure {
  const shape = parseShape(json);
  if (!("reason" in shape)) return prepare(shape, from, to, options);
  const { code, reason, path } = shape;
  return { status: "error", stage: "shape", code, reason, path };
}
