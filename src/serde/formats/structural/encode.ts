// Encode programs of the formats that describe themselves. All of an object is a list of entries, whatever shape it is
// of; whether that is written with a count in front or with braces and commas, and in which order, is decided once.

import { encodeUtf8 } from "../../../core/bytes.ts";
import type { Table } from "../../ir/assembler.ts";
import { EACH, HEAD, KEY_POSITION } from "../../ir/ops.ts";
import type { Program } from "../../ir/program.ts";
import type { Layout, Place } from "../../layout/layout.ts";
import type { AnyNode, EnumNode, Node, ScalarNode, StructNode, TupleNode } from "../../shape/node.ts";
import { Lowering } from "../lowering.ts";
import { lowerAnyEncode } from "./any.ts";
import type { Dialect } from "./dialect.ts";
import { combinations, type KeySpace, keySpaceOf, withVariants } from "./members.ts";

export function lowerEncode(root: Node, layout: Layout, dialect: Dialect): Program {
  return new EncodeLowering(root, layout, dialect).program();
}

interface Entry {
  readonly name: string;
  readonly path: string;
  /** Written if the bit is set; -1: always. */
  readonly written: number;
  readonly write: () => void;
}

class EncodeLowering extends Lowering {
  readonly #dialect: Dialect;

  constructor(root: Node, layout: Layout, dialect: Dialect) {
    super(root, layout, dialect.format, "encode", dialect.mode);
    this.#dialect = dialect;
  }

  protected override struct(node: StructNode, slot: number): void {
    this.#fields(node, slot, []);
  }

  /** The entries `before`, then the fields of `node`, for each combination of its flattened enums. */
  #fields(node: StructNode, slot: number, before: readonly Entry[]): void {
    const space = keySpaceOf(this.layout, node, slot, this.out.path, "encode");
    combinations(space.choices, space.members.length);
    this.#choose(space, [], (full) => this.#object([...before, ...this.#entriesOf(full)], full.rest));
  }

  /** Nested picks over the flattened enums; `body` for every combination. */
  #choose(space: KeySpace, picks: readonly number[], body: (full: KeySpace) => void): void {
    const choice = space.choices[picks.length];
    if (choice === undefined) {
      body(withVariants(this.layout, space, picks, "encode"));
      return;
    }
    this.pick(choice.node, choice.slot, (i) => this.#choose(space, [...picks, i], body));
  }

  #entriesOf(space: KeySpace): Entry[] {
    return space.members
      .filter(({ skipEncode }) => !skipEncode)
      .map(({ names, path, written, tag, place, base }) => ({
        name: names[0]!,
        path,
        written,
        write: () => {
          if (tag !== undefined) this.out.lit(this.#dialect.text(tag));
          else if (place === undefined) this.out.lit(this.#dialect.none);
          else this.place(place, base);
        },
      }));
  }

  #object(entries: readonly Entry[], rest?: KeySpace["rest"]): void {
    const { out } = this;
    const { path } = out;
    if (this.#dialect.counted === undefined) this.#braces(entries, rest);
    else this.#counted(entries, rest, this.#dialect.counted);
    out.path = path;
  }

  /** What stands before the next entry: nothing, an entry, or only entries that may have been left out. */
  #braces(entries: readonly Entry[], rest: KeySpace["rest"]): void {
    const { out } = this;
    const { key } = this.#dialect;
    let before: "first" | "some" | "unknown" = "first";
    out.lit(encodeUtf8("{"));
    for (const entry of entries) {
      this.#entry(entry, () => {
        const separated = Uint8Array.from([0x2c, ...key(entry.name)]);
        if (before === "unknown") out.emit("json", "name", { a: out.blob(separated), b: separated.length });
        else out.lit(before === "first" ? key(entry.name) : separated);
      });
      if (entry.written < 0) before = "some";
      else if (before === "first") before = "unknown";
    }
    if (rest !== undefined) {
      out.path = rest.path;
      this.list(rest.node, rest.slot, EACH.bare);
    }
    out.lit(encodeUtf8("}"));
  }

  #counted(
    given: readonly Entry[],
    rest: KeySpace["rest"],
    { map, sorted }: NonNullable<Dialect["counted"]>,
  ): void {
    const { out } = this;
    const { key } = this.#dialect;
    const entries = sorted ? [...given].sort((a, b) => compareBytes(key(a.name), key(b.name))) : given;
    if (sorted && rest !== undefined) this.refuse("deterministic output with a flattened map");
    const bits = entries.flatMap(({ written }) => (written < 0 ? [] : [written]));
    const always = entries.length - bits.length;
    if (bits.length === 0 && rest === undefined) {
      out.lit(map(always));
    } else {
      const table = bits.length === 0 ? -1 : this.#bits(bits);
      out.emit(this.#dialect.format as "cbor", "head", {
        x8: HEAD.map,
        a: always,
        b: table,
        c: rest?.slot ?? -1,
      });
    }
    for (const entry of entries) this.#entry(entry, () => out.lit(key(entry.name)));
    if (rest === undefined) return;
    out.path = rest.path;
    this.list(rest.node, rest.slot, EACH.bare);
  }

  #entry({ path, written, write }: Entry, key: () => void): void {
    const { out } = this;
    const after = out.label();
    out.path = path;
    if (written >= 0) out.emit("neutral", "if", { a: written, b: after });
    key();
    write();
    if (written >= 0) out.bind(after);
  }

  /** A row for each: a bit that stands for several keys counts for each of them. */
  #bits(bits: readonly number[]): Table {
    return this.out.table([bits.length, ...bits.flatMap((bit) => [bit >> 5, 1 << (bit & 31)])]);
  }

  protected override tuple(node: TupleNode, slot: number): void {
    const { out } = this;
    const { path } = out;
    const { places } = this.layout.record(node);
    const { counted } = this.#dialect;
    out.lit(counted === undefined ? encodeUtf8("[") : counted.list(places.length));
    for (const [i, place] of places.entries()) {
      if (i > 0 && counted === undefined) out.lit(encodeUtf8(","));
      out.path = `${path}[${i}]`;
      this.place(place, slot);
    }
    out.path = path;
    if (counted === undefined) out.lit(encodeUtf8("]"));
  }

  protected override list(...[node, slot, more = 0]: Parameters<Lowering["list"]>): void {
    const sorted = node.kind === "map" && this.#dialect.counted?.sorted === true;
    if (sorted && this.layout.element(node).key!.node.kind === "enum") {
      this.refuse("deterministic maps with enums as keys");
    }
    super.list(node, slot, more | (sorted ? EACH.sorted : 0));
  }

  protected override key({ node, slot }: Place): void {
    if (node.kind !== "enum") this.leaf(node as ScalarNode, slot, KEY_POSITION);
    else this.pick(node, slot, (i) => this.out.lit(this.#dialect.key(node.variants[i]!.wire)));
  }

  protected override leaf(node: ScalarNode, slot: number, flags?: number): void {
    if (node.kind === "unit") this.out.lit(this.#dialect.none);
    else super.leaf(node, slot, flags);
  }

  protected override any(node: AnyNode, slot: number): void {
    if (this.#dialect.counted?.sorted) this.refuse("deterministic any is not built yet");
    lowerAnyEncode(this.out, this.#dialect.format, slot, (at) => this.value(node, at));
  }

  protected override enum(node: EnumNode, slot: number): void {
    this.pick(node, slot, (i) => this.#variant(node, slot, i));
  }

  #variant(node: EnumNode, slot: number, i: number): void {
    const { out } = this;
    const { tagging } = node;
    const { text, integer, none } = this.#dialect;
    const variant = node.variants[i]!;
    const payload = this.layout.enum(node).payloads[i];
    const entry = (name: string, write: () => void): Entry => ({ name, path: out.path, written: -1, write });
    const tag = (name: string): Entry => entry(name, () => out.lit(text(variant.wire)));
    const content = () => {
      if (payload === undefined) out.lit(none);
      else this.payload(payload, slot + payload.slot);
    };
    switch (tagging.style) {
      case "external":
        if (payload === undefined) out.lit(text(variant.wire));
        else this.#object([entry(variant.wire, content)]);
        break;
      case "numeric":
        out.lit(integer(variant.discriminant ?? i));
        break;
      case "untagged":
        content();
        break;
      case "adjacent": {
        const all = [tag(tagging.tag), entry(tagging.content, content)];
        this.#object(payload === undefined ? all.slice(0, 1) : all);
        break;
      }
      case "internal":
        this.#internal(payload, slot, tag(tagging.tag));
    }
  }

  #internal(payload: Place | undefined, slot: number, tag: Entry): void {
    if (payload === undefined) {
      this.#object([tag]);
      return;
    }
    const { node } = payload;
    if (node.kind !== "struct") this.refuse(`an internal tag beside ${node.kind}`);
    const at = slot + payload.slot;
    if (payload.boxed) this.inside(node, at, () => this.#fields(node, 0, [{ ...tag, path: "" }]));
    else this.#fields(node, at, [tag]);
  }
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
