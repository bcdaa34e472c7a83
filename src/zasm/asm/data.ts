// DATA under construction. Directives append at a cursor that starts at 16; what is adjacent becomes one segment,
// sorted by address, as upstream packs it. `.segment` opens a segment that is kept exactly as written.

import { concat } from "../container/write.ts";
import type { At, Diagnostics } from "./diagnostics.ts";

/** Where the first item goes: addresses below are left to null and the host. */
const DATA_BASE = 16;
/** As the policy's ceiling for memSize. */
export const MAX_DATA_BYTES = 256 * 1024 * 1024;
const END_OF_ADDRESSES = 2 ** 32;

export interface Segment {
  readonly dst: number;
  readonly bytes: Uint8Array;
}

interface Run {
  readonly dst: number;
  /** Keep as its own segment, even if empty or adjacent to another. */
  readonly exact: boolean;
  readonly at: At;
  /** Bytes, or a number of zeros that is not allocated before the whole is known to be in bounds. */
  readonly parts: (Uint8Array | number)[];
  length: number;
}

export class DataBuilder {
  readonly #diagnostics: Diagnostics;
  readonly #runs: Run[] = [];
  /** The run that grows, or where the next will start. */
  #open: Run | undefined;
  #cursor = DATA_BASE;
  #total = 0;
  #full = false;
  /** Bytes that are not a part of the open run yet: many small items become one part. */
  #tail = new Uint8Array(256);
  #tailLength = 0;

  constructor(diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
  }

  /** The address of the next byte, from the start of memory. */
  get cursor(): number {
    return this.#cursor;
  }

  /** The next item starts at `dst`. */
  moveTo(dst: number): void {
    this.#close();
    this.#cursor = dst;
  }

  /** The next items, up to `.org` or `.segment`, are one segment at `dst`. */
  segment(dst: number, at: At): void {
    this.moveTo(dst);
    this.#open = this.#start(true, at);
  }

  append(bytes: ArrayLike<number>, at: At): void {
    if (!this.#grow(bytes.length, at)) return;
    const end = this.#tailLength + bytes.length;
    if (end > this.#tail.length) {
      const larger = new Uint8Array(Math.max(end, this.#tail.length * 2));
      larger.set(this.#tail.subarray(0, this.#tailLength));
      this.#tail = larger;
    }
    this.#tail.set(bytes, this.#tailLength);
    this.#tailLength = end;
  }

  zeros(count: number, at: At): void {
    if (count <= 64) {
      this.append(new Uint8Array(count), at);
    } else if (this.#grow(count, at)) {
      this.#flush();
      this.#open?.parts.push(count);
    }
  }

  #grow(count: number, at: At): boolean {
    if (this.#full || count === 0) return false;
    const over =
      this.#total + count > MAX_DATA_BYTES
        ? "DATA would pass 256 MiB"
        : this.#cursor + count > END_OF_ADDRESSES
          ? "DATA would pass address 2^32"
          : undefined;
    if (over !== undefined) {
      this.#full = true;
      this.#diagnostics.report("asm.too_large", at, over);
      return false;
    }
    this.#open ??= this.#start(false, at);
    this.#open.length += count;
    this.#total += count;
    this.#cursor += count;
    return true;
  }

  #start(exact: boolean, at: At): Run {
    const run = { dst: this.#cursor, exact, at, parts: [], length: 0 };
    this.#runs.push(run);
    return run;
  }

  #flush(): void {
    if (this.#tailLength === 0) return;
    this.#open?.parts.push(this.#tail.slice(0, this.#tailLength));
    this.#tailLength = 0;
  }

  #close(): void {
    this.#flush();
    this.#open = undefined;
  }

  /** The segments, packed ones first, or `undefined` if there are none or nothing may be allocated. */
  finish(): readonly Segment[] | undefined {
    this.#close();
    if (this.#full || this.#runs.length === 0) return undefined;
    const sorted = this.#runs.filter((run) => run.length > 0).sort((a, b) => a.dst - b.dst);
    sorted.forEach((run, i) => {
      const before = sorted[i - 1];
      if (before !== undefined && before.dst + before.length > run.dst) {
        const span = `${before.dst} to ${before.dst + before.length - 1}`;
        const text = `data at ${run.dst} overlaps the data at ${span} (line ${before.at.line})`;
        this.#diagnostics.report("asm.overlap", run.at, text);
      }
    });
    const segments = packed(sorted.filter((run) => !run.exact));
    for (const run of this.#runs) if (run.exact) segments.push({ dst: run.dst, bytes: joined([run]) });
    return segments.length > 0 ? segments : undefined;
  }
}

/** Merges runs that touch; `runs` are in order of address. */
function packed(runs: readonly Run[]): Segment[] {
  const segments: Segment[] = [];
  let group: Run[] = [];
  let end = -1;
  const close = () => {
    if (group[0] !== undefined) segments.push({ dst: group[0].dst, bytes: joined(group) });
    group = [];
  };
  for (const run of runs) {
    if (run.dst !== end) close();
    group.push(run);
    end = run.dst + run.length;
  }
  close();
  return segments;
}

const joined = (runs: readonly Run[]): Uint8Array =>
  concat(
    runs.flatMap((run) => run.parts.map((part) => (typeof part === "number" ? new Uint8Array(part) : part))),
  );
