// Decode programs of the formats that describe themselves: JSON, MessagePack and CBOR get line for line the same, with
// another family of instructions. What differs is a `Dialect`.

import { encodeUtf8 } from "../../../core/bytes.ts";
import type { Label, Table } from "../../ir/assembler.ts";
import { codeNumber } from "../../ir/codes.ts";
import { KIND, kindOf } from "../../ir/kinds.ts";
import { BOX_ZERO, FAIL_BACK, KEY_POSITION, KIND_TAGS, LIST, SEQ } from "../../ir/ops.ts";
import { variantSegment } from "../../ir/path.ts";
import type { Program } from "../../ir/program.ts";
import { NO_CASE, type VALUE_KIND, VALUE_KINDS } from "../../ir/tables.ts";
import { ANY, ANY_VARIANT } from "../../layout/any.ts";
import { type Layout, type Place, shiftBit } from "../../layout/layout.ts";
import type {
  AnyNode,
  DuplicatePolicy,
  EnumNode,
  MapNode,
  Node,
  ScalarNode,
  StructNode,
  TupleNode,
  Variant,
} from "../../shape/node.ts";
import type { CaptureConstant } from "../constants.ts";
import { Lowering } from "../lowering.ts";
import { isScalar, listFlags } from "../shared.ts";
import { type Atom, Atoms, type ValueKind, wireNames } from "./atoms.ts";
import { emitDefault } from "./default.ts";
import type { Dialect } from "./dialect.ts";
import {
  expand,
  type Group,
  type KeySpace,
  keySpaceOf,
  type Member,
  tagMember,
  variantSpace,
} from "./members.ts";
import { probeTable, triedOrder } from "./probe.ts";

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

type ProbeArguments = [Parameters<typeof probeTable>[1], Parameters<typeof probeTable>[2]];

/** What an object is read as, beside its key space. */
interface Header {
  readonly slot: number;
  readonly cells: number;
  readonly denyUnknown: boolean;
  readonly duplicate: DuplicatePolicy;
}

class DecodeLowering extends Lowering {
  readonly #dialect: Dialect;
  readonly #capture: CaptureConstant;
  readonly #atoms: Atoms;

  constructor(root: Node, layout: Layout, dialect: Dialect, capture: CaptureConstant) {
    super(root, layout, dialect.format, "decode", dialect.mode);
    this.#dialect = dialect;
    this.#capture = capture;
    this.#atoms = new Atoms(layout, this.text);
  }

  /** Null must mean one thing; around `any`, shapes see to it that it is null in JavaScript either way. */
  protected override option(bit: number, inner: Place, slot: number): void {
    if (inner.node.kind !== "any" && this.#atoms.kindsOf(inner.node).has("null")) {
      this.refuse("an option of something that may itself be null");
    }
    super.option(bit, inner, slot);
  }

  protected override key({ node, slot }: Place): void {
    if (node.kind !== "enum") {
      this.leaf(node as ScalarNode, slot, KEY_POSITION);
      return;
    }
    const after = this.out.label();
    this.#nameCase(node, slot, after, KEY_POSITION);
    this.out.bind(after);
  }

  /** The name of a variant without payload, as text; then `after`. */
  #nameCase(node: EnumNode, slot: number, after: Label, flags: number, otherwise?: Label): void {
    const units = [...node.variants.entries()].filter(([, variant]) => variant.payload === undefined);
    const named = (variants: readonly Variant[], field: number) =>
      variants.flatMap((variant) => wireNames(variant).map((name) => ({ bytes: encodeUtf8(name), field })));
    const table = this.out.cases({
      targets: units.map(([variant]) => ({ target: after, variant })),
      names: [
        ...units.flatMap(([, variant], row) => named([variant], row)),
        // Known, so they are not for the variant that takes unknown names.
        ...named(
          node.variants.filter(({ payload, other }) => payload !== undefined && !other),
          NO_CASE,
        ),
      ],
      other: units.findIndex(([, variant]) => variant.other),
    });
    this.out.emit(this.#dialect.format, "case", { x16: flags, a: slot, b: table, c: otherwise ?? -1 });
  }

  protected override tuple(node: TupleNode, slot: number): void {
    const out = this.out;
    const { format } = this.#dialect;
    const { places } = this.layout.record(node);
    const { path } = out;
    out.emit(format, "seq", { x8: SEQ.open, a: places.length, b: slot });
    for (const [i, place] of places.entries()) {
      out.path = `${path}[${i}]`;
      if (i > 0) out.emit(format, "seq", { x8: SEQ.item, a: i, b: slot });
      this.place(place, slot);
    }
    out.path = path;
    out.emit(format, "seq", { x8: SEQ.close, a: places.length, b: slot });
  }

  protected override struct(node: StructNode, slot: number, tag?: Member): void {
    const { out } = this;
    const { denyUnknown, duplicate } = node;
    const cells = this.layout.record(node).headerCells;
    const space = keySpaceOf(this.layout, node, slot, out.path, "decode");
    if (tag !== undefined) space.members.push(tag);
    this.#combined({ slot, cells, denyUnknown, duplicate }, space);
  }

  /** One block for each combination of variants; which one it is, is known before anything is built. */
  #combined(header: Header, space: KeySpace): void {
    const { out } = this;
    const all = expand(this.layout, space, "decode");
    if (space.choices.length === 0) {
      this.#object(header, space);
      return;
    }
    const isTag = ({ node }: KeySpace["picks"][number]) =>
      node.tagging.style === "internal" || node.tagging.style === "adjacent";
    const blocks = all.map(() => out.label());
    const picks = all.flatMap((full) => full.picks);
    const tagged = all.every((full) => full.picks.length === 1 && isTag(full.picks[0]!));
    this.#probe(
      all.map((full, i) => {
        const keys = this.#atoms.keysOf({ ...full, members: full.telling });
        return { target: blocks[i]!, atoms: [{ kind: "map", keys: () => keys }], extra: full.present.length };
      }),
      {
        first: picks.some(({ node }) => node.first),
        tagged,
        none: picks.every(isTag) ? MISSING_TAG : NO_MATCH,
      },
    );
    const after = out.label();
    for (const [k, full] of all.entries()) {
      out.bind(blocks[k]!);
      this.#object(header, full);
      out.emit("neutral", "jump", { a: after });
    }
    out.bind(after);
  }

  #probe(...[candidates, options]: ProbeArguments): void {
    this.out.emit(this.#dialect.format, "probe", { a: probeTable(this.out, candidates, options) });
  }

  /** One object with these keys. */
  #object(header: Header, space: KeySpace): void {
    const { out } = this;
    const { format } = this.#dialect;
    const { path } = out;
    const known = space.members.filter(({ skipDecode }) => !skipDecode);
    const fields = known.filter(({ read }) => read !== "skip");
    const values = known.map(({ read }) => (read === "skip" ? undefined : out.label()));
    const probes = fields.map(() => out.label());
    const end = out.label();
    const close = out.label();
    const optional = ({ required, marks }: Member) => !required || marks.length > 0;
    const table = out.keys({
      fields: known.map((member, i) => ({
        names: member.names,
        bit: member.seen,
        target: values[i],
        required: !optional(member),
        path: member.keyPath ?? member.path,
      })),
      close,
      unknown: header.denyUnknown && space.rest === undefined ? UNKNOWN_FIELD : 0,
      duplicate: header.duplicate,
      missing: MISSING_FIELD,
      header: header.slot,
    });
    for (const cell of space.headers) if (cell !== header.slot) out.emit("neutral", "set", { a: cell });
    if (space.rest !== undefined) {
      out.path = space.rest.path;
      this.#rest(space.rest.node, space.rest.slot, table);
      out.path = path;
    }
    out.emit(format, "obj", { x16: header.cells, a: table, b: header.slot });
    for (const [i, member] of fields.entries()) {
      out.bind(probes[i]!);
      const index = known.indexOf(member);
      this.#keyRecord(table, index, member.names[0]!, optional(member) ? (probes[i + 1] ?? end) : -1);
      out.bind(values[index]!);
      out.path = member.path;
      for (const bit of member.marks) out.emit("neutral", "mark", { a: bit });
      if (member.place === undefined) out.emit(format, "get", { x8: KIND.unit, a: header.slot, b: -1 });
      else this.place(member.place, member.base);
      out.path = path;
    }
    out.bind(end);
    out.emit(format, "key", { a: table, b: -1, c: -1 });
    out.bind(close);
    for (const group of space.groups) this.#group(group);
    for (const member of space.members) {
      if (member.marks.length === 0) this.#default(member);
    }
    for (const bit of space.present) out.emit("neutral", "mark", { a: bit });
    for (const { slot, variant } of space.picks) out.emit("neutral", "set", { a: slot, b: variant });
    out.path = path;
  }

  /** An optional struct among the keys: there as a whole, or not at all. */
  #group({ bit, members }: Group): void {
    const out = this.out;
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
      out.emit("neutral", "fail", { x8: this.text ? FAIL_BACK : 0, a: MISSING_FIELD });
      out.path = path;
      out.bind(there);
    }
    out.bind(absent);
  }

  /** All keys that are not in the table, before the object itself is read. */
  #rest(node: MapNode, slot: number, table: Table): void {
    const { cells, key, value } = this.layout.element(node);
    this.elements("rest", listFlags(node, this.layout), cells, slot, table, () => {
      this.key(key!);
      this.place(value, 0);
    });
  }

  #keyRecord(table: Table, field: number, wire: string, alternative: Label | number): void {
    const bytes = this.#dialect.key(wire);
    const inline = bytes.length <= MAX_INLINE ? bytes : new Uint8Array();
    this.out.emit(this.#dialect.format, "key", { x16: inline.length, a: table, b: field, c: alternative });
    this.out.inline(inline);
  }

  #default({ default: value, skipDecode, place, base, seen, path }: Member): void {
    if (value === undefined || place === undefined) return;
    const out = this.out;
    const there = out.label();
    if (!skipDecode) {
      const absent = out.label();
      out.emit("neutral", "if", { a: seen, b: absent });
      out.emit("neutral", "jump", { a: there });
      out.bind(absent);
    }
    const outer = out.path;
    out.path = path;
    emitDefault(out, this.layout, place, base, value.value, this.#capture);
    out.path = outer;
    out.bind(there);
  }

  protected override enum(node: EnumNode, slot: number): void {
    switch (node.tagging.style) {
      case "external":
        this.#external(node, slot);
        break;
      case "numeric":
        this.#numeric(node, slot);
        break;
      case "internal":
      case "adjacent":
        this.#tagged(node, slot);
        break;
      case "untagged":
        this.#untagged(node, slot);
    }
  }

  #numeric(node: EnumNode, slot: number): void {
    const after = this.out.label();
    const numbers = node.variants.map((variant, i) => variant.discriminant ?? i);
    const table = this.out.cases({
      targets: node.variants.map((_, variant) => ({ target: after, variant })),
      numbers,
      other: node.variants.findIndex((variant) => variant.other),
    });
    this.out.emit(this.#dialect.format, "case", { a: slot, b: table, c: -1 });
    this.out.bind(after);
  }

  /** `"Unit"`, or `{"Name": payload}`. */
  #external(node: EnumNode, slot: number): void {
    const out = this.out;
    const { format } = this.#dialect;
    const name = out.label();
    const object = out.label();
    const after = out.label();
    const hasNames = node.variants.some(({ payload, other }) => payload === undefined || other);
    out.emit(format, "kind", {
      a: this.#kinds(TYPE_MISMATCH, { ...(hasNames ? { str: name } : {}), map: object }),
    });
    if (hasNames) {
      out.bind(name);
      this.#otherText(node, slot, after);
      this.#nameCase(node, slot, after, 0);
    }
    out.bind(object);
    const { path } = out;
    const blocks = node.variants.map(() => out.label());
    // Beside an unknown name nothing can be kept of what it is the name of.
    const other = node.variants.findIndex((variant) => variant.other && variant.payload === undefined);
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
      const payload = this.layout.enum(node).payloads[i];
      if (payload !== undefined) this.payload(payload, slot + payload.slot);
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

  /** An unknown name, where a variant keeps it; then `after`. */
  #otherText(node: EnumNode, slot: number, after: Label): void {
    const { out } = this;
    const index = node.variants.findIndex(({ other, payload }) => other && payload !== undefined);
    if (index < 0) return;
    const known = out.label();
    const unknown = out.label();
    const names = node.variants.filter((_, i) => i !== index).flatMap(wireNames);
    this.#probe(
      [
        { target: known, atoms: [{ kind: "str", names }] },
        { target: unknown, atoms: [{ kind: "str", names: wireNames(node.variants[index]!), other: true }] },
      ],
      { first: true, none: UNKNOWN_VARIANT },
    );
    out.bind(unknown);
    const payload = this.layout.enum(node).payloads[index]!;
    this.payload(payload, slot + payload.slot);
    out.emit("neutral", "set", { a: slot, b: index });
    out.emit("neutral", "jump", { a: after });
    out.bind(known);
  }

  /** By the tag, wherever it stands; then the object as the variant's. */
  #tagged(node: EnumNode, slot: number): void {
    const { out } = this;
    const { payloads } = this.layout.enum(node);
    const { tag } = node.tagging as { readonly tag: string };
    const blocks = node.variants.map(() => out.label());
    this.#probe(
      node.variants.map((variant, i) => {
        const atom = tagMember(tag, variant, undefined, 0, -1, "").tag!;
        const keys = { known: new Map([[tag, [atom]]]), required: new Map([[tag, [tag]]]), open: false };
        return { target: blocks[i]!, atoms: [{ kind: "map", keys: () => keys }] };
      }),
      { first: false, tagged: true, none: MISSING_TAG },
    );
    this.blocks(node, blocks, (i) => {
      const payload = payloads[i];
      if (node.tagging.style === "internal" && payload?.node.kind === "struct") {
        this.#besideTag(payload.node, payload, slot, node.variants[i]!, tag);
        out.emit("neutral", "set", { a: slot, b: i });
      } else {
        const space = variantSpace(this.layout, node, slot, out.path, i, "decode");
        this.#combined({ slot, cells: 1, denyUnknown: false, duplicate: "reject" }, space);
      }
    });
  }

  /** The struct's own header is used, as it may be in a box. */
  #besideTag(node: StructNode, { boxed, slot }: Place, base: number, variant: Variant, tag: string): void {
    const { tagBit } = this.layout.record(node);
    // Which variant it is, is known: the tag decides nothing any more.
    const read = (at: number) =>
      this.struct(node, at, {
        ...tagMember(tag, variant, undefined, 0, shiftBit(tagBit, at), this.out.path),
        tag: undefined,
      });
    if (boxed) this.inside(node, base + slot, () => read(0));
    else read(base + slot);
  }

  /** By the kind of the value; scalars by fit, in order; lists by length; objects by what is in them. */
  #untagged(node: EnumNode, slot: number): void {
    const { out } = this;
    const { format } = this.#dialect;
    const { payloads } = this.layout.enum(node);
    const all = node.variants.map((variant, i): readonly Atom[] => {
      const payload = payloads[i];
      return payload === undefined
        ? [{ kind: "str", names: wireNames(variant) }]
        : this.#atoms.of(payload.node);
    });
    const after = out.label();
    const blocks = node.variants.map(() => out.label());
    const groups = VALUE_KINDS.flatMap((kind) => {
      const fits = [...all.keys()].filter((i) => all[i]!.some((atom) => atom.kind === kind));
      const label = fits.length === 1 ? blocks[fits[0]!]! : out.label();
      return fits.length === 0 ? [] : [{ kind, fits, label }];
    });
    out.emit(format, "kind", {
      a: this.#kinds(NO_MATCH, Object.fromEntries(groups.map(({ kind, label }) => [kind, label]))),
    });
    for (const { kind, fits, label } of groups) {
      if (fits.length === 1) continue;
      out.bind(label);
      const atoms = fits.map((i) => all[i]!.filter((atom) => atom.kind === kind));
      if (fits.every((i) => isPlain(payloads[i]))) this.#tryInOrder(node, slot, fits, atoms, after);
      else this.#choose(node, kind, fits, atoms, blocks);
    }
    const used = new Set(
      groups.flatMap(({ fits }) => (fits.length > 1 && fits.every((i) => isPlain(payloads[i])) ? [] : fits)),
    );
    const { path } = out;
    for (const i of used) {
      out.bind(blocks[i]!);
      out.path = path + variantSegment(node.variants[i]!.name);
      const payload = payloads[i];
      if (payload === undefined) this.#unitName(node, slot, i, after);
      else {
        this.payload(payload, slot + payload.slot);
        out.emit("neutral", "set", { a: slot, b: i });
        out.emit("neutral", "jump", { a: after });
      }
      out.path = path;
    }
    out.bind(after);
  }

  #choose(
    node: EnumNode,
    kind: ValueKind,
    fits: readonly number[],
    atoms: readonly (readonly Atom[])[],
    blocks: readonly Label[],
  ): void {
    if (kind === "list" && !node.first) {
      const arities = atoms.flat().map(({ arity }) => arity);
      if (arities.includes(undefined) || new Set(arities).size < arities.length) {
        this.refuse("untagged variants that are all lists, and differ in no length");
      }
    }
    this.#probe(
      fits.map((i, k) => ({ target: blocks[i]!, atoms: atoms[k]! })),
      { first: node.first, none: NO_MATCH },
    );
  }

  /** Scalars, each one read unless it does not fit. */
  #tryInOrder(
    node: EnumNode,
    slot: number,
    fits: readonly number[],
    atoms: readonly (readonly Atom[])[],
    after: Label,
  ): void {
    const { out } = this;
    const { path } = out;
    const order = triedOrder(atoms).map((k) => fits[k]!);
    for (const [k, i] of order.entries()) {
      const next = k + 1 < order.length ? out.label() : undefined;
      out.path = path + variantSegment(node.variants[i]!.name);
      const payload = this.layout.enum(node).payloads[i];
      if (payload === undefined) {
        this.#unitName(node, slot, i, after, next);
      } else {
        const at = slot + payload.slot;
        const inner = payload.node;
        if (inner.kind === "enum") {
          const named = out.label();
          this.#nameCase(inner, at, named, 0, next);
          out.bind(named);
        } else {
          const kind = kindOf(inner as ScalarNode, this.text);
          out.emit(this.#dialect.format, "get", { x8: kind, a: at, b: next ?? -1 });
        }
        out.emit("neutral", "set", { a: slot, b: i });
        out.emit("neutral", "jump", { a: after });
      }
      out.path = path;
      if (next !== undefined) out.bind(next);
    }
  }

  /** A variant without payload, untagged: its name. */
  #unitName(node: EnumNode, slot: number, variant: number, after: Label, otherwise?: Label): void {
    const table = this.out.cases({
      targets: [{ target: after, variant }],
      names: wireNames(node.variants[variant]!).map((name) => ({ bytes: encodeUtf8(name), field: 0 })),
    });
    this.out.emit(this.#dialect.format, "case", { a: slot, b: table, c: otherwise ?? -1 });
  }

  /** Whatever comes. Always a procedure, which calls itself for what is inside. */
  protected override any(node: AnyNode, slot: number): void {
    const out = this.out;
    const { format } = this.#dialect;
    const after = out.label();
    const tags = format === "cbor";
    const kinds = VALUE_KINDS.filter((kind) => {
      if (kind === "tag") return tags;
      return !this.text || (kind !== "bytes" && kind !== "other");
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
    const self = () => this.value(node, 0);
    block("null", ANY_VARIANT.null, leaf(KIND.unit, slot + 1));
    block("bool", ANY_VARIANT.bool, leaf(KIND.bool, slot + 1));
    block("int", -1, leaf(KIND.integer, slot));
    block("float", ANY_VARIANT.f64, leaf(KIND.f64, slot + 1));
    block("str", ANY_VARIANT.string, leaf(KIND.str, slot + 1));
    block("bytes", ANY_VARIANT.bytes, leaf(KIND.bytes, slot + 1));
    block("other", -1, leaf(KIND.other, slot));
    block("list", ANY_VARIANT.list, () => this.elements("list", LIST.zero, ANY.cells, slot + 1, -1, self));
    block("map", ANY_VARIANT.map, () => {
      const { text } = this;
      const flags = LIST.zero | LIST.map | (text ? LIST.unique | LIST.text | LIST.second : 0);
      this.elements("list", flags, ANY.entryCells, slot + 1, -1, () => {
        if (text) {
          out.emit(format, "get", { x8: KIND.str, x16: KEY_POSITION, a: 1, b: -1 });
          out.emit("neutral", "set", { a: 0, b: ANY_VARIANT.string });
        } else {
          self();
        }
        this.value(node, ANY.cells);
      });
    });
    block("tag", ANY_VARIANT.tag, () => {
      const { path } = out;
      out.emit("neutral", "box", { x8: BOX_ZERO, x16: ANY.tagCells, a: slot + 1 });
      out.path = "";
      leaf(KIND.tag, 0)();
      this.value(node, 1);
      out.emit("neutral", "close");
      out.path = path;
    });
    out.bind(after);
  }

  #kinds(code: number, targets: Readonly<Record<string, Label>>): Table {
    return this.out.table([code, ...VALUE_KINDS.map((kind) => targets[kind] ?? -1)]);
  }
}

/** Read by one instruction, which can say that it does not fit. */
const isPlain = (payload: Place | undefined): boolean =>
  payload === undefined ||
  (!payload.boxed &&
    (payload.node.kind === "enum"
      ? payload.node.tagging.style === "external" &&
        payload.node.variants.every((variant) => variant.payload === undefined && !variant.other)
      : isScalar(payload.node) && payload.node.kind !== "raw"));
