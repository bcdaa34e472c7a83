// What one run tells the telemetry sink. Promotions go out as they happen, up to a limit; leaving compiled code and
// refusals are counted and go out when the run stops. There is a watch only where there is a sink.

import type { Telemetry } from "../../core/telemetry.ts";
import { elapsedMs, sinceMs } from "../../platform/clock.ts";
import type { Outcome, TierChoice } from "./outcome.ts";

// z[impl vm.telemetry.low-volume]
/** Events of each kind between a start and its end; with start, trap, cache and end at most `MAX_RUN_EVENTS`. */
const MAX_PROMOTIONS = 24;
const MAX_DEOPTS = 24;
const MAX_REFUSALS = 8;
/** The most events that one `run()` or `resume()` sends. */
export const MAX_RUN_EVENTS = 60;

/** Places that are counted apart; more are only counted. */
const MAX_SITES = 1024;

/** Why compiled code went back to the interpreter. */
const LEAVE_REASONS = [
  /** An instruction, or a case of it, that only the interpreter runs. */
  "decline",
  /** An assumption that the code was made under did not hold. */
  "guard",
  /** Too little fuel for a whole region; the interpreter uses up the rest exactly. */
  "fuel",
  /** The program went on where no code starts. */
  "no_code",
  /** Code generation was withdrawn while the run was in compiled code. */
  "withdrawn",
] as const;
export type LeaveReason = (typeof LEAVE_REASONS)[number];

interface Tally {
  readonly pc: number | undefined;
  count: number;
}

export class RunWatch {
  readonly #telemetry: Telemetry;
  readonly #about: { readonly run: number; readonly program: string };
  readonly #refused = new Map<string, Tally>();
  readonly #left = new Map<number, Tally & { readonly reason: LeaveReason; readonly pc: number }>();
  #promotions = 0;
  #withheld = 0;
  #startedAt: number | undefined;

  constructor(telemetry: Telemetry, run: number, program: string) {
    this.#telemetry = telemetry;
    this.#about = { run, program };
  }

  started(tier: TierChoice, pc: number, resumed: boolean): void {
    this.#startedAt = elapsedMs();
    this.#promotions = 0;
    this.#withheld = 0;
    this.#telemetry.emit({ event: "start", ...this.#about, tier, pc, resumed });
  }

  promoted(tier: string, pc: number, bytes: number, cached: boolean, ms: { readonly ms?: number }): void {
    if (this.#promotions++ >= MAX_PROMOTIONS) this.#withheld++;
    else this.#telemetry.emit({ event: "promote", ...this.#about, tier, pc, bytes, cached, ...ms });
  }

  refused(reason: string, pc?: number): void {
    const tally = this.#refused.get(reason);
    if (tally === undefined) this.#refused.set(reason, { pc, count: 1 });
    else tally.count++;
  }

  left(reason: LeaveReason, pc: number): void {
    const key = pc * LEAVE_REASONS.length + LEAVE_REASONS.indexOf(reason);
    const tally = this.#left.get(key);
    if (tally !== undefined) tally.count++;
    else if (this.#left.size < MAX_SITES) this.#left.set(key, { reason, pc, count: 1 });
    else this.#withheld++;
  }

  ended(outcome: Outcome, entries: number): void {
    const about = this.#about;
    for (const [reason, { pc, count }] of this.#take(this.#refused, MAX_REFUSALS)) {
      const place = pc === undefined ? {} : { pc };
      this.#telemetry.emit({ event: "refuse", ...about, reason, count, ...place });
    }
    for (const [, { reason, pc, count }] of this.#take(this.#left, MAX_DEOPTS)) {
      this.#telemetry.emit({ event: "deopt", ...about, reason, pc, count });
    }
    if (outcome.status === "trap") {
      const { code, category, pc } = outcome;
      const place = pc === undefined ? {} : { pc };
      this.#telemetry.emit({ event: "trap", ...about, code, category, ...place });
    }
    const { status, fuelUsed, tier } = outcome;
    this.#telemetry.emit({
      event: "end",
      ...about,
      status,
      ...(outcome.status === "ok" ? {} : { code: outcome.code }),
      ...(tier === undefined ? {} : { tier }),
      fuelUsed,
      entries,
      withheld: this.#withheld,
      ...sinceMs(this.#startedAt),
    });
  }

  /** The `limit` most frequent, most frequent first; forgets all. */
  #take<K, T extends Tally>(tallies: Map<K, T>, limit: number): [K, T][] {
    const all = [...tallies].sort(([, a], [, b]) => b.count - a.count);
    tallies.clear();
    this.#withheld += Math.max(0, all.length - limit);
    return all.slice(0, limit);
  }
}
