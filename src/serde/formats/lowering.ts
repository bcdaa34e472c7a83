// What all lowerings share: the walk over the cells of a shape, which parts become procedures, boxes, options, lists.
// Decode and encode go the same way over the same cells with other instructions.

import { Assembler, type Label, type Word } from "../ir/assembler.ts";
import { CodecError } from "../ir/failure.ts";
import { kindOf } from "../ir/kinds.ts";
import { BOX_ZERO, type Direction, EACH, type FormatName } from "../ir/ops.ts";
import { variantSegment } from "../ir/path.ts";
import type { Program } from "../ir/program.ts";
import { bitAddress, type Core, type Elements, type Layout, type Place, shiftBit } from "../layout/layout.ts";
import type { AnyNode, EnumNode, Node, ScalarNode, StructNode, TupleNode } from "../shape/node.ts";
import { countOf, listFlags, proceduresOf } from "./shared.ts";

export abstract class Lowering {
  protected readonly layout: Layout;
  protected readonly out: Assembler;
  protected readonly decodes: boolean;
  /** Bytes are text. */
  protected readonly text: boolean;
  readonly #procedures: ReadonlySet<Core>;
  readonly #entries = new Map<Core, Label>();
  readonly #todo: { readonly node: Core; readonly outer: string }[] = [];
  /** Path of the record that `out.path` starts from. */
  #outer = "$";

  constructor(root: Node, layout: Layout, format: FormatName, direction: Direction, mode: number) {
    this.layout = layout;
    this.out = new Assembler(format, direction, mode);
    this.decodes = direction === "decode";
    this.text = format === "json";
    this.#procedures = proceduresOf(root);
  }

  program(): Program {
    const { out } = this;
    const { root, rootCells, rootZero } = this.layout;
    out.procedure(rootCells);
    this.place(root, 0);
    out.path = "";
    if (this.decodes) out.emit(out.format, "end");
    else out.emit("neutral", "done");
    for (let next = this.#todo.pop(); next !== undefined; next = this.#todo.pop()) {
      out.bind(this.#entries.get(next.node)!);
      out.procedure(this.layout.cellsOf(next.node));
      this.#outer = next.outer;
      out.path = "";
      this.#body(next.node, 0);
      out.emit("neutral", "ret");
    }
    return out.finish(rootCells, rootZero);
  }

  protected abstract struct(node: StructNode, slot: number): void;
  protected abstract tuple(node: TupleNode, slot: number): void;
  protected abstract enum(node: EnumNode, slot: number): void;
  protected abstract any(node: AnyNode, slot: number): void;
  protected abstract key(place: Place): void;

  /** A part of a record that starts at slot `base`. */
  protected place(place: Place, base: number): void {
    if (place.some < 0) this.payload(place, base + place.slot);
    else this.option(shiftBit(place.some, base), place, base + place.slot);
  }

  protected option(bit: number, inner: Place, slot: number): void {
    const { out } = this;
    const none = out.label();
    out.emit(out.format, this.decodes ? "opt" : "some", { a: bit, b: none });
    this.payload(inner, slot);
    out.bind(none);
  }

  protected payload(place: Place, slot: number): void {
    if (place.boxed) this.inside(place.node, slot, () => this.value(place.node, 0));
    else this.value(place.node, slot);
  }

  /** `body` in the record of the box at `slot`. */
  protected inside(node: Core, slot: number, body: () => void): void {
    const { out } = this;
    const operands = { x16: this.layout.cellsOf(node), a: slot };
    if (!this.decodes) out.emit("neutral", "enter", operands);
    else out.emit("neutral", "box", { x8: this.layout.zeroOf(node) ? BOX_ZERO : 0, ...operands });
    this.below("", body);
    out.emit("neutral", this.decodes ? "close" : "leave");
  }

  /** `body` with paths that start anew, `segment` below here. */
  protected below(segment: string, body: () => void): void {
    const { out } = this;
    const { path } = out;
    const outer = this.#outer;
    this.#outer = outer + path + segment;
    out.path = "";
    body();
    out.path = path;
    this.#outer = outer;
  }

  /** `node`, at `slot`: called if it is a procedure, else in place. */
  protected value(node: Core, slot: number): void {
    if (!this.#procedures.has(node)) {
      this.#body(node, slot);
      return;
    }
    let entry = this.#entries.get(node);
    if (entry === undefined) {
      entry = this.out.label();
      this.#entries.set(node, entry);
      this.#todo.push({ node, outer: this.#outer + this.out.path });
    }
    this.out.emit("neutral", "call", { a: entry, b: slot });
  }

  #body(node: Core, slot: number): void {
    switch (node.kind) {
      case "struct":
        this.struct(node, slot);
        break;
      case "tuple":
        this.tuple(node, slot);
        break;
      case "list":
      case "array":
      case "set":
      case "map":
        this.list(node, slot);
        break;
      case "option": {
        const inner = this.layout.option(node);
        if (this.decodes) this.out.emit("neutral", "set", { a: slot });
        this.option(bitAddress(slot, 0), inner, slot + inner.slot);
        break;
      }
      case "enum":
        this.enum(node, slot);
        break;
      case "any":
        this.any(node, slot);
        break;
      default:
        this.leaf(node, slot);
    }
  }

  protected leaf(node: ScalarNode, slot: number, flags = 0): void {
    const operands = { x8: kindOf(node, this.text), x16: flags, a: slot };
    if (this.decodes) this.out.emit(this.out.format, "get", { ...operands, b: -1 });
    else this.out.emit(this.out.format, "put", operands);
  }

  protected list(node: Elements, slot: number, more = 0): void {
    const element = this.layout.element(node);
    const flags = this.decodes ? listFlags(node, this.layout) : node.kind === "map" ? EACH.map : 0;
    const verb = this.decodes ? "list" : "each";
    this.elements(verb, more | flags, element.cells, slot, countOf(node), () => {
      if (element.key !== undefined) this.key(element.key);
      this.place(element.value, 0);
    });
  }

  /** A loop over the elements of the list at `slot`; `b` as `verb` has it. */
  protected elements(
    verb: "list" | "rest" | "each",
    flags: number,
    cells: number,
    slot: number,
    b: Word,
    body: () => void,
  ): void {
    const { out } = this;
    const done = out.label();
    // Only `rest` is not of every format, and none asks for it that has it not.
    out.emit(out.format as "json", verb, { x8: flags, x16: cells, a: slot, b, c: done });
    this.below("[]", () => {
      body();
      out.emit(out.format, this.decodes ? "next" : "more");
    });
    out.bind(done);
  }

  /** Encode: by the variant in the cell. */
  protected pick(node: EnumNode, slot: number, body: (variant: number) => void): void {
    const { out } = this;
    const blocks = node.variants.map(() => out.label());
    const targets = blocks.map((target, variant) => ({ target, variant }));
    out.emit("neutral", "pick", { a: slot, b: out.cases({ targets }) });
    this.blocks(node, blocks, body);
  }

  /** One block for each variant, which all lead behind the last. */
  protected blocks(node: EnumNode, blocks: readonly Label[], body: (variant: number) => void): void {
    const { out } = this;
    const { path } = out;
    const after = out.label();
    for (const [i, label] of blocks.entries()) {
      out.bind(label);
      out.path = path + variantSegment(node.variants[i]!.name);
      body(i);
      out.path = path;
      out.emit("neutral", "jump", { a: after });
    }
    out.bind(after);
  }

  /** What the format, or this compiler, cannot do with what is at `out.path`. */
  protected refuse(why: string): never {
    throw new CodecError("load.unsupported", `${this.#outer}${this.out.path}: ${why}`);
  }
}
