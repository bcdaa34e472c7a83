// How a shape is refused: a code, the place in the shape, a reason. Builders throw it, `parseShape` gives it as a value.
// Here is also how places are written; nothing else prints a path.

import { type ErrorCode, type Failure, failure, quoted } from "../../core/errors.ts";

export type ShapeCode = Extract<ErrorCode, `shape.${string}`>;

/** Why something is no shape. Plain data. */
export interface ShapeFailure extends Failure {
  readonly code: ShapeCode;
  /** `$.lines[].qty`; `$defs.Line.qty` for parts of a definition; a JSON pointer for imported JSON Schema. */
  readonly path: string;
}

/** Thrown by builders: the program asks for a shape that cannot be. */
export class ShapeError extends TypeError {
  override readonly name = "ShapeError";
  readonly failure: ShapeFailure;

  constructor(failure: ShapeFailure) {
    super(`${failure.code} at ${failure.path}: ${failure.reason}`);
    this.failure = failure;
  }

  get code(): ShapeCode {
    return this.failure.code;
  }

  get path(): string {
    return this.failure.path;
  }

  get reason(): string {
    return this.failure.reason;
  }
}

export function refuse(code: ShapeCode, path: string, reason?: string): never {
  throw new ShapeError({ ...failure(code, {}, reason), code, path: shortened(path) });
}

const MAX_PATH = 256;

/** Both ends of a path that is too long to print. */
const shortened = (path: string): string =>
  path.length <= MAX_PATH ? path : `${path.slice(0, MAX_PATH / 2 - 3)}...${path.slice(-MAX_PATH / 2)}`;

/** What `build` gives, or the failure it was refused with. */
export function caught<T>(build: () => T): T | ShapeFailure {
  try {
    return build();
  } catch (thrown) {
    if (thrown instanceof ShapeError) return thrown.failure;
    throw thrown;
  }
}

const IDENTIFIER = /^[A-Za-z_$][A-Za-z0-9_$]{0,63}$/;
const MAX_SHOWN = 64;

/** A step to a property: `.name`, or `["…"]` when the name is not an identifier (D50). */
export const nameStep = (name: string): string => (IDENTIFIER.test(name) ? `.${name}` : `[${shown(name)}]`);

export const variantStep = (name: string): string =>
  IDENTIFIER.test(name) ? `::${name}` : `::[${shown(name)}]`;

export const indexStep = (index: number): string => `[${index}]`;

/** The item of a list, array or set; the value of a map; the key of a map. */
export const ITEM_STEP = "[]";
export const VALUE_STEP = "{}";
export const KEY_STEP = "{}#key";

/** JSON-escaped, with everything outside printable ASCII escaped as well, at most 64 characters. */
function shown(name: string): string {
  let text = "";
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    const plain = unit >= 0x20 && unit < 0x7f && unit !== 0x22 && unit !== 0x5c;
    const part = plain ? name[i]! : `\\u${unit.toString(16).padStart(4, "0")}`;
    if (text.length + part.length > MAX_SHOWN) return `"${text}..."`;
    text += part;
  }
  return `"${text}"`;
}

export { quoted };
