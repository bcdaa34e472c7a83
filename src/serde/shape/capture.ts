// A JavaScript value against a shape: a private copy in decoded form, or what is wrong with it and where. It walks node
// and value together, reads every property once, and calls nothing of the value's: no toJSON, no iterator.
//
// The bridge asks the same of values on their way into cells; the verdicts of both are those of `values`. Here a value
// must be just what decoding gives, as it is handed on: encoding also takes null for undefined and undefined or nothing
// for null where that stands for no value, and does not look at what it will not write.

import type { ErrorCode } from "../../core/errors.ts";
import { unwrapped, type Wrapped } from "./any.ts";
import { isPlain } from "./foreign.ts";
import { bare, isUnitEnum } from "./graph.ts";
import { type IntegerKind, integerRange } from "./kinds.ts";
import { isWellFormed } from "./names.ts";
import type {
  ArrayNode,
  Constant,
  EnumNode,
  ListNode,
  MapNode,
  Node,
  OptionNode,
  ScalarNode,
  SetNode,
  StructNode,
  TupleNode,
  Variant,
} from "./node.ts";
import {
  bigintFault,
  charFault,
  define,
  entriesOfMap,
  floatFault,
  integerFault,
  isObject,
  isRecord,
  isTypedKind,
  itemsOfSet,
  keyText,
  propertyOf,
  TYPED_ARRAYS,
  viewOf,
} from "./values.ts";

interface Issue {
  readonly code: ErrorCode;
  readonly message: string;
  /** Property names, indexes and map keys from the root. */
  readonly path: readonly (string | number)[];
}

export type Captured =
  | { readonly ok: true; readonly value: Constant }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** D47. */
const MAX_VALUE_DEPTH = 512;
const MAX_ISSUES = 64;
/** A hole costs its owner nothing and a copy much. */
const MAX_VALUE_ITEMS = 16_777_216;

class TooManyIssues extends Error {}

interface Walk {
  readonly issues: Issue[];
  readonly path: (string | number)[];
}

/** Stands for a value that is wrong; issues say how. */
const WRONG = Symbol("wrong");
type Copy = Constant | typeof WRONG;

export function captureValue(node: Node, value: unknown): Captured {
  const walk: Walk = { issues: [], path: [] };
  let copy: Copy = WRONG;
  try {
    copy = capture(walk, node, value);
  } catch (thrown) {
    if (!(thrown instanceof TooManyIssues)) throw thrown;
  }
  if (walk.issues.length === 0 && copy !== WRONG) return { ok: true, value: copy };
  return { ok: false, issues: walk.issues };
}

function add({ issues, path }: Walk, code: ErrorCode, message: string): typeof WRONG {
  issues.push({ code, message, path: [...path] });
  if (issues.length >= MAX_ISSUES) throw new TooManyIssues();
  return WRONG;
}

const mismatch = (walk: Walk, expected: string): typeof WRONG =>
  add(walk, "value.type_mismatch", `expected ${expected}`);

/** Getters and proxies of the value run here and may throw whatever they like. */
function reading<T>(walk: Walk, read: () => T): T | typeof WRONG {
  try {
    return read();
  } catch {
    return add(walk, "boundary.threw", "could not be read");
  }
}

/** The part of a value that `read` gives, one step below. */
function below(walk: Walk, step: string | number, node: Node, read: () => unknown, isNamed = false): Copy {
  walk.path.push(step);
  let copy: Copy = WRONG;
  const part = reading(walk, read);
  if (part !== WRONG) {
    if (walk.path.length > MAX_VALUE_DEPTH) {
      add(walk, "resource.depth_limit", `nested more than ${MAX_VALUE_DEPTH} deep`);
    } else if (isNamed && part === undefined && !takesUndefined(node)) {
      add(walk, "structure.missing_field", "missing");
    } else copy = capture(walk, node, part);
  }
  walk.path.pop();
  return copy;
}

function takesUndefined(start: Node): boolean {
  let node = bare(start);
  for (; node.kind === "option"; node = bare(node.inner)) if (node.none === "undefined") return true;
  return node.kind === "any";
}

function capture(walk: Walk, start: Node, value: unknown): Copy {
  const node = bare(start);
  switch (node.kind) {
    case "struct":
      return captureStruct(walk, node, value);
    case "tuple":
    case "array":
    case "list":
      return captureItems(walk, node, value);
    case "set":
      return captureSet(walk, node, value);
    case "map":
      return captureMap(walk, node, value);
    case "option":
      return captureOption(walk, node, value);
    case "enum":
      return captureEnum(walk, node, value);
    case "any":
      return captureAny(walk, value);
    default:
      return captureScalar(walk, node, value);
  }
}

function captureScalar(walk: Walk, node: ScalarNode, value: unknown): Copy {
  const { kind } = node;
  switch (kind) {
    case "unit":
      return value === null ? null : mismatch(walk, "null");
    case "bool":
      return typeof value === "boolean" ? value : mismatch(walk, "a boolean");
    case "f32":
    case "f64": {
      const fault = floatFault(value, kind === "f32");
      if (fault !== undefined) return refused(walk, fault, "a number", `not an ${kind}`);
      return kind === "f32" ? Math.fround(value as number) : (value as number);
    }
    case "char": {
      const fault = charFault(value);
      return fault === undefined ? (value as string) : refused(walk, fault, "a string of one character");
    }
    case "string":
      return typeof value === "string" ? captureText(walk, value) : mismatch(walk, "a string");
    case "bytes":
    case "raw": {
      const bytes = viewOf("u8", value);
      return bytes === undefined ? mismatch(walk, "a Uint8Array") : Uint8Array.from(bytes);
    }
    default:
      return captureInteger(walk, kind, node.js, value);
  }
}

function captureInteger(walk: Walk, kind: IntegerKind, js: ScalarNode["js"], value: unknown): Copy {
  const { min, max } = integerRange(kind, js);
  const limits = `${kind} is from ${min} to ${max}`;
  if ((kind === "u64" || kind === "i64") && js !== "number") {
    const fault = bigintFault(value, kind === "i64");
    return fault === undefined ? (value as bigint) : refused(walk, fault, `a bigint (${kind})`, limits);
  }
  const fault = integerFault(value, Number(min), Number(max));
  // -0 is written as 0 (D46).
  return fault === undefined ? (value as number) + 0 : refused(walk, fault, `an integer (${kind})`, limits);
}

/** In words. */
function refused(walk: Walk, fault: ErrorCode, expected: string, limits = ""): typeof WRONG {
  if (fault === "value.type_mismatch") return mismatch(walk, expected);
  return add(walk, fault, fault === "value.number_range" ? limits : HALF_A_PAIR);
}

const HALF_A_PAIR = "half a surrogate pair";

const captureText = (walk: Walk, text: string): Copy =>
  isWellFormed(text) ? text : add(walk, "lexical.invalid_unicode", HALF_A_PAIR);

function captureStruct(walk: Walk, node: StructNode, value: unknown): Copy {
  const is = reading(walk, () => isObject(value));
  if (is !== true) return is === WRONG ? WRONG : mismatch(walk, "an object");
  const copy = {};
  return captureFields(walk, node, value as object, copy) ? Object.freeze(copy) : WRONG;
}

/** Adds the fields to `copy`, which has the tag of the variant that they lie beside, if any. */
function captureFields(walk: Walk, node: StructNode, object: object, copy: object): boolean {
  const known = new Set([...Object.keys(copy), ...node.fields.map(({ name }) => name)]);
  let isRight = true;
  for (const { name, node: inner } of node.fields) {
    const kept = below(walk, name, inner, () => propertyOf(object, name), true);
    if (kept === WRONG) isRight = false;
    else define(copy, name, kept);
  }
  return (!node.denyUnknown || hasOnly(walk, known, object)) && isRight;
}

function hasOnly(walk: Walk, known: ReadonlySet<string>, object: object): boolean {
  const keys = reading(walk, () => Object.keys(object));
  if (keys === WRONG) return false;
  const unknown = keys.filter((key) => !known.has(key));
  for (const key of unknown) {
    walk.path.push(key);
    add(walk, "structure.unknown_field", "there is no such field");
    walk.path.pop();
  }
  return unknown.length === 0;
}

function captureItems(walk: Walk, node: TupleNode | ArrayNode | ListNode, value: unknown): Copy {
  if (node.kind !== "tuple" && node.typed) return captureTyped(walk, node, value);
  const length = reading(walk, () => (Array.isArray(value) ? value.length : undefined));
  if (length === WRONG) return WRONG;
  // A proxy may say anything.
  if (length === undefined || !Number.isSafeInteger(length) || length < 0) return mismatch(walk, "an array");
  const expected = node.kind === "tuple" ? node.items.length : node.kind === "array" ? node.length : length;
  if (length !== expected) return add(walk, "value.length_mismatch", `expected ${expected} items`);
  const items = value as readonly unknown[];
  return captureEach(walk, length, (i) => [
    i,
    node.kind === "tuple" ? node.items[i]! : node.item,
    () => items[i],
  ]);
}

function captureEach(
  walk: Walk,
  length: number,
  partAt: (i: number) => readonly [step: string | number, node: Node, read: () => unknown],
): readonly Constant[] | typeof WRONG {
  if (length > MAX_VALUE_ITEMS) {
    return add(walk, "resource.memory_limit", `more than ${MAX_VALUE_ITEMS} items`);
  }
  const copy: Constant[] = [];
  let isWrong = false;
  for (let i = 0; i < length; i++) {
    const kept = below(walk, ...partAt(i));
    if (kept === WRONG) isWrong = true;
    else copy.push(kept);
  }
  return isWrong ? WRONG : Object.freeze(copy);
}

function captureTyped(walk: Walk, node: ArrayNode | ListNode, value: unknown): Copy {
  const { kind } = bare(node.item);
  const array = isTypedKind(kind) ? viewOf(kind, value) : undefined;
  if (array === undefined) return mismatch(walk, `a ${isTypedKind(kind) ? TYPED_ARRAYS[kind].name : kind}`);
  if (node.kind === "array" && array.length !== node.length) {
    return add(walk, "value.length_mismatch", `expected ${node.length} items`);
  }
  return array.slice();
}

function captureSet(walk: Walk, node: SetNode, value: unknown): Copy {
  const items = itemsOfSet(value);
  if (items === undefined) return mismatch(walk, "a Set");
  const copy = captureEach(walk, items.length, (i) => [i, node.item, () => items[i]]);
  return copy === WRONG ? WRONG : new Set(copy);
}

function captureMap(walk: Walk, node: MapNode, value: unknown): Copy {
  if (node.js === "record") return captureRecord(walk, node, value);
  const entries = entriesOfMap(value);
  if (entries === undefined) return mismatch(walk, "a Map");
  const { keys, values } = entries;
  const copy = new Map<Constant, Constant>();
  let isWrong = false;
  keys.forEach((key, i) => {
    const step = typeof key === "number" ? key : keyText(key);
    const keptKey = below(walk, step, node.key, () => key);
    const kept = below(walk, step, node.value, () => values[i]);
    if (keptKey === WRONG || kept === WRONG) isWrong = true;
    else copy.set(keptKey, kept);
  });
  return isWrong ? WRONG : copy;
}

function captureRecord(walk: Walk, node: MapNode, value: unknown): Copy {
  const keys = reading(walk, () => (isRecord(value) ? Object.keys(value) : undefined));
  if (keys === WRONG) return WRONG;
  if (keys === undefined) return mismatch(walk, "an object");
  const object = value as Readonly<Record<string, unknown>>;
  const copy = {};
  let isWrong = false;
  for (const key of keys) {
    const keptKey = below(walk, key, node.key, () => key);
    const kept = below(walk, key, node.value, () => object[key]);
    if (keptKey === WRONG || kept === WRONG) isWrong = true;
    else define(copy, key, kept);
  }
  return isWrong ? WRONG : Object.freeze(copy);
}

function captureOption(walk: Walk, node: OptionNode, value: unknown): Copy {
  const none = node.none === "null" ? null : undefined;
  return value === none ? none : capture(walk, node.inner, value);
}

const variantMaps = new WeakMap<EnumNode, ReadonlyMap<string, Variant>>();

export function variantsOf(node: EnumNode): ReadonlyMap<string, Variant> {
  const known = variantMaps.get(node);
  if (known !== undefined) return known;
  const map = new Map(node.variants.map((variant) => [variant.name, variant]));
  variantMaps.set(node, map);
  return map;
}

function captureEnum(walk: Walk, node: EnumNode, value: unknown): Copy {
  if (isUnitEnum(node)) return captureName(walk, node, value);
  const is = reading(walk, () => isObject(value));
  if (is !== true) return is === WRONG ? WRONG : mismatch(walk, "a variant");
  const object = value as object;
  const { tag, value: content, inline } = node.js;
  walk.path.push(tag);
  const given = reading(walk, () => propertyOf(object, tag));
  const name = given === WRONG ? WRONG : captureName(walk, node, given);
  walk.path.pop();
  if (name === WRONG) return WRONG;
  const copy = {};
  define(copy, tag, name);
  const payload = variantsOf(node).get(name as string)?.payload;
  if (payload !== undefined && inline) {
    if (!captureFields(walk, bare(payload) as StructNode, object, copy)) return WRONG; // as `check` has it
  } else if (payload !== undefined) {
    const kept = below(walk, content, payload, () => propertyOf(object, content), true);
    if (kept === WRONG) return WRONG;
    define(copy, content, kept);
  }
  return Object.freeze(copy);
}

function captureName(walk: Walk, node: EnumNode, value: unknown): Copy {
  if (typeof value !== "string") return mismatch(walk, "a variant's name");
  if (variantsOf(node).has(value)) return value;
  return add(walk, "structure.unknown_variant", "there is no such variant");
}

const ANY: Node = { kind: "any" };
const ANY_LIST: ListNode = { kind: "list", item: ANY, typed: false };
const ANY_MAP: MapNode = { kind: "map", key: ANY, value: ANY, js: "map", duplicate: "last" };
const ANY_RECORD: MapNode = { ...ANY_MAP, key: { kind: "string" }, js: "record" };

/** D42. */
function captureAny(walk: Walk, value: unknown): Copy {
  switch (typeof value) {
    case "boolean":
    case "number":
    case "bigint":
    case "undefined":
      return value;
    case "string":
      return captureText(walk, value);
    case "object":
      break;
    default:
      return mismatch(walk, "a value of any");
  }
  if (value === null) return null;
  const isArray = reading(walk, () => Array.isArray(value));
  if (isArray === WRONG) return WRONG;
  if (isArray) return captureItems(walk, ANY_LIST, value);
  const bytes = viewOf("u8", value);
  if (bytes !== undefined) return Uint8Array.from(bytes);
  if (isPlain(value)) return captureRecord(walk, ANY_RECORD, value);
  if (entriesOfMap(value) !== undefined) return captureMap(walk, ANY_MAP, value);
  const wrapped = reading(walk, () => unwrapped(value));
  if (wrapped === undefined) return mismatch(walk, "a value of any");
  return wrapped === WRONG ? WRONG : captureWrapped(walk, wrapped, value);
}

/** The value itself, which is frozen; no default can be one. */
function captureWrapped(walk: Walk, wrapped: Wrapped, value: object): Copy {
  if (wrapped.fault !== undefined)
    return refused(walk, wrapped.fault, "what a format can hold", "no number of a format");
  if (wrapped.kind === "tag" && capture(walk, ANY, wrapped.value) === WRONG) return WRONG;
  return value as unknown as Constant;
}
