// How JavaScript sees the cells of a shape: one tree of small objects, made once, which both directions of the
// interpreted bridge walk. Everything that depends on the shape alone is decided here.

import { CodecError } from "../ir/failure.ts";
import { type Core, coreOf, type Layout, type Place } from "../layout/layout.ts";
import { integerRange } from "../shape/kinds.ts";
import type { Constant, EnumNode, SkipIf, StructNode } from "../shape/node.ts";
import { isTypedKind, type TypedKind } from "../shape/values.ts";

/** Where a part stands in the record around it. */
export interface Part {
  readonly slot: number;
  /** 32-bit word of the some bit from the start of the record; -1: always there. */
  readonly word: number;
  readonly mask: number;
  /** What no value is in JavaScript. */
  readonly none: null | undefined;
  readonly boxed: boolean;
  readonly plan: Plan;
}

export interface FieldPart extends Part {
  readonly name: string;
  readonly skipEncode: boolean;
  /** Word and mask of the seen bit, which says on encode whether to write. */
  readonly seenWord: number;
  readonly seenMask: number;
  readonly skipIf: Exclude<SkipIf, "none"> | undefined;
  readonly default: Constant | undefined;
}

interface Base {
  /** Cells of the value. */
  readonly cells: number;
  readonly zero: boolean;
}
export type Plan = Base &
  (
    | { readonly kind: "unit" | "bool" | "f32" | "f64" | "char" | "string" | "raw" | "any" }
    /** At most 32 bits. */
    | { readonly kind: "int"; readonly min: number; readonly max: number }
    /** 64 bits as a safe integer. */
    | { readonly kind: "int53"; readonly min: number }
    | { readonly kind: "u64" | "i64" }
    | { readonly kind: "bytes"; readonly view: boolean }
    | { readonly kind: "struct"; readonly fields: FieldPart[] }
    | { readonly kind: "tuple"; readonly parts: Part[] }
    | { readonly kind: "option"; inner: Part; readonly nested: boolean }
    | {
        readonly kind: "list" | "set";
        readonly stride: number;
        readonly elementZero: boolean;
        /** Exact number of elements, or -1. */
        readonly length: number;
        readonly typed: TypedKind | undefined;
        item: Part;
      }
    | {
        readonly kind: "map";
        readonly stride: number;
        readonly elementZero: boolean;
        readonly record: boolean;
        key: Part;
        value: Part;
      }
    /** Names only: a string in JavaScript. */
    | {
        readonly kind: "names";
        readonly names: readonly string[];
        readonly indices: ReadonlyMap<string, number>;
      }
    | {
        readonly kind: "enum";
        readonly names: readonly string[];
        readonly indices: ReadonlyMap<string, number>;
        readonly tag: string;
        readonly value: string;
        /** Payloads are structs, and their fields lie beside the tag. */
        readonly inline: boolean;
        readonly payloads: (Part | undefined)[];
      }
  );

export type ListPlan = Extract<Plan, { readonly kind: "list" | "set" }>;

export interface BridgePlan {
  readonly root: Part;
  readonly rootCells: number;
  /** Every property name the bridge writes or reads by itself. */
  readonly names: readonly string[];
}

export const planBridge = (layout: Layout): BridgePlan => planPlace(layout, layout.root);

/** For one part of the shape as the root; `whole`: with what is never written, as a default has that too. */
export function planPlace(layout: Layout, place: Place, whole = false): BridgePlan {
  const builder = new PlanBuilder(layout, whole);
  const root = builder.part(place);
  builder.finish();
  return { root, rootCells: place.boxed ? 1 : layout.cellsOf(place.node), names: [...builder.names] };
}

class PlanBuilder {
  readonly names = new Set<string>();
  readonly #layout: Layout;
  readonly #whole: boolean;
  readonly #plans = new Map<Core, Plan>();
  /** Parts that may lead back to where they hang; filled in once everything around them is there. */
  readonly #later: (() => void)[] = [];

  constructor(layout: Layout, whole: boolean) {
    this.#layout = layout;
    this.#whole = whole;
  }

  finish(): void {
    for (let fill = this.#later.pop(); fill !== undefined; fill = this.#later.pop()) fill();
  }

  part(place: Place): Part {
    return {
      slot: place.slot,
      word: place.some < 0 ? -1 : place.some >> 5,
      mask: place.some < 0 ? 0 : 1 << (place.some & 31),
      none: place.option?.none === "undefined" ? undefined : null,
      boxed: place.boxed,
      plan: this.#plan(place.node),
    };
  }

  #plan(node: Core): Plan {
    const known = this.#plans.get(node);
    if (known !== undefined) return known;
    const plan = this.#make(node);
    this.#plans.set(node, plan);
    return plan;
  }

  #make(node: Core): Plan {
    const base = { cells: this.#layout.cellsOf(node), zero: this.#layout.zeroOf(node) };
    switch (node.kind) {
      case "u64":
      case "i64":
        if (node.js !== "number") return { ...base, kind: node.kind };
        return { ...base, kind: "int53", min: Number(integerRange(node.kind, node.js).min) };
      case "u8":
      case "u16":
      case "u32":
      case "i8":
      case "i16":
      case "i32": {
        const { min, max } = integerRange(node.kind);
        return { ...base, kind: "int", min: Number(min), max: Number(max) };
      }
      case "bytes":
        return { ...base, kind: "bytes", view: node.view === true };
      case "struct": {
        const fields: FieldPart[] = [];
        this.#later.push(() => this.#fields(node, fields));
        return { ...base, kind: "struct", fields };
      }
      case "tuple": {
        const parts: Part[] = [];
        this.#later.push(() => {
          for (const place of this.#layout.record(node).places) parts.push(this.part(place));
        });
        return { ...base, kind: "tuple", parts };
      }
      case "option": {
        const inner = this.#layout.option(node);
        const nested = coreOf(node.inner).kind === "option";
        const plan = { ...base, kind: "option" as const, inner: UNSET, nested };
        this.#later.push(() => {
          const none = node.none === "undefined" ? undefined : null;
          plan.inner = { ...this.part(inner), word: 0, mask: 1, none };
        });
        return plan;
      }
      case "list":
      case "array":
      case "set": {
        const element = this.#layout.element(node);
        const plan = {
          ...base,
          kind: node.kind === "set" ? ("set" as const) : ("list" as const),
          stride: element.cells,
          elementZero: element.zero,
          length: node.kind === "array" ? node.length : -1,
          typed: node.kind !== "set" && node.typed ? typedKind(element.value.node) : undefined,
          item: UNSET,
        };
        this.#later.push(() => {
          plan.item = this.part(element.value);
        });
        return plan;
      }
      case "map": {
        const element = this.#layout.element(node);
        const plan = {
          ...base,
          kind: "map" as const,
          stride: element.cells,
          elementZero: element.zero,
          record: node.js === "record",
          key: UNSET,
          value: UNSET,
        };
        this.#later.push(() => {
          plan.key = this.part(element.key!);
          plan.value = this.part(element.value);
        });
        return plan;
      }
      case "enum":
        return this.#enum(node, base);
      default:
        return { ...base, kind: node.kind };
    }
  }

  #fields(node: StructNode, fields: FieldPart[]): void {
    const record = this.#layout.record(node);
    for (const [i, field] of node.fields.entries()) {
      this.names.add(field.name);
      const seen = record.seen[i]!;
      fields.push({
        ...this.part(record.places[i]!),
        name: field.name,
        skipEncode: field.skipEncode && !this.#whole,
        seenWord: seen >> 5,
        seenMask: 1 << (seen & 31),
        skipIf: field.skipIf === "none" ? undefined : field.skipIf,
        default: field.default?.value,
      });
    }
  }

  #enum(node: EnumNode, base: Base): Plan {
    const names = node.variants.map((variant) => variant.name);
    const indices = new Map(names.map((name, i) => [name, i]));
    if (node.variants.every((variant) => variant.payload === undefined)) {
      return { ...base, kind: "names", names, indices };
    }
    const { tag, value, inline } = node.js;
    this.names.add(tag).add(value);
    const payloads: (Part | undefined)[] = [];
    this.#later.push(() => {
      for (const place of this.#layout.enum(node).payloads) payloads.push(place && this.part(place));
    });
    return { ...base, kind: "enum", names, indices, tag, value, inline, payloads };
  }
}

/** Stands in a plan until `finish`. */
const UNSET = undefined as unknown as Part;

function typedKind({ kind }: Core): TypedKind {
  if (isTypedKind(kind)) return kind;
  throw new CodecError("load.unsupported", `no typed array of ${kind}`);
}
