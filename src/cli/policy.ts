// The policy of a command: a JSON file, then flags over it. Both are checked here, so that a bad policy is a usage
// error that names its file or flag, and the engine only ever sees a good one.

import { decodeUtf8 } from "../core/bytes.ts";
import { isFailure } from "../core/errors.ts";
import { POLICY_FIELDS, type PolicyInput, resolvePolicy } from "../core/policy.ts";
import { CliFailure } from "./failure.ts";
import { readInput } from "./files.ts";
import type { Io } from "./io.ts";
import { suggestion } from "./nearest.ts";
import { type Given, readAddress, readInteger } from "./options.ts";
import type { POLICY_FLAGS } from "./policy-flags.ts";

/** Longest policy file read. */
const MAX_POLICY_BYTES = 1024 * 1024;

/** The policy that file and flags spell, known to be valid. Throws `CliFailure` with a `policy.*` or `usage.*` code. */
// z[impl vm.input.policy]
export function policyOf(io: Io, given: Given<typeof POLICY_FLAGS>): PolicyInput {
  const fromFile = given.policy === undefined ? {} : readPolicyFile(io, given.policy);
  // A null prototype: the file may well have a key `__proto__`, which is then an unknown field.
  const policy: PolicyInput = Object.assign(Object.create(null), fromFile, flagFields(given));
  const resolved = resolvePolicy(policy);
  if (!isFailure(resolved)) return policy;
  throw new CliFailure(resolved.code, resolved.reason, given.policy ?? "from the command line");
}

function flagFields(given: Given<typeof POLICY_FLAGS>): PolicyInput {
  const integer = (name: "fuel" | "mem-size" | "max-output") => {
    const text = given[name];
    return text === undefined ? undefined : readInteger(`--${name}`, text, Number.MAX_SAFE_INTEGER);
  };
  const memBase = given["mem-base"];
  const fields: { readonly [K in keyof PolicyInput]: PolicyInput[K] | undefined } = {
    fuel: integer("fuel"),
    memSize: integer("mem-size"),
    maxOutputBytes: integer("max-output"),
    memBase: memBase === undefined ? undefined : readAddress("--mem-base", memBase),
    meter: given.meter,
    strict: given.strict,
    strictEncoding: given["strict-encoding"],
    allowTime: given["allow-time"],
    allowEnv: given["allow-env"],
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function readPolicyFile(io: Io, path: string): object {
  const text = decodeUtf8(readInput(io, path, MAX_POLICY_BYTES));
  if (text === undefined) throw new CliFailure("policy.bad_value", "the policy is not UTF-8", path);
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch (error) {
    throw new CliFailure("policy.bad_value", `the policy is not JSON: ${(error as Error).message}`, path);
  }
  // Judged alone first, so that what is wrong with the file is not blamed on a flag, or hidden by one.
  const resolved = resolvePolicy(policy);
  if (!isFailure(resolved)) return policy as object; // resolvePolicy refuses everything else
  const unknown = Object.keys(policy ?? {}).find(
    (key) => !(POLICY_FIELDS as readonly string[]).includes(key),
  );
  const hint =
    resolved.code === "policy.unknown_field" && unknown !== undefined
      ? suggestion(unknown, POLICY_FIELDS)
      : "";
  throw new CliFailure(resolved.code, `${resolved.reason}${hint}`, path);
}

/** The environment record that --env spells, for a policy that lets the program read one. */
export function envOf(
  entries: readonly string[] | undefined,
  { allowEnv }: PolicyInput,
): { readonly env?: Readonly<Record<string, string>> } {
  const env: Record<string, string> = Object.create(null);
  for (const entry of entries ?? []) {
    const at = entry.indexOf("=");
    if (at <= 0) throw new CliFailure("usage.bad_value", `--env must be NAME=VALUE, not ${entry}`);
    env[entry.slice(0, at)] = entry.slice(at + 1);
  }
  if (allowEnv) return { env };
  if (entries !== undefined)
    throw new CliFailure("usage.bad_value", "--env does nothing without --allow-env");
  return {};
}
