// What a part of a shape may be written as, in a format that describes itself: an atom for each way. Untagged variants
// and combinations of flattened ones are told apart by them (spec/format-programs.md §14.2, §14.3).

import { INTEGER_RANGES, kindOf } from "../../ir/kinds.ts";
import { VALUE_KINDS } from "../../ir/tables.ts";
import { type Core, coreOf, type Layout } from "../../layout/layout.ts";
import type { EnumNode, Variant } from "../../shape/node.ts";
import { expand, type KeySpace, keySpaceOf } from "./members.ts";

export type ValueKind = (typeof VALUE_KINDS)[number];

export interface Atom {
  readonly kind: ValueKind;
  /** Integers: the leaf kind they must fit, or the numbers they must be one of; neither: any. */
  readonly leaf?: number;
  readonly numbers?: readonly number[];
  /** Strings: one of these; `other`: none that another atom names; `char`: a single character. */
  readonly names?: readonly string[];
  readonly other?: boolean;
  /** These texts are what tells variants apart, and are nothing else. */
  readonly tag?: boolean;
  readonly char?: boolean;
  /** Lists: how many elements. */
  readonly arity?: number;
  /** Objects: what is known about their keys. */
  readonly keys?: () => ObjectKeys;
}

export interface ObjectKeys {
  /** `undefined`: anything. */
  readonly known: ReadonlyMap<string, readonly Atom[] | undefined>;
  /** By name: the names of which one must be there, itself among them. */
  readonly required: ReadonlyMap<string, readonly string[]>;
  /** Takes all other keys. */
  readonly open: boolean;
}

export const wireNames = ({ wire, aliases }: Pick<Variant, "wire" | "aliases">): readonly string[] => [
  wire,
  ...aliases,
];

export class Atoms {
  readonly #layout: Layout;
  readonly #text: boolean;
  readonly #known = new Map<Core, readonly Atom[]>();
  readonly #optional = new Map<readonly Atom[], readonly Atom[]>();

  constructor(layout: Layout, text: boolean) {
    this.#layout = layout;
    this.#text = text;
  }

  /** The same array for the same node, so that what cannot differ is not looked at. */
  of(node: Core): readonly Atom[] {
    const known = this.#known.get(node) ?? this.#collect(node, [], new Set());
    this.#known.set(node, known);
    return known;
  }

  kindsOf(node: Core): ReadonlySet<ValueKind> {
    return new Set(this.of(node).map(({ kind }) => kind));
  }

  #collect(node: Core, atoms: Atom[], open: Set<Core>): Atom[] {
    if (open.has(node)) return atoms;
    open.add(node);
    switch (node.kind) {
      case "unit":
        atoms.push({ kind: "null" });
        break;
      case "bool":
        atoms.push({ kind: "bool" });
        break;
      case "f32":
      case "f64":
        atoms.push({ kind: "int", leaf: kindOf(node, this.#text) }, { kind: "float" });
        break;
      case "char":
        atoms.push({ kind: "str", char: true });
        break;
      case "string":
        atoms.push({ kind: "str" });
        break;
      case "bytes":
        atoms.push({ kind: !this.#text ? "bytes" : node.text === "array" ? "list" : "str" });
        break;
      case "any":
      case "raw":
        for (const kind of VALUE_KINDS) atoms.push({ kind });
        break;
      case "struct":
        atoms.push({ kind: "map", keys: once(() => this.#structKeys(node)) });
        break;
      case "map":
        atoms.push({ kind: "map" });
        break;
      case "list":
      case "set":
        atoms.push({ kind: "list" });
        break;
      case "array":
        atoms.push({ kind: "list", arity: node.length });
        break;
      case "tuple":
        atoms.push({ kind: "list", arity: node.items.length });
        break;
      case "option":
        atoms.push({ kind: "null" });
        this.#collect(coreOf(node.inner), atoms, open);
        break;
      case "enum":
        this.#enum(node, atoms, open);
        break;
      default:
        atoms.push({ kind: "int", leaf: kindOf(node, this.#text) });
    }
    return atoms;
  }

  #enum(node: EnumNode, atoms: Atom[], open: Set<Core>): void {
    const { tagging, variants } = node;
    const units = variants.filter(({ payload }) => payload === undefined);
    switch (tagging.style) {
      case "numeric":
        atoms.push(
          variants.some(({ other }) => other)
            ? { kind: "int" }
            : { kind: "int", numbers: variants.map(({ discriminant }, i) => discriminant ?? i) },
        );
        break;
      case "external":
        // `{"Unit": null}` is read too, but nothing is told apart by it.
        if (units.length < variants.length) atoms.push({ kind: "map", keys: once(() => this.#names(node)) });
        if (variants.some(({ other }) => other)) atoms.push({ kind: "str" });
        else if (units.length > 0) atoms.push({ kind: "str", names: units.flatMap(wireNames) });
        break;
      case "untagged":
        if (units.length > 0) atoms.push({ kind: "str", names: units.flatMap(wireNames) });
        for (const { payload } of variants) {
          if (payload !== undefined) this.#collect(coreOf(payload), atoms, open);
        }
        break;
      default:
        atoms.push({ kind: "map", keys: once(() => this.#taggedKeys(node)) });
    }
  }

  #names(node: EnumNode): ObjectKeys {
    const known = new Map<string, readonly Atom[] | undefined>();
    for (const variant of node.variants) {
      const payload = variant.payload && this.of(coreOf(variant.payload));
      for (const name of wireNames(variant)) known.set(name, payload ?? [{ kind: "null" }]);
    }
    return { known, required: new Map(), open: node.variants.some(({ other }) => other) };
  }

  /** Of an object that is read with its own keys only: those of the enum stand for all variants. */
  #taggedKeys(node: EnumNode): ObjectKeys {
    const space: KeySpace = keySpaceOf(this.#layout, undefined, 0, "", "decode");
    space.choices.push({ node, slot: 0, path: "" });
    return this.#union(space);
  }

  #structKeys(node: Extract<Core, { kind: "struct" }>): ObjectKeys {
    return this.#union(keySpaceOf(this.#layout, node, 0, "", "decode"));
  }

  /** What all combinations know, and what each of them requires. */
  #union(space: KeySpace): ObjectKeys {
    const all = expand(this.#layout, space, "decode").map((full) => this.keysOf(full));
    const known = new Map<string, readonly Atom[] | undefined>();
    for (const keys of all) {
      for (const [name, atoms] of keys.known) {
        const others = known.get(name);
        // Kept as it is where it is the same for all: by that, names of one field are known.
        const isSame = !known.has(name) || others === atoms;
        known.set(name, isSame ? atoms : others && atoms && [...others, ...atoms]);
      }
    }
    const required = [...(all[0]?.required ?? [])].filter(([name]) =>
      all.every((keys) => keys.required.has(name)),
    );
    return { known, required: new Map(required), open: all.some(({ open }) => open) };
  }

  #orNull(atoms: readonly Atom[]): readonly Atom[] {
    const known = this.#optional.get(atoms) ?? [{ kind: "null" }, ...atoms];
    this.#optional.set(atoms, known);
    return known;
  }

  keysOf(space: KeySpace): ObjectKeys {
    const known = new Map<string, readonly Atom[] | undefined>();
    const required = new Map<string, readonly string[]>();
    for (const { names, place, read, tag, marks, skipDecode, required: must } of space.members) {
      if (skipDecode) continue;
      const atoms = (): readonly Atom[] | undefined => {
        if (tag !== undefined) return [tag];
        if (place === undefined) return read === "null" ? [{ kind: "null" }] : undefined;
        const own = this.of(place.node);
        return place.some >= 0 ? this.#orNull(own) : own;
      };
      const own = atoms();
      const isRequired = (must || tag !== undefined) && marks.length === 0;
      for (const name of names) {
        known.set(name, own);
        if (isRequired) required.set(name, names);
      }
    }
    return { known, required, open: space.rest !== undefined };
  }
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Whether `a` takes part of what `b` takes, both of one kind: -1 yes, 1 the other way round, 0 neither. */
export function compareAtoms(a: Atom, b: Atom): number {
  const width = (atom: Atom) => {
    if (atom.names !== undefined || atom.numbers !== undefined) return 0;
    return atom.char ? 1 : 2;
  };
  if (width(a) !== width(b)) return width(a) - width(b) < 0 ? -1 : 1;
  if (a.kind !== "int" || width(a) === 0) return 0;
  const [from, to] = rangeOf(a);
  const [least, most] = rangeOf(b);
  if (from === least && to === most) return 0;
  if (from >= least && to <= most) return -1;
  return from <= least && to >= most ? 1 : 0;
}

/** Floats take every integer, and `any` takes them all. */
const rangeOf = ({ leaf }: Atom): readonly [number, number] => {
  const range = leaf === undefined ? undefined : INTEGER_RANGES.get(leaf);
  const all = leaf === undefined ? Number.POSITIVE_INFINITY : Number.MAX_VALUE;
  return range === undefined ? [-all, all] : [Number(range[0]), Number(range[1])];
};
