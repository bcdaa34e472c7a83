// `skipIf` for cells that a program decoded: the bits that capture sets from JavaScript values (D43), set from the cells
// themselves, so that what is written does not depend on where cells come from.

import type { Constant } from "../shape/node.ts";
import { SPAN, type StateBlock } from "../state/block.ts";
import { materialize } from "./materialize.ts";
import type { BridgePlan, FieldPart, Part, Plan } from "./plan.ts";

export class SkipPass {
  readonly #root: Part;
  /** Plans with a `skipIf` in or below them; nothing else is walked. */
  readonly #relevant: ReadonlySet<Plan>;

  private constructor(root: Part, relevant: ReadonlySet<Plan>) {
    this.#root = root;
    this.#relevant = relevant;
  }

  /** `undefined` where no field needs it. */
  static of({ root }: BridgePlan): SkipPass | undefined {
    const relevant = relevantPlans(root.plan);
    return relevant.has(root.plan) ? new SkipPass(root, relevant) : undefined;
  }

  run(block: StateBlock): void {
    this.#part(block, this.#root, 0);
  }

  #part(s: StateBlock, part: Part, rec: number): void {
    if (!this.#relevant.has(part.plan) || isNone(s, part, rec)) return;
    const cell = rec + part.slot;
    this.#value(s, part.plan, part.boxed ? s.i32[2 * cell]! : cell);
  }

  #value(s: StateBlock, plan: Plan, cell: number): void {
    if (plan.kind === "struct") {
      for (const field of plan.fields) if (field.skipIf !== undefined) markField(s, field, cell);
    }
    const first = s.i32[2 * cell]!;
    if (plan.kind === "enum") {
      const payload = plan.payloads[first];
      if (payload !== undefined) this.#part(s, payload, cell);
      return;
    }
    const parts = partsOf(plan);
    if (!("stride" in plan)) {
      for (const part of parts) this.#part(s, part, cell);
      return;
    }
    const end = first + s.i32[2 * cell + 1]! * plan.stride;
    for (let rec = first; rec < end; rec += plan.stride) for (const part of parts) this.#part(s, part, rec);
  }
}

function partsOf(plan: Plan): readonly Part[] {
  switch (plan.kind) {
    case "struct":
      return plan.fields;
    case "tuple":
      return plan.parts;
    case "option":
      return [plan.inner];
    case "list":
    case "set":
      return [plan.item];
    case "map":
      return [plan.key, plan.value];
    case "enum":
      return plan.payloads.filter((payload) => payload !== undefined);
    default:
      return [];
  }
}

/** From every struct with such a field up to the root. */
function relevantPlans(root: Plan): ReadonlySet<Plan> {
  const users = new Map<Plan, Plan[]>([[root, []]]);
  for (const plan of users.keys()) {
    for (const part of partsOf(plan)) {
      const known = users.get(part.plan);
      if (known === undefined) users.set(part.plan, [plan]);
      else known.push(plan);
    }
  }
  const relevant = new Set<Plan>();
  for (const plan of users.keys()) {
    if (plan.kind === "struct" && plan.fields.some((field) => field.skipIf !== undefined)) relevant.add(plan);
  }
  for (const plan of relevant) for (const user of users.get(plan)!) relevant.add(user);
  return relevant;
}

const isNone = (s: StateBlock, { word, mask }: Part, rec: number): boolean =>
  word >= 0 && (s.i32[2 * rec + word]! & mask) === 0;

function markField(s: StateBlock, field: FieldPart, rec: number): void {
  const word = 2 * rec + field.seenWord;
  if (isOmitted(s, field, rec)) s.i32[word]! &= ~field.seenMask;
  else s.i32[word]! |= field.seenMask;
}

/** Whether the field of the record at `rec`, whose cells are filled, is left out. */
export function isOmitted(s: StateBlock, field: FieldPart, rec: number): boolean {
  if (isNone(s, field, rec)) {
    return field.skipIf === "default" && (field.default === null || field.default === undefined);
  }
  const { kind } = field.plan;
  const cell = rec + field.slot;
  const low = s.i32[2 * cell]!;
  const high = s.i32[2 * cell + 1]!;
  switch (field.skipIf) {
    case "false":
      return low === 0;
    case "zero":
      return kind === "f32" || kind === "f64" ? s.f64[cell] === 0 : low === 0 && high === 0;
    case "default":
      return isDefault(s, field, cell, field.default);
    default: // empty
      return kind === "string" || kind === "bytes" || kind === "raw"
        ? (high & SPAN.mask) === low
        : high === 0;
  }
}

function isDefault(s: StateBlock, field: FieldPart, cell: number, value: Constant | undefined): boolean {
  if (field.plan.kind === "string") return typeof value === "string" && isText(s, cell, value);
  const root: Part = { ...field, slot: cell, word: -1 };
  return isSame(materialize({ root, rootCells: 0, names: [] }, s), value);
}

/** -0 is not 0, entries have an order, and NaN is NaN: what is left out must come back. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  const [left, right] = [partsOfValue(a), partsOfValue(b)];
  return left.length === right.length && left.every((part, i) => isSame(part, right[i]));
}

/** Elements; else keys and values in turn. */
function partsOfValue(value: object): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (value instanceof Map) return [...value].flat(1);
  return Symbol.iterator in value ? [...(value as Iterable<unknown>)] : Object.entries(value).flat(1);
}

function isText(s: StateBlock, cell: number, text: string): boolean {
  const start = s.i32[2 * cell]!;
  const bits = s.i32[2 * cell + 1]!;
  if ((bits & SPAN.mask) - start !== text.length) return false;
  const units = (bits & SPAN.text16) !== 0 ? s.text16 : (bits & SPAN.text8) !== 0 ? s.text8 : s.document;
  for (let i = 0; i < text.length; i++) if (units[start + i] !== text.charCodeAt(i)) return false;
  return true;
}
