// The registry holds together, and failures are plain data that is safe to print.

import { afterEach, describe, expect, test } from "vitest";
import { ERRORS, type ErrorCode, failure, InternalError, isFailure, MisuseError, quoted } from "./errors.ts";

const CODES = Object.keys(ERRORS) as ErrorCode[];

// z[verify vm.error.field.code] z[verify vm.error.field.reason] z[verify vm.error.field.location]
describe("registry", () => {
  test.each(CODES)("%s", (code) => {
    const { status, category, reason } = ERRORS[code];
    expect(code).toMatch(/^([a-z]+\.[a-z][a-z0-9_]*|internal)$/);
    expect(reason).toMatch(/^[ -~]{5,90}$/);
    const area = code.split(".")[0]!;
    const rejects = ["policy", "container", "verify", "data", "entry", "shape"];
    expect(status).toBe(area === "trap" ? "trap" : rejects.includes(area) ? "reject" : "error");
    expect(category).toMatch(/^(decode|oob|div0|unsupported|abi|resource|policy|io|host|internal)$/);
  });

  test("every category is used", () => {
    expect(new Set(CODES.map((code) => ERRORS[code].category)).size).toBe(10);
  });

  test("no two codes share a reason", () => {
    expect(new Set(CODES.map((code) => ERRORS[code].reason)).size).toBe(CODES.length);
  });
});

describe("failure", () => {
  test("is plain data with only what is known", () => {
    expect(failure("trap.oob", { pc: 8 })).toEqual({
      code: "trap.oob",
      category: "oob",
      status: "trap",
      reason: "out of bounds memory access",
      pc: 8,
    });
    expect(Object.keys(failure("internal"))).toEqual(["code", "category", "status", "reason"]);
    expect(failure("io.read", {}, "better").reason).toBe("better");
  });

  describe("isFailure", () => {
    const polluted = Object.prototype as { category?: string; status?: string };
    afterEach(() => {
      delete polluted.category;
      delete polluted.status;
    });

    test("tells failures from results", () => {
      expect(isFailure(failure("trap.fuel"))).toBe(true);
      expect(isFailure({})).toBe(false);
      expect(isFailure({ status: "ok" })).toBe(false);
    });

    test("whatever stands on Object.prototype", () => {
      polluted.category = "x";
      polluted.status = "y";
      expect(isFailure({ code: new Uint8Array(4) })).toBe(false);
    });
  });

  test("misuse is a TypeError, a bug of ours is not", () => {
    expect(new MisuseError("x")).toBeInstanceOf(TypeError);
    expect(new MisuseError("x").name).toBe("MisuseError");
    expect(new InternalError("x")).not.toBeInstanceOf(TypeError);
    expect(new InternalError("x").name).toBe("InternalError");
  });
});

describe("quoted", () => {
  test.each([
    ["plain", '"plain"'],
    ["", '""'],
    ["from space to ~", '"from space to ~"'],
    ["\x1f\x7f", '"\\u{1f}\\u{7f}"'],
    ['a"b\\c', '"a\\u{22}b\\u{5c}c"'],
    ["line\nbreak\x1b[0m", '"line\\u{a}break\\u{1b}[0m"'],
    ["😀", '"\\u{1f600}"'],
    ["\ud800", '"\\u{d800}"'],
    ["x".repeat(61), `"${"x".repeat(61)}"`],
    ["x".repeat(62), `"${"x".repeat(61)}..."`],
    ["x".repeat(1e6), `"${"x".repeat(61)}..."`],
    ["\0".repeat(64), `"${"\\u{0}".repeat(12)}..."`],
  ])("%#", (text, shown) => {
    expect(quoted(text)).toBe(shown);
  });

  test("never splits what it escapes, never grows", () => {
    for (const text of ["😀".repeat(99), "\u{10ffff}".repeat(50), `${"a".repeat(60)}\n`]) {
      const shown = quoted(text);
      expect(shown.length).toBeLessThanOrEqual(66);
      expect(shown).toMatch(/^"([ -~]|\\u\{[0-9a-f]+\})*"$/);
    }
  });
});
