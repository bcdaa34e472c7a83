// postcard programs, both directions: fields in order, nothing named, nothing skipped.

import { Assembler, type Label } from "../../ir/assembler.ts";
import { CodecError } from "../../ir/failure.ts";
import { kindOf } from "../../ir/kinds.ts";
import { BOX_ZERO, type Direction, EACH } from "../../ir/ops.ts";
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
import type { EnumNode, Node, StructNode, TupleNode } from "../../shape/node.ts";
import type { CaptureConstant } from "../constants.ts";
import { listFlags, proceduresOf } from "../shared.ts";
import { emitDefault } from "../structural/default.ts";

export function lowerPostcard(
  root: Node,
  layout: Layout,
  direction: Direction,
  capture: CaptureConstant,
): Program {
  return new PostcardLowering(root, layout, direction, capture).program();
}

class PostcardLowering {
  readonly #layout: Layout;
  readonly #decode: boolean;
  readonly #capture: CaptureConstant;
  readonly #out: Assembler;
  readonly #procedures: ReadonlySet<Core>;
  readonly #entries = new Map<Core, Label>();
  readonly #todo: Core[] = [];

  constructor(root: Node, layout: Layout, direction: Direction, capture: CaptureConstant) {
    this.#layout = layout;
    this.#decode = direction === "decode";
    this.#capture = capture;
    this.#out = new Assembler("postcard", direction);
    this.#procedures = proceduresOf(root);
  }

  program(): Program {
    const out = this.#out;
    const { root, rootCells, rootZero } = this.#layout;
    out.procedure(rootCells);
    this.#place(root, 0);
    out.path = "";
    if (this.#decode) out.emit("postcard", "end");
    else out.emit("neutral", "done");
    for (let node = this.#todo.pop(); node !== undefined; node = this.#todo.pop()) {
      out.bind(this.#entries.get(node)!);
      out.procedure(this.#layout.cellsOf(node));
      out.path = "";
      this.#body(node, 0);
      out.emit("neutral", "ret");
    }
    return out.finish(rootCells, rootZero);
  }

  #place(place: Place, base: number): void {
    const none = this.#out.label();
    if (place.some >= 0) this.#optional(shiftBit(place.some, base), none);
    this.#payload(place, base + place.slot);
    this.#out.bind(none);
  }

  #optional(bit: number, none: Label): void {
    this.#out.emit("postcard", this.#decode ? "opt" : "some", { a: bit, b: none });
  }

  #payload(place: Place, slot: number): void {
    const { node } = place;
    if (!place.boxed) {
      this.#value(node, slot);
      return;
    }
    const out = this.#out;
    const { path } = out;
    const zero = this.#layout.zeroOf(node) ? BOX_ZERO : 0;
    if (this.#decode) {
      out.emit("neutral", "box", { x8: zero, x16: this.#layout.cellsOf(node), a: slot });
    } else {
      out.emit("neutral", "enter", { a: slot });
    }
    out.path = "";
    this.#value(node, 0);
    out.emit("neutral", this.#decode ? "close" : "leave");
    out.path = path;
  }

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
      case "tuple":
        this.#record(node, slot);
        break;
      case "list":
      case "array":
      case "set":
      case "map":
        this.#list(node, slot);
        break;
      case "option": {
        const inner = this.#layout.option(node);
        const none = this.#out.label();
        if (this.#decode) this.#out.emit("neutral", "set", { a: slot });
        this.#optional(bitAddress(slot, 0), none);
        this.#payload(inner, slot + inner.slot);
        this.#out.bind(none);
        break;
      }
      case "enum":
        this.#enum(node, slot);
        break;
      case "any":
      case "raw":
        throw new CodecError("load.unsupported", `postcard does not describe itself: no ${node.kind}`);
      default: {
        const operands = { x8: kindOf(node, false), a: slot };
        if (this.#decode) this.#out.emit("postcard", "get", { ...operands, b: -1 });
        else this.#out.emit("postcard", "put", operands);
      }
    }
  }

  #record(node: StructNode | TupleNode, slot: number): void {
    const out = this.#out;
    const { path } = out;
    const { places, headerCells } = this.#layout.record(node);
    if (this.#decode) for (let i = 0; i < headerCells; i++) out.emit("neutral", "set", { a: slot + i });
    for (const [i, place] of places.entries()) {
      const field = node.kind === "struct" ? node.fields[i]! : undefined;
      out.path = path + (field === undefined ? `[${i}]` : fieldSegment(field.name));
      if (field?.skipIf !== undefined) {
        throw new CodecError("load.unsupported", `postcard cannot leave out ${out.path}`);
      }
      if (field !== undefined && (this.#decode ? field.skipDecode : field.skipEncode)) {
        if (this.#decode && field.default !== undefined) {
          emitDefault(out, this.#layout, place, slot, field.default.value, this.#capture);
        }
        continue;
      }
      this.#place(place, slot);
    }
    out.path = path;
  }

  #list(node: Elements, slot: number): void {
    const out = this.#out;
    const element = this.#layout.element(node);
    const done = out.label();
    const exact = node.kind === "array";
    const operands = { x16: element.cells, a: slot, b: node.kind === "array" ? node.length : 0, c: done };
    const { path } = out;
    if (this.#decode) {
      out.emit("postcard", "list", { x8: listFlags(node, this.#layout), ...operands });
    } else {
      const flags = (node.kind === "map" ? EACH.map : 0) | (exact ? EACH.exact : 0);
      out.emit("postcard", "each", { x8: flags, ...operands });
    }
    out.path = "";
    if (element.key !== undefined) this.#place(element.key, 0);
    this.#place(element.value, 0);
    out.emit("postcard", this.#decode ? "next" : "more");
    out.path = path;
    out.bind(done);
  }

  /** The index, whatever the tagging is elsewhere; numeric enums write their number. */
  #enum(node: EnumNode, slot: number): void {
    const out = this.#out;
    const { path } = out;
    const { payloads } = this.#layout.enum(node);
    if (node.tagging.style === "untagged") {
      throw new CodecError("load.unsupported", "postcard cannot tell untagged variants apart");
    }
    const after = out.label();
    const blocks = node.variants.map(() => out.label());
    const numeric = node.tagging.style === "numeric";
    const numbers = node.variants.map((variant, i) => (numeric ? (variant.discriminant ?? i) : i));
    const targets = blocks.map((target, variant) => ({ target, variant }));
    if (this.#decode) {
      const other = node.variants.findIndex((variant) => variant.other && variant.payload === undefined);
      out.emit("postcard", "case", {
        a: slot,
        b: out.cases({ targets, other, ...(numeric ? { numbers } : {}) }),
        c: -1,
      });
    } else {
      out.emit("neutral", "pick", { a: slot, b: out.cases({ targets }) });
    }
    for (const [i, label] of blocks.entries()) {
      out.bind(label);
      out.path = path + variantSegment(node.variants[i]!.name);
      if (!this.#decode) {
        const bytes = varintBytes(numbers[i]!);
        out.emit("neutral", "lit", { a: out.blob(bytes), b: bytes.length });
      }
      const payload = payloads[i];
      if (payload !== undefined) this.#payload(payload, slot + payload.slot);
      out.path = path;
      out.emit("neutral", "jump", { a: after });
    }
    out.bind(after);
  }
}

function varintBytes(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
