// The state block of one module run: every tier reads and writes only this at its boundaries, so a copy of the
// buffer is a snapshot. One buffer, host part first, guest memory last:
//
//   0   HL DE A BC IX        5 x u64
//   40  compare              i32
//   44  pc                   u32, byte offset in CODE
//   48  fuel left            i64, may be negative; only in metered runs
//   56  call depth           u32, return addresses on the stack
//   60  heap                 u32, bump pointer, counted from the start of guest memory
//   64  exit site            u32, where compiled code stopped
//   68  slice left           i32, units left of the slice when compiled code stopped
//   128 call stack           maxCallDepth x u32, word indices
//   ..  live allocations     one bit per 8 bytes of guest memory (D16)
//   ..  guest memory         memSize bytes, at a multiple of 64 KiB

import type { Policy } from "../../core/policy.ts";

/** Byte offsets of the fields, for compiled code. */
export const AT = {
  compare: 40,
  pc: 44,
  fuel: 48,
  depth: 56,
  heap: 60,
  site: 64,
  left: 68,
  stack: 128,
} as const;
/** Index of the compare register in `i32`. */
export const COMPARE = AT.compare / 4;
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
  /** The loop header or function at pc has become hot, or has compiled code. */
  hot: 11,
  /** Compiled code leaves the instruction at pc to the interpreter. */
  decline: 12,
  /** What compiled code takes for granted does not hold at pc. */
  guard: 13,
} as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];

export interface BlockLayout {
  readonly liveAt: number;
  readonly liveBytes: number;
  /** Where guest memory starts. */
  readonly memoryAt: number;
  readonly bytes: number;
}

export function layoutOf(policy: Pick<Policy, "maxCallDepth" | "memSize">): BlockLayout {
  const liveAt = AT.stack + 4 * policy.maxCallDepth;
  const liveBytes = Math.ceil(policy.memSize / 64);
  const memoryAt = Math.ceil((liveAt + liveBytes) / PAGE) * PAGE;
  return { liveAt, liveBytes, memoryAt, bytes: memoryAt + policy.memSize };
}

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

  /** `buffer` is made by the caller: `layoutOf(policy).bytes` long at least. */
  constructor(policy: Policy, buffer: ArrayBuffer = new ArrayBuffer(layoutOf(policy).bytes)) {
    const { liveAt, liveBytes, memoryAt } = layoutOf(policy);
    this.buffer = buffer;
    this.u64 = new BigUint64Array(buffer, 0, AT.stack / 8);
    this.i64 = new BigInt64Array(buffer, 0, AT.stack / 8);
    this.u32 = new Uint32Array(buffer, 0, AT.stack / 4);
    this.i32 = new Int32Array(buffer, 0, AT.stack / 4);
    this.stack = new Uint32Array(buffer, AT.stack, policy.maxCallDepth);
    this.live = new Uint8Array(buffer, liveAt, liveBytes);
    // z[impl vm.memory.policy-placed]
    this.memory = new Uint8Array(buffer, memoryAt, policy.memSize);
    this.memoryView = new DataView(buffer, memoryAt, policy.memSize);
    this.memBase = policy.memBase;
    this.memSize = policy.memSize;
  }

  get pc(): number {
    return this.u32[AT.pc / 4] ?? 0;
  }
  set pc(byteOffset: number) {
    this.u32[AT.pc / 4] = byteOffset;
  }

  /** Exact: fuel and its debt stay within 2^53. */
  get fuel(): number {
    return Number(this.i64[AT.fuel / 8]);
  }
  set fuel(units: number) {
    this.i64[AT.fuel / 8] = BigInt(units);
  }

  get depth(): number {
    return this.u32[AT.depth / 4] ?? 0;
  }
  set depth(calls: number) {
    this.u32[AT.depth / 4] = calls;
  }

  get heap(): number {
    return this.u32[AT.heap / 4] ?? 0;
  }
  set heap(offset: number) {
    this.u32[AT.heap / 4] = offset;
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
