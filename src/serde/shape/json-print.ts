// Shapes to their JSON form, canonical: what is read back prints the same. Names are written out, so renameAll is gone; attributes at
// their default are left out; definitions are exactly the ends of refs, in the order they are met.

import { constantToJson, type Json, namedJson } from "./constant.ts";
import { ENUM_FORM } from "./grammar.ts";
import { children, components, reachable } from "./graph.ts";
import type { Constant, EnumNode, Field, Node, StructNode, Tagging } from "./node.ts";

/** A shape in JSON; SHAPE_JSON_SCHEMA says which values are. */
export type ShapeJson = string | { readonly [key: string]: Json };

export function printShape(root: Node): ShapeJson {
  const nodes = [...reachable(root, "$", () => false).keys()];
  const { component } = components(nodes, children);
  const names = definitionNames(nodes);

  /** Inside its own cycle a definition is written out again: a ref would be an indirection that is not there. */
  const below = (parent: Node, child: Node): ShapeJson => {
    if (child.kind === "ref") return { ref: names.get(child.target)! };
    const name = names.get(child);
    return name !== undefined && component.get(parent) !== component.get(child)
      ? { ref: name }
      : print(child, (inner) => below(child, inner));
  };
  const whole = (node: Node): ShapeJson => print(node, (inner) => below(node, inner));

  if (names.size === 0) return whole(root);
  const rootName = names.get(root);
  const form = rootName === undefined ? whole(root) : { ref: rootName };
  const definitions = [...names].map(([node, name]) => [name, whole(node)] as const);
  return { ...(form as { readonly [key: string]: Json }), $defs: namedJson(definitions) };
}

/** Names of the ends of refs: the refs' own, with a number where two ends share one. */
function definitionNames(nodes: readonly Node[]): ReadonlyMap<Node, string> {
  const names = new Map<Node, string>();
  const taken = new Set<string>();
  const counters = new Map<string, number>();
  for (const node of nodes) {
    if (node.kind !== "ref" || names.has(node.target)) continue;
    let name = node.name;
    for (let n = counters.get(node.name) ?? 2; taken.has(name); n++) {
      name = `${node.name}${n}`;
      counters.set(node.name, n + 1);
    }
    taken.add(name);
    names.set(node.target, name);
  }
  return names;
}

type Print = (child: Node) => ShapeJson;

function print(node: Node, below: Print): ShapeJson {
  switch (node.kind) {
    case "u64":
    case "i64":
      return node.js === "number" ? { [node.kind]: { js: "number" } } : node.kind;
    case "bytes": {
      const { text, view } = node;
      if (text === "base64" && view !== true) return "bytes";
      return { bytes: { ...(text !== "base64" && { text }), ...(view === true && { view }) } };
    }
    case "struct":
      return printStruct(node, below);
    case "tuple":
      return { tuple: node.items.map(below) };
    case "array":
      return { array: below(node.item), length: node.length, ...(node.typed && { typed: true }) };
    case "list":
      return { list: below(node.item), ...(node.typed && { typed: true }) };
    case "set":
      return { set: below(node.item) };
    case "map":
      return {
        map: [below(node.key), below(node.value)],
        ...(node.js === "record" && { js: "record" }),
        ...(node.duplicate === "reject" && { duplicate: "reject" }),
      };
    case "option":
      return { option: below(node.inner), ...(node.none === "undefined" && { none: "undefined" }) };
    case "enum":
      return printEnum(node, below);
    case "newtype":
      return { newtype: below(node.inner), name: node.name };
    default:
      return node.kind;
  }
}

/** An attribute of those parts that have it, by name; no key at all if none has. */
function byName<P extends { readonly name: string }>(
  attribute: string,
  parts: readonly P[],
  value: (part: P) => Json | undefined,
): { readonly [key: string]: Json } {
  const entries = parts.flatMap((part) => {
    const json = value(part);
    return json === undefined ? [] : [[part.name, json] as const];
  });
  return entries.length === 0 ? {} : { [attribute]: namedJson(entries) };
}

const yes = (flag: boolean): true | undefined => (flag ? true : undefined);
const renamedFrom = ({ name, wire }: { readonly name: string; readonly wire: string }): string | undefined =>
  wire === name ? undefined : wire;
const aliasesOf = ({ aliases }: { readonly aliases: readonly string[] }): Json | undefined =>
  aliases.length === 0 ? undefined : [...aliases];

function printStruct(node: StructNode, below: Print): ShapeJson {
  const { fields, denyUnknown, duplicate } = node;
  const isSkipped = (field: Field) => field.skipEncode && field.skipDecode;
  return {
    struct: namedJson(fields.map((field) => [field.name, below(field.node)])),
    ...byName("rename", fields, renamedFrom),
    ...byName("alias", fields, aliasesOf),
    ...byName("default", fields, (field) =>
      field.default === undefined ? undefined : defaultJson(field, field.default.value),
    ),
    ...byName("skip", fields, (field) => yes(isSkipped(field))),
    ...byName("skipEncode", fields, (field) => yes(field.skipEncode && !isSkipped(field))),
    ...byName("skipDecode", fields, (field) => yes(field.skipDecode && !isSkipped(field))),
    ...byName("skipIf", fields, (field) => field.skipIf),
    ...byName("flatten", fields, (field) => yes(field.flatten)),
    ...(denyUnknown && { denyUnknown }),
    ...(duplicate !== "reject" && { duplicate }),
  };
}

const defaultJson = (field: Field, value: Constant): Json => constantToJson(field.node, value, "$");

function printEnum(node: EnumNode, below: Print): ShapeJson {
  const { variants, tagging, first, js } = node;
  const other = variants.find((variant) => variant.other);
  let expected = 0;
  const discriminants = byName("discriminant", variants, ({ discriminant }) => {
    if (discriminant === undefined) return undefined;
    const isNext = discriminant === expected;
    expected = discriminant + 1;
    return isNext ? undefined : discriminant;
  });
  const form = {
    ...(js.tag !== ENUM_FORM.tag && { tag: js.tag }),
    ...(js.value !== ENUM_FORM.value && { value: js.value }),
    ...(js.inline && { inline: true }),
  };
  return {
    enum: namedJson(
      variants.map(({ name, payload }) => [name, payload === undefined ? null : below(payload)]),
    ),
    ...(tagging.style !== "external" && { tag: printTagging(tagging) }),
    ...byName("rename", variants, renamedFrom),
    ...byName("alias", variants, aliasesOf),
    ...discriminants,
    ...(other !== undefined && { other: other.name }),
    ...(first && { first }),
    ...(Object.keys(form).length > 0 && { js: form }),
  };
}

function printTagging(tagging: Tagging): Json {
  switch (tagging.style) {
    case "internal":
      return { internal: tagging.tag };
    case "adjacent":
      return { adjacent: [tagging.tag, tagging.content] };
    default:
      return tagging.style;
  }
}
