// Published bytes: RFC 8949 appendix A, the MessagePack and postcard specifications; and properties of cost.

import { describe, expect, test } from "vitest";
import type { FormatName } from "../../src/serde/ir/ops.ts";
import { createCodec } from "../../src/serde/runtime/codec.ts";
import type { Node } from "../../src/serde/shape/node.ts";
import { array, enumOf, f64, list, map, option, scalar, str, struct, tuple, u32 } from "./nodes.ts";

const any: Node = { kind: "any" };
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const unhex = (digits: string) => new Uint8Array(Buffer.from(digits.replaceAll(" ", ""), "hex"));

describe("CBOR, RFC 8949 appendix A", () => {
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
    expect(createCodec(any, "cbor").decode(unhex(digits))).toEqual(value);
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

describe("deterministic CBOR puts in order", () => {
  const options = { deterministic: true };
  const Color = enumOf({ Blue: undefined, Red: undefined, Amber: undefined });
  test.each([
    // Of equal keys of several kinds, shorter ones do not come first: bytes do.
    [
      any,
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

describe("numbers of JSON", () => {
  const codec = createCodec(f64, "json");
  const read = (literal: string) => codec.decode(new TextEncoder().encode(literal));
  test("every literal is read as the platform reads it", () => {
    let seed = 12345;
    const random = () => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return seed / 2 ** 32;
    };
    for (let i = 0; i < 20_000; i++) {
      const digits = String(Math.floor(random() * 10 ** Math.floor(random() * 16)));
      const fraction =
        random() < 0.5 ? `.${String(Math.floor(random() * 10 ** Math.floor(random() * 18)))}` : "";
      const exponent = random() < 0.3 ? `e${Math.floor(random() * 640) - 340}` : "";
      const literal = `${random() < 0.3 ? "-" : ""}${digits}${fraction}${exponent}`;
      const value = Number(literal);
      if (Number.isFinite(value)) expect(read(literal)).toBe(value);
    }
  });
  test("singles are rounded once", () => {
    const single = createCodec(scalar("f32"), "json");
    const readSingle = (literal: string) => single.decode(new TextEncoder().encode(literal));
    // Half way between two singles, and a little beside it: further than a double can see.
    expect(readSingle("1.00000005960464477539062500000000000000001")).toBe(1 + 2 ** -23);
    expect(readSingle("1.000000059604644775390625")).toBe(1);
    expect(readSingle("1.00000005960464477539062499999999999999999")).toBe(1);
    expect(readSingle("-1.00000005960464477539062500000000000000001")).toBe(-1 - 2 ** -23);
  });
});

describe("cost grows with the document", () => {
  const encode = (value: string) => new TextEncoder().encode(value);
  const timed = (run: () => void) => {
    const start = performance.now();
    run();
    return performance.now() - start;
  };
  const cases: [string, FormatName, Node, (n: number) => Uint8Array][] = [
    ["a long string in small pieces", "json", str, (n) => encode(`"${"x".repeat(n)}"`)],
    ["a long string of escapes", "json", str, (n) => encode(`"${"\\u00e9".repeat(n / 6)}"`)],
    ["skipped nesting", "json", struct({}), (n) => encode(`{"x":[${"[1],".repeat(n / 4)}1]}`)],
    [
      "many unknown fields",
      "json",
      struct({ a: option(u32) }),
      (n) => encode(`{${'"zzz":1,'.repeat(n / 8)}"a":1}`),
    ],
    [
      "many map keys",
      "json",
      map(str, u32),
      (n) => encode(`{${Array.from({ length: n / 10 }, (_, i) => `"${i}":1`).join()}}`),
    ],
    ["many chunks", "cbor", str, (n) => unhex(`7f${"6161".repeat(n / 2)}ff`)],
    ["many tags", "cbor", u32, (n) => unhex(`${"c1".repeat(n)}01`)],
    [
      "tag after content",
      "json",
      enumOf({ A: struct({ x: list(u32) }) }, { style: "internal", tag: "t" }),
      (n) => encode(`{"x":[${"1,".repeat(n / 2)}1],"t":"A"}`),
    ],
  ];
  // Clocks of a busy machine lie now and then; a quadratic loop fails every time.
  test.each(cases)("%s", { retry: 5 }, (_, format, node, make) => {
    const codec = createCodec(node, format);
    const run = (document: Uint8Array, piece: number) => {
      const decoder = codec.decoder();
      for (let at = 0; at < document.length; at += piece) decoder.write(document.subarray(at, at + piece));
      expect(decoder.end().status).toBe("ok");
    };
    const small = make(60_000);
    const large = make(480_000);
    run(small, 64);
    const first = Math.min(...[0, 1, 2].map(() => timed(() => run(small, 64))));
    const second = Math.min(...[0, 1].map(() => timed(() => run(large, 64))));
    // Eight times the document; quadratic would be 64 times the time.
    expect(second).toBeLessThan(30 * Math.max(first, 1));
  });
});
