// The rules one node must keep that need a look at other nodes. Run once per node, when all refs are closed.

import { captureValue } from "./capture.ts";
import { constantFromJson, constantToJson } from "./constant.ts";
import type { PendingDefault } from "./draft.ts";
import { nameStep, quoted, refuse, variantStep } from "./errors.ts";
import { bare, isUnitEnum } from "./graph.ts";
import { type Budget, fieldsBehind, keySpace } from "./keys.ts";
import { isFloat, isInteger } from "./kinds.ts";
import { MAX_DEFAULT_LENGTH } from "./limits.ts";
import type { Constant, EnumNode, Field, Node, OptionNode, SkipIf, StructNode } from "./node.ts";
import { checkUntagged } from "./untagged.ts";

export function checkNode(node: Node, path: string, budget: Budget): void {
  switch (node.kind) {
    case "list":
    case "array":
      if (node.typed) checkTyped(bare(node.item), path);
      return;
    case "set":
      checkKey(bare(node.item), path);
      return;
    case "map":
      checkKey(bare(node.key), path);
      if (node.js === "record" && bare(node.key).kind !== "string") {
        refuse("shape.bad_key", path, "a record has string keys");
      }
      return;
    case "option":
      checkOption(node, path);
      return;
    case "struct":
      checkStruct(node, path, budget);
      return;
    case "enum":
      checkEnum(node, path, budget);
  }
}

/** D44. */
function checkKey(node: Node, path: string): void {
  const { kind } = node;
  if (kind === "bool" || kind === "char" || kind === "string" || isInteger(kind)) return;
  const isText = node.kind === "enum" && "tag" in node.tagging === false;
  if (!isText || !isUnitEnum(node)) refuse("shape.bad_key", path);
}

function checkTyped(item: Node, path: string): void {
  const isNumber = isInteger(item.kind) || isFloat(item.kind);
  const isBoxed = (item.kind === "u64" || item.kind === "i64") && item.js === "number";
  if (!isNumber || isBoxed) {
    refuse("shape.bad_value", path, "typed needs numeric items; u64 and i64 as bigint");
  }
}

/** Each level of no value must be a value of its own in JavaScript. */
function checkOption(node: OptionNode, path: string): void {
  const taken: string[] = [node.none];
  let inner: Node = bare(node.inner);
  for (; inner.kind === "option" && taken.length < 3; inner = bare(inner.inner)) taken.push(inner.none);
  if (inner.kind === "unit") taken.push("null");
  if (inner.kind === "any" && taken.length > Number(taken.includes("null"))) {
    refuse("shape.ambiguous", path, "null is a value of any already; an option of it has none: null");
  }
  if (new Set(taken).size < taken.length) {
    refuse("shape.ambiguous", path, "no value and a value would both be the same in JavaScript; set none");
  }
}

function checkStruct(node: StructNode, path: string, budget: Budget): void {
  keySpace(node, path, budget);
  for (const field of node.fields) {
    const at = path + nameStep(field.name);
    const target = bare(field.node);
    if (field.skipDecode && field.default === undefined && target.kind !== "option") {
      refuse("shape.missing_default", at);
    }
    if (field.skipIf !== undefined && !SKIP_FITS[field.skipIf](target, field)) {
      refuse("shape.bad_value", at, `skipIf ${field.skipIf} cannot be asked of this field`);
    }
  }
}

const SKIP_FITS: { readonly [S in SkipIf]: (node: Node, field: Field) => boolean } = {
  none: ({ kind }) => kind === "option",
  empty: ({ kind }) => ["string", "bytes", "list", "set", "map"].includes(kind),
  default: (_, field) => field.default !== undefined,
  false: ({ kind }) => kind === "bool",
  zero: ({ kind }) => isInteger(kind) || isFloat(kind),
};

function checkEnum(node: EnumNode, path: string, budget: Budget): void {
  const { tagging, variants, js } = node;
  if (js.inline) checkInline(node, path);
  else if (js.tag === js.value) {
    refuse("shape.name_collision", path, "js.tag and js.value are the same");
  }
  checkVariantNames(node, path);
  const others = variants.filter(({ other }) => other);
  for (const { name, payload } of others) {
    if (tagging.style === "untagged")
      refuse("shape.bad_tagging", path, "an untagged enum has no unknown tags");
    if (payload === undefined || (tagging.style !== "numeric" && bare(payload).kind === "string")) continue;
    refuse(
      "shape.bad_tagging",
      path + variantStep(name),
      "other takes nothing, or the unknown tag as a string",
    );
  }
  switch (tagging.style) {
    case "external":
      return;
    case "adjacent":
      if (tagging.tag === tagging.content)
        refuse("shape.name_collision", path, "tag and content are the same");
      return;
    case "numeric":
      checkNumeric(node, path);
      return;
    case "internal":
      checkInternal(node, tagging.tag, path, budget);
      return;
    case "untagged":
      checkUntagged(node, path, budget);
  }
}

/** In JavaScript the fields of a payload lie beside the tag. */
function checkInline({ variants, js }: EnumNode, path: string): void {
  for (const { name, payload } of variants) {
    if (payload === undefined) continue;
    const at = path + variantStep(name);
    const target = bare(payload);
    if (target.kind !== "struct") refuse("shape.bad_tagging", at, "inline needs payloads that are structs");
    if (target.fields.some((field) => field.name === js.tag)) {
      refuse("shape.name_collision", at, `${quoted(js.tag)} is js.tag and a field`);
    }
  }
}

function checkVariantNames(node: EnumNode, path: string): void {
  const taken = new Set<string>();
  for (const { name, wire, aliases } of node.variants) {
    for (const text of [wire, ...aliases]) {
      if (taken.has(text)) {
        refuse("shape.name_collision", path + variantStep(name), `${quoted(text)} is already taken`);
      }
      taken.add(text);
    }
  }
}

function checkNumeric(node: EnumNode, path: string): void {
  const taken = new Set<number>();
  for (const { name, payload, discriminant } of node.variants) {
    const at = path + variantStep(name);
    if (payload !== undefined) refuse("shape.bad_tagging", at, "numeric enums have unit variants only");
    if (discriminant !== undefined && taken.has(discriminant)) {
      refuse("shape.name_collision", at, `the discriminant ${discriminant} is already taken`);
    }
    taken.add(discriminant ?? -1);
  }
}

function checkInternal(node: EnumNode, tag: string, path: string, budget: Budget): void {
  for (const { name, payload, other } of node.variants) {
    if (payload === undefined || (other && bare(payload).kind === "string")) continue;
    const at = path + variantStep(name);
    const fields = fieldsBehind(payload);
    if (fields === undefined) {
      refuse(
        "shape.bad_tagging",
        at,
        "an internal tag stands beside fields: a struct or a map with string keys",
      );
    }
    if (fields.kind === "map") continue;
    const keys = keySpace(fields, at, budget);
    if (keys.decode.has(tag) || keys.encode.has(tag)) {
      refuse("shape.name_collision", at, `${quoted(tag)} is the tag and a field`);
    }
  }
}

/** A private copy of a default, if it is a value of the field. */
export function captureDefault(node: Node, pending: PendingDefault, path: string): Constant {
  const value = pending.from === "json" ? constantFromJson(node, pending.raw, path) : pending.raw;
  const captured = captureValue(node, value);
  if (!captured.ok) {
    const [issue] = captured.issues;
    refuse("shape.bad_value", path, `the default does not fit: ${issue?.message ?? "not a value"}`);
  }
  // Also proof that the shape has a JSON form.
  const text = JSON.stringify(constantToJson(node, captured.value, path));
  if (text.length > MAX_DEFAULT_LENGTH) refuse("shape.too_large", path, "the default is too large");
  return captured.value;
}
