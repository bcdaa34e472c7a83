// JSON Schema of single values: integers by range and format, strings, choices of constants.

import type { Json } from "./constant.ts";
import { isArray, itemsOf } from "./foreign.ts";
import { only, type Schema, unsupported } from "./json-schema-keywords.ts";
import { INTEGER_KINDS, integerRange } from "./kinds.ts";

const SIGNED: Json = { i64: { js: "number" } };
const UNSIGNED: Json = { u64: { js: "number" } };

/** Ranges that a kind has exactly, as `JSON.parse` reads their bounds; any other would not be checked. */
const RANGES: readonly (readonly [min: number | undefined, max: number | undefined, form: Json])[] = [
  [0, Number.MAX_SAFE_INTEGER, UNSIGNED],
  [0, undefined, UNSIGNED],
  [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, SIGNED],
  [undefined, undefined, SIGNED],
  ...INTEGER_KINDS.map((kind) => {
    const { min, max } = integerRange(kind);
    return [Number(min), Number(max), kind] as const;
  }),
];

/** `int32` is i32, `uint8` is u8. */
const INTEGER_FORMATS: ReadonlyMap<unknown, Json> = new Map(
  INTEGER_KINDS.map((kind) => [kind.replace(/^u/, "uint").replace(/^i/, "int"), kind]),
);

export function convertInteger(schema: Schema, pointer: string): Json {
  only(schema, pointer, ["type", "format", "minimum", "maximum"]);
  const format = INTEGER_FORMATS.get(schema.get("format"));
  const [min, max] = [schema.get("minimum"), schema.get("maximum")];
  const form = RANGES.find(([low, high]) => low === min && high === max)?.[2];
  if (form === undefined) {
    return unsupported(
      pointer,
      min === undefined ? "maximum" : "minimum",
      "not the range of an integer kind",
    );
  }
  if (format !== undefined && form !== SIGNED && form !== UNSIGNED && format !== form) {
    unsupported(pointer, "format", "the format and the range are not of one kind");
  }
  if (format === undefined) return form;
  if (form === UNSIGNED && String(format).startsWith("i")) unsupported(pointer, "minimum");
  return format;
}

export function convertString(schema: Schema, pointer: string): Json {
  only(schema, pointer, ["type", "format", "contentEncoding", "contentMediaType"]);
  switch (schema.get("contentEncoding")) {
    case undefined:
      return "string"; // formats are annotations
    case "base64":
      return "bytes";
    case "base16":
      return { bytes: { text: "hex" } };
    default:
      return unsupported(pointer, "contentEncoding");
  }
}

/** Strings, with or without null; a constant is a choice of one. */
export function convertChoice(schema: Schema, pointer: string): Json {
  only(schema, pointer, ["enum", "const", "type"]);
  const isConstant = schema.has("const");
  const keyword = isConstant ? "const" : "enum";
  if (isConstant && schema.has("enum")) unsupported(pointer, "enum");
  const given = schema.get("enum");
  const values = isConstant ? [schema.get("const")] : isArray(given) ? itemsOf(given, pointer) : [];
  const type = schema.get("type");
  if (type !== undefined && type !== "string" && !isArray(type)) unsupported(pointer, keyword);
  const others = values.filter((value) => value !== null);
  if (others.some((value) => typeof value !== "string")) {
    unsupported(pointer, keyword, "only strings and null can be listed");
  }
  if (others.length === 0) return values.length === 0 ? unsupported(pointer, keyword) : "unit";
  const choice: Json = { enum: others.map((name): Json => [name as string, null]) };
  return others.length < values.length ? { option: choice } : choice;
}
