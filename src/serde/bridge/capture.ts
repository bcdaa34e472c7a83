// JavaScript values to cells, by walking the plan. The value may be anything: getters, proxies, holes, cycles. Each
// property is read once, type checks happen here, `skipIf` becomes bits, and the program that runs next meets nothing
// but cells. What is of which kind, `values` decides, for this and for whoever checks values without encoding them.

import { fieldSegment, variantSegment } from "../ir/path.ts";
import {
  bigintFault,
  charFault,
  entriesOfMap,
  floatFault,
  integerFault,
  isRecord,
  itemsOfSet,
  viewOf,
} from "../shape/values.ts";
import type { StateBlock } from "../state/block.ts";
import { captureAny } from "./capture-any.ts";
import { type CaptureFailure, CellWriter, THREW } from "./cell-writer.ts";
import type { BridgePlan, ListPlan, Part, Plan } from "./plan.ts";
import { isOmitted } from "./skips.ts";

/** Fills the root record of `block`, which is fresh (`begin`); `undefined`, or what is wrong. */
export function capture(plan: BridgePlan, block: StateBlock, value: unknown): CaptureFailure | undefined {
  const to = new CellWriter(block, plan.names);
  return capturePart(to, plan.root, 0, value) ? undefined : to.failure();
}

function capturePart(to: CellWriter, part: Part, rec: number, value: unknown): boolean {
  if (value === THREW) return false;
  const { i32 } = to.block;
  if (part.word >= 0) {
    const word = 2 * rec + part.word;
    // Where a value may itself be null or undefined, only the one that the shape names is none.
    const exact = part.plan.kind === "option" || part.plan.kind === "unit";
    if (exact ? value === part.none : value === null || value === undefined) {
      i32[word]! &= ~part.mask;
      return true;
    }
    i32[word]! |= part.mask;
  }
  const at = rec + part.slot;
  if (!part.boxed) return captureValue(to, part.plan, at, value);
  const cell = to.openBox(part.plan.cells, part.plan.zero);
  return cell >= 0 && captureValue(to, part.plan, cell, value) && to.close(at, cell, 1);
}

function captureValue(to: CellWriter, plan: Plan, cell: number, value: unknown): boolean {
  switch (plan.kind) {
    case "struct":
      return to.isObject(value) && captureFields(to, plan, cell, value);
    case "string":
      return typeof value === "string" ? to.string(cell, value) : to.no("value.type_mismatch");
    case "int": {
      const { min, max } = plan;
      if (typeof value === "number" && value >= min && value <= max && Math.floor(value) === value) {
        return to.store(cell, value, value < 0 ? -1 : 0);
      }
      return to.not(integerFault(value, min, max));
    }
    case "f64":
    case "f32": {
      const single = plan.kind === "f32";
      if (!to.not(floatFault(value, single))) return false;
      return to.storeFloat(cell, single ? Math.fround(value as number) : (value as number));
    }
    case "bool":
      return typeof value === "boolean" ? to.store(cell, value ? 1 : 0, 0) : to.no("value.type_mismatch");
    case "int53":
      if (!to.not(integerFault(value, plan.min, Number.MAX_SAFE_INTEGER))) return false;
      return to.storeInteger(cell, value as number);
    case "u64":
    case "i64":
      if (!to.not(bigintFault(value, plan.kind === "i64"))) return false;
      to.block.i64[cell] = BigInt.asIntN(64, value as bigint);
      return true;
    case "unit":
      return value === null || value === undefined ? to.store(cell, 0, 0) : to.no("value.type_mismatch");
    case "char":
      return to.not(charFault(value)) && to.store(cell, (value as string).codePointAt(0)!, 0);
    case "bytes":
    case "raw":
      return to.bytes(cell, value);
    case "tuple":
      return captureTuple(to, plan.parts, cell, value);
    case "option":
      to.store(cell, 0, 0);
      return capturePart(to, plan.inner, cell, value);
    case "list":
      return plan.typed === undefined
        ? captureList(to, plan, cell, value)
        : captureTyped(to, plan, cell, value);
    case "set":
      return captureSet(to, plan, cell, value);
    case "map":
      return plan.record ? captureRecord(to, plan, cell, value) : captureMap(to, plan, cell, value);
    case "names":
      return captureName(to, plan.indices, cell, value);
    case "enum":
      return captureEnum(to, plan, cell, value);
    case "any":
      return captureAny(to, cell, value);
  }
}

function captureFields(
  to: CellWriter,
  plan: Plan & { kind: "struct" },
  cell: number,
  value: object,
): boolean {
  const { fields } = plan;
  const { i32 } = to.block;
  // Bits that nobody sets are clear, whatever was here before.
  const header = fields.length === 0 ? cell + 1 : cell + fields[0]!.slot;
  for (let i = 2 * cell; i < 2 * header; i++) i32[i] = 0;
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!;
    if (field.skipEncode) continue;
    const member = to.read(value, field.name);
    if (!capturePart(to, field, cell, member)) return to.underField(field.name, member);
    // On what was captured: a value is not looked at twice.
    if (field.skipIf !== undefined && !isOmitted(to.block, field, cell)) {
      to.block.i32[2 * cell + field.seenWord]! |= field.seenMask;
    }
  }
  return true;
}

function captureTuple(to: CellWriter, parts: readonly Part[], cell: number, value: unknown): boolean {
  const count = to.length(value);
  if (count < 0) return false;
  if (count !== parts.length) return to.no("value.length_mismatch");
  const header = parts.length === 0 ? cell + 1 : cell + parts[0]!.slot;
  to.block.i32.fill(0, 2 * cell, 2 * header);
  for (let i = 0; i < parts.length; i++) {
    if (!capturePart(to, parts[i]!, cell, to.readItem(value as readonly unknown[], i)))
      return to.underIndex(i);
  }
  return true;
}

function captureList(to: CellWriter, plan: ListPlan, cell: number, value: unknown): boolean {
  const count = to.length(value);
  if (count < 0) return false;
  if (plan.length >= 0 && count !== plan.length) return to.no("value.length_mismatch");
  return captureItems(to, plan, cell, value as readonly unknown[], count);
}

function captureItems(
  to: CellWriter,
  plan: ListPlan,
  cell: number,
  items: readonly unknown[],
  count: number,
): boolean {
  const { stride, item } = plan;
  const first = to.open(count, stride, plan.elementZero);
  if (first < 0) return false;
  for (let i = 0, rec = first; i < count; i++, rec += stride) {
    if (!capturePart(to, item, rec, to.readItem(items, i))) return to.underIndex(i);
  }
  return to.close(cell, first, count);
}

function captureTyped(to: CellWriter, plan: ListPlan, cell: number, value: unknown): boolean {
  const items = viewOf(plan.typed!, value);
  if (items === undefined) return to.no("value.type_mismatch");
  const count = items.length;
  if (plan.length >= 0 && count !== plan.length) return to.no("value.length_mismatch");
  const first = to.open(count, 1, false);
  if (first < 0) return false;
  const { u64, i64, i32 } = to.block;
  if (items instanceof Float64Array || items instanceof Float32Array) {
    for (let i = 0; i < count; i++) to.storeFloat(first + i, items[i]!);
  } else if (items instanceof BigUint64Array) {
    u64.set(items, first);
  } else if (items instanceof BigInt64Array) {
    i64.set(items, first);
  } else {
    for (let i = 0; i < count; i++) {
      i32[2 * (first + i)] = items[i]!;
      i32[2 * (first + i) + 1] = items[i]! < 0 ? -1 : 0;
    }
  }
  return to.close(cell, first, count);
}

function captureSet(to: CellWriter, plan: ListPlan, cell: number, value: unknown): boolean {
  const items = itemsOfSet(value);
  if (items === undefined) return to.no("value.type_mismatch");
  return captureItems(to, plan, cell, items, items.length);
}

type MapPlan = Plan & { kind: "map" };

function captureMap(to: CellWriter, plan: MapPlan, cell: number, value: unknown): boolean {
  const entries = entriesOfMap(value);
  if (entries === undefined) return to.no("value.type_mismatch");
  return captureEntries(to, plan, cell, entries.keys, (i) => entries.values[i]);
}

function captureRecord(to: CellWriter, plan: MapPlan, cell: number, value: unknown): boolean {
  const keys = to.keys(value, isRecord);
  // Own properties, so what Object.prototype has does not matter.
  return (
    keys !== undefined && captureEntries(to, plan, cell, keys, (i) => to.readOwn(value as object, keys[i]!))
  );
}

function captureEntries(
  to: CellWriter,
  plan: MapPlan,
  cell: number,
  keys: readonly unknown[],
  valueAt: (index: number) => unknown,
): boolean {
  const first = to.open(keys.length, plan.stride, plan.elementZero);
  if (first < 0) return false;
  for (let i = 0, rec = first; i < keys.length; i++, rec += plan.stride) {
    if (!capturePart(to, plan.key, rec, keys[i]) || !capturePart(to, plan.value, rec, valueAt(i))) {
      return to.underKey(keys[i]);
    }
  }
  return to.close(cell, first, keys.length);
}

function captureName(
  to: CellWriter,
  indices: ReadonlyMap<string, number>,
  cell: number,
  value: unknown,
): boolean {
  if (typeof value !== "string") return to.no("value.type_mismatch");
  const index = indices.get(value);
  return index === undefined ? to.no("structure.unknown_variant") : to.store(cell, index, 0);
}

function captureEnum(to: CellWriter, plan: Plan & { kind: "enum" }, cell: number, value: unknown): boolean {
  if (!to.isObject(value)) return false;
  const name = to.read(value, plan.tag);
  if (name === THREW || !captureName(to, plan.indices, cell, name)) return to.under(fieldSegment(plan.tag));
  const payload = plan.payloads[to.block.i32[2 * cell]!];
  if (payload === undefined) return true;
  const content = plan.inline ? value : to.read(value, plan.value);
  if (capturePart(to, payload, cell, content)) return true;
  if (content === undefined) to.no("structure.missing_field");
  return to.under(variantSegment(name as string));
}
