// The reference interpreter of codec programs: the law. It generates no code, keeps nothing between instructions that is
// not in the block, can start from any block and stop before any instruction.

import { InternalError } from "../../core/errors.ts";
import { type FamilyName, OPS } from "../ir/ops.ts";
import type { Program } from "../ir/program.ts";
import type { StateBlock } from "../state/block.ts";
import { CBOR_ENCODE } from "./cbor-encode.ts";
import { readCborHead } from "./cbor-head.ts";
import { countedDecode } from "./counted-decode.ts";
import { JSON_DECODE } from "./json-decode.ts";
import { JSON_ENCODE } from "./json-encode.ts";
import { MSGPACK_ENCODE } from "./msgpack-encode.ts";
import { readMsgpackHead } from "./msgpack-head.ts";
import { NEUTRAL } from "./neutral.ts";
import { POSTCARD_DECODE } from "./postcard-decode.ts";
import { POSTCARD_ENCODE } from "./postcard-encode.ts";
import { DONE, type Handler, NEED } from "./stop.ts";

const BY_FAMILY: Readonly<Record<FamilyName, Readonly<Record<string, Handler>>>> = {
  neutral: NEUTRAL,
  json: { ...JSON_DECODE, ...JSON_ENCODE },
  postcard: { ...POSTCARD_DECODE, ...POSTCARD_ENCODE },
  msgpack: { ...countedDecode(readMsgpackHead), ...MSGPACK_ENCODE },
  cbor: { ...countedDecode(readCborHead), ...CBOR_ENCODE },
};

function unknown(): number {
  throw new InternalError("an instruction no verified program has");
}

/** By opcode. */
const HANDLERS: readonly Handler[] = OPS.map((op) => {
  const handler = op === undefined ? undefined : BY_FAMILY[op.family][op.row.verb];
  return handler ?? unknown;
});

export const EXIT = {
  /** The value, or the output, is complete. */
  done: 0,
  /** The document ends inside the instruction at pc, and more may come. */
  need: 1,
  /** `code`, `offset` and `detail` of the block say what is wrong with the instruction at pc. */
  failed: 2,
  /** The budget is used up; nothing is wrong, call again. */
  budget: 3,
} as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];

/** Goes on at `block.pc` until the run ends, needs more of the document, or `budget` instructions are done. */
export function interpret(
  program: Program,
  block: StateBlock,
  budget: number = Number.POSITIVE_INFINITY,
): Exit {
  const { words } = program;
  let pc = block.pc;
  let left = budget;
  try {
    while (left-- > 0) {
      const next = HANDLERS[words[pc >> 2]! & 255]!(block, program, pc);
      if (next < 0) {
        if (next === DONE) return EXIT.done;
        return next === NEED ? EXIT.need : EXIT.failed;
      }
      pc = next;
    }
    return EXIT.budget;
  } finally {
    // Also when the host has no memory: the error says where.
    block.pc = pc;
  }
}
