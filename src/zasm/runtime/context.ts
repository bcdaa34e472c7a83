// What the instances of one engine share: options, the code cache, telemetry, and whether code may be generated at all.

import { type CacheStatistics, CodeCache } from "../../core/code-cache.ts";
import { Telemetry } from "../../core/telemetry.ts";
import type { VerifiedModule } from "../verify/verify.ts";
import { ModuleCode } from "./code.ts";
import { codeKey } from "./code-key.ts";
import type { ResolvedOptions } from "./options.ts";
import { RunWatch } from "./watch.ts";

export class EngineContext {
  readonly options: ResolvedOptions;
  readonly telemetry: Telemetry | undefined;
  readonly #cache: CodeCache<ModuleCode>;
  /** Code that is not in the cache: none was generated yet, it was dropped, or the policy keeps it out. */
  readonly #uncached = new WeakMap<VerifiedModule, ModuleCode>();
  #withdrawn = false;
  #runs = 0;
  #reportedDrops = 0;

  constructor(options: ResolvedOptions) {
    this.options = options;
    this.telemetry = options.telemetry && new Telemetry(options.telemetry);
    this.#cache = new CodeCache(options.codeCacheBytes);
  }

  // t[impl format.exec.guard-runtime-capabilities] t[impl format.exec.deopt-on-guard-fail]
  /** A guard of every entry into compiled code: false from the moment the capability is withdrawn (D26). */
  get mayGenerateCode(): boolean {
    return this.options.codegen !== "off" && !this.#withdrawn;
  }

  /** Why `mayGenerateCode` is false; `undefined` when it is true. */
  get whyNoCode(): "codegen_off" | "withdrawn" | undefined {
    if (this.options.codegen === "off") return "codegen_off";
    return this.#withdrawn ? "withdrawn" : undefined;
  }

  // t[impl format.exec.code-cache-invalidate-on-runtime-mismatch] z[impl vm.cache.invalidate]
  withdrawCodegen(): void {
    this.#withdrawn = true;
    this.#cache.invalidate();
    this.reportCache();
  }

  // t[impl format.exec.code-cache-in-process-v0]
  /** The code to use for a module, shared with every load that has the same key. It enters the cache when it has bytes. */
  codeOf(module: VerifiedModule): ModuleCode {
    const cached = this.#isCacheable(module) ? this.#cache.get(this.#keyOf(module)) : undefined;
    if (cached !== undefined) return cached;
    const known = this.#uncached.get(module);
    if (known !== undefined) return known;
    const made = new ModuleCode(module);
    this.#uncached.set(module, made);
    return made;
  }

  /** Code was added: now it is worth keeping, and the quota may be passed. */
  codeGrew(module: VerifiedModule, code: ModuleCode): void {
    if (code.bytes > 0 && this.#isCacheable(module)) this.#cache.put(this.#keyOf(module), code);
  }

  get cacheStatistics(): CacheStatistics {
    return this.#cache.statistics;
  }

  /** What watches the next run, where anybody listens. */
  watch(module: VerifiedModule): RunWatch | undefined {
    if (this.telemetry === undefined) return undefined;
    this.#runs++;
    return new RunWatch(this.telemetry, this.#runs, module.sha256);
  }

  /** Tells the sink once what the cache has dropped since the last time. */
  reportCache(): void {
    if (this.telemetry === undefined) return;
    const { entries, bytes, evictions, invalidations } = this.#cache.statistics;
    const dropped = evictions + invalidations - this.#reportedDrops;
    if (dropped === 0) return;
    this.#reportedDrops += dropped;
    const reason = this.#withdrawn ? "withdrawn" : "quota";
    this.telemetry.emit({ event: "cache", reason, dropped, entries, bytes });
  }

  /** A withdrawn capability leaves nothing to look up or keep. */
  #isCacheable(module: VerifiedModule): boolean {
    return module.policy.codeCache === "on" && this.mayGenerateCode;
  }

  #keyOf(module: VerifiedModule): string {
    return codeKey(module.sha256, module.policy, this.options);
  }
}
