// What lists and boxes say about their records, computed anew: `flat` only where nothing else takes cells meanwhile,
// no clearing (`zero`) only where every cell is written on every way through (ways.ts), and that the key of an entry,
// or what is compared as text, is what its first instruction read and nothing else.

import { CodecError } from "../ir/failure.ts";
import { KIND } from "../ir/kinds.ts";
import { BOX_ZERO, LIST } from "../ir/ops.ts";
import { type Rec, type Region, wordsOf, writtenBy } from "./records.ts";
import type { Facts } from "./verify.ts";
import { checkWays } from "./ways.ts";

/** Instructions one instruction of a procedure may cost by calling others, which need no document for it. */
const MAX_INLINE = 1 << 20;

export function checkFlags(facts: Facts): void {
  const { program, regions } = facts;
  const order = callOrder(facts);
  if (program.direction === "encode") return;
  const taking = takesCells(facts);
  const full = new Set<number>();
  const isFull = (region: Region) => checkWays(facts, region, full);
  for (const procedure of order) {
    const { pc } = procedure.records[0]!;
    if ((pc === 0 && program.rootZero) || isFull(procedure)) full.add(pc);
  }
  if (!full.has(0)) throw badFlags(regions[0]!.records[0]!);
  for (const region of regions) {
    const { by } = region;
    if (by === undefined) continue;
    const isBox = by.op.row.verb === "box";
    const has = (flag: number) => !isBox && (by.x8 & flag) !== 0;
    const zero = isBox ? by.x8 === BOX_ZERO : has(LIST.zero);
    const ok =
      (zero || isFull(region)) &&
      !(has(LIST.flat) && taking.has(region)) &&
      (!has(LIST.map | LIST.text) || keepsKey(facts, region)) &&
      (!has(LIST.text) || readsText(region, has(LIST.second) ? 1 : 0));
    if (!ok) throw badFlags(by);
  }
}

const badFlags = ({ pc }: Rec): CodecError => CodecError.at("load.bad_flags", { offset: pc });

/** Procedures, those that are called in a record of another before that one; none may contain itself. */
function callOrder(facts: Facts): Region[] {
  const { regions, regionOf } = facts;
  const procedures = regions.filter(({ by }) => by === undefined);
  const callees = new Map<Region, Rec[]>();
  for (const region of procedures) callees.set(region, region.records.filter(isCall));
  const cost = new Map<Region, number>();
  const order: Region[] = [];
  const open = new Set<Region>();
  for (const root of procedures) {
    const stack = [{ region: root, next: 0 }];
    if (cost.has(root)) continue;
    open.add(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const { region } = top;
      const call = callees.get(region)![top.next++];
      if (call !== undefined) {
        const callee = regionOf[facts.at(call.a)!.index]!;
        if (open.has(callee)) throw CodecError.at("load.no_progress", { offset: call.pc });
        if (!cost.has(callee)) {
          open.add(callee);
          stack.push({ region: callee, next: 0 });
        }
        continue;
      }
      let sum = region.records.length;
      for (const each of callees.get(region)!) sum += cost.get(regionOf[facts.at(each.a)!.index]!)!;
      if (sum > Math.max(MAX_INLINE, facts.records.length)) {
        throw CodecError.at("load.too_large", { offset: region.records[0]!.pc });
      }
      cost.set(region, sum);
      order.push(region);
      open.delete(region);
      stack.pop();
    }
  }
  return order;
}

const isCall = (rec: Rec): boolean => rec.op.row.verb === "call";

/** Regions in which, or in what they call, cells are taken from the heap or the build stack. */
function takesCells(facts: Facts): Set<Region> {
  const { records, regions, regionOf, tables } = facts;
  const taking = new Set<Region>();
  const callers = new Map<Region, Region[]>();
  const todo: Region[] = [];
  const add = (region: Region) => {
    if (taking.has(region)) return;
    taking.add(region);
    todo.push(region);
  };
  for (const region of regions) if (region.by !== undefined) add(regionOf[region.by.index]!);
  for (const rec of records) {
    const region = regionOf[rec.index]!;
    const { verb } = rec.op.row;
    if (verb === "call") {
      const callee = regionOf[facts.at(rec.a)!.index]!;
      const known = callers.get(callee);
      if (known === undefined) callers.set(callee, [region]);
      else known.push(region);
    }
    const table = verb === "const" ? tables.get(rec.b) : undefined;
    if (table?.role === "constant" && table.cells.length > 2 * table.own) add(region);
  }
  for (const region of todo) for (const caller of callers.get(region) ?? []) add(caller);
  return taking;
}

const readsText = ({ records: [first] }: Region, cell: number): boolean =>
  first?.op.row.verb === "get" && first.x8 === KIND.str && first.a === cell && first.b < 0;

/** Whether nothing but its first instruction writes what that one does. */
function keepsKey(facts: Facts, { records }: Region): boolean {
  const { tables, procedures } = facts;
  const [first, ...others] = records;
  const [from, cells] = writtenBy(first!, tables, procedures) ?? [0, 0];
  const hits = (cell: number, count: number) => cell < from + cells && from < cell + count;
  const met = new Set<number>();
  return others.every((rec) => {
    const { operands } = rec.op.row;
    const written = writtenBy(rec, tables, procedures);
    if (written !== undefined && hits(...written)) return false;
    if (operands.a === "bit") return !hits(rec.a >> 6, 1);
    if (operands.a !== "keys" || met.has(rec.a)) return true;
    met.add(rec.a);
    return ![...wordsOf(tables.get(rec.a)!)].some((word) => hits(word >> 1, 1));
  });
}
