// What look-aheads remember of the containers they have passed over: where they end, and how deep they are.

import { FRAME, SKIP_DEPTHS, type StateBlock } from "../state/block.ts";

/** Shorter ones are as well read again. */
const MIN_BYTES = 64;

/** Open containers are kept where frames would be, in these words; the first is the walker's. */
const START = 1;
const DEPTH = 2;

export function openSkipped(s: StateBlock, top: number, start: number): void {
  s.words[top + START] = start;
  s.words[top + DEPTH] = 1;
}

/** The container at word `slot` ends before `end`; `bottom` is the outermost's. */
export function endSkipped(s: StateBlock, slot: number, bottom: number, end: number): void {
  const start = s.words[slot + START]!;
  const depth = s.words[slot + DEPTH]!;
  if (s.skipped !== undefined && end - start >= MIN_BYTES) s.skipped.set(start, end * SKIP_DEPTHS + depth);
  deepen(s, slot, bottom, depth);
}

function deepen(s: StateBlock, top: number, bottom: number, depth: number): void {
  const around = top - FRAME.words + DEPTH;
  if (top > bottom && s.words[around]! <= depth) s.words[around] = depth + 1;
}

/** Behind the container at `start`, if that is known and it is not too deep for where it is met; else -1. `limit` as from levelsEnd. */
export function knownEnd(s: StateBlock, start: number, top: number, bottom: number, limit: number): number {
  const known = s.skipped?.get(start);
  if (known === undefined) return -1;
  const depth = known % SKIP_DEPTHS;
  if (top + (depth - 1) * FRAME.words >= limit) return -1;
  deepen(s, top, bottom, depth);
  return Math.floor(known / SKIP_DEPTHS);
}
