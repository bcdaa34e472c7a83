// JSONL IR 1.1 and 1.0: labels, instructions and directives as records, into the same `Program` as text.
// Places in diagnostics are lines of the JSONL source.

import type { At } from "./diagnostics.ts";
import { directive } from "./directives.ts";
import { exactInteger, type JsonRecord, readLines } from "./jsonl.ts";
import { isDirective, isIdentifier, MNEMONICS, registerNumber } from "./names.ts";
import type { Operand } from "./operand.ts";
import type { Program } from "./program.ts";

export function readIr(text: string, program: Program): void {
  readLines(text, ["zasm-v1.1", "zasm-v1.0"], program, (record) => readRecord(record, program));
}

function readRecord(record: JsonRecord, program: Program): void {
  const kind = record.get("k");
  switch (kind) {
    case "meta":
    case "src":
    case "diag":
      return;
    case "label": {
      const name = record.string("name");
      if (name !== undefined) program.label(name, record.at);
      return;
    }
    case "instr": {
      const mnemonic = record.string("m");
      const operands = readOperands(record, "ops");
      if (mnemonic === undefined || operands === undefined) return;
      const row = MNEMONICS.get(mnemonic);
      if (row === undefined) record.bad('"m"', "a mnemonic", mnemonic);
      else program.instruction(row, operands, record.at);
      return;
    }
    case "dir": {
      const d = record.string("d");
      const args = readOperands(record, "args");
      if (d === undefined || args === undefined) return;
      if (!isDirective(d)) {
        record.bad('"d"', "a directive", d);
        return;
      }
      const name = record.get("name");
      if (name === undefined || name === null) {
        directive(program, d, undefined, args, record.at);
        return;
      }
      if (typeof name !== "string") {
        record.bad('"name"', "a string", name);
        return;
      }
      directive(program, d, { text: name, at: record.at }, args, record.at);
      return;
    }
    default:
      record.bad('"k"', "meta, src, diag, label, instr or dir", kind);
  }
}

function readOperands(record: JsonRecord, key: string): Operand[] | undefined {
  const list = record.get(key);
  if (!Array.isArray(list)) return record.bad(`"${key}"`, "an array", list);
  const operands: Operand[] = [];
  for (const item of list) {
    const operand = readOperand(item, record);
    if (operand === undefined) return undefined;
    operands.push(operand);
  }
  return operands;
}

function readOperand(item: unknown, record: JsonRecord): Operand | undefined {
  const fields = record.nested(item);
  if (fields === undefined) return record.bad("operand", "an object", item);
  const { at } = record;
  const type = fields.get("t");
  const value = fields.get("v");
  switch (type) {
    case "reg": {
      const reg = typeof value === "string" ? registerNumber(value) : undefined;
      return reg === undefined
        ? record.bad("register", "HL, DE, A, BC or IX", value)
        : { t: "reg", reg, ...at };
    }
    case "sym":
    case "lbl":
      if (typeof value !== "string" || !isIdentifier(value))
        return record.bad("name", "an identifier", value);
      return symbolOrRegister(value, at);
    case "num": {
      const number = exactInteger(value);
      if (number === undefined || number >= 1n << 64n || number < -(1n << 63n)) {
        return record.bad("number", "an integer of at most 64 bits", value);
      }
      return { t: "num", value: number, ...at };
    }
    case "str":
      if (typeof value !== "string") return record.bad("string", "text", value);
      return { t: "str", text: value, literal: true, ...at };
    case "mem":
      return readMemory(fields, at);
    default:
      return record.bad("operand", 'a "t" of reg, sym, lbl, num, str or mem', type);
  }
}

/** IR 1.0 wrote registers as sym. No program can define their names, so the reading is safe for 1.1 too. */
function symbolOrRegister(name: string, at: At): Operand {
  const reg = registerNumber(name);
  return reg === undefined ? { t: "sym", name, ...at } : { t: "reg", reg, ...at };
}

function readMemory(fields: JsonRecord, at: At): Operand | undefined {
  const given = fields.get("base");
  const name = typeof given === "string" ? given : fields.nested(given)?.get("v"); // 1.0: a bare string
  if (typeof name !== "string") return fields.bad('"base"', "a register or a name", given);
  const disp = fields.get("disp") === undefined ? 0n : exactInteger(fields.get("disp"));
  if (disp === undefined) return fields.bad('"disp"', "an integer", fields.get("disp"));
  const size = fields.get("size");
  if (size !== undefined && (typeof size !== "number" || ![1, 2, 4, 8, 16].includes(size))) {
    return fields.bad('"size"', "1, 2, 4, 8 or 16", size);
  }
  const base = registerNumber(name) ?? name;
  return { t: "mem", base, disp, ...(size !== undefined && { size }), ...at };
}
