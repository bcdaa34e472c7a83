// Where a run spends its instructions, exactly, and what its tiers did: the program runs twice, once in the interpreter
// line by line, once as it would. A line is what follows without a jump, call or bulk instruction.

import { type Failure, isFailure } from "../../core/errors.ts";
import { monotonicNs } from "../../platform/clock.ts";
import { lengthWords, opcodeOf } from "../isa/fields.ts";
import { Engine } from "../runtime/engine.ts";
import type { RunInputs } from "../runtime/inputs.ts";
import type { EngineOptions } from "../runtime/options.ts";
import type { VerifiedModule } from "../verify/verify.ts";
import type { RunView } from "./explanation.ts";
import { Stepper } from "./steps.ts";

export interface Profile {
  /** Times each instruction was started, by word index. */
  readonly executed: Float64Array;
  readonly run: RunView;
}

/** Instructions profiled at most, a second or two; a longer run is hot in the same places. */
const MAX_PROFILED = 4_000_000;

/** Runs the program to its end, in the tiers `engine` allows. Hooks are called in both runs. */
export function profileRun(
  bytes: Uint8Array,
  module: VerifiedModule,
  inputs: RunInputs,
  engine: EngineOptions,
): Profile | Failure {
  const stepper = Stepper.start(module, inputs);
  if (isFailure(stepper)) return stepper;
  const executed = new Float64Array(module.codeWords + 1);
  const isComplete = countLines(stepper, executed);
  const loaded = Engine.create(engine).load(bytes, module.policy);
  if (loaded.status !== "ok") return loaded;
  const drop = () => {};
  const instance = loaded.module.instantiate({ ...inputs, stdout: drop, stderr: drop });
  const began = monotonicNs() ?? 0n;
  const outcome = instance.run();
  const runUs = Number((monotonicNs() ?? 0n) - began) / 1000;
  const failed = outcome.status === "ok" ? undefined : outcome;
  const counts = instance.tiering;
  return {
    executed,
    run: {
      status: outcome.status,
      ...(failed === undefined ? {} : { code: failed.code }),
      ...(failed?.pc === undefined ? {} : { pc: failed.pc }),
      ...(outcome.tier === undefined ? {} : { tier: outcome.tier }),
      fuelUsed: outcome.fuelUsed,
      entries: counts?.entries ?? 0,
      exits: counts?.exits ?? 0,
      refusals: Object.fromEntries(counts?.refusals ?? []),
      profiled: executed.reduce((sum, count) => sum + count, 0),
      isComplete,
      timing: { runUs },
    },
  };
}

/** True when the run ended before the limit. */
function countLines(stepper: Stepper, executed: Float64Array): boolean {
  const { module, block } = stepper;
  const lines = new Map<number, { readonly length: number; count: number }>();
  let isComplete = false;
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
    isComplete = true;
    break;
  }
  for (const [start, { length, count }] of lines) addLine(module, executed, start, length, count);
  return isComplete;
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
