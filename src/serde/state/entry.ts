// How a tier is entered: with what a run works on, in handles. The engine opens them; nobody else can, so that no address
// and no cell ever leaves it. All of a run is in one block, which is why three of them open the same one.

import { InternalError } from "../../core/errors.ts";
import type { Program } from "../ir/program.ts";
import type { StateBlock } from "./block.ts";

class BlockHandle<Kind extends "root" | "sink" | "scratch"> {
  /** For the type alone: a sink is no scratch. */
  declare readonly kind: Kind;
  readonly #block: StateBlock;

  constructor(block: StateBlock) {
    this.#block = block;
    Object.freeze(this);
  }

  static block(handle: BlockHandle<"root" | "sink" | "scratch">): StateBlock {
    return handle.#block;
  }
}

// t[impl format.exec.abi-root-ptr]
/** The root value: the record at the start of the cells, filled by decode, read by encode. */
export type RootPointer = BlockHandle<"root">;
// t[impl format.exec.abi-sink-context]
/** The output of encode: how much of it there is and may be. */
export type SinkContext = BlockHandle<"sink">;
// t[impl format.exec.abi-scratch-context]
/** Frames, build stack and text arenas: what a run needs besides the value, and grows within its limits. */
export type ScratchContext = BlockHandle<"scratch">;

// t[impl format.exec.abi-shape-context]
/** What is known of the shape: code and tables with slots, strides, widths and masks. No tier writes to it. */
export class ShapeContext {
  readonly #program: Program;

  constructor(program: Program) {
    this.#program = program;
    Object.freeze(this);
  }

  static program(context: ShapeContext): Program {
    return context.#program;
  }
}

export interface Entry {
  readonly root: RootPointer;
  readonly shape: ShapeContext;
  readonly sink: SinkContext;
  readonly scratch: ScratchContext;
}

export const entryOf = (program: Program, block: StateBlock): Entry =>
  Object.freeze({
    root: new BlockHandle<"root">(block),
    shape: new ShapeContext(program),
    sink: new BlockHandle<"sink">(block),
    scratch: new BlockHandle<"scratch">(block),
  });

/** For tiers, and for what makes their error records. */
export function blockOf({ root, sink, scratch }: Entry): StateBlock {
  const block = BlockHandle.block(root);
  if (BlockHandle.block(sink) !== block || BlockHandle.block(scratch) !== block) {
    throw new InternalError("an entry of two runs");
  }
  return block;
}

export const programOf = ({ shape }: Entry): Program => ShapeContext.program(shape);
