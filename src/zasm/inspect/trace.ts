// `traceModule`: a run as a sequence of records that is the same wherever the run is the same.

import { type Failure, isFailure, MisuseError } from "../../core/errors.ts";
import type { PolicyInput } from "../../core/policy.ts";
import { checkpoints } from "./checkpoints.ts";
import { measured } from "./output.ts";
import { type Start, TRACE_VERSION, type TraceOptions, type TraceRecord } from "./records.ts";
import { Stepper } from "./steps.ts";
import { entryOf, openSubject } from "./subject.ts";

const DEFAULT_LIMIT = 100_000;

export type Trace =
  | { readonly ok: true; readonly records: Iterable<TraceRecord> }
  | { readonly ok: false; readonly failure: Failure };

/**
 * The trace of one run. Records are made while they are asked for, once. Without `every` each instruction is a
 * record and the tier is `interp`; with it, each is the state after so many units, in the tier the inputs name.
 * Gives the failure for a module that is refused; throws `MisuseError` for options that make no sense.
 */
export function traceModule(
  bytes: Uint8Array,
  options: TraceOptions & { readonly policy?: PolicyInput } = {},
): Trace {
  const { inputs = {}, every, limit = DEFAULT_LIMIT, skip = 0 } = options;
  check(every === undefined || isCount(every, 1), "every must be an integer from 1");
  check(isCount(limit, 0), "limit must be an integer from 0");
  check(isCount(skip, 0), "skip must be an integer from 0");
  const tier = inputs.tier ?? (every === undefined ? "interp" : "auto");
  check(every !== undefined || tier === "interp", "tiers other than interp are traced with every");
  const module = openSubject(bytes, options.policy);
  if (isFailure(module)) return { ok: false, failure: module };
  const entry = entryOf(module, inputs.entry);
  if (typeof entry !== "number") return { ok: false, failure: entry };
  const start: Start = {
    kind: "start",
    version: TRACE_VERSION,
    module: module.sha256,
    entry: entry * 4,
    policy: module.policy,
    stdin: measured(inputs.stdin ?? new Uint8Array(0)),
    args: inputs.args ?? [],
    tier,
    ...(every === undefined ? {} : { every }),
    skip,
  };
  if (every !== undefined) {
    const run = { every, skip, limit, inputs: { ...inputs, tier }, engine: {} };
    return { ok: true, records: withStart(start, checkpoints(bytes, module, run)) };
  }
  const stepper = Stepper.start(module, inputs);
  if (isFailure(stepper)) return { ok: false, failure: stepper };
  return { ok: true, records: withStart(start, steps(stepper, skip, limit)) };
}

const isCount = (value: number, min: number): boolean => Number.isSafeInteger(value) && value >= min;

function check(ok: boolean, message: string): void {
  if (!ok) throw new MisuseError(message);
}

function* withStart(start: Start, records: Iterable<TraceRecord>): Generator<TraceRecord> {
  yield start;
  yield* records;
}

function* steps(stepper: Stepper, skip: number, limit: number): Generator<TraceRecord> {
  while (stepper.steps < skip) {
    const exit = stepper.run(1);
    if (exit === undefined) continue;
    yield stepper.end(exit);
    return;
  }
  for (let records = 0; records < limit; records++) {
    const { record, exit } = stepper.step();
    if (record !== undefined) yield record;
    if (exit === undefined) continue;
    yield stepper.end(exit);
    return;
  }
  yield stepper.end(undefined);
}
