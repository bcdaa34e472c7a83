// Which registers an instruction, a function and everything it calls may read or write: what decides call
// signatures and what an exit has to save. A mask has one bit per register and `COMPARE_BIT` for the compare register.

import { BY_OPCODE, REGISTERS, type RegisterName } from "../isa/table.ts";
import type { VerifiedModule } from "../verify/verify.ts";
import { type Block, END, type Graph, wordLength } from "./graph.ts";

export const COMPARE_BIT = 1 << REGISTERS.length;
export const REGISTER_BITS = COMPARE_BIT - 1;

export interface Effects {
  readonly reads: number;
  readonly writes: number;
}

const FIXED = BY_OPCODE.map((row) => ({
  reads: maskOf(row?.reads ?? []),
  writes: maskOf(row?.writes ?? []),
  format: row?.format,
}));

function maskOf(names: readonly RegisterName[]): number {
  return names.reduce((mask, name) => mask | (1 << REGISTERS.indexOf(name)), 0);
}

/** Reads in the low half, writes in the high half of one number, so that the scan allocates nothing. */
export function effectsOfWord(word: number): number {
  const { reads, writes, format } = FIXED[word >>> 24]!;
  const d = 1 << ((word >>> 20) & 15);
  const a = 1 << ((word >>> 16) & 15);
  const b = 1 << ((word >>> 12) & 15);
  switch (format) {
    case "jr": {
      const condition = (word >>> 16) & 15;
      return condition === 0 || condition === 7 || condition === 10 ? 0 : COMPARE_BIT;
    }
    case "cp":
      return a | b | (COMPARE_BIT << 16);
    case "cpi":
      return a | (COMPARE_BIT << 16);
    case "step":
    case "bits":
      return d | (d << 16);
    case "mov":
    case "shift":
    case "load":
      return a | (d << 16);
    case "rrr":
      return a | b | (d << 16);
    case "ld":
      return d << 16;
    case "store":
      return a | b;
    case "none":
    case "prim":
      return reads | (writes << 16);
    default:
      return 0; // call, drop
  }
}

/** Everything the blocks of one graph do themselves, calls not followed. */
export function ownEffects({ code }: Pick<VerifiedModule, "code">, graph: Graph): Effects {
  let both = 0;
  for (const block of graph.blocks) both |= blockEffects(code, block);
  return { reads: both & 0xffff, writes: both >>> 16 };
}

function blockEffects(code: Int32Array, block: Block): number {
  let both = 0;
  for (let index = block.start; index < block.end; index += wordLength(code[index]!)) {
    both |= effectsOfWord(code[index]!);
  }
  return both;
}

/** Adds to each function what its callees do, until nothing changes. `unknown` callees do everything. */
export function closeEffects(
  functions: ReadonlyMap<number, { readonly graph: Graph; readonly own: Effects }>,
): Map<number, Effects> {
  const effects = new Map<number, Effects>();
  for (const [start, { own }] of functions) effects.set(start, own);
  // Callees were found after their callers, so backwards a chain of calls is done in one go.
  const backwards = [...functions].reverse();
  for (let changed = true; changed; ) {
    changed = false;
    for (const [start, { graph }] of backwards) {
      const before = effects.get(start)!;
      let { reads, writes } = before;
      for (const block of graph.blocks) {
        if (block.kind !== END.call) continue;
        const callee = effects.get(block.callee);
        if (callee === undefined) continue; // left to the interpreter: the call is an exit
        reads |= callee.reads;
        writes |= callee.writes;
      }
      if (reads !== before.reads || writes !== before.writes) {
        effects.set(start, { reads, writes });
        changed = true;
      }
    }
  }
  return effects;
}
