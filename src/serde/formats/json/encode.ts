// Encode programs for JSON: whatever is constant between two values is one literal.

import { encodeUtf8 } from "../../../core/bytes.ts";
import { Assembler, type Label } from "../../ir/assembler.ts";
import { CodecError } from "../../ir/failure.ts";
import { kindOf } from "../../ir/kinds.ts";
import { EACH, KEY_POSITION } from "../../ir/ops.ts";
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
import { combinations, type KeySpace, keySpaceOf, withVariants } from "../structural/members.ts";
import { quoteJson } from "./dialect.ts";

export function lowerJsonEncode(root: Node, layout: Layout): Program {
  return new JsonEncodeLowering(root, layout).program();
}

type Before = "first" | "some" | "unknown";

class JsonEncodeLowering {
  readonly #layout: Layout;
  readonly #out = new Assembler("json", "encode");
  readonly #procedures: ReadonlySet<Core>;
  readonly #entries = new Map<Core, Label>();
  readonly #todo: Core[] = [];
  /** Constant text not written yet. */
  #text = "";

  constructor(root: Node, layout: Layout) {
    this.#layout = layout;
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

  #flush(): void {
    if (this.#text === "") return;
    const bytes = encodeUtf8(this.#text);
    this.#text = "";
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
      this.#out.emit("json", "some", { a: shiftBit(place.some, base), b: none });
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
        this.#text += "{";
        this.#fields(node, slot, "first");
        this.#text += "}";
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
        this.#out.emit("json", "some", { a: bitAddress(slot, 0), b: none });
        this.#payload(inner, slot + inner.slot);
        this.#bind(none);
        break;
      }
      case "enum":
        this.#enum(node, slot);
        break;
      case "any":
        this.#flush();
        lowerAnyEncode(this.#out, "json", slot, (at) => this.#value(node, at));
        break;
      case "unit":
        this.#text += "null";
        break;
      default:
        this.#leaf(node, slot, 0);
    }
  }

  #leaf(node: ScalarNode, slot: number, flags: number): void {
    this.#flush();
    this.#out.emit("json", "put", { x8: kindOf(node, true), x16: flags, a: slot });
  }

  #tuple(node: TupleNode, slot: number): void {
    const { path } = this.#out;
    this.#text += "[";
    for (const [i, place] of this.#layout.record(node).places.entries()) {
      if (i > 0) this.#text += ",";
      this.#out.path = `${path}[${i}]`;
      this.#place(place, slot);
    }
    this.#out.path = path;
    this.#text += "]";
  }

  #list(node: Elements, slot: number, more = 0): void {
    this.#flush();
    const out = this.#out;
    const element = this.#layout.element(node);
    const done = out.label();
    const { path } = out;
    out.emit("json", "each", {
      x8: more | (node.kind === "map" ? EACH.map : 0),
      x16: element.cells,
      a: slot,
      b: countOf(node),
      c: done,
    });
    out.path = "";
    if (element.key !== undefined) this.#key(element.key);
    this.#place(element.value, 0);
    this.#flush();
    out.emit("json", "more");
    out.path = path;
    out.bind(done);
  }

  #key({ node, slot }: Place): void {
    if (node.kind !== "enum") {
      this.#leaf(node as ScalarNode, slot, KEY_POSITION);
      return;
    }
    this.#variants(node, slot, (i) => {
      this.#text += `${quoteJson(node.variants[i]!.wire)}:`;
    });
  }

  /** The fields of `node`, after `before`, for each combination of its flattened enums. */
  #fields(node: StructNode, base: number, before: Before): void {
    const space = keySpaceOf(this.#layout, node, base, this.#out.path, "encode");
    combinations(space.choices, space.members.length);
    const { path } = this.#out;
    this.#choose(space, [], (full) => {
      this.#out.path = path;
      this.#members(full, before);
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

  /** What stands before the next one: nothing, a field, or only fields that may have been left out. */
  #members(space: KeySpace, before: Before): void {
    const out = this.#out;
    let state = before;
    for (const member of space.members) {
      if (member.skipEncode) continue;
      out.path = member.path;
      const after = out.label();
      if (member.written.length > 0) this.#flush();
      for (const bit of member.written) out.emit("neutral", "if", { a: bit, b: after });
      const key = `${quoteJson(member.names[0]!)}:`;
      if (state === "unknown") this.#name(key);
      else this.#text += state === "first" ? key : `,${key}`;
      if (member.tag !== undefined) this.#text += quoteJson(member.tag);
      else if (member.place === undefined) this.#text += "null";
      else this.#place(member.place, member.base);
      if (member.written.length > 0) this.#bind(after);
      if (member.written.length === 0) state = "some";
      else if (state === "first") state = "unknown";
    }
    if (space.rest === undefined) return;
    out.path = space.rest.path;
    this.#list(space.rest.node, space.rest.slot, EACH.bare);
  }

  #name(key: string): void {
    this.#flush();
    const bytes = encodeUtf8(`,${key}`);
    this.#out.emit("json", "name", { a: this.#out.blob(bytes), b: bytes.length });
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
    const content = (i: number) => {
      const payload = payloads[i];
      if (payload === undefined) this.#text += "null";
      else this.#payload(payload, slot + payload.slot);
    };
    this.#variants(node, slot, (i) => {
      const variant = node.variants[i]!;
      const name = quoteJson(variant.wire);
      switch (tagging.style) {
        case "external":
          if (payloads[i] === undefined) {
            this.#text += name;
            break;
          }
          this.#text += `{${name}:`;
          content(i);
          this.#text += "}";
          break;
        case "numeric":
          this.#text += String(variant.discriminant ?? i);
          break;
        case "untagged":
          content(i);
          break;
        case "adjacent":
          this.#text += `{${quoteJson(tagging.tag)}:${name}`;
          if (payloads[i] !== undefined) {
            this.#text += `,${quoteJson(tagging.content)}:`;
            content(i);
          }
          this.#text += "}";
          break;
        case "internal":
          this.#text += `{${quoteJson(tagging.tag)}:${name}`;
          this.#tagged(payloads[i], slot);
          this.#text += "}";
      }
    });
  }

  /** The fields of a struct behind its tag. */
  #tagged(payload: Place | undefined, slot: number): void {
    if (payload === undefined) return;
    const { node } = payload;
    if (node.kind !== "struct") {
      throw new CodecError("load.unsupported", `an internal tag beside ${node.kind}`);
    }
    const at = slot + payload.slot;
    if (payload.boxed) this.#entered(node, at, () => this.#fields(node, 0, "some"));
    else this.#fields(node, at, "some");
  }
}
