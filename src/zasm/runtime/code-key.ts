// The key of generated code: everything the code was made from or takes for granted, each part length-prefixed.
// The two tables name every policy field and every engine option, so a new one does not compile before somebody has
// said here whether it shapes code.

import { isMetered, type Policy, type PolicyInput } from "../../core/policy.ts";
import type { EngineOptions, ResolvedOptions } from "./options.ts";

/** Counted up by every change to what is generated for the same unit, or to the exits' protocol. */
const CODEGEN_VERSION = 3;

/** Neither generated code nor what it means depends on this field. */
const NOT_IN_CODE = null;

type Part = string | number | bigint | boolean;

const POLICY_PARTS: Record<keyof PolicyInput, ((policy: Policy) => Part) | typeof NOT_IN_CODE> = {
  target: (p) => p.target,
  memBase: (p) => p.memBase,
  memSize: (p) => p.memSize,
  allocator: (p) => p.allocator,
  fuel: isMetered,
  meter: isMetered,
  strict: (p) => p.strict,
  strictEncoding: (p) => p.strictEncoding,
  allowTime: (p) => p.allowTime,
  allowEnv: (p) => p.allowEnv,
  allowPrimitives: (p) => p.allowPrimitives,
  maxCallDepth: (p) => p.maxCallDepth,
  maxOutputBytes: NOT_IN_CODE, // the host counts
  reqHandle: NOT_IN_CODE, // in the state block and the host
  resHandle: NOT_IN_CODE,
  maxFileLen: NOT_IN_CODE, // decided before there is code
  maxDirCount: NOT_IN_CODE,
  maxCodeLen: NOT_IN_CODE,
  maxInsnWords: NOT_IN_CODE,
  maxJitBytes: (p) => p.maxJitBytes, // which units were refused
  codeCache: NOT_IN_CODE, // whether there is a key at all
};

const OPTION_PARTS: Record<keyof EngineOptions, ((options: ResolvedOptions) => Part) | typeof NOT_IN_CODE> = {
  tier: NOT_IN_CODE, // chooses among units, which say their tier themselves
  codegen: (o) => o.codegen,
  hotThreshold: NOT_IN_CODE, // when, not what
  slice: NOT_IN_CODE, // an argument of the code
  codeCacheBytes: NOT_IN_CODE,
  telemetry: NOT_IN_CODE,
};

// z[impl vm.cache.stable-key] z[impl vm.cache.key.module] z[impl vm.cache.key.target] z[impl vm.cache.key.mem-base]
// z[impl vm.cache.key.mem-size] z[impl vm.cache.key.policy] z[impl vm.policy.cache-flags] z[impl vm.cache.invalidate]
// t[impl format.exec.code-cache-key]
/** Equal for two loads exactly if they may share generated code. */
export function codeKey(moduleSha256: string, policy: Policy, options: ResolvedOptions): string {
  const parts: Part[] = [moduleSha256, "wasm", CODEGEN_VERSION];
  for (const part of Object.values(POLICY_PARTS)) if (part !== NOT_IN_CODE) parts.push(part(policy));
  for (const part of Object.values(OPTION_PARTS)) if (part !== NOT_IN_CODE) parts.push(part(options));
  return parts
    .map(String)
    .map((text) => `${text.length}:${text}`)
    .join("");
}
