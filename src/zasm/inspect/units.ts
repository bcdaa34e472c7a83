// Compile units as explain and the golden files show them: drawn by the same code that a run uses, read back from
// their binary form. The one file here that knows the compilers.

import { InternalError } from "../../core/errors.ts";
import { monotonicNs } from "../../platform/clock.ts";
import { compileWasm } from "../../platform/wasm.ts";
import {
  isWasmTextFailure,
  readWasm,
  type WasmFunction,
  type WasmLine,
  type WasmText,
} from "../../wasm/text.ts";
import type { Graph } from "../jit/graph.ts";
import type { Listing } from "../jit/wasm/body.ts";
import { type CodeTier, type DrawnUnit, ModuleCode, type Refusal } from "../runtime/code.ts";
import { EXIT } from "../state/block.ts";
import type { VerifiedModule } from "../verify/verify.ts";

/** Tiers that compile, fastest first. */
export const CODE_TIERS = ["opt", "baseline"] as const satisfies readonly CodeTier[];

export interface ListedLine extends WasmLine {
  /** Byte offset in CODE of the guest instruction this does a part of; absent for what belongs to none. */
  readonly pc?: number;
}

/** One guest function, or a loop and all that follows, as it stands in a unit. */
export interface UnitPart {
  /** Word index of its first instruction. */
  readonly start: number;
  /** Entered from the state block, not by a call. */
  readonly isRoot: boolean;
  readonly graph: Graph;
  readonly wasm: WasmFunction;
  readonly lines: readonly ListedLine[];
}

/** Where generated code can stop. */
interface Site {
  /** Byte offset in CODE. */
  readonly pc: number;
  readonly exit: ExitName;
  /** Inlined calls around it. */
  readonly level: number;
  /** Units given back. */
  readonly refund: number;
}

type ExitName = keyof typeof EXIT;

const EXIT_NAMES = new Map(Object.entries(EXIT).map(([name, exit]) => [exit, name as ExitName]));

export interface UnitView {
  readonly start: number;
  readonly tier: CodeTier;
  readonly instructions: number;
  readonly wasmBytes: number;
  readonly text: WasmText;
  /** Lines were asked for. */
  readonly isListed: boolean;
  readonly parts: readonly UnitPart[];
  readonly sites: readonly Site[];
  /** Byte offsets in CODE of accesses left to wasm's own bounds check, in code order. */
  readonly nativeTraps: readonly number[];
  /** Entering with less fuel executes nothing. */
  readonly minFuel: number;
  /** Nanoseconds: our code generator, and the engine underneath (lazy in V8: it compiles on the first call). */
  readonly generateNs: number;
  readonly compileNs: number;
}

/** Draws units of one module for one tier. */
export class UnitViewer {
  readonly #code: ModuleCode;
  readonly #maxBytes: number;
  readonly tier: CodeTier;

  constructor(module: VerifiedModule, tier: CodeTier) {
    this.tier = tier;
    this.#code = new ModuleCode(module);
    this.#maxBytes = module.policy.maxJitBytes;
  }

  /** The unit at a word index, or why a run would get none. Lines only if it has at most `listed` instructions. */
  at(start: number, listed = Infinity): UnitView | Refusal {
    const began = now();
    const listing = { offset: [], pc: [] };
    const drawn = this.#code.draw(start, this.tier, listing);
    if (typeof drawn === "string") return drawn;
    const { wasm } = drawn.compiled;
    if (wasm.length > this.#maxBytes) return "jit_bytes";
    const generated = now();
    try {
      compileWasm(wasm);
    } catch {
      return "environment";
    }
    const compiled = now();
    const times = { generateNs: generated - began, compileNs: compiled - generated };
    return view(this.tier, start, drawn, drawn.unit.instructions <= listed ? listing : undefined, times);
  }
}

const now = (): number => Number(monotonicNs() ?? 0n);

function view(
  tier: CodeTier,
  start: number,
  { unit, compiled }: DrawnUnit,
  listing: Listing | undefined,
  times: Pick<UnitView, "generateNs" | "compileNs">,
): UnitView {
  const text = readWasm(compiled.wasm, { bodies: listing === undefined ? "skip" : "read" });
  if (isWasmTextFailure(text))
    throw new InternalError(`generated code at ${text.offset}: not ${text.expected}`);
  const pcs = new PcFinder(listing ?? { offset: [], pc: [] });
  const parts = unit.functions.map((fn, i): UnitPart => {
    const wasm = text.functions[i]!;
    const lines = wasm.lines.map((line) => ({ ...line, ...pcs.at(line.offset, wasm.start) }));
    return { start: fn.start, isRoot: i === 0, graph: fn.graph, wasm, lines };
  });
  const { pc, exit, level, refund } = compiled.sites;
  const sites = pc.map((at, i): Site => {
    return { pc: at, exit: EXIT_NAMES.get(exit[i]!)!, level: level[i]!, refund: refund[i]! };
  });
  const wasmBytes = compiled.wasm.length;
  return {
    start,
    tier,
    instructions: unit.instructions,
    wasmBytes,
    text,
    isListed: listing !== undefined,
    parts,
    sites,
    nativeTraps: compiled.sites.trapPc,
    minFuel: compiled.minFuel,
    ...times,
  };
}

/** Follows a listing; asked in ascending order. */
class PcFinder {
  readonly #listing: Listing;
  #next = 0;

  constructor(listing: Listing) {
    this.#listing = listing;
  }

  /** The guest instruction of the code at `offset`, if one was listed since `from`. */
  at(offset: number, from: number): { readonly pc?: number } {
    const { offset: offsets, pc } = this.#listing;
    while (this.#next < offsets.length && offsets[this.#next]! <= offset) this.#next++;
    const last = this.#next - 1;
    // Negative: code that belongs to no instruction.
    return last < 0 || offsets[last]! < from || pc[last]! < 0 ? {} : { pc: pc[last]! };
  }
}
