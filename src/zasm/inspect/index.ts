// `sinter/inspect`: what the engine does to a module, shown. Nothing in the run path imports this (D28).

export { diffTraces, type TraceComparison, type TraceDifference } from "./diff.ts";
export { type Explained, type ExplainOptions, explainModule } from "./explain.ts";
export { explanationText, isMeant, type Paint, type Style, type TextOptions } from "./explain-text.ts";
export type * from "./explanation.ts";
export { explanationPage, type PageOptions } from "./page.ts";
export type {
  Checkpoint,
  Digest,
  End,
  Hex,
  Output,
  Start,
  Step,
  TraceOptions,
  TraceRecord,
  Written,
} from "./records.ts";
export { type Trace, traceModule } from "./trace.ts";
export { TRACE_MAGIC, traceLines } from "./trace-text.ts";
