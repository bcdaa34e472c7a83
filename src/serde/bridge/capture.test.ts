// Values that fight back: each property is read once, whatever throws becomes a failure with a path, and what was
// read is what is written.

import { describe, expect, test } from "vitest";
import {
  attr,
  enumOf,
  f64,
  list,
  map,
  Order,
  option,
  recursive,
  scalar,
  set,
  str,
  struct,
  tuple,
  u32,
} from "../../../test/serde/nodes.ts";
import { CodecError } from "../ir/failure.ts";
import { createCodec } from "../runtime/codec.ts";
import type { Node } from "../shape/node.ts";

const any: Node = { kind: "any" };
const pair = struct({ a: u32, b: option(str) });
const text = (node: Node, value: unknown) =>
  new TextDecoder().decode(createCodec(node, "json").encode(value));
const failure = (node: Node, value: unknown) => createCodec(node, "json").tryEncode(value);

describe("what does not fit", () => {
  const cyclic: { kids: unknown[] } = { kids: [] };
  cyclic.kids.push(cyclic);
  const Tree = recursive((self) => struct({ kids: list(self) }));
  const Linked = recursive((self) => struct({ next: option(self) }));
  const ring: { next: unknown } = { next: null };
  ring.next = ring;

  test.each([
    ["no object", pair, 5, "value.type_mismatch", "$"],
    ["null", pair, null, "value.type_mismatch", "$"],
    ["missing", pair, {}, "structure.missing_field", "$.a"],
    ["a missing payload", enumOf({ A: u32 }), { kind: "A" }, "structure.missing_field", "$::A"],
    ["a fraction", pair, { a: 1.5 }, "value.type_mismatch", "$.a"],
    ["below", pair, { a: -1 }, "value.number_range", "$.a"],
    ["above", pair, { a: 2 ** 32 }, "value.number_range", "$.a"],
    ["NaN", pair, { a: Number.NaN }, "value.type_mismatch", "$.a"],
    ["infinity", pair, { a: Number.POSITIVE_INFINITY }, "value.type_mismatch", "$.a"],
    ["text for a number", pair, { a: "1" }, "value.type_mismatch", "$.a"],
    ["an object with valueOf", pair, { a: { valueOf: () => 1 } }, "value.type_mismatch", "$.a"],
    ["number for bigint", scalar("u64"), 5, "value.type_mismatch", "$"],
    ["bigint for number", u32, 5n, "value.type_mismatch", "$"],
    ["too big a bigint", scalar("i64"), 2n ** 63n, "value.number_range", "$"],
    ["unsafe", scalar("u64", { js: "number" }), 2 ** 53, "value.number_range", "$"],
    ["too big a single", scalar("f32"), 1e300, "value.number_range", "$"],
    ["infinity in JSON", f64, Number.POSITIVE_INFINITY, "value.number_range", "$"],
    ["NaN in JSON", struct({ x: list(f64) }), { x: [1, Number.NaN] }, "value.number_range", "$.x[1]"],
    ["lone surrogate", list(str), ["a", "\ud800"], "lexical.invalid_unicode", "$[1]"],
    ["low surrogate first", str, "\udc00\ud800", "lexical.invalid_unicode", "$"],
    ["long lone surrogate", str, `${"x".repeat(50)}\ud800`, "lexical.invalid_unicode", "$"],
    ["two characters", scalar("char"), "ab", "value.type_mismatch", "$"],
    ["a surrogate", scalar("char"), "\ud800", "lexical.invalid_unicode", "$"],
    ["a hole", list(u32), new Array(2), "value.type_mismatch", "$[0]"],
    ["array-like", list(u32), { length: 1, 0: 5 }, "value.type_mismatch", "$"],
    ["a long empty array", list(u32), new Array(2 ** 32 - 1), "resource.element_limit", "$"],
    ["another length", tuple(u32, u32), [1], "value.length_mismatch", "$"],
    ["another typed array", list(f64, true), new Float32Array(1), "value.type_mismatch", "$"],
    ["an array for a typed one", list(f64, true), [1], "value.type_mismatch", "$"],
    ["object for map", map(str, u32), {}, "value.type_mismatch", "$"],
    ["bad map value", map(str, u32), new Map([["k y", "x"]]), "value.type_mismatch", '$["k y"]'],
    ["a list for a struct", struct({ a: option(u32) }), [], "value.type_mismatch", "$"],
    ["bytes for a struct", struct({ a: option(u32) }), new Uint8Array(1), "value.type_mismatch", "$"],
    ["a Map for a record", map(str, u32, { js: "record" }), new Map([["a", 1]]), "value.type_mismatch", "$"],
    ["a Date in any", any, [new Date(0)], "value.type_mismatch", "$[0]"],
    [
      "an array that says it is another",
      scalar("bytes"),
      Object.setPrototypeOf(new Float64Array(1), Uint8Array.prototype),
      "value.type_mismatch",
      "$",
    ],
    ["array for set", set(str), ["a"], "value.type_mismatch", "$"],
    ["a map that only says so", map(str, u32), Object.create(Map.prototype), "value.type_mismatch", "$"],
    ["unknown variant", enumOf({ A: undefined }), "B", "structure.unknown_variant", "$"],
    ["unknown tag", enumOf({ A: u32 }), { kind: "B" }, "structure.unknown_variant", "$.kind"],
    ["bad payload", enumOf({ A: u32 }), { kind: "A", value: "x" }, "value.type_mismatch", "$::A"],
    ["a cycle", Tree, cyclic, "resource.depth_limit", undefined],
    ["a ring", Linked, ring, "resource.depth_limit", undefined],
    ["a cycle in any", any, cyclic, "resource.depth_limit", undefined],
    ["a function in any", any, { f: () => 1 }, "value.type_mismatch", '$["f"]'],
    ["a symbol in any", any, [Symbol()], "value.type_mismatch", "$[0]"],
    ["bytes in any in JSON", any, [new Uint8Array(1)], "value.type_mismatch", "$[0]"],
    ["odd keys in JSON", any, new Map([[1, 2]]), "value.bad_key", undefined],
  ] as [string, Node, unknown, string, string | undefined][])("%s", (_, node, value, code, path) => {
    const result = failure(node, value);
    expect(result).toMatchObject({ status: "error", code });
    if (path !== undefined) expect(result).toMatchObject({ path });
  });
});

describe("code that runs while it is read", () => {
  const thrown = new Error("mine");
  const throwing = {
    get a(): number {
      throw thrown;
    },
    b: null,
  };
  const trap = new Proxy(
    {},
    {
      get: () => {
        throw thrown;
      },
      getPrototypeOf: () => {
        throw thrown;
      },
      ownKeys: () => {
        throw thrown;
      },
    },
  );
  const revoked = Proxy.revocable([], {});
  revoked.revoke();

  test.each([
    ["a getter", struct({ p: pair }), { p: throwing }, "$.p.a"],
    ["a proxy", pair, trap, "$.a"],
    ["keys of a proxy", map(str, u32, { js: "record" }), trap, "$"],
    [
      "an element",
      list(list(u32)),
      [
        new Proxy([1], {
          get: (t, k) => {
            if (k === "0") throw thrown;
            return Reflect.get(t, k);
          },
        }),
      ],
      "$[0][0]",
    ],
  ] as [string, Node, unknown, string][])("%s that throws", (_, node, value, path) => {
    expect(failure(node, value)).toMatchObject({ code: "boundary.threw", path });
    try {
      createCodec(node, "json").encode(value);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(CodecError);
      expect((error as CodecError).cause).toBe(thrown);
    }
  });

  test.each([
    ["list", list(u32)],
    ["any", any],
    ["struct", pair],
    ["typed", list(f64, true)],
    ["bytes", scalar("bytes")],
  ] as [string, Node][])("a revoked proxy as %s", (_, node) => {
    expect(failure(node, revoked.proxy).status).toBe("error");
  });

  test("each property is read once", () => {
    let reads = 0;
    const value = {
      get a() {
        return reads++ === 0 ? 1 : "changed";
      },
      b: null,
    };
    expect(text(pair, value)).toBe('{"a":1,"b":null}');
    expect(reads).toBe(1);
  });

  test("skipIf looks at what was read", () => {
    let reads = 0;
    const value = {
      get a() {
        reads++;
        return [];
      },
    };
    const node = struct({ a: attr(list(u32), { skipIf: "empty", default: { value: [] } }) });
    expect(text(node, value)).toBe("{}");
    expect(reads).toBe(1);
  });

  test("a getter may use the codec it is read by", () => {
    const codec = createCodec(pair, "json");
    const value = {
      get a() {
        expect(codec.decode(codec.encode({ a: 7, b: "inner" }))).toEqual({ a: 7, b: "inner" });
        return 1;
      },
      b: "outer",
    };
    expect(new TextDecoder().decode(codec.encode(value))).toBe('{"a":1,"b":"outer"}');
  });

  test("a getter that shrinks its array", () => {
    const items: unknown[] = [1, 2, 3];
    Object.defineProperty(items, 0, {
      get: () => {
        items.length = 1;
        return 1;
      },
    });
    expect(failure(list(u32), items)).toMatchObject({ code: "value.type_mismatch", path: "$[1]" });
  });

  test("a failed encode leaves the codec usable", () => {
    const codec = createCodec(Order, "json");
    expect(codec.tryEncode({ id: 1 }).status).toBe("error");
    expect(codec.tryEncode({ id: 1, customer: "a", note: null, lines: [] }).status).toBe("ok");
  });
});

describe("what is not looked at", () => {
  test("toJSON", () => expect(text(pair, { a: 1, b: null, toJSON: () => 5 })).toBe('{"a":1,"b":null}'));
  test("other properties", () => expect(text(pair, { a: 1, b: "x", c: 3 })).toBe('{"a":1,"b":"x"}'));
  test("Object.prototype", () => {
    const node = struct({ constructor: option(str), toString: option(str) });
    expect(text(node, {})).toBe('{"constructor":null,"toString":null}');
    const named = struct({ polluted: option(str) });
    (Object.prototype as { polluted?: string }).polluted = "x";
    try {
      expect(text(named, {})).toBe('{"polluted":null}');
      expect(text(named, { polluted: "x" })).toBe('{"polluted":"x"}');
    } finally {
      delete (Object.prototype as { polluted?: string }).polluted;
    }
  });
  test("accessors on Object.prototype, on decode", () => {
    let called = false;
    Object.defineProperty(Object.prototype, "a", {
      configurable: true,
      set: () => {
        called = true;
      },
    });
    try {
      const value = createCodec(pair, "json").decode(new TextEncoder().encode('{"a":1,"b":null}'));
      expect(Object.getOwnPropertyDescriptor(value, "a")?.value).toBe(1);
      const record = createCodec(map(str, u32, { js: "record" }), "json").decode(
        new TextEncoder().encode('{"a":1}'),
      );
      expect(Object.getOwnPropertyDescriptor(record, "a")?.value).toBe(1);
      expect(called).toBe(false);
    } finally {
      delete (Object.prototype as { a?: unknown }).a;
    }
  });
});

describe("what is accepted", () => {
  test("instances, inherited getters, null prototypes", () => {
    class P {
      get a() {
        return 1;
      }
      b = null;
    }
    expect(text(pair, new P())).toBe('{"a":1,"b":null}');
    expect(text(pair, Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1,"b":null}');
  });
  test("-0 for an integer is 0, for a float is -0", () => {
    expect(text(u32, -0)).toBe("0");
    expect(text(f64, -0)).toBe("-0");
  });
  test("buffers", () => {
    expect(text(scalar("bytes"), Buffer.from("abc"))).toBe('"YWJj"');
  });
});
