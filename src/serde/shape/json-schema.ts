// JSON Schema (2020-12, a subset) to shapes. A keyword either means something here or is refused: a shape that accepts
// more than its schema says would be found out in production. docs/shapes.md lists what is read.
//
// The result is written in the JSON form and parsed as such, so every rule of shapes holds without being repeated.

import type { Json } from "./constant.ts";
import { caught, quoted, refuse, type ShapeFailure } from "./errors.ts";
import { copyJson, entriesOf, isArray, isPlain, itemsOf } from "./foreign.ts";
import { parseShape } from "./json-form.ts";
import {
  ANNOTATIONS,
  escaped,
  only,
  propertyOf,
  type Schema,
  unescaped,
  unsupported,
} from "./json-schema-keywords.ts";
import { convertChoice, convertInteger, convertString } from "./json-schema-scalars.ts";
import { MAX_SHAPE_DEPTH, MAX_SHAPE_SIZE } from "./limits.ts";
import type { Shape } from "./shape.ts";

/**
 * The shape of what `schema` describes. Takes what `JSON.parse` gives; never throws. The path of
 * `shape.unsupported_keyword` is the JSON pointer of the keyword.
 */
export function fromJsonSchema(schema: unknown): Shape<unknown> | ShapeFailure {
  const form = caught(() => convertRoot(copyJson(schema, "")));
  return isPlain(form) && Object.hasOwn(form, "code") ? (form as ShapeFailure) : parseShape(form);
}

interface Import {
  readonly root: unknown;
  /** Definitions by pointer: the name in the shape, and the form when it is converted. */
  readonly definitions: Map<string, { readonly name: string; form: Json }>;
  readonly waiting: string[];
  readonly names: NameSet;
  schemas: number;
}

function convertRoot(root: unknown): Json {
  const state: Import = { root, definitions: new Map(), waiting: [], names: new Map(), schemas: 0 };
  const whole = convert(state, root, "", 0);
  for (let pointer = state.waiting.pop(); pointer !== undefined; pointer = state.waiting.pop()) {
    state.definitions.get(pointer)!.form = convert(state, resolve(state, pointer), pointer, 0);
  }
  if (state.definitions.size === 0) return whole;
  const definitions = [...state.definitions.values()].map(({ name, form: body }): Json => [name, body]);
  // A root that refers to itself is a definition like others.
  const own = state.definitions.get("");
  const form = own !== undefined ? { ref: own.name } : typeof whole === "string" ? { [whole]: {} } : whole;
  return { ...(form as { readonly [key: string]: Json }), $defs: definitions };
}

function read(state: Import, schema: unknown, pointer: string, depth: number): Schema {
  if (depth > MAX_SHAPE_DEPTH) refuse("shape.too_deep", pointer);
  if (++state.schemas > MAX_SHAPE_SIZE) refuse("shape.too_large", pointer);
  if (!isPlain(schema)) refuse("shape.bad_value", pointer, "a schema is an object or true");
  return new Map(entriesOf(schema, pointer));
}

/** Names that are taken, each with the number to try next. */
type NameSet = Map<string, number>;

/** `base`, or `base` and a number. */
function unused(names: NameSet, base: string): string {
  let n = names.get(base) ?? 1;
  let name = base;
  for (; names.has(name); name = `${base}${n}`) n++;
  names.set(base, n);
  if (name !== base) names.set(name, 1);
  return name;
}

function convert(state: Import, json: unknown, pointer: string, depth: number): Json {
  if (json === true) return "any";
  if (json === false) return refuse("shape.unsupported_keyword", pointer, "nothing fits false");
  const schema = read(state, json, pointer, depth);
  if (schema.has("$ref")) return convertRef(state, schema, pointer);
  if (schema.has("allOf")) return convertAllOf(state, schema, pointer, depth);
  if (schema.has("anyOf") || schema.has("oneOf")) return convertUnion(state, schema, pointer, depth);
  if (schema.has("enum") || schema.has("const")) return convertChoice(schema, pointer);
  const type = schema.get("type");
  if (isArray(type)) return convertTypes(state, schema, itemsOf(type, pointer), pointer, depth);
  return convertType(state, schema, type, pointer, depth);
}

function convertType(state: Import, schema: Schema, type: unknown, pointer: string, depth: number): Json {
  switch (type) {
    case undefined:
      if (schema.has("properties")) return convertObject(state, schema, pointer, depth, undefined);
      only(schema, pointer, []);
      return "any";
    case "null":
      only(schema, pointer, ["type"]);
      return "unit";
    case "boolean":
      only(schema, pointer, ["type"]);
      return "bool";
    case "number":
      only(schema, pointer, ["type", "format"]);
      return schema.get("format") === "float" ? "f32" : "f64";
    case "integer":
      return convertInteger(schema, pointer);
    case "string":
      return convertString(schema, pointer);
    case "array":
      return convertArray(state, schema, pointer, depth);
    case "object":
      return convertObject(state, schema, pointer, depth, undefined);
    default:
      return unsupported(pointer, "type");
  }
}

/** Several types: the schema is tried as each. */
function convertTypes(
  state: Import,
  schema: Schema,
  types: readonly unknown[],
  pointer: string,
  depth: number,
): Json {
  const others = types.filter((type) => type !== "null");
  const isNullable = others.length < types.length;
  if (others.length !== 1 && schema.size > 1) {
    for (const keyword of schema.keys()) {
      // Which of the types a keyword is about would have to be guessed.
      if (keyword !== "type" && !ANNOTATIONS.has(keyword)) unsupported(pointer, keyword);
    }
  }
  const [first] = others;
  if (others.length === 0) return "unit";
  const inner =
    others.length === 1
      ? convertType(state, schema, first, pointer, depth)
      : untagged(
          others.map((type) => [
            String(type),
            convertType(state, new Map([["type", type]]), type, pointer, depth),
          ]),
          false,
        );
  return isNullable ? optional(inner) : inner;
}

const optional = (form: Json): Json =>
  form === "any" || (isPlain(form) && Object.hasOwn(form, "option")) ? form : { option: form };

const untagged = (variants: readonly (readonly [string, Json])[], isFirst: boolean): Json => ({
  enum: variants,
  tag: "untagged",
  ...(isFirst && { first: true }),
});

function convertArray(state: Import, schema: Schema, pointer: string, depth: number): Json {
  only(schema, pointer, ["type", "items", "prefixItems", "minItems", "maxItems", "uniqueItems"]);
  const [min, max] = [schema.get("minItems"), schema.get("maxItems")];
  const below = (value: unknown, step: string) => convert(state, value, `${pointer}/${step}`, depth + 1);
  if (schema.has("prefixItems")) {
    const prefix = schema.get("prefixItems");
    if (!isArray(prefix)) refuse("shape.bad_value", `${pointer}/prefixItems`, "must be an array of schemas");
    const items = itemsOf(prefix, pointer).map((item, i) => below(item, `prefixItems/${i}`));
    const isClosed = schema.get("items") === false || max === items.length;
    if (!isClosed || min !== items.length || (schema.get("items") ?? false) !== false) {
      unsupported(pointer, "prefixItems", "a tuple needs items: false and minItems, its length");
    }
    if (max !== undefined && max !== items.length) unsupported(pointer, "maxItems");
    if (schema.has("uniqueItems")) unsupported(pointer, "uniqueItems");
    return { tuple: items };
  }
  const item = schema.has("items") ? below(schema.get("items"), "items") : "any";
  const isFixed = min !== undefined && min === max;
  if (!isFixed && min !== undefined && min !== 0) unsupported(pointer, "minItems");
  if (!isFixed && max !== undefined) unsupported(pointer, "maxItems");
  if (schema.get("uniqueItems") === true) {
    return isFixed ? unsupported(pointer, "uniqueItems") : { set: item };
  }
  return isFixed ? { array: item, length: min as number } : { list: item };
}

/** `tag`: a property left out, as it is the tag of the enum around the struct. */
function convertObject(
  state: Import,
  schema: Schema,
  pointer: string,
  depth: number,
  tag: string | undefined,
): Json {
  only(schema, pointer, ["type", "properties", "required", "additionalProperties"]);
  const given = schema.get("properties") ?? {};
  if (!isPlain(given)) refuse("shape.bad_value", `${pointer}/properties`, "must be an object");
  const properties = entriesOf(given, `${pointer}/properties`).filter(([name]) => name !== tag);
  const names = new Set(properties.map(([name]) => name));
  const required = requiredNames(schema, pointer);
  for (const name of required) {
    if (!names.has(name) && name !== tag) {
      unsupported(pointer, "required", `${quoted(name)} is required and not among the properties`);
    }
  }
  const more = schema.get("additionalProperties") ?? true;
  const rest = (): Json => ({
    map: ["string", convert(state, more, `${pointer}/additionalProperties`, depth + 1)],
    js: "record",
  });
  if (names.size === 0 && tag === undefined && more !== false) return rest();

  const fields: Json[] = [];
  const defaults: Json[] = [];
  const skipped: Json[] = [];
  for (const [name, property] of properties) {
    const at = `${pointer}/properties/${escaped(name)}`;
    const form = convert(state, property, at, depth + 1);
    const fallback = defaultOf(property, at);
    if (fallback !== undefined) defaults.push([name, fallback]);
    if (required.has(name) || fallback !== undefined) {
      fields.push([name, form]);
      continue;
    }
    if (form === "any") {
      fields.push([name, { option: form }]);
      continue;
    }
    const isNullable = isPlain(form) && Object.hasOwn(form, "option");
    fields.push([name, isNullable ? form : { option: form, none: "undefined" }]);
    if (!isNullable) skipped.push([name, "none"]);
  }
  const flatten: Json[] = [];
  if (isPlain(more)) {
    let name = "additional";
    while (names.has(name) || name === tag) name += "_";
    fields.push([name, rest()]);
    flatten.push([name, true]);
  }
  return {
    struct: fields,
    ...(defaults.length > 0 && { default: defaults }),
    ...(skipped.length > 0 && { skipIf: skipped }),
    ...(flatten.length > 0 && { flatten }),
    ...(more === false && { denyUnknown: true }),
  };
}

function requiredNames(schema: Schema, pointer: string): Set<string> {
  const required = schema.get("required") ?? [];
  const names = isArray(required) ? itemsOf(required, `${pointer}/required`) : [1];
  return new Set(
    names.map((name) =>
      typeof name === "string"
        ? name
        : refuse("shape.bad_value", `${pointer}/required`, "must be an array of names"),
    ),
  );
}

/** Scalars and empty containers; others would have to be read as a document of the shape. */
function defaultOf(property: unknown, pointer: string): Json | undefined {
  if (!isPlain(property)) return undefined;
  const value = new Map(entriesOf(property, pointer)).get("default");
  if (value === undefined || value === null || typeof value === "string" || typeof value === "boolean")
    return value;
  if (typeof value === "number") return value;
  if (isArray(value) && value.length === 0) return [];
  return unsupported(pointer, "default", "only a scalar or an empty array can be a default here");
}

function convertRef(state: Import, schema: Schema, pointer: string): Json {
  only(schema, pointer, ["$ref"]);
  return { ref: definitionName(state, schema.get("$ref"), pointer) };
}

function definitionName(state: Import, ref: unknown, pointer: string): string {
  if (typeof ref !== "string" || !/^#(\/|$)/.test(ref)) {
    return unsupported(pointer, "$ref", "only refs into the same document are followed");
  }
  const target = ref.slice(1);
  const known = state.definitions.get(target);
  if (known !== undefined) return known.name;
  resolve(state, target, `${pointer}/$ref`);
  const base = target === "" ? "Root" : unescaped(target.slice(target.lastIndexOf("/") + 1));
  const name = unused(state.names, base);
  state.definitions.set(target, { name, form: "any" });
  state.waiting.push(target);
  return name;
}

/** What a pointer leads to. */
function resolve(state: Import, pointer: string, at = pointer): unknown {
  let value = state.root;
  for (const token of pointer.split("/").slice(1, MAX_SHAPE_DEPTH)) {
    const key = unescaped(token);
    const isThere = typeof value === "object" && value !== null && Object.hasOwn(value, key);
    if (!isThere) refuse("shape.unknown_ref", at, "the ref leads nowhere");
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

function convertAllOf(state: Import, schema: Schema, pointer: string, depth: number): Json {
  only(schema, pointer, ["allOf"]);
  const parts = schema.get("allOf");
  const items = isArray(parts) ? itemsOf(parts, pointer) : [];
  if (items.length !== 1) return unsupported(pointer, "allOf", "only with one schema in it");
  return convert(state, items[0], `${pointer}/allOf/0`, depth + 1);
}

function convertUnion(state: Import, schema: Schema, pointer: string, depth: number): Json {
  const keyword = schema.has("anyOf") ? "anyOf" : "oneOf";
  only(schema, pointer, [keyword]);
  const given = schema.get(keyword);
  const all = isArray(given) ? itemsOf(given, pointer) : [];
  if (all.length === 0) return unsupported(pointer, keyword);
  const members = all
    .map((member, i) => ({ member, at: `${pointer}/${keyword}/${i}` }))
    .filter(({ member }) => !isNull(member));
  const wrap = (form: Json): Json => (members.length < all.length ? optional(form) : form);
  if (members.length === 0) return "unit";
  const [only1] = members;
  if (members.length === 1) return wrap(convert(state, only1!.member, only1!.at, depth + 1));

  const tag = commonTag(state, members);
  if (tag !== undefined) {
    const variants = members.map(({ member, at }): Json => {
      const [object, objectAt] = target(state, member, at);
      const body = read(state, object, objectAt, depth + 1);
      return [constantOf(object, tag)!, convertObject(state, body, objectAt, depth + 1, tag)];
    });
    return wrap({ enum: variants, tag: { internal: tag } });
  }
  const names: NameSet = new Map();
  const variants = members.map(({ member, at }, i): [string, Json] => {
    const name = unused(names, memberName(member) ?? `Variant${i + 1}`);
    return [name, convert(state, member, at, depth + 1)];
  });
  // anyOf is content with the first that fits; oneOf says that there is only one.
  return wrap(untagged(variants, keyword === "anyOf"));
}

const isNull = (schema: unknown): boolean => propertyOf(schema, "type") === "null";

function memberName(schema: unknown): string | undefined {
  const title = propertyOf(schema, "title");
  if (typeof title === "string") return title;
  const ref = propertyOf(schema, "$ref");
  if (typeof ref === "string" && ref.includes("/")) return unescaped(ref.slice(ref.lastIndexOf("/") + 1));
  const type = propertyOf(schema, "type");
  return typeof type === "string" ? type : undefined;
}

/** The schema itself, or what its ref leads to. */
function target(state: Import, schema: unknown, at: string): readonly [schema: unknown, pointer: string] {
  const ref = propertyOf(schema, "$ref");
  return typeof ref === "string" && /^#\//.test(ref)
    ? [resolve(state, ref.slice(1), at), ref.slice(1)]
    : [schema, at];
}

function constantOf(schema: unknown, property: string): string | undefined {
  const value = propertyOf(propertyOf(propertyOf(schema, "properties"), property), "const");
  return typeof value === "string" ? value : undefined;
}

/** A required property that has another constant in every member. */
function commonTag(
  state: Import,
  members: readonly { readonly member: unknown; readonly at: string }[],
): string | undefined {
  const schemas = members.map(({ member, at }) => target(state, member, at)[0]);
  const [first] = schemas;
  const candidates = propertyOf(first, "properties");
  if (!isPlain(candidates)) return undefined;
  const required = schemas.map((schema) => {
    const names = propertyOf(schema, "required");
    return new Set(isArray(names) ? names : []);
  });
  return Object.keys(candidates).find((name) => {
    const constants = new Set<string>();
    return schemas.every((schema, i) => {
      const constant = required[i]!.has(name) ? constantOf(schema, name) : undefined;
      return constant !== undefined && constants.size < constants.add(constant).size;
    });
  });
}
