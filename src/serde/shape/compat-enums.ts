// Compatibility of enums in the self-describing formats: by tags, and of untagged ones by what fits.

import {
  type At,
  type Bare,
  below,
  compare,
  compareNumbered,
  comparePayloads,
  describe,
  type Incompatibility,
  mismatch,
  problem,
  type Run,
  rangeOf,
  sometimes,
  tried,
} from "./compat-run.ts";
import { variantStep } from "./errors.ts";
import { bare, isUnitEnum } from "./graph.ts";
import { isFloat } from "./kinds.ts";
import type { EnumNode, Node, Variant } from "./node.ts";

export const isUntagged = (node: Node): boolean => node.kind === "enum" && node.tagging.style === "untagged";

/** Whether the reader is an untagged enum of which one variant takes it all. */
export const fitsOne = (run: Run, writer: Bare, reader: Bare, at: At): boolean =>
  reader.kind === "enum" &&
  isUntagged(reader) &&
  reader.variants.some(
    ({ payload }) => payload !== undefined && tried(run, writer, payload, at).length === 0,
  );

const MAX_NESTED = 8;

/** Whether the reader has a variant without payload that is written as that string. */
function hasUnit(reader: Bare, name: string, depth = 0): boolean {
  if (reader.kind !== "enum" || depth > MAX_NESTED) return false;
  const { style } = reader.tagging;
  if (style !== "untagged" && style !== "external") return false;
  return reader.variants.some(({ payload, wire, aliases }) =>
    payload === undefined
      ? wire === name || aliases.includes(name)
      : style === "untagged" && hasUnit(bare(payload), name, depth + 1),
  );
}

export function compareEnums(run: Run, writer: Bare, reader: Bare, at: At): void {
  if (writer.kind === "enum" && isUntagged(writer)) {
    for (const { name, wire, payload } of writer.variants) {
      if (payload === undefined && hasUnit(reader, wire)) continue;
      const there = below(at, variantStep(name), at.always && writer.variants.length === 1);
      compare(run, payload ?? { kind: "string" }, reader, there);
    }
  } else if (reader.kind === "enum" && isUntagged(reader)) {
    compareToAny(run, writer, reader, at);
  } else if (writer.kind === "enum" && reader.kind === "enum") {
    compareTagged(run, writer, reader, at);
  } else if (writer.kind === "enum") {
    compareEnumTo(run, writer, reader, at);
  } else if (reader.kind === "enum") {
    const isText = writer.kind === "string" && reader.tagging.style === "external";
    const isNumber = rangeOf(writer) !== undefined && reader.tagging.style === "numeric";
    const hasOther = reader.variants.some(({ other, payload }) => other && payload !== undefined);
    if (isText || isNumber) {
      if (!hasOther) problem(run, sometimes(at), `${writer.kind} is not always a variant of the enum`);
    } else mismatch(run, writer, reader, at);
  }
}

/** No variant takes it all; the one that takes most says whether there is any hope. */
function compareToAny(run: Run, writer: Bare, reader: EnumNode, at: At): void {
  let best: readonly Incompatibility[] | undefined;
  for (const { payload } of reader.variants) {
    if (payload === undefined) continue;
    const problems = tried(run, writer, payload, at);
    if (best === undefined || problems.every(({ always }) => !always)) best = problems;
  }
  if (best === undefined || best.some(({ always }) => always)) {
    problem(run, at, `${describe(writer)} is written, and fits no variant of the untagged enum`);
  } else
    problem(run, sometimes(at), `${describe(writer)} does not always fit one variant of the untagged enum`);
}

function compareTagged(run: Run, writer: EnumNode, reader: EnumNode, at: At): void {
  const [from, to] = [writer.tagging, reader.tagging];
  const isSame =
    from.style === to.style &&
    (!("tag" in from) || !("tag" in to) || from.tag === to.tag) &&
    (!("content" in from) || !("content" in to) || from.content === to.content);
  if (!isSame) {
    problem(run, at, `tagged ${from.style} by the writer, ${to.style} by the reader`);
    return;
  }
  if (from.style === "numeric") {
    compareNumbered(run, writer, reader, at);
    return;
  }
  const known = new Map<string, Variant>();
  for (const variant of reader.variants)
    for (const name of [variant.wire, ...variant.aliases]) known.set(name, variant);
  const other = reader.variants.find((variant) => variant.other);
  for (const variant of writer.variants) {
    const there = below(at, variantStep(variant.name), at.always && writer.variants.length === 1);
    const match = known.get(variant.wire);
    if (match !== undefined && !match.other) comparePayloads(run, variant, match, there);
    else if (other === undefined) problem(run, there, "the reader has no such variant");
  }
}

function compareEnumTo(run: Run, writer: EnumNode, reader: Bare, at: At): void {
  const range = rangeOf(reader);
  const { style } = writer.tagging;
  if (style === "external" && isUnitEnum(writer) && reader.kind === "string") return;
  if (style === "numeric" && (range !== undefined || isFloat(reader.kind))) {
    for (const { name, discriminant = 0 } of writer.variants) {
      if (range !== undefined && BigInt(discriminant) > range.max) {
        problem(run, sometimes(below(at, variantStep(name))), `${discriminant} does not fit ${reader.kind}`);
      }
    }
    return;
  }
  const isObject = style === "internal" || style === "adjacent";
  if (isObject && (reader.kind === "struct" || reader.kind === "map")) {
    problem(run, sometimes(at), `a tagged enum is written, ${reader.kind} is read`);
  } else mismatch(run, writer, reader, at);
}
