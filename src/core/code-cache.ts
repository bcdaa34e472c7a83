// The in-process code cache: generated code by what it assumes, within a byte quota, least recently used first out.
// It knows nothing of what it keeps but two sizes that may grow, and a key that is compared in full on every hit.

/** Anything generated. Both sizes may grow while it is used. */
export interface Cached {
  /** Bytes of generated code. */
  readonly bytes: number;
  /** Bytes that stay in memory because this does, the code included: what the quota counts. */
  readonly heldBytes: number;
}

export interface CacheStatistics {
  readonly entries: number;
  /** Bytes of generated code in the cache. */
  readonly bytes: number;
  /** Bytes the quota counts: the code, and what it keeps in memory. */
  readonly heldBytes: number;
  readonly hits: number;
  readonly misses: number;
  /** Entries dropped for the quota. */
  readonly evictions: number;
  /** Entries dropped because an assumption no longer held. */
  readonly invalidations: number;
}

// z[impl vm.cache.stable-key]
export class CodeCache<T extends Cached> {
  readonly #quota: number;
  /** In order of last use, oldest first. */
  readonly #entries = new Map<string, T>();
  #hits = 0;
  #misses = 0;
  #evictions = 0;
  #invalidations = 0;

  /** `quota` in bytes. */
  constructor(quota: number) {
    this.#quota = quota;
  }

  /** The entry under exactly this key. */
  get(key: string): T | undefined {
    const known = this.#entries.get(key);
    if (known === undefined) {
      this.#misses++;
      return undefined;
    }
    this.#hits++;
    this.#touch(key, known);
    return known;
  }

  /**
   * Keeps `entry` under a key that has none, and makes it the most recently used; call it again whenever the entry
   * grew. An entry that stands there already stays: runs share what came first.
   */
  put(key: string, entry: T): void {
    this.#touch(key, this.#entries.get(key) ?? entry);
    this.#trim();
  }

  /** Drops everything: an assumption of all code, such as a capability, no longer holds. */
  invalidate(): void {
    this.#invalidations += this.#entries.size;
    this.#entries.clear();
  }

  get statistics(): CacheStatistics {
    return {
      entries: this.#entries.size,
      bytes: this.#sum("bytes"),
      heldBytes: this.#sum("heldBytes"),
      hits: this.#hits,
      misses: this.#misses,
      evictions: this.#evictions,
      invalidations: this.#invalidations,
    };
  }

  #touch(key: string, entry: T): void {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
  }

  // z[impl vm.error.category.resource-code]
  /** Drops the least recently used entries until the quota holds; runs that use them keep their code. */
  #trim(): void {
    let held = this.#sum("heldBytes");
    for (const [key, entry] of this.#entries) {
      if (held <= this.#quota) return;
      held -= entry.heldBytes;
      this.#entries.delete(key);
      this.#evictions++;
    }
  }

  /** Summed anew each time: entries grow on their own, and there are few. */
  #sum(size: keyof Cached): number {
    let bytes = 0;
    for (const entry of this.#entries.values()) bytes += entry[size];
    return bytes;
  }
}
