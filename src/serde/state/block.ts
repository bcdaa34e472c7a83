// The state block of one codec run: one buffer that holds everything a run is, so that a copy of it is a snapshot and
// any tier can go on from it. Every address in it is relative to its region.
//
//   words      see WORD; the registers of the run
//   frames     FRAMES_PER_LEVEL x maxDepth, 8 words each, see FRAME
//   document   decode: the input, 32 zero bytes behind it
//   text8      unescaped ASCII, decoded bytes
//   text16     text that is not ASCII, as UTF-16
//   output     encode
//   cells      the heap from 0 up, the build stack above it
//
// While an executor written in JavaScript runs, the registers are fields of this object: `save` and `load` move them.

import { InternalError } from "../../core/errors.ts";

const BLOCK_MAGIC = 0x54_4e_49_53; // "SINT"
const WORD = {
  magic: 0,
  abi: 1,
  /** Byte offset of the next record. */
  pc: 4,
  cursor: 5,
  /** Bytes of the document that are here. */
  end: 6,
  /** 1: more may come. */
  more: 7,
  /** First cell of the current record. */
  rec: 8,
  heapTop: 9,
  stackBase: 10,
  stackTop: 11,
  /** Word index of the next frame. */
  frameTop: 12,
  frameEnd: 13,
  text8Top: 14,
  text16Top: 15,
  outTop: 16,
  status: 17,
  code: 18,
  offset: 19,
  detail: 20,
  /** See MODE of programs. */
  mode: 21,
  depth: 22,
  outLimit: 23,
  /** Elements of lists and entries of maps, so far. */
  elements: 30,
  /** Byte offsets of the regions, in order, and of the end of the block. */
  regions: 24,
} as const;
/** Of `status`. */
export const RUN_STATUS = { open: 0, done: 1, failed: 2 } as const;
/** Word index of the first frame. */
export const FRAMES_AT = 64;
/** Changes whenever a word of the block means something else. */
const BLOCK_ABI = 1;

/** Words of a frame. Every one is written on every push (research/codec-ir.md §8.3). */
export const FRAME = {
  /** Of the opening record. */
  pc: 0,
  /** The record around it. */
  rec: 1,
  /** First cell of the open list or box. */
  base: 2,
  /** Elements begun; the last of them is the current record. */
  count: 3,
  /** Counted: elements still to come; -1: until the end mark. */
  left: 4,
  /** Look-ahead lists: where the object starts. */
  cursor: 5,
  words: 8,
} as const;

/** A level has a frame of its own, and those of the calls in it: of each of the types that lead back to it. */
const FRAMES_PER_LEVEL = 4;
/** Calls around the first level. */
const FREE_FRAMES = 64;

/** What a span points into: bits of its second word. */
export const SPAN = { text8: 1 << 30, text16: 1 << 29, mask: (1 << 29) - 1 } as const;
/** Spans have 29 bits. */
export const MAX_DOCUMENT = (1 << 29) - 64;
/** Zero bytes behind the document, so that reads may look a little ahead. */
const PADDING = 32;

export interface Limits {
  /** Open lists, maps and boxes, together. Default 512. */
  readonly maxDepth: number;
  /** Cells and text a value may take, bytes, all of it together. Default 256 MiB. */
  readonly maxMemory: number;
  /** Elements of lists and sets and entries of maps, all of them together. Default 2^25. */
  readonly maxElements: number;
  /** Default 256 MiB. */
  readonly maxOutputBytes: number;
  /** At most 2^29 - 64, the default. */
  readonly maxDocumentBytes: number;
  /** Digits of one number. Default 1000. */
  readonly maxNumberDigits: number;
}

/** What a run starts with: of a program. */
export interface Start {
  readonly rootCells: number;
  /** The root record is cleared. */
  readonly rootZero: boolean;
  readonly mode: number;
}

type Region = 0 | 1 | 2 | 3 | 4;
const DOCUMENT: Region = 0;
const TEXT8: Region = 1;
const TEXT16: Region = 2;
const OUTPUT: Region = 3;
const CELLS: Region = 4;

/** Cells a document may make before it has any bytes, and then for each byte read: what tiny documents can cost. */
const FREE_CELLS = 1 << 17;
const CELLS_PER_BYTE = 256;

/** By first byte: first byte behind, times SKIP_DEPTHS, plus how many containers are in each other. */
type Skipped = Map<number, number>;
export const SKIP_DEPTHS = 0x1_0000;

export class StateBlock {
  /**
   * Where containers end that a look-ahead has passed over, by where they begin: not looked at again, so that nested
   * look-aheads cost no more than one. Not part of the run: without it, all is the same and slower.
   */
  skipped: Skipped | undefined;
  readonly limits: Limits;
  buffer: ArrayBuffer;
  words: Int32Array;
  document: Uint8Array;
  text8: Uint8Array;
  text16: Uint16Array;
  output: Uint8Array;
  /** The cells as 32-bit halves, doubles and 64-bit integers. */
  i32: Int32Array;
  f64: Float64Array;
  u64: BigUint64Array;
  i64: BigInt64Array;

  pc = 0;
  cursor = 0;
  end = 0;
  more = 0;
  rec = 0;
  heapTop = 0;
  stackBase = 0;
  stackTop = 0;
  frameTop = FRAMES_AT;
  frameEnd: number;
  text8Top = 0;
  text16Top = 0;
  outTop = 0;
  /** Bytes of output this run may make. */
  outLimit: number;
  status: number = RUN_STATUS.open;
  code = 0;
  offset = 0;
  detail = -1;
  mode = 0;
  /** Levels that are open. */
  depth = 0;
  elements = 0;

  constructor(limits: Limits, sizes: { document: number; output: number; cells: number }) {
    this.limits = limits;
    this.outLimit = limits.maxOutputBytes;
    const at = FRAMES_AT + (FRAMES_PER_LEVEL * limits.maxDepth + FREE_FRAMES) * FRAME.words;
    this.frameEnd = at;
    this.stackBase = sizes.cells >> 1;
    this.stackTop = this.stackBase;
    const capacity = [sizes.document + PADDING, 256, 0, sizes.output, sizes.cells * 8];
    const regions = place(at * 4, capacity);
    this.buffer = new ArrayBuffer(regions[5]!);
    this.words = new Int32Array(this.buffer, 0, at);
    for (const [i, byte] of regions.entries()) this.words[WORD.regions + i] = byte;
    this.words[WORD.magic] = BLOCK_MAGIC;
    this.words[WORD.abi] = BLOCK_ABI;
    // Assigned by #attach; TypeScript cannot see that.
    this.document = this.text8 = this.output = new Uint8Array();
    this.text16 = new Uint16Array();
    this.i32 = new Int32Array();
    this.f64 = new Float64Array();
    this.u64 = new BigUint64Array();
    this.i64 = new BigInt64Array();
    this.#attach();
  }

  /** A block that goes on where `buffer`, a copy of a saved block, was saved. */
  static restore(buffer: ArrayBuffer, limits: Limits): StateBlock {
    const block = new StateBlock(limits, { document: 0, output: 0, cells: 2 });
    const words = new Int32Array(buffer);
    if (
      words[WORD.magic] !== BLOCK_MAGIC ||
      words[WORD.abi] !== BLOCK_ABI ||
      words[WORD.frameEnd] !== block.frameEnd
    ) {
      throw new InternalError("not a state block, or one with other limits");
    }
    block.buffer = buffer;
    block.words = new Int32Array(buffer, 0, block.frameEnd);
    block.#attach();
    block.load();
    return block;
  }

  /** Ready for a run of a program. The document stays. */
  begin(program: Start): void {
    this.beginAgain(program);
    this.skipped = undefined;
    this.cursor = 0;
    this.heapTop = 0;
    this.text8Top = 0;
    this.text16Top = 0;
    const { rootCells, rootZero } = program;
    if (!this.fits(rootCells)) throw new InternalError("no room for the root record");
    this.reserveHeap(rootCells);
    this.heapTop = rootCells;
    if (rootZero) this.i32.fill(0, 0, 2 * rootCells);
  }

  /** Ready for a program that reads the cells and text which the one before left here. */
  beginAgain({ mode }: Pick<Start, "mode">): void {
    this.mode = mode;
    this.pc = 0;
    this.rec = 0;
    this.stackTop = this.stackBase;
    this.frameTop = FRAMES_AT;
    this.depth = 0;
    this.elements = 0;
    this.outTop = 0;
    this.outLimit = this.limits.maxOutputBytes;
    this.status = RUN_STATUS.open;
    this.code = 0;
    this.offset = 0;
    this.detail = -1;
  }

  save(): void {
    const { words } = this;
    words[WORD.pc] = this.pc;
    words[WORD.cursor] = this.cursor;
    words[WORD.end] = this.end;
    words[WORD.more] = this.more;
    words[WORD.rec] = this.rec;
    words[WORD.heapTop] = this.heapTop;
    words[WORD.stackBase] = this.stackBase;
    words[WORD.stackTop] = this.stackTop;
    words[WORD.frameTop] = this.frameTop;
    words[WORD.frameEnd] = this.frameEnd;
    words[WORD.text8Top] = this.text8Top;
    words[WORD.text16Top] = this.text16Top;
    words[WORD.outTop] = this.outTop;
    words[WORD.status] = this.status;
    words[WORD.code] = this.code;
    words[WORD.offset] = this.offset;
    words[WORD.detail] = this.detail;
    words[WORD.mode] = this.mode;
    words[WORD.depth] = this.depth;
    words[WORD.elements] = this.elements;
    words[WORD.outLimit] = this.outLimit;
  }

  load(): void {
    const { words } = this;
    this.pc = words[WORD.pc]!;
    this.cursor = words[WORD.cursor]!;
    this.end = words[WORD.end]!;
    this.more = words[WORD.more]!;
    this.rec = words[WORD.rec]!;
    this.heapTop = words[WORD.heapTop]!;
    this.stackBase = words[WORD.stackBase]!;
    this.stackTop = words[WORD.stackTop]!;
    this.frameTop = words[WORD.frameTop]!;
    this.text8Top = words[WORD.text8Top]!;
    this.text16Top = words[WORD.text16Top]!;
    this.outTop = words[WORD.outTop]!;
    this.status = words[WORD.status]!;
    this.code = words[WORD.code]!;
    this.offset = words[WORD.offset]!;
    this.detail = words[WORD.detail]!;
    this.mode = words[WORD.mode]!;
    this.depth = words[WORD.depth]!;
    this.elements = words[WORD.elements]!;
    this.outLimit = words[WORD.outLimit]!;
  }

  /** Makes `bytes` the whole document. False: over maxDocumentBytes. */
  setDocument(bytes: Uint8Array): boolean {
    this.end = 0;
    this.more = 0;
    return this.feed(bytes);
  }

  /** Appends to the document. False: over maxDocumentBytes. */
  feed(bytes: Uint8Array): boolean {
    const { length } = bytes;
    const end = this.end + length;
    if (end > this.limits.maxDocumentBytes) return false;
    if (end + PADDING > this.document.length) {
      this.#grow(DOCUMENT, Math.max(end, Math.min(2 * this.end, MAX_DOCUMENT)) + PADDING);
    }
    this.document.set(bytes, this.end);
    // Not `fill`: a call into the engine costs more than the bytes do.
    const { document } = this;
    for (let at = end; at < end + PADDING; at++) document[at] = 0;
    this.end = end;
    return true;
  }

  /** Whether the run may use `count` more cells here. The same for every way to cut the document. */
  mayUse(count: number): boolean {
    return this.fits(count) && this.#cells + count <= FREE_CELLS + CELLS_PER_BYTE * this.cursor;
  }

  /** Whether `count` more cells are within maxMemory. */
  fits(count: number): boolean {
    const text = this.text8Top + 2 * this.text16Top;
    return 8 * (this.#cells + count) + text <= this.limits.maxMemory;
  }

  get #cells(): number {
    return this.heapTop + (this.stackTop - this.stackBase);
  }

  /** Room for `count` cells at the heap top, which fit; views and stack addresses may change. */
  reserveHeap(count: number): void {
    if (this.heapTop + count > this.stackBase) this.#moveStack(count);
  }

  /** Room for `count` cells on the build stack, which fit; views may change. */
  reserveStack(count: number): void {
    const need = this.stackTop + count;
    if (need * 8 > this.i32.byteLength) this.#grow(CELLS, Math.max(need, 2 * this.stackTop) * 8);
  }

  /** Room for `count` bytes of unescaped text. */
  reserveText8(count: number): boolean {
    const need = this.text8Top + count;
    // Against the limit first: what a larger document left behind allows no more.
    if (8 * this.#cells + need + 2 * this.text16Top > this.limits.maxMemory || need > SPAN.mask) return false;
    if (need > this.text8.length) this.#grow(TEXT8, Math.max(need, 2 * this.text8.length));
    return true;
  }

  /** Room for `count` UTF-16 units. */
  reserveText16(count: number): boolean {
    const need = this.text16Top + count;
    if (8 * this.#cells + this.text8Top + 2 * need > this.limits.maxMemory || need > SPAN.mask) return false;
    if (need > this.text16.length) this.#grow(TEXT16, 2 * Math.max(need, 2 * this.text16.length));
    return true;
  }

  /** Room for `count` bytes of output. Growth is not counted, what is written is. */
  reserveOutput(count: number): void {
    const need = this.outTop + count;
    if (need > this.output.length) this.#grow(OUTPUT, Math.max(need, 2 * this.output.length));
  }

  #moveStack(count: number): void {
    const old = this.stackBase;
    const size = this.stackTop - old;
    const base = Math.max(2 * (this.heapTop + count), 2 * old);
    const need = base + size + 64;
    if (need * 8 > this.i32.byteLength) this.#grow(CELLS, need * 8);
    this.i32.copyWithin(2 * base, 2 * old, 2 * this.stackTop);
    this.stackBase = base;
    this.stackTop = base + size;
    const delta = base - old;
    if (this.rec >= old) this.rec += delta;
    const { words } = this;
    for (let at = FRAMES_AT; at < this.frameTop; at += FRAME.words) {
      if (words[at + FRAME.rec]! >= old) words[at + FRAME.rec]! += delta;
      if (words[at + FRAME.base]! >= old) words[at + FRAME.base]! += delta;
    }
  }

  #grow(region: Region, bytes: number): void {
    const before = Array.from({ length: 6 }, (_, i) => this.words[WORD.regions + i]!);
    const capacity = [0, 1, 2, 3, 4].map((i) => (i === region ? bytes : before[i + 1]! - before[i]!));
    const after = place(before[0]!, capacity);
    const buffer = new ArrayBuffer(after[5]!);
    const to = new Uint8Array(buffer);
    for (let i = 0; i < 5; i++) {
      to.set(new Uint8Array(this.buffer, before[i]!, before[i + 1]! - before[i]!), after[i]!);
    }
    to.set(new Uint8Array(this.buffer, 0, before[0]!));
    this.buffer = buffer;
    this.words = new Int32Array(buffer, 0, this.frameEnd);
    for (const [i, byte] of after.entries()) this.words[WORD.regions + i] = byte;
    this.#attach();
  }

  #attach(): void {
    const { buffer, words } = this;
    const at = (region: number) => words[WORD.regions + region]!;
    const size = (region: number) => at(region + 1) - at(region);
    this.document = new Uint8Array(buffer, at(DOCUMENT), size(DOCUMENT));
    this.text8 = new Uint8Array(buffer, at(TEXT8), size(TEXT8));
    this.text16 = new Uint16Array(buffer, at(TEXT16), size(TEXT16) >> 1);
    this.output = new Uint8Array(buffer, at(OUTPUT), size(OUTPUT));
    const cells = size(CELLS) >> 3;
    this.i32 = new Int32Array(buffer, at(CELLS), 2 * cells);
    this.f64 = new Float64Array(buffer, at(CELLS), cells);
    this.u64 = new BigUint64Array(buffer, at(CELLS), cells);
    this.i64 = new BigInt64Array(buffer, at(CELLS), cells);
  }
}

/** Where regions of these sizes start, each at a multiple of 16, and where the last one ends. */
function place(from: number, capacity: readonly number[]): number[] {
  const at = [from];
  for (const bytes of capacity) at.push(Math.ceil((at.at(-1)! + bytes) / 16) * 16);
  return at;
}
