// What a run comes back with. An outcome is a value, whatever happened; nothing a guest does is thrown.

import type { Category, ErrorCode, Failure } from "../../core/errors.ts";

/** Execution tiers, slowest first. They differ in speed only. */
export const TIERS = ["interp", "baseline", "opt", "native"] as const;
export type Tier = (typeof TIERS)[number];
/** `auto` tiers up by hotness; a named tier is forced, or the run is `tier.unavailable`. */
export type TierChoice = Tier | "auto";

interface Ran {
  /** Guest output, kept up to the last byte before a failure. Empty when given to functions instead (D7). */
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  /** Units paid since the start, debt included; null when the run is not metered (D11). */
  readonly fuelUsed: number | null;
  /** The highest tier that executed an instruction; absent when none did. */
  readonly tier?: Tier;
  /** Another run with the same module, policy and inputs gives the same bytes (D6). */
  readonly deterministic: boolean;
}

interface Failed {
  /** Stable identity of the failure. */
  readonly code: ErrorCode;
  readonly category: Category;
  /** Short and for people; not stable. */
  readonly reason: string;
  /** Byte offset in CODE of the instruction that failed. */
  readonly pc?: number;
  /** For rejects: byte offset in the file, or in CODE for `verify.*`. */
  readonly offset?: number;
}

// z[impl vm.goal.stable-contract]
/** The program returned. */
export type Returned = { readonly status: "ok" } & Ran;
/** A guest instruction failed. After `trap.fuel` the instance can be refuelled and resumed. */
export type Trapped = { readonly status: "trap" } & Failed & Ran;
/** Refused before any guest instruction ran. */
export type Rejected = { readonly status: "reject" } & Failed & Ran;
/** The embedder's side failed: a hook, memory, the native stack. */
export type Errored = { readonly status: "error" } & Failed & Ran;

export type Outcome = Returned | Trapped | Rejected | Errored;

const NOTHING_RAN: Ran = {
  stdout: new Uint8Array(0),
  stderr: new Uint8Array(0),
  fuelUsed: null,
  deterministic: true,
};

export function failedOutcome(failure: Failure, ran: Ran = NOTHING_RAN): Trapped | Rejected | Errored {
  return { ...failure, ...ran, deterministic: ran.deterministic && !failure.code.startsWith("host.") };
}

export const returnedOutcome = (ran: Ran): Returned => ({ status: "ok", ...ran });
