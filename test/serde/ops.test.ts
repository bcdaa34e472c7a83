// Instructions by themselves, in programs that no lowering writes: what the table of ops promises holds for all that a
// verified program may say.

import { describe, expect, test } from "vitest";
import { EXIT, interpret } from "../../src/serde/interp/run.ts";
import { Assembler, type Label, type Table } from "../../src/serde/ir/assembler.ts";
import { codeOf } from "../../src/serde/ir/codes.ts";
import { KIND, type KindName } from "../../src/serde/ir/kinds.ts";
import type { FormatName } from "../../src/serde/ir/ops.ts";
import type { Program } from "../../src/serde/ir/program.ts";
import { createCodec } from "../../src/serde/runtime/codec.ts";
import { StateBlock } from "../../src/serde/state/block.ts";
import { hex, unhex, utf8 } from "./kit/show.ts";
import { LIMITS } from "./kit/subject.ts";

type Named = Exclude<FormatName, "postcard">;
const NAMED: readonly Named[] = ["json", "msgpack", "cbor"];

/** Cells of the records here; the last one says that the run went where `b` or `c` points. */
const CELLS = 4;
const WENT = 3;

/** `read`, and where it may go instead: there the value is skipped, as if it had never been looked at. */
function program(format: Named, read: (out: Assembler, elsewhere: Label) => void): Program {
  const out = new Assembler(format, "decode");
  out.procedure(CELLS);
  const elsewhere = out.label();
  read(out, elsewhere);
  out.emit(format, "end");
  out.bind(elsewhere);
  out.emit("neutral", "set", { a: WENT, b: 1 });
  out.emit(format, "skip");
  out.emit(format, "end");
  return out.finish(CELLS, true);
}

interface Ran {
  readonly result: string;
  readonly went: boolean;
}

function run(code: Program, document: Uint8Array): Ran {
  const block = new StateBlock(LIMITS, { document: 0, output: 0, cells: 64 });
  block.setDocument(document);
  block.begin(code);
  const exit = interpret(code, block);
  const cells = hex(new Uint8Array(block.i32.buffer, block.i32.byteOffset, 8 * WENT));
  const went = block.i32[2 * WENT] === 1;
  return { result: exit === EXIT.done ? `done ${cells}` : (codeOf(block.code) ?? "?"), went };
}

/** Values of every kind a document can hold, and a few of none. */
const JSON_TEXTS = [
  ..."null true false 0 -0 7 -7 300 -300 4294967296 1e2 1.5 9007199254740993 -9007199254740993".split(" "),
  ..."18446744073709551615 18446744073709551616 -9223372036854775809 1e400 nul - 01 1e".split(" "),
  ...[
    '"a"',
    '"ab"',
    '"\\u00e9"',
    '"é"',
    '"😀"',
    '"00"',
    '"AA=="',
    '"',
    '"\\x"',
    '"\\ud800"',
    "[1]",
    "[",
    "{}",
    "}",
    "",
  ],
];
const values = createCodec({ kind: "any" }, "msgpack");
const packed = (value: unknown): Uint8Array => values.encode(value);
const BOTH = [
  null,
  true,
  false,
  0,
  7,
  -7,
  300,
  -300,
  2 ** 32,
  2n ** 64n - 1n,
  -(2n ** 63n),
  1.5,
  1e300,
  "a",
  "ab",
  "é",
  "😀",
];
const DOCUMENTS: Readonly<Record<Named, readonly Uint8Array[]>> = {
  json: JSON_TEXTS.map(utf8),
  msgpack: [...BOTH, [1], { a: 1 }, new Uint8Array(2)]
    .map(packed)
    .concat(["d40500", "d6ff00000000", "a2ff", "c1", "", "dc"].map(unhex)),
  cbor: [
    ..."f6 f7 f4 00 07 26 19012c 39012b 1b0000000100000000 1bffffffffffffffff 3bffffffffffffffff".split(" "),
    ..."c249010000000000000000 c349010000000000000000 c2410a c3410a f93e00 fa3fc00000 fb7e37e43c8800759c".split(
      " ",
    ),
    ..."fb7ff0000000000000 6161 626162 62c3a9 64f09f9880 7f6161ff 5f4101ff 420102 8101 a1616101 c101 e5 f820 61ff 1c".split(
      " ",
    ),
    "",
  ].map(unhex),
};

describe.each(NAMED)("%s.get that may go elsewhere", (format) => {
  const text: readonly KindName[] = ["base64", "hex", "numbers"];
  const binary: readonly KindName[] = ["bytes"];
  const kinds = (Object.keys(KIND) as KindName[]).filter((kind) => {
    if (kind === "index" || kind === "raw" || kind === "integer" || kind === "other" || kind === "tag")
      return false;
    return format === "json" ? !binary.includes(kind) : !text.includes(kind);
  });

  test.each(kinds)("%s", (kind) => {
    goesElsewhere(format, (out, elsewhere) =>
      out.emit(format, "get", { x8: KIND[kind], a: 0, b: elsewhere ?? -1 }),
    );
  });
});

describe.each(NAMED)("%s.case that may go elsewhere", (format) => {
  const cases = (out: Assembler, by: "names" | "numbers"): [Table, Label] => {
    const target = out.label();
    const targets = [7, 300].map((variant) => ({ target, variant }));
    const names = ["a", "é"].map((name, field) => ({ bytes: utf8(name), field }));
    return [out.cases({ targets, ...(by === "names" ? { names } : { numbers: [7, 300] }) }), target];
  };
  test.each(["names", "numbers"] as const)("by %s", (by) => {
    goesElsewhere(format, (out, elsewhere) => {
      const [table, target] = cases(out, by);
      out.emit(format, "case", { a: 0, b: table, c: elsewhere ?? -1 });
      out.bind(target);
    });
  });
});

/** What fails because the value is another one goes elsewhere instead, and what is read or malformed stays the same. */
function goesElsewhere(format: Named, emit: (out: Assembler, elsewhere: Label | undefined) => void): void {
  const plain = program(format, (out) => emit(out, undefined));
  const soft = program(format, emit);
  const skip = program(format, (out) => out.emit(format, "skip"));
  const seen = { same: 0, elsewhere: 0 };
  for (const document of DOCUMENTS[format]) {
    const strict = run(plain, document);
    const found = run(soft, document);
    const where = `${Buffer.from(document).toString("latin1")} `;
    if (/^value[.](type_mismatch|number_range)|unknown_variant/.test(strict.result)) {
      expect(`${where}${found.went} ${found.result}`).toBe(`${where}true ${run(skip, document).result}`);
      seen.elsewhere += 1;
    } else {
      expect(where + found.result).toBe(where + strict.result);
      seen.same += 1;
    }
  }
  expect(seen.same).toBeGreaterThan(2);
  expect(seen.elsewhere).toBeGreaterThan(8);
}
