// The handle table of a run, and the byte streams behind handles. Numbers are given out once: a closed handle
// stays closed, so a guest cannot reach somebody else's stream through an old number.

import type { Channel } from "./output.ts";
import { ZI } from "./result.ts";

/** Both give a count or a negative zABI error; `into` and `bytes` have at least one byte. */
export interface Stream {
  /** 0 = end of input. */
  read(into: Uint8Array): number;
  write(bytes: Uint8Array): number;
}

/** Bytes known beforehand. */
export class ByteStream implements Stream {
  readonly #bytes: Uint8Array;
  readonly #onWrite: number;
  #at = 0;

  constructor(bytes: Uint8Array, onWrite: number) {
    this.#bytes = bytes;
    this.#onWrite = onWrite;
  }

  read(into: Uint8Array): number {
    const chunk = this.#bytes.subarray(this.#at, this.#at + into.length);
    into.set(chunk);
    this.#at += chunk.length;
    return chunk.length;
  }

  write(): number {
    return this.#onWrite;
  }
}

/** stdout or stderr. */
export class OutputStream implements Stream {
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  read(): number {
    return ZI.nosys;
  }

  write(bytes: Uint8Array): number {
    return this.#channel.emit(bytes.length, (into) => into.set(bytes));
  }
}

const FIRST_OPENED = 3;
/** As many as the reference host has. */
const MAX_OPEN_HANDLES = 256;
/** Handles are positive in 32 signed bits, so that no result can be mistaken for an error. */
const MAX_HANDLE = 0x7fff_ffff;

export class Handles {
  readonly #standard: readonly Stream[];
  readonly #opened = new Map<number, Stream>();
  #next: number;

  constructor(stdin: Stream, stdout: Stream, stderr: Stream, next = FIRST_OPENED) {
    this.#standard = [stdin, stdout, stderr];
    this.#next = next;
  }

  /** The stream, or -5 for a handle that was closed and -7 for one that never was. */
  find(handle: number): Stream | number {
    return this.#standard[handle] ?? this.#opened.get(handle) ?? (this.isOurs(handle) ? ZI.closed : ZI.nosys);
  }

  /** True for what `open` gave out, closed or not: those never belong to an embedder's hook. */
  isOurs(handle: number): boolean {
    return handle >= FIRST_OPENED && handle < this.#next;
  }

  /** A new handle for `stream`, or -8. */
  open(stream: Stream): number {
    if (this.#opened.size >= MAX_OPEN_HANDLES || this.#next > MAX_HANDLE) return ZI.oom;
    this.#opened.set(this.#next, stream);
    return this.#next++;
  }

  /** Closing 0, 1, 2 or a closed handle does nothing. */
  end(handle: number): number {
    this.#opened.delete(handle);
    return this.#standard[handle] !== undefined || this.isOurs(handle) ? ZI.ok : ZI.nosys;
  }
}
