// What each guest instruction becomes. `LOWERING` says which wasm instruction does the work and what stands around it;
// the cases of `lowerCode` write it. Loads and stores check their addresses at the end of this file.
//
// In comments, a, b and d are the locals of the operands: low(x) = local.get x, i32.wrap_i64.

import { I32, I64, put, reserve, u32 } from "../../../wasm/module.ts";
import { OP } from "../../../wasm/ops.ts";
import { lengthWords } from "../../isa/fields.ts";
import { FIRST_PRIMITIVE, ISA, type Mnemonic, OPCODE, REGISTERS } from "../../isa/table.ts";
import { EXIT } from "../../state/block.ts";
import { effectsOfWord, REGISTER_BITS } from "../effects.ts";
import { type Block, FIRST_BY_THE_BYTE } from "../graph.ts";
import { narrowAfter } from "../narrow.ts";
import {
  COMPARE,
  closeLabel,
  declineIf,
  exitIf,
  fetch,
  get,
  i32,
  i64,
  inHost,
  inLocal,
  isListed,
  LEFT,
  leave,
  list,
  local,
  low,
  lowest,
  mayTrap,
  moveBytes,
  narrow,
  openLabel,
  reloadHL,
  saveAll,
  set,
  setInLocal,
  setLow,
  setUnstarted,
  target,
  tee,
  touched,
  wide,
  wide2,
} from "./body.ts";

// What stands around the wasm instruction of a guest one, which `LOWERING` keeps from bit 8 on.

/** CALL, RET and JR end blocks: emit.ts. */
const END_OF_BLOCK = 0;
const NOTHING = 1;
/** d := low(a) op low(b) */
const LOW = 2;
/** d := a op b */
const WIDE = 3;
/** d := a op b, where op gives an i32 */
const TEST_WIDE = 4;
/** As LOW and WIDE, with a check for 0. */
const DIVIDE_LOW = 5;
const DIVIDE_WIDE = 6;
/** Division that wasm traps on for MIN / -1 too. */
const DIVIDE_SIGNED_LOW = 7;
const DIVIDE_SIGNED_WIDE = 8;
/** compare := low(a) - low(b), or - imm */
const COMPARE_LOW = 9;
const COMPARE_IMMEDIATE = 10;
/** d := low(d) + a number, which stands in the place of the opcode as wasm has it */
const STEP = 11;
const MOVE = 12;
const LOAD_IMMEDIATE = 13;
/** d := a op imm */
const SHIFT_LOW = 14;
const SHIFT_WIDE = 15;
/** d := (a shl imm) or (a shr_u width - imm), or the other way round */
const ROTATE_LEFT = 16;
const ROTATE_RIGHT = 17;
/** d := op d */
const COUNT_LOW = 18;
const COUNT_WIDE = 19;
/** d := [a + imm], op giving an i64, or an i32 to be zero-extended */
const LOAD = 20;
const LOAD_LOW = 21;
/** [a + imm] := b */
const STORE = 22;
const COPY = 23;
const FILL = 24;
const HOST_CALL = 25;
const HOST_CALL_HL = 26;

const by = (shape: number, opcode: number): number => shape | (opcode << 8);

const OF_MNEMONIC: Readonly<Record<Mnemonic, number>> = {
  CALL: END_OF_BLOCK,
  RET: END_OF_BLOCK,
  JR: END_OF_BLOCK,
  CP: COMPARE_LOW,
  DROP: NOTHING,
  INC: by(STEP, 1),
  DEC: by(STEP, -1 & 0x7f),
  MOV: MOVE,
  CPI: COMPARE_IMMEDIATE,

  ADD: by(LOW, OP.i32_add),
  SUB: by(LOW, OP.i32_sub),
  MUL: by(LOW, OP.i32_mul),
  DIVS: DIVIDE_SIGNED_LOW,
  DIVU: by(DIVIDE_LOW, OP.i32_div_u),
  REMS: by(DIVIDE_LOW, OP.i32_rem_s),
  REMU: by(DIVIDE_LOW, OP.i32_rem_u),
  AND: by(LOW, OP.i32_and),
  OR: by(LOW, OP.i32_or),
  XOR: by(LOW, OP.i32_xor),
  ADD64: by(WIDE, OP.i64_add),
  SUB64: by(WIDE, OP.i64_sub),
  MUL64: by(WIDE, OP.i64_mul),
  DIVS64: DIVIDE_SIGNED_WIDE,
  DIVU64: by(DIVIDE_WIDE, OP.i64_div_u),
  REMS64: by(DIVIDE_WIDE, OP.i64_rem_s),
  REMU64: by(DIVIDE_WIDE, OP.i64_rem_u),
  AND64: by(WIDE, OP.i64_and),
  OR64: by(WIDE, OP.i64_or),
  XOR64: by(WIDE, OP.i64_xor),

  SLA: by(SHIFT_LOW, OP.i32_shl),
  SRA: by(SHIFT_LOW, OP.i32_shr_s),
  SRL: by(SHIFT_LOW, OP.i32_shr_u),
  ROL: by(ROTATE_LEFT, OP.i32_or),
  ROR: by(ROTATE_RIGHT, OP.i32_or),
  CLZ: by(COUNT_LOW, OP.i32_clz),
  CTZ: by(COUNT_LOW, OP.i32_ctz),
  POPC: by(COUNT_LOW, OP.i32_popcnt),
  SLA64: by(SHIFT_WIDE, OP.i64_shl),
  SRA64: by(SHIFT_WIDE, OP.i64_shr_s),
  SRL64: by(SHIFT_WIDE, OP.i64_shr_u),
  ROL64: by(ROTATE_LEFT, OP.i64_or),
  ROR64: by(ROTATE_RIGHT, OP.i64_or),
  CLZ64: by(COUNT_WIDE, OP.i64_clz),
  CTZ64: by(COUNT_WIDE, OP.i64_ctz),
  POPC64: by(COUNT_WIDE, OP.i64_popcnt),

  EQ: by(LOW, OP.i32_eq),
  NE: by(LOW, OP.i32_ne),
  LTS: by(LOW, OP.i32_lt_s),
  LES: by(LOW, OP.i32_le_s),
  GTS: by(LOW, OP.i32_gt_s),
  GES: by(LOW, OP.i32_ge_s),
  LTU: by(LOW, OP.i32_lt_u),
  LEU: by(LOW, OP.i32_le_u),
  GTU: by(LOW, OP.i32_gt_u),
  GEU: by(LOW, OP.i32_ge_u),
  EQ64: by(TEST_WIDE, OP.i64_eq),
  NE64: by(TEST_WIDE, OP.i64_ne),
  LTS64: by(TEST_WIDE, OP.i64_lt_s),
  LES64: by(TEST_WIDE, OP.i64_le_s),
  GTS64: by(TEST_WIDE, OP.i64_gt_s),
  GES64: by(TEST_WIDE, OP.i64_ge_s),
  LTU64: by(TEST_WIDE, OP.i64_lt_u),
  LEU64: by(TEST_WIDE, OP.i64_le_u),
  GTU64: by(TEST_WIDE, OP.i64_gt_u),
  GEU64: by(TEST_WIDE, OP.i64_ge_u),

  LD: LOAD_IMMEDIATE,
  LD8U: by(LOAD, OP.i64_load8_u),
  LD8S: by(LOAD_LOW, OP.i32_load8_s),
  LD16U: by(LOAD, OP.i64_load16_u),
  LD16S: by(LOAD_LOW, OP.i32_load16_s),
  LD32: by(LOAD, OP.i64_load32_u),
  LD64: by(LOAD, OP.i64_load),
  LD8U64: by(LOAD, OP.i64_load8_u),
  LD8S64: by(LOAD, OP.i64_load8_s),
  LD16U64: by(LOAD, OP.i64_load16_u),
  LD16S64: by(LOAD, OP.i64_load16_s),
  LD32U64: by(LOAD, OP.i64_load32_u),
  LD32S64: by(LOAD, OP.i64_load32_s),
  ST8: by(STORE, OP.i64_store8),
  ST8_64: by(STORE, OP.i64_store8),
  ST16: by(STORE, OP.i64_store16),
  ST16_64: by(STORE, OP.i64_store16),
  ST32: by(STORE, OP.i64_store32),
  ST32_64: by(STORE, OP.i64_store32),
  ST64: by(STORE, OP.i64_store),

  LDIR: COPY,
  FILL,
  IN: HOST_CALL_HL,
  OUT: HOST_CALL,
  LOG: HOST_CALL,
  ALLOC: HOST_CALL_HL,
  FREE: HOST_CALL,
  CTL: HOST_CALL_HL,
};

/** By opcode. */
const LOWERING = new Int32Array(256);
/** By opcode: bytes of memory that a load or store takes. */
const ACCESS = new Uint8Array(256);
for (const { opcode, mnemonic, access } of ISA) {
  LOWERING[opcode] = OF_MNEMONIC[mnemonic];
  ACCESS[opcode] = access;
}

const GET = OP.local_get;
const SET = OP.local_set;
const WRAP = OP.i32_wrap_i64;
const EXTEND = OP.i64_extend_i32_u;

const { LD } = OPCODE;

/** More than eight instructions take, their exits included. */
const ROOM_FOR_8 = 8192;

/** The instructions of a block from its start to word index `end`, none of which ends it. */
export function lowerCode(code: Int32Array, block: Block, end: number): void {
  const { nativeTraps } = target;
  let unstarted = block.cost;
  let below32 = block.narrow;
  reserve(ROOM_FOR_8);
  for (let at = block.start; at < end; ) {
    const word = code[at]!;
    const opcode = word >>> 24;
    if ((--unstarted & 7) === 7) reserve(ROOM_FOR_8);
    if (isListed) list(at * 4);
    if (touched & ~inLocal) fetch(effectsOfWord(word) & 0xff);
    const lowering = LOWERING[opcode]!;
    const wasm = lowering >>> 8;
    const d = local[(word >>> 20) & 15]!;
    const a = local[(word >>> 16) & 15]!;
    const b = local[(word >>> 12) & 15]!;
    const imm = (word << 20) >> 20;
    switch (lowering & 0xff) {
      case NOTHING:
        break;
      case LOW:
        put(GET | (a << 8) | (WRAP << 16) | (GET << 24), 4);
        put(b | (WRAP << 8) | (wasm << 16) | (EXTEND << 24), 4);
        put(SET | (d << 8), 2);
        break;
      case WIDE:
        put(GET | (a << 8) | (GET << 16) | (b << 24), 4);
        put(wasm | (SET << 8) | (d << 16), 3);
        break;
      case TEST_WIDE:
        put(GET | (a << 8) | (GET << 16) | (b << 24), 4);
        put(wasm | (EXTEND << 8) | (SET << 16) | (d << 24), 4);
        break;
      case COMPARE_LOW:
        put(GET | (a << 8) | (WRAP << 16) | (GET << 24), 4);
        put(b | (WRAP << 8) | (OP.i32_sub << 16) | (SET << 24), 4);
        put(local[COMPARE]!, 1);
        break;
      case COMPARE_IMMEDIATE:
        low(a);
        i32(imm);
        put(OP.i32_sub | (SET << 8) | (local[COMPARE]! << 16), 3);
        break;
      case STEP:
        put(GET | (d << 8) | (WRAP << 16) | (OP.i32_const << 24), 4);
        put(wasm | (OP.i32_add << 8) | (EXTEND << 16) | (SET << 24), 4);
        put(d, 1);
        break;
      case MOVE:
        put(GET | (a << 8) | (SET << 16) | (d << 24), 4);
        break;
      case LOAD_IMMEDIATE: {
        const length = lengthWords(word);
        const low32 = length === 1 ? imm : code[at + 1]!;
        i64(low32, length === 3 ? code[at + 2]! : low32 >> 31);
        set(d);
        break;
      }
      case SHIFT_LOW:
        put(GET | (a << 8) | (WRAP << 16) | (OP.i32_const << 24), 4);
        put(imm | (wasm << 8) | (EXTEND << 16) | (SET << 24), 4);
        put(d, 1);
        break;
      case SHIFT_WIDE:
        put(GET | (a << 8) | (OP.i64_const << 16) | (imm << 24), 4);
        put(wasm | (SET << 8) | (d << 16), 3);
        break;
      case LOAD:
      case LOAD_LOW:
      case STORE: {
        setUnstarted(unstarted);
        const offset = address(code, at, word, block, below32);
        const shape = lowering & 0xff;
        if (shape === STORE) get(b);
        if (nativeTraps) mayTrap(at);
        put(wasm, 2); // alignment 1
        u32(offset);
        if (shape === LOAD) set(d);
        else if (shape === LOAD_LOW) setLow(d);
        break;
      }
      case HOST_CALL:
      case HOST_CALL_HL:
        setUnstarted(unstarted);
        hostCall(opcode - FIRST_PRIMITIVE, (lowering & 0xff) === HOST_CALL_HL, at);
        break;
      case ROTATE_LEFT:
      case ROTATE_RIGHT:
        rotate((lowering & 0xff) === ROTATE_LEFT, wasm === OP.i64_or, d, a, imm);
        break;
      default:
        setUnstarted(unstarted);
        lowerRare(lowering & 0xff, wasm, at, opcode, a, b, d);
    }
    // Below the host calls, nothing but the register of the first field and the compare register is written.
    const mayWrite = opcode < FIRST_BY_THE_BYTE ? 1 << ((word >>> 20) & 15) : REGISTER_BITS;
    if ((touched & ~inLocal) | (mayWrite & (covered | alone))) {
      const writes = (effectsOfWord(word) >>> 8) & 0xff;
      if (writes & ~inLocal) setInLocal(inLocal | writes);
      covered &= ~writes;
      alone &= ~writes;
    }
    if (nativeTraps) below32 = narrowAfter(code, at, below32, true);
    at += opcode === LD ? lengthWords(word) : 1;
  }
  setUnstarted(0);
}

/** Apart, so that programs without these do not wait for V8 to compile them. */
function lowerRare(
  shape: number,
  wasm: number,
  at: number,
  opcode: number,
  a: number,
  b: number,
  d: number,
): void {
  switch (shape) {
    case COUNT_LOW:
      low(d);
      put(wasm, 1);
      setLow(d);
      break;
    case COUNT_WIDE:
      get(d);
      put(wasm, 1);
      set(d);
      break;
    case DIVIDE_LOW:
    case DIVIDE_SIGNED_LOW:
      low(b);
      put(OP.i32_eqz, 1);
      exitIf(EXIT.div0, at);
      if (shape === DIVIDE_LOW) {
        low(a);
        low(b);
        put(wasm, 1);
      } else signedDivision(low, I32, a, b);
      setLow(d);
      break;
    case DIVIDE_WIDE:
    case DIVIDE_SIGNED_WIDE:
      get(b);
      put(OP.i64_eqz, 1);
      exitIf(EXIT.div0, at);
      if (shape === DIVIDE_WIDE) {
        get(a);
        get(b);
        put(wasm, 1);
      } else signedDivision(get, I64, a, b);
      set(d);
      break;
    case COPY:
    case FILL:
      bulk(shape === COPY, at);
      break;
    default:
      throw new Error(`not a straight-line instruction: ${opcode}`);
  }
}

/** Not rotl: V8's first tier calls out for it, which made SHA-256 nine times slower there. */
function rotate(isLeft: boolean, isWide: boolean, d: number, a: number, count: number): void {
  const left = isLeft ? count : (isWide ? 64 : 32) - count;
  const right = isLeft ? (isWide ? 64 : 32) - count : count;
  if (isWide) {
    if (count !== 0) {
      put(GET | (a << 8) | (OP.i64_const << 16) | (left << 24), 4);
      put(OP.i64_shl, 1);
    }
    put(GET | (a << 8) | (OP.i64_const << 16) | ((count && right) << 24), 4);
    put(OP.i64_shr_u | (OP.i64_or << 8), count === 0 ? 1 : 2);
    set(d);
  } else {
    if (count !== 0) {
      put(GET | (a << 8) | (WRAP << 16) | (OP.i32_const << 24), 4);
      put(left | (OP.i32_shl << 8), 2);
    }
    put(GET | (a << 8) | (WRAP << 16) | (OP.i32_const << 24), 4);
    put((count && right) | (OP.i32_shr_u << 8) | (OP.i32_or << 16), count === 0 ? 2 : 3);
    setLow(d);
  }
}

/** wasm traps on MIN / -1; the guest gets MIN, which is 0 - MIN. */
function signedDivision(operand: (local: number) => void, type: number, a: number, b: number): void {
  const isWide = type === I64;
  const constant = isWide ? OP.i64_const : OP.i32_const;
  operand(b);
  put(constant | (0x7f << 8) | ((isWide ? OP.i64_eq : OP.i32_eq) << 16), 3);
  put(OP.if | (type << 8) | (constant << 16), 4);
  operand(a);
  put((isWide ? OP.i64_sub : OP.i32_sub) | (OP.else << 8), 2);
  operand(a);
  operand(b);
  put((isWide ? OP.i64_div_s : OP.i32_div_s) | (OP.end << 8), 2);
}

/** LDIR and FILL: length 0 does nothing, both spans are checked, then the charge, then all of it. */
function bulk(isCopy: boolean, at: number): void {
  const { memSize, metered } = target;
  const [HL, DE, A, BC] = [local[0]!, local[1]!, local[2]!, local[3]!];
  get(BC);
  put(OP.i64_eqz | (OP.i32_eqz << 8), 2);
  openLabel(OP.if);
  get(BC);
  i64(memSize, 0);
  put(OP.i64_gt_u, 1);
  exitIf(EXIT.oob, at);
  bulkSpan(isCopy ? DE : HL, wide, BC, at);
  if (isCopy) bulkSpan(HL, wide2, BC, at);
  if (metered) {
    low(BC);
    i32(6);
    put(OP.i32_shr_u, 1);
    tee(narrow);
    get(LEFT);
    put(OP.i32_gt_s, 1);
    declineIf(at); // the 1 is given back (D10); the interpreter decides
    charge();
  }
  inHost(wide);
  if (isCopy) inHost(wide2);
  else low(A);
  low(BC);
  moveBytes(isCopy);
  closeLabel();
}

/** `into` := where in memory a register points, whose span has to lie inside. */
function bulkSpan(register: number, into: number, length: number, at: number): void {
  get(register);
  if (hasBase) {
    i64(baseLow, baseHigh);
    put(OP.i64_sub, 1);
  }
  tee(into);
  i64(target.memSize, 0);
  get(length);
  put(OP.i64_sub | (OP.i64_gt_u << 8), 2);
  exitIf(EXIT.oob, at);
}

/** Takes what the i32 local says from the fuel. */
function charge(): void {
  put(GET | (LEFT << 8) | (GET << 16) | (narrow << 24), 4);
  put(OP.i32_sub | (SET << 8) | (LEFT << 16), 3);
}

/** HL, DE, BC and IX: what host calls look at in the block. */
const HOST_READS = 0b11011;
/** Index of the imported function that does host calls. */
const HOST = 0;

/** The import gives bytes moved / 64, or the exit as a negative number. */
function hostCall(index: number, writesHL: boolean, at: number): void {
  saveAll(inLocal & HOST_READS);
  i32(index);
  put(OP.call | (HOST << 8), 2);
  tee(narrow);
  i32(0);
  put(OP.i32_lt_s, 1);
  openLabel(OP.if);
  exitIfIs(EXIT.abi, at);
  exitIfIs(EXIT.oom, at);
  exitIfIs(EXIT.outputLimit, at);
  leave(EXIT.host, at);
  closeLabel();
  if (writesHL) reloadHL();
  if (target.metered) charge();
}

function exitIfIs(exit: typeof EXIT.abi | typeof EXIT.oom | typeof EXIT.outputLimit, at: number): void {
  get(narrow);
  i32(-exit);
  put(OP.i32_eq, 1);
  exitIf(exit, at);
}

// Addresses

const REGISTER_COUNT = REGISTERS.length;

/** Guest address of the start of memory, in halves. */
let hasBase = false;
let baseLow = 0;
let baseHigh = 0;

/**
 * Bytes around the address in each register that are known to be in guest memory, the address itself among them: from
 * `low` (0 or less) up to `high`. By block and register: of the current block as they are here, of others as
 * what leads there says.
 */
let coverLow = new Int16Array(0);
let coverHigh = new Int16Array(0);
/** By block: registers of which anything is known; `NOBODY` where nothing has led there yet. */
let coverOf = new Uint8Array(0);
const NOBODY = 0xff;
/** Of the current block: registers of which anything is known here, and where its entries start. */
let covered = 0;
let cover = 0;
/** Registers of which it is known that the block has no second access through them as they are. */
let alone = 0;

export function startAddresses(): void {
  const { memBase } = target;
  hasBase = memBase !== 0n;
  baseLow = hasBase ? Number(BigInt.asIntN(32, memBase)) : 0;
  baseHigh = hasBase ? Number(BigInt.asIntN(32, memBase >> 32n)) : 0;
}

export function startCover(blocks: number): void {
  if (coverOf.length < blocks) {
    coverLow = new Int16Array(blocks * REGISTER_COUNT);
    coverHigh = new Int16Array(blocks * REGISTER_COUNT);
    coverOf = new Uint8Array(blocks);
  }
  coverOf.fill(NOBODY, 0, blocks);
}

/** Takes over what all ways into the block know of its addresses; nothing where some way comes later. */
export function inheritCover(index: number, isKnown: boolean): void {
  cover = index * REGISTER_COUNT;
  covered = isKnown ? coverOf[index]! : 0;
  alone = 0;
}

export function forgetCover(): void {
  covered = 0;
}

/** Leaves what is known at the end of the current block to one that follows. */
export function bequeathCover(to: number): void {
  const before = coverOf[to]!;
  coverOf[to] = before & covered;
  const heir = to * REGISTER_COUNT;
  for (let rest = before & covered; rest !== 0; rest &= rest - 1) {
    const r = lowest(rest);
    const lowHere = coverLow[cover + r]!;
    const highHere = coverHigh[cover + r]!;
    if (before === NOBODY || lowHere > coverLow[heir + r]!) coverLow[heir + r] = lowHere;
    if (before === NOBODY || highHere < coverHigh[heir + r]!) coverHigh[heir + r] = highHere;
  }
}

/** Leaves an i32 address on the stack that is checked, or that wasm will check; gives the constant to add to it. */
function address(code: Int32Array, at: number, word: number, block: Block, below32: number): number {
  const { memoryAt, nativeTraps, shareChecks } = target;
  const register = (word >>> 16) & 15;
  const base = local[register]!;
  const displacement = (word << 20) >> 20;
  if (nativeTraps && !hasBase && displacement >= 0 && below32 & (1 << register)) {
    low(base);
    return memoryAt + displacement; // wasm adds it in 33 bits
  }
  const slot = cover + register;
  const end = displacement + ACCESS[word >>> 24]!;
  const isCovered = covered & (1 << register) && displacement >= coverLow[slot]! && end <= coverHigh[slot]!;
  if (!isCovered) {
    if (!shareChecks || !coverAhead(code, at, block, register)) {
      checkSpan(base, displacement, end);
      exitIf(EXIT.oob, at);
      low(wide);
      return memoryAt;
    }
    checkSpan(base, coverLow[slot]!, coverHigh[slot]!);
    declineIf(at); // which of the accesses fails, if it comes to that, the interpreter finds out
  }
  low(base);
  if (!hasBase) return memoryAt + displacement; // the base is in memory or right behind it
  i32((displacement - baseLow) | 0);
  put(OP.i32_add, 1);
  return memoryAt;
}

/** Leaves 1 on the stack when not all bytes from `from` up to `to` of the base are in memory; keeps base + from. */
function checkSpan(base: number, from: number, to: number): void {
  const { memSize } = target;
  get(base);
  let offset = from;
  let high = from >> 31;
  if (hasBase) {
    offset = (from - baseLow) | 0;
    high = (high - baseHigh - (from >>> 0 < baseLow >>> 0 ? 1 : 0)) | 0;
  }
  if ((offset | high) !== 0) {
    i64(offset, high);
    put(OP.i64_add, 1);
  }
  tee(wide);
  if (memSize < to - from) {
    put(OP.drop, 1);
    i32(1);
  } else {
    i64(memSize - (to - from), 0);
    put(OP.i64_gt_u, 1);
  }
}

/** Takes the span of all accesses of this block through the base as it is at `at` for covered, if there are several. */
function coverAhead(code: Int32Array, at: number, block: Block, register: number): boolean {
  const bit = 1 << register;
  if (alone & bit) return false;
  const { nativeTraps } = target;
  let from = 0;
  let to = 0;
  let accesses = 0;
  for (let index = at, word = 0; index < block.end; index += word >>> 24 === LD ? lengthWords(word) : 1) {
    word = code[index]!;
    const effects = effectsOfWord(word);
    const displacement = (word << 20) >> 20;
    // Once checked, wasm's own check is enough for what is above.
    if (effects >>> 16 === bit && (index === at || !nativeTraps || displacement < 0)) {
      accesses++;
      if (displacement < from) from = displacement;
      const end = displacement + ACCESS[word >>> 24]!;
      if (end > to) to = end;
    }
    if ((effects >>> 8) & bit) break;
  }
  if (accesses < 2) {
    alone |= bit;
    return false;
  }
  covered |= bit;
  coverLow[cover + register] = from;
  coverHigh[cover + register] = to;
  return true;
}
