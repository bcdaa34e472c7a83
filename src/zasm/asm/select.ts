// Instruction selection: a mnemonic and its operands to words. The same choices as upstream's encoder (T4), with a
// warning where an expansion overwrites a register; registers that upstream would overwrite while they are needed
// are spared (CP A, n).

import { packWord } from "../isa/fields.ts";
import { CONDITIONS, type IsaRow, REGISTERS } from "../isa/table.ts";
import { type CodeBuilder, warnScratch } from "./code.ts";
import type { At, Diagnostics } from "./diagnostics.ts";
import { encodeWord, IMM12_MAX, IMM12_MIN, loadWords } from "./encode.ts";
import { conditionNumber, HOST_CALLS, rowOf, WITHOUT_OPCODE } from "./names.ts";
import { type MemOperand, mismatch, type Operand, type SymOperand, shown } from "./operand.ts";

const [HL, DE, A, BC, IX] = (["HL", "DE", "A", "BC", "IX"] as const).map((r) => REGISTERS.indexOf(r)) as [
  number,
  number,
  number,
  number,
  number,
];

const word = (row: IsaRow, a: number, b = 0, c = 0, imm = 0): number => encodeWord(row, { a, b, c, imm });
const LTU = CONDITIONS.indexOf("LTU");
const fitsImm12 = (value: bigint): boolean => value >= BigInt(IMM12_MIN) && value <= BigInt(IMM12_MAX);

/** The register an immediate is loaded into: A, or IX where A is needed. */
const scratchBeside = (taken: number): number => (taken === A ? IX : A);

/** Adds the instruction to `code`, or reports why not. `at` is the mnemonic. */
export function select(
  row: IsaRow,
  operands: readonly Operand[],
  at: At,
  code: CodeBuilder,
  diagnostics: Diagnostics,
): void {
  const wrong = mismatch(row.format, operands);
  if (wrong !== undefined) {
    const found = operands[wrong.index];
    const text = `${row.mnemonic}: expected ${wrong.expected}, found ${shown(found)}`;
    diagnostics.report("asm.bad_operand", found ?? at, text);
    return;
  }
  // From here on the operands have one of the format's patterns; the fall-back 0 of `reg` is never used.
  const [first, second, third] = operands as [Operand, Operand, Operand];
  const emit = (w: number) => code.emit(w, at);
  const inRange = (value: bigint, min: number, max: number, what: string, where: At): boolean => {
    if (value >= BigInt(min) && value <= BigInt(max)) return true;
    const text = `${row.mnemonic}: expected a ${what} from ${min} to ${max}, found ${value}`;
    diagnostics.report("asm.out_of_range", where, text);
    return false;
  };
  /** A word whose imm12 is a number or the value of a name. */
  const withImmediate = (base: number, imm: Operand, min: number, max: number, what: string) => {
    if (imm.t === "sym") code.immediate(base, imm.name, min, max, imm);
    else if (imm.t === "num" && inRange(imm.value, min, max, what, imm)) {
      emit((base & ~0xfff) | packWord(0, 0, 0, 0, Number(imm.value)));
    }
  };
  const loadImmediate = (register: number, imm: Operand) => {
    if (imm.t === "sym") code.loadName(register, imm.name, imm);
    else if (imm.t === "num") code.emitAll(loadWords(register, imm.value, "shortest") ?? [], at);
  };
  /** The register an operand is in; an immediate is loaded into a scratch register first. */
  const inRegister = (operand: Operand, taken: number): number => {
    if (operand.t === "reg") return operand.reg;
    const scratch = scratchBeside(taken);
    warnScratch(diagnostics, at, scratch, `the operand ${shown(operand)} of ${row.mnemonic}`);
    loadImmediate(scratch, operand);
    return scratch;
  };
  /** A load or store; `register` is its other operand. */
  const access = (accessRow: IsaRow, register: number, mem: MemOperand) => {
    if (mem.size !== undefined && mem.size !== accessRow.access) {
      const text = `${accessRow.mnemonic} accesses ${accessRow.access} bytes, not the ${mem.size} the operand says`;
      diagnostics.report("asm.size_mismatch", mem, text);
    }
    if (!inRange(mem.disp, IMM12_MIN, IMM12_MAX, "displacement", mem)) return;
    emit(word(accessRow, register, mem.base as number, 0, Number(mem.disp))); // the pattern wants a register
  };

  switch (row.format) {
    case "none":
    case "prim":
      emit(word(row, 0));
      break;
    case "call":
      selectCall(row, first as SymOperand, at, code, diagnostics);
      break;
    case "jr": {
      const label = (second ?? first) as SymOperand;
      const condition = second === undefined ? 0 : (conditionNumber((first as SymOperand).name) ?? 0);
      if (condition >= LTU) {
        const text =
          "JR sees only a signed difference (S4): LTU never jumps, GEU always; use a compare instruction";
        diagnostics.report("asm.unsigned_jr", first, text);
      }
      code.branch(word(row, condition), label.name, label);
      break;
    }
    case "drop":
    case "step":
    case "bits":
      emit(word(row, reg(first)));
      break;
    case "mov":
      emit(word(row, reg(first), reg(second)));
      break;
    case "cp":
      if (second.t === "sym") code.compareName(reg(first), scratchBeside(reg(first)), second.name, second);
      else if (second.t === "num" && fitsImm12(second.value)) {
        emit(word(rowOf("CPI"), reg(first), 0, 0, Number(second.value)));
      } else emit(word(row, reg(first), inRegister(second, reg(first))));
      break;
    case "cpi":
      withImmediate(word(row, reg(first)), second, IMM12_MIN, IMM12_MAX, "number");
      break;
    case "rrr":
      if (third !== undefined) emit(word(row, reg(first), reg(second), reg(third)));
      else emit(word(row, reg(first), reg(first), inRegister(second, reg(first))));
      break;
    case "shift": {
      const source = third === undefined ? first : second;
      // S1: counts are refused, not masked.
      withImmediate(word(row, reg(first), reg(source)), third ?? second, 0, row.width - 1, "count");
      break;
    }
    case "ld":
      if (first.t === "mem") access(rowOf(reg(second) === A ? "ST8" : "ST32"), reg(second), first);
      else if (second.t === "mem") access(rowOf(reg(first) === A ? "LD8U" : "LD32"), reg(first), second);
      else if (second.t === "reg") emit(word(rowOf("MOV"), reg(first), reg(second)));
      else loadImmediate(reg(first), second);
      break;
    case "load":
      access(row, reg(first), second as MemOperand);
      break;
    case "store": {
      const mem = first as MemOperand;
      access(row, inRegister(second, mem.base as number), mem); // the pattern wants a register
      break;
    }
  }
}

const reg = (operand: Operand | undefined): number => (operand?.t === "reg" ? operand.reg : 0);

function selectCall(
  row: IsaRow,
  callee: SymOperand,
  at: At,
  code: CodeBuilder,
  diagnostics: Diagnostics,
): void {
  if (WITHOUT_OPCODE.has(callee.name)) {
    diagnostics.report("asm.no_opcode", callee, `modules cannot call ${callee.name}: it has no opcode`);
    return;
  }
  const host = HOST_CALLS.get(callee.name);
  if (host === undefined) {
    code.branch(word(row, 0), callee.name, callee);
    return;
  }
  if (host.moves) {
    const text = `${callee.name} becomes HL := DE, DE := BC, then the host call: the handle in HL is ignored, DE is lost`;
    diagnostics.report("asm.clobbers", at, text);
    code.emit(word(rowOf("MOV"), HL, DE), at);
    code.emit(word(rowOf("MOV"), DE, BC), at);
  }
  code.emit(word(host.row, 0), at);
}
