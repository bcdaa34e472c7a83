// Whether what one shape writes, another reads: by position in postcard, by names and kinds in the self-describing
// formats. It compares what is on the wire; that a number means the same to both is for people to know.

import { ITEM_STEP, indexStep, KEY_STEP, nameStep, VALUE_STEP, variantStep } from "./errors.ts";
import { bare, isUnitEnum } from "./graph.ts";
import { isRequired } from "./keys.ts";
import type { EnumNode, Field, MapNode, Node, StructNode, Variant } from "./node.ts";
import type { Shape } from "./shape.ts";

export type WireFormat = "json" | "msgpack" | "cbor" | "postcard";

/** Where a reader fails, and whether at every document or at some. */
export interface Incompatibility {
  /** In source names: the writer's, and the reader's where only it has the part. */
  readonly path: string;
  readonly reason: string;
  /** false: only values that the writer's shape allows and the reader's does not. */
  readonly always: boolean;
}

export interface Compatibility {
  /** Everything that `writer` writes, `reader` reads. */
  readonly compatible: boolean;
  /** At most 64. */
  readonly problems: readonly Incompatibility[];
}

const MAX_PROBLEMS = 64;
/** Pairs of nodes compared, and how deep: recursive shapes may make as many pairs as the product of their sizes. */
const MAX_PAIRS = 65_536;
const MAX_DEPTH = 512;

/** Whether bytes of `writer` in `format` can be decoded with `reader`, and where not. */
export function compat(writer: Shape<unknown>, reader: Shape<unknown>, format: WireFormat): Compatibility {
  const run: Run = { format, problems: [], seen: new Map(), pairs: { left: MAX_PAIRS }, open: [] };
  compare(run, writer.node, reader.node, { path: "$", always: true });
  return { compatible: run.problems.length === 0, problems: run.problems };
}

type Bare = ReturnType<typeof bare>;

interface Run {
  readonly format: WireFormat;
  readonly problems: Incompatibility[];
  /** Pairs that were compared or are being: recursion assumes that they fit. */
  readonly seen: Map<Node, Set<Node>>;
  readonly pairs: { left: number };
  /** Those that are being compared, outermost first. */
  readonly open: (readonly [writer: Node, reader: Node])[];
}

/** Where in the writer's shape, and whether every document gets there. */
interface At {
  readonly path: string;
  readonly always: boolean;
}

const below = (at: At, step: string, always = at.always): At => ({ path: at.path + step, always });
const sometimes = (at: At): At => ({ ...at, always: false });

function problem(run: Run, { path, always }: At, reason: string): void {
  if (run.problems.length < MAX_PROBLEMS) run.problems.push({ path, reason, always });
}

function compare(run: Run, writerNode: Node, readerNode: Node, at: At): void {
  const writer = bare(writerNode);
  const reader = bare(readerNode);
  if (!isNew(run.seen, writer, reader)) return;
  if (--run.pairs.left < 0 || run.open.length > MAX_DEPTH) {
    problem(run, at, "too much to compare");
    return;
  }
  run.open.push([writer, reader]);
  if (run.format === "postcard") comparePositions(run, writer, reader, at);
  else compareValues(run, writer, reader, at);
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
function tried(run: Run, writer: Node, reader: Node, at: At): readonly Incompatibility[] {
  // Pairs that were compared may have failed, and must be looked at again; those that are being compared are assumed
  // to fit, since they are judged where they are.
  const trial: Run = { ...run, problems: [], seen: new Map() };
  for (const [from, to] of run.open) isNew(trial.seen, from, to);
  compare(trial, writer, reader, at);
  return trial.problems;
}

const describe = (node: Node): string => (node.kind === "enum" ? "an enum" : node.kind);
const mismatch = (run: Run, writer: Node, reader: Node, at: At): void =>
  problem(run, at, `${describe(writer)} is written, ${describe(reader)} is read`);

// ---------------------------------------------------------------------------------------------- scalars

interface IntegerRange {
  readonly min: bigint;
  readonly max: bigint;
}

function rangeOf(node: Bare): IntegerRange | undefined {
  const digits = /^([ui])(8|16|32|64)$/.exec(node.kind);
  if (digits === null) return undefined;
  const bits = BigInt(digits[2]!);
  const isSigned = digits[1] === "i";
  const full = isSigned
    ? { min: -(1n << (bits - 1n)), max: (1n << (bits - 1n)) - 1n }
    : { min: 0n, max: (1n << bits) - 1n };
  if (!("js" in node) || node.js !== "number") return full;
  const limit = BigInt(Number.MAX_SAFE_INTEGER);
  return { min: isSigned ? -limit : 0n, max: limit };
}

/** True if both are integers, whether or not the ranges fit. */
function compareRanges(run: Run, writer: Bare, reader: Bare, at: At): boolean {
  const [from, to] = [rangeOf(writer), rangeOf(reader)];
  if (from === undefined || to === undefined) return false;
  if (from.min < to.min || from.max > to.max) {
    problem(run, sometimes(at), `${writer.kind} does not always fit ${reader.kind}`);
  }
  return true;
}

/** Scalars that are the same in all formats, and strings. True if that settles it. */
function compareScalars(run: Run, writer: Bare, reader: Bare, at: At): boolean {
  const pair = `${writer.kind} ${reader.kind}`;
  if (pair === "string char") {
    problem(run, sometimes(at), "string is not always one character");
    return true;
  }
  if (pair === "char string") return true;
  const same = ["unit", "bool", "f32", "f64", "char", "string"];
  return writer.kind === reader.kind && same.includes(writer.kind);
}

// ---------------------------------------------------------------------------------------------- by position

/** How postcard writes an integer; integers written differently must not be read for each other. */
function integerWire(node: Bare): string {
  if (node.kind === "u8" || node.kind === "i8") return node.kind;
  return node.kind.startsWith("u") ? "varint" : "zigzag";
}

/** Parts that stand behind each other without a length. */
function productOf(node: Bare, side: "skipEncode" | "skipDecode"): [step: string, node: Node][] | undefined {
  switch (node.kind) {
    case "struct":
      return node.fields.filter((field) => !field[side]).map((field) => [nameStep(field.name), field.node]);
    case "tuple":
      return node.items.map((item, i) => [indexStep(i), item]);
    default:
      return undefined;
  }
}

function comparePositions(run: Run, writer: Bare, reader: Bare, at: At): void {
  for (const node of [writer, reader]) {
    const reason = notPositional(node);
    if (reason === undefined) continue;
    problem(run, at, reason);
    return;
  }
  if (rangeOf(writer) !== undefined && rangeOf(reader) !== undefined) {
    if (integerWire(writer) !== integerWire(reader)) mismatch(run, writer, reader, at);
    else compareRanges(run, writer, reader, at);
    return;
  }
  if (compareScalars(run, writer, reader, at)) return;
  if (compareSequences(run, asList(writer), asList(reader), at)) return;
  const parts = productOf(writer, "skipEncode");
  const others = productOf(reader, "skipDecode");
  if (parts !== undefined && others !== undefined) {
    comparePositional(run, parts, others, at);
  } else if (writer.kind === "option" && reader.kind === "option") {
    compare(run, writer.inner, reader.inner, sometimes(at));
  } else if (writer.kind === "array" && reader.kind === "array") {
    if (writer.length !== reader.length) {
      problem(run, at, `${writer.length} items are written, ${reader.length} are read`);
    } else if (writer.length > 0) compare(run, writer.item, reader.item, below(at, ITEM_STEP));
  } else if (writer.kind === "map" && reader.kind === "map") {
    compareMaps(run, writer, reader, at);
  } else if (writer.kind === "enum" && reader.kind === "enum") {
    compareNumbered(run, writer, reader, at);
  } else if (writer.kind === "bytes" && reader.kind === "string") {
    problem(run, sometimes(at), "bytes are not always UTF-8");
  } else if (writer.kind !== "string" || reader.kind !== "bytes") {
    mismatch(run, writer, reader, at);
  }
}

function notPositional(node: Bare): string | undefined {
  if (node.kind === "any" || node.kind === "raw") return `postcard has no ${node.kind}`;
  if (node.kind === "enum" && node.tagging.style === "untagged") return "postcard has no untagged enums";
  if (node.kind === "struct" && node.fields.some(({ skipIf }) => skipIf !== undefined)) {
    return "postcard cannot leave fields out";
  }
  return undefined;
}

function comparePositional(
  run: Run,
  parts: readonly [string, Node][],
  others: readonly [string, Node][],
  at: At,
): void {
  const shared = Math.min(parts.length, others.length);
  for (let i = 0; i < shared; i++) compare(run, parts[i]![1], others[i]![1], below(at, parts[i]![0]));
  if (parts.length > shared) problem(run, below(at, parts[shared]![0]), "written, and not read");
  if (others.length > shared) problem(run, below(at, others[shared]![0]), "read, and not written");
}

/** Bytes are a list of u8, which postcard writes as single bytes. */
const U8: Node = { kind: "u8" };
const asList = (node: Bare): Bare => (node.kind === "bytes" ? { kind: "list", item: U8, typed: true } : node);

/** Variants by index, or by discriminant where both are numeric. */
function compareNumbered(run: Run, writer: EnumNode, reader: EnumNode, at: At): void {
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

function comparePayloads(run: Run, writer: Variant, reader: Variant, at: At): void {
  const [from, to] = [writer.payload, reader.payload];
  if (from !== undefined && to !== undefined) compare(run, from, to, at);
  else if (from !== undefined && bare(from).kind !== "unit")
    problem(run, at, "a payload is written, none is read");
  else if (to !== undefined && bare(to).kind !== "unit")
    problem(run, at, "no payload is written, one is read");
}

// ---------------------------------------------------------------------------------------------- shared by both

function compareSequences(run: Run, writer: Bare, reader: Bare, at: At): boolean {
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

function compareMaps(run: Run, writer: MapNode, reader: MapNode, at: At): void {
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

// ---------------------------------------------------------------------------------------------- by names and kinds

function compareValues(run: Run, writer: Bare, reader: Bare, at: At): void {
  if (reader.kind === "any" || reader.kind === "raw") return;
  if (!isUntagged(writer) && fitsOne(run, writer, reader, at)) return;
  if (writer.kind === "option" || reader.kind === "option") {
    compareOptions(run, writer, reader, at);
    return;
  }
  if (writer.kind === "any" || writer.kind === "raw") {
    problem(run, sometimes(at), `${writer.kind} may be anything, ${describe(reader)} is read`);
    return;
  }
  if (compareScalars(run, writer, reader, at) || compareRanges(run, writer, reader, at)) return;
  if (compareFloats(run, writer, reader, at) || compareBytes(run, writer, reader, at)) return;
  if (writer.kind === "enum" || reader.kind === "enum") {
    compareEnums(run, writer, reader, at);
    return;
  }
  if (compareSequences(run, writer, reader, at) || compareArities(run, writer, reader, at)) return;
  if (writer.kind === "struct" && reader.kind === "struct") compareFields(run, writer, reader, at);
  else if (writer.kind === "map" && reader.kind === "map") compareMaps(run, writer, reader, at);
  else if (writer.kind === "struct" && reader.kind === "map") compareStructToMap(run, writer, reader, at);
  else if (writer.kind === "map" && reader.kind === "struct") {
    problem(run, sometimes(at), "a map may have any keys, a struct is read");
  } else mismatch(run, writer, reader, at);
}

function compareOptions(run: Run, writer: Bare, reader: Bare, at: At): void {
  if (writer.kind === "option" && reader.kind === "option") {
    compare(run, writer.inner, reader.inner, sometimes(at));
  } else if (reader.kind === "option") {
    if (writer.kind !== "unit") compare(run, writer, reader.inner, at);
  } else if (writer.kind === "option") {
    if (reader.kind !== "unit")
      problem(run, sometimes(at), `no value may be written, ${describe(reader)} is read`);
    compare(run, writer.inner, reader, sometimes(at));
  }
}

const isFloat = ({ kind }: Bare): boolean => kind === "f32" || kind === "f64";

function compareFloats(run: Run, writer: Bare, reader: Bare, at: At): boolean {
  if (isFloat(reader) && (isFloat(writer) || rangeOf(writer) !== undefined)) {
    if (writer.kind === "f64" && reader.kind === "f32")
      problem(run, sometimes(at), "f64 does not always fit f32");
    return true;
  }
  if (!isFloat(writer) || rangeOf(reader) === undefined) return false;
  // JSON writes 1.0 as 1.
  problem(run, run.format === "json" ? sometimes(at) : at, `${writer.kind} is written, an integer is read`);
  return true;
}

/** In JSON, bytes are text or a list of numbers. */
function compareBytes(run: Run, writer: Bare, reader: Bare, at: At): boolean {
  if (writer.kind === "bytes" && reader.kind === "bytes") {
    if (run.format === "json" && writer.text !== reader.text) {
      problem(run, at, `bytes are written as ${writer.text}, read as ${reader.text}`);
    }
    return true;
  }
  if (run.format !== "json") return false;
  if (writer.kind === "bytes") {
    if (writer.text === "array") compareValues(run, { kind: "list", item: U8, typed: false }, reader, at);
    else compareValues(run, { kind: "string" }, reader, at);
    return true;
  }
  if (reader.kind !== "bytes") return false;
  if (reader.text === "array") compareValues(run, writer, { kind: "list", item: U8, typed: false }, at);
  else if (writer.kind === "string")
    problem(run, sometimes(at), `string is not always ${reader.text ?? "base64"}`);
  else mismatch(run, writer, reader, at);
  return true;
}

/** Tuples, arrays, lists and sets, at least one of known length. */
function compareArities(run: Run, writer: Bare, reader: Bare, at: At): boolean {
  const itemAt = (node: Bare, i: number): Node | undefined =>
    node.kind === "tuple" ? node.items[i] : "item" in node ? node.item : undefined;
  const length = (node: Bare): number | undefined =>
    node.kind === "tuple" ? node.items.length : node.kind === "array" ? node.length : undefined;
  const kinds = ["tuple", "array", "list", "set"];
  if (!kinds.includes(writer.kind) || !kinds.includes(reader.kind)) return false;
  const [from, to] = [length(writer), length(reader)];
  if (from !== undefined && to !== undefined && from !== to) {
    problem(run, at, `${from} items are written, ${to} are read`);
    return true;
  }
  if (from === undefined && to !== undefined)
    problem(run, sometimes(at), `any number of items, ${to} are read`);
  const isEach = writer.kind === "tuple" || reader.kind === "tuple";
  const count = isEach ? (from ?? to ?? 0) : Math.min(from ?? to ?? 1, 1);
  for (let i = 0; i < count; i++) {
    const step = isEach ? indexStep(i) : ITEM_STEP;
    compare(
      run,
      itemAt(writer, i)!,
      itemAt(reader, i)!,
      below(from === undefined ? sometimes(at) : at, step),
    );
  }
  return true;
}

/** Fields as they lie in one object, those of flattened structs among them. */
interface Flat {
  readonly fields: { readonly field: Field; readonly path: string; readonly isOptional: boolean }[];
  readonly enums: { readonly node: EnumNode; readonly path: string }[];
  rest: { readonly node: MapNode; readonly path: string } | undefined;
}

function flattened(struct: StructNode, side: "skipEncode" | "skipDecode"): Flat {
  const flat: Flat = { fields: [], enums: [], rest: undefined };
  addFields(flat, struct, side, "", false);
  return flat;
}

function addFields(
  flat: Flat,
  struct: StructNode,
  side: "skipEncode" | "skipDecode",
  path: string,
  isOptional: boolean,
): void {
  for (const field of struct.fields) {
    const at = path + nameStep(field.name);
    if (field[side]) continue;
    const outer = bare(field.node);
    const target = outer.kind === "option" ? bare(outer.inner) : outer;
    if (!field.flatten) flat.fields.push({ field, path: at, isOptional });
    else if (target.kind === "struct")
      addFields(flat, target, side, at, isOptional || outer.kind === "option");
    else if (target.kind === "enum") flat.enums.push({ node: target, path: at });
    else if (target.kind === "map") flat.rest = { node: target, path: at };
  }
}

function compareFields(run: Run, writer: StructNode, reader: StructNode, at: At): void {
  const from = flattened(writer, "skipEncode");
  const to = flattened(reader, "skipDecode");
  const readable = new Map<string, Field>();
  for (const { field } of to.fields)
    for (const name of [field.wire, ...field.aliases]) readable.set(name, field);
  const written = new Map<Field, boolean>();
  for (const { field, path, isOptional } of from.fields) {
    const isAlways = !isOptional && field.skipIf === undefined;
    const there = below(at, path, at.always && isAlways);
    const other = readable.get(field.wire);
    if (other !== undefined) {
      written.set(other, isAlways);
      compareField(run, field, other, there);
    } else if (to.rest !== undefined) compare(run, field.node, to.rest.node.value, there);
    else if (reader.denyUnknown && to.enums.length === 0)
      problem(run, there, "written, and unknown to the reader");
  }
  for (const { field, path, isOptional } of to.fields) {
    const isThere = written.get(field);
    if (isThere === true || isOptional || !isRequired(field)) continue;
    const isRest = from.rest !== undefined || from.enums.length > 0;
    if (isThere === undefined && !isRest) problem(run, below(at, path), "required, and not written");
    else problem(run, sometimes(below(at, path)), "required, and not always written");
  }
  compareOpenParts(run, from, to, reader.denyUnknown, at);
}

/** A field that is left out when it is none never writes null. */
function compareField(run: Run, writer: Field, reader: Field, at: At): void {
  const node = bare(writer.node);
  const isBare = node.kind === "option" && writer.skipIf === "none";
  compare(run, isBare ? node.inner : writer.node, reader.node, at);
}

/** Flattened enums and maps. */
function compareOpenParts(run: Run, from: Flat, to: Flat, denyUnknown: boolean, at: At): void {
  from.enums.forEach(({ node, path }, i) => {
    const other = to.enums[i];
    if (other !== undefined) compare(run, node, other.node, below(at, path));
    else if (denyUnknown) problem(run, below(at, path), "written, and unknown to the reader");
  });
  for (const { node, path } of to.enums.slice(from.enums.length)) {
    const isTagged = node.tagging.style !== "untagged";
    problem(
      run,
      below(at, path),
      isTagged ? "its tag is required, and not written" : "required, and not written",
    );
  }
  if (from.rest === undefined) return;
  const there = sometimes(below(at, from.rest.path));
  if (to.rest !== undefined) compare(run, from.rest.node.value, to.rest.node.value, there);
  else if (denyUnknown) problem(run, there, "may have keys that are unknown to the reader");
}

function compareStructToMap(run: Run, writer: StructNode, reader: MapNode, at: At): void {
  const key = bare(reader.key);
  const from = flattened(writer, "skipEncode");
  if (key.kind !== "string") problem(run, at, `names are written, ${describe(key)} keys are read`);
  for (const { field, path } of from.fields) compare(run, field.node, reader.value, below(at, path));
  if (from.rest !== undefined) compare(run, from.rest.node.value, reader.value, below(at, from.rest.path));
  for (const { path } of from.enums)
    problem(run, sometimes(below(at, path)), "a flattened enum, a map is read");
}

// ---------------------------------------------------------------------------------------------- enums

const isUntagged = (node: Node): boolean => node.kind === "enum" && node.tagging.style === "untagged";

/** Whether the reader is an untagged enum of which one variant takes it all. */
const fitsOne = (run: Run, writer: Bare, reader: Bare, at: At): boolean =>
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

function compareEnums(run: Run, writer: Bare, reader: Bare, at: At): void {
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
  if (style === "numeric" && (range !== undefined || isFloat(reader))) {
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
