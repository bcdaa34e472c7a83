// Maps and sets hold a key once: the last value, at the place of the first (D44). Done here, when the list closes, so
// that objects, lazy views and other formats all see the same.

import { LIST } from "../ir/ops.ts";
import { SPAN, type StateBlock } from "../state/block.ts";

/** Up to here every pair is compared; above, keys become strings of a Map, whose hash nobody can choose. */
const FEW = 8;

/** How many of the `count` entries from `first` are left, or -1: one is there twice and may not be. */
export function dropDuplicates(
  s: StateBlock,
  first: number,
  count: number,
  stride: number,
  flags: number,
): number {
  const keyCell = (flags & LIST.second) !== 0 ? 1 : 0;
  const text = (flags & LIST.text) !== 0;
  const reject = (flags & LIST.reject) !== 0;
  const { i32 } = s;
  const seen = count > FEW ? new Map<string, number>() : undefined;
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const from = 2 * (first + i * stride);
    let same = -1;
    if (seen !== undefined) {
      // A letter in front: a string that looks like an array index would get a hash that can be chosen.
      const at = from + 2 * keyCell;
      const key = text ? `k${spanText(s, at)}` : `k${i32[at]},${i32[at + 1]}`;
      same = seen.get(key) ?? -1;
      if (same < 0) seen.set(key, kept);
    } else {
      for (let j = 0; j < kept && same < 0; j++) {
        const at = from + 2 * keyCell;
        const other = 2 * (first + j * stride + keyCell);
        const equal = text
          ? sameText(s, at, other)
          : i32[at] === i32[other] && i32[at + 1] === i32[other + 1];
        if (equal) same = j;
      }
    }
    if (same >= 0 && reject) return -1;
    const to = 2 * (first + (same >= 0 ? same : kept++) * stride);
    if (to !== from) i32.copyWithin(to, from, from + 2 * stride);
  }
  return kept;
}

/** Unit `at` of a span of the class in `bits`. */
function unitAt(s: StateBlock, bits: number, at: number): number {
  if ((bits & SPAN.text16) !== 0) return s.text16[at]!;
  return (bits & SPAN.text8) !== 0 ? s.text8[at]! : s.document[at]!;
}

// A span of bytes holds ASCII only, one of units something that is not ASCII, so that equal text is equal units.
function sameText(s: StateBlock, a: number, b: number): boolean {
  const { i32 } = s;
  const from = i32[a]!;
  const other = i32[b]!;
  const length = (i32[a + 1]! & SPAN.mask) - from;
  if (length !== (i32[b + 1]! & SPAN.mask) - other) return false;
  for (let i = 0; i < length; i++) {
    if (unitAt(s, i32[a + 1]!, from + i) !== unitAt(s, i32[b + 1]!, other + i)) return false;
  }
  return true;
}

function spanText(s: StateBlock, at: number): string {
  const bits = s.i32[at + 1]!;
  const end = bits & SPAN.mask;
  let text = "";
  for (let i = s.i32[at]!; i < end; i++) text += String.fromCharCode(unitAt(s, bits, i));
  return text;
}
