// Encode programs for MessagePack and CBOR: as for JSON, with counts in front instead of braces and commas.

import { encodeUtf8 } from "../../../core/bytes.ts";
import { Assembler, type Label, type Table } from "../../ir/assembler.ts";
import { CodecError } from "../../ir/failure.ts";
import { kindOf } from "../../ir/kinds.ts";
import { EACH, HEAD, KEY_POSITION } from "../../ir/ops.ts";
import { variantSegment } from "../../ir/path.ts";
import type { Program } from "../../ir/program.ts";
import {
  bitAddress,
  type Core,
  type Elements,
  type Layout,
  type Place,
  shiftBit,
} from "../../layout/layout.ts";
import type { EnumNode, Node, ScalarNode, StructNode, TupleNode } from "../../shape/node.ts";
import { countOf, proceduresOf } from "../shared.ts";
import { lowerAnyEncode } from "../structural/any.ts";
import {
  combinations,
  type KeySpace,
  keySpaceOf,
  type Member,
  tagMember,
  withVariants,
} from "../structural/members.ts";
import type { CountedDialect } from "./dialects.ts";

export function lowerCountedEncode(root: Node, layout: Layout, dialect: CountedDialect): Program {
  return new CountedEncodeLowering(root, layout, dialect).program();
}

class CountedEncodeLowering {
  readonly #layout: Layout;
  readonly #dialect: CountedDialect;
  readonly #out: Assembler;
  readonly #procedures: ReadonlySet<Core>;
  readonly #entries = new Map<Core, Label>();
  readonly #todo: Core[] = [];
  /** Constant bytes not written yet. */
  #bytes: number[] = [];

  constructor(root: Node, layout: Layout, dialect: CountedDialect) {
    this.#layout = layout;
    this.#dialect = dialect;
    this.#out = new Assembler(dialect.format, "encode", dialect.mode);
    this.#procedures = proceduresOf(root);
  }

  program(): Program {
    const out = this.#out;
    const { root, rootCells, rootZero } = this.#layout;
    out.procedure(rootCells);
    this.#place(root, 0);
    this.#flush();
    out.path = "";
    out.emit("neutral", "done");
    for (let node = this.#todo.pop(); node !== undefined; node = this.#todo.pop()) {
      out.bind(this.#entries.get(node)!);
      out.procedure(this.#layout.cellsOf(node));
      out.path = "";
      this.#body(node, 0);
      this.#flush();
      out.emit("neutral", "ret");
    }
    return out.finish(rootCells, rootZero);
  }

  #lit(bytes: Iterable<number>): void {
    for (const byte of bytes) this.#bytes.push(byte);
  }

  #flush(): void {
    if (this.#bytes.length === 0) return;
    const bytes = Uint8Array.from(this.#bytes);
    this.#bytes = [];
    this.#out.emit("neutral", "lit", { a: this.#out.blob(bytes), b: bytes.length });
  }

  #bind(label: Label): void {
    this.#flush();
    this.#out.bind(label);
  }

  #place(place: Place, base: number): void {
    const none = this.#out.label();
    if (place.some >= 0) {
      this.#flush();
      this.#out.emit(this.#dialect.format, "some", { a: shiftBit(place.some, base), b: none });
    }
    this.#payload(place, base + place.slot);
    if (place.some >= 0) this.#bind(none);
  }

  #payload(place: Place, slot: number): void {
    if (!place.boxed) this.#value(place.node, slot);
    else this.#entered(place.node, slot, () => this.#value(place.node, 0));
  }

  #entered(node: Core, slot: number, body: () => void): void {
    const { path } = this.#out;
    this.#flush();
    this.#out.emit("neutral", "enter", { x16: this.#layout.cellsOf(node), a: slot });
    this.#out.path = "";
    body();
    this.#flush();
    this.#out.emit("neutral", "leave");
    this.#out.path = path;
  }

  #value(node: Core, slot: number): void {
    if (!this.#procedures.has(node)) {
      this.#body(node, slot);
      return;
    }
    this.#flush();
    let entry = this.#entries.get(node);
    if (entry === undefined) {
      entry = this.#out.label();
      this.#entries.set(node, entry);
      this.#todo.push(node);
    }
    this.#out.emit("neutral", "call", { a: entry, b: slot });
  }

  #body(node: Core, slot: number): void {
    switch (node.kind) {
      case "struct":
        this.#struct(node, slot);
        break;
      case "tuple":
        this.#tuple(node, slot);
        break;
      case "list":
      case "array":
      case "set":
      case "map":
        this.#list(node, slot);
        break;
      case "option": {
        const none = this.#out.label();
        const inner = this.#layout.option(node);
        this.#flush();
        this.#out.emit(this.#dialect.format, "some", { a: bitAddress(slot, 0), b: none });
        this.#payload(inner, slot + inner.slot);
        this.#bind(none);
        break;
      }
      case "enum":
        this.#enum(node, slot);
        break;
      case "any":
        if (this.#dialect.sorted)
          throw new CodecError("load.unsupported", "deterministic any is not built yet");
        this.#flush();
        lowerAnyEncode(this.#out, this.#dialect.format, slot, (at) => this.#value(node, at));
        break;
      case "unit":
        this.#lit([this.#dialect.none]);
        break;
      default:
        this.#leaf(node, slot, 0);
    }
  }

  #leaf(node: ScalarNode, slot: number, flags: number): void {
    this.#flush();
    this.#out.emit(this.#dialect.format, "put", { x8: kindOf(node, false), x16: flags, a: slot });
  }

  #tuple(node: TupleNode, slot: number): void {
    const { path } = this.#out;
    const { places } = this.#layout.record(node);
    this.#lit(this.#dialect.list(places.length));
    for (const [i, place] of places.entries()) {
      this.#out.path = `${path}[${i}]`;
      this.#place(place, slot);
    }
    this.#out.path = path;
  }

  #list(node: Elements, slot: number, more = 0): void {
    this.#flush();
    const out = this.#out;
    const element = this.#layout.element(node);
    const done = out.label();
    const { path } = out;
    const isMap = node.kind === "map";
    // An enum as key is no one `put`; names of variants are put in order when the program is made.
    const sorted = isMap && this.#dialect.sorted && element.key!.node.kind !== "enum";
    if (isMap && this.#dialect.sorted && !sorted) {
      throw new CodecError("load.unsupported", "deterministic maps with enums as keys");
    }
    out.emit(this.#dialect.format, "each", {
      x8: more | (isMap ? EACH.map : 0) | (sorted ? EACH.sorted : 0),
      x16: element.cells,
      a: slot,
      b: countOf(node),
      c: done,
    });
    out.path = "";
    if (element.key !== undefined) this.#key(element.key);
    this.#place(element.value, 0);
    this.#flush();
    out.emit(this.#dialect.format, "more");
    out.path = path;
    out.bind(done);
  }

  #key({ node, slot }: Place): void {
    if (node.kind !== "enum") {
      this.#leaf(node as ScalarNode, slot, KEY_POSITION);
      return;
    }
    this.#variants(node, slot, (i) => this.#name(node.variants[i]!.wire));
  }

  #name(name: string): void {
    this.#lit(this.#dialect.name(encodeUtf8(name)));
  }

  /** A map of the struct's fields, behind the tag of an enum around it. */
  #struct(node: StructNode, base: number, tag?: Member): void {
    const { path } = this.#out;
    const space = keySpaceOf(this.#layout, node, base, path, "encode");
    if (tag !== undefined) space.members.unshift(tag);
    combinations(space.choices, space.members.length);
    this.#choose(space, [], (full) => {
      this.#members(full);
      this.#out.path = path;
    });
  }

  /** Nested picks over the flattened enums; `body` for every combination. */
  #choose(space: KeySpace, picks: readonly number[], body: (full: KeySpace) => void): void {
    const choice = space.choices[picks.length];
    if (choice === undefined) {
      body(withVariants(this.#layout, space, picks, "encode"));
      return;
    }
    this.#variants(choice.node, choice.slot, (i) => this.#choose(space, [...picks, i], body));
  }

  #members(space: KeySpace): void {
    const out = this.#out;
    const { sorted, key, map, none, format } = this.#dialect;
    const members = space.members
      .filter(({ skipEncode }) => !skipEncode)
      .map((member) => ({ ...member, key: key(encodeUtf8(member.names[0]!)) }));
    if (sorted) {
      members.sort((a, b) => compareBytes(a.key, b.key));
      if (space.rest !== undefined) {
        throw new CodecError("load.unsupported", "deterministic output with a flattened map");
      }
    }
    const optional = members.filter(({ written }) => written.length > 0);
    const always = members.length - optional.length;
    if (optional.length === 0 && space.rest === undefined) {
      this.#lit(map(always));
    } else {
      if (optional.some(({ written }) => written.length > 1)) {
        throw new CodecError("load.unsupported", "skipIf in an optional flattened struct");
      }
      this.#flush();
      const bits =
        optional.length === 0
          ? -1
          : bitsTable(
              out,
              optional.map(({ written }) => written[0]!),
            );
      out.emit(format, "head", { x8: HEAD.map, a: always, b: bits, c: space.rest?.slot ?? -1 });
    }
    for (const member of members) {
      out.path = member.path;
      const after = out.label();
      if (member.written.length > 0) this.#flush();
      for (const bit of member.written) out.emit("neutral", "if", { a: bit, b: after });
      this.#lit(member.key);
      if (member.tag !== undefined) this.#name(member.tag);
      else if (member.place === undefined) this.#lit([none]);
      else this.#place(member.place, member.base);
      if (member.written.length > 0) this.#bind(after);
    }
    if (space.rest === undefined) return;
    out.path = space.rest.path;
    this.#list(space.rest.node, space.rest.slot, EACH.bare);
  }

  #variants(node: EnumNode, slot: number, body: (variant: number) => void): void {
    this.#flush();
    const out = this.#out;
    const after = out.label();
    const blocks = node.variants.map(() => out.label());
    const table = out.cases({ targets: blocks.map((target, variant) => ({ target, variant })) });
    out.emit("neutral", "pick", { a: slot, b: table });
    const { path } = out;
    for (const [i, label] of blocks.entries()) {
      out.bind(label);
      out.path = path + variantSegment(node.variants[i]!.name);
      body(i);
      this.#flush();
      out.path = path;
      out.emit("neutral", "jump", { a: after });
    }
    out.bind(after);
  }

  #enum(node: EnumNode, slot: number): void {
    const { tagging } = node;
    const { payloads } = this.#layout.enum(node);
    const { map, uint, none } = this.#dialect;
    const content = (i: number) => {
      const payload = payloads[i];
      if (payload === undefined) this.#lit([none]);
      else this.#payload(payload, slot + payload.slot);
    };
    this.#variants(node, slot, (i) => {
      const variant = node.variants[i]!;
      const payload = payloads[i];
      switch (tagging.style) {
        case "external":
          if (payload !== undefined) this.#lit(map(1));
          this.#name(variant.wire);
          if (payload !== undefined) content(i);
          break;
        case "numeric":
          this.#lit(uint(variant.discriminant ?? i));
          break;
        case "untagged":
          content(i);
          break;
        case "adjacent": {
          this.#lit(map(payload === undefined ? 1 : 2));
          const parts = [() => this.#tag(tagging.tag, variant.wire)];
          if (payload !== undefined) {
            parts.push(() => {
              this.#name(tagging.content);
              content(i);
            });
            const { key } = this.#dialect;
            const order = compareBytes(key(encodeUtf8(tagging.tag)), key(encodeUtf8(tagging.content)));
            if (this.#dialect.sorted && order > 0) parts.reverse();
          }
          for (const part of parts) part();
          break;
        }
        case "internal":
          this.#internal(payload, slot, tagging.tag, variant.wire);
      }
    });
  }

  #tag(tag: string, name: string): void {
    this.#name(tag);
    this.#name(name);
  }

  #internal(payload: Place | undefined, slot: number, tag: string, name: string): void {
    if (payload === undefined) {
      this.#lit(this.#dialect.map(1));
      this.#tag(tag, name);
      return;
    }
    const { node } = payload;
    if (node.kind !== "struct") {
      throw new CodecError("load.unsupported", `an internal tag beside ${node.kind}`);
    }
    const member = tagMember(tag, name, -1, "");
    if (payload.boxed) this.#entered(node, slot + payload.slot, () => this.#struct(node, 0, member));
    else this.#struct(node, slot + payload.slot, member);
  }
}

/** A row for each: a bit that stands for several keys counts for each of them. */
function bitsTable(out: Assembler, bits: readonly number[]): Table {
  return out.table([bits.length, ...bits.flatMap((bit) => [bit >> 5, 1 << (bit & 31)])]);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
