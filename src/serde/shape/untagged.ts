// Whether the variants of an untagged enum can be told apart (spec §14): by kind of value, by fit of scalars, by arity of
// sequences, by required keys of objects and by kinds below shared keys. Too clever costs more than it finds: what this
// accepts wrongly, the compiled program still reports as ambiguous when it meets it.

import { quoted, refuse, variantStep } from "./errors.ts";
import { bare } from "./graph.ts";
import { type Budget, fieldsBehind, type KeySpace, keySpace } from "./keys.ts";
import { isInteger } from "./kinds.ts";
import { MAX_UNTAGGED } from "./limits.ts";
import type { EnumNode, Node, StructNode, Variant } from "./node.ts";

/** How a value begins in a self-describing format. */
type ValueKind = "null" | "bool" | "int" | "float" | "string" | "bytes" | "list" | "object" | "map";

/** Refuses variants of which one takes all that another takes, unless the enum says that the first wins. */
export function checkUntagged(node: EnumNode, path: string, budget: Budget): void {
  if (node.variants.length > MAX_UNTAGGED) {
    refuse("shape.too_large", path, `an untagged enum has at most ${MAX_UNTAGGED} variants`);
  }
  if (node.first) return;
  const { variants } = node;
  for (const [i, later] of variants.entries()) {
    for (const earlier of variants.slice(0, i)) {
      if (areApart(earlier.payload, later.payload, path, budget)) continue;
      refuse(
        "shape.ambiguous",
        path + variantStep(later.name),
        `cannot be told from the variant ${quoted(earlier.name)}; tag the enum, or let the first win`,
      );
    }
  }
}

/** No payload: the variant's name as a string, which is tried before strings and differs from other names. */
function areApart(a: Variant["payload"], b: Variant["payload"], path: string, budget: Budget): boolean {
  if (a === undefined || b === undefined) return true;
  const left = bare(a);
  const right = bare(b);
  const shared = kindsOf(left).filter((kind) => kindsOf(right).includes(kind));
  return shared.every((kind) => {
    if (left.kind === "any" || right.kind === "any") return false;
    if (kind === "int" || kind === "string") return differInFit(left, right);
    if (kind === "list") return differInArity(left, right);
    if (kind === "object") return differInKeys(left, right, path, budget, 0);
    return false;
  });
}

/** Enums in enums in enums are cut off: what they take is decided by themselves. */
const MAX_KINDS_DEPTH = 8;
const enumKindsKnown = new WeakMap<EnumNode, readonly ValueKind[]>();

function kindsOf(node: ReturnType<typeof bare>, depth = 0): readonly ValueKind[] {
  switch (node.kind) {
    case "unit":
      return ["null"];
    case "bool":
      return ["bool"];
    case "f32":
    case "f64":
      return ["float"]; // integers go to the integer variant if there is one
    case "char":
    case "string":
      return ["string"];
    case "bytes":
      return ["bytes"];
    case "struct":
    case "map":
      return ["object"];
    case "tuple":
    case "array":
    case "list":
    case "set":
      return ["list"];
    case "option":
      return ["null", ...kindsOf(bare(node.inner), depth)];
    case "enum": {
      const kinds = enumKindsKnown.get(node) ?? (depth > MAX_KINDS_DEPTH ? [] : enumKinds(node, depth + 1));
      enumKindsKnown.set(node, kinds);
      return kinds;
    }
    case "any":
    case "raw":
      return ["null", "bool", "int", "float", "string", "bytes", "list", "object", "map"];
    default:
      return ["int"];
  }
}

function enumKinds(node: EnumNode, depth: number): readonly ValueKind[] {
  switch (node.tagging.style) {
    case "numeric":
      return ["int"];
    case "internal":
    case "adjacent":
      return ["object"];
    case "external": {
      const isUnit = node.variants.map(({ payload }) => payload === undefined);
      const kinds: ValueKind[] = isUnit.includes(true) ? ["string"] : [];
      return isUnit.includes(false) ? [...kinds, "object"] : kinds;
    }
    case "untagged": {
      const kinds = node.variants.flatMap(({ payload }): readonly ValueKind[] =>
        payload === undefined ? ["string"] : kindsOf(bare(payload), depth),
      );
      return [...new Set(kinds)];
    }
  }
}

const isScalar = (kind: string): boolean => isInteger(kind) || kind === "char" || kind === "string";

/** Scalars that differ are tried by fit, then in order; equal ones never are. */
function differInFit(a: Node, b: Node): boolean {
  if (isScalar(a.kind) && isScalar(b.kind)) return a.kind !== b.kind;
  if (a.kind === "enum" && b.kind === "enum") {
    if (a.tagging.style === "numeric" && b.tagging.style === "numeric") {
      const numbers = new Set(a.variants.map(({ discriminant }) => discriminant));
      return b.variants.every(({ discriminant }) => !numbers.has(discriminant));
    }
    const names = new Set(a.variants.flatMap(({ wire, aliases }) => [wire, ...aliases]));
    return b.variants.every(({ wire, aliases }) => ![wire, ...aliases].some((name) => names.has(name)));
  }
  return a.kind === "enum" || b.kind === "enum"; // names and numbers before scalars
}

function differInArity(a: Node, b: Node): boolean {
  const left = arity(a);
  const right = arity(b);
  return left !== undefined && right !== undefined && left !== right;
}

const arity = (node: Node): number | undefined =>
  node.kind === "tuple" ? node.items.length : node.kind === "array" ? node.length : undefined;

const MAX_NESTED = 4;

function differInKeys(a: Node, b: Node, path: string, budget: Budget, depth: number): boolean {
  const left = objectKeys(a, path, budget);
  const right = objectKeys(b, path, budget);
  if (left === undefined || right === undefined) return false;
  budget.comparisons -= left.decode.size + right.decode.size + 1;
  if (budget.comparisons < 0) refuse("shape.too_large", path, "too many variants and keys to tell apart");
  if (hasOwnRequired(left, right) || hasOwnRequired(right, left)) return true;
  if (a.kind !== "struct" || b.kind !== "struct" || depth === MAX_NESTED) return false;
  return differBelow(a, b, path, budget, depth);
}

/** A key that one must have and the other does not know decides both ways. */
const hasOwnRequired = (a: KeySpace, b: KeySpace): boolean => {
  if (b.rest !== undefined) return false;
  for (const key of a.required) if (!b.decode.has(key)) return true;
  return false;
};

function objectKeys(node: Node, path: string, budget: Budget): KeySpace | undefined {
  if (node.kind === "struct") return keySpace(node, path, budget);
  const none: ReadonlySet<string> = new Set();
  if (node.kind === "map") return { decode: none, encode: none, required: none, rest: node };
  if (node.kind !== "enum") return undefined;
  const { tagging } = node;
  if (tagging.style === "external") {
    // One of these keys is there, none always is.
    const names = node.variants.flatMap(({ wire, aliases }) => [wire, ...aliases]);
    return { decode: new Set(names), encode: none, required: none, rest: undefined };
  }
  if (tagging.style !== "internal" && tagging.style !== "adjacent") return undefined;
  const decode = new Set([tagging.tag]);
  if (tagging.style === "adjacent") decode.add(tagging.content);
  else {
    for (const { payload } of node.variants) {
      const fields = payload === undefined ? undefined : fieldsBehind(payload);
      const inner = fields?.kind === "struct" ? keySpace(fields, path, budget) : undefined;
      for (const key of inner?.decode ?? []) decode.add(key);
    }
  }
  return { decode, encode: none, required: new Set([tagging.tag]), rest: undefined };
}

/** A key both must have, with values that begin differently. */
function differBelow(a: StructNode, b: StructNode, path: string, budget: Budget, depth: number): boolean {
  const ofB = new Map(b.fields.map((field) => [field.wire, field]));
  const spaceA = keySpace(a, path, budget);
  const spaceB = keySpace(b, path, budget);
  return a.fields.some(({ wire, node }) => {
    const other = ofB.get(wire);
    if (other === undefined || !spaceA.required.has(wire) || !spaceB.required.has(wire)) return false;
    const left = bare(node);
    const right = bare(other.node);
    const kinds = kindsOf(right);
    const shared = kindsOf(left).filter((kind) => kinds.includes(kind));
    if (shared.length === 0) return true;
    if (left.kind === "enum" && right.kind === "enum") {
      return shared.every((kind) => (kind === "string" || kind === "int") && differInFit(left, right));
    }
    return (
      shared.length === 1 && shared[0] === "object" && differInKeys(left, right, path, budget, depth + 1)
    );
  });
}
