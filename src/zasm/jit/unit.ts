// A compile unit: one root (a loop header or a function's first word) and every function it may call, gathered
// before any code is generated. Free of wasm; native back ends compile the same units.

import type { VerifiedModule } from "../verify/verify.ts";
import { buildGraph, END, type Graph, type GraphRefusal, type Inlining } from "./graph.ts";

export interface UnitFunction {
  /** Word index of the first instruction. */
  readonly start: number;
  readonly graph: Graph;
  /** Registers read and written here and in every function called from here, as far as they are in the unit. */
  reads: number;
  writes: number;

  // The plan: where registers are at calls and returns. See plan.ts.

  /** Passed by value; the others are in the state block at entry. */
  params: number;
  /** Returned by value. */
  values: number;
  /** May differ at return from what they were at entry, as far as the caller can tell. */
  changes: number;
  /** Registers whose value somebody may look at after the return. */
  liveAtReturn: number;
  /** Registers below 2^32 at every return. */
  narrowAtReturn: number;
}

export interface Unit {
  /** Entered from the state block, at `start`. */
  readonly root: UnitFunction;
  /** The root first, then what is entered by CALL. A callee that is not here is called by the interpreter. */
  readonly functions: readonly UnitFunction[];
  readonly instructions: number;
}

/** Functions past this many instructions stay with the interpreter; what is hot comes first. */
const MAX_UNIT_INSTRUCTIONS = 100_000;

/** `copyUpTo`: instructions of a graph past which loops around the root share its header. 0 = they always do. */
export function gatherUnit(
  module: Pick<VerifiedModule, "code" | "codeWords">,
  leaders: Uint8Array,
  start: number,
  copyUpTo = 0,
  inlining?: Inlining,
): Unit | GraphRefusal {
  const inliner = inlining && { limits: inlining, isSmall: new Map<number, boolean>() };
  const graph = buildGraph(module, leaders, start, copyUpTo, inliner);
  if (typeof graph === "string") return graph;
  const root = newFunction(start, graph);
  const functions = [root];
  let { instructions } = graph;
  let known: Map<number, number> | undefined;
  const work = [root];
  for (let caller = work.pop(); caller !== undefined; caller = work.pop()) {
    const { blocks } = caller.graph;
    for (let i = 0; i < blocks.length; i++) {
      const block = blocks[i]!;
      if (block.kind !== END.call) continue;
      known ??= new Map();
      let target = known.get(block.callee);
      if (target === undefined) {
        target = -1;
        const callee = buildGraph(module, leaders, block.callee, 0, inliner);
        if (typeof callee !== "string" && instructions + callee.instructions <= MAX_UNIT_INSTRUCTIONS) {
          instructions += callee.instructions;
          const fn = newFunction(block.callee, callee);
          target = functions.push(fn) - 1;
          work.push(fn);
        }
        known.set(block.callee, target);
      }
      block.target = target;
    }
  }
  if (functions.length > 1) closeEffects(functions);
  return { root, functions, instructions };
}

function newFunction(start: number, graph: Graph): UnitFunction {
  const { blocks } = graph;
  let reads = 0;
  let writes = 0;
  for (let i = 0; i < blocks.length; i++) {
    reads |= blocks[i]!.reads;
    writes |= blocks[i]!.writes;
  }
  return {
    start,
    graph,
    reads,
    writes,
    params: 0,
    values: 0,
    changes: 0,
    liveAtReturn: 0,
    narrowAtReturn: 0,
  };
}

/** Adds to each function what its callees do, until nothing changes. */
function closeEffects(functions: readonly UnitFunction[]): void {
  for (let changed = true; changed; ) {
    changed = false;
    // Callees were found after their callers, so backwards a chain of calls is done in one go.
    for (let f = functions.length - 1; f >= 0; f--) {
      const fn = functions[f]!;
      let { reads, writes } = fn;
      for (const { target } of fn.graph.blocks) {
        if (target < 0) continue;
        reads |= functions[target]!.reads;
        writes |= functions[target]!.writes;
      }
      if (reads === fn.reads && writes === fn.writes) continue;
      fn.reads = reads;
      fn.writes = writes;
      changed = true;
    }
  }
}
