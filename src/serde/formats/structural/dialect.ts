// What differs between the formats that describe themselves, as far as programs show it.

import type { FormatName } from "../../ir/ops.ts";

export interface Dialect {
  readonly format: Exclude<FormatName, "postcard">;
  readonly mode: number;
  readonly none: Iterable<number>;
  /** Text as a value. */
  readonly text: (text: string) => Uint8Array;
  /** Text as a key, up to the first byte of its value if that is fixed. */
  readonly key: (name: string) => Uint8Array;
  readonly integer: (value: number) => Iterable<number>;
  /** Containers have counts in front; else they have ends and separators. */
  readonly counted?: {
    readonly map: (count: number) => readonly number[];
    readonly list: (count: number) => readonly number[];
    /** Keys are written in the order of their encoding. */
    readonly sorted: boolean;
  };
}
