// A run can stop before any instruction, its block can be carried into other memory, and it goes on there as if nothing
// had happened: for every program of the corpus, both ways, twice per run.

import { describe, expect, test } from "vitest";
import { OPS } from "../../src/serde/ir/ops.ts";
import { opAt, strideAt } from "../../src/serde/ir/program.ts";
import { FRAME, StateBlock } from "../../src/serde/state/block.ts";
import { CORPUS } from "./corpus.ts";
import { DOCUMENTS, documentBytes } from "./documents.ts";
import { utf8 } from "./kit/show.ts";
import {
  FORMATS,
  inSteps,
  LIMITS,
  type Move,
  moved,
  resultOf,
  type Subject,
  subject,
  trace,
  trySubject,
  whole,
} from "./kit/subject.ts";
import { list, str, struct, u32 } from "./nodes.ts";

/** Up to here every pair of stops is tried; beyond, every stop with one other. */
const ALL_PAIRS = 10;
/** Instructions of a run that are looked at. */
const MOST = 1500;

const stoppedAt = new Set<string>();
const stoppedAtPc = new Map<string, Set<number>>();

/** Pairs of budgets: every first stop, and with it all or one of the second ones. */
function* stopsOf(count: number): Generator<readonly [number, number]> {
  for (let i = 0; i < count; i++) {
    const left = count - i;
    if (count <= ALL_PAIRS) for (let j = 0; j < left; j++) yield [i, j];
    else yield [i, (i * 7 + 3) % left];
  }
}

function everyBoundary(subject: Subject, direction: "decode" | "encode", given: unknown, name: string): void {
  const program = subject.codec.program(direction);
  const pcs = trace(subject, direction, given, MOST);
  const expected = inSteps(subject, direction, given, []);
  const seen = stoppedAtPc.get(`${name} ${direction}`) ?? new Set<number>();
  for (const pc of pcs) {
    seen.add(pc);
    stoppedAt.add(opAt(program, pc)!.mnemonic);
  }
  stoppedAtPc.set(`${name} ${direction}`, seen);
  for (const stops of stopsOf(pcs.length)) {
    const found = inSteps(subject, direction, given, stops);
    if (found !== expected) expect({ stops, found }).toEqual({ stops, found: expected });
  }
}

describe.each(FORMATS)("%s", (format) => {
  const cases = CORPUS.filter(({ not }) => !not?.includes(format));
  describe.each(cases)("$name", ({ name, node, values }) => {
    const codec = subject(node, format);
    test("decode", () => {
      for (const value of values.slice(0, 8)) {
        const document = codec.codec.encode(value);
        everyBoundary(codec, "decode", document, `${format} ${name}`);
        expect(resultOf(inSteps(codec, "decode", document, []))).toBe(whole(codec, document));
      }
    });

    test("decode of what is wrong", () => {
      for (const value of values.slice(0, 2)) {
        const document = codec.codec.encode(value);
        for (const at of [0, document.length >> 1, document.length - 1]) {
          const wrong = document.slice();
          wrong[at]! ^= 0x15;
          everyBoundary(codec, "decode", wrong, `${format} ${name}`);
        }
        everyBoundary(codec, "decode", document.subarray(0, document.length >> 1), `${format} ${name}`);
      }
    });

    test("encode", () => {
      for (const value of values.slice(0, 8)) everyBoundary(codec, "encode", value, `${format} ${name}`);
    });
  });

  describe.each(DOCUMENTS.filter((documents) => documents.format === format))("$name", (documents) => {
    const codec = trySubject(documents.node, format);
    if (codec === undefined) {
      test("waits: the shape is refused so far", () => console.log(`${documents.name}: load.unsupported`));
      return;
    }
    test.each(["good", "bad"] as const)("%s", (kind) => {
      for (const text of documents[kind]) {
        const document = documentBytes(format, text);
        const result = whole(codec, document);
        expect(`${text} is ${result}`).toContain(`${text} is ${kind === "good" ? "ok" : "error"} `);
        everyBoundary(codec, "decode", document, `${format} ${documents.name}`);
        expect(resultOf(inSteps(codec, "decode", document, []))).toBe(result);
      }
    });
  });

  test("every instruction of every program was stopped at, but those no value of the corpus reaches", () => {
    const never: string[] = [];
    for (const { name, node } of cases) {
      const { codec } = subject(node, format);
      for (const direction of ["decode", "encode"] as const) {
        const program = codec.program(direction);
        const seen = stoppedAtPc.get(`${format} ${name} ${direction}`)!;
        for (let pc = 0; pc < program.codeBytes; pc += strideAt(program, pc)) {
          if (!seen.has(pc)) never.push(`${name} ${direction} ${opAt(program, pc)?.mnemonic}`);
        }
      }
    }
    const total = cases.length;
    console.log(`${format}: ${never.length} instructions of ${2 * total} programs never stopped at`);
    // What is left: error exits, defaults of fields that are there, and jumps behind closed variants.
    expect(never.length / total).toBeLessThan(6);
  });
});

test("every kind of instruction was stopped at", () => {
  const known = OPS.flatMap((op) => (op === undefined ? [] : [op.mnemonic]));
  const never = known.filter((mnemonic) => !stoppedAt.has(mnemonic));
  console.log(`never stopped at: ${never.join(", ") || "none"}`);
  expect(never.filter((mnemonic) => !UNREACHED.has(mnemonic))).toEqual([]);
});
/** Instructions that only fail, or that the corpus has no value for. */
const UNREACHED = new Set(["fail"]);

describe("the comparison sees", () => {
  const codec = subject(list(struct({ a: list(str), b: str, c: list(list(u32)) })), "json");
  const document = utf8('[{"a":["\\n","é"],"b":"\\t","c":[[1],[2]]},{"a":["é"],"b":"\\n","c":[[3]]}]');
  const steps = trace(codec, "decode", document, MOST).length;
  const planted =
    (spoil: (block: StateBlock) => void): Move =>
    (block) => {
      const copy = moved(block);
      spoil(copy);
      return copy;
    };
  const differs = (move: Move): boolean => {
    const expected = inSteps(codec, "decode", document, []);
    return [...stopsOf(steps)].some((stops) => {
      try {
        return inSteps(codec, "decode", document, stops, move) !== expected;
      } catch {
        return true;
      }
    });
  };

  test("nothing where nothing is wrong", () => {
    expect(differs(moved)).toBe(false);
  });

  const PLANTED: Readonly<Record<string, (s: StateBlock) => void>> = {
    "a register that is not carried over": (s) => {
      s.text8Top = 0;
    },
    "a lost frame word": (s) => {
      s.words[s.frameTop - FRAME.words + FRAME.rec] = 0;
    },
    "a cell that is not there": (s) => {
      s.i32[2 * s.rec] = 0;
    },
    "a cursor one too far": (s) => {
      s.cursor += 1;
    },
    "a document that was not copied": (s) => {
      s.document[s.cursor] = 0x20;
    },
    "text that was not copied": (s) => {
      s.text16.fill(0);
    },
  };
  test.each(Object.keys(PLANTED))("%s", (name) => {
    expect(differs(planted(PLANTED[name]!))).toBe(true);
  });

  test("a run that goes on in the old memory", () => {
    const stale: Move = (block) => {
      moved(block);
      return block;
    };
    expect(differs(stale)).toBe(true);
  });

  test("a block of other limits, by refusing it", () => {
    const block = new StateBlock({ ...LIMITS, maxDepth: 3 }, { document: 0, output: 0, cells: 2 });
    block.save();
    expect(() => StateBlock.restore(block.buffer, LIMITS)).toThrow("state block");
  });
});
