// One comparison of two shapes: where it is, what it found, what it may still spend; and the comparisons that are the
// same by position and by name.

import { ITEM_STEP, KEY_STEP, VALUE_STEP, variantStep } from "./errors.ts";
import { bare, isUnitEnum } from "./graph.ts";
import { integerRange, isInteger } from "./kinds.ts";
import type { EnumNode, MapNode, Node, Variant } from "./node.ts";

export type WireFormat = "json" | "msgpack" | "cbor" | "postcard";

/** Where a reader fails, and whether at every document or at some. */
export interface Incompatibility {
  /** In source names: the writer's, and the reader's where only it has the part. */
  readonly path: string;
  readonly reason: string;
  /** false: only values that the writer's shape allows and the reader's does not. */
  readonly always: boolean;
}

const MAX_PROBLEMS = 64;
/** Pairs of nodes compared, and how deep: recursive shapes may make as many pairs as the product of their sizes. */
const MAX_PAIRS = 65_536;
const MAX_DEPTH = 512;

export type Bare = ReturnType<typeof bare>;

export interface Run {
  readonly format: WireFormat;
  /** Compares what stands at two places, as the format has it. */
  readonly inside: (run: Run, writer: Bare, reader: Bare, at: At) => void;
  readonly problems: Incompatibility[];
  /** Pairs that were compared or are being: recursion assumes that they fit. */
  readonly seen: Map<Node, Set<Node>>;
  readonly pairs: { left: number };
  /** Those that are being compared, outermost first. */
  readonly open: (readonly [writer: Node, reader: Node])[];
}

/** Where in the writer's shape, and whether every document gets there. */
export interface At {
  readonly path: string;
  readonly always: boolean;
}

export const below = (at: At, step: string, always = at.always): At => ({ path: at.path + step, always });
export const sometimes = (at: At): At => ({ ...at, always: false });

export function problem(run: Run, { path, always }: At, reason: string): void {
  if (run.problems.length < MAX_PROBLEMS) run.problems.push({ path, reason, always });
}

/** A comparison at its start. */
export function startRun(format: WireFormat, inside: Run["inside"]): Run {
  return { format, inside, problems: [], seen: new Map(), pairs: { left: MAX_PAIRS }, open: [] };
}

export function compare(run: Run, writerNode: Node, readerNode: Node, at: At): void {
  const writer = bare(writerNode);
  const reader = bare(readerNode);
  if (!isNew(run.seen, writer, reader)) return;
  if (--run.pairs.left < 0 || run.open.length > MAX_DEPTH) {
    problem(run, at, "too much to compare");
    return;
  }
  run.open.push([writer, reader]);
  run.inside(run, writer, reader, at);
  run.open.pop();
}

/** Notes a pair; false if it was known. */
function isNew(seen: Map<Node, Set<Node>>, writer: Node, reader: Node): boolean {
  const readers = seen.get(writer);
  if (readers === undefined) seen.set(writer, new Set([reader]));
  else if (readers.has(reader)) return false;
  else readers.add(reader);
  return true;
}

/** The problems of a comparison, kept apart. */
export function tried(run: Run, writer: Node, reader: Node, at: At): readonly Incompatibility[] {
  // Pairs that were compared may have failed, and must be looked at again; those that are being compared are assumed
  // to fit, since they are judged where they are.
  const trial: Run = { ...run, problems: [], seen: new Map() };
  for (const [from, to] of run.open) isNew(trial.seen, from, to);
  compare(trial, writer, reader, at);
  return trial.problems;
}

export const describe = (node: Node): string => (node.kind === "enum" ? "an enum" : node.kind);
export const mismatch = (run: Run, writer: Node, reader: Node, at: At): void =>
  problem(run, at, `${describe(writer)} is written, ${describe(reader)} is read`);

export const rangeOf = (node: Bare): ReturnType<typeof integerRange> | undefined =>
  isInteger(node.kind)
    ? integerRange(node.kind, "js" in node && node.js === "number" ? "number" : "bigint")
    : undefined;

/** True if both are integers, whether or not the ranges fit. */
export function compareRanges(run: Run, writer: Bare, reader: Bare, at: At): boolean {
  const [from, to] = [rangeOf(writer), rangeOf(reader)];
  if (from === undefined || to === undefined) return false;
  if (from.min < to.min || from.max > to.max) {
    problem(run, sometimes(at), `${writer.kind} does not always fit ${reader.kind}`);
  }
  return true;
}

/** Scalars that are the same in all formats, and strings. True if that settles it. */
export function compareScalars(run: Run, writer: Bare, reader: Bare, at: At): boolean {
  const pair = `${writer.kind} ${reader.kind}`;
  if (pair === "string char") {
    problem(run, sometimes(at), "string is not always one character");
    return true;
  }
  if (pair === "char string") return true;
  const same = ["unit", "bool", "f32", "f64", "char", "string"];
  return writer.kind === reader.kind && same.includes(writer.kind);
}

/** What bytes are, where they are numbers. */
export const U8_LIST: Bare = { kind: "list", item: { kind: "u8" }, typed: false };

/** Variants by index, or by discriminant where both are numeric. */
export function compareNumbered(run: Run, writer: EnumNode, reader: EnumNode, at: At): void {
  const number = (node: EnumNode, variant: Variant, i: number): number =>
    node.tagging.style === "numeric" ? variant.discriminant! : i;
  const byNumber = new Map(reader.variants.map((variant, i) => [number(reader, variant, i), variant]));
  writer.variants.forEach((variant, i) => {
    const other = byNumber.get(number(writer, variant, i));
    const there = below(at, variantStep(variant.name), at.always && writer.variants.length === 1);
    if (other === undefined) problem(run, there, "the reader has no variant of that number");
    else comparePayloads(run, variant, other, there);
  });
}

export function comparePayloads(run: Run, writer: Variant, reader: Variant, at: At): void {
  const [from, to] = [writer.payload, reader.payload];
  if (from !== undefined && to !== undefined) compare(run, from, to, at);
  else if (from !== undefined && bare(from).kind !== "unit")
    problem(run, at, "a payload is written, none is read");
  else if (to !== undefined && bare(to).kind !== "unit")
    problem(run, at, "no payload is written, one is read");
}

export function compareSequences(run: Run, writer: Bare, reader: Bare, at: At): boolean {
  const isList = (node: Bare) => node.kind === "list" || node.kind === "set";
  if (!isList(writer) || !isList(reader)) return false;
  compare(
    run,
    (writer as { item: Node }).item,
    (reader as { item: Node }).item,
    below(sometimes(at), ITEM_STEP),
  );
  return true;
}

export function compareMaps(run: Run, writer: MapNode, reader: MapNode, at: At): void {
  compareKeys(run, writer.key, reader.key, below(sometimes(at), KEY_STEP));
  compare(run, writer.value, reader.value, below(sometimes(at), VALUE_STEP));
}

/** JSON writes all keys as text. */
function compareKeys(run: Run, writer: Node, reader: Node, at: At): void {
  const [from, to] = [bare(writer), bare(reader)];
  if (run.format === "json" && to.kind === "string") return;
  if (run.format === "json" && from.kind === "string" && to.kind !== "char" && !isUnitEnum(to)) {
    problem(run, at, `string is not always the text of ${to.kind}`);
    return;
  }
  compare(run, writer, reader, at);
}
