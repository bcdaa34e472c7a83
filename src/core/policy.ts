// The policy of a run: every field, its default and its ceiling, and the one place that turns what an embedder
// wrote into a `Policy`. Read once, own properties only, copied, frozen (D5); nothing downstream checks again.

import { type Failure, failure, quoted } from "./errors.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

// z[impl vm.policy.target] z[impl vm.policy.mem-base] z[impl vm.policy.mem-size] z[impl vm.policy.fuel]
/** What an embedder may write. Every field is optional; unknown fields are refused. */
export interface PolicyInput {
  /** `host` = the best safe tier here (default). `x86_64` / `arm64` = native code for that machine. */
  readonly target?: "host" | "x86_64" | "arm64";
  /** Guest address of the first byte of memory, a multiple of 8. Default 0. In JSON, an integer or `"0x…"`. */
  readonly memBase?: bigint | number | string;
  /** Bytes of guest memory. Default 2 MiB, at most 256 MiB. */
  readonly memSize?: number;
  readonly allocator?: "bump";
  /** Instructions that may start, plus bulk and host-call charges. 0 (default) = unlimited. */
  readonly fuel?: number;
  /** Count fuel even when it is unlimited. Default false. */
  readonly meter?: boolean;
  /** Bad pointers, lengths, handles and frees in host calls trap instead of returning codes. Default false. */
  readonly strict?: boolean;
  /** Accept only the instruction forms the upstream tools emit. Default false. */
  readonly strictEncoding?: boolean;
  /** Let the guest ask for host information, time and random seeds. Default false. */
  readonly allowTime?: boolean;
  /** Let the guest read the environment record the embedder gives. Default false. */
  readonly allowEnv?: boolean;
  /** false refuses every module with a host call. Default true. */
  readonly allowPrimitives?: boolean;
  /** Unreturned CALLs allowed. Default 1024, 1 … 1,048,576. */
  readonly maxCallDepth?: number;
  /** Bytes of stdout and stderr together. Default 64 MiB, at most 1 GiB. */
  readonly maxOutputBytes?: number;
  /** Handle that `in` reads from. Default 0. */
  readonly reqHandle?: number;
  /** Handle that `out` writes to. Default 1. */
  readonly resHandle?: number;
  /** Bytes. Default 64 MiB, at most 256 MiB; 0 = at most. */
  readonly maxFileLen?: number;
  /** Directory entries. Default 1024, at most 16384; 0 = at most. */
  readonly maxDirCount?: number;
  /** Bytes. Default 32 MiB, at most 64 MiB; 0 = at most. */
  readonly maxCodeLen?: number;
  /** Words of CODE, extension words included. Default 0 = maxCodeLen / 4; at most 16 Mi. */
  readonly maxInsnWords?: number;
  /** Bytes of generated code. Default 0 = at most = 256 MiB. */
  readonly maxJitBytes?: number;
  /** `off`: the code cache is neither read nor filled. Default `on`. */
  readonly codeCache?: "on" | "off";
}

declare const checked: unique symbol;

/** A validated policy: complete, frozen, without prototype. Only `resolvePolicy` makes one. */
export type Policy = {
  readonly [K in keyof PolicyInput]-?: K extends "memBase" ? bigint : Exclude<PolicyInput[K], undefined>;
} & { readonly [checked]: true };

/** Metered runs count fuel (D11). */
export const isMetered = (policy: Policy): boolean => policy.fuel > 0 || policy.meter;

type Field = {
  readonly fallback: unknown;
  readonly expected: string;
  readonly read: (value: unknown) => unknown;
};

/** `read` gives the resolved value, or `undefined` for a value the field cannot have. */
const choice = (fallback: string, ...others: string[]): Field => {
  const all = [fallback, ...others];
  return {
    fallback,
    expected: `one of ${all.join(", ")}`,
    read: (v) => (typeof v === "string" && all.includes(v) ? v : undefined),
  };
};
const flag = (fallback: boolean): Field => ({
  fallback,
  expected: "true or false",
  read: (v) => (typeof v === "boolean" ? v : undefined),
});
/** `zero` is what a written 0 means; without it 0 is judged by the range. */
const integer = (fallback: number, min: number, max: number, zero?: number): Field => ({
  fallback,
  expected: `an integer from ${min} to ${max}`,
  read: (v) => {
    if (typeof v !== "number" || !Number.isSafeInteger(v) || v < min || v > max) return undefined;
    return v === 0 && zero !== undefined ? zero : v === 0 ? 0 : v; // -0 becomes 0
  },
});

const MAX_JIT_BYTES = 256 * MiB;

const FIELDS: { readonly [K in keyof PolicyInput]-?: Field } = {
  target: choice("host", "x86_64", "arm64"),
  memBase: { fallback: 0n, expected: "a multiple of 8 below 2^64", read: readAddress },
  memSize: integer(2 * MiB, 1, 256 * MiB),
  allocator: choice("bump"),
  fuel: integer(0, 0, Number.MAX_SAFE_INTEGER),
  meter: flag(false),
  strict: flag(false),
  strictEncoding: flag(false),
  allowTime: flag(false),
  allowEnv: flag(false),
  allowPrimitives: flag(true),
  maxCallDepth: integer(1024, 1, 1_048_576),
  maxOutputBytes: integer(64 * MiB, 1, 1024 * MiB),
  reqHandle: integer(0, 0, 0x7fffffff),
  resHandle: integer(1, 0, 0x7fffffff),
  maxFileLen: integer(64 * MiB, 0, 256 * MiB, 256 * MiB),
  maxDirCount: integer(1024, 0, 16_384, 16_384),
  maxCodeLen: integer(32 * MiB, 0, 64 * MiB, 64 * MiB),
  maxInsnWords: integer(0, 0, 16 * MiB),
  maxJitBytes: integer(MAX_JIT_BYTES, 0, MAX_JIT_BYTES, MAX_JIT_BYTES),
  codeCache: choice("on", "off"),
};

export const POLICY_FIELDS = Object.keys(FIELDS) as readonly (keyof PolicyInput)[];

function readAddress(value: unknown): bigint | undefined {
  let address: bigint;
  if (typeof value === "bigint") address = value;
  else if (typeof value === "number" && Number.isSafeInteger(value)) address = BigInt(value);
  else if (typeof value === "string" && /^0x[0-9a-fA-F]{1,16}$/.test(value)) address = BigInt(value);
  else return undefined;
  return address >= 0n && address < 1n << 64n && address % 8n === 0n ? address : undefined;
}

/**
 * Validates `input` and completes it with the defaults.
 * Gives `policy.unknown_field`, `policy.bad_value` or `policy.unsupported` as a value; never throws.
 */
export function resolvePolicy(input: unknown): Policy | Failure {
  const policy: Record<string, unknown> = Object.create(null);
  for (const name of POLICY_FIELDS) policy[name] = FIELDS[name].fallback;
  if (input !== undefined) {
    if (typeof input !== "object" || input === null) return failure("policy.bad_value", {}, NOT_AN_OBJECT);
    const complaint = readFields(input, policy);
    if (complaint !== undefined) return complaint;
  }
  if (policy.maxInsnWords === 0) {
    policy.maxInsnWords = Math.floor((policy.maxCodeLen as number) / 4);
  }
  const resolved = Object.freeze(policy) as unknown as Policy; // the only cast to the brand
  if (resolved.memBase + BigInt(resolved.memSize) > 1n << 64n) {
    return failure("policy.bad_value", {}, "memBase + memSize passes 2^64");
  }
  if (resolved.strict && (resolved.allowTime || resolved.allowEnv)) {
    return failure("policy.unsupported", {}, "strict cannot be combined with allowTime or allowEnv");
  }
  return resolved;
}

const NOT_AN_OBJECT = "the policy is not an object";

/** Copies own, defined properties into `policy`; each is read once. Getters and proxies may throw: that is a bad value. */
function readFields(input: object, policy: Record<string, unknown>): Failure | undefined {
  let name = "";
  try {
    // Inside, because asking a revoked proxy throws.
    if (Array.isArray(input)) return failure("policy.bad_value", {}, NOT_AN_OBJECT);
    for (const key of Reflect.ownKeys(input)) {
      name = String(key);
      const field = Object.hasOwn(FIELDS, key) ? FIELDS[key as keyof PolicyInput] : undefined;
      if (field === undefined) {
        return failure("policy.unknown_field", {}, `the policy has no field ${quoted(name)}`);
      }
      const value: unknown = Reflect.get(input, key);
      if (value === undefined) continue;
      const read = field.read(value);
      if (read === undefined) return failure("policy.bad_value", {}, `${name} must be ${field.expected}`);
      policy[name] = read;
    }
  } catch {
    return failure("policy.bad_value", {}, `the policy could not be read at ${quoted(name)}`);
  }
  return undefined;
}
