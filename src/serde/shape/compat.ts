// Whether what one shape writes, another reads: by position in postcard, by names and kinds in the self-describing
// formats. It compares what is on the wire; that a number means the same to both is for people to know.

import { compareEnums, fitsOne, isUntagged } from "./compat-enums.ts";
import { comparePositions } from "./compat-positional.ts";
import {
  type At,
  type Bare,
  below,
  compare,
  compareMaps,
  compareRanges,
  compareScalars,
  compareSequences,
  describe,
  type Incompatibility,
  mismatch,
  problem,
  type Run,
  rangeOf,
  sometimes,
  startRun,
  U8_LIST,
  type WireFormat,
} from "./compat-run.ts";
import { compareFields, compareStructToMap } from "./compat-structs.ts";
import { ITEM_STEP, indexStep } from "./errors.ts";
import { isFloat } from "./kinds.ts";
import type { Node } from "./node.ts";
import type { Shape } from "./shape.ts";

export type { Incompatibility, WireFormat };

export interface Compatibility {
  /** Everything that `writer` writes, `reader` reads. */
  readonly compatible: boolean;
  /** At most 64. */
  readonly problems: readonly Incompatibility[];
}

/** Whether bytes of `writer` in `format` can be decoded with `reader`, and where not. */
export function compat(writer: Shape<unknown>, reader: Shape<unknown>, format: WireFormat): Compatibility {
  const run = startRun(format, format === "postcard" ? comparePositions : compareValues);
  compare(run, writer.node, reader.node, { path: "$", always: true });
  return { compatible: run.problems.length === 0, problems: run.problems };
}

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

function compareFloats(run: Run, writer: Bare, reader: Bare, at: At): boolean {
  if (isFloat(reader.kind) && (isFloat(writer.kind) || rangeOf(writer) !== undefined)) {
    if (writer.kind === "f64" && reader.kind === "f32")
      problem(run, sometimes(at), "f64 does not always fit f32");
    return true;
  }
  if (!isFloat(writer.kind) || rangeOf(reader) === undefined) return false;
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
    if (writer.text === "array") compareValues(run, U8_LIST, reader, at);
    else compareValues(run, { kind: "string" }, reader, at);
    return true;
  }
  if (reader.kind !== "bytes") return false;
  if (reader.text === "array") compareValues(run, writer, U8_LIST, at);
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
