// What an embedder gives an isolate: checked once, at the edge.

import { MisuseError, quoted } from "../core/errors.ts";
import type { PolicyInput } from "../core/policy.ts";
import { resolveOptions } from "../zasm/runtime/options.ts";
import type { SharedEngineOptions, SharedInputs } from "./messages.ts";

/** The part of an `AbortSignal` that is used. */
export interface CancelSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Per thread, in MiB. Guest memory and stdin are not counted; the policy and the caller bound those. */
export interface ResourceLimits {
  /** JavaScript heap, 16 at least: with less V8 cannot start a thread, and ends the whole process instead. */
  readonly heapMb?: number;
  /** The part of the heap for new objects, 1 at least. */
  readonly youngHeapMb?: number;
  /** Generated code, 1 at least. */
  readonly codeMb?: number;
  /** Native stack, 1 to 1024. */
  readonly stackMb?: number;
}

const LIMITS = {
  heapMb: [16, 2 ** 20],
  youngHeapMb: [1, 2 ** 20],
  codeMb: [1, 2 ** 20],
  stackMb: [1, 1024],
} as const satisfies Record<keyof ResourceLimits, readonly [number, number]>;

export interface IsolateOptions {
  /** Guests that run at once. Default: one less than the processors, at least 1, at most 4. */
  readonly workers?: number;
  /** Wall-clock limit of runs that set none, in milliseconds from the moment a thread takes them. Default: none. */
  readonly timeoutMs?: number;
  readonly resourceLimits?: ResourceLimits;
  /** Options of the engine in each thread. A telemetry sink is a function, and cannot go there. */
  readonly engine?: SharedEngineOptions;
}

export interface IsolateRunOptions extends SharedInputs {
  /** For module bytes; a loaded module has its own. */
  readonly policy?: PolicyInput;
  /** Wall-clock limit in milliseconds, from the moment a thread takes the run. 0 = none. Default: the isolate's. */
  readonly timeoutMs?: number;
  /** Aborting ends the run with `host.cancelled`. */
  readonly signal?: CancelSignal;
}

/** The longest delay of a timer. */
export const MAX_TIMEOUT_MS = 2 ** 31 - 1;

const check = (ok: boolean, message: string): void => {
  if (!ok) throw new MisuseError(message);
};

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

function checkFields(what: string, value: object, fields: readonly string[]): void {
  for (const key of Object.keys(value)) check(fields.includes(key), `${what} have no field ${quoted(key)}`);
}

const isTimeout = (value: unknown): boolean =>
  value === undefined || (typeof value === "number" && value >= 0 && value <= MAX_TIMEOUT_MS);

const TIMEOUT_COMPLAINT = `timeoutMs must be a number from 0 to ${MAX_TIMEOUT_MS}`;

/** A private copy. Throws `MisuseError`. */
export function checkIsolateOptions(options: IsolateOptions): IsolateOptions {
  check(isObject(options), "isolate options must be an object");
  const own = { ...options };
  checkFields("isolate options", own, ["workers", "timeoutMs", "resourceLimits", "engine"]);
  const { workers, timeoutMs, resourceLimits, engine } = own;
  const isCount = Number.isInteger(workers) && workers! >= 1 && workers! <= MAX_WORKERS;
  check(workers === undefined || isCount, `workers must be an integer from 1 to ${MAX_WORKERS}`);
  check(isTimeout(timeoutMs), TIMEOUT_COMPLAINT);
  if (resourceLimits !== undefined) {
    check(isObject(resourceLimits), "resourceLimits must be an object");
    checkFields("resourceLimits", resourceLimits, Object.keys(LIMITS));
    for (const [name, [least, most]] of Object.entries(LIMITS)) {
      const value: unknown = Reflect.get(resourceLimits, name);
      const isIn = typeof value === "number" && value >= least && value <= most;
      check(value === undefined || isIn, `resourceLimits.${name} must be from ${least} to ${most} MiB`);
    }
  }
  if (engine !== undefined) {
    check(isObject(engine), "engine must be an object");
    check(!("telemetry" in engine), "telemetry is a function, and functions cannot go to another thread");
    resolveOptions(engine);
  }
  return {
    ...own,
    ...(engine === undefined ? {} : { engine: { ...engine } }),
    ...(resourceLimits === undefined ? {} : { resourceLimits: { ...resourceLimits } }),
  };
}

/** A thread costs some 10 MB. */
const MAX_WORKERS = 256;

const FUNCTIONS = ["hooks", "stdout", "stderr"] as const;

/** A private copy of what is ours; inputs are checked by the runtime. Throws `MisuseError`. */
export function checkRunOptions(options: IsolateRunOptions): IsolateRunOptions {
  check(isObject(options), "run options must be an object");
  for (const name of FUNCTIONS) {
    const isGiven = Reflect.get(options, name) !== undefined;
    check(!isGiven, `${name} would have to be called in another thread, and functions cannot go there`);
  }
  const { timeoutMs, signal } = options;
  check(isTimeout(timeoutMs), TIMEOUT_COMPLAINT);
  const isSignal = isObject(signal) && typeof signal.addEventListener === "function";
  check(signal === undefined || isSignal, "signal must be an AbortSignal");
  return { ...options };
}
