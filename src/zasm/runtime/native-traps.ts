// Where a wasm trap was: engines name the module offset of the trapping instruction in the stack trace. That is a
// convention, so it is tried once on a module of our own, and again at every entry it is made sure that embedder code
// has not changed what traces look like.

import { compileWasm, instantiateWasm, isWasmTrap } from "../../platform/wasm.ts";
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

/** Module offset of the instruction that trapped, as in "wasm-function[1]:0x2f", or -1. */
function trapOffset(trap: unknown): number {
  const stack: unknown = (trap as { stack?: unknown }).stack;
  if (typeof stack !== "string") return -1;
  // No regular expression: V8 takes longer to compile one than to make the trace.
  const name = stack.indexOf("wasm-function[");
  const offset = name < 0 ? -1 : stack.indexOf("]:0x", name);
  return offset < 0 ? -1 : Number.parseInt(stack.slice(offset + 4, offset + 12), 16);
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
  // A memory of one page, and "f", which loads from the address that it is given.
  const module = Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f],
    ...[3, 2, 1, 0],
    ...[5, 4, 1, 1, 1, 1],
    ...[7, 5, 1, 1, 0x66, 0, 0],
    ...[10, 9, 1, 7, 0, OP.local_get, 0, OP.i32_load, 0, 0, OP.end],
  );
  const load = module.lastIndexOf(OP.i32_load);
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
