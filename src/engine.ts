// The engine that embedders create: modules and codecs, which know nothing of each other, behind one door.

import { CodecCache } from "./codec/cache.ts";
import type { Codec } from "./codec/codec.ts";
import type { FormatName } from "./serde/ir/ops.ts";
import type { CodecOptions } from "./serde/runtime/options.ts";
import type { Shape } from "./serde/shape/index.ts";
import { Engine as ModuleEngine } from "./zasm/runtime/engine.ts";
import type { EngineOptions } from "./zasm/runtime/options.ts";

export class Engine extends ModuleEngine {
  readonly #codecs = new CodecCache();

  /** Throws `MisuseError` for options it does not know, and on a big-endian machine, which no tier supports. */
  static override create(options: EngineOptions = {}): Engine {
    return new Engine(options);
  }

  /**
   * The codec of a shape in a format; the same one for the same request, while it is among the 64 used last.
   * Throws `CodecError` `load.unsupported` for a shape the format cannot carry, `ShapeError` for one that is not
   * finished, `MisuseError` for arguments that are none.
   */
  codec<T>(shape: Shape<T>, format: FormatName, options?: CodecOptions): Codec<T> {
    return this.#codecs.get(shape, format, options);
  }
}
