// Runs of cells, and which of them cover which.

export type Range = readonly [from: number, to: number];

/** Sorted, without overlaps. */
export function union(ranges: readonly Range[]): Range[] {
  const sorted = [...ranges].sort(([a], [b]) => a - b);
  const joined: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

export function coversAll(ranges: readonly Range[], cells: number): boolean {
  const [only, ...others] = union(ranges);
  return others.length === 0 && only?.[0] === 0 && only[1] >= cells;
}

/** How many of `sorted` are less than `value`. */
export function countBelow(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Ranges that come and go; asked about a few points only. */
export class Cover {
  readonly #points: readonly number[];
  /** A Fenwick tree over the points: range starts less range ends. */
  readonly #sums: Int32Array;

  /** `points`: sorted, each once. */
  constructor(points: readonly number[]) {
    this.#points = points;
    this.#sums = new Int32Array(points.length + 1);
  }

  add([from, to]: Range, by: 1 | -1): void {
    this.#add(countBelow(this.#points, from), by);
    this.#add(countBelow(this.#points, to), -by);
  }

  /** Whether some range has `point`, which is one of the points. */
  has(point: number): boolean {
    let sum = 0;
    for (let i = countBelow(this.#points, point) + 1; i > 0; i -= i & -i) sum += this.#sums[i]!;
    return sum > 0;
  }

  #add(index: number, by: number): void {
    for (let i = index + 1; i < this.#sums.length; i += i & -i) this.#sums[i]! += by;
  }
}
