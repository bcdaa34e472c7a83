// The blocks of a codec: one is kept between documents, absent while it is worked on, so that a getter may use the codec
// it is read by.

import type { Direction } from "../ir/ops.ts";
import type { Program } from "../ir/program.ts";
import { type Limits, StateBlock } from "../state/block.ts";
import { type Entry, entryOf } from "../state/entry.ts";

/** A block that has grown beyond this is not kept for the next document. */
const MAX_KEPT_BYTES = 1 << 20;
const START = { document: 2048, output: 2048, cells: 1024 } as const;

type Programs = Readonly<Record<Direction, Program | undefined>>;

export interface Run<P extends Programs> {
  readonly block: StateBlock;
  /** How each of the programs is entered with this block. */
  readonly entries: { readonly [D in Direction]: P[D] extends Program ? Entry : Entry | undefined };
}

export class Runs<P extends Programs> {
  readonly #programs: P;
  readonly #limits: Limits;
  #spare: Run<P> | undefined;

  constructor(programs: P, limits: Limits) {
    this.#programs = programs;
    this.#limits = limits;
  }

  take(): Run<P> {
    const run = this.#spare ?? this.make();
    this.#spare = undefined;
    return run;
  }

  give(run: Run<P>): void {
    if (run.block.buffer.byteLength <= MAX_KEPT_BYTES) this.#spare = run;
  }

  make(): Run<P> {
    const block = new StateBlock(this.#limits, START);
    const entry = (program: Program | undefined) => program && entryOf(program, block);
    const { decode, encode } = this.#programs;
    return { block, entries: { decode: entry(decode), encode: entry(encode) } as Run<P>["entries"] };
  }
}
