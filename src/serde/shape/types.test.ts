// The types that shapes have, as the compiler sees them. Checked by `npm run check`; at run time there is little to see.

import { describe, expectTypeOf, test } from "vitest";
import { type Infer, type Shape, s } from "./index.ts";

describe("the type of", () => {
  test("scalars", () => {
    expectTypeOf<Infer<ReturnType<typeof s.unit>>>().toEqualTypeOf<null>();
    expectTypeOf<Infer<ReturnType<typeof s.bool>>>().toEqualTypeOf<boolean>();
    expectTypeOf<Infer<ReturnType<typeof s.u32>>>().toEqualTypeOf<number>();
    expectTypeOf<Infer<ReturnType<typeof s.bytes>>>().toEqualTypeOf<Uint8Array>();
    expectTypeOf<Infer<ReturnType<typeof s.any>>>().toEqualTypeOf<unknown>();
    const big = s.u64();
    expectTypeOf<Infer<typeof big>>().toEqualTypeOf<bigint>();
    const small = s.i64({ js: "number" });
    expectTypeOf<Infer<typeof small>>().toEqualTypeOf<number>();
  });

  test("a struct, in declaration order and without noise", () => {
    const Order = s.struct({
      id: s.u64(),
      note: s.option(s.string()),
      memo: s.option(s.string(), { none: "undefined" }),
      qty: s.u32().rename("q").alias("amount").default(1),
      lines: s.list(s.struct({ sku: s.string(), at: s.tuple([s.f64(), s.f64(), s.char()]) })),
    });
    expectTypeOf<Infer<typeof Order>>().toEqualTypeOf<{
      id: bigint;
      note: string | null;
      memo: string | undefined;
      qty: number;
      lines: { sku: string; at: [number, number, string] }[];
    }>();
    const Pairs = s.struct([
      ["0", s.u8()],
      ["__proto__", s.string().rename("proto")],
    ]);
    expectTypeOf<Infer<typeof Pairs>>().toEqualTypeOf<{ "0": number; __proto__: string }>();
    const Id = s.struct({ id: s.u64() }, { transparent: true });
    expectTypeOf<Infer<typeof Id>>().toEqualTypeOf<bigint>();
    // @ts-expect-error: not of the field's type
    (): unknown => s.struct({ a: s.string() }, { default: { a: 1 } });
    // @ts-expect-error: no such field
    (): unknown => s.struct({ a: s.string() }, { default: { b: "" } });
    // @ts-expect-error: a default is a value of the shape
    (): unknown => s.u8().default("1");
    // @ts-expect-error: a field is no shape
    (): unknown => s.list(s.u8().rename("x"));
  });

  test("lists and arrays, typed ones too", () => {
    const Numbers = s.list(s.f64(), { typed: true });
    expectTypeOf<Infer<typeof Numbers>>().toEqualTypeOf<Float64Array>();
    const Big = s.array(s.u64(), 4, { typed: true });
    expectTypeOf<Infer<typeof Big>>().toEqualTypeOf<BigUint64Array>();
    const Three = s.array(s.u8(), 3);
    expectTypeOf<Infer<typeof Three>>().toEqualTypeOf<[number, number, number]>();
    const Many = s.array(s.u8(), 300);
    expectTypeOf<Infer<typeof Many>>().toEqualTypeOf<number[]>();
    // @ts-expect-error: not numeric
    (): unknown => s.list(s.string(), { typed: true });
    // @ts-expect-error: not a typed array's item
    (): unknown => s.list(s.u64({ js: "number" }), { typed: true });
  });

  test("sets, maps and records", () => {
    const Tags = s.set(s.string());
    expectTypeOf<Infer<typeof Tags>>().toEqualTypeOf<Set<string>>();
    const Counts = s.map(s.u32(), s.f64());
    expectTypeOf<Infer<typeof Counts>>().toEqualTypeOf<Map<number, number>>();
    const Headers = s.record(s.string(), { duplicate: "reject" });
    expectTypeOf<Infer<typeof Headers>>().toEqualTypeOf<Record<string, string>>();
  });

  test("enums", () => {
    const Color = s.enum(["Red", "Green"]);
    expectTypeOf<Infer<typeof Color>>().toEqualTypeOf<"Red" | "Green">();
    const Level = s.enum({ Low: null, High: null }, { tag: "numeric", discriminant: { High: 9 } });
    expectTypeOf<Infer<typeof Level>>().toEqualTypeOf<"Low" | "High">();
    const Figure = s.enum({
      Circle: s.f64(),
      Rect: s.struct({ w: s.f64(), h: s.f64() }),
      Nothing: null,
    });
    expectTypeOf<Infer<typeof Figure>>().toEqualTypeOf<
      | { kind: "Circle"; value: number }
      | { kind: "Rect"; value: { w: number; h: number } }
      | { kind: "Nothing" }
    >();
    const Named = s.enum({ A: s.u8(), B: null }, { js: { tag: "type", value: "data" } });
    expectTypeOf<Infer<typeof Named>>().toEqualTypeOf<{ type: "A"; data: number } | { type: "B" }>();
    const Event = s.enum(
      { Moved: s.struct({ x: s.f64(), y: s.f64() }), Gone: null },
      { js: { tag: "type", inline: true } },
    );
    expectTypeOf<Infer<typeof Event>>().toEqualTypeOf<
      { type: "Moved"; x: number; y: number } | { type: "Gone" }
    >();
    const Pairs = s.enum([
      ["1", s.u8()],
      ["b", null],
    ]);
    expectTypeOf<Infer<typeof Pairs>>().toEqualTypeOf<{ kind: "1"; value: number } | { kind: "b" }>();
    // @ts-expect-error: no such variant
    (): unknown => s.enum(["A"], { other: "B" });
  });

  test("shapes that contain themselves", () => {
    const Tree = s.recursive("Tree", (tree) =>
      s.struct({ value: s.u32(), children: s.list(tree), byName: s.map(s.string(), tree) }),
    );
    type Tree = Infer<typeof Tree>;
    expectTypeOf<Tree["value"]>().toEqualTypeOf<number>();
    expectTypeOf<Tree["children"][0]["children"][0]["value"]>().toEqualTypeOf<number>();
    interface Node {
      value: number;
      children: Node[];
      byName: Map<string, Node>;
    }
    expectTypeOf<Tree>().toExtend<Node>();
    expectTypeOf<Node>().toExtend<Tree>();

    const Json = s.recursive("Json", (json) =>
      s.enum({ Null: null, Text: s.string(), List: s.list(json), Record: s.record(json) }),
    );
    type Json = Infer<typeof Json>;
    expectTypeOf<Extract<Json, { kind: "List" }>["value"][0]["kind"]>().toEqualTypeOf<
      "Null" | "Text" | "List" | "Record"
    >();

    // Shapes that contain each other: one inside the other.
    const Expression = s.recursive("Expression", (expression) =>
      s.recursive("Block", (block) =>
        s.struct({ body: s.list(expression), inner: s.option(block), bytes: s.bytes() }),
      ),
    );
    type Expression = Infer<typeof Expression>;
    expectTypeOf<Expression["body"][0]["inner"]>().toEqualTypeOf<Expression["inner"]>();
    expectTypeOf<Expression["bytes"]>().toEqualTypeOf<Uint8Array>();

    interface Link {
      next: Link | null;
    }
    const Link: Shape<Link> = s.struct({ next: s.option(s.lazy(() => Link)) });
    expectTypeOf<Infer<typeof Link>>().toEqualTypeOf<Link>();
  });

  test("wrong use does not compile", () => {
    // @ts-expect-error: names of kinds are for the JSON form
    (): unknown => s.struct({ a: "u8" });
    // @ts-expect-error: not called
    (): unknown => s.struct({ a: s.u8 });
    // @ts-expect-error: one shape, not several
    (): unknown => s.tuple(s.u8());
    // @ts-expect-error: a field is no item
    (): unknown => s.tuple([s.u8().default(1)]);
    // @ts-expect-error: no shape
    (): unknown => s.option();
    // @ts-expect-error: no such style
    (): unknown => s.struct({ a: s.u8() }, { renameAll: "camelCase" });
    // @ts-expect-error: no such option
    (): unknown => s.struct({ a: s.u8() }, { denyUnkown: true });
    // @ts-expect-error: a length is a number
    (): unknown => s.array(s.u8(), "3");
    // @ts-expect-error: no such variant
    (): unknown => s.enum({ A: s.u8() }, { rename: { B: "b" } });
    // @ts-expect-error: yes or no
    (): unknown => s.enum({ A: s.struct({}) }, { js: { inline: "yes" } });
    // @ts-expect-error: no such condition
    (): unknown => s.u8().skipIf("null");
    // @ts-expect-error: of another type
    const shape: Shape<string> = s.u8();
    expectTypeOf(shape).toEqualTypeOf<Shape<string>>();
  });

  test("every shape is a Shape<unknown>", () => {
    const shapes: Shape<unknown>[] = [s.u8(), s.struct({ a: s.string() }), s.enum(["A"])];
    expectTypeOf(shapes).toEqualTypeOf<Shape<unknown>[]>();
  });
});
