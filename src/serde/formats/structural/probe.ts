// Probe tables: which candidate a value is of, by its keys, the kinds of its values, their fit, and what is inside them
// (spec/format-programs.md §14.2).

import { encodeUtf8 } from "../../../core/bytes.ts";
import type { Assembler, Label, Table, Word } from "../../ir/assembler.ts";
import { codeNumber } from "../../ir/codes.ts";
import { CodecError } from "../../ir/failure.ts";
import { INTEGER_RANGES } from "../../ir/kinds.ts";
import { MAX_CANDIDATES, MAX_NESTED, PROBE, TEXTS, VALUE, VALUE_KINDS } from "../../ir/tables.ts";
import { type Atom, compareAtoms, type ObjectKeys } from "./atoms.ts";

const UNKNOWN_VARIANT = codeNumber("structure.unknown_variant");
/** Keys of all objects that are looked into. */
const MAX_KEYS = 20_000;
/** Candidates that are compared with each other; among more, what fits several is ambiguous. */
const MAX_COMPARED = 256;

export interface Candidate {
  readonly target: Label;
  /** All of one kind. */
  readonly atoms: readonly Atom[];
  /** Where nothing else decides, less comes first. */
  readonly extra?: number;
}

export interface ProbeOptions {
  /** Ties go to the first candidate. */
  readonly first: boolean;
  /** One tag decides. */
  readonly tagged?: boolean;
  /** Code when no candidate is left. */
  readonly none: number;
}

export const probeTable = (out: Assembler, candidates: readonly Candidate[], options: ProbeOptions): Table =>
  new ProbeBuilder(out, candidates).table(options);

interface Rows {
  readonly count: number;
  readonly table: Table;
}

/** What each candidate may be somewhere; `undefined`: anything. */
type Asked = readonly (readonly Atom[] | undefined)[];
/** Of a candidate that is out of the question here. */
const NOBODY: readonly Atom[] = [];

class ProbeBuilder {
  readonly #out: Assembler;
  readonly #candidates: readonly Candidate[];
  readonly #keyRows: Word[] = [];
  readonly #required: number[][];
  #keys = 0;

  constructor(out: Assembler, candidates: readonly Candidate[]) {
    if (candidates.length > MAX_CANDIDATES) {
      throw new CodecError(
        "load.unsupported",
        `${out.path}: over ${MAX_CANDIDATES} candidates to tell apart`,
      );
    }
    this.#out = out;
    this.#candidates = candidates;
    this.#required = candidates.map(() => []);
  }

  table({ first, tagged = false, none }: ProbeOptions): Table {
    const candidates = this.#candidates;
    const asked = candidates.map(({ atoms }) => atoms);
    const value =
      this.#value(
        asked,
        candidates.map(() => true),
        0,
      ) ?? this.#out.table(valueWords());
    const seenWords = Math.ceil(this.#keys / 32);
    const beats = tagged ? candidates.map(() => new Set<number>()) : beatsOf(candidates, first);
    const rows = candidates.flatMap(({ target }, i): Word[] => [
      target,
      ...bitWords(this.#required[i]!, seenWords),
      ...this.#set((j) => beats[i]!.has(j)),
    ]);
    const words: Word[] = new Array<Word>(PROBE.words).fill(0);
    words[PROBE.candidates] = candidates.length;
    words[PROBE.candidatesAt] = this.#out.table(rows);
    words[PROBE.keys] = this.#keys;
    words[PROBE.keysAt] = this.#out.table(this.#keyRows);
    words[PROBE.value] = value;
    words[PROBE.none] = none;
    words[PROBE.tagged] = tagged ? 1 : 0;
    words[PROBE.maskWords] = Math.ceil(candidates.length / 32);
    words[PROBE.seenWords] = seenWords;
    return this.#out.table(words);
  }

  #set(has: (candidate: number) => boolean): number[] {
    const count = this.#candidates.length;
    return bitWords(
      [...this.#candidates.keys()].filter((i) => has(i)),
      Math.ceil(count / 32),
    );
  }

  /** Whether the set holds some of those that are asked, and not all. */
  #tells(set: readonly number[], asked: Asked): boolean {
    const has = [...asked.keys()]
      .filter((i) => asked[i] !== NOBODY)
      .map((i) => (set[i >> 5]! >>> (i & 31)) & 1);
    return new Set(has).size > 1;
  }

  /** `required[i]`: candidate i is one of these for sure. `undefined`: nothing is told apart here. */
  #value(asked: Asked, required: readonly boolean[], depth: number): Table | undefined {
    const some = asked.filter((atoms) => atoms !== NOBODY);
    const isTagged = some.some((atoms) => atoms?.some(({ tag }) => tag));
    if (depth > 0 && new Set(some).size < 2 && !isTagged) return undefined;
    const of = (i: number, kind: string) => asked[i]?.filter((atom) => atom.kind === kind);
    const kinds = VALUE_KINDS.map((kind) => this.#set((i) => of(i, kind)?.length !== 0));
    const byKind = kinds.some((set) => this.#tells(set, asked));
    const words = valueWords();
    if (byKind) words[VALUE.kindsAt] = this.#out.table(kinds.flat());
    const integers = this.#rows(asked, "int", (atom) => this.#integer(atom));
    words[VALUE.integers] = integers.count;
    words[VALUE.integersAt] = integers.count > 0 ? integers.table : 0;
    const arities = this.#rows(asked, "list", ({ arity }) => (arity === undefined ? undefined : [arity]));
    words[VALUE.arities] = arities.count;
    words[VALUE.aritiesAt] = arities.count > 0 ? arities.table : 0;
    const texts = this.#texts(asked);
    words[VALUE.texts] = texts ?? -1;
    const names = depth < MAX_NESTED ? this.#object(asked, required, depth) : [];
    words[VALUE.names] = names.length;
    words[VALUE.namesAt] = names.length > 0 ? this.#out.table(this.#out.names(names)) : 0;
    const tells = byKind || integers.count + arities.count + names.length > 0 || texts !== undefined;
    return tells ? this.#out.table(words) : undefined;
  }

  /** A row for each test, and who needs it; a candidate that may be of two such atoms is not tested. */
  #rows(asked: Asked, kind: string, testOf: (atom: Atom) => readonly Word[] | undefined): Rows {
    const tests = new Map<string, { readonly test: readonly Word[]; readonly who: Set<number> }>();
    for (const [i, atoms] of asked.entries()) {
      const own = atoms?.filter((atom) => atom.kind === kind) ?? [];
      const test = own.length === 1 ? testOf(own[0]!) : undefined;
      if (test === undefined) continue;
      const key = JSON.stringify(test);
      tests.set(key, { test, who: (tests.get(key)?.who ?? new Set()).add(i) });
    }
    const rows = [...tests.values()].map(({ test, who }) => ({ test, set: this.#set((i) => who.has(i)) }));
    // What all need, reading says better.
    const told = rows.some(({ set }) => this.#tells(set, asked)) ? rows : [];
    return { count: told.length, table: this.#out.table(told.flatMap(({ test, set }) => [...test, ...set])) };
  }

  #integer({ leaf, numbers }: Atom): readonly Word[] | undefined {
    if (numbers !== undefined) return [-1, this.#out.table([numbers.length, ...numbers])];
    return leaf !== undefined && INTEGER_RANGES.has(leaf) ? [leaf, -1] : undefined;
  }

  #texts(asked: Asked): Table | undefined {
    const own = asked.map((atoms) => atoms?.filter(({ kind }) => kind === "str"));
    const named = [...new Set(own.flatMap((atoms) => atoms?.flatMap(({ names = [] }) => names) ?? []))];
    const chars = own.map(
      (atoms) => atoms !== undefined && atoms.length > 0 && atoms.every(({ char }) => char),
    );
    if (named.length === 0 && !chars.includes(true)) return undefined;
    const takes = (i: number, name?: string) =>
      own[i] === undefined ||
      own[i].some(({ names, other }) =>
        names === undefined ? true : name === undefined ? other === true : names.includes(name),
      );
    const rows = named.map((name) => this.#set((i) => takes(i, name)));
    const isTag = asked.every((atoms) => atoms?.every(({ tag }) => tag));
    const others = this.#set((i) => takes(i));
    const hasOther = !isTag || others.some((word) => word !== 0);
    if (hasOther) rows.push(others);
    if (chars.includes(true)) rows.push(this.#set((i) => chars[i]!));
    if (!isTag && !rows.some((set) => this.#tells(set, asked))) return undefined;
    const words: Word[] = new Array<Word>(TEXTS.words).fill(0);
    words[TEXTS.names] = named.length;
    words[TEXTS.namesAt] = this.#out.table(
      this.#out.names(named.map((name, field) => ({ bytes: encodeUtf8(name), field }))),
    );
    words[TEXTS.masksAt] = this.#out.table(rows.flat());
    words[TEXTS.other] = hasOther ? named.length : -1;
    words[TEXTS.chars] = chars.includes(true) ? rows.length - 1 : -1;
    words[TEXTS.unknown] = isTag ? UNKNOWN_VARIANT : 0;
    return this.#out.table(words);
  }

  /** The keys of an object that tell something, with their rows. */
  #object(asked: Asked, required: readonly boolean[], depth: number): { bytes: Uint8Array; field: number }[] {
    const objects = asked.map((atoms): ObjectKeys | "any" | undefined => {
      const own = atoms?.filter(({ kind }) => kind === "map");
      if (own?.length === 0) return undefined;
      return own?.length === 1 ? (own[0]!.keys?.() ?? "any") : "any";
    });
    const names: { bytes: Uint8Array; field: number }[] = [];
    for (const group of aliasesOf(objects)) {
      const name = group[0]!;
      const knows = objects.map((keys) => typeof keys !== "object" || keys.open || keys.known.has(name));
      const below = objects.map((keys) => (typeof keys === "object" ? keys.known.get(name) : undefined));
      const must = objects.map((keys, i) => {
        const needed = typeof keys === "object" ? keys.required.get(name) : undefined;
        // Names that are one field here and two for another candidate: the object itself will say what is missing.
        return required[i]! && asked[i]?.length === 1 && needed?.every((one) => group.includes(one)) === true;
      });
      const row = this.#keys++;
      if (row > MAX_KEYS)
        throw new CodecError("load.unsupported", `${this.#out.path}: too many keys to tell apart`);
      const at = this.#keyRows.length;
      this.#keyRows.push(...this.#set((i) => knows[i]!), -1);
      const value = this.#value(
        below.map((atoms, i) => (knows[i] ? atoms : NOBODY)),
        must,
        depth + 1,
      );
      // What all must have in the outermost object is asked for too: without it, none fits.
      const asks = depth === 0 ? must.includes(true) : new Set(must).size > 1;
      const tells = value !== undefined || knows.includes(false) || asks;
      if (!tells) {
        this.#keys = row;
        this.#keyRows.length = at;
        continue;
      }
      if (value !== undefined) this.#keyRows[at + Math.ceil(objects.length / 32)] = value;
      for (const [i, is] of must.entries()) if (is) this.#required[i]!.push(row);
      names.push(...group.map((one) => ({ bytes: encodeUtf8(one), field: row })));
    }
    return names;
  }
}

/** All keys that are known to some; those that are the same field for everybody, as aliases are, together. */
function aliasesOf(objects: readonly (ObjectKeys | "any" | undefined)[]): Iterable<readonly string[]> {
  const numbers = new Map<unknown, number>();
  const numberOf = (part: unknown): number => {
    const number = numbers.get(part) ?? numbers.size;
    numbers.set(part, number);
    return number;
  };
  const groups = new Map<string, string[]>();
  const known = objects.flatMap((keys) => (typeof keys === "object" ? [...keys.known.keys()] : []));
  for (const name of new Set(known)) {
    const fields = objects.map((keys) => {
      if (typeof keys !== "object" || !keys.known.has(name)) return "";
      return `${numberOf(keys.known.get(name))} ${numberOf(keys.required.get(name))}`;
    });
    const key = fields.join();
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [name]);
    else group.push(name);
  }
  return groups.values();
}

function valueWords(): Word[] {
  const words: Word[] = new Array<Word>(VALUE.words).fill(0);
  words[VALUE.kindsAt] = -1;
  words[VALUE.texts] = -1;
  return words;
}

function bitWords(bits: readonly number[], count: number): number[] {
  const words = new Array<number>(count).fill(0);
  for (const bit of bits) words[bit >> 5]! |= 1 << (bit & 31);
  return words;
}

/** -1: what `a` takes is part of what `b` takes, where both take something; 1: the other way round; 0: neither. */
function compare(a: readonly Atom[], b: readonly Atom[], depth = 0): number {
  let found = 0;
  for (const left of a) {
    for (const right of b) {
      if (left.kind !== right.kind) continue;
      const order = left.kind === "map" ? compareObjects(left, right, depth) : compareAtoms(left, right);
      if (order !== 0 && order === -found) return 0;
      if (order !== 0) found = order;
    }
  }
  return found;
}

function compareObjects(a: Atom, b: Atom, depth: number): number {
  const left = a.keys?.().known;
  const right = b.keys?.().known;
  if (left === undefined || right === undefined || depth === MAX_NESTED) return 0;
  let found = 0;
  for (const [name, atoms] of left) {
    const others = right.get(name);
    if (atoms === undefined || others === undefined || atoms === others) continue;
    const order = compare(atoms, others, depth + 1);
    if (order !== 0 && order === -found) return 0;
    if (order !== 0) found = order;
  }
  return found;
}

/** Positions in the order in which scalars are tried: the narrower before the wider, else as they are defined. */
export function triedOrder(all: readonly (readonly Atom[])[]): number[] {
  const left = [...all.keys()];
  if (all.length > MAX_COMPARED) return left;
  const wider = all.map((a) => all.map((b) => compare(b, a) < 0));
  const order: number[] = [];
  while (left.length > 0) {
    // The first that is wider than none of the rest; comparing may go in circles, then it is simply the first.
    const next = left.findIndex((i) => left.every((j) => !wider[i]![j]));
    order.push(...left.splice(Math.max(next, 0), 1));
  }
  return order;
}

/** For each candidate, those that give way to it when both are left. */
function beatsOf(candidates: readonly Candidate[], first: boolean): ReadonlySet<number>[] {
  const all = candidates.map(({ atoms }) => atoms);
  const extra = candidates.map((candidate) => candidate.extra ?? 0);
  const scalar = all.every((atoms) => atoms.every(({ kind }) => kind !== "map" && kind !== "list"));
  if (scalar || first) {
    const order = triedOrder(all);
    const place = new Map(order.map((i, at) => [i, at]));
    return all.map((_, i) => new Set(order.filter((j) => place.get(j)! > place.get(i)!)));
  }
  if (all.length > MAX_COMPARED) return all.map(() => new Set());
  const wins = (i: number, j: number) => {
    const order = compare(all[i]!, all[j]!);
    return order < 0 || (order === 0 && extra[i]! < extra[j]!);
  };
  return all.map((_, i) => new Set([...all.keys()].filter((j) => i !== j && wins(i, j))));
}
