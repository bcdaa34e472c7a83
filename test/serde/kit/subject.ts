// What the tests of codecs run: one shape in one format, decoded and encoded in every way there is. A way gives the
// text of its result (`show`), so ways are compared by comparing texts.

import { capture } from "../../../src/serde/bridge/capture.ts";
import { materialize } from "../../../src/serde/bridge/materialize.ts";
import { type BridgePlan, planBridge } from "../../../src/serde/bridge/plan.ts";
import { EXIT, type Exit, interpret } from "../../../src/serde/interp/run.ts";
import { CodecError } from "../../../src/serde/ir/failure.ts";
import type { Direction, FormatName } from "../../../src/serde/ir/ops.ts";
import { Layout } from "../../../src/serde/layout/layout.ts";
import { type Codec, createCodec } from "../../../src/serde/runtime/codec.ts";
import { failureOf } from "../../../src/serde/runtime/failure.ts";
import type { Node } from "../../../src/serde/shape/node.ts";
import { type Limits, StateBlock } from "../../../src/serde/state/block.ts";
import { hex, showResult } from "./show.ts";

export const FORMATS: readonly FormatName[] = ["json", "postcard", "msgpack", "cbor"];

export const LIMITS: Limits = {
  maxDepth: 64,
  maxMemory: 1 << 24,
  maxOutputBytes: 1 << 20,
  maxDocumentBytes: 1 << 20,
  maxElements: 1 << 20,
  maxNumberDigits: 1000,
};

export interface Subject {
  readonly format: FormatName;
  readonly node: Node;
  readonly codec: Codec;
  readonly plan: BridgePlan;
}

export function subject(node: Node, format: FormatName, limits: Partial<Limits> = {}): Subject {
  const codec = createCodec(node, format, { limits: { ...LIMITS, ...limits } });
  return { format, node, codec, plan: planBridge(new Layout(node)) };
}

/** `undefined` for a shape the format cannot carry, which must be said so. */
export function trySubject(
  node: Node,
  format: FormatName,
  limits: Partial<Limits> = {},
): Subject | undefined {
  try {
    return subject(node, format, limits);
  } catch (error) {
    if (error instanceof CodecError && error.code === "load.unsupported") return undefined;
    throw error;
  }
}

export const whole = ({ codec }: Subject, document: Uint8Array): string =>
  showResult(codec.tryDecode(document));

/** Fed in pieces that end at `cuts`. */
export function inPieces({ codec }: Subject, document: Uint8Array, cuts: Iterable<number>): string {
  const decoder = codec.decoder();
  let from = 0;
  for (const to of cuts) {
    decoder.write(document.subarray(from, to));
    from = to;
  }
  decoder.write(document.subarray(from));
  return showResult(decoder.end());
}

export const byteByByte = (subject: Subject, document: Uint8Array): string =>
  inPieces(subject, document, document.keys());

/** What is done to a block where a run stops. */
export type Move = (block: StateBlock) => StateBlock;

/** Copies the block elsewhere and spoils what it was: a run that still looks there shows. */
export const moved: Move = (block) => {
  block.save();
  const copy = StateBlock.restore(block.buffer.slice(0), block.limits);
  new Uint8Array(block.buffer).fill(0xa5);
  return copy;
};

/** A block at the start of a run, with as little room as can be. */
function started({ codec, plan }: Subject, direction: Direction, given: unknown): StateBlock {
  const block = new StateBlock(LIMITS, { document: 0, output: 0, cells: 64 });
  const program = codec.program(direction);
  if (direction === "decode") block.setDocument(given as Uint8Array);
  block.begin(program);
  if (direction === "encode" && capture(plan, block, given) !== undefined) throw new Error("no such value");
  return block;
}

/** Where the instructions of a run stand: pcs, in order. */
export function trace(subject: Subject, direction: Direction, given: unknown, most: number): number[] {
  const block = started(subject, direction, given);
  const pcs: number[] = [];
  while (pcs.length < most) {
    pcs.push(block.pc);
    if (interpret(subject.codec.program(direction), block, 1) !== EXIT.budget) break;
  }
  return pcs;
}

/** Runs `stops[0]` instructions, moves, `stops[1]` more, moves, …, then to the end. Everything there is to compare. */
export function inSteps(
  subject: Subject,
  direction: Direction,
  given: unknown,
  stops: readonly number[],
  move: Move = moved,
): string {
  const program = subject.codec.program(direction);
  let block = started(subject, direction, given);
  let exit: Exit = EXIT.budget;
  for (const stop of stops) {
    exit = interpret(program, block, stop);
    if (exit !== EXIT.budget) break;
    block = move(block);
  }
  if (exit === EXIT.budget) exit = interpret(program, block);
  if (exit !== EXIT.done) return `${showResult(failureOf(program, block))} | ${registers(block)}`;
  const value =
    direction === "decode"
      ? showResult({ status: "ok", value: materialize(subject.plan, block, given as Uint8Array) })
      : `ok ${hex(block.output.subarray(0, block.outTop))}`;
  return `${value} | ${registers(block)}`;
}

/** The result alone of what `inSteps` gives. */
export const resultOf = (steps: string): string => steps.slice(0, steps.lastIndexOf(" | "));

function registers(block: StateBlock): string {
  const { cursor, heapTop, text8Top, text16Top, outTop, frameTop } = block;
  const cells = hex(new Uint8Array(block.i32.buffer, block.i32.byteOffset, 8 * heapTop));
  return `${[cursor, heapTop, text8Top, text16Top, outTop, frameTop].join(" ")} ${cells}`;
}
