// Guest output on its way between threads: the running thread writes into shared memory, and the other side can read
// what is there at any moment, also after the writer was ended. Segments grow; each starts with its used length.
//
//   0  bytes used   i32, stored after the bytes are in place
//   8  the bytes

const HEADER_BYTES = 8;
/** Kept for the life of a thread, so that most runs allocate and announce nothing. */
export const FIRST_SEGMENT_BYTES = 64 * 1024;
/** Segments double up to here; a longer single write gets a segment of its own. */
const MAX_SEGMENT_BYTES = 8 * 1024 * 1024;

export const newSegment = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(HEADER_BYTES + bytes);

const usedOf = (segment: SharedArrayBuffer) => new Int32Array(segment, 0, 1);

/** Forgets what a run wrote into the segment. */
export const clearSegment = (segment: SharedArrayBuffer): void => void Atomics.store(usedOf(segment), 0, 0);

/** A private copy of everything written so far, in order. */
export function readSegments(segments: readonly SharedArrayBuffer[]): Uint8Array {
  const parts = segments.map((segment) => {
    const length = Atomics.load(usedOf(segment), 0);
    return new Uint8Array(segment, HEADER_BYTES, length);
  });
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The writing side of one stream of one run. */
export class SegmentWriter {
  readonly #announce: (segment: SharedArrayBuffer) => void;
  #segment: SharedArrayBuffer;
  #used = 0;

  /** `first` is known to the reader and cleared; `announce` tells it of another one. */
  constructor(first: SharedArrayBuffer, announce: (segment: SharedArrayBuffer) => void) {
    this.#segment = first;
    this.#announce = announce;
  }

  /** Throws `RangeError` when there is no memory for another segment. */
  write(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      const room = this.#segment.byteLength - HEADER_BYTES - this.#used;
      if (room === 0) this.#grow(chunk.length - at);
      else {
        const part = chunk.subarray(at, at + room);
        new Uint8Array(this.#segment, HEADER_BYTES + this.#used).set(part);
        this.#used += part.length;
        Atomics.store(usedOf(this.#segment), 0, this.#used);
        at += part.length;
      }
    }
  }

  #grow(needed: number): void {
    const doubled = Math.min(2 * this.#segment.byteLength, MAX_SEGMENT_BYTES);
    this.#segment = newSegment(Math.max(needed, doubled));
    this.#used = 0;
    this.#announce(this.#segment);
  }
}
