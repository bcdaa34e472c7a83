// A record per N units, in any tier: the run gets N units of fuel, stops where they are spent, is written down,
// refuelled and resumed. Fuel is exact in every tier, so two tiers stop at the same places.

import type { PolicyInput } from "../../core/policy.ts";
import { REGISTERS } from "../isa/table.ts";
import { Engine } from "../runtime/engine.ts";
import type { RunInputs } from "../runtime/inputs.ts";
import type { Instance } from "../runtime/instance.ts";
import type { EngineOptions } from "../runtime/options.ts";
import type { Outcome } from "../runtime/outcome.ts";
import type { VerifiedModule } from "../verify/verify.ts";
import { OutputMeter } from "./output.ts";
import type { Checkpoint, End } from "./records.ts";
import { registersOf } from "./steps.ts";

export interface Checkpoints {
  readonly every: number;
  /** Units before the first checkpoint; 0 = `every`. */
  readonly skip: number;
  readonly limit: number;
  readonly inputs: RunInputs;
  readonly engine: EngineOptions;
}

export function* checkpoints(
  bytes: Uint8Array,
  { policy }: VerifiedModule,
  options: Checkpoints,
): Generator<Checkpoint | End> {
  const [stdout, stderr] = [new OutputMeter(), new OutputMeter()];
  const most = policy.fuel || Number.MAX_SAFE_INTEGER;
  let granted = Math.min(most, options.skip || options.every);
  const metered: PolicyInput = { ...policy, fuel: granted };
  const loaded = Engine.create(options.engine).load(bytes, metered);
  if (loaded.status !== "ok") throw new RangeError(loaded.reason); // impossible: it verified under this policy
  const instance = loaded.module.instantiate({
    ...options.inputs,
    stdout: stdout.take,
    stderr: stderr.take,
  });
  let outcome = instance.run();
  for (let records = 0; ; records++) {
    const isPaused = outcome.status === "trap" && outcome.code === "trap.fuel" && granted < most;
    if (!isPaused || records === options.limit) {
      yield {
        ...endOf(instance, outcome, isPaused),
        stdout: stdout.drain(),
        stderr: stderr.drain(),
      };
      return;
    }
    yield {
      kind: "checkpoint",
      units: granted,
      paid: outcome.fuelUsed ?? 0,
      pc: outcome.status === "trap" ? (outcome.pc ?? 0) : 0,
      registers: allRegisters(instance),
      memory: instance.memorySha256(),
      stdout: stdout.drain(),
      stderr: stderr.drain(),
    };
    const more = Math.min(options.every, most - granted);
    instance.refuel(more);
    granted += more;
    outcome = instance.resume();
  }
}

function allRegisters(instance: Instance) {
  const { CMP, ...wide } = instance.registers();
  return registersOf(
    REGISTERS.map((name) => wide[name]),
    CMP,
  );
}

function endOf(instance: Instance, outcome: Outcome, isPaused: boolean): Omit<End, "stdout" | "stderr"> {
  const failed = outcome.status === "ok" || isPaused ? undefined : outcome;
  const isStopped = outcome.status === "ok" || outcome.status === "trap";
  const isExact = outcome.status === "ok" || (outcome.status === "trap" && outcome.code === "trap.fuel");
  return {
    kind: "end",
    status: isPaused ? "limit" : outcome.status,
    ...(failed === undefined ? {} : { code: failed.code }),
    ...(outcome.status !== "ok" && outcome.pc !== undefined ? { pc: outcome.pc } : {}),
    ...(outcome.fuelUsed === null ? {} : { units: outcome.fuelUsed }),
    ...(isExact ? { registers: allRegisters(instance) } : {}),
    ...(isStopped ? { memory: instance.memorySha256() } : {}),
    ...(outcome.tier === undefined ? {} : { tier: outcome.tier }),
  };
}
