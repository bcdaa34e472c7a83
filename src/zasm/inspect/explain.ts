// `explainModule`: which tier has code for what, why no faster one has, what it costs in fuel, and the code itself.
// Functions are found by reading CODE: the entry, the exports and everything a CALL names.

import { type Failure, isFailure, MisuseError } from "../../core/errors.ts";
import { isMetered, type PolicyInput } from "../../core/policy.ts";
import { imm12Of, lengthWords, opcodeOf } from "../isa/fields.ts";
import { type Block, buildGraph, END, findLeaders, type Graph, type GraphRefusal } from "../jit/graph.ts";
import type { RunInputs } from "../runtime/inputs.ts";
import type { EngineOptions } from "../runtime/options.ts";
import { TIERS, type Tier } from "../runtime/outcome.ts";
import type { VerifiedModule } from "../verify/verify.ts";
import type {
  BlockView,
  CodeLine,
  Explanation,
  FunctionView,
  InstructionView,
  Reason,
  Refused,
  UnitSummary,
} from "./explanation.ts";
import { type Profile, profileRun } from "./profile.ts";
import { entryOf, type Labels, labelsOf, openSubject, pcText, textAt } from "./subject.ts";
import { CODE_TIERS, type ListedLine, type UnitPart, type UnitView, UnitViewer } from "./units.ts";

export interface ExplainOptions {
  readonly policy?: PolicyInput;
  /** How the engine would be made. */
  readonly engine?: EngineOptions;
  /** The fastest tier to show. Default: the fastest there is. */
  readonly tier?: Tier;
  /** Name of the export that counts as the entry. */
  readonly entry?: string;
  /** Runs the program too, for where it is hot and what its tiers did. */
  readonly run?: Omit<RunInputs, "stdout" | "stderr" | "log" | "entry" | "tier">;
  /** Units after which that run is cut. Default: 200,000,000 where the policy's fuel is unlimited, else none. */
  readonly limit?: number;
}

export type Explained =
  | { readonly ok: true; readonly explanation: Explanation }
  | { readonly ok: false; readonly failure: Failure };

/** Instructions looked at and compiled at most, each tier counted; functions past them are only named. */
const MAX_EXAMINED = 400_000;
/** Instructions whose generated code is shown at most; each becomes a dozen lines or two. */
const MAX_LISTED = 40_000;

/**
 * Explains a module under a policy. Gives the failure for a module that is refused; throws `MisuseError` for a limit
 * that is none.
 */
export function explainModule(bytes: Uint8Array, options: ExplainOptions = {}): Explained {
  const { entry: name, engine = {}, run, limit } = options;
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 1)) {
    throw new MisuseError("limit must be an integer from 1");
  }
  const module = openSubject(bytes, options.policy);
  if (isFailure(module)) return { ok: false, failure: module };
  const entry = entryOf(module, name);
  if (typeof entry !== "number") return { ok: false, failure: entry };
  const inputs = run && (name === undefined ? run : { ...run, entry: name });
  const profile = inputs && profileRun(bytes, module, inputs, engine, limit);
  if (profile !== undefined && isFailure(profile)) return { ok: false, failure: profile };
  return { ok: true, explanation: new Explainer(module, entry, options, profile).explain() };
}

/** Code of one function in a unit. */
interface Found {
  /** Index among the units. */
  readonly unit: number;
  readonly part: UnitPart;
}

class Explainer {
  readonly #module: VerifiedModule;
  readonly #entry: number;
  readonly #profile: Profile | undefined;
  readonly #leaders: Uint8Array;
  readonly #labels: Labels;
  readonly #exports = new Map<number, string[]>();
  readonly #graphs = new Map<number, Graph | GraphRefusal | "not_examined">();
  readonly #units: UnitView[] = [];
  /** Faster tiers that take no part at all, and the others, fastest first. */
  readonly #absent: readonly Refused[];
  readonly #viewers: readonly { viewer: UnitViewer; found: Map<number, Found | Reason> }[];
  #left = MAX_EXAMINED;
  #listedLeft = MAX_LISTED;

  constructor(module: VerifiedModule, entry: number, options: ExplainOptions, profile: Profile | undefined) {
    this.#module = module;
    this.#entry = entry;
    this.#profile = profile;
    this.#leaders = findLeaders(module);
    this.#labels = labelsOf(module);
    for (const [name, word] of module.exports) {
      this.#exports.set(word, [...(this.#exports.get(word) ?? []), name]);
    }
    const most = TIERS.indexOf(options.tier ?? "native");
    const isOff = options.engine?.codegen === "off";
    const takesPart = (tier: Tier) => !isOff && TIERS.indexOf(tier) <= most;
    this.#absent = (["native", ...CODE_TIERS] as const)
      .filter((tier) => tier === "native" || !takesPart(tier))
      .map((tier) => ({
        tier,
        reason: tier === "native" ? "not_built" : isOff ? "codegen_off" : "not_asked",
      }));
    this.#viewers = CODE_TIERS.filter(takesPart).map((tier) => ({
      viewer: new UnitViewer(module, tier),
      found: new Map<number, Found | Reason>(),
    }));
  }

  explain(): Explanation {
    const { codeWords, policy, sha256 } = this.#module;
    const { starts, instructions } = this.#scan();
    const functions = starts.map((start) => this.#function(start));
    return {
      sha256,
      codeBytes: codeWords * 4,
      instructions,
      unreached: this.#unreached(),
      isComplete: this.#left > 0 && this.#units.every((unit) => unit.isListed),
      metered: isMetered(policy),
      memSize: policy.memSize,
      memBase: `0x${policy.memBase.toString(16)}`,
      functions,
      units: this.#units.map(summary),
      ...(this.#profile === undefined ? {} : { run: this.#profile.run }),
    };
  }

  /** First words of all functions: the entry, then the others in code order. */
  #scan(): { starts: number[]; instructions: number } {
    const { code, codeWords, exports } = this.#module;
    const found = new Set<number>(exports.values());
    let instructions = 0;
    for (let at = 0; at < codeWords; at += lengthWords(code[at]!)) {
      instructions++;
      if (opcodeOf(code[at]!) === 0x00) found.add(at + imm12Of(code[at]!));
    }
    found.delete(this.#entry);
    return { starts: [this.#entry, ...[...found].sort((a, b) => a - b)], instructions };
  }

  #unreached(): number {
    const { code, codeWords } = this.#module;
    const reached = new Uint8Array(codeWords + 1);
    for (const graph of this.#graphs.values()) {
      if (typeof graph === "string") continue;
      for (const { start, end } of graph.blocks) reached.fill(1, start, end);
    }
    let count = 0;
    for (let at = 0; at < codeWords; at += lengthWords(code[at]!)) if (reached[at] === 0) count++;
    return count;
  }

  #graphOf(start: number): Graph | GraphRefusal | "not_examined" {
    const known = this.#graphs.get(start);
    if (known !== undefined) return known;
    const graph = this.#left > 0 ? buildGraph(this.#module, this.#leaders, start) : "not_examined";
    if (typeof graph !== "string") this.#left -= graph.instructions;
    this.#graphs.set(start, graph);
    return graph;
  }

  #function(start: number): FunctionView {
    const own = this.#graphOf(start);
    const { tier, notIn, found } = this.#codeOf(start, own);
    const graph = typeof own === "string" ? undefined : own;
    const shown = found?.part.graph ?? graph;
    const inUnit =
      found && new Set(this.#units[found.unit]!.parts.flatMap((p) => (p.isRoot ? [] : [p.start])));
    const blocks = shown === undefined ? [] : [...shown.blocks];
    const ownBlocks = blocks.filter(({ level }) => level === 0).sort((a, b) => a.start - b.start);
    const inlined = blocks.filter(({ kind }) => kind === END.enter).map(({ callee }) => callee);
    const calls = graph?.blocks.flatMap(({ kind, callee }) => (kind === END.call ? [callee] : [])) ?? [];
    return {
      pc: start * 4,
      name: this.#labels.get(start)?.[0] ?? `L_${pcText(start * 4)}`,
      exports: this.#exports.get(start) ?? [],
      isEntry: start === this.#entry,
      calls: distinctPcs(calls),
      inlines: distinctPcs(inlined),
      instructions: graph?.instructions ?? 0,
      loops: distinctPcs(graph?.blocks.flatMap(({ isHeader, start }) => (isHeader ? [start] : [])) ?? []),
      structured: graph?.reducible ?? true,
      tier,
      notIn,
      ...(found === undefined ? {} : codeFacts(found)),
      blocks: shown === undefined ? [] : ownBlocks.map((block) => this.#block(shown, block, tier, inUnit)),
      code: found?.part.lines.map(codeLine) ?? [],
      ...(this.#profile === undefined || graph === undefined
        ? {}
        : { heat: heatOf(graph, this.#profile, this.#module) }),
    };
  }

  /** The fastest tier with code for a function, that code, and why faster ones have none. */
  #codeOf(start: number, own: Graph | Reason): { tier: Tier; notIn: readonly Refused[]; found?: Found } {
    const refused: Refused[] = [];
    for (const { viewer, found: known } of this.#viewers) {
      const found = typeof own === "string" ? own : this.#find(viewer, known, start);
      if (typeof found === "object")
        return { tier: viewer.tier, notIn: [...this.#absent, ...refused], found };
      refused.push({ tier: viewer.tier, reason: found });
    }
    return { tier: "interp", notIn: [...this.#absent, ...refused] };
  }

  /** In the units drawn so far, else in one of its own. */
  #find(viewer: UnitViewer, known: Map<number, Found | Reason>, start: number): Found | Reason {
    const before = known.get(start);
    if (before !== undefined) return before;
    const unit = this.#left > 0 ? viewer.at(start, this.#listedLeft) : "not_examined";
    if (typeof unit === "string") {
      known.set(start, unit);
      return unit;
    }
    this.#left -= unit.instructions;
    if (unit.isListed) this.#listedLeft -= unit.instructions;
    const index = this.#units.push(unit) - 1;
    // The root comes first: it stands for its function even where that is in the unit once more, for calls.
    for (const part of unit.parts) if (!known.has(part.start)) known.set(part.start, { unit: index, part });
    return known.get(start)!;
  }

  #block(graph: Graph, block: Block, tier: Tier, inUnit: ReadonlySet<number> | undefined): BlockView {
    const { start, end, callee, isHeader } = block;
    const leavesTo = inUnit === undefined ? undefined : this.#leaves(block, inUnit);
    return {
      pc: start * 4,
      endPc: end * 4,
      fuel: block.cost,
      pathFuel: block.pathCost,
      checksFuel: isMetered(this.#module.policy) ? block.isRegion : block === graph.blocks[0] || isHeader,
      paysByTheByte: block.paysByTheByte,
      loopHeader: isHeader,
      end: END_NAMES.get(block.kind)!,
      to: distinctPcs(this.#following(graph, block)),
      ...(callee < 0 ? {} : { callee: callee * 4 }),
      tier,
      ...(leavesTo === undefined ? {} : { leavesTo }),
      instructions: this.#instructions(start, end),
      ...(this.#profile === undefined ? {} : { entered: this.#profile.executed[start]! }),
    };
  }

  /** Blocks of the same function that come next; past inlined code, where that returns to. */
  #following(graph: Graph, { kind, end, next, taken }: Block): number[] {
    if (kind === END.enter) return [end];
    return [next, taken].flatMap((s) => graph.blocks[s]?.start ?? []); // -1 = none
  }

  /** A call that generated code leaves to the interpreter, as the callee is not in the unit. */
  #leaves({ kind, callee, last }: Block, inUnit: ReadonlySet<number>): BlockView["leavesTo"] {
    if (kind !== END.call || inUnit.has(callee)) return undefined;
    const graph = this.#graphOf(callee);
    return { pc: last * 4, why: typeof graph === "string" ? graph : "unit_full" };
  }

  #instructions(start: number, end: number): InstructionView[] {
    const list: InstructionView[] = [];
    for (let at = start; at < end; at += lengthWords(this.#module.code[at]!)) {
      list.push({ pc: at * 4, text: textAt(this.#module, this.#labels, at) });
    }
    return list;
  }
}

type EndName = BlockView["end"];
const END_NAMES: ReadonlyMap<number, EndName> = new Map(
  Object.entries(END).map(([name, kind]) => [kind, name as EndName]), // `leave` ends inlined blocks only
);

const distinctPcs = (words: readonly number[]): number[] =>
  [...new Set(words)].sort((a, b) => a - b).map((word) => word * 4);

const codeFacts = ({ unit, part: { wasm } }: Found) => ({
  unit,
  wasmBytes: wasm.end - wasm.start,
  signature: wasm.signature,
});

const codeLine = ({ offset, depth, text, pc }: ListedLine): CodeLine =>
  pc === undefined ? { offset, depth, text } : { offset, depth, text, pc };

/** Instructions executed in a function's own code. */
function heatOf({ blocks }: Graph, { executed }: Profile, { code }: VerifiedModule): number {
  let sum = 0;
  for (const { start, end } of blocks) {
    for (let at = start; at < end; at += lengthWords(code[at]!)) sum += executed[at]!;
  }
  return sum;
}

const summary = (unit: UnitView): UnitSummary => ({
  pc: unit.start * 4,
  tier: unit.tier,
  functions: unit.parts.length - 1,
  instructions: unit.instructions,
  wasmBytes: unit.wasmBytes,
  exits: unit.sites.length,
  minFuel: unit.minFuel,
  timing: { generateUs: unit.generateNs / 1000, compileUs: unit.compileNs / 1000 },
});
