// Drives one run through the tiers: the interpreter until something is hot, compiled code from there, back to the
// interpreter at every exit that is not the end. Both read and write only the state block, so going from one to
// the other is calling the other.

import { isMetered } from "../../core/policy.ts";
import { elapsedMs, sinceMs } from "../../platform/clock.ts";
import { instantiateWasm, type WasmMemory } from "../../platform/wasm.ts";
import { type Heat, interpret, MAX_BUDGET } from "../interp/interp.ts";
import { EXITED } from "../jit/wasm/body.ts";
import { AT, EXIT, type Exit, type StateBlock } from "../state/block.ts";
import type { HostCalls } from "../state/host-calls.ts";
import type { VerifiedModule } from "../verify/verify.ts";
import type { CodeTier, ModuleCode, Refusal, UnitCode } from "./code.ts";
import type { EngineContext } from "./context.ts";
import { borrowTraces, returnTraces, type TraceSettings, trapPcOf } from "./native-traps.ts";
import type { LeaveReason, RunWatch } from "./watch.ts";

export interface TieringOptions {
  /** Instructions, about, that a loop or function runs in the interpreter before it is compiled. 0 = at once. */
  readonly hotThreshold: number;
  /** Units in one entry of compiled code: V8 replaces a wasm function only when it is entered anew. */
  readonly slice: number;
  /** Tier that hot code gets at first. */
  readonly first: CodeTier;
  /** Entries of baseline code before it becomes opt; one that used up its slice counts a thousand. */
  readonly optTurns: number;
}

/** Heat of at most this many words is kept apart; longer modules share counters. */
const MAX_HEAT_WORDS = 1 << 18;

/** Going to the interpreter and back costs more than compiling what is between, from about here. */
const STRANDED_TIMES = 4;

/** A budget exit counts as this many entries towards `opt`. */
const ENTRIES_PER_TURN = 1_000;

interface Entry extends UnitCode {
  readonly start: number;
  /** Towards `opt`. */
  turns: number;
  readonly enter: (stackPointer: number, left: number) => number;
}

/** What one run's tiers did. */
export interface TieringCounts {
  /** Absent when no compiled code ran. */
  readonly highest: CodeTier | undefined;
  readonly entries: number;
  readonly exits: number;
  readonly refusals: ReadonlyMap<Refusal, number>;
}

export class TieredRun {
  readonly #module: VerifiedModule;
  readonly #context: EngineContext;
  /** Held for the whole run, so that eviction from the cache costs a run nothing. */
  readonly #code: ModuleCode;
  readonly #memory: WasmMemory;
  readonly #metered: boolean;
  readonly #options: TieringOptions;
  readonly #watch: RunWatch | undefined;
  readonly #heat: Heat;
  readonly #entries = new Map<number, Entry | Refusal>();
  readonly #refusals = new Map<Refusal, number>();
  /** Times that compiled code ended at a word index without code. */
  readonly #stranded = new Map<number, number>();
  #entered = 0;
  #highest: CodeTier | undefined;
  /** The embedder's settings while compiled code runs with ours. */
  #borrowed: TraceSettings | undefined;
  #exited = 0;

  constructor(
    module: VerifiedModule,
    context: EngineContext,
    memory: WasmMemory,
    options: TieringOptions,
    watch?: RunWatch,
  ) {
    this.#watch = watch;
    this.#module = module;
    this.#context = context;
    this.#code = context.codeOf(module);
    this.#memory = memory;
    this.#metered = isMetered(module.policy);
    this.#options = options;
    const words = Math.min(MAX_HEAT_WORDS, 2 ** Math.ceil(Math.log2(module.codeWords)));
    const left = new Int32Array(words).fill(Math.min(options.hotThreshold, 0x7fff_ffff));
    // What an earlier run or `compile` made is used at the first chance.
    if (options.hotThreshold !== Infinity) {
      for (const [start] of this.#code.units()) left[start & (words - 1)] = 0;
    }
    this.#heat = { left, mask: words - 1 };
  }

  get counts(): TieringCounts {
    return { highest: this.#highest, entries: this.#entered, exits: this.#exited, refusals: this.#refusals };
  }

  /** Runs until the program ends, traps or fails. `compiled` tells whether compiled code ran at all. */
  execute(block: StateBlock, host: HostCalls): Exit {
    const { hotThreshold } = this.#options;
    const isReady =
      hotThreshold !== Infinity && this.#code.isReady(block.pc >>> 2, this.#tierFor(block.pc >>> 2));
    if (hotThreshold === 0 || isReady) this.#promote(block.pc >>> 2, block, host);
    for (;;) {
      const entry = this.#entries.get(block.pc >>> 2);
      if (typeof entry === "object" && this.#context.mayGenerateCode) {
        const exit = this.#enter(entry, block, host);
        if (exit !== undefined) return exit;
        // Where nothing more can be paid in one go, or no code starts at pc, the interpreter goes on.
      }
      const exit = interpret(this.#module, block, host, this.#metered, MAX_BUDGET, this.#heat);
      if (exit === EXIT.hot) this.#promote(block.pc >>> 2, block, host);
      else if (exit !== EXIT.budget) return exit;
    }
  }

  /** Compiled code from `entry` as far as it goes; `undefined` = the interpreter has to take the next instruction. */
  #enter(first: Entry, block: StateBlock, host: HostCalls): Exit | undefined {
    let entry = first;
    for (;;) {
      const fuel = this.#metered ? block.fuel : this.#options.slice;
      const slice = Math.min(fuel, Math.max(this.#options.slice, entry.minFuel)) | 0;
      if (slice < entry.minFuel) return this.#leave("fuel", block);
      this.#entered++;
      const highest = this.#highest;
      this.#highest = entry.tier === "opt" ? "opt" : (highest ?? "baseline");
      let left: number;
      this.#borrowed = borrowTraces();
      try {
        left = entry.enter(AT.stack + 4 * block.depth, slice);
      } catch (thrown) {
        const pc = trapPcOf(thrown, entry.sites);
        if (pc < 0) throw thrown;
        block.pc = pc;
        return EXIT.oob;
      } finally {
        returnTraces(this.#borrowed);
      }
      if (left !== EXITED) {
        if (this.#metered) block.fuel = fuel - slice + left;
        if (block.depth === 0) return EXIT.returned;
        block.depth--;
        block.pc = (block.stack[block.depth] ?? 0) * 4;
      } else {
        this.#exited++;
        const site = block.i32[AT.site / 4]!;
        const { pc, exit, level, refund } = entry.sites;
        if (this.#metered) block.fuel = fuel - slice + block.i32[AT.left / 4]! + refund[site]!;
        block.depth += level[site]!;
        block.pc = pc[site]!;
        if (exit[site] === EXIT.decline) return this.#leave("decline", block);
        if (exit[site] === EXIT.guard) {
          if (block.pc === entry.start * 4) {
            this.#highest = highest; // it executed nothing
            this.#forgo(entry, block, host);
          }
          return this.#leave("guard", block);
        }
        if (exit[site] !== EXIT.budget) return exit[site]!;
        entry.turns += ENTRIES_PER_TURN;
      }
      // A guard of every entry (D26), and nothing is compiled any more either.
      if (!this.#context.mayGenerateCode) return this.#leave("withdrawn", block);
      entry.turns++;
      if (entry.tier === "baseline" && entry.turns >= this.#options.optTurns)
        this.#improve(entry, block, host);
      const at = block.pc >>> 2;
      if (this.#isStranded(at)) this.#promote(at, block, host);
      const next = this.#entries.get(at);
      if (typeof next !== "object") return this.#leave("no_code", block);
      entry = next;
    }
  }

  /** True when compiled code has ended often enough where no code starts, such as in a caller that is not hot itself. */
  #isStranded(at: number): boolean {
    if (this.#entries.has(at) || at >= this.#module.codeWords) return false;
    const times = (this.#stranded.get(at) ?? 0) + 1;
    this.#stranded.set(at, times);
    return times >= STRANDED_TIMES;
  }

  /** Replaces baseline code that proved to be busy; where `opt` declines it stays, and is not asked again. */
  #improve(entry: Entry, block: StateBlock, host: HostCalls): void {
    entry.turns = -Infinity;
    const better = this.#make(entry.start, "opt", block, host);
    if (typeof better === "object") this.#entries.set(entry.start, better);
  }

  /** Replaces opt code whose assumption about its entry failed by code without any, for the rest of the run. */
  #forgo(entry: Entry, block: StateBlock, host: HostCalls): void {
    const plain = this.#make(entry.start, "baseline", block, host);
    if (typeof plain === "object") plain.turns = -Infinity;
    this.#entries.set(entry.start, plain);
  }

  #leave(reason: LeaveReason, block: StateBlock): undefined {
    this.#watch?.left(reason, block.pc);
  }

  #promote(start: number, block: StateBlock, host: HostCalls): void {
    const { left, mask } = this.#heat;
    const { whyNoCode } = this.#context;
    if (whyNoCode !== undefined) {
      this.#watch?.refused(whyNoCode, start * 4);
      left.fill(0x7fff_ffff);
      return;
    }
    let entry = this.#entries.get(start);
    if (entry === undefined) {
      entry = this.#make(start, this.#tierFor(start), block, host);
      this.#entries.set(start, entry);
    }
    left[start & mask] = typeof entry === "object" ? 0 : 0x7fff_ffff;
  }

  /** Where tiers may rise, code that is there already is better than code to be made. */
  #tierFor(start: number): CodeTier {
    const { first, optTurns } = this.#options;
    return optTurns !== Infinity && this.#code.isReady(start, "opt") ? "opt" : first;
  }

  #make(start: number, tier: CodeTier, block: StateBlock, host: HostCalls): Entry | Refusal {
    const cached = this.#code.isReady(start, tier);
    const startedAt = this.#watch && elapsedMs();
    const entry = this.#link(start, this.#code.unitAt(start, tier), block, host);
    this.#context.codeGrew(this.#module, this.#code);
    if (typeof entry === "object") {
      this.#watch?.promoted(tier, start * 4, entry.wasmBytes, cached, sinceMs(startedAt));
    } else {
      this.#refusals.set(entry, (this.#refusals.get(entry) ?? 0) + 1);
      this.#watch?.refused(entry, start * 4);
    }
    return entry;
  }

  #link(start: number, unit: UnitCode | Refusal, block: StateBlock, host: HostCalls): Entry | Refusal {
    if (typeof unit === "string") return unit;
    /** Bytes moved / 64, or the exit as a negative number. */
    const call = (index: number): number => {
      returnTraces(this.#borrowed);
      const exit = host.call(index, block);
      this.#borrowed = borrowTraces();
      return exit === EXIT.returned ? host.moved >>> 6 : -exit;
    };
    try {
      const exports = instantiateWasm(unit.code, { h: { m: this.#memory, c: call } });
      return { ...unit, start, turns: 0, enter: exports.r as Entry["enter"] };
    } catch {
      return "environment";
    }
  }
}
