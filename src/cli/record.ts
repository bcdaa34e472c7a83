// One outcome as one line of JSON: what `batch` answers with, and what `run --json` prints (D31, D32).
// Output can be longer than a JavaScript string may be, so base64 goes out in pieces.

import type { Failure } from "../core/errors.ts";
import type { Instance } from "../zasm/runtime/instance.ts";
import type { Outcome } from "../zasm/runtime/outcome.ts";
import { printAll, type Sink } from "./io.ts";

/** JSON text to be written as it stands, in as many pieces as it comes. */
export class Raw {
  readonly pieces: Iterable<string>;
  constructor(json: string | Iterable<string>) {
    this.pieces = typeof json === "string" ? [json] : json;
  }
}

/** Key and value in the order they are written. `undefined` leaves the key out, bytes become base64. */
export type Members = readonly (readonly [key: string, value: unknown])[];

/** Writes one object and a newline; a short one in a single write. */
export function writeJsonLine(sink: Sink, members: Members): void {
  printAll(sink, jsonLine(members));
}

function* jsonLine(members: Members): Generator<string> {
  let separator = "{";
  for (const [key, value] of members) {
    if (value === undefined) continue;
    yield `${separator}${JSON.stringify(key)}:`;
    separator = ",";
    if (value instanceof Uint8Array) yield* base64(value);
    else if (value instanceof Raw) yield* value.pieces;
    else yield JSON.stringify(value);
  }
  yield "}\n";
}

/** A multiple of 3, so that pieces of base64 join without padding. */
const PIECE_BYTES = 3 * 256 * 1024;

function* base64(bytes: Uint8Array): Generator<string> {
  yield '"';
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    const piece = bytes.subarray(at, at + PIECE_BYTES);
    yield Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString("base64");
  }
  yield '"';
}

/** The members of an outcome, in the order design.md §5 shows. A reject ran nothing, so it says nothing of a run. */
// z[impl vm.output.status] z[impl vm.output.diagnostics] z[impl vm.error.field.code] z[impl vm.error.field.reason]
// z[impl vm.error.field.location]
export function outcomeMembers(outcome: Outcome): Members {
  const failed = outcome.status === "ok" ? undefined : outcome;
  const ran = outcome.status === "reject" ? undefined : outcome;
  return [
    ["status", outcome.status],
    ["code", failed?.code],
    ["pc", failed?.pc],
    ["offset", failed?.offset],
    ["reason", failed?.reason],
    ["stdoutBase64", ran?.stdout],
    ["stderrBase64", ran?.stderr],
    ["category", failed?.category],
    ["fuelUsed", ran?.fuelUsed],
    ["tier", ran?.tier],
    ["deterministic", outcome.deterministic],
  ];
}

/** The members of a failure that happened before there was an engine to ask. */
export function failureMembers(failed: Failure): Members {
  const { status, code, pc, offset, reason, category } = failed;
  const output = status === "reject" ? undefined : new Uint8Array(0);
  return [
    ["status", status],
    ["code", code],
    ["pc", pc],
    ["offset", offset],
    ["reason", reason],
    ["stdoutBase64", output],
    ["stderrBase64", output],
    ["category", category],
    ["deterministic", true],
  ];
}

/** The members of a failure where no run was asked for. */
export function refusalMembers(failed: Failure): Members {
  const { status, code, pc, offset, reason, category } = failed;
  return [
    ["status", status],
    ["code", code],
    ["pc", pc],
    ["offset", offset],
    ["reason", reason],
    ["category", category],
  ];
}

/** What `"state": true` adds: equal in every tier, hence for these endings only. */
export function stateMembers(instance: Instance, outcome: Outcome): Members {
  const isStopped = outcome.status === "ok" || outcome.status === "trap";
  const hasRegisters = outcome.status === "ok" || (outcome.status === "trap" && outcome.code === "trap.fuel");
  return [
    ["memorySha256", isStopped ? instance.memorySha256() : undefined],
    ["registers", hasRegisters ? registersOf(instance) : undefined],
  ];
}

function registersOf(instance: Instance): Record<string, string> {
  const { CMP, ...wide } = instance.registers();
  const hex = (value: bigint, digits: number) => `0x${value.toString(16).padStart(digits, "0")}`;
  return {
    ...Object.fromEntries(Object.entries(wide).map(([name, value]) => [name, hex(value, 16)])),
    CMP: hex(BigInt.asUintN(32, BigInt(CMP)), 8),
  };
}
