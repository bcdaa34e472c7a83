// What an embedder gives a run beside module and policy: checked once, copied, owned by the run.

import { copyBytes } from "../../core/bytes.ts";
import { MisuseError } from "../../core/errors.ts";
import type { HostInputs } from "../abi/index.ts";
import { isTierChoice } from "./options.ts";
import { TIERS, type TierChoice } from "./outcome.ts";

export interface RunInputs extends HostInputs {
  /** Name of the export to start at. Default: the module's entry. */
  readonly entry?: string;
  /** Default `auto`. */
  readonly tier?: TierChoice;
}

export function isBytes(value: unknown): value is Uint8Array {
  return Object.prototype.toString.call(value) === "[object Uint8Array]";
}

const FIELDS = ["stdin", "args", "env", "hooks", "stdout", "stderr", "log", "entry", "tier"] as const;

// z[impl vm.policy.only-source]
/** A private copy of `inputs`. Throws `MisuseError` for what the types forbid and a caller without types may pass. */
export function checkInputs(inputs: RunInputs): RunInputs {
  if (typeof inputs !== "object" || inputs === null) throw new MisuseError("run inputs must be an object");
  const own: Record<string, unknown> = Object.create(null);
  for (const key of Object.keys(inputs)) {
    if (!(FIELDS as readonly string[]).includes(key))
      throw new MisuseError(`run inputs have no field ${key}`);
    const value: unknown = Reflect.get(inputs, key);
    if (value !== undefined) own[key] = value;
  }
  const { stdin, args, env, stdout, stderr, log, entry, tier } = own;
  const check = (ok: boolean, message: string) => {
    if (!ok) throw new MisuseError(message);
  };
  check(stdin === undefined || isBytes(stdin), "stdin must be a Uint8Array");
  check(args === undefined || isStrings(args), "args must be an array of strings");
  check(env === undefined || isRecord(env), "env must be an object of strings");
  check(stdout === undefined || typeof stdout === "function", "stdout must be a function");
  check(stderr === undefined || typeof stderr === "function", "stderr must be a function");
  check(log === undefined || log === "text" || log === "jsonl", 'log must be "text" or "jsonl"');
  check(entry === undefined || typeof entry === "string", "entry must be a string");
  check(tier === undefined || isTierChoice(tier), `tier must be auto, ${TIERS.join(", ")}`);
  if (isBytes(stdin)) own.stdin = copyBytes(stdin);
  if (isStrings(args)) own.args = [...args];
  if (isRecord(env)) own.env = Object.assign(Object.create(null), env);
  return own as RunInputs; // every field was just checked
}

const isStrings = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

const isRecord = (value: unknown): value is Record<string, string> =>
  typeof value === "object" && value !== null && Object.values(value).every((v) => typeof v === "string");
