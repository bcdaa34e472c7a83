// The path of a failure: where in the value, with the names of the shape (D50).

import { expect, test } from "vitest";
import { enumOf, f64, map, scalar, str, struct } from "../../../test/serde/nodes.ts";
import type { FormatName } from "../ir/ops.ts";
import type { Node } from "../shape/node.ts";
import { createCodec } from "./codec.ts";

const ANY: Node = { kind: "any" };
const Colour = enumOf({ Red: undefined, Green: undefined }, { style: "external" });
const inMap = (key: Node) => struct({ m: map(key, f64) });

function decodePath(node: Node, format: FormatName, document: Uint8Array | string): unknown[] {
  const bytes = typeof document === "string" ? new TextEncoder().encode(document) : document;
  const result = createCodec(node, format).tryDecode(bytes);
  return result.status === "ok" ? [] : [result.path, result.offset];
}
function encodePath(node: Node, format: FormatName, value: unknown): string | undefined {
  const result = createCodec(node, format).tryEncode(value);
  return result.status === "ok" ? undefined : result.path;
}

test.each<[string, Node, string, unknown]>([
  ["a\u00e9 b", scalar("string"), "a\u00e9 b", "a\u00e9 b"],
  ["x", scalar("char"), "x", "x"],
  ["true", scalar("bool"), "true", true],
  ["7", scalar("u64"), "7", 7n],
  ["-7", scalar("i64"), "-7", -7n],
  ["4294967295", scalar("u32"), "4294967295", 4294967295],
  ["-3", scalar("i8"), "-3", -3],
  ["1099511627776", scalar("u64", { js: "number" }), "1099511627776", 2 ** 40],
  ["Green", Colour, "Green", "Green"],
])("the value at the key %s", (shown, key, name, value) => {
  const path = `$.m[${JSON.stringify(shown).replace("\u00e9", "\\u00e9")}]`;
  expect(decodePath(inMap(key), "json", JSON.stringify({ m: { [name]: "x" } }))[0]).toBe(path);
  expect(encodePath(inMap(key), "json", { m: new Map([[value, Number.NaN]]) })).toBe(path);
});

test("a key that is none has the path of its map when it is read, and of its entry when it is written", () => {
  const node = inMap(scalar("u8"));
  expect(decodePath(node, "json", '{"m":{"1":1,"300":1}}')).toEqual(["$.m", 12]);
  expect(decodePath(node, "json", '{"m":{"1":1,"x":1}}')).toEqual(["$.m", 12]);
  expect(decodePath(inMap(Colour), "json", '{"m":{"Red":1,"Blue":1}}')).toEqual(["$.m", 14]);
  expect(decodePath(inMap(str), "msgpack", Uint8Array.of(0x81, 0xa1, 0x6d, 0x81, 0x01, 0x01))).toEqual([
    "$.m",
    4,
  ]);
  expect(encodePath(node, "json", { m: new Map([[300, 1]]) })).toBe('$.m["300"]');
  expect(encodePath(inMap(Colour), "json", { m: new Map([["Blue", 1]]) })).toBe('$.m["Blue"]');
});

test("inside any", () => {
  // {"a": 1, [break]: …}, {"a": 1, "b": break}, {"a": 1, 5: break}
  expect(decodePath(ANY, "cbor", Uint8Array.of(0xa2, 0x61, 0x61, 1, 0x81, 0xff))).toEqual(["$", 5]);
  expect(decodePath(ANY, "cbor", Uint8Array.of(0xa2, 0x61, 0x61, 1, 0x61, 0x62, 0xff))).toEqual([
    '$["b"]',
    6,
  ]);
  expect(decodePath(ANY, "cbor", Uint8Array.of(0xa2, 0x61, 0x61, 1, 0x05, 0xff))).toEqual(['$["5"]', 5]);
  expect(decodePath(ANY, "json", '{"a":[1,{"b":x}]}')).toEqual(['$["a"][1]["b"]', 13]);
  expect(encodePath(ANY, "json", { q: { b: Number.NaN } })).toBe('$["q"]["b"]');
  expect(encodePath(ANY, "msgpack", { q: [0, { b: 2n ** 70n }] })).toBe('$["q"][1]["b"]');
  expect(encodePath(ANY, "msgpack", new Map<unknown, unknown>([[1, 2n ** 70n]]))).toBe('$["1"]');
});
