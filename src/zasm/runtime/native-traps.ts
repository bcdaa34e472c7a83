// Where a wasm trap was: engines name the module offset of the trapping instruction in the stack trace. That is a
// convention, so it is tried once on a module of our own, and again at every entry it is made sure that embedder code
// has not changed what traces look like.

import { compileWasm, instantiateWasm, isWasmTrap } from "../../platform/wasm.ts";
import {
  endBody,
  endSection,
  exportFunction,
  finishModule,
  functionType,
  limits,
  position,
  put,
  SECTION,
  startBody,
  startModule,
  startSection,
  u32,
} from "../../wasm/module.ts";
import { OP } from "../../wasm/ops.ts";
import type { Sites } from "../jit/wasm/body.ts";

export interface TraceSettings {
  stackTraceLimit?: unknown;
  prepareStackTrace?: unknown;
}
const settings = Error as TraceSettings;

const areUsable = (): boolean =>
  typeof settings.stackTraceLimit === "number" &&
  settings.stackTraceLimit >= 1 &&
  settings.prepareStackTrace === undefined;

/**
 * Makes traces usable while only compiled code runs, and gives what `returnTraces` has to put back; `undefined` when
 * there was nothing to change. No embedder code runs between the two, so nobody sees it.
 */
export function borrowTraces(): TraceSettings | undefined {
  if (areUsable()) return undefined;
  const borrowed = {
    stackTraceLimit: settings.stackTraceLimit,
    prepareStackTrace: settings.prepareStackTrace,
  };
  settings.stackTraceLimit = 1;
  settings.prepareStackTrace = undefined;
  return borrowed;
}

export function returnTraces(borrowed: TraceSettings | undefined): void {
  if (borrowed === undefined) return;
  settings.stackTraceLimit = borrowed.stackTraceLimit;
  settings.prepareStackTrace = borrowed.prepareStackTrace;
}

/** Module offset of the instruction that trapped, or -1. */
function trapOffset(trap: unknown): number {
  const stack: unknown = (trap as { stack?: unknown }).stack;
  const found = typeof stack === "string" ? /wasm-function\[\d+\]:0x([0-9a-f]+)/.exec(stack) : null;
  return found?.[1] === undefined ? -1 : Number.parseInt(found[1], 16);
}

/** Guest pc of a trap in a unit, or -1 when `thrown` is none or says nothing usable. */
export function trapPcOf(thrown: unknown, sites: Sites): number {
  if (!isWasmTrap(thrown)) return -1;
  const index = sites.trapOffset.indexOf(trapOffset(thrown));
  return index < 0 ? -1 : sites.trapPc[index]!;
}

let probed: boolean | undefined;

/** Tried at the first use in a process, with a load outside a memory of one page. */
export function canLocateTraps(): boolean {
  probed ??= probe();
  return probed;
}

function probe(): boolean {
  startModule();
  startSection(SECTION.type, 1);
  functionType(1, 0, 1, 0);
  endSection();
  startSection(SECTION.function, 1);
  u32(0);
  endSection();
  startSection(SECTION.memory, 1);
  limits(1, 1);
  endSection();
  startSection(SECTION.export, 1);
  exportFunction("f", 0);
  endSection();
  startSection(SECTION.code, 1);
  const body = startBody(0, 0);
  put(OP.local_get | (0 << 8), 2);
  const load = position();
  put(OP.i32_load, 3); // alignment 1, offset 0
  endBody(body);
  endSection();
  const module = finishModule();
  let borrowed: TraceSettings | undefined;
  try {
    borrowed = borrowTraces();
    const { f: run } = instantiateWasm(compileWasm(module), {});
    (run as (address: number) => number)(0x7fff_0000);
  } catch (trap) {
    return trapOffset(trap) === load;
  } finally {
    returnTraces(borrowed);
  }
  return false;
}
