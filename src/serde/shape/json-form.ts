// The JSON form of shapes (D40): a scalar is its name, a compound an object with one kind key and attributes. What comes
// in is untrusted data: bounded in depth and size before anything is built from it, and read by `foreign` alone.

import {
  arrayDraft,
  closeRef,
  enumDraft,
  type FieldPart,
  type Given,
  listDraft,
  mapDraft,
  newtypeDraft,
  optionDraft,
  refDraft,
  scalarDraft,
  setDraft,
  structDraft,
  tupleDraft,
} from "./draft.ts";
import {
  caught,
  ITEM_STEP,
  indexStep,
  KEY_STEP,
  nameStep,
  quoted,
  refuse,
  type ShapeFailure,
  VALUE_STEP,
  variantStep,
} from "./errors.ts";
import { entriesOf, isArray, isPlain, itemsOf, namedOf } from "./foreign.ts";
import { hasParts, isNamedKind, type NamedKind, type PartsKind } from "./kinds.ts";
import { MAX_SHAPE_DEPTH, MAX_SHAPE_SIZE } from "./limits.ts";
import { checkName } from "./names.ts";
import type { Node, RefNode } from "./node.ts";
import { seal } from "./seal.ts";
import { type Shape, shapeOf } from "./shape.ts";

/**
 * The shape that `json` describes, or why it describes none. Takes what `JSON.parse` gives; never throws.
 * Its values have the type `unknown`: no compiler has seen the shape.
 */
export function parseShape(json: unknown): Shape<unknown> | ShapeFailure {
  return caught(() => shapeOf<unknown>(parseRoot(json)));
}

interface Parse {
  /** Refs by the name they ask for, closed when all definitions are known. */
  readonly refs: { readonly ref: RefNode; readonly path: string }[];
  nodes: number;
}

function parseRoot(json: unknown): Node {
  const parse: Parse = { refs: [], nodes: 0 };
  if (!isPlain(json)) return seal(parseNode(parse, json, "$", 0));
  const entries = entriesOf(json, "$");
  const given = new Map(entries);
  const root = parseObject(
    parse,
    entries.filter(([key]) => key !== "$defs" && key !== "$schema"),
    "$",
    0,
  );
  if (given.has("$schema") && typeof given.get("$schema") !== "string") {
    refuse("shape.bad_value", "$", "$schema must be a string");
  }
  const definitions = new Map<string, Node>();
  if (given.has("$defs")) {
    for (const [name, definition] of namedOf(given.get("$defs"), "$defs")) {
      definitions.set(name, parseNode(parse, definition, `$defs${nameStep(name)}`, 0));
    }
  }
  for (const { ref, path } of parse.refs) {
    const target = definitions.get(ref.name);
    if (target === undefined) refuse("shape.unknown_ref", path, `there is no definition ${quoted(ref.name)}`);
    closeRef(ref, target);
  }
  const sealed = seal(root);
  for (const [name, definition] of definitions) seal(definition, `$defs${nameStep(name)}`);
  return sealed;
}

/** Those of the JSON form stand beside the fields, not in them. */
const NO_ATTRIBUTES: FieldPart["attributes"] = Object.freeze(Object.create(null) as FieldPart["attributes"]);

function parseNode(parse: Parse, json: unknown, path: string, depth: number): Node {
  if (depth > MAX_SHAPE_DEPTH) refuse("shape.too_deep", path);
  if (++parse.nodes > MAX_SHAPE_SIZE) refuse("shape.too_large", path);
  if (typeof json === "string") {
    if (!isNamedKind(json)) refuse("shape.unknown_kind", path, `there is no kind ${quoted(json)}`);
    return scalarDraft(json, [], path);
  }
  if (!isPlain(json)) refuse("shape.unknown_kind", path, "a shape is a name or an object");
  return parseObject(parse, entriesOf(json, path), path, depth);
}

function parseObject(parse: Parse, entries: readonly [string, unknown][], path: string, depth: number): Node {
  const kinds = entries.filter(([key]) => isNamedKind(key) || hasParts(key));
  const [kind, ...more] = kinds;
  if (kind === undefined || more.length > 0) {
    const [first] = entries;
    refuse(
      "shape.unknown_kind",
      path,
      kind !== undefined
        ? `both ${quoted(kind[0])} and ${quoted(more[0]![0])}: a shape has one kind`
        : first === undefined
          ? "an empty object is no shape"
          : `no kind among the keys, the first being ${quoted(first[0])}`,
    );
  }
  const attributes = entries.filter(([key]) => key !== kind[0]);
  return parseKind(parse, kind[0] as NamedKind | PartsKind, kind[1], attributes, path, depth + 1); // as filtered
}

function parseKind(
  parse: Parse,
  kind: NamedKind | PartsKind,
  part: unknown,
  given: Given,
  path: string,
  depth: number,
): Node {
  const below = (json: unknown, step: string): Node => parseNode(parse, json, path + step, depth);
  switch (kind) {
    case "struct": {
      const parts = namedOf(part, path).map(
        ([name, json]): FieldPart => ({ name, node: below(json, nameStep(name)), attributes: NO_ATTRIBUTES }),
      );
      return structDraft(parts, given, path, "json");
    }
    case "enum": {
      const parts = namedOf(part, path).map(
        ([name, json]) => [name, json === null ? undefined : below(json, variantStep(name))] as const,
      );
      return enumDraft(parts, given, path);
    }
    case "tuple":
      if (!isArray(part)) refuse("shape.bad_value", path, "tuple must be an array of shapes");
      return tupleDraft(
        itemsOf(part, path).map((json, i) => below(json, indexStep(i))),
        given,
        path,
      );
    case "map": {
      const pair = isArray(part) ? itemsOf(part, path) : [];
      if (pair.length !== 2) refuse("shape.bad_value", path, "map must be [key, value]");
      return mapDraft(below(pair[0], KEY_STEP), below(pair[1], VALUE_STEP), given, path);
    }
    case "list":
      return listDraft(below(part, ITEM_STEP), given, path);
    case "array":
      return arrayDraft(below(part, ITEM_STEP), given, path);
    case "set":
      return setDraft(below(part, ITEM_STEP), given, path);
    case "option":
      return optionDraft(below(part, ""), given, path);
    case "newtype":
      return newtypeDraft(below(part, ""), given, path);
    case "ref": {
      for (const [attribute] of given) {
        refuse("shape.unknown_attribute", path, `a ref has no attribute ${quoted(attribute)}`);
      }
      const ref = refDraft(checkName(part, path));
      parse.refs.push({ ref, path });
      return ref;
    }
    default: {
      // A scalar with attributes: {"u64": {"js": "number"}}.
      for (const [attribute] of given) {
        refuse(
          "shape.unknown_attribute",
          path,
          `attributes of ${kind} stand inside it, as ${quoted(attribute)} does not`,
        );
      }
      if (!isPlain(part)) refuse("shape.bad_value", path, `${kind} takes an object of attributes`);
      return scalarDraft(kind, entriesOf(part, path), path);
    }
  }
}
