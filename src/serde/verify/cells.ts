// An encode program against the layout of the shape whose cells it is to read: every cell is read as what it is. A cell
// of an enum's payload is one thing or another by the variant, and a box is there only with its bit: so what `pick`,
// `some` and `if` have found out is carried along, forward, and dropped where ways meet that do not agree.

import { countOf, isScalar } from "../formats/shared.ts";
import { CodecError } from "../ir/failure.ts";
import { KIND, kindOf } from "../ir/kinds.ts";
import type { CasesTable } from "../ir/table-form.ts";
import { ANY, ANY_VARIANT } from "../layout/any.ts";
import { bitAddress, type Core, type Layout, type Place, shiftBit } from "../layout/layout.ts";
import type { AnyNode, EnumNode } from "../shape/node.ts";
import { directTargets, type Rec, type Region } from "./records.ts";
import type { Facts } from "./verify.ts";

/** What is known, newest first: bit `key` is set, or the variant in the cell `key` is `variant`. */
interface Known {
  readonly key: number;
  /** -1: a bit. */
  readonly variant: number;
  readonly before: Known | undefined;
  readonly depth: number;
}
/** More than options and enums can nest without a box. */
const MAX_KNOWN = 256;

/** A part of the record, found by its slot. */
interface Part {
  readonly place: Place;
  /** Bits that must be set for it to be there. */
  readonly bits: readonly number[];
}

/** Throws `CodecError` with the position of what reads a cell as something else. */
export function checkCells(facts: Facts, layout: Layout): void {
  new CellCheck(facts, layout).run();
}

class CellCheck {
  readonly #facts: Facts;
  readonly #layout: Layout;
  /** Parts of the records of regions, and what is still to be looked at. */
  readonly #parts = new Map<Region, readonly Place[]>();
  readonly #todo: Region[] = [];
  readonly #nodes = new Map<Region, Core>();
  readonly #bodies: ReadonlyMap<Rec, Region>;
  #anyPayloads: ReadonlyMap<number, Place> | undefined;

  constructor(facts: Facts, layout: Layout) {
    this.#facts = facts;
    this.#layout = layout;
    this.#bodies = new Map(
      facts.regions.flatMap((region) => (region.by === undefined ? [] : [[region.by, region]])),
    );
  }

  run(): void {
    const [root] = this.#facts.regions;
    this.#enter(root!, [this.#layout.root]);
    for (const region of this.#todo) this.#region(region);
  }

  #enter(region: Region, parts: readonly Place[]): void {
    this.#parts.set(region, parts);
    this.#todo.push(region);
  }

  #region(region: Region): void {
    const { records } = region;
    const states: (Known | null | undefined)[] = new Array<Known | null | undefined>(records.length + 1);
    states[0] = null;
    const arrive = (place: number, known: Known | null) => {
      const other = states[place];
      states[place] = other === undefined ? known : common(other, known);
    };
    for (const [place, rec] of records.entries()) {
      const known = states[place];
      // Nothing leads here.
      if (known === undefined) continue;
      const { verb, terminator } = rec.op.row;
      this.#record(rec, region, known);
      if (verb === "pick") {
        const { rows } = this.#facts.tables.get(rec.b) as CasesTable;
        for (const [variant, { target }] of rows.entries()) {
          arrive(this.#facts.at(target)!.place, learn(known, rec.a, variant, rec));
        }
        continue;
      }
      for (const target of directTargets(rec)) arrive(this.#facts.at(target)!.place, known);
      if (terminator || verb === "each") continue;
      arrive(place + 1, verb === "some" || verb === "if" ? learn(known, rec.a, -1, rec) : known);
    }
  }

  #record(rec: Rec, region: Region, known: Known | null): void {
    const { operands, verb } = rec.op.row;
    if (verb === "call") {
      const { place } = this.#find(rec, region, rec.b, known);
      const callee = this.#facts.regionOf[this.#facts.at(rec.a)!.index]!;
      const before = this.#nodes.get(callee);
      if (
        place.boxed ||
        (before ?? place.node) !== place.node ||
        this.#layout.cellsOf(place.node) !== callee.cells
      ) {
        throw mismatch(rec);
      }
      if (before !== undefined) return;
      this.#nodes.set(callee, place.node);
      this.#enter(callee, [plain(place.node)]);
      return;
    }
    if (operands.c === "slot?" && rec.c >= 0) this.#elements(rec, this.#find(rec, region, rec.c, known));
    if (operands.a !== "slot") return;
    const part = this.#find(rec, region, rec.a, known);
    const { node, boxed } = part.place;
    if (verb === "each") {
      const list = this.#elements(rec, part);
      const { cells, key, value } = this.#layout.element(list);
      if (cells !== rec.x16 || countOf(list) !== rec.b) throw mismatch(rec);
      this.#enter(this.#bodies.get(rec)!, key === undefined ? [value] : [key, value]);
    } else if (verb === "enter") {
      const there = part.bits.every((bit) => variantOf(known, bit, true) !== undefined);
      // Nothing but the tag of an `any` is a box of one.
      const tag = node.kind === "any";
      const cells = tag ? ANY.tagCells : this.#layout.cellsOf(node);
      if (!boxed || !there || cells !== rec.x16) throw mismatch(rec);
      this.#enter(this.#bodies.get(rec)!, tag ? [plain(TAG), plain(node, 1)] : [plain(node)]);
    } else if (verb === "pick" || rec.x8 === KIND.index) {
      if (boxed || !(node.kind === "enum" || (node.kind === "any" && verb === "pick"))) throw mismatch(rec);
    } else if (boxed || !this.#isLeaf(node, rec, known)) {
      throw mismatch(rec);
    }
  }

  #isLeaf(node: Core, { x8: kind, a }: Rec, known: Known | null): boolean {
    if (node === TAG) return kind === KIND.tag;
    if (node.kind !== "any")
      return isScalar(node) && kind === kindOf(node, this.#facts.program.format === "json");
    const variant = variantOf(known, a, false);
    return ANY_LEAVES.get(kind)?.some((name) => ANY_VARIANT[name] === variant) === true;
  }

  #elements(rec: Rec, { place: { node, boxed } }: Part) {
    const isList =
      node.kind === "list" || node.kind === "array" || node.kind === "set" || node.kind === "map";
    if (boxed || !isList) throw mismatch(rec);
    return node;
  }

  /** What a variant of an enum, or of an `any`, has behind its first cell. */
  #payload(node: EnumNode | AnyNode, variant: number): Place | undefined {
    if (node.kind === "enum") return this.#layout.enum(node).payloads[variant];
    this.#anyPayloads ??= anyPayloads(node);
    return this.#anyPayloads.get(variant);
  }

  /** What stands at `slot`. */
  #find(rec: Rec, region: Region, slot: number, known: Known | null): Part {
    let places = this.#parts.get(region)!;
    let base = 0;
    const bits: number[] = [];
    for (;;) {
      const place = lastBefore(places, slot - base);
      if (place === undefined) throw mismatch(rec);
      if (place.some >= 0) bits.push(shiftBit(place.some, base));
      const at = base + place.slot;
      if (at === slot) return { place, bits };
      const { node } = place;
      if (place.boxed) throw mismatch(rec);
      if (node.kind === "struct" || node.kind === "tuple") {
        places = this.#layout.record(node).places;
      } else if (node.kind === "option") {
        bits.push(bitAddress(at, 0));
        places = [this.#layout.option(node)];
      } else if (node.kind === "enum" || node.kind === "any") {
        const variant = variantOf(known, at, false);
        const payload = variant === undefined ? undefined : this.#payload(node, variant);
        if (payload === undefined) throw mismatch(rec);
        places = [payload];
      } else {
        throw mismatch(rec);
      }
      base = at;
    }
  }
}

const mismatch = ({ pc }: Rec): CodecError => CodecError.at("load.bad_layout", { offset: pc });

const plain = (node: Core, slot = 0): Place => ({ slot, some: -1, option: undefined, boxed: false, node });

/** Kinds that read an `any` whole, and of which variants. */
const ANY_LEAVES: ReadonlyMap<number, readonly (keyof typeof ANY_VARIANT)[]> = new Map([
  [KIND.unit, ["null", "undefined"]],
  [KIND.integer, ["int", "uint", "big"]],
  [KIND.other, ["undefined", "simple", "ext"]],
]);

/** The number of a tag. */
const TAG: Core = { kind: "u64" };

function anyPayloads(any: AnyNode): ReadonlyMap<number, Place> {
  const part = (node: Core) => plain(node, 1);
  return new Map([
    [ANY_VARIANT.bool, part({ kind: "bool" })],
    [ANY_VARIANT.f64, part({ kind: "f64" })],
    [ANY_VARIANT.string, part({ kind: "string" })],
    [ANY_VARIANT.bytes, part({ kind: "bytes" })],
    [ANY_VARIANT.list, part({ kind: "list", item: any, typed: false })],
    [ANY_VARIANT.map, part({ kind: "map", key: any, value: any, duplicate: "last", js: "map" })],
    [ANY_VARIANT.tag, { ...part(any), boxed: true }],
  ]);
}

/** The last of `places`, which are in order, that starts at `slot` or before. */
function lastBefore(places: readonly Place[], slot: number): Place | undefined {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle]!.slot <= slot) low = middle + 1;
    else high = middle;
  }
  return places[low - 1];
}

function learn(before: Known | null, key: number, variant: number, rec: Rec): Known {
  const depth = (before?.depth ?? 0) + 1;
  if (depth > MAX_KNOWN) throw CodecError.at("load.too_large", { offset: rec.pc });
  return { key, variant, before: before ?? undefined, depth };
}

/** What was known before two ways parted. */
function common(a: Known | null, b: Known | null): Known | null {
  let left = a ?? undefined;
  let right = b ?? undefined;
  while (left !== right) {
    if ((left?.depth ?? 0) >= (right?.depth ?? 0)) left = left?.before;
    else right = right?.before;
  }
  return left ?? null;
}

/** The variant in the cell `key`, or -1 for a bit that is set; `undefined`: not known. */
function variantOf(known: Known | null, key: number, bit: boolean): number | undefined {
  for (let fact = known ?? undefined; fact !== undefined; fact = fact.before) {
    if (fact.key === key && fact.variant < 0 === bit) return fact.variant;
  }
  return undefined;
}
