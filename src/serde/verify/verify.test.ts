// What the verifier lets through and what not: the compiler's own programs all, and each rule broken once.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryShape } from "../../../test/serde/kit/arbitrary.ts";
import { attr, enumOf, list, option, str, struct, u32 } from "../../../test/serde/nodes.ts";
import { programsOf, SAMPLES, type Sample } from "../../../test/serde/programs.ts";
import { CodecError, type CodecFailure } from "../ir/failure.ts";
import { BOX_ZERO, LIST } from "../ir/ops.ts";
import { assembleText } from "../ir/parse.ts";
import { MODE, type ProgramParts } from "../ir/program.ts";
import type { KeysTable } from "../ir/table-form.ts";
import { FIELD, KEYS, MASK_WORDS, NAME } from "../ir/tables.ts";
import { readTables } from "../ir/tables-read.ts";
import { printProgram } from "../ir/text.ts";
import type { Layout } from "../layout/layout.ts";
import type { Field, Node } from "../shape/node.ts";
import { readRecords } from "./records.ts";
import { verifyProgram } from "./verify.ts";

const sample = (name: string) => SAMPLES.find((one) => one.name === name)!;
const { program: order, layout } = sample("json decode order");

function failure(
  program: ProgramParts | (() => ProgramParts),
  of: Layout = layout,
): CodecFailure | undefined {
  try {
    verifyProgram(typeof program === "function" ? program() : program, of);
    return undefined;
  } catch (error) {
    if (error instanceof CodecError) return error.failure;
    throw error;
  }
}

/** With the word at byte `at` changed. */
function changed(program: ProgramParts, at: number, change: (word: number) => number): ProgramParts {
  const words = program.words.slice();
  words[at >> 2] = change(words[at >> 2]!);
  return { ...program, words, bytes: new Uint8Array(words.buffer) };
}

test.each(SAMPLES)("$name", ({ program, layout: own }) => {
  expect(failure(program, own)).toBeUndefined();
  expect(verifyProgram(program, own).digest()).toBe(program.digest());
});

test("programs of random shapes", () => {
  fc.assert(
    fc.property(arbitraryShape(), ({ node }) => {
      for (const { program, layout: own } of programsOf("random", node))
        expect(failure(program, own)).toBeUndefined();
    }),
    { numRuns: 100 },
  );
});

describe("records", () => {
  test("an opcode that is none, of another family, of the other direction", () => {
    const at = readRecords(order)[2]!.pc;
    for (const opcode of [15, 30, 0x42, 48, 9]) {
      const refused = failure(changed(order, at, (word) => (word & ~255) | opcode));
      expect(refused).toMatchObject({ code: "load.bad_opcode", offset: at });
    }
  });

  test("every field without a role is 0, every other has a value of its role", () => {
    for (const { program } of SAMPLES) {
      for (const { pc, op } of readRecords(program)) {
        const { operands } = op.row;
        const unused = (["a", "b", "c"] as const).findIndex((field) => operands[field] === undefined);
        if (unused < 0) continue;
        expect(failure(changed(program, pc + 4 * (1 + unused), () => 1))).toMatchObject({
          code: "load.bad_operand",
          offset: pc,
        });
      }
    }
  });

  test("key text is padded with zeros", () => {
    const key = readRecords(order).find(({ op }) => op.row.verb === "key")!;
    expect(failure(changed(order, key.pc + 28, () => 1 << 24))).toMatchObject({ code: "load.bad_operand" });
  });
});

/** A program in text, with one part replaced by another. */
const edited = (name: string, from: string, to: string): ProgramParts =>
  assembleText(edit(printProgram(sample(name).program), from, to));

function edit(text: string, from: string, to: string): string {
  expect(text).toContain(from);
  return text.replace(from, to);
}

describe("side tables that are not those of the program", () => {
  const table = [...order.fieldPaths.keys()][0]!;
  const paths = order.fieldPaths.get(table)!;
  const inline = readRecords(order).find(({ op, x16 }) => op.row.verb === "key" && x16 > 0)!;
  test.each<[string, Partial<ProgramParts>]>([
    ["a path too few", { paths: order.paths.slice(1) }],
    ["a path in key text", { paths: order.paths.with(inline.pc / 16 + 1, ".x") }],
    ["fields without paths", { fieldPaths: new Map() }],
    ["a path of a field too few", { fieldPaths: new Map([[table, paths.slice(1)]]) }],
    ["paths of a table that is none", { fieldPaths: new Map([...order.fieldPaths, [4, []]]) }],
    ["a mode of another format", { mode: 1 }],
    ["another root", { rootCells: order.rootCells + 1 }],
  ])("%s", (_, change) => {
    expect(failure({ ...order, ...change })).toMatchObject({ code: "load.bad_structure" });
  });
});

describe("words that cannot be", () => {
  const records = readRecords(order);
  const at = (verb: string, nth = 0) => records.filter(({ op }) => op.row.verb === verb)[nth]!;
  const key = at("key");
  const table = at("obj").a;
  const keys = readTables(
    order,
    records.map(({ pc }) => pc),
  ).get(table) as KeysTable;
  const names = table + 4 * (KEYS.rows + MASK_WORDS * keys.masks.length + FIELD.words * keys.fields.length);

  test.each([
    ["a target between records", at("opt").pc + 8, (word: number) => word + 4, "load.bad_target"],
    ["a target in key text", at("opt").pc + 8, () => key.pc + 16, "load.bad_target"],
    ["a target behind the code", at("opt").pc + 8, () => order.codeBytes, "load.bad_target"],
    ["a target before the code", at("opt").pc + 8, () => -16, "load.bad_operand"],
    ["a target far away", at("opt").pc + 8, () => 0x7fff_fff0, "load.bad_target"],
    ["a negative slot", at("get").pc + 4, () => -1, "load.bad_operand"],
    ["a table in the code", at("obj").pc + 4, () => 16, "load.not_canonical"],
    ["a table in another", at("obj").pc + 4, () => table + 4, "load.not_canonical"],
    ["a table behind the end", at("obj").pc + 4, () => 0x7fff_fffc, "load.not_canonical"],
    ["a table off its place by a byte", at("obj").pc + 4, () => table + 1, "load.not_canonical"],
    [
      "text of a key longer than the code",
      records.at(-2)!.pc,
      (word: number) => word | 0xffff_0000,
      "load.bad_operand",
    ],
    ["fields without end", table + 4 * KEYS.fields, () => 0x7fff_ffff, "load.bad_table"],
    ["less than no fields", table + 4 * KEYS.fields, () => -1, "load.bad_table"],
    ["masks without end", table + 4 * KEYS.masks, () => 0x4000_0000, "load.bad_table"],
    ["names without end", table + 4 * KEYS.names, () => 0x7fff_ffff, "load.bad_table"],
    ["a policy that is none", table + 4 * KEYS.duplicate, () => 3, "load.bad_table"],
    ["a code that is none", table + 4 * KEYS.missing, () => 999, "load.bad_table"],
    ["an end that leads nowhere", table + 4 * KEYS.close, () => 8, "load.bad_target"],
    ["a header outside", table + 4 * KEYS.header, () => 5, "load.bad_slot"],
    ["names out of order", names, () => keys.names.length, "load.bad_operand"],
    ["a name in the code", names + 4 * NAME.at, () => 0, "load.bad_operand"],
    ["a name of no field", names + 4 * NAME.field, () => 4, "load.bad_table"],
    ["a name twice", names + 4 * NAME.words + 4 * NAME.length, () => 2, "load.bad_table"],
  ] as const)("%s", (_, byte, change, code) => {
    const refused = failure(changed(order, byte, change));
    expect(refused).toMatchObject({ code });
    expect(refused!.offset).toBeGreaterThanOrEqual(0);
  });

  test("names that are not UTF-8, or do not stand in their order", () => {
    const text = new TextDecoder("latin1").decode(order.bytes);
    const bytes = (from: string, to: string) => {
      const words = order.words.slice();
      const copy = new Uint8Array(words.buffer);
      for (let i = 0; i < from.length; i++) copy[text.lastIndexOf(from) + i] = to.charCodeAt(i);
      return { ...order, words, bytes: copy };
    };
    expect(failure(bytes("note", "no\xff\xff"))).toMatchObject({ code: "load.bad_table" });
    expect(failure(bytes("note", "zzzz"))?.code).toBe("load.bad_operand");
    expect(failure(bytes("qty", "zty"))).toMatchObject({ code: "load.bad_table" });
  });

  test("code that is cut, procedures where none begin, modes the format does not have", () => {
    for (let codeBytes = 0; codeBytes < order.codeBytes; codeBytes += 16) {
      const paths = order.paths.slice(0, codeBytes / 16);
      expect(failure({ ...order, codeBytes, paths })?.code).toMatch(/^load[.]/);
    }
    const { procedures } = order;
    expect(failure({ ...order, procedures: [] })?.code).toBe("load.bad_structure");
    for (const entry of [-16, 8, 16, order.codeBytes]) {
      const more = [...procedures, { entry, cells: 1 }];
      expect(failure({ ...order, procedures: more })?.code).toBe("load.bad_structure");
    }
    expect(failure({ ...order, mode: MODE.deterministic })?.code).toBe("load.bad_structure");
    expect(failure({ ...order, rootCells: 0x7fff_ffff })?.code).toBe("load.bad_structure");
  });
});

describe("each rule, broken", () => {
  test.each([
    ["a slot outside", "order", "get u32 @1", "get u32 @5", "load.bad_slot", "f0:b1:0"],
    ["a header outside", "order", "obj x1 K0", "obj x6 K0", "load.bad_slot", "f0:b0:0"],
    ["a bit outside", "order", "opt bit5", "opt bit320", "load.bad_slot", "f0:b3:0"],
    ["a seen bit outside", "order", "field bit1! >4", "field bit320! >4", "load.bad_slot", "f0:b0:0"],
    ["a slot outside of an element", "order", "get f64 @3", "get f64 @4", "load.bad_slot", "f0:b8:0"],
    ["a back edge", "left out", "16 jump >18", "16 jump >3", "load.no_progress", "f0:b12:1"],
    ["into a list", "order", "opt bit5 >8", "opt bit5 >12", "load.bad_target", "f0:b3:0"],
    ["a field in another record", "order", "field bit0! >12", "field bit0! >4", "load.bad_target", undefined],
    ["a list that ends inside itself", "order", "x4 @4 - >19", "x4 @4 - >17", "load.bad_target", "f0:b5:0"],
    ["key text of another name", "order", '"\\"id\\":"', '"\\"ib\\":"', "load.bad_operand", "f0:b0:1"],
    [
      "a key that expects another field",
      "order",
      '"\\"id\\":" K0 0',
      '"\\"id\\":" K0 1',
      "load.bad_operand",
      "f0:b0:1",
    ],
    ["a key of no field", "order", '"\\"id\\":" K0 0', '"\\"id\\":" K0', "load.bad_operand", "f0:b0:1"],
    ["an alternative that is no key", "order", "K0 2 >8", "K0 2 >9", "load.bad_target", "f0:b2:1"],
    [
      "obj without its key",
      "nested structs",
      '10 key "\\"r\\":" K2 0 ; .q',
      "10 jump >11",
      "load.bad_structure",
      "f0:b5:0",
    ],
    ["a close that leads back", "nested structs", "K1 >8", "K1 >2", "load.no_progress", "f0:b1:0"],
    ["a root that is not cleared", "order", "root x5 zero", "root x5", "load.bad_flags", "f0:b0:0"],
    [
      "elements that are not cleared",
      "list of options",
      "[flat zero]",
      "[flat]",
      "load.bad_flags",
      "f0:b0:0",
    ],
    ["a box that is not cleared", "internal enum", "box [zero]", "box", "load.bad_flags", "f0:b6:0"],
    ["a flat list of lists", "lists of lists", "list x1", "list [flat] x1", "load.bad_flags", "f0:b0:0"],
    [
      "a text set of numbers",
      "int keys",
      "[map flat unique]",
      "[map flat unique text]",
      "load.bad_flags",
      "f0:b0:0",
    ],
    [
      "a set that rejects and does not compare",
      "list",
      "[flat]",
      "[flat reject]",
      "load.bad_operand",
      "f0:b0:0",
    ],
    ["a text set of one cell", "list", "[flat]", "[flat unique second]", "load.bad_operand", "f0:b0:0"],
    ["a map that overwrites its keys", "map", "get u32 @1", "get u32 @0", "load.bad_flags", "f0:b0:0"],
    [
      "a header another field has",
      "order",
      "missing structure.missing_field closed @0",
      "missing structure.missing_field closed @5",
      "load.bad_slot",
      "f0:b0:0",
    ],
    [
      "a header nobody clears",
      "order",
      "K1 >18 unknown skip - duplicate reject missing structure.missing_field closed @0",
      "K1 >18 unknown skip - duplicate reject missing structure.missing_field closed @2",
      "load.unwritten_cell",
      "f0:b5:2",
    ],
    [
      "a map without a key",
      "list of options",
      "[flat zero]",
      "[map flat zero]",
      "load.bad_structure",
      "f0:b0:1",
    ],
    ["a leaf only encode has", "u32", "get u32", "get index", "load.bad_operand", undefined],
    ["a call of the start", "tree", "call f1 @0", "call f0 @0", "load.bad_target", "f0:b0:0"],
    [
      "a procedure that calls itself in its own record",
      "tree",
      "4 get u32 @1 ; .v",
      "4 call f1 @0 ; .v",
      "load.no_progress",
      "f1:b1:0",
    ],
    ["a callee wider than its place", "tree", "root x3\nf0 x3", "root x2\nf0 x2", "load.bad_slot", "f0:b0:0"],
    ["another root", "order", "root x5", "root x6", "load.bad_structure", "f0:b0:0"],
    ["a body that ends as a box", "order", "18   next", "18   close", "load.bad_structure", undefined],
    ["an end inside a body", "order", "17   key K1", "17   end", "load.bad_structure", undefined],
    [
      "a constant that points behind its heap",
      "left out",
      "  add 0 heap",
      "  add 0 text8",
      "load.bad_table",
      undefined,
    ],
    [
      "a constant that adds to nothing",
      "left out",
      "  add 0 text8",
      "  add 1 text8",
      "load.bad_table",
      undefined,
    ],
  ])("%s", (_, name, from, to, code, pc) => {
    const refused = failure(
      () => edited(`json decode ${name}`, from, to),
      sample(`json decode ${name}`).layout,
    );
    expect(refused).toMatchObject({ code });
    expect(refused!.offset).toBeGreaterThanOrEqual(0);
    expect(refused!.pc).toBe(pc);
  });
});

describe("which cells are written", () => {
  test("flags that clear are needed, but for parts that are written on one way or another", () => {
    let needed = 0;
    for (const { program, layout: own } of SAMPLES) {
      for (const { pc, op, x8 } of readRecords(program)) {
        const { verb } = op.row;
        const flag = verb === "box" ? BOX_ZERO : LIST.zero;
        if (!["list", "rest", "box"].includes(verb) || (x8 & flag) === 0) continue;
        const refused = failure(
          changed(program, pc, (word) => word & ~(flag << 8)),
          own,
        );
        if (refused !== undefined) expect(refused).toMatchObject({ code: "load.bad_flags", offset: pc });
        needed += refused === undefined ? 0 : 1;
      }
    }
    expect(needed).toBeGreaterThan(90);
  });

  test.each([
    // Required bits that something else may set do not count.
    ["a bit two fields share", 'field bit1! >14 "qty"', 'field bit0! >14 "qty"'],
    ["a field that need not be there", 'field bit1! >14 "qty"', 'field bit1 >14 "qty"'],
    ["a bit that is set beside", "  14   get u32 @2 ; .qty", "  14   mark bit1 ; .qty"],
    ["a way past a field", "  14   get u32 @2 ; .qty", "  14   if bit0 >15 ; .qty"],
    ["a cell written twice", "  16   get f64 @3", "  16   get f64 @2"],
  ])("%s", (_, from, to) => {
    const refused = failure(() => edited("json decode order", from, to));
    expect(refused?.code).toBe("load.bad_flags");
  });

  test.each([
    ["a header", "json decode order", "10   obj x1 K1 @0", "10   obj x1 K1 @3"],
    ["the header of a tuple", "json decode tuple", "seq open 3 @0", "seq open 3 @1"],
    ["the header of an option", "postcard decode option of option", "set @0 0 0", "set @1 0 0"],
    ["a bit that a default asks for", "json decode left out", "if bit1 ", "if bit130 "],
  ])("%s that is read before it is written", (_, name, from, to) => {
    const root = name.endsWith("order") ? /^$/ : /(?<=^root x[0-9]+) zero$/m;
    const text = edit(printProgram(sample(name).program), from, to).replace(root, "");
    expect(failure(() => assembleText(text))).toMatchObject({
      code: "load.unwritten_cell",
      pc: expect.stringMatching(/^f0:b[0-9]+:[0-9]+$/),
    });
  });
});

describe("limits", () => {
  /** Milliseconds of the fastest of a few runs. */
  function fastest({ program, layout: own }: Sample): number {
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 3; i++) {
      const start = performance.now();
      verifyProgram(program, own);
      best = Math.min(best, performance.now() - start);
    }
    return best;
  }
  const wide = (count: number, part: Node | Field) =>
    list(struct(Object.fromEntries(Array.from({ length: count }, (_, i) => [`field${i}`, part]))));
  const programs = (count: number) => [
    ...programsOf("scalars", wide(count, u32)),
    ...programsOf("options", wide(count, option(u32))),
    ...programsOf("enums", wide(count, enumOf({ A: undefined, B: undefined, C: str }))),
    ...programsOf("defaults", wide(count, attr(u32, { default: { value: 5 } }))),
    ...programsOf("structs", wide(count, struct({ a: u32, b: u32 }))),
    ...programsOf(
      "many variants",
      enumOf(Object.fromEntries(Array.from({ length: count }, (_, i) => [`V${i}`, u32]))),
    ),
    ...programsOf("lists", wide(count, list(str))),
  ];

  test("linear: one, two and four times the program, about as many times the time", () => {
    const [one, two, four] = [120, 240, 480].map(programs);
    const total = (all: readonly Sample[]) => all.reduce((sum, sample) => sum + fastest(sample), 0);
    // The fewest of a few tries: the machine does other things too. Quadratic would be 4, and 16.
    const ratios = [1, 2, 3].map(() => {
      const least = total(one!);
      return [total(two!) / least, total(four!) / least] as const;
    });
    expect(Math.min(...ratios.map(([twice]) => twice))).toBeLessThan(2.2 * 1.25);
    expect(Math.min(...ratios.map(([, fourfold]) => fourfold))).toBeLessThan(4.4 * 1.5);
  }, 120_000);

  test("calls that double at each level are refused", () => {
    const levels = 40;
    const lines = ["program 1 postcard decode", "root x1 zero", "f0 x1", "   0 call f1 @0", "   1 end"];
    for (let i = 1; i < levels; i++) {
      const at = 3 * i - 1;
      const callee = i + 1 < levels ? i + 1 : 0;
      const body = callee > 0 ? `call f${callee} @0` : "set @0 0 0";
      lines.push(`f${i} x1`, ...[`${at} ${body}`, `${at + 1} ${body}`, `${at + 2} ret`].map(number));
    }
    const refused = failure(() => assembleText(`${lines.join("\n")}\n`));
    expect(refused).toMatchObject({ code: "load.too_large", offset: expect.any(Number) });
  });

  const number = (line: string) => {
    const [at, ...rest] = line.split(" ");
    return `${at!.padStart(4)} ${rest.join(" ")}`;
  };
});

describe("encode reads cells as what they are", () => {
  test.each([
    ["a number as text", "order", "put u32 @1", "put str @1", "f0:b0:1"],
    ["a header as a number", "order", "put u32 @1", "put u32 @0", "f0:b0:1"],
    ["text as a list", "order", "@4 - >17", "@3 - >17", "f0:b1:1"],
    ["elements of another width", "order", "each x4", "each x5", "f0:b1:1"],
    ["a box without its bit", "boxed structs", "some bit3 >", "some bit2 >", undefined],
    ["a variant's payload as another's", "internal enum", "row >3 1", "row >7 1", undefined],
    [
      "a payload of another variant",
      "internal enum",
      String.raw`1 lit "{\"type\":\"Dot\"}"`,
      "1 put f64 @2",
      "f0:b1:0",
    ],
    ["a number as a variant", "order", "put u32 @1", "put index @1", "f0:b0:1"],
    ["a leaf as a box", "internal enum", "enter x8 @1", "enter x8 @0", undefined],
  ])("%s", (_, name, from, to, pc) => {
    const { layout: own } = sample(`json encode ${name}`);
    const refused = failure(() => edited(`json encode ${name}`, from, to), own);
    expect(refused).toMatchObject({ code: "load.bad_layout" });
    if (pc !== undefined) expect(refused!.pc).toBe(pc);
  });

  test("a program for another shape is refused", () => {
    expect(failure(order, sample("json decode tree").layout)).toMatchObject({ code: "load.bad_layout" });
    const all = SAMPLES.filter(({ program }) => program.direction === "encode");
    const own = sample("json encode string").layout;
    const fitting = all.filter(({ program }) => failure(program, own) === undefined).map(({ name }) => name);
    // The others read nothing: they fit everywhere one cell wide.
    const empty = /encode (unit|empty struct|empty tuple|any)/;
    const reading = fitting.filter((name) => !empty.test(name));
    expect(reading).toEqual(
      ["json", "postcard", "msgpack", "cbor", "deterministic"].map((format) => `${format} encode string`),
    );
  });
});
