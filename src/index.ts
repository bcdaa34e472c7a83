// The package's public surface for embedders.

export * from "./codec/index.ts";
export type { CacheStatistics } from "./core/code-cache.ts";
export type { Category, ErrorCode, FailureStatus } from "./core/errors.ts";
export { ERRORS, InternalError, MisuseError } from "./core/errors.ts";
export type { Policy, PolicyInput } from "./core/policy.ts";
export {
  type TelemetryEvent,
  type TelemetrySink,
  type TelemetryStatistics,
  telemetryLine,
} from "./core/telemetry.ts";
export { Engine } from "./engine.ts";
export {
  type Infer,
  parseShape,
  type Shape,
  ShapeError,
  type ShapeFailure,
  type ShapeJson,
  s,
} from "./serde/shape/index.ts";
export type { Hooks, HostInputs } from "./zasm/abi/index.ts";
export type { CompileOptions, CompileRefusal, CompileReport } from "./zasm/runtime/compile.ts";
export { type LoadResult, Module } from "./zasm/runtime/engine.ts";
export type { RunInputs } from "./zasm/runtime/inputs.ts";
export type { Instance } from "./zasm/runtime/instance.ts";
export type { EngineOptions } from "./zasm/runtime/options.ts";
export type {
  Errored,
  Outcome,
  Rejected,
  Returned,
  Tier,
  TierChoice,
  Trapped,
} from "./zasm/runtime/outcome.ts";
