// Fields of structs as builders see them: a shape with attributes of its own. Every shape has the modifiers, and each
// gives a field; only `s.struct` takes fields.

import { quoted, refuse } from "./errors.ts";
import { FIELD_ATTRIBUTES, type ReadAttributes, readAttributes } from "./grammar.ts";
import type { SkipIf } from "./node.ts";
import type { Shape } from "./shape.ts";

/** Attributes of a field. Each gives a new field; the last word on an attribute counts. */
export interface FieldModifiers<T> {
  /** Name on the wire, instead of the property's name and what `renameAll` makes of it. */
  rename(wire: string): FieldShape<T>;
  /** Further names accepted when decoding. */
  alias(...names: string[]): FieldShape<T>;
  /** Takes the place of an absent field when decoding. Copied when the struct is built. */
  default(value: T): FieldShape<T>;
  /** Neither encoded nor decoded; needs a default. */
  skip(): FieldShape<T>;
  skipEncode(): FieldShape<T>;
  /** Not decoded, takes its default; needs one. */
  skipDecode(): FieldShape<T>;
  /** Not written when it is none, empty, zero, false, or equal to its default. Self-describing formats only. */
  skipIf(condition: SkipIf): FieldShape<T>;
  /** The parts of this struct, enum or map stand among those of the struct around it. On the wire, not in JavaScript. */
  flatten(): FieldShape<T>;
}

/** A shape with attributes of the field it will be. */
export interface FieldShape<T> extends FieldModifiers<T> {
  readonly shape: Shape<T>;
}

type Attributes = ReadAttributes<typeof FIELD_ATTRIBUTES>;

const NONE: Attributes = Object.freeze(Object.create(null) as Attributes);

const fields = new WeakMap<object, { readonly shape: object; readonly attributes: Attributes }>();

/** The shape and attributes of what `s.struct` is given, field or shape. */
export function fieldParts(value: object): { readonly shape: object; readonly attributes: Attributes } {
  return fields.get(value) ?? { shape: value, attributes: NONE };
}

function extended(from: object, attribute: string, value: unknown): FieldShape<never> {
  const { shape, attributes } = fieldParts(from);
  const more = readAttributes(FIELD_ATTRIBUTES, [[attribute, value]], "$");
  const field: object = Object.create(Object.freeze(fieldMembers) as object);
  fields.set(field, { shape, attributes: Object.assign(Object.create(null), attributes, more) });
  return Object.freeze(field) as FieldShape<never>; // the interfaces of shapes and fields say which T
}

/** Of shapes and of fields; `this` is either. */
export const fieldModifiers = {
  rename(this: object, wire: string): FieldShape<never> {
    return extended(this, "rename", wire);
  },
  alias(this: object, ...names: string[]): FieldShape<never> {
    return extended(this, "alias", names);
  },
  default(this: object, ...value: readonly unknown[]): FieldShape<never> {
    if (value.length !== 1) refuse("shape.bad_value", "$", `${quoted("default")} needs a value`);
    return extended(this, "default", value[0]);
  },
  skip(this: object): FieldShape<never> {
    return extended(this, "skip", true);
  },
  skipEncode(this: object): FieldShape<never> {
    return extended(this, "skipEncode", true);
  },
  skipDecode(this: object): FieldShape<never> {
    return extended(this, "skipDecode", true);
  },
  skipIf(this: object, condition: SkipIf): FieldShape<never> {
    return extended(this, "skipIf", condition);
  },
  flatten(this: object): FieldShape<never> {
    return extended(this, "flatten", true);
  },
};

const fieldMembers = {
  ...fieldModifiers,
  get shape(): object {
    return fieldParts(this).shape;
  },
};
