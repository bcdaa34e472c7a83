// One run of one module: its state block, its host side, and the loop that drives an executor until it ends.
// An instance runs once (D8); after `trap.fuel` it can be refuelled and resumed.

import { sha256Hex } from "#sha256";
import { type Failure, failure, InternalError, isFailure, MisuseError } from "../../core/errors.ts";
import { isMetered } from "../../core/policy.ts";
import { ModuleHost } from "../abi/index.ts";
import { interpret } from "../interp/interp.ts";
import { imm12Of } from "../isa/fields.ts";
import { BY_OPCODE, REGISTERS, type RegisterName } from "../isa/table.ts";
import { COMPARE, EXIT, type Exit, StateBlock } from "../state/block.ts";
import type { VerifiedModule } from "../verify/verify.ts";
import type { RunInputs } from "./inputs.ts";
import { failedOutcome, type Outcome, returnedOutcome, type Tier } from "./outcome.ts";
import { hasNativeStack } from "./stack.ts";

/** Exits that are guest failures, and the code each is reported under. */
const TRAPS = {
  [EXIT.fuel]: "trap.fuel",
  [EXIT.oob]: "trap.oob",
  [EXIT.div0]: "trap.div0",
  [EXIT.decode]: "trap.decode",
  [EXIT.abi]: "trap.abi",
  [EXIT.oom]: "trap.oom",
  [EXIT.callDepth]: "trap.call_depth",
  [EXIT.outputLimit]: "trap.output_limit",
} as const satisfies Partial<Record<Exit, string>>;

type Phase = "fresh" | "running" | "paused" | "finished";

export class Instance {
  readonly #module: VerifiedModule;
  readonly #host: ModuleHost;
  /** The block, or why there is none. */
  readonly #state: StateBlock | Failure;
  readonly #metered: boolean;
  /** Made while there is stack for it: short of stack, even compiling the code that makes it would throw (D9). */
  readonly #withoutStack: Outcome;
  #granted: number;
  #phase: Phase = "fresh";
  #tier: Tier | undefined;

  private constructor(module: VerifiedModule, inputs: RunInputs) {
    this.#module = module;
    this.#host = ModuleHost.open(module.policy, inputs);
    this.#metered = isMetered(module.policy);
    this.#granted = this.#metered ? module.policy.fuel || Number.MAX_SAFE_INTEGER : 0;
    this.#state = startState(module, inputs, this.#granted);
    this.#withoutStack = this.#failed(failure("host.stack"));
  }

  /** @internal Embedders use `Module.instantiate`. */
  static create(module: VerifiedModule, inputs: RunInputs): Instance {
    return new Instance(module, inputs);
  }

  /** Runs the program from its entry. Throws `MisuseError` when called a second time. */
  run(): Outcome {
    this.#enter("fresh", "an instance runs once; instantiate the module again");
    return this.#proceed();
  }

  /** Adds `units` of fuel after `trap.fuel`; a debt is paid first (D10). */
  refuel(units: number): void {
    this.#enter("paused", "only a run that ended in trap.fuel can be refuelled");
    if (!Number.isSafeInteger(units) || units < 0 || this.#granted + units > Number.MAX_SAFE_INTEGER) {
      throw new MisuseError("refuel takes an integer from 0, and all fuel together stays below 2^53");
    }
    this.#granted += units;
    this.#block().fuel += units;
  }

  /** Goes on after `trap.fuel`. The outcome covers everything since the start. */
  resume(): Outcome {
    this.#enter("paused", "only a run that ended in trap.fuel can be resumed");
    return this.#proceed();
  }

  /** Register contents, `CMP` as the signed difference it is. Equal in every tier after `ok` and `trap.fuel`. */
  registers(): Readonly<Record<RegisterName, bigint> & { CMP: number }> {
    this.#refuseReentry();
    const block = this.#block();
    const values = Object.fromEntries(REGISTERS.map((name, i) => [name, block.u64[i] ?? 0n]));
    return { ...(values as Record<RegisterName, bigint>), CMP: block.i32[COMPARE] ?? 0 };
  }

  /** SHA-256 of all guest memory, lower-case hex. Equal in every tier after `ok` and any trap. */
  memorySha256(): string {
    this.#refuseReentry();
    return sha256Hex(this.#block().memory);
  }

  #block(): StateBlock {
    if (isFailure(this.#state)) throw new MisuseError("this instance never got its memory");
    return this.#state;
  }

  #refuseReentry(): void {
    if (this.#phase !== "running") return;
    this.#host.noteReentry();
    throw new MisuseError("a host hook must not call its own instance");
  }

  #enter(from: Phase, complaint: string): void {
    this.#refuseReentry();
    if (this.#phase !== from) throw new MisuseError(complaint);
  }

  #proceed(): Outcome {
    if (isFailure(this.#state)) return this.#fail(this.#state);
    if (!hasNativeStack()) {
      this.#phase = "finished";
      // On resume there is output to report, and all the code for it has run before.
      return this.#tier === undefined ? this.#withoutStack : this.#failed(failure("host.stack"));
    }
    this.#phase = "running";
    try {
      return this.#finish(this.#execute(this.#state), this.#state);
    } catch (thrown) {
      if (!(thrown instanceof InternalError)) throw thrown;
      return this.#fail(failure("internal", { pc: this.#state.pc }, thrown.message));
    } finally {
      if (this.#phase === "running") this.#phase = "finished";
    }
  }

  #execute(block: StateBlock): Exit {
    this.#tier = "interp";
    for (;;) {
      const exit = interpret(this.#module, block, this.#host, this.#metered);
      if (exit !== EXIT.budget) return exit;
    }
  }

  #finish(exit: Exit, block: StateBlock): Outcome {
    if (exit === EXIT.returned) {
      this.#phase = "finished";
      return returnedOutcome(this.#ran());
    }
    const where = { pc: block.pc };
    if (exit === EXIT.host) return this.#fail(withPc(this.#host.failure, where.pc));
    if (exit === EXIT.budget) throw new InternalError("an executor stopped for nothing");
    const trapped = failure(TRAPS[exit], where, this.#trapReason(exit, block.pc));
    this.#phase = exit === EXIT.fuel ? "paused" : "finished";
    return failedOutcome(trapped, this.#ran());
  }

  #fail(failed: Failure): Outcome {
    this.#phase = "finished";
    return this.#failed(failed);
  }

  #failed(failed: Failure): Outcome {
    return failedOutcome(failed, this.#ran());
  }

  /** Says only what the code at `pc` and the host calls say, so that every tier gives the same words. */
  #trapReason(exit: Exit, pc: number): string | undefined {
    if (exit === EXIT.abi || exit === EXIT.oom || exit === EXIT.outputLimit) return this.#host.reason;
    if (exit !== EXIT.oob) return undefined;
    const word = this.#module.code[pc >>> 2] ?? 0;
    const row = BY_OPCODE[word >>> 24];
    if (row === undefined || row.access === 0) return `${row?.mnemonic} outside guest memory`;
    const base = REGISTERS[(word >>> 16) & 15];
    const displacement = imm12Of(word);
    const at = displacement === 0 ? base : `${base}${displacement > 0 ? "+" : ""}${displacement}`;
    return `${row.mnemonic} of ${row.access} byte${row.access > 1 ? "s" : ""} at (${at}) is outside guest memory`;
  }

  #ran() {
    const block = this.#state;
    return {
      stdout: this.#host.stdout,
      stderr: this.#host.stderr,
      fuelUsed: this.#metered ? this.#granted - (isFailure(block) ? this.#granted : block.fuel) : null,
      ...(this.#tier === undefined ? {} : { tier: this.#tier }),
      deterministic:
        this.#host.deterministic && !this.#module.policy.allowTime && !this.#module.policy.allowEnv,
    };
  }
}

function withPc(failed: Failure | undefined, pc: number): Failure {
  if (failed === undefined) throw new InternalError("a host call failed without saying why");
  return { ...failed, pc };
}

// z[impl vm.determinism.same-in-same-out] z[impl vm.goal.deterministic]
/** S9: HL and DE hold the two handles, everything else is 0; DATA is in memory; the heap starts after it. */
function startState(module: VerifiedModule, inputs: RunInputs, fuel: number): StateBlock | Failure {
  const tier = inputs.tier ?? "auto";
  if (tier !== "auto" && tier !== "interp") {
    return failure("tier.unavailable", {}, `this version has no ${tier} tier for modules`); // D24
  }
  const entry = inputs.entry === undefined ? module.entryPcWords : module.exports.get(inputs.entry);
  if (entry === undefined) return failure("entry.unknown");
  let block: StateBlock;
  try {
    block = new StateBlock(module.policy);
  } catch {
    return failure("host.oom"); // an ArrayBuffer the host cannot give is a RangeError
  }
  let dataEnd = 16;
  for (const { dst, bytes } of module.data) {
    block.memory.set(bytes, dst);
    dataEnd = Math.max(dataEnd, dst + bytes.length);
  }
  block.heap = Math.ceil(dataEnd / 8) * 8;
  block.u64[0] = BigInt(module.policy.reqHandle);
  block.u64[1] = BigInt(module.policy.resHandle);
  block.fuel = fuel;
  block.pc = entry * 4;
  return block;
}
