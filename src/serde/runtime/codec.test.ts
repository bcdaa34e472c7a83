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
import { toHex } from "../../core/bytes.ts";
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
  describe("depth, at the limit and one beyond", () => {
    const Tree = recursive((self) => struct({ kids: list(self) }));
    const Chain = recursive((self) => struct({ next: option(self) }));
    const ANY: Node = { kind: "any" };
    const bytes = (...parts: (number | string)[]) =>
      Uint8Array.from(parts.flatMap((part) => (typeof part === "number" ? [part] : [...text(part)])));
    const nest = (levels: number, open: Uint8Array, inside: Uint8Array, close = new Uint8Array()) =>
      Uint8Array.from([
        ...Array.from({ length: levels }, () => [...open]).flat(),
        ...inside,
        ...Array.from({ length: levels }, () => [...close]).flat(),
      ]);
    type Nested = (levels: number) => Uint8Array;
    test.each<[string, FormatName, Node, Nested]>([
      ["arrays", "json", ANY, (n) => nest(n, text("["), text("1"), text("]"))],
      ["an empty array innermost", "json", ANY, (n) => nest(n, text("["), text(""), text("]"))],
      ["objects", "json", ANY, (n) => nest(n, text('{"a":'), text("1"), text("}"))],
      ["raw arrays", "json", scalar("raw"), (n) => nest(n, text("["), text("1"), text("]"))],
      ["raw and empty", "json", scalar("raw"), (n) => nest(n, text("["), text(""), text("]"))],
      ["a tree", "json", Tree, (n) => nest(n, text('{"kids":['), text(""), text("]}"))],
      ["a chain", "json", Chain, (n) => nest(n, text('{"next":'), text('{"next":null}'), text("}"))],
      ["a tree", "postcard", Tree, (n) => nest(n - 1, bytes(1), bytes(0))],
      ["arrays", "msgpack", ANY, (n) => nest(n, bytes(0x91), bytes(1))],
      ["an empty array innermost", "msgpack", ANY, (n) => nest(n - 1, bytes(0x91), bytes(0x90))],
      ["raw and empty", "msgpack", scalar("raw"), (n) => nest(n - 1, bytes(0x91), bytes(0x90))],
      ["maps", "cbor", ANY, (n) => nest(n, bytes(0xa1, 0x61, "a"), bytes(1))],
      ["tags", "cbor", ANY, (n) => nest(n, bytes(0xc6), bytes(1))],
      ["arrays without a count", "cbor", ANY, (n) => nest(n, bytes(0x9f), bytes(), bytes(0xff))],
      [
        "a tree",
        "cbor",
        Tree,
        (n) => nest(n - 1, bytes(0xa1, 0x64, "kids", 0x81), bytes(0xa1, 0x64, "kids", 0x80)),
      ],
    ])("%s in %s", (_, format, node, nested) => {
      for (const maxDepth of [1, 2, 9, 64, 512]) {
        const codec = createCodec(node, format, { limits: { maxDepth } });
        const found = codec.tryDecode(nested(maxDepth));
        expect(found.status).toBe("ok");
        expect(codec.tryDecode(nested(maxDepth + 1))).toMatchObject({ code: "resource.depth_limit" });
        if (found.status === "error") return;
        expect(codec.tryEncode(found.value).status).toBe("ok");
        const shallow = createCodec(node, format, { limits: { maxDepth: Math.max(1, maxDepth - 1) } });
        const isRaw = node.kind === "raw";
        expect(shallow.tryEncode(found.value).status).toBe(maxDepth === 1 || isRaw ? "ok" : "error");
      }
    });

    test("types that lead to each other cost a frame each, not a level", () => {
      const Inner = recursive((self) => struct({ other: struct({ back: option(self) }) }));
      const codec = createCodec(Inner, "json", { limits: { maxDepth: 512 } });
      const document = text(`${'{"other":{"back":'.repeat(512)}{"other":{"back":null}}${"}}".repeat(512)}`);
      expect(codec.tryDecode(document).status).toBe("ok");
    });
  });
});

test("integers of any have the shortest form that CBOR has", () => {
  const codec = createCodec({ kind: "any" }, "cbor");
  const forms: [bigint, string][] = [
    [2n ** 64n - 1n, "1bffffffffffffffff"],
    [2n ** 64n, "c249010000000000000000"],
    [-(2n ** 63n), "3b7fffffffffffffff"],
    [-(2n ** 63n) - 1n, "3b8000000000000000"],
    [-(2n ** 64n), "3bffffffffffffffff"],
    [-(2n ** 64n) - 1n, "c349010000000000000000"],
  ];
  for (const [value, hex] of forms) {
    expect(toHex(codec.encode(value))).toBe(hex);
    expect(codec.decode(codec.encode(value))).toBe(value);
  }
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
