// Where a run spends its instructions, exactly, and what its tiers did: the program runs once in the interpreter line by
// line, and once as it would. A line is what follows without a jump, call or bulk instruction. A program need not end:
// without fuel of its own it gets some from here, and a program that used it up is cut, which is no trap.

import { type Failure, isFailure } from "../../core/errors.ts";
import { isMetered, type Policy } from "../../core/policy.ts";
import { monotonicNs } from "../../platform/clock.ts";
import { lengthWords, opcodeOf } from "../isa/fields.ts";
import { Engine } from "../runtime/engine.ts";
import type { RunInputs } from "../runtime/inputs.ts";
import type { EngineOptions } from "../runtime/options.ts";
import type { Outcome } from "../runtime/outcome.ts";
import { EXIT, type Exit } from "../state/block.ts";
import type { VerifiedModule } from "../verify/verify.ts";
import type { RunView } from "./explanation.ts";
import { Stepper } from "./steps.ts";
import { openSubject } from "./subject.ts";

export interface Profile {
  /** Times each instruction was started, by word index. */
  readonly executed: Float64Array;
  readonly run: RunView;
}

/** Instructions profiled at most, a second or two; a longer run is hot in the same places. */
const MAX_PROFILED = 4_000_000;

/** Units that a run without fuel of its own is given: a second or two in the slowest tier. */
const DEFAULT_LIMIT = 200_000_000;

/**
 * Runs the program in the tiers `engine` allows, to its end or to `limit` units, whichever is first; without `limit`,
 * to the end of its fuel, or of `DEFAULT_LIMIT` where that is unlimited. Hooks are called in each run.
 */
export function profileRun(
  bytes: Uint8Array,
  module: VerifiedModule,
  inputs: RunInputs,
  engine: EngineOptions,
  limit?: number,
): Profile | Failure {
  const { policy } = module;
  const units = limit ?? (policy.fuel === 0 ? DEFAULT_LIMIT : policy.fuel);
  const isLimited = policy.fuel === 0 || units < policy.fuel;
  const limited = isLimited ? openSubject(bytes, { ...policy, fuel: units }) : module;
  if (isFailure(limited)) return limited;
  const stepper = Stepper.start(limited, inputs);
  if (isFailure(stepper)) return stepper;
  const executed = new Float64Array(module.codeWords + 1);
  const ended = countLines(stepper, executed);
  const first = timedRun(bytes, limited.policy, inputs, engine);
  if (isFailure(first)) return first;
  const isCut = isLimited && isOutOfFuel(first.outcome);
  // Code that counts fuel is other code. What ended once, and does the same every time, may run as it would.
  const isSame = isMetered(policy) || isCut || !first.outcome.deterministic;
  const ran = isSame ? first : timedRun(bytes, policy, inputs, engine);
  if (isFailure(ran)) return ran;
  const { outcome, counts, runUs } = ran;
  const failed = outcome.status === "ok" ? undefined : outcome;
  return {
    executed,
    run: {
      status: isCut ? "limit" : outcome.status,
      ...(failed === undefined || isCut ? {} : { code: failed.code }),
      ...(failed?.pc === undefined ? {} : { pc: failed.pc }),
      ...(outcome.tier === undefined ? {} : { tier: outcome.tier }),
      fuelUsed: outcome.fuelUsed,
      entries: counts?.entries ?? 0,
      exits: counts?.exits ?? 0,
      refusals: Object.fromEntries(counts?.refusals ?? []),
      profiled: executed.reduce((sum, count) => sum + count, 0),
      isComplete: ended !== undefined && !(isLimited && ended === EXIT.fuel),
      timing: { runUs },
    },
  };
}

const isOutOfFuel = (outcome: Outcome): boolean => outcome.status === "trap" && outcome.code === "trap.fuel";

/** One run with its output dropped, and what its tiers did. */
function timedRun(bytes: Uint8Array, policy: Policy, inputs: RunInputs, engine: EngineOptions) {
  const loaded = Engine.create(engine).load(bytes, policy);
  if (loaded.status !== "ok") return loaded;
  const drop = () => {};
  const instance = loaded.module.instantiate({ ...inputs, stdout: drop, stderr: drop });
  const began = monotonicNs() ?? 0n;
  const outcome = instance.run();
  const runUs = Number((monotonicNs() ?? 0n) - began) / 1000;
  return { outcome, counts: instance.tiering, runUs };
}

/** How the run ended, if it did before `MAX_PROFILED`. */
function countLines(stepper: Stepper, executed: Float64Array): Exit | undefined {
  const { module, block } = stepper;
  const lines = new Map<number, { readonly length: number; count: number }>();
  let ended: Exit | undefined;
  while (stepper.steps < MAX_PROFILED) {
    const start = block.pc >>> 2;
    let line = lines.get(start);
    if (line === undefined) {
      line = { length: lineLength(module, start), count: 0 };
      lines.set(start, line);
    }
    const before = stepper.steps;
    const exit = stepper.run(line.length);
    if (exit === undefined && stepper.steps - before === line.length) {
      line.count++;
      continue;
    }
    // Stopped on the way: what started stands before pc, and at it when it trapped there.
    addLine(module, executed, start, stepper.steps - before, 1);
    if (exit === undefined) continue;
    ended = exit;
    break;
  }
  for (const [start, { length, count }] of lines) addLine(module, executed, start, length, count);
  return ended;
}

/** Instructions from `start` up to the one that may go elsewhere, that one included. */
function lineLength({ code, codeWords }: VerifiedModule, start: number): number {
  let length = 0;
  for (let at = start; at < codeWords; ) {
    const opcode = opcodeOf(code[at]!);
    at += lengthWords(code[at]!);
    length++;
    if (opcode <= 0x02 || opcode >= 0x90) break;
  }
  return Math.max(1, length);
}

function addLine(
  { code, codeWords }: VerifiedModule,
  executed: Float64Array,
  start: number,
  length: number,
  count: number,
): void {
  for (let at = start, n = 0; n < length && at < codeWords; n++) {
    executed[at]! += count;
    at += lengthWords(code[at]!);
  }
}
