// Which keys an object of a struct may have on a self-describing wire, its flattened parts included. Collisions are
// found here; layout and untagged enums ask it which keys are known and which are required.

import { nameStep, quoted, refuse } from "./errors.ts";
import { bare } from "./graph.ts";
import { MAX_FLATTEN_DEPTH } from "./limits.ts";
import type { EnumNode, Field, MapNode, Node, StructNode } from "./node.ts";

/** The keys of one object. A name may be read and written by different fields, so there are two sets. */
export interface KeySpace {
  /** Wire names and aliases that decode knows. */
  readonly decode: ReadonlySet<string>;
  /** Wire names that encode may write. */
  readonly encode: ReadonlySet<string>;
  /** Wire names without which decode fails. */
  readonly required: ReadonlySet<string>;
  /** Takes every other key. */
  readonly rest: MapNode | undefined;
}

/** What may still be spent on one shape. */
export interface Budget {
  /** Keys copied to where they are flattened. */
  keys: number;
  /** Keys looked at to tell untagged variants apart. */
  comparisons: number;
}

interface Keys {
  readonly decode: Set<string>;
  readonly encode: Set<string>;
  readonly required: Set<string>;
  rest: MapNode | undefined;
}

const emptyKeys = (): Keys => ({
  decode: new Set(),
  encode: new Set(),
  required: new Set(),
  rest: undefined,
});

const spaces = new WeakMap<StructNode, KeySpace>();

/** Whether decode fails when the field is not there. */
export const isRequired = (field: Field): boolean =>
  !field.skipDecode && field.default === undefined && bare(field.node).kind !== "option";

export function keySpace(struct: StructNode, path: string, budget: Budget, depth = 0): KeySpace {
  const known = spaces.get(struct);
  if (known !== undefined) return known;
  if (depth > MAX_FLATTEN_DEPTH) {
    refuse("shape.bad_flatten", path, `flattened more than ${MAX_FLATTEN_DEPTH} levels deep`);
  }
  const keys = emptyKeys();
  for (const field of struct.fields) {
    const at = path + nameStep(field.name);
    if (field.flatten) {
      if (!(field.skipEncode && field.skipDecode)) addFlattened(keys, field, at, budget, depth);
      continue;
    }
    if (!field.skipEncode) addKey(keys.encode, field.wire, at, budget);
    if (field.skipDecode) continue;
    addKey(keys.decode, field.wire, at, budget);
    for (const alias of field.aliases) addKey(keys.decode, alias, at, budget);
    if (isRequired(field)) keys.required.add(field.wire);
  }
  if (struct.denyUnknown && keys.rest !== undefined) {
    refuse("shape.bad_flatten", path, "a flattened map takes unknown keys, denyUnknown refuses them");
  }
  spaces.set(struct, keys);
  return keys;
}

function addKey(set: Set<string>, key: string, path: string, budget: Budget): void {
  if (set.has(key)) refuse("shape.name_collision", path, `${quoted(key)} is already taken`);
  if (--budget.keys < 0) refuse("shape.too_large", path, "too many keys are flattened");
  set.add(key);
}

function addFlattened(keys: Keys, field: Field, path: string, budget: Budget, depth: number): void {
  const outer = bare(field.node);
  const isOptional = outer.kind === "option";
  const target = isOptional ? bare(outer.inner) : outer;
  const own = flattenedKeys(target, isOptional, path, budget, depth);
  for (const key of own.decode) addKey(keys.decode, key, path, budget);
  if (!field.skipEncode) for (const key of own.encode) addKey(keys.encode, key, path, budget);
  if (!isOptional) for (const key of own.required) keys.required.add(key);
  if (own.rest === undefined) return;
  if (keys.rest !== undefined) refuse("shape.bad_flatten", path, "a second flattened map");
  keys.rest = own.rest;
}

function flattenedKeys(
  target: ReturnType<typeof bare>,
  isOptional: boolean,
  path: string,
  budget: Budget,
  depth: number,
): KeySpace {
  if (target.kind === "struct") return keySpace(target, path, budget, depth + 1);
  if (!isOptional && target.kind === "map") {
    if (bare(target.key).kind !== "string") {
      refuse("shape.bad_flatten", path, "a flattened map has string keys");
    }
    return { ...emptyKeys(), rest: target };
  }
  if (!isOptional && target.kind === "enum") return enumKeys(target, path, budget, depth);
  return refuse(
    "shape.bad_flatten",
    path,
    "only a struct, an option of a struct, an enum or a map with string keys can be flattened",
  );
}

/** Keys of an enum that lies open in an object: those of all variants, of which one is there. */
function enumKeys(node: EnumNode, path: string, budget: Budget, depth: number): KeySpace {
  const keys = emptyKeys();
  const { tagging } = node;
  switch (tagging.style) {
    case "numeric":
      return refuse("shape.bad_flatten", path, "a numeric enum has no keys");
    case "external":
      for (const variant of node.variants) {
        for (const name of [variant.wire, ...variant.aliases]) keys.decode.add(name);
        keys.encode.add(variant.wire);
      }
      return keys;
    case "adjacent":
      for (const set of [keys.decode, keys.encode]) set.add(tagging.tag).add(tagging.content);
      keys.required.add(tagging.tag);
      return keys;
    case "internal":
      for (const set of [keys.decode, keys.encode, keys.required]) set.add(tagging.tag);
      break;
    case "untagged":
      break;
  }
  for (const { payload, other } of node.variants) {
    const target = payload === undefined ? undefined : bare(payload);
    if (target === undefined || (other && target.kind === "string")) {
      if (tagging.style === "internal") continue;
      refuse("shape.bad_flatten", path, "a variant without fields cannot be flattened");
    }
    merge(keys, flattenedKeys(target, false, path, budget, depth + 1), budget, path);
  }
  return keys;
}

function merge(into: Keys, from: KeySpace, budget: Budget, path: string): void {
  budget.keys -= from.decode.size + from.encode.size;
  if (budget.keys < 0) refuse("shape.too_large", path, "too many keys are flattened");
  for (const key of from.decode) into.decode.add(key);
  for (const key of from.encode) into.encode.add(key);
  into.rest ??= from.rest;
}

/** The struct or string-keyed map behind `node`: what an internal tag may stand beside. */
export function fieldsBehind(node: Node): StructNode | MapNode | undefined {
  const target = bare(node);
  if (target.kind === "struct") return target;
  return target.kind === "map" && bare(target.key).kind === "string" ? target : undefined;
}
