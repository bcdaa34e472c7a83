// Programs as bytes and as text: there and back, byte for byte; and everything that is neither.

import { deepStrictEqual } from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sha256Hex } from "#sha256";
import { decodeProgram, encodeProgram } from "../../src/serde/ir/binary.ts";
import { CodecError, type CodecFailure } from "../../src/serde/ir/failure.ts";
import { parseProgram } from "../../src/serde/ir/parse.ts";
import type { ProgramParts } from "../../src/serde/ir/program.ts";
import { printProgram } from "../../src/serde/ir/text.ts";
import { arbitraryShape } from "./kit/arbitrary.ts";
import { programsOf, SAMPLES } from "./programs.ts";

const order = SAMPLES.find(({ name }) => name === "json decode order")!.program;

const data = ({ digest, ...parts }: ProgramParts & { digest?: unknown }): ProgramParts => parts;

function failure(run: () => unknown): CodecFailure | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof CodecError) return error.failure;
    throw error;
  }
}

function thereAndBack(program: ProgramParts): void {
  const bytes = encodeProgram(program);
  const back = decodeProgram(bytes);
  deepStrictEqual(data(back), data(program));
  deepStrictEqual(encodeProgram(back), bytes);
  const text = printProgram(program);
  const parsed = parseProgram(text);
  deepStrictEqual(data(parsed), data(program));
  expect(printProgram(parsed)).toBe(text);
}

test.each(SAMPLES)("$name", ({ program }) => thereAndBack(program));

test("random shapes", () => {
  fc.assert(
    fc.property(arbitraryShape(), ({ node }) => {
      for (const { program } of programsOf("random", node)) thereAndBack(program);
    }),
    { numRuns: 100 },
  );
});

test("the digest is that of the bytes", () => {
  expect(order.digest()).toBe(sha256Hex(encodeProgram(order)));
  expect(new Set(SAMPLES.map(({ program }) => program.digest())).size).toBeGreaterThan(SAMPLES.length / 2);
});

test("a program reads like the design", () => {
  expect(printProgram(order).split("\n").slice(2, 12)).toEqual([
    "f0 x5",
    "   0 obj x1 K0 @0",
    '   1 key "\\"id\\":" K0 0',
    "   2 get u32 @1 ; .id",
    '   3 key "\\"customer\\":" K0 1',
    "   4 get str @2 ; .customer",
    '   5 key "\\"note\\":" K0 2 >8',
    "   6 opt bit5 >8 ; .note",
    "   7 get str @3 ; .note",
    '   8 key "\\"lines\\":" K0 3',
  ]);
});

describe("bytes that are no program", () => {
  const bytes = encodeProgram(order);
  const changed = (at: number, byte: number) => {
    const copy = bytes.slice();
    copy[at] = byte;
    return copy;
  };

  test.each([
    ["nothing", new Uint8Array(), "load.malformed", 0],
    ["another magic", changed(1, 0), "load.bad_magic", 1],
    ["another version", changed(4, 2), "load.abi_mismatch", 4],
    ["a family that is none", changed(6, 5), "load.malformed", 6],
    ["the neutral family", changed(6, 0), "load.malformed", 6],
    ["a direction that is none", changed(7, 2), "load.malformed", 7],
    ["unknown flags", changed(10, 2), "load.malformed", 10],
    ["a byte more", Uint8Array.of(...bytes, 0), "load.malformed", bytes.length],
    [
      "a long zero",
      Uint8Array.of(...bytes.subarray(0, 8), 0x85, 0x00, ...bytes.subarray(9)),
      "load.not_canonical",
      8,
    ],
    [
      "a huge length",
      Uint8Array.of(...bytes.subarray(0, 10), 0xff, 0xff, 0xff, 0xff, 0x07),
      "load.malformed",
      10,
    ],
    [
      "a number over 31 bits",
      Uint8Array.of(...bytes.subarray(0, 8), 0xff, 0xff, 0xff, 0xff, 0x08),
      "load.malformed",
      8,
    ],
  ])("%s", (_, input, code, offset) => {
    expect(failure(() => decodeProgram(input))).toMatchObject({ code, offset });
  });

  test("cut at every length", () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(failure(() => decodeProgram(bytes.subarray(0, length)))?.code).toBe("load.malformed");
    }
  });

  test("texts unused, twice, or out of order", () => {
    const at = bytes.findIndex((_, i) => String.fromCharCode(...bytes.subarray(i, i + 3)) === ".id");
    const other = changed(at + 1, 0x78);
    expect(failure(() => decodeProgram(other))).toBeUndefined();
    expect(failure(() => decodeProgram(changed(at - 1, 4)))?.code).toMatch(/^load[.]/);
    expect(failure(() => decodeProgram(changed(at, 0x1f)))?.code).toBe("load.malformed");
  });

  test("one that is changed anywhere is refused or another program", () => {
    for (let at = 0; at < bytes.length; at++) {
      for (const bit of [1, 0x80]) {
        const input = changed(at, bytes[at]! ^ bit);
        const refused = failure(() => deepStrictEqual(encodeProgram(decodeProgram(input)), input));
        if (refused !== undefined) expect(refused.code).toMatch(/^load[.]/);
      }
    }
  });
});

describe("text that is no program", () => {
  const text = printProgram(order);
  test.each([
    ["nothing", "", "load.bad_text", 1],
    ["another word", text.replace("program", "module"), "load.bad_text", 1],
    ["another version", text.replace("program 1", "program 2"), "load.bad_text", 1],
    ["a format that is none", text.replace("json", "xml"), "load.bad_text", 1],
    ["an unknown instruction", text.replace("obj", "object"), "load.bad_text", 4],
    ["one of another family", text.replace("2 get", "2 bits"), "load.bad_text", 6],
    ["an unknown kind", text.replace("get u32", "get u33"), "load.bad_text", 6],
    ["an unknown flag", text.replace("[flat]", "[bent]"), "load.bad_text", 13],
    ["a record out of order", text.replace("   2 get", "   3 get"), "load.bad_text", 6],
    ["a target that is none", text.replace(">8", ">80"), "load.bad_text", 9],
    ["a table that is none", text.replace("K1", "K7"), "load.bad_text", 14],
    ["a table of another kind", text.replace("obj x1 K0", "obj x1 C0"), "load.bad_text", 4],
    ["a table twice", text.replace("K1 >", "K0 >"), "load.bad_text", 30],
    ["an operand too many", text.replace("20 end", "20 end 5"), "load.bad_text", 24],
    ["a slot too large", text.replace("@1", "@9999999999"), "load.bad_text", 6],
    ["half a string", text.replace('"id"', '"id'), "load.bad_text", 26],
    ["two names that are one", text.replace('"customer" ;', '"id" ;'), "load.bad_text", 25],
    ["a space too many", text.replace("get u32", "get  u32"), "load.not_canonical", 6],
    ["a default spelled out", text.replace("get u32 @1", "get u32 [] @1 -"), "load.not_canonical", 6],
    ["a line too many", `${text}\n`, "load.not_canonical", 35],
    ["a table nobody uses", `${text}B0\n`, "load.not_canonical", 34],
  ])("%s", (_, input, code, line) => {
    const refused = failure(() => parseProgram(input));
    expect(refused).toMatchObject({ code, line });
    expect(refused!.column).toBeGreaterThan(0);
  });

  test.each([
    ["a string that does not end", text.replace('"id"', `"${"x".repeat(1 << 24)}`)],
    ["escapes that do not end", text.replace('"id"', `"${"\\\\".repeat(1 << 23)}`)],
    ["flags that do not end", text.replace("[flat]", `[${"x".repeat(1 << 24)}`)],
    ["a line of brackets", text.replace("[flat]", "[ ".repeat(1 << 20))],
    ["a line of quotes", text.replace("[flat]", ' ["'.repeat(1 << 20))],
    ["bytes without end", text.replace('"id"', `#${"0".repeat(1 << 24)}x`)],
    ["a path that is not ASCII", text.replace("; .id", "; .\u00e9")],
  ])("%s", (_, input) => {
    expect(failure(() => parseProgram(input))).toMatchObject({ code: "load.bad_text" });
  });

  test("more than a program can be", () => {
    const input = text + "\n".repeat(1 << 25);
    expect(failure(() => parseProgram(input))).toMatchObject({ code: "load.too_large" });
  });

  test("cut at every length", () => {
    for (let length = 0; length < text.length - 1; length += 3) {
      const cut = text.slice(0, length);
      const refused = failure(() => parseProgram(cut));
      // A table with fewer rows is a table; whether it will do is for the verifier to say.
      if (!cut.endsWith("\n")) expect(refused?.code).toMatch(/^load[.]/);
    }
  });
});
