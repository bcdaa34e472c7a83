// Import from JSON Schema: what each keyword becomes, and the pointer of each that is refused.

import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromJsonSchema, shapeJsonSchema } from "./index.ts";

function imported(schema: unknown): unknown {
  const shape = fromJsonSchema(schema);
  if ("code" in shape) return `${shape.code} ${shape.path}`;
  return shape.toJSON();
}

const string = { type: "string" };
const int = { type: "integer" };

describe("becomes", () => {
  test.each<[unknown, unknown]>([
    [true, "any"],
    [{}, "any"],
    [{ title: "x", description: "y", $comment: "z", examples: [1], deprecated: true }, "any"],
    [{ type: "null" }, "unit"],
    [{ type: "boolean" }, "bool"],
    [{ type: "number" }, "f64"],
    [{ type: "number", format: "float" }, "f32"],
    [{ type: "string", format: "date-time" }, "string"],
    [{ type: "string", contentEncoding: "base64", contentMediaType: "image/png" }, "bytes"],
    [{ type: "string", contentEncoding: "base16" }, { bytes: { text: "hex" } }],
    [int, { i64: { js: "number" } }],
    [{ type: "integer", minimum: 0 }, { u64: { js: "number" } }],
    [{ type: "integer", minimum: 0, maximum: 255 }, "u8"],
    [{ type: "integer", minimum: -32768, maximum: 32767 }, "i16"],
    [JSON.parse('{"type": "integer", "minimum": 0, "maximum": 18446744073709551615}'), "u64"],
    [{ type: "integer", format: "int64" }, "i64"],
    [{ type: "integer", format: "uint32", minimum: 0 }, "u32"],
    [{ type: "integer", format: "odd" }, { i64: { js: "number" } }],
    [{ type: "array", items: string }, { list: "string" }],
    [{ type: "array" }, { list: "any" }],
    [{ type: "array", items: string, uniqueItems: true }, { set: "string" }],
    [
      { type: "array", items: int, minItems: 3, maxItems: 3 },
      { array: { i64: { js: "number" } }, length: 3 },
    ],
    [
      { type: "array", prefixItems: [string, { type: "null" }], items: false, minItems: 2 },
      { tuple: ["string", "unit"] },
    ],
    [{ enum: ["a", "b"] }, { enum: { a: null, b: null } }],
    [
      { type: "string", enum: ["__proto__", "1"] },
      {
        enum: [
          ["__proto__", null],
          ["1", null],
        ],
      },
    ],
    [{ enum: ["a", null] }, { option: { enum: { a: null } } }],
    [{ const: "a" }, { enum: { a: null } }],
    [{ const: null }, "unit"],
    [{ type: ["string", "null"] }, { option: "string" }],
    [{ type: ["array", "null"], items: string }, { option: { list: "string" } }],
    [{ type: ["string", "boolean"] }, { enum: { string: "string", boolean: "bool" }, tag: "untagged" }],
    [{ type: "object" }, { map: ["string", "any"], js: "record" }],
    [
      { type: "object", additionalProperties: string },
      { map: ["string", "string"], js: "record" },
    ],
    [
      { type: "object", additionalProperties: false },
      { struct: {}, denyUnknown: true },
    ],
    [
      {
        type: "object",
        properties: {
          id: int,
          note: string,
          memo: { type: ["string", "null"] },
          kind: { type: "string", default: "x" },
          rest: true,
        },
        required: ["id"],
        additionalProperties: false,
      },
      {
        struct: {
          id: { i64: { js: "number" } },
          note: { option: "string", none: "undefined" },
          memo: { option: "string" },
          kind: "string",
          rest: { option: "any" },
        },
        default: { kind: "x" },
        skipIf: { note: "none" },
        denyUnknown: true,
      },
    ],
    [
      { properties: { additional: string }, required: ["additional"], additionalProperties: int },
      {
        struct: {
          additional: "string",
          additional_: { map: ["string", { i64: { js: "number" } }], js: "record" },
        },
        flatten: { additional_: true },
      },
    ],
    [
      JSON.parse(
        '{"type": "object", "properties": {"__proto__": {"type": "null"}, "0": {"type": "null"}}, "required": ["__proto__", "0"]}',
      ),
      {
        struct: [
          ["0", "unit"],
          ["__proto__", "unit"],
        ],
      },
    ],
    [{ allOf: [string] }, "string"],
    [{ anyOf: [string, { type: "null" }] }, { option: "string" }],
    [{ oneOf: [{ type: "null" }] }, "unit"],
    [
      { anyOf: [string, { type: "number", title: "Count" }] },
      { enum: { string: "string", Count: "f64" }, tag: "untagged", first: true },
    ],
    [
      { oneOf: [string, int] },
      { enum: { string: "string", integer: { i64: { js: "number" } } }, tag: "untagged" },
    ],
    [
      {
        oneOf: [
          { type: "object", properties: { t: { const: "a" }, x: int }, required: ["t", "x"] },
          { $ref: "#/$defs/B" },
        ],
        $defs: { B: { type: "object", properties: { t: { const: "b" } }, required: ["t"] } },
      },
      {
        enum: { a: { struct: { x: { i64: { js: "number" } } } }, b: { struct: {} } },
        tag: { internal: "t" },
      },
    ],
    [
      {
        $ref: "#/$defs/T",
        $defs: {
          T: {
            type: "object",
            properties: { kids: { type: "array", items: { $ref: "#/$defs/T" } } },
            required: ["kids"],
          },
        },
      },
      { ref: "T", $defs: { T: { struct: { kids: { list: { ref: "T" } } } } } },
    ],
    [
      { type: "object", properties: { next: { $ref: "#" } } },
      {
        ref: "Root",
        $defs: {
          Root: {
            struct: { next: { option: { ref: "Root" }, none: "undefined" } },
            skipIf: { next: "none" },
          },
        },
      },
    ],
    [
      { type: "array", items: { $ref: "#/definitions/a~1b%25" }, definitions: { "a/b%": string } },
      { list: "string" },
    ],
  ])("%#", (schema, expected) => {
    expect(imported(schema)).toEqual(expected);
  });
});

describe("refuses", () => {
  const unsupported = "shape.unsupported_keyword";
  test.each<[string, unknown]>([
    [`${unsupported} `, false],
    [`${unsupported} /pattern`, { type: "string", pattern: "x" }],
    [`${unsupported} /minLength`, { type: "string", minLength: 1 }],
    [`${unsupported} /contentEncoding`, { type: "string", contentEncoding: "base32" }],
    [`${unsupported} /multipleOf`, { type: "number", multipleOf: 2 }],
    [`${unsupported} /minimum`, { type: "number", minimum: 2 }],
    [`${unsupported} /minimum`, { type: "integer", minimum: 1 }],
    [`${unsupported} /maximum`, { type: "integer", maximum: 100 }],
    [`${unsupported} /exclusiveMinimum`, { type: "integer", exclusiveMinimum: 0 }],
    [`${unsupported} /format`, { type: "integer", format: "int8", minimum: 0, maximum: 255 }],
    [`${unsupported} /minItems`, { type: "array", minItems: 1 }],
    [`${unsupported} /maxItems`, { type: "array", maxItems: 9 }],
    [`${unsupported} /contains`, { type: "array", contains: {} }],
    [`${unsupported} /prefixItems`, { type: "array", prefixItems: [string] }],
    [`${unsupported} /prefixItems`, { type: "array", prefixItems: [string], items: string, minItems: 1 }],
    [`${unsupported} /patternProperties`, { type: "object", patternProperties: {} }],
    [`${unsupported} /propertyNames`, { type: "object", propertyNames: {} }],
    [`${unsupported} /minProperties`, { type: "object", minProperties: 1 }],
    [`${unsupported} /required`, { type: "object", required: ["a"] }],
    [
      `${unsupported} /properties/a~1b~0/pattern`,
      { type: "object", properties: { "a/b~": { type: "string", pattern: "" } } },
    ],
    [`${unsupported} /properties/a/default`, { properties: { a: { type: "object", default: {} } } }],
    [`${unsupported} /items/if`, { type: "array", items: { if: {} } }],
    [`${unsupported} /not`, { not: {} }],
    [`${unsupported} /$anchor`, { $anchor: "x" }],
    [`${unsupported} /$ref`, { $ref: "https://example.com/x" }],
    [`${unsupported} /$ref`, { $ref: "#anchor" }],
    [`${unsupported} /type`, { $ref: "#", type: "string" }],
    [`${unsupported} /allOf`, { allOf: [{}, {}] }],
    [`${unsupported} /enum`, { enum: ["a", 1] }],
    [`${unsupported} /enum`, { enum: [] }],
    [`${unsupported} /const`, { const: {} }],
    [`${unsupported} /type`, { type: "text" }],
    [`${unsupported} /items`, { type: ["array", "string"], items: string }],
    [`${unsupported} /type`, { anyOf: [string, int], type: "string" }],
    ["shape.unknown_ref /$ref", { $ref: "#/$defs/X" }],
    ["shape.unknown_ref /$ref", { $ref: "#/__proto__" }],
    ["shape.bad_value ", 1],
    ["shape.bad_value ", null],
    ["shape.bad_value ", []],
    ["shape.bad_value /properties", { type: "object", properties: [] }],
    ["shape.bad_value /properties/a", { type: "object", properties: { a: 1 } }],
    ["shape.bad_value /required", { type: "object", required: [1] }],
    ["shape.bad_value $.a", { properties: { a: { ...string, default: 1 } } }],
    ["shape.infinite $", { $ref: "#" }],
    ["shape.infinite $", { type: "object", properties: { a: { $ref: "#" } }, required: ["a"] }],
    ["shape.ambiguous $::string2", { oneOf: [string, string] }],
    ["shape.bad_key $", { type: "array", uniqueItems: true, items: { type: "number" } }],
  ])("%s (%#)", (expected, schema) => {
    expect(imported(schema)).toBe(expected);
  });

  test("what is deep, large, odd or shared without end", () => {
    let deep: unknown = {};
    for (let i = 0; i < 100_000; i++) deep = { type: "array", items: deep };
    expect(imported(deep)).toMatch(/^shape.too_deep /);
    const names = Array.from({ length: 3_000 }, (_, i) => `d${i}`);
    const chain = Object.fromEntries(
      names.map((name, i) => [name, { $ref: `#/$defs/${names[i + 1] ?? name}` }]),
    );
    expect(imported({ $ref: "#/$defs/d0", $defs: { ...chain, d2999: string } })).toBe("string");
    expect(
      imported({ anyOf: Array.from({ length: 5_000 }, () => ({ title: "same", type: "string" })) }),
    ).toBe("shape.too_large $");
    const thrower = {
      get type(): never {
        throw new Error("mine");
      },
    };
    expect(imported(thrower)).toBe("shape.bad_value ");
    expect(imported({ type: "object", properties: new Map() })).toBe("shape.bad_value ");
    const cyclic: { items?: unknown } = {};
    cyclic.items = cyclic;
    expect(imported(cyclic)).toBe("shape.too_deep ");
  });

  test("or imports: never anything else", () => {
    const keyword = fc.constantFrom(
      "type",
      "items",
      "properties",
      "required",
      "enum",
      "anyOf",
      "$ref",
      "minimum",
    );
    const schema = fc.letrec<{ schema: unknown }>((tie) => ({
      schema: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<unknown>(true, {}, string, int, { type: "null" }, { const: "a" }, { $ref: "#" }),
        fc.dictionary(
          keyword,
          fc.oneof(tie("schema"), fc.array(tie("schema")), fc.constantFrom("object", "array", "#", 0)),
        ),
        fc.record({ type: fc.constant("object"), properties: fc.dictionary(fc.string(), tie("schema")) }),
      ),
    })).schema;
    fc.assert(
      fc.property(schema, (json) => {
        const result = fromJsonSchema(json);
        if ("code" in result) expect(result.code).toMatch(/^shape\./);
        else expect(result.digest).toHaveLength(64);
      }),
      { numRuns: 300 },
    );
  });
});

test("the schema of shapes is itself beyond the subset, and says where", () => {
  expect(imported(shapeJsonSchema())).toMatch(/^shape\.unsupported_keyword \//);
  expect(new Ajv2020().validateSchema({ type: "string" })).toBe(true);
});
