// What a codec refuses to be built for, what its limits do, and what it hands out.

import { describe, expect, test } from "vitest";
import {
  attr,
  enumOf,
  list,
  map,
  Order,
  option,
  recursive,
  scalar,
  str,
  struct,
  u32,
} from "../../../test/serde/nodes.ts";
import type { ErrorCode } from "../../core/errors.ts";
import { CodecError } from "../ir/failure.ts";
import type { FormatName } from "../ir/ops.ts";
import type { Node } from "../shape/node.ts";
import { createCodec } from "./codec.ts";
import type { CodecOptions } from "./options.ts";

const text = (value: string) => new TextEncoder().encode(value);
const codeOf = (run: () => unknown): ErrorCode | undefined => {
  try {
    run();
  } catch (error) {
    if (error instanceof CodecError) return error.code;
    throw error;
  }
  return undefined;
};

describe("refused when it is built", () => {
  const untagged = (variants: Record<string, Node | undefined>) => enumOf(variants, { style: "untagged" });
  const deep = Array.from({ length: 20_000 }).reduce<Node>((inner) => list(inner), u32);
  test.each([
    ["any in postcard", "postcard", { kind: "any" }],
    ["raw in postcard", "postcard", scalar("raw")],
    ["untagged in postcard", "postcard", untagged({ A: u32, B: str })],
    ["left-out fields in postcard", "postcard", struct({ a: attr(option(u32), { skipIf: "none" }) })],
    ["null twice in JSON", "json", option(option(u32))],
    ["an option of unit in CBOR", "cbor", struct({ a: option(scalar("unit")) })],
    ["deterministic JSON", "json", u32, { deterministic: true }],
    ["an internal tag beside a list", "json", enumOf({ A: list(u32) }, { style: "internal", tag: "t" })],
    ["a tag that is a field", "json", enumOf({ A: struct({ t: u32 }) }, { style: "internal", tag: "t" })],
    ["two fields of one name", "json", struct({ a: u32, b: attr(u32, { wire: "a" }) })],
    ["a flattened list", "json", struct({ a: attr(list(u32), { flatten: true }) })],
    ["sequences that look alike", "json", untagged({ A: list(u32), B: list(str) })],
    ["a default that does not fit", "json", struct({ a: attr(u32, { default: { value: "x" } }) })],
    [
      "a record of 40,000 cells",
      "json",
      struct(Object.fromEntries(Array.from({ length: 40_000 }, (_, i) => [`f${i}`, u32]))),
    ],
    ["20,000 levels", "json", deep],
  ] as [string, FormatName, Node, CodecOptions?][])("%s", (_, format, node, options) => {
    expect(codeOf(() => createCodec(node, format, options))).toBe("load.unsupported");
  });
});

test("what several variants could be is ambiguous, or the first", () => {
  const variants = { A: struct({ x: option(u32) }), B: struct({ y: option(u32) }) };
  const node = (first: boolean) => enumOf(variants, { style: "untagged" }, { first });
  expect(createCodec(node(false), "json").tryDecode(text("{}"))).toMatchObject({
    code: "structure.ambiguous",
    offset: 1,
  });
  expect(createCodec(node(true), "json").decode(text("{}"))).toEqual({ kind: "A", value: { x: null } });
});

describe("limits", () => {
  const order = { id: 1, customer: "Ann", note: null, lines: [{ sku: "a", qty: 1, price: 2.5 }] };
  test.each(["json", "postcard", "msgpack", "cbor"] as const)("%s stops at every output size", (format) => {
    const full = createCodec(Order, format).encode(order).length;
    for (let maxOutputBytes = 1; maxOutputBytes < full; maxOutputBytes++) {
      const codec = createCodec(Order, format, { limits: { maxOutputBytes } });
      expect(codec.tryEncode(order)).toMatchObject({ status: "error", code: "resource.output_limit" });
    }
    expect(createCodec(Order, format, { limits: { maxOutputBytes: full } }).tryEncode(order).status).toBe(
      "ok",
    );
  });
  test("encodeInto", () => {
    const codec = createCodec(Order, "json");
    const { length } = codec.encode(order);
    const target = new Uint8Array(length + 3).fill(7);
    expect(codec.encodeInto(order, target)).toBe(length);
    expect([...target.subarray(length)]).toEqual([7, 7, 7]);
    expect(codec.decode(target.subarray(0, length))).toEqual(order);
    expect(codeOf(() => codec.encodeInto(order, new Uint8Array(length - 1)))).toBe("resource.output_limit");
  });
  test("depth, at the limit and one beyond", () => {
    const Tree = recursive((self) => struct({ kids: list(self) }));
    for (const maxDepth of [1, 2, 9, 64]) {
      const codec = createCodec(Tree, "json", { limits: { maxDepth } });
      // A list and a call for each level.
      const levels = Math.floor(maxDepth / 2) + 1;
      const nested = (n: number) => text('{"kids":['.repeat(n) + "]}".repeat(n));
      expect(codec.tryDecode(nested(levels - 1)).status).toBe(levels === 1 ? "error" : "ok");
      expect(codec.tryDecode(nested(levels + 2))).toMatchObject({ code: "resource.depth_limit" });
    }
  });
});

test("a codec keeps nothing of the last document", () => {
  const codec = createCodec(map(str, option(struct({ a: option(str) }))), "json");
  const first = codec.decode(text('{"x":{"a":"\\u00e9"},"y":{"a":"long enough to matter"}}'));
  expect(codec.tryDecode(text('{"x":{"a":1}}')).status).toBe("error");
  expect(codec.decode(text('{"x":null,"y":{}}'))).toEqual(
    new Map([
      ["x", null],
      ["y", { a: null }],
    ]),
  );
  expect(first).toEqual(
    new Map([
      ["x", { a: "é" }],
      ["y", { a: "long enough to matter" }],
    ]),
  );
});

test("views are the caller's bytes, copies are not", () => {
  const document = Uint8Array.of(2, 10, 20, 1, 30);
  const node = struct({ v: scalar("bytes", { view: true }), c: scalar("bytes") });
  const { v, c } = createCodec(node, "postcard").decode(document) as { v: Uint8Array; c: Uint8Array };
  document.fill(99);
  expect([[...v], [...c]]).toEqual([[99, 99], [30]]);
  const shared = new Uint8Array(new SharedArrayBuffer(5));
  shared.set([2, 10, 20, 1, 30]);
  const copied = createCodec(node, "postcard").decode(shared) as { v: Uint8Array };
  shared.fill(99);
  expect([...copied.v]).toEqual([10, 20]);
});

test("raw is the value, byte for byte", () => {
  const node = struct({ a: scalar("raw"), b: u32 });
  const source = '{"a":{"x": [1, 2e0]},"b":1}';
  const codec = createCodec(node, "json");
  const value = codec.decode(text(source)) as { a: Uint8Array };
  expect(new TextDecoder().decode(value.a)).toBe('{"x": [1, 2e0]}');
  expect(new TextDecoder().decode(codec.encode(value))).toBe(source);
});
