// A module that many threads run: its bytes once in shared memory, the code any of them generated, and which thread
// knows how much of both. Each thread verifies the bytes for itself; proof does not cross.

import type { PolicyInput } from "../core/policy.ts";
import type { RunMessage, SharedUnits } from "./messages.ts";

/** Modules a thread keeps; what is used least recently goes first. */
const MAX_KEPT = 32;

/** A verified module that an isolate can run, in any of its threads. Only `Isolate.load` makes one. */
export class SharedModule {
  /** SHA-256 of the module file, lower-case hex. */
  readonly sha256: string;
  /** Names that `entry` may name. */
  readonly exports: readonly string[];
  /** @internal */
  readonly handle: number;
  /** In shared memory. */
  readonly #bytes: Uint8Array;
  readonly #policy: PolicyInput;
  /** By `unitKey`, in the order they came. */
  readonly #units = new Map<string, SharedUnits[number]>();

  private constructor(
    handle: number,
    about: Pick<SharedModule, "sha256" | "exports">,
    bytes: Uint8Array,
    policy: PolicyInput,
  ) {
    this.handle = handle;
    this.sha256 = about.sha256;
    this.exports = about.exports;
    this.#bytes = bytes;
    this.#policy = policy;
  }

  /** @internal Embedders use `Isolate.load`. */
  static of(
    handle: number,
    about: Pick<SharedModule, "sha256" | "exports">,
    bytes: Uint8Array,
    policy: PolicyInput,
  ): SharedModule {
    return new SharedModule(handle, about, bytes, policy);
  }

  /** Pieces of code that every thread has or will get with its next run. */
  get units(): number {
    return this.#units.size;
  }

  /** @internal */
  get file() {
    return { bytes: this.#bytes, policy: this.#policy };
  }

  /** @internal */
  unitsFrom(index: number): SharedUnits {
    return [...this.#units.values()].slice(index);
  }

  /** @internal */
  addUnits(units: SharedUnits): void {
    for (const unit of units) {
      const key = unitKey(unit);
      if (!this.#units.has(key)) this.#units.set(key, unit);
    }
  }
}

/** A module has at most one unit per place and tier. */
export const unitKey = ([start, { tier }]: SharedUnits[number]): string => `${start} ${tier}`;

/** What one thread knows. */
export class ThreadModules {
  /** Handle to the number of units sent, oldest use first. */
  readonly #known = new Map<number, number>();

  /** What this thread has to be told to run `module`. */
  messageFor(module: SharedModule): Omit<RunMessage, "inputs"> {
    const { handle } = module;
    const known = this.#known.get(handle);
    const units = module.unitsFrom(known ?? 0);
    this.#known.delete(handle);
    this.#known.set(handle, (known ?? 0) + units.length);
    if (known !== undefined) return { handle, units };
    const [oldest] = this.#known.keys();
    if (this.#known.size <= MAX_KEPT || oldest === undefined) return { handle, keep: module.file, units };
    this.#known.delete(oldest);
    return { handle, keep: module.file, units, forget: oldest };
  }
}
