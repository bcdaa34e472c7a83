// Where registers are: which a function takes and gives by value, and which wait in the state block instead.
// A register that a callee does not read need not be passed, and one that it gives back unchanged need not be
// returned; what is left out of the signature is saved to the block before the call and read back when it is used.
// Free of wasm, like the graph: every back end has the same few registers to spend on calls.

import { lengthWords } from "../isa/fields.ts";
import { OPCODE } from "../isa/table.ts";
import { COMPARE_BIT, effectsOfWord, REGISTER_BITS } from "./effects.ts";
import { END } from "./graph.ts";
import { narrowRegisters } from "./narrow.ts";
import type { Unit, UnitFunction } from "./unit.ts";

/** Everything, the compare register included. */
const ALL = COMPARE_BIT | REGISTER_BITS;
const REGISTERS = 5;

export interface PlanOptions {
  /** Trim signatures by liveness; otherwise everything touched is passed and everything written returned. */
  readonly trim: boolean;
  /** Registers are looked at wherever fuel can run out, so none is ever dead. */
  readonly metered: boolean;
  /** Somebody asks which registers are below 2^32. Needs `trim`. */
  readonly narrow: boolean;
  /** Guest memory ends far enough below 2^32 that a base register less a displacement is below it too. */
  readonly isLow: boolean;
}

/** Fills in what is planned of the functions and blocks of a unit. */
export function planUnit(code: Int32Array, { functions }: Unit, options: PlanOptions): void {
  const { trim, metered } = options;
  const hasCalls = functions.length > 1;
  if (trim || !metered) liveness(functions);
  if (trim && (hasCalls || options.narrow)) narrowRegisters(code, functions, options.isLow);
  if (trim && hasCalls) preservedRegisters(code, functions);
  for (const fn of functions) {
    const { reads, writes, changes, graph } = fn;
    const touched = (reads | writes) & REGISTER_BITS;
    fn.params = trim ? touched & graph.blocks[0]!.live : touched;
    // So far these are the registers that every return leaves as they were at entry.
    fn.changes = trim ? writes & ~(changes & fn.params) : writes;
    if (!trim) fn.values = writes & REGISTER_BITS;
    if (metered) fn.liveAtReturn = ALL;
  }
  if (trim && hasCalls) chooseValues(functions);
  for (const fn of functions) {
    const { reads, writes, graph } = fn;
    const isTrimmed = trim && graph.reducible;
    if (isTrimmed) residency(fn, functions);
    if (isTrimmed && !metered) continue;
    for (const block of graph.blocks) {
      if (!isTrimmed) block.local = reads | writes;
      if (metered) block.live = ALL;
    }
  }
}

/** Backwards over all functions together; what a return leads to is what any of its calls leads to. */
function liveness(functions: readonly UnitFunction[]): void {
  // The root returns to code this unit does not know, or ends the program, which shows every register.
  functions[0]!.liveAtReturn = ALL;
  // To and fro: what a return leads to goes down a chain of calls, what a callee reads goes up.
  for (let changed = true, down = true; changed; down = !down) {
    changed = false;
    for (let n = 0; n < functions.length; n++) {
      if (liveIn(functions, functions[down ? n : functions.length - 1 - n]!)) changed = true;
    }
  }
}

/** Once over the blocks of a function; true when it found more than what was looked at already can know. */
function liveIn(functions: readonly UnitFunction[], fn: UnitFunction): boolean {
  const { blocks } = fn.graph;
  let changed = false;
  for (let i = blocks.length - 1; i >= 0; i--) {
    const block = blocks[i]!;
    const { next, taken, kind } = block;
    let out = 0;
    if (next >= 0) out = blocks[next]!.live;
    if (taken >= 0) out |= blocks[taken]!.live;
    if (kind === END.ret) out = fn.liveAtReturn;
    else if (kind === END.call) {
      if (block.target < 0) out = ALL;
      else {
        const callee = functions[block.target]!;
        if ((out & ~callee.liveAtReturn) !== 0) {
          callee.liveAtReturn |= out;
          changed = true;
        }
        out = callee.graph.blocks[0]!.live;
      }
    }
    const live = block.live | block.reads | (out & ~block.writes);
    if (live === block.live) continue;
    block.live = live;
    // Who comes before it in the order is looked at next; who jumps back to it, or calls, was looked at before.
    if (block.isHeader || (i === 0 && functions.length > 1)) changed = true;
  }
  return changed;
}

/** One result fits in a machine register beside the fuel: the one that most calls have a use for afterwards. */
function chooseValues(functions: readonly UnitFunction[]): void {
  const uses = new Int32Array(functions.length * REGISTERS);
  for (const { graph } of functions) {
    for (const { target, next } of graph.blocks) {
      if (target < 0) continue;
      const after = graph.blocks[next]!.live;
      for (let r = 0; r < REGISTERS; r++) if (after & (1 << r)) uses[target * REGISTERS + r]!++;
    }
  }
  for (let f = 0; f < functions.length; f++) {
    let most = 0;
    for (let r = 0; r < REGISTERS; r++) {
      const count = uses[f * REGISTERS + r]!;
      if (!(functions[f]!.changes & (1 << r)) || count <= most) continue;
      most = count;
      functions[f]!.values = 1 << r;
    }
  }
}

/** Forward: a register is in its local if it is on some way here; on the other ways it is read back at the edge. */
function residency(fn: UnitFunction, functions: readonly UnitFunction[]): void {
  const { blocks } = fn.graph;
  blocks[0]!.local = fn.params;
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 0; i < blocks.length; i++) {
      const block = blocks[i]!;
      const { next, taken, target } = block;
      let out = block.local | block.reads | block.writes;
      if (target >= 0) out = (out & ~functions[target]!.changes) | functions[target]!.values;
      if (next >= 0 && (out & ~blocks[next]!.local) !== 0) {
        blocks[next]!.local |= out;
        if (next <= i) changed = true;
      }
      if (taken >= 0 && (out & ~blocks[taken]!.local) !== 0) {
        blocks[taken]!.local |= out;
        if (taken <= i) changed = true;
      }
    }
  }
}

/** Registers that every return leaves as they were at entry, such as a guest's stack pointer; kept in `changes`. */
function preservedRegisters(code: Int32Array, functions: readonly UnitFunction[]): void {
  for (const fn of functions) fn.changes = REGISTER_BITS;
  functions[0]!.changes = 0; // nobody asks
  for (let changed = true; changed; ) {
    changed = false;
    for (let f = functions.length - 1; f > 0; f--) {
      const fn = functions[f]!;
      if (fn.changes === 0) continue;
      const after = fn.changes & preservedBy(code, fn, functions);
      if (after === fn.changes) continue;
      fn.changes = after;
      changed = true;
    }
  }
}

const MAX_TRACKED_BLOCKS = 500;

// A register's value as far as it is known: that of one register at entry plus a number, in four words. The first says
// which register, `NUMBER` that there is none, `UNKNOWN` that there is no such value.

/** 1 = it may be only the low 32 bits of the sum. */
const WRAPS = 1;
/** The number, in halves. */
const LOW = 2;
const HIGH = 3;
const WORDS = 4;

const NUMBER = -1;
const UNKNOWN = -2;
/** Where the values of a block's registers end. */
const STATE = REGISTERS * WORDS;

/** States: the one that is being followed, with a value for a result and one for an operand behind it. */
const state = new Int32Array(STATE + 2 * WORDS);
const RESULT = STATE;
const OPERAND = STATE + WORDS;
/** States at the start of each block; used again by every function. */
let states = new Int32Array(0);

function preservedBy(code: Int32Array, fn: UnitFunction, functions: readonly UnitFunction[]): number {
  const { blocks } = fn.graph;
  const count = blocks.length;
  if (count > MAX_TRACKED_BLOCKS) return 0;
  if (states.length < count * STATE) states = new Int32Array(count * STATE);
  const isReached = new Uint8Array(count);
  isReached[0] = 1;
  for (let at = 0; at < STATE; at++) states[at] = at % WORDS === 0 ? at / WORDS : 0;
  const narrowAtEntry = blocks[0]!.narrow;
  let result = REGISTER_BITS;
  for (let changed = true; changed && result !== 0; ) {
    changed = false;
    for (let i = 0; i < count; i++) {
      if (isReached[i] === 0) continue;
      const block = blocks[i]!;
      for (let at = 0; at < STATE; at++) state[at] = states[i * STATE + at]!;
      for (let index = block.start; index < block.end; index += lengthWords(code[index]!)) {
        track(code, index);
      }
      if (block.kind === END.call) {
        if (block.target < 0) continue; // the interpreter goes on from here
        const callee = functions[block.target]!;
        const lost = callee.writes & ~callee.changes;
        for (let r = 0; r < REGISTERS; r++) if (lost & (1 << r)) state[r * WORDS] = UNKNOWN;
      }
      if (block.kind === END.ret) {
        for (let r = 0; r < REGISTERS; r++) {
          const at = r * WORDS;
          const isSame = state[at] === r && state[at + LOW] === 0 && state[at + HIGH] === 0;
          if (!isSame || (state[at + WRAPS] !== 0 && !(narrowAtEntry & (1 << r)))) result &= ~(1 << r);
        }
      }
      const { next, taken } = block;
      if (next >= 0 && merge(isReached, next) && next <= i) changed = true;
      if (taken >= 0 && merge(isReached, taken) && taken <= i) changed = true;
    }
  }
  return result;
}

/** Takes what is followed into the state at the start of a block; true when that is another one now. */
function merge(isReached: Uint8Array, block: number): boolean {
  const into = block * STATE;
  if (isReached[block] === 0) {
    isReached[block] = 1;
    for (let at = 0; at < STATE; at++) states[into + at] = state[at]!;
    return true;
  }
  let changed = false;
  for (let at = 0; at < STATE; at += WORDS) {
    const old = into + at;
    if (states[old] === UNKNOWN) continue;
    const isSame =
      states[old] === state[at] &&
      states[old + LOW] === state[at + LOW] &&
      states[old + HIGH] === state[at + HIGH];
    if (isSame && (states[old + WRAPS] !== 0 || state[at + WRAPS] === 0)) continue;
    if (isSame) states[old + WRAPS] = 1;
    else states[old] = UNKNOWN;
    changed = true;
  }
  return changed;
}

const { MOV, LD, INC, DEC, ADD, SUB, ADD64, SUB64 } = OPCODE;

function track(code: Int32Array, index: number): void {
  const word = code[index]!;
  const writes = (effectsOfWord(word) >>> 8) & REGISTER_BITS;
  if (writes === 0) return;
  const opcode = word >>> 24;
  const d = ((word >>> 20) & 15) * WORDS;
  const a = ((word >>> 16) & 15) * WORDS;
  const b = ((word >>> 12) & 15) * WORDS;
  state[RESULT] = UNKNOWN;
  if (opcode === MOV) copy(a, RESULT);
  else if (opcode === LD) loadedValue(code, index);
  else if (opcode === INC || opcode === DEC) {
    setNumber(OPERAND, opcode === INC ? 1 : -1, opcode === INC ? 0 : -1);
    sum(d, OPERAND, 1);
  } else if (opcode === ADD || opcode === ADD64) sum(a, b, opcode === ADD ? 1 : 0);
  else if ((opcode === SUB || opcode === SUB64) && state[b] === NUMBER) {
    const low = -state[b + LOW]! | 0;
    setNumber(OPERAND, low, (~state[b + HIGH]! + (low === 0 ? 1 : 0)) | 0);
    state[OPERAND + WRAPS] = state[b + WRAPS]!;
    sum(a, OPERAND, opcode === SUB ? 1 : 0);
  }
  for (let r = 0; r < REGISTERS; r++) {
    if (!(writes & (1 << r))) continue;
    const at = r * WORDS;
    if (at === d) copy(RESULT, at);
    else state[at] = UNKNOWN;
  }
}

function copy(from: number, to: number): void {
  for (let i = 0; i < WORDS; i++) state[to + i] = state[from + i]!;
}

function setNumber(at: number, low: number, high: number): void {
  state[at] = NUMBER;
  state[at + WRAPS] = 0;
  state[at + LOW] = low;
  state[at + HIGH] = high;
}

/** RESULT := a + b where at most one is a register's; where the sum has no such form it stays unknown. */
function sum(a: number, b: number, wraps: number): void {
  const origin = state[a]!;
  const other = state[b]!;
  if (origin === UNKNOWN || other === UNKNOWN || (origin >= 0 && other >= 0)) return;
  // A 64-bit sum of something that was cut to 32 bits has no such form.
  if (wraps === 0 && (state[a + WRAPS] !== 0 || state[b + WRAPS] !== 0)) return;
  const low = (state[a + LOW]! + state[b + LOW]!) | 0;
  const carry = low >>> 0 < state[a + LOW]! >>> 0 ? 1 : 0;
  setNumber(RESULT, low, wraps !== 0 ? low >> 31 : (state[a + HIGH]! + state[b + HIGH]! + carry) | 0);
  state[RESULT] = Math.max(origin, other);
  state[RESULT + WRAPS] = wraps;
}

function loadedValue(code: Int32Array, index: number): void {
  const length = lengthWords(code[index]!);
  const low = length === 1 ? (code[index]! << 20) >> 20 : code[index + 1]!;
  setNumber(RESULT, low, length === 3 ? code[index + 2]! : low >> 31);
}
