// Defaults of every kind of shape: what decodes from nothing is the default, cell by cell, also where a box, an option or
// a list stands between; and what a format refuses to flatten.

import { describe, expect, test } from "vitest";
import { Tagged } from "../../src/serde/shape/any.ts";
import type { Constant, Node } from "../../src/serde/shape/node.ts";
import { show, utf8 } from "./kit/show.ts";
import { subject, trySubject } from "./kit/subject.ts";
import {
  attr,
  enumOf,
  f64,
  list,
  map,
  option,
  recursive,
  scalar,
  set,
  str,
  struct,
  tuple,
  u32,
} from "./nodes.ts";

const wide = (count: number, node: Node) =>
  struct(Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, node])));
const wideValue = (count: number, value: Constant) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, value]));
const any: Node = { kind: "any" };
const Linked = recursive((self) => struct({ v: str, next: option(self) }));

const EMPTY = {
  json: utf8("[{},{}]"),
  msgpack: Uint8Array.of(0x92, 0x80, 0x80),
  cbor: Uint8Array.of(0x82, 0xa0, 0xa0),
};

describe.each(Object.keys(EMPTY) as (keyof typeof EMPTY)[])("%s", (format) => {
  test.each<[string, Node, Constant]>([
    ["tuple", tuple(u32, str, f64), [1, "é", -0]],
    ["option of a tuple", option(tuple(str)), ["x"]],
    ["options, there and not", tuple(option(str), option(str)), [null, "y"]],
    ["option in a list", list(option(str)), [null, "a", null, "é"]],
    ["boxed struct", wide(80, str), wideValue(80, "t")],
    ["option of a boxed struct", option(wide(80, u32)), wideValue(80, 7)],
    ["boxes in a list", list(wide(80, str)), [wideValue(80, "a"), wideValue(80, "é")]],
    ["recursive", Linked, { v: "a", next: { v: "é", next: null } }],
    [
      "map",
      map(str, list(str)),
      new Map([
        ["k", ["a", "b"]],
        ["é", []],
      ]),
    ],
    ["set", set(str), new Set(["a", "é"])],
    ["bytes", list(scalar("bytes")), [Uint8Array.of(1, 2), new Uint8Array()]],
    [
      "enum with a boxed payload",
      enumOf({ A: undefined, B: wide(80, str) }),
      { kind: "B", value: wideValue(80, "q") },
    ],
    [
      "struct with a part that is not written",
      struct({ a: attr(str, { skipEncode: true, skipDecode: true, default: { value: "own" } }), b: str }),
      { a: "own", b: "x" },
    ],
  ])("%s", (_, node, value) => {
    const { codec } = subject(list(struct({ a: attr(node, { default: { value } }) })), format);
    expect(show(codec.decode(EMPTY[format]))).toBe(show([{ a: value }, { a: value }]));
  });

  test.each<[string, Node]>([
    [
      "an enum of numbers",
      struct({ e: attr(enumOf({ A: undefined }, { style: "numeric" }), { flatten: true }) }),
    ],
    ["a list", struct({ e: attr(list(u32), { flatten: true }) })],
    [
      "a second map",
      struct({ a: attr(map(str, u32), { flatten: true }), b: attr(map(str, u32), { flatten: true }) }),
    ],
    [
      "a map beside one of a variant",
      struct({
        e: attr(
          enumOf(
            { A: struct({ m: attr(map(str, u32), { flatten: true }) }) },
            { style: "internal", tag: "t" },
          ),
          { flatten: true },
        ),
        m: attr(map(str, u32), { flatten: true }),
      }),
    ],
    ["lists of any length", enumOf({ A: list(u32), B: list(str) }, { style: "untagged" })],
    [
      "a number beside a tag, among other keys",
      struct({ e: attr(enumOf({ A: u32 }, { style: "internal", tag: "t" }), { flatten: true }), z: u32 }),
    ],
    [
      "too many combinations",
      struct(
        Object.fromEntries(
          Array.from({ length: 5 }, (_, i) => [
            `e${i}`,
            attr(enumOf(Object.fromEntries(Array.from({ length: 12 }, (_, j) => [`V${i} ${j}`, u32]))), {
              flatten: true,
            }),
          ]),
        ),
      ),
    ],
    [
      "more variants than can be told apart",
      enumOf(
        Object.fromEntries(Array.from({ length: 1100 }, (_, i) => [`V${i}`, struct({ [`k${i}`]: u32 })])),
        { style: "untagged" },
      ),
    ],
  ])("refuses to flatten, or to tell apart, %s", (_, node) => {
    expect(trySubject(node, format)).toBeUndefined();
  });
});

test("postcard tells nothing apart", () => {
  expect(trySubject(enumOf({ A: u32, B: str }, { style: "untagged" }), "postcard")).toBeUndefined();
});

test("hundreds of variants are told apart by their keys, and fit in the order they stand in", () => {
  const names = Array.from({ length: 300 }, (_, i) => `v${i}`);
  const objects = enumOf(Object.fromEntries(names.map((name) => [name, struct({ [name]: u32 })])), {
    style: "untagged",
  });
  const decode = (node: Node, text: string) => subject(node, "json").codec.decode(utf8(text));
  expect(decode(objects, '{"v217":3}')).toEqual({ kind: "v217", value: { v217: 3 } });
  const numbers = enumOf(Object.fromEntries(names.map((name) => [name, u32])), { style: "untagged" });
  expect(decode(numbers, "5")).toEqual({ kind: "v0", value: 5 });
});

test("a default of any keeps its tags", () => {
  const value = new Tagged(7, ["é", new Map([[1, new Tagged(1, "x")]])]) as unknown as Constant;
  const node = struct({ a: attr(any, { default: { value } }) });
  for (const format of ["cbor", "msgpack", "json"] as const) {
    const { codec } = subject(node, format);
    const empty = format === "json" ? utf8("{}") : Uint8Array.of(format === "cbor" ? 0xa0 : 0x80);
    expect(show(codec.decode(empty))).toBe(show({ a: value }));
  }
});

test("postcard leaves a field that nobody writes to its default", () => {
  const node = struct({
    a: attr(str, { skipEncode: true, skipDecode: true, default: { value: "é" } }),
    b: u32,
  });
  const { codec } = subject(node, "postcard");
  expect(codec.encode({ a: "other", b: 5 })).toEqual(Uint8Array.of(5));
  expect(codec.decode(Uint8Array.of(5))).toEqual({ a: "é", b: 5 });
});
