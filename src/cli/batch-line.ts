// One line of a batch: bytes to a request, or why it is none. Only shape is judged here; what module, policy and
// entry are worth is the engine's answer.

import { decodeUtf8 } from "../core/bytes.ts";
import { quoted } from "../core/errors.ts";
import type { PolicyInput } from "../core/policy.ts";
import { isTierChoice } from "../zasm/runtime/options.ts";
import { TIERS, type TierChoice } from "../zasm/runtime/outcome.ts";
import { suggestion } from "./nearest.ts";
import { Raw } from "./record.ts";

/** Bytes, or the path of a file that holds them. */
type Content = { readonly path: string } | { readonly bytes: Uint8Array };

export interface BatchRequest {
  /** As it was parsed, ready to be echoed. */
  readonly id: Raw;
  readonly module: Content;
  readonly stdin: Content;
  /** Unchecked. */
  readonly policy: PolicyInput;
  readonly tier: TierChoice;
  readonly entry: string | undefined;
  /** Registers and memory digest are wanted. */
  readonly state: boolean;
}

/** Why a line is no request. */
export class BadLine extends Error {
  override readonly name = "BadLine";
}

const KEYS = [
  "id",
  "module",
  "moduleBase64",
  "stdin",
  "stdinBase64",
  "policy",
  "tier",
  "entry",
  "state",
] as const;

const NO_ID = new Raw("null");

/** True for a line that is skipped: nothing but JSON white space. */
export const isBlank = (line: Uint8Array): boolean =>
  line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);

/** Throws `BadLine`. `defaultFuel` is for lines whose policy says nothing of fuel. */
export function readRequest(line: Uint8Array, defaultFuel: number | undefined): BatchRequest {
  const request = parseObject(line);
  const unknown = [...request.keys()].find((key) => !(KEYS as readonly string[]).includes(key));
  if (unknown !== undefined) {
    throw new BadLine(`there is no key ${quoted(unknown)}${suggestion(unknown, KEYS)}`);
  }
  const tier = text(request, "tier") ?? "auto";
  if (!isTierChoice(tier)) throw new BadLine(`tier must be auto, ${TIERS.join(", ")}`);
  const state = request.get("state") ?? false;
  if (typeof state !== "boolean" || request.get("state") === null) {
    throw new BadLine("state must be true or false");
  }
  const module = content(request, "module", "moduleBase64");
  if (module === undefined) throw new BadLine("module or moduleBase64 is missing");
  return {
    id: echo(request.get("id")),
    module,
    stdin: content(request, "stdin", "stdinBase64") ?? { bytes: new Uint8Array(0) },
    policy: withFuel(request.has("policy") ? request.get("policy") : {}, defaultFuel),
    tier,
    entry: text(request, "entry"),
    state,
  };
}

/** The line's own keys. A repeated key counts once, with its last value, as JSON.parse has it. */
function parseObject(line: Uint8Array): Map<string, unknown> {
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
  return new Map(Object.entries(value));
}

function text(request: ReadonlyMap<string, unknown>, key: string): string | undefined {
  const value = request.get(key);
  if (value === undefined || typeof value === "string") return value;
  throw new BadLine(`${key} must be a string`);
}

function content(
  request: ReadonlyMap<string, unknown>,
  pathKey: string,
  base64Key: string,
): Content | undefined {
  const path = text(request, pathKey);
  const base64 = text(request, base64Key);
  if (path !== undefined && base64 !== undefined)
    throw new BadLine(`both ${pathKey} and ${base64Key} are given`);
  if (path !== undefined) return { path };
  return base64 === undefined ? undefined : { bytes: readBase64(base64Key, base64) };
}

/** A multiple of 3. Re-encoding a whole module at once would double what a long line costs. */
const PIECE_BYTES = 3 * 256 * 1024;

/** Standard alphabet, padded, no white space, unused bits 0: exactly what encoding the bytes gives again. */
function readBase64(key: string, base64: string): Uint8Array {
  const bytes = Buffer.from(base64, "base64");
  let isExact = base64.length === Math.ceil(bytes.length / 3) * 4;
  for (let at = 0; isExact && at < bytes.length; at += PIECE_BYTES) {
    const again = bytes.toString("base64", at, at + PIECE_BYTES);
    isExact = base64.startsWith(again, (at / 3) * 4);
  }
  if (!isExact) throw new BadLine(`${key} is not base64`);
  return bytes;
}

function echo(id: unknown): Raw {
  if (id === undefined) return NO_ID;
  try {
    return new Raw(JSON.stringify(id));
  } catch {
    throw new BadLine("id is nested too deeply"); // JSON.parse has no limit, JSON.stringify has
  }
}

/** Whatever is no object goes to the engine as it is, to be refused there. */
function withFuel(policy: unknown, fuel: number | undefined): PolicyInput {
  const isObject = typeof policy === "object" && policy !== null && !Array.isArray(policy);
  // Spreading defines properties, so a key `__proto__` stays the unknown field it is.
  return isObject && fuel !== undefined && !Object.hasOwn(policy, "fuel")
    ? { ...policy, fuel }
    : (policy as PolicyInput);
}
