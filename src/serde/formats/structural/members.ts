// A struct as one key space: its own fields, those of what is flattened into it, and for each flattened enum the keys of
// one variant. Both directions of all self-describing formats lower from this.

import { CodecError } from "../../ir/failure.ts";
import { fieldSegment, variantSegment } from "../../ir/path.ts";
import { bitAddress, type Layout, type Place, shiftBit } from "../../layout/layout.ts";
import type { Constant, EnumNode, Field, MapNode, StructNode } from "../../shape/node.ts";

/** A key and what belongs to it, from the record around the outermost struct. */
export interface Member {
  /** On the wire, aliases behind. */
  readonly names: readonly string[];
  readonly path: string;
  /** `undefined`: null, or a tag, which is known already. */
  readonly place: Place | undefined;
  /** Slot of the struct that `place` is in. */
  readonly base: number;
  /** The text of a tag. */
  readonly tag: string | undefined;
  /** Bit address of the seen bit. */
  readonly seen: number;
  readonly required: boolean;
  readonly default: { readonly value: Constant } | undefined;
  /** Decode: bit to set when the key is there. */
  readonly mark: number | undefined;
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

export interface Choice {
  readonly node: EnumNode;
  readonly slot: number;
  readonly path: string;
}

export interface KeySpace {
  readonly members: Member[];
  readonly groups: Group[];
  readonly choices: Choice[];
  /** The flattened map, which takes all other keys. */
  rest: { readonly node: MapNode; readonly slot: number; readonly path: string } | undefined;
  /** Header cells beside the struct's own. */
  readonly headers: number[];
}

/** Fields times combinations of variants; a shape beyond that is refused. */
const MAX_MEMBERS = 20_000;

export function keySpaceOf(
  layout: Layout,
  node: StructNode,
  slot: number,
  path: string,
  direction: "decode" | "encode",
): KeySpace {
  const space: KeySpace = { members: [], groups: [], choices: [], rest: undefined, headers: [] };
  collect(layout, node, slot, path, direction, space, undefined);
  return space;
}

function collect(
  layout: Layout,
  node: StructNode,
  slot: number,
  path: string,
  direction: "decode" | "encode",
  space: KeySpace,
  group: number | undefined,
): void {
  const record = layout.record(node);
  for (const [i, field] of node.fields.entries()) {
    const place = record.places[i]!;
    const own = path + fieldSegment(field.name);
    const skipped = direction === "decode" ? field.skipDecode : field.skipEncode;
    if (!field.flatten || skipped) {
      space.members.push(memberOf(field, place, slot, record.seen[i]!, own, group));
      continue;
    }
    if (place.boxed || (group !== undefined && place.some >= 0)) throw unsupported(own);
    const at = slot + place.slot;
    const { node: part } = place;
    if (part.kind === "struct") {
      for (let cell = 0; cell < layout.record(part).headerCells; cell++) space.headers.push(at + cell);
      if (place.some < 0) {
        collect(layout, part, at, own, direction, space, group);
        continue;
      }
      const bit = shiftBit(place.some, slot);
      const from = space.members.length;
      const before = space.choices.length;
      collect(layout, part, at, own, direction, space, bit);
      if (space.choices.length > before) throw unsupported(own);
      space.groups.push({ bit, members: space.members.slice(from) });
    } else if (part.kind === "enum" && place.some < 0 && group === undefined) {
      if (part.tagging.style === "numeric") throw unsupported(own);
      space.headers.push(at);
      space.choices.push({ node: part, slot: at, path: own });
    } else if (part.kind === "map" && place.some < 0 && group === undefined && space.rest === undefined) {
      space.rest = { node: part, slot: at, path: own };
    } else {
      throw unsupported(own);
    }
  }
}

const unsupported = (path: string) =>
  new CodecError("load.unsupported", `what is flattened at ${path} is not a struct, an enum or one map`);

function memberOf(
  field: Field,
  place: Place,
  base: number,
  seen: number,
  path: string,
  group: number | undefined,
): Member {
  const optional = field.default !== undefined || place.some >= 0;
  const bit = field.skipIf === undefined ? -1 : field.skipIf === "none" ? place.some : seen;
  return {
    names: [field.wire, ...field.aliases],
    path,
    place,
    base,
    tag: undefined,
    seen: shiftBit(seen, base),
    required: !optional,
    default: field.default,
    mark: group,
    written: bit < 0 ? (group ?? -1) : shiftBit(bit, base),
    skipEncode: field.skipEncode,
    skipDecode: field.skipDecode,
  };
}

/** A tag among the keys of a struct. */
export const tagMember = (tag: string, text: string, seen: number, path: string): Member => ({
  names: [tag],
  path: path + fieldSegment(tag),
  place: undefined,
  base: 0,
  tag: text,
  seen,
  required: false,
  default: undefined,
  mark: undefined,
  written: -1,
  skipEncode: false,
  skipDecode: false,
});

/** Every combination of variants of the flattened enums, the first one varying slowest. */
export function combinations(choices: readonly Choice[], members: number): number[][] {
  let all: number[][] = [[]];
  for (const { node } of choices) {
    if (all.length * node.variants.length * (members + 1) > MAX_MEMBERS) {
      throw new CodecError("load.unsupported", "too many combinations of flattened variants");
    }
    all = all.flatMap((picks) => node.variants.map((_, variant) => [...picks, variant]));
  }
  return all;
}

/** The key space with these variants for its flattened enums. */
export function withVariants(
  layout: Layout,
  space: KeySpace,
  picks: readonly number[],
  direction: "decode" | "encode",
): KeySpace {
  const full: KeySpace = {
    members: [...space.members],
    groups: [...space.groups],
    choices: [],
    rest: space.rest,
    headers: [...space.headers],
  };
  for (const [i, choice] of space.choices.entries())
    variantMembers(layout, choice, picks[i]!, direction, full);
  return full;
}

function variantMembers(
  layout: Layout,
  { node, slot, path }: Choice,
  pick: number,
  direction: "decode" | "encode",
  space: KeySpace,
): void {
  const variant = node.variants[pick]!;
  const payload = layout.enum(node).payloads[pick];
  const own = path + variantSegment(variant.name);
  const { tagging } = node;
  const first = bitAddress(slot, 0);
  const content = (names: readonly string[], seen: number): Member => ({
    ...tagMember(names[0]!, "", seen, own),
    names,
    path: own,
    place: payload,
    base: slot,
    tag: undefined,
    required: true,
  });
  if (tagging.style === "internal" || tagging.style === "adjacent") {
    space.members.push(tagMember(tagging.tag, variant.wire, first, own));
  }
  if (tagging.style === "external") {
    space.members.push(content([variant.wire, ...variant.aliases], first));
  } else if (tagging.style === "adjacent") {
    if (payload !== undefined) space.members.push(content([tagging.content], bitAddress(slot, 1)));
  } else if (payload !== undefined) {
    if (payload.node.kind !== "struct" || payload.boxed) throw unsupported(own);
    const at = slot + payload.slot;
    for (let cell = 0; cell < layout.record(payload.node).headerCells; cell++) space.headers.push(at + cell);
    const before = space.choices.length;
    const rest = space.rest;
    space.rest = undefined;
    collect(layout, payload.node, at, own, direction, space, undefined);
    if (space.choices.length > before || (rest !== undefined && space.rest !== undefined))
      throw unsupported(own);
    space.rest ??= rest;
  }
}
