// An object as one key space: the fields of a struct, those of what is flattened into it, and for each enum that stands
// among them the keys of one variant. Both directions of all self-describing formats lower from this.

import { CodecError } from "../../ir/failure.ts";
import { fieldSegment, variantSegment } from "../../ir/path.ts";
import { bitAddress, type Layout, type Place, shiftBit } from "../../layout/layout.ts";
import type { Constant, EnumNode, Field, MapNode, StructNode, Variant } from "../../shape/node.ts";
import type { Atom } from "./atoms.ts";

type TagTexts = Atom & { readonly names: readonly string[] };

/** A key and what belongs to it, from the record around the outermost struct. */
export interface Member {
  /** On the wire, aliases behind. */
  readonly names: readonly string[];
  readonly path: string;
  /** Of the key, where that is not the value's. */
  readonly keyPath?: string;
  /** What is done with the value: into `place`, or it must be null, or nobody wants it. */
  readonly read: "place" | "null" | "skip";
  readonly place: Place | undefined;
  /** Slot of the struct that `place` is in. */
  readonly base: number;
  /** The texts by which a tag says which variant it is; the first is written. */
  readonly tag: TagTexts | undefined;
  /** Bit address of the seen bit. */
  readonly seen: number;
  readonly required: boolean;
  readonly default: { readonly value: Constant } | undefined;
  /** Decode: bits to set when the key is there, of the optional structs it is in. */
  readonly marks: readonly number[];
  /** Encode: written if this bit is set; -1: always. Bits in a part that is not there are clear. */
  readonly written: number;
  readonly skipEncode: boolean;
  readonly skipDecode: boolean;
}

/** A flattened struct that may be absent as a whole: when its bit is set, its members are required as usual. */
export interface Group {
  readonly bit: number;
  readonly members: readonly Member[];
}

/** A flattened enum, or a flattened optional struct in which there are choices again. */
type Choice = { readonly slot: number; readonly path: string } & (
  | { readonly node: EnumNode }
  | { readonly node: StructNode; readonly bit: number }
);

export interface KeySpace {
  readonly members: Member[];
  /** Those of them that tell which ways the choices went: where there is a tag, nothing but the tag. */
  readonly telling: Member[];
  readonly groups: Group[];
  /** Still open. */
  readonly choices: Choice[];
  /** The flattened map, which takes all other keys. */
  rest: { readonly node: MapNode; readonly slot: number; readonly path: string } | undefined;
  /** Header cells beside the object's own. */
  readonly headers: number[];
  /** Variants chosen, and where they are stored. */
  readonly picks: { readonly node: EnumNode; readonly slot: number; readonly variant: number }[];
  /** Bits of the optional structs chosen to be there. */
  readonly present: number[];
}

/** Fields times combinations of variants; a shape beyond that is refused. */
const MAX_MEMBERS = 20_000;

type Direction = "decode" | "encode";

/** `node` at `slot`; without one, nothing yet. */
export function keySpaceOf(
  layout: Layout,
  node: StructNode | undefined,
  slot: number,
  path: string,
  direction: Direction,
): KeySpace {
  const space: KeySpace = {
    members: [],
    telling: [],
    groups: [],
    choices: [],
    rest: undefined,
    headers: [],
    picks: [],
    present: [],
  };
  if (node !== undefined) collect(layout, node, slot, path, direction, space, []);
  return space;
}

function collect(
  layout: Layout,
  node: StructNode,
  slot: number,
  path: string,
  direction: Direction,
  space: KeySpace,
  marks: readonly number[],
): void {
  const record = layout.record(node);
  for (const [i, field] of node.fields.entries()) {
    const place = record.places[i]!;
    const own = path + fieldSegment(field.name);
    const skipped = direction === "decode" ? field.skipDecode : field.skipEncode;
    if (!field.flatten || skipped) {
      space.members.push(memberOf(field, place, slot, record.seen[i]!, own, marks));
      continue;
    }
    const at = slot + place.slot;
    const { node: part } = place;
    if (part.kind === "struct" && place.some >= 0) {
      optional(layout, part, at, own, direction, space, marks, shiftBit(place.some, slot));
    } else if (part.kind === "struct") {
      addHeaders(layout, part, at, space);
      collect(layout, part, at, own, direction, space, marks);
    } else if (part.kind === "enum" || part.kind === "map") {
      addPart(part, at, own, space);
    } else {
      throw new CodecError("load.unsupported", `${own}: no ${part.kind} can be flattened`);
    }
  }
}

function addHeaders(layout: Layout, node: StructNode, slot: number, space: KeySpace): void {
  for (let cell = 0; cell < layout.record(node).headerCells; cell++) space.headers.push(slot + cell);
}

function addPart(node: EnumNode | MapNode, slot: number, path: string, space: KeySpace): void {
  if (node.kind === "enum" && node.tagging.style === "numeric") {
    throw new CodecError("load.unsupported", `${path}: a number has no keys`);
  }
  if (node.kind === "enum") {
    space.headers.push(slot);
    space.choices.push({ node, slot, path });
  } else if (space.rest === undefined) {
    space.rest = { node, slot, path };
  } else {
    throw new CodecError("load.unsupported", `${path}: a second flattened map`);
  }
}

/** A group where keys alone tell whether it is there; else one more choice. */
function optional(
  layout: Layout,
  node: StructNode,
  slot: number,
  path: string,
  direction: Direction,
  space: KeySpace,
  marks: readonly number[],
  bit: number,
): void {
  const own = [...marks, bit];
  const inner = keySpaceOf(layout, undefined, 0, "", direction);
  collect(layout, node, slot, path, direction, inner, own);
  if (inner.choices.length > 0 || inner.rest !== undefined) {
    space.choices.push({ node, slot, path, bit });
    return;
  }
  addHeaders(layout, node, slot, space);
  space.headers.push(...inner.headers);
  space.members.push(...inner.members);
  space.groups.push({ bit, members: inner.members.filter((member) => member.marks.length === own.length) });
  space.groups.push(...inner.groups);
}

function memberOf(
  field: Field,
  place: Place,
  base: number,
  seen: number,
  path: string,
  marks: readonly number[],
): Member {
  const bit = field.skipIf === undefined ? -1 : field.skipIf === "none" ? place.some : seen;
  return {
    names: [field.wire, ...field.aliases],
    path,
    read: "place",
    place,
    base,
    tag: undefined,
    seen: shiftBit(seen, base),
    required: field.default === undefined && place.some < 0,
    default: field.default,
    marks,
    written: bit < 0 ? (marks.at(-1) ?? -1) : shiftBit(bit, base),
    skipEncode: field.skipEncode,
    skipDecode: field.skipDecode,
  };
}

const BARE = {
  read: "skip",
  place: undefined,
  base: 0,
  tag: undefined,
  required: false,
  default: undefined,
  marks: [],
  written: -1,
  skipEncode: false,
  skipDecode: false,
} as const satisfies Partial<Member>;

/** The tag of `variant`. What takes unknown tags keeps the text of it, if it has a payload. */
export function tagMember(
  tag: string,
  variant: Variant,
  payload: Place | undefined,
  base: number,
  seen: number,
  path: string,
): Member {
  const names = [variant.wire, ...variant.aliases];
  const keeps = variant.other && payload !== undefined;
  return {
    ...BARE,
    names: [tag],
    path: keeps ? path : path + fieldSegment(tag),
    ...(keeps ? { read: "place", place: payload, base } : {}),
    tag: { kind: "str", names, tag: true, other: variant.other },
    seen,
  };
}

/** The key space of `variant` of an enum whose cell is at `slot`, beside nothing; `path` is the variant's. */
export function variantSpace(
  layout: Layout,
  node: EnumNode,
  slot: number,
  path: string,
  variant: number,
  direction: Direction,
): KeySpace {
  const space = keySpaceOf(layout, undefined, 0, "", direction);
  addVariant(layout, node, slot, path, variant, direction, space);
  return space;
}

/** How many ways a choice can go. */
const waysOf = (choice: Choice): number => (choice.node.kind === "enum" ? choice.node.variants.length : 2);

/** The key space when its first choice goes way `way`: a variant, or whether the struct is there. */
export function choose(layout: Layout, space: KeySpace, way: number, direction: Direction): KeySpace {
  const [choice, ...choices] = space.choices;
  const full: KeySpace = {
    members: [...space.members],
    telling: [...space.telling],
    groups: [...space.groups],
    choices,
    rest: space.rest,
    headers: [...space.headers],
    picks: [...space.picks],
    present: [...space.present],
  };
  if (choice === undefined) return full;
  const { node, slot, path } = choice;
  if (node.kind === "enum") {
    addVariant(layout, node, slot, path + variantSegment(node.variants[way]!.name), way, direction, full);
  } else if (way === 1) {
    full.present.push((choice as { readonly bit: number }).bit);
    addHeaders(layout, node, slot, full);
    collect(layout, node, slot, path, direction, full, []);
  }
  const added = full.members.slice(space.members.length);
  const isTagged = node.kind === "enum" && "tag" in node.tagging;
  full.telling.push(...(isTagged ? added.slice(0, 1) : added));
  return full;
}

/** Every combination, the first choice varying slowest. */
export function expand(layout: Layout, space: KeySpace, direction: Direction): KeySpace[] {
  const choice = space.choices[0];
  if (choice === undefined) return [space];
  const all: KeySpace[] = [];
  for (let way = 0; way < waysOf(choice); way++) {
    for (const full of expand(layout, choose(layout, space, way, direction), direction)) all.push(full);
    if (all.length * (space.members.length + 1) > MAX_MEMBERS) {
      throw new CodecError("load.unsupported", `${choice.path}: too many combinations of flattened variants`);
    }
  }
  return all;
}

function addVariant(
  layout: Layout,
  node: EnumNode,
  slot: number,
  own: string,
  pick: number,
  direction: Direction,
  space: KeySpace,
): void {
  const variant = node.variants[pick]!;
  const payload = layout.enum(node).payloads[pick];
  const { tagging } = node;
  space.picks.push({ node, slot, variant: pick });
  // The enum's own cell is a header until the variant goes there.
  const content = (names: readonly string[], bit: number): Member => ({
    ...BARE,
    names,
    path: own,
    ...(payload === undefined
      ? { read: "null" }
      : { read: "place", place: payload, base: slot, required: true }),
    seen: bitAddress(slot, bit),
  });
  const tag = (name: string) => tagMember(name, variant, payload, slot, bitAddress(slot, 0), own);
  switch (tagging.style) {
    case "external":
      space.members.push({ ...content([variant.wire, ...variant.aliases], 0), required: true });
      return;
    case "adjacent":
      space.members.push(tag(tagging.tag));
      // Without a payload nothing is written; what comes with an unknown tag, nobody knows.
      space.members.push({
        ...(variant.other
          ? { ...BARE, names: [tagging.content], path: own, seen: bitAddress(slot, 1) }
          : content([tagging.content], 1)),
        keyPath: own + fieldSegment(tagging.content),
        skipEncode: variant.other || payload === undefined,
      });
      return;
    case "internal":
      space.members.push(tag(tagging.tag));
      if (variant.other) return;
  }
  if (payload === undefined) return;
  const at = slot + payload.slot;
  const { node: part } = payload;
  if (payload.boxed || (part.kind !== "struct" && part.kind !== "map" && part.kind !== "enum")) {
    throw new CodecError("load.unsupported", `${own}: no ${part.kind} can stand among other keys`);
  }
  if (part.kind !== "struct") {
    addPart(part, at, own, space);
    return;
  }
  addHeaders(layout, part, at, space);
  collect(layout, part, at, own, direction, space, []);
}
