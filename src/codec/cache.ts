// The codecs of an engine: compiled once per shape, format and options, the least recently used first out.

import type { FormatName } from "../serde/ir/ops.ts";
import type { CodecOptions } from "../serde/runtime/options.ts";
import { limitsOf } from "../serde/runtime/options.ts";
import type { Shape } from "../serde/shape/index.ts";
import { type Codec, checkArguments, createCodec } from "./codec.ts";

/** Enough for the messages of one service; each holds two programs and, between documents, at most 1 MiB. */
const MAX_CODECS = 64;

/** By option, what of it the compiled codec depends on: a new option does not compile until it is here. */
const KEY = {
  limits: (options) => Object.values(limitsOf(options)).join(),
  deterministic: ({ deterministic }) => String(deterministic === true),
} satisfies Record<keyof CodecOptions, (options: CodecOptions) => string>;

export class CodecCache {
  /** In order of last use, oldest first. */
  readonly #codecs = new Map<string, Codec<unknown>>();

  /** Throws as `createCodec` does. */
  get<T>(shape: Shape<T>, format: FormatName, options: CodecOptions = {}): Codec<T> {
    checkArguments(shape, format, options);
    // Equal binding digests mean equal bytes, equal values and equal error records.
    const key = [shape.bindingDigest, format, ...Object.values(KEY).map((part) => part(options))].join("/");
    const codec = (this.#codecs.get(key) ?? createCodec(shape, format, options)) as Codec<T>; // by the same digest
    this.#codecs.delete(key);
    this.#codecs.set(key, codec as Codec<unknown>);
    if (this.#codecs.size > MAX_CODECS) this.#codecs.delete(this.#codecs.keys().next().value!);
    return codec;
  }
}
