// The package's public surface for embedders.

export type { Category, ErrorCode, FailureStatus } from "./core/errors.ts";
export { ERRORS, InternalError, MisuseError } from "./core/errors.ts";
export type { Policy, PolicyInput } from "./core/policy.ts";
export type { Hooks, HostInputs } from "./zasm/abi/index.ts";
export { Engine, type LoadResult, Module } from "./zasm/runtime/engine.ts";
export type { RunInputs } from "./zasm/runtime/inputs.ts";
export type { Instance } from "./zasm/runtime/instance.ts";
export type {
  Errored,
  Outcome,
  Rejected,
  Returned,
  Tier,
  TierChoice,
  Trapped,
} from "./zasm/runtime/outcome.ts";
