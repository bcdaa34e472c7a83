// Random shapes and random values of a shape, for property tests. Shapes are made as JSON forms, so that what fails
// prints as something one can paste into a file; those that break a rule (two equal names, say) are drawn again.

import fc from "fast-check";
import {
  type EnumNode,
  type Node,
  parseShape,
  type ScalarNode,
  type Shape,
  type ShapeFailure,
} from "../../../src/serde/shape/index.ts";
import { typedArray } from "./typed.ts";

export interface ShapeLimits {
  /** Levels of nesting. Default 4. */
  readonly depth?: number;
  /** Only what every format carries and brings back: no `any`, untagged, flatten, nothing skipped. Default false. */
  readonly portable?: boolean;
  /** Recursive shapes. Default true. */
  readonly recursive?: boolean;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Names from threats.md and everyday ones; pairs are always used, so all of them may stand anywhere. */
export const HOSTILE_NAMES = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "then",
  "toJSON",
  "length",
  "name",
  "0",
  "1",
  "4294967294",
  "-1",
  "01",
  "1.5",
  "",
  " ",
  '"',
  "'",
  "`$\u007bx}`",
  "\\",
  "\n",
  "\u2028",
  "\u0000",
  "\ufeff",
  "é",
  "😀",
  "null",
  "undefined",
  "*/",
  "//",
  "</script>",
  "a.b",
  "$",
  "[0]",
] as const;

const word = fc.stringMatching(/^[a-z]{1,3}$/);
const arbitraryName: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: word },
  { weight: 2, arbitrary: fc.constantFrom(...HOSTILE_NAMES) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 5 }) },
);

const names = (min: number, max: number) => fc.uniqueArray(arbitraryName, { minLength: min, maxLength: max });

/** Each of `parts` or nothing. */
const some = (parts: { readonly [key: string]: fc.Arbitrary<Json> }): fc.Arbitrary<{ [key: string]: Json }> =>
  fc.record(parts, { requiredKeys: [] }) as fc.Arbitrary<{ [key: string]: Json }>; // absent, never undefined

const integers = ["u8", "u16", "u32", "i8", "i16", "i32"] as const;
const scalars: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom("unit", "bool", ...integers, "u64", "i64", "f32", "f64", "char", "string", "bytes"),
  fc.constantFrom<Json>({ u64: { js: "number" } }, { i64: { js: "number" } }),
  fc.constantFrom<Json>({ bytes: { text: "hex" } }, { bytes: { text: "array" } }),
);
const keys: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>("bool", ...integers, "u64", "char", "string", { i64: { js: "number" } }),
  names(1, 3).map((units) => ({ enum: units.map((name) => [name, null]) })),
);
const numeric = fc.constantFrom<Json>(...integers, "u64", "i64", "f32", "f64");

function compound(below: fc.Arbitrary<Json>, portable: boolean): fc.Arbitrary<Json> {
  const choices: fc.Arbitrary<Json>[] = [
    structs(below, portable),
    structs(below, portable),
    enums(below, portable),
    fc.record({ list: below }),
    fc.record({ list: numeric, typed: fc.constant(true) }),
    fc.record({ array: below, length: fc.nat(3) }),
    fc.record({ array: numeric, length: fc.nat(3), typed: fc.constant(true) }),
    fc.record({ tuple: fc.array(below, { maxLength: 3 }) }),
    fc.record({ set: keys }),
    fc
      .tuple(fc.record({ map: fc.tuple(keys, below) }), some({ duplicate: fc.constant("reject") }))
      .map(([map, more]) => ({ ...map, ...more })),
    fc.record({ map: fc.tuple(fc.constant("string"), below), js: fc.constant("record") }),
    fc
      .tuple(fc.record({ option: below }), some({ none: fc.constantFrom("null", "undefined") }))
      .map(([option, more]) => ({ ...option, ...more })),
    fc.record({ newtype: below, name: arbitraryName }),
  ];
  return fc.oneof(...choices);
}

function structs(below: fc.Arbitrary<Json>, portable: boolean): fc.Arbitrary<Json> {
  return names(0, 4).chain((fields) => {
    const flags = { denyUnknown: fc.boolean(), duplicate: fc.constantFrom("reject", "first", "last") };
    const renameAll = fc.constantFrom("camel", "Pascal", "snake", "SCREAMING_SNAKE", "kebab");
    const some1 = (value: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
      fields.length === 0
        ? fc.constant([])
        : fc.tuple(fc.constantFrom(...fields), value).map((pair): Json => [pair]);
    const attributes = some({
      ...flags,
      renameAll,
      rename: some1(arbitraryName),
      alias: some1(fc.array(arbitraryName, { maxLength: 2 })),
      ...(!portable && {
        skipEncode: some1(fc.boolean()),
        default: some1(fc.constantFrom<Json>(0, "", "a", [], null, true, "-0")),
        flatten: some1(fc.constant(true)),
        skipIf: some1(fc.constantFrom("none", "empty", "zero", "false")),
        skip: some1(fc.constant(true)),
      }),
    });
    return fc
      .tuple(fc.array(below, { minLength: fields.length, maxLength: fields.length }), attributes)
      .map(([parts, more]) => ({ struct: fields.map((name, i) => [name, parts[i]!]), ...more }));
  });
}

const isStructOrNull = (form: Json): boolean =>
  form === null || (typeof form === "object" && "struct" in form);

function enums(below: fc.Arbitrary<Json>, portable: boolean): fc.Arbitrary<Json> {
  const payload = fc.oneof(fc.constant(null), below);
  const fieldsOnly = fc.oneof(fc.constant(null), structs(below, portable));
  const form = some({ js: fc.constantFrom<Json>({ tag: "type" }, { tag: "t", value: "v" }) });
  const inline = fc.constantFrom<Json>({ inline: true }, { tag: "of", inline: true });
  const external = fc.constantFrom<Json>("external", { adjacent: ["t", "c"] });
  const tags: [fc.Arbitrary<Json>, fc.Arbitrary<Json>][] = [
    [external, payload],
    [fc.constant({ internal: "type" }), fieldsOnly],
    [fc.constant("numeric"), fc.constant(null)],
    ...(portable
      ? []
      : [[fc.constant<Json>("untagged"), payload] as [fc.Arbitrary<Json>, fc.Arbitrary<Json>]]),
  ];
  return fc.tuple(names(1, 4), fc.constantFrom(...tags), form).chain(([variants, [tag, part], more]) =>
    fc
      .tuple(tag, fc.array(part, { minLength: variants.length, maxLength: variants.length }), inline)
      .map(([tagging, parts, js]) => ({
        enum: variants.map((name, i) => [name, parts[i]!]),
        tag: tagging,
        ...(parts.every(isStructOrNull) ? { js } : more),
      })),
  );
}

const scalarFields = fc.constantFrom<Json>("u8", "i64", "string", "bool", { list: "u8" });

/** Structs of parts that stand among each other's keys, which nothing but keys and tags tells apart. */
export function arbitraryFlattened(): fc.Arbitrary<Shape<unknown>> {
  let count = 0;
  // Every name is another one: keys of parts must not meet.
  const name = () => `k${count++ % 100_000}`;
  const fields = (depth: number): fc.Arbitrary<Json> =>
    fc
      .tuple(
        fc.array(fc.tuple(scalarFields, fc.boolean()), { minLength: 1, maxLength: 3 }),
        depth > 0 ? fc.array(part(depth - 1), { maxLength: 2 }) : fc.constant([]),
        fc.boolean(),
      )
      .map(([own, parts, isOmitted]) => {
        // The first field must be there, so that an optional part is seen to be.
        const named = own.map(([field, isOption], i): [string, Json] => [
          name(),
          isOption && i > 0 ? { option: field } : field,
        ]);
        const optional = named.filter(
          ([, field]) => typeof field === "object" && field !== null && "option" in field,
        );
        const flattened = parts.map((inner): [string, Json] => [name(), inner]);
        return {
          struct: [...named.slice(0, 1), ...flattened, ...named.slice(1)],
          flatten: flattened.map(([key]) => [key, true]),
          ...(isOmitted ? { skipIf: optional.map(([key]) => [key, "none"]) } : {}),
        };
      });
  const variants = (tag: (name: string) => Json, payload: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
    fc
      .array(payload, { minLength: 1, maxLength: 3 })
      .map((payloads) => ({ enum: payloads.map((inner) => [name(), inner]), tag: tag(name()) }));
  const part = (depth: number): fc.Arbitrary<Json> =>
    fc.oneof(
      fields(depth),
      fields(depth).map((option) => ({ option })),
      variants(() => "untagged", fields(depth)),
      variants(() => "external", fc.oneof(scalarFields, fields(depth))),
      variants((tag) => ({ internal: tag }), fc.oneof(fc.constant(null), fields(depth))),
      variants((tag) => ({ adjacent: [tag, `${tag}c`] }), fc.oneof(fc.constant(null), scalarFields)),
    );
  return fields(2)
    .map((form) => parseShape(form))
    .filter(isShape);
}

const isShape = (shape: Shape<unknown> | ShapeFailure): shape is Shape<unknown> => !("code" in shape);

/** JSON forms, most of them valid: what a parser may be given. */
export function arbitraryForm(limits: ShapeLimits = {}): fc.Arbitrary<Json> {
  const { depth = 4, portable = false, recursive = true } = limits;
  const leaf = portable
    ? scalars
    : fc.oneof({ weight: 8, arbitrary: scalars }, { weight: 1, arbitrary: fc.constant("any") });
  const refs = fc.constantFrom<Json>({ option: { ref: "A" } }, { list: { ref: "B" } }, { ref: "A" });
  const { node } = fc.letrec<{ node: Json }>((tie) => ({
    node: fc.oneof(
      { maxDepth: depth, depthSize: "small" },
      recursive ? fc.oneof({ weight: 9, arbitrary: leaf }, { weight: 1, arbitrary: refs }) : leaf,
      compound(tie("node"), portable),
    ),
  }));
  if (!recursive) return node;
  return fc
    .record({ root: structs(node, portable), A: node, B: node, defs: fc.boolean() })
    .chain(({ root, A, B }) =>
      fc.constantFrom<Json>(
        { ...(root as { [key: string]: Json }), $defs: { A, B } },
        { list: { ref: "A" }, $defs: { A: { option: A }, B } },
      ),
    );
}

/** Shapes that keep every rule. */
export const arbitraryShape = (limits: ShapeLimits = {}): fc.Arbitrary<Shape<unknown>> =>
  arbitraryForm(limits)
    .map((form) => parseShape(form))
    .filter(isShape);

/** A shape and a value of it in decoded form. */
export const arbitraryShapeAndValue = (
  limits: ShapeLimits = {},
): fc.Arbitrary<{ readonly shape: Shape<unknown>; readonly value: unknown }> =>
  withValue(arbitraryShape(limits));

export const withValue = (
  shapes: fc.Arbitrary<Shape<unknown>>,
): fc.Arbitrary<{ readonly shape: Shape<unknown>; readonly value: unknown }> =>
  shapes.chain((shape) => arbitraryValue(shape.node).map((value) => ({ shape, value })));

const MAX_REFS = 3;

/** Values of a sealed node, in decoded form. Recursion ends after a few refs. `raw` is the JSON text `null`. */
function arbitraryValue(node: Node, refs = 0): fc.Arbitrary<unknown> {
  if (refs > MAX_REFS) return fc.constant(smallest(node, new Set()));
  const below = (inner: Node) => arbitraryValue(inner, refs);
  switch (node.kind) {
    case "struct":
      return fc
        .tuple(...node.fields.map((field) => below(field.node)))
        .map((values) => object(node.fields.map(({ name }, i) => [name, values[i]])));
    case "tuple":
      return fc.tuple(...node.items.map(below));
    case "array":
    case "list": {
      const size =
        node.kind === "array" ? { minLength: node.length, maxLength: node.length } : { maxLength: 4 };
      const items = fc.array(below(node.item), size);
      return node.typed ? items.map((values) => typedArray(node.item, values)) : items;
    }
    case "set":
      return fc.array(below(node.item), { maxLength: 4 }).map((items) => new Set(items));
    case "map": {
      const entries = fc.array(fc.tuple(below(node.key), below(node.value)), { maxLength: 4 });
      return entries.map((pairs) =>
        node.js === "map" ? new Map(pairs) : object(pairs as [string, unknown][]),
      );
    }
    case "option":
      return fc.oneof(fc.constant(node.none === "null" ? null : undefined), below(node.inner));
    case "enum":
      return fc.oneof(...node.variants.map((_, i) => variant(node, i, below)));
    case "newtype":
      return below(node.inner);
    case "ref":
      return fc.constant(null).chain(() => arbitraryValue(node.target, refs + 1));
    case "any":
      return anyValue;
    default:
      return scalarValue(node);
  }
}

function variant(
  node: EnumNode,
  i: number,
  below: (inner: Node) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  const { name, payload } = node.variants[i]!;
  if (node.variants.every((v) => v.payload === undefined)) return fc.constant(name);
  const { tag, value, inline } = node.js;
  if (payload === undefined) return fc.constant(object([[tag, name]]));
  return below(payload).map((part) =>
    object([[tag, name], ...(inline ? Object.entries(part as object) : [[value, part] as const])]),
  );
}

/** Data properties, whatever their names. */
function object(entries: readonly (readonly [string, unknown])[]): object {
  const made = {};
  for (const [name, value] of entries) {
    Object.defineProperty(made, name, { value, enumerable: true, writable: true, configurable: true });
  }
  return made;
}

const range = (bits: number, isSigned: boolean): fc.Arbitrary<number> => {
  const [min, max] = isSigned ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
  return fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max, 0, 1));
};
const range64 = (isSigned: boolean): fc.Arbitrary<bigint> => {
  const [min, max] = isSigned ? [-(1n << 63n), (1n << 63n) - 1n] : [0n, (1n << 64n) - 1n];
  return fc.oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max, 0n, 1n << 53n));
};

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.string({ maxLength: 40 }),
  fc.constantFrom(...HOSTILE_NAMES),
);

/** Once: each new one costs a table of all characters. */
const char = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  fc.constantFrom("a", "\0", "😀"),
);

const anyValue: fc.Arbitrary<unknown> = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.oneof(
      fc.constantFrom(null, true, false),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      text,
    ),
    fc.array(tie("any"), { maxLength: 3 }),
    fc.array(fc.tuple(text, tie("any")), { maxLength: 3 }).map(object),
  ),
})).any;

function scalarValue(node: ScalarNode): fc.Arbitrary<unknown> {
  switch (node.kind) {
    case "unit":
      return fc.constant(null);
    case "bool":
      return fc.boolean();
    case "u64":
    case "i64":
      return node.js === "number"
        ? fc.maxSafeInteger().map((n) => (node.kind === "u64" ? Math.abs(n) : n))
        : range64(node.kind === "i64");
    case "f32":
      return fc.float();
    case "f64":
      return fc.double();
    case "char":
      return char;
    case "string":
      return text;
    case "bytes":
      return fc.uint8Array({ maxLength: 20 });
    case "raw":
      return fc.constant(Uint8Array.from([0x6e, 0x75, 0x6c, 0x6c]));
    default:
      return range(Number(node.kind.slice(1)), node.kind[0] === "i");
  }
}

/** A value that ends soon; every sealed shape has one. */
function smallest(node: Node, open: Set<Node>): unknown {
  const found = tryEnd(node, open);
  if (found === ENDLESS) throw new Error("a sealed shape without a finite value");
  return found;
}

const ENDLESS = Symbol("endless");

function tryEnd(node: Node, open: Set<Node>): unknown {
  if (open.has(node)) return ENDLESS;
  open.add(node);
  const found = end(node, open);
  open.delete(node);
  return found;
}

function end(node: Node, open: Set<Node>): unknown {
  const all = (parts: readonly Node[], make: (values: unknown[]) => unknown): unknown => {
    const values = parts.map((part) => tryEnd(part, open));
    return values.includes(ENDLESS) ? ENDLESS : make(values);
  };
  switch (node.kind) {
    case "struct":
      return all(
        node.fields.map((field) => field.node),
        (values) => object(node.fields.map(({ name }, i) => [name, values[i]])),
      );
    case "tuple":
      return all(node.items, (values) => values);
    case "array":
      return all(
        Array.from({ length: node.length }, () => node.item),
        (values) => (node.typed ? typedArray(node.item, values) : values),
      );
    case "list":
      return node.typed ? typedArray(node.item, []) : [];
    case "set":
      return new Set();
    case "map":
      return node.js === "map" ? new Map() : {};
    case "option":
      return node.none === "null" ? null : undefined;
    case "enum": {
      for (const [i, { payload }] of node.variants.entries()) {
        const value = payload === undefined ? undefined : tryEnd(payload, open);
        if (value !== ENDLESS)
          return fc.sample(
            variant(node, i, () => fc.constant(value)),
            1,
          )[0];
      }
      return ENDLESS;
    }
    case "newtype":
      return tryEnd(node.inner, open);
    case "ref":
      return tryEnd(node.target, open);
    case "any":
    case "unit":
      return null;
    case "bool":
      return false;
    case "u64":
    case "i64":
      return node.js === "number" ? 0 : 0n;
    case "char":
      return "a";
    case "string":
      return "";
    case "bytes":
      return new Uint8Array();
    case "raw":
      return Uint8Array.from([0x6e, 0x75, 0x6c, 0x6c]);
    default:
      return 0;
  }
}
