import fc from "fast-check";
import { expect, test } from "vitest";
import { fromBase64, fromHex, toBase64 } from "./base64.ts";

test("as Node writes it, and back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
      const text = Buffer.from(bytes).toString("base64");
      expect(toBase64(bytes)).toBe(text);
      expect(fromBase64(text)).toEqual(bytes);
      expect(fromHex(Buffer.from(bytes).toString("hex"))).toEqual(bytes);
    }),
  );
});

test("nothing that it would not write itself", () => {
  for (const text of [
    "A",
    "AA",
    "AAA",
    "AQ=",
    "AR==",
    "AAB=",
    "A===",
    "====",
    "AA==AA==",
    "AQ= =",
    "_-8=",
    "é",
  ]) {
    expect(fromBase64(text), text).toBeUndefined();
  }
  for (const text of ["0", "0g", "FF", " 00"]) expect(fromHex(text), text).toBeUndefined();
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), (text) => {
      const bytes = fromBase64(text);
      if (bytes !== undefined) expect(toBase64(bytes)).toBe(text);
    }),
  );
});
