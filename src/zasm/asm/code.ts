// CODE under construction: words that are already final, places to be filled when names have values, and the
// one kind of instruction whose length depends on a value. Layout finds those lengths by a fixed point (T5).

import { packWord } from "../isa/fields.ts";
import { REGISTERS } from "../isa/table.ts";
import type { At, Diagnostics } from "./diagnostics.ts";
import { encodeWord, IMM12_MAX, IMM12_MIN, loadWords } from "./encode.ts";
import { rowOf } from "./names.ts";

/** As the policy's ceiling for maxCodeLen. */
export const MAX_CODE_WORDS = (64 * 1024 * 1024) / 4;

const CP = rowOf("CP");
const CPI = rowOf("CPI");

/** A word index before layout, and how many stretchable instructions stand before it. */
export interface Position {
  readonly word: number;
  readonly stretches: number;
}

/** What a name stands for: an instruction, or a number. `undefined`: there is no such name. */
export type Resolved = { readonly target: Position } | { readonly value: bigint };
export type Resolve = (name: string) => Resolved | undefined;

interface Fixup extends Position, At {
  readonly kind: "branch" | "ld64" | "imm12";
  readonly name: string;
  readonly min: number;
  readonly max: number;
}

/** `CP reg, name`: CPI, one word, if the value fits imm12, else `LD scratch, name` and CP, four words. */
interface Stretch extends At {
  readonly word: number;
  readonly reg: number;
  readonly scratch: number;
  readonly name: string;
  long: boolean;
}
const STRETCH_WORDS = 3;

export interface CodeImage {
  readonly bytes: Uint8Array;
  readonly lines: readonly { readonly pc: number; readonly line: number }[];
}

export class CodeBuilder {
  readonly #diagnostics: Diagnostics;
  /** Signed, so that V8 keeps them as small integers. */
  readonly #words: number[] = [];
  readonly #lineWords: number[] = [];
  readonly #lineNumbers: number[] = [];
  readonly #fixups: Fixup[] = [];
  readonly #stretches: Stretch[] = [];
  /** Stretched instructions among the first i, by i. */
  #longBefore: Uint32Array = new Uint32Array(1);
  #full = false;

  constructor(diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
  }

  get here(): Position {
    return { word: this.#words.length, stretches: this.#stretches.length };
  }

  /** What follows comes from this line. */
  startLine(line: number): void {
    this.#lineWords.push(this.#words.length);
    this.#lineNumbers.push(line);
  }

  emit(word: number, at: At): void {
    if (this.#words.length < MAX_CODE_WORDS) {
      this.#words.push(word | 0);
    } else if (!this.#full) {
      this.#full = true;
      this.#tooLarge(at);
    }
  }

  emitAll(words: readonly number[], at: At): void {
    for (const word of words) this.emit(word, at);
  }

  /** A CALL or JR whose displacement is the distance to `name`. */
  branch(word: number, name: string, at: At): void {
    this.#fixup("branch", name, at, IMM12_MIN, IMM12_MAX);
    this.emit(word, at);
  }

  /** `LD reg, name`, always in the 64-bit form, so that its length does not depend on the value. */
  loadName(reg: number, name: string, at: At): void {
    this.#fixup("ld64", name, at, 0, 0);
    this.emitAll(loadWords(reg, 0n, "ext64") ?? [], at);
  }

  /** A word whose imm12 is the value of `name`. */
  immediate(word: number, name: string, min: number, max: number, at: At): void {
    this.#fixup("imm12", name, at, min, max);
    this.emit(word, at);
  }

  compareName(reg: number, scratch: number, name: string, at: At): void {
    const { line, column, length } = at;
    this.#stretches.push({ word: this.#words.length, reg, scratch, name, long: false, line, column, length });
    this.emit(0, at);
  }

  #fixup(kind: Fixup["kind"], name: string, at: At, min: number, max: number): void {
    const { line, column, length } = at;
    this.#fixups.push({ kind, ...this.here, name, min, max, line, column, length });
  }

  #tooLarge(at: At): void {
    this.#diagnostics.report("asm.too_large", at, "CODE would pass 64 MiB");
  }

  /** Word index after layout. */
  wordOf({ word, stretches }: Position): number {
    return word + STRETCH_WORDS * (this.#longBefore[stretches] ?? 0);
  }

  #valueOf(name: string, resolve: Resolve): bigint | undefined {
    const found = resolve(name);
    if (found === undefined) return undefined;
    return "value" in found ? found.value : BigInt(this.wordOf(found.target) * 4);
  }

  /** Decides every length, fills every place, and reports distances that cannot be encoded. */
  finish(resolve: Resolve, unknown: (name: string, at: At) => void): CodeImage {
    this.#layOut(resolve);
    const words = this.#stretched(resolve);
    for (const fixup of this.#fixups) {
      const found = resolve(fixup.name);
      if (found !== undefined) this.#fill(fixup, found, words);
    }
    for (const { name, ...at } of [...this.#stretches, ...this.#fixups]) {
      if (resolve(name) === undefined) unknown(name, at);
    }

    const bytes = new Uint8Array(words.length * 4);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < words.length; i++) view.setInt32(i * 4, words[i] ?? 0, true);
    return { bytes, lines: this.#lines() };
  }

  /**
   * Instructions only ever grow, so this ends. A pass costs one step per stretchable instruction, and only labels
   * within the first 2 KiB of code can change the verdict of a pass, so there are at most a few hundred passes.
   */
  #layOut(resolve: Resolve): void {
    const stretches = this.#stretches;
    this.#longBefore = new Uint32Array(stretches.length + 1);
    for (let grew = stretches.length > 0; grew; ) {
      grew = false;
      for (const stretch of stretches) {
        if (stretch.long) continue;
        const value = this.#valueOf(stretch.name, resolve) ?? 0n;
        if (value >= BigInt(IMM12_MIN) && value <= BigInt(IMM12_MAX)) continue;
        stretch.long = true;
        grew = true;
      }
      stretches.forEach((stretch, i) => {
        this.#longBefore[i + 1] = (this.#longBefore[i] ?? 0) + Number(stretch.long);
      });
    }
  }

  /** The words with every stretchable instruction in its final form. */
  #stretched(resolve: Resolve): readonly number[] {
    if (this.#stretches.length === 0) return this.#words;
    const total = this.wordOf(this.here);
    if (total > MAX_CODE_WORDS) {
      this.#tooLarge(this.#stretches[0] ?? { line: 1, column: 1, length: 1 });
      return [];
    }
    const words: number[] = [];
    let from = 0;
    for (const stretch of this.#stretches) {
      for (; from < stretch.word; from++) words.push(this.#words[from] ?? 0);
      from++;
      const value = this.#valueOf(stretch.name, resolve);
      const { reg, scratch } = stretch;
      if (stretch.long) {
        warnScratch(this.#diagnostics, stretch, scratch, `CP with ${stretch.name} = ${value}`);
        for (const word of loadWords(scratch, value ?? 0n, "ext64") ?? []) words.push(word | 0);
        words.push(encodeWord(CP, { a: reg, b: scratch, c: 0, imm: 0 }) | 0);
      } else {
        words.push(encodeWord(CPI, { a: reg, b: 0, c: 0, imm: Number(value ?? 0n) }) | 0);
      }
    }
    for (; from < this.#words.length; from++) words.push(this.#words[from] ?? 0);
    return words;
  }

  #fill(fixup: Fixup, found: Resolved, words: readonly number[]): void {
    const out = words as number[]; // ours: either #words or the copy just made
    const index = this.wordOf(fixup);
    if (fixup.kind === "branch") {
      if (!("target" in found)) {
        this.#diagnostics.report(
          "asm.not_a_label",
          fixup,
          `expected a label, but ${fixup.name} names no code`,
        );
        return;
      }
      const distance = this.wordOf(found.target) - index;
      if (distance < fixup.min || distance > fixup.max) {
        const limit = `the limit is ${fixup.min} to ${fixup.max}`;
        const text = `${fixup.name} is ${distance} words away; ${limit}`;
        this.#diagnostics.report("asm.out_of_range", fixup, text);
      }
      out[index] = withImm12(out[index] ?? 0, distance);
      return;
    }
    const value = "value" in found ? found.value : BigInt(this.wordOf(found.target) * 4);
    if (fixup.kind === "ld64") {
      out[index + 1] = Number(BigInt.asIntN(32, value));
      out[index + 2] = Number(BigInt.asIntN(32, value >> 32n));
    } else if (value < BigInt(fixup.min) || value > BigInt(fixup.max)) {
      const text = `expected ${fixup.min} to ${fixup.max}, but ${fixup.name} is ${value}`;
      this.#diagnostics.report("asm.out_of_range", fixup, text);
    } else {
      out[index] = withImm12(out[index] ?? 0, Number(value));
    }
  }

  /** In order of pc. A line that made no words has no entry. */
  #lines(): { pc: number; line: number }[] {
    const lines: { pc: number; line: number }[] = [];
    let stretches = 0;
    this.#lineWords.forEach((word, i) => {
      if (word === (this.#lineWords[i + 1] ?? this.#words.length)) return;
      while ((this.#stretches[stretches]?.word ?? Number.POSITIVE_INFINITY) < word) stretches++;
      lines.push({ pc: this.wordOf({ word, stretches }) * 4, line: this.#lineNumbers[i] ?? 0 });
    });
    return lines;
  }
}

const withImm12 = (word: number, imm12: number): number => (word & ~0xfff) | packWord(0, 0, 0, 0, imm12);

/** T4: an expansion that overwrites a register nobody named. */
export function warnScratch(diagnostics: Diagnostics, at: At, scratch: number, what: string): void {
  const name = REGISTERS[scratch];
  diagnostics.report(
    "asm.clobbers",
    at,
    `${what} is loaded into ${name} first, which loses what ${name} held`,
  );
}
