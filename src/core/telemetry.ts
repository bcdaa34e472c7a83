// Engine telemetry: what the engine says about loading, running and compiling, and the one place that says it.
// A sink is foreign code: it may throw, return a promise, call back, or hang on to what it gets, and no outcome may
// depend on any of it. Events hold numbers, our own names and module digests, never a byte the guest chose.

import type { Category, ErrorCode, FailureStatus } from "./errors.ts";

/** What every event about a program says. */
interface About {
  /** SHA-256 of the module file, lower-case hex. */
  readonly program: string;
}
interface AboutRun extends About {
  /** Counts the instances of an engine from 1. */
  readonly run: number;
}

/** A module was loaded, or refused. */
interface LoadEvent {
  readonly event: "load";
  readonly status: "ok" | FailureStatus;
  /** Absent when it was refused. */
  readonly program?: string;
  readonly code?: ErrorCode;
  /** Length of the file given. */
  readonly bytes: number;
  readonly ms?: number;
}

/** `run()` or `resume()` was called. */
interface StartEvent extends AboutRun {
  readonly event: "start";
  /** What was asked for: a tier, or `auto`. */
  readonly tier: string;
  /** Byte offset in CODE. */
  readonly pc: number;
  readonly resumed: boolean;
}

/** From here on, this place runs in a faster tier. */
interface PromoteEvent extends AboutRun {
  readonly event: "promote";
  readonly tier: string;
  readonly pc: number;
  /** Bytes of code entered. */
  readonly bytes: number;
  /** The code existed already. */
  readonly cached: boolean;
  readonly ms?: number;
}

/** A faster tier was wanted and did not come. One event per reason, sent when the run stops. */
interface RefuseEvent extends AboutRun {
  readonly event: "refuse";
  readonly reason: string;
  /** How often, and where first. */
  readonly count: number;
  readonly pc?: number;
}

/** Compiled code went back to the interpreter. One event per place and reason, sent when the run stops. */
interface DeoptEvent extends AboutRun {
  readonly event: "deopt";
  readonly reason: string;
  readonly pc: number;
  readonly count: number;
}

interface TrapEvent extends AboutRun {
  readonly event: "trap";
  readonly code: ErrorCode;
  readonly category: Category;
  readonly pc?: number;
}

/** A run stopped. After `trap.fuel` it may start again. */
interface EndEvent extends AboutRun {
  readonly event: "end";
  readonly status: "ok" | FailureStatus;
  readonly code?: ErrorCode;
  readonly tier?: string;
  readonly fuelUsed: number | null;
  /** Entries into compiled code, since the first start. */
  readonly entries: number;
  /** Events of this run that the limit kept back: a promotion each, a place of leaving each. */
  readonly withheld: number;
  readonly ms?: number;
}

/** Code was prepared ahead of a run. */
interface CompileEvent extends About {
  readonly event: "compile";
  readonly units: number;
  readonly cached: number;
  readonly refused: number;
  readonly bytes: number;
  readonly ms?: number;
}

/** The code cache dropped entries since the last such event. */
interface CacheEvent {
  readonly event: "cache";
  readonly reason: "quota" | "withdrawn";
  readonly dropped: number;
  /** What is left. */
  readonly entries: number;
  readonly bytes: number;
}

/** Fields and names may be added in a release, never change their meaning. `ms` is absent where there is no clock. */
export type TelemetryEvent =
  | LoadEvent
  | StartEvent
  | PromoteEvent
  | RefuseEvent
  | DeoptEvent
  | TrapEvent
  | EndEvent
  | CompileEvent
  | CacheEvent;

/** Called at once, in order, with an event to keep. What it returns or throws changes nothing but the statistics. */
export type TelemetrySink = (event: TelemetryEvent) => void;

export interface TelemetryStatistics {
  /** Events the sink took. */
  readonly sent: number;
  /** Calls that threw or returned a promise. */
  readonly failed: number;
  /** Events dropped because they came out of the sink itself, or after it was given up. */
  readonly dropped: number;
  /** Too many calls failed; the sink is called no more. */
  readonly isDisabled: boolean;
}

/** A sink that failed this often is given up: a broken one must not cost every later run. */
export const MAX_SINK_FAILURES = 8;

/** Calls the embedder's sink so that nothing it does reaches a run. */
export class Telemetry {
  readonly #sink: TelemetrySink;
  #isInside = false;
  #sent = 0;
  #failed = 0;
  #dropped = 0;

  constructor(sink: TelemetrySink) {
    this.#sink = sink;
  }

  // z[impl vm.telemetry.optional] z[impl vm.telemetry.no-influence]
  /** Best effort; never throws. */
  emit(event: TelemetryEvent): void {
    if (this.#isInside || this.#isDisabled) {
      this.#dropped++;
      return;
    }
    this.#isInside = true;
    let taken = false;
    try {
      const returned: unknown = Reflect.apply(this.#sink, undefined, [event]);
      taken = !isThenable(returned);
      if (isThenable(returned)) returned.then(undefined, () => {}); // a rejection nobody handles ends a process
    } catch {
      taken = false;
    } finally {
      this.#isInside = false;
    }
    if (taken) this.#sent++;
    else this.#failed++;
  }

  get #isDisabled(): boolean {
    return this.#failed >= MAX_SINK_FAILURES;
  }

  get statistics(): TelemetryStatistics {
    return {
      sent: this.#sent,
      failed: this.#failed,
      dropped: this.#dropped,
      isDisabled: this.#isDisabled,
    };
  }
}

interface Thenable {
  then(resolved: undefined, rejected: () => void): unknown;
}

const isThenable = (value: unknown): value is Thenable =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as { readonly then?: unknown }).then === "function"; // a getter may throw; the caller catches

/** One event as one line of JSON, newline included. Keys stand in the order of the types above. */
export const telemetryLine = (event: TelemetryEvent): string => `${JSON.stringify(event)}\n`;
