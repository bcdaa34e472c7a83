// From parts and attributes to nodes. What one node can know of itself is checked and resolved here; what needs a look
// at other nodes waits for `seal`, as a shape may refer to what is not built yet.

import { nameStep, quoted, refuse, variantStep } from "./errors.ts";
import {
  ATTRIBUTES,
  type AttributeTable,
  ENUM_FORM,
  type FIELD_ATTRIBUTES,
  REQUIRED_ATTRIBUTES,
  type ReadAttributes,
  readAttributes,
} from "./grammar.ts";
import { CHOICES, type NamedKind } from "./kinds.ts";
import { renamed } from "./names.ts";
import type { Field, Node, RefNode, Variant } from "./node.ts";

/** Attributes as they were given: names and unread values. */
export type Given = Iterable<readonly [string, unknown]>;

/** A default that was given and not yet captured: a value in decoded form, or in the form shapes have in JSON. */
export interface PendingDefault {
  readonly raw: unknown;
  readonly from: "json" | "js";
}

const pendingDefaults = new WeakMap<Field, PendingDefault>();
const lazyTargets = new WeakMap<RefNode, () => Node>();

export const pendingDefault = (field: Field): PendingDefault | undefined => pendingDefaults.get(field);

function attributesOf<K extends keyof typeof ATTRIBUTES>(
  kind: K,
  given: Given,
  path: string,
): ReadAttributes<(typeof ATTRIBUTES)[K]> {
  const read = readAttributes(ATTRIBUTES[kind] as AttributeTable, given, path);
  for (const required of REQUIRED_ATTRIBUTES.get(kind) ?? []) {
    if (!Object.hasOwn(read, required))
      refuse("shape.bad_value", path, `${kind} needs the attribute ${required}`);
  }
  return read as ReadAttributes<(typeof ATTRIBUTES)[K]>; // TypeScript does not relate the table to its key
}

export function scalarDraft(kind: NamedKind, given: Given, path: string): Node {
  if (kind === "u64" || kind === "i64") {
    return { kind, js: attributesOf(kind, given, path).js ?? CHOICES.js64[0] };
  }
  if (kind === "bytes") {
    const { text = CHOICES.bytesText[0], view = false } = attributesOf(kind, given, path);
    return { kind, text, view };
  }
  readAttributes({}, given, path);
  return { kind };
}

export function listDraft(item: Node, given: Given, path: string): Node {
  return { kind: "list", item, typed: attributesOf("list", given, path).typed ?? false };
}

export function arrayDraft(item: Node, given: Given, path: string): Node {
  const { length = 0, typed = false } = attributesOf("array", given, path);
  return { kind: "array", item, length, typed };
}

export function setDraft(item: Node, given: Given, path: string): Node {
  readAttributes({}, given, path);
  return { kind: "set", item };
}

export function tupleDraft(items: readonly Node[], given: Given, path: string): Node {
  readAttributes({}, given, path);
  return { kind: "tuple", items };
}

export function mapDraft(key: Node, value: Node, given: Given, path: string): Node {
  const { js = CHOICES.mapJs[0], duplicate = CHOICES.mapDuplicate[0] } = attributesOf("map", given, path);
  return { kind: "map", key, value, js, duplicate };
}

export function optionDraft(inner: Node, given: Given, path: string): Node {
  return { kind: "option", inner, none: attributesOf("option", given, path).none ?? CHOICES.none[0] };
}

export function newtypeDraft(inner: Node, given: Given, path: string): Node {
  return { kind: "newtype", name: attributesOf("newtype", given, path).name ?? "", inner };
}

/** A ref to what `target` gives when the shape is sealed, or to what `close` says. */
export function refDraft(name: string, target?: () => Node): RefNode {
  const ref = { kind: "ref", name, target: undefined } as unknown as RefNode; // until it is closed
  if (target !== undefined) lazyTargets.set(ref, target);
  return ref;
}

export function closeRef(ref: RefNode, target: Node): void {
  (ref as { target: Node }).target = target;
}

/** True if the ref has a target now. */
export function tryCloseRef(ref: RefNode): boolean {
  if (ref.target === undefined) {
    const target = lazyTargets.get(ref);
    if (target === undefined) return false;
    closeRef(ref, target());
  }
  return true;
}

export interface FieldPart {
  readonly name: string;
  readonly node: Node;
  readonly attributes: ReadAttributes<typeof FIELD_ATTRIBUTES>;
}

export function structDraft(
  parts: readonly FieldPart[],
  given: Given,
  path: string,
  from: "json" | "js",
): Node {
  const attributes = attributesOf("struct", given, path);
  const { rename, alias, default: defaults, skip, skipEncode, skipDecode, skipIf, flatten } = attributes;
  const known = new Set(parts.map((part) => part.name));
  for (const map of [rename, alias, defaults, skip, skipEncode, skipDecode, skipIf, flatten]) {
    checkKnown(map, known, path);
  }
  if (attributes.transparent === true) return transparentDraft(parts, attributes, path);

  const fields = parts.map(({ name, node, attributes: own }): Field => {
    const isSkipped = own.skip ?? skip?.get(name) ?? false;
    const isFlat = own.flatten ?? flatten?.get(name) ?? false;
    const raw = Object.hasOwn(own, "default") ? own.default : defaults?.get(name);
    const hasDefault = Object.hasOwn(own, "default") || defaults?.has(name) === true;
    const field: Field = {
      name,
      wire: own.rename ?? rename?.get(name) ?? (isFlat ? name : renamedBy(attributes.renameAll, name)),
      aliases: own.alias ?? alias?.get(name) ?? [],
      node,
      default: hasDefault ? { value: null } : undefined,
      skipEncode: isSkipped || (own.skipEncode ?? skipEncode?.get(name) ?? false),
      skipDecode: isSkipped || (own.skipDecode ?? skipDecode?.get(name) ?? false),
      skipIf: own.skipIf ?? skipIf?.get(name),
      flatten: isFlat,
    };
    if (hasDefault) pendingDefaults.set(field, { raw, from });
    const isNamed =
      (own.rename ?? rename?.get(name)) !== undefined ||
      field.aliases.length > 0 ||
      field.skipIf !== undefined;
    if (isFlat && (isNamed || hasDefault || field.skipDecode)) {
      refuse(
        "shape.bad_flatten",
        path + nameStep(name),
        "a flattened field has no name of its own: no rename, alias, default, skipIf or skipDecode",
      );
    }
    return field;
  });
  const { denyUnknown = false, duplicate = CHOICES.structDuplicate[0] } = attributes;
  return { kind: "struct", fields, denyUnknown, duplicate };
}

const renamedBy = (style: Parameters<typeof renamed>[1] | undefined, name: string): string =>
  style === undefined ? name : renamed(name, style);

function checkKnown(map: ReadonlyMap<string, unknown> | undefined, known: Set<string>, path: string): void {
  for (const name of map?.keys() ?? []) {
    if (!known.has(name)) refuse("shape.unknown_name", path, `there is no ${quoted(name)} here`);
  }
}

/** A struct that is nothing but its one field: a newtype of it, in JavaScript as on the wire. */
function transparentDraft(
  parts: readonly FieldPart[],
  attributes: ReadAttributes<(typeof ATTRIBUTES)["struct"]>,
  path: string,
): Node {
  const [part, ...others] = parts;
  if (part === undefined || others.length > 0) {
    refuse("shape.bad_value", path, "a transparent struct has exactly one field");
  }
  if (Object.keys(attributes).length > 1 || Object.keys(part.attributes).length > 0) {
    refuse("shape.bad_value", path, "a transparent struct and its field have no other attributes");
  }
  return { kind: "newtype", name: part.name, inner: part.node };
}

export function enumDraft(
  parts: readonly (readonly [name: string, payload: Node | undefined])[],
  given: Given,
  path: string,
): Node {
  const attributes = attributesOf("enum", given, path);
  const { rename, alias, discriminant, renameAll, other, first = false } = attributes;
  const tagging = attributes.tag ?? { style: "external" };
  const known = new Set(parts.map(([name]) => name));
  for (const map of [rename, alias, discriminant]) checkKnown(map, known, path);
  if (other !== undefined) checkKnown(new Map([[other, other]]), known, path);
  if (parts.length === 0) refuse("shape.bad_value", path, "an enum has at least one variant");
  if (discriminant !== undefined && tagging.style !== "numeric") {
    refuse("shape.bad_tagging", path, "discriminants are for numeric tagging");
  }
  if (first && tagging.style !== "untagged") refuse("shape.bad_tagging", path, "first is for untagged enums");

  let next = 0;
  const variants = parts.map(([name, payload]): Variant => {
    const number = discriminant?.get(name) ?? next;
    next = number + 1;
    if (tagging.style === "numeric" && number > 0xffff_ffff) {
      refuse("shape.bad_value", path + variantStep(name), "the discriminant passes 2^32 - 1");
    }
    return {
      name,
      wire: rename?.get(name) ?? renamedBy(renameAll, name),
      aliases: alias?.get(name) ?? [],
      payload,
      discriminant: tagging.style === "numeric" ? number : undefined,
      other: name === other,
    };
  });
  return { kind: "enum", variants, tagging, first, js: attributes.js ?? ENUM_FORM };
}
