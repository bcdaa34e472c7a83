// One line of a batch: bytes to a request, or why it is none. Only shape is judged here; what module, policy and
// entry are worth is the engine's answer.

import type { PolicyInput } from "../core/policy.ts";
import type { TierChoice } from "../zasm/runtime/outcome.ts";
import { BadLine, echo, parseLine, type Request, readBase64, text, tierAt } from "./json-line.ts";
import type { Raw } from "./record.ts";

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

/** Throws `BadLine`. `defaultFuel` is for lines whose policy says nothing of fuel. */
export function readRequest(line: Uint8Array, defaultFuel: number | undefined): BatchRequest {
  const request = parseLine(line, KEYS);
  const tier = tierAt(request);
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

function content(request: Request, pathKey: string, base64Key: string): Content | undefined {
  const path = text(request, pathKey);
  const base64 = text(request, base64Key);
  if (path !== undefined && base64 !== undefined)
    throw new BadLine(`both ${pathKey} and ${base64Key} are given`);
  if (path !== undefined) return { path };
  return base64 === undefined ? undefined : { bytes: readBase64(base64Key, base64) };
}

/** Whatever is no object goes to the engine as it is, to be refused there. */
function withFuel(policy: unknown, fuel: number | undefined): PolicyInput {
  const isObject = typeof policy === "object" && policy !== null && !Array.isArray(policy);
  // Spreading defines properties, so a key `__proto__` stays the unknown field it is.
  return isObject && fuel !== undefined && !Object.hasOwn(policy, "fuel")
    ? { ...policy, fuel }
    : (policy as PolicyInput);
}
