// What every kind of request line has in common: one JSON object, known keys, an id that is echoed, base64.

import { decodeUtf8 } from "../core/bytes.ts";
import { quoted } from "../core/errors.ts";
import { isTierChoice } from "../zasm/runtime/options.ts";
import { TIERS, type TierChoice } from "../zasm/runtime/outcome.ts";
import { suggestion } from "./nearest.ts";
import { Raw } from "./record.ts";

/** The keys of a line and their values. */
export type Request = ReadonlyMap<string, unknown>;

/** Why a line is no request. */
export class BadLine extends Error {
  override readonly name = "BadLine";
}

const NO_ID = new Raw("null");

/** True for a line that is skipped: nothing but JSON white space. */
export const isBlank = (line: Uint8Array): boolean =>
  line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);

/** The line's own keys, all among `keys`. A repeated key counts once, with its last value, as JSON.parse has it. */
export function parseLine(line: Uint8Array, keys: readonly string[]): Request {
  const json = decodeUtf8(line);
  if (json === undefined) throw new BadLine("the line is not UTF-8");
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new BadLine("the line is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BadLine("the line is not a JSON object");
  }
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown !== undefined) {
    throw new BadLine(`there is no key ${quoted(unknown)}${suggestion(unknown, keys)}`);
  }
  return new Map(Object.entries(value));
}

export function text(request: Request, key: string): string | undefined {
  const value = request.get(key);
  if (value === undefined || typeof value === "string") return value;
  throw new BadLine(`${key} must be a string`);
}

export function tierAt(request: Request): TierChoice {
  const tier = text(request, "tier") ?? "auto";
  if (!isTierChoice(tier)) throw new BadLine(`tier must be auto, ${TIERS.join(", ")}`);
  return tier;
}

/** A multiple of 3. Re-encoding a whole module at once would double what a long line costs. */
const PIECE_BYTES = 3 * 256 * 1024;

/** Standard alphabet, padded, no white space, unused bits 0: exactly what encoding the bytes gives again. */
export function readBase64(key: string, base64: string): Uint8Array {
  const bytes = Buffer.from(base64, "base64");
  let isExact = base64.length === Math.ceil(bytes.length / 3) * 4;
  for (let at = 0; isExact && at < bytes.length; at += PIECE_BYTES) {
    const again = bytes.toString("base64", at, at + PIECE_BYTES);
    isExact = base64.startsWith(again, (at / 3) * 4);
  }
  if (!isExact) throw new BadLine(`${key} is not base64`);
  return bytes;
}

export function echo(id: unknown): Raw {
  if (id === undefined) return NO_ID;
  try {
    return new Raw(JSON.stringify(id));
  } catch {
    throw new BadLine("id is nested too deeply"); // JSON.parse has no limit, JSON.stringify has
  }
}
