// A function as rows to be read: guest instructions beside what was generated for them, in the order of the generated
// code, with a row in front of each block. Both the text and the page are made of these.

import type { BlockView, CodeLine, Explanation, FunctionView } from "./explanation.ts";

export type Row =
  | { readonly kind: "block"; readonly block: BlockView }
  /** Generated code that belongs to no instruction: prologue, fuel, exits. */
  | { readonly kind: "frame"; readonly lines: readonly CodeLine[] }
  | {
      readonly kind: "instruction";
      readonly pc: number;
      readonly text: string;
      /** It is another function's, inlined. */
      readonly isInlined: boolean;
      /** Seen before: its code comes in several pieces. */
      readonly isAgain: boolean;
      readonly lines: readonly CodeLine[];
    };

/** Text of every instruction shown anywhere, by pc: inlined code is another function's. */
export function textsOf({ functions }: Explanation): ReadonlyMap<number, string> {
  const texts = new Map<number, string>();
  for (const { blocks } of functions) {
    for (const { instructions } of blocks) for (const { pc, text } of instructions) texts.set(pc, text);
  }
  return texts;
}

export function rowsOf(fn: FunctionView, texts: ReadonlyMap<number, string>): Row[] {
  return new RowWriter(fn, texts).rows();
}

class RowWriter {
  readonly #fn: FunctionView;
  readonly #texts: ReadonlyMap<number, string>;
  readonly #rows: Row[] = [];
  readonly #blockOf: ReadonlyMap<number, BlockView>;
  readonly #headed = new Set<BlockView>();
  readonly #shown = new Set<number>();

  constructor(fn: FunctionView, texts: ReadonlyMap<number, string>) {
    this.#fn = fn;
    this.#texts = texts;
    this.#blockOf = new Map(fn.blocks.flatMap((block) => block.instructions.map(({ pc }) => [pc, block])));
  }

  rows(): Row[] {
    const all = pieces(this.#fn.code);
    let current: BlockView | undefined;
    all.forEach(({ pc, lines }, i) => {
      if (pc === undefined) {
        // What stands right in front of a block, its fuel, is shown under its heading.
        const next = all[i + 1]?.pc;
        const block = next === undefined ? undefined : this.#blockOf.get(next);
        if (block !== undefined && block.pc === next) {
          if (current !== undefined && current !== block) this.#rest(current, Infinity);
          this.#head(block);
        }
        this.#rows.push({ kind: "frame", lines });
        return;
      }
      const block = this.#blockOf.get(pc);
      if (block !== undefined) {
        if (current !== undefined && current !== block) this.#rest(current, Infinity);
        this.#rest(block, pc);
        current = block;
      }
      this.#instruction(pc, lines, block);
    });
    if (current !== undefined) this.#rest(current, Infinity);
    for (const block of this.#fn.blocks) {
      this.#rest(block, Infinity);
      this.#head(block); // without instructions: the end of CODE
    }
    return this.#rows;
  }

  #head(block: BlockView): void {
    if (this.#headed.has(block)) return;
    this.#headed.add(block);
    this.#rows.push({ kind: "block", block });
  }

  /** Instructions of `block` in front of `before` that nothing was generated for. */
  #rest(block: BlockView, before: number): void {
    for (const { pc } of block.instructions) {
      if (pc < before && !this.#shown.has(pc)) this.#instruction(pc, [], block);
    }
  }

  #instruction(pc: number, lines: readonly CodeLine[], block: BlockView | undefined): void {
    const isInlined = block === undefined;
    const isAgain = this.#shown.has(pc);
    if (!isInlined) {
      this.#head(block);
      this.#shown.add(pc);
    }
    const text = this.#texts.get(pc) ?? "";
    this.#rows.push({ kind: "instruction", pc, text, isInlined, isAgain, lines });
  }
}

/** Neighbouring lines of one instruction. */
function pieces(code: readonly CodeLine[]): { pc: number | undefined; lines: CodeLine[] }[] {
  const all: { pc: number | undefined; lines: CodeLine[] }[] = [];
  for (const line of code) {
    const last = all.at(-1);
    if (last !== undefined && last.pc === line.pc) last.lines.push(line);
    else all.push({ pc: line.pc, lines: [line] });
  }
  return all;
}
