// Shapes with values and, where one is worth pinning, the JSON they are written as. Every format round-trips them.

import { Extension, Simple, Tagged } from "../../src/serde/shape/any.ts";
import type { Constant, Node } from "../../src/serde/shape/node.ts";
import {
  array,
  attr,
  enumOf,
  f64,
  list,
  map,
  newtype,
  Order,
  option,
  recursive,
  scalar,
  set,
  str,
  struct,
  tuple,
  u32,
  variant,
} from "./nodes.ts";

export interface Case {
  readonly name: string;
  readonly node: Node;
  readonly values: readonly unknown[];
  /** Of the first value. */
  readonly json?: string;
  /** Formats that cannot carry it. */
  readonly not?: readonly string[];
}

const dflt = (value: Constant) => ({ default: { value } });
const wide = (count: number, node: Node) =>
  struct(Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, node])));
const wideValue = (count: number, value: (i: number) => unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, value(i)]));

const Tree = recursive((self) => struct({ v: u32, kids: list(self) }));
const Linked = recursive((self) => struct({ v: u32, next: option(self) }));
const Expr = recursive((self) =>
  enumOf({ Num: f64, Neg: self, Add: tuple(self, self), Call: struct({ f: str, args: list(self) }) }),
);
const Point = struct({ x: f64, y: f64 });
const Shape = {
  Dot: undefined,
  Circle: struct({ r: f64 }),
  Box: struct({ a: Point, b: Point, name: option(str) }),
};
const shapes = [
  { kind: "Dot" },
  { kind: "Circle", value: { r: 2 } },
  { kind: "Box", value: { a: { x: 1, y: 2 }, b: { x: 3, y: 4 }, name: null } },
  { kind: "Box", value: { a: { x: 1, y: 2 }, b: { x: 3, y: 4 }, name: "é" } },
];
const Shared = struct({
  a: u32,
  b: str,
  c: list(u32),
  d: option(str),
  e: Point,
  f: tuple(u32, str, f64, f64, str),
});
const shared = { a: 1, b: "x", c: [1, 2], d: null, e: { x: 1, y: 2 }, f: [1, "a", 2, 3, "b"] };

const Flags = wide(30, scalar("bool"));

export const CORPUS: readonly Case[] = [
  { name: "unit", node: scalar("unit"), values: [null], json: "null" },
  { name: "bool", node: scalar("bool"), values: [true, false], json: "true" },
  { name: "u8", node: scalar("u8"), values: [0, 9, 10, 127, 128, 255] },
  { name: "u16", node: scalar("u16"), values: [0, 127, 128, 16383, 16384, 65535] },
  { name: "u32", node: u32, values: [0, 1, 99, 100, 999_999_999, 1_000_000_000, 2 ** 31, 2 ** 32 - 1] },
  { name: "i8", node: scalar("i8"), values: [0, -1, 127, -128] },
  { name: "i16", node: scalar("i16"), values: [0, -1, 32767, -32768] },
  { name: "i32", node: scalar("i32"), values: [0, -1, -10, 2 ** 31 - 1, -(2 ** 31)] },
  {
    name: "u64",
    node: scalar("u64"),
    values: [0n, 1n, 2n ** 32n, 2n ** 53n, 2n ** 53n + 1n, 999_999_999_999_999n, 2n ** 64n - 1n],
  },
  {
    name: "i64",
    node: scalar("i64"),
    values: [0n, -1n, -(2n ** 32n), 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)],
  },
  { name: "u53", node: scalar("u64", { js: "number" }), values: [0, 2 ** 32, 2 ** 53 - 1] },
  {
    name: "i53",
    node: scalar("i64", { js: "number" }),
    values: [0, -1, -(2 ** 32), 2 ** 53 - 1, 1 - 2 ** 53],
  },
  {
    name: "f64",
    node: f64,
    values: [
      0,
      -0,
      1.5,
      -1.5,
      0.1,
      1e21,
      1e-7,
      5e-324,
      1.7976931348623157e308,
      123456789.123,
      2 ** 53,
      -(2 ** 60),
    ],
  },
  {
    name: "f32",
    node: scalar("f32"),
    values: [0, -0, 1.5, Math.fround(0.1), Math.fround(3.4e38), 2 ** -149],
  },
  { name: "char", node: scalar("char"), values: ["a", '"', "\\", "\n", "\0", "é", "€", "😀"], json: '"a"' },
  {
    name: "string",
    node: str,
    values: [
      "",
      "abc",
      'a"b\\c',
      "\u0000\u001f\n\t",
      "é",
      "€uro",
      "😀",
      "a😀b",
      "x".repeat(41),
      "é".repeat(300),
      "\u2028",
    ],
  },
  {
    name: "bytes",
    node: scalar("bytes"),
    values: [bytes(), bytes(0), bytes(1, 2), bytes(255, 254, 253)],
    json: '""',
  },
  {
    name: "bytes as hex",
    node: scalar("bytes", { text: "hex" }),
    values: [bytes(0x0f, 0xff)],
    json: '"0fff"',
  },
  {
    name: "bytes as numbers",
    node: scalar("bytes", { text: "array" }),
    values: [bytes(1, 255, 0), bytes()],
    json: "[1,255,0]",
  },
  { name: "newtype", node: newtype(newtype(u32)), values: [5], json: "5" },
  { name: "option at the root", node: option(u32), values: [null, 5], json: "null" },
  {
    name: "undefined option",
    node: struct({ a: option(u32, "undefined") }),
    values: [{ a: undefined }, { a: 1 }],
  },
  {
    name: "option of option",
    node: option(option(u32, "undefined")),
    values: [null, undefined, 5],
    not: ["json", "msgpack", "cbor"],
  },
  {
    name: "option of unit",
    node: list(option(scalar("unit"), "undefined")),
    values: [[undefined, null], [null]],
    not: ["json", "msgpack", "cbor"],
  },
  {
    name: "list of options",
    node: list(option(str)),
    values: [[null, "a", null, "é"]],
    json: '[null,"a",null,"é"]',
  },
  { name: "empty struct", node: struct({}), values: [{}], json: "{}" },
  { name: "empty tuple", node: tuple(), values: [[]], json: "[]" },
  {
    name: "order",
    node: Order,
    values: [
      { id: 1, customer: "Ann", note: null, lines: [] },
      { id: 2, customer: "Zoë", note: "x", lines: [{ sku: "a", qty: 1, price: 0.5 }] },
    ],
    json: '{"id":1,"customer":"Ann","note":null,"lines":[]}',
  },
  {
    name: "nested structs",
    node: struct({ p: Point, q: struct({ r: Point }) }),
    values: [{ p: { x: 1, y: 2 }, q: { r: { x: 3, y: 4 } } }],
  },
  {
    name: "tuple",
    node: tuple(u32, option(str), tuple(f64)),
    values: [
      [1, null, [2]],
      [1, "a", [0.25]],
    ],
    json: "[1,null,[2]]",
  },
  { name: "array", node: array(u32, 3), values: [[1, 2, 3]], json: "[1,2,3]" },
  { name: "empty array", node: array(u32, 0), values: [[]], json: "[]" },
  { name: "list", node: list(u32), values: [[], [1], Array.from({ length: 2000 }, (_, i) => i)], json: "[]" },
  { name: "list of units", node: list(scalar("unit")), values: [[], [null, null]] },
  { name: "lists of lists", node: list(list(list(u32))), values: [[], [[]], [[[1], []], [], [[2, 3], [4]]]] },
  { name: "typed f64", node: list(f64, true), values: [new Float64Array([1, 0.5, -0])] },
  { name: "typed f32", node: list(scalar("f32"), true), values: [new Float32Array([1, 0.1])] },
  { name: "typed u8", node: list(scalar("u8"), true), values: [new Uint8Array([1, 255])] },
  { name: "typed i16", node: array(scalar("i16"), 2, true), values: [new Int16Array([-1, 32767])] },
  { name: "typed u32", node: list(u32, true), values: [new Uint32Array([0, 2 ** 32 - 1])] },
  { name: "typed u64", node: list(scalar("u64"), true), values: [new BigUint64Array([0n, 2n ** 64n - 1n])] },
  { name: "typed i64", node: list(scalar("i64"), true), values: [new BigInt64Array([-1n, 5n])] },
  { name: "set", node: set(str), values: [new Set(), new Set(["a", "é", "b"])], json: "[]" },
  {
    name: "map",
    node: map(str, u32),
    values: [
      new Map(),
      new Map([
        ["a", 1],
        ["é", 2],
        ["", 3],
      ]),
    ],
    json: "{}",
  },
  {
    name: "map of structs",
    node: map(str, Point),
    values: [new Map([["a", { x: 1, y: 2 }]])],
    json: '{"a":{"x":1,"y":2}}',
  },
  {
    name: "int keys",
    node: map(scalar("i32"), str),
    values: [
      new Map([
        [-5, "a"],
        [7, "b"],
      ]),
    ],
    json: '{"-5":"a","7":"b"}',
  },
  { name: "u64 keys", node: map(scalar("u64"), str), values: [new Map([[2n ** 64n - 1n, "a"]])] },
  {
    name: "bool keys",
    node: map(scalar("bool"), u32),
    values: [
      new Map([
        [true, 1],
        [false, 0],
      ]),
    ],
    json: '{"true":1,"false":0}',
  },
  {
    name: "char keys",
    node: map(scalar("char"), u32),
    values: [
      new Map([
        ["é", 1],
        ['"', 0],
      ]),
    ],
    json: '{"é":1,"\\"":0}',
  },
  {
    name: "enum keys",
    node: map(enumOf({ A: undefined, B: undefined }), u32),
    values: [
      new Map([
        ["B", 1],
        ["A", 2],
      ]),
    ],
    json: '{"B":1,"A":2}',
  },
  {
    name: "record",
    node: map(str, list(u32), { js: "record" }),
    values: [{ a: [1], constructor: [2], ["__proto__"]: [3], toString: [] }],
    json: '{"a":[1],"constructor":[2],"__proto__":[3],"toString":[]}',
  },
  {
    name: "hostile names",
    node: struct({ constructor: u32, toString: str, ["th" + "en"]: u32 }),
    values: [{ constructor: 1, toString: "x", ["th" + "en"]: 2 }],
  },
  {
    name: "unit enum",
    node: enumOf({ Red: undefined, Green: undefined }),
    values: ["Red", "Green"],
    json: '"Red"',
  },
  {
    name: "external enum",
    node: enumOf({ ...Shape, New: u32, Pair: tuple(u32, str) }),
    values: [...shapes, { kind: "New", value: 5 }, { kind: "Pair", value: [1, "a"] }],
    json: '"Dot"',
  },
  {
    name: "internal enum",
    node: enumOf(Shape, { style: "internal", tag: "type" }),
    values: shapes,
    json: '{"type":"Dot"}',
  },
  {
    name: "adjacent enum",
    node: enumOf({ ...Shape, N: u32 }, { style: "adjacent", tag: "t", content: "c" }),
    values: [...shapes, { kind: "N", value: 1 }],
    json: '{"t":"Dot"}',
  },
  {
    name: "numeric enum",
    node: enumOf(
      [variant("Lo", undefined, { discriminant: 1 }), variant("Hi", undefined, { discriminant: 200 })],
      { style: "numeric" },
    ),
    values: ["Lo", "Hi"],
    json: "1",
  },
  {
    name: "untagged enum",
    node: enumOf(
      {
        Nil: scalar("unit"),
        None: undefined,
        Small: scalar("u8"),
        Big: scalar("i64"),
        Real: f64,
        Word: enumOf({ On: undefined, Off: undefined }),
        Text: str,
        Flag: scalar("bool"),
        Items: list(u32),
        Url: struct({ url: str }),
        Git: struct({ url: str, branch: str }),
      },
      { style: "untagged" },
    ),
    values: [
      { kind: "Nil", value: null },
      { kind: "None" },
      { kind: "Small", value: 200 },
      { kind: "Big", value: 256n },
      { kind: "Big", value: -1n },
      { kind: "Real", value: 0.5 },
      { kind: "Word", value: "Off" },
      { kind: "Text", value: "on" },
      { kind: "Flag", value: true },
      { kind: "Items", value: [1] },
      { kind: "Url", value: { url: "u" } },
      { kind: "Git", value: { url: "u", branch: "b" } },
    ],
    json: "null",
    not: ["postcard"],
  },
  { name: "list of enums", node: list(enumOf(Shape, { style: "internal", tag: "type" })), values: [shapes] },
  {
    name: "any",
    node: { kind: "any" },
    values: [
      { a: 1, b: { c: [null, true] }, ["__proto__"]: "é" },
      [null, true, false, 0, -1, 1.5, -0, 1e300, 2 ** 53 - 1, 2n ** 64n - 1n, -(2n ** 63n), "", "x", [], {}],
      "alone",
    ],
    json: '{"a":1,"b":{"c":[null,true]},"__proto__":"é"}',
    not: ["postcard"],
  },
  {
    name: "any of CBOR",
    node: list({ kind: "any" }),
    values: [
      [
        undefined,
        new Tagged(1, [new Tagged(2n ** 60n, "x")]),
        new Simple(16),
        new Simple(255),
        2n ** 70n,
        -(2n ** 64n) - 1n,
        -(2n ** 64n),
        new Map<unknown, unknown>([
          [1, "a"],
          ["b", bytes(1, 2)],
        ]),
      ],
    ],
    not: ["postcard", "json", "msgpack"],
  },
  {
    name: "any of MessagePack",
    node: list({ kind: "any" }),
    values: [[new Extension(5, bytes(1)), new Extension(-1, bytes(1, 2, 3)), new Map([[1, 2]]), bytes(9)]],
    not: ["postcard", "json", "cbor"],
  },
  {
    name: "tree",
    node: Tree,
    values: [
      {
        v: 1,
        kids: [
          { v: 2, kids: [] },
          { v: 3, kids: [{ v: 4, kids: [] }] },
        ],
      },
    ],
  },
  {
    name: "linked list",
    node: Linked,
    values: [
      { v: 1, next: null },
      { v: 1, next: { v: 2, next: { v: 3, next: null } } },
    ],
  },
  {
    name: "expressions",
    node: Expr,
    values: [
      { kind: "Neg", value: { kind: "Num", value: 1 } },
      {
        kind: "Add",
        value: [
          { kind: "Num", value: 1 },
          { kind: "Call", value: { f: "g", args: [{ kind: "Num", value: 2 }] } },
        ],
      },
    ],
  },
  {
    name: "a part used twice",
    node: struct({ a: Shared, b: Shared, c: list(Shared), d: option(Shared) }),
    values: [
      { a: shared, b: shared, c: [shared, shared], d: shared },
      { a: shared, b: shared, c: [], d: null },
    ],
  },
  {
    name: "forty options",
    node: wide(40, option(u32)),
    values: [wideValue(40, (i) => (i % 3 === 0 ? null : i)), wideValue(40, () => null)],
  },
  { name: "two hundred fields", node: wide(200, u32), values: [wideValue(200, (i) => i)] },
  {
    name: "a large part used twice",
    node: struct({ a: Flags, b: list(Flags), c: tuple(Flags) }),
    values: [
      {
        a: wideValue(30, () => true),
        b: [wideValue(30, (i) => i % 2 === 0)],
        c: [wideValue(30, () => false)],
      },
    ],
  },
  {
    name: "long names and many of them",
    node: struct({ ["n".repeat(300)]: u32, ["é".repeat(20)]: str, more: wide(300, scalar("bool")) }),
    values: [{ ["n".repeat(300)]: 1, ["é".repeat(20)]: "x", more: wideValue(300, (i) => i < 9) }],
  },
  {
    name: "a long tuple",
    node: tuple(...Array.from({ length: 300 }, () => scalar("bool"))),
    values: [Array.from({ length: 300 }, (_, i) => i % 3 === 0)],
  },
  {
    name: "numeric enum by position",
    node: enumOf({ A: undefined, B: undefined }, { style: "numeric" }),
    values: ["A", "B"],
    json: "0",
  },
  {
    name: "boxed structs",
    node: struct({ a: option(wide(80, u32)), b: wide(80, u32) }),
    values: [
      { a: null, b: wideValue(80, (i) => i) },
      { a: wideValue(80, (i) => i), b: wideValue(80, (i) => i) },
    ],
  },
  {
    name: "renamed",
    node: struct({ a: attr(u32, { wire: "A-1", aliases: ["b"] }) }),
    values: [{ a: 1 }],
    json: '{"A-1":1}',
  },
  {
    name: "flattened struct",
    node: struct({ a: u32, in: attr(struct({ b: u32, c: option(str) }), { flatten: true }), d: u32 }),
    values: [{ a: 1, in: { b: 2, c: "x" }, d: 3 }],
    json: '{"a":1,"b":2,"c":"x","d":3}',
  },
  {
    name: "flattened map",
    node: struct({ a: u32, more: attr(map(str, u32, { js: "record" }), { flatten: true }), z: option(str) }),
    values: [
      { a: 1, more: {}, z: null },
      { a: 1, more: { x: 1, ["__proto__"]: 2 }, z: "q" },
    ],
    json: '{"a":1,"z":null}',
  },
  {
    name: "only a flattened map",
    node: struct({ more: attr(map(str, list(u32)), { flatten: true }) }),
    values: [{ more: new Map() }, { more: new Map([["k", [1, 2]]]) }],
  },
  {
    name: "flattened option",
    node: struct({
      a: u32,
      page: attr(option(struct({ from: u32, to: option(u32), x: u32, y: u32, w: u32 })), { flatten: true }),
    }),
    values: [
      { a: 1, page: null },
      { a: 1, page: { from: 2, to: null, x: 3, y: 4, w: 5 } },
    ],
    json: '{"a":1}',
  },
  {
    name: "flattened internal enum",
    node: struct({
      id: u32,
      pet: attr(enumOf(Shape, { style: "internal", tag: "type" }), { flatten: true }),
      z: u32,
    }),
    values: shapes.map((pet) => ({ id: 1, pet, z: 2 })),
    json: '{"id":1,"z":2,"type":"Dot"}',
  },
  {
    name: "flattened adjacent enum",
    node: struct({
      id: u32,
      pet: attr(enumOf({ ...Shape, N: list(u32) }, { style: "adjacent", tag: "t", content: "c" }), {
        flatten: true,
      }),
    }),
    values: [...shapes, { kind: "N", value: [1, 2] }].map((pet) => ({ id: 1, pet })),
  },
  {
    name: "flattened external enum",
    node: struct({ id: u32, pet: attr(enumOf({ ...Shape, N: list(u32) }), { flatten: true }) }),
    values: [...shapes, { kind: "N", value: [1, 2] }].map((pet) => ({ id: 1, pet })),
    json: '{"id":1,"Dot":null}',
  },
  {
    name: "flattened external enum with other names",
    node: struct({
      id: u32,
      pet: attr(enumOf([variant("Cat", u32, { aliases: ["cat", "kitty"] }), variant("Dog", str)]), {
        flatten: true,
      }),
    }),
    values: [
      { id: 1, pet: { kind: "Cat", value: 2 } },
      { id: 1, pet: { kind: "Dog", value: "x" } },
    ],
    json: '{"id":1,"Cat":2}',
  },
  {
    name: "two flattened enums",
    node: struct({
      id: u32,
      a: attr(enumOf({ X: struct({ p: u32 }), Y: undefined }, { style: "internal", tag: "a" }), {
        flatten: true,
      }),
      b: attr(
        enumOf({ Url: struct({ url: str }), Git: struct({ url: str, branch: str }) }, { style: "untagged" }),
        {
          flatten: true,
        },
      ),
    }),
    values: [
      { id: 1, a: { kind: "X", value: { p: 1 } }, b: { kind: "Git", value: { url: "u", branch: "b" } } },
      { id: 1, a: { kind: "Y" }, b: { kind: "Url", value: { url: "u" } } },
    ],
    not: ["postcard"],
  },
  {
    name: "left out",
    node: struct({
      a: attr(option(u32), { skipIf: "none" }),
      b: attr(list(u32), { skipIf: "empty", ...dflt([]) }),
      c: attr(u32, { skipIf: "default", ...dflt(5) }),
      d: attr(scalar("bool"), { skipIf: "false", ...dflt(false) }),
      e: attr(str, { skipIf: "empty", ...dflt("") }),
    }),
    values: [
      { a: null, b: [], c: 5, d: false, e: "" },
      { a: 1, b: [1], c: 6, d: true, e: "x" },
      { a: null, b: [1], c: 5, d: false, e: "é" },
    ],
    json: "{}",
    not: ["postcard"],
  },
];

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}
