// Constants in the JSON form of shapes. Scalars are as the JSON format has them; what JSON has no form for is as below.
// The form does not depend on how a shape is bound to JavaScript, so it is also what digests cover.
//
//   u64, i64             an integer, or its digits in a string beyond ±(2^53 - 1)
//   NaN, Infinity, -0    those words in a string, also "-Infinity"
//   map, record          an array of [key, value]
//   enum                 "Name", or {"Name": payload}; [["Name", payload]] for names that cannot stand in an object
//   option               null or the value; [] or [value] when the value may itself be null

import { toHex } from "../../core/bytes.ts";
import { fromBase64, fromHex, toBase64 } from "./base64.ts";
import { variantsOf } from "./capture.ts";
import { refuse } from "./errors.ts";
import { entriesOf, isArray, isPlain, itemsOf, namedOf } from "./foreign.ts";
import { bare, isUnitEnum } from "./graph.ts";
import { MAX_SHAPE_DEPTH } from "./limits.ts";
import { needsPairs } from "./names.ts";
import type { Constant, EnumNode, Node, ScalarNode } from "./node.ts";
import { define, isTypedKind, TYPED_ARRAYS } from "./values.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Whether the JSON of a value of `node` may be null; then an option of it needs brackets. */
function maybeNull(node: Node): boolean {
  const { kind } = bare(node);
  return kind === "option" || kind === "unit" || kind === "any";
}

/** Entries as an object, or as pairs where an object would reorder or lose a name. */
export function namedJson(entries: readonly (readonly [string, Json])[]): Json {
  if (entries.some(([name]) => needsPairs(name))) return entries;
  const object = {};
  for (const [name, value] of entries) define(object, name, value);
  return object;
}

/** The JSON form of a captured value. `any` has one for what JSON has only; the rest is refused. */
export function constantToJson(start: Node, value: Constant, path: string): Json {
  const node = bare(start);
  switch (node.kind) {
    case "struct": {
      const fields = value as { readonly [name: string]: Constant };
      return namedJson(
        node.fields.map((field) => [field.name, constantToJson(field.node, fields[field.name], path)]),
      );
    }
    case "tuple":
      return node.items.map((item, i) => constantToJson(item, (value as readonly Constant[])[i], path));
    case "array":
    case "list":
    case "set":
      return Array.from(value as Iterable<Constant>, (item) => constantToJson(node.item, item, path));
    case "map": {
      const entries: Iterable<readonly [Constant, Constant]> =
        node.js === "map" ? (value as ReadonlyMap<Constant, Constant>) : Object.entries(value as object);
      return Array.from(entries, ([key, part]) => [
        constantToJson(node.key, key, path),
        constantToJson(node.value, part, path),
      ]);
    }
    case "option": {
      if (value === (node.none === "null" ? null : undefined)) return maybeNull(node.inner) ? [] : null;
      const inner = constantToJson(node.inner, value, path);
      return maybeNull(node.inner) ? [inner] : inner;
    }
    case "enum":
      return enumToJson(node, value, path);
    case "any":
      return anyToJson(value, path, 0);
    default:
      return scalarToJson(node, value);
  }
}

function scalarToJson(node: ScalarNode, value: Constant): Json {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === "number") {
    if (Object.is(value, -0)) return "-0";
    return Number.isFinite(value) ? value : String(value);
  }
  if (value instanceof Uint8Array) {
    if (node.text === "array") return Array.from(value);
    return node.text === "hex" ? toHex(value) : toBase64(value);
  }
  return value as null | boolean | string;
}

function enumToJson(node: EnumNode, value: Constant, path: string): Json {
  if (isUnitEnum(node)) return value as string;
  const { tag, value: content, inline } = node.js;
  const form = value as { readonly [name: string]: Constant };
  const name = form[tag] as string;
  const payload = variantsOf(node).get(name)?.payload;
  if (payload === undefined) return name;
  return namedJson([[name, constantToJson(payload, inline ? form : form[content], path)]]);
}

function anyToJson(value: Constant, path: string, depth: number): Json {
  if (depth > MAX_SHAPE_DEPTH) refuse("shape.too_deep", path, "the default nests too deeply");
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number" && Number.isFinite(value) && !Object.is(value, -0)) return value;
  if (Array.isArray(value)) return value.map((item: Constant) => anyToJson(item, path, depth + 1));
  if (isPlain(value)) {
    const object = {};
    for (const [name, part] of entriesOf(value, path)) {
      define(object, name, anyToJson(part as Constant, path, depth + 1));
    }
    return object;
  }
  return refuse(
    "shape.bad_value",
    path,
    "a default for any is what JSON can say: no bigint, bytes, Map or NaN",
  );
}

const FLOAT_WORDS: { readonly [word: string]: number } = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
  "-0": -0,
};

/**
 * The value in decoded form that `json` stands for; still to be captured. What does not fit is passed on as it is, and
 * capture says what is wrong with it.
 */
export function constantFromJson(start: Node, json: unknown, path: string, depth = 0): unknown {
  if (depth > MAX_SHAPE_DEPTH) return refuse("shape.too_deep", path, "the default nests too deeply");
  const read = (node: Node, part: unknown): unknown => constantFromJson(node, part, path, depth + 1);
  const node = bare(start);
  switch (node.kind) {
    case "struct": {
      if (!isPlain(json) && !isArray(json)) return json;
      const given = new Map(namedOf(json, path));
      const object = {};
      for (const { name, node: inner } of node.fields) {
        if (given.has(name)) define(object, name, read(inner, given.get(name)));
        given.delete(name);
      }
      if (given.size > 0) refuse("shape.bad_value", path, "the default has a field the struct has not");
      return object;
    }
    case "tuple":
      return isArray(json)
        ? itemsOf(json, path).map((item, i) =>
            node.items[i] === undefined ? item : read(node.items[i], item),
          )
        : json;
    case "array":
    case "list": {
      if (!isArray(json)) return json;
      const items = itemsOf(json, path).map((item) => read(node.item, item));
      return node.typed ? typedFrom(bare(node.item).kind, items) : items;
    }
    case "set":
      return isArray(json) ? new Set(itemsOf(json, path).map((item) => read(node.item, item))) : json;
    case "map": {
      if (!isArray(json)) return json;
      const map = new Map<unknown, unknown>();
      for (const pair of itemsOf(json, path)) {
        const [key, value, ...rest] = isArray(pair) ? itemsOf(pair, path) : [];
        if (!isArray(pair) || pair.length < 2 || rest.length > 0) {
          refuse("shape.bad_value", path, "the default of a map is an array of [key, value]");
        }
        map.set(read(node.key, key), read(node.value, value));
      }
      if (node.js === "map") return map;
      const object = {};
      for (const [key, value] of map) if (typeof key === "string") define(object, key, value);
      return object;
    }
    case "option": {
      const none = node.none === "null" ? null : undefined;
      if (!maybeNull(node.inner)) return json === null ? none : read(node.inner, json);
      const items = isArray(json) ? itemsOf(json, path) : undefined;
      if (items === undefined || items.length > 1) {
        refuse("shape.bad_value", path, "the default of an option that may hold null is [] or [value]");
      }
      return items.length === 0 ? none : read(node.inner, items[0]);
    }
    case "enum":
      return enumFromJson(node, json, path, read);
    case "any":
      return json;
    default:
      return scalarFromJson(node, json);
  }
}

function scalarFromJson(node: ScalarNode, json: unknown): unknown {
  switch (node.kind) {
    case "u64":
    case "i64": {
      if (node.js === "number") return json;
      const isExact = typeof json === "number" ? Number.isSafeInteger(json) : isDigits(json);
      return isExact ? BigInt(json as number | string) : json;
    }
    case "f32":
    case "f64":
      return typeof json === "string" && Object.hasOwn(FLOAT_WORDS, json) ? FLOAT_WORDS[json] : json;
    case "raw":
    case "bytes": {
      if (typeof json === "string" && node.text !== "array") {
        return (node.text === "hex" ? fromHex(json) : fromBase64(json)) ?? json;
      }
      const isBytes = (items: readonly unknown[]): items is readonly number[] =>
        items.every((item) => typeof item === "number" && Number.isInteger(item) && item >= 0 && item < 256);
      return isArray(json) && node.text === "array" && isBytes(json) ? Uint8Array.from(json) : json;
    }
    default:
      return json;
  }
}

/** At most twenty digits: more fits no 64-bit integer, and would take long to read. */
const isDigits = (json: unknown): boolean => typeof json === "string" && /^-?[0-9]{1,20}$/.test(json);

function enumFromJson(
  node: EnumNode,
  json: unknown,
  path: string,
  read: (node: Node, part: unknown) => unknown,
): unknown {
  if (isUnitEnum(node)) return json;
  const { tag, value: content, inline } = node.js;
  const form = {};
  if (typeof json === "string") {
    define(form, tag, json);
    return form;
  }
  if (!isPlain(json) && !isArray(json)) return json;
  const [entry, ...others] = namedOf(json, path);
  const payload = entry === undefined ? undefined : variantsOf(node).get(entry[0])?.payload;
  if (entry === undefined || others.length > 0 || payload === undefined) {
    return refuse("shape.bad_value", path, 'the default of an enum is "Name" or {"Name": payload}');
  }
  define(form, tag, entry[0]);
  const inner = read(payload, entry[1]);
  if (!inline) define(form, content, inner);
  else if (isPlain(inner)) for (const [name, part] of entriesOf(inner, path)) define(form, name, part);
  return form;
}

/** Only if every item is in range: a typed array would wrap it silently. */
function typedFrom(kind: string, items: readonly unknown[]): unknown {
  if (!isTypedKind(kind)) return items;
  const array = TYPED_ARRAYS[kind];
  const type = kind === "u64" || kind === "i64" ? "bigint" : "number";
  if (!items.every((item) => typeof item === type)) return items;
  // One constructor out of ten has no type TypeScript can call; `type` says that the items are right for it.
  const typed = (array as unknown as { from(items: readonly unknown[]): ArrayLike<unknown> }).from(items);
  const isSame = kind === "f32" || items.every((item, i) => Object.is(item, typed[i]) || item === typed[i]);
  return isSame ? typed : items;
}
