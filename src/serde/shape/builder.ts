// `s`: shapes as TypeScript writes them, with the types of their values inferred. The runtime half is a few lines per
// kind, since all checks are in `draft` and `seal`; the rest says what the types are.

import {
  arrayDraft,
  closeRef,
  enumDraft,
  type FieldPart,
  type Given,
  listDraft,
  mapDraft,
  newtypeDraft,
  optionDraft,
  refDraft,
  scalarDraft,
  setDraft,
  structDraft,
  tupleDraft,
} from "./draft.ts";
import { ITEM_STEP, indexStep, KEY_STEP, nameStep, refuse, VALUE_STEP, variantStep } from "./errors.ts";
import { type FieldShape, fieldParts } from "./field.ts";
import { entriesOf, isArray, isPlain, itemsOf, namedOf } from "./foreign.ts";
import { checkName, type RenameStyle } from "./names.ts";
import type { DuplicatePolicy, Node, ScalarKind, ScalarNode } from "./node.ts";
import { trySeal } from "./seal.ts";
import { draftOf, isShape, type Shape, shapeOf } from "./shape.ts";
import type { FixedArray, Infer, NumericKind, Pretty, Self, TypedArrays, Unroll } from "./types.ts";

/** A scalar whose kind is known to the type system: items of typed arrays. */
export interface ScalarShape<K extends ScalarKind, T> extends Shape<T> {
  readonly node: ScalarNode & { readonly kind: K };
}

type AnyShape = Shape<unknown>;
type AnyField = AnyShape | FieldShape<unknown>;
type TypeOf<F> = F extends { readonly shape: infer S } ? Infer<S> : Infer<F>;

type Fields = { readonly [name: string]: AnyField };
type FieldPairs = readonly (readonly [name: string, field: AnyField])[];
type StructValue<F> = Pretty<{ -readonly [K in keyof F]: TypeOf<F[K]> }>;
type StructOfPairs<P extends FieldPairs> = Pretty<{ -readonly [E in P[number] as E[0]]: TypeOf<E[1]> }>;

export interface StructOptions<T> {
  /** Wire names of all fields that have no `rename` of their own. */
  readonly renameAll?: RenameStyle;
  /** Unknown fields are an error. Default false: they are skipped, after being checked. */
  readonly denyUnknown?: boolean;
  /** When a field comes twice. Default "reject". */
  readonly duplicate?: DuplicatePolicy;
  /** Defaults of fields that have none of their own. */
  readonly default?: Partial<T>;
}

type Payloads = { readonly [name: string]: AnyShape | null };
type PayloadPairs = readonly (readonly [name: string, payload: AnyShape | null])[];
type OfPairs<P extends PayloadPairs> = { [E in P[number] as E[0]]: E[1] };

/** Names of units only: the name. Otherwise one object type per variant. */
type EnumValue<V, Tag extends string, Value extends string, Inline extends boolean> = [V[keyof V]] extends [
  null,
]
  ? Extract<keyof V, string>
  : {
      [K in keyof V]: V[K] extends AnyShape
        ? Pretty<{ [P in Tag]: K } & (Inline extends true ? Infer<V[K]> : { [P in Value]: Infer<V[K]> })>
        : { [P in Tag]: K };
    }[keyof V];

export interface EnumOptions<
  Name extends string,
  Tag extends string = "kind",
  Value extends string = "value",
  Inline extends boolean = false,
> {
  /** How the variant is told on self-describing wires. Default "external". Positional formats write its number. */
  readonly tag?:
    | "external"
    | "untagged"
    | "numeric"
    | { readonly internal: string }
    | { readonly adjacent: readonly [tag: string, content: string] };
  readonly renameAll?: RenameStyle;
  readonly rename?: { readonly [N in Name]?: string };
  readonly alias?: { readonly [N in Name]?: readonly string[] };
  /** Of numeric enums; a variant without one has that of the variant before and one. */
  readonly discriminant?: { readonly [N in Name]?: number };
  /** The variant that takes unknown tags: without payload, or with a string, which is the tag. */
  readonly other?: Name;
  /** Untagged only: the first variant that fits is taken. Default false: two that cannot be told apart are an error. */
  readonly first?: boolean;
  /**
   * Property names in JavaScript, `kind` and `value` by default. `inline`: the fields of the payloads, which must be
   * structs, are properties beside the tag, and there is no `value`.
   */
  readonly js?: { readonly tag?: Tag; readonly value?: Value; readonly inline?: Inline };
}

// ---------------------------------------------------------------------------------------------- reading arguments

const given = (options: object | undefined, path = "$"): Given => {
  if (options === undefined) return [];
  if (!isPlain(options)) return refuse("shape.bad_value", path, "options must be a plain object");
  return entriesOf(options, path).filter(([, value]) => value !== undefined);
};

function draftAt(value: unknown, step: string): Node {
  if (!isShape(value)) refuse("shape.unknown_kind", `$${step}`, "not a shape");
  return draftOf(value);
}

function fieldAt(name: string, value: unknown): FieldPart {
  const path = `$${nameStep(name)}`;
  if (typeof value !== "object" || value === null) refuse("shape.unknown_kind", path, "not a shape");
  const { shape, attributes } = fieldParts(value);
  return { name, node: draftAt(shape, nameStep(name)), attributes };
}

/** Variants by name, as pairs, or only the names of units. */
function variantsAt(variants: unknown): [string, unknown][] {
  const isNames = isArray(variants) && variants.length > 0 && !isArray(variants[0]);
  if (!isNames) return namedOf(variants, "$");
  return namedOf(
    itemsOf(variants, "$").map((name) => [name, null]),
    "$",
  );
}

// ---------------------------------------------------------------------------------------------- kinds

const scalar =
  <K extends ScalarKind, T>(kind: K) =>
  (): ScalarShape<K, T> =>
    shapeOf(scalarDraft(kind, [], "$")) as unknown as ScalarShape<K, T>; // the node was made right there

function integer64<K extends "u64" | "i64">(kind: K) {
  function make(options: { readonly js: "number" }): Shape<number>;
  function make(options?: { readonly js?: "bigint" }): ScalarShape<K, bigint>;
  function make(options?: object): Shape<unknown> {
    return shapeOf(scalarDraft(kind, given(options), "$"));
  }
  return make;
}

/** Bytes. `text`: how text formats write them. `view`: a subarray of the caller's buffer instead of a copy. */
function bytes(options?: {
  readonly text?: "base64" | "array" | "hex";
  readonly view?: boolean;
}): Shape<Uint8Array> {
  return shapeOf(scalarDraft("bytes", given(options), "$"));
}

/** Any value of a self-describing format. */
const any = (): Shape<unknown> => shapeOf(scalarDraft("any", [], "$"));

function struct<const F extends Fields>(
  fields: F,
  options: StructOptions<StructValue<F>> & { readonly transparent: true },
): Shape<TypeOf<F[keyof F]>>;
function struct<const P extends FieldPairs>(
  fields: P,
  options?: StructOptions<StructOfPairs<P>>,
): Shape<StructOfPairs<P>>;
function struct<const F extends Fields>(
  fields: F,
  options?: StructOptions<StructValue<F>>,
): Shape<StructValue<F>>;
function struct(fields: unknown, options?: object): AnyShape {
  const parts = namedOf(fields, "$").map(([name, field]) => fieldAt(name, field));
  return shapeOf(structDraft(parts, given(options), "$", "js"));
}

type Items = readonly AnyShape[];
function tuple<const S extends Items>(items: S): Shape<{ -readonly [I in keyof S]: Infer<S[I]> }> {
  if (!isArray(items)) refuse("shape.bad_value", "$", "a tuple takes an array of shapes");
  const drafts = itemsOf(items, "$").map((item, i) => draftAt(item, indexStep(i)));
  return shapeOf(tupleDraft(drafts, [], "$"));
}

function list<K extends NumericKind>(
  item: ScalarShape<K, unknown>,
  options: { readonly typed: true },
): Shape<TypedArrays[K]>;
function list<T>(item: Shape<T>, options?: { readonly typed?: false }): Shape<T[]>;
function list(item: AnyShape, options?: object): AnyShape {
  return shapeOf(listDraft(draftAt(item, ITEM_STEP), given(options), "$"));
}

function array<K extends NumericKind>(
  item: ScalarShape<K, unknown>,
  length: number,
  options: { readonly typed: true },
): Shape<TypedArrays[K]>;
function array<T, const N extends number>(
  item: Shape<T>,
  length: N,
  options?: { readonly typed?: false },
): Shape<FixedArray<T, N>>;
function array(item: AnyShape, length: number, options?: object): AnyShape {
  return shapeOf(arrayDraft(draftAt(item, ITEM_STEP), [...given(options), ["length", length]], "$"));
}

/** A `Set`. Items are bool, integers, char, string or enums of units. */
const set = <T>(item: Shape<T>): Shape<Set<T>> => shapeOf(setDraft(draftAt(item, ITEM_STEP), [], "$"));

export interface MapOptions {
  /** When a key comes twice. Default "last": the last value, in the place of the first. */
  readonly duplicate?: "last" | "reject";
}

/** A `Map`. Keys are bool, integers, char, string or enums of units. */
function map<K, V>(key: Shape<K>, value: Shape<V>, options?: MapOptions): Shape<Map<K, V>> {
  return shapeOf(mapDraft(draftAt(key, KEY_STEP), draftAt(value, VALUE_STEP), given(options), "$"));
}

/** A plain object with string keys. */
function record<V>(value: Shape<V>, options?: MapOptions): Shape<Record<string, V>> {
  const key = scalarDraft("string", [], "$");
  return shapeOf(
    mapDraft(sealedKey(key), draftAt(value, VALUE_STEP), [...given(options), ["js", "record"]], "$"),
  );
}
const sealedKey = (key: Node): Node => draftOf(shapeOf(key));

function option<T>(inner: Shape<T>, options: { readonly none: "undefined" }): Shape<T | undefined>;
function option<T>(inner: Shape<T>, options?: { readonly none?: "null" }): Shape<T | null>;
function option(inner: AnyShape, options?: object): AnyShape {
  return shapeOf(optionDraft(draftAt(inner, ""), given(options), "$"));
}

function enumOf<const N extends string>(names: readonly N[], options?: EnumOptions<NoInfer<N>>): Shape<N>;
function enumOf<
  const P extends PayloadPairs,
  const Tag extends string = "kind",
  const Value extends string = "value",
  const Inline extends boolean = false,
>(
  variants: P,
  options?: EnumOptions<P[number][0], Tag, Value, Inline>,
): Shape<EnumValue<OfPairs<P>, Tag, Value, Inline>>;
function enumOf<
  const V extends Payloads,
  const Tag extends string = "kind",
  const Value extends string = "value",
  const Inline extends boolean = false,
>(
  variants: V,
  options?: EnumOptions<Extract<keyof V, string>, Tag, Value, Inline>,
): Shape<EnumValue<V, Tag, Value, Inline>>;
function enumOf(variants: unknown, options?: object): AnyShape {
  const parts = variantsAt(variants).map(
    ([name, payload]) => [name, payload === null ? undefined : draftAt(payload, variantStep(name))] as const,
  );
  return shapeOf(enumDraft(parts, given(options), "$"));
}

/** The same value and the same bytes as `inner`, under a name. */
const newtype = <T>(name: string, inner: Shape<T>): Shape<T> =>
  shapeOf(newtypeDraft(draftAt(inner, ""), [["name", name]], "$"));

/**
 * A shape that contains itself: `s.recursive("Tree", (tree) => s.struct({ value: s.u32(), children: s.list(tree) }))`.
 * Nest them for shapes that contain each other.
 */
function recursive<const Name extends string, T>(
  name: Name,
  build: (self: Shape<Self<Name>>) => Shape<T>,
): Shape<Unroll<T, Name, T>> {
  const self = refDraft(checkName(name, "$"));
  const target = draftAt(build(shapeOf(self)), "");
  closeRef(self, target);
  return shapeOf(trySeal(target));
}

/** A shape that is declared later: `const Tree: Shape<Tree> = s.struct({ children: s.list(s.lazy(() => Tree)) })`. */
function lazy<T>(shape: () => Shape<T>, name = "Shape"): Shape<T> {
  return shapeOf(refDraft(checkName(name, "$"), () => draftAt(shape(), "")));
}

export const s = {
  unit: scalar<"unit", null>("unit"),
  bool: scalar<"bool", boolean>("bool"),
  u8: scalar<"u8", number>("u8"),
  u16: scalar<"u16", number>("u16"),
  u32: scalar<"u32", number>("u32"),
  u64: integer64("u64"),
  i8: scalar<"i8", number>("i8"),
  i16: scalar<"i16", number>("i16"),
  i32: scalar<"i32", number>("i32"),
  i64: integer64("i64"),
  f32: scalar<"f32", number>("f32"),
  f64: scalar<"f64", number>("f64"),
  /** A string of one code point. */
  char: scalar<"char", string>("char"),
  string: scalar<"string", string>("string"),
  bytes,
  /** A value left undecoded: its bytes, valid in one format. */
  raw: scalar<"raw", Uint8Array>("raw"),
  any,
  struct,
  tuple,
  list,
  array,
  set,
  map,
  record,
  option,
  enum: enumOf,
  newtype,
  recursive,
  lazy,
};
