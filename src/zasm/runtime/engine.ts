// The embedder's door: an engine loads modules under a policy, a module is instantiated, an instance runs.

import { LITTLE_ENDIAN_HOST } from "../../core/bytes.ts";
import type { CacheStatistics } from "../../core/code-cache.ts";
import { failure, isFailure, MisuseError } from "../../core/errors.ts";
import { type Policy, type PolicyInput, resolvePolicy } from "../../core/policy.ts";
import type { TelemetryStatistics } from "../../core/telemetry.ts";
import { elapsedMs, sinceMs } from "../../platform/clock.ts";
import { PRIMITIVES } from "../isa/table.ts";
import { type VerifiedModule, verifyModule } from "../verify/verify.ts";
import type { UnitCode } from "./code.ts";
import { type CompileOptions, type CompileReport, compileAhead, compileAheadSync } from "./compile.ts";
import { EngineContext } from "./context.ts";
import { checkInputs, isBytes, type RunInputs } from "./inputs.ts";
import { Instance } from "./instance.ts";
import { type EngineOptions, resolveOptions } from "./options.ts";
import { type Errored, failedOutcome, type Outcome, type Rejected } from "./outcome.ts";

/** A module that passed every check, bound to the policy it was checked under. Instantiate it as often as you like. */
export class Module {
  readonly #verified: VerifiedModule;
  readonly #context: EngineContext;

  private constructor(module: VerifiedModule, context: EngineContext) {
    this.#verified = module;
    this.#context = context;
  }

  /** @internal Embedders use `Engine.load`. */
  static of(module: VerifiedModule, context: EngineContext): Module {
    return new Module(module, context);
  }

  /** The complete policy, frozen. */
  get policy(): Policy {
    return this.#verified.policy;
  }

  /** SHA-256 of the module file, lower-case hex. */
  get sha256(): string {
    return this.#verified.sha256;
  }

  /** Names that `entry` may name. */
  get exports(): readonly string[] {
    return [...this.#verified.exports.keys()];
  }

  /** Host calls present in the code: `in`, `out`, `log`, `alloc`, `free`, `ctl`. */
  get hostCalls(): readonly string[] {
    const present = PRIMITIVES.filter((_, bit) => this.#verified.primitives & (1 << bit));
    return present.map((name) => name.toLowerCase());
  }

  /**
   * Prepares code so that later runs use it at once. Resolves whatever the environment refuses; throws `MisuseError`
   * (rejects with it) for options that are none.
   */
  async compile(options: CompileOptions = {}): Promise<CompileReport> {
    return compileAhead(this.#verified, this.#context, options);
  }

  /** As `compile`, at once and on this thread. Browsers refuse large code here. */
  compileSync(options: CompileOptions = {}): CompileReport {
    return compileAheadSync(this.#verified, this.#context, options);
  }

  /** @internal Generated code, to be shared with another thread (D27). */
  units(): readonly (readonly [start: number, unit: UnitCode])[] {
    return [...this.#context.codeOf(this.#verified).units()];
  }

  /** @internal Takes code that another thread of ours generated for a module with the same digest and policy. */
  adoptUnits(units: readonly (readonly [start: number, unit: UnitCode])[]): void {
    if (units.length === 0 || !this.#context.mayGenerateCode) return;
    const code = this.#context.codeOf(this.#verified);
    for (const [start, unit] of units) code.adopt(start, unit);
    this.#context.codeGrew(this.#verified, code);
  }

  /** A fresh instance with its own memory. Throws `MisuseError` for inputs of the wrong type; all else is in the outcome. */
  instantiate(inputs: RunInputs = {}): Instance {
    return Instance.create(this.#verified, checkInputs(inputs), this.#context);
  }
}

/** `error` only when the host has no memory for the module. */
export type LoadResult = { readonly status: "ok"; readonly module: Module } | Rejected | Errored;

export class Engine {
  readonly #context: EngineContext;

  /** @internal For `create`, here and in what extends this. */
  protected constructor(options: EngineOptions) {
    if (!LITTLE_ENDIAN_HOST) throw new MisuseError("Sinter needs a little-endian machine");
    this.#context = new EngineContext(resolveOptions(options));
  }

  /** Throws `MisuseError` for options it does not know, and on a big-endian machine, which no tier supports. */
  static create(options: EngineOptions = {}): Engine {
    return new Engine(options);
  }

  /** Hits, misses and sizes of the in-process code cache. */
  get cacheStatistics(): CacheStatistics {
    return this.#context.cacheStatistics;
  }

  /** What became of telemetry events; `undefined` without a sink. */
  get telemetryStatistics(): TelemetryStatistics | undefined {
    return this.#context.telemetry?.statistics;
  }

  /** Stops using generated code for good; what is running goes on in the interpreter from its next boundary. */
  withdrawCodegen(): void {
    this.#context.withdrawCodegen();
  }

  /**
   * Verifies a `.zasm.bin` v2 file under a policy. The bytes are copied first.
   * Everything wrong with module or policy is a `reject` outcome; a non-Uint8Array throws `MisuseError`.
   */
  load(bytes: Uint8Array, policy?: PolicyInput): LoadResult {
    if (!isBytes(bytes)) throw new MisuseError("module bytes must be a Uint8Array");
    const { telemetry } = this.#context;
    if (telemetry === undefined) return this.#load(bytes, policy);
    const length = bytes.length;
    const startedAt = elapsedMs();
    const result = this.#load(bytes, policy);
    const { status } = result;
    const about = status === "ok" ? { program: result.module.sha256 } : { code: result.code };
    telemetry.emit({ event: "load", status, ...about, bytes: length, ...sinceMs(startedAt) });
    return result;
  }

  #load(bytes: Uint8Array, policy: PolicyInput | undefined): LoadResult {
    const resolved = resolvePolicy(policy);
    if (isFailure(resolved)) return failedOutcome(resolved) as Rejected;
    if (resolved.target !== "host") {
      const reason = `target ${resolved.target} needs the native tier, which this version does not have`;
      return failedOutcome(failure("policy.unsupported_target", {}, reason)) as Rejected;
    }
    try {
      const module = verifyModule(bytes, resolved);
      if (isFailure(module)) return failedOutcome(module) as Rejected;
      return { status: "ok", module: Module.of(module, this.#context) };
    } catch (thrown) {
      if (!(thrown instanceof RangeError)) throw thrown;
      return failedOutcome(failure("host.oom")) as Errored; // no memory for the copy
    }
  }

  /** Loads, instantiates and runs once. */
  run(bytes: Uint8Array, options: RunInputs & { readonly policy?: PolicyInput } = {}): Outcome {
    const { policy, ...inputs } = options;
    const loaded = this.load(bytes, policy);
    return loaded.status === "ok" ? loaded.module.instantiate(inputs).run() : loaded;
  }
}
