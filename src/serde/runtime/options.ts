// What an embedder may set for a codec; checked once, here.

import { MisuseError } from "../../core/errors.ts";
import type { CompileOptions } from "../formats/compile.ts";
import { type Limits, MAX_DOCUMENT } from "../state/block.ts";

export interface CodecOptions extends CompileOptions {
  readonly limits?: Partial<Limits>;
}

const DEFAULTS: Limits = {
  maxDepth: 512,
  maxMemory: 1 << 28,
  maxElements: 1 << 25,
  maxOutputBytes: 1 << 28,
  maxDocumentBytes: MAX_DOCUMENT,
  maxNumberDigits: 1000,
};
/**
 * The interpreted bridge recurses natively, about 1 KB a level of a tree: what is too deep for the stack it runs on is a
 * depth_limit like any other.
 */
const CEILINGS: Limits = {
  maxDepth: 1024,
  maxMemory: 2 ** 31,
  maxElements: 2 ** 28,
  maxOutputBytes: 2 ** 31 - 1,
  maxDocumentBytes: MAX_DOCUMENT,
  maxNumberDigits: 1_000_000,
};

export function limitsOf(options: CodecOptions): Limits {
  const given: Readonly<Record<string, unknown>> = { ...options.limits };
  const limits: Record<string, number> = { ...DEFAULTS };
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(DEFAULTS, name)) throw new MisuseError(`limits: there is no ${name}`);
    const value = given[name];
    if (value === undefined) continue;
    const ceiling = CEILINGS[name as keyof Limits];
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1 || value > ceiling) {
      throw new MisuseError(`limits.${name}: an integer from 1 to ${ceiling}`);
    }
    limits[name] = value;
  }
  return limits as unknown as Limits;
}
