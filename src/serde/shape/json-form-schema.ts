// The JSON Schema (2020-12) of the JSON form, made from the same tables as the parser. It says everything that can be
// said of one part at a time; what relates parts (equal names, unknown refs, infinite shapes) only the parser knows.

import {
  ATTRIBUTES,
  type AttributeTable,
  NAME_SCHEMA,
  namedSchema,
  REQUIRED_ATTRIBUTES,
  type SchemaFragment,
} from "./grammar.ts";
import { NAMED_KINDS, type PartsKind } from "./kinds.ts";
import { UNORDERED_NAME } from "./names.ts";

const SHAPE: SchemaFragment = { $ref: "#/$defs/shape" };
const NAME: SchemaFragment = { $ref: "#/$defs/name" };

/** What stands under the key of each kind with parts. */
const PARTS: { readonly [K in PartsKind]: SchemaFragment } = {
  struct: namedSchema(SHAPE),
  tuple: { type: "array", items: SHAPE },
  array: SHAPE,
  list: SHAPE,
  set: SHAPE,
  map: { type: "array", prefixItems: [SHAPE, SHAPE], minItems: 2, maxItems: 2 },
  option: SHAPE,
  enum: { ...namedSchema({ anyOf: [{ type: "null" }, SHAPE] }), minProperties: 1, minItems: 1 },
  newtype: SHAPE,
  ref: NAME,
};

/** Beside the kind of the outermost shape. */
const ROOT_KEYS: { readonly [key: string]: SchemaFragment } = {
  $schema: { type: "string" },
  $defs: namedSchema(SHAPE),
};

const attributesOf = (kind: string): { readonly [attribute: string]: SchemaFragment } => {
  const table: AttributeTable = (ATTRIBUTES as { readonly [kind: string]: AttributeTable })[kind] ?? {};
  return Object.fromEntries(Object.entries(table).map(([name, { schema }]) => [name, schema]));
};

/** All shapes that are objects, with `extra` keys allowed. */
function objects(extra: { readonly [key: string]: SchemaFragment }): SchemaFragment[] {
  const object = (
    kind: string,
    part: SchemaFragment,
    attributes: { readonly [attribute: string]: SchemaFragment },
  ): SchemaFragment => ({
    type: "object",
    properties: { [kind]: part, ...attributes, ...extra },
    required: [kind, ...(REQUIRED_ATTRIBUTES.get(kind) ?? [])],
    additionalProperties: false,
  });
  const scalars = NAMED_KINDS.map((kind) =>
    object(kind, { type: "object", properties: attributesOf(kind), additionalProperties: false }, {}),
  );
  const compounds = Object.entries(PARTS).map(([kind, part]) => object(kind, part, attributesOf(kind)));
  return [...scalars, ...compounds];
}

/** The JSON Schema of what `parseShape` takes. */
export function shapeJsonSchema(): SchemaFragment {
  const scalarName = { enum: NAMED_KINDS };
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "urn:sinter:shape:1",
    title: "Sinter shape",
    anyOf: [scalarName, ...objects(ROOT_KEYS)],
    $defs: {
      shape: { anyOf: [scalarName, ...objects({})] },
      name: NAME_SCHEMA,
      plainName: { $ref: "#/$defs/name", not: { pattern: UNORDERED_NAME } },
    },
  };
}
