// Binary documents of others: every legal encoding of msgpack-test-suite, RFC 8949 appendix A, examples of the postcard
// specification, and the naughty strings.

import { describe, expect, test } from "vitest";
import { createCodec } from "../../src/serde/runtime/codec.ts";
import { Extension, Simple, Tagged } from "../../src/serde/shape/any.ts";
import type { Node } from "../../src/serde/shape/node.ts";
import { hex, show, showResult, unhex } from "./kit/show.ts";
import { byteByByte, subject } from "./kit/subject.ts";
import { lines, naughtyStrings, packedValues, shared } from "./kit/testdata.ts";
import { array, enumOf, f64, list, map, option, scalar, str, struct, tuple, u32 } from "./nodes.ts";

const ANY: Node = { kind: "any" };
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
    if ("binary" in row) return show(unhex(row.binary as string));
    if ("ext" in row) {
      const [type, data] = row.ext as [number, string];
      return show(new Extension(type, unhex(data)));
    }
    if ("timestamp" in row) return undefined;
    const [, value] = Object.entries(row).find(([kind]) => kind !== "msgpack")!;
    return show(value);
  }

  test.each(groups)("%s", (_, rows) => {
    for (const row of rows) {
      const wanted = expected(row);
      const encodings = row.msgpack.map((text) => hex(unhex(text)));
      for (const text of encodings) {
        const document = unhex(text);
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
      return new DataView(unhex(value as string).buffer as ArrayBuffer).getFloat64(0);
    }
    case "s":
      return value;
    case "b":
      return unhex(value as string);
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
  const shortest = createCodec(ANY, "cbor", { deterministic: true });
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
    const document = unhex(row.hex);
    const result = any.codec.tryDecode(document);
    expect(result.status).toBe(row.fail ? "error" : "ok");
    expect(byteByByte(any, document)).toBe(showResult(result));
    if (result.status === "error") return;
    expect(show(result.value)).toBe(show(decoded(row.decoded)));
    expect(show(any.codec.decode(any.codec.encode(result.value)))).toBe(show(result.value));
    // A float that is a whole number is an integer in JavaScript.
    const isWhole = /^f[9ab]/.test(row.hex) && Number.isInteger(result.value) && !Object.is(result.value, -0);
    if (row.roundtrip && !isWhole) expect(hex(shortest.encode(result.value))).toBe(row.hex);
  });
});

describe("some of RFC 8949 appendix A, wherever the tests are", () => {
  test.each([
    ["00", 0],
    ["17", 23],
    ["1818", 24],
    ["1903e8", 1000],
    ["1a000f4240", 1000000],
    ["1b000000e8d4a51000", 1000000000000],
    ["1bffffffffffffffff", 18446744073709551615n],
    ["c249010000000000000000", 18446744073709551616n],
    ["3bffffffffffffffff", -18446744073709551616n],
    ["c349010000000000000000", -18446744073709551617n],
    ["20", -1],
    ["3863", -100],
    ["3903e7", -1000],
    ["f90000", 0],
    ["f98000", -0],
    ["f93c00", 1],
    ["fb3ff199999999999a", 1.1],
    ["f97bff", 65504],
    ["fa47c35000", 100000],
    ["fa7f7fffff", 3.4028234663852886e38],
    ["fb7e37e43c8800759c", 1.0e300],
    ["f90001", 2 ** -24],
    ["f90400", 0.00006103515625],
    ["f9c400", -4],
    ["f97c00", Number.POSITIVE_INFINITY],
    ["f97e00", Number.NaN],
    ["fb7ff8000000000000", Number.NaN],
    ["f4", false],
    ["f5", true],
    ["f6", null],
    ["f7", undefined],
    ["60", ""],
    ["62c3bc", "ü"],
    ["64f0908591", "𐅑"],
    ["80", []],
    ["8301820203820405", [1, [2, 3], [4, 5]]],
    ["a26161016162820203", { a: 1, b: [2, 3] }],
    ["5f42010243030405ff", Uint8Array.of(1, 2, 3, 4, 5)],
    ["7f657374726561646d696e67ff", "streaming"],
    ["9f018202039f0405ffff", [1, [2, 3], [4, 5]]],
    ["bf61610161629f0203ffff", { a: 1, b: [2, 3] }],
    ["826161bf61626163ff", ["a", { b: "c" }]],
  ])("%s", (digits, value) => {
    expect(subject(ANY, "cbor").codec.decode(unhex(digits))).toEqual(value);
  });

  test("deterministic output is the shortest, keys in order of their bytes", () => {
    const node = struct({ zz: u32, b: f64, a: f64, c: map(scalar("i32"), str), d: f64 });
    const value = {
      zz: 1,
      b: 1.5,
      a: 0.1,
      c: new Map([
        [100, "x"],
        [-1, "y"],
        [10, "z"],
      ]),
      d: 100000,
    };
    const codec = createCodec(node, "cbor", { deterministic: true });
    const bytes = codec.encode(value);
    expect(hex(bytes)).toBe(
      "a56161fb3fb999999999999a6162f93e006163a30a617a1864617820617961 64fa47c35000627a7a01".replace(" ", ""),
    );
    expect(codec.decode(bytes)).toEqual({
      ...value,
      c: new Map([
        [10, "z"],
        [100, "x"],
        [-1, "y"],
      ]),
    });
  });
});

test.each([
  ["t", "c"],
  ["c", "t"],
])("deterministic adjacent tags are in the order of their bytes: %s, %s", (tag, content) => {
  const node = enumOf({ A: u32, B: undefined }, { style: "adjacent", tag, content });
  const codec = createCodec(node, "cbor", { deterministic: true });
  const parts = [
    ["c", tag === "c" ? "6141" : "07"],
    ["t", tag === "t" ? "6141" : "07"],
  ] as const;
  const digits = `a2${parts.map(([name, value]) => hex(new TextEncoder().encode(`a${name}`)) + value).join("")}`;
  expect(hex(codec.encode({ kind: "A", value: 7 }))).toBe(digits);
  expect(codec.decode(unhex(digits))).toEqual({ kind: "A", value: 7 });
});

describe("deterministic floats are the shortest that are the same number", () => {
  test.each<[number, string]>([
    [0, "f90000"],
    [-0, "f98000"],
    [1, "f93c00"],
    [-1.5, "f9be00"],
    [65504, "f97bff"],
    [65505, "fa477fe100"],
    [1 + 2 ** -10, "f93c01"],
    [1 + 2 ** -11, "fa3f801000"],
    [2 ** -14, "f90400"],
    [2 ** -24, "f90001"],
    [-3 * 2 ** -24, "f98003"],
    [2 ** -25, "fa33000000"],
    [0.1, "fb3fb999999999999a"],
    [Number.NaN, "f97e00"],
    [Number.POSITIVE_INFINITY, "f97c00"],
    [Number.NEGATIVE_INFINITY, "f9fc00"],
  ])("%d", (value, digits) => {
    const codec = createCodec(f64, "cbor", { deterministic: true });
    expect(hex(codec.encode(value))).toBe(digits);
    expect(codec.decode(unhex(digits))).toBe(value);
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value);
    const longer = unhex(`fb${hex(new Uint8Array(view.buffer))}`);
    expect(codec.tryDecode(longer).status).toBe(digits.startsWith("fb") ? "ok" : "error");
  });
});

describe("MessagePack", () => {
  test.each([
    [u32, 0x7f, "7f"],
    [u32, 0x80, "cc80"],
    [u32, 0x100, "cd0100"],
    [u32, 0x10000, "ce00010000"],
    [scalar("u64"), 2n ** 32n, "cf0000000100000000"],
    [scalar("i32"), -32, "e0"],
    [scalar("i32"), -33, "d0df"],
    [scalar("i32"), -128, "d080"],
    [scalar("i32"), -129, "d1ff7f"],
    [scalar("i32"), -32769, "d2ffff7fff"],
    [scalar("i64"), -(2n ** 31n) - 1n, "d3ffffffff7fffffff"],
    [scalar("i64"), -(2n ** 63n), "d38000000000000000"],
    [scalar("i64"), 200n, "ccc8"],
    [f64, 1.5, "cb3ff8000000000000"],
    [scalar("f32"), 1.5, "ca3fc00000"],
    [str, "a".repeat(31), `bf${"61".repeat(31)}`],
    [str, "a".repeat(32), `d920${"61".repeat(32)}`],
    [str, "a".repeat(256), `da0100${"61".repeat(256)}`],
    [scalar("bytes"), Uint8Array.of(1), "c40101"],
    [list(u32), Array.from({ length: 16 }, () => 1), `dc0010${"01".repeat(16)}`],
    [map(u32, u32), new Map(Array.from({ length: 16 }, (_, i) => [i, 1])), undefined],
    [option(u32), null, "c0"],
    [scalar("bool"), true, "c3"],
  ] as [Node, unknown, string | undefined][])("%#", (node, value, digits) => {
    const codec = createCodec(node, "msgpack");
    const bytes = codec.encode(value);
    if (digits !== undefined) expect(hex(bytes)).toBe(digits);
    expect(codec.decode(bytes)).toEqual(value);
  });
});

describe("postcard", () => {
  test.each([
    [scalar("i16"), -1, "01"],
    [scalar("i16"), 32767, "feff03"],
    [scalar("i16"), -32768, "ffff03"],
    [scalar("u16"), 65535, "ffff03"],
    [scalar("i64"), -(2n ** 63n), "ffffffffffffffffff01"],
    [scalar("f32"), -32.005859375, "000600c2"],
    [f64, -32.005859375, "00000000c00040c0"],
    [scalar("char"), "é", "02c3a9"],
    [option(scalar("u8")), 5, "0105"],
    [enumOf({ A: undefined, B: tuple(scalar("u8"), scalar("u8")) }), { kind: "B", value: [1, 2] }, "010102"],
    [array(scalar("u8"), 2), [1, 2], "0102"],
  ] as [Node, unknown, string][])("%#", (node, value, digits) => {
    const codec = createCodec(node, "postcard");
    expect(hex(codec.encode(value))).toBe(digits);
    expect(codec.decode(unhex(digits))).toEqual(value);
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

describe("deterministic CBOR puts in order", () => {
  const options = { deterministic: true };
  const Color = enumOf({ Blue: undefined, Red: undefined, Amber: undefined });
  test.each([
    // Of equal keys of several kinds, shorter ones do not come first: bytes do.
    [
      ANY,
      new Map<unknown, unknown>([
        ["b", 1],
        [
          [1],
          {
            z: 1,
            a: [
              new Map([
                ["d", 1],
                ["c", 2],
              ]),
            ],
          },
        ],
        [-1, 2],
        ["aa", 3],
        [1000, 4],
        [2, 5],
      ]),
      "a602051903e80420026162016261610381 01a2616181a261630261640161 7a01",
    ],
    [
      map(Color, u32),
      new Map([
        ["Red", 1],
        ["Blue", 2],
        ["Amber", 3],
      ]),
      "a36352656401 64426c756502 65416d62657203",
    ],
    [
      map(str, map(str, u32)),
      new Map([
        [
          "y",
          new Map([
            ["q", 1],
            ["p", 2],
          ]),
        ],
        ["x", new Map()],
      ]),
      "a26178a0 6179a2617002617101",
    ],
    [
      map(str, u32),
      new Map([
        ["a", 1],
        ["b", 2],
      ]),
      "a2616101616202",
    ],
    [
      list(struct({ m: map(str, str) })),
      [
        {
          m: new Map([
            ["é", "1"],
            ["e", "2"],
          ]),
        },
      ],
      "81a1616da26165613262c3a96131",
    ],
  ])("%#", (node, value, expected) => {
    const codec = createCodec(node as Node, "cbor", options);
    const bytes = codec.encode(value);
    expect(hex(bytes)).toBe(expected.replaceAll(" ", ""));
    expect(hex(codec.encode(codec.decode(bytes)))).toBe(hex(bytes));
  });

  test("in any order they are given", () => {
    const keys = Array.from({ length: 300 }, (_, i) => (i * 7919) % 300);
    const codec = createCodec(map(u32, list(u32)), "cbor", options);
    const sorted = [...keys].sort((a, b) => a - b);
    const entry = (key: number): [number, number[]] => [key, new Array<number>(key % 5).fill(key)];
    expect(hex(codec.encode(new Map(keys.map(entry))))).toBe(hex(codec.encode(new Map(sorted.map(entry)))));
    expect([
      ...(codec.decode(codec.encode(new Map(keys.map(entry)))) as Map<number, unknown>).keys(),
    ]).toEqual(sorted);
  });
});
