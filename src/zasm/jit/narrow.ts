// Which registers are known to be below 2^32, by forward flow over all functions of a unit at once: what lets an
// address be checked in 32 bits, and a guest's stack pointer be recognised although it was computed in 32 bits.

import { BY_OPCODE } from "../isa/table.ts";
import { effectsOfWord, REGISTER_BITS } from "./effects.ts";
import { END, type Graph, wordLength } from "./graph.ts";
import type { Unit, UnitFunction } from "./unit.ts";

export interface Narrow {
  /** Per block, registers below 2^32 at its start. */
  readonly into: Uint16Array;
  /** Per loop header, registers of `into` that have to be looked at on the way into the loop. */
  readonly guards: Uint16Array;
  /** Registers below 2^32 at every return. */
  readonly atReturn: number;
}

/** Opcodes whose result is below 2^32 whatever they are given. */
const ALWAYS = BY_OPCODE.map((row) => {
  if (row === undefined) return false;
  if (row.format === "bits") return true;
  if (row.format === "load") return !/^(LD64|LD\d+S64)$/.test(row.mnemonic);
  if (row.format === "prim") return row.mnemonic !== "ALLOC"; // -1 and the like come zero-extended too
  const isCompare = row.opcode >= 0x50 && row.opcode < 0x6a;
  return isCompare || (row.width === 32 && row.format !== "cp" && row.format !== "cpi");
});

const SRL64 = 0x42;
const [DIVU64, REMU64, AND64, OR64, XOR64] = [0x24, 0x26, 0x27, 0x28, 0x29];

/**
 * The registers below 2^32 after the instruction at `index`, given those before. `isLow`: guest memory ends so far below
 * 2^32 that what addressed it is narrow.
 */
export function narrowAfter(code: Int32Array, index: number, before: number, isLow: boolean): number {
  const word = code[index]!;
  // A base below 0 can reach memory by a displacement above 0.
  const known = isLow && (word << 20) >> 20 <= 0 ? before | baseOf(word) : before;
  const writes = effectsOfWord(word) >>> 16;
  if ((writes & REGISTER_BITS) === 0) return known;
  return isNarrow(code, index, known) ? known | writes : known & ~writes;
}

/** The base register of a load or store, as a mask. */
function baseOf(word: number): number {
  return IS_ACCESS[word >>> 24] ? 1 << ((word >>> 16) & 15) : 0;
}

const IS_ACCESS = BY_OPCODE.map((row) => row?.format === "load" || row?.format === "store");

function isNarrow(code: Int32Array, index: number, before: number): boolean {
  const word = code[index]!;
  const opcode = word >>> 24;
  if (ALWAYS[opcode]) return true;
  const imm = (word << 20) >> 20;
  const a = (before & (1 << ((word >>> 16) & 15))) !== 0;
  const b = (before & (1 << ((word >>> 12) & 15))) !== 0;
  switch (opcode) {
    case 0x07: // MOV
      return a;
    case 0x70: {
      const length = wordLength(word);
      if (length === 1) return imm >= 0;
      return length === 2 ? code[index + 1]! >= 0 : code[index + 2] === 0;
    }
    case DIVU64:
    case REMU64:
      return a;
    case AND64:
      return a || b;
    case OR64:
    case XOR64:
      return a && b;
    case SRL64:
      return a || imm >= 32;
    default:
      return false;
  }
}

/**
 * Starts from "everything is narrow" but the root's entry, and takes back what some way contradicts. A register that a
 * loop addresses memory with counts as narrow at the loop's header if the loop keeps it so: whoever
 * enters has to look (`guards`).
 */
export function narrowRegisters(code: Int32Array, unit: Unit, isLow: boolean): Map<UnitFunction, Narrow> {
  const all = [unit.root, ...unit.functions.values()];
  const state = new Map<UnitFunction, { into: Uint16Array; guards: Uint16Array; atReturn: number }>();
  for (const fn of all) {
    const into = new Uint16Array(fn.graph.blocks.length).fill(REGISTER_BITS);
    const guards = isLow ? addressesOfLoops(code, fn.graph) : new Uint16Array(into.length);
    if (fn === unit.root) into[0] = guards[0]!;
    state.set(fn, { into, guards, atReturn: REGISTER_BITS });
  }
  // To and fro: arguments go down a chain of calls, results go up.
  let order: readonly UnitFunction[] = all;
  for (let changed = true; changed; order = order.toReversed()) {
    changed = false;
    for (const fn of order) {
      const own = state.get(fn)!;
      fn.graph.blocks.forEach((block, i) => {
        let out = own.into[i]!;
        for (let index = block.start; index < block.end; index += wordLength(code[index]!)) {
          out = narrowAfter(code, index, out, isLow);
        }
        if (block.kind === END.ret && (own.atReturn & out) !== own.atReturn) {
          own.atReturn &= out;
          changed = true;
        }
        if (block.kind === END.call) {
          const callee = unit.functions.get(block.callee);
          if (callee === undefined) return; // the interpreter goes on from here
          const theirs = state.get(callee)!;
          const into = theirs.into[0]! & (out | theirs.guards[0]!);
          if (into !== theirs.into[0]) {
            theirs.into[0] = into;
            changed = true;
          }
          out = (out & ~callee.effects.writes) | (theirs.atReturn & callee.effects.writes & REGISTER_BITS);
        }
        for (const s of block.successors) {
          const into = own.into[s]! & (s > i ? out | own.guards[s]! : out);
          if (into === own.into[s]) continue;
          own.into[s] = into;
          changed = true;
        }
      });
    }
  }
  for (const { into, guards } of state.values()) for (let i = 0; i < into.length; i++) guards[i]! &= into[i]!;
  return state;
}

/** Per loop header, the registers that some block of the loop adds 0 or more to for an address before it writes them. */
function addressesOfLoops(code: Int32Array, graph: Graph): Uint16Array {
  const { blocks, isHeader, reducible } = graph;
  const addresses = new Uint16Array(blocks.length);
  if (!reducible) return addresses;
  const own = blocks.map((block) => {
    let used = 0;
    let written = 0;
    for (let index = block.start; index < block.end; index += wordLength(code[index]!)) {
      if ((code[index]! & 0x800) === 0) used |= baseOf(code[index]!) & ~written;
      written |= effectsOfWord(code[index]!) >>> 16;
    }
    return used;
  });
  graph.predecessors.forEach((predecessors, header) => {
    if (!isHeader[header]) return;
    // In reverse postorder a loop's blocks stand between its header and the last jump back, with few others.
    const last = Math.max(...predecessors);
    for (let i = header; i <= last; i++) addresses[header]! |= own[i]!;
  });
  return addresses;
}
