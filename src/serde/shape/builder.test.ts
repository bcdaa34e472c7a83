// What the builder makes, and everything it refuses: code and place of each. Types are in types.test.ts.

import { describe, expect, test } from "vitest";
import { parseShape, type Shape, ShapeError, s } from "./index.ts";
import type { Node, StructNode } from "./node.ts";

/** Code and path of what building throws. */
function refusal(build: () => unknown): string {
  try {
    const built = build();
    void (built as Partial<Shape<unknown>>).node; // shapes with lazy parts are checked at the first look
  } catch (thrown) {
    if (thrown instanceof ShapeError) {
      expect(thrown.message).toBe(`${thrown.code} at ${thrown.path}: ${thrown.reason}`);
      expect(thrown.reason).toMatch(/^[ -~]{5,200}$/);
      return `${thrown.code} ${thrown.path}`;
    }
    throw thrown;
  }
  return "built";
}

/** For arguments no TypeScript would pass. */
const loose = s as unknown as { readonly [kind: string]: (...args: unknown[]) => Shape<unknown> };

describe("nodes", () => {
  test("scalars are complete", () => {
    expect(s.u64().node).toEqual({ kind: "u64", js: "bigint" });
    expect(s.u64({ js: "number" }).node).toEqual({ kind: "u64", js: "number" });
    expect(s.bytes({ text: "base64", view: false }).node).toEqual({
      kind: "bytes",
      text: "base64",
      view: false,
    });
    expect(s.bytes({ text: "hex", view: true }).node).toEqual({ kind: "bytes", text: "hex", view: true });
  });

  test("a flattened field keeps its name: it has none on the wire", () => {
    const shape = s.struct({ a: s.u8(), rest: s.record(s.u8()).flatten() }, { renameAll: "Pascal" });
    expect(shape.node).toMatchObject({ fields: [{ wire: "A" }, { wire: "rest" }] });
    expect(parseShape(JSON.parse(JSON.stringify(shape)))).toMatchObject({ digest: shape.digest });
  });

  test("a struct has its names resolved and its defaults captured", () => {
    const given = ["a"];
    const { node } = s.struct(
      {
        orderId: s.u32(),
        note: s.list(s.string()).rename("n").alias("m", "k").default(given).skipIf("default"),
        rest: s.record(s.any()).flatten(),
        secret: s.u8().skip(), // a field left out in both directions
      },
      { renameAll: "SCREAMING-KEBAB", duplicate: "last", default: { secret: 7 } },
    );
    given.push("b");
    expect(node).toMatchObject({
      kind: "struct",
      duplicate: "last",
      denyUnknown: false,
      fields: [
        { name: "orderId", wire: "ORDER-ID", aliases: [], default: undefined },
        { name: "note", wire: "n", aliases: ["m", "k"], default: { value: ["a"] }, skipIf: "default" },
        { name: "rest", flatten: true },
        { name: "secret", wire: "SECRET", default: { value: 7 }, skipEncode: true, skipDecode: true },
      ],
    });
  });

  test("a default may be null or undefined", () => {
    const { node } = s.struct({
      a: s.option(s.u8()).default(null),
      b: s.option(s.u8(), { none: "undefined" }).default(undefined),
    });
    expect((node as StructNode).fields.map((field) => field.default)).toEqual([
      { value: null },
      { value: undefined },
    ]);
  });

  test("modifiers give new fields and leave the shape alone", () => {
    const shape = s.u8();
    const once = shape.rename("x");
    expect(once.rename("y")).not.toBe(once);
    expect(s.struct({ a: once }).node).toMatchObject({ fields: [{ wire: "x" }] });
    expect(s.struct({ a: once.rename("y") }).node).toMatchObject({ fields: [{ wire: "y" }] });
    expect(s.struct({ a: shape }).node).toMatchObject({ fields: [{ wire: "a" }] });
    expect(once.shape).toBe(shape);
  });

  test("pairs take the names that objects reorder or swallow", () => {
    const shape = s.struct([
      ["b", s.u8()],
      ["1", s.u8()],
      ["__proto__", s.u8().default(1)],
      ["0", s.u8()],
    ]);
    expect((shape.node as StructNode).fields.map((field) => field.name)).toEqual([
      "b",
      "1",
      "__proto__",
      "0",
    ]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test("a transparent struct is a newtype of its field", () => {
    expect(s.struct({ id: s.u64() }, { transparent: true }).node).toEqual({
      kind: "newtype",
      name: "id",
      inner: { kind: "u64", js: "bigint" },
    });
  });

  test("numeric variants count on from the last", () => {
    const { node } = s.enum(["A", "B", "C"], { tag: "numeric", discriminant: { B: 7 } });
    expect((node as Extract<Node, { kind: "enum" }>).variants.map((v) => v.discriminant)).toEqual([0, 7, 8]);
  });

  test("refs close cycles and nothing else", () => {
    const { node } = s.recursive("Tree", (tree) => s.struct({ children: s.list(tree) }));
    const list = (node as StructNode).fields[0]!.node;
    expect(list).toMatchObject({ kind: "list", item: { kind: "ref", name: "Tree", target: node } });
    // One that is not needed goes away.
    const plain: Shape<number> = s.u8();
    expect(s.list(s.lazy(() => plain)).node).toEqual(s.list(s.u8()).node);
    expect(s.recursive("Unused", () => s.u8()).node).toEqual({ kind: "u8" });
  });

  test("what is given out is frozen, all the way", () => {
    const shape = s.recursive("T", (t) =>
      s.struct({ t: s.option(t), e: s.enum({ A: s.tuple([s.u8()]) }), d: s.list(s.u8()).default([1]) }),
    );
    const seen = new Set<unknown>();
    const walk = (value: unknown): void => {
      if (typeof value !== "object" || value === null || seen.has(value)) return;
      seen.add(value);
      expect(Object.isFrozen(value)).toBe(true);
      Object.values(value).forEach(walk);
    };
    walk(shape.node);
    expect(seen.size).toBeGreaterThan(10);
    expect(Object.isFrozen(shape)).toBe(true);
    expect(Object.isFrozen(s.u8().rename("x"))).toBe(true);
  });
});

describe("refused", () => {
  const u8 = s.u8();
  const Fields = s.struct({ a: u8 });
  const cases: readonly (readonly [string, () => unknown])[] = [
    // names
    ['shape.bad_name $["0"]', () => s.struct({ 0: u8 })],
    ['shape.bad_name $["4294967294"]', () => s.struct({ 4294967294: u8 })],
    ["built", () => s.struct({ 4294967295: u8, "01": u8, "-1": u8, "1.5": u8, "": u8 })],
    ["shape.bad_name $", () => s.struct({ __proto__: u8 } as never)],
    ["shape.bad_name $.__proto__", () => s.struct(JSON.parse('{"__proto__": 1}'))],
    ["shape.bad_name $.__proto__", () => s.enum(JSON.parse('{"__proto__": null}'))],
    ["shape.bad_name $", () => s.struct([["\ud800", u8]])],
    ["shape.bad_name $", () => s.struct([["x".repeat(1025), u8]])],
    ["built", () => s.struct([["😀".repeat(1024), u8]])],
    ["shape.bad_name $", () => loose.struct!([[1, u8]])],
    ["shape.bad_name $", () => u8.rename("\udfff")],
    ["shape.bad_name $", () => u8.alias("fine", "\udfff")],
    ["shape.bad_name $", () => loose.recursive!(1, () => u8)],
    [
      "shape.name_collision $",
      () =>
        s.struct([
          ["a", u8],
          ["a", u8],
        ] as const),
    ],
    ["shape.name_collision $.b", () => s.struct({ a: u8, b: u8.rename("a") })],
    ["shape.name_collision $.b", () => s.struct({ a: u8, b: u8.alias("a") })],
    ["shape.name_collision $.a", () => s.struct({ a: u8.alias("a") })],
    ["shape.name_collision $.aB", () => s.struct({ a_b: u8, aB: u8 }, { renameAll: "camel" })],
    [
      "built",
      () => s.struct({ old: u8.rename("x").skipEncode(), now: u8.rename("x").skipDecode().default(1) }),
    ],
    ["shape.name_collision $::B", () => s.enum({ A: null, B: null }, { rename: { B: "A" } })],
    ["shape.name_collision $", () => s.enum({ A: u8 }, { js: { tag: "x", value: "x" } })],
    ["shape.name_collision $", () => s.enum({ A: u8 }, { tag: { adjacent: ["t", "t"] } })],
    ["shape.name_collision $::A", () => s.enum({ A: Fields }, { tag: { internal: "a" } })],
    ["shape.name_collision $::B", () => s.enum(["A", "B"], { tag: "numeric", discriminant: { A: 3, B: 3 } })],
    // what is no shape
    ["shape.unknown_kind $.a", () => loose.struct!({ a: null })],
    ["shape.unknown_kind $.a", () => loose.struct!({ a: "u8" })],
    ["shape.unknown_kind $.a", () => loose.struct!({ a: Object.create(u8) })],
    ["shape.unknown_kind $[]", () => loose.list!({ node: { kind: "u8" } })],
    ["shape.unknown_kind $[1]", () => loose.tuple!([u8, undefined])],
    ["shape.unknown_kind $::A", () => loose.enum!({ A: 1 })],
    ["shape.bad_value $", () => loose.tuple!(u8.node)],
    ["shape.bad_value $", () => loose.struct!(null)],
    ["shape.bad_name $", () => loose.struct!(new Map())],
    ["shape.bad_value $", () => loose.struct!([["a"]])],
    ["shape.bad_value $", () => s.enum({})],
    // attributes
    ["shape.unknown_attribute $", () => loose.list!(u8, { unique: true })],
    ["shape.unknown_attribute $", () => loose.struct!({ a: u8 }, { toString: 1 })],
    ["shape.bad_value $", () => loose.list!(u8, { typed: 1 })],
    ["shape.bad_value $", () => loose.list!(u8, true)],
    ["shape.bad_value $", () => loose.option!(u8, { none: "maybe" })],
    ["shape.bad_value $", () => loose.u64!({ js: "string" })],
    ["shape.bad_value $", () => loose.array!(u8, -1)],
    ["shape.bad_value $", () => loose.array!(u8, 2 ** 24 + 1)],
    ["shape.bad_value $", () => loose.array!(u8, undefined)],
    ["shape.bad_value $", () => loose.enum!(["A"], { tag: { internal: "a", adjacent: ["b", "c"] } })],
    ["shape.bad_value $", () => loose.enum!(["A"], { tag: { adjacent: ["b"] } })],
    ["shape.bad_value $", () => s.list(s.string() as never, { typed: true })],
    ["shape.bad_value $", () => s.list(s.u64({ js: "number" }) as never, { typed: true })],
    ["shape.bad_value $", () => s.struct({ a: u8, b: u8 }, { transparent: true })],
    ["shape.bad_value $", () => s.struct({ a: u8.rename("b") }, { transparent: true })],
    ["shape.bad_value $", () => s.struct({ a: u8 }, { transparent: true, denyUnknown: true })],
    ["shape.unknown_name $", () => loose.struct!({ a: u8 }, { rename: { b: "c" } })],
    ["shape.unknown_name $", () => loose.enum!(["A"], { other: "B" })],
    ["shape.unknown_name $", () => loose.enum!(["A"], { alias: { B: [] } })],
    // keys
    ["shape.bad_key $", () => s.set(s.f64())],
    ["shape.bad_key $", () => s.map(s.list(u8), u8)],
    ["shape.bad_key $", () => s.map(s.enum({ A: u8 }), u8)],
    ["shape.bad_key $", () => s.set(s.enum(["A"], { tag: { internal: "t" } }))],
    ["built", () => s.map(s.newtype("Id", s.enum(["A"])), s.set(s.char()))],
    // fields
    // A field that is not read (`skip` of a field, not of a test) has to get its value from somewhere.
    ["shape.missing_default $.a", () => s.struct({ a: u8.skip() })],
    ["shape.missing_default $.a", () => s.struct({ a: u8.skipDecode() })],
    ["built", () => s.struct({ a: s.option(u8).skip(), b: u8.skipEncode() })], // none is a value; b is read
    ["shape.bad_value $.a", () => s.struct({ a: u8.default(256) })],
    ["shape.bad_value $.a", () => s.struct({ a: loose.u8!().default(undefined) })],
    ["shape.bad_value $", () => (u8.default as () => unknown)()],
    ["shape.bad_value $.a", () => s.struct({ a: s.bool().skipIf("zero") })],
    ["shape.bad_value $.a", () => s.struct({ a: u8.skipIf("default") })],
    ["built", () => s.struct({ a: s.string().skipIf("empty"), b: s.option(u8).skipIf("none") })],
    ["shape.bad_value $", () => (u8.skipIf as (x: string) => unknown)("odd")],
    ["shape.bad_flatten $.a", () => s.struct({ a: u8.flatten() })],
    ["shape.bad_flatten $.a", () => s.struct({ a: s.list(Fields).flatten() })],
    ["shape.bad_flatten $.a", () => s.struct({ a: s.map(s.u32(), u8).flatten() })],
    ["shape.bad_flatten $.a", () => s.struct({ a: Fields.flatten().rename("b") })],
    ["shape.bad_flatten $.a", () => s.struct({ a: Fields.flatten().default({ a: 1 }) })],
    ["shape.bad_flatten $.b", () => s.struct({ a: s.record(u8).flatten(), b: s.record(u8).flatten() })],
    ["shape.bad_flatten $", () => s.struct({ a: s.record(u8).flatten() }, { denyUnknown: true })],
    ["shape.bad_flatten $.a", () => s.struct({ a: s.enum(["A"], { tag: "numeric" }).flatten() })],
    ["shape.bad_flatten $.a", () => s.struct({ a: s.enum({ A: u8 }, { tag: "untagged" }).flatten() })],
    ["shape.name_collision $.b", () => s.struct({ a: u8, b: Fields.flatten() })],
    ["shape.name_collision $.b", () => s.struct({ A: u8, b: s.enum({ A: u8 }).flatten() })],
    ["built", () => s.struct({ b: u8, a: s.option(Fields).flatten(), e: s.enum({ A: u8 }).flatten() })],
    // enums
    ["shape.bad_tagging $::A", () => s.enum({ A: u8 }, { tag: "numeric" })],
    ["shape.bad_tagging $::A", () => s.enum({ A: u8 }, { tag: { internal: "t" } })],
    ["shape.bad_tagging $", () => s.enum({ A: u8 }, { discriminant: { A: 1 } })],
    ["shape.bad_tagging $", () => s.enum({ A: u8 }, { first: true })],
    ["shape.bad_tagging $::A", () => s.enum({ A: u8 }, { other: "A" })],
    ["shape.bad_tagging $", () => s.enum({ A: null }, { other: "A", tag: "untagged" })],
    ["shape.bad_value $::B", () => s.enum(["A", "B"], { tag: "numeric", discriminant: { A: 2 ** 32 - 1 } })],
    ["built", () => s.enum({ A: s.string(), B: Fields }, { other: "A", tag: { internal: "t" } })],
    // values that cannot be told apart
    ["shape.ambiguous $", () => s.option(s.option(u8))],
    ["shape.ambiguous $", () => s.option(s.newtype("n", s.unit()))],
    ["built", () => s.option(s.option(u8, { none: "undefined" }))],
    ["shape.ambiguous $", () => s.option(s.option(s.option(u8, { none: "undefined" })))],
    // cycles
    ["shape.infinite $", () => s.recursive("A", (a) => s.struct({ a }))],
    [
      "shape.infinite $",
      () => loose.recursive!("A", (a: Shape<unknown>) => s.tuple([s.u8(), s.array(a, 2)])),
    ],
    ["shape.infinite $", () => loose.recursive!("A", (a: Shape<unknown>) => s.newtype("B", a))],
    ["shape.infinite $", () => s.recursive("A", (a) => s.struct({ a: s.option(a).flatten() } as never))],
    [
      "shape.infinite $",
      () => s.recursive("A", (a) => s.enum({ A: a as never, B: u8 }, { tag: "untagged" })),
    ],
    ["shape.infinite $", () => s.recursive("A", (a) => s.enum({ A: s.struct({ a }), B: s.tuple([a]) }))],
    ["built", () => s.recursive("A", (a) => s.enum({ A: s.struct({ a }), B: u8 }))],
    ["built", () => s.recursive("A", (a) => s.struct({ a: s.array(s.option(a), 2) }))],
    ["shape.unknown_ref $", () => s.recursive("A", (a) => s.list(s.u8().default(a.node as never).shape))],
    // size
    ["shape.too_deep $", () => nested(129)],
    ["built", () => nested(128)],
    ["shape.too_large $", () => doubled(16)],
    ["built", () => doubled(15)],
    ["shape.too_large $", () => s.enum(many(65_536))],
  ];
  test.each(cases)("%s (%#)", (expected, build) => {
    expect(refusal(build)).toBe(expected);
  });

  function nested(depth: number): Shape<unknown> {
    let shape: Shape<unknown> = s.u8();
    for (let i = 1; i < depth; i++) shape = s.list(shape);
    return shape;
  }

  /** 2^levels leaves, of one object each level: small as a graph. */
  function doubled(levels: number): Shape<unknown> {
    let shape: Shape<unknown> = s.u8();
    for (let i = 0; i < levels; i++) shape = s.tuple([shape, shape]);
    return shape;
  }

  function many(count: number): string[] {
    return Array.from({ length: count }, (_, i) => `v${i}`);
  }

  test("getters and proxies that throw", () => {
    const thrower = {
      get a(): never {
        throw new RangeError("mine");
      },
    };
    expect(refusal(() => s.struct(thrower))).toBe("shape.bad_value $");
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(refusal(() => s.struct(proxy))).toBe("shape.bad_name $");
    expect(refusal(() => s.struct({ a: s.list(s.u8()).default(thrower as never) }))).toBe(
      "shape.bad_value $.a",
    );
  });
});

describe("untagged variants are told apart", () => {
  const { u8, u16, string, bool, unit, f32, f64, list, tuple, struct, option, record } = s;
  const untagged = (variants: { readonly [name: string]: Shape<unknown> | null }) =>
    refusal(() => s.enum(variants, { tag: "untagged" }));

  test.each([
    ["kinds", { A: u8(), B: string(), C: bool(), D: unit(), E: f64(), F: list(u8()), G: record(u8()) }],
    ["fit", { A: u8(), B: u16(), C: s.char(), D: string() }],
    ["names before strings", { A: null, B: null, C: string() }],
    ["arity", { A: tuple([u8()]), B: tuple([u8(), u8()]), C: s.array(u8(), 3) }],
    [
      "a key the other lacks",
      { A: struct({ url: string() }), B: struct({ url: string(), branch: string() }) },
    ],
    ["kinds below a key", { A: struct({ v: u8() }), B: struct({ v: string() }) }],
    ["keys below a key", { A: struct({ v: struct({ a: u8() }) }), B: struct({ v: struct({ b: u8() }) }) }],
    ["a tag", { A: s.enum({ X: struct({}) }, { tag: { internal: "t" } }), B: struct({ u: u8() }) }],
    [
      "constants below a key",
      { A: struct({ t: s.enum(["a"]), v: u8() }), B: struct({ t: s.enum(["b"]), v: u8() }) },
    ],
  ] as const)("by %s", (_, variants) => {
    expect(untagged(variants)).toBe("built");
  });

  test.each([
    ["the same scalar", { A: u8(), B: u8() }],
    ["floats", { A: f32(), B: f64() }],
    ["lists", { A: list(u8()), B: list(string()) }],
    ["a list and a tuple", { A: tuple([u8()]), B: list(u8()) }],
    ["equal keys", { A: struct({ a: u8() }), B: struct({ a: u16() }) }],
    ["optional keys only", { A: struct({ a: option(u8()) }), B: struct({ b: option(u8()) }) }],
    ["a struct and a map", { A: struct({ a: u8() }), B: record(u8()) }],
    ["two that may be null", { A: option(u8()), B: unit() }],
    ["anything", { A: u8(), B: s.any() }],
  ] as const)("not by %s", (_, variants) => {
    expect(untagged(variants)).toBe("shape.ambiguous $::B");
    expect(refusal(() => s.enum(variants, { tag: "untagged", first: true }))).toBe("built");
  });

  test("in bounded time", () => {
    const names = Array.from({ length: 257 }, (_, i) => [`v${i}`, u8()] as const);
    expect(refusal(() => s.enum(names, { tag: "untagged" }))).toBe("shape.too_large $");
    const wide = (seed: number) =>
      struct(Array.from({ length: 100 }, (_, i) => [`f${i === 0 ? 1_000 + seed : i}`, u8()] as const));
    const variants = Array.from({ length: 250 }, (_, i) => [`v${i}`, wide(i)] as const);
    expect(refusal(() => s.enum(variants, { tag: "untagged" }))).toBe("shape.too_large $");
  });
});
