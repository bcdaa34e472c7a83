// Generated code of one module under one set of assumptions: units compiled on demand, shared by every instance.
// It counts what it refused and why; a refusal is remembered and costs speed only.

import type { Policy } from "../../core/policy.ts";
import { isMetered } from "../../core/policy.ts";
import { compileWasm, compileWasmAsync, type WasmCode } from "../../platform/wasm.ts";
import { findLeaders, type GraphRefusal } from "../jit/graph.ts";
import { planUnit } from "../jit/plan.ts";
import { gatherUnit, type Unit } from "../jit/unit.ts";
import type { Listing, Sites, Target } from "../jit/wasm/body.ts";
import { type CompiledUnit, emitUnit } from "../jit/wasm/emit.ts";
import { AT, layoutOf } from "../state/block.ts";
import type { VerifiedModule } from "../verify/verify.ts";
import { canLocateTraps } from "./native-traps.ts";

/** Why a unit has no code. Each is a counter. */
export type Refusal = GraphRefusal | "jit_bytes" | "compile_budget" | "environment" | "no_memory";

/** Tiers that generate wasm. */
export type CodeTier = "baseline" | "opt";

/** What `opt` does beyond `baseline`; a switch each, for tests and measurements. */
export interface Optimisations {
  /** Small callees stand in their caller. */
  readonly inline: boolean;
  /** Signatures carry what liveness asks for; facts about registers cross calls. */
  readonly trim: boolean;
  /** Proven 32-bit addresses are left to wasm's bounds check. Needs `trim`. */
  readonly nativeTraps: boolean;
  /** One bounds check for several accesses through the same base register. */
  readonly shareChecks: boolean;
  /** Loops around the root are loops of their own, at the price of a second copy of its code. */
  readonly nest: boolean;
  /** Loops are entered by way of a look at their addresses, which `nativeTraps` then takes for proven. */
  readonly guard: boolean;
  /** Loops that move memory byte by byte do most of it in one go. */
  readonly byteLoops: boolean;
}

export const ALL_OPTIMISATIONS: Optimisations = {
  inline: true,
  trim: true,
  nativeTraps: true,
  shareChecks: true,
  nest: true,
  guard: true,
  byteLoops: true,
};
/** What `baseline` does of them: what costs next to nothing to do. */
const BASELINE: Optimisations = {
  inline: false,
  trim: false,
  nativeTraps: false,
  shareChecks: true,
  nest: true,
  guard: false,
  byteLoops: false,
};

/** Three levels of calls were the best trade of speed for bytes on recursive code (bench k3). */
const INLINING = { levels: 3, calleeInstructions: 60, graphInstructions: 1_500 };
/** Past this the loop that is hot at first is the only one in the unit that matters (bench k5, k6a). */
const COPY_UP_TO = 400;

export interface UnitCode {
  readonly tier: CodeTier;
  readonly code: WasmCode;
  readonly sites: Sites;
  /** Entering with less fuel than this executes nothing. */
  readonly minFuel: number;
  readonly wasmBytes: number;
}

/** What `sinter/inspect` shows of a unit. */
export interface DrawnUnit {
  readonly unit: Unit;
  readonly compiled: CompiledUnit;
}

/** 64 KiB pages of the memory that holds a state block. */
export const pagesOf = (policy: Policy): number => Math.ceil(layoutOf(policy).bytes / 65_536);

export class ModuleCode {
  readonly #module: VerifiedModule;
  readonly #target: Omit<Target, "nativeTraps" | "shareChecks" | "byteLoops">;
  #leaders: Uint8Array | undefined;
  readonly #units = {
    baseline: new Map<number, UnitCode | Refusal>(),
    opt: new Map<number, UnitCode | Refusal>(),
  };
  #bytes = 0;
  /** Instructions compiled so far, in all units; code that is in several units counts in each. */
  #instructions = 0;

  readonly #optimisations: Optimisations;

  constructor(module: VerifiedModule, optimisations: Optimisations = ALL_OPTIMISATIONS) {
    this.#optimisations = optimisations;
    const { policy } = module;
    this.#module = module;
    this.#target = {
      memBase: policy.memBase,
      memSize: policy.memSize,
      maxCallDepth: policy.maxCallDepth,
      metered: isMetered(policy),
      stackAt: AT.stack,
      memoryAt: layoutOf(policy).memoryAt,
      pages: pagesOf(policy),
    };
  }

  /** Units overlap, and a hostile module makes them overlap as much as it can: compile time stays linear in its size. */
  get #budget(): number {
    return 20_000 + 4 * this.#module.codeWords;
  }

  /** Bytes of wasm generated so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What keeping this keeps: the code, and the module's words, start bits and data. */
  get heldBytes(): number {
    const { code, starts, data } = this.#module;
    return data.reduce((sum, { bytes }) => sum + bytes.length, this.#bytes + code.byteLength + starts.length);
  }

  /** Units with code, by word index. */
  *units(): Generator<readonly [start: number, unit: UnitCode]> {
    for (const units of Object.values(this.#units)) {
      for (const [start, unit] of units) if (typeof unit === "object") yield [start, unit];
    }
  }

  /** Whether `unitAt` would compile nothing and give code. */
  isReady(start: number, tier: CodeTier): boolean {
    return typeof this.#units[tier].get(start) === "object";
  }

  /** Takes a unit that another thread of ours made under the same key (D27). The quota counts it. */
  adopt(start: number, unit: UnitCode): void {
    if (this.isReady(start, unit.tier) || this.#bytes + unit.wasmBytes > this.#module.policy.maxJitBytes)
      return;
    this.#bytes += unit.wasmBytes;
    this.#units[unit.tier].set(start, unit);
  }

  /** The unit that starts at a word index, compiled now if it never was. */
  unitAt(start: number, tier: CodeTier): UnitCode | Refusal {
    const known = this.#units[tier].get(start);
    if (known !== undefined) return known;
    const made = this.#compile(start, tier);
    this.#units[tier].set(start, made);
    return made;
  }

  /** As `unitAt`, and off this thread as far as the platform can; browsers refuse large modules otherwise. */
  async unitAtAsync(start: number, tier: CodeTier): Promise<UnitCode | Refusal> {
    const units = this.#units[tier];
    const known = units.get(start);
    if (known !== undefined && known !== "environment") return known;
    const emitted = this.#emit(start, tier);
    let made: UnitCode | Refusal = "environment";
    if (typeof emitted === "string") made = emitted;
    else {
      const { wasm, sites, minFuel } = emitted;
      try {
        made = { tier, code: await compileWasmAsync(wasm), sites, minFuel, wasmBytes: wasm.length };
      } catch {
        // refused by the environment, which the name says
      }
      // A run may have compiled the same unit meanwhile; it stays.
      const meanwhile = units.get(start);
      if (typeof meanwhile === "object" || made === "environment") this.#bytes -= wasm.length;
      if (typeof meanwhile === "object") return meanwhile;
    }
    units.set(start, made);
    return made;
  }

  // t[impl format.exec.jit-compile-failure-fallback]
  #compile(start: number, tier: CodeTier): UnitCode | Refusal {
    const emitted = this.#emit(start, tier);
    if (typeof emitted === "string") return emitted;
    const { wasm, sites, minFuel } = emitted;
    try {
      return { tier, code: compileWasm(wasm), sites, minFuel, wasmBytes: wasm.length };
    } catch {
      this.#bytes -= wasm.length;
      return "environment";
    }
  }

  /** A unit in binary form; its bytes are taken from the quota. */
  #emit(start: number, tier: CodeTier): CompiledUnit | Refusal {
    const { maxJitBytes } = this.#module.policy;
    if (this.#bytes >= maxJitBytes) return "jit_bytes";
    if (this.#instructions > this.#budget) return "compile_budget";
    const drawn = this.draw(start, tier);
    if (typeof drawn === "string") return drawn;
    const { compiled, unit } = drawn;
    this.#instructions += unit.instructions;
    if (this.#bytes + compiled.wasm.length > maxJitBytes) return "jit_bytes";
    this.#bytes += compiled.wasm.length;
    return compiled;
  }

  /** The unit at a word index and its code in binary form, neither kept nor compiled by the engine underneath. */
  draw(start: number, tier: CodeTier, listing?: Listing): DrawnUnit | GraphRefusal {
    const module = this.#module;
    this.#leaders ??= findLeaders(module);
    const { inline, trim, nativeTraps, shareChecks, nest, guard, byteLoops } =
      tier === "opt" ? this.#optimisations : BASELINE;
    const copyUpTo = nest ? COPY_UP_TO : 0;
    const unit = gatherUnit(module, this.#leaders, start, copyUpTo, inline ? INLINING : undefined);
    if (typeof unit === "string") return unit;
    const { metered, memBase, memSize } = this.#target;
    const target = {
      ...this.#target,
      nativeTraps: nativeTraps && trim && this.#mayTrapNatively(),
      shareChecks,
      byteLoops,
    };
    // Guards are worth their check where narrow addresses save others.
    const isLow = guard && target.nativeTraps && memBase + BigInt(memSize) < 0xffff_0000n;
    planUnit(module.code, unit, { trim, metered, narrow: target.nativeTraps, isLow });
    return { unit, compiled: emitUnit(module.code, module.codeWords, unit, target, listing) };
  }

  /** D12: unmetered code only; and guest memory has to end where wasm's does. */
  #mayTrapNatively(): boolean {
    const { metered, memoryAt, memSize, pages } = this.#target;
    return !metered && memoryAt + memSize === pages * 65_536 && canLocateTraps();
  }
}
