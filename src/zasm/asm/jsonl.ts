// JSON Lines for both JSON front ends: lines to records, exact integers, and complaints with line numbers.

import { quoted } from "../../core/errors.ts";
import type { At } from "./diagnostics.ts";
import type { Program } from "./program.ts";

/** One object of a JSONL source. Fields are read by type; extra ones are ignored, as upstream's readers do. */
export class JsonRecord {
  readonly at: At;
  readonly #fields: object;
  readonly #program: Program;

  constructor(fields: object, at: At, program: Program) {
    this.#fields = fields;
    this.at = at;
    this.#program = program;
  }

  get(key: string): unknown {
    return Object.hasOwn(this.#fields, key) ? (this.#fields as Record<string, unknown>)[key] : undefined;
  }

  /** Reports that `what` is not as it must be. */
  bad(what: string, expected: string, found: unknown): undefined {
    const text = `${what}: expected ${expected}, found ${shownJson(found)}`;
    this.#program.diagnostics.report("asm.bad_record", this.at, text);
  }

  string(key: string): string | undefined {
    const value = this.get(key);
    return typeof value === "string" ? value : this.bad(quoted(key), "a string", value);
  }

  integer(key: string, min: number, max: number): number | undefined {
    const value = this.get(key);
    if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
    return this.bad(quoted(key), `an integer from ${min} to ${max}`, value);
  }

  /** A nested object of this record. */
  nested(value: unknown): JsonRecord | undefined {
    return isObject(value) ? new JsonRecord(value, this.at, this.#program) : undefined;
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function shownJson(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") return quoted(value);
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  return String(value);
}

/** Calls `read` with every record whose `ir` is one of `versions`; reports the other lines. */
export function readLines(
  text: string,
  versions: readonly string[],
  program: Program,
  read: (record: JsonRecord) => void,
): void {
  const { diagnostics } = program;
  let line = 0;
  const start = text.startsWith("\ufeff") ? 1 : 0;
  for (let from = start; from < text.length && !diagnostics.full; ) {
    const newline = text.indexOf("\n", from);
    const end = newline < 0 ? text.length : newline;
    const source = text.slice(from, end).trim();
    from = end + 1;
    line++;
    if (source === "") continue;
    const at = { line, column: 1, length: source.length };
    const fields = parseExact(source);
    if (!isObject(fields)) {
      diagnostics.report("asm.bad_json", at, "expected a JSON object on this line");
      continue;
    }
    const record = new JsonRecord(fields, at, program);
    const version = record.get("ir");
    if (typeof version === "string" && versions.includes(version)) read(record);
    else record.bad('"ir"', versions.map(quoted).join(" or "), version);
  }
}

const LONG_INTEGER = /\d{16}/;
/** Strings, so that nothing in them is touched, or integers that a double might not hold. */
const STRING_OR_LONG_INTEGER = /"(?:[^"\\]|\\.)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g;

/** The value, or `undefined`. Integers of 16 digits and more arrive as strings, because a number would round them. */
function parseExact(source: string): unknown {
  try {
    const value: unknown = JSON.parse(source);
    if (!LONG_INTEGER.test(source)) return value;
    // Only valid JSON gets here, so every quote has its partner and the pattern runs in linear time.
    return JSON.parse(source.replace(STRING_OR_LONG_INTEGER, (m) => (m.startsWith('"') ? m : `"${m}"`)));
  } catch {
    return undefined;
  }
}

/** An integer field that may be a long one. */
export function exactInteger(value: unknown): bigint | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  return typeof value === "string" && /^-?\d{16,20}$/.test(value) ? BigInt(value) : undefined;
}
