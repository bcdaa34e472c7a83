// A codec as embedders hold it: one shape in one format, with the type that the shape stands for.

import { LITTLE_ENDIAN_HOST } from "../core/bytes.ts";
import { MisuseError } from "../core/errors.ts";
import { encodeProgram } from "../serde/ir/binary.ts";
import type { CodecFailure } from "../serde/ir/failure.ts";
import { type Direction, FAMILIES, type FormatName } from "../serde/ir/ops.ts";
import { printProgram } from "../serde/ir/text.ts";
import { type Codec as Core, createCodec as createCore } from "../serde/runtime/codec.ts";
import { type CodecOptions, limitsOf } from "../serde/runtime/options.ts";
import type { EncodeResult } from "../serde/runtime/run.ts";
import { isShape, type Shape } from "../serde/shape/index.ts";

export const FORMATS: readonly FormatName[] = Object.freeze(
  FAMILIES.filter((family): family is FormatName => family !== "neutral"),
);

export type DecodeResult<T> = { readonly status: "ok"; readonly value: T } | CodecFailure;

/** Decodes one document that arrives in pieces. */
export interface StreamDecoder<T> {
  /** The next piece, which is copied. The failure, once the document has one; nothing that follows changes it. */
  write(bytes: Uint8Array): CodecFailure | undefined;
  /** The document is complete: its value. */
  end(): DecodeResult<T>;
}

/** What a shape and a format were compiled to. */
export interface CodecProgram {
  readonly format: FormatName;
  readonly direction: Direction;
  /** SHA-256 of the binary form, lower-case hex. */
  readonly digest: string;
  /** For people: one line for each instruction and each row of a table. */
  text(): string;
  /** The binary form. Equal shapes, formats and options give equal bytes. */
  bytes(): Uint8Array<ArrayBuffer>;
}

/** Decodes and encodes values of type `T`. Made by `Engine.codec` and `createCodec`; use it as often as you like. */
export class Codec<T> {
  readonly #core: Core;

  private constructor(core: Core) {
    this.#core = core;
  }

  /** @internal */
  static of<T>(core: Core): Codec<T> {
    return new Codec<T>(core);
  }

  /** The value of a whole document, or throws `CodecError`. The document is copied first. */
  decode(bytes: Uint8Array): T {
    return this.#core.decode(bytes) as T; // the shape vouches for it, here and below
  }

  /** As `decode`, with what is wrong with the document as a value. Throws only for what is no Uint8Array. */
  tryDecode(bytes: Uint8Array): DecodeResult<T> {
    return this.#core.tryDecode(bytes) as DecodeResult<T>;
  }

  /** A new document, or throws `CodecError`, as for a value that is not of type `T`. */
  encode(value: T): Uint8Array<ArrayBuffer> {
    return this.#core.encode(value);
  }

  /** As `encode`, with what is wrong with the value as a value. */
  tryEncode(value: T): EncodeResult {
    return this.#core.tryEncode(value);
  }

  /**
   * Writes the document to the front of `target`. One that does not fit is not begun, unlike `TextEncoder.encodeInto`:
   * `CodecError` `resource.output_limit`, and `target` is as it was.
   */
  encodeInto(value: T, target: Uint8Array): { readonly written: number } {
    return { written: this.#core.encodeInto(value, target) };
  }

  /** For one document that arrives in pieces. */
  decoder(): StreamDecoder<T> {
    return this.#core.decoder() as StreamDecoder<T>;
  }

  program(direction: Direction): CodecProgram {
    if (direction !== "decode" && direction !== "encode") {
      throw new MisuseError("program: direction must be decode or encode");
    }
    const program = this.#core.program(direction);
    return {
      format: program.format,
      direction,
      digest: program.digest(),
      text: () => printProgram(program),
      bytes: () => encodeProgram(program),
    };
  }
}

/**
 * A codec without an engine. Throws `CodecError` `load.unsupported` for a shape the format cannot carry, `MisuseError`
 * for arguments that are none.
 */
export function createCodec<T>(shape: Shape<T>, format: FormatName, options: CodecOptions = {}): Codec<T> {
  checkArguments(shape, format, options);
  return Codec.of<T>(createCore(shape.node, format, options));
}

const OPTIONS = ["limits", "deterministic"] as const satisfies readonly (keyof CodecOptions)[];

/** Throws `MisuseError`. */
export function checkArguments(shape: unknown, format: unknown, options: unknown): void {
  if (!LITTLE_ENDIAN_HOST) throw new MisuseError("Sinter needs a little-endian machine");
  if (!isShape(shape)) throw new MisuseError(`codec: shape must be a shape${refusal(shape)}`);
  if (!(FORMATS as readonly unknown[]).includes(format)) {
    throw new MisuseError(`codec: format must be one of ${FORMATS.join(", ")}`);
  }
  if (typeof options !== "object" || options === null) {
    throw new MisuseError("codec: options must be an object");
  }
  const unknown = Object.keys(options).find((name) => !(OPTIONS as readonly string[]).includes(name));
  if (unknown !== undefined) throw new MisuseError(`codec: there is no option ${unknown}`);
  const { deterministic } = options as CodecOptions;
  if (deterministic !== undefined && typeof deterministic !== "boolean") {
    throw new MisuseError("codec: deterministic must be true or false");
  }
  limitsOf(options as CodecOptions);
}

/** The commonest mistake: what `parseShape` gave was never looked at. */
function refusal(shape: unknown): string {
  if (typeof shape !== "object" || shape === null || !("reason" in shape) || !("code" in shape)) return "";
  return `; parseShape refused it: ${String(shape.code)}, ${String(shape.reason)}`;
}
