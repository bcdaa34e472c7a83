// `sinter/isolate`: modules in worker threads, under a wall clock.

export {
  Isolate,
  type IsolateLoadResult,
  type IsolateStatistics,
} from "./isolate.ts";
export type { CancelSignal, IsolateOptions, IsolateRunOptions, ResourceLimits } from "./options.ts";
export type { SharedModule } from "./shared-module.ts";
