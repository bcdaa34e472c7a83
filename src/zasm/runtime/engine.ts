// The embedder's door: an engine loads modules under a policy, a module is instantiated, an instance runs.

import { LITTLE_ENDIAN_HOST } from "../../core/bytes.ts";
import { failure, isFailure, MisuseError } from "../../core/errors.ts";
import { type Policy, type PolicyInput, resolvePolicy } from "../../core/policy.ts";
import { PRIMITIVES } from "../isa/table.ts";
import { type VerifiedModule, verifyModule } from "../verify/verify.ts";
import { checkInputs, isBytes, type RunInputs } from "./inputs.ts";
import { Instance } from "./instance.ts";
import { type Errored, failedOutcome, type Outcome, type Rejected } from "./outcome.ts";

/** A module that passed every check, bound to the policy it was checked under. Instantiate it as often as you like. */
export class Module {
  readonly #verified: VerifiedModule;

  private constructor(module: VerifiedModule) {
    this.#verified = module;
  }

  /** @internal Embedders use `Engine.load`. */
  static of(module: VerifiedModule): Module {
    return new Module(module);
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

  /** A fresh instance with its own memory. Throws `MisuseError` for inputs of the wrong type; all else is in the outcome. */
  instantiate(inputs: RunInputs = {}): Instance {
    return Instance.create(this.#verified, checkInputs(inputs));
  }
}

/** `error` only when the host has no memory for the module. */
export type LoadResult = { readonly status: "ok"; readonly module: Module } | Rejected | Errored;

export class Engine {
  private constructor() {}

  /** Throws `MisuseError` on a big-endian machine, which no tier supports. */
  static create(): Engine {
    if (!LITTLE_ENDIAN_HOST) throw new MisuseError("Sinter needs a little-endian machine");
    return new Engine();
  }

  /**
   * Verifies a `.zasm.bin` v2 file under a policy. The bytes are copied first.
   * Everything wrong with module or policy is a `reject` outcome; a non-Uint8Array throws `MisuseError`.
   */
  load(bytes: Uint8Array, policy?: PolicyInput): LoadResult {
    if (!isBytes(bytes)) throw new MisuseError("module bytes must be a Uint8Array");
    const resolved = resolvePolicy(policy);
    if (isFailure(resolved)) return failedOutcome(resolved) as Rejected;
    if (resolved.target !== "host") {
      const reason = `target ${resolved.target} needs the native tier, which this version does not have`;
      return failedOutcome(failure("policy.unsupported_target", {}, reason)) as Rejected;
    }
    try {
      const module = verifyModule(bytes, resolved);
      if (isFailure(module)) return failedOutcome(module) as Rejected;
      return { status: "ok", module: Module.of(module) };
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
