// The wasm back end: a planned compile unit to one wasm module, one lean pass over each graph.
//
// Guest registers are i64 locals. A function takes the stack pointer, the fuel of this slice and the registers its
// plan says, and gives back the fuel and the planned results; every other register waits in the state block across
// the call. So at any exit the function that exits saves what it holds, and its callers have nothing to save: they
// see the mark in the fuel and return.

import {
  endBody,
  endSection,
  exportFunction,
  finishModule,
  functionType,
  importFunction,
  importMemory,
  mutableGlobal,
  put,
  reserve,
  SECTION,
  startBody,
  startModule,
  startSection,
  u32,
} from "../../../wasm/module.ts";
import { OP } from "../../../wasm/ops.ts";
import { EXIT } from "../../state/block.ts";
import { COMPARE_BIT } from "../effects.ts";
import { type Block, END, type Graph } from "../graph.ts";
import { byteLoopAt } from "../idioms.ts";
import { touchedBy } from "../plan.ts";
import type { Unit, UnitFunction } from "../unit.ts";
import {
  branch,
  COMPARE,
  closeLabel,
  closeWaysOut,
  decline,
  EXITED,
  exitIf,
  fetch,
  get,
  height,
  i32,
  inLocal,
  LEFT,
  type Listing,
  LOCALS_32,
  leave,
  list,
  local,
  lowest,
  narrow,
  openLabel,
  openWaysOut,
  type Sites,
  SP,
  saveAll,
  set,
  setInLocal,
  startBlock,
  startLocals,
  startUnit,
  type Target,
  target,
  tee,
  unwindIf,
} from "./body.ts";
import { lowerByteLoop } from "./byte-loop.ts";
import {
  bequeathCover,
  forgetCover,
  inheritCover,
  lowerCode,
  startAddresses,
  startCover,
} from "./instructions.ts";

export interface CompiledUnit {
  readonly wasm: Uint8Array<ArrayBuffer>;
  readonly sites: Sites;
  /** Entering with less fuel than this executes nothing. */
  readonly minFuel: number;
}

/** Global: the stack pointer from which a call is left to the interpreter, or too deep. */
const CALL_LIMIT = 0;
/** Native frames one entry may nest: 256 KiB of native stack are promised (D9), a frame stays well under 1 KiB. */
const MAX_NATIVE_FRAMES = 200;
/** Functions of the module: the import, then the unit's in order. */
const FIRST_FUNCTION = 1;
/** More than is written between two calls of `reserve`: a call with its exits, or a function's ways out. */
const ROOM = 2048;

// Of the unit, and of the function that is being emitted.
let code: Int32Array;
let codeWords = 0;
let functions: readonly UnitFunction[];
let fn: UnitFunction;
let isRoot = false;
let graph: Graph;
let blocks: readonly Block[];
/** Heights at which the forward `block` and the `loop` of a graph block were opened. */
let forward = new Int32Array(0);
let backward = new Int32Array(0);
/** What is left to emit, newest last. */
const work: number[] = [];

export function emitUnit(
  ofCode: Int32Array,
  words: number,
  unit: Unit,
  ofTarget: Target,
  listing?: Listing,
): CompiledUnit {
  code = ofCode;
  codeWords = words;
  functions = unit.functions;
  const sites = startUnit(ofTarget, listing);
  startAddresses();
  startModule();
  emitHead();
  for (let f = 0; f < functions.length; f++) emitFunction(f);
  endSection();
  return { wasm: finishModule(), sites, minFuel: unit.root.graph.blocks[0]!.pathCost };
}

/** Everything before the bodies. */
function emitHead(): void {
  const count = functions.length;
  reserve(ROOM + 4 * count);
  // Signatures differ only in how many registers go in and come out: equal ones are shared. The first is the
  // import's, the second the root's.
  const types: number[] = [-1, 0];
  for (let f = 1; f < count; f++) {
    const key = signatureOf(functions[f]!);
    if (types.indexOf(key, 1) < 0) types.push(key);
  }
  startSection(SECTION.type, types.length);
  functionType(1, 0, 1, 0);
  for (let t = 1; t < types.length; t++) functionType(2, types[t]! >> 3, 1, types[t]! & 7);
  endSection();
  startSection(SECTION.import, 2);
  importMemory("h", "m", target.pages, target.pages);
  importFunction("h", "c", 0);
  endSection();
  startSection(SECTION.function, count);
  u32(1);
  for (let f = 1; f < count; f++) u32(types.indexOf(signatureOf(functions[f]!), 1));
  endSection();
  startSection(SECTION.global, 1);
  mutableGlobal();
  endSection();
  startSection(SECTION.export, 1);
  exportFunction("r", FIRST_FUNCTION);
  endSection();
  startSection(SECTION.code, count);
}

/** Registers passed, and from bit 0 to 2 returned. */
const signatureOf = ({ params, values }: UnitFunction): number => (countOf(params) << 3) | countOf(values);

function countOf(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}

function emitFunction(index: number): void {
  fn = functions[index]!;
  isRoot = index === 0;
  graph = fn.graph;
  blocks = graph.blocks;
  const count = blocks.length;
  if (forward.length < count) {
    forward = new Int32Array(count);
    backward = new Int32Array(count);
  }
  startCover(count);
  const from = startBody(startLocals(isRoot ? 0 : fn.params, touchedBy(fn)), LOCALS_32);
  reserve(ROOM);
  settle(0);
  if (isRoot) setCallLimit();
  openWaysOut();
  if (graph.reducible) structured();
  else dispatched();
  reserve(ROOM);
  closeWaysOut(isRoot ? 0 : fn.values);
  endBody(from);
}

/** min(sp + native frames, end of the call stack) */
function setCallLimit(): void {
  const end = target.stackAt + 4 * target.maxCallDepth;
  get(SP);
  i32(4 * MAX_NATIVE_FRAMES);
  put(OP.i32_add, 1);
  tee(narrow);
  i32(end);
  get(narrow);
  i32(end);
  put(OP.i32_lt_u | (OP.select << 8) | (OP.global_set << 16) | (CALL_LIMIT << 24), 4);
}

// Control flow

/** Entries of `work`: a block and what its dominator tree holds; the end of a label; or the way from a block on. */
const TREE = 0;
const CLOSE = 1;
const GO = 2;

/** Structured emission from the dominator tree; a stack of work instead of recursion, as graphs can be deep. */
function structured(): void {
  work.length = 0;
  work.push(0, TREE);
  while (work.length > 0) {
    const what = work.pop()!;
    reserve(ROOM);
    if (what === TREE) emitTree(work.pop()!);
    else if (what === CLOSE) closeLabel();
    else {
      const to = work.pop()!;
      const from = work.pop()!;
      setInLocal(work.pop()!);
      list(blocks[from]!.last * 4);
      goOn(from, to);
    }
  }
}

function emitTree(index: number): void {
  const block = blocks[index]!;
  if (block.isHeader) {
    if (block.guards !== 0) emitGuard(block);
    if (target.byteLoops) {
      const loop = byteLoopAt(code, graph, index);
      if (loop !== undefined) {
        startBlock(block.level, block.local);
        lowerByteLoop(loop, block.cost);
      }
    }
    openLabel(OP.loop);
    backward[index] = height;
    work.push(CLOSE);
  }
  for (let merge = block.lastMerge; merge >= 0; merge = blocks[merge]!.mergeBefore) {
    reserve(ROOM);
    openLabel(OP.block);
    forward[merge] = height;
    work.push(merge, TREE, CLOSE);
  }
  emitBlock(index, block);
  const { next, taken } = block;
  if (taken >= 0) goTaken(index, next, taken);
  else if (next >= 0) goOn(index, next);
}

/** Leaves a block for the only one that follows, or for the one that follows when its jump is not taken. */
function goOn(from: number, to: number): void {
  settle(to);
  if (isInPlace(from, to)) work.push(to, TREE);
  else branch(OP.br, labelOf(from, to));
}

/** Leaves a block by way of the condition on the stack. */
function goTaken(from: number, next: number, taken: number): void {
  const inPlace = isInPlace(from, taken);
  if (!inPlace && absent(taken) === 0) {
    branch(OP.br_if, labelOf(from, taken));
    goOn(from, next);
    return;
  }
  const before = inLocal;
  openLabel(OP.if);
  settle(taken);
  setInLocal(before);
  if (inPlace) work.push(before, from, next, GO, CLOSE, taken, TREE);
  else {
    branch(OP.br, labelOf(from, taken));
    closeLabel();
    goOn(from, next);
  }
}

/** On the way into a loop: its addresses have to be narrow, or the interpreter runs it. */
function emitGuard({ start, level, local: where, guards }: Block): void {
  startBlock(level, where);
  // Each is read back where it is needed, and the loop does so once more.
  for (let rest = guards; rest !== 0; rest &= rest - 1) {
    fetch(rest & -rest);
    get(local[lowest(rest)]!);
    if (rest !== guards) put(OP.i64_or, 1);
  }
  setInLocal(where);
  put(OP.i64_const | (32 << 8) | (OP.i64_shr_u << 16) | (OP.i32_wrap_i64 << 24), 4);
  exitIf(EXIT.guard, start);
}

/** True when `to` is emitted in place because only `from` leads to it. */
const isInPlace = (from: number, to: number): boolean => to > from && !blocks[to]!.isMerge;

const labelOf = (from: number, to: number): number => (to <= from ? backward[to]! : forward[to]!);

/** Registers that `to` expects in their locals, that are not there, and that matter. */
const absent = (to: number): number => blocks[to]!.local & blocks[to]!.live & ~inLocal;

/** Reads back what `to` expects in locals. */
function settle(to: number): void {
  const registers = absent(to);
  if (registers !== 0) fetch(registers);
}

/** For graphs with loops entered in several places: one loop around a jump table over all blocks. */
function dispatched(): void {
  const count = blocks.length;
  reserve(ROOM + 5 * count);
  i32(0);
  set(narrow);
  openLabel(OP.loop);
  const loop = height;
  for (let i = 0; i < count; i++) openLabel(OP.block);
  get(narrow);
  put(OP.br_table, 1);
  u32(count - 1);
  for (let i = 0; i < count; i++) u32(i);
  for (let i = 0; i < count; i++) {
    reserve(ROOM);
    closeLabel();
    const block = blocks[i]!;
    emitBlock(i, block);
    if (block.taken >= 0) {
      openLabel(OP.if);
      dispatch(block.taken, loop);
      closeLabel();
    }
    if (block.next >= 0) dispatch(block.next, loop);
  }
  closeLabel();
}

function dispatch(to: number, loop: number): void {
  const before = inLocal;
  settle(to);
  setInLocal(before);
  i32(to);
  set(narrow);
  branch(OP.br, loop);
}

// Blocks

/** One block up to where it leaves for others: what it has to be left by, if anything, is on the stack. */
function emitBlock(index: number, block: Block): void {
  const { kind, cost, last } = block;
  startBlock(block.level, block.local);
  inheritCover(index, index > 0 && !block.isHeader && graph.reducible);
  list(-1);
  if (block.isRegion) checkFuel(index, block);
  if (target.metered && cost > 0) {
    get(LEFT);
    i32(cost);
    put(OP.i32_sub | (OP.local_set << 8) | (LEFT << 16), 3);
  }
  lowerCode(code, block, kind === END.fall ? block.end : last);
  reserve(ROOM);
  if (kind !== END.fall) {
    if (kind !== END.off) list(last * 4);
    if (kind === END.branch) emitCondition(block.condition);
    else if (kind === END.ret) emitRet();
    else if (kind !== END.goto && kind !== END.leave) emitRareEnd(block);
  }
  if (block.next > index) bequeathCover(block.next);
  if (block.taken > index) bequeathCover(block.taken);
}

function emitRareEnd(block: Block): void {
  if (block.kind === END.call) {
    emitCall(block);
    forgetCover();
  } else if (block.kind === END.enter) pushReturn(block);
  else leave(EXIT.decode, codeWords);
}

/** The region's one comparison, against the most it can cost; past it blocks only subtract. */
function checkFuel(index: number, { pathCost, isAfterCall, isHeader, start, live }: Block): void {
  const { metered } = target;
  if (metered ? pathCost === 0 && !isAfterCall : index !== 0 && !isHeader) return;
  get(LEFT);
  if (metered) i32(pathCost);
  else {
    i32(Math.max(1, Math.min(pathCost, 0xffff)));
    put(OP.i32_sub, 1);
    tee(LEFT);
    i32(0);
  }
  put(OP.i32_lt_s, 1);
  openLabel(OP.if);
  if (metered && isAfterCall) {
    get(LEFT);
    i32(EXITED);
    put(OP.i32_eq, 1);
    unwindIf();
  }
  leave(EXIT.budget, start, ~live);
  closeLabel();
}

/** Wasm comparisons with 0 for JR conditions from 3 (LTS) on. */
const SIGNED = [OP.i32_lt_s, OP.i32_le_s, OP.i32_gt_s, OP.i32_ge_s] as const;

function emitCondition(condition: number): void {
  fetch(COMPARE_BIT);
  get(local[COMPARE]!);
  if (condition === 1) put(OP.i32_eqz, 1);
  else if (condition > 2) {
    i32(0);
    put(SIGNED[condition - 3]!, 1);
  }
}

function emitCall(block: Block): void {
  if (block.target < 0) {
    decline(block.last); // the CALL itself is the interpreter's
    return;
  }
  const { params, values, changes, graph: theirs } = functions[block.target]!;
  pushReturn(block);
  fetch(params);
  // Whatever is not passed waits in the block, where the callee's exits and returns leave it.
  saveAll(inLocal & ~params & theirs.blocks[0]!.live);
  stackPointer(block.level + 1);
  get(LEFT);
  for (let rest = params; rest !== 0; rest &= rest - 1) get(local[lowest(rest)]!);
  put(OP.call, 1);
  u32(FIRST_FUNCTION + block.target);
  for (let r = COMPARE - 1; r >= 0; r--) if (values & (1 << r)) set(local[r]!);
  set(LEFT);
  setInLocal((inLocal & ~changes) | values);
  if (target.metered) return;
  get(LEFT);
  i32(0);
  put(OP.i32_lt_s, 1);
  unwindIf();
}

function stackPointer(level: number): void {
  get(SP);
  if (level === 0) return;
  i32(4 * level);
  put(OP.i32_add, 1);
}

/** The depth check of a CALL, then its return address on the guest's call stack. */
function pushReturn({ level, last, end }: Block): void {
  stackPointer(level);
  put(OP.global_get | (CALL_LIMIT << 8) | (OP.i32_ge_u << 16), 3);
  openLabel(OP.if);
  stackPointer(level);
  i32(target.stackAt + 4 * target.maxCallDepth);
  put(OP.i32_ge_u, 1);
  exitIf(EXIT.callDepth, last);
  decline(last); // the interpreter makes this call, on a fresh native stack
  closeLabel();
  get(SP);
  i32(end);
  put(OP.i32_store | (2 << 8), 2);
  u32(4 * level);
}

function emitRet(): void {
  const values = isRoot ? 0 : fn.values;
  saveAll(inLocal & (isRoot ? fn.writes : fn.changes & ~values & fn.liveAtReturn));
  fetch(values);
  get(LEFT);
  for (let rest = values; rest !== 0; rest &= rest - 1) get(local[lowest(rest)]!);
  put(OP.return, 1);
}
