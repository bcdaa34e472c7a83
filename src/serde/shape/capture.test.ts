// Values against shapes: what is taken, what is complained about and where, and how little of the value is touched.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryShapeAndValue, HOSTILE_NAMES } from "../../../test/serde/kit/arbitrary.ts";
import { captureValue } from "./capture.ts";
import { type Shape, s } from "./index.ts";

/** `code path` of each issue; empty for a value of the shape. */
function issues(shape: Shape<unknown>, value: unknown): string[] {
  const captured = captureValue(shape.node, value);
  return captured.ok ? [] : captured.issues.map(({ code, path }) => `${code} ${path.join("/")}`.trim());
}

const u8 = s.u8();

describe("scalars", () => {
  const type = "value.type_mismatch";
  const range = "value.number_range";
  test.each<[Shape<unknown>, unknown[], [string, unknown[]][]]>([
    [s.unit(), [null], [[type, [undefined, 0, {}]]]],
    [s.bool(), [true, false], [[type, [0, "true", null, new Boolean(true)]]]],
    [
      u8,
      [0, 255, -0],
      [
        [type, [1.5, "1", 1n, Number.NaN, new Number(1)]],
        [range, [-1, 256]],
      ],
    ],
    [s.i8(), [-128, 127], [[range, [-129, 128]]]],
    [s.u16(), [65_535], [[range, [65_536]]]],
    [s.i16(), [-32_768], [[range, [32_768]]]],
    [
      s.u32(),
      [4_294_967_295],
      [
        [range, [4_294_967_296, -1]],
        [type, [Number.POSITIVE_INFINITY]],
      ],
    ],
    [s.i32(), [-2_147_483_648], [[range, [2_147_483_648]]]],
    [
      s.u64(),
      [0n, 2n ** 64n - 1n],
      [
        [type, [0, "0"]],
        [range, [-1n, 2n ** 64n]],
      ],
    ],
    [s.i64(), [-(2n ** 63n), 2n ** 63n - 1n], [[range, [2n ** 63n, -(2n ** 63n) - 1n]]]],
    [
      s.u64({ js: "number" }),
      [0, 2 ** 53 - 1],
      [
        [type, [0n, 0.5]],
        [range, [-1, 2 ** 53]],
      ],
    ],
    [s.i64({ js: "number" }), [1 - 2 ** 53], [[range, [-(2 ** 53)]]]],
    [
      s.f32(),
      [0, -0, 0.1, Number.NaN, Number.POSITIVE_INFINITY, 3.4e38],
      [
        [type, ["1", 1n]],
        [range, [3.5e38]],
      ],
    ],
    [s.f64(), [1e308, Number.NaN, Number.NEGATIVE_INFINITY], [[type, [null]]]],
    [
      s.char(),
      ["a", "\0", "é", "😀"],
      [
        [type, ["", "ab", "e\u0301", 1]],
        ["lexical.invalid_unicode", ["\ud800"]],
      ],
    ],
    [
      s.string(),
      ["", "\0", "\ufeff", "😀"],
      [
        [type, [null, ["a"], new String("a")]],
        ["lexical.invalid_unicode", ["\udc00\ud800"]],
      ],
    ],
    [
      s.bytes(),
      [new Uint8Array(3), Buffer.from("a")],
      [
        [
          type,
          [
            [1],
            "a",
            new Int8Array(1),
            new Uint8ClampedArray(1),
            new ArrayBuffer(1),
            { length: 0 },
            Object.create(Uint8Array.prototype),
          ],
        ],
      ],
    ],
  ])("%#", (shape, good, bad) => {
    for (const value of good) expect(issues(shape, value), String(value)).toEqual([]);
    for (const [code, values] of bad)
      for (const value of values) expect(issues(shape, value)).toEqual([code]);
  });
});

describe("compounds", () => {
  const Point = s.struct({ x: u8, note: s.option(s.string(), { none: "undefined" }), tag: s.option(u8) });
  test.each<[Shape<unknown>, unknown, string[]]>([
    [Point, { x: 1, note: undefined, tag: null }, []],
    [Point, { x: 1, tag: 2, extra: 1 }, []],
    [Point, Object.assign(Object.create({ x: 2 }) as object, { tag: null }), []],
    [s.struct({ valueOf: s.any(), constructor: u8 }), {}, ["structure.missing_field constructor"]],
    [Point, { x: 1 }, ["structure.missing_field tag"]],
    [
      Point,
      { x: 300, note: 1, tag: "" },
      ["value.number_range x", "value.type_mismatch note", "value.type_mismatch tag"],
    ],
    [Point, [], ["value.type_mismatch"]],
    [Point, null, ["value.type_mismatch"]],
    [Point, new Uint8Array(1), ["value.type_mismatch"]],
    [s.struct({ a: u8 }, { denyUnknown: true }), { a: 1, b: 1 }, ["structure.unknown_field b"]],
    [s.list(u8), [1, 2], []],
    [s.list(u8), [1, -1, 1.5], ["value.number_range 1", "value.type_mismatch 2"]],
    [s.list(u8), Object.assign(new Array(3), { 0: 1, 2: 2 }), ["value.type_mismatch 1"]],
    [s.list(u8), new Uint8Array(2), ["value.type_mismatch"]],
    [s.list(u8), { length: 0 }, ["value.type_mismatch"]],
    [s.list(u8, { typed: true }), Uint8Array.of(1), []],
    [s.list(u8, { typed: true }), [1], ["value.type_mismatch"]],
    [s.list(s.f64(), { typed: true }), new Float32Array(1), ["value.type_mismatch"]],
    [s.array(s.i64(), 2, { typed: true }), new BigInt64Array(1), ["value.length_mismatch"]],
    [s.array(u8, 2), [1], ["value.length_mismatch"]],
    [s.tuple([u8, s.string()]), [1, 2], ["value.type_mismatch 1"]],
    [s.tuple([u8]), [1, 2], ["value.length_mismatch"]],
    [s.set(u8), new Set([1, 300]), ["value.number_range 1"]],
    [s.set(u8), [1], ["value.type_mismatch"]],
    [s.set(u8), Object.create(Set.prototype), ["value.type_mismatch"]],
    [
      s.map(s.string(), u8),
      new Map([
        ["a", 1],
        ["b", 300],
      ]),
      ["value.number_range b"],
    ],
    [s.map(s.string(), u8), { a: 1 }, ["value.type_mismatch"]],
    [s.map(u8, u8), new Map([["a", 1]]), ["value.type_mismatch a"]],
    [s.record(u8), { a: 1, "\ud800": 1 }, ["lexical.invalid_unicode \ud800"]],
    [s.record(u8), JSON.parse('{"__proto__": 300}'), ["value.number_range __proto__"]],
    [s.record(u8), Object.create({ a: 300 }), []],
    [s.record(u8), new Map([["a", 1]]), ["value.type_mismatch"]], // would lose what it holds
    [s.record(u8), new Set(), ["value.type_mismatch"]],
    [s.option(u8), undefined, ["value.type_mismatch"]],
    [s.option(s.option(u8, { none: "undefined" })), undefined, []],
    [s.enum(["A"]), "A", []],
    [s.enum(["A"]), "toString", ["structure.unknown_variant"]],
    [s.enum(["A"]), { kind: "A" }, ["value.type_mismatch"]],
    [s.enum({ A: u8, B: null }), { kind: "A", value: 1 }, []],
    [s.enum({ A: u8, B: null }), { kind: "B" }, []],
    [s.enum({ A: u8, B: null }), { kind: "A" }, ["structure.missing_field value"]],
    [s.enum({ A: u8, B: null }), { kind: "A", value: null }, ["value.type_mismatch value"]],
    [s.enum({ A: u8, B: null }), { kind: "C" }, ["structure.unknown_variant kind"]],
    [s.enum({ A: u8, B: null }), { value: 1 }, ["value.type_mismatch kind"]],
    [s.enum({ A: u8, B: null }), "B", ["value.type_mismatch"]],
    [s.enum({ A: u8 }, { js: { tag: "t", value: "v" } }), { t: "A", v: 1 }, []],
    [s.any(), { a: [1, 1n, null, undefined, new Map([[[], Uint8Array.of(1)]])] }, []],
    [s.any(), { a: Symbol("x") }, ["value.type_mismatch a"]],
    [s.any(), new Date(0), ["value.type_mismatch"]],
    [s.any(), () => 1, ["value.type_mismatch"]],
    [s.any(), "\ud800", ["lexical.invalid_unicode"]],
    [s.newtype("N", u8), 1, []],
  ])("%#", (shape, value, expected) => {
    expect(issues(shape, value)).toEqual(expected);
  });

  test("hostile names are properties like all others", () => {
    const shape = s.struct(HOSTILE_NAMES.map((name) => [name, u8] as const));
    expect(issues(shape, {})).toEqual(HOSTILE_NAMES.map((name) => `structure.missing_field ${name}`.trim()));
    const value = Object.fromEntries(HOSTILE_NAMES.map((name) => [name, 1]));
    const captured = captureValue(shape.node, value);
    if (!captured.ok) throw new Error("not captured");
    expect(Object.getPrototypeOf(captured.value)).toBe(Object.prototype);
    expect(Object.keys(captured.value as object).sort()).toEqual([...HOSTILE_NAMES].sort());
  });
});

describe("hostile values", () => {
  const List = s.recursive("List", (list) => s.struct({ next: s.option(list) }));

  test("that contain themselves, or nest without end", () => {
    const cyclic: { next: unknown } = { next: null };
    cyclic.next = cyclic;
    expect(issues(List, cyclic)[0]).toMatch(/^resource.depth_limit next\/next/);
    const any: unknown[] = [];
    any.push(any);
    expect(issues(s.any(), any)[0]).toMatch(/^resource.depth_limit 0\/0/);
    let deep: { next: unknown } = { next: null };
    for (let i = 0; i < 512; i++) deep = { next: deep };
    expect(issues(List, deep.next)).toEqual([]);
    expect(issues(List, deep)).toHaveLength(1);
  });

  test("are read once, and nothing of theirs is called", () => {
    const reads: string[] = [];
    const value = new Proxy(
      { a: 1, toJSON: () => reads.push("called"), valueOf: () => reads.push("called") },
      {
        get: (target, key) => {
          reads.push(String(key));
          return Reflect.get(target, key) as unknown;
        },
      },
    );
    expect(issues(s.struct({ a: u8 }), value)).toEqual([]);
    expect(reads).toEqual(["a"]);
    const set = new Set([1]);
    set[Symbol.iterator] = () => {
      throw new Error("called");
    };
    set.forEach = set[Symbol.iterator] as never;
    expect(issues(s.set(u8), set)).toEqual([]);
  });

  test("that throw", () => {
    const thrower = {
      get a(): never {
        throw new RangeError("mine");
      },
    };
    expect(issues(s.struct({ a: u8 }), thrower)).toEqual(["boundary.threw a"]);
    expect(issues(s.list(s.record(u8)), [thrower])).toEqual(["boundary.threw 0/a"]);
    // One that throws does not hide what is wrong elsewhere.
    expect(issues(s.tuple([s.struct({ a: u8 }), u8]), [thrower, "x"])).toEqual([
      "boundary.threw 0/a",
      "value.type_mismatch 1",
    ]);
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    for (const shape of [s.struct({}), s.list(u8), s.set(u8), s.any(), s.bytes(), u8]) {
      expect(issues(shape, proxy)).toHaveLength(1);
    }
  });

  test("of any length give few issues, soon", () => {
    for (const shape of [s.list(u8), s.list(s.any())]) {
      expect(issues(shape, new Array(2 ** 32 - 1))).toEqual(["resource.memory_limit"]);
    }
    expect(issues(s.list(s.any()), new Array(2 ** 32 - 1))).toEqual(["resource.memory_limit"]);
    expect(
      issues(
        s.list(u8),
        Array.from({ length: 100_000 }, () => "x"),
      ),
    ).toHaveLength(64);
  });
});

describe("the copy", () => {
  test("is private and frozen", () => {
    const shape = s.struct({ list: s.list(u8), bytes: s.bytes(), map: s.map(u8, s.bytes()), set: s.set(u8) });
    const value = {
      list: [1],
      bytes: Uint8Array.of(1),
      map: new Map([[1, Uint8Array.of(2)]]),
      set: new Set([3]),
    };
    const captured = captureValue(shape.node, value);
    if (!captured.ok) throw new Error("not captured");
    expect(captured.value).toEqual(value);
    value.list[0] = 9;
    value.bytes[0] = 9;
    value.map.get(1)![0] = 9;
    value.set.add(9);
    expect(captured.value).toEqual({
      list: [1],
      bytes: Uint8Array.of(1),
      map: new Map([[1, Uint8Array.of(2)]]),
      set: new Set([3]),
    });
    expect(Object.isFrozen(captured.value)).toBe(true);
  });

  test("of floats is rounded, of integers has no -0", () => {
    const value = (shape: Shape<unknown>, given: unknown) => {
      const captured = captureValue(shape.node, given);
      return captured.ok ? captured.value : undefined;
    };
    expect(value(s.f32(), 0.1)).toBe(Math.fround(0.1));
    expect(value(s.i32(), -0)).toBe(0);
    expect(value(s.f64(), -0)).toBe(-0);
  });

  test("of any value of any shape equals it", () => {
    fc.assert(
      fc.property(arbitraryShapeAndValue(), ({ shape, value }) => {
        const captured = captureValue(shape.node, value);
        expect(captured).toEqual({ ok: true, value });
      }),
      { numRuns: 400 },
    );
  });
});

describe("Standard Schema", () => {
  test("gives the value itself, or issues", () => {
    const shape = s.struct({ a: u8 });
    const value = { a: 1 };
    const standard = shape["~standard"];
    expect(standard.version).toBe(1);
    expect(standard.vendor).toBe("sinter");
    const good = standard.validate(value);
    expect(good).toEqual({ value });
    expect("value" in good && good.value).toBe(value);
    expect(standard.validate({ a: 300 })).toEqual({
      issues: [{ code: "value.number_range", message: "u8 is from 0 to 255", path: ["a"] }],
    });
  });
});
