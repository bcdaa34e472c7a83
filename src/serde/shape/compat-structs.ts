// Compatibility of structs by name, with what is flattened into them.

import { type At, below, compare, describe, problem, type Run, sometimes } from "./compat-run.ts";
import { nameStep } from "./errors.ts";
import { bare } from "./graph.ts";
import { isRequired } from "./keys.ts";
import type { EnumNode, Field, MapNode, StructNode } from "./node.ts";

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

export function compareFields(run: Run, writer: StructNode, reader: StructNode, at: At): void {
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

export function compareStructToMap(run: Run, writer: StructNode, reader: MapNode, at: At): void {
  const key = bare(reader.key);
  const from = flattened(writer, "skipEncode");
  if (key.kind !== "string") problem(run, at, `names are written, ${describe(key)} keys are read`);
  for (const { field, path } of from.fields) compare(run, field.node, reader.value, below(at, path));
  if (from.rest !== undefined) compare(run, from.rest.node.value, reader.value, below(at, from.rest.path));
  for (const { path } of from.enums)
    problem(run, sometimes(below(at, path)), "a flattened enum, a map is read");
}
