// Documents that are wrong, or try to be expensive: what each is answered, at which byte, under which path. The same
// answer when they arrive byte by byte.

import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../src/core/errors.ts";
import type { FormatName } from "../../src/serde/ir/ops.ts";
import { createCodec } from "../../src/serde/runtime/codec.ts";
import type { CodecOptions } from "../../src/serde/runtime/options.ts";
import type { Node } from "../../src/serde/shape/node.ts";
import { hex, unhex, utf8 } from "./kit/show.ts";
import {
  array,
  attr,
  enumOf,
  f64,
  list,
  map,
  Order,
  option,
  recursive,
  scalar,
  set,
  str,
  struct,
  tuple,
  u32,
} from "./nodes.ts";

/** Input, code, offset, path. `ok` for what must be accepted. */
type Row = readonly [string | Uint8Array, ErrorCode | "ok", number?, string?];

const P = struct({ a: u32, b: option(str) });
const strict = struct({ a: u32 }, { denyUnknown: true });
const Color = enumOf({ Red: undefined, Blue: undefined, Mix: struct({ r: u32 }) });
const Tagged = enumOf({ A: struct({ x: u32 }), B: undefined }, { style: "internal", tag: "type" });
const Adjacent = enumOf(
  { A: struct({ x: u32 }), B: undefined },
  { style: "adjacent", tag: "t", content: "c" },
);
const Untagged = enumOf(
  { Url: struct({ url: str }), Git: struct({ url: str, branch: str }), Num: u32 },
  { style: "untagged" },
);
const Tree = recursive((self) => struct({ kids: list(self) }));

describe("JSON", () => {
  check("json", "numbers", u32, [
    ["12", "ok"],
    [" \t\r\n12 \n", "ok"],
    ["-0", "ok"],
    ["", "lexical.eof", 0, "$"],
    ["-", "lexical.eof", 1],
    ["-x", "lexical.malformed_number", 1],
    ["01", "lexical.malformed_number", 1],
    ["1.", "lexical.eof", 2],
    ["1.x", "lexical.malformed_number", 2],
    ["1e", "lexical.eof", 2],
    ["1e+]", "lexical.malformed_number", 3],
    ["1.0", "value.type_mismatch", 0],
    ["1e2", "value.type_mismatch", 0],
    ["-1", "value.number_range", 0],
    ["4294967296", "value.number_range", 0],
    ["99999999999999999999999999", "value.number_range", 0],
    [`1${"0".repeat(1000)}`, "resource.digit_limit", 0],
    ["+1", "lexical.unexpected_byte", 0],
    [".5", "lexical.unexpected_byte", 0],
    ["NaN", "lexical.unexpected_byte", 0],
    ["12|345", "lexical.trailing_bytes", 2],
    ["1 2", "lexical.trailing_bytes", 2],
    ["\u00001", "lexical.unexpected_byte", 0],
    ["\ufeff1", "lexical.unexpected_byte", 0],
    ['"1"', "value.type_mismatch", 0],
    ["null", "value.type_mismatch", 0],
  ]);
  check("json", "floats", f64, [
    ["1e400", "value.number_range", 0],
    ["-1e400", "value.number_range", 0],
    ["1e-400", "ok"],
    ["0.1e1", "ok"],
    ["00.5", "lexical.malformed_number", 1],
    ["-.5", "lexical.malformed_number", 1],
  ]);
  check("json", "singles", scalar("f32"), [
    ["3.4028236e38", "value.number_range", 0],
    ["3.4028235e38", "ok"],
  ]);
  check("json", "64 bits", scalar("u64"), [
    ["18446744073709551615", "ok"],
    ["18446744073709551616", "value.number_range", 0],
    ["-1", "value.number_range", 0],
    ["1.5", "value.type_mismatch", 0],
  ]);
  check("json", "53 bits", scalar("i64", { js: "number" }), [
    ["9007199254740991", "ok"],
    ["9007199254740992", "value.number_range", 0],
    ["-9007199254740992", "value.number_range", 0],
  ]);
  check("json", "strings", str, [
    ['"a', "lexical.eof", 2],
    ['"\\', "lexical.eof", 2],
    ['"\\x"', "lexical.malformed_string", 2],
    ['"\\u12', "lexical.eof", 5],
    ['"\\u12g4"', "lexical.malformed_string", 5],
    ['"\\ud800"', "lexical.invalid_unicode", 1],
    ['"\\udc00"', "lexical.invalid_unicode", 1],
    ['"\\ud800\\u0041"', "lexical.invalid_unicode", 1],
    ['"\\ud83d\\ude00"', "ok"],
    ['"\\ud83d\\u', "lexical.eof", 9],
    ['"a\u0001"', "lexical.malformed_string", 2],
    ['"a\u0000"', "lexical.malformed_string", 2],
    ["'a'", "lexical.unexpected_byte", 0],
    [bytes(0x22, 0x80, 0x22), "lexical.invalid_utf8", 1],
    [bytes(0x22, 0xc0, 0x80, 0x22), "lexical.invalid_utf8", 1],
    [bytes(0x22, 0xc3, 0x22), "lexical.invalid_utf8", 2],
    [bytes(0x22, 0xed, 0xa0, 0x80, 0x22), "lexical.invalid_utf8", 2],
    [bytes(0x22, 0xe0, 0x80, 0x80, 0x22), "lexical.invalid_utf8", 2],
    [bytes(0x22, 0xf4, 0x90, 0x80, 0x80, 0x22), "lexical.invalid_utf8", 2],
    [bytes(0x22, 0xf5, 0x80, 0x80, 0x80, 0x22), "lexical.invalid_utf8", 1],
    [bytes(0x22, 0xf0, 0x9f, 0x98), "lexical.eof", 4],
    [bytes(0x22, 0xef, 0xbb, 0xbf, 0x22), "ok"],
  ]);
  check("json", "literals", scalar("bool"), [
    ["tru", "lexical.eof", 3],
    ["trux", "lexical.malformed_literal", 3],
    ["truex", "lexical.trailing_bytes", 4],
    ["null", "value.type_mismatch", 0],
    ["True", "lexical.unexpected_byte", 0],
  ]);
  check("json", "char", scalar("char"), [
    ['""', "value.type_mismatch", 0],
    ['"ab"', "value.type_mismatch", 0],
    ['"\\ud83d\\ude00"', "ok"],
    ['"\\n"', "ok"],
  ]);
  check("json", "base64", scalar("bytes"), [
    ['"AA=="', "ok"],
    ['"AA="', "lexical.malformed_bytes", 4],
    ['"AB=="', "lexical.malformed_bytes", 2],
    ['"A*=="', "lexical.malformed_bytes", 2],
    ['"AA==AA=="', "lexical.malformed_bytes", 3],
    ['"\\u0041\\/8="', "ok"],
    ['"\\u0041\\/9="', "lexical.malformed_bytes", 0],
    ['"é"', "lexical.malformed_bytes", 0],
  ]);
  check("json", "hex", scalar("bytes", { text: "hex" }), [
    ['"0g"', "lexical.malformed_bytes", 2],
    ['"000"', "lexical.malformed_bytes", 4],
    ['"0F"', "ok"],
  ]);
  check("json", "numbers as bytes", scalar("bytes", { text: "array" }), [
    ["[256]", "value.number_range", 1],
    ["[1,]", "lexical.unexpected_byte", 3],
    ["[1 2]", "lexical.expected_comma_or_end", 3],
    ["[1", "lexical.eof", 2],
  ]);
  check("json", "objects", P, [
    ['{"a":1}', "ok"],
    ['{"b":null,"a":1}', "ok"],
    ['{ "a" : 1 , "b" : "x" }', "ok"],
    ['{"\\u0061":1}', "ok"],
    ['{"a":1,"x":{"y":[1,{"z":"\\n"}]},"b":"x"}', "ok"],
    ["{", "lexical.eof", 1, "$"],
    ["{}", "structure.missing_field", 1, "$.a"],
    ['{"b":"x"}', "structure.missing_field", 8, "$.a"],
    ['{"a":1,}', "lexical.expected_key", 7],
    ['{,"a":1}', "lexical.expected_key", 1],
    ['{"a":1 "b":"x"}', "lexical.expected_comma_or_end", 7],
    ['{"a" 1}', "lexical.expected_colon", 5],
    ['{"a":1;}', "lexical.expected_comma_or_end", 6],
    ["{a:1}", "lexical.expected_key", 1],
    ['{"a":1,"a":2}', "structure.duplicate_field", 7, "$.a"],
    ['{"a":1,"\\u0061":2}', "structure.duplicate_field", 7, "$.a"],
    ['{"a":-1}', "value.number_range", 5, "$.a"],
    ['{"a":1,"b":2}', "value.type_mismatch", 11, "$.b"],
    ['{"a":1}}', "lexical.trailing_bytes", 7],
    ["[]", "value.type_mismatch", 0],
    ['{"a":1,"x":[1,]}', "lexical.unexpected_byte", 14],
    ['{"a":1,"x":{"y":1,}}', "lexical.expected_key", 18],
    ['{"a":1,"x":{"y" 1}}', "lexical.expected_colon", 16],
    ['{"a":1,"x":"\u0001"}', "lexical.malformed_string", 12],
    ['{"a":1,"x":01}', "lexical.malformed_number", 12],
    ['{"a":1,"x":nul}', "lexical.malformed_literal", 14],
    ['{"a":1,"x":[1}', "lexical.expected_comma_or_end", 13],
    ['{"a":1,"x":"\\ud800"}', "lexical.invalid_unicode", 12],
  ]);
  check("json", "unknown refused", strict, [
    ['{"a":1,"z":2}', "structure.unknown_field", 7],
    ['{"z":2}', "structure.unknown_field", 1],
  ]);
  check("json", "first wins", struct({ a: u32 }, { duplicate: "first" }), [['{"a":1,"a":"x"}', "ok"]]);
  check("json", "lists", list(u32), [
    ["[]", "ok"],
    ["[ ]", "ok"],
    ["[1,2]", "ok"],
    ["[1,]", "lexical.unexpected_byte", 3, "$[1]"],
    ["[,1]", "lexical.unexpected_byte", 1, "$[0]"],
    ["[1 2]", "lexical.expected_comma_or_end", 3],
    ["[1", "lexical.eof", 2],
    ["[1}", "lexical.expected_comma_or_end", 2],
    ["[1,-1]", "value.number_range", 3, "$[1]"],
    ["{}", "value.type_mismatch", 0],
  ]);
  check("json", "arrays", array(u32, 2), [
    ["[1]", "value.length_mismatch", 2],
    ["[1,2,3]", "value.length_mismatch", 4],
    ["[]", "value.length_mismatch", 1],
  ]);
  check("json", "empty arrays", array(u32, 0), [["[1]", "value.length_mismatch", 1]]);
  check("json", "tuples", tuple(u32, str), [
    ["[]", "value.length_mismatch", 1],
    ["[1]", "value.length_mismatch", 2],
    ['[1,"a",2]', "value.length_mismatch", 6],
    ['[1,"a",]', "value.length_mismatch", 6],
    ['[1 "a"]', "lexical.expected_comma_or_end", 3],
    ["[1,2]", "value.type_mismatch", 3, "$[1]"],
  ]);
  check("json", "empty tuples", tuple(), [["[1]", "value.length_mismatch", 1]]);
  check("json", "maps", map(str, u32), [
    ['{"a":1,"a":2}', "ok"],
    ['{"a":1,}', "lexical.expected_key", 7],
    ['{"a":}', "lexical.unexpected_byte", 5, '$["a"]'],
    ['{"a":"x"}', "value.type_mismatch", 5, '$["a"]'],
    ['{"a b":-1}', "value.number_range", 7, '$["a b"]'],
    ["{1:2}", "lexical.expected_key", 1],
  ]);
  check("json", "maps without duplicates", map(str, u32, { duplicate: "reject" }), [
    ['{"a":1,"\\u0061":2}', "structure.duplicate_key", 17],
    ['{"é":1,"\\u00e9":2}', "structure.duplicate_key", 18],
    [`{${Array.from({ length: 20 }, (_, i) => `"${i % 19}":1`).join()}}`, "structure.duplicate_key", 129],
  ]);
  check("json", "integer keys", map(scalar("i8"), u32), [
    ['{"-128":1}', "ok"],
    ['{"01":1}', "value.bad_key", 1],
    ['{"-0":1}', "value.bad_key", 1],
    ['{"+1":1}', "value.bad_key", 1],
    ['{"1.0":1}', "value.bad_key", 1],
    ['{"":1}', "value.bad_key", 1],
    ['{"128":1}', "value.number_range", 1],
  ]);
  check("json", "external enums", Color, [
    ['"Red"', "ok"],
    ['{"Red":null}', "ok"],
    ['{"Mix":{"r":1}}', "ok"],
    ['"Green"', "structure.unknown_variant", 0],
    ['"Mix"', "structure.unknown_variant", 0],
    ['{"Green":1}', "structure.unknown_variant", 1],
    ["{}", "structure.missing_tag", 1],
    ['{"Mix":{"r":1},"Red":null}', "structure.unknown_field", 15],
    ['{"Mix":{"r":-1}}', "value.number_range", 12, "$::Mix.r"],
    ["1", "value.type_mismatch", 0],
  ]);
  check("json", "internal tags", Tagged, [
    ['{"x":1,"type":"A"}', "ok"],
    ['{"type":"A","x":1}', "ok"],
    ['{"type":"B"}', "ok"],
    ['{"y":[{}],"type":"B","z":1}', "ok"],
    ['{"x":1}', "structure.missing_tag", 6],
    ["{}", "structure.missing_tag", 1],
    ['{"type":"C"}', "structure.unknown_variant", 8],
    ['{"type":1}', "value.type_mismatch", 8],
    ['{"type":"A"}', "structure.missing_field", 11, "$::A.x"],
    ['{"type":"A","type":"B","x":1}', "structure.duplicate_field", 12, "$::A.type"],
    ['{"type":"A","x":-1}', "value.number_range", 16, "$::A.x"],
    ['{"x":1 "type":"A"}', "lexical.expected_comma_or_end", 7],
    ["[]", "value.type_mismatch", 0],
  ]);
  check("json", "adjacent tags", Adjacent, [
    ['{"c":{"x":1},"t":"A"}', "ok"],
    ['{"t":"A","c":{"x":1}}', "ok"],
    ['{"t":"B"}', "ok"],
    ['{"t":"B","c":null}', "ok"],
    ['{"t":"A"}', "structure.missing_field", 8, "$::A.c"],
    ['{"c":{"x":1}}', "structure.missing_tag", 12],
    ['{"t":"Bogus","c":{}}', "structure.unknown_variant", 5],
    ['{"t":"A","c":{"x":-1}}', "value.number_range", 18],
    ['{"t":"A","c":{"x":1},"c":{"x":1}}', "structure.duplicate_field", 21],
    ['{"t":"B","c":null,"t":"B"}', "structure.duplicate_field", 18],
    ['{"t":"B","c":1}', "value.type_mismatch", 13],
  ]);
  check("json", "untagged", Untagged, [
    ['{"url":"x"}', "ok"],
    ['{"branch":"b","url":"x"}', "ok"],
    ["5", "ok"],
    ['{"branch":"b"}', "structure.no_match", 13],
    ["{}", "structure.no_match", 1],
    ["true", "structure.no_match", 0],
    ["-5", "value.number_range", 0],
    ['{"url":1}', "value.type_mismatch", 7],
  ]);
  check("json", "flattened map", struct({ a: u32, more: attr(map(str, u32), { flatten: true }) }), [
    ['{"x":1,"a":1,"y":2}', "ok"],
    ['{"x":1,"a":1,"x":2}', "ok"],
    ['{"x":1,"a":1,}', "lexical.expected_key", 13],
    ['{"x":1 "a":1}', "lexical.expected_comma_or_end", 7],
    ['{"x":-1,"a":1}', "value.number_range", 5, '$.more["x"]'],
    ['{"x":1}', "structure.missing_field", 6, "$.a"],
    ["[]", "value.type_mismatch", 0],
  ]);
  check(
    "json",
    "flattened option",
    struct({ a: u32, page: attr(option(struct({ from: u32, to: u32 })), { flatten: true }) }),
    [
      ['{"a":1}', "ok"],
      ['{"to":1,"a":1,"from":2}', "ok"],
      ['{"a":1,"from":2}', "structure.missing_field", 15, "$.page.to"],
    ],
  );
  check(
    "json",
    "flattened enums",
    struct({
      a: attr(enumOf({ X: struct({ p: u32 }), Y: undefined }, { style: "internal", tag: "a" }), {
        flatten: true,
      }),
      b: attr(enumOf({ U: struct({ u: str }), G: struct({ u: str, g: str }) }, { style: "untagged" }), {
        flatten: true,
      }),
    }),
    [
      ['{"u":"x","p":1,"a":"X"}', "ok"],
      ['{"a":"Y","g":"x","u":"y"}', "ok"],
      ['{"a":"Y","g":"x"}', "structure.no_match", 16],
      ['{"a":"Z","u":"x"}', "structure.unknown_variant", 5],
      ['{"u":"x"}', "structure.no_match", 8],
      ['{"a":"X","u":"x"}', "structure.missing_field", 16, "$.a::X.p"],
    ],
  );
  check("json", "depth", Tree, [
    [nest('{"kids":[', "]}", 512), "ok"],
    [nest('{"kids":[', "]}", 513), "resource.depth_limit", 4616],
  ]);
  check("json", "skipped depth", struct({}), [
    [`{"x":${nest("[", "]", 512)}}`, "ok"],
    [`{"x":${nest("[", "]", 513)}}`, "resource.depth_limit", 517],
    [`{"x":${nest("[", "]", 100_000)}}`, "resource.depth_limit", 517],
  ]);
});

describe("postcard", () => {
  check("postcard", "booleans and options", tuple(scalar("bool"), option(u32)), [
    [bytes(1, 0), "ok"],
    [bytes(2, 0), "value.invalid_bool", 0, "$[0]"],
    [bytes(1, 2), "value.invalid_option", 1, "$[1]"],
    [bytes(1, 1), "lexical.eof", 2, "$[1]"],
    [bytes(1, 0, 0), "lexical.trailing_bytes", 2],
  ]);
  check("postcard", "varints", u32, [
    [bytes(0xff, 0xff, 0xff, 0xff, 0x0f), "ok"],
    [bytes(0x80, 0x00), "ok"],
    [bytes(0xff, 0xff, 0xff, 0xff, 0x1f), "lexical.varint_overflow", 0],
    [bytes(0xff, 0xff, 0xff, 0xff, 0x8f, 0), "lexical.varint_overflow", 0],
    [bytes(0x80), "lexical.eof", 1],
  ]);
  check("postcard", "64-bit varints", scalar("u64"), [
    [bytes(255, 255, 255, 255, 255, 255, 255, 255, 255, 1), "ok"],
    [bytes(255, 255, 255, 255, 255, 255, 255, 255, 255, 2), "lexical.varint_overflow", 0],
  ]);
  check("postcard", "16-bit varints", scalar("u16"), [
    [bytes(0xff, 0xff, 0x03), "ok"],
    [bytes(0xff, 0xff, 0x04), "lexical.varint_overflow", 0],
  ]);
  check("postcard", "narrow", scalar("i64", { js: "number" }), [
    [bytes(255, 255, 255, 255, 255, 255, 255, 31), "value.number_range", 0],
  ]);
  check("postcard", "text", str, [
    [bytes(2, 0xc3, 0xa9), "ok"],
    [bytes(1, 0xc3), "lexical.invalid_utf8", 1],
    [bytes(3, 0x61), "lexical.eof", 2],
    [bytes(0xff, 0xff, 0xff, 0xff, 0x0f, 0x61), "lexical.eof", 6],
  ]);
  check("postcard", "char", scalar("char"), [
    [bytes(0), "value.type_mismatch", 0],
    [bytes(2, 0x61, 0x61), "value.type_mismatch", 0],
    [bytes(2, 0xc3, 0x28), "lexical.invalid_utf8", 2],
  ]);
  check("postcard", "claims", list(str), [
    [bytes(0xff, 0xff, 0xff, 0xff, 0x07), "lexical.eof", 5, "$[0]"],
    [bytes(0xff, 0xff, 0xff, 0xff, 0x0f), "resource.memory_limit", 0],
  ]);
  check("postcard", "claims of nothing", list(scalar("unit")), [
    [bytes(0xff, 0xff, 0xff, 0xff, 0x07), "resource.memory_limit"],
    [bytes(0x10), "ok"],
  ]);
  check("postcard", "variants", Color, [
    [bytes(0), "ok"],
    [bytes(2, 5), "ok"],
    [bytes(3), "structure.unknown_variant", 0],
  ]);
});

describe("MessagePack", () => {
  check("msgpack", "structs", P, [
    [unhex("82 a161 01 a162 c0"), "ok"],
    [unhex("81 a161 01"), "ok"],
    [unhex("82 a162 a178 a161 01"), "ok"],
    [unhex("df00000001 d90161 01"), "ok"],
    [unhex("83 a161 01 a178 c7020501ff a162 c0"), "ok"],
    [unhex("81 a162 c0"), "structure.missing_field", 4, "$.a"],
    [unhex("82 a161 01 a161 02"), "structure.duplicate_field", 4, "$.a"],
    [unhex("81 01 01"), "value.bad_key", 1],
    [unhex("81 a161 cf 00000001 00000000"), "value.number_range", 3, "$.a"],
    [unhex("81 a161 ca 3f800000"), "value.type_mismatch", 3, "$.a"],
    [unhex("81 a161 c1"), "lexical.bad_marker", 3],
    [unhex("90"), "value.type_mismatch", 0],
    [unhex("82 a161 01"), "lexical.eof", 4],
    [unhex("81 a161 01 00"), "lexical.trailing_bytes", 4],
    [unhex("82 a161 01 a178 dfffffffff"), "lexical.eof", 11],
    [unhex("82 a161 01 a178 a1 ff"), "lexical.invalid_utf8", 7],
  ]);
  check("msgpack", "unknown refused", strict, [[unhex("82 a161 01 a17a 01"), "structure.unknown_field", 4]]);
  check("msgpack", "lists", list(u32), [
    [unhex("93 01 02 03"), "ok"],
    [unhex("ddffffffff"), "lexical.eof", 5],
    [unhex("92 01 a0"), "value.type_mismatch", 2, "$[1]"],
  ]);
  check("msgpack", "tuples", tuple(u32, str), [
    [unhex("92 01 a0"), "ok"],
    [unhex("91 01"), "value.length_mismatch", 0],
    [unhex("93 01 a0 a0"), "value.length_mismatch", 0],
  ]);
  check("msgpack", "depth", struct({}), [
    [unhex(`81 a178 ${"91".repeat(512)} 90`), "resource.depth_limit", 515],
    [unhex(`81 a178 ${"91".repeat(511)} 90`), "ok"],
  ]);
  check("msgpack", "internal tags", Tagged, [
    [unhex("82 a178 01 a474797065 a141"), "ok"],
    [unhex("81 a178 01"), "structure.missing_tag", 4],
    [unhex("81 a474797065 a143"), "structure.unknown_variant", 6],
  ]);
});

describe("CBOR", () => {
  check("cbor", "structs", P, [
    [unhex("a2 6161 01 6162 f6"), "ok"],
    [unhex("bf 6161 01 ff"), "ok"],
    [unhex("bf 7f 6161 ff 01 ff"), "ok"],
    [unhex("c1 a1 6161 c2 41 05"), "ok"],
    [unhex("a2 6161 01 6162 f7"), "ok"],
    [unhex("a2 6161 01 6178 bf 01 9f 5f ff ff ff"), "ok"],
    [unhex("bf 6162 f6 ff"), "structure.missing_field", 4, "$.a"],
    [unhex("bf 6161 01 6161 02 ff"), "structure.duplicate_field", 4],
    [unhex("bf 6161 01"), "lexical.eof", 4],
    [unhex("a1 6161 ff"), "lexical.unexpected_byte", 3],
    [unhex("a1 6161 1c"), "lexical.bad_marker", 3],
    [unhex("a1 6161 c2 49 010000000000000000"), "value.number_range", 3],
    [unhex("a1 6161 20"), "value.number_range", 3],
    [unhex("a1 01 01"), "value.bad_key", 1],
    [unhex("a2 6161 01 6178 bf 01 ff"), "lexical.unexpected_byte", 8],
    [unhex("a2 6161 01 6178 f8 1f"), "lexical.bad_marker", 6],
  ]);
  check("cbor", "text", str, [
    [unhex("7f 61c3 61a9 ff"), "lexical.invalid_utf8", 2],
    [unhex("7f 62c3a9 6161 ff"), "ok"],
    [unhex("7f 4161 ff"), "lexical.bad_marker", 1],
    [unhex("7f 7f ff ff"), "lexical.bad_marker", 1],
    [unhex("7f 6161"), "lexical.eof", 3],
    [unhex("7bffffffffffffffff 61"), "lexical.eof", 10],
  ]);
  check("cbor", "lists", list(u32), [
    [unhex("9f 01 02 ff"), "ok"],
    [unhex("9f ff"), "ok"],
    [unhex("9bffffffffffffffff"), "lexical.eof", 9],
    [unhex("9f 01 f6 ff"), "value.type_mismatch", 2, "$[1]"],
  ]);
  check("cbor", "arrays", array(u32, 2), [
    [unhex("9f 01 02 ff"), "ok"],
    [unhex("9f 01 ff"), "value.length_mismatch", 2],
    [unhex("9f 01 02 03 ff"), "value.length_mismatch", 3],
    [unhex("81 01"), "value.length_mismatch", 0],
  ]);
  check("cbor", "tuples", tuple(u32, str), [
    [unhex("9f 01 60 ff"), "ok"],
    [unhex("9f 01 ff"), "value.length_mismatch", 2],
    [unhex("9f ff"), "value.length_mismatch", 1],
    [unhex("9f 01 60 01 ff"), "value.length_mismatch", 3],
  ]);
  check("cbor", "big numbers", scalar("u64"), [
    [unhex("c2 48 ffffffffffffffff"), "ok"],
    [unhex("c2 5f 44 ffffffff 44 ffffffff ff"), "ok"],
    [unhex("c3 41 00"), "value.number_range", 0],
    [unhex(`c2 5901f4 ${"ff".repeat(500)}`), "resource.digit_limit", 0],
    [unhex("c2 01"), "ok"],
  ]);
  check(
    "cbor",
    "deterministic",
    f64,
    [
      [unhex("f9 3c00"), "ok"],
      [unhex("fa 3f800000"), "lexical.not_shortest", 0],
      [unhex("fb 3ff199999999999a"), "ok"],
      [unhex("18 01"), "lexical.not_shortest", 0],
    ],
    { deterministic: true },
  );
  check("cbor", "deterministic text", str, [[unhex("7f 6161 ff"), "lexical.not_shortest", 0]], {
    deterministic: true,
  });
});

describe("amplification", () => {
  test("an empty struct of many options does not buy memory with two bytes", () => {
    const wide = struct(Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`f${i}`, option(u32)])));
    const codec = createCodec(list(wide), "json");
    const result = codec.tryDecode(utf8(`[${Array.from({ length: 5000 }, () => "{}").join()}]`));
    expect(result).toMatchObject({ status: "error", code: "resource.memory_limit" });
  });

  test("limits are the embedder's", () => {
    const codec = createCodec(list(str), "json", { limits: { maxDocumentBytes: 4 } });
    expect(codec.tryDecode(utf8('["a"]'))).toMatchObject({ code: "resource.document_limit", offset: 4 });
    expect(() => createCodec(str, "json", { limits: { maxDepth: 0 } })).toThrow("limits.maxDepth");
    expect(() => createCodec(str, "json", { limits: { nope: 1 } as never })).toThrow("nope");
  });
});

test("line and column, program position, frozen records", () => {
  const result = createCodec(Order, "json").tryDecode(utf8('{"id":1,\n "customer": 5}'));
  expect(result).toMatchObject({ line: 2, column: 14, path: "$.customer", pc: "f0:b2:0", offset: 22 });
});

test("a set holds an element once, a map the last value at the first place", () => {
  const many = Array.from({ length: 30 }, (_, i) => i % 10);
  expect(createCodec(set(u32), "json").decode(utf8(JSON.stringify(many)))).toEqual(new Set(many));
  const record = createCodec(map(str, u32), "json").decode(utf8('{"a":1,"b":2,"a":3}'));
  expect([...(record as Map<string, number>)]).toEqual([
    ["a", 3],
    ["b", 2],
  ]);
  const numbers = createCodec(map(u32, list(u32)), "postcard").decode(bytes(2, 7, 1, 1, 7, 1, 2));
  expect(numbers).toEqual(new Map([[7, [2]]]));
});

test("defaults of every kind stand for absent fields", () => {
  const dflt = (value: never) => ({ default: { value } });
  const node = struct({
    n: attr(u32, dflt(5 as never)),
    s: attr(str, dflt("é" as never)),
    o: attr(option(str), dflt("x" as never)),
    l: attr(list(struct({ t: list(str) })), dflt([{ t: ["a", "ü"] }, { t: [] }] as never)),
    m: attr(map(str, u32), dflt(new Map([["k", 1]]) as never)),
    e: attr(enumOf({ A: undefined, B: struct({ z: str }) }), dflt({ kind: "B", value: { z: "q" } } as never)),
    d: attr(u32, { ...dflt(9 as never), skipDecode: true }),
  });
  const value = {
    n: 5,
    s: "é",
    o: "x",
    l: [{ t: ["a", "ü"] }, { t: [] }],
    m: new Map([["k", 1]]),
    e: { kind: "B", value: { z: "q" } },
    d: 9,
  };
  for (const [format, empty] of [
    ["json", utf8("[{},{}]")],
    ["msgpack", bytes(0x92, 0x80, 0x80)],
    ["cbor", bytes(0x82, 0xa0, 0xbf, 0xff)],
  ] as const) {
    expect(createCodec(list(node), format).decode(empty)).toEqual([value, value]);
  }
});

function check(
  format: FormatName,
  name: string,
  node: Node,
  rows: readonly Row[],
  options: CodecOptions = {},
): void {
  describe(name, () => {
    const codec = createCodec(node, format, options);
    test.each(
      rows.map(
        (row) => [typeof row[0] === "string" ? row[0].slice(0, 60) : hex(row[0]).slice(0, 48), row] as const,
      ),
    )("%s", (_, [input, code, offset, path]) => {
      const document = typeof input === "string" ? utf8(input) : input;
      const result = codec.tryDecode(document);
      if (code === "ok") expect(result).toMatchObject({ status: "ok" });
      else {
        const where = {
          ...(offset === undefined ? {} : { offset }),
          ...(path === undefined ? {} : { path }),
        };
        expect(result).toMatchObject({ status: "error", code, ...where });
      }
      if (document.length > 20_000) return;
      const decoder = codec.decoder();
      for (const byte of document) decoder.write(Uint8Array.of(byte));
      expect(decoder.end()).toEqual(result);
    });
  });
}

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}
function nest(open: string, close: string, depth: number): string {
  return open.repeat(depth) + close.repeat(depth);
}
