// Every code of the registry is raised here, at the right place, by the smallest source that does it.

import { describe, expect, test } from "vitest";
import { CodeBuilder, MAX_CODE_WORDS } from "./code.ts";
import { MAX_DATA_BYTES } from "./data.ts";
import { DIAGNOSTICS, type DiagnosticCode, Diagnostics, MAX_SHOWN } from "./diagnostics.ts";
import { type AsmOptions, type AsmResult, assemble, type Diagnostic } from "./index.ts";

const of = (result: AsmResult): readonly Diagnostic[] => (result.ok ? result.warnings : result.diagnostics);

interface Case {
  readonly source: string | Uint8Array;
  /** line:column of the first diagnostic of the code. */
  readonly at: string;
  readonly message: RegExp;
  readonly options?: AsmOptions;
}

const ir = (...records: object[]): string =>
  records.map((r) => JSON.stringify({ ir: "zasm-v1.1", ...r })).join("\n");

const CASES: Record<DiagnosticCode, readonly Case[]> = {
  "asm.not_utf8": [
    { source: Uint8Array.of(0x52, 0x0a, 0xc3, 0xa9, 0xff, 0x41), at: "2:2", message: /expected UTF-8/ },
    { source: Uint8Array.of(0xc3), at: "1:1", message: /expected UTF-8/ },
  ],
  "asm.too_large": [
    { source: "RET\nRESB 1099511627776", at: "2:6", message: /from 0 to 4294967295/ },
    { source: "RET\nRESB 0xFFFFFFFF", at: "2:1", message: /256 MiB/ },
    { source: "RET\nRESB 0x8000000\nRESB 0x8000000\nDB 1", at: "4:1", message: /256 MiB/ },
    { source: "RET\n.org 0xFFFFFFFF\nDB 1, 2", at: "3:1", message: /address 2\^32/ },
    { source: 'RET\n.patch 0xFFFFFFFF, "00"', at: "2:1", message: /256 MiB/ },
  ],
  "asm.too_many_errors": [{ source: "?\n".repeat(200), at: "101:1", message: /more than 100 errors/ }],
  "asm.too_many_warnings": [
    { source: "ADD HL, 1\n".repeat(200), at: "101:1", message: /more than 100 warnings/ },
  ],
  "asm.no_code": [
    { source: "", at: "1:1", message: /at least one instruction/ },
    { source: "x: EQU 5", at: "1:1", message: /at least one instruction/ },
  ],
  "asm.bad_character": [
    { source: "RET\n  LD HL, @5", at: "2:10", message: /unexpected "@"/ },
    { source: "RET é", at: "1:5", message: /unexpected/ },
    { source: "RET / 2", at: "1:5", message: /unexpected "\/"/ },
  ],
  "asm.bad_number": [
    { source: "LD HL, 5x", at: "1:8", message: /"5x"/ },
    { source: "LD HL, 0x", at: "1:8", message: /"0x"/ },
    { source: "LD HL, 18446744073709551616", at: "1:8", message: /64 bits/ },
    { source: "LD HL, -9223372036854775809", at: "1:9", message: /64 bits/ },
    { source: "LD HL, (DE+1z)", at: "1:12", message: /"1z"/ },
  ],
  "asm.bad_string": [
    { source: 'DB "abc', at: "1:4", message: /expected " before the end/ },
    { source: 'DB "abc\\', at: "1:4", message: /expected " before the end/ },
    { source: 'DB "\ud800"', at: "1:4", message: /surrogate/ },
    { source: 'DB "\\q"', at: "1:4", message: /after the backslash/, options: { escapes: true } },
    { source: 'DB "\\xg0"', at: "1:4", message: /after the backslash/, options: { escapes: true } },
    { source: 'DB "\\u{110000}"', at: "1:4", message: /no character/, options: { escapes: true } },
    { source: 'DB "\\u{d800}"', at: "1:4", message: /no character/, options: { escapes: true } },
    { source: 'x: RET\n.export "\\xff", x', at: "2:9", message: /not UTF-8/ },
    { source: `x: RET\n.export "${"n".repeat(65536)}", x`, at: "2:9", message: /65535 bytes/ },
    { source: '.section "NAME", "123"', at: "1:18", message: /pairs of hexadecimal/ },
    { source: '.patch 0, "xy"', at: "1:11", message: /pairs of hexadecimal/ },
  ],
  "asm.syntax": [
    { source: "LD ,", at: "1:4", message: /expected a register \(HL DE A BC IX\), \(register\).*found ","/ },
    { source: "CP HL,", at: "1:7", message: /a register .* a number or a name, found the end of the line/ },
    { source: "LD HL 5", at: "1:7", message: /expected "," or the end of the line, found "5"/ },
    { source: "x: y: RET", at: "1:5", message: /one label/ },
    { source: "5", at: "1:1", message: /expected a label, a mnemonic or a directive, found "5"/ },
    { source: "x: ,", at: "1:4", message: /expected a mnemonic or a directive/ },
    { source: "LD HL, #", at: "1:9", message: /expected a number, found the end/ },
    { source: "LD HL, -x", at: "1:9", message: /expected a number, found "x"/ },
    { source: "LD HL, (5)", at: "1:9", message: /expected a register/ },
    { source: "LD HL, (DE", at: "1:11", message: /expected one of \+ - \)/ },
    { source: "LD HL, (DE+)", at: "1:12", message: /expected a number/ },
    { source: "LD HL, (DE*2)", at: "1:11", message: /unexpected/ },
    { source: "DB )", at: "1:4", message: /expected a name, a number or a string/ },
  ],
  "asm.unknown_mnemonic": [
    { source: "ld HL, 5", at: "1:1", message: /upper case: LD/ },
    { source: "db 5", at: "1:1", message: /upper case: DB/ },
    { source: "x EQU 5", at: "1:1", message: /x: EQU/ },
    { source: " NOP", at: "1:2", message: /found "NOP"/ },
    { source: "OUT", at: "1:1", message: /found "OUT"/ },
    { source: ".wrod 5", at: "1:1", message: /found ".wrod"/ },
  ],
  "asm.bad_json": [
    { source: `${ir({ k: "meta" })}\n{"ir":`, at: "2:1", message: /JSON object/ },
    { source: "[1]", at: "1:1", message: /JSON object/, options: { format: "ir" } },
  ],
  "asm.bad_record": [{ source: ir({ k: "nope" }), at: "1:1", message: /"k": expected .* found "nope"/ }],
  "asm.bad_operand": [
    { source: "ADD HL", at: "1:1", message: /ADD: expected a register .* found the end/ },
    { source: "ADD HL, DE, 5", at: "1:13", message: /expected a register .* found 5/ },
    { source: "RET 5", at: "1:5", message: /expected the end of the statement, found 5/ },
    { source: "JR XX, y", at: "1:4", message: /expected a condition \(EQ .*found "XX"/ },
    { source: "JR EQ", at: "1:4", message: /expected a label, found "EQ"/ },
    { source: "CALL HL", at: "1:6", message: /expected a label, found HL/ },
    { source: "LD HL, DB", at: "1:8", message: /found "DB"/ },
    { source: 'LD HL, "x"', at: "1:8", message: /found a string/ },
    { source: "LD HL, (msg)\nmsg: DB 1", at: "1:8", message: /\("msg"\), which is no register/ },
    { source: "LD (HL), 5", at: "1:10", message: /expected a register .* found 5/ },
    { source: "INC 5", at: "1:5", message: /found 5/ },
    { source: "DB", at: "1:1", message: /DB: expected a string or a number/ },
    { source: "x: DW 1, 2", at: "1:10", message: /end of the statement/ },
    { source: "PUBLIC 5", at: "1:8", message: /expected a name/ },
    { source: "y: RET\nx: PUBLIC y", at: "2:1", message: /expected no label/ },
    { source: 'x: EXTERN "env","_in",_in', at: "1:1", message: /expected no label/ },
    { source: "EXTERN _in", at: "1:8", message: /expected a module name/ },
    { source: 'EXTERN "a", _in', at: "1:13", message: /expected a field name/ },
    { source: ".word", at: "1:1", message: /instruction word/ },
    { source: ".ld64 5, 5", at: "1:7", message: /expected a register/ },
    { source: ".ld64 HL, DE", at: "1:11", message: /expected a number/ },
    { source: ".export x, x", at: "1:9", message: /export name in quotes/ },
    { source: '.section "NAME"', at: "1:1", message: /hexadecimal digits/ },
    { source: '.section "NAM", "00"', at: "1:10", message: /section tag/ },
    { source: '.section 0x100000000, "00"', at: "1:10", message: /section tag/ },
    { source: ".patch 0, 5", at: "1:11", message: /hexadecimal digits/ },
    { source: ".layout 40, 100", at: "1:1", message: /section tag/ },
  ],
  "asm.out_of_range": [
    { source: "SLA HL, 32", at: "1:9", message: /count from 0 to 31, found 32/ },
    { source: "ROR64 HL, -1", at: "1:11", message: /count from 0 to 63, found -1/ },
    { source: "SLA HL, n\nn: EQU 32", at: "1:9", message: /0 to 31, but n is 32/ },
    { source: "CPI HL, 2048", at: "1:9", message: /from -2048 to 2047/ },
    { source: "LD HL, (DE+2048)", at: "1:8", message: /displacement from -2048 to 2047/ },
    { source: ".word 0x100000000", at: "1:7", message: /instruction word/ },
    { source: ".ld32 HL, 0x80000000", at: "1:11", message: /signed 32-bit/ },
    { source: "RESB -1", at: "1:6", message: /number of bytes from 0/ },
    { source: ".org 0x100000000", at: "1:6", message: /an address/ },
    {
      source: `JR x\n${"RET\n".repeat(3000)}x: RET`,
      at: "1:4",
      message: /3001 words away; the limit is -2048 to 2047/,
    },
  ],
  "asm.no_opcode": [
    { source: "CALL zi_end", at: "1:6", message: /zi_end/ },
    { source: "CALL zi_abi_version", at: "1:6", message: /no opcode/ },
  ],
  "asm.bad_extern": [{ source: 'EXTERN "env","puts",puts', at: "1:21", message: /not puts/ }],
  "asm.bad_section": [
    { source: 'RET\n.section "CODE", "00"', at: "2:1", message: /"CODE"/ },
    { source: 'RET\nDB 1\n.section "DATA", "00"', at: "3:1", message: /"DATA"/ },
    { source: 'x: RET\n.impt\n.section "IMPT", "00"', at: "3:1", message: /"IMPT"/ },
    { source: 'x: RET\n.mem 1, 1\n.section "MEM ", "00"', at: "3:1", message: /"MEM "/ },
    { source: 'x: RET\n.export "x", x\n.section "EXPT", "00"', at: "3:1", message: /"EXPT"/ },
  ],
  "asm.bad_layout": [
    { source: 'RET\n.layout 40, 20, "CODE", 60', at: "2:1", message: /at least 40/ },
    { source: 'RET\n.layout 40, 50, "CODE", 40', at: "2:1", message: /directory does not fit/ },
    { source: 'RET\n.layout 40, 62, "CODE", 60', at: "2:1", message: /"CODE" does not fit/ },
    { source: 'RET\n.layout 40, 64, "DATA", 60', at: "2:1", message: /no section "DATA"/ },
    { source: 'RET\n.layout 40, 90, "CODE", 60, "CODE", 60', at: "2:1", message: /placed twice/ },
    { source: 'RET\nDB 1\n.layout 40, 90, "CODE", 80', at: "3:1", message: /"DATA" has no place/ },
    { source: 'RET\n.layout 40, 0xFFFFFFFF, "CODE", 60', at: "2:1", message: /256 MiB/ },
  ],
  "asm.duplicate_directive": [
    { source: "x: RET\n.entry x\n.entry x", at: "3:1", message: /line 2 already/ },
    { source: "RET\n.impt\n.impt", at: "3:1", message: /line 2/ },
    { source: "RET\n.mem 65536, 0\n.mem 65536, 0", at: "3:1", message: /line 2/ },
    { source: "RET\n.abi 1, 2\n.abi 1, 2", at: "3:1", message: /line 2/ },
    { source: 'RET\n.layout 40, 64, "CODE", 60\n.layout 40, 64, "CODE", 60', at: "3:1", message: /line 2/ },
  ],
  "asm.missing_name": [{ source: "EQU 5", at: "1:1", message: /label before EQU/ }],
  "asm.reserved_name": [
    { source: "LD: RET", at: "1:1", message: /LD is a mnemonic/ },
    { source: "HL: RET", at: "1:1", message: /HL is a register/ },
    { source: "_in: RET", at: "1:1", message: /_in is a host call/ },
    { source: "zi_end: EQU 1", at: "1:1", message: /host call/ },
    { source: ir({ k: "label", name: "a b" }), at: "1:1", message: /"a b" is not a name/ },
  ],
  "asm.duplicate_name": [
    { source: "x: RET\nx: RET", at: "2:1", message: /line 1 already/ },
    { source: "x: RET\nx: EQU 1", at: "2:1", message: /line 1/ },
    { source: 'x: RET\n.export "n", x\n.export "n", x', at: "3:9", message: /exported on line 2/ },
    { source: 'x: RET\nPUBLIC x\n.export "x", x', at: "3:9", message: /line 2/, options: { expt: true } },
  ],
  "asm.unknown_name": [
    { source: "CALL x", at: "1:6", message: /x is not defined/ },
    { source: "LD HL, x", at: "1:8", message: /x is not defined/ },
    { source: "CP HL, x", at: "1:8", message: /x is not defined/ },
    { source: "SLA HL, x", at: "1:9", message: /x is not defined/ },
    { source: "RET\nPUBLIC x", at: "2:8", message: /x is not defined/ },
    { source: "RET\nPUBLIC x", at: "2:8", message: /x is not defined/, options: { expt: true } },
    { source: "RET\n.entry x", at: "2:8", message: /x is not defined/ },
    { source: "RET", at: "1:1", message: /x is not defined/, options: { entry: "x" } },
    { source: 'RET\n.export "y", x', at: "2:9", message: /x is not defined/ },
    { source: "RET\nDB x\nx: EQU 1", at: "2:4", message: /no constant defined above/ },
  ],
  "asm.not_a_label": [
    { source: "CALL x\nx: DB 1", at: "1:6", message: /x names no code/ },
    { source: "JR x\nx: EQU 1", at: "1:4", message: /x names no code/ },
    { source: "RET\n.entry x\nx: DB 1", at: "2:8", message: /x names no code/ },
  ],
  "asm.overlap": [
    {
      source: "RET\nDB 1, 2\n.org 17\nDB 3",
      at: "4:1",
      message: /17 overlaps the data at 16 to 17 \(line 2\)/,
    },
    { source: "RET\n.segment 16\nDB 1, 2\n.segment 16\nDB 3", at: "4:1", message: /overlaps/ },
  ],
  "asm.clobbers": [{ source: "ADD HL, 5", at: "1:1", message: /operand 5 of ADD is loaded into A first/ }],
  "asm.unsigned_jr": [{ source: "x: JR LTU, x", at: "1:7", message: /S4/ }],
  "asm.truncated": [
    { source: "RET\nDB 256", at: "2:4", message: /low 8 bits of 256/ },
    { source: "RET\nSTR -129", at: "2:5", message: /low 8 bits of -129/ },
    { source: "RET\nDW 65536", at: "2:4", message: /low 16 bits/ },
  ],
  "asm.literal_escape": [{ source: 'RET\nDB "a\\n"', at: "2:4", message: /escapes option/ }],
  "asm.label_before_data": [
    { source: "RET\nx:\n  DB 1", at: "2:1", message: /x names the next instruction/ },
    { source: "RET\nx:\n  RESB 1", at: "2:1", message: /same line/ },
  ],
  "asm.public_data": [{ source: "RET\nPUBLIC x\nx: DB 1", at: "2:8", message: /names no code/ }],
  "asm.size_mismatch": [
    {
      source: ir({
        k: "instr",
        m: "LD32",
        ops: [
          { t: "reg", v: "HL" },
          { t: "mem", base: { t: "reg", v: "DE" }, size: 2 },
        ],
      }),
      at: "1:1",
      message: /LD32 accesses 4 bytes, not the 2/,
    },
  ],
};

describe("every diagnostic", () => {
  for (const [code, cases] of Object.entries(CASES)) {
    cases.forEach(({ source, at, message, options }, i) => {
      test(`${code} ${i + 1}`, () => {
        const result = assemble(source, options);
        const found = of(result).find((d) => d.message.match(message));
        expect(found, JSON.stringify(of(result))).toBeDefined();
        // A few sources are here for their place and limits although another code says it first.
        expect(found?.code).toBe(EXCEPTIONS.get(source) ?? code);
        expect(`${found?.line}:${found?.column}`).toBe(at);
        expect(found?.severity).toBe(DIAGNOSTICS[found?.code as DiagnosticCode]);
        expect(result.ok).toBe(found?.severity === "warning");
        expect(found?.message).not.toMatch(/[\n\r]/);
      });
    });
  }
  test("no code is registered and never raised", () => {
    expect(Object.keys(CASES).sort()).toEqual(Object.keys(DIAGNOSTICS).sort());
  });
});

const EXCEPTIONS = new Map<string | Uint8Array, DiagnosticCode>([
  ["RET\nRESB 1099511627776", "asm.out_of_range"],
  ["LD HL, (DE*2)", "asm.bad_character"],
]);

describe("many at once", () => {
  test("errors of different lines are all reported, in order, with the warnings among them", () => {
    const result = assemble("LD HL, 5x\nADD HL, 5\nfoo\nCALL nowhere\nDB\n");
    expect(of(result).map((d) => [d.line, d.code])).toEqual([
      [1, "asm.bad_number"],
      [2, "asm.clobbers"],
      [3, "asm.unknown_mnemonic"],
      [4, "asm.unknown_name"],
      [5, "asm.bad_operand"],
    ]);
  });
  test("one bad line gives one diagnostic for each thing wrong with it, and no echoes", () => {
    expect(of(assemble("LD HL, @5, €")).map((d) => d.column)).toEqual([8, 12]);
    expect(of(assemble("CP HL, x\nCP HL, x")).length).toBe(2);
    // What a broken line would have defined is not reported as missing as well.
    const broken = ["x: LD HL, @5", "x: EQU 5z", "x: DB )", "x: STR", "x: foo", "x: y: RET", "x: DW 1, 2"];
    for (const line of broken) {
      expect(of(assemble(`JR x\nLD HL, x\nCP HL, x_len\n${line}\nDB x`)).map((d) => d.line)).toEqual([4]);
    }
  });
  test(`at most ${MAX_SHOWN} of each kind and one more that says so`, () => {
    expect(of(assemble("?\n".repeat(1e5))).length).toBe(MAX_SHOWN + 1);
    const warned = assemble("ADD HL, 1\n".repeat(1000));
    expect(warned.ok).toBe(true);
    expect(of(warned).length).toBe(MAX_SHOWN + 1);
  });
});

describe("bad options are misuse", () => {
  test.each([
    { memBase: 4 },
    { memBase: -8 },
    { memBase: 1n << 64n },
    { memBase: 0.5 },
    { format: "elf" },
    { mem: { minBytes: -1, maxBytes: 0 } },
    { mem: { minBytes: 65536 } },
  ])("%o", (options) => {
    expect(() => assemble("RET", options as AsmOptions)).toThrow(TypeError);
  });
  test("so is a source that is neither text nor bytes", () => {
    expect(() => assemble(5 as unknown as string)).toThrow(/string or a Uint8Array/);
  });
});

describe("hostile sources", () => {
  const second = { timeout: 20_000 };
  test("many labels", second, () => {
    const source = Array.from({ length: 2e5 }, (_, i) => `l${i}:`).join("\n");
    const result = assemble(`${source}\nRET`);
    expect(result.ok && result.symbols.length).toBe(2e5);
  });
  test("huge lines: names, numbers, strings, operands, marks, unknown characters", second, () => {
    const n = 2e5;
    for (const line of ["x".repeat(n), "9".repeat(n), `DB "${"\\\\".repeat(n)}"`, `DB ${"1,".repeat(n)}1`]) {
      expect(() => assemble(`RET\n${line}`)).not.toThrow();
    }
    for (const ch of [",", "(", '"', "\\", "@", "é", ":", "-", "#", "\ud800", "\0", " ", "\u2028"]) {
      expect(() => assemble(`RET\n${ch.repeat(n)}`)).not.toThrow();
    }
  });
  test("a source is measured before it is read", () => {
    expect(of(assemble(new Uint8Array(256 * 1024 * 1024 + 1)))).toMatchObject([{ code: "asm.too_large" }]);
  });
  test("DATA is counted before it is allocated", () => {
    const lines = `RESB ${MAX_DATA_BYTES}\n`.repeat(1000);
    expect(of(assemble(`RET\n${lines}`))).toMatchObject([{ code: "asm.too_large", line: 3 }]);
  });
  test("many CPs whose length depends on each other", second, () => {
    const cps = Array.from({ length: 2e5 }, (_, i) => `CP HL, L${i % 300}`).join("\n");
    const labels = Array.from({ length: 300 }, (_, i) => `L${i}: RET`).join("\n");
    expect(assemble(`${labels}\n${cps}`).ok).toBe(true);
  });
  test("CODE stops at 64 MiB, stretching included", second, () => {
    const at = { line: 1, column: 1, length: 1 };
    for (const room of [0, 1]) {
      const diagnostics = new Diagnostics();
      const code = new CodeBuilder(diagnostics);
      for (let i = 0; i < MAX_CODE_WORDS - room; i++) code.emit(0, at);
      expect(diagnostics.errors).toEqual([]);
      code.compareName(0, 2, "n", at);
      code.emit(0, at);
      if (room === 1)
        code.finish(
          () => ({ value: 5000n }),
          () => {},
        );
      expect(diagnostics.errors.map((d) => d.code)).toContain("asm.too_large");
    }
  });
  test("a source cut anywhere is reported on or assembled, never thrown about", () => {
    const source = `PUBLIC main\nEXTERN "env","_in",_in\nmain: LD HL, #-5 ; c\n JR GE, main\n LD8U A, (DE+4)\n.export "a\\u{41}", main\n.section "NAME", "0102"\nm: STR "é\\\\", 0x41\n.layout 40, 300, "CODE", 100\nCP HL, m_len`;
    for (let n = 0; n <= source.length; n++) {
      for (const options of [{}, { escapes: true, expt: true, impt: true }, { format: "ir" }] as const) {
        expect(typeof assemble(source.slice(0, n), options).ok).toBe("boolean");
      }
    }
    const bytes = new TextEncoder().encode(source);
    for (let n = 0; n <= bytes.length; n++) expect(typeof assemble(bytes.subarray(0, n)).ok).toBe("boolean");
  });
});
