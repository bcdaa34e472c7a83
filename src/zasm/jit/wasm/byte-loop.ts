// What stands before a loop that copies or fills memory byte by byte: all its turns but the last in one instruction, if
// they are many, touch nothing outside memory, and do not read what they wrote. Everything that a turn changes is
// brought to where those turns would have left it, so what follows is the loop as it always was.

import { put, u32 } from "../../../wasm/module.ts";
import { OP } from "../../../wasm/ops.ts";
import type { ByteLoop } from "../idioms.ts";
import {
  COMPARE,
  closeLabel,
  get,
  i32,
  i64,
  inHost,
  inLocal,
  LEFT,
  local,
  low,
  moveBytes,
  narrow,
  openLabel,
  set,
  setLow,
  target,
  tee,
  wide,
  wide2,
} from "./body.ts";

/** Fewer turns are as fast one by one. */
const LEAST_TURNS = 32;

/** On the way into the loop, whose turns cost `cost` units each. */
export function lowerByteLoop(loop: ByteLoop, cost: number): void {
  const { memBase, memSize, metered } = target;
  // The loop counts addresses in 32 bits.
  if (memBase + BigInt(memSize) > 0x1_0000_0000n || (registersOf(loop) & ~inLocal) !== 0) return;
  turnsLeft(loop);
  i32(1);
  put(OP.i32_sub, 1);
  set(narrow);
  if (metered) {
    // No more than there is fuel for.
    get(LEFT);
    i32(cost);
    put(OP.i32_div_u | (OP.i64_extend_i32_u << 8), 2);
    set(wide);
    get(narrow);
    low(wide);
    get(narrow);
    low(wide);
    put(OP.i32_lt_u | (OP.select << 8), 2);
    set(narrow);
  }
  get(narrow);
  i32(LEAST_TURNS);
  put(OP.i32_ge_u, 1);
  openLabel(OP.if);
  allFits(loop);
  openLabel(OP.if);
  move(loop);
  advance(loop);
  if (metered) {
    get(LEFT);
    get(narrow);
    i32(cost);
    put(OP.i32_mul | (OP.i32_sub << 8), 2);
    set(LEFT);
  }
  closeLabel();
  closeLabel();
}

function registersOf({ to, from, value, minuend, subtrahend }: ByteLoop): number {
  const optional = (r: number) => (r < 0 ? 0 : 1 << r);
  return (1 << to) | (1 << value) | (1 << minuend) | (1 << COMPARE) | optional(from) | optional(subtrahend);
}

/** i32 */
function turnsLeft({ minuend, subtrahend }: ByteLoop): void {
  low(local[minuend]!);
  if (subtrahend < 0) return;
  low(local[subtrahend]!);
  put(OP.i32_sub, 1);
}

/** Whether `narrow` turns are all in memory and independent; leaves where they write in `wide`, and read in `wide2`. */
function allFits({ to, toOffset, from, fromOffset }: ByteLoop): void {
  turnsWide();
  i64(target.memSize, 0);
  put(OP.i64_le_u, 1);
  inMemory(to, toOffset, wide);
  if (from >= 0) inMemory(from, fromOffset, wide2);
  get(local[to]!);
  if (from >= 0) {
    get(local[from]!);
    put(OP.i64_or, 1);
  }
  i64(32, 0);
  put(OP.i64_shr_u | (OP.i64_eqz << 8) | (OP.i32_and << 16), 3);
  if (from < 0) return;
  // Writing starts before reading does, or where it does, or behind everything read.
  get(wide);
  get(wide2);
  put(OP.i64_sub, 1);
  i64(1, 0);
  put(OP.i64_sub, 1);
  turnsWide();
  i64(1, 0);
  put(OP.i64_sub | (OP.i64_ge_u << 8) | (OP.i32_and << 16), 3);
}

function turnsWide(): void {
  get(narrow);
  put(OP.i64_extend_i32_u, 1);
}

/** Adds to what is known whether as many bytes as there are turns are in memory from the register plus `offset` on. */
function inMemory(register: number, offset: number, into: number): void {
  const further = BigInt.asIntN(64, BigInt(offset) - target.memBase);
  get(local[register]!);
  i64(Number(BigInt.asIntN(32, further)), Number(BigInt.asIntN(32, further >> 32n)));
  put(OP.i64_add, 1);
  tee(into);
  i64(target.memSize, 0);
  turnsWide();
  put(OP.i64_sub | (OP.i64_le_u << 8) | (OP.i32_and << 16), 3);
}

function move({ from, value }: ByteLoop): void {
  const isCopy = from >= 0;
  inHost(wide);
  if (isCopy) inHost(wide2);
  else low(local[value]!);
  get(narrow);
  moveBytes(isCopy);
}

/** Registers and compare as after the turn before the next. */
function advance({ to, from, value, minuend, subtrahend, counter }: ByteLoop): void {
  step(to, OP.i32_add);
  if (from >= 0) {
    step(from, OP.i32_add);
    // The last byte moved, which was not written over since.
    low(wide);
    get(narrow);
    put(OP.i32_add | (OP.i64_load8_u << 8), 3);
    u32(target.memoryAt - 1);
    set(local[value]!);
  }
  if (counter >= 0) {
    step(counter, OP.i32_sub);
    low(local[counter]!);
  } else {
    low(local[subtrahend]!);
    low(local[minuend]!);
    put(OP.i32_sub, 1);
  }
  set(local[COMPARE]!);
}

function step(register: number, opcode: number): void {
  low(local[register]!);
  get(narrow);
  put(opcode, 1);
  setLow(local[register]!);
}
