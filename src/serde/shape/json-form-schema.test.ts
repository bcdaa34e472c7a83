// The published schema against the parser: on everything the parser is tested with, and on random forms.

import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryForm, arbitraryShape } from "../../../test/serde/kit/arbitrary.ts";
import { REFUSED_FORMS } from "../../../test/serde/kit/form-cases.ts";
import { parseShape, shapeJsonSchema } from "./index.ts";

const schema = shapeJsonSchema();
const ajv = new Ajv2020({ strict: true, strictTypes: false, strictTuples: false, strictRequired: true });
const accepts = ajv.compile(schema);

/** Rules about more than one part: the parser's alone. */
const RELATIONS = [
  "shape.name_collision",
  "shape.unknown_name",
  "shape.unknown_ref",
  "shape.bad_key",
  "shape.bad_flatten",
  "shape.bad_tagging",
  "shape.missing_default",
  "shape.infinite",
  "shape.ambiguous",
  "shape.too_deep",
  "shape.too_large",
];

/** Rules about one part at a time: the schema's as well. */
const PARTS = ["shape.unknown_kind", "shape.unknown_attribute", "shape.bad_value", "shape.bad_name"];

describe("the schema", () => {
  test("is JSON, and a valid schema", () => {
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
    expect(ajv.validateSchema(schema)).toBe(true);
  });

  // What only JavaScript can write is no JSON, so the schema has no say.
  const forms = REFUSED_FORMS.filter(([, form]) => form !== undefined && isJson(form));
  test.each(forms)("agrees: %s %j", (expected, form) => {
    const [code = ""] = expected.split(" ");
    expect([...RELATIONS, ...PARTS, "parsed"]).toContain(code);
    expect(accepts(form)).toBe(!PARTS.includes(code));
  });

  test("accepts every shape that prints", () => {
    fc.assert(
      fc.property(arbitraryShape(), (shape) => {
        expect(accepts(shape.toJSON()), JSON.stringify(accepts.errors?.slice(0, 3))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test("agrees on forms with one thing wrong", () => {
    const wrong = fc.constantFrom<unknown>(null, 1, "u9", "", [], {}, { x: 1 }, true, [["a", "u8", 1]]);
    let refused = 0;
    fc.assert(
      fc.property(arbitraryForm({ recursive: false }), fc.nat(), wrong, (form, seed, replacement) => {
        const changed = replaced(form, seed, replacement);
        const shape = parseShape(changed);
        const code = "code" in shape ? shape.code : "parsed";
        // Attributes of names that do not exist, and defaults, are looked at in another order.
        if (RELATIONS.includes(code) || code === "shape.bad_value") return;
        if (code !== "parsed") refused++;
        expect(accepts(changed), code).toBe(code === "parsed");
      }),
      { numRuns: 500 },
    );
    expect(refused).toBeGreaterThan(30);
  });

  function isJson(value: unknown): boolean {
    try {
      return (
        JSON.stringify(JSON.parse(JSON.stringify(value))) === JSON.stringify(value) && !(value instanceof Map)
      );
    } catch {
      return false;
    }
  }

  /** `form` with one of its parts replaced. */
  function replaced(form: unknown, seed: number, by: unknown): unknown {
    if (typeof form !== "object" || form === null) return by;
    const keys = Object.keys(form);
    if (keys.length === 0 || seed % 5 === 0) return by;
    const key = keys[seed % keys.length]!;
    const copy = (Array.isArray(form) ? [...(form as unknown[])] : { ...form }) as Record<string, unknown>;
    copy[key] = replaced(copy[key], Math.floor(seed / keys.length), by);
    return copy;
  }
});
