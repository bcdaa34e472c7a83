// Values that are not of the shape, in every format: the same code and path. They reach what capture.test.ts, which is
// about values that fight back, does not.

import { describe, expect, test } from "vitest";
import { Extension, Simple, Tagged } from "../../src/serde/shape/any.ts";
import type { Node } from "../../src/serde/shape/node.ts";
import { FORMATS, subject, trySubject } from "./kit/subject.ts";
import {
  array,
  attr,
  enumOf,
  f64,
  list,
  map,
  option,
  scalar,
  set,
  str,
  struct,
  tuple,
  u32,
} from "./nodes.ts";

const ANY: Node = { kind: "any" };
const u53 = scalar("u64", { js: "number" });
const Kind = enumOf({ A: u32, B: struct({ x: u32 }) });
const throws = <T extends object>(target: T, name: string | symbol): T =>
  new Proxy(target, {
    get: (from, key) => {
      if (key === name) throw new Error("no");
      return Reflect.get(from, key);
    },
  });
const deep = (levels: number, wrap: (inner: unknown) => unknown): unknown => {
  let value: unknown = null;
  for (let i = 0; i < levels; i++) value = wrap(value);
  return value;
};

const MISMATCH = "value.type_mismatch";
const RANGE = "value.number_range";
const LENGTH = "value.length_mismatch";
const THREW = "boundary.threw";
const DEPTH = "resource.depth_limit";

describe.each(FORMATS)("%s", (format) => {
  test.each<[what: string, node: Node, value: unknown, code: string, path: string]>([
    ["text for a double", f64, "1", MISMATCH, "$"],
    ["text for a single", scalar("f32"), "1", MISMATCH, "$"],
    ["a number for a bool", scalar("bool"), 0, MISMATCH, "$"],
    ["text for a safe integer", u53, "1", MISMATCH, "$"],
    ["a fraction for a safe integer", u53, 0.5, MISMATCH, "$"],
    ["a value for a unit", scalar("unit"), 0, MISMATCH, "$"],
    ["a number for a character", scalar("char"), 1, MISMATCH, "$"],
    ["no character", scalar("char"), "", MISMATCH, "$"],
    ["an object for a tuple", tuple(u32), {}, MISMATCH, "$"],
    ["a bad element of a tuple", tuple(u32, u32), [1, ""], MISMATCH, "$[1]"],
    ["too long an array", array(u32, 2), [1, 2, 3], LENGTH, "$"],
    ["too short a typed array", array(f64, 2, true), new Float64Array(1), LENGTH, "$"],
    ["a bad element of a set", set(u32), new Set([1, "2"]), MISMATCH, "$[1]"],
    ["text for a record", map(str, u32, { js: "record" }), "a", MISMATCH, "$"],
    ["null for a record", map(str, u32, { js: "record" }), null, MISMATCH, "$"],
    ["a number for a name", enumOf({ A: undefined }), 0, MISMATCH, "$"],
    ["text for a variant", Kind, "A", MISMATCH, "$"],
    ["null for a variant", Kind, null, MISMATCH, "$"],
    ["no tag", Kind, {}, MISMATCH, "$.kind"],
    ["a tag that throws", Kind, throws({}, "kind"), THREW, "$.kind"],
    ["a payload that throws", Kind, throws({ kind: "A" }, "value"), THREW, "$::A"],
    ["a payload of a payload", Kind, { kind: "B", value: { x: -1 } }, RANGE, "$::B.x"],
    ["a length that throws", list(u32), throws([], "length"), THREW, "$"],
    ["a negative length", list(u32), new Proxy([], { get: () => -1 }), MISMATCH, "$"],
    ["a length that is text", tuple(u32), new Proxy([], { get: () => "1" }), MISMATCH, "$"],
    ["a value by a number", map(u32, u32), new Map([[7, ""]]), MISMATCH, '$["7"]'],
    ["a value by a bigint", map(scalar("u64"), u32), new Map([[7n, ""]]), MISMATCH, '$["7"]'],
    ["a value by a bool", map(scalar("bool"), u32), new Map([[true, ""]]), MISMATCH, '$["true"]'],
    ["an object as a key", map(str, u32), new Map([[{}, 1]]), MISMATCH, '$["?"]'],
    ["any: a length that throws", ANY, [throws([], "length")], THREW, "$[0]"],
    ["any: an element that throws", ANY, throws([1], "0"), THREW, "$[0]"],
    ["any: a property that throws", ANY, throws({ a: 1 }, "a"), THREW, '$["a"]'],
    ["any: keys that throw", ANY, new Proxy({}, { ownKeys: () => Reflect.ownKeys(0 as never) }), THREW, "$"],
    ["any: a simple value that CBOR keeps for itself", ANY, [new Simple(24)], RANGE, "$[0]"],
    ["any: a simple value too large", ANY, [new Simple(256)], RANGE, "$[0]"],
    ["any: an extension type too large", ANY, [new Extension(128, new Uint8Array())], RANGE, "$[0]"],
    ["any: an extension without bytes", ANY, new Extension(1, "" as never), MISMATCH, "$"],
    ["any: half a tag", ANY, new Tagged(0.5, 1), MISMATCH, "$"],
    ["any: a tag below zero", ANY, new Tagged(-1n, 1), RANGE, "$"],
    ["any: a symbol in a tag", ANY, new Tagged(1, Symbol()), MISMATCH, "$"],
    ["any: a key that is none", ANY, new Map([[Symbol(), 1]]), MISMATCH, '$["?"]'],
    ["any: nested arrays", ANY, deep(70, (inner) => [inner]), DEPTH, ""],
    ["any: nested objects", ANY, deep(70, (inner) => ({ a: inner })), DEPTH, ""],
    ["any: nested tags", ANY, deep(70, (inner) => new Tagged(1, inner)), DEPTH, ""],
  ])("%s", (_, node, value, code, path) => {
    const it = trySubject(node, format);
    if (it === undefined) return expect(`${format} ${node.kind}`).toBe("postcard any");
    const result = it.codec.tryEncode(value);
    expect(result).toMatchObject({ status: "error", code, ...(path === "" ? {} : { path }) });
    return undefined;
  });

  test("undefined is a unit", () => {
    const { codec } = subject(list(scalar("unit")), format);
    expect(codec.decode(codec.encode([undefined, null]))).toEqual([null, null]);
  });

  test("a NaN is one NaN, wherever it comes from", () => {
    if (format === "json")
      return expect(subject(f64, "json").codec.tryEncode(Number.NaN).status).toBe("error");
    const odd = new Float64Array(new BigUint64Array([0xfff8_0000_0000_1234n]).buffer);
    const { codec } = subject(list(f64, true), format);
    return expect(codec.encode(odd)).toEqual(codec.encode(Float64Array.of(Number.NaN)));
  });
});

test("digits of a bigint in any", () => {
  const { codec } = subject(ANY, "cbor", { maxNumberDigits: 40 });
  expect(codec.tryEncode(10n ** 30n).status).toBe("ok");
  expect(codec.tryEncode([10n ** 60n])).toMatchObject({ code: "resource.digit_limit", path: "$[0]" });
});

describe("skipIf", () => {
  const dflt = <T>(value: T) => ({ default: { value: value as never } });
  const text = (node: Node, value: unknown) => {
    const { codec } = subject(node, "json");
    return new TextDecoder().decode(codec.encode(value));
  };
  test.each<[string, Node, readonly (readonly [value: unknown, json: string])[]]>([
    [
      "zero",
      struct({ a: attr(u32, { skipIf: "zero", ...dflt(0) }) }),
      [
        [0, "{}"],
        [1, '{"a":1}'],
        [-0, "{}"],
      ],
    ],
    [
      "zero of 64 bits",
      struct({ a: attr(scalar("i64"), { skipIf: "zero", ...dflt(0n) }) }),
      [
        [0n, "{}"],
        [-1n, '{"a":-1}'],
      ],
    ],
    [
      "zero, double",
      struct({ a: attr(f64, { skipIf: "zero", ...dflt(0) }) }),
      [
        [0, "{}"],
        [0.5, '{"a":0.5}'],
      ],
    ],
    [
      "default of an option, null",
      struct({ a: attr(option(u32), { skipIf: "default", ...dflt(null) }) }),
      [
        [null, "{}"],
        [1, '{"a":1}'],
      ],
    ],
    [
      "default of an option, a value",
      struct({ a: attr(option(u32), { skipIf: "default", ...dflt(5) }) }),
      [
        [null, '{"a":null}'],
        [5, "{}"],
        [6, '{"a":6}'],
      ],
    ],
    [
      "empty, where nothing is there",
      struct({ a: attr(option(str), { skipIf: "empty", ...dflt("") }) }),
      [
        [null, '{"a":null}'],
        ["", "{}"],
        ["é", '{"a":"é"}'],
      ],
    ],
    [
      "empty bytes",
      struct({ a: attr(scalar("bytes"), { skipIf: "empty", ...dflt(new Uint8Array()) }) }),
      [
        [new Uint8Array(), "{}"],
        [new Uint8Array(1), '{"a":"AA=="}'],
      ],
    ],
  ])("%s", (_, node, rows) => {
    for (const [a, json] of rows) expect(text(node, { a })).toBe(json);
  });
});
