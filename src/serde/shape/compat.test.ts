// What compat says, case by case: at which path it breaks, and whether always (!) or only for some values (?).

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryShape } from "../../../test/serde/kit/arbitrary.ts";
import { compat, parseShape, type Shape, s, type WireFormat } from "./index.ts";

/** The entries of a map at the root. */
const ENTRY = `$${"{}"}`;

const { u8, u16, u32, i8, i32, f32, f64, string, bytes, list, struct, tuple, option, map, record } = s;

function breaks(writer: Shape<unknown>, reader: Shape<unknown>, format: WireFormat = "json"): string[] {
  const { compatible, problems } = compat(writer, reader, format);
  expect(compatible).toBe(problems.length === 0);
  for (const { reason } of problems) expect(reason).toMatch(/^[ -~]{5,120}$/);
  return problems.map(({ path, always }) => `${path}${always ? "!" : "?"}`);
}

describe("by names", () => {
  const V1 = struct({ id: u32(), name: string() });
  test.each<[Shape<unknown>, Shape<unknown>, string[]]>([
    [V1, V1, []],
    [V1, struct({ name: string(), id: u32() }), []],
    [V1, struct({ id: u32() }), []],
    [V1, struct({ id: u32() }, { denyUnknown: true }), ["$.name!"]],
    [V1, struct({ id: u32(), rest: record(string()).flatten() }), []],
    [V1, struct({ id: u32(), rest: record(u8()).flatten() }), ["$.name!"]],
    [V1, struct({ id: u32(), name: string(), more: option(u8()), mode: u8().default(1) }), []],
    [V1, struct({ id: u32(), name: string(), more: u8() }), ["$.more!"]],
    [V1, struct({ id: u32(), title: string().alias("name") }), []],
    [V1, struct({ id: u32(), title: string() }), ["$.title!"]],
    [V1, struct({ id: f64(), name: option(string()) }), []],
    [struct({ id: u8().rename("x") }), struct({ ident: u8().rename("x") }), []],
    [struct({ a: u8().skipIf("zero") }), struct({ a: u8() }), ["$.a?"]],
    [struct({ a: u8().skipEncode() }), struct({ a: u8() }), ["$.a!"]],
    [struct({ a: option(u8()).skipIf("none") }), struct({ a: u8() }), ["$.a?"]],
    [struct({ a: option(u8()) }), struct({ a: u8() }), ["$.a?"]],
    [struct({ in: V1.flatten() }), V1, []],
    [V1, struct({ in: V1.flatten() }), []],
    [struct({ in: option(V1).flatten() }), V1, ["$.id?", "$.name?"]],
    [V1, record(string()), ["$.id!"]],
    [V1, record(s.any()), []],
    [record(u8()), V1, ["$?"]],
    [record(u8()), map(string(), u16()), []],
    [map(u8(), u8()), record(u8()), []],
    [record(u8()), map(u8(), u8()), [`${ENTRY}#key?`]],
    // numbers
    [u8(), u16(), []],
    [u16(), u8(), ["$?"]],
    [u8(), i8(), ["$?"]],
    [i32(), s.i64(), []],
    [s.u64(), s.u64({ js: "number" }), ["$?"]],
    [u8(), f64(), []],
    [f64(), u8(), ["$?"]],
    [f64(), f32(), ["$?"]],
    [f32(), f64(), []],
    [u8(), string(), ["$!"]],
    [string(), s.char(), ["$?"]],
    [s.char(), string(), []],
    // bytes
    [bytes(), bytes({ text: "hex" }), ["$!"]],
    [bytes(), string(), []],
    [string(), bytes(), ["$?"]],
    [bytes({ text: "array" }), list(u16()), []],
    [list(u16()), bytes({ text: "array" }), ["$[]?"]],
    // sequences
    [list(u8()), s.set(u16()), []],
    [tuple([u8(), string()]), tuple([u8(), u8()]), ["$[1]!"]],
    [tuple([u8(), u8()]), s.array(u16(), 2), []],
    [tuple([u8()]), tuple([u8(), u8()]), ["$!"]],
    [s.array(u8(), 2), list(u8()), []],
    [list(u8()), s.array(u8(), 2), ["$?"]],
    [list(u8()), u8(), ["$!"]],
    // any, raw, options, units
    [s.any(), u8(), ["$?"]],
    [u8(), s.any(), []],
    [s.any(), s.enum({ A: s.any(), B: null }, { tag: "untagged", first: true }), []],
    [
      s.enum({ A: null, B: u8() }, { tag: "untagged" }),
      s.enum({ B: u16(), A: null }, { tag: "untagged" }),
      [],
    ],
    [s.enum({ A: null, B: u8() }, { tag: "untagged" }), s.enum({ B: u16() }, { tag: "untagged" }), ["$::A?"]],
    [s.enum({ A: null }, { tag: "untagged" }), s.enum(["A"]), []],
    [option(u8()), s.enum({ A: option(u16()) }, { tag: "untagged" }), []],
    [s.any(), s.enum({ A: u8(), B: string() }, { tag: "untagged" }), ["$?"]],
    [u8(), s.raw(), []],
    [u8(), option(u8()), []],
    [s.unit(), option(u8()), []],
    [option(u8()), s.unit(), ["$?"]],
    // enums
    [s.enum(["A"]), s.enum(["A", "B"]), []],
    [s.enum(["A", "B"]), s.enum(["A"]), ["$::B?"]],
    [s.enum(["A", "B"]), s.enum(["A", "X"], { other: "X" }), []],
    [s.enum(["A"]), s.enum(["X"], { alias: { X: ["A"] } }), []],
    [s.enum({ A: u8() }), s.enum({ A: string() }), ["$::A!"]],
    [s.enum({ A: u8() }), s.enum({ A: null }), ["$::A!"]],
    [s.enum({ A: null }), s.enum({ A: u8() }), ["$::A!"]],
    [s.enum({ A: V1 }), s.enum({ A: V1 }, { tag: { internal: "t" } }), ["$!"]],
    [s.enum({ A: V1 }, { tag: { internal: "u" } }), s.enum({ A: V1 }, { tag: { internal: "t" } }), ["$!"]],
    [s.enum(["A"]), string(), []],
    [string(), s.enum(["A"]), ["$?"]],
    [s.enum(["A"], { tag: "numeric", discriminant: { A: 300 } }), u8(), ["$::A?"]],
    [u8(), s.enum(["A"], { tag: "numeric" }), ["$?"]],
    [u8(), s.enum({ N: u16(), S: string() }, { tag: "untagged" }), []],
    [s.bool(), s.enum({ N: u16(), S: string() }, { tag: "untagged" }), ["$!"]],
    [u32(), s.enum({ N: u16(), S: string() }, { tag: "untagged" }), ["$?"]],
    [s.enum({ N: u16(), S: string() }, { tag: "untagged" }), u16(), ["$::S?"]],
    [s.enum({ A: V1 }, { tag: { internal: "t" } }), V1, ["$?"]],
    // paths
    [
      list(struct({ a: option(map(string(), string())) })),
      list(struct({ a: option(map(string(), u8())) })),
      ["$[].a{}?"],
    ],
    [s.newtype("N", struct({ a: u8() })), struct({ a: string() }), ["$.a!"]],
  ])("%#", (writer, reader, expected) => {
    expect(breaks(writer, reader)).toEqual(expected);
  });

  test("numbers and keys keep their kinds in binary formats", () => {
    for (const format of ["msgpack", "cbor"] as const) {
      expect(breaks(f64(), u8(), format)).toEqual(["$!"]);
      expect(breaks(bytes(), string(), format)).toEqual(["$!"]);
      expect(breaks(bytes(), bytes({ text: "hex" }), format)).toEqual([]);
      expect(breaks(map(u8(), u8()), record(u8()), format)).toEqual([`${ENTRY}#key?`]);
    }
  });
});

describe("by position", () => {
  const V1 = struct({ id: u32(), name: string() });
  test.each<[Shape<unknown>, Shape<unknown>, string[]]>([
    [V1, V1, []],
    [V1, struct({ x: u32(), y: string() }), []],
    [V1, tuple([u32(), string()]), []],
    [V1, struct({ name: string(), id: u32() }), ["$.id!", "$.name!"]],
    [V1, struct({ id: u32() }), ["$.name!"]],
    [V1, struct({ id: u32(), name: string(), more: option(u8()) }), ["$.more!"]],
    [V1, struct({ id: u32(), name: string(), more: u8().default(1).skipDecode() }), []],
    [u16(), u32(), []],
    [u32(), u16(), ["$?"]],
    [u8(), u16(), ["$!"]],
    [u16(), s.i16(), ["$!"]],
    [s.i64(), s.i64({ js: "number" }), ["$?"]],
    [f32(), f64(), ["$!"]],
    [string(), bytes(), []],
    [bytes(), string(), ["$?"]],
    [bytes(), list(u8()), []],
    [list(u8()), bytes({ text: "hex" }), []],
    [list(u16()), bytes(), ["$[]?"]],
    [u8(), option(u8()), ["$!"]],
    [option(u8()), option(string()), ["$?"]],
    [list(u8()), s.set(u8()), []],
    [s.array(u8(), 2), s.array(u8(), 3), ["$!"]],
    [s.array(u8(), 2), s.array(string(), 2), ["$[]!"]],
    [map(u8(), u8()), map(u8(), string()), [`${ENTRY}?`]],
    [s.enum(["A", "B"]), s.enum(["X", "Y", "Z"]), []],
    [s.enum(["A", "B"]), s.enum(["A"]), ["$::B?"]],
    [s.enum({ A: u8() }, { tag: { adjacent: ["t", "c"] } }), s.enum({ B: u8() }), []],
    [s.enum(["A"], { tag: "numeric", discriminant: { A: 2 } }), s.enum(["A", "B", "C"]), []],
    [s.any(), u8(), ["$!"]],
    [u8(), s.raw(), ["$!"]],
    [struct({ a: u8().skipIf("zero") }), struct({ a: u8() }), ["$!"]],
    [s.enum({ A: u8() }, { tag: "untagged" }), u8(), ["$!"]],
    [s.unit(), s.unit(), []],
  ])("%#", (writer, reader, expected) => {
    expect(breaks(writer, reader, "postcard")).toEqual(expected);
  });
});

describe("recursive shapes", () => {
  const tree = (value: Shape<unknown>) => s.recursive("T", (t) => struct({ value, kids: list(t) }));

  test("are compared once", () => {
    expect(breaks(tree(u8()), tree(u16()))).toEqual([]);
    expect(breaks(tree(u16()), tree(u8()))).toEqual(["$.value?"]);
    expect(breaks(tree(u8()), struct({ value: u8(), kids: list(tree(u8())) }))).toEqual([]);
  });

  test("never take long", () => {
    const ring = (length: number, leaf: string): Shape<unknown> => {
      const parts = Array.from({ length }, (_, i) => [
        `d${i}`,
        {
          tuple: [
            leaf,
            { option: { ref: `d${(i + 1) % length}` } },
            { list: { ref: `d${(i * 7) % length}` } },
          ],
        },
      ]);
      const shape = parseShape({ ref: "d0", $defs: Object.fromEntries(parts) as object });
      if ("code" in shape) throw new Error(shape.code);
      return shape;
    };
    // Coprime rings meet in every pair of their nodes.
    const { problems } = compat(ring(499, "u8"), ring(500, "u8"), "json");
    expect(problems.map(({ reason }) => reason)).toContain("too much to compare");
    expect(breaks(ring(500, "u8"), ring(500, "u8"))).toEqual(expect.any(Array));
    const choices = (depth: number): Shape<unknown> =>
      depth === 0
        ? u8()
        : s.enum(
            { A: list(choices(depth - 1)), B: tuple([choices(depth - 1)]) },
            { tag: "untagged", first: true },
          );
    expect(compat(choices(8), choices(8), "json").problems.length).toBeLessThanOrEqual(64);
  });

  test("a shape reads what it writes, if it writes what it requires", () => {
    fc.assert(
      fc.property(arbitraryShape(), (shape) => {
        for (const format of ["json", "cbor"] as const) {
          for (const { reason } of compat(shape, shape, format).problems) {
            expect(reason).toMatch(/required|too much/);
          }
        }
      }),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(arbitraryShape({ portable: true, recursive: false }), (shape) => {
        // A field that is only written or only read moves all that follow.
        const reasons = compat(shape, shape, "postcard").problems.map(({ reason }) => reason);
        if (reasons.length > 0) expect(reasons.join()).toMatch(/not (read|written)/);
      }),
      { numRuns: 200 },
    );
  });
});
