// Deterministic CBOR: entries of a map in the order of their encoded keys (RFC 8949 §4.2.1). They are sorted as they
// stand in the output: no encoding of a key begins another, so whole entries compare as their keys do.

import { FRAME, type StateBlock } from "../state/block.ts";

/** The entry of the current record is written: the build stack, empty on encode, keeps where it ends. False: no room. */
export function noteEntry(s: StateBlock): boolean {
  if (!s.fits(1)) return false;
  s.reserveStack(1);
  s.i32[2 * s.stackTop++] = s.outTop;
  return true;
}

/** Puts the entries of the innermost frame, all of them noted, in order; the first begins where its `cursor` says. */
export function sortEntries(s: StateBlock): void {
  const { words, i32, output, outTop } = s;
  const frame = s.frameTop - FRAME.words;
  const count = words[frame + FRAME.count]!;
  const start = words[frame + FRAME.cursor]!;
  const base = s.stackTop - count;
  const endOf = (i: number): number => (i < 0 ? start : i32[2 * (base + i)]!);
  const compare = (a: number, b: number): number => {
    const [from, other] = [endOf(a - 1), endOf(b - 1)];
    const length = Math.min(endOf(a) - from, endOf(b) - other);
    for (let i = 0; i < length; i++) {
      const order = output[from + i]! - output[other + i]!;
      if (order !== 0) return order;
    }
    return endOf(a) - from - (endOf(b) - other);
  };
  const order = Array.from({ length: count }, (_, i) => i);
  if (order.some((i) => i > 0 && compare(i - 1, i) > 0)) {
    order.sort(compare);
    const written = output.slice(start, outTop);
    let top = start;
    for (const i of order) {
      const entry = written.subarray(endOf(i - 1) - start, endOf(i) - start);
      output.set(entry, top);
      top += entry.length;
    }
  }
  s.stackTop = base;
}
