// What a trace is made of. Everything in a record is the same in every tier and on every machine, but for the tier
// itself: asked for in the first record, reached in the last.

import type { Policy } from "../../core/policy.ts";
import type { RunInputs } from "../runtime/inputs.ts";
import type { Tier, TierChoice } from "../runtime/outcome.ts";

/** Counted up by every change to what the text of a trace says. */
export const TRACE_VERSION = 1;

/** `0x…`, without leading zeros. */
export type Hex = string;

export interface Start {
  readonly kind: "start";
  readonly version: number;
  /** SHA-256 of the module file. */
  readonly module: string;
  /** Byte offset in CODE. */
  readonly entry: number;
  readonly policy: Policy;
  readonly stdin: Digest;
  readonly args: readonly string[];
  readonly tier: TierChoice;
  /** Units between two records; absent when every instruction is one. */
  readonly every?: number;
  /** Instructions, or units with `every`, before the first record. */
  readonly skip: number;
}

/** Bytes there are, and the first 16 digits of their SHA-256. */
export interface Digest {
  readonly bytes: number;
  readonly sha256: string;
}

/** What one instruction or host call wrote to guest memory. */
export interface Written {
  /** Guest address. */
  readonly at: Hex;
  readonly bytes: number;
  /** Up to 8 bytes as a number, more as the start of their SHA-256. */
  readonly value: string;
}

export interface Step {
  readonly kind: "step";
  /** Counted from 1. */
  readonly step: number;
  /** Byte offset in CODE. */
  readonly pc: number;
  readonly text: string;
  /** Registers that have another value now. */
  readonly registers: Readonly<Record<string, Hex>>;
  readonly written?: Written;
  /** Bytes a host call moved. */
  readonly moved?: number;
  /** The code of the trap or error that ended the run here; `returned` for the last RET. */
  readonly stopped?: string;
}

export interface Output {
  /** Since the start. */
  readonly bytes: number;
  /** First 16 digits of the SHA-256 of what came since the last record; absent when nothing did. */
  readonly added?: string;
}

export interface Checkpoint {
  readonly kind: "checkpoint";
  /** Units granted so far, all of them spent. */
  readonly units: number;
  /** Units paid; more than granted after a host call on credit. */
  readonly paid: number;
  readonly pc: number;
  readonly registers: Readonly<Record<string, Hex>>;
  /** SHA-256 of guest memory. */
  readonly memory: string;
  readonly stdout: Output;
  readonly stderr: Output;
}

export interface End {
  readonly kind: "end";
  /** `limit`: as many records as were asked for; the run was left where it stood. */
  readonly status: "ok" | "trap" | "error" | "reject" | "limit";
  readonly code?: string;
  readonly pc?: number;
  /** Instructions started. */
  readonly steps?: number;
  /** Units paid, in metered runs. */
  readonly units?: number;
  /** Where tiers agree on them (D32). */
  readonly registers?: Readonly<Record<string, Hex>>;
  readonly memory?: string;
  readonly stdout: Output;
  readonly stderr: Output;
  /** The highest tier that executed an instruction: what may differ between runs that are the same. */
  readonly tier?: Tier;
}

export type TraceRecord = Start | Step | Checkpoint | End;

export interface TraceOptions {
  /** `stdout` and `stderr` of the run are measured, not shown. */
  readonly inputs?: Omit<RunInputs, "stdout" | "stderr" | "log">;
  /** Records at most, the first and the last not counted. Default 100,000. */
  readonly limit?: number;
  /** Instructions, or units with `every`, that run before the first record. Default 0. */
  readonly skip?: number;
  /**
   * Units between two records, each of which is then the state at a fuel checkpoint. Left out, every instruction is
   * a record, which only the `interp` tier can give.
   */
  readonly every?: number;
}

export const hex = (value: bigint): Hex => `0x${value.toString(16)}`;
