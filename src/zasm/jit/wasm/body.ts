// The wasm function under construction: its locals, its open labels, and the ways out of it to the state block.
//
// Guest registers are i64 locals; what a function was not given, or lost to a callee, waits in the state block and is
// read back when it is used. Like the bytes themselves, the state is in variables: one function is made at a time.

import { position, put, s32, s64, u32 } from "../../../wasm/module.ts";
import { OP, OP_FC, VALTYPE } from "../../../wasm/ops.ts";
import { REGISTERS } from "../../isa/table.ts";
import { AT, EXIT, type Exit } from "../../state/block.ts";
import { REGISTER_BITS } from "../effects.ts";

/** What the generated code takes for granted; all of it is part of the cache key. */
export interface Target {
  readonly memBase: bigint;
  readonly memSize: number;
  readonly maxCallDepth: number;
  readonly metered: boolean;
  /** Byte offsets in the wasm memory. */
  readonly stackAt: number;
  readonly memoryAt: number;
  readonly pages: number;
  /**
   * Leave accesses whose address is proven to be below 2^32 to wasm's own bounds check: only where guest memory ends
   * with the wasm memory, nothing has to be resumed (D12), and the platform says where a trap was.
   */
  readonly nativeTraps: boolean;
  /** Check addresses once for all accesses of a block through one base, and not again where that is known. */
  readonly shareChecks: boolean;
  /** Do most turns of loops that copy or fill memory byte by byte in one go. */
  readonly byteLoops: boolean;
}

/** Where compiled code can stop, and what the driver has to do there. */
export interface Sites {
  /** Byte offset in CODE. */
  readonly pc: readonly number[];
  readonly exit: readonly Exit[];
  /** Calls of inlined functions around the site, to be added to the depth. */
  readonly level: readonly number[];
  /** Units paid ahead for instructions that did not start. */
  readonly refund: readonly number[];
  /** Offsets in the wasm module, ascending, of instructions that may trap, and the guest pc of each. */
  readonly trapOffset: readonly number[];
  readonly trapPc: readonly number[];
}

type SiteLists = { -readonly [K in keyof Sites]: Sites[K][number][] };

/** Filled, where somebody asks for it, with the wasm offset at which the code of each guest instruction starts. */
export interface Listing {
  readonly offset: number[];
  readonly pc: number[];
}

/** Fuel value that means: a callee stopped at a site; return at once. */
export const EXITED = -0x8000_0000;

/** Parameters of every function: the stack pointer, the fuel of this slice, then registers. */
export const SP = 0;
export const LEFT = 1;
const FIRST_REGISTER = 2;

const REGISTER_COUNT = REGISTERS.length;
export const COMPARE = REGISTER_COUNT;

/** Heights of the three labels around the whole body. */
const TRAP_LABEL = 1;
const EXIT_LABEL = 2;
const UNWIND_LABEL = 3;

// Of the unit.
export let target: Target;
let listing: Listing | undefined;
/** Whether `list` does anything. */
export let isListed = false;
/** Stands for the lists of a unit when none is made. */
const NO_SITES: SiteLists = { pc: [], exit: [], level: [], refund: [], trapOffset: [], trapPc: [] };
let sites = NO_SITES;

// Of the function.
/** Local of each register that it touches and, last, of the compare register. As many as a field can name. */
export const local = new Uint8Array(16);
/** Locals for values on the way: two addresses, the number of the site to leave by, an i32. */
export let wide = 0;
export let wide2 = 0;
let site = 0;
export let narrow = 0;
/** Registers with a local, and those of them that every exit saves. */
export let touched = 0;
/** Open labels. */
export let height = 0;

// Of the place in it.
/** Registers whose value is in their local here; the block has the others. */
export let inLocal = 0;
/** Inlined calls around the block. */
let level = 0;
/** Instructions of the block not yet started, for refunds. */
let unstarted = 0;

export function startUnit(ofUnit: Target, listed: Listing | undefined): SiteLists {
  target = ofUnit;
  listing = listed;
  isListed = listed !== undefined;
  unstarted = 0;
  sites = { pc: [], exit: [], level: [], refund: [], trapOffset: [], trapPc: [] };
  return sites;
}

/** Lets go of what belongs to the unit. */
export function endUnit(): void {
  listing = undefined;
  sites = NO_SITES;
}

/** Gives registers their locals, those passed first. Returns how many i64 locals there are beside them. */
export function startLocals(passed: number, all: number): number {
  touched = all;
  height = 0;
  inLocal = passed;
  const rest = all & REGISTER_BITS & ~passed;
  let next = FIRST_REGISTER;
  for (let r = 0; r < REGISTER_COUNT; r++) if (passed & (1 << r)) local[r] = next++;
  const first = next;
  for (let r = 0; r < REGISTER_COUNT; r++) if (rest & (1 << r)) local[r] = next++;
  wide = next;
  wide2 = next + 1;
  local[COMPARE] = next + 2;
  site = next + 3;
  narrow = next + 4;
  return next + 2 - first;
}

/** i32 locals: compare, site and narrow. */
export const LOCALS_32 = 3;

export function startBlock(atLevel: number, where: number): void {
  level = atLevel;
  inLocal = where;
}

export function setInLocal(registers: number): void {
  inLocal = registers;
}

export function setUnstarted(instructions: number): void {
  unstarted = instructions;
}

/** What follows does a part of the instruction at `pc`; -1 = of none. */
export function list(pc: number): void {
  if (listing === undefined) return;
  listing.offset.push(position());
  listing.pc.push(pc);
}

// Instructions of wasm

const GET = OP.local_get;
const SET = OP.local_set;
const TEE = OP.local_tee;
const I32_CONST = OP.i32_const;
const I64_CONST = OP.i64_const;
const WRAP = OP.i32_wrap_i64;
const EXTEND = OP.i64_extend_i32_u;

export function get(index: number): void {
  put(GET | (index << 8), 2);
}

export function set(index: number): void {
  put(SET | (index << 8), 2);
}

export function tee(index: number): void {
  put(TEE | (index << 8), 2);
}

/** The low half of an i64 local. */
export function low(index: number): void {
  put(GET | (index << 8) | (WRAP << 16), 3);
}

/** Sets an i64 local from an i32, zero-extended. */
export function setLow(index: number): void {
  put(EXTEND | (SET << 8) | (index << 16), 3);
}

export function i32(value: number): void {
  if (value >= -64 && value < 64) put(I32_CONST | ((value & 0x7f) << 8), 2);
  else {
    put(I32_CONST, 1);
    s32(value);
  }
}

export function i64(lowHalf: number, highHalf: number): void {
  put(I64_CONST, 1);
  if (highHalf === lowHalf >> 31) s32(lowHalf);
  else s64(lowHalf, highHalf);
}

/** Leaves the i32 address in the wasm memory of an offset in guest memory that an i64 local has. */
export function inHost(offset: number): void {
  low(offset);
  i32(target.memoryAt);
  put(OP.i32_add, 1);
}

/** Copies, or fills, as the three i32 on the stack say. */
export function moveBytes(isCopy: boolean): void {
  put(0xfc | ((isCopy ? OP_FC.memory_copy : OP_FC.memory_fill) << 8), isCopy ? 4 : 3);
}

export function openLabel(opcode: number): void {
  put(opcode | (VALTYPE.empty << 8), 2);
  height++;
}

export function closeLabel(): void {
  put(OP.end, 1);
  height--;
}

/** `br` or `br_if` to a label that was opened at a height. */
export function branch(opcode: number, to: number): void {
  const out = height - to;
  if (out < 0x80) put(opcode | (out << 8), 2);
  else {
    put(opcode, 1);
    u32(out);
  }
}

// Locals and the state block

/** Saves registers of a mask, ascending; the compare register comes last. */
export function saveAll(mask: number): void {
  for (let rest = mask; rest !== 0; rest &= rest - 1) {
    const r = lowest(rest);
    put(I32_CONST | (GET << 16) | (local[r]! << 24), 4);
    put(r === COMPARE ? OP.i32_store | COMPARE_PLACE : OP.i64_store | (3 << 8) | (r << 19), 3);
  }
}

/** Reads back the registers of a mask that are not in their locals. */
export function fetch(mask: number): void {
  for (let rest = mask & ~inLocal; rest !== 0; rest &= rest - 1) {
    const r = lowest(rest);
    const load = r === COMPARE ? OP.i32_load | COMPARE_PLACE : OP.i64_load | (3 << 8) | (r << 19);
    put(I32_CONST | (load << 16), 4);
    put((load >>> 16) | (SET << 8) | (local[r]! << 16), 3);
  }
  inLocal |= mask;
}

/** Alignment and offset of the compare register, as they follow an opcode; those of register r are 3 and 8 * r. */
const COMPARE_PLACE = (2 << 8) | (AT.compare << 16);

/** The callee left HL in the block. */
export function reloadHL(): void {
  inLocal &= ~1;
  fetch(1);
}

/** Number of the lowest bit that is set. */
export const lowest = (mask: number): number => 31 - Math.clz32(mask & -mask);

// Ways out

/**
 * Leaves for good: the interpreter goes on, or the run ends, at word index `at`. Registers in `dead` are looked at
 * by nobody any more; a constant in their place keeps them out of the way of the code that does not leave.
 */
export function leave(exit: Exit, at: number, dead = 0): void {
  sites.exit.push(exit);
  sites.level.push(level);
  sites.refund.push(target.metered ? unstarted : 0);
  const index = sites.pc.push(at * 4) - 1;
  // D32: after a trap the registers mean nothing.
  const goesOn = exit === EXIT.budget || exit === EXIT.decline || exit === EXIT.guard;
  if (goesOn) {
    const before = inLocal;
    fetch(touched & ~dead); // the exit saves every local
    inLocal = before;
    for (let rest = touched & dead; rest !== 0; rest &= rest - 1) {
      const r = lowest(rest);
      put(r === COMPARE ? I32_CONST : I64_CONST, 2);
      set(local[r]!);
    }
  }
  i32(index);
  const out = height - (goesOn ? EXIT_LABEL : TRAP_LABEL);
  if (out < 0x80) put(SET | (site << 8) | (OP.br << 16) | (out << 24), 4);
  else {
    set(site);
    branch(OP.br, height - out);
  }
}

/** Leaves when the i32 on the stack is not 0. */
export function exitIf(exit: Exit, at: number): void {
  put(OP.if | (VALTYPE.empty << 8), 2);
  height++;
  leave(exit, at);
  put(OP.end, 1);
  height--;
}

/** As `exitIf`, where the instruction is left to the interpreter, which is paid for it. */
export function declineIf(at: number): void {
  openLabel(OP.if);
  decline(at);
  closeLabel();
}

export function decline(at: number): void {
  unstarted++;
  leave(EXIT.decline, at);
  unstarted--;
}

/** Returns at once when the i32 on the stack is not 0: the callee stopped. */
export function unwindIf(): void {
  branch(OP.br_if, UNWIND_LABEL);
}

/** The instruction that follows may trap, on behalf of the guest instruction at `at`. */
export function mayTrap(at: number): void {
  sites.trapOffset.push(position());
  sites.trapPc.push(at * 4);
}

/** Labels for the ways out, to be closed by `endBody`. */
export function openWaysOut(): void {
  openLabel(OP.block); // trap
  openLabel(OP.block); // exit
  openLabel(OP.block); // unwind
}

/** What `leave` and `unwindIf` lead to; `values` registers are returned, which nobody looks at. */
export function closeWaysOut(values: number): void {
  list(-1);
  put(OP.unreachable, 1);
  closeLabel();
  returnMark(values);
  closeLabel();
  saveAll(touched);
  closeLabel();
  put(I32_CONST | (GET << 16) | (site << 24), 4);
  put(STORE | (AT.site << 16), 3);
  put(I32_CONST | (GET << 16) | (LEFT << 24), 4);
  put(STORE | (AT.left << 16), 3);
  put(I32_CONST | (GET << 16) | (SP << 24), 4);
  i32(target.stackAt);
  put(OP.i32_sub | (I32_CONST << 8) | (2 << 16) | (OP.i32_shr_u << 24), 4);
  put(STORE | (AT.depth << 16), 3);
  returnMark(values);
}

/** Stores an i32 in the block; the offset follows. */
const STORE = OP.i32_store | (2 << 8);

function returnMark(values: number): void {
  i32(EXITED);
  for (let rest = values; rest !== 0; rest &= rest - 1) put(I64_CONST, 2);
  put(OP.return, 1);
}
