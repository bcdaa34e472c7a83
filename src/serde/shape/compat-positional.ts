// Compatibility by position: in postcard parts have neither names nor kinds, only their place.

import {
  type At,
  type Bare,
  below,
  compare,
  compareMaps,
  compareNumbered,
  compareRanges,
  compareScalars,
  compareSequences,
  mismatch,
  problem,
  type Run,
  rangeOf,
  sometimes,
  U8_LIST,
} from "./compat-run.ts";
import { ITEM_STEP, indexStep, nameStep } from "./errors.ts";
import type { Node } from "./node.ts";

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

export function comparePositions(run: Run, writer: Bare, reader: Bare, at: At): void {
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

/** Postcard writes u8 as single bytes. */
const asList = (node: Bare): Bare => (node.kind === "bytes" ? U8_LIST : node);
