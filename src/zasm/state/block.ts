// The state block of one module run: every tier reads and writes only this at its boundaries, so a copy of the
// buffer is a snapshot. One buffer, host part first, guest memory last:
//
//   0   HL DE A BC IX        5 x u64
//   40  compare              i32
//   44  pc                   u32, byte offset in CODE
//   48  fuel left            i64, may be negative; only in metered runs
//   56  call depth           u32, return addresses on the stack
//   60  heap                 u32, bump pointer, counted from the start of guest memory
//   64  call stack           maxCallDepth x u32, word indices
//   ..  live allocations     one bit per 8 bytes of guest memory (D16)
//   ..  guest memory         memSize bytes, at a multiple of 64 KiB

import type { Policy } from "../../core/policy.ts";

/** Index of the compare register in `i32`. */
export const COMPARE = 10;
const PC = 11;
const FUEL = 6; // in i64
const DEPTH = 14;
const HEAP = 15;
const STACK_BYTES_AT = 64;
const PAGE = 65_536;

/** Why an executor came back. The numbers are the protocol between tiers. */
export const EXIT = {
  returned: 0,
  fuel: 1,
  oob: 2,
  div0: 3,
  decode: 4,
  abi: 5,
  oom: 6,
  callDepth: 7,
  outputLimit: 8,
  /** The embedder's side failed; the host calls hold the failure. */
  host: 9,
  /** The budget is used up; nothing is wrong, call again. */
  budget: 10,
} as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];

// z[impl vm.memory.single-region] z[impl vm.memory.growth]
/** Views over one run's buffer. Construction may throw RangeError when the host has no memory left. */
export class StateBlock {
  readonly buffer: ArrayBuffer;
  /** Registers as raw 64-bit values: HL DE A BC IX. */
  readonly u64: BigUint64Array;
  readonly i64: BigInt64Array;
  /** The same bytes in halves: register r is at 2r (low) and 2r+1 (high). */
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly stack: Uint32Array;
  /** Bit n is 1 when a live allocation starts at byte 8n of guest memory. */
  readonly live: Uint8Array;
  readonly memory: Uint8Array;
  readonly memoryView: DataView;
  readonly memBase: bigint;
  readonly memSize: number;

  constructor(policy: Policy) {
    const liveAt = STACK_BYTES_AT + 4 * policy.maxCallDepth;
    const liveBytes = Math.ceil(policy.memSize / 64);
    const memoryAt = Math.ceil((liveAt + liveBytes) / PAGE) * PAGE;
    this.buffer = new ArrayBuffer(memoryAt + policy.memSize);
    this.u64 = new BigUint64Array(this.buffer, 0, 8);
    this.i64 = new BigInt64Array(this.buffer, 0, 8);
    this.u32 = new Uint32Array(this.buffer, 0, 16);
    this.i32 = new Int32Array(this.buffer, 0, 16);
    this.stack = new Uint32Array(this.buffer, STACK_BYTES_AT, policy.maxCallDepth);
    this.live = new Uint8Array(this.buffer, liveAt, liveBytes);
    // z[impl vm.memory.policy-placed]
    this.memory = new Uint8Array(this.buffer, memoryAt, policy.memSize);
    this.memoryView = new DataView(this.buffer, memoryAt, policy.memSize);
    this.memBase = policy.memBase;
    this.memSize = policy.memSize;
  }

  get pc(): number {
    return this.u32[PC] ?? 0;
  }
  set pc(byteOffset: number) {
    this.u32[PC] = byteOffset;
  }

  /** Exact: fuel and its debt stay within 2^53. */
  get fuel(): number {
    return Number(this.i64[FUEL]);
  }
  set fuel(units: number) {
    this.i64[FUEL] = BigInt(units);
  }

  get depth(): number {
    return this.u32[DEPTH] ?? 0;
  }
  set depth(calls: number) {
    this.u32[DEPTH] = calls;
  }

  get heap(): number {
    return this.u32[HEAP] ?? 0;
  }
  set heap(offset: number) {
    this.u32[HEAP] = offset;
  }

  /**
   * Offset in guest memory of `length` bytes at guest address `pointer`, or -1 when any of them is outside.
   * Address 0 is zABI's null and always bad, whatever the base (D13).
   */
  span(pointer: bigint, length: number): number {
    if (pointer === 0n || length > this.memSize) return -1;
    const offset = BigInt.asUintN(64, pointer - this.memBase);
    return offset <= BigInt(this.memSize - length) ? Number(offset) : -1;
  }
}
