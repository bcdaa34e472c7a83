// Deterministic CBOR: entries of a map in the order of their encoded keys (RFC 8949 §4.2.1).

import { RECORD_BYTES } from "../ir/ops.ts";
import type { StateBlock } from "../state/block.ts";
import { type HeadWriter, putLeaf } from "./counted-put.ts";

/**
 * Puts the `count` entries from cell `first` in order, in their place. Each key is encoded once, behind the output,
 * where nothing is yet. The record behind the `each` at `pc` is the `put` of the key.
 */
export function sortEntries(
  s: StateBlock,
  first: number,
  count: number,
  stride: number,
  words: Int32Array,
  pc: number,
  to: HeadWriter,
): void {
  const kind = (words[(pc + RECORD_BYTES) >> 2]! >>> 8) & 255;
  const { outTop } = s;
  const ends = [outTop];
  for (let i = 0; i < count; i++) {
    s.reserveOutput(16);
    s.outTop = putLeaf(s, first + i * stride, kind, to);
    ends.push(s.outTop);
  }
  s.outTop = outTop;
  const { output, i32 } = s;
  const compare = (a: number, b: number) => {
    const length = Math.min(ends[a + 1]! - ends[a]!, ends[b + 1]! - ends[b]!);
    for (let i = 0; i < length; i++) {
      const order = output[ends[a]! + i]! - output[ends[b]! + i]!;
      if (order !== 0) return order;
    }
    return ends[a + 1]! - ends[a]! - (ends[b + 1]! - ends[b]!);
  };
  const order = Array.from({ length: count }, (_, i) => i).sort(compare);
  const cells = i32.slice(2 * first, 2 * (first + count * stride));
  for (const [to, from] of order.entries()) {
    i32.set(cells.subarray(2 * from * stride, 2 * (from + 1) * stride), 2 * (first + to * stride));
  }
}
