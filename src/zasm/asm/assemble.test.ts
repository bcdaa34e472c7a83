// Text to words: every mnemonic against encodings written out here from spec/zasm.md §2, and rules E1, T1 to T5.

import { describe, expect, test } from "vitest";
import { toHex } from "../../core/bytes.ts";
import { ISA } from "../isa/table.ts";
import { type AsmOptions, type AsmResult, assemble } from "./index.ts";

type Ok = Extract<AsmResult, { ok: true }>;

function ok(source: string, options?: AsmOptions): Ok {
  const result = assemble(source, options);
  if (!result.ok)
    throw new Error(result.diagnostics.map((d) => `${d.line}:${d.column} ${d.message}`).join("\n"));
  return result;
}

const wordsOf = ({ parts: { code } }: Ok): string[] =>
  Array.from(new Uint32Array(code.slice().buffer), (w) => w.toString(16).padStart(8, "0"));
const words = (source: string, options?: AsmOptions): string[] => wordsOf(ok(source, options));
const codes = (result: AsmResult): string[] =>
  (result.ok ? result.warnings : result.diagnostics).map((d) => d.code);
const data = (source: string, options?: AsmOptions) =>
  (ok(source, options).parts.data ?? []).map(({ dst, bytes }) => [dst, toHex(bytes)]);

describe("encodings", () => {
  // Opcode blocks as spec/zasm.md §2.1 tabulates them.
  const arithmetic = ["ADD", "SUB", "MUL", "DIVS", "DIVU", "REMS", "REMU", "AND", "OR", "XOR"];
  const shifts = ["SLA", "SRA", "SRL", "ROL", "ROR"];
  const bits = ["CLZ", "CTZ", "POPC"];
  const compares = ["EQ", "NE", "LTS", "LES", "GTS", "GES", "LTU", "LEU", "GTU", "GEU"];
  const loads = "LD8U LD8S LD16U LD16S LD32 LD64 LD8U64 LD8S64 LD16U64 LD16S64 LD32U64 LD32S64".split(" ");
  const stores = "ST8 ST8_64 ST16 ST16_64 ST32 ST32_64 ST64".split(" ");
  const cases: [text: string, ...hex: string[]][] = [];
  const block = (base: number, names: string[], operands: string, low: string) => {
    names.forEach((name, i) => {
      cases.push([`${name} ${operands}`, (base + i).toString(16).padStart(2, "0") + low]);
    });
  };
  const wide = (names: string[]) => names.map((name) => `${name}64`);
  block(0x10, arithmetic, "DE, BC", "113000");
  block(0x20, wide(arithmetic), "DE, BC", "113000");
  block(0x10, arithmetic, "A, HL, IX", "204000");
  block(0x30, shifts, "BC, 31", "33301f");
  block(0x40, wide(shifts), "BC, 63", "33303f");
  block(0x40, wide(shifts), "BC, DE, #0x3F", "31103f");
  block(0x35, bits, "IX", "444000");
  block(0x45, wide(bits), "DE", "111000");
  block(0x50, compares, "HL, A", "002000");
  block(0x60, wide(compares), "HL, A, BC", "023000");
  block(0x71, loads, "A, (DE)", "211000");
  block(0x71, loads, "A, (DE+4)", "210004");
  block(0x71, loads, "A, (DE-4)", "210ffc");
  block(0x71, loads, "A, (DE+0)", "211000");
  block(0x80, stores, "(BC), DE", "131000");
  block(0x80, stores, "(BC+2047), DE", "0317ff");
  block(0x80, stores, "(BC-2048), DE", "031800");
  cases.push(
    ["RET", "01000000"],
    ["LDIR", "90000000"],
    ["FILL", "91000000"],
    ["x: CALL x", "00000000"],
    ["RET\nx: RET\nCALL x", "01000000", "01000000", "00000fff"],
    ["JR x\nRET\nx: RET", "02000002", "01000000", "01000000"],
    ["CP DE, BC", "03113000"],
    ["CP DE, -1", "08110fff"],
    ["CPI IX, 2047", "084407ff"],
    ["CPI IX, -2048", "08440800"],
    ["DROP A", "04200000"],
    ["INC A", "05220000"],
    ["DEC IX", "06440000"],
    ["MOV A, BC", "07230000"],
    ["LD A, BC", "07230000"],
    ["LD A, (BC)", "71233000"],
    ["LD HL, (BC)", "75033000"],
    ["LD HL, (BC+8)", "75030008"],
    ["LD (BC), A", "80232000"],
    ["LD (BC), IX", "84434000"],
    ["LD IX, 0", "70400000"],
    ["LD IX, 2047", "704007ff"],
    ["LD IX, -2046", "70400802"],
    ["LD IX, 2048", "70400800", "00000800"],
    ["LD IX, -2049", "70400800", "fffff7ff"],
    ["LD IX, 0x7fffffff", "70400800", "7fffffff"],
    ["LD IX, 0X80000000", "70400801", "80000000", "00000000"],
    ["LD IX, -0x80000000", "70400800", "80000000"],
    ["LD IX, -2147483649", "70400801", "7fffffff", "ffffffff"],
    ["LD IX, 0xFFFFFFFFFFFFFFFF", "70400fff"],
    ["LD IX, -9223372036854775808", "70400801", "00000000", "80000000"],
    ["CALL _in", "f0000000"],
    ["CALL _out", "f1000000"],
    ["CALL _log", "f2000000"],
    ["CALL _alloc", "f3000000"],
    ["CALL _free", "f4000000"],
    ["CALL _ctl", "f5000000"],
    ["CALL zi_telemetry", "f2000000"],
    ["CALL zi_alloc", "f3000000"],
    ["CALL zi_free", "f4000000"],
    ["CALL zi_ctl", "f5000000"],
    // HL := DE, DE := BC
    ["CALL zi_read", "07010000", "07130000", "f0000000"],
    ["CALL zi_write", "07010000", "07130000", "f1000000"],
  );

  test.each(cases)("%s", (text, ...hex) => {
    expect(words(text)).toEqual(hex);
  });

  test("the cases name every mnemonic of the table", () => {
    const named = new Set(cases.flatMap(([text]) => text.split(/[\s:]+/)));
    const missing = ISA.filter(
      (row) => row.format !== "prim" && row.mnemonic !== "JR" && !named.has(row.mnemonic),
    );
    expect(missing.map((row) => row.mnemonic)).toEqual([]);
  });

  test("a condition is rs1 of JR, in any case, signed ones also without S", () => {
    const names = "EQ NE LTS LES GTS GES LTU LEU GTU GEU".split(" ");
    names.forEach((name, i) => {
      const hex = [`020${(i + 1).toString(16)}0000`];
      expect(words(`x: JR ${name}, x`)).toEqual(hex);
      expect(words(`x: JR ${name.toLowerCase()}, x`)).toEqual(hex);
    });
    expect(words("x: JR LT, x\nJR le, x\nJR GT, x\nJR GE, x")).toEqual([
      "02030000",
      "02040fff",
      "02050ffe",
      "02060ffd",
    ]);
    expect(words("LT: JR LT")).toEqual(["02000000"]); // without an operand behind it, LT is a label
  });

  test("E1: -2048 and -2047 take the 32-bit form, because one word would announce extension words", () => {
    expect(words("LD HL, -2048")).toEqual(["70000800", "fffff800"]);
    expect(words("LD HL, -2047")).toEqual(["70000800", "fffff801"]);
    expect(words("LD HL, 0xFFFFFFFFFFFFF800")).toEqual(["70000800", "fffff800"]);
  });

  test("names always load in the 64-bit form", () => {
    expect(words("n: EQU 5\nLD DE, n")).toEqual(["70100801", "00000005", "00000000"]);
    expect(words("n: DW -2\nLD DE, n")).toEqual(["70100801", "fffffffe", "ffffffff"]);
    expect(words("LD DE, m\nm: DB 1")).toEqual(["70100801", "00000010", "00000000"]);
    expect(words("RET\nx: LD DE, x")).toEqual(["01000000", "70100801", "00000004", "00000000"]);
  });
});

describe("expansions (T4)", () => {
  test("arithmetic and compares with an immediate go through A, or IX beside A", () => {
    const r = ok("ADD HL, 5\nEQ A, 3000\nSUB64 DE, n\nn: EQU 1");
    expect(wordsOf(r)).toEqual([
      ...["70200005", "10002000"],
      ...["70400800", "00000bb8", "50224000"],
      ...["70200801", "00000001", "00000000", "21112000"],
    ]);
    expect(codes(r)).toEqual(["asm.clobbers", "asm.clobbers", "asm.clobbers"]);
    expect(r.warnings[0]).toMatchObject({ line: 1, column: 1, length: 3 });
    expect(r.warnings[0]?.message).toContain("loses what A held");
  });
  test("stores of an immediate go through A, or IX where A is the base", () => {
    expect(words("ST16 (HL), 7")).toEqual(["70200007", "82202000"]);
    expect(words("ST16 (A+2), 7")).toEqual(["70400007", "82024002"]);
  });
  test("CP with a large number goes through A, and through IX when A is compared", () => {
    expect(words("CP HL, 2048")).toEqual(["70200800", "00000800", "03002000"]);
    expect(words("CP A, 2048")).toEqual(["70400800", "00000800", "03224000"]);
  });
  test("CP with a small number or name is CPI and clobbers nothing", () => {
    const r = ok("CP HL, 5\nCP HL, n\nn: EQU -2048");
    expect(wordsOf(r)).toEqual(["08000005", "08000800"]);
    expect(codes(r)).toEqual([]);
  });
  test("zi_read and zi_write lose DE; the plain calls lose nothing", () => {
    expect(codes(ok("CALL zi_read\nCALL zi_write"))).toEqual(["asm.clobbers", "asm.clobbers"]);
    expect(codes(ok("CALL _in\nCALL zi_alloc"))).toEqual([]);
  });
  test("S4: unsigned conditions of JR are warned about", () => {
    expect(codes(ok("x: JR LTU, x\nJR leu, x\nJR GTU, x\nJR GEU, x\nJR GES, x"))).toEqual(
      Array(4).fill("asm.unsigned_jr"),
    );
  });
});

describe("sizes (T5)", () => {
  test("forward references do not shift what follows", () => {
    // CP with a name that turns out large takes 4 words; the JR over it must know.
    expect(words("JR end\nCP HL, big\nend: RET\nbig: EQU 5000")).toEqual([
      ...["02000005", "70200801", "00001388", "00000000", "03002000", "01000000"],
    ]);
    expect(words("JR end\nCP HL, small\nend: RET\nsmall: EQU 5")).toEqual([
      "02000002",
      "08000005",
      "01000000",
    ]);
  });
  test("a label whose value depends on the length of the instruction that uses it", () => {
    // With CPI, `far` would be at byte 2044 and fit; the second CP makes it 2056, so the first must grow too.
    const body = "RET\n".repeat(509);
    const source = `CP HL, far\nCP HL, 5000\n${body}far: RET`;
    const r = ok(source);
    expect(r.symbols).toMatchObject([{ name: "far", value: BigInt(4 * (4 + 3 + 509)) }]);
    expect(wordsOf(r).slice(0, 4)).toEqual(["70200801", "00000810", "00000000", "03002000"]);
    expect(codes(r)).toEqual(["asm.clobbers", "asm.clobbers"]);
  });
  test("growth that makes others grow reaches a fixed point", () => {
    const n = 170;
    const cps = Array.from({ length: n }, (_, i) => `CP HL, L${i}`).join("\n");
    const labels = Array.from({ length: n }, (_, i) => `L${i}: RET\nRET\nRET`).join("\n");
    const r = ok(`${cps}\n${"RET\n".repeat(4)}${labels}`);
    const value = new Map(r.symbols.map((s) => [s.name, s.value]));
    const line = new Map(r.lines.map(({ pc, line }, i) => [line, (r.lines[i + 1]?.pc ?? 0) - pc]));
    for (let i = 0; i < n; i++) expect(line.get(i + 1)).toBe((value.get(`L${i}`) ?? 0n) > 2047n ? 16 : 4);
  });
  test("branches reach 2047 words forward and 2048 back, and no further", () => {
    const far = (n: number) => "RET\n".repeat(n);
    expect(words(`JR x\n${far(2046)}x: RET`)[0]).toBe("020007ff");
    expect(words(`x: ${far(2048)}CALL x`).at(-1)).toBe("00000800");
    const forward = assemble(`JR x\n${far(2047)}x: RET`);
    expect(forward).toMatchObject({
      ok: false,
      diagnostics: [{ code: "asm.out_of_range", line: 1, column: 4 }],
    });
    const back = assemble(`x: ${far(2049)}CALL x`);
    expect(back).toMatchObject({ ok: false, diagnostics: [{ code: "asm.out_of_range", line: 2050 }] });
    if (!back.ok)
      expect(back.diagnostics[0]?.message).toBe("x is -2049 words away; the limit is -2048 to 2047");
  });
});

describe("numbers (T1)", () => {
  test("# is optional, minus is real", () => {
    expect(words("LD HL, #5")).toEqual(words("LD HL, 5"));
    expect(words("LD HL, -5")).toEqual(["70000ffb"]);
    expect(words("LD HL, #-5")).toEqual(["70000ffb"]);
    expect(words("LD HL, (DE-#4)")).toEqual(words("LD HL, (DE-4)"));
    expect(words("LD HL, 007")).toEqual(["70000007"]);
  });
  test.each(["5_000", "'a'", "5;x", "$10"])("nothing is skipped: %s", (text) => {
    const result = assemble(`LD HL, ${text}`);
    expect(result.ok).toBe(text === "5;x");
  });
  test("64 bits and no more", () => {
    expect(words("LD HL, 18446744073709551615")).toEqual(["70000fff"]);
    for (const n of [
      "18446744073709551616",
      "0x10000000000000000",
      "-9223372036854775809",
      "9".repeat(1e6),
    ]) {
      expect(codes(assemble(`LD HL, ${n}`))).toEqual(["asm.bad_number"]);
    }
    expect(words(`LD HL, ${"0".repeat(100)}7`)).toEqual(["70000007"]);
  });
});

describe("strings (T2)", () => {
  test("only a doubled backslash changes", () => {
    expect(data(`${String.raw`s: STR "a\\b\n\"c"`}\nRET`)).toEqual([
      [16, toHex(new TextEncoder().encode(String.raw`a\b\n\"c`))],
    ]);
  });
  test("escapes behind the option", () => {
    const source = `RET\ns: STR "\\n\\r\\t\\0\\\\\\"\\'\\x41\\u{e9}\\u{1F600}"`;
    expect(data(source, { escapes: true })).toEqual([[16, "0a0d09005c222741c3a9f09f9880"]]);
  });
  test("a backslash that is probably meant as an escape is warned about once per string", () => {
    expect(codes(ok('RET\nDB "a\\n", "b\\\\n"'))).toEqual(["asm.literal_escape"]);
    expect(codes(ok('RET\nDB "a\\n"', { escapes: true }))).toEqual([]);
  });
  test("text is UTF-8", () => {
    expect(data('RET\nDB "é€"')).toEqual([[16, "c3a9e282ac"]]);
  });
});

describe("data", () => {
  test("starts at 16 and is packed", () => {
    const r = ok('a: DB 1, "xy", 0x1FF\nb: RESB 3\nDW 0x1234\nc: STR "z"\nLD HL, c\nRET');
    expect(r.parts.data).toEqual([
      { dst: 16, bytes: Uint8Array.of(1, 0x78, 0x79, 255, 0, 0, 0, 0x34, 0x12, 0x7a) },
    ]);
    expect(r.symbols).toMatchObject([
      { name: "a", kind: "data", value: 16n },
      { name: "b", kind: "data", value: 20n },
      { name: "c", kind: "data", value: 25n },
    ]);
    expect(codes(r)).toEqual(["asm.truncated"]);
  });
  test("T3: NAME_len of STR and DB; a definition of the program's own wins", () => {
    expect(words('LD HL, m_len\nm: STR "hello", 10')[1]).toBe("00000006");
    expect(words("LD HL, m_len\nm: DB 1, 2")[1]).toBe("00000002");
    expect(words("LD HL, m_len\nm: DB 1, 2\nm_len: EQU 9")[1]).toBe("00000009");
    expect(words("CP HL, m_len\nm: DB 1, 2")).toEqual(["08000002"]);
    expect(codes(assemble("LD HL, m_len\nm: RESB 2"))).toEqual(["asm.unknown_name"]);
    expect(codes(assemble("LD HL, m_len\nm: RET"))).toEqual(["asm.unknown_name"]);
  });
  test("a named DW is a constant without bytes, an unnamed one is two bytes", () => {
    const r = ok("k: DW 70000\nDW -2\nRET");
    expect(r.symbols).toMatchObject([{ name: "k", kind: "const", value: 70000n }]);
    expect(r.parts.data).toEqual([{ dst: 16, bytes: Uint8Array.of(0xfe, 0xff) }]);
    expect(codes(ok("DW 70000\nRET"))).toEqual(["asm.truncated"]);
  });
  test("constants defined above may stand in directives", () => {
    expect(data("NL: EQU 10\nN: EQU 2\nTWICE: EQU N\nRET\nDB NL, TWICE\nRESB N\nDW N")).toEqual([
      [16, "0a0200000200"],
    ]);
  });
  test("no data, no section", () => {
    expect(ok('RET\nRESB 0\ns: STR ""').parts.data).toBeUndefined();
  });
  test(".org moves, and touching chunks merge in order of address", () => {
    expect(data("RET\n.org 100\nDB 3\n.org 98\nDB 1, 2\n.org 16\nDB 9")).toEqual([
      [16, "09"],
      [98, "010203"],
    ]);
  });
  test(".segment starts a segment that stays as it is", () => {
    expect(
      data("RET\n.segment 16\nDB 1\n.segment 17\n.segment 17\nDB 2\n.org 40\nDB 5\n.org 41\nDB 6"),
    ).toEqual([
      [40, "0506"],
      [16, "01"],
      [17, ""],
      [17, "02"],
    ]);
  });
  test("D13: memBase is added to data names only", () => {
    const source = "x: LD HL, m\nLD DE, x\nLD BC, k\nm: DB 1\nk: EQU 7";
    const r = ok(source, { memBase: 0x1_0000_0000n });
    expect(wordsOf(r)).toEqual([
      ...["70000801", "00000010", "00000001"],
      ...["70100801", "00000000", "00000000"],
      ...["70300801", "00000007", "00000000"],
    ]);
    expect(r.parts.data?.[0]?.dst).toBe(16);
    expect(ok(source, { memBase: 64 }).symbols[1]).toMatchObject({ name: "m", value: 80n });
  });
});

describe("lines and names", () => {
  test("LF, CRLF, CR, a missing last newline, a byte order mark, comments and labels alone", () => {
    const r = ok('\ufeff; first\r\na:\rb: RET ; "not a string\n\tRET');
    expect(r.lines).toEqual([
      { pc: 0, line: 3 },
      { pc: 4, line: 4 },
    ]);
    expect(r.symbols).toMatchObject([
      { name: "a", value: 0n, line: 2 },
      { name: "b", value: 0n, line: 3 },
    ]);
  });
  test("lines map every instruction, expansions included", () => {
    expect(ok("ADD HL, 5\nx: EQU 1\n\nCP HL, 9000\nCP DE, y\nRET\ny: EQU 9000").lines).toEqual([
      { pc: 0, line: 1 },
      { pc: 8, line: 4 },
      { pc: 20, line: 5 },
      { pc: 36, line: 6 },
    ]);
  });
  test("names with dots and dollars; a dot word with a colon is a label", () => {
    expect(words("$a.1: RET\n.word: JR .word\nJR $a.1")).toEqual(["01000000", "02000000", "02000ffe"]);
  });
  test("EXTERN is accepted for the six host calls", () => {
    expect(words('EXTERN "env","_out",_out\nCALL _out')).toEqual(["f1000000"]);
  });
  test("bytes are read as UTF-8", () => {
    expect(assemble(new TextEncoder().encode('RET ; é\nDB "é"'))).toMatchObject({ ok: true });
  });
});

describe("what the container says", () => {
  const view = (r: Ok) => new DataView(r.bytes.buffer);
  test("by default only CODE and DATA, all header fields 0", () => {
    const r = ok("PUBLIC main\nmain: CALL _out\nRET\nDB 1");
    expect(view(r).getUint32(16, true)).toBe(2);
    for (const at of [20, 24, 28, 32, 36]) expect(view(r).getUint32(at, true)).toBe(0);
  });
  test("impt, expt, mem and entry on request", () => {
    const r = ok("PUBLIC main\nPUBLIC also\nalso: CALL _in\nmain: CALL _ctl\nLD HL, 0xF400000000\nRET", {
      impt: true,
      expt: true,
      mem: { minBytes: 65536, maxBytes: 0 },
      entry: "main",
    });
    expect(r.parts).toMatchObject({
      importMask: 0b100001, // the extension word 0xF4 is data, not `free`
      exports: [
        { name: "main", pcWords: 1 },
        { name: "also", pcWords: 0 },
      ],
      memory: { minBytes: 65536, maxBytes: 0 },
      entryPcWords: 1,
    });
    expect(view(r).getUint32(20, true)).toBe(1);
  });
  test("the same by directives; options win", () => {
    const source = `.impt\n.mem 65536, 131072\n.entry b\n.abi 0x4942415A, 0x00020005\n.export "é \\u{22}", b\na: RET\nb: RET`;
    expect(ok(source).parts).toMatchObject({
      importMask: 0,
      exports: [{ name: 'é "', pcWords: 1 }],
      memory: { minBytes: 65536, maxBytes: 131072 },
      entryPcWords: 1,
      abiId: 0x4942415a,
      abiVersion: 0x00020005,
    });
    expect(ok(source, { entry: "a", mem: { minBytes: 70000, maxBytes: 0 } }).parts).toMatchObject({
      entryPcWords: 0,
      memory: { minBytes: 70000, maxBytes: 0 },
    });
  });
  test(".section pieces are joined; .word, .ld32 and .ld64 give exactly those words", () => {
    const r = ok(
      '.section "NAME", "01 02", "03"\n.section "NAME", "04"\n.word 0x35000000, -1\n.ld32 HL, 5\n.ld64 DE, -5',
    );
    expect(r.parts.extra).toEqual([{ tag: "NAME", bytes: Uint8Array.of(1, 2, 3, 4) }]);
    expect(wordsOf(r)).toEqual([
      "35000000",
      "ffffffff",
      "70000800",
      "00000005",
      "70100801",
      "fffffffb",
      "ffffffff",
    ]);
  });
  test(".layout places sections, .patch writes over the file and past its end", () => {
    const r = ok('RET\nDB 7\n.layout 60, 120, "DATA", 40, "CODE", 100\n.patch 104, "aabb"\n.patch 120, "cc"');
    expect(r.bytes.length).toBe(121);
    expect(view(r).getUint32(12, true)).toBe(60);
    expect(toHex(r.bytes.subarray(60, 64))).toBe(toHex(new TextEncoder().encode("DATA")));
    expect(toHex(r.bytes.subarray(100, 106))).toBe("00000001aabb");
    expect(r.bytes[120]).toBe(0xcc);
  });
});
