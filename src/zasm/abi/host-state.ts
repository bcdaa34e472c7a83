// What the zABI functions of one run share: policy, hooks, handles, capabilities, the output budget, and how the
// current call ends. Also the one place where embedder code is called, so that whatever it does becomes a value.

import { ERRORS, type ErrorCode, type Failure, failure } from "../../core/errors.ts";
import type { Policy } from "../../core/policy.ts";
import { EXIT, type Exit, type StateBlock } from "../state/block.ts";
import type { Capability } from "./capabilities.ts";
import type { Handles } from "./handles.ts";
import type { HookTable } from "./hooks.ts";
import type { Channel } from "./output.ts";
import { ZI } from "./result.ts";
import type { Telemetry } from "./telemetry.ts";

/** The results that mean misuse of the ABI, and so end a strict run (D19). */
const MISUSE: ReadonlyMap<number, string> = new Map([
  [ZI.bounds, "pointer or length outside guest memory"],
  [ZI.closed, "the handle was closed"],
  [ZI.nosys, "unknown handle, or refused by the host"],
]);

type HostCode = Extract<ErrorCode, `host.${string}`>;

export class HostState {
  readonly policy: Policy;
  readonly hooks: HookTable;
  /** The run being served; `ModuleHost.call` sets it before anything reads it. */
  block!: StateBlock;
  // The services are set once by `openHost`: they need this object themselves.
  handles!: Handles;
  capabilities!: readonly Capability[];
  stdout!: Channel;
  stderr!: Channel;
  telemetry!: Telemetry;
  /** Bytes that stdout and stderr together may still take (D5). */
  outputLeft: number;
  /** How the current call ends; anything but `returned` ends the run. */
  exit: Exit = EXIT.returned;
  failure: Failure | undefined;
  reason: string | undefined;
  #foreignRuns = false;
  #reentered = false;

  constructor(policy: Policy, hooks: HookTable) {
    this.policy = policy;
    this.hooks = hooks;
    this.outputLeft = policy.maxOutputBytes;
  }

  /** Ends the run with a guest failure; nothing may be written afterwards. */
  stop(exit: Exit, reason: string): number {
    this.exit = exit;
    this.reason = reason;
    return ZI.internal;
  }

  /** Ends the run with a failure of the embedder's side. */
  fail(code: HostCode, what: string): number {
    this.exit = EXIT.host;
    this.failure = failure(code, {}, `${ERRORS[code].reason}: ${what}`);
    return ZI.internal;
  }

  /** Passes a result on; in strict mode misuse ends the run (D19). */
  judge(result: number, what: string): number {
    // z[impl vm.policy.strict] z[impl vm.error.category.abi] z[impl vm.safety.violation-traps]
    if (this.policy.strict && result < 0) {
      const misuse = MISUSE.get(result);
      if (misuse !== undefined) this.stop(EXIT.abi, `${what}: ${misuse}`);
    }
    return result;
  }

  /** Memory of the host, or `undefined` after `host.oom`. */
  allocate(bytes: number): Uint8Array<ArrayBuffer> | undefined {
    try {
      return new Uint8Array(bytes);
    } catch {
      this.fail("host.oom", "a host call"); // D16
      return undefined;
    }
  }

  /** A copy for embedder code to keep, or `undefined` after `host.oom`. */
  copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
    const copy = this.allocate(bytes.length);
    copy?.set(bytes);
    return copy;
  }

  /**
   * Calls embedder code. Gives its return value; when it throws, returns a promise or calls back into its own
   * instance, the run ends instead (D22) and the value means nothing.
   */
  foreign(what: string, call: () => unknown): unknown {
    // z[impl vm.error.structured]
    let value: unknown;
    let code: HostCode | undefined;
    this.#foreignRuns = true;
    this.#reentered = false;
    try {
      value = call();
    } catch {
      code = "host.threw";
    }
    code ??= promiseComplaint(value);
    this.#foreignRuns = false;
    if (this.#reentered) code = "host.reentered";
    if (code !== undefined) this.fail(code, what);
    return value;
  }

  /** True, and remembered, when embedder code is running: it called back into its own instance. */
  noteReentry(): boolean {
    this.#reentered = this.#foreignRuns;
    return this.#foreignRuns;
  }
}

const nothing = (): void => {};

/** Why `value` cannot be an answer of synchronous code. A promise's rejection is swallowed: nobody will await it. */
function promiseComplaint(value: unknown): HostCode | undefined {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
  let then: unknown;
  try {
    then = Reflect.get(value, "then");
  } catch {
    return "host.bad_return";
  }
  if (typeof then !== "function") return undefined;
  try {
    Reflect.apply(then, value, [nothing, nothing]);
  } catch {
    // whatever it is, it is no integer
  }
  return "host.async";
}
