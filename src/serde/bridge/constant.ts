// Defaults as cells: captured once, when a shape is compiled.

import type { CapturedConstant } from "../formats/constants.ts";
import { CodecError } from "../ir/failure.ts";
import { ANY, ANY_VARIANT } from "../layout/any.ts";
import type { Layout, Place } from "../layout/layout.ts";
import type { Constant } from "../shape/node.ts";
import { type Limits, StateBlock } from "../state/block.ts";
import { capture } from "./capture.ts";
import { type Part, type Plan, planPlace } from "./plan.ts";

/** Far more than a constant in a schema has. */
const LIMITS: Limits = {
  maxDepth: 512,
  maxMemory: 1 << 24,
  maxOutputBytes: 0,
  maxDocumentBytes: 0,
  maxElements: 1 << 20,
  maxNumberDigits: 0,
};

export function captureConstant(place: Place, layout: Layout, value: Constant): CapturedConstant {
  const plan = planPlace(layout, { ...place, slot: 0, some: -1, option: undefined }, true);
  const block = new StateBlock(LIMITS, { document: 0, output: 0, cells: 64 });
  block.begin({ rootCells: plan.rootCells, rootZero: true, mode: 0 });
  const failure = capture(plan, block, value);
  if (failure !== undefined) {
    throw new CodecError("load.unsupported", `the default at ${failure.path} does not fit: ${failure.code}`);
  }
  const spans: Span[] = [];
  spansOf(plan.root, 0, block, spans);
  return { block, cells: plan.rootCells, spans };
}

type Span = CapturedConstant["spans"][number];

/** Every cell that is relative to the heap or an arena. */
function spansOf(part: Part, rec: number, s: StateBlock, spans: Span[]): void {
  if (part.word >= 0 && (s.i32[2 * rec + part.word]! & part.mask) === 0) return;
  let cell = rec + part.slot;
  if (part.boxed) {
    spans.push({ cell, list: true });
    cell = s.i32[2 * cell]!;
  }
  spansOfValue(part.plan, cell, s, spans);
}

function spansOfValue(plan: Plan, cell: number, s: StateBlock, spans: Span[]): void {
  const first = s.i32[2 * cell]!;
  const count = s.i32[2 * cell + 1]!;
  const each = (stride: number, ...parts: readonly Part[]) => {
    spans.push({ cell, list: true });
    for (let i = 0; i < count; i++) for (const part of parts) spansOf(part, first + i * stride, s, spans);
  };
  switch (plan.kind) {
    case "string":
    case "bytes":
    case "raw":
      spans.push({ cell, list: false });
      break;
    case "struct":
      for (const part of plan.fields) spansOf(part, cell, s, spans);
      break;
    case "tuple":
      for (const part of plan.parts) spansOf(part, cell, s, spans);
      break;
    case "option":
      spansOf(plan.inner, cell, s, spans);
      break;
    case "enum": {
      const payload = plan.payloads[first];
      if (payload !== undefined) spansOf(payload, cell, s, spans);
      break;
    }
    case "any":
      spansOfAny(cell, s, spans);
      break;
    case "list":
    case "set":
      each(plan.stride, plan.item);
      break;
    case "map":
      each(plan.stride, plan.key, plan.value);
  }
}

function spansOfAny(cell: number, s: StateBlock, spans: Span[]): void {
  const first = s.i32[2 * cell + 2]!;
  const count = s.i32[2 * cell + 3]!;
  const list = (from: number, to: number, stride: number) => {
    spans.push({ cell: cell + 1, list: true });
    for (let at = from; at < to; at += stride) spansOfAny(at, s, spans);
  };
  switch (s.i32[2 * cell]) {
    case ANY_VARIANT.big:
    case ANY_VARIANT.string:
    case ANY_VARIANT.bytes:
    case ANY_VARIANT.ext:
      spans.push({ cell: cell + 1, list: false });
      break;
    case ANY_VARIANT.list:
      list(first, first + count * ANY.cells, ANY.cells);
      break;
    case ANY_VARIANT.map:
      list(first, first + count * ANY.entryCells, ANY.cells);
      break;
    case ANY_VARIANT.tag:
      list(first + 1, first + ANY.tagCells, ANY.cells);
  }
}
