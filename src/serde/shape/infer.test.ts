// Shapes from samples: what documents show is what comes out, and every sample fits.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../../test/serde/kit/show.ts";
import { createCodec } from "../runtime/codec.ts";
import { Tagged } from "./any.ts";
import { bare } from "./graph.ts";
import { inferShape, ShapeError } from "./index.ts";

const form = (...values: unknown[]) => inferShape(values).toJSON();
const INT = { i64: { js: "number" } };

describe("of samples", () => {
  test.each<[unknown[], unknown]>([
    [[], "any"],
    [[null], "any"],
    [[true, false], "bool"],
    [[1, -5, 2 ** 40], INT],
    [[1, 1.5], "f64"],
    [[2 ** 60], "f64"],
    [[-0], "f64"],
    [[1n], "i64"],
    [[1, 2n ** 63n], "u64"],
    [[-1n, 2n ** 63n], "any"],
    [[1n, 1.5], "any"],
    [["a", ""], "string"],
    [["a", null], { option: "string" }],
    [["a", 1], "any"],
    [[Uint8Array.of(1)], "bytes"],
    [[new Map([[1, "a"]])], { map: [INT, "string"] }],
    [[new Map([[1.5, "a"]])], "any"],
    [[new Map<unknown, unknown>([[null, 1]])], "any"],
    [[[]], { list: "any" }],
    [[[1], [2.5, null]], { list: { option: "f64" } }],
    [[{}], { struct: {} }],
    [
      [
        { a: 1, b: "x" },
        { b: "y", a: 2 },
      ],
      { struct: { a: INT, b: "string" } },
    ],
    [
      [{ a: 1, b: "x" }, { a: 2 }],
      { struct: { a: INT, b: { option: "string", none: "undefined" } }, skipIf: { b: "none" } },
    ],
    [[{ a: 1 }, { a: null }, {}], { struct: { a: { option: INT } } }],
    [[{ a: null }, {}], { struct: { a: { option: "any" } } }],
    [[{ a: null, b: 1 }], { struct: { a: "any", b: INT } }],
    [[{ a: 1 }, { a: "x" }, {}], { struct: { a: { option: "any" } } }],
    [[{ a: [] }, { a: [1] }, { a: [1.5] }], { struct: { a: { list: "f64" } } }],
    [[{ a: [null] }, { a: [{ b: 1 }] }], { struct: { a: { list: { option: { struct: { b: INT } } } } } }],
    [[new Map([[1, 2]]), {}], { map: [INT, INT] }],
    [[5, 2n ** 60n], "i64"],
    [[new Tagged(1, 2)], "any"],
    [[new Date(0)], "any"],
    [[{ 1: "a" }, { 20: "b", 3: "c" }], { map: ["string", "string"], js: "record" }],
    [[JSON.parse('{"__proto__": 1}')], { struct: [["__proto__", INT]] }],
    [[Symbol("x")], "any"],
    [[{ a: () => 1 }], { struct: { a: "any" } }],
  ])("%#", (values, expected) => {
    expect(form(...values)).toEqual(expected);
  });

  test("many names of which each object has few are keys", () => {
    const objects = Array.from({ length: 40 }, (_, i) => ({ [`user-${i}`]: { age: i } }));
    expect(form(...objects)).toEqual({ map: ["string", { struct: { age: INT } }], js: "record" });
  });

  test("that are too deep end in any; too many names are refused", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 1_000; i++) deep = { a: [deep, null] };
    let node = inferShape([deep]).node;
    for (let level = 0; node.kind !== "any"; level++) {
      expect(level).toBeLessThan(200);
      node = node.kind === "struct" ? node.fields[0]!.node : node.kind === "list" ? node.item : bare(node);
      if (node.kind === "option") node = node.inner;
    }
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    expect(JSON.stringify(inferShape([cyclic]))).toContain('{"list":"any"}');
    const wide = Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`f${i}`, 1]));
    expect(() => inferShape([wide])).toThrow("shape.too_large");
    expect(() => inferShape([{ "\ud800": 1 }])).toThrow("shape.bad_name");
  });

  test("that cannot be read are refused", () => {
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    const thrower = {
      get a(): never {
        throw new Error("mine");
      },
    };
    for (const sample of [proxy, thrower, [{ a: proxy }]]) {
      expect(() => inferShape([sample])).toThrow(ShapeError);
    }
  });

  test("every sample is a document of the shape", () => {
    const json = fc.jsonValue({ maxDepth: 4 });
    const objects = fc.array(fc.dictionary(fc.constantFrom("a", "b", "c"), json), { maxLength: 6 });
    fc.assert(
      fc.property(fc.oneof(fc.array(json, { maxLength: 6 }), objects), (values) => {
        const codec = createCodec(inferShape(values).node, "json");
        for (const value of values) {
          expect(codec.tryDecode(utf8(JSON.stringify(value)))).toMatchObject({ status: "ok" });
        }
      }),
      { numRuns: 400 },
    );
  });
});
