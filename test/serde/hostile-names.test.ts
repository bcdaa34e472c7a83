// Hostile names in every slot a shape has one, through every way shapes are made and compared: the name comes out as it
// went in, or is refused as what it is, and no prototype ever changes. What codecs do with them is in attacks.test.ts.

import { describe, expect, test } from "vitest";
import {
  compat,
  fromJsonSchema,
  inferShape,
  parseShape,
  type Shape,
  ShapeError,
  type ShapeFailure,
  s,
} from "../../src/serde/shape/index.ts";
import { isWellFormed } from "../../src/serde/shape/names.ts";
import { HOSTILE_NAMES } from "./kit/arbitrary.ts";

const NAMES: readonly string[] = [...HOSTILE_NAMES, "\ud800", "a\udc00", "x".repeat(100_000), "\u2029"];

/** Names that are no names anywhere. */
const isBad = (name: string): boolean => !isWellFormed(name) || name.length > 1024;
/** Names that only pairs can have (D40). */
const needsPairs = (name: string): boolean => name === "__proto__" || /^(0|[1-9]\d{0,9})$/.test(name);

const own = (entries: readonly (readonly [string, unknown])[]): object => {
  const object = {};
  for (const [name, value] of entries) {
    Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
  }
  return object;
};

const { u8, string, struct } = s;

interface Slot {
  /** As pairs where there is a choice. */
  readonly build: (name: string) => Shape<unknown>;
  /** The same with the name as a property. */
  readonly asProperty?: (name: string) => Shape<unknown>;
  /** A property of JavaScript values, which has no pairs. */
  readonly isProperty?: boolean;
}

const BUILDER: { readonly [slot: string]: Slot } = {
  field: { build: (n) => struct([[n, u8()]]), asProperty: (n) => struct(own([[n, u8()]]) as never) },
  rename: { build: (n) => struct({ a: u8().rename(n) }) },
  alias: { build: (n) => struct({ a: u8().alias(n) }) },
  variant: {
    build: (n) => s.enum([[n, u8()]]),
    asProperty: (n) => s.enum(own([[n, u8()]]) as never),
  },
  "unit variant": { build: (n) => s.enum([n]) },
  "renamed variant": {
    build: (n) => s.enum([["A A", u8()]], { rename: { "A A": n } }),
  },
  "alias of a variant": { build: (n) => s.enum(["A A"], { alias: { "A A": [n] } }) },
  "other variant": { build: (n) => s.enum(["A A", n], { other: n as never }) },
  tag: { build: (n) => s.enum({ A: struct({ "q q": u8() }) }, { tag: { internal: n } }) },
  content: { build: (n) => s.enum({ A: u8() }, { tag: { adjacent: ["t t", n] } }) },
  "tag in JavaScript": {
    build: (n) => s.enum({ A: u8() }, { js: { tag: n, value: "v v" } }),
    isProperty: true,
  },
  "payload in JavaScript": {
    build: (n) => s.enum({ A: u8() }, { js: { tag: "t t", value: n } }),
    isProperty: true,
  },
  "inline tag": {
    build: (n) => s.enum({ A: struct({ "q q": u8() }) }, { js: { tag: n, inline: true } }),
    isProperty: true,
  },
  newtype: { build: (n) => s.newtype(n, u8()) },
  "recursive shape": { build: (n) => s.recursive(n, (self) => struct({ "q q": s.option(self) })) },
  "lazy shape": {
    build: (n) => {
      const Link: Shape<unknown> = struct({ "q q": s.option(s.lazy(() => Link, n)) });
      return Link;
    },
  },
  "field of pairs with attributes": {
    build: (n) => struct([[n, string().default("x").rename("q q")]]),
  },
};

/** Names as data in a default: any text is a value, only half a surrogate pair is none. */
const DEFAULTS: { readonly [slot: string]: (name: string) => Shape<unknown> } = {
  text: (n) => struct({ a: string().default(n) }),
  "key of a map": (n) => struct({ a: s.map(string(), u8()).default(new Map([[n, 1]])) }),
  "key of a record": (n) => struct({ a: s.record(u8()).default(own([[n, 1]]) as Record<string, number>) }),
  "item of a set": (n) => struct({ a: s.set(string()).default(new Set([n])) }),
  any: (n) => struct({ a: s.any().default(own([[n, [n]]])) }),
};

/** What is found whole wherever the shape is looked at. */
function expectWhole(shape: Shape<unknown>, name: string): void {
  const again = parseShape(JSON.parse(JSON.stringify(shape)));
  if ("code" in again) throw new Error(`${again.code} ${again.path} ${again.reason}`);
  expect(again.bindingDigest).toBe(shape.bindingDigest);
  expect(String(again)).toBe(String(shape));
  expect(String(shape)).toContain(JSON.stringify(name));
  for (const format of ["json", "postcard"] as const) {
    for (const { path, reason } of compat(shape, struct({ z: u8() }), format).problems) {
      expect(path.length + reason.length).toBeLessThan(1_000);
    }
    expect(compat(shape, again, format).problems.filter(({ reason }) => reason.includes("unknown"))).toEqual(
      [],
    );
  }
}

function refusal(build: () => unknown): string | undefined {
  try {
    build();
  } catch (thrown) {
    if (!(thrown instanceof ShapeError)) throw thrown;
    expect(thrown.message.length).toBeLessThan(1_000);
    expect(thrown.message).toMatch(/^[\x20-\x7e]*$/);
    return thrown.code;
  }
  return undefined;
}

const got = (shape: Shape<unknown> | ShapeFailure): Shape<unknown> => {
  if (!("code" in shape)) return shape;
  throw new ShapeError(shape as ShapeFailure);
};

describe.each(NAMES.map((name) => [name.length > 100 ? "a long name" : JSON.stringify(name), name]))(
  "%s",
  (_, name) => {
    test.each(Object.entries(BUILDER))("as %s", (_slot, { build, asProperty, isProperty = false }) => {
      const expected = isBad(name) || (isProperty && needsPairs(name)) ? "shape.bad_name" : undefined;
      expect(refusal(() => build(name).node)).toBe(expected);
      if (expected === undefined) expectWhole(build(name), name);
      if (asProperty === undefined) return;
      expect(refusal(() => asProperty(name).node)).toBe(
        isBad(name) || needsPairs(name) ? "shape.bad_name" : undefined,
      );
    });

    test.each(Object.entries(DEFAULTS))("in a default, as %s", (_slot, build) => {
      const tooLong = name.length > 65_536 ? "shape.too_large" : undefined;
      expect(refusal(() => build(name).node)).toBe(isWellFormed(name) ? tooLong : "shape.bad_value");
      if (isWellFormed(name) && tooLong === undefined) expectWhole(build(name), name);
    });

    test("in JSON Schema", () => {
      const property = (schema: unknown) => own([[name, schema]]);
      const schemas: readonly unknown[] = [
        { type: "object", properties: property({ type: "string" }), required: [name] },
        { type: "object", properties: property({ type: "string", default: "x" }) },
        { enum: [name, "z z"] },
        { const: name },
        {
          oneOf: ["A", "B"].map((kind) => ({
            type: "object",
            properties: own([
              [name, { const: kind }],
              ["q q", { type: kind === "A" ? "string" : "number" }],
            ]),
            required: [name],
          })),
        },
        { anyOf: [{ title: name, type: "string" }, { type: "number" }] },
        {
          $ref: `#/$defs/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`,
          $defs: property({ type: "object", properties: { a: { $ref: "#" } } }),
        },
      ];
      for (const schema of schemas) {
        const code = refusal(() => got(fromJsonSchema(schema)));
        if (isBad(name)) expect(code).toBe("shape.bad_name");
        else {
          expect(code, JSON.stringify(schema)).toBe(undefined);
          expectWhole(got(fromJsonSchema(schema)), JSON.stringify(schema).includes("$ref") ? "a" : name);
        }
      }
    });

    test("in samples", () => {
      const sample = [own([[name, name]]), own([[name, null]])];
      const code = refusal(() => inferShape(sample));
      const isNumbers = needsPairs(name) && name !== "__proto__";
      expect(code).toBe(isBad(name) ? "shape.bad_name" : undefined);
      if (code === undefined && !isNumbers) expectWhole(inferShape(sample), name);
    });
  },
);

test("no prototype has changed", () => {
  for (const builtIn of [Object, Array, Function, Map, Set, String, Number]) {
    for (const name of Object.getOwnPropertyNames(builtIn.prototype)) {
      expect(Object.getOwnPropertyDescriptor(builtIn.prototype, name)?.enumerable ?? false).toBe(false);
    }
  }
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as { a?: unknown }).a).toBe(undefined);
  expect(Object.getPrototypeOf({})).toBe(Object.prototype);
});
