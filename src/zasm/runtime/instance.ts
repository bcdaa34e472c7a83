// One run of one module: its state block, its host side, and the loop that drives an executor until it ends.
// An instance runs once (D8); after `trap.fuel` it can be refuelled and resumed.

import { sha256Hex } from "#sha256";
import { type Failure, failure, InternalError, isFailure, MisuseError } from "../../core/errors.ts";
import { isMetered } from "../../core/policy.ts";
import { hasWasm, tryWasmMemory, type WasmMemory } from "../../platform/wasm.ts";
import { ModuleHost } from "../abi/index.ts";
import { interpret } from "../interp/interp.ts";
import { imm12Of } from "../isa/fields.ts";
import { BY_OPCODE, REGISTERS, type RegisterName } from "../isa/table.ts";
import { COMPARE, EXIT, type Exit, StateBlock } from "../state/block.ts";
import { placeProgram } from "../state/start.ts";
import type { VerifiedModule } from "../verify/verify.ts";
import { pagesOf } from "./code.ts";
import type { EngineContext } from "./context.ts";
import type { RunInputs } from "./inputs.ts";
import { failedOutcome, type Outcome, returnedOutcome, type Tier, type TierChoice } from "./outcome.ts";
import { hasNativeStack } from "./stack.ts";
import { TieredRun, type TieringCounts, type TieringOptions } from "./tiering.ts";
import type { RunWatch } from "./watch.ts";

/** Exits that are guest failures, and the code each is reported under. */
export const TRAPS = {
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
  /** Absent where only the interpreter may run. */
  readonly #tiers: TieredRun | undefined;
  readonly #metered: boolean;
  readonly #watch: RunWatch | undefined;
  readonly #context: EngineContext;
  readonly #choice: TierChoice;
  /** Made while there is stack for it: short of stack, even compiling the code that makes it would throw (D9). */
  readonly #withoutStack: Outcome;
  #granted: number;
  #phase: Phase = "fresh";
  #tier: Tier | undefined;

  private constructor(module: VerifiedModule, inputs: RunInputs, context: EngineContext) {
    this.#module = module;
    this.#host = ModuleHost.open(module.policy, inputs);
    this.#metered = isMetered(module.policy);
    this.#granted = this.#metered ? module.policy.fuel || Number.MAX_SAFE_INTEGER : 0;
    this.#context = context;
    this.#choice = inputs.tier ?? context.options.tier;
    this.#watch = context.watch(module);
    const start = startState(module, inputs, this.#granted, context, this.#watch);
    this.#state = isFailure(start) ? start : start.block;
    this.#tiers = isFailure(start) ? undefined : start.tiers;
    this.#withoutStack = this.#failed(failure("host.stack"));
  }

  /** @internal Embedders use `Module.instantiate`. */
  static create(module: VerifiedModule, inputs: RunInputs, context: EngineContext): Instance {
    return new Instance(module, inputs, context);
  }

  /** Runs the program from its entry. Throws `MisuseError` when called a second time. */
  run(): Outcome {
    this.#enter("fresh", "an instance runs once; instantiate the module again");
    if (hasNativeStack()) return this.#reported(false);
    this.#phase = "finished"; // here, not in a function of its own: short of stack, V8 cannot even compile one
    return this.#withoutStack;
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
    if (hasNativeStack()) return this.#reported(true);
    this.#phase = "finished";
    return this.#failed(failure("host.stack")); // there is output to report, and all the code for it has run before
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

  /** @internal What the tiers did so far, for `sinter/inspect`; `undefined` where only the interpreter may run. */
  get tiering(): TieringCounts | undefined {
    return this.#tiers?.counts;
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

  /** Around everything a run does, so that a sink that calls back finds the instance busy. */
  #reported(resumed: boolean): Outcome {
    const watch = this.#watch;
    if (watch === undefined) return this.#proceed();
    this.#phase = "running";
    watch.started(this.#choice, isFailure(this.#state) ? 0 : this.#state.pc, resumed);
    const outcome = this.#proceed();
    const after = this.#phase;
    this.#phase = "running";
    watch.ended(outcome, this.#tiers?.counts.entries ?? 0);
    this.#context.reportCache();
    this.#phase = after;
    return outcome;
  }

  #proceed(): Outcome {
    if (isFailure(this.#state)) return this.#fail(this.#state);
    this.#phase = "running";
    try {
      return this.#finish(this.#execute(this.#state), this.#state);
    } catch (thrown) {
      const reason = thrown instanceof InternalError ? thrown.message : "an unexpected exception";
      return this.#fail(failure("internal", { pc: this.#state.pc }, reason));
    } finally {
      if (this.#phase === "running") this.#phase = "finished";
    }
  }

  #execute(block: StateBlock): Exit {
    this.#tier ??= "interp";
    const tiers = this.#tiers;
    if (tiers !== undefined) {
      const exit = tiers.execute(block, this.#host);
      this.#tier = tiers.counts.highest ?? this.#tier;
      return exit;
    }
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
    if (!isTrap(exit)) throw new InternalError("an executor stopped for nothing");
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

const isTrap = (exit: Exit): exit is keyof typeof TRAPS => exit in TRAPS;

interface Start {
  readonly block: StateBlock;
  readonly tiers: TieredRun | undefined;
}

// z[impl vm.determinism.same-in-same-out] z[impl vm.goal.deterministic]
/** The block with the program in it, and the tiers that may run it. */
function startState(
  module: VerifiedModule,
  inputs: RunInputs,
  fuel: number,
  context: EngineContext,
  watch: RunWatch | undefined,
): Start | Failure {
  const entry = inputs.entry === undefined ? module.entryPcWords : module.exports.get(inputs.entry);
  if (entry === undefined) return failure("entry.unknown");
  const tier = inputs.tier ?? context.options.tier;
  const isInterpreted = tier === "interp" || (tier === "auto" && context.options.hotThreshold === Infinity);
  const memory = isInterpreted ? undefined : wasmMemory(module, context);
  if (!isInterpreted && memory === undefined) {
    watch?.refused(context.whyNoCode ?? (hasWasm() ? "no_memory" : "no_webassembly"));
  }
  const refused =
    tier === "interp" || tier === "auto" ? undefined : refusal(module, entry, tier, memory, context, watch);
  if (refused !== undefined) return refused;
  let block: StateBlock;
  try {
    block = new StateBlock(module.policy, memory?.buffer);
  } catch {
    return failure("host.oom"); // an ArrayBuffer the host cannot give is a RangeError
  }
  placeProgram(block, module, entry, fuel);
  const tiering: TieringOptions = {
    hotThreshold: tier === "auto" ? context.options.hotThreshold : 0,
    slice: context.options.slice,
    first: tier === "opt" ? "opt" : "baseline",
    optTurns: tier === "auto" ? OPT_TURNS : Infinity,
  };
  const tiers = memory && new TieredRun(module, context, memory, tiering, watch);
  return { block, tiers };
}

/** Two slices used up, or as many entries as cost about that. */
const OPT_TURNS = 2_000;

// t[impl format.exec.jit-optional]
/** D29: where nothing can be compiled the state block is a plain buffer. */
function wasmMemory(module: VerifiedModule, context: EngineContext): WasmMemory | undefined {
  return context.mayGenerateCode ? tryWasmMemory(pagesOf(module.policy)) : undefined;
}

/** D24, D25: why a forced tier cannot take the module. */
function refusal(
  module: VerifiedModule,
  entry: number,
  tier: Tier,
  memory: WasmMemory | undefined,
  context: EngineContext,
  watch: RunWatch | undefined,
): Failure | undefined {
  const unavailable = (reason: string) => failure("tier.unavailable", {}, reason);
  if (tier !== "baseline" && tier !== "opt") {
    watch?.refused("no_tier");
    return unavailable(`this version has no ${tier} tier for modules`);
  }
  if (!context.mayGenerateCode) return unavailable("code generation is off or was refused here");
  if (memory === undefined) return unavailable("the host has no WebAssembly, or no room for another memory");
  const unit = context.codeOf(module).unitAt(entry, tier);
  if (typeof unit !== "string") return undefined;
  watch?.refused(unit, entry * 4);
  const failed = unavailable(`the entry has no compiled code: ${unit}`);
  return unit === "jit_bytes" ? { ...failed, category: "resource" } : failed;
}
