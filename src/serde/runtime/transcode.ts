// From one format to another without a JavaScript value in between: the decode program of one fills the cells that the
// encode program of the other reads, in one block (D51).

import { ERRORS } from "../../core/errors.ts";
import { captureConstant } from "../bridge/constant.ts";
import { planBridge } from "../bridge/plan.ts";
import { SkipPass } from "../bridge/skips.ts";
import { type CompileOptions, compileProgram } from "../formats/compile.ts";
import { EXIT, interpret } from "../interp/run.ts";
import type { CodecFailure } from "../ir/failure.ts";
import type { Direction, FormatName } from "../ir/ops.ts";
import type { Program } from "../ir/program.ts";
import { Layout } from "../layout/layout.ts";
import { refuse } from "../shape/errors.ts";
import { reachable } from "../shape/graph.ts";
import type { Node } from "../shape/node.ts";
import { type Limits, StateBlock } from "../state/block.ts";
import { failureOf } from "./failure.ts";
import { type CodecOptions, limitsOf } from "./options.ts";
import { assertRootFits } from "./run.ts";

/** `none`: the document is only checked. */
export type Target = FormatName | "none";

export type TranscodeResult =
  /** Without bytes for the target `none`. */
  | { readonly status: "ok"; readonly bytes: Uint8Array<ArrayBuffer> | undefined }
  | (CodecFailure & { readonly stage: Direction });

/**
 * Compiles both programs. Throws `CodecError` `load.unsupported` for a shape that a format cannot carry, `ShapeError`
 * `shape.raw_across_formats` for a raw part that would end up in a format it is not written in.
 */
export function createTranscoder(
  node: Node,
  from: FormatName,
  to: Target,
  options: CodecOptions = {},
): Transcoder {
  return Transcoder.create(node, from, to, options);
}

/** A block that has grown beyond this is not kept for the next document. */
const MAX_KEPT_BYTES = 1 << 20;
const START = { document: 2048, output: 2048, cells: 1024 } as const;

export class Transcoder {
  readonly #decode: Program;
  readonly #encode: Program | undefined;
  readonly #skips: SkipPass | undefined;
  readonly #limits: Limits;
  #block: StateBlock | undefined;

  private constructor(
    decode: Program,
    encode: Program | undefined,
    skips: SkipPass | undefined,
    limits: Limits,
  ) {
    this.#decode = decode;
    this.#encode = encode;
    this.#skips = skips;
    this.#limits = limits;
  }

  /** @internal */
  static create(node: Node, from: FormatName, to: Target, options: CodecOptions): Transcoder {
    const limits = limitsOf(options);
    const layout = new Layout(node);
    const compile = (format: FormatName, direction: Direction) =>
      compileProgram(node, layout, format, direction, captureConstant, optionsFor(format, from, to, options));
    const decode = compile(from, "decode");
    assertRootFits(decode, limits);
    if (to === "none") return new Transcoder(decode, undefined, undefined, limits);
    if (from !== to) assertNoRaw(node);
    return new Transcoder(decode, compile(to, "encode"), SkipPass.of(planBridge(layout)), limits);
  }

  /** Never throws for bad input. */
  run(bytes: Uint8Array): TranscodeResult {
    const block = this.#block ?? new StateBlock(this.#limits, START);
    this.#block = undefined;
    const result = this.#run(block, bytes);
    if (block.buffer.byteLength <= MAX_KEPT_BYTES) this.#block = block;
    return result;
  }

  #run(block: StateBlock, bytes: Uint8Array): TranscodeResult {
    if (!block.setDocument(bytes)) {
      const code = "resource.document_limit";
      const offset = this.#limits.maxDocumentBytes;
      return { status: "error", stage: "decode", code, reason: ERRORS[code].reason, offset };
    }
    block.begin(this.#decode);
    if (interpret(this.#decode, block) !== EXIT.done) {
      return { stage: "decode", ...failureOf(this.#decode, block) };
    }
    const program = this.#encode;
    if (program === undefined) return { status: "ok", bytes: undefined };
    this.#skips?.run(block);
    block.beginAgain(program);
    if (interpret(program, block) !== EXIT.done) return { stage: "encode", ...failureOf(program, block) };
    return { status: "ok", bytes: block.output.slice(0, block.outTop) as Uint8Array<ArrayBuffer> };
  }
}

/** `deterministic` is for the side that is CBOR; where none is, the compiler refuses it. */
function optionsFor(format: FormatName, from: FormatName, to: Target, options: CodecOptions): CompileOptions {
  return format === "cbor" || (from !== "cbor" && to !== "cbor")
    ? options
    : { ...options, deterministic: false };
}

function assertNoRaw(root: Node): void {
  for (const [node, path] of reachable(root, "$", () => false)) {
    if (node.kind === "raw") refuse("shape.raw_across_formats", path);
  }
}
