// Which registers are known to be below 2^32, by forward flow over all functions of a unit at once: what lets an
// address be checked in 32 bits, and a guest's stack pointer be recognised although it was computed in 32 bits.

import { lengthWords } from "../isa/fields.ts";
import { ISA, OPCODE } from "../isa/table.ts";
import { effectsOfWord, REGISTER_BITS } from "./effects.ts";
import { type Block, END } from "./graph.ts";
import type { UnitFunction } from "./unit.ts";

const { MOV, LD, SRL64, DIVU64, REMU64, AND64, OR64, XOR64 } = OPCODE;

/** By opcode: 1 where the result is below 2^32 whatever it is made of. */
const ALWAYS = new Uint8Array(256);
for (const { opcode, mnemonic, format, width } of ISA) {
  const isCompare = opcode >= OPCODE.EQ && opcode <= OPCODE.GEU64;
  const isNarrow =
    format === "bits" ||
    (format === "load" && !/^(LD64|LD\d+S64)$/.test(mnemonic)) ||
    (format === "prim" && mnemonic !== "ALLOC") || // -1 and the like come zero-extended too
    isCompare ||
    (format !== "load" && width === 32 && format !== "cp" && format !== "cpi");
  if (isNarrow) ALWAYS[opcode] = 1;
}

/**
 * The registers below 2^32 after the instruction at `index`, given those before. `isLow`: guest memory ends so far below
 * 2^32 that what addressed it is narrow.
 */
export function narrowAfter(code: Int32Array, index: number, before: number, isLow: boolean): number {
  const word = code[index]!;
  const effects = effectsOfWord(word);
  // A base below 0 can reach memory by a displacement above 0.
  const known = isLow && (word << 20) >> 20 <= 0 ? before | (effects >>> 16) : before;
  const writes = (effects >>> 8) & REGISTER_BITS;
  if (writes === 0) return known;
  return ALWAYS[word >>> 24] === 1 || isNarrow(code, index, known) ? known | writes : known & ~writes;
}

function isNarrow(code: Int32Array, index: number, before: number): boolean {
  const word = code[index]!;
  const imm = (word << 20) >> 20;
  const a = (before & (1 << ((word >>> 16) & 15))) !== 0;
  const b = (before & (1 << ((word >>> 12) & 15))) !== 0;
  switch (word >>> 24) {
    case MOV:
    case DIVU64:
    case REMU64:
      return a;
    case LD: {
      const length = lengthWords(word);
      if (length === 1) return imm >= 0;
      return length === 2 ? code[index + 1]! >= 0 : code[index + 2] === 0;
    }
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
export function narrowRegisters(code: Int32Array, functions: readonly UnitFunction[], isLow: boolean): void {
  for (const fn of functions) {
    const { blocks, reducible } = fn.graph;
    fn.narrowAtReturn = REGISTER_BITS;
    for (let i = 0; i < blocks.length; i++) {
      const block = blocks[i]!;
      block.narrow = REGISTER_BITS;
      if (isLow && reducible && block.isHeader) block.guards = addressesOfLoop(blocks, i);
    }
  }
  const [entry] = functions[0]!.graph.blocks;
  entry!.narrow = entry!.guards;
  // To and fro: arguments go down a chain of calls, results go up.
  for (let changed = true, down = true; changed; down = !down) {
    changed = false;
    for (let n = 0; n < functions.length; n++) {
      const fn = functions[down ? n : functions.length - 1 - n]!;
      if (flow(code, functions, fn, isLow)) changed = true;
    }
  }
  for (const { graph } of functions) for (const block of graph.blocks) block.guards &= block.narrow;
}

/** Once over the blocks of a function; true when something was taken back that has been looked at before. */
function flow(
  code: Int32Array,
  functions: readonly UnitFunction[],
  fn: UnitFunction,
  isLow: boolean,
): boolean {
  const { blocks } = fn.graph;
  let changed = false;
  for (let i = 0; i < blocks.length; i++) {
    const block = blocks[i]!;
    let out = block.narrow;
    for (let index = block.start; index < block.end; index += lengthWords(code[index]!)) {
      out = narrowAfter(code, index, out, isLow);
    }
    if (block.kind === END.ret && fn !== functions[0] && (fn.narrowAtReturn & ~out) !== 0) {
      fn.narrowAtReturn &= out;
      changed = true;
    }
    if (block.kind === END.call) {
      if (block.target < 0) continue; // the interpreter goes on from here
      const callee = functions[block.target]!;
      const entry = callee.graph.blocks[0]!;
      if (takeBack(entry, out | entry.guards)) changed = true;
      out = (out & ~callee.writes) | (callee.narrowAtReturn & callee.writes);
    }
    const { next, taken } = block;
    if (next >= 0 && takeBack(blocks[next]!, next > i ? out | blocks[next]!.guards : out) && next <= i)
      changed = true;
    if (taken >= 0 && takeBack(blocks[taken]!, taken > i ? out | blocks[taken]!.guards : out) && taken <= i)
      changed = true;
  }
  return changed;
}

function takeBack(block: Block, known: number): boolean {
  if ((block.narrow & ~known) === 0) return false;
  block.narrow &= known;
  return true;
}

/** Loops in loops are looked at by each of them: this far, so that it stays linear. */
const MOST_BLOCKS = 64;

/** Registers that some block of a loop adds 0 or more to for an address before it writes them. */
function addressesOfLoop(blocks: readonly Block[], header: number): number {
  let addresses = 0;
  // In reverse postorder a loop's blocks stand between its header and the last jump back, with few others.
  const last = Math.min(blocks[header]!.lastFrom, header + MOST_BLOCKS);
  for (let i = header; i <= last; i++) addresses |= blocks[i]!.addresses;
  return addresses;
}
