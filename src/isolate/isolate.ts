// Running modules in worker threads: a guest that does not end cannot hold up the embedder, and is stopped by the
// clock or by the caller. A stop is the host's doing (`host.cancelled`), never a trap: the guest did nothing wrong,
// and where it stood when the clock struck is not repeatable.

import { parallelism } from "#threads";
import { failure, isFailure, MisuseError } from "../core/errors.ts";
import { type PolicyInput, resolvePolicy } from "../core/policy.ts";
import { after } from "../platform/clock.ts";
import { Engine } from "../zasm/runtime/engine.ts";
import { checkInputs, isBytes } from "../zasm/runtime/inputs.ts";
import { type Errored, failedOutcome, type Outcome, type Rejected } from "../zasm/runtime/outcome.ts";
import type { RunMessage, SharedInputs } from "./messages.ts";
import {
  type CancelSignal,
  checkIsolateOptions,
  checkRunOptions,
  type IsolateOptions,
  type IsolateRunOptions,
  MAX_TIMEOUT_MS,
} from "./options.ts";
import { type Job, Pool } from "./pool.ts";
import { SharedModule, type ThreadModules } from "./shared-module.ts";

export interface IsolateStatistics {
  /** Threads alive now, the spare and those being ended included. */
  readonly threads: number;
  readonly running: number;
  /** Runs that wait for a thread. */
  readonly queued: number;
  /** Threads started so far. */
  readonly started: number;
  /** Threads that ended on their own: out of memory, or a bug. */
  readonly lost: number;
  /** Runs that ended, and those of them that were stopped by clock or caller. */
  readonly runs: number;
  readonly cancelled: number;
}

export type IsolateLoadResult = { readonly status: "ok"; readonly module: SharedModule } | Rejected | Errored;

export class Isolate {
  readonly #pool: Pool;
  readonly #timeoutMs: number;
  /** Never runs anything: it says early what a thread would say. */
  readonly #engine: Engine;
  readonly #pending = new Set<Promise<unknown>>();
  readonly #owned = new WeakSet<SharedModule>();
  #handles = 0;
  #runs = 0;
  #cancelled = 0;
  #closing: Promise<void> | undefined;

  private constructor(options: IsolateOptions) {
    const { workers, timeoutMs, resourceLimits, engine } = checkIsolateOptions(options);
    this.#engine = Engine.create(engine);
    this.#timeoutMs = timeoutMs ?? 0;
    this.#pool = new Pool({
      workers: workers ?? Math.min(4, Math.max(1, parallelism() - 1)),
      limits: resourceLimits ?? {},
      engine: engine ?? {},
    });
  }

  /** Starts one thread at once, to be ready. Throws `MisuseError` for options it does not know. */
  static create(options: IsolateOptions = {}): Isolate {
    return new Isolate(options);
  }

  /**
   * Verifies a module once for many runs. Its bytes are then shared by all threads, and so is the code that any of
   * them generates for it. Everything wrong with module or policy is an outcome, as in `Engine.load`.
   */
  load(bytes: Uint8Array, policy?: PolicyInput): IsolateLoadResult {
    this.#assertOpen();
    if (!isBytes(bytes)) throw new MisuseError("module bytes must be a Uint8Array");
    const own = tryShare(bytes);
    if (own === undefined) return failedOutcome(failure("host.oom")) as Errored;
    const loaded = this.#engine.load(own, policy);
    if (loaded.status !== "ok") return loaded;
    const module = SharedModule.of(++this.#handles, loaded.module, own, { ...loaded.module.policy });
    this.#owned.add(module);
    return { status: "ok", module };
  }

  /**
   * Runs a module in a thread of its own, from its start to its end or until it is stopped. The outcome is the one
   * `Engine.run` gives, or `host.cancelled` with the output so far, or `host.oom` when the thread's memory was used
   * up. Rejects with `MisuseError` only.
   */
  async run(module: Uint8Array | SharedModule, options: IsolateRunOptions = {}): Promise<Outcome> {
    this.#assertOpen();
    const { policy, timeoutMs, signal, ...inputs } = checkRunOptions(options);
    const shared = checkInputs(inputs) as SharedInputs; // functions were refused before
    let message: Job["message"];
    if (isBytes(module)) {
      const resolved = resolvePolicy(policy);
      if (isFailure(resolved)) return failedOutcome(resolved);
      const bytes = tryShare(module);
      if (bytes === undefined) return failedOutcome(failure("host.oom"));
      const file = { bytes, policy: { ...resolved } };
      message = () => ({ inputs: shared, file, units: [] });
    } else {
      if (!(module instanceof SharedModule) || !this.#owned.has(module)) {
        throw new MisuseError("module must be a Uint8Array, or what this isolate's load gave");
      }
      if (policy !== undefined) throw new MisuseError("a loaded module has its policy; give it to load");
      message = (modules: ThreadModules): RunMessage => ({ inputs: shared, ...modules.messageFor(module) });
    }
    const job = { message, timeoutMs: timeoutMs ?? this.#timeoutMs, signal };
    const ended = this.#submit(job, module instanceof SharedModule ? module : undefined);
    this.#pending.add(ended);
    const outcome = await ended.finally(() => this.#pending.delete(ended));
    this.#runs++;
    if (outcome.status === "error" && outcome.code === "host.cancelled") this.#cancelled++;
    return outcome;
  }

  /**
   * Takes no more runs, waits up to `graceMs` (default 0) for those it has, and stops what is left. Resolves when no
   * thread is left.
   */
  async close({ graceMs = 0 }: { readonly graceMs?: number } = {}): Promise<void> {
    if (!(graceMs >= 0)) throw new MisuseError("graceMs must be a number from 0");
    this.#closing ??= this.#close(graceMs);
    await this.#closing;
  }

  get statistics(): IsolateStatistics {
    return { ...this.#pool.counts, runs: this.#runs, cancelled: this.#cancelled };
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new MisuseError("the isolate is closed");
  }

  #submit(
    run: Pick<Job, "message" | "timeoutMs"> & { readonly signal: CancelSignal | undefined },
    module: SharedModule | undefined,
  ): Promise<Outcome> {
    const { message, timeoutMs, signal } = run;
    const aborted = () => failure("host.cancelled", {}, "the caller aborted the run");
    if (signal?.aborted) return Promise.resolve(failedOutcome(aborted()));
    return new Promise((resolve) => {
      const abort = () => this.#pool.cancel(job, aborted());
      const job: Job = {
        message,
        timeoutMs,
        done(outcome, units) {
          signal?.removeEventListener("abort", abort);
          module?.addUnits(units);
          resolve(outcome);
        },
      };
      signal?.addEventListener("abort", abort);
      this.#pool.submit(job);
    });
  }

  async #close(graceMs: number): Promise<void> {
    if (graceMs > 0 && this.#pending.size > 0) {
      await new Promise<void>((resolve) => {
        const stopTimer = after(Math.min(graceMs, MAX_TIMEOUT_MS), resolve);
        void Promise.allSettled(this.#pending).then(() => {
          stopTimer();
          resolve();
        });
      });
    }
    await this.#pool.close(failure("host.cancelled", {}, "the isolate was closed"));
  }
}

/** A copy in shared memory, which reaches a thread without being copied again; `undefined` without memory for it. */
function tryShare(bytes: Uint8Array): Uint8Array | undefined {
  try {
    const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
    copy.set(bytes);
    return copy;
  } catch {
    return undefined;
  }
}
