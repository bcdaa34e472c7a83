// Valid programs with something changed: each is refused, or runs without touching what is not its own. After every
// instruction all cells are compared: those of other records, of the heap so far and behind it must be as they were.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { capture } from "../../src/serde/bridge/capture.ts";
import { planBridge } from "../../src/serde/bridge/plan.ts";
import { EXIT, interpret } from "../../src/serde/interp/run.ts";
import { CodecError } from "../../src/serde/ir/failure.ts";
import { KIND_NAMES } from "../../src/serde/ir/kinds.ts";
import { type Direction, KEY_POSITION } from "../../src/serde/ir/ops.ts";
import { assembleText } from "../../src/serde/ir/parse.ts";
import { makeProgram, type Program, type ProgramParts } from "../../src/serde/ir/program.ts";
import { printProgram } from "../../src/serde/ir/text.ts";
import type { Layout } from "../../src/serde/layout/layout.ts";
import { createCodec } from "../../src/serde/runtime/codec.ts";
import { failureOf } from "../../src/serde/runtime/failure.ts";
import { FRAME, type Limits, StateBlock } from "../../src/serde/state/block.ts";
import { type Region, readRecords, readRegions } from "../../src/serde/verify/records.ts";
import { verifyProgram } from "../../src/serde/verify/verify.ts";
import { SAMPLES, type Sample } from "./programs.ts";

const LIMITS: Limits = {
  maxDepth: 20,
  maxMemory: 1 << 20,
  maxOutputBytes: 1 << 16,
  maxDocumentBytes: 1 << 16,
  maxElements: 1 << 20,
  maxNumberDigits: 100,
};
/** As a span they have no length: a verifier with a hole is to be found out, not waited for. */
const CANARY = 0x5a5a;
const OTHER_CANARY = 0x0b0b;
const MAX_STEPS = 400;

const samplesOf = (direction: Direction) =>
  SAMPLES.filter(({ program, values }) => program.direction === direction && values.length > 0);
const decoders = samplesOf("decode");
const encoders = samplesOf("encode");

/** Small numbers from `random`. */
type Random = () => number;

/** Changes one thing; on words, or on lines of text. */
function mutate(program: Program, random: Random): ProgramParts {
  const kind = random() % 4;
  if (kind < 2) return mutateWords(program, random);
  return assembleText(mutateText(printProgram(program), random));
}

const EDGES = [0, 1, -1, 2, 3, 16, 32, 64, 255, 256, 0x7fff_ffff, -0x8000_0000];

function mutateWords(program: Program, random: Random): ProgramParts {
  const words = program.words.slice();
  const at = random() % words.length;
  const how = random() % 4;
  if (how === 0) words[at]! ^= 1 << (random() % 32);
  else if (how === 1) words[at] = EDGES[random() % EDGES.length]!;
  else if (how === 2) words[at] = words[random() % words.length]!;
  else words[at]! += 16 * ((random() % 7) - 3);
  return { ...program, words, bytes: new Uint8Array(words.buffer) };
}

/** Drops, doubles or swaps lines, or takes an operand from another line; targets follow the records they mean. */
function mutateText(text: string, random: Random): string {
  const lines = text.split("\n").slice(0, -1);
  const pick = () => 3 + (random() % (lines.length - 3));
  const i = pick();
  const j = pick();
  switch (random() % 5) {
    case 0:
      lines.splice(i, 1);
      break;
    case 1:
      lines.splice(j, 0, lines[i]!);
      break;
    case 2:
      [lines[i], lines[j]] = [lines[j]!, lines[i]!];
      break;
    case 3: {
      const tokens = lines[j]!.match(/(>|@|x|bit|K|C|P|V|D|f)[0-9]+!?|\[[^\]]*\]/g) ?? ["@0"];
      const token = tokens[random() % tokens.length]!;
      const like = token.replace(/[0-9]+/, "[0-9]+").replace(/^\[.*$/, "\\[[^\\]]*\\]");
      lines[i] = lines[i]!.replace(new RegExp(`(?<= )${like}`), token);
      break;
    }
    default:
      lines[i] = lines[i]!.replace(
        /(?<=(@|x|bit|>))[0-9]+/,
        (digits) => `${Number(digits) + (random() % 5) - 2}`,
      );
  }
  return renumber(lines);
}

function renumber(lines: readonly string[]): string {
  const numbers = new Map<string, number>();
  let next = 0;
  const own = lines.map((line) => {
    const old = /^ *([0-9]+)(?= )/.exec(line)?.[1];
    if (old === undefined) return line;
    if (!numbers.has(old)) numbers.set(old, next);
    return line.replace(/^ *[0-9]+/, `${next++}`.padStart(4));
  });
  const moved = own.map((line) =>
    line.replaceAll(
      /(?<= )>([0-9]+)/g,
      (_, old: string) => `>${numbers.get(old) ?? Number(old) % Math.max(1, next)}`,
    ),
  );
  return `${moved.join("\n")}\n`;
}

/** What went wrong, if anything: a cell that is not of the current record has changed. */
function trespass(program: Program, document: Uint8Array): string | undefined {
  const records = readRecords(program);
  const { of } = readRegions(program, records);
  const regionAt = new Map<number, Region>(records.map(({ pc, index }) => [pc, of[index]!]));
  const block = new StateBlock(LIMITS, { document: document.length, output: 0, cells: 512 });
  block.setDocument(document);
  block.i32.fill(CANARY);
  block.begin(program);
  for (let step = 0; step < MAX_STEPS; step++) {
    const { pc, rec, heapTop, stackTop, stackBase, buffer } = block;
    const before = block.i32.slice();
    const region = regionAt.get(pc);
    if (region === undefined) return `no record at ${pc}`;
    const frame = block.frameTop - FRAME.words;
    const around = region.by === undefined ? rec : block.words[frame + FRAME.rec]!;
    const outer = region.by === undefined ? region : of[region.by.index]!;
    const exit = interpret(program, block, 1);
    if (block.buffer === buffer && block.stackBase === stackBase) {
      for (let word = 0; word < before.length; word++) {
        if (before[word] === block.i32[word]) continue;
        const cell = word >> 1;
        const own = cell >= rec && cell < rec + region.cells;
        const closed = cell >= around && cell < around + outer.cells;
        const fresh = (cell >= heapTop && cell < stackBase && cell < block.heapTop) || cell >= stackTop;
        const list = region.by !== undefined && cell >= block.words[frame + FRAME.base]! && cell < stackTop;
        if (!own && !closed && !fresh && !list) return `cell ${cell} at ${pc}, record ${rec}`;
        if (fresh && cell >= Math.max(block.heapTop, stackTop + 0x8000)) return `cell ${cell} is nobody's`;
      }
    }
    if (exit === EXIT.done) return leftover(block) ?? depends(program, document);
    if (exit === EXIT.failed) return untyped(program, block) ?? depends(program, document);
    if (exit !== EXIT.budget) return undefined;
  }
  return undefined;
}

/** Every failure can be told. */
function untyped(program: Program, block: StateBlock): string | undefined {
  const { code, path, offset } = failureOf(program, block);
  return path!.startsWith("$") && Number.isInteger(offset) ? undefined : `${code} at ${path}, ${offset}`;
}

/** Whether what a run comes to depends on cells that nobody wrote. */
function depends(program: Program, document: Uint8Array): string | undefined {
  const [one, other] = [CANARY, OTHER_CANARY].map((canary) => {
    const block = new StateBlock(LIMITS, { document: document.length, output: 0, cells: 512 });
    block.setDocument(document);
    block.i32.fill(canary);
    block.begin(program);
    const exit = interpret(program, block, MAX_STEPS);
    const { pc, cursor, code, offset, detail, heapTop } = block;
    const cells = exit === EXIT.done ? block.i32.slice(0, 2 * heapTop).join() : "";
    return [exit, pc, cursor, code, offset, detail, heapTop, cells].join();
  });
  return one === other ? undefined : "cells nobody wrote decide";
}

/** A cell of the value that nobody has written. */
function leftover({ i32, heapTop }: StateBlock): string | undefined {
  for (let cell = 0; cell < heapTop; cell++) {
    if (i32[2 * cell] === CANARY && i32[2 * cell + 1] === CANARY) return `cell ${cell} was never written`;
  }
  return undefined;
}

function documentsOf({ node, program, values }: Sample): Uint8Array[] {
  const codec = createCodec(node, program.format);
  // Not every format has all values of an `any`.
  const documents = values.slice(0, 2).flatMap((value) => {
    const result = codec.tryEncode(value);
    return result.status === "ok" ? [result.bytes.slice(0, 200)] : [];
  });
  return [...documents, ...documents.map((bytes) => bytes.map((byte, i) => (i % 5 === 3 ? byte ^ 4 : byte)))];
}

/** `array`, whose elements from `end` on nobody may read, but those that are `used`. */
function fenced<T extends object>(array: T, end: () => number, used = (_: number) => false): T {
  return new Proxy(array, {
    get(target, key) {
      const at = typeof key === "string" && /^-?[0-9]+$/.test(key) ? Number(key) : undefined;
      if (at !== undefined && (at < 0 || at >= end()) && !used(at))
        throw new Trespass(`element ${at} of ${end()}`);
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
class Trespass extends Error {}

/** What went wrong, if anything: the program reads cells or text that are not there. */
function trespassOnEncode({ layout, values }: Sample, program: Program): string | undefined {
  for (const value of values.slice(0, 3)) {
    const block = new StateBlock(LIMITS, { document: 0, output: 1 << 18, cells: 1 << 14 });
    block.begin({ ...program, rootZero: false });
    if (capture(planBridge(layout), block, value) !== undefined) return "not captured";
    const isOnStack = (at: number) => at >= 2 * block.stackBase && at < 2 * block.stackTop;
    block.i32 = fenced(block.i32, () => 2 * block.heapTop, isOnStack);
    block.f64 = fenced(block.f64, () => block.heapTop);
    block.u64 = fenced(block.u64, () => block.heapTop);
    block.i64 = fenced(block.i64, () => block.heapTop);
    block.document = fenced(block.document, () => 0);
    block.text8 = fenced(block.text8, () => block.text8Top);
    block.text16 = fenced(block.text16, () => block.text16Top);
    try {
      interpret(program, block, MAX_STEPS);
    } catch (error) {
      if (error instanceof Trespass || error instanceof RangeError) return error.message;
      throw error;
    }
  }
  return undefined;
}

interface Tally {
  refused: number;
  ran: number;
  trespassed: string[];
}

type Load = (parts: ProgramParts, layout: Layout) => Program;

/** Mutants of `samples`; what `run` says of those that `load` lets through. */
function tryMutants(
  samples: readonly Sample[],
  load: Load,
  run: (at: number, mutant: Program) => string | undefined,
  seed: number,
  count: number,
): Tally {
  const tally: Tally = { refused: 0, ran: 0, trespassed: [] };
  let state = seed;
  // xorshift32: the same mutants everywhere.
  const random = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 1;
  };
  for (let i = 0; i < count; i++) {
    const at = random() % samples.length;
    const { name, program, layout } = samples[at]!;
    let mutant: Program;
    try {
      mutant = load(mutate(program, random), layout);
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      expect(error.code).toMatch(/^load[.]/);
      tally.refused++;
      continue;
    }
    tally.ran++;
    const wrong = run(at, mutant);
    if (wrong !== undefined) tally.trespassed.push(`${name}: ${wrong}`);
  }
  return tally;
}

/** The verifier with one kind of refusal taken out. */
const without =
  (hole: string): Load =>
  (parts, layout) => {
    try {
      return verifyProgram(parts, layout);
    } catch (error) {
      if (error instanceof CodecError && error.code === hole) return makeProgram(parts);
      throw error;
    }
  };

const documents = decoders.map(documentsOf);
const decodeMutants = (load: Load, seed: number) =>
  tryMutants(
    decoders,
    load,
    (at, mutant) =>
      documents[at]!.map((document) => trespass(mutant, document)).find((wrong) => wrong !== undefined),
    seed * 7919,
    1500,
  );
const encodeMutants = (load: Load, seed: number) =>
  tryMutants(encoders, load, (at, mutant) => trespassOnEncode(encoders[at]!, mutant), seed * 7919, 1500);

describe.each([
  ["decode", decodeMutants, ["load.bad_slot", "load.bad_flags"]],
  ["encode", encodeMutants, ["load.bad_layout", "load.bad_slot"]],
] as const)("mutants of %s programs", (_, mutants, holes) => {
  test.each([1, 2, 3, 4])("seed %d: refused, or they keep to what is theirs", (seed) => {
    const { refused, ran, trespassed } = mutants(verifyProgram, seed);
    expect(trespassed[0]).toBeUndefined();
    expect(refused).toBeGreaterThan(500);
    expect(ran).toBeGreaterThan(100);
  });

  test.each(holes)("planted: a verifier without %s is found out", (hole) => {
    expect(mutants(without(hole), 1).trespassed.length).toBeGreaterThan(0);
  });
});

test("every kind in every format: refused, or it reads to an end", () => {
  let ran = 0;
  for (const [at, { program, layout }] of decoders.entries()) {
    const get = readRecords(program).find(({ op }) => op.row.verb === "get");
    if (get === undefined) continue;
    for (const kind of [...KIND_NAMES.keys(), KIND_NAMES.length]) {
      for (const flags of [0, KEY_POSITION]) {
        const words = program.words.slice();
        words[get.pc >> 2] = get.op.opcode | (kind << 8) | (flags << 16);
        const mutant = { ...program, words, bytes: new Uint8Array(words.buffer) };
        try {
          verifyProgram(mutant, layout);
        } catch (error) {
          expect(error).toBeInstanceOf(CodecError);
          continue;
        }
        ran++;
        const document = documents[at]!.at(-1) ?? new Uint8Array();
        expect(trespass(makeProgram(mutant), document)).toBeUndefined();
      }
    }
  }
  expect(ran).toBeGreaterThan(1000);
});

test("planted: a header that nobody clears lets old cells decide, and is refused", () => {
  const at = decoders.findIndex(({ name }) => name === "json decode order");
  const { program, layout } = decoders[at]!;
  const text = printProgram(program).replace("obj x1 K1 @0", "obj x1 K1 @3");
  const lines = Buffer.from('{"id":1,"customer":"a","lines":[{"sku":"b","qty":2,"price":3}]}');
  expect(depends(program, lines)).toBeUndefined();
  expect(depends(makeProgram(assembleText(text)), lines)).toBe("cells nobody wrote decide");
  expect(() => verifyProgram(assembleText(text), layout)).toThrow(/^load[.]unwritten_cell/);
});

test("bytes of any kind are no program, or one that is verified", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...decoders),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
      ({ program, layout }, edits) => {
        const words = program.words.slice();
        const bytes = new Uint8Array(words.buffer);
        for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
        try {
          verifyProgram({ ...program, words, bytes }, layout);
        } catch (error) {
          expect(error).toBeInstanceOf(CodecError);
        }
      },
    ),
    { numRuns: 500 },
  );
});
