// Decoding a document that arrives in pieces: feeding is appending, an instruction that meets the end of what is here
// has done nothing and waits.

import { MisuseError } from "../../core/errors.ts";
import type { CodecFailure } from "../ir/failure.ts";
import { blockOf, type Entry, programOf } from "../state/entry.ts";
import type { DecodeResult } from "./codec.ts";
import { fed, run } from "./run.ts";

export class Decoder {
  readonly #entry: Entry;
  readonly #value: () => DecodeResult;
  #failure: CodecFailure | undefined;
  #ended = false;
  /** Bytes that must be here before the waiting instruction is tried again. */
  #retryAt = 0;

  /** @internal */
  constructor(entry: Entry, value: () => DecodeResult) {
    this.#entry = entry;
    this.#value = value;
    const block = blockOf(entry);
    block.begin(programOf(entry));
    block.more = 1;
  }

  /** The next piece, which is copied. The failure, once the document has one: nothing that follows changes it. */
  write(bytes: Uint8Array): CodecFailure | undefined {
    if (this.#ended) throw new MisuseError("write after end");
    if (!(bytes instanceof Uint8Array)) throw new MisuseError("write: bytes must be a Uint8Array");
    if (this.#failure !== undefined) return this.#failure;
    const block = blockOf(this.#entry);
    this.#failure = fed(block, () => block.feed(bytes));
    if (this.#failure === undefined && block.end >= this.#retryAt) this.#run();
    return this.#failure;
  }

  /** The document is complete: its value. */
  end(): DecodeResult {
    if (this.#ended) throw new MisuseError("end twice");
    this.#ended = true;
    if (this.#failure !== undefined) return this.#failure;
    blockOf(this.#entry).more = 0;
    this.#run();
    return this.#failure ?? this.#value();
  }

  #run(): void {
    const block = blockOf(this.#entry);
    this.#failure = run(this.#entry);
    if (this.#failure !== undefined || block.more === 0) return;
    // A long string or a skipped subtree is read again from its start each time: only once twice as much of it is here,
    // so that all tries together cost no more than a few reads of the whole.
    this.#retryAt = block.end + (block.end - block.cursor);
  }
}
