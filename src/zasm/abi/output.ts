// Where stdout and stderr go: captured, or to the embedder's function in order (D7). Both draw on one budget (D5).

import { EXIT } from "../state/block.ts";
import type { HostState } from "./host-state.ts";
import { ZI } from "./result.ts";

export type Sink = (chunk: Uint8Array) => void;

const NOTHING = new Uint8Array(0);

export class Channel {
  readonly #host: HostState;
  readonly #name: string;
  readonly #sink: Sink | undefined;
  /** Grows by doubling, so that capturing is linear however small the writes are. */
  #captured = NOTHING;
  #length = 0;

  constructor(host: HostState, name: string, sink: Sink | undefined) {
    this.#host = host;
    this.#name = name;
    this.#sink = sink;
  }

  /** Emits `size` bytes that `fill` writes, all or nothing; gives `size`, or ends the run. */
  emit(size: number, fill: (into: Uint8Array) => void): number {
    // z[impl vm.output.capture]
    const host = this.#host;
    if (size > host.outputLeft) {
      return host.stop(EXIT.outputLimit, `output would pass maxOutputBytes ${host.policy.maxOutputBytes}`);
    }
    const sink = this.#sink;
    const space = sink === undefined ? this.#space(size) : host.allocate(size);
    if (space === undefined) return ZI.internal;
    host.outputLeft -= size;
    fill(space);
    if (sink !== undefined) host.foreign(`${this.#name} function`, () => sink(space));
    return size;
  }

  /** Everything captured so far: a copy, so that an outcome is the embedder's to change or transfer. */
  get bytes(): Uint8Array {
    try {
      return this.#captured.slice(0, this.#length);
    } catch {
      return this.#captured.subarray(0, this.#length); // no memory for a copy: better shared than lost
    }
  }

  #space(size: number): Uint8Array | undefined {
    const needed = this.#length + size;
    if (needed > this.#captured.length) {
      const doubled = Math.min(2 * this.#captured.length, this.#host.policy.maxOutputBytes);
      const grown = this.#host.allocate(Math.max(needed, doubled, 256));
      if (grown === undefined) return undefined;
      grown.set(this.#captured.subarray(0, this.#length));
      this.#captured = grown;
    }
    const space = this.#captured.subarray(this.#length, needed);
    this.#length = needed;
    return space;
  }
}
