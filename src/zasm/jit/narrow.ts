// Which registers are known to be below 2^32, by forward flow over all functions of a unit at once: what lets an
// address be checked in 32 bits, and a guest's stack pointer be recognised although it was computed in 32 bits.

import { BY_OPCODE } from "../isa/table.ts";
import { effectsOfWord, REGISTER_BITS } from "./effects.ts";
import { END, wordLength } from "./graph.ts";
import type { Unit, UnitFunction } from "./unit.ts";

export interface Narrow {
  /** Per block, registers below 2^32 at its start. */
  readonly into: Uint16Array;
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

/** The registers below 2^32 after the instruction at `index`, given those before. */
export function narrowAfter(code: Int32Array, index: number, before: number): number {
  const word = code[index]!;
  const writes = effectsOfWord(word) >>> 16;
  if ((writes & REGISTER_BITS) === 0) return before;
  return isNarrow(code, index, before) ? before | writes : before & ~writes;
}

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

/** Starts from "everything is narrow" but the root's entry, and takes back what some way contradicts. */
export function narrowRegisters(code: Int32Array, unit: Unit): Map<UnitFunction, Narrow> {
  const all = [unit.root, ...unit.functions.values()];
  const state = new Map<UnitFunction, { into: Uint16Array; atReturn: number }>();
  for (const fn of all) {
    const into = new Uint16Array(fn.graph.blocks.length).fill(REGISTER_BITS);
    if (fn === unit.root) into[0] = 0;
    state.set(fn, { into, atReturn: REGISTER_BITS });
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
          out = narrowAfter(code, index, out);
        }
        if (block.kind === END.ret && (own.atReturn & out) !== own.atReturn) {
          own.atReturn &= out;
          changed = true;
        }
        if (block.kind === END.call) {
          const callee = unit.functions.get(block.callee);
          if (callee === undefined) return; // the interpreter goes on from here
          const theirs = state.get(callee)!;
          if ((theirs.into[0]! & out) !== theirs.into[0]) {
            theirs.into[0]! &= out;
            changed = true;
          }
          out = (out & ~callee.effects.writes) | (theirs.atReturn & callee.effects.writes & REGISTER_BITS);
        }
        for (const s of block.successors) {
          if ((own.into[s]! & out) === own.into[s]) continue;
          own.into[s]! &= out;
          changed = true;
        }
      });
    }
  }
  return state;
}
