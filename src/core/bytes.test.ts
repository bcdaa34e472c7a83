// Copies are private, UTF-8 is strict, hex is lower case.

import { describe, expect, test } from "vitest";
import { copyBytes, decodeUtf8, encodeUtf8, LITTLE_ENDIAN_HOST, toHex } from "./bytes.ts";

describe("copyBytes", () => {
  test("is private, of any kind of source", () => {
    const shared = new Uint8Array(new SharedArrayBuffer(4), 1, 2);
    for (const source of [Uint8Array.of(1, 2, 3).subarray(1), Buffer.from([2, 3]), shared]) {
      source.set([2, 3]);
      const copy = copyBytes(source);
      source.fill(9);
      expect(copy).toEqual(Uint8Array.of(2, 3));
      expect(copy.constructor).toBe(Uint8Array);
      expect(copy.buffer).toBeInstanceOf(ArrayBuffer);
      expect(copy.buffer.byteLength).toBe(2);
    }
  });

  test("takes at most the limit", () => {
    const source = Uint8Array.of(1, 2, 3);
    expect(copyBytes(source, 2)).toEqual(Uint8Array.of(1, 2));
    expect(copyBytes(source, 3)).toEqual(source);
    expect(copyBytes(source, 4)).toEqual(source);
    expect(copyBytes(source, 1)).toEqual(Uint8Array.of(1));
    expect(copyBytes(source, 0)).toEqual(new Uint8Array(0));
  });

  test("a detached array has no bytes", () => {
    const source = Uint8Array.of(1, 2, 3);
    structuredClone(source.buffer, { transfer: [source.buffer] });
    expect(copyBytes(source)).toEqual(new Uint8Array(0));
  });
});

describe("UTF-8", () => {
  test.each(["", "plain", "\u{feff}kept", "a\0b", "zürich 😀", "\u{10ffff}"])("%j there and back", (text) => {
    expect(decodeUtf8(encodeUtf8(text))).toBe(text);
  });

  test.each([
    ["ff", [0xff]],
    ["overlong", [0xc0, 0x80]],
    ["surrogate", [0xed, 0xa0, 0x80]],
    ["cut off", [0xe2, 0x82]],
    ["beyond the last code point", [0xf4, 0x90, 0x80, 0x80]],
  ])("%s is not UTF-8", (_, bytes) => {
    expect(decodeUtf8(Uint8Array.from(bytes))).toBeUndefined();
    expect(decodeUtf8(encodeUtf8("fine"))).toBe("fine"); // the decoder keeps nothing of the failure
  });
});

test("toHex", () => {
  expect(toHex(Uint8Array.of(0, 1, 0xab, 0xff))).toBe("0001abff");
  expect(toHex(new Uint8Array(0))).toBe("");
});

test("tests run where typed arrays are little-endian", () => {
  expect(LITTLE_ENDIAN_HOST).toBe(true);
});
