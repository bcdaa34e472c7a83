// The cache by itself: order of use, quota over entries that grow, and the numbers it gives.

import { describe, expect, test } from "vitest";
import { CodeCache } from "./code-cache.ts";

/** A growing entry: code, and something it keeps in memory. */
const entry = (bytes: number, rest = 0) => ({
  bytes,
  rest,
  get heldBytes() {
    return this.bytes + this.rest;
  },
});
const keysOf = (cache: CodeCache<ReturnType<typeof entry>>, keys: string) =>
  [...keys].filter((key) => cache.get(key) !== undefined).join("");

function filled(quota: number, keys: string, bytes = 10) {
  const cache = new CodeCache<ReturnType<typeof entry>>(quota);
  const entries = new Map([...keys].map((key) => [key, entry(bytes)]));
  for (const [key, value] of entries) cache.put(key, value);
  return { cache, entries };
}

describe("a code cache", () => {
  test("gives what was put under exactly that key, and counts", () => {
    const { cache, entries } = filled(100, "ab");
    expect(cache.get("a")).toBe(entries.get("a"));
    expect(cache.get("A")).toBeUndefined();
    expect(cache.get("")).toBeUndefined();
    expect(cache.get("__proto__")).toBeUndefined();
    expect(cache.statistics).toEqual({
      entries: 2,
      bytes: 20,
      heldBytes: 20,
      hits: 1,
      misses: 3,
      evictions: 0,
      invalidations: 0,
    });
  });

  test("drops what was used least recently first", () => {
    const { cache } = filled(30, "abc");
    cache.get("a");
    cache.put("d", entry(10));
    expect(keysOf(cache, "abcd")).toBe("acd");
    cache.put("e", entry(20)); // a, c, d were just used in this order
    expect(keysOf(cache, "abcde")).toBe("de");
    expect(cache.statistics).toMatchObject({ entries: 2, bytes: 30, evictions: 3 });
  });

  test("holds its quota over entries that grow, at the latest when one is put again", () => {
    const { cache, entries } = filled(30, "abc");
    const c = entries.get("c")!;
    c.bytes = 15;
    cache.put("c", c);
    expect(keysOf(cache, "abc")).toBe("bc");
    c.bytes = 25;
    cache.put("c", c);
    expect(keysOf(cache, "abc")).toBe("c");
    c.bytes = 31; // alone it is too large
    cache.put("c", c);
    expect(cache.statistics).toMatchObject({ entries: 0, bytes: 0, heldBytes: 0, evictions: 3 });
  });

  test("counts what an entry keeps in memory, not its code alone", () => {
    const cache = new CodeCache<ReturnType<typeof entry>>(100);
    cache.put("a", entry(1, 60));
    cache.put("b", entry(1, 60));
    expect(keysOf(cache, "ab")).toBe("b");
    expect(cache.statistics).toMatchObject({ bytes: 1, heldBytes: 61 });
  });

  test("keeps what came first when two are put under one key", () => {
    const { cache, entries } = filled(30, "a");
    cache.put("a", entry(10));
    expect(cache.get("a")).toBe(entries.get("a"));
    expect(cache.statistics).toMatchObject({ entries: 1, bytes: 10 });
  });

  test("with quota 0 keeps nothing", () => {
    const { cache } = filled(0, "abc");
    expect(cache.statistics).toMatchObject({ entries: 0, evictions: 3 });
  });

  // z[verify vm.cache.invalidate] t[verify format.exec.code-cache-invalidate-on-runtime-mismatch]
  test("forgets everything when told", () => {
    const { cache } = filled(100, "abc");
    cache.invalidate();
    expect(keysOf(cache, "abc")).toBe("");
    expect(cache.statistics).toMatchObject({ entries: 0, evictions: 0, invalidations: 3 });
  });
});
