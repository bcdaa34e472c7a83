// Decode programs of the formats that describe themselves: JSON, MessagePack and CBOR get line for line the same, with
// another family of instructions. What differs is a `Dialect`.

import { encodeUtf8 } from "../../../core/bytes.ts";
import { Assembler, type KeyField, type Label, type Table } from "../../ir/assembler.ts";
import { codeNumber } from "../../ir/codes.ts";
import { CodecError } from "../../ir/failure.ts";
import { KIND, kindOf } from "../../ir/kinds.ts";
import { BOX_ZERO, FAIL_BACK, type FormatName, KEY_POSITION, KIND_TAGS, LIST, SEQ } from "../../ir/ops.ts";
import { fieldSegment, variantSegment } from "../../ir/path.ts";
import type { Program } from "../../ir/program.ts";
import { type VALUE_KIND, VALUE_KINDS } from "../../ir/tables.ts";
import { ANY, ANY_VARIANT } from "../../layout/any.ts";
import {
  bitAddress,
  type Core,
  type Elements,
  type Layout,
  type Place,
  shiftBit,
} from "../../layout/layout.ts";
import type {
  AnyNode,
  EnumNode,
  MapNode,
  Node,
  ScalarNode,
  StructNode,
  TupleNode,
  Variant,
} from "../../shape/node.ts";
import type { CaptureConstant } from "../constants.ts";
import { countOf, isScalar, listFlags, proceduresOf } from "../shared.ts";
import { emitDefault } from "./default.ts";
import { acceptedKinds } from "./kinds.ts";
import {
  combinations,
  type Group,
  type KeySpace,
  keySpaceOf,
  type Member,
  tagMember,
  withVariants,
} from "./members.ts";
import { probeVariants } from "./probe.ts";

export interface Dialect {
  readonly format: Exclude<FormatName, "postcard">;
  readonly mode: number;
  /** Bytes are text. */
  readonly text: boolean;
  /** The encoded key, up to the first byte of its value if that is fixed. */
  readonly key: (name: Uint8Array) => Uint8Array;
}

const UNKNOWN_FIELD = codeNumber("structure.unknown_field");
const UNKNOWN_VARIANT = codeNumber("structure.unknown_variant");
const MISSING_FIELD = codeNumber("structure.missing_field");
const MISSING_TAG = codeNumber("structure.missing_tag");
const TYPE_MISMATCH = codeNumber("value.type_mismatch");
const NO_MATCH = codeNumber("structure.no_match");
/** Inline key text has a 16-bit length; longer names are found in the table. */
const MAX_INLINE = 255;

export function lowerDecode(root: Node, layout: Layout, dialect: Dialect, capture: CaptureConstant): Program {
  return new DecodeLowering(root, layout, dialect, capture).program();
}

class DecodeLowering {
  readonly #layout: Layout;
  readonly #dialect: Dialect;
  readonly #capture: CaptureConstant;
  readonly #out: Assembler;
  readonly #procedures: ReadonlySet<Core>;
  readonly #entries = new Map<Core, Label>();
  readonly #todo: Core[] = [];

  constructor(root: Node, layout: Layout, dialect: Dialect, capture: CaptureConstant) {
    this.#layout = layout;
    this.#dialect = dialect;
    this.#capture = capture;
    this.#out = new Assembler(dialect.format, "decode", dialect.mode);
    this.#procedures = proceduresOf(root);
  }

  program(): Program {
    const out = this.#out;
    const { root, rootCells, rootZero } = this.#layout;
    out.procedure(rootCells);
    this.#place(root, 0);
    out.path = "";
    out.emit(this.#dialect.format, "end");
    for (let node = this.#todo.pop(); node !== undefined; node = this.#todo.pop()) {
      out.bind(this.#entries.get(node)!);
      out.procedure(this.#layout.cellsOf(node));
      out.path = "";
      this.#body(node, 0);
      out.emit("neutral", "ret");
    }
    return out.finish(rootCells, rootZero);
  }

  /** A part of a record that starts at slot `base`. */
  #place(place: Place, base: number): void {
    const out = this.#out;
    const none = out.label();
    if (place.some >= 0) {
      this.#checkOption(place.node);
      out.emit(this.#dialect.format, "opt", { a: shiftBit(place.some, base), b: none });
    }
    this.#payload(place, base + place.slot);
    out.bind(none);
  }

  #payload(place: Place, slot: number): void {
    if (!place.boxed) {
      this.#value(place.node, slot);
      return;
    }
    this.#box(place.node, slot, () => this.#value(place.node, 0));
  }

  #box(node: Core, slot: number, body: () => void): void {
    const out = this.#out;
    const { path } = out;
    const zero = this.#layout.zeroOf(node) ? BOX_ZERO : 0;
    out.emit("neutral", "box", { x8: zero, x16: this.#layout.cellsOf(node), a: slot });
    out.path = "";
    body();
    out.emit("neutral", "close");
    out.path = path;
  }

  /** `node`, at `slot`: called if it is a procedure, else in place. */
  #value(node: Core, slot: number): void {
    if (!this.#procedures.has(node)) {
      this.#body(node, slot);
      return;
    }
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
      case "option":
        this.#option(this.#layout.option(node), slot);
        break;
      case "enum":
        this.#enum(node, slot);
        break;
      case "any":
        this.#any(node, slot);
        break;
      default:
        this.#leaf(node, slot);
    }
  }

  #leaf(node: ScalarNode, slot: number, otherwise?: Label): void {
    const kind = kindOf(node, this.#dialect.text);
    this.#out.emit(this.#dialect.format, "get", { x8: kind, a: slot, b: otherwise ?? -1 });
  }

  #option(inner: Place, slot: number): void {
    const out = this.#out;
    const none = out.label();
    this.#checkOption(inner.node);
    out.emit("neutral", "set", { a: slot });
    out.emit(this.#dialect.format, "opt", { a: bitAddress(slot, 0), b: none });
    this.#payload(inner, slot + inner.slot);
    out.bind(none);
  }

  /** Null must mean one thing. */
  #checkOption(inner: Core): void {
    const kinds = acceptedKinds(inner, this.#dialect.text);
    if (kinds.has("null")) {
      throw new CodecError("load.unsupported", "an option of something that may itself be null");
    }
  }

  #list(node: Elements, slot: number): void {
    const out = this.#out;
    const { format } = this.#dialect;
    const element = this.#layout.element(node);
    const done = out.label();
    out.emit(format, "list", {
      x8: listFlags(node, this.#layout),
      x16: element.cells,
      a: slot,
      b: countOf(node),
      c: done,
    });
    const { path } = out;
    out.path = "";
    if (element.key !== undefined) this.#key(element.key);
    this.#place(element.value, 0);
    out.emit(format, "next");
    out.path = path;
    out.bind(done);
  }

  #key({ node, slot }: Place): void {
    const out = this.#out;
    const { format } = this.#dialect;
    if (node.kind === "enum") {
      const after = out.label();
      this.#nameCase(node, slot, after, KEY_POSITION);
      out.bind(after);
      return;
    }
    const kind = kindOf(node as ScalarNode, this.#dialect.text);
    out.emit(format, "get", { x8: kind, x16: KEY_POSITION, a: slot, b: -1 });
  }

  /** The name of a variant without payload, as text; then `after`. */
  #nameCase(node: EnumNode, slot: number, after: Label, flags: number, otherwise?: Label): void {
    const units = [...node.variants.entries()].filter(([, variant]) => variant.payload === undefined);
    const other = units.findIndex(([, variant]) => variant.other);
    const table = this.#out.cases({
      targets: units.map(([variant]) => ({ target: after, variant })),
      names: units.flatMap(([, variant], field) => wireNames(variant).map((bytes) => ({ bytes, field }))),
      other,
    });
    this.#out.emit(this.#dialect.format, "case", { x16: flags, a: slot, b: table, c: otherwise ?? -1 });
  }

  #tuple(node: TupleNode, slot: number): void {
    const out = this.#out;
    const { format } = this.#dialect;
    const { places } = this.#layout.record(node);
    const { path } = out;
    out.emit(format, "seq", { x8: SEQ.open, a: places.length, b: slot });
    for (const [i, place] of places.entries()) {
      out.path = `${path}[${i}]`;
      if (i > 0) out.emit(format, "seq", { x8: SEQ.item, a: i, b: slot });
      this.#place(place, slot);
    }
    out.path = path;
    out.emit(format, "seq", { x8: SEQ.close, a: places.length, b: slot });
  }

  #struct(node: StructNode, slot: number, tag?: Member): void {
    const out = this.#out;
    const { path } = out;
    const space = keySpaceOf(this.#layout, node, slot, path, "decode");
    if (tag !== undefined) space.members.push(tag);
    if (space.choices.length === 0) {
      this.#object(node, slot, space);
      return;
    }
    // One block for each combination of variants; which one it is, is known before anything is built.
    const all = combinations(space.choices, space.members.length);
    const blocks = all.map(() => out.label());
    const after = out.label();
    const decisions = space.choices.map((choice, i) => ({
      node: choice.node,
      picks: all.map((picks) => picks[i]!),
    }));
    out.emit(this.#dialect.format, "probe", { a: probeVariants(out, decisions, blocks) });
    for (const [k, picks] of all.entries()) {
      out.bind(blocks[k]!);
      this.#object(node, slot, withVariants(this.#layout, space, picks, "decode"));
      for (const [i, choice] of space.choices.entries()) {
        out.emit("neutral", "set", { a: choice.slot, b: picks[i]! });
      }
      out.emit("neutral", "jump", { a: after });
    }
    out.bind(after);
  }

  /** One object with these keys. */
  #object(node: StructNode, slot: number, space: KeySpace): void {
    const out = this.#out;
    const { format } = this.#dialect;
    const { path } = out;
    const read = space.members.filter(({ skipDecode }) => !skipDecode);
    const fields = read.filter(({ tag }) => tag === undefined);
    const values = read.map((member) => (member.tag === undefined ? out.label() : undefined));
    const probes = fields.map(() => out.label());
    const end = out.label();
    const close = out.label();
    const optional = ({ required, mark }: Member) => !required || mark !== undefined;
    const table = out.keys({
      fields: read.map((member, i) => ({
        names: member.names,
        bit: member.seen,
        target: values[i],
        required: !optional(member) && member.tag === undefined,
        path: member.path,
      })),
      close,
      unknown: node.denyUnknown && space.rest === undefined ? UNKNOWN_FIELD : 0,
      duplicate: node.duplicate,
      missing: MISSING_FIELD,
      header: slot,
    });
    for (const header of space.headers) out.emit("neutral", "set", { a: header });
    if (space.rest !== undefined) {
      out.path = space.rest.path;
      this.#rest(space.rest.node, space.rest.slot, table);
      out.path = path;
    }
    out.emit(format, "obj", { x16: this.#layout.record(node).headerCells, a: table, b: slot });
    for (const [i, member] of fields.entries()) {
      out.bind(probes[i]!);
      const index = read.indexOf(member);
      this.#keyRecord(table, index, member.names[0]!, optional(member) ? (probes[i + 1] ?? end) : -1);
      out.bind(values[index]!);
      out.path = member.path;
      if (member.mark !== undefined) out.emit("neutral", "mark", { a: member.mark });
      if (member.place === undefined) out.emit(format, "get", { x8: KIND.unit, a: slot, b: -1 });
      else this.#place(member.place, member.base);
      out.path = path;
    }
    out.bind(end);
    out.emit(format, "key", { a: table, b: -1, c: -1 });
    out.bind(close);
    for (const group of space.groups) this.#group(group);
    for (const member of space.members) {
      if (member.mark === undefined) this.#default(member);
    }
    out.path = path;
  }

  /** An optional struct among the keys: there as a whole, or not at all. */
  #group({ bit, members }: Group): void {
    const out = this.#out;
    const { path } = out;
    const absent = out.label();
    out.emit("neutral", "if", { a: bit, b: absent });
    for (const member of members) {
      if (member.skipDecode || !member.required) {
        this.#default(member);
        continue;
      }
      const missing = out.label();
      const there = out.label();
      out.emit("neutral", "if", { a: member.seen, b: missing });
      out.emit("neutral", "jump", { a: there });
      out.bind(missing);
      out.path = member.path;
      // The byte that closes the object, where it is one.
      out.emit("neutral", "fail", { x8: this.#dialect.text ? FAIL_BACK : 0, a: MISSING_FIELD });
      out.path = path;
      out.bind(there);
    }
    out.bind(absent);
  }

  /** All keys that are not in the table, before the object itself is read. */
  #rest(node: MapNode, slot: number, table: Table): void {
    const out = this.#out;
    const { format } = this.#dialect;
    const element = this.#layout.element(node);
    const done = out.label();
    out.emit(format, "rest", {
      x8: listFlags(node, this.#layout),
      x16: element.cells,
      a: slot,
      b: table,
      c: done,
    });
    out.path = "";
    this.#key(element.key!);
    this.#place(element.value, 0);
    out.emit(format, "next");
    out.bind(done);
  }

  #keyRecord(table: Table, field: number, wire: string, alternative: Label | number): void {
    const bytes = this.#dialect.key(encodeUtf8(wire));
    const inline = bytes.length <= MAX_INLINE ? bytes : new Uint8Array();
    this.#out.emit(this.#dialect.format, "key", { x16: inline.length, a: table, b: field, c: alternative });
    this.#out.inline(inline);
  }

  #default({ default: value, skipDecode, place, base, seen, path }: Member): void {
    if (value === undefined || place === undefined) return;
    const out = this.#out;
    const there = out.label();
    if (!skipDecode) {
      const absent = out.label();
      out.emit("neutral", "if", { a: seen, b: absent });
      out.emit("neutral", "jump", { a: there });
      out.bind(absent);
    }
    const outer = out.path;
    out.path = path;
    emitDefault(out, this.#layout, place, base, value.value, this.#capture);
    out.path = outer;
    out.bind(there);
  }

  #enum(node: EnumNode, slot: number): void {
    switch (node.tagging.style) {
      case "external":
        this.#external(node, slot);
        break;
      case "numeric":
        this.#numeric(node, slot);
        break;
      case "internal":
        this.#internal(node, slot, node.tagging.tag);
        break;
      case "adjacent":
        this.#adjacent(node, slot, node.tagging.tag, node.tagging.content);
        break;
      case "untagged":
        this.#untagged(node, slot);
    }
  }

  #numeric(node: EnumNode, slot: number): void {
    const after = this.#out.label();
    const numbers = node.variants.map((variant, i) => variant.discriminant ?? i);
    const table = this.#out.cases({
      targets: node.variants.map((_, variant) => ({ target: after, variant })),
      numbers,
      other: node.variants.findIndex((variant) => variant.other),
    });
    this.#out.emit(this.#dialect.format, "case", { a: slot, b: table, c: -1 });
    this.#out.bind(after);
  }

  /** `"Unit"`, or `{"Name": payload}`. */
  #external(node: EnumNode, slot: number, otherwise?: Label): void {
    const out = this.#out;
    const { format } = this.#dialect;
    const name = out.label();
    const object = out.label();
    const after = out.label();
    const hasUnits = node.variants.some((variant) => variant.payload === undefined);
    out.emit(format, "kind", {
      a: this.#kinds(TYPE_MISMATCH, { ...(hasUnits ? { str: name } : {}), map: object }),
    });
    if (hasUnits) {
      out.bind(name);
      this.#nameCase(node, slot, after, 0, otherwise);
    }
    out.bind(object);
    const { path } = out;
    const blocks = node.variants.map(() => out.label());
    const other = node.variants.findIndex((variant) => variant.other);
    const unused = out.label();
    const table = out.keys({
      fields: node.variants.map((variant, i) => ({
        names: [variant.wire, ...variant.aliases],
        bit: -1,
        target: blocks[i],
        required: false,
        path: path + variantSegment(variant.name),
      })),
      close: unused,
      unknown: UNKNOWN_VARIANT,
      duplicate: "reject",
      missing: MISSING_TAG,
      header: slot,
      open: true,
      ...(other < 0 ? {} : { other: blocks[other]! }),
    });
    out.emit(format, "obj", { x16: 1, a: table, b: slot });
    out.emit(format, "key", { a: table, b: -1, c: -1 });
    out.bind(unused);
    for (const [i, variant] of node.variants.entries()) {
      out.bind(blocks[i]!);
      out.path = path + variantSegment(variant.name);
      const payload = this.#layout.enum(node).payloads[i];
      if (payload !== undefined) this.#payload(payload, slot + payload.slot);
      else if (variant.other) out.emit(format, "skip");
      else out.emit(format, "get", { x8: KIND.unit, a: slot, b: -1 });
      out.path = path;
      const close = out.label();
      const last = out.keys({
        fields: [],
        close,
        unknown: UNKNOWN_FIELD,
        duplicate: "reject",
        missing: MISSING_FIELD,
        header: slot,
      });
      out.emit(format, "key", { a: last, b: -1, c: -1 });
      out.bind(close);
      out.emit("neutral", "set", { a: slot, b: i });
      out.emit("neutral", "jump", { a: after });
    }
    out.bind(after);
  }

  /** Looks for the tag, then reads the object as the variant's, whose key it skips. */
  #internal(node: EnumNode, slot: number, tag: string): void {
    const out = this.#out;
    const { path } = out;
    const after = out.label();
    const blocks = node.variants.map(() => out.label());
    this.#probeTag(node, blocks);
    for (const [i, variant] of node.variants.entries()) {
      out.bind(blocks[i]!);
      out.path = path + variantSegment(variant.name);
      const payload = this.#layout.enum(node).payloads[i];
      if (payload === undefined) {
        this.#tagOnly(slot, tag, undefined, i);
      } else {
        const { node: inner } = payload;
        if (inner.kind !== "struct") {
          throw new CodecError("load.unsupported", `an internal tag beside ${inner.kind}`);
        }
        const at = payload.boxed ? 0 : slot + payload.slot;
        const beside = (own: string) =>
          tagMember(tag, variant.wire, shiftBit(this.#layout.record(inner).tagBit, at), own);
        const own = out.path;
        if (payload.boxed) this.#box(inner, slot + payload.slot, () => this.#struct(inner, 0, beside("")));
        else this.#struct(inner, at, beside(own));
        out.emit("neutral", "set", { a: slot, b: i });
      }
      out.path = path;
      out.emit("neutral", "jump", { a: after });
    }
    out.bind(after);
  }

  #adjacent(node: EnumNode, slot: number, tag: string, content: string): void {
    const out = this.#out;
    const { path } = out;
    const after = out.label();
    const blocks = node.variants.map(() => out.label());
    this.#probeTag(node, blocks);
    for (const [i, variant] of node.variants.entries()) {
      out.bind(blocks[i]!);
      out.path = path + variantSegment(variant.name);
      this.#tagOnly(slot, tag, { name: content, place: this.#layout.enum(node).payloads[i] }, i);
      out.path = path;
      out.emit("neutral", "jump", { a: after });
    }
    out.bind(after);
  }

  #probeTag(node: EnumNode, blocks: readonly Label[]): void {
    const table = probeVariants(this.#out, [{ node, picks: [...blocks.keys()] }], blocks);
    this.#out.emit(this.#dialect.format, "probe", { a: table });
  }

  /** An object of the tag and perhaps its content. The enum's own cell is its header until the variant goes there. */
  #tagOnly(
    slot: number,
    tag: string,
    content: { readonly name: string; readonly place: Place | undefined } | undefined,
    variant: number,
  ): void {
    const out = this.#out;
    const { format } = this.#dialect;
    const { path } = out;
    const close = out.label();
    const value = out.label();
    const fields: KeyField[] = [
      {
        names: [tag],
        bit: bitAddress(slot, 0),
        target: undefined,
        required: false,
        path: path + fieldSegment(tag),
      },
    ];
    if (content !== undefined) {
      fields.push({
        names: [content.name],
        bit: bitAddress(slot, 1),
        target: value,
        required: content.place !== undefined,
        path: path + fieldSegment(content.name),
      });
    }
    const table = out.keys({
      fields,
      close,
      unknown: 0,
      duplicate: "reject",
      missing: MISSING_FIELD,
      header: slot,
    });
    out.emit(format, "obj", { x16: 1, a: table, b: slot });
    if (content !== undefined) {
      this.#keyRecord(table, 1, content.name, -1);
      out.bind(value);
      if (content.place === undefined) out.emit(format, "get", { x8: KIND.unit, a: slot, b: -1 });
      else this.#payload(content.place, slot + content.place.slot);
    }
    out.emit(format, "key", { a: table, b: -1, c: -1 });
    out.bind(close);
    out.emit("neutral", "set", { a: slot, b: variant });
  }

  /** By the kind of the value; scalars by fit, in order; objects by their keys. */
  #untagged(node: EnumNode, slot: number): void {
    const out = this.#out;
    const { path } = out;
    const { text, format } = this.#dialect;
    const { payloads } = this.#layout.enum(node);
    const after = out.label();
    const cases = VALUE_KINDS.flatMap((kind) => {
      const fits = [...payloads.keys()].filter((i) => {
        const payload = payloads[i];
        return payload === undefined ? kind === "null" : acceptedKinds(payload.node, text).has(kind);
      });
      if (kind === "int") fits.sort((a, b) => floatness(payloads[a]) - floatness(payloads[b]));
      return fits.length === 0 ? [] : [{ kind, fits, label: out.label() }];
    });
    const targets = Object.fromEntries(cases.map(({ kind, label }) => [kind, label]));
    out.emit(format, "kind", { a: this.#kinds(NO_MATCH, targets) });
    for (const { kind, fits, label } of cases) {
      out.bind(label);
      const blocks = fits.map(() => out.label());
      if (kind === "map" && fits.length > 1) {
        out.emit(format, "probe", { a: probeVariants(out, [{ node, picks: fits }], blocks) });
      } else if (kind === "list" && fits.length > 1) {
        throw new CodecError("load.unsupported", "untagged variants that are all sequences");
      }
      for (const [k, i] of fits.entries()) {
        out.bind(blocks[k]!);
        out.path = path + variantSegment(node.variants[i]!.name);
        const payload = payloads[i];
        const otherwise = kind === "map" ? undefined : blocks[k + 1];
        if (payload === undefined) out.emit(format, "get", { x8: KIND.unit, a: slot, b: -1 });
        else this.#attempt(payload, slot + payload.slot, otherwise);
        out.path = path;
        out.emit("neutral", "set", { a: slot, b: i });
        out.emit("neutral", "jump", { a: after });
      }
    }
    out.bind(after);
  }

  /** A payload that may turn out not to fit. */
  #attempt(payload: Place, slot: number, otherwise: Label | undefined): void {
    const { node } = payload;
    if (otherwise === undefined) {
      this.#payload(payload, slot);
    } else if (
      node.kind === "enum" &&
      !payload.boxed &&
      node.variants.every((v) => v.payload === undefined)
    ) {
      const after = this.#out.label();
      this.#nameCase(node, slot, after, 0, otherwise);
      this.#out.bind(after);
    } else if (isScalar(node)) {
      this.#leaf(node, slot, otherwise);
    } else {
      throw new CodecError("load.unsupported", "untagged variants that cannot be told apart");
    }
  }

  /** Whatever comes. Always a procedure, which calls itself for what is inside. */
  #any(node: AnyNode, slot: number): void {
    const out = this.#out;
    const { format } = this.#dialect;
    const after = out.label();
    const tags = format === "cbor";
    const kinds = VALUE_KINDS.filter((kind) => {
      if (kind === "tag") return tags;
      return !this.#dialect.text || (kind !== "bytes" && kind !== "other");
    });
    const blocks = Object.fromEntries(kinds.map((kind) => [kind, out.label()]));
    out.emit(format, "kind", { x16: tags ? KIND_TAGS : 0, a: this.#kinds(TYPE_MISMATCH, blocks) });
    const block = (kind: keyof typeof VALUE_KIND, variant: number, body: () => void) => {
      const label = blocks[kind];
      if (label === undefined) return;
      out.bind(label);
      body();
      if (variant >= 0) out.emit("neutral", "set", { a: slot, b: variant });
      out.emit("neutral", "jump", { a: after });
    };
    const leaf = (kind: number, at: number) => () => out.emit(format, "get", { x8: kind, a: at, b: -1 });
    const self = () => this.#value(node, 0);
    block("null", ANY_VARIANT.null, leaf(KIND.unit, slot + 1));
    block("bool", ANY_VARIANT.bool, leaf(KIND.bool, slot + 1));
    block("int", -1, leaf(KIND.integer, slot));
    block("float", ANY_VARIANT.f64, leaf(KIND.f64, slot + 1));
    block("str", ANY_VARIANT.string, leaf(KIND.str, slot + 1));
    block("bytes", ANY_VARIANT.bytes, leaf(KIND.bytes, slot + 1));
    block("other", -1, leaf(KIND.other, slot));
    block("list", ANY_VARIANT.list, () => this.#anyList(LIST.zero, ANY.cells, slot + 1, self));
    block("map", ANY_VARIANT.map, () => {
      const { text } = this.#dialect;
      const flags = LIST.zero | LIST.map | (text ? LIST.unique | LIST.text | LIST.second : 0);
      this.#anyList(flags, ANY.entryCells, slot + 1, () => {
        if (text) {
          out.emit(format, "get", { x8: KIND.str, x16: KEY_POSITION, a: 1, b: -1 });
          out.emit("neutral", "set", { a: 0, b: ANY_VARIANT.string });
        } else {
          self();
        }
        this.#value(node, ANY.cells);
      });
    });
    block("tag", ANY_VARIANT.tag, () => {
      const { path } = out;
      out.emit("neutral", "box", { x8: BOX_ZERO, x16: ANY.tagCells, a: slot + 1 });
      out.path = "";
      leaf(KIND.tag, 0)();
      this.#value(node, 1);
      out.emit("neutral", "close");
      out.path = path;
    });
    out.bind(after);
  }

  #anyList(flags: number, cells: number, slot: number, body: () => void): void {
    const out = this.#out;
    const done = out.label();
    out.emit(this.#dialect.format, "list", { x8: flags, x16: cells, a: slot, b: -1, c: done });
    const { path } = out;
    out.path = "";
    body();
    out.emit(this.#dialect.format, "next");
    out.path = path;
    out.bind(done);
  }

  #kinds(code: number, targets: Readonly<Record<string, Label>>): Table {
    return this.#out.table([code, ...VALUE_KINDS.map((kind) => targets[kind] ?? -1)]);
  }
}

const floatness = (place: Place | undefined): number =>
  place !== undefined && (place.node.kind === "f64" || place.node.kind === "f32") ? 1 : 0;

const wireNames = (variant: Variant): Uint8Array[] =>
  [variant.wire, ...variant.aliases].map((name) => encodeUtf8(name));
