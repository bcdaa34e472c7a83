// Running a module on a bare state block, as the runtime does, but with everything in reach: any executor, any
// slice length, registers and memory set before and read after. The list of executors is here and nowhere else.

import { isFailure } from "../../src/core/errors.ts";
import { isMetered, type Policy, type PolicyInput, resolvePolicy } from "../../src/core/policy.ts";
import { hasWasm, tryWasmMemory, type WasmMemory } from "../../src/platform/wasm.ts";
import { type HostInputs, ModuleHost } from "../../src/zasm/abi/index.ts";
import { interpret } from "../../src/zasm/interp/interp.ts";
import { type CodeTier, pagesOf } from "../../src/zasm/runtime/code.ts";
import { EngineContext } from "../../src/zasm/runtime/context.ts";
import { resolveOptions } from "../../src/zasm/runtime/options.ts";
import type { Tier } from "../../src/zasm/runtime/outcome.ts";
import { TieredRun } from "../../src/zasm/runtime/tiering.ts";
import { COMPARE, EXIT, type Exit, StateBlock } from "../../src/zasm/state/block.ts";
import type { HostCalls } from "../../src/zasm/state/host-calls.ts";
import { type VerifiedModule, verifyModule } from "../../src/zasm/verify/verify.ts";

export interface Executor {
  readonly tier: Tier;
  readonly execute: (
    module: VerifiedModule,
    block: StateBlock,
    host: HostCalls,
    metered: boolean,
    budget: number,
  ) => Exit;
  /** Registers are exact after every trap, not only where a run can go on (D32). */
  readonly exactAfterTraps: boolean;
}

/** The memory of each block that compiled code can run on. */
const memories = new WeakMap<StateBlock, WasmMemory>();

/** A block that every tier here can run on. */
function makeBlock(policy: Policy): StateBlock {
  const memory = tryWasmMemory(pagesOf(policy));
  const block = new StateBlock(policy, memory?.buffer);
  if (memory !== undefined) memories.set(block, memory);
  return block;
}

/** A compiled tier as an executor of slices: at every loop and call into code, in slices as small as it takes. */
function compiled(tier: CodeTier): Executor {
  const contexts = new WeakMap<VerifiedModule, EngineContext>();
  const runs = new WeakMap<StateBlock, Map<number, TieredRun>>();
  const runOf = (module: VerifiedModule, block: StateBlock, slice: number): TieredRun => {
    const memory = memories.get(block);
    if (memory === undefined) throw new Error("not a block that makeBlock made");
    let context = contexts.get(module);
    context ??= new EngineContext(resolveOptions({ tier }));
    contexts.set(module, context);
    let ofBlock = runs.get(block);
    ofBlock ??= new Map();
    runs.set(block, ofBlock);
    let run = ofBlock.get(slice);
    if (run === undefined) {
      run = new TieredRun(module, context, memory, {
        hotThreshold: 0,
        slice,
        first: tier,
        optTurns: Infinity,
      });
      ofBlock.set(slice, run);
    }
    return run;
  };
  return {
    tier,
    exactAfterTraps: false,
    execute(module, block, host, metered, budget) {
      const run = runOf(module, block, budget);
      const fuel = block.fuel;
      if (!metered || fuel <= budget) return run.execute(block, host);
      block.fuel = budget;
      const exit = run.execute(block, host);
      const spent = budget - block.fuel;
      block.fuel = fuel - spent;
      if (exit !== EXIT.fuel) return exit;
      // A bulk instruction dearer than the budget is the interpreter's, which sees all the fuel.
      return spent === 0 ? interpret(module, block, host, metered, 1) : EXIT.budget;
    },
  };
}

/** Every tier that the case files run in. A new tier is one line. */
export const EXECUTORS: readonly Executor[] = [
  { tier: "interp", execute: interpret, exactAfterTraps: true },
  // --jitless takes WebAssembly away, and with it these tiers.
  ...(hasWasm() && process.env.SINTER_TIERS !== "interp" ? [compiled("baseline"), compiled("opt")] : []),
];

/** A budget that no test uses up; a run that does is taken not to end. */
export const UNSLICED = 2 ** 24;
export const SLICES: readonly number[] = [UNSLICED, 1, 2, 3, 7];

/** The verified module; throws when it is refused. */
export function verified(bytes: Uint8Array, policy: PolicyInput = {}): VerifiedModule {
  const resolved = resolvePolicy(policy);
  if (isFailure(resolved)) throw new Error(`${resolved.code}: ${resolved.reason}`);
  const module = verifyModule(bytes, resolved);
  if (isFailure(module)) throw new Error(`${module.code} at ${module.offset}: ${module.reason}`);
  return module;
}

/** One run between its start and its end. */
export interface Run {
  readonly module: VerifiedModule;
  block: StateBlock;
  readonly host: ModuleHost;
  readonly metered: boolean;
  granted: number;
}

/** The state a run starts in (S9, D13), built here once more rather than taken from the runtime. */
export function startRun(module: VerifiedModule, inputs: HostInputs = {}, entryWords?: number): Run {
  const { policy } = module;
  const block = makeBlock(policy);
  let dataEnd = 16;
  for (const { dst, bytes } of module.data) {
    block.memory.set(bytes, dst);
    dataEnd = Math.max(dataEnd, dst + bytes.length);
  }
  block.heap = dataEnd + (-dataEnd & 7);
  block.u64[0] = BigInt(policy.reqHandle);
  block.u64[1] = BigInt(policy.resHandle);
  block.pc = (entryWords ?? module.entryPcWords) * 4;
  const granted = isMetered(policy) ? policy.fuel || Number.MAX_SAFE_INTEGER : 0;
  block.fuel = granted;
  return { module, block, host: ModuleHost.open(policy, inputs), metered: isMetered(policy), granted };
}

/** Executes in slices of `budget` units until something else than the budget ends the run. */
export function drive(run: Run, executor: Executor, budget: number = UNSLICED): Exit {
  for (let spent = 0; spent < UNSLICED; spent += budget) {
    const exit = executor.execute(run.module, run.block, run.host, run.metered, budget);
    if (exit !== EXIT.budget) return exit;
  }
  throw new Error(`the run did not end in ${UNSLICED} units`);
}

/** A copy of the block in another buffer: all a run needs to go on elsewhere. */
export function copyBlock(run: Run): StateBlock {
  const copy = makeBlock(run.module.policy);
  new Uint8Array(copy.buffer).set(new Uint8Array(run.block.buffer));
  return copy;
}

/** Everything about an ended run that another tier, or the model, must agree on. */
export interface Observed {
  readonly status: "ok" | "trap";
  readonly code?: string;
  readonly pc?: number;
  readonly fuelUsed: number | null;
  /** HL DE A BC IX. */
  readonly registers: readonly bigint[];
  readonly compare: number;
  readonly memory: Uint8Array;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

const TRAP_CODES: ReadonlyMap<Exit, string> = new Map([
  [EXIT.fuel, "trap.fuel"],
  [EXIT.oob, "trap.oob"],
  [EXIT.div0, "trap.div0"],
  [EXIT.decode, "trap.decode"],
  [EXIT.abi, "trap.abi"],
  [EXIT.oom, "trap.oom"],
  [EXIT.callDepth, "trap.call_depth"],
  [EXIT.outputLimit, "trap.output_limit"],
]);

export function observe(run: Run, exit: Exit): Observed {
  const { block, host } = run;
  const code = TRAP_CODES.get(exit);
  if (code === undefined && exit !== EXIT.returned) throw new Error(`unexpected exit ${exit}`);
  return {
    status: code === undefined ? "ok" : "trap",
    ...(code === undefined ? {} : { code, pc: block.pc }),
    fuelUsed: run.metered ? run.granted - block.fuel : null,
    registers: Array.from(block.u64.subarray(0, 5)),
    compare: block.i32[COMPARE] ?? 0,
    memory: block.memory.slice(),
    stdout: host.stdout,
    stderr: host.stderr,
  };
}
