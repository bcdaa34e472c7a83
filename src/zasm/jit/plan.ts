// Where registers are: which a function takes and gives by value, and which wait in the state block instead.
// A register that a callee does not read need not be passed, and one that it gives back unchanged need not be
// returned; what is left out of the signature is saved to the block before the call and read back when it is used.
// Free of wasm, like the graph: every back end has the same few registers to spend on calls.

import { COMPARE_BIT, effectsOfWord, REGISTER_BITS } from "./effects.ts";
import { type Block, END, wordLength } from "./graph.ts";
import { type Narrow, narrowRegisters } from "./narrow.ts";
import type { Unit, UnitFunction } from "./unit.ts";

/** Everything, the compare register included. */
const ALL = COMPARE_BIT | REGISTER_BITS;
const REGISTERS = 5;

export interface Plan {
  /** Registers this function or its callees touch: each has a local. */
  readonly touched: number;
  /** Passed by value; the others are in the block at entry. */
  readonly params: number;
  /** Returned by value. */
  readonly values: number;
  /** May differ at return from what they were at entry, as far as the caller can tell. */
  readonly writes: number;
  /** Registers whose value somebody may look at after the return. */
  readonly liveAtReturn: number;
  /** Per block, registers whose value somebody may look at from its start on. */
  readonly liveIn: Uint16Array;
  /** Per block, registers that are in their local at its start; the others are in the block. */
  readonly local: Uint16Array;
}

export interface PlanOptions {
  /** Trim signatures by liveness; otherwise everything touched is passed and everything written returned. */
  readonly trim: boolean;
  /** Registers are looked at wherever fuel can run out, so none is ever dead. */
  readonly metered: boolean;
  /** Guest memory ends far enough below 2^32 that a base register less a displacement is below it too. */
  readonly isLow: boolean;
}

export interface UnitPlan {
  readonly root: Plan;
  readonly functions: ReadonlyMap<number, Plan>;
  /** Absent when signatures are not trimmed. */
  readonly narrow: ReadonlyMap<UnitFunction, Narrow> | undefined;
}

/** Upward-exposed reads and writes of one block, and its call. */
interface Summary {
  readonly reads: number;
  readonly writes: number;
  /** The function called at its end, when that is in the unit. */
  readonly callee: UnitFunction | undefined;
}

export function planUnit(code: Int32Array, unit: Unit, options: PlanOptions): UnitPlan {
  const all = [unit.root, ...unit.functions.values()];
  const summaries = new Map(all.map((fn) => [fn, fn.graph.blocks.map((b) => summarise(code, b, unit))]));
  const live = liveness(all, summaries, unit);
  const narrow = options.trim ? narrowRegisters(code, unit, options.isLow) : undefined;
  const preserved = narrow ? preservedRegisters(code, all, unit, narrow) : new Map<UnitFunction, number>();
  const uses = usesAfterCalls(all, live, unit);
  const signatures = new Map(
    all.map((fn) => [fn, signature(fn, live.get(fn)!, preserved.get(fn) ?? 0, uses.get(fn)!, options)]),
  );
  const plan = (fn: UnitFunction): Plan => {
    const own = signatures.get(fn)!;
    const { atReturn, into } = live.get(fn)!;
    const liveIn = options.metered ? into.map(() => ALL) : into;
    return {
      ...own,
      liveAtReturn: options.metered ? ALL : atReturn,
      liveIn,
      local: residency(fn, own, summaries.get(fn)!, signatures, options.trim),
    };
  };
  const functions = new Map<number, Plan>();
  for (const [start, fn] of unit.functions) functions.set(start, plan(fn));
  return { root: plan(unit.root), functions, narrow };
}

function summarise(code: Int32Array, block: Block, unit: Unit): Summary {
  let reads = 0;
  let writes = 0;
  for (let index = block.start; index < block.end; index += wordLength(code[index]!)) {
    const both = effectsOfWord(code[index]!);
    reads |= both & 0xffff & ~writes;
    writes |= both >>> 16;
  }
  return { reads, writes, callee: block.kind === END.call ? unit.functions.get(block.callee) : undefined };
}

interface Live {
  atReturn: number;
  readonly into: Uint16Array;
}

/** Backwards over all functions together; what a return leads to is what any of its calls leads to. */
function liveness(
  all: readonly UnitFunction[],
  summaries: ReadonlyMap<UnitFunction, readonly Summary[]>,
  unit: Unit,
): Map<UnitFunction, Live> {
  const live = new Map<UnitFunction, Live>();
  for (const fn of all) {
    // The root returns to code this unit does not know, or ends the program, which shows every register.
    live.set(fn, { atReturn: fn === unit.root ? ALL : 0, into: new Uint16Array(fn.graph.blocks.length) });
  }
  // To and fro: what a return leads to goes down a chain of calls, what a callee reads goes up.
  let order = all;
  for (let changed = true; changed; order = order.toReversed()) {
    changed = false;
    for (const fn of order) {
      const own = live.get(fn)!;
      const { blocks } = fn.graph;
      for (let i = blocks.length - 1; i >= 0; i--) {
        const block = blocks[i]!;
        const { reads, writes, callee } = summaries.get(fn)![i]!;
        let out = 0;
        for (const s of block.successors) out |= own.into[s]!;
        if (block.kind === END.ret) out = own.atReturn;
        if (block.kind === END.call) {
          if (callee === undefined) out = ALL;
          else {
            const theirs = live.get(callee)!;
            if ((theirs.atReturn | out) !== theirs.atReturn) {
              theirs.atReturn |= out;
              changed = true;
            }
            out = theirs.into[0]!;
          }
        }
        const into = reads | (out & ~writes);
        if ((own.into[i]! | into) !== own.into[i]!) {
          own.into[i]! |= into;
          changed = true;
        }
      }
    }
  }
  return live;
}

function signature(
  fn: UnitFunction,
  live: Live,
  preserved: number,
  uses: Int32Array,
  options: PlanOptions,
): Pick<Plan, "touched" | "params" | "values" | "writes"> {
  const touched = fn.effects.reads | fn.effects.writes;
  if (!options.trim) {
    const params = touched & REGISTER_BITS;
    return { touched, params, values: fn.effects.writes & REGISTER_BITS, writes: fn.effects.writes };
  }
  const params = touched & REGISTER_BITS & live.into[0]!;
  const writes = fn.effects.writes & ~(preserved & params);
  return { touched, params, values: favourite(writes & REGISTER_BITS, uses), writes };
}

/** How many calls of each function have a use for each register afterwards, in one pass over all calls. */
function usesAfterCalls(
  all: readonly UnitFunction[],
  lives: ReadonlyMap<UnitFunction, Live>,
  unit: Unit,
): Map<UnitFunction, Int32Array> {
  const uses = new Map(all.map((fn) => [fn, new Int32Array(REGISTERS)]));
  for (const caller of all) {
    const { into } = lives.get(caller)!;
    for (const block of caller.graph.blocks) {
      const callee = block.kind === END.call ? unit.functions.get(block.callee) : undefined;
      if (callee === undefined) continue;
      const after = into[block.successors[0]!]!;
      const counts = uses.get(callee)!;
      for (let r = 0; r < REGISTERS; r++) if (after & (1 << r)) counts[r]!++;
    }
  }
  return uses;
}

/** One result fits in a machine register beside the fuel: the one that most calls have a use for. */
function favourite(candidates: number, uses: Int32Array): number {
  let best = -1;
  for (let r = 0; r < REGISTERS; r++) {
    if (!(candidates & (1 << r)) || uses[r] === 0) continue;
    if (best < 0 || uses[r]! > uses[best]!) best = r;
  }
  return best < 0 ? 0 : 1 << best;
}

/** Forward: a register is in its local if it is on some way here; on the other ways it is read back at the edge. */
function residency(
  fn: UnitFunction,
  own: Pick<Plan, "touched" | "params">,
  summaries: readonly Summary[],
  signatures: ReadonlyMap<UnitFunction, Pick<Plan, "values" | "writes">>,
  trim: boolean,
): Uint16Array {
  const { blocks, reducible } = fn.graph;
  if (!trim || !reducible) return new Uint16Array(blocks.length).fill(own.touched);
  const local = new Uint16Array(blocks.length);
  local[0] = own.params;
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 0; i < blocks.length; i++) {
      const { reads, writes, callee } = summaries[i]!;
      let out = local[i]! | reads | writes;
      if (callee !== undefined) {
        const theirs = signatures.get(callee)!;
        out = (out & ~theirs.writes) | theirs.values;
      }
      for (const s of blocks[i]!.successors) {
        if ((local[s]! | out) === local[s]) continue;
        local[s]! |= out;
        changed = true;
      }
    }
  }
  return local;
}

/**
 * A register's value: that of `origin` at entry plus `offset`, origin -1 = the number alone.
 * `wraps`: it may be only the low 32 bits of this sum.
 */
type Known = { readonly origin: number; readonly offset: bigint; readonly wraps: boolean } | undefined;

/** Registers that every return leaves as they were at entry, such as a guest's stack pointer. */
function preservedRegisters(
  code: Int32Array,
  all: readonly UnitFunction[],
  unit: Unit,
  narrow: ReadonlyMap<UnitFunction, Narrow>,
): Map<UnitFunction, number> {
  const preserved = new Map<UnitFunction, number>(all.map((fn) => [fn, REGISTER_BITS]));
  const backwards = all.toReversed();
  for (let changed = true; changed; ) {
    changed = false;
    for (const fn of backwards) {
      const before = preserved.get(fn)!;
      if (before === 0) continue;
      const after = before & preservedBy(code, fn, preserved, unit, narrow.get(fn)!.into[0]!);
      if (after === before) continue;
      preserved.set(fn, after);
      changed = true;
    }
  }
  return preserved;
}

const MAX_TRACKED_BLOCKS = 500;

function preservedBy(
  code: Int32Array,
  fn: UnitFunction,
  preserved: ReadonlyMap<UnitFunction, number>,
  unit: Unit,
  narrowAtEntry: number,
): number {
  const { blocks } = fn.graph;
  if (blocks.length > MAX_TRACKED_BLOCKS) return 0;
  const states: (Known[] | undefined)[] = new Array(blocks.length).fill(undefined);
  states[0] = Array.from({ length: REGISTERS }, (_, r) => ({ origin: r, offset: 0n, wraps: false }));
  let result = REGISTER_BITS;
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 0; i < blocks.length; i++) {
      const into = states[i];
      if (into === undefined) continue;
      const block = blocks[i]!;
      const state = [...into];
      for (let index = block.start; index < block.end; index += wordLength(code[index]!)) {
        track(code, index, state);
      }
      if (block.kind === END.call) {
        const callee = unit.functions.get(block.callee);
        if (callee === undefined) continue; // the interpreter goes on from here
        const kept = ~callee.effects.writes | preserved.get(callee)!;
        for (let r = 0; r < REGISTERS; r++) if (!(kept & (1 << r))) state[r] = undefined;
      }
      if (block.kind === END.ret) {
        for (let r = 0; r < REGISTERS; r++) {
          const known = state[r];
          const same = known?.origin === r && known.offset === 0n;
          if (!same || (known.wraps && !(narrowAtEntry & (1 << r)))) result &= ~(1 << r);
        }
      }
      for (const s of block.successors) if (merge(states, s, state)) changed = true;
    }
  }
  return result;
}

function merge(states: (Known[] | undefined)[], into: number, from: readonly Known[]): boolean {
  const old = states[into];
  if (old === undefined) {
    states[into] = [...from];
    return true;
  }
  let changed = false;
  for (let r = 0; r < REGISTERS; r++) {
    const [a, b] = [old[r], from[r]];
    if (a === undefined) continue;
    const isSame = a.origin === b?.origin && a.offset === b.offset;
    if (isSame && (a.wraps || !b.wraps)) continue;
    old[r] = isSame ? b : undefined;
    changed = true;
  }
  return changed;
}

function track(code: Int32Array, index: number, state: Known[]): void {
  const word = code[index]!;
  const opcode = word >>> 24;
  const d = (word >>> 20) & 15;
  const a = state[(word >>> 16) & 15];
  const b = state[(word >>> 12) & 15];
  const writes = effectsOfWord(word) >>> 16;
  let value: Known;
  if (opcode === 0x07) value = a;
  else if (opcode === 0x70) value = { origin: -1, offset: loadedValue(code, index), wraps: false };
  else if (opcode === 0x05 || opcode === 0x06) value = sum(state[d], opcode === 0x05 ? ONE : MINUS_ONE, true);
  else if (opcode === 0x10 || opcode === 0x20) value = sum(a, b, opcode === 0x10);
  else if (opcode === 0x11 || opcode === 0x21) {
    value = sum(a, b && b.origin < 0 ? { ...b, offset: -b.offset } : undefined, opcode === 0x11);
  }
  for (let r = 0; r < REGISTERS; r++) if (writes & (1 << r)) state[r] = r === d ? value : undefined;
}

const ONE: Known = { origin: -1, offset: 1n, wraps: false };
const MINUS_ONE: Known = { origin: -1, offset: -1n, wraps: false };

/** a + b where at most one is a register's; undefined where the sum has no such form. */
function sum(a: Known, b: Known, wraps: boolean): Known {
  if (a === undefined || b === undefined || (a.origin >= 0 && b.origin >= 0)) return undefined;
  // A 64-bit sum of something that was cut to 32 bits has no such form.
  if (!wraps && (a.wraps || b.wraps)) return undefined;
  const offset = BigInt.asIntN(wraps ? 32 : 64, a.offset + b.offset);
  return { origin: Math.max(a.origin, b.origin), offset, wraps };
}

function loadedValue(code: Int32Array, index: number): bigint {
  const length = wordLength(code[index]!);
  if (length === 1) return BigInt((code[index]! << 20) >> 20);
  const low = BigInt(code[index + 1]!);
  return length === 2 ? low : BigInt.asIntN(64, BigInt.asUintN(32, low) | (BigInt(code[index + 2]!) << 32n));
}
