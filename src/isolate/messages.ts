// What pool and worker thread say to each other. Everything is plain data, typed arrays, shared memory, or a compiled
// WebAssembly module, which platforms hand to another thread without copying (D27).

import type { PolicyInput } from "../core/policy.ts";
import type { UnitCode } from "../zasm/runtime/code.ts";
import type { EngineOptions } from "../zasm/runtime/options.ts";
import type { Outcome, TierChoice } from "../zasm/runtime/outcome.ts";

/** Engine options that can go to another thread. */
export type SharedEngineOptions = Omit<EngineOptions, "telemetry">;

/** Run inputs that can go to another thread. */
export interface SharedInputs {
  readonly stdin?: Uint8Array;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly entry?: string;
  readonly tier?: TierChoice;
  readonly log?: "text" | "jsonl";
}

export type SharedUnits = readonly (readonly [start: number, unit: UnitCode])[];

export interface RunMessage {
  readonly inputs: SharedInputs;
  /** What to run: a file, or a module that this thread keeps under a number. */
  readonly file?: ModuleFile;
  readonly handle?: number;
  /** Comes before the handle's first run in this thread. */
  readonly keep?: ModuleFile;
  /** Code that other threads made for the handle since this one heard of it last. */
  readonly units: SharedUnits;
  /** A kept module to let go of. */
  readonly forget?: number;
}

export interface ModuleFile {
  readonly bytes: Uint8Array;
  readonly policy: PolicyInput | undefined;
}

export type ToPool =
  /** Sent once; the first segments of stdout and stderr. */
  | { readonly kind: "ready"; readonly segments: readonly [SharedArrayBuffer, SharedArrayBuffer] }
  /** Output goes on in this one. */
  | { readonly kind: "segment"; readonly stream: 0 | 1; readonly segment: SharedArrayBuffer }
  /** Its stdout and stderr are in the segments. */
  | { readonly kind: "done"; readonly outcome: Outcome; readonly units: SharedUnits };
