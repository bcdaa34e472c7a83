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
import { choose, type KeySpace, keySpaceOf, type Member, tagMember, variantSpace } from "./members.ts";

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

  /** The entries `before`, then the fields of `node`. */
  #fields(node: StructNode, slot: number, before: readonly Member[]): void {
    const space = keySpaceOf(this.layout, node, slot, this.out.path, "encode");
    space.members.unshift(...before);
    this.#chosen(space);
  }

  /** One object for each combination of what stands among its keys. */
  #chosen(space: KeySpace): void {
    const { out } = this;
    const choice = space.choices[0];
    const go = (way: number) => this.#chosen(choose(this.layout, space, way, "encode"));
    if (choice === undefined) {
      this.#object(space);
    } else if (choice.node.kind === "enum") {
      this.pick(choice.node, choice.slot, go);
    } else {
      const absent = out.label();
      const after = out.label();
      out.emit("neutral", "if", { a: (choice as { readonly bit: number }).bit, b: absent });
      go(1);
      out.emit("neutral", "jump", { a: after });
      out.bind(absent);
      go(0);
      out.bind(after);
    }
  }

  #entryOf({ names, path, written, tag, place, base }: Member): Entry {
    return {
      name: names[0]!,
      path,
      written,
      write: () => {
        if (place !== undefined) this.place(place, base);
        else this.out.lit(tag === undefined ? this.#dialect.none : this.#dialect.text(tag.names[0]!));
      },
    };
  }

  #object({ members, rest }: Pick<KeySpace, "members" | "rest">): void {
    const { out } = this;
    const { path } = out;
    const entries = members.filter(({ skipEncode }) => !skipEncode).map((member) => this.#entryOf(member));
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
    const { format, counted } = this.#dialect;
    lowerAnyEncode(this.out, format, slot, counted?.sorted === true, (at) => this.value(node, at));
  }

  protected override enum(node: EnumNode, slot: number): void {
    this.pick(node, slot, (i) => this.#variant(node, slot, i));
  }

  #variant(node: EnumNode, slot: number, i: number): void {
    const { out } = this;
    const variant = node.variants[i]!;
    const payload = this.layout.enum(node).payloads[i];
    const content = () => this.payload(payload!, slot + payload!.slot);
    switch (node.tagging.style) {
      case "numeric":
        out.lit(this.#dialect.integer(variant.discriminant ?? i));
        break;
      case "untagged":
        if (payload === undefined) out.lit(this.#dialect.text(variant.wire));
        else content();
        break;
      case "external":
        if (payload === undefined) out.lit(this.#dialect.text(variant.wire));
        // The tag itself, which nobody here knows.
        else if (variant.other) content();
        else this.#object(this.#spaceOf(node, slot, i));
        break;
      case "adjacent":
        this.#object(this.#spaceOf(node, slot, i));
        break;
      case "internal":
        if (payload?.node.kind === "struct") this.#besideTag(payload.node, payload, slot, node, i);
        else this.#chosen(this.#spaceOf(node, slot, i));
    }
  }

  #spaceOf(node: EnumNode, slot: number, i: number): KeySpace {
    return variantSpace(this.layout, node, slot, this.out.path, i, "encode");
  }

  #besideTag(inner: StructNode, { boxed, slot: at }: Place, slot: number, node: EnumNode, i: number): void {
    const name = (node.tagging as { readonly tag: string }).tag;
    const tag = () => tagMember(name, node.variants[i]!, undefined, 0, -1, this.out.path);
    if (boxed) this.inside(inner, slot + at, () => this.#fields(inner, 0, [tag()]));
    else this.#fields(inner, slot + at, [tag()]);
  }
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
