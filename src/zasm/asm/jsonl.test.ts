// Both JSON front ends: records to the same bytes as text, and malformed records to one report each.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AsmOptions, type AsmResult, assemble } from "./index.ts";

const lines = (ir: string, ...records: object[]): string =>
  records.map((record) => JSON.stringify({ ir, ...record })).join("\n");
const ir = (...records: object[]) => lines("zasm-v1.1", ...records);
const ops = (...records: object[]) => lines("zasm-opcodes-v1", ...records);

const reg = (v: string) => ({ t: "reg", v });
const sym = (v: string) => ({ t: "sym", v });
const lbl = (v: string) => ({ t: "lbl", v });
const num = (v: number) => ({ t: "num", v });
const str = (v: string) => ({ t: "str", v });
const mem = (v: string, more: object = {}) => ({ t: "mem", base: reg(v), ...more });
const instr = (m: string, ...operands: object[]) => ({ k: "instr", m, ops: operands });
const dir = (d: string, args: object[], name?: string) => ({ k: "dir", d, args, ...(name && { name }) });

function ok(source: string, options?: AsmOptions) {
  const result = assemble(source, options);
  if (!result.ok) throw new Error(result.diagnostics.map((d) => `${d.line} ${d.message}`).join("\n"));
  return result;
}
const found = (result: AsmResult) =>
  (result.ok ? result.warnings : result.diagnostics).map((d) => `${d.code} ${d.line}`);

describe("IR 1.1", () => {
  test("gives the bytes that the same text gives", () => {
    const text = `PUBLIC main
EXTERN "env","_out",_out
main: LD HL, msg
LD DE, msg_len
CALL _out
LD A, (HL)
LD (DE), HL
LD8U A, (DE-4)
ST8 (HL+8), BC
ST16 (HL), 5
CP HL, -3
JR NE, main
JR main
ADD HL, DE, BC
SLA HL, 3
CALL zi_write
RET
n: EQU 5
w: DW 9
DW 258
msg: STR "a\\b", 10
buf: RESB 4
`;
    const meta = '{"ir":"zasm-v1.1","k":"meta","producer":"test","ts":1.70000000000000000001}\n';
    const records = `${meta}${ir(
      { k: "src", id: 1, line: 1 },
      { k: "diag", level: "error", msg: "ignored" },
      dir("PUBLIC", [sym("main")]),
      dir("EXTERN", [str("env"), str("_out"), sym("_out")]),
      { k: "label", name: "main" },
      instr("LD", reg("HL"), sym("msg")),
      instr("LD", reg("DE"), sym("msg_len")),
      instr("CALL", lbl("_out")),
      instr("LD", reg("A"), mem("HL", { size: 1 })),
      instr("LD", mem("DE"), reg("HL")),
      instr("LD8U", reg("A"), mem("DE", { disp: -4 })),
      instr("ST8", mem("HL", { disp: 8 }), reg("BC")),
      instr("ST16", mem("HL"), num(5)),
      instr("CP", reg("HL"), num(-3)),
      instr("JR", sym("NE"), lbl("main")),
      instr("JR", lbl("main")),
      instr("ADD", reg("HL"), reg("DE"), reg("BC")),
      instr("SLA", reg("HL"), num(3)),
      instr("CALL", sym("zi_write")),
      { ...instr("RET"), loc: { line: 99 }, extra: { any: ["thing"] } },
      dir("EQU", [num(5)], "n"),
      dir("DW", [num(9)], "w"),
      dir("DW", [num(258)]),
      dir("STR", [str("a\\b"), num(10)], "msg"),
      { ...dir("RESB", [num(4)], "buf"), section: "bss" },
    )}`;
    const options = { expt: true, impt: true };
    expect(ok(records, options).bytes).toEqual(ok(text, options).bytes);
    expect(ok(`\ufeff\r\n${records.replaceAll("\n", "\r\n\r\n")}\n`, options).bytes).toEqual(
      ok(text, options).bytes,
    );
  });

  test("displacements are encoded, not dropped", () => {
    const code = ok(ir(instr("LD32", reg("HL"), mem("DE", { disp: 4 })))).parts.code;
    expect([...code]).toEqual([4, 0, 1, 0x75]);
  });

  test("1.0: a bare string as base, registers as sym", () => {
    const old = lines(
      "zasm-v1.0",
      instr("LD", sym("A"), { t: "mem", base: "HL" }),
      instr("ST8", { t: "mem", base: sym("DE") }, sym("A")),
    );
    expect(ok(old).bytes).toEqual(ok("LD A, (HL)\nST8 (DE), A").bytes);
  });

  test("integers beyond 2^53 are exact", () => {
    for (const n of [
      "9223372036854775807",
      "-9223372036854775808",
      "18446744073709551615",
      "9007199254740993",
    ]) {
      const source = `{"ir":"zasm-v1.1","k":"instr","m":"LD","ops":[{"t":"reg","v":"HL"},{"t":"num","v":${n}}]}`;
      expect(ok(source).bytes).toEqual(ok(`LD HL, ${n}`).bytes);
    }
    const text = '1234567890123456789 \\" 12345678901234567890';
    const source = `{"ir":"zasm-v1.1","k":"dir","d":"DB","args":[{"t":"str","v":"${text}"}]}\n${ir(instr("RET"))}`;
    expect(ok(source).parts.data?.[0]?.bytes.length).toBe(text.length - 1);
  });

  test("lines of the JSONL source are what diagnostics and the line map name", () => {
    const source = `\n${ir(instr("RET"))}\n\n${ir(instr("CALL", lbl("nowhere")))}`;
    expect(found(assemble(source))).toEqual(["asm.unknown_name 4"]);
    expect(ok(`\n${ir(instr("RET"))}`).lines).toEqual([{ pc: 0, line: 2 }]);
  });

  test("a size that the instruction does not have is a warning", () => {
    const result = ok(ir(instr("LD", reg("HL"), mem("DE", { size: 8 }))));
    expect(found(result)).toEqual(["asm.size_mismatch 1"]);
  });

  const bad: [string, unknown][] = [
    ["no version", { k: "label", name: "x" }],
    ["another version", { ir: "zasm-v2.0", k: "label", name: "x" }],
    ["no kind", {}],
    ["label without name", { k: "label" }],
    ["label with a number", { k: "label", name: 5 }],
    ["instr without ops", { k: "instr", m: "RET" }],
    ["instr without m", { k: "instr", ops: [] }],
    ["unknown mnemonic", instr("NOP")],
    ["host call as mnemonic", instr("OUT")],
    ["operand that is no object", { k: "instr", m: "INC", ops: [5] }],
    ["operand null", { k: "instr", m: "INC", ops: [null] }],
    ["operand of no type", instr("INC", { v: "HL" })],
    ["unknown register", instr("INC", reg("IY"))],
    ["register that is a number", instr("INC", { t: "reg", v: 0 })],
    ["name that is none", instr("CALL", lbl("a b"))],
    ["number that is a float", instr("LD", reg("HL"), num(1.5))],
    ["number that is short text", instr("LD", reg("HL"), { t: "num", v: "5" })],
    ["string that is none", dir("DB", [{ t: "str", v: 5 }])],
    ["memory without base", instr("LD", reg("HL"), { t: "mem" })],
    ["memory with a bad displacement", instr("LD", reg("HL"), mem("DE", { disp: 0.5 }))],
    ["memory with a bad size", instr("LD", reg("HL"), mem("DE", { size: 3 }))],
    ["directive unknown", dir("ORG", [num(5)])],
    ["directive without args", { k: "dir", d: "DB" }],
    ["directive with a bad name", { k: "dir", d: "DB", args: [num(1)], name: 5 }],
  ];
  test.each(bad)("refused: %s", (_, record) => {
    const version =
      typeof record === "object" && record !== null && "ir" in record ? {} : { ir: "zasm-v1.1" };
    const own = _ === "no version" ? record : { ...version, ...(record as object) };
    const result = assemble(`${ir(instr("RET"))}\n${JSON.stringify(own)}`, { format: "ir" });
    expect(found(result)).toEqual(["asm.bad_record 2"]);
  });
  test("a number of more than 64 bits", () => {
    const source = `{"ir":"zasm-v1.1","k":"instr","m":"LD","ops":[{"t":"reg","v":"HL"},{"t":"num","v":18446744073709551616}]}`;
    expect(found(assemble(source))).toEqual(["asm.bad_record 1"]);
  });
});

describe("opcode JSONL", () => {
  const op = (fields: object) => ({ k: "op", op: 1, rd: 0, rs1: 0, rs2: 0, imm12: 0, ...fields });

  test("words by field, extension words, raw bytes and data", () => {
    const result = ok(
      ops(
        op({ op: 0x70, rd: 1, imm12: -2047, ext: [5, 4294967295], m: "LD" }),
        { k: "bytes", hex: "0102" },
        { k: "bytes", hex: "03 F1", sec: "CODE" },
        op({ op: 255, rd: 15, rs1: 15, rs2: 15, imm12: -1 }), // not verified here
        { k: "bytes", hex: "aabb", sec: "DATA", dst: 32 },
        { k: "bytes", hex: "cc", sec: "DATA", dst: 16 },
        { k: "bytes", hex: "dd", sec: "DATA", dst: 34 },
        op({}),
      ),
      { impt: true },
    );
    const words = Array.from(new Uint32Array(result.parts.code.slice().buffer), (w) => w.toString(16));
    expect(words).toEqual(["70100801", "5", "ffffffff", "f1030201", "ffffffff", "1000000"]);
    expect(result.parts.data).toEqual([
      { dst: 16, bytes: Uint8Array.of(0xcc) },
      { dst: 32, bytes: Uint8Array.of(0xaa, 0xbb, 0xdd) },
    ]);
    expect(result.parts.importMask).toBe(0b10);
    expect(result.lines[0]).toEqual({ pc: 0, line: 1 });
  });

  test("gives the bytes that text gives", () => {
    const source = ops(op({ op: 0x10, rd: 0, rs1: 1, rs2: 3 }), op({}));
    expect(ok(source).bytes).toEqual(ok("ADD HL, DE, BC\nRET").bytes);
    expect(ok(source, { format: "opcodes" }).bytes).toEqual(ok(source).bytes);
  });

  test("overlapping data is an error", () => {
    const chunk = (dst: number) => ({ k: "bytes", hex: "0102", sec: "DATA", dst });
    expect(found(assemble(ops(op({}), chunk(16), chunk(17))))).toEqual(["asm.overlap 3"]);
  });

  const bad: [string, object][] = [
    ["unknown kind", { k: "instr" }],
    ["op too large", op({ op: 256 })],
    ["op as text", op({ op: "1" })],
    ["register 16", op({ rd: 16 })],
    ["register missing", op({ rs1: undefined })],
    ["negative register", op({ rs2: -1 })],
    ["imm12 too large", op({ imm12: 2048 })],
    ["imm12 not whole", op({ imm12: 0.5 })],
    ["ext that is no array", op({ ext: 5 })],
    ["three extension words", op({ ext: [1, 2, 3] })],
    ["an extension word too large", op({ ext: [4294967296] })],
    ["a negative extension word", op({ ext: [-1] })],
    ["hex missing", { k: "bytes" }],
    ["odd hex", { k: "bytes", hex: "123" }],
    ["hex that is none", { k: "bytes", hex: "xy" }],
    ["an unknown section", { k: "bytes", hex: "00", sec: "NAME" }],
    ["data without dst", { k: "bytes", hex: "00", sec: "DATA" }],
    ["code that ends inside a word", { k: "bytes", hex: "0000000000" }],
  ];
  test.each(bad)("refused: %s", (_, record) => {
    expect(found(assemble(`${ops(op({}))}\n${ops(record)}`))).toEqual(["asm.bad_record 2"]);
  });
});

describe("hostile JSON", () => {
  test("deep nesting, bare values, names of Object.prototype", () => {
    const deep = `{"ir":"zasm-v1.1","k":"meta","x":${"[".repeat(1e5)}${"]".repeat(1e5)}}`;
    expect(typeof assemble(deep).ok).toBe("boolean");
    expect(found(assemble('{"__proto__":{"ir":"zasm-v1.1","k":"label","name":"x"}}'))).toEqual([
      "asm.bad_record 1",
    ]);
    expect(found(assemble(ir({ k: "constructor" })))).toEqual(["asm.bad_record 1"]);
    for (const value of ["5", "null", '"x"', "[]", "{", '{"ir"'])
      expect(found(assemble(value, { format: "ir" }))).toEqual(["asm.bad_json 1"]);
  });
  test("a source cut anywhere, and one character changed anywhere, never throws", () => {
    const sources = [
      ir(instr("LD", reg("HL"), mem("DE", { disp: -4, size: 4 })), dir("DB", [str('a"\\'), num(5)], "x")),
      ops({ k: "op", op: 1, rd: 0, rs1: 0, rs2: 0, imm12: 0, ext: [1] }, { k: "bytes", hex: "00112233" }),
    ];
    for (const source of sources) {
      for (let n = 0; n <= source.length; n++) expect(typeof assemble(source.slice(0, n)).ok).toBe("boolean");
    }
    fc.assert(
      fc.property(
        fc.constantFrom(...sources),
        fc.nat(),
        fc.string({ unit: "binary", maxLength: 3 }),
        (source, n, put) => {
          const at = n % source.length;
          expect(typeof assemble(source.slice(0, at) + put + source.slice(at + 1)).ok).toBe("boolean");
        },
      ),
    );
  });
  test("arbitrary values in every field never throw", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("label", "instr", "dir", "op", "bytes"),
        fc.dictionary(
          fc.constantFrom("m", "ops", "name", "d", "args", "op", "rd", "ext", "hex", "sec", "dst"),
          fc.jsonValue(),
        ),
        (k, fields) => {
          const { m = "LD", d = "DB" } = fields;
          expect(typeof assemble(ir({ k, ...fields, m, d })).ok).toBe("boolean");
          expect(typeof assemble(ops({ k, ...fields })).ok).toBe("boolean");
        },
      ),
    );
  });
  test("many unpaired quotes are refused in linear time", () => {
    expect(found(assemble(`{"ir":"zasm-v1.1 ${'\\"'.repeat(5e5)} 1234567890123456789`))).toEqual([
      "asm.bad_json 1",
    ]);
  });
});
