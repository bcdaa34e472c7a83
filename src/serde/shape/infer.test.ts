// Shapes from samples: what documents show is what comes out, and every sample fits.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { captureValue } from "./capture.ts";
import { inferShape, ShapeError } from "./index.ts";

const form = (...values: unknown[]) => inferShape(values).toJSON();
const INT = { i64: { js: "number" } };

describe("of samples", () => {
  test.each<[unknown[], unknown]>([
    [[], "any"],
    [[null], "unit"],
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
    [[{ a: null }, {}], { struct: { a: "unit" } }],
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
    for (let i = 0; i < 1_000; i++) deep = [deep];
    expect(() => inferShape([deep])).toThrow(ShapeError);
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    expect(() => inferShape([cyclic])).toThrow("shape.too_deep");
    const wide = Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`f${i}`, 1]));
    expect(() => inferShape([wide])).toThrow("shape.too_large");
    expect(() => inferShape([{ "\ud800": 1 }])).toThrow("shape.bad_name");
  });

  test("every sample fits, but for properties that are not there and are null elsewhere", () => {
    const json = fc.jsonValue({ maxDepth: 4 });
    fc.assert(
      fc.property(fc.array(json, { maxLength: 6 }), (values) => {
        const { node } = inferShape(values);
        for (const value of values) {
          const captured = captureValue(node, value);
          if (captured.ok) continue;
          for (const { code } of captured.issues) expect(code).toBe("structure.missing_field");
        }
      }),
      { numRuns: 300 },
    );
  });
});
