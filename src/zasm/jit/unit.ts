// A compile unit: one root (a loop header or a function's first word) and every function it may call, gathered
// before any code is generated. Free of wasm; native back ends compile the same units.

import type { VerifiedModule } from "../verify/verify.ts";
import { closeEffects, type Effects, ownEffects } from "./effects.ts";
import { buildGraph, END, type Graph, type GraphRefusal } from "./graph.ts";

export interface UnitFunction {
  /** Word index of the first instruction. */
  readonly start: number;
  readonly graph: Graph;
  /** Own effects and those of every function called from here, as far as they are in the unit. */
  readonly effects: Effects;
}

export interface Unit {
  /** Entered from the state block, at `start`. */
  readonly root: UnitFunction;
  /** Entered by CALL, by word index. A callee that is not here is called by the interpreter. */
  readonly functions: ReadonlyMap<number, UnitFunction>;
  readonly instructions: number;
}

/** Functions past this many instructions stay with the interpreter; what is hot comes first. */
const MAX_UNIT_INSTRUCTIONS = 100_000;

export interface UnitLimits {
  /** Nested inlined calls. 0 = none. */
  readonly levels: number;
  /** Instructions of a callee, its own calls not followed. */
  readonly calleeInstructions: number;
  /** Instructions of a graph past which nothing more is inlined. */
  readonly graphInstructions: number;
  /** Instructions of a graph past which loops around the root share its header. 0 = they always do. */
  readonly copyUpTo: number;
}

export const PLAIN: UnitLimits = { levels: 0, calleeInstructions: 0, graphInstructions: 0, copyUpTo: 0 };

export function gatherUnit(
  module: Pick<VerifiedModule, "code" | "codeWords">,
  leaders: Uint8Array,
  start: number,
  limits: UnitLimits = PLAIN,
): Unit | GraphRefusal {
  const sizes = new Map<number, number>();
  const sizeOf = (callee: number): number => {
    let size = sizes.get(callee);
    if (size === undefined) {
      const graph = buildGraph(module, leaders, callee, { copyUpTo: 0 });
      size = typeof graph === "string" ? Infinity : graph.instructions;
      sizes.set(callee, size);
    }
    return size;
  };
  const inline = (callee: number, level: number, instructions: number): boolean =>
    level <= limits.levels &&
    instructions < limits.graphInstructions &&
    sizeOf(callee) <= limits.calleeInstructions;
  const rootGraph = buildGraph(module, leaders, start, { inline, copyUpTo: limits.copyUpTo });
  if (typeof rootGraph === "string") return rootGraph;
  let instructions = rootGraph.instructions;
  const found = new Map<number, { graph: Graph; own: Effects }>();
  const refused = new Set<number>();
  const work: Graph[] = [rootGraph];
  for (let graph = work.pop(); graph !== undefined; graph = work.pop()) {
    for (const block of graph.blocks) {
      if (block.kind !== END.call || found.has(block.callee) || refused.has(block.callee)) continue;
      const callee = buildGraph(module, leaders, block.callee, { inline, copyUpTo: 0 });
      if (typeof callee === "string" || instructions + callee.instructions > MAX_UNIT_INSTRUCTIONS) {
        refused.add(block.callee);
        continue;
      }
      instructions += callee.instructions;
      found.set(block.callee, { graph: callee, own: ownEffects(module, callee) });
      work.push(callee);
    }
  }
  const ROOT = -1; // no word index
  const effects = closeEffects(
    new Map([[ROOT, { graph: rootGraph, own: ownEffects(module, rootGraph) }], ...found]),
  );
  const functions = new Map<number, UnitFunction>();
  for (const [at, { graph }] of found) functions.set(at, { start: at, graph, effects: effects.get(at)! });
  return { root: { start, graph: rootGraph, effects: effects.get(ROOT)! }, functions, instructions };
}
