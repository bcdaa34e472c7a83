// Digests: what must not change them, what must, and the numbers themselves, which are a contract.

import { describe, expect, test } from "vitest";
import { parseShape, type Shape, type ShapeJson, s } from "./index.ts";

function parsed(json: unknown): Shape<unknown> {
  const shape = parseShape(json);
  if ("code" in shape) throw new Error(`${shape.code} ${shape.path}: ${shape.reason}`);
  return shape;
}

describe("a digest", () => {
  test("is fixed", () => {
    const Order = s.struct({
      id: s.u64(),
      customer: s.string(),
      note: s.option(s.string()),
      lines: s.list(s.struct({ sku: s.string(), qty: s.u32().default(1), price: s.f64() })),
    });
    expect(s.u8().digest).toMatchInlineSnapshot(
      `"a12871fee210fb8619291eaea194581cbd2531e4b23759d225f6806923f63222"`,
    );
    expect(Order.digest).toMatchInlineSnapshot(
      `"33736e0e886e142ae47c293d19ebea13d1b6380be565c4a10224384118d38338"`,
    );
    expect(Order.bindingDigest).toMatchInlineSnapshot(
      `"696dc662314d52b83195b73d912ca19dac65dbd649796aaf618ba5492ff8005e"`,
    );
    const Tree = s.recursive("Tree", (tree) => s.struct({ value: s.i32(), children: s.list(tree) }));
    expect(Tree.digest).toMatchInlineSnapshot(
      `"4a06350879d5e8ab9d4a5005bb7607ce29e78cdce7fd9b790b086e9dfd43ffbb"`,
    );
  });

  test("does not see which objects are shared", () => {
    const point = s.struct({ x: s.f64() });
    const shared = s.tuple([point, s.list(point)]);
    const copied = s.tuple([s.struct({ x: s.f64() }), s.list(s.struct({ x: s.f64() }))]);
    expect(shared.digest).toBe(copied.digest);
  });

  test("does not see names of types, nor where a recursion was cut", () => {
    const tree = (name: string) => s.recursive(name, (t) => s.struct({ kids: s.list(t) }));
    const once = s.struct({ kids: s.list(s.u8()) });
    expect(tree("A").digest).toBe(tree("B").digest);
    expect(s.newtype("X", once).digest).toBe(once.digest);
    expect(s.list(s.newtype("X", s.newtype("Y", s.u8()))).digest).toBe(s.list(s.u8()).digest);
    // The same infinite tree: unrolled by one level, and twice side by side.
    const kids = (ref: string) => ({ struct: { kids: { list: { ref } } } });
    const unrolled = parsed({ ref: "U", $defs: { U: kids("V"), V: kids("W"), W: kids("U") } });
    expect(unrolled.digest).toBe(tree("A").digest);
    expect(s.tuple([tree("A"), tree("B")]).digest).toBe(s.tuple([unrolled, unrolled]).digest);
  });

  test("does not see the order of aliases", () => {
    const named = (...aliases: string[]) => s.struct({ a: s.u8().alias(...aliases) }).digest;
    expect(named("b", "c")).toBe(named("c", "b"));
    expect(named("b", "c")).not.toBe(named("b"));
  });

  test("sees all that is on the wire, and tells every pair of these apart", () => {
    const { u8, struct, list, tuple, array, option, set, map, string, recursive } = s;
    const e = (options: object) => s.enum({ A: null, B: null }, options).digest;
    const digests = [
      ...["unit", "bool", "u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "f32", "f64", "char"],
      ...["string", "bytes", "raw", "any", { u64: { js: "number" } }, { i64: { js: "number" } }],
      ...[{ bytes: { text: "hex" } }, { bytes: { text: "array" } }],
    ].map((json) => parsed(json).digest);
    digests.push(
      list(u8()).digest,
      set(u8()).digest,
      array(u8(), 1).digest,
      array(u8(), 2).digest,
      tuple([u8()]).digest,
      tuple([]).digest,
      option(u8()).digest,
      map(string(), u8()).digest,
      map(string(), u8(), { duplicate: "reject" }).digest,
      struct({}).digest,
      struct({ a: u8() }).digest,
      struct({ b: u8() }).digest,
      struct({ b: u8().rename("a") }).digest,
      struct({ a: u8().alias("b") }).digest,
      struct({ a: u8().default(1) }).digest,
      struct({ a: u8().default(2) }).digest,
      struct({ a: u8().default(0).skip() }).digest, // a field that is on no wire
      struct({ a: u8().default(0).skipEncode() }).digest,
      struct({ a: u8().default(0).skipDecode() }).digest,
      struct({ a: u8().default(0).skipIf("default") }).digest,
      struct({ a: u8().default(0).skipIf("zero") }).digest,
      struct({ a: u8() }, { denyUnknown: true }).digest,
      struct({ a: u8() }, { duplicate: "last" }).digest,
      struct({ a: struct({ b: u8() }) }).digest,
      struct({ a: struct({ b: u8() }).flatten() }).digest,
      struct({ a: u8(), b: u8() }).digest,
      struct({ b: u8(), a: u8() }).digest,
      e({}),
      e({ tag: "numeric" }),
      e({ tag: "untagged" }),
      e({ tag: "untagged", first: true }),
      e({ tag: { internal: "t" } }),
      e({ tag: { adjacent: ["t", "c"] } }),
      e({ tag: { adjacent: ["t", "d"] } }),
      e({ tag: "numeric", discriminant: { A: 1 } }),
      e({ rename: { A: "a" } }),
      e({ alias: { A: ["a"] } }),
      e({ other: "B" }),
      s.enum({ A: s.unit(), B: null }).digest,
      recursive("T", (t) => struct({ a: option(t) })).digest,
      parsed({ ref: "T", $defs: { T: { list: { ref: "T" } } } }).digest,
      // A ref is a place of its own in memory.
      parsed({ ref: "T", $defs: { T: { list: { list: { ref: "T" } } } } }).digest,
    );
    expect(new Set(digests).size).toBe(digests.length);
    for (const digest of digests) expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("the binding digest", () => {
  test("sees the JavaScript side, the digest does not", () => {
    const pairs: [Shape<unknown>, Shape<unknown>][] = [
      [s.list(s.u8()), s.list(s.u8(), { typed: true })],
      [s.array(s.u8(), 2), s.array(s.u8(), 2, { typed: true })],
      [s.bytes(), s.bytes({ view: true })],
      [s.option(s.u8()), s.option(s.u8(), { none: "undefined" })],
      [s.record(s.u8()), s.map(s.string(), s.u8())],
      [s.enum({ A: s.u8() }), s.enum({ A: s.u8() }, { js: { tag: "t" } })],
      [
        s.struct({ a: s.list(s.u8()).default([1]) }),
        s.struct({ a: s.list(s.u8(), { typed: true }).default(Uint8Array.of(1)) }),
      ],
      [
        s.struct({ a: s.enum({ A: s.u8() }).default({ kind: "A", value: 1 }) }),
        s.struct({ a: s.enum({ A: s.u8() }, { js: { tag: "t" } }).default({ t: "A", value: 1 }) }),
      ],
    ];
    for (const [a, b] of pairs) {
      expect(a.digest).toBe(b.digest);
      expect(a.bindingDigest).not.toBe(b.bindingDigest);
    }
    expect(s.u64().bindingDigest).not.toBe(s.u64({ js: "number" }).bindingDigest);
  });
});

describe("cost", () => {
  /** A ring of definitions that differ in one far place: what naive refinement takes quadratic time for. */
  const ring = (length: number): ShapeJson => ({
    ref: "d0",
    $defs: Object.fromEntries(
      Array.from({ length }, (_, i) => [
        `d${i}`,
        { tuple: [i === length - 1 ? "u16" : "u8", { option: { ref: `d${(i + 1) % length}` } }] },
      ]),
    ),
  });

  test("near-linear in the size of the shape", () => {
    const time = (length: number): number => {
      const json = ring(length);
      const start = performance.now();
      expect(parsed(json).digest).toMatch(/^[0-9a-f]{64}$/);
      return performance.now() - start;
    };
    time(500);
    const small = Math.min(...[0, 0, 0, 0].map(() => time(500)));
    const large = Math.min(time(2_000), time(2_000));
    expect(large / small).toBeLessThan(14); // four times as much; quadratic would be 16
  });
});
