// Reading objects that others made: own properties, each once, and whatever a getter or proxy throws is a bad value.
// Everything else in this folder works on what these functions return.

import { refuse } from "./errors.ts";
import { MAX_SHAPE_SIZE } from "./limits.ts";
import { checkKeyName, checkName } from "./names.ts";

function guarded<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch {
    return refuse("shape.bad_value", path, "could not be read");
  }
}

export const isArray = (value: unknown): value is readonly unknown[] => {
  try {
    return Array.isArray(value);
  } catch {
    return false; // a revoked proxy
  }
};

/** Made by `{}`, `JSON.parse` or `Object.create(null)`, in any realm. */
export function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null || isArray(value)) return false;
  try {
    const prototype: unknown = Object.getPrototypeOf(value);
    return prototype === null || Object.getPrototypeOf(prototype) === null;
  } catch {
    return false;
  }
}

/** A copy of an array; `undefined` stands for holes. */
export function itemsOf(value: readonly unknown[], path: string): unknown[] {
  const length = guarded(path, () => value.length);
  if (length > MAX_SHAPE_SIZE) refuse("shape.too_large", path);
  return guarded(path, () =>
    Array.from({ length }, (_, i) => (Object.hasOwn(value, i) ? value[i] : undefined)),
  );
}

/** Own enumerable properties with string keys, in order. */
export function entriesOf(value: object, path: string): [string, unknown][] {
  const keys = guarded(path, () => Object.keys(value));
  if (keys.length > MAX_SHAPE_SIZE) refuse("shape.too_large", path);
  return guarded(path, () => keys.map((key) => [key, Reflect.get(value, key) as unknown]));
}

const MAX_COPY_DEPTH = 512;

/** A copy of JSON data, to be read as often as one likes. What is no JSON data is refused. */
export function copyJson(value: unknown, path: string, depth = 0): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > MAX_COPY_DEPTH) return refuse("shape.too_deep", path);
  if (isArray(value)) return itemsOf(value, path).map((item) => copyJson(item, path, depth + 1));
  if (!isPlain(value)) return refuse("shape.bad_value", path, "must be JSON data");
  const copy = {};
  for (const [name, part] of entriesOf(value, path)) {
    const data = copyJson(part, path, depth + 1);
    Object.defineProperty(copy, name, { value: data, enumerable: true, writable: true, configurable: true });
  }
  return copy;
}

/** A part that has names: an object, or an array of pairs, in which alone unordered names may stand (D40). */
export function namedOf(value: unknown, path: string): [string, unknown][] {
  if (isPlain(value)) {
    const entries = entriesOf(value, path);
    for (const [name] of entries) checkKeyName(name, path);
    return entries;
  }
  if (!isArray(value)) {
    // `{ __proto__: x }` in a program: not a property but a prototype.
    const isOdd = typeof value === "object" && value !== null;
    return refuse(
      isOdd ? "shape.bad_name" : "shape.bad_value",
      path,
      isOdd
        ? "a plain object is needed; __proto__ may only stand in pairs"
        : "must be an object or an array of pairs",
    );
  }
  const seen = new Set<string>();
  return itemsOf(value, path).map((pair) => {
    const [name, part, ...rest] = isArray(pair) ? itemsOf(pair, path) : [];
    if (!isArray(pair) || part === undefined || rest.length > 0) {
      refuse("shape.bad_value", path, "must be an object or an array of [name, value]");
    }
    const checked = checkName(name, path);
    if (seen.has(checked)) refuse("shape.name_collision", path, "the same name twice");
    seen.add(checked);
    return [checked, part];
  });
}
