// The codecs of the public entry: types, misuse, and what an engine keeps.

import { createHash } from "node:crypto";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  type Codec,
  CodecError,
  createCodec,
  type DecodeResult,
  Engine,
  FORMATS,
  type Infer,
  MisuseError,
  parseShape,
  s,
} from "../src/index.ts";

const Order = s.struct({ id: s.u64(), lines: s.list(s.struct({ sku: s.string(), qty: s.u32() })) });
type Order = Infer<typeof Order>;
const order: Order = { id: 7n, lines: [{ sku: "é", qty: 2 }] };
const engine = Engine.create();

test.each(FORMATS)("%s, there and back, typed", (format) => {
  const codec = engine.codec(Order, format);
  expectTypeOf(codec).toEqualTypeOf<Codec<Order>>();
  const bytes = codec.encode(order);
  expectTypeOf(codec.decode(bytes)).toEqualTypeOf<Order>();
  expectTypeOf(codec.tryDecode(bytes)).toEqualTypeOf<DecodeResult<Order>>();
  expect(codec.decode(bytes)).toEqual(order);
  expect(codec.tryDecode(bytes)).toEqual({ status: "ok", value: order });
  expect(codec.tryEncode(order)).toEqual({ status: "ok", bytes });
  const decoder = codec.decoder();
  for (const byte of bytes) expect(decoder.write(Uint8Array.of(byte))).toBeUndefined();
  expect(decoder.end()).toEqual({ status: "ok", value: order });
  for (const direction of ["decode", "encode"] as const) {
    const digest = expect.stringMatching(/^[0-9a-f]{64}$/);
    const program = codec.program(direction);
    expect(program).toMatchObject({ format, direction, digest });
    expect(createHash("sha256").update(program.bytes()).digest("hex")).toBe(program.digest);
    expect(program.text().split("\n")[0]).toBe(`program 1 ${format} ${direction}`);
  }
});

test("what is wrong is thrown by some and given by others", () => {
  const codec = engine.codec(Order, "json");
  const document = new TextEncoder().encode('{"id":1,\n"lines":[{"sku":"a","qty":-1}]}');
  const failure = { code: "value.number_range", offset: 35, line: 2, column: 27, path: "$.lines[0].qty" };
  expect(codec.tryDecode(document)).toMatchObject({ status: "error", pc: expect.any(String), ...failure });
  expect(() => codec.decode(document)).toThrow(CodecError);
  // @ts-expect-error: an order has lines
  const wrong: Order = { id: 1n };
  expect(codec.tryEncode(wrong)).toMatchObject({ code: "structure.missing_field", path: "$.lines" });
  expect(() => codec.encode(wrong)).toThrow(CodecError);
});

test("encodeInto writes to the front, all or nothing", () => {
  const codec = engine.codec(Order, "postcard");
  const { length } = codec.encode(order);
  const target = new Uint8Array(length + 2).fill(9);
  expect(codec.encodeInto(order, target)).toEqual({ written: length });
  expect(target.subarray(0, length)).toEqual(codec.encode(order));
  expect([...target.subarray(length)]).toEqual([9, 9]);
  const small = new Uint8Array(length - 1).fill(9);
  expect(() => codec.encodeInto(order, small)).toThrow(
    `resource.output_limit: the target has ${length - 1} bytes at $`,
  );
  expect(() => codec.encodeInto(order, small)).toThrow(
    expect.objectContaining({ code: "resource.output_limit" }),
  );
  expect(small.every((byte) => byte === 9)).toBe(true);
});

describe("an engine keeps codecs", () => {
  test("by what they are, not by the object that asked", () => {
    const codec = engine.codec(Order, "cbor");
    const same = s.struct({ id: s.u64(), lines: s.list(s.struct({ sku: s.string(), qty: s.u32() })) });
    expect(engine.codec(same, "cbor", { limits: { maxDepth: 512 }, deterministic: false })).toBe(codec);
    expect(engine.codec(Order, "msgpack")).not.toBe(codec);
    expect(engine.codec(Order, "cbor", { deterministic: true })).not.toBe(codec);
    expect(engine.codec(Order, "cbor", { limits: { maxDepth: 5 } })).not.toBe(codec);
    expect(createCodec(Order, "cbor")).not.toBe(codec);
    expect(Engine.create().codec(Order, "cbor")).not.toBe(codec);
    // The same bytes, other JavaScript.
    const maps = s.map(s.string(), s.u8());
    const records = s.record(s.u8());
    expect(maps.digest).toBe(records.digest);
    expect(engine.codec(maps as never, "cbor")).not.toBe(engine.codec(records as never, "cbor"));
  });

  test("64 of them, the last used", () => {
    const first = engine.codec(Order, "json");
    const other = engine.codec(s.string(), "json");
    for (let i = 0; i < 63; i++) {
      engine.codec(s.struct({ [`f${i}`]: s.u8() }), "json");
      if (i % 10 === 0) expect(engine.codec(Order, "json")).toBe(first);
    }
    expect(engine.codec(Order, "json")).toBe(first);
    expect(engine.codec(s.string(), "json")).not.toBe(other);
  });
});

describe("misuse", () => {
  const refused = parseShape({ list: "strin" });
  test.each<[string, () => unknown]>([
    ["codec: shape must be a shape", () => engine.codec({} as never, "json")],
    [
      'codec: shape must be a shape; parseShape refused it: shape.unknown_kind, there is no kind "strin"',
      () => engine.codec(refused as never, "json"),
    ],
    ["codec: format must be one of json, postcard, msgpack, cbor", () => engine.codec(Order, "xml" as never)],
    ["codec: options must be an object", () => engine.codec(Order, "json", null as never)],
    ["codec: there is no option limit", () => createCodec(Order, "json", { limit: {} } as never)],
    [
      "codec: deterministic must be true or false",
      () => createCodec(Order, "json", { deterministic: 1 } as never),
    ],
    ["limits: there is no maxDept", () => createCodec(Order, "json", { limits: { maxDept: 1 } as never })],
    [
      "limits.maxDepth: an integer from 1 to 1024",
      () => createCodec(Order, "json", { limits: { maxDepth: 0 } }),
    ],
    ["decode: bytes must be a Uint8Array", () => engine.codec(Order, "json").tryDecode("{}" as never)],
    [
      "encodeInto: target must be a Uint8Array",
      () => engine.codec(Order, "json").encodeInto(order, [] as never),
    ],
    [
      "program: direction must be decode or encode",
      () => engine.codec(Order, "json").program("both" as never),
    ],
  ])("%s", (message, act) => {
    expect(act).toThrow(MisuseError);
    expect(act).toThrow(message);
  });

  test("a shape the format cannot carry is no misuse", () => {
    expect(() => engine.codec(s.u8(), "json", { deterministic: true })).toThrow(
      expect.objectContaining({ code: "load.unsupported" }),
    );
  });
});
