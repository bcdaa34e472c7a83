// Where everything of a shape sits in cells: slots, header bits, strides, boxes. From the shape alone, never from the
// format, so that every program and every reader of one shape agree.
//
// A cell is 8 bytes. A record is a run of cells at fixed slots:
//   struct, tuple   header cell(s), then the fields; header word 0 = bits 0..31, word 1 = entries left while a
//                   counted container is read, words 2.. = bits 32.. ; one `seen` bit per struct field, one `some` bit
//                   per option field, and for structs one bit for the tag of an enum around them
//   option          elsewhere than in a record: a header cell, bit 0 = some, then the value
//   enum            the variant index, then room for the widest payload
//   list, set, map, array, box   {first cell, count}; a box is a list of one
//   scalar          one cell; text and bytes are {start, end | class}
// Recursion is broken by boxes, and so are wide payloads: every width is finite, and the work is linear in the shape.

import { CodecError } from "../ir/failure.ts";
import type {
  ArrayNode,
  EnumNode,
  ListNode,
  MapNode,
  NewtypeNode,
  Node,
  OptionNode,
  RefNode,
  SetNode,
  StructNode,
  TupleNode,
} from "../shape/node.ts";
import { ANY } from "./any.ts";

/** What is left of a node without names and references, which cells do not know. */
export type Core = Exclude<Node, NewtypeNode | RefNode>;
export type Elements = ListNode | ArrayNode | SetNode | MapNode;

/** Payloads of options and enums wider than this are boxed: most elements do not have them. */
const MAX_INLINE_PAYLOAD = 4;
/** Structs and tuples inside others wider than this are boxed, so that shared parts cannot multiply. */
const MAX_INLINE_RECORD = 64;
/** Widths and strides are 16-bit operands. */
const MAX_CELLS = 0x7fff;

/** A part of a record. */
export interface Place {
  /** Cells from the start of the record. */
  readonly slot: number;
  /** Bit address of the some bit; -1: not optional, or an option with a header of its own. */
  readonly some: number;
  /** The option whose some bit it is. */
  readonly option: OptionNode | undefined;
  /** The slot holds a box; the value is the box's record. */
  readonly boxed: boolean;
  readonly node: Core;
}

export interface RecordLayout {
  readonly cells: number;
  readonly headerCells: number;
  readonly places: readonly Place[];
  /** Structs: bit address of the seen bit of each field. */
  readonly seen: readonly number[];
  /** Structs: bit address of the seen bit for a tag beside the fields. */
  readonly tagBit: number;
}

export interface EnumLayout {
  readonly cells: number;
  /** By variant; `undefined` for unit variants. */
  readonly payloads: readonly (Place | undefined)[];
}

/** The record of one element of a list, array or set, or one entry of a map. */
export interface ElementLayout {
  readonly cells: number;
  /** Not always fully written: cleared when allocated, or cells of an earlier document would show. */
  readonly zero: boolean;
  /** Contains nothing that allocates cells: elements go straight to the heap. */
  readonly flat: boolean;
  /** Maps only. */
  readonly key: Place | undefined;
  readonly value: Place;
}

/** A bit address: the 32-bit word from the start of the record, times 32, plus the bit. */
export function bitAddress(slot: number, bit: number): number {
  const word = 2 * slot + (bit < 32 ? 0 : 2 + ((bit - 32) >> 5));
  return (word << 5) | (bit & 31);
}

/** `address` as seen from a record that starts `slot` cells earlier. */
export const shiftBit = (address: number, slot: number): number => address + ((2 * slot) << 5);

export function coreOf(node: Node): Core {
  let core = node;
  // A chain of references that only names itself has no core; builders refuse it, and so does this count.
  for (let i = 0; i < 10_000; i++) {
    if (core.kind === "ref") core = core.target;
    else if (core.kind === "newtype") core = core.inner;
    else return core;
  }
  throw new CodecError("load.unsupported", "a reference that refers to nothing but itself");
}

export class Layout {
  readonly root: Place;
  readonly rootCells: number;
  readonly rootZero: boolean;
  readonly #records = new Map<StructNode | TupleNode, RecordLayout>();
  readonly #enums = new Map<EnumNode, EnumLayout>();
  readonly #elements = new Map<Elements, ElementLayout>();
  readonly #options = new Map<OptionNode, Place>();
  readonly #flattened = new Set<EnumNode>();
  /** Being laid out: met again, it is boxed. */
  readonly #open = new Set<Core>();

  constructor(root: Node) {
    this.#findFlattened(coreOf(root), new Set());
    this.root = this.#place(root, 0, undefined, MAX_CELLS);
    this.rootCells = this.#cells(this.root);
    this.rootZero = this.#zero(this.root);
  }

  /** The keys of flattened parts stand among others, so the parts stand in the record of those. */
  #findFlattened(node: Core, seen: Set<Core>): void {
    if (seen.has(node)) return;
    seen.add(node);
    if (node.kind === "struct") for (const part of beside(node)) this.#flatten(part);
    for (const part of partsOf(node)) this.#findFlattened(part, seen);
  }

  #flatten(part: Core): void {
    if (part.kind !== "enum" || this.#flattened.has(part)) return;
    this.#flattened.add(part);
    for (const inner of beside(part)) this.#flatten(inner);
  }

  /** Whether it is being laid out, or what it has in its own record is: a part of another's record has no box. */
  #isOpen(node: Core, seen: Set<Core> = new Set()): boolean {
    if (this.#open.has(node)) return true;
    if (seen.has(node)) return false;
    seen.add(node);
    return beside(node).some((part) => this.#isOpen(part, seen));
  }

  record(node: StructNode | TupleNode): RecordLayout {
    const known = this.#records.get(node);
    if (known !== undefined) return known;
    this.#open.add(node);
    const parts = node.kind === "struct" ? node.fields.map((field) => field.node) : node.items;
    const struct = node.kind === "struct";
    const options = parts.map((part) => coreOf(part).kind === "option");
    const seenBits = struct ? parts.length + 1 : 0;
    const bits = seenBits + options.filter(Boolean).length;
    const headerCells = 1 + Math.ceil(Math.max(0, bits - 32) / 64);
    const places: Place[] = [];
    let slot = headerCells;
    let nextSome = seenBits;
    for (const [i, part] of parts.entries()) {
      const some = options[i] ? bitAddress(0, nextSome++) : undefined;
      const flat = node.kind === "struct" && node.fields[i]!.flatten;
      const place = this.#place(part, slot, some, flat ? MAX_CELLS : MAX_INLINE_RECORD, flat);
      places.push(place);
      slot += this.#cells(place);
      if (slot > MAX_CELLS) throw new CodecError("load.unsupported", `a record of over ${MAX_CELLS} cells`);
    }
    this.#open.delete(node);
    const layout: RecordLayout = {
      cells: slot,
      headerCells,
      places,
      seen: struct ? parts.map((_, i) => bitAddress(0, i)) : [],
      tagBit: struct ? bitAddress(0, parts.length) : -1,
    };
    this.#records.set(node, layout);
    return layout;
  }

  enum(node: EnumNode): EnumLayout {
    const known = this.#enums.get(node);
    if (known !== undefined) return known;
    this.#open.add(node);
    const limit = this.#flattened.has(node) ? MAX_CELLS : MAX_INLINE_PAYLOAD;
    const payloads = node.variants.map((variant) =>
      variant.payload === undefined ? undefined : this.#place(variant.payload, 1, undefined, limit),
    );
    this.#open.delete(node);
    const widest = payloads.reduce((most, place) => Math.max(most, place ? this.#cells(place) : 0), 0);
    const layout = { cells: 1 + widest, payloads };
    this.#enums.set(node, layout);
    return layout;
  }

  /** The value of an option that has a header cell of its own; the some bit is bit 0 of that. */
  option(node: OptionNode): Place {
    const known = this.#options.get(node);
    if (known !== undefined) return known;
    this.#open.add(node);
    const place = this.#place(node.inner, 1, undefined, MAX_INLINE_PAYLOAD);
    this.#open.delete(node);
    this.#options.set(node, place);
    return place;
  }

  element(node: Elements): ElementLayout {
    const known = this.#elements.get(node);
    if (known !== undefined) return known;
    const key = node.kind === "map" ? this.#place(node.key, 0, undefined, MAX_CELLS) : undefined;
    const from = key === undefined ? 0 : this.#cells(key);
    const value = this.#place(
      node.kind === "map" ? node.value : node.item,
      from,
      undefined,
      MAX_CELLS - from,
    );
    const parts = key === undefined ? [value] : [key, value];
    const layout: ElementLayout = {
      cells: from + this.#cells(value),
      zero: parts.some((place) => this.#zero(place)),
      flat: parts.every((place) => this.#flat(place)),
      key,
      value,
    };
    this.#elements.set(node, layout);
    return layout;
  }

  /** Cells of the value itself, as it stands in a box or inline. */
  cellsOf(node: Core): number {
    switch (node.kind) {
      case "struct":
      case "tuple":
        return this.record(node).cells;
      case "enum":
        return this.enum(node).cells;
      case "option":
        return 1 + this.#cells(this.option(node));
      case "any":
        return ANY.cells;
      default:
        return 1;
    }
  }

  zeroOf(node: Core): boolean {
    switch (node.kind) {
      case "struct":
        return node.fields.some((field) => field.default !== undefined) || this.#anyZero(node);
      case "tuple":
        return this.#anyZero(node);
      // A cell that is written on one way or another: nobody has to prove that it is one of them.
      case "enum":
      case "option":
      case "any":
      case "unit": // its cell says nothing, so no instruction writes it
        return true;
      default:
        return false;
    }
  }

  #anyZero(node: StructNode | TupleNode): boolean {
    return this.record(node).places.some((place) => this.#zero(place));
  }

  #flatOf(node: Core): boolean {
    switch (node.kind) {
      case "struct":
      case "tuple":
        return this.record(node).places.every((place) => this.#flat(place));
      case "enum":
        return this.enum(node).payloads.every((place) => place === undefined || this.#flat(place));
      case "option":
        return this.#flat(this.option(node));
      case "list":
      case "array":
      case "set":
      case "map":
      case "any":
        return false;
      default:
        return true;
    }
  }

  #flat(place: Place): boolean {
    return !place.boxed && this.#flatOf(place.node);
  }

  #zero(place: Place): boolean {
    return place.some >= 0 || (!place.boxed && this.zeroOf(place.node));
  }

  #cells(place: Place): number {
    return place.boxed ? 1 : this.cellsOf(place.node);
  }

  #place(part: Node, slot: number, some: number | undefined, limit: number, flat = false): Place {
    let node = coreOf(part);
    let most = limit;
    let option: OptionNode | undefined;
    if (some !== undefined && node.kind === "option") {
      option = node;
      node = coreOf(node.inner);
      if (!flat) most = MAX_INLINE_PAYLOAD;
    }
    const boxed = this.#isOpen(node) || this.cellsOf(node) > most;
    return { slot, some: option === undefined ? -1 : some!, option, boxed, node };
  }
}

/** What stands among the keys of a struct, or of the struct an enum is flattened into, with keys of its own. */
export function beside(node: Core): Core[] {
  if (node.kind === "struct") {
    return node.fields.flatMap((field) => {
      const part = coreOf(field.node);
      return field.flatten ? [part.kind === "option" ? coreOf(part.inner) : part] : [];
    });
  }
  if (node.kind !== "enum" || (node.tagging.style !== "untagged" && node.tagging.style !== "internal"))
    return [];
  return partsOf(node);
}

/** What a part of a shape consists of. */
export function partsOf(node: Core): Core[] {
  switch (node.kind) {
    case "struct":
      return node.fields.map((field) => coreOf(field.node));
    case "tuple":
      return node.items.map(coreOf);
    case "list":
    case "array":
    case "set":
      return [coreOf(node.item)];
    case "map":
      return [coreOf(node.key), coreOf(node.value)];
    case "option":
      return [coreOf(node.inner)];
    case "enum":
      return node.variants.flatMap((variant) => (variant.payload ? [coreOf(variant.payload)] : []));
    default:
      return [];
  }
}
