// The JSON form: what it prints, what it takes, what it refuses and where; and that nothing from outside hurts.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryForm, arbitraryShape, HOSTILE_NAMES } from "../../../test/serde/kit/arbitrary.ts";
import { REFUSED_FORMS } from "../../../test/serde/kit/form-cases.ts";
import { parseShape, type Shape, type ShapeFailure, s } from "./index.ts";
import type { StructNode } from "./node.ts";

const isFailure = (result: Shape<unknown> | ShapeFailure): result is ShapeFailure => "code" in result;

function parsed(json: unknown): Shape<unknown> {
  const shape = parseShape(json);
  if (isFailure(shape)) throw new Error(`${shape.code} ${shape.path}: ${shape.reason}`);
  return shape;
}

/** Code and path of the refusal. */
function refusal(json: unknown): string {
  const result = parseShape(json);
  if (!isFailure(result)) return "parsed";
  expect(result).toMatchObject({
    status: "reject",
    category: /^(decode|resource)$/.exec(result.category)![0],
  });
  expect(result.reason).toMatch(/^[ -~]{5,200}$/);
  expect(result.path).toMatch(/^[ -~]{1,256}$/);
  return `${result.code} ${result.path}`;
}

describe("prints", () => {
  test.each<[Shape<unknown>, unknown]>([
    [s.u8(), "u8"],
    [s.u64({ js: "number" }), { u64: { js: "number" } }],
    [s.bytes({ text: "hex", view: true }), { bytes: { text: "hex", view: true } }],
    [s.list(s.f64(), { typed: true }), { list: "f64", typed: true }],
    [s.array(s.u8(), 4), { array: "u8", length: 4 }],
    [s.tuple([s.u8(), s.any()]), { tuple: ["u8", "any"] }],
    [s.set(s.string()), { set: "string" }],
    [s.map(s.u8(), s.raw(), { duplicate: "reject" }), { map: ["u8", "raw"], duplicate: "reject" }],
    [s.record(s.u8()), { map: ["string", "u8"], js: "record" }],
    [s.option(s.u8(), { none: "undefined" }), { option: "u8", none: "undefined" }],
    [s.newtype("Id", s.u64()), { newtype: "u64", name: "Id" }],
    [s.enum(["A", "B"]), { enum: { A: null, B: null } }],
    [
      s.enum(
        { One: s.u8(), Two: s.struct({ x: s.u8() }), Rest: s.string() },
        {
          tag: { adjacent: ["t", "c"] },
          renameAll: "snake",
          alias: { One: ["1st"] },
          other: "Rest",
          js: { tag: "type" },
        },
      ),
      {
        enum: { One: "u8", Two: { struct: { x: "u8" } }, Rest: "string" },
        tag: { adjacent: ["t", "c"] },
        rename: { One: "one", Two: "two", Rest: "rest" },
        alias: { One: ["1st"] },
        other: "Rest",
        js: { tag: "type" },
      },
    ],
    [
      s.enum(["A", "B", "C"], { tag: "numeric", discriminant: { B: 5 } }),
      { enum: { A: null, B: null, C: null }, tag: "numeric", discriminant: { B: 5 } },
    ],
    [
      s.struct(
        {
          a: s.u8().rename("b").alias("c").default(1).skipIf("zero"),
          d: s.option(s.u8()).skip(), // prints as `"skip": {"d": true}`
          e: s.record(s.any()).flatten().skipEncode(),
        },
        { duplicate: "first" },
      ),
      {
        struct: { a: "u8", d: { option: "u8" }, e: { map: ["string", "any"], js: "record" } },
        rename: { a: "b" },
        alias: { a: ["c"] },
        default: { a: 1 },
        skip: { d: true },
        skipEncode: { e: true },
        skipIf: { a: "zero" },
        flatten: { e: true },
        duplicate: "first",
      },
    ],
    [
      s.struct([
        ["b", s.u8().default(1)],
        ["0", s.u8().default(2)],
      ]),
      {
        struct: [
          ["b", "u8"],
          ["0", "u8"],
        ],
        default: [
          ["b", 1],
          ["0", 2],
        ],
      },
    ],
    [
      s.recursive("Tree", (t) => s.struct({ kids: s.list(t) })),
      { ref: "Tree", $defs: { Tree: { struct: { kids: { list: { ref: "Tree" } } } } } },
    ],
    [
      s.tuple([
        s.recursive("T", (t) => s.struct({ a: s.list(t) })),
        s.recursive("T", (t) => s.struct({ b: s.list(t) })),
      ]),
      {
        tuple: [{ ref: "T" }, { ref: "T2" }],
        $defs: {
          T: { struct: { a: { list: { ref: "T" } } } },
          T2: { struct: { b: { list: { ref: "T2" } } } },
        },
      },
    ],
  ])("%#", (shape, json) => {
    expect(shape.toJSON()).toEqual(json);
    expect(JSON.stringify(shape)).toBe(JSON.stringify(json)); // order too
    expect(String(shape)).toBe(JSON.stringify(json));
    const again = parsed(json);
    expect(again.toJSON()).toEqual(json);
    expect(again.digest).toBe(shape.digest);
    expect(again.bindingDigest).toBe(shape.bindingDigest);
  });
});

describe("defaults of every kind survive", () => {
  const { struct, u8, u64, f64, bytes, list, set, map, record, option, tuple, string, unit, any } = s;
  const shape = struct({
    big: u64().default(2n ** 64n - 1n),
    small: u64().default(7n),
    minus: s.i64().default(-(2n ** 63n)),
    nan: f64().default(Number.NaN),
    zero: f64().default(-0),
    infinity: s.f32().default(Number.NEGATIVE_INFINITY),
    bytes: bytes().default(Uint8Array.of(1, 2, 255)),
    hex: bytes({ text: "hex" }).default(Uint8Array.of(1, 255)),
    array: bytes({ text: "array" }).default(Uint8Array.of(1, 255)),
    typed: list(u8(), { typed: true }).default(Uint8Array.of(1, 2)),
    fixed: s.array(s.i64(), 2, { typed: true }).default(BigInt64Array.of(1n, -(2n ** 63n))),
    set: set(string()).default(new Set(["a", "__proto__"])),
    map: map(u64(), tuple([u8(), option(u8())])).default(new Map([[2n ** 60n, [1, null]]])),
    record: record(u8()).default(JSON.parse('{"__proto__": 1, "0": 2}') as Record<string, number>),
    none: option(u8(), { none: "undefined" }).default(undefined),
    deep: option(option(u8(), { none: "undefined" })).default(undefined),
    deeper: option(unit(), { none: "undefined" }).default(null),
    unit: s.enum(["A", "__proto__"]).default("__proto__"),
    variant: s.enum({ A: u8(), B: null }).default({ kind: "A", value: 3 }),
    bare: s.enum({ A: u8(), B: null }, { js: { tag: "t" } }).default({ t: "B" }),
    odd: s.enum([["1", u8()]]).default({ kind: "1", value: 3 }),
    inner: struct([
      ["__proto__", u8()],
      ["a", u8()],
    ]).default(JSON.parse('{"__proto__": 1, "a": 2}')),
    any: any().default({ a: [1, null, "x", { b: true }] }),
    char: s.char().default("😀"),
  });

  test("the round trip", () => {
    const again = parsed(JSON.parse(JSON.stringify(shape)));
    expect(again.node).toStrictEqual(shape.node);
    expect(again.bindingDigest).toBe(shape.bindingDigest);
    const { fields } = again.node as StructNode;
    const record = fields.find((field) => field.name === "record")!.default!.value as object;
    expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
    expect(Object.keys(record)).toEqual(["0", "__proto__"]);
  });

  test.each([
    ["u8", 256],
    ["u8", "1"],
    ["u64", -1],
    ["u64", 2 ** 53],
    ["u64", "18446744073709551616"],
    ["u64", "1".repeat(10_000)],
    ["u64", "0x10"],
    ["f64", "nan"],
    ["string", "\ud800"],
    ["char", "ab"],
    ["bytes", "AQ"],
    ["bytes", "AR=="],
    ["bytes", [1]],
    [{ bytes: { text: "hex" } }, "0"],
    [{ bytes: { text: "array" } }, [256]],
    [{ list: "u8" }, { length: 1 }],
    [{ list: "u8", typed: true }, [256]],
    [{ list: "f64", typed: true }, ["NaN", "x"]],
    [{ array: "u8", length: 2 }, [1]],
    [{ tuple: ["u8"] }, [1, 2]],
    [{ map: ["string", "u8"] }, { a: 1 }],
    [{ map: ["string", "u8"] }, [["a"]]],
    [{ struct: { a: "u8" } }, {}],
    [{ struct: { a: "u8" } }, { a: 1, b: 2 }],
    [{ option: { option: "u8", none: "undefined" } }, null],
    [{ enum: { A: null } }, "B"],
    [{ enum: { A: "u8" } }, { B: 1 }],
    [{ enum: { A: "u8" } }, { A: 1, B: 1 }],
  ])("one that does not fit %j is refused: %j", (inner, value) => {
    expect(refusal({ struct: { a: inner }, default: { a: value } })).toBe("shape.bad_value $.a");
  });

  test("of any: what JSON can say, and nothing else", () => {
    for (const value of [1n, Uint8Array.of(1), new Map(), Number.NaN, -0, undefined, [1n]]) {
      expect(() => struct({ a: any().default(value) })).toThrow("shape.bad_value at $.a");
    }
  });

  test("of limited size", () => {
    const at = (value: unknown, kind: unknown = "string") =>
      refusal({ struct: { a: kind }, default: { a: value } });
    expect(at("x".repeat(65_534))).toBe("parsed");
    expect(at("x".repeat(65_535))).toBe("shape.too_large $.a");
    expect(at(JSON.parse(`${"[".repeat(1_000)}${"]".repeat(1_000)}`), "any")).toBe("shape.bad_value $.a");
    expect(at(JSON.parse(`${"[".repeat(200)}${"]".repeat(200)}`), "any")).toBe("shape.too_deep $.a");
  });
});

describe("refuses", () => {
  test.each(REFUSED_FORMS)("%s (%#)", (expected, json) => {
    expect(refusal(json)).toBe(expected);
  });

  test("what is too deep or too large, in little time", () => {
    const deep = (levels: number) =>
      JSON.parse(`${'{"list":'.repeat(levels)}"u8"${"}".repeat(levels)}`) as unknown;
    expect(refusal(deep(127))).toBe("parsed");
    expect(refusal(deep(128))).toBe(`shape.too_deep $`);
    expect(refusal(deep(100_000))).toMatch(/^shape.too_deep /);
    expect(refusal({ tuple: Array.from({ length: 65_536 }, () => "u8") })).toBe("shape.too_large $");
    expect(refusal({ tuple: new Array(2 ** 32 - 1) })).toBe("shape.too_large $");
    const wide = Object.fromEntries(Array.from({ length: 30_000 }, (_, i) => [`f${i}`, "u8"]));
    expect(refusal({ struct: wide })).toBe("parsed");
    expect(refusal({ struct: [["x".repeat(1_025), "u8"]] })).toBe("shape.bad_name $");
    // A few definitions that expand to 2^40 nodes.
    const laughs = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [
        `d${i}`,
        { tuple: [{ ref: `d${i + 1}` }, { ref: `d${i + 1}` }] },
      ]),
    );
    expect(refusal({ ref: "d0", $defs: { ...laughs, d40: "u8" } })).toMatch(/^shape.too_large \$/);
    // Long chains of definitions that only refer to each other.
    const chain = Object.fromEntries(
      Array.from({ length: 30_000 }, (_, i) => [`d${i}`, { ref: `d${i + 1}` }]),
    );
    expect(refusal({ ref: "d0", $defs: { ...chain, d30000: "u8" } })).toBe("parsed");
    expect(refusal({ ref: "d0", $defs: { ...chain, d30000: { option: { ref: "d0" } } } })).toBe(
      "shape.infinite $",
    );
    expect(refusal({ ref: "d0", $defs: { ...chain, d30000: { list: { ref: "d0" } } } })).toBe("parsed");
  });

  test("an object that is read differently each time, or not at all", () => {
    let reads = 0;
    const shifty = {
      get list() {
        return ++reads === 1 ? "u8" : { list: "u8" };
      },
    };
    expect(parsed(shifty).toJSON()).toEqual({ list: "u8" });
    expect(reads).toBe(1);
    const thrower = {
      get list(): never {
        throw new Error("mine");
      },
    };
    expect(refusal(thrower)).toBe("shape.bad_value $");
    expect(refusal({ list: thrower })).toBe("shape.bad_value $[]");
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(refusal(proxy)).toBe("shape.unknown_kind $");
    expect(refusal({ struct: proxy })).toBe("shape.bad_name $");
    const endless = new Proxy([], { get: (_, key) => (key === "length" ? 2 ** 53 : "u8") });
    expect(refusal({ tuple: endless })).toBe("shape.too_large $");
  });

  test("the prototype, whatever stands on it", () => {
    const prototype = Object.prototype as { typed?: unknown; list?: unknown };
    prototype.typed = true;
    prototype.list = "u8";
    try {
      expect(parsed({ list: "u8" }).toJSON()).toEqual({ list: "u8" });
      expect(refusal({})).toBe("shape.unknown_kind $");
    } finally {
      delete prototype.typed;
      delete prototype.list;
    }
  });
});

describe("hostile names", () => {
  const entries = HOSTILE_NAMES.map((name) => [name, "u8"] as const);

  test("are data in every slot", () => {
    const json = {
      struct: entries,
      rename: HOSTILE_NAMES.map((name, i) => [name, HOSTILE_NAMES[HOSTILE_NAMES.length - 1 - i]!]),
      default: HOSTILE_NAMES.map((name) => [name, 1]),
    };
    const shape = parsed(json);
    const { fields } = shape.node as StructNode;
    expect(fields.map((field) => field.name)).toEqual(HOSTILE_NAMES);
    expect(parsed(JSON.parse(JSON.stringify(shape))).bindingDigest).toBe(shape.bindingDigest);
    const variants = {
      enum: entries,
      alias: [["__proto__", ["x"]]],
      other: undefined,
      js: { tag: "then", value: "" },
    };
    const { other: _, ...form } = variants;
    expect(parsed(JSON.parse(JSON.stringify(parsed(form)))).digest).toBe(parsed(form).digest);
    for (const name of HOSTILE_NAMES) {
      expect(refusal({ newtype: "u8", name })).toBe("parsed");
      expect(refusal({ ref: name, $defs: [[name, { list: { ref: name } }]] })).toBe("parsed");
      expect(refusal({ enum: { A: null }, tag: { internal: name } })).toBe("parsed");
    }
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  test("stay short and printable in errors", () => {
    for (const name of [...HOSTILE_NAMES, "x".repeat(1_000), "\u0000".repeat(1_000)]) {
      refusal({ struct: [[name, { struct: [[name, { tuple: [name] }]] }]] });
      refusal({ ref: name });
      refusal({ struct: {}, rename: [[name, "a"]] });
      refusal({ struct: {}, [`${name}x`]: 1 });
      refusal({ [name]: "u8" });
    }
  });
});

describe("any", () => {
  test("shape survives the round trip, and its form is a fixed point", () => {
    fc.assert(
      fc.property(arbitraryShape(), (shape) => {
        const text = JSON.stringify(shape);
        const again = parsed(JSON.parse(text));
        expect(again.digest).toBe(shape.digest);
        expect(again.bindingDigest).toBe(shape.bindingDigest);
        expect(JSON.stringify(again)).toBe(text);
      }),
      { numRuns: 400 },
    );
  });

  test("form is a shape or refused, never more", () => {
    const counts = { parsed: 0, refused: 0 };
    fc.assert(
      fc.property(arbitraryForm(), (form) => {
        counts[refusal(form) === "parsed" ? "parsed" : "refused"]++;
      }),
      { numRuns: 400 },
    );
    expect(counts.parsed).toBeGreaterThan(100);
  });

  test("JSON at all is a shape or refused", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (json) => void refusal(json)),
      { numRuns: 300 },
    );
  });
});
