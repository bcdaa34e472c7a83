// Chance with a seed: the same numbers every time, printed by whoever fails.

/** xorshift32: numbers below `n`. */
export function dice(seed: number): (n: number) => number {
  let state = (seed ^ 0x9e37_79b9) | 1;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
}
