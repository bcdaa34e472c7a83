// Digests in records, and guest output on its way through a trace: counted, digested and dropped.

import { sha256Hex } from "#sha256";
import type { Digest, Output } from "./records.ts";

/** Enough to tell two runs apart. */
const DIGITS = 16;

export const digestOf = (bytes: Uint8Array): string => sha256Hex(bytes).slice(0, DIGITS);

export const measured = (bytes: Uint8Array): Digest => ({ bytes: bytes.length, sha256: digestOf(bytes) });

export class OutputMeter {
  #total = 0;
  #added: Uint8Array[] = [];

  readonly take = (bytes: Uint8Array): void => {
    this.#total += bytes.length;
    this.#added.push(bytes.slice());
  };

  /** Output since the start, and the digest of what came since the last call. */
  drain(): Output {
    if (this.#added.length === 0) return { bytes: this.#total };
    const all = new Uint8Array(this.#added.reduce((sum, { length }) => sum + length, 0));
    let end = 0;
    for (const piece of this.#added) {
      all.set(piece, end);
      end += piece.length;
    }
    this.#added = [];
    return { bytes: this.#total, added: digestOf(all) };
  }
}
