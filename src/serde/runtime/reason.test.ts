// The words of failures: what was expected and what was found, in every format as far as it can be told.

import { describe, expect, test } from "vitest";
import { parseShape } from "../shape/index.ts";
import { createCodec } from "./codec.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

function reasonOf(json: unknown, format: "json" | "cbor" | "postcard", document: Uint8Array): string {
  const shape = parseShape(json);
  if ("reason" in shape) throw new Error(shape.reason);
  const result = createCodec(shape.node, format).tryDecode(document);
  return result.status === "ok" ? "ok" : result.reason;
}

describe("json", () => {
  test.each<[unknown, string, string]>([
    ["u8", '"1"', "expected an integer (u8), found a string"],
    ["u8", "1.5", "expected an integer (u8), found a number with a fraction or exponent"],
    ["u8", "300", "the number is out of range for u8"],
    [{ u64: { js: "number" } }, "9007199254740992", "the number is out of range for a safe integer from 0"],
    ["string", "null", "expected a string, found null"],
    ["f64", "true", "expected a number, found a boolean"],
    ["f64", "NaN", "no value starts with this byte; expected a number"],
    ["bool", "[]", "expected true or false, found an array"],
    ["char", "{}", "expected a string of one character, found an object"],
    ["bytes", "1", "expected bytes in base64, found a number"],
    [{ bytes: { text: "hex" } }, "1", "expected bytes in hex, found a number"],
    [{ bytes: { text: "array" } }, "1", "expected an array of bytes, found a number"],
    ["unit", "1", "expected null, found a number"],
    [{ list: "u8" }, "{}", "expected an array, found an object"],
    [{ map: ["string", "u8"] }, "[]", "expected an object, found an array"],
    [{ struct: { a: "u8" } }, "[]", "expected an object, found an array"],
    [{ tuple: ["u8"] }, "-1", "expected an array, found a number"],
    [{ enum: { A: null } }, "1", "a value of another type: a number"],
    [{ enum: { A: null } }, '"B\\u001b"', 'a variant the enum does not have: "B\\u{5c}u001b"'],
    [
      { struct: { a: "u8" }, denyUnknown: true },
      `{"${"é".repeat(99)}":1}`,
      expect.stringMatching(/^a field the struct does not have: "[ -~]{1,70}"$/) as never,
    ],
    [{ struct: { a: "u8" } }, '{"a":1,"a":1}', 'a field twice: "a"'],
    ["string", "'a'", "strings have double quotes in JSON"],
    ["string", '\ufeff"a"', "a byte order mark, which JSON does not have"],
    ["string", "", "the document ends too early"],
  ])("%j from %s", (shape, document, reason) => {
    expect(reasonOf(shape, "json", utf8(document))).toEqual(reason);
  });

  test("what has no JSON", () => {
    const shape = parseShape("f64");
    if ("reason" in shape) throw new Error(shape.reason);
    expect(createCodec(shape.node, "json").tryEncode(Number.NaN)).toMatchObject({
      code: "value.number_range",
      reason: "JSON has no NaN and no Infinity",
    });
  });
});

test("binary formats say what was expected", () => {
  expect(reasonOf({ struct: { a: "u8" } }, "cbor", Uint8Array.of(0x80))).toBe("expected a map");
  expect(reasonOf({ list: "u8" }, "cbor", Uint8Array.of(0xa0))).toBe("expected an array");
  expect(reasonOf("u8", "cbor", Uint8Array.of(0x61, 0x61))).toBe("expected an integer (u8)");
  expect(reasonOf("u16", "postcard", Uint8Array.of(0xff, 0xff, 0xff))).toMatch(/^[ -~]+$/);
  expect(reasonOf("bool", "postcard", Uint8Array.of(2))).toBe("a boolean byte that is neither 0 nor 1");
});
