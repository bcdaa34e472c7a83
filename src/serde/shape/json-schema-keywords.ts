// Keywords of JSON Schema and pointers to them: what both halves of the import read with.

import { refuse } from "./errors.ts";
import { isPlain } from "./foreign.ts";

/** Words about a schema, for people; and where the schema came from. */
export const ANNOTATIONS: ReadonlySet<string> = new Set([
  "$schema",
  "$comment",
  "title",
  "description",
  "default", // read where a field can use it
  "examples",
  "deprecated",
  "readOnly",
  "writeOnly",
]);

export type Schema = ReadonlyMap<string, unknown>;

export const unsupported = (pointer: string, keyword: string, reason?: string): never =>
  refuse("shape.unsupported_keyword", `${pointer}/${escaped(keyword)}`, reason);

export const escaped = (token: string): string => token.replaceAll("~", "~0").replaceAll("/", "~1");

export const unescaped = (token: string): string => {
  let text = token;
  try {
    text = decodeURIComponent(token);
  } catch {
    // not percent-encoded, then
  }
  return text.replaceAll("~1", "/").replaceAll("~0", "~");
};

/** Refuses every keyword that is neither in `known` nor an annotation. */
export function only(schema: Schema, pointer: string, known: readonly string[]): void {
  for (const keyword of schema.keys()) {
    if (known.includes(keyword) || ANNOTATIONS.has(keyword)) continue;
    if (pointer === "" && (keyword === "$id" || keyword === "$defs" || keyword === "definitions")) continue;
    if (keyword === "$defs") continue;
    unsupported(pointer, keyword);
  }
}

export const propertyOf = (schema: unknown, key: string): unknown =>
  isPlain(schema) && Object.hasOwn(schema, key)
    ? (schema as Readonly<Record<string, unknown>>)[key]
    : undefined;
