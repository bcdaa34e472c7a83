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
import { viewOf } from "../shape/values.ts";
import type { Limits, StateBlock } from "../state/block.ts";
import { Decoder } from "./decoder.ts";
import { type CodecOptions, limitsOf } from "./options.ts";
import { assertRootFits, type EncodeResult, fed, outputOf, plainFailure, run } from "./run.ts";
import { type Run, Runs } from "./runs.ts";

export type DecodeResult = { readonly status: "ok"; readonly value: unknown } | CodecFailure;

type Programs = Readonly<Record<Direction, Program>>;

/** Compiles both programs; throws `CodecError` `load.unsupported` for a shape the format cannot carry. */
export function createCodec(node: Node, format: FormatName, options: CodecOptions = {}): Codec {
  return Codec.create(node, format, options);
}

export class Codec {
  readonly #plan: BridgePlan;
  readonly #programs: Programs;
  readonly #limits: Limits;
  readonly #runs: Runs<Programs>;

  private constructor(plan: BridgePlan, programs: Programs, limits: Limits) {
    this.#plan = plan;
    this.#programs = programs;
    this.#limits = limits;
    this.#runs = new Runs(programs, limits);
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
    const taken = this.#runs.take();
    const { block, entries } = taken;
    const refused = fed(block, () => block.setDocument(bytes));
    if (refused !== undefined) return refused;
    block.begin(this.#programs.decode);
    const failure = run(entries.decode);
    const result = failure ?? this.#value(block, bytes);
    this.#runs.give(taken);
    return result;
  }

  /** For a document that arrives in pieces. */
  decoder(): Decoder {
    const { block, entries } = this.#runs.make();
    return new Decoder(entries.decode, () => this.#value(block));
  }

  /** The document, or throws `CodecError`. */
  encode(value: unknown): Uint8Array<ArrayBuffer> {
    const done = this.#encode(value);
    const result = outputOf(done.block);
    if (result.status === "error") throw CodecError.of(result);
    this.#runs.give(done);
    return result.bytes;
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
    const bytes = viewOf("u8", target);
    if (bytes === undefined) throw new MisuseError("encodeInto: target must be a Uint8Array");
    const done = this.#encode(value, bytes);
    const { output, outTop } = done.block;
    bytes.set(output.subarray(0, outTop));
    this.#runs.give(done);
    return outTop;
  }

  /** `target`: the output has to fit into it. */
  #encode(value: unknown, target?: Uint8Array): Run<Programs> {
    const taken = this.#runs.take();
    const { block, entries } = taken;
    block.end = 0;
    block.begin(this.#programs.encode);
    const failure = this.#capture(block, value);
    if (failure !== undefined) {
      const { code, path, cause } = failure;
      throw CodecError.of(plainFailure(code, { path }), cause);
    }
    // Asked for now: a getter of the value may have taken the memory of the target away.
    const { maxOutputBytes } = this.#limits;
    block.outLimit = Math.min(maxOutputBytes, target?.length ?? maxOutputBytes);
    const failed = run(entries.encode);
    if (failed === undefined) return taken;
    const small = failed.code === "resource.output_limit" && block.outLimit < maxOutputBytes;
    throw CodecError.of(small ? { ...failed, reason: `the target has ${block.outLimit} bytes` } : failed);
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
}
