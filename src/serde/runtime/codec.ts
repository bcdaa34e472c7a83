// A codec: one shape in one format, both ways, in the interpreter and over the interpreted bridge.

import { MisuseError } from "../../core/errors.ts";
import { capture } from "../bridge/capture.ts";
import { captureConstant } from "../bridge/constant.ts";
import { materialize } from "../bridge/materialize.ts";
import { type BridgePlan, planBridge } from "../bridge/plan.ts";
import { compileProgram } from "../formats/compile.ts";
import { CodecError, type CodecFailure } from "../ir/failure.ts";
import type { Direction, FormatName } from "../ir/ops.ts";
import type { Program } from "../ir/program.ts";
import { Layout } from "../layout/layout.ts";
import type { Node } from "../shape/node.ts";
import { type Limits, StateBlock } from "../state/block.ts";
import { Decoder } from "./decoder.ts";
import { type CodecOptions, limitsOf } from "./options.ts";
import { assertRootFits, plainFailure, run } from "./run.ts";

export type DecodeResult = { readonly status: "ok"; readonly value: unknown } | CodecFailure;
export type EncodeResult = { readonly status: "ok"; readonly bytes: Uint8Array<ArrayBuffer> } | CodecFailure;

/** A block that has grown beyond this is not kept for the next document. */
const MAX_KEPT_BYTES = 1 << 20;
const START = { document: 2048, output: 2048, cells: 1024 } as const;

/** Compiles both programs; throws `CodecError` `load.unsupported` for a shape the format cannot carry. */
export function createCodec(node: Node, format: FormatName, options: CodecOptions = {}): Codec {
  return Codec.create(node, format, options);
}

export class Codec {
  readonly #plan: BridgePlan;
  readonly #programs: Readonly<Record<Direction, Program>>;
  readonly #limits: Limits;
  /** Kept between documents; absent while one is worked on, so that a getter may use the codec it is read by. */
  #spare: StateBlock | undefined;

  private constructor(plan: BridgePlan, programs: Readonly<Record<Direction, Program>>, limits: Limits) {
    this.#plan = plan;
    this.#programs = programs;
    this.#limits = limits;
  }

  /** @internal */
  static create(node: Node, format: FormatName, options: CodecOptions): Codec {
    const limits = limitsOf(options);
    try {
      const layout = new Layout(node);
      const compile = (direction: Direction) =>
        compileProgram(node, layout, format, direction, captureConstant, options);
      const programs = { decode: compile("decode"), encode: compile("encode") };
      assertRootFits(programs.decode, limits);
      return new Codec(planBridge(layout), programs, limits);
    } catch (error) {
      if (error instanceof RangeError)
        throw new CodecError("load.unsupported", "the shape is nested too deep");
      throw error;
    }
  }

  program(direction: Direction): Program {
    return this.#programs[direction];
  }

  /** The value, or throws `CodecError`. */
  decode(bytes: Uint8Array): unknown {
    const result = this.tryDecode(bytes);
    if (result.status === "error") throw CodecError.of(result);
    return result.value;
  }

  tryDecode(bytes: Uint8Array): DecodeResult {
    if (!(bytes instanceof Uint8Array)) throw new MisuseError("decode: bytes must be a Uint8Array");
    const block = this.#take();
    if (!block.setDocument(bytes)) {
      return plainFailure("resource.document_limit", { offset: this.#limits.maxDocumentBytes });
    }
    const program = this.#programs.decode;
    block.begin(program);
    const failure = run(program, block);
    const result = failure ?? this.#value(block, bytes);
    this.#give(block);
    return result;
  }

  /** For a document that arrives in pieces. */
  decoder(): Decoder {
    const block = new StateBlock(this.#limits, START);
    return new Decoder(this.#programs.decode, block, () => this.#value(block));
  }

  /** The document, or throws `CodecError`. */
  encode(value: unknown): Uint8Array<ArrayBuffer> {
    const block = this.#encode(value);
    const bytes = block.output.slice(0, block.outTop) as Uint8Array<ArrayBuffer>;
    this.#give(block);
    return bytes;
  }

  tryEncode(value: unknown): EncodeResult {
    try {
      return { status: "ok", bytes: this.encode(value) };
    } catch (error) {
      if (error instanceof CodecError) return error.failure;
      throw error;
    }
  }

  /** Writes the document to the front of `target`; its length. `resource.output_limit` when it does not fit. */
  encodeInto(value: unknown, target: Uint8Array): number {
    const block = this.#encode(value);
    const { outTop } = block;
    if (outTop > target.length) {
      const reason = `the document has ${outTop} bytes, the target ${target.length}`;
      throw CodecError.of({ ...plainFailure("resource.output_limit", {}), reason });
    }
    target.set(block.output.subarray(0, outTop));
    this.#give(block);
    return outTop;
  }

  #encode(value: unknown): StateBlock {
    const block = this.#take();
    const program = this.#programs.encode;
    block.end = 0;
    block.begin(program);
    const failure = this.#capture(block, value);
    if (failure !== undefined) {
      const { code, path, cause } = failure;
      throw CodecError.of(plainFailure(code, { path }), cause);
    }
    const failed = run(program, block);
    if (failed !== undefined) throw CodecError.of(failed);
    return block;
  }

  #capture(block: StateBlock, value: unknown): ReturnType<typeof capture> {
    try {
      return capture(this.#plan, block, value);
    } catch (error) {
      if (error instanceof RangeError) return { code: "resource.depth_limit", path: "$" };
      throw error;
    }
  }

  #value(block: StateBlock, source?: Uint8Array): DecodeResult {
    try {
      return { status: "ok", value: materialize(this.#plan, block, source) };
    } catch (error) {
      // The native stack of the caller is nearly used up, or the engine has no memory for the value.
      if (error instanceof RangeError) return plainFailure("resource.memory_limit", { path: "$" });
      throw error;
    }
  }

  #take(): StateBlock {
    const block = this.#spare ?? new StateBlock(this.#limits, START);
    this.#spare = undefined;
    return block;
  }

  #give(block: StateBlock): void {
    if (block.buffer.byteLength <= MAX_KEPT_BYTES) this.#spare = block;
  }
}
