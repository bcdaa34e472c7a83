// What a value of a shape is in a format that describes itself, from the rules alone (spec/format-programs.md §15.1):
// a second opinion for encoders, and what independent decoders must find in their documents. Knows no program.

import type { EnumNode, Field, Node } from "../../../src/serde/shape/node.ts";
import { show } from "../kit/show.ts";

/** Entries of an object or map, in order. */
export class Entries {
  readonly list: readonly (readonly [key: Wire, value: Wire])[];
  constructor(list: readonly (readonly [Wire, Wire])[]) {
    this.list = list;
  }
}
export type Wire = null | boolean | number | bigint | string | Uint8Array | readonly Wire[] | Entries;

export interface WireRules {
  /** JSON: keys are text, bytes are text or numbers. */
  readonly text: boolean;
}

export function wireOf(node: Node, value: unknown, rules: WireRules): Wire {
  const below = (inner: Node, part: unknown) => wireOf(inner, part, rules);
  switch (node.kind) {
    case "unit":
      return null;
    case "bytes":
      return rules.text ? bytesText(node.text ?? "base64", value as Uint8Array) : (value as Uint8Array);
    case "struct":
      return new Entries(node.fields.flatMap((field) => fieldEntries(field, value, rules)));
    case "tuple":
      return node.items.map((item, i) => below(item, (value as unknown[])[i]));
    case "array":
    case "list":
    case "set":
      return Array.from(value as Iterable<unknown>, (item) => below(node.item, item));
    case "map": {
      const pairs: Iterable<readonly [unknown, unknown]> =
        node.js === "map" ? (value as Map<unknown, unknown>) : Object.entries(value as object);
      return new Entries(
        Array.from(
          pairs,
          ([key, item]) => [keyOf(below(node.key, key), rules), below(node.value, item)] as const,
        ),
      );
    }
    case "option":
      return isNone(value) ? null : below(node.inner, value);
    case "enum":
      return enumOf(node, value, rules);
    case "newtype":
      return below(node.inner, value);
    case "ref":
      return below(node.target, value);
    case "any":
      return anyOf(value, rules);
    case "raw":
      throw new Error(`the oracle has no ${node.kind}`);
    default:
      return value as Wire; // scalars are themselves
  }
}

function anyOf(value: unknown, rules: WireRules): Wire {
  if (Array.isArray(value)) return value.map((item) => anyOf(item, rules));
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value as Wire;
  const pairs: Iterable<readonly [unknown, unknown]> = value instanceof Map ? value : Object.entries(value);
  return new Entries(Array.from(pairs, ([key, item]) => [anyOf(key, rules), anyOf(item, rules)] as const));
}

const isNone = (value: unknown): boolean => value === null || value === undefined;

const keyOf = (key: Wire, { text }: WireRules): Wire => (text && typeof key !== "string" ? String(key) : key);

function bytesText(form: "array" | "base64" | "hex", bytes: Uint8Array): Wire {
  return form === "array" ? Array.from(bytes) : Buffer.from(bytes).toString(form);
}

const own = (object: unknown, name: string): unknown =>
  Object.getOwnPropertyDescriptor(object as object, name)?.value;

function fieldEntries(field: Field, object: unknown, rules: WireRules): (readonly [Wire, Wire])[] {
  const value = own(object, field.name);
  if (field.skipEncode || isOmitted(field, value)) return [];
  const wire = wireOf(field.node, value, rules);
  if (!field.flatten) return [[field.wire, wire]];
  if (wire === null) return [];
  if (wire instanceof Entries) return [...wire.list];
  throw new Error("flatten of something without entries");
}

function isOmitted({ skipIf, default: fallback }: Field, value: unknown): boolean {
  switch (skipIf) {
    case undefined:
      return false;
    case "none":
      return isNone(value);
    case "empty":
      return isEmpty(value);
    case "false":
      return value === false;
    case "zero":
      return value === 0 || value === 0n;
    case "default":
      return show(value) === show(fallback?.value);
  }
}

function isEmpty(value: unknown): boolean {
  if (value instanceof Map || value instanceof Set) return value.size === 0;
  if (typeof value === "string" || Array.isArray(value) || ArrayBuffer.isView(value)) {
    return (value as { length: number }).length === 0;
  }
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** The variant of a value, its index and its payload. */
export function variantOf(node: EnumNode, value: unknown): { index: number; payload: unknown } {
  const names = typeof value === "string";
  const name = names ? value : own(value, node.js.tag);
  const index = node.variants.findIndex((variant) => variant.name === name);
  if (index < 0) throw new Error(`no variant ${show(name)}`);
  if (names) return { index, payload: undefined };
  return { index, payload: node.js.inline ? value : own(value, node.js.value) };
}

function enumOf(node: EnumNode, value: unknown, rules: WireRules): Wire {
  const { index, payload } = variantOf(node, value);
  const variant = node.variants[index]!;
  const content = variant.payload === undefined ? undefined : wireOf(variant.payload, payload, rules);
  const { tagging } = node;
  switch (tagging.style) {
    case "external":
      return content === undefined ? variant.wire : new Entries([[variant.wire, content]]);
    case "internal":
      if (content === undefined) return new Entries([[tagging.tag, variant.wire]]);
      return new Entries([[tagging.tag, variant.wire], ...(content as Entries).list]);
    case "adjacent":
      return new Entries([
        [tagging.tag, variant.wire],
        ...(content === undefined ? [] : [[tagging.content, content] as const]),
      ]);
    case "numeric":
      return variant.discriminant ?? index;
    case "untagged":
      return content ?? variant.wire;
  }
}

/** Whether two wire values are the same, up to how the format holds numbers. */
export function sameWire(a: Wire, b: Wire): boolean {
  if (a instanceof Entries || b instanceof Entries) {
    return (
      a instanceof Entries &&
      b instanceof Entries &&
      a.list.length === b.list.length &&
      a.list.every(([key, value], i) => sameWire(key, b.list[i]![0]) && sameWire(value, b.list[i]![1]))
    );
  }
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && show(Array.from(a)) === show(Array.from(b));
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, i) => sameWire(item, b[i]))
    );
  }
  if (typeof a === "bigint" || typeof b === "bigint") return BigInt(a as bigint) === BigInt(b as bigint);
  return Object.is(a, b);
}
