// Every attribute a shape can have, once: what it reads, and how the published JSON Schema says it. Builders, the JSON
// form and its schema are made from these tables, so that an attribute cannot exist in one and be missing in another.

import { quoted, refuse } from "./errors.ts";
import { isArray, isPlain, itemsOf, namedOf } from "./foreign.ts";
import { CHOICES } from "./kinds.ts";
import { MAX_ARRAY_LENGTH, MAX_NAME_LENGTH } from "./limits.ts";
import { checkName, needsPairs, RENAME_STYLES, UNORDERED_NAME, WELL_FORMED_NAME } from "./names.ts";
import type { EnumForm, Tagging } from "./node.ts";

/** A piece of JSON Schema. */
export type SchemaFragment = { readonly [keyword: string]: unknown };

export interface Attribute<T> {
  readonly schema: SchemaFragment;
  /** Throws `shape.bad_value` or `shape.bad_name`. */
  readonly read: (value: unknown, path: string, attribute: string) => T;
}

/** Such as `ATTRIBUTES.list`; what reading one gives. */
export type AttributeTable = { readonly [attribute: string]: Attribute<unknown> };
export type ReadAttributes<Table> = {
  readonly [A in keyof Table]?: Table[A] extends Attribute<infer T> ? T : never;
};

const bad = (path: string, attribute: string, expected: string): never =>
  refuse("shape.bad_value", path, `${attribute} must be ${expected}`);

const flag: Attribute<boolean> = {
  schema: { type: "boolean" },
  read: (value, path, name) => (typeof value === "boolean" ? value : bad(path, name, "true or false")),
};

const oneOf = <const C extends readonly string[]>(choices: C): Attribute<C[number]> => ({
  schema: { enum: choices },
  read: (value, path, name) =>
    choices.find((choice) => choice === value) ?? bad(path, name, `one of ${choices.join(", ")}`),
});

const integer = (max: number): Attribute<number> => ({
  schema: { type: "integer", minimum: 0, maximum: max },
  read: (value, path, name) =>
    typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= max
      ? value + 0 // -0 becomes 0
      : bad(path, name, `an integer from 0 to ${max}`),
});

export const NAME_SCHEMA = { type: "string", maxLength: MAX_NAME_LENGTH, pattern: WELL_FORMED_NAME } as const;

const name: Attribute<string> = { schema: { $ref: "#/$defs/name" }, read: checkName };

const names: Attribute<readonly string[]> = {
  schema: { type: "array", items: { $ref: "#/$defs/name" } },
  read: (value, path, attribute) =>
    isArray(value)
      ? itemsOf(value, path).map((item) => checkName(item, path))
      : bad(path, attribute, "a list of names"),
};

/** Checked when the shape it belongs to is known. */
const constant: Attribute<unknown> = { schema: {}, read: (value) => value };

/** A map from the name of a field or variant to an attribute of it. */
const byName = <T>(attribute: Attribute<T>): Attribute<ReadonlyMap<string, T>> => ({
  schema: namedSchema(attribute.schema),
  read: (value, path, label) =>
    new Map(namedOf(value, path).map(([key, part]) => [key, attribute.read(part, path, label)])),
});

/** An object, or pairs for the names that cannot stand in one (D40). */
export const namedSchema = (part: SchemaFragment): SchemaFragment => ({
  anyOf: [
    {
      type: "object",
      propertyNames: { $ref: "#/$defs/name", not: { pattern: UNORDERED_NAME } },
      additionalProperties: part,
    },
    {
      type: "array",
      items: {
        type: "array",
        prefixItems: [{ $ref: "#/$defs/name" }, part],
        minItems: 2,
        maxItems: 2,
      },
    },
  ],
});

/** Of an enum that says nothing else. */
export const ENUM_FORM: EnumForm = { tag: "kind", value: "value", inline: false };

const TAG_STYLES = ["external", "untagged", "numeric"] as const;
const tagging: Attribute<Tagging> = {
  schema: {
    anyOf: [
      { enum: TAG_STYLES },
      {
        type: "object",
        properties: { internal: { $ref: "#/$defs/name" } },
        required: ["internal"],
        additionalProperties: false,
      },
      {
        type: "object",
        properties: {
          adjacent: {
            type: "array",
            prefixItems: [{ $ref: "#/$defs/name" }, { $ref: "#/$defs/name" }],
            minItems: 2,
            maxItems: 2,
          },
        },
        required: ["adjacent"],
        additionalProperties: false,
      },
    ],
  },
  read(value, path, attribute) {
    const style = TAG_STYLES.find((known) => known === value);
    if (style !== undefined) return { style };
    if (isPlain(value)) {
      const [entry, ...others] = namedOf(value, path);
      if (others.length === 0 && entry?.[0] === "internal") {
        return { style: "internal", tag: checkName(entry[1], path) };
      }
      if (others.length === 0 && entry?.[0] === "adjacent" && isArray(entry[1])) {
        const parts = itemsOf(entry[1], path);
        if (parts.length === 2) {
          return { style: "adjacent", tag: checkName(parts[0], path), content: checkName(parts[1], path) };
        }
      }
    }
    return bad(path, attribute, `${TAG_STYLES.join(", ")}, {internal: tag} or {adjacent: [tag, content]}`);
  },
};

function propertyName(value: unknown, path: string): string {
  const text = checkName(value, path);
  if (needsPairs(text)) refuse("shape.bad_name", path, `${quoted(text)} cannot be a property of its own`);
  return text;
}

/** An enum in JavaScript. */
const enumForm: Attribute<EnumForm> = {
  schema: {
    type: "object",
    properties: {
      tag: { $ref: "#/$defs/plainName" },
      value: { $ref: "#/$defs/plainName" },
      inline: flag.schema,
    },
    additionalProperties: false,
  },
  read(value, path, attribute) {
    const form = { ...ENUM_FORM };
    if (!isPlain(value)) return bad(path, attribute, "an object with tag, value and inline");
    for (const [key, part] of namedOf(value, path)) {
      if (key === "inline") form.inline = flag.read(part, path, key);
      else if (key === "tag" || key === "value") form[key] = propertyName(part, path);
      else return bad(path, attribute, "an object with tag, value and inline");
    }
    return form;
  },
};

/** Of one field of a struct; in the JSON form, maps from field names. */
export const FIELD_ATTRIBUTES = {
  rename: name,
  alias: names,
  default: constant,
  skip: flag,
  skipEncode: flag,
  skipDecode: flag,
  skipIf: oneOf(CHOICES.skipIf),
  flatten: flag,
} as const satisfies AttributeTable;

/** Of one variant of an enum; in the JSON form, maps from variant names. */
const VARIANT_ATTRIBUTES = {
  rename: name,
  alias: names,
  discriminant: integer(0xffff_ffff),
} as const satisfies AttributeTable;

type ByName<Table> = {
  readonly [A in keyof Table]: Table[A] extends Attribute<infer T>
    ? Attribute<ReadonlyMap<string, T>>
    : never;
};

function eachByName<Table extends AttributeTable>(table: Table): ByName<Table> {
  const maps = Object.entries(table).map(([key, attribute]) => [key, byName(attribute)] as const);
  return Object.fromEntries(maps) as ByName<Table>; // fromEntries forgets which key has which type
}

/** By kind; kinds that are not listed have none. */
export const ATTRIBUTES = {
  u64: { js: oneOf(CHOICES.js64) },
  i64: { js: oneOf(CHOICES.js64) },
  bytes: { text: oneOf(CHOICES.bytesText), view: flag },
  list: { typed: flag },
  array: { length: integer(MAX_ARRAY_LENGTH), typed: flag },
  map: { js: oneOf(CHOICES.mapJs), duplicate: oneOf(CHOICES.mapDuplicate) },
  option: { none: oneOf(CHOICES.none) },
  newtype: { name },
  struct: {
    ...eachByName(FIELD_ATTRIBUTES),
    renameAll: oneOf(RENAME_STYLES),
    denyUnknown: flag,
    duplicate: oneOf(CHOICES.structDuplicate),
    transparent: flag,
  },
  enum: {
    ...eachByName(VARIANT_ATTRIBUTES),
    renameAll: oneOf(RENAME_STYLES),
    tag: tagging,
    other: name,
    first: flag,
    js: enumForm,
  },
} as const satisfies { readonly [kind: string]: AttributeTable };

/** Attributes without which the kind is no shape. */
export const REQUIRED_ATTRIBUTES: ReadonlyMap<string, readonly string[]> = new Map([
  ["array", ["length"]],
  ["newtype", ["name"]],
]);

/** Reads attributes by their table; the first that is unknown or wrong is refused. */
export function readAttributes<Table extends AttributeTable>(
  table: Table,
  given: Iterable<readonly [string, unknown]>,
  path: string,
): ReadAttributes<Table> {
  const read = Object.create(null) as Record<string, unknown>; // absent is absent, whatever the prototype says
  for (const [attribute, value] of given) {
    const row = Object.hasOwn(table, attribute) ? table[attribute] : undefined;
    if (row === undefined) {
      refuse("shape.unknown_attribute", path, `there is no attribute ${quoted(attribute)} here`);
    }
    read[attribute] = row.read(value, path, attribute);
  }
  return read as ReadAttributes<Table>; // each by its row
}
