// MessagePack and CBOR documents of others: every legal encoding of msgpack-test-suite, RFC 8949 appendix A, and the
// naughty strings in all binary formats.

import { describe, expect, test } from "vitest";
import { Extension, Simple, Tagged } from "../../src/serde/shape/any.ts";
import type { Node } from "../../src/serde/shape/node.ts";
import { hex, show, showResult } from "./kit/show.ts";
import { byteByByte, subject } from "./kit/subject.ts";
import { lines, naughtyStrings, packedValues, shared } from "./kit/testdata.ts";
import { list, map, scalar, str, struct, tuple } from "./nodes.ts";

const ANY: Node = { kind: "any" };
const bytesOf = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/[0-9a-f]{2}/gi) ?? [], (pair) => Number.parseInt(pair, 16));
const integer = (text: string): number | bigint => {
  const value = BigInt(text);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
};

describe("msgpack-test-suite", () => {
  const any = subject(ANY, "msgpack");
  const skipping = subject(struct({}), "msgpack");
  const groups = Object.entries(packedValues());

  /** The value of a group's row as `any` gives it. */
  function expected(row: Readonly<Record<string, unknown>>): string | undefined {
    if ("bignum" in row) return show(integer(row.bignum as string));
    if ("binary" in row) return show(bytesOf(row.binary as string));
    if ("ext" in row) {
      const [type, data] = row.ext as [number, string];
      return show(new Extension(type, bytesOf(data)));
    }
    if ("timestamp" in row) return undefined;
    const [, value] = Object.entries(row).find(([kind]) => kind !== "msgpack")!;
    return show(value);
  }

  test.each(groups)("%s", (_, rows) => {
    for (const row of rows) {
      const wanted = expected(row);
      const encodings = row.msgpack.map((text) => hex(bytesOf(text)));
      for (const text of encodings) {
        const document = bytesOf(text);
        const result = any.codec.tryDecode(document);
        expect(`${text} ${result.status}`).toBe(`${text} ok`);
        if (result.status === "error") continue;
        if (wanted === undefined) expect(result.value).toMatchObject({ type: -1 });
        else expect(`${text} ${show(result.value)}`).toBe(`${text} ${wanted}`);
        expect(byteByByte(any, document)).toBe(showResult(result));
        const again = any.codec.encode(result.value);
        expect(show(any.codec.decode(again))).toBe(show(result.value));
        // The same value of another kind of number is another document; all else is one of the legal ones.
        expect(encodings).toContain(hex(again));
        // {"x": document}, of which nobody wants anything.
        expect(skipping.codec.tryDecode(Uint8Array.from([0x81, 0xa1, 0x78, ...document]))).toMatchObject({
          status: "ok",
        });
      }
    }
  });
});

type Notation = null | boolean | { readonly [kind: string]: unknown };

/** The value notation of testdata/README.md as `any` gives it. */
function decoded(notation: Notation): unknown {
  if (notation === null || typeof notation === "boolean") return notation;
  const [kind, value] = Object.entries(notation)[0]!;
  switch (kind) {
    case "i":
      return integer(value as string);
    case "f": {
      if (value === "nan") return Number.NaN;
      return new DataView(bytesOf(value as string).buffer as ArrayBuffer).getFloat64(0);
    }
    case "s":
      return value;
    case "b":
      return bytesOf(value as string);
    case "a":
      return (value as Notation[]).map(decoded);
    case "m": {
      const pairs = (value as [Notation, Notation][]).map(
        ([key, item]) => [decoded(key), decoded(item)] as const,
      );
      return pairs.every(([key]) => typeof key === "string") ? Object.fromEntries(pairs) : new Map(pairs);
    }
    case "t": {
      const [tag, item] = value as [number, Notation];
      // Bignums are integers like all others.
      if (tag === 2) return BigInt(`0x${hex(decoded(item) as Uint8Array)}`);
      if (tag === 3) return -1n - BigInt(`0x${hex(decoded(item) as Uint8Array)}`);
      return new Tagged(tag, decoded(item));
    }
    case "simple":
      return new Simple(value as number);
    default:
      return undefined;
  }
}

const appendix = shared("cbor-rfc8949/vectors.jsonl");

describe.runIf(appendix !== undefined)("RFC 8949 appendix A", () => {
  const any = subject(ANY, "cbor");
  const rows = (appendix === undefined ? [] : lines(appendix)).map(
    (line) =>
      JSON.parse(line) as {
        hex: string;
        fail: boolean;
        decoded: Notation;
        roundtrip: boolean;
        description: string;
      },
  );

  test.each(rows)("$hex $description", (row) => {
    const document = bytesOf(row.hex);
    const result = any.codec.tryDecode(document);
    expect(result.status).toBe(row.fail ? "error" : "ok");
    expect(byteByByte(any, document)).toBe(showResult(result));
    if (result.status === "error") return;
    expect(show(result.value)).toBe(show(decoded(row.decoded)));
    expect(show(any.codec.decode(any.codec.encode(result.value)))).toBe(show(result.value));
    // Without `deterministic`, which `any` has not yet, floats are written at full width.
    const isFloat = /^(f9|fa|fb|.*f9)/.test(row.hex);
    // -2^64 would fit its head, and is written as a bignum.
    if (row.roundtrip && !isFloat && row.hex !== "3bffffffffffffffff")
      expect(hex(any.codec.encode(result.value))).toBe(row.hex);
  });
});

test.each(["postcard", "msgpack", "cbor"] as const)("naughty strings in %s", (format) => {
  const strings = [...new Set(naughtyStrings())];
  const { codec } = subject(
    tuple(list(str), map(str, scalar("u32")), map(str, str, { js: "record" })),
    format,
  );
  const value = [
    strings,
    new Map(strings.map((text, i) => [text, i])),
    Object.fromEntries(strings.map((text) => [text, text])),
  ];
  expect(show(codec.decode(codec.encode(value)))).toBe(show(value));
});
