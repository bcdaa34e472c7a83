// Kinds of shapes and the choices their attributes have, once. Types, attributes, the JSON form, its schema and digests
// are made from these lists; in digests a position is a byte, so every list is append-only.

/** Kinds without parts. */
export const SCALAR_KINDS = [
  "unit",
  "bool",
  "u8",
  "u16",
  "u32",
  "u64",
  "i8",
  "i16",
  "i32",
  "i64",
  "f32",
  "f64",
  "char",
  "string",
  "bytes",
  "raw",
] as const;
export type ScalarKind = (typeof SCALAR_KINDS)[number];

/** Kinds that have a wire, and so a byte in digests. */
export const WIRE_KINDS = [
  ...SCALAR_KINDS,
  "struct",
  "tuple",
  "array",
  "list",
  "set",
  "map",
  "option",
  "enum",
  "any",
  "ref",
] as const;

/** Those whose name alone is a shape in the JSON form. */
export const NAMED_KINDS = [...SCALAR_KINDS, "any"] as const;
export type NamedKind = (typeof NAMED_KINDS)[number];

const includes = <T extends string>(list: readonly T[], text: string): text is T =>
  (list as readonly string[]).includes(text);

export const isNamedKind = (text: string): text is NamedKind => includes(NAMED_KINDS, text);

export type PartsKind = Exclude<(typeof WIRE_KINDS)[number], NamedKind> | "newtype";

/** Kinds whose key holds their parts in the JSON form. */
export const KINDS_WITH_PARTS: readonly PartsKind[] = [
  ...WIRE_KINDS.filter((kind) => !isNamedKind(kind)),
  "newtype",
];

export const hasParts = (text: string): text is PartsKind => includes(KINDS_WITH_PARTS, text);

/** Values of the attributes that are one of a few, the default first. */
export const CHOICES = {
  js64: ["bigint", "number"],
  bytesText: ["base64", "array", "hex"],
  mapJs: ["map", "record"],
  mapDuplicate: ["last", "reject"],
  none: ["null", "undefined"],
  structDuplicate: ["reject", "first", "last"],
  skipIf: ["none", "empty", "default", "false", "zero"],
  tagStyle: ["external", "internal", "adjacent", "untagged", "numeric"],
} as const;
export type Choice<C extends keyof typeof CHOICES> = (typeof CHOICES)[C][number];

const range = (bits: number, isSigned: boolean) => {
  const half = 1n << BigInt(bits - 1);
  return isSigned ? { min: -half, max: half - 1n } : { min: 0n, max: 2n * half - 1n };
};

/** Integers, and what fits them. */
const INTEGERS = {
  u8: range(8, false),
  u16: range(16, false),
  u32: range(32, false),
  u64: range(64, false),
  i8: range(8, true),
  i16: range(16, true),
  i32: range(32, true),
  i64: range(64, true),
} as const;
export type IntegerKind = keyof typeof INTEGERS;

export const INTEGER_KINDS = Object.keys(INTEGERS) as readonly IntegerKind[];

export const isInteger = (kind: string): kind is IntegerKind => Object.hasOwn(INTEGERS, kind);
export const isFloat = (kind: string): kind is "f32" | "f64" => kind === "f32" || kind === "f64";

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** `js: "number"` narrows 64 bits (D46). */
export function integerRange(
  kind: IntegerKind,
  js?: Choice<"js64">,
): { readonly min: bigint; readonly max: bigint } {
  const { min, max } = INTEGERS[kind];
  return js === "number" ? { min: min < 0n ? -SAFE : 0n, max: SAFE } : { min, max };
}
