// Seeded random numbers (mulberry32): the same seed gives the same programs on every machine.

export class Random {
  #state;

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** 0 … 2^32-1. */
  u32() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  u64() {
    return (BigInt(this.u32()) << 32n) | BigInt(this.u32());
  }

  /**
   * 0 … n-1.
   * @param {number} n
   */
  below(n) {
    return Math.floor((this.u32() / 2 ** 32) * n);
  }

  /**
   * min … max, both included.
   * @param {number} min
   * @param {number} max
   */
  between(min, max) {
    return min + this.below(max - min + 1);
  }

  /**
   * True in `percent` of all cases.
   * @param {number} percent
   */
  chance(percent) {
    return this.below(100) < percent;
  }

  /**
   * @template T
   * @param {readonly T[]} from
   * @returns {T}
   */
  pick(from) {
    return from[this.below(from.length)];
  }

  /**
   * @template T
   * @param {readonly T[]} items
   */
  shuffled(items) {
    const left = [...items];
    return items.map(() => left.splice(this.below(left.length), 1)[0]);
  }

  /** @param {number} length */
  bytes(length) {
    return Array.from({ length }, () => this.below(256));
  }
}
