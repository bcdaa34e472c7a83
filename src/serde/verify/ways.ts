// The ways through one region of a decode program, whose record is not cleared: that no cell is read before it is
// written, and whether every cell is written in the end.
//
// Control goes forward, but for a key, which leads to any field of its object. So the graph has a node for each record
// and one for each table; the node of a key table stands behind the object's first key, and what leads back to it from
// the other keys adds no way to come there. A cell is written before a record if something that writes it lies on every
// way to the record. At the end of an object more is known: the blocks of its required fields have been passed, if
// nothing else can set their bits and no block is left by another way than a key.

import { CodecError } from "../ir/failure.ts";
import { KIND } from "../ir/kinds.ts";
import { SEQ } from "../ir/ops.ts";
import { type KeysTable, type ReadTable, requiredBits } from "../ir/table-form.ts";
import { Dominators } from "./dominators.ts";
import { Cover, countBelow, coversAll, type Range, union } from "./ranges.ts";
import { directTargets, type Rec, type Region, targetsOf, wordsOf, writtenBy } from "./records.ts";
import type { Facts } from "./verify.ts";

/** Whether every way through `region` writes all its cells. `full`: entries of procedures that do. */
export function checkWays(facts: Facts, region: Region, full: ReadonlySet<number>): boolean {
  return new Ways(facts, region, full).check();
}

/** A table that records of the region go by. */
interface Hub {
  readonly node: number;
  readonly at: number;
  readonly table: ReadTable;
  /** Places of the records. */
  readonly users: number[];
}

class Ways {
  readonly #facts: Facts;
  readonly #full: ReadonlySet<number>;
  readonly #region: Region;
  readonly #recs: readonly Rec[];
  readonly #hubs: Hub[] = [];
  readonly #hubOf = new Map<number, Hub>();
  readonly #graph: Dominators;
  readonly #order: ReturnType<Dominators["preorder"]>;

  constructor(facts: Facts, region: Region, full: ReadonlySet<number>) {
    this.#facts = facts;
    this.#full = full;
    this.#region = region;
    this.#recs = region.records;
    for (const rec of this.#recs) this.#meet(rec);
    this.#graph = new Dominators(this.#recs.length + this.#hubs.length);
    this.#connect();
    this.#order = this.#graph.preorder();
  }

  check(): boolean {
    this.#checkReads();
    // What never ends leaves nothing unwritten.
    if (!this.#graph.isReached(this.#recs.length - 1)) return true;
    return coversAll(this.#written(), this.#region.cells);
  }

  #meet(rec: Rec): void {
    const at = tableOf(rec);
    if (at < 0) return;
    const known = this.#hubOf.get(at);
    if (known !== undefined) {
      known.users.push(rec.place);
      return;
    }
    const node = this.#recs.length + this.#hubs.length;
    const hub = { node, at, table: this.#facts.tables.get(at)!, users: [rec.place] };
    this.#hubs.push(hub);
    this.#hubOf.set(at, hub);
  }

  /** A hub of keys stands behind the first of them, others behind the last. */
  #connect(): void {
    const graph = this.#graph;
    const behind = new Map<number, Hub[]>();
    for (const hub of this.#hubs) {
      const place = hub.table.role === "keys" ? hub.users[0]! : hub.users.at(-1)!;
      behind.set(place, [...(behind.get(place) ?? []), hub]);
    }
    const follow = (node: number) => {
      if (graph.place(node))
        for (const next of this.#next(node)) if (!this.#isBack(node, next)) graph.edge(node, next);
    };
    for (const place of this.#recs.keys()) {
      follow(place);
      for (const hub of behind.get(place) ?? []) {
        const early = this.#next(hub.node).some((target) => target <= place);
        if (early) throw CodecError.at("load.no_progress", { offset: this.#recs[place]!.pc });
        follow(hub.node);
      }
    }
    for (const { table, node, users } of this.#hubs) {
      if (table.role !== "keys") continue;
      const stray = users.find(
        (place) => place !== users[0] && graph.isReached(place) && !graph.isOver(node, place),
      );
      if (stray !== undefined) throw CodecError.at("load.bad_structure", { offset: this.#recs[stray]!.pc });
    }
  }

  #isBack(from: number, to: number): boolean {
    const hub = this.#hubs[to - this.#recs.length];
    return hub !== undefined && hub.table.role === "keys" && from !== hub.users[0];
  }

  /** Where control goes from a record, or by a table. */
  #next(node: number): number[] {
    const hub = this.#hubs[node - this.#recs.length];
    if (hub !== undefined) return Array.from(targetsOf(hub.table), (target) => this.#facts.at(target)!.place);
    const rec = this.#recs[node]!;
    const { verb, terminator } = rec.op.row;
    const by = this.#hubOf.get(tableOf(rec));
    // Its alternative is another key of its table, and that leads on by the table too.
    if (verb === "key") return [by!.node];
    const next = directTargets(rec).map((target) => this.#facts.at(target)!.place);
    if (by !== undefined) next.push(by.node);
    const falls = !terminator && verb !== "list" && verb !== "rest";
    if (falls && node + 1 < this.#recs.length) next.push(node + 1);
    return next;
  }

  /** Cells that must be written when control comes to the node. */
  #reads(node: number): number[] {
    const hub = this.#hubs[node - this.#recs.length];
    if (hub !== undefined) {
      const words = hub.table.role === "keys" ? [...wordsOf(hub.table)] : [];
      return words.map((word) => word >> 1);
    }
    const { op, x8, a, b } = this.#recs[node]!;
    if (op.row.operands.a === "bit") return [a >> 6];
    return op.row.verb === "seq" && x8 !== SEQ.open ? [b] : [];
  }

  #checkReads(): void {
    const { nodes, at, end } = this.#order;
    const reads = nodes.map((node) => this.#reads(node));
    const cover = new Cover([...new Set(reads.flat())].sort((a, b) => a - b));
    const open: { readonly end: number; readonly range: Range }[] = [];
    for (const [i, node] of nodes.entries()) {
      for (let last = open.at(-1); last !== undefined && last.end <= i; last = open.at(-1)) {
        cover.add(last.range, -1);
        open.pop();
      }
      if (reads[i]!.some((cell) => !cover.has(cell))) {
        const place = this.#hubs[node - this.#recs.length]?.users[0] ?? node;
        throw CodecError.at("load.unwritten_cell", { offset: this.#recs[place]!.pc });
      }
      const range = this.#writes(node);
      if (range === undefined || end[node]! === at[node]! + 1) continue;
      cover.add(range, 1);
      open.push({ end: end[node]!, range });
    }
  }

  /** Cells a record has written when control goes on, whichever way. */
  #writes(node: number): Range | undefined {
    const rec = this.#recs[node];
    if (rec === undefined) return undefined;
    const { verb } = rec.op.row;
    if (verb === "call" && !this.#full.has(rec.a)) return undefined;
    // A unit's cell says nothing, so nothing is written; the tuple's header only when it opens.
    if ((verb === "get" && rec.x8 === KIND.unit) || (verb === "seq" && rec.x8 !== SEQ.open)) return undefined;
    if ((verb === "get" && rec.b >= 0) || (verb === "case" && rec.c >= 0)) return undefined;
    return rangeOf(rec, this.#facts);
  }

  /** What is written on every way to the end. */
  #written(): Range[] {
    const graph = this.#graph;
    const required = this.#requiredFields();
    const entries = this.#entries();
    const seen = new Set<number>();
    const written: Range[] = [];
    const todo = [this.#recs.length - 1];
    for (let from = todo.pop(); from !== undefined; from = todo.pop()) {
      for (let node = from; node >= 0 && !seen.has(node); node = graph.parent[node]!) {
        seen.add(node);
        const range = this.#writes(node);
        if (range !== undefined) written.push(range);
        const hub = this.#hubs[graph.parent[node]! - this.#recs.length];
        // Only the end of the object leads here.
        if (hub?.table.role === "keys" && this.#isClose(hub.table, node) && entries[node] === 1) {
          seen.add(hub.node);
          todo.push(...required(hub.node), graph.parent[hub.node]!);
        }
      }
    }
    return written;
  }

  #isClose(table: KeysTable, node: number): boolean {
    return this.#facts.at(table.close)!.place === node;
  }

  /** How many edges lead to each node. */
  #entries(): Int32Array {
    const entries = new Int32Array(this.#graph.parent.length);
    for (const node of this.#graph.placed) for (const next of this.#next(node)) entries[next]!++;
    return entries;
  }

  /** By hub: for each required field, the last node on every way through its block. */
  #requiredFields(): (hub: number) => readonly number[] {
    const graph = this.#graph;
    const escapes = this.#escapes();
    const owned = this.#ownedBits();
    const ends = new Map<number, number[]>();
    for (const hub of this.#hubs) {
      if (hub.table.role !== "keys" || !graph.isReached(hub.node)) continue;
      const inside = graph.depth[hub.node]! + 1;
      const backs = new Map<number, number>();
      for (const key of hub.users) {
        if (key === hub.users[0] || !graph.isReached(key)) continue;
        const block = graph.ancestor(key, inside);
        const known = backs.get(block);
        backs.set(block, known === undefined ? key : graph.common(known, key));
      }
      const isOwned = owned(hub, hub.table);
      const found: number[] = [];
      for (const { bit, target } of hub.table.fields) {
        const block = target < 0 ? -1 : this.#facts.at(target)!.place;
        const back = backs.get(block);
        if (back !== undefined && isOwned(bit) && escapes[block]! >= inside) found.push(back);
      }
      ends.set(hub.node, found);
    }
    return (hub) => ends.get(hub) ?? [];
  }

  /** By node: the least depth control comes to from there and from all under it, but for keys that go back. */
  #escapes(): Int32Array {
    const { depth, parent, placed } = this.#graph;
    const least = new Int32Array(parent.length).fill(0x7fff_ffff);
    for (const node of [...placed].reverse()) {
      for (const next of this.#next(node)) {
        // A key that goes back stays in the blocks around it, and leaves those it is not right in.
        const to = this.#isBack(node, next) ? depth[next]! + 1 : depth[parent[next]!]!;
        least[node] = Math.min(least[node]!, to);
      }
      const over = parent[node]!;
      if (over >= 0) least[over] = Math.min(least[over]!, least[node]!);
    }
    return least;
  }

  /** Of a hub of keys: whether a required bit says that the field's key was there, and nothing else can set it. */
  #ownedBits(): (hub: Hub, table: KeysTable) => (bit: number) => boolean {
    const { nodes, at, end } = this.#order;
    /** By word and by bit: where in the order it may be set. */
    const words = new Map<number, number[]>();
    const bits = new Map<number, number[]>();
    /** By cell: records that clear it. */
    const cleared = new Map<number, number[]>();
    const wide: Range[] = [];
    for (const node of nodes) {
      const place = at[node]!;
      const hub = this.#hubs[node - this.#recs.length];
      if (hub !== undefined) {
        if (hub.table.role !== "keys") continue;
        for (const { bit } of hub.table.fields) if (bit >= 0) push(bits, bit, place);
        push(words, 2 * hub.table.header + 1, place);
        continue;
      }
      const rec = this.#recs[node]!;
      const { verb, operands } = rec.op.row;
      if (operands.a === "bit" && verb !== "if") push(bits, rec.a, place);
      const range = rangeOf(rec, this.#facts);
      if (range === undefined) continue;
      if (verb === "obj") push(words, 2 * rec.b + 1, place);
      else if (verb === "set" && rec.b === 0 && rec.c === 0) push(cleared, rec.a, node);
      else if (range[1] - range[0] > 1) wide.push(range);
      else for (const half of [0, 1]) push(words, 2 * range[0] + half, place);
    }
    for (const places of cleared.values()) places.sort((a, b) => a - b);
    const taken = union(wide);
    const starts = taken.map(([from]) => from);
    const isTaken = (cell: number) => (taken[countBelow(starts, cell + 1) - 1]?.[1] ?? 0) > cell;
    const within = (places: readonly number[] | undefined, node: number) =>
      places === undefined ? 0 : countBelow(places, end[node]!) - countBelow(places, at[node]!);
    return (hub, table) => {
      const isRequired = requiredBits(table);
      return (bit) => {
        if (!isRequired(bit) || isTaken(bit >> 6)) return false;
        const by = this.#clearedBy(hub, bit >> 6, cleared);
        return by >= 0 && within(words.get(bit >> 5), by) === 0 && within(bits.get(bit), by) === 1;
      };
    };
  }

  /** What clears the cell before the object of `hub` is read, or -1. */
  #clearedBy(hub: Hub, cell: number, cleared: ReadonlyMap<number, readonly number[]>): number {
    const first = hub.users[0]!;
    const before = this.#recs[first - 1];
    if (before?.op.row.verb === "obj" && before.a === hub.at && this.#graph.isOver(first - 1, first)) {
      if (cell >= before.b && cell < before.b + before.x16) return first - 1;
    }
    const places = cleared.get(cell) ?? [];
    const nearest = places[countBelow(places, first) - 1];
    return nearest !== undefined && this.#graph.isOver(nearest, first) ? nearest : -1;
  }
}

function push(map: Map<number, number[]>, key: number, value: number): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}

function rangeOf(rec: Rec, { tables, procedures }: Facts): Range | undefined {
  const written = writtenBy(rec, tables, procedures);
  return written && [written[0], written[0] + written[1]];
}

/** Offset of the table by whose targets `rec` goes on, or -1. */
function tableOf({ op, a, b }: Rec): number {
  const { operands, verb } = op.row;
  if (verb === "key" || operands.a === "kinds" || operands.a === "probe") return a;
  return operands.b === "cases" ? b : -1;
}
