// What is meant to cost more than it brings (threats.md §3): depth, lengths that lie, digits, floods of keys, names that
// JavaScript knows, values that fight back. Bounded, typed, linear; and no prototype ever changes.

import { afterAll, describe, expect, test } from "vitest";
import type { FormatName } from "../../src/serde/ir/ops.ts";
import { parseShape } from "../../src/serde/shape/index.ts";
import type { Node } from "../../src/serde/shape/node.ts";
import { HOSTILE_NAMES } from "./kit/arbitrary.ts";
import { growth, MOST } from "./kit/growth.ts";
import { show, unhex, utf8 } from "./kit/show.ts";
import { FORMATS, LIMITS, subject, whole } from "./kit/subject.ts";
import { enumOf, list, map, option, recursive, scalar, str, struct, u32 } from "./nodes.ts";

const ANY: Node = { kind: "any" };
const LARGE = { maxDocumentBytes: 1 << 26, maxMemory: 1 << 28 };
const Tree = recursive((self) => struct({ kids: list(self) }));
const Chain = recursive((self) => struct({ next: option(self) }));
const Tagged = enumOf({ A: struct({ x: list(u32) }) }, { style: "internal", tag: "t" });
const BINARY = FORMATS.filter((format) => format !== "json");

const before = JSON.stringify(prototypes());
function prototypes(): unknown {
  const all = [Object, Array, Map, Set, String, Number, Function, Uint8Array].map(
    ({ prototype }) => prototype,
  );
  return all.map((prototype) => Reflect.ownKeys(prototype as object).map(String));
}
afterAll(() => expect(JSON.stringify(prototypes())).toBe(before));

const repeated = (unit: readonly number[], count: number): Uint8Array => {
  const bytes = new Uint8Array(unit.length * count);
  for (let i = 0; i < count; i++) bytes.set(unit, i * unit.length);
  return bytes;
};
const DEEP = 1_000_000;
const text = (unit: string) => [...utf8(unit)];

describe("a million levels", () => {
  test.each<[string, FormatName, Node, readonly number[]]>([
    ["arrays", "json", ANY, text("[")],
    ["arrays, undecoded", "json", scalar("raw"), text("[")],
    ["objects", "json", ANY, text('{"a":')],
    ["skipped arrays", "json", struct({}), text('{"a":')],
    ["a tree", "json", Tree, text('{"kids":[')],
    ["a chain", "json", Chain, text('{"next":')],
    ["a tree", "postcard", Tree, [1]],
    ["a chain", "postcard", Chain, [1]],
    ["arrays", "msgpack", ANY, [0x91]],
    ["maps in keys", "msgpack", ANY, [0x81]],
    ["skipped arrays", "msgpack", struct({}), [0x81, 0xa1, 0x61]],
    ["arrays", "cbor", ANY, [0x81]],
    ["arrays without end", "cbor", ANY, [0x9f]],
    ["tags", "cbor", ANY, [0xc6]],
    ["skipped tags", "cbor", u32, [0xc6]],
    ["a tree", "cbor", Tree, [0xa1, 0x64, ...text("kids"), 0x81]],
  ])("%s in %s", (_, format, node, unit) => {
    for (const maxDepth of [1, 64, 1024]) {
      const { codec } = subject(node, format, { ...LARGE, maxDepth });
      const result = codec.tryDecode(repeated(unit, DEEP));
      const isTags = unit[0] === 0xc6 && node !== ANY;
      // Tags nobody keeps open nothing: those run out with the document.
      expect(result).toMatchObject({ status: "error", code: isTags ? /./ : "resource.depth_limit" });
      if (result.status === "error") expect(result.code).toMatch(isTags ? /eof|depth/ : /depth/);
    }
  });
});

describe("lengths that lie", () => {
  const HUGE: Readonly<Record<string, readonly (readonly number[])[]>> = {
    postcard: [
      [0xff, 0xff, 0xff, 0xff, 0x0f],
      [...Array<number>(9).fill(0xff), 0x01],
    ],
    msgpack: [[0xdd, 0xff, 0xff, 0xff, 0xff]],
    cbor: [
      [0x9a, 0xff, 0xff, 0xff, 0xff],
      [0x9b, ...Array<number>(8).fill(0xff)],
      [0x9b, 0, 0x1f, ...Array<number>(6).fill(0xff)],
    ],
  };
  test.each(BINARY)("%s", (format) => {
    const heads = HUGE[format]!;
    for (const item of [scalar("unit"), scalar("u8"), u32, str, list(u32), struct({}), option(str)]) {
      const flat = subject(list(item), format);
      const nested = subject(list(list(item)), format);
      const started = process.memoryUsage().arrayBuffers;
      for (const head of heads) {
        for (const document of [head, [...head, 0], [...head, ...head, ...head]].map((bytes) =>
          Uint8Array.from(bytes),
        )) {
          for (const { codec } of [flat, nested]) expect(codec.tryDecode(document).status).toBe("error");
        }
      }
      expect(process.memoryUsage().arrayBuffers - started).toBeLessThan(64 * 2 ** 20);
    }
  });

  test("strings and bytes", () => {
    for (const node of [str, scalar("bytes")]) {
      expect(whole(subject(node, "postcard"), Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f, 1))).toContain(
        "lexical.eof",
      );
      expect(
        whole(subject(node, "msgpack"), Uint8Array.of(node === str ? 0xdb : 0xc6, 255, 255, 255, 255, 1)),
      ).toContain("lexical.eof");
      expect(
        whole(subject(node, "cbor"), Uint8Array.of(node === str ? 0x7b : 0x5b, ...repeated([255], 8), 1)),
      ).toMatch(/eof|length|memory/);
    }
  });
});

describe("numbers of a million digits", () => {
  const digits = "9".repeat(1 << 20);
  test.each([u32, scalar("f64"), scalar("i64"), scalar("raw"), ANY])("$kind", (node) => {
    const { codec } = subject(node, "json", LARGE);
    for (const document of [digits, `-${digits}`, `0.${digits}`, `1e${digits}`].map(utf8)) {
      expect(codec.tryDecode(document)).toMatchObject({ code: "resource.digit_limit", offset: 0 });
    }
  });
  test("as a bignum of CBOR", () => {
    const big = Uint8Array.from([0xc2, 0x5a, 0, 0x10, 0, 0, ...repeated([0xff], 1 << 20)]);
    for (const node of [u32, scalar("f64"), ANY]) {
      expect(subject(node, "cbor", LARGE).codec.tryDecode(big).status).toBe("error");
    }
  });
});

describe("what grows with the document grows no faster", () => {
  const many = (count: number, make: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => make(i)).join(",");
  const keys: Readonly<Record<string, (count: number) => string>> = {
    "different keys": (count) => `{${many(count, (i) => `"key ${i}":1`)}}`,
    "keys like integers": (count) => `{${many(count, (i) => `"${i * 65_536}":1`)}}`,
    "one key": (count) => `{${many(count, () => '"a":1')}}`,
    "keys of one length and end": (count) =>
      `{${many(count, (i) => `"${String(i).padStart(9, "x")}tail":1`)}}`,
  };
  const shapes: readonly [string, Node][] = [
    ["a map", map(str, u32)],
    ["a record", map(str, u32, { js: "record" })],
    ["any", ANY],
    ["unknown fields", struct({})],
  ];
  test.each(shapes.flatMap(([shape, node]) => Object.keys(keys).map((kind) => [kind, shape, node] as const)))(
    "%s in %s",
    (kind, _, node) => {
      const { codec } = subject(node, "json", LARGE);
      const [one, four] = [5_000, 20_000].map((count) => utf8(keys[kind]!(count))) as [
        Uint8Array,
        Uint8Array,
      ];
      const [small, large] = [one, four].map((document) => () => void codec.decode(document));
      expect(growth(small!, large!)).toBeLessThan(MOST);
    },
  );

  const pieces: readonly [string, FormatName, Node, (bytes: number) => Uint8Array][] = [
    ["a long string", "json", str, (n) => utf8(`"${"x".repeat(n)}"`)],
    ["escapes", "json", str, (n) => utf8(`"${"\\u00e9\\n".repeat(n / 8)}"`)],
    ["a long list", "json", ANY, (n) => utf8(`[${"1,".repeat(n / 2)}1]`)],
    ["a long space", "json", ANY, (n) => utf8(`${" ".repeat(n)}1`)],
    ["one unknown subtree", "json", struct({}), (n) => utf8(`{"x":[${'{"y":"z"},'.repeat(n / 10)}0]}`)],
    ["unknown fields", "json", struct({ a: option(u32) }), (n) => utf8(`{${'"zzz":1,'.repeat(n / 8)}"a":1}`)],
    ["a tag behind its content", "json", Tagged, (n) => utf8(`{"x":[${"1,".repeat(n / 2)}1],"t":"A"}`)],
    ["keys of a map", "json", map(str, u32), (n) => utf8(keys["different keys"]!(n / 14))],
    ["chunks", "cbor", str, (n) => unhex(`7f${"6161".repeat(n / 2)}ff`)],
    ["tags", "cbor", u32, (n) => unhex(`${"c1".repeat(n)}01`)],
  ];
  test.each(pieces)("%s, in pieces of 64 bytes", (_, format, node, make) => {
    const { codec } = subject(node, format, LARGE);
    const feed = (document: Uint8Array) => () => {
      const decoder = codec.decoder();
      for (let at = 0; at < document.length; at += 64) decoder.write(document.subarray(at, at + 64));
      expect(decoder.end().status).toBe("ok");
    };
    expect(growth(feed(make(100_000)), feed(make(400_000)))).toBeLessThan(MOST);
  });

  test("the comparison sees a square", () => {
    const square = (count: number) => () => {
      let sum = 0;
      for (let i = 0; i < count; i++) for (let j = 0; j < count; j++) sum += j;
      expect(sum).toBeGreaterThan(0);
    };
    expect(growth(square(3_000), square(12_000))).toBeGreaterThan(MOST);
  });
});

describe("hostile names in every slot", () => {
  const NAMES = [
    ...HOSTILE_NAMES,
    "__defineGetter__",
    "__lookupGetter__",
    "isPrototypeOf",
    "caller",
    "arguments",
    "Symbol.iterator",
  ];
  const forms = (name: string): readonly { slot: string; form: unknown; value: unknown }[] => {
    const own = (value: unknown) => Object.fromEntries([[name, value]]);
    return [
      {
        slot: "field",
        form: {
          struct: [
            [name, "u32"],
            ["z z", "string"],
          ],
        },
        value: { ...own(1), "z z": "x" },
      },
      { slot: "rename", form: { struct: { a: "u32" }, rename: { a: name } }, value: { a: 1 } },
      { slot: "alias", form: { struct: { a: "u32" }, alias: { a: [name] } }, value: { a: 1 } },
      {
        slot: "variant",
        form: {
          enum: [
            [name, "u32"],
            ["z z", null],
          ],
        },
        value: { kind: name, value: 1 },
      },
      { slot: "unit variant", form: { enum: [[name, null]] }, value: name },
      {
        slot: "tag",
        form: { enum: { A: { struct: { q: "u32" } } }, tag: { internal: name } },
        value: { kind: "A", value: { q: 1 } },
      },
      {
        slot: "content",
        form: { enum: { A: "u32" }, tag: { adjacent: ["t t", name] } },
        value: { kind: "A", value: 1 },
      },
      {
        slot: "JavaScript's tag",
        form: { enum: { A: "u32" }, js: { tag: name, value: "v v" } },
        value: { ...own("A"), "v v": 1 },
      },
      { slot: "key of a record", form: { map: ["string", "u32"], js: "record" }, value: own(1) },
      { slot: "key of a map", form: { map: ["string", "u32"] }, value: new Map([[name, 1]]) },
      { slot: "newtype", form: { newtype: "u32", name }, value: 1 },
      { slot: "key of any", form: "any", value: own(1) },
      { slot: "text", form: "string", value: name },
    ];
  };

  test.each(NAMES)("%j", (name) => {
    let carried = 0;
    for (const { slot, form, value } of forms(name)) {
      const shape = parseShape(form);
      // A shape may refuse the name, with a code; it may not lose it.
      if ("code" in shape) {
        expect(shape.code).toMatch(/^shape[.]/);
        continue;
      }
      for (const format of FORMATS) {
        if (form === "any" && format === "postcard") continue;
        const { codec } = subject(shape.node, format);
        const found = codec.decode(codec.encode(value));
        carried += 1;
        expect(`${slot} ${format} ${show(found)}`).toBe(`${slot} ${format} ${show(value)}`);
        if (typeof found === "object" && found !== null && !(found instanceof Map)) {
          expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
        }
      }
    }
    expect(carried).toBeGreaterThan(20);
  });
});

describe("values that fight back", () => {
  const cyclic: Record<string, unknown> = { kids: [] };
  (cyclic.kids as unknown[]).push(cyclic);
  const proxy = new Proxy(
    {},
    {
      get: () => {
        throw new Error("no");
      },
      ownKeys: () => {
        throw new Error("no");
      },
    },
  );
  const revoked = Proxy.revocable([], {});
  revoked.revoke();
  const rows: readonly [string, Node, unknown, string, string][] = [
    ["a cycle", Tree, cyclic, "resource.depth_limit", "$"],
    [
      "a getter that throws",
      struct({ a: struct({ b: u32 }) }),
      {
        a: {
          get b() {
            throw new RangeError("x");
          },
        },
      },
      "boundary.threw",
      "$.a.b",
    ],
    ["a proxy that throws", struct({ a: u32 }), proxy, "boundary.threw", "$.a"],
    ["a revoked proxy", list(u32), revoked.proxy, "boundary.threw", "$"],
    ["a hole", list(u32), [1, undefined, 3], "value.type_mismatch", "$[1]"],
    ["half a surrogate pair", struct({ s: str }), { s: "a\ud800" }, "lexical.invalid_unicode", "$.s"],
    ["half a surrogate pair in a long text", str, `${"x".repeat(100)}\udc00`, "lexical.invalid_unicode", "$"],
    [
      "an array with another length",
      list(u32),
      new Proxy([1], { get: (t, k) => (k === "length" ? 2 ** 40 : Reflect.get(t, k)) }),
      "resource.element_limit",
      "$",
    ],
    ["toJSON", struct({ a: u32 }), { toJSON: () => ({ a: 1 }) }, "structure.missing_field", "$.a"],
    ["a boxed number", u32, Object(1), "value.type_mismatch", "$"],
    ["a lying Map", map(str, u32), Object.create(Map.prototype), "value.type_mismatch", "$"],
    ["a subclass in a typed list", list(u32, true), [1], "value.type_mismatch", "$"],
  ];
  test.each(rows)("%s", (_, node, value, code, path) => {
    for (const format of FORMATS) {
      const result = subject(node, format).codec.tryEncode(value);
      expect(result).toMatchObject({ status: "error", code });
      if (result.status === "error" && path !== "$") expect(result.path).toBe(path);
    }
  });

  test("a getter is read once, in every format", () => {
    for (const format of FORMATS) {
      let reads = 0;
      const value = {
        get a() {
          return ++reads;
        },
      };
      const { codec } = subject(struct({ a: u32 }), format);
      expect(codec.decode(codec.encode(value))).toEqual({ a: 1 });
      expect(reads).toBe(1);
    }
  });

  test("a getter that uses the codec that reads it", () => {
    for (const format of FORMATS) {
      const { codec } = subject(struct({ a: str, b: u32 }), format);
      const inner = codec.encode({ a: "inner é", b: 7 });
      const value = {
        get a() {
          return show(codec.decode(inner));
        },
        b: 3,
      };
      expect(codec.decode(codec.encode(value))).toEqual({ a: '{"a":"inner é","b":7}', b: 3 });
    }
  });

  test("a limit is a limit", () => {
    const { codec } = subject(list(str), "json", { maxOutputBytes: 100 });
    expect(codec.tryEncode(["x".repeat(200)])).toMatchObject({ code: "resource.output_limit" });
    expect(codec.encode(["x".repeat(90)]).length).toBe(94);
    expect(LIMITS.maxOutputBytes).toBeGreaterThan(100);
  });
});
