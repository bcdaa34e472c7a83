// A shape from sample documents: what all of them fit, and little more than they show. A start for a person to edit,
// which is why integers are not narrowed to what happened to be there, and null alone says only that there may be more.

import type { Json } from "./constant.ts";
import { refuse, ShapeError } from "./errors.ts";
import { isPlain } from "./foreign.ts";
import { parseShape } from "./json-form.ts";
import { MAX_SHAPE_DEPTH } from "./limits.ts";
import { needsPairs } from "./names.ts";
import type { Shape } from "./shape.ts";
import { entriesOfMap, viewOf } from "./values.ts";

/** Levels of a document that are told apart; each may take two of a shape, an option and what is in it. */
const MAX_LEVELS = Math.floor(MAX_SHAPE_DEPTH / 2) - 2;

/** What was seen at one place of the documents. */
interface Seen {
  count: number;
  none: number;
  bool: boolean;
  /** Bounds of integers; numbers only while `isBig` is false. */
  integer: { min: bigint; max: bigint; isBig: boolean } | undefined;
  float: boolean;
  string: boolean;
  bytes: boolean;
  list: Seen | undefined;
  fields: Map<string, Seen> | undefined;
  objects: number;
  map: { readonly key: Seen; readonly value: Seen } | undefined;
  /** Too deep, or nothing a document has. */
  other: boolean;
}

const nothing = (): Seen => ({
  count: 0,
  none: 0,
  bool: false,
  integer: undefined,
  float: false,
  string: false,
  bytes: false,
  list: undefined,
  fields: undefined,
  objects: 0,
  map: undefined,
  other: false,
});

/**
 * A shape that all of `values` fit, as `JSON.parse` or a decoder of `any` gives them; the latter keeps integers beyond
 * 2^53 exact. Places where kinds are mixed are `any`; properties that are not always there are options. Throws
 * `ShapeError` when a shape would be too large.
 */
export function inferShape(values: Iterable<unknown>): Shape<unknown> {
  const seen = nothing();
  for (const value of values) {
    try {
      see(seen, value, 0);
    } catch {
      refuse("shape.bad_value", "$", "a sample could not be read");
    }
  }
  const shape = parseShape(formOf(seen));
  if ("code" in shape) throw new ShapeError(shape);
  return shape;
}

function see(seen: Seen, value: unknown, depth: number): void {
  seen.count++;
  if (depth > MAX_LEVELS && typeof value === "object" && value !== null) {
    seen.other = true;
    return;
  }
  switch (typeof value) {
    case "undefined":
      seen.none++;
      return;
    case "boolean":
      seen.bool = true;
      return;
    case "string":
      seen.string = true;
      return;
    case "bigint":
      seeInteger(seen, value, true);
      return;
    case "number":
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) seeInteger(seen, BigInt(value), false);
      else seen.float = true;
      return;
    case "object":
      seeObject(seen, value, depth);
      return;
    default:
      seen.other = true;
  }
}

function seeInteger(seen: Seen, value: bigint, isBig: boolean): void {
  const known = seen.integer;
  if (known === undefined) {
    seen.integer = { min: value, max: value, isBig };
    return;
  }
  if (value < known.min) known.min = value;
  if (value > known.max) known.max = value;
  known.isBig ||= isBig;
}

function seeObject(seen: Seen, value: object | null, depth: number): void {
  if (value === null) {
    seen.none++;
  } else if (Array.isArray(value)) {
    seen.list ??= nothing();
    for (const item of value as unknown[]) see(seen.list, item, depth + 1);
  } else if (viewOf("u8", value) !== undefined) {
    seen.bytes = true;
  } else if (isPlain(value)) {
    seen.objects++;
    seen.fields ??= new Map();
    for (const name of Object.keys(value)) {
      let field = seen.fields.get(name);
      if (field === undefined) {
        field = nothing();
        seen.fields.set(name, field);
      }
      see(field, (value as Readonly<Record<string, unknown>>)[name], depth + 1);
    }
  } else seeMap(seen, value, depth);
}

function seeMap(seen: Seen, value: object, depth: number): void {
  const entries = entriesOfMap(value);
  if (entries === undefined) {
    seen.other = true; // a tag, say
    return;
  }
  seen.map ??= { key: nothing(), value: nothing() };
  for (const key of entries.keys) see(seen.map.key, key, depth + 1);
  for (const part of entries.values) see(seen.map.value, part, depth + 1);
}

const formOf = (seen: Seen): Json => nullable(valueForm(seen), seen.none > 0);

/** Any takes null as it is; and of null alone nothing is known, but that something else may come. */
const nullable = (form: Json | undefined, isNull: boolean): Json =>
  form === undefined || form === "any" || !isNull ? (form ?? "any") : { option: form };

/** The form of what is there when something is; `undefined` when nothing ever was. */
function valueForm(seen: Seen): Json | undefined {
  const forms: Json[] = [];
  if (seen.bool) forms.push("bool");
  if (seen.integer !== undefined && !seen.float) forms.push(integerForm(seen.integer));
  if (seen.float) forms.push(seen.integer?.isBig === true ? "any" : "f64");
  if (seen.string) forms.push("string");
  if (seen.bytes) forms.push("bytes");
  if (seen.list !== undefined) forms.push({ list: formOf(seen.list) });
  // A decoder of any gives a map without entries as an object.
  if (seen.fields !== undefined && (seen.fields.size > 0 || seen.map === undefined)) {
    forms.push(objectForm(seen.fields, seen.objects));
  }
  if (seen.map !== undefined) forms.push(mapForm(seen.map));
  if (seen.other) forms.push("any");
  return forms.length > 1 ? "any" : forms[0];
}

function integerForm({ min, max, isBig }: { min: bigint; max: bigint; isBig: boolean }): Json {
  if (!isBig) return { i64: { js: "number" } };
  if (BigInt.asIntN(64, min) === min && BigInt.asIntN(64, max) === max) return "i64";
  return BigInt.asUintN(64, min) === min && BigInt.asUintN(64, max) === max ? "u64" : "any";
}

const DICTIONARY_KEYS = 16;
const DICTIONARY_SHARE = 0.25;

/** Names that look like data: all are numbers, or many of which each object has few. */
function isDictionary(fields: ReadonlyMap<string, Seen>, objects: number): boolean {
  if (fields.size === 0) return false;
  if ([...fields.keys()].every((name) => name !== "__proto__" && needsPairs(name))) return true;
  let total = 0;
  for (const { count } of fields.values()) total += count;
  return fields.size >= DICTIONARY_KEYS && total < objects * fields.size * DICTIONARY_SHARE;
}

function objectForm(fields: ReadonlyMap<string, Seen>, objects: number): Json {
  if (isDictionary(fields, objects)) {
    const value = nothing();
    for (const field of fields.values()) merge(value, field);
    return { map: ["string", formOf(value)], js: "record" };
  }
  const skipped: Json[] = [];
  const parts = [...fields].map(([name, field]): Json => {
    const form = valueForm(field);
    if (field.count === objects) return [name, nullable(form, field.none > 0)];
    if (form === undefined || form === "any" || field.none > 0) return [name, { option: form ?? "any" }];
    skipped.push([name, "none"]);
    return [name, { option: form, none: "undefined" }];
  });
  return { struct: parts, ...(skipped.length > 0 && { skipIf: skipped }) };
}

function mapForm({ key, value }: { readonly key: Seen; readonly value: Seen }): Json {
  const keyForm = formOf(key);
  const isKey =
    keyForm === "string" ||
    keyForm === "bool" ||
    (key.integer !== undefined && !key.float && keyForm !== "any");
  return isKey && key.none === 0 ? { map: [keyForm, formOf(value)] } : "any";
}

/** Adds what `from` has seen. Both are trees, so every part is merged once. */
function merge(into: Seen, from: Seen): void {
  into.count += from.count;
  into.none += from.none;
  into.bool ||= from.bool;
  into.float ||= from.float;
  into.string ||= from.string;
  into.bytes ||= from.bytes;
  into.other ||= from.other;
  into.objects += from.objects;
  if (from.integer !== undefined) {
    seeInteger(into, from.integer.min, from.integer.isBig);
    seeInteger(into, from.integer.max, from.integer.isBig);
  }
  if (from.list !== undefined) {
    into.list ??= nothing();
    merge(into.list, from.list);
  }
  if (from.map !== undefined) {
    into.map ??= { key: nothing(), value: nothing() };
    merge(into.map.key, from.map.key);
    merge(into.map.value, from.map.value);
  }
  if (from.fields !== undefined) {
    into.fields ??= new Map();
    for (const [name, field] of from.fields) {
      const known = into.fields.get(name) ?? nothing();
      into.fields.set(name, known);
      merge(known, field);
    }
  }
}
