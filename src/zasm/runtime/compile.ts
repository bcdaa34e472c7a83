// Compiling ahead of a run: the code that a run from an entry would make, made now and kept where runs look for it.
// Refusals are part of the report, by the names telemetry uses; only options that are none throw.

import { MisuseError, quoted } from "../../core/errors.ts";
import { elapsedMs, sinceMs } from "../../platform/clock.ts";
import { hasWasm } from "../../platform/wasm.ts";
import type { VerifiedModule } from "../verify/verify.ts";
import type { CodeTier, Refusal, UnitCode } from "./code.ts";
import type { EngineContext } from "./context.ts";
import { isTierChoice } from "./options.ts";
import { TIERS, type Tier, type TierChoice } from "./outcome.ts";

export interface CompileOptions {
  /** Default `auto`: the fastest tier of this version. */
  readonly tier?: TierChoice;
  /** Names of exports that runs will start at. Default: the module's own entry. */
  readonly entries?: readonly string[];
}

/** Why an entry has no code. */
export type CompileRefusal =
  | Refusal
  | "codegen_off"
  | "withdrawn"
  | "no_webassembly"
  /** This version has no such tier for modules. */
  | "no_tier"
  | "unknown_export";

export interface CompileReport {
  /** The tier the code is in. */
  readonly tier: Tier;
  /** Entries that have code now. */
  readonly units: number;
  /** Those of them that had it before. */
  readonly cached: number;
  /** Bytes of generated code of these units. */
  readonly bytes: number;
  /** `entry` is a name that was asked for, or null for the module's own entry. */
  readonly refusals: readonly { readonly entry: string | null; readonly reason: CompileRefusal }[];
  /** Absent where there is no clock. */
  readonly ms?: number;
}

/** The fastest tier that modules have. */
const FASTEST: Tier = "opt";

/** Rejects with `MisuseError` for options that are none; everything else is in the report. */
export async function compileAhead(
  module: VerifiedModule,
  context: EngineContext,
  options: CompileOptions,
): Promise<CompileReport> {
  const job = new Job(module, context, options);
  for (const start of job.starts) {
    // Checked anew each time: the capability may be withdrawn while one unit compiles.
    const isReady = job.code.isReady(start, job.codeTier);
    job.note(start, isReady, job.refusal ?? (await job.code.unitAtAsync(start, job.codeTier)));
  }
  return job.finish();
}

export function compileAheadSync(
  module: VerifiedModule,
  context: EngineContext,
  options: CompileOptions,
): CompileReport {
  const job = new Job(module, context, options);
  for (const start of job.starts) {
    const isReady = job.code.isReady(start, job.codeTier);
    job.note(start, isReady, job.refusal ?? job.code.unitAt(start, job.codeTier));
  }
  return job.finish();
}

class Job {
  readonly #module: VerifiedModule;
  readonly #context: EngineContext;
  readonly #tier: Tier;
  /** Word index to the entry's name; two exports of one place are one unit. */
  readonly #names = new Map<number, string | null>();
  readonly #refusals: { entry: string | null; reason: CompileRefusal }[] = [];
  readonly #startedAt = elapsedMs();
  readonly code;
  #units = 0;
  #cached = 0;
  #bytes = 0;

  constructor(module: VerifiedModule, context: EngineContext, options: CompileOptions) {
    const { tier, entries } = checkOptions(options);
    this.#module = module;
    this.#context = context;
    this.#tier = tier === undefined || tier === "auto" ? FASTEST : tier;
    this.code = context.codeOf(module);
    if (entries === undefined) this.#names.set(module.entryPcWords, null);
    for (const name of entries ?? []) {
      const start = module.exports.get(name);
      if (start === undefined) this.#refusals.push({ entry: name, reason: "unknown_export" });
      else if (!this.#names.has(start)) this.#names.set(start, name);
    }
  }

  get codeTier(): CodeTier {
    return this.#tier === "baseline" ? "baseline" : "opt";
  }

  get starts(): Iterable<number> {
    return this.#names.keys();
  }

  /** Why nothing at all can be compiled. */
  get refusal(): CompileRefusal | undefined {
    if (this.#tier === "interp") return "no_tier"; // it has no code by nature
    if (TIERS.indexOf(this.#tier) > TIERS.indexOf(FASTEST)) return "no_tier";
    return this.#context.whyNoCode ?? (hasWasm() ? undefined : "no_webassembly");
  }

  note(start: number, wasReady: boolean, unit: UnitCode | CompileRefusal): void {
    if (typeof unit === "string") {
      this.#refusals.push({ entry: this.#names.get(start) ?? null, reason: unit });
      return;
    }
    this.#units++;
    if (wasReady) this.#cached++;
    this.#bytes += unit.wasmBytes;
    this.#context.codeGrew(this.#module, this.code);
  }

  finish(): CompileReport {
    const [units, cached, bytes] = [this.#units, this.#cached, this.#bytes];
    const ms = sinceMs(this.#startedAt);
    const program = this.#module.sha256;
    const refused = this.#refusals.length;
    this.#context.telemetry?.emit({ event: "compile", program, units, cached, refused, bytes, ...ms });
    this.#context.reportCache();
    return { tier: this.#tier, units, cached, bytes, refusals: this.#refusals, ...ms };
  }
}

/** A private copy. Throws `MisuseError` for what the types forbid and a caller without types may pass. */
function checkOptions(options: CompileOptions): CompileOptions {
  if (typeof options !== "object" || options === null)
    throw new MisuseError("compile options must be an object");
  for (const key of Object.keys(options)) {
    if (key !== "tier" && key !== "entries")
      throw new MisuseError(`compile options have no field ${quoted(key)}`);
  }
  const { tier, entries } = options;
  if (tier !== undefined && !isTierChoice(tier)) {
    throw new MisuseError(`tier must be auto, ${TIERS.join(", ")}`);
  }
  const isList = Array.isArray(entries) && entries.every((name) => typeof name === "string");
  if (entries !== undefined && !isList) throw new MisuseError("entries must be an array of strings");
  return {
    ...(tier === undefined ? {} : { tier }),
    ...(entries === undefined ? {} : { entries: [...entries] }),
  };
}
