// A JavaScript value against a shape: a private copy in decoded form, or what is wrong with it and where. It walks node
// and value together, reads own properties only and each once, and calls nothing of the value's: no toJSON, no iterator.

import type { ErrorCode } from "../../core/errors.ts";
import { isUnitEnum } from "./graph.ts";
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
    // Getters and proxies of the value may throw whatever they like.
    if (!(thrown instanceof TooManyIssues)) add(walk, "boundary.threw", "could not be read");
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

function below(walk: Walk, step: string | number, node: Node, value: unknown): Copy {
  walk.path.push(step);
  const copy =
    walk.path.length > MAX_VALUE_DEPTH
      ? add(walk, "resource.depth_limit", `nested more than ${MAX_VALUE_DEPTH} deep`)
      : capture(walk, node, value);
  walk.path.pop();
  return copy;
}

function capture(walk: Walk, start: Node, value: unknown): Copy {
  let node = start;
  while (node.kind === "ref" || node.kind === "newtype")
    node = node.kind === "ref" ? node.target : node.inner;
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

const INTEGER_RANGES: { readonly [kind: string]: readonly [min: number, max: number] } = {
  u8: [0, 0xff],
  u16: [0, 0xffff],
  u32: [0, 0xffff_ffff],
  u64: [0, Number.MAX_SAFE_INTEGER],
  i8: [-0x80, 0x7f],
  i16: [-0x8000, 0x7fff],
  i32: [-0x8000_0000, 0x7fff_ffff],
  i64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

function captureScalar(walk: Walk, node: ScalarNode, value: unknown): Copy {
  switch (node.kind) {
    case "unit":
      return value === null ? null : mismatch(walk, "null");
    case "bool":
      return typeof value === "boolean" ? value : mismatch(walk, "a boolean");
    case "u64":
    case "i64":
      return node.js === "number"
        ? captureInteger(walk, node.kind, value)
        : captureBigint(walk, node.kind, value);
    case "f32":
    case "f64": {
      if (typeof value !== "number") return mismatch(walk, "a number");
      const kept = node.kind === "f32" ? Math.fround(value) : value;
      if (!Number.isFinite(kept) && Number.isFinite(value))
        return add(walk, "value.number_range", "not an f32");
      return kept;
    }
    case "char": {
      if (typeof value !== "string") return mismatch(walk, "a string of one character");
      const point = value.codePointAt(0);
      const isOne = point !== undefined && value.length === (point > 0xffff ? 2 : 1);
      return isOne ? captureText(walk, value) : mismatch(walk, "a string of one character");
    }
    case "string":
      return typeof value === "string" ? captureText(walk, value) : mismatch(walk, "a string");
    case "bytes":
    case "raw":
      return typedArrayKind(value) === "Uint8Array"
        ? Uint8Array.from(value as Uint8Array)
        : mismatch(walk, "a Uint8Array");
    default:
      return captureInteger(walk, node.kind, value);
  }
}

const captureText = (walk: Walk, text: string): Copy =>
  isWellFormed(text) ? text : add(walk, "lexical.invalid_unicode", "half a surrogate pair");

function captureInteger(walk: Walk, kind: string, value: unknown): Copy {
  if (typeof value !== "number") return mismatch(walk, `an integer (${kind})`);
  const [min, max] = INTEGER_RANGES[kind]!;
  if (!Number.isInteger(value)) return mismatch(walk, `an integer (${kind})`);
  if (value < min || value > max) return add(walk, "value.number_range", `${kind} is from ${min} to ${max}`);
  return value + 0; // -0 is written as 0 (D46)
}

function captureBigint(walk: Walk, kind: "u64" | "i64", value: unknown): Copy {
  if (typeof value !== "bigint") return mismatch(walk, `a bigint (${kind})`);
  const fits = (kind === "u64" ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value)) === value;
  return fits ? value : add(walk, "value.number_range", `not in the range of ${kind}`);
}

// The tag of a typed array, whatever its realm, prototype or properties; undefined for everything else.
const typedArrayTag = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  Symbol.toStringTag,
)?.get;

export const typedArrayKind = (value: unknown): string | undefined =>
  typedArrayTag?.call(value) as string | undefined;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && typedArrayKind(value) === undefined;

/** Data, never a prototype. */
export function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true });
}

function captureStruct(walk: Walk, node: StructNode, value: unknown): Copy {
  if (!isObject(value)) return mismatch(walk, "an object");
  const copy = {};
  let isWrong = false;
  for (const { name, node: inner } of node.fields) {
    const isThere = Object.hasOwn(value, name);
    const part: unknown = isThere ? value[name] : undefined;
    if (part === undefined && !takesUndefined(inner)) {
      walk.path.push(name);
      add(walk, "structure.missing_field", "missing");
      walk.path.pop();
      isWrong = true;
      continue;
    }
    const kept = below(walk, name, inner, part);
    if (kept === WRONG) isWrong = true;
    else define(copy, name, kept);
  }
  if (node.denyUnknown) {
    const known = new Set(node.fields.map(({ name }) => name));
    for (const key of Object.keys(value)) {
      if (known.has(key)) continue;
      walk.path.push(key);
      add(walk, "structure.unknown_field", "there is no such field");
      walk.path.pop();
      isWrong = true;
    }
  }
  return isWrong ? WRONG : Object.freeze(copy);
}

function takesUndefined(start: Node): boolean {
  let node = start;
  for (;;) {
    if (node.kind === "any") return true;
    if (node.kind === "option") {
      if (node.none === "undefined") return true;
      node = node.inner;
    } else if (node.kind === "newtype") node = node.inner;
    else if (node.kind === "ref") node = node.target;
    else return false;
  }
}

const TYPED_ARRAYS: { readonly [kind: string]: string } = {
  u8: "Uint8Array",
  u16: "Uint16Array",
  u32: "Uint32Array",
  u64: "BigUint64Array",
  i8: "Int8Array",
  i16: "Int16Array",
  i32: "Int32Array",
  i64: "BigInt64Array",
  f32: "Float32Array",
  f64: "Float64Array",
};

function captureItems(walk: Walk, node: TupleNode | ArrayNode | ListNode, value: unknown): Copy {
  if (node.kind !== "tuple" && node.typed) return captureTyped(walk, node, value);
  if (!Array.isArray(value)) return mismatch(walk, "an array");
  const { length } = value;
  const expected = node.kind === "tuple" ? node.items.length : node.kind === "array" ? node.length : length;
  if (length !== expected) return add(walk, "value.length_mismatch", `expected ${expected} items`);
  if (length > MAX_VALUE_ITEMS)
    return add(walk, "resource.memory_limit", `more than ${MAX_VALUE_ITEMS} items`);
  const copy: Constant[] = [];
  let isWrong = false;
  for (let i = 0; i < length; i++) {
    const part: unknown = Object.hasOwn(value, i) ? value[i] : undefined;
    const kept = below(walk, i, node.kind === "tuple" ? node.items[i]! : node.item, part);
    if (kept === WRONG) isWrong = true;
    else copy.push(kept);
  }
  return isWrong ? WRONG : Object.freeze(copy);
}

function captureTyped(walk: Walk, node: ArrayNode | ListNode, value: unknown): Copy {
  let item = node.item;
  while (item.kind === "ref" || item.kind === "newtype")
    item = item.kind === "ref" ? item.target : item.inner;
  const expected = TYPED_ARRAYS[item.kind]!;
  if (typedArrayKind(value) !== expected) return mismatch(walk, `a ${expected}`);
  const array = value as Float64Array; // or another: only length and copying are used
  if (node.kind === "array" && array.length !== node.length) {
    return add(walk, "value.length_mismatch", `expected ${node.length} items`);
  }
  return structuredCopy(array);
}

/** A copy with a buffer of its own, made by the intrinsic constructor of the same kind. */
function structuredCopy(array: Float64Array): Constant {
  switch (typedArrayKind(array)) {
    case "Uint8Array":
      return new Uint8Array(array);
    case "Uint16Array":
      return new Uint16Array(array);
    case "Uint32Array":
      return new Uint32Array(array);
    case "BigUint64Array":
      return new BigUint64Array(array as unknown as BigUint64Array);
    case "Int8Array":
      return new Int8Array(array);
    case "Int16Array":
      return new Int16Array(array);
    case "Int32Array":
      return new Int32Array(array);
    case "BigInt64Array":
      return new BigInt64Array(array as unknown as BigInt64Array);
    case "Float32Array":
      return new Float32Array(array);
    default:
      return new Float64Array(array);
  }
}

/** Calls `Set` or `Map` methods of this realm on the value; what is neither throws, and gives undefined. */
function tryEach(
  forEach: (this: never, visit: (value: unknown, key: unknown) => void) => void,
  collection: unknown,
): [unknown, unknown][] | undefined {
  const found: [unknown, unknown][] = [];
  try {
    forEach.call(collection as never, (value, key) => void found.push([key, value]));
  } catch {
    return undefined;
  }
  return found;
}

function captureSet(walk: Walk, node: SetNode, value: unknown): Copy {
  const items = tryEach(Set.prototype.forEach, value);
  if (items === undefined) return mismatch(walk, "a Set");
  const copy = new Set<Constant>();
  let isWrong = false;
  items.forEach(([, item], i) => {
    const kept = below(walk, i, node.item, item);
    if (kept === WRONG) isWrong = true;
    else copy.add(kept);
  });
  return isWrong ? WRONG : copy;
}

function captureMap(walk: Walk, node: MapNode, value: unknown): Copy {
  if (node.js === "record") return captureRecord(walk, node, value);
  const entries = tryEach(Map.prototype.forEach, value);
  if (entries === undefined) return mismatch(walk, "a Map");
  const copy = new Map<Constant, Constant>();
  let isWrong = false;
  for (const [key, part] of entries) {
    const step = typeof key === "number" || typeof key === "string" ? key : String(key as bigint);
    const keptKey = below(walk, step, node.key, key);
    const kept = below(walk, step, node.value, part);
    if (keptKey === WRONG || kept === WRONG) isWrong = true;
    else copy.set(keptKey, kept);
  }
  return isWrong ? WRONG : copy;
}

function captureRecord(walk: Walk, node: MapNode, value: unknown): Copy {
  if (!isObject(value)) return mismatch(walk, "an object");
  const copy = {};
  let isWrong = false;
  for (const key of Object.keys(value)) {
    const isText = isWellFormed(key);
    walk.path.push(key);
    if (!isText) add(walk, "lexical.invalid_unicode", "half a surrogate pair in the key");
    walk.path.pop();
    const kept = below(walk, key, node.value, value[key]);
    if (kept === WRONG || !isText) isWrong = true;
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
  const names = variantsOf(node);
  if (isUnitEnum(node)) {
    if (typeof value !== "string") return mismatch(walk, "a variant's name");
    return names.has(value) ? value : add(walk, "structure.unknown_variant", "there is no such variant");
  }
  if (!isObject(value)) return mismatch(walk, "a variant");
  const { tag, value: content } = node.js;
  const name = Object.hasOwn(value, tag) ? value[tag] : undefined;
  const variant = typeof name === "string" ? names.get(name) : undefined;
  if (variant === undefined) {
    walk.path.push(tag);
    if (typeof name === "string") add(walk, "structure.unknown_variant", "there is no such variant");
    else mismatch(walk, "a variant's name");
    walk.path.pop();
    return WRONG;
  }
  const copy = {};
  define(copy, tag, variant.name);
  if (variant.payload !== undefined) {
    const part = Object.hasOwn(value, content) ? value[content] : undefined;
    const kept = below(walk, content, variant.payload, part);
    if (kept === WRONG) return WRONG;
    define(copy, content, kept);
  }
  return Object.freeze(copy);
}

/** Values of D42 but for tags, simple values and extensions, which the bridge knows. */
function captureAny(walk: Walk, value: unknown): Copy {
  switch (typeof value) {
    case "boolean":
    case "number":
    case "bigint":
    case "undefined":
      return value;
    case "string":
      return captureText(walk, value);
  }
  if (value === null) return null;
  if (typedArrayKind(value) === "Uint8Array") return Uint8Array.from(value as Uint8Array);
  const any: Node = { kind: "any" };
  if (Array.isArray(value)) return captureItems(walk, { kind: "list", item: any, typed: false }, value);
  const isMap = tryEach(Map.prototype.forEach, value) !== undefined;
  if (isMap || isPlainObject(value)) {
    return captureMap(
      walk,
      { kind: "map", key: any, value: any, js: isMap ? "map" : "record", duplicate: "last" },
      value,
    );
  }
  return mismatch(walk, "a value of any");
}

function isPlainObject(value: unknown): boolean {
  if (!isObject(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
