// JSON texts of others: JSONTestSuite, the naughty strings, and decimal numbers with their exact bits.

import { describe, expect, test } from "vitest";
import { ERRORS } from "../../src/core/errors.ts";
import type { Node } from "../../src/serde/shape/node.ts";
import { SEED } from "../seed.ts";
import { dice } from "./kit/random.ts";
import { hex, show, utf8 } from "./kit/show.ts";
import { byteByByte, type Subject, subject, trySubject, whole } from "./kit/subject.ts";
import { jsonTexts, lines, naughtyStrings, shared } from "./kit/testdata.ts";
import { list, map, scalar, str, struct, tuple } from "./nodes.ts";

const TEXTS = jsonTexts();

/** What the `i_` texts are, once and for all: accepted, or the code they are refused with. */
const CHOICES: Readonly<Record<string, string>> = {
  i_number_double_huge_neg_exp: "ok",
  i_number_huge_exp: "value.number_range",
  i_number_neg_int_huge_exp: "value.number_range",
  i_number_pos_double_huge_exp: "value.number_range",
  i_number_real_neg_overflow: "value.number_range",
  i_number_real_pos_overflow: "value.number_range",
  i_number_real_underflow: "ok",
  i_number_too_big_neg_int: "ok",
  i_number_too_big_pos_int: "ok",
  i_number_very_big_negative_int: "ok",
  i_object_key_lone_2nd_surrogate: "lexical.invalid_unicode",
  i_string_1st_surrogate_but_2nd_missing: "lexical.invalid_unicode",
  i_string_1st_valid_surrogate_2nd_invalid: "lexical.invalid_unicode",
  "i_string_UTF-16LE_with_BOM": "lexical.unexpected_byte",
  "i_string_UTF-8_invalid_sequence": "lexical.invalid_utf8",
  "i_string_UTF8_surrogate_U+D800": "lexical.invalid_utf8",
  i_string_incomplete_surrogate_and_escape_valid: "lexical.invalid_unicode",
  i_string_incomplete_surrogate_pair: "lexical.invalid_unicode",
  i_string_incomplete_surrogates_escape_valid: "lexical.invalid_unicode",
  i_string_invalid_lonely_surrogate: "lexical.invalid_unicode",
  i_string_invalid_surrogate: "lexical.invalid_unicode",
  "i_string_invalid_utf-8": "lexical.invalid_utf8",
  "i_string_inverted_surrogates_U+1D11E": "lexical.invalid_unicode",
  i_string_iso_latin_1: "lexical.invalid_utf8",
  i_string_lone_second_surrogate: "lexical.invalid_unicode",
  i_string_lone_utf8_continuation_byte: "lexical.invalid_utf8",
  i_string_not_in_unicode_range: "lexical.invalid_utf8",
  i_string_overlong_sequence_2_bytes: "lexical.invalid_utf8",
  i_string_overlong_sequence_6_bytes: "lexical.invalid_utf8",
  i_string_overlong_sequence_6_bytes_null: "lexical.invalid_utf8",
  "i_string_truncated-utf-8": "lexical.invalid_utf8",
  i_string_utf16BE_no_BOM: "lexical.unexpected_byte",
  i_string_utf16LE_no_BOM: "lexical.unexpected_byte",
  i_structure_500_nested_arrays: "ok",
  "i_structure_UTF-8_BOM_empty_object": "lexical.unexpected_byte",
};

interface Way {
  readonly name: string;
  readonly codec: Subject;
  readonly wrap: (bytes: Uint8Array) => Uint8Array;
  /** Numbers become values, so that their range counts. */
  readonly converts: boolean;
}

const same = (bytes: Uint8Array) => bytes;
const inside = (before: string, after: string) => (bytes: Uint8Array) =>
  Uint8Array.from([...utf8(before), ...bytes, ...utf8(after)]);
const limits = { maxDepth: 512 };
const any = trySubject({ kind: "any" } as Node, "json");
if (any === undefined)
  process.stdout.write("codec vectors: JSON has no `any` yet; raw and skipped values instead\n");

/** Every way to read an arbitrary document. */
const WAYS: readonly Way[] = [
  { name: "raw", codec: subject(scalar("raw"), "json", limits), wrap: same, converts: false },
  {
    name: "skipped",
    codec: subject(struct({}), "json", limits),
    wrap: inside('{"x":', "}"),
    converts: false,
  },
  {
    name: "skipped in a list",
    codec: subject(list(struct({ y: str })), "json", limits),
    wrap: inside('[{"y":"","x":', "}]"),
    converts: false,
  },
  ...(any === undefined
    ? []
    : [{ name: "any", codec: subject({ kind: "any" } as Node, "json", limits), wrap: same, converts: true }]),
];

const codeOf = (result: string): string => result.split(" ")[result.startsWith("error") ? 1 : 0]!;

describe.each(WAYS)("JSONTestSuite, $name", ({ codec, wrap, converts }) => {
  const results = TEXTS.map(({ name, bytes }) => ({ name, bytes, result: whole(codec, wrap(bytes)) }));
  const of = (kind: string) => results.filter(({ name }) => name.startsWith(kind));

  test("accepts all y_", () => {
    expect(of("y_").length).toBeGreaterThan(90);
    expect(of("y_").filter(({ result }) => !result.startsWith("ok"))).toEqual([]);
  });

  test("refuses all n_, with an error of its own", () => {
    expect(of("n_").length).toBeGreaterThan(180);
    expect(of("n_").filter(({ result }) => !Object.hasOwn(ERRORS, codeOf(result)))).toEqual([]);
  });

  test("does with i_ what is written down", () => {
    for (const { name, result } of of("i_")) {
      const choice = CHOICES[name.replace(/[.]json.*$/, "")];
      // npm holds text, so what was not UTF-8 came in as U+FFFD.
      const repaired = !name.endsWith("bytes") && choice === "lexical.invalid_utf8";
      // A level of `any` takes two frames.
      if (converts && name.startsWith("i_structure_500")) continue;
      const wanted = (choice === "value.number_range" && !converts) || repaired ? "ok" : choice;
      expect(`${name} ${codeOf(result)}`).toBe(`${name} ${wanted}`);
    }
  });

  test("says the same for one byte at a time", () => {
    for (const { name, bytes, result } of results) {
      if (bytes.length < 2000) expect(`${name} ${byteByByte(codec, wrap(bytes))}`).toBe(`${name} ${result}`);
    }
  });
});

describe("naughty strings", () => {
  const strings = naughtyStrings();

  test("are written as JSON.parse reads them, and read as JSON.stringify writes them", () => {
    const { codec } = subject(list(str), "json");
    expect(strings.length).toBeGreaterThan(400);
    expect(JSON.parse(new TextDecoder().decode(codec.encode(strings)))).toEqual(strings);
    expect(codec.decode(utf8(JSON.stringify(strings)))).toEqual(strings);
  });

  test("are names, keys and values in every place", () => {
    const names = [...new Set(strings)];
    const record = Object.fromEntries(names.map((name) => [name, name]));
    const { codec } = subject(tuple(map(str, str), map(str, str, { js: "record" })), "json");
    const value = [new Map(Object.entries(record)), record];
    expect(show(codec.decode(codec.encode(value)))).toBe(show(value));
  });
});

describe("decimal numbers", () => {
  const path = shared("numbers/lemire-fast-float.txt");
  const f64 = subject(scalar("f64"), "json").codec;
  const f32 = subject(scalar("f32"), "json").codec;
  const GRAMMAR = /^-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?$/;
  const bits = (value: number, bytes: 4 | 8): string => {
    const view = new DataView(new ArrayBuffer(8));
    if (bytes === 4) view.setFloat32(0, value);
    else view.setFloat64(0, value);
    return hex(new Uint8Array(view.buffer, 0, bytes));
  };

  test.runIf(path !== undefined)("have their exact bits", () => {
    const counts = { read: 0, refused: 0 };
    for (const line of lines(path!)) {
      const [, single, double, text] = line.split(" ") as [string, string, string, string];
      for (const [codec, expected, size] of [
        [f32, single, 4],
        [f64, double, 8],
      ] as const) {
        const result = codec.tryDecode(utf8(text));
        const finite = size === 4 ? !/^[7f]f8/i.test(expected) : !/^[7f]ff0/i.test(expected);
        const found = result.status === "ok" ? bits(result.value as number, size) : result.code;
        const wanted = !GRAMMAR.test(text)
          ? "lexical"
          : finite
            ? expected.toLowerCase()
            : "value.number_range";
        if (wanted === "lexical") expect(`${text} ${found}`).toContain("lexical.");
        else if (text.length < 1000) expect(`${text} ${found}`).toBe(`${text} ${wanted}`);
        counts[result.status === "ok" ? "read" : "refused"] += 1;
      }
    }
    expect(counts.read).toBeGreaterThan(5000);
    expect(counts.refused).toBeGreaterThan(10);
  });

  test("singles are rounded once", () => {
    const readSingle = (literal: string) => f32.decode(utf8(literal));
    // Half way between two singles, and a little beside it: further than a double can see.
    expect(readSingle("1.00000005960464477539062500000000000000001")).toBe(1 + 2 ** -23);
    expect(readSingle("1.000000059604644775390625")).toBe(1);
    expect(readSingle("1.00000005960464477539062499999999999999999")).toBe(1);
    expect(readSingle("-1.00000005960464477539062500000000000000001")).toBe(-1 - 2 ** -23);
  });

  /** Texts of any double, and digits at random: around the halves between two neighbours, where rounding is hard. */
  test("round as JSON.parse rounds", () => {
    const view = new DataView(new ArrayBuffer(8));
    const roll = dice(SEED);
    const digits = (most: number) => Array.from({ length: roll(most) }, () => roll(10)).join("");
    for (let i = 0; i < 20_000; i++) {
      view.setUint32(0, roll(2 ** 32));
      view.setUint32(4, roll(2 ** 32));
      const value = view.getFloat64(0);
      if (!Number.isFinite(value)) continue;
      const sign = roll(3) === 0 ? "-" : "";
      const exponent = roll(3) === 0 ? `e${roll(640) - 340}` : "";
      const literal = `${sign}${BigInt(digits(20))}${roll(2) === 0 ? `.${digits(18)}0` : ""}${exponent}`;
      for (const text of [
        String(value),
        value.toExponential(roll(21)),
        (value % 1e15).toFixed(roll(20)),
        Number.isFinite(Number(literal)) ? literal : "0",
      ]) {
        expect(f64.decode(utf8(text))).toBe(JSON.parse(text));
      }
    }
  });
});
