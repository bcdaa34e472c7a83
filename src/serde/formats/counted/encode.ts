// Encode programs for MessagePack and CBOR: as for JSON, with counts in front instead of braces and commas.

import { encodeUtf8 } from "../../../core/bytes.ts";
import { Assembler, type Label, type Table } from "../../ir/assembler.ts";
import { CodecError } from "../../ir/failure.ts";
import { kindOf } from "../../ir/kinds.ts";
import { EACH, HEAD, KEY_POSITION } from "../../ir/ops.ts";
import { fieldSegment, variantSegment } from "../../ir/path.ts";
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
import { proceduresOf } from "../shared.ts";
import { lowerAnyEncode } from "../structural/any.ts";
import type { CountedDialect } from "./dialects.ts";

export function lowerCountedEncode(root: Node, layout: Layout, dialect: CountedDialect): Program {
  return new CountedEncodeLowering(root, layout, dialect).program();
}

/** A field as it is written, from the record around the outermost struct. */
interface Member {
  readonly key: Uint8Array;
  readonly path: string;
  readonly place: Place;
  readonly base: number;
  /** Bit that says whether it is written; `undefined`: always. */
  readonly bit: number | undefined;
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
    else this.#entered(slot, () => this.#value(place.node, 0));
  }

  #entered(slot: number, body: () => void): void {
    const { path } = this.#out;
    this.#flush();
    this.#out.emit("neutral", "enter", { a: slot });
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
        this.#struct(node, slot, 0, () => {});
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

  #list(node: Elements, slot: number): void {
    this.#flush();
    const out = this.#out;
    const element = this.#layout.element(node);
    const done = out.label();
    const { path } = out;
    const isMap = node.kind === "map";
    const exact = node.kind === "array";
    // An enum as key is no one `put`; names of variants are put in order when the program is made.
    const sorted = isMap && this.#dialect.sorted && element.key!.node.kind !== "enum";
    if (isMap && this.#dialect.sorted && !sorted) {
      throw new CodecError("load.unsupported", "deterministic maps with enums as keys");
    }
    out.emit(this.#dialect.format, "each", {
      x8: (isMap ? EACH.map : 0) | (exact ? EACH.exact : 0) | (sorted ? EACH.sorted : 0),
      x16: element.cells,
      a: slot,
      b: node.kind === "array" ? node.length : -1,
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

  /** A map of the struct's fields and `extra` entries, which `before` writes. */
  #struct(node: StructNode, base: number, extra: number, before: () => void): void {
    const out = this.#out;
    const { path } = out;
    const members = this.#members(node, base, path);
    if (this.#dialect.sorted) members.sort((a, b) => compareBytes(a.key, b.key));
    const optional = members.filter(({ bit }) => bit !== undefined);
    const always = members.length - optional.length + extra;
    if (optional.length === 0) {
      this.#lit(this.#dialect.map(always));
    } else {
      this.#flush();
      const bits = bitsTable(
        out,
        optional.map(({ bit }) => bit!),
      );
      out.emit(this.#dialect.format, "head", { x8: HEAD.map, a: always, b: bits, c: -1 });
    }
    before();
    for (const member of members) {
      out.path = member.path;
      const after = out.label();
      if (member.bit !== undefined) {
        this.#flush();
        out.emit("neutral", "if", { a: member.bit, b: after });
      }
      this.#lit(member.key);
      this.#place(member.place, member.base);
      if (member.bit !== undefined) this.#bind(after);
    }
    out.path = path;
  }

  #members(node: StructNode, base: number, path: string): Member[] {
    const record = this.#layout.record(node);
    return node.fields.flatMap((field, i): Member[] => {
      if (field.skipEncode) return [];
      const place = record.places[i]!;
      const own = path + fieldSegment(field.name);
      if (field.flatten) {
        if (place.node.kind !== "struct" || place.boxed || place.some >= 0) {
          throw new CodecError("load.unsupported", `flatten of ${place.node.kind} is not built yet`);
        }
        return this.#members(place.node, base + place.slot, own);
      }
      let bit: number | undefined;
      if (field.skipIf === "none") bit = place.some >= 0 ? shiftBit(place.some, base) : undefined;
      else if (field.skipIf !== undefined) bit = shiftBit(record.seen[i]!, base);
      return [{ key: this.#dialect.key(encodeUtf8(field.wire)), path: own, place, base, bit }];
    });
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
          this.#internal(payload, slot, () => this.#tag(tagging.tag, variant.wire));
      }
    });
  }

  #tag(tag: string, name: string): void {
    this.#name(tag);
    this.#name(name);
  }

  #internal(payload: Place | undefined, slot: number, tag: () => void): void {
    if (payload === undefined) {
      this.#lit(this.#dialect.map(1));
      tag();
      return;
    }
    const { node } = payload;
    if (node.kind !== "struct") {
      throw new CodecError("load.unsupported", `an internal tag beside ${node.kind}`);
    }
    if (this.#dialect.sorted) {
      throw new CodecError("load.unsupported", "deterministic output with internal tags is not built yet");
    }
    if (payload.boxed) this.#entered(slot + payload.slot, () => this.#struct(node, 0, 1, tag));
    else this.#struct(node, slot + payload.slot, 1, tag);
  }
}

function bitsTable(out: Assembler, bits: readonly number[]): Table {
  const masks = new Map<number, number>();
  for (const bit of bits) masks.set(bit >> 5, (masks.get(bit >> 5) ?? 0) | (1 << (bit & 31)));
  return out.table([masks.size, ...[...masks].flat()]);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
