// postcard programs, both directions: fields in order, nothing named, nothing skipped.

import type { Label } from "../../ir/assembler.ts";
import type { Direction } from "../../ir/ops.ts";
import { fieldSegment } from "../../ir/path.ts";
import type { Program } from "../../ir/program.ts";
import type { Layout, Place } from "../../layout/layout.ts";
import type { AnyNode, EnumNode, Node, ScalarNode, StructNode, TupleNode } from "../../shape/node.ts";
import type { CaptureConstant } from "../constants.ts";
import { Lowering } from "../lowering.ts";
import { emitDefault } from "../structural/default.ts";

export function lowerPostcard(
  root: Node,
  layout: Layout,
  direction: Direction,
  capture: CaptureConstant,
): Program {
  return new PostcardLowering(root, layout, direction, capture).program();
}

class PostcardLowering extends Lowering {
  readonly #capture: CaptureConstant;

  constructor(root: Node, layout: Layout, direction: Direction, capture: CaptureConstant) {
    super(root, layout, "postcard", direction, 0);
    this.#capture = capture;
  }

  protected override struct(node: StructNode, slot: number): void {
    const { out, decodes } = this;
    const { path } = out;
    const { places } = this.layout.record(node);
    this.#header(node, slot);
    for (const [i, field] of node.fields.entries()) {
      out.path = path + fieldSegment(field.name);
      if (field.skipIf !== undefined) this.refuse("postcard cannot leave out a field");
      if (!(decodes ? field.skipDecode : field.skipEncode)) this.place(places[i]!, slot);
      else if (decodes && field.default !== undefined) {
        emitDefault(out, this.layout, places[i]!, slot, field.default.value, this.#capture);
      }
    }
    out.path = path;
  }

  protected override tuple(node: TupleNode, slot: number): void {
    const { out } = this;
    const { path } = out;
    this.#header(node, slot);
    for (const [i, place] of this.layout.record(node).places.entries()) {
      out.path = `${path}[${i}]`;
      this.place(place, slot);
    }
    out.path = path;
  }

  #header(node: StructNode | TupleNode, slot: number): void {
    if (!this.decodes) return;
    const { headerCells } = this.layout.record(node);
    for (let i = 0; i < headerCells; i++) this.out.emit("neutral", "set", { a: slot + i });
  }

  protected override key(place: Place): void {
    this.place(place, 0);
  }

  protected override any(node: AnyNode): never {
    return this.refuse(`postcard does not describe itself: no ${node.kind}`);
  }

  protected override leaf(node: ScalarNode, slot: number): void {
    if (node.kind === "raw") this.refuse("postcard does not describe itself: no raw");
    super.leaf(node, slot);
  }

  /** The index, whatever the tagging is elsewhere; numeric enums write their number. */
  protected override enum(node: EnumNode, slot: number): void {
    const { out } = this;
    const { payloads } = this.layout.enum(node);
    if (node.tagging.style === "untagged") this.refuse("postcard cannot tell untagged variants apart");
    const numeric = node.tagging.style === "numeric";
    const numbers = node.variants.map((variant, i) => (numeric ? (variant.discriminant ?? i) : i));
    const content = (i: number) => {
      const payload = payloads[i];
      if (payload !== undefined) this.payload(payload, slot + payload.slot);
    };
    if (!this.decodes) {
      this.pick(node, slot, (i) => {
        out.lit(varintBytes(numbers[i]!));
        content(i);
      });
      return;
    }
    const blocks = node.variants.map((): Label => out.label());
    const table = out.cases({
      targets: blocks.map((target, variant) => ({ target, variant })),
      other: node.variants.findIndex((variant) => variant.other && variant.payload === undefined),
      ...(numeric ? { numbers } : {}),
    });
    out.emit("postcard", "case", { a: slot, b: table, c: -1 });
    this.blocks(node, blocks, content);
  }
}

function varintBytes(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}
