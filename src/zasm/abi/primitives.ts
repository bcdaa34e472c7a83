// The host side of one run as executors see it: primitives F0 to F5 on the registers of a state block. What they
// mean is in the zABI functions; here is only which register is what, the result in HL, and the bytes moved (D10).

import type { Failure } from "../../core/errors.ts";
import type { Policy } from "../../core/policy.ts";
import { EXIT, type Exit, type StateBlock } from "../state/block.ts";
import type { HostCalls } from "../state/host-calls.ts";
import { type HostInputs, openHost } from "./host-inputs.ts";
import type { HostState } from "./host-state.ts";
import { type Zabi, zabiOf } from "./zabi.ts";

// Registers: index in u64; the low half is at twice that in u32.
const [HL, DE, BC, IX] = [0, 1, 3, 4] as const;

export class ModuleHost implements HostCalls {
  readonly #state: HostState;
  readonly #zabi: Zabi;
  #moved = 0;

  private constructor(state: HostState, zabi: Zabi) {
    this.#state = state;
    this.#zabi = zabi;
  }

  /** The host side of one run. `stdin` is used, not copied. Throws `MisuseError` for hooks that are none. */
  static open(policy: Policy, inputs: HostInputs): ModuleHost {
    const state = openHost(policy, inputs);
    return new ModuleHost(state, zabiOf(state));
  }

  call(index: number, block: StateBlock): Exit {
    const state = this.#state;
    const { policy } = state;
    const { u64, u32 } = block;
    state.block = block;
    this.#moved = 0;
    const pointer = u64[HL]!;
    const length = u32[2 * DE]!;
    switch (index) {
      case 0:
        return this.#finish(this.#zabi.zi_read(policy.reqHandle, pointer, length), 0);
      case 1:
        this.#writeAll(pointer, length);
        return state.exit;
      case 2: {
        const messageLength = u32[2 * IX]!;
        const result = this.#zabi.zi_telemetry(pointer, length, u64[BC]!, messageLength);
        if (result >= 0) this.#moved = length + messageLength;
        return state.exit;
      }
      case 3: {
        const address = this.#zabi.zi_alloc(u32[2 * HL]!);
        if (state.exit === EXIT.returned) u64[HL] = address < 0n ? BigInt.asUintN(32, address) : address;
        return state.exit;
      }
      case 4:
        this.#zabi.zi_free(pointer);
        return state.exit;
      default:
        return this.#finish(this.#zabi.zi_ctl(pointer, length, u64[BC]!, u32[2 * IX]!), length);
    }
  }

  /** HL := result, as 32 bits zero-extended, negative ones too (spec 6.1). A positive result moved bytes. */
  #finish(result: number, requestBytes: number): Exit {
    const { exit, block } = this.#state;
    if (exit === EXIT.returned) {
      block.u64[HL] = BigInt(result >>> 0);
      if (result > 0) this.#moved = requestBytes + result;
    }
    return exit;
  }

  /** `out`: repeats until all is written, an error, or no progress (D18). HL stays the pointer (RULE A1). */
  #writeAll(pointer: bigint, length: number): void {
    let written = 0;
    for (;;) {
      const handle = this.#state.policy.resHandle;
      const count = this.#zabi.zi_write(handle, pointer + BigInt(written), length - written);
      if (count <= 0) break;
      written += count;
      if (written === length || this.#state.exit !== EXIT.returned) break;
    }
    this.#moved = written;
  }

  /** Bytes the last call moved (D10). */
  get moved(): number {
    return this.#moved;
  }

  /** After `EXIT.host`: the `host.*` failure, without a pc. */
  get failure(): Failure | undefined {
    return this.#state.failure;
  }

  /** After `EXIT.abi`, `EXIT.oom` and `EXIT.outputLimit`: what happened, in words equal in every tier. */
  get reason(): string | undefined {
    return this.#state.reason;
  }

  /** Captured so far; empty when given to a function instead. */
  get stdout(): Uint8Array {
    return this.#state.stdout.bytes;
  }

  get stderr(): Uint8Array {
    return this.#state.stderr.bytes;
  }

  /** No hook ran that was not declared deterministic (D6). */
  get deterministic(): boolean {
    return !this.#state.hooks.ranUndeclared;
  }

  /** The instance was called. True when embedder code of this run did it, which ends the run in `host.reentered`. */
  noteReentry(): boolean {
    return this.#state.noteReentry();
  }
}
