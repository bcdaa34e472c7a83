// From one format to another without a JavaScript value in between: the decode program of one fills the cells that the
// encode program of the other reads, in one block (D51).

import { captureConstant } from "../bridge/constant.ts";
import { planBridge } from "../bridge/plan.ts";
import { SkipPass } from "../bridge/skips.ts";
import { type CompileOptions, compileProgram } from "../formats/compile.ts";
import type { CodecFailure } from "../ir/failure.ts";
import type { Direction, FormatName } from "../ir/ops.ts";
import type { Program } from "../ir/program.ts";
import { Layout } from "../layout/layout.ts";
import { refuse } from "../shape/errors.ts";
import { reachable } from "../shape/graph.ts";
import type { Node } from "../shape/node.ts";
import type { Limits } from "../state/block.ts";
import { type CodecOptions, limitsOf } from "./options.ts";
import { assertRootFits, fed, outputOf, run } from "./run.ts";
import { type Run, Runs } from "./runs.ts";

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

interface Programs {
  readonly decode: Program;
  /** `undefined`: for the target `none`. */
  readonly encode: Program | undefined;
}

export class Transcoder {
  readonly #programs: Programs;
  readonly #skips: SkipPass | undefined;
  readonly #runs: Runs<Programs>;

  private constructor(programs: Programs, skips: SkipPass | undefined, limits: Limits) {
    this.#programs = programs;
    this.#skips = skips;
    this.#runs = new Runs(programs, limits);
  }

  /** @internal */
  static create(node: Node, from: FormatName, to: Target, options: CodecOptions): Transcoder {
    const limits = limitsOf(options);
    const layout = new Layout(node);
    const compile = (format: FormatName, direction: Direction) =>
      compileProgram(node, layout, format, direction, captureConstant, optionsFor(format, from, to, options));
    const decode = compile(from, "decode");
    assertRootFits(decode, limits);
    if (to === "none") return new Transcoder({ decode, encode: undefined }, undefined, limits);
    if (from !== to) assertNoRaw(node);
    return new Transcoder({ decode, encode: compile(to, "encode") }, SkipPass.of(planBridge(layout)), limits);
  }

  /** Never throws for bad input. */
  run(bytes: Uint8Array): TranscodeResult {
    const taken = this.#runs.take();
    const result = this.#run(taken, bytes);
    this.#runs.give(taken);
    return result;
  }

  #run({ block, entries }: Run<Programs>, bytes: Uint8Array): TranscodeResult {
    const { decode, encode } = this.#programs;
    const refused = fed(block, () => block.setDocument(bytes));
    if (refused !== undefined) return { stage: "decode", ...refused };
    block.begin(decode);
    const unread = run(entries.decode);
    if (unread !== undefined) return { stage: "decode", ...unread };
    if (encode === undefined || entries.encode === undefined) return { status: "ok", bytes: undefined };
    this.#skips?.run(block);
    block.beginAgain(encode);
    const unwritten = run(entries.encode);
    if (unwritten !== undefined) return { stage: "encode", ...unwritten };
    const result = outputOf(block);
    return result.status === "ok" ? result : { stage: "encode", ...result };
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
