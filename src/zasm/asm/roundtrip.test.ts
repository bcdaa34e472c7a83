// Disassembly assembles to the same bytes: random valid code in every accepted encoding, in random container
// layouts. And a planted difference in the text is seen, so that the comparison can fail.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isFailure } from "../../core/errors.ts";
import { resolvePolicy } from "../../core/policy.ts";
import { ENTRY_BYTES, HEADER_BYTES } from "../container/format.ts";
import { type Layout, type ModuleParts, writeContainer } from "../container/write.ts";
import { lengthWords, packWord } from "../isa/fields.ts";
import { ISA, type IsaRow, LD_EXT32, LD_EXT64 } from "../isa/table.ts";
import { verifyModule } from "../verify/verify.ts";
import { assemble, disassemble } from "./index.ts";

function again(bytes: Uint8Array): { text: string; bytes: Uint8Array } {
  const dis = disassemble(bytes);
  if (!dis.ok) throw new Error(`${dis.failure.code} at ${dis.failure.offset}: ${dis.failure.reason}`);
  const asm = assemble(dis.text);
  if (!asm.ok) throw new Error(asm.diagnostics.map((d) => `${d.line}:${d.column} ${d.message}`).join("\n"));
  return { text: dis.text, bytes: asm.bytes };
}

const expectSame = (bytes: Uint8Array): string => {
  const round = again(bytes);
  expect(Buffer.compare(round.bytes, bytes), round.text).toBe(0);
  return round.text;
};

/** Dice for one instruction. What they mean depends on the format. */
interface Dice {
  readonly row: IsaRow;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly form: number;
  readonly imm: number;
  readonly ext: number;
}

const dice = fc.record<Dice>({
  row: fc.constantFrom(...(ISA as readonly IsaRow[])),
  a: fc.nat(4),
  b: fc.nat(4),
  c: fc.nat(4),
  form: fc.nat(3),
  imm: fc.oneof(fc.integer({ min: -2048, max: 2047 }), fc.constantFrom(0, 1, -1, 2047, -2048, -2047, -2046)),
  ext: fc.oneof(fc.constantFrom(0, 5, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffff800, 0xfffff801), fc.nat()),
});

/** A first word within the verifier's rules, both forms and all liberties; branches get their target later. */
function firstWord({ row, a, b, c, form, imm }: Dice): number {
  const zero = form & 1 ? 0 : a;
  switch (row.format) {
    case "none":
    case "prim":
    case "call":
      return packWord(row.opcode, 0, 0, 0, 0);
    case "jr":
      return packWord(row.opcode, 0, (imm & 0x7ff) % 11, 0, 0);
    case "cp":
      return packWord(row.opcode, a, a, b, 0);
    case "cpi":
      return packWord(row.opcode, a, a, 0, imm);
    case "drop":
      return packWord(row.opcode, a, 0, 0, 0);
    case "step":
      return packWord(row.opcode, a, zero, 0, 0);
    case "bits":
      return packWord(row.opcode, a, zero, form & 2 ? 0 : a, 0);
    case "mov":
      return packWord(row.opcode, a, b, 0, 0);
    case "rrr":
      return packWord(row.opcode, a, b, c, 0);
    case "shift":
      return packWord(row.opcode, a, b, form & 1 ? 0 : b, imm & (row.width - 1));
    case "ld":
      return packWord(row.opcode, a, 0, 0, form === 0 ? LD_EXT32 : form === 1 ? LD_EXT64 : imm);
    case "load":
      return form & 1 ? packWord(row.opcode, a, b, 0, imm) : packWord(row.opcode, a, b, b, 0);
    case "store":
      return form & 1 ? packWord(row.opcode, 0, b, a, imm) : packWord(row.opcode, a, b, a, 0);
  }
}

function codeOf(list: readonly Dice[]): { words: Uint32Array; starts: number[] } {
  const words: number[] = [];
  const starts: number[] = [];
  const branches: { at: number; roll: number }[] = [];
  for (const d of list) {
    const word = firstWord(d);
    if (d.row.format === "call" || d.row.format === "jr")
      branches.push({ at: words.length, roll: d.imm + 2048 });
    starts.push(words.length);
    words.push(word);
    if (lengthWords(word) > 1) words.push(d.ext);
    // Often a sign extension of the low word, so that shorter forms would have done.
    if (lengthWords(word) > 2) words.push(d.imm & 1 ? d.ext ^ d.imm : d.ext >>> 31 ? 0xffffffff : 0);
  }
  for (const { at, roll } of branches) {
    const target = starts[roll % starts.length] ?? 0;
    words[at] = ((words[at] ?? 0) | ((target - at) & 0xfff)) >>> 0;
  }
  return { words: Uint32Array.from(words, (w) => w >>> 0), starts };
}

const dices = fc.array(dice, { minLength: 1, maxLength: 60 });
const bytesOf = (words: Uint32Array): Uint8Array => new Uint8Array(words.slice().buffer);

const exportName = fc.oneof(
  fc.constantFrom(
    "main",
    "L_0000",
    "L_0004",
    "EQ",
    "HL",
    "zi_end",
    "_in",
    ".word",
    "a b",
    'q"\\',
    "",
    "LT",
    "é",
    "\ufeff",
  ),
  fc.string({ unit: "binary", maxLength: 12 }),
);

/** Segments that never overlap: gaps and lengths one after another, some gaps 0, some lengths 0; shuffled. */
const segments = fc
  .array(
    fc.record({
      gap: fc.constantFrom(0, 0, 1, 16, 1000),
      bytes: fc.oneof(
        fc.uint8Array({ maxLength: 60 }),
        fc.string({ maxLength: 80 }).map((s) => new TextEncoder().encode(s)),
        fc.nat(200).map((n) => new Uint8Array(n)),
      ),
      order: fc.nat(),
    }),
    { maxLength: 5 },
  )
  .map((list) => {
    let dst = 0;
    const placed = list.map(({ gap, bytes, order }) => {
      const segment = { dst: dst + gap, bytes, order };
      dst += gap + bytes.length;
      return segment;
    });
    return placed.sort((a, b) => a.order - b.order).map(({ dst, bytes }) => ({ dst, bytes }));
  });

const extraSections = fc
  .uniqueArray(
    fc.record({
      tag: fc.oneof(
        fc.constantFrom("NAME", 'a"b\\', "\0\0\0\0", "\xff\xfe\n;"),
        fc.string({ unit: "grapheme-ascii", minLength: 4, maxLength: 4 }),
      ),
      bytes: fc.uint8Array({ maxLength: 70 }),
    }),
    { maxLength: 3, selector: (s) => s.tag },
  )
  .map((list) => list.filter((s) => !["CODE", "DATA", "IMPT", "EXPT", "MEM "].includes(s.tag)));

const moduleParts = fc
  .record({
    list: dices,
    data: fc.option(segments),
    impt: fc.boolean(),
    exports: fc.option(
      fc.uniqueArray(fc.tuple(exportName, fc.nat()), { maxLength: 4, selector: ([name]) => name }),
    ),
    memory: fc.option(
      fc.constantFrom({ minBytes: 65536, maxBytes: 0 }, { minBytes: 65536, maxBytes: 70000 }),
    ),
    entry: fc.nat(),
    abi: fc.constantFrom([0, 0], [0x4942415a, 0x20005], [0, 7]),
    extra: extraSections,
  })
  .map(({ list, data, impt, exports, memory, entry, abi, extra }): ModuleParts => {
    const { words, starts } = codeOf(list);
    const mask = list.reduce((m, { row }) => (row.format === "prim" ? m | (1 << (row.opcode - 0xf0)) : m), 0);
    const start = (n: number) => starts[n % starts.length] ?? 0;
    return {
      code: bytesOf(words),
      ...(data && { data }),
      ...(impt && { importMask: mask }),
      ...(exports && { exports: exports.map(([name, n]) => ({ name, pcWords: start(n) })) }),
      ...(memory && { memory }),
      entryPcWords: entry & 1 ? start(entry) : 0,
      abiId: abi[0] ?? 0,
      abiVersion: abi[1] ?? 0,
      extra,
    };
  });

/** Sections in another order with gaps between them, the directory somewhere among them, junk in every gap. */
function scattered(parts: ModuleParts, rolls: readonly number[]): Uint8Array {
  const plain = writeContainer(parts);
  const view = new DataView(plain.buffer);
  const count = view.getUint32(16, true);
  const roll = (i: number): number => rolls[i % rolls.length] ?? 0;
  const sections = Array.from({ length: count }, (_, i) => {
    const at = HEADER_BYTES + ENTRY_BYTES * i;
    const tag = String.fromCharCode(...plain.subarray(at, at + 4));
    return { tag, length: view.getUint32(at + 8, true), order: roll(i) };
  }).sort((a, b) => a.order - b.order);
  const blocks: { tag?: string; length: number }[] = [...sections];
  blocks.splice(roll(20) % (count + 1), 0, { length: ENTRY_BYTES * count });
  let at = HEADER_BYTES;
  let dirOffset = HEADER_BYTES;
  const placed: { tag: string; offset: number }[] = [];
  blocks.forEach(({ tag, length }, i) => {
    at += roll(30 + i) % 7;
    if (tag === undefined) dirOffset = at;
    else placed.push({ tag, offset: length === 0 && roll(40) & 1 ? 3 : at });
    at += length;
  });
  placed.sort((a, b) => ((a.offset * roll(50)) % 13) - ((b.offset * roll(50)) % 13));
  const layout: Layout = { dirOffset, sections: placed, fileLen: at + (roll(60) % 9) };
  const filled = writeContainer(parts, layout);
  const used = new Uint8Array(filled.length);
  used.fill(1, 0, HEADER_BYTES);
  used.fill(1, dirOffset, dirOffset + ENTRY_BYTES * count);
  const lengthOf = new Map(sections.map((s) => [s.tag, s.length]));
  for (const { tag, offset } of placed) used.fill(1, offset, offset + (lengthOf.get(tag) ?? 0));
  const junk = roll(70) & 1;
  for (let i = 0; i < filled.length; i++) if (!used[i] && junk) filled[i] = roll(i);
  const trailing = Uint8Array.from({ length: roll(80) % 40 }, (_, i) => (roll(81) & 1 ? roll(i) : 0));
  const file = new Uint8Array(filled.length + trailing.length);
  file.set(filled);
  file.set(trailing, filled.length);
  return file;
}

const RUNS = { numRuns: 300 };

describe("disassemble, then assemble", () => {
  test("random code", () => {
    fc.assert(
      fc.property(dices, (list) => {
        expectSame(writeContainer({ code: bytesOf(codeOf(list).words) }));
      }),
      RUNS,
    );
  });

  test("random modules in the writer's layout", () => {
    fc.assert(
      fc.property(moduleParts, (parts) => {
        const text = expectSame(writeContainer(parts));
        expect(text).not.toContain(".patch");
      }),
      RUNS,
    );
  });

  test("random modules in random layouts", () => {
    const rolls = fc.array(fc.nat(255), { minLength: 8, maxLength: 97 });
    fc.assert(
      fc.property(moduleParts, rolls, (parts, list) => {
        expectSame(scattered(parts, list));
      }),
      RUNS,
    );
  });

  test("every mnemonic in every form", () => {
    for (const row of ISA as readonly IsaRow[]) {
      for (let form = 0; form < 4; form++) {
        for (const imm of [0, 1, -1, -2048, 2047]) {
          const d = { row, a: 3, b: 1, c: 4, form, imm, ext: 9 };
          expectSame(writeContainer({ code: bytesOf(codeOf([d, d]).words) }));
        }
      }
    }
  });

  test("under strictEncoding, unary operations may name any register", () => {
    const strict = resolvePolicy({ strictEncoding: true });
    if (isFailure(strict)) throw new Error(strict.reason);
    const code = bytesOf(Uint32Array.of(packWord(0x35, 1, 2, 3, 0), packWord(1, 0, 0, 0, 0)));
    const bytes = writeContainer({ code });
    const dis = disassemble(bytes, { policy: strict });
    if (!dis.ok) throw new Error(dis.failure.reason);
    expect(dis.text).toContain(".word 0x35123000");
    expect(assemble(dis.text)).toMatchObject({ ok: true, bytes });
    expect(disassemble(bytes)).toMatchObject({ ok: false, failure: { code: "verify.bad_fields" } });
  });
});

describe("the comparison can fail", () => {
  const { words } = codeOf(
    (ISA as readonly IsaRow[]).map((row) => ({ row, a: 1, b: 2, c: 3, form: 1, imm: 5, ext: 6 })),
  );
  const parts: ModuleParts = {
    code: bytesOf(words),
    data: [{ dst: 16, bytes: Uint8Array.of(1, 2, 3) }],
    exports: [{ name: "main", pcWords: 0 }],
    memory: { minBytes: 65536, maxBytes: 0 },
    extra: [{ tag: "NAME", bytes: Uint8Array.of(1) }],
  };
  const bytes = scattered(parts, [3, 1, 4, 1, 5, 9, 2, 6, 5, 3]);

  test("every number of the text that is changed changes the bytes", () => {
    const text = expectSame(bytes);
    let changed = 0;
    text.split("\n").forEach((line, i, lines) => {
      const statement = line.split(";")[0] ?? "";
      // Labels keep their digits: renaming one on one line only is an error, not a difference.
      const planted = statement.replace(/(?<![\w.])(\d+)(?!\w)/, (n) => `${Number(n) ^ 1}`);
      if (planted === statement) return;
      changed++;
      const other = assemble([...lines.slice(0, i), planted, ...lines.slice(i + 1)].join("\n"));
      if (other.ok) expect(Buffer.compare(other.bytes, bytes), planted).not.toBe(0);
    });
    expect(changed).toBeGreaterThan(25);
  });

  test("every statement of the code that is dropped changes the bytes", () => {
    const lines = again(bytes).text.split("\n");
    const first = lines.findIndex((line) => line.startsWith("L_") || line === "main:");
    const last = lines.findIndex((line) => line.startsWith(".segment"));
    for (let i = first; i < last; i++) {
      if (!/^ {2}\S/.test(lines[i] ?? "")) continue;
      const other = assemble([...lines.slice(0, i), ...lines.slice(i + 1)].join("\n"));
      if (other.ok) expect(Buffer.compare(other.bytes, bytes), lines[i]).not.toBe(0);
    }
  });
});

describe("what disassembly reads like", () => {
  const source = `PUBLIC main
helper: RET
main: LD HL, msg
  LD DE, msg_len
  CALL _out
loop: DEC BC
  CP BC, 3
  JR GT, loop
  CALL helper
  LD8U A, (HL+1)
  ST8 (HL), A
  LD HL, DE
  ADD HL, BC, IX
  LD IX, 0x123456789
  RET
msg: STR "Hello, world", 10, "x"
big: RESB 40
`;
  test("labels, exports, data and the pc of every instruction", () => {
    const asm = assemble(source, { expt: true, impt: true, entry: "main" });
    if (!asm.ok) throw new Error("does not assemble");
    const text = expectSame(asm.bytes);
    expect(text.split("\n").map((l) => l.trimEnd())).toEqual([
      "; 80 bytes of code, 54 bytes of data",
      ".impt",
      ".entry main",
      '.export "main", main',
      "",
      "L_0000:",
      "  RET                          ; 0000",
      "main:",
      "  .ld64 HL, 16                 ; 0004",
      "  .ld64 DE, 14                 ; 0010",
      "  CALL _out                    ; 001C",
      "L_0020:",
      "  DEC BC                       ; 0020",
      "  CP BC, 3                     ; 0024",
      "  JR GTS, L_0020               ; 0028",
      "  CALL L_0000                  ; 002C",
      "  LD8U A, (HL+1)               ; 0030",
      "  ST8 (HL), A                  ; 0034",
      "  LD HL, DE                    ; 0038",
      "  ADD HL, BC, IX               ; 003C",
      "  LD IX, 0x123456789           ; 0040",
      "  RET                          ; 004C",
      "",
      ".segment 16",
      '  DB "Hello, world", 10        ; 0010',
      "  DB 120                       ; 001D",
      "  RESB 40                      ; 001E",
      "",
    ]);
  });

  test("an export whose name is no label keeps its name in quotes", () => {
    const code = bytesOf(Uint32Array.of(0x01000000, 0x01000000));
    const exports = ["L_0004", "EQ", "a b", "ok", "ok2"].map((name) => ({ name, pcWords: 1 }));
    const text = expectSame(writeContainer({ code, exports }));
    expect(text).toContain('.export "L_0004", ok\n');
    expect(text).toContain('.export "a b", ok\n');
    expect(text).toContain('.export "ok2", ok2\n');
    expect(text).toContain("ok:\nok2:\n  RET");
  });
});

describe("modules that are not valid", () => {
  test("give the failure of the container or the verifier", () => {
    expect(disassemble(new Uint8Array(3))).toMatchObject({
      ok: false,
      failure: { code: "container.too_small" },
    });
    const bad = writeContainer({ code: bytesOf(Uint32Array.of(0xee000000)) });
    expect(disassemble(bad)).toMatchObject({ ok: false, failure: { code: "verify.bad_opcode", offset: 0 } });
  });
  test("every crop of a valid module is refused, never shown", () => {
    const bytes = writeContainer({
      code: bytesOf(Uint32Array.of(0x01000000)),
      data: [{ dst: 0, bytes: new Uint8Array(5) }],
    });
    for (let n = 0; n < bytes.length; n++) {
      expect(disassemble(bytes.subarray(0, n))).toMatchObject({ ok: false });
    }
  });
  test("limits of MEM do not depend on a default memory size", () => {
    const code = bytesOf(Uint32Array.of(0x01000000));
    expectSame(writeContainer({ code, memory: { minBytes: 65536, maxBytes: 65536 } }));
    expectSame(writeContainer({ code, memory: { minBytes: 200 * 1024 * 1024, maxBytes: 0 } }));
    expectSame(writeContainer({ code, data: [{ dst: 100 * 1024 * 1024, bytes: Uint8Array.of(1) }] }));
  });
  test("a text longer than allowed is refused wherever it becomes too long", () => {
    const bytes = scattered(
      {
        code: bytesOf(Uint32Array.of(0x01000000, 0x01000000)),
        data: [{ dst: 16, bytes: Uint8Array.from({ length: 99 }, (_, i) => i) }],
        extra: [{ tag: "NAME", bytes: new Uint8Array(99) }],
      },
      [3, 1, 4, 1, 5, 9, 2, 6, 5, 3],
    );
    const { length } = expectSame(bytes);
    for (let maxTextLength = 0; maxTextLength < length; maxTextLength++) {
      const refused = disassemble(bytes, { maxTextLength });
      expect(refused).toMatchObject({ ok: false, failure: { code: "container.too_large" } });
    }
    expect(disassemble(bytes, { maxTextLength: length }).ok).toBe(true);
  });
  test("random modules verify: the generator tests what it says", () => {
    const policy = resolvePolicy({ memSize: 65536 });
    if (isFailure(policy)) throw new Error(policy.reason);
    fc.assert(
      fc.property(moduleParts, (parts) => {
        const module = verifyModule(writeContainer(parts), policy);
        expect(isFailure(module) ? module : undefined).toBeUndefined();
      }),
      RUNS,
    );
  });
});
