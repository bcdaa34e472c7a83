// Documents nobody's encoder wrote: other orders, names and spellings of values of a shape, what is absent, unknown or
// twice. They reach the instructions that the documents of the corpus do not.

import type { FormatName } from "../../src/serde/ir/ops.ts";
import type { Constant, Node } from "../../src/serde/shape/node.ts";
import { unhex, utf8 } from "./kit/show.ts";
import {
  attr,
  enumOf,
  f64,
  list,
  map,
  Order,
  option,
  scalar,
  str,
  struct,
  tuple,
  u32,
  variant,
} from "./nodes.ts";

export interface Documents {
  readonly name: string;
  readonly format: FormatName;
  readonly node: Node;
  /** Texts in JSON, hex in binary formats. */
  readonly good: readonly string[];
  readonly bad: readonly string[];
}

const dflt = (value: Constant) => ({ default: { value } });
const Event = {
  Dot: undefined,
  Move: struct({ x: f64, y: f64 }),
  Say: struct({ text: str, to: option(str) }),
};

export const DOCUMENTS: readonly Documents[] = [
  {
    name: "fields in any order, unknown ones between",
    format: "json",
    node: Order,
    good: [
      '{"lines":[{"price":1e2,"qty":3,"sku":"a"}],"note":"n","customer":"c","id":1}',
      ' { "x" : [ 1 , { "y" : [ ] } ] , "id" : 1 , "customer" : "\\u00e9\\n" , "lines" : [ ] , "z" : -0.5e-3 } ',
      '{"\\u0069d":7,"customer":"\\ud83d\\ude00","note":null,"lines":[],"note2":true}',
    ],
    bad: [
      '{"id":1,"id":2,"customer":"","lines":[]}',
      '{"id":1,"lines":[]}',
      '{"id":1,"customer":"","lines":[{"sku":"","qty":1}]}',
      '{"id":1,"customer":"","lines":[],"x":[1,]}',
      '{"id":1,"customer":"","lines":[]}{}',
    ],
  },
  {
    name: "what is absent",
    format: "json",
    node: struct({
      a: attr(u32, dflt(5)),
      b: attr(option(u32), dflt(6)),
      c: attr(str, dflt("plain")),
      d: attr(str, dflt("é")),
      e: attr(list(str), dflt(["x", "é", ""])),
      f: attr(option(struct({ g: str })), dflt({ g: "deep" })),
      h: option(str),
      i: attr(map(str, u32), dflt(new Map([["k", 1]]))),
      j: attr(scalar("u64"), { skipDecode: true, ...dflt(9n) }),
      k: attr(enumOf(Event), dflt({ kind: "Move", value: { x: 1, y: -0 } })),
    }),
    good: ["{}", '{"a":1}', '{"b":null,"c":"z","e":[],"j":4}', '{"k":"Dot","f":null,"i":{},"h":"h"}'],
    bad: ['{"a":null}', '{"j":}', '{"k":"Dot","k":"Dot"}'],
  },
  ...(["reject", "first", "last"] as const).map(
    (duplicate): Documents => ({
      name: `a field twice: ${duplicate}`,
      format: "json",
      node: struct(
        { a: u32, b: attr(option(list(u32)), { aliases: ["bb", "é"] }) },
        { duplicate, denyUnknown: true },
      ),
      good: [
        '{"a":1,"b":[1]}',
        '{"é":[2],"a":1}',
        ...(duplicate === "reject" ? [] : ['{"a":1,"a":2}', '{"a":1,"bb":[1],"b":null}']),
      ],
      bad: [
        '{"a":1,"c":1}',
        '{"b":[]}',
        ...(duplicate === "reject"
          ? ['{"a":1,"bb":[1],"b":[2]}']
          : duplicate === "last"
            ? ['{"a":1,"a":""}']
            : []),
      ],
    }),
  ),
  {
    name: "external variants",
    format: "json",
    node: list(
      enumOf([
        variant("A", undefined, { aliases: ["a"] }),
        variant("B", u32),
        variant("Else", undefined, { other: true }),
      ]),
    ),
    good: ['["A","a",{"A":null},{"B":1},"Z",{"Z":[1,{"q":2}]}]', "[]"],
    bad: ['[{"B":1,"A":null}]', "[{}]", '[{"B":1,}]', "[1]"],
  },
  {
    name: "internal variants",
    format: "json",
    node: list(enumOf(Event, { style: "internal", tag: "type" })),
    good: [
      '[{"type":"Dot"},{"x":1,"type":"Move","y":2},{"to":null,"q":[{"type":"Dot"}],"text":"t","type":"Say"}]',
    ],
    bad: [
      '[{"x":1}]',
      '[{"type":"What"}]',
      '[{"type":"Move","x":1}]',
      '[{"type":1}]',
      '[{"type":"Dot","type":"Dot"}]',
    ],
  },
  {
    name: "adjacent variants",
    format: "json",
    node: list(enumOf({ ...Event, N: u32 }, { style: "adjacent", tag: "t", content: "c" })),
    good: ['[{"t":"Dot"},{"t":"Dot","c":null},{"c":{"x":1,"y":2},"t":"Move"},{"q":1,"c":5,"t":"N"}]'],
    bad: ['[{"c":5}]', '[{"t":"N"}]', '[{"c":{},"t":"N"}]', '[{"t":"N","c":1,"c":2}]'],
  },
  {
    name: "untagged variants",
    format: "json",
    node: list(
      enumOf(
        {
          Nil: scalar("unit"),
          Off: undefined,
          Byte: scalar("u8"),
          Long: scalar("i64"),
          Real: f64,
          Text: str,
          Url: struct({ url: str }),
          Git: struct({ url: str, branch: str }),
        },
        { style: "untagged" },
      ),
    ),
    good: ['[null,"Off",0,255,256,-1,1.0,1e2,"s",{"url":"u"},{"branch":"b","url":"u"},{"z":0,"url":"u"}]'],
    bad: ["[true]", "[[]]", "[{}]", '[{"branch":"b"}]', "[1e999]", "[1e]"],
  },
  {
    name: "flattened parts",
    format: "json",
    node: struct({
      id: u32,
      in: attr(struct({ b: u32, c: option(str) }), { flatten: true }),
    }),
    good: ['{"b":2,"id":1}', '{"c":null,"id":1,"x":[{}],"b":2}'],
    bad: ['{"id":1}', '{"id":1,"b":2,"b":3}'],
  },
  {
    name: "a flattened map",
    format: "json",
    node: struct({ id: u32, rest: attr(map(str, list(u32), { js: "record" }), { flatten: true }) }),
    good: ['{"id":1}', '{"k":[1],"id":1,"__proto__":[2,3],"l":[]}'],
    bad: ["{}", '{"id":1,"k":1}', '{"id":1,"k":[1,"x"]}'],
  },
  {
    name: "keys of maps",
    format: "json",
    node: tuple(
      map(str, u32),
      map(scalar("i64"), u32),
      map(scalar("bool"), u32, { duplicate: "reject" }),
      map(enumOf({ A: undefined, B: undefined }), u32),
      map(scalar("char"), u32),
    ),
    good: [
      '[{"a":1,"b":2,"a":3},{"-1":1,"9":2},{"true":1},{"B":1,"A":2},{"\\n":1,"😀":2}]',
      "[{},{},{},{},{}]",
    ],
    bad: [
      '[{},{"01":1},{},{},{}]',
      '[{},{"-0":1},{},{},{}]',
      '[{},{},{"true":1,"true":2},{},{}]',
      '[{},{},{},{"C":1},{}]',
      '[{},{},{},{},{"ab":1}]',
    ],
  },
  {
    name: "text and bytes",
    format: "json",
    node: tuple(
      list(str),
      scalar("bytes"),
      scalar("bytes", { text: "hex" }),
      scalar("bytes", { text: "array" }),
      scalar("char"),
    ),
    good: [
      '[["a\\/b","\\"\\\\","\\u0000","é\\u00e9","\\ud83d\\ude00😀"],"AAEC","0fFF",[0,255],"\\u20ac"]',
      '[[],"","",[],"a"]',
      '[["plain",""],"\\u0041A==","00",[ 1 , 2 ],"\\u0061"]',
    ],
    bad: [
      '[["\\ud800"],"","",[],"a"]',
      '[["\\x"],"","",[],"a"]',
      '[["\u0001"],"","",[],"a"]',
      '[[],"A","",[],"a"]',
      '[[],"AB==","",[],"a"]',
      '[[],"","0",[],"a"]',
      '[[],"","",[256],"a"]',
      '[[],"","",[],"ab"]',
    ],
  },
  {
    name: "numbers",
    format: "json",
    node: tuple(
      scalar("u8"),
      scalar("i32"),
      scalar("u64"),
      scalar("i64"),
      scalar("u64", { js: "number" }),
      f64,
      scalar("f32"),
    ),
    good: [
      "[0,-0,0,-9223372036854775808,9007199254740991,-0,1e-50]",
      "[255,-2147483648,18446744073709551615,9223372036854775807,0,1.7976931348623157e308,16777217]",
      "[1,2,3,4,5,0.1e1,123456789012345678901234567890]",
    ],
    bad: [
      "[256,0,0,0,0,0,0]",
      "[-1,0,0,0,0,0,0]",
      "[1.0,0,0,0,0,0,0]",
      "[0,1e2,0,0,0,0,0]",
      "[0,0,18446744073709551616,0,0,0,0]",
      "[0,0,0,0,9007199254740992,0,0]",
      "[0,0,0,0,0,1e309,0]",
      "[0,0,0,0,0,0,1e39]",
      "[00,0,0,0,0,0,0]",
      "[0,0,0,0,0,.5,0]",
    ],
  },
  {
    name: "a fallback that takes what it does not know",
    format: "msgpack",
    node: list(enumOf([variant("A", u32), variant("Else", undefined, { other: true })])),
    good: ["93 81a14105 81a15a9301c0a178 a15a", "90"],
    bad: ["91 81a15ac1", "91 81a1419200", "91 80", "91"],
  },
  {
    name: "a fallback that takes what it does not know, in CBOR",
    format: "cbor",
    node: list(enumOf([variant("A", u32), variant("Else", undefined, { other: true })])),
    good: ["83 a1614105 bf615a9f01f66178ffff 615a", "9fff", "81 a1615ac2425f00"],
    bad: ["81 a1615a1c", "81 a1614180", "81 a0", "81"],
  },
  {
    name: "varints longer than they need be",
    format: "postcard",
    node: tuple(u32, scalar("u64"), scalar("i16"), str, list(u32), option(u32)),
    good: ["8000 80808000 8100 8000 8000 00", "00 00 00 0161 02 01 8200 01 ffffffff0f"],
    bad: [
      "8080808010 00 00 00 00 00",
      "808080808000 00 00 00 00 00",
      "00 ffffffffffffffffff02 00 00 00 00",
      "00 00 8080808000 00 00 00",
      "00 00 00 02ff61 00 00",
      "00 00 00 00 00 02",
      "00 00 00 00 ffffffff0f 00",
      "00 00 00 00 00 00 00",
    ],
  },
];

export const documentBytes = (format: FormatName, text: string): Uint8Array =>
  format === "json" ? utf8(text) : unhex(text);
