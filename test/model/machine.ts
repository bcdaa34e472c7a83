// A deliberately naive executor: one instruction per step, plain bigints, memory as an array of numbers. It is
// written from the format notes (spec §2, §3, §6 and D8-D20) and shares nothing with src/, not even the table
// of opcodes, so that agreeing with it means something. It is slow and must stay easy to read.

import { NaiveHost } from "./host.ts";

export interface ModelPolicy {
  readonly memBase: bigint;
  readonly memSize: number;
  /** null = not metered. */
  readonly fuel: number | null;
  readonly strict: boolean;
  readonly maxCallDepth: number;
  readonly maxOutputBytes: number;
  readonly reqHandle: number;
  readonly resHandle: number;
}

export interface ModelProgram {
  readonly words: readonly number[];
  readonly entryWords: number;
  readonly data: readonly { readonly dst: number; readonly bytes: readonly number[] }[];
  readonly stdin: readonly number[];
  readonly policy: ModelPolicy;
}

/** How a run ends: normally, or in the trap of that name. */
export type End =
  | "returned"
  | "fuel"
  | "oob"
  | "div0"
  | "decode"
  | "abi"
  | "oom"
  | "call_depth"
  | "output_limit";

const ARITHMETIC = ["ADD", "SUB", "MUL", "DIVS", "DIVU", "REMS", "REMU", "AND", "OR", "XOR"];
const SHIFTS = ["SLA", "SRA", "SRL", "ROL", "ROR", "CLZ", "CTZ", "POPC"];
const RELATIONS = ["EQ", "NE", "LTS", "LES", "GTS", "GES", "LTU", "LEU", "GTU", "GEU"];
/** By opcode from 0x71: bytes, signed, width of the result. */
const LOADS: readonly (readonly [bigint, boolean, number])[] = [
  [1n, false, 32],
  [1n, true, 32],
  [2n, false, 32],
  [2n, true, 32],
  [4n, false, 32],
  [8n, false, 64],
  [1n, false, 64],
  [1n, true, 64],
  [2n, false, 64],
  [2n, true, 64],
  [4n, false, 64],
  [4n, true, 64],
];
/** By opcode from 0x80: bytes. */
const STORES = [1n, 1n, 2n, 2n, 4n, 4n, 8n];

const HL = 0;
const DE = 1;
const A = 2;
const BC = 3;

const unsigned = (value: bigint, bits: number): bigint => BigInt.asUintN(bits, value);
const signed = (value: bigint, bits: number): bigint => BigInt.asIntN(bits, value);

export class NaiveMachine {
  readonly program: ModelProgram;
  /** HL DE A BC IX, each 0 … 2^64-1. */
  readonly registers: bigint[];
  /** Signed, 32 bits. */
  compare = 0n;
  /** In words. */
  pc: number;
  readonly callStack: number[] = [];
  readonly memory: number[];
  readonly host: NaiveHost;
  /** Units paid so far, debt included. */
  paid = 0n;

  constructor(program: ModelProgram) {
    const { policy } = program;
    this.program = program;
    this.registers = [BigInt(policy.reqHandle), BigInt(policy.resHandle), 0n, 0n, 0n];
    this.pc = program.entryWords;
    this.memory = new Array<number>(policy.memSize).fill(0);
    let dataEnd = 16;
    for (const { dst, bytes } of program.data) {
      bytes.forEach((byte, i) => {
        this.memory[dst + i] = byte;
      });
      dataEnd = Math.max(dataEnd, dst + bytes.length);
    }
    this.host = new NaiveHost(this, dataEnd);
  }

  /** Steps until the end. */
  run(): End {
    for (;;) {
      const end = this.step();
      if (end !== undefined) return end;
    }
  }

  /** What may still be paid, or nothing when not metered. */
  fuelLeft(): bigint | undefined {
    const { fuel } = this.program.policy;
    return fuel === null ? undefined : BigInt(fuel) - this.paid;
  }

  /** Position in memory of `count` bytes at a guest address, or undefined when any of them is outside (S5, D13). */
  locate(address: bigint, count: bigint): number | undefined {
    const offset = unsigned(address - this.program.policy.memBase, 64);
    if (offset > BigInt(this.memory.length) - count) return undefined;
    return Number(offset);
  }

  /** Executes the instruction at pc; the end, when it is one. pc stays on an instruction that did not complete. */
  step(): End | undefined {
    const { words } = this.program;
    if (this.pc >= words.length) return "decode"; // D14
    const left = this.fuelLeft();
    if (left !== undefined && left <= 0n) return "fuel"; // D10 (1)
    this.paid += 1n;

    const word = words[this.pc] ?? 0;
    const opcode = word >>> 24;
    const rd = (word >>> 20) & 15;
    const rs1 = (word >>> 16) & 15;
    const rs2 = (word >>> 12) & 15;
    const imm = signed(BigInt(word & 0xfff), 12);
    const get = (register: number): bigint => this.registers[register] ?? 0n;
    const set = (value: bigint, bits: number): void => {
      this.registers[rd] = unsigned(value, bits);
    };

    if (opcode === 0x00) {
      if (this.callStack.length >= this.program.policy.maxCallDepth) return "call_depth";
      this.callStack.push(this.pc + 1);
      this.pc += Number(imm);
      return undefined;
    }
    if (opcode === 0x01) {
      const back = this.callStack.pop();
      if (back === undefined) return "returned";
      this.pc = back;
      return undefined;
    }
    if (opcode === 0x02) {
      this.pc += this.meets(rs1) ? Number(imm) : 1;
      return undefined;
    }
    if (opcode === 0x03) this.compare = signed(get(rs1) - get(rs2), 32);
    else if (opcode === 0x04) {
      // DROP: nothing (S2)
    } else if (opcode === 0x05) set(get(rd) + 1n, 32);
    else if (opcode === 0x06) set(get(rd) - 1n, 32);
    else if (opcode === 0x07) set(get(rs1), 64);
    else if (opcode === 0x08) this.compare = signed(get(rs1) - imm, 32);
    else if ((opcode >= 0x10 && opcode <= 0x19) || (opcode >= 0x20 && opcode <= 0x29)) {
      const bits = opcode < 0x20 ? 32 : 64;
      const value = arithmetic(ARITHMETIC[opcode & 15] ?? "", get(rs1), get(rs2), bits);
      if (value === undefined) return "div0";
      set(value, bits);
    } else if ((opcode >= 0x30 && opcode <= 0x34) || (opcode >= 0x40 && opcode <= 0x44)) {
      const bits = opcode < 0x40 ? 32 : 64;
      set(shift(SHIFTS[opcode & 15] ?? "", get(rs1), imm, bits), bits);
    } else if ((opcode >= 0x35 && opcode <= 0x37) || (opcode >= 0x45 && opcode <= 0x47)) {
      const bits = opcode < 0x40 ? 32 : 64;
      set(countBits(SHIFTS[opcode & 15] ?? "", get(rd), bits), bits);
    } else if ((opcode >= 0x50 && opcode <= 0x59) || (opcode >= 0x60 && opcode <= 0x69)) {
      const bits = opcode < 0x60 ? 32 : 64;
      set(relation(RELATIONS[opcode & 15] ?? "", get(rs1), get(rs2), bits) ? 1n : 0n, 64);
    } else if (opcode === 0x70) {
      const low = BigInt(words[this.pc + 1] ?? 0);
      const high = BigInt(words[this.pc + 2] ?? 0);
      if (imm === -2048n) {
        set(signed(low, 32), 64);
        this.pc += 1;
      } else if (imm === -2047n) {
        set((high << 32n) | low, 64);
        this.pc += 2;
      } else set(imm, 64);
    } else if (opcode >= 0x71 && opcode <= 0x7c) {
      const [bytes, isSigned, bits] = LOADS[opcode - 0x71] ?? [0n, false, 0];
      const at = this.locate(get(rs1) + imm, bytes);
      if (at === undefined) return "oob";
      let value = 0n;
      for (let i = Number(bytes) - 1; i >= 0; i--) value = value * 256n + BigInt(this.memory[at + i] ?? 0);
      set(isSigned ? signed(value, Number(bytes) * 8) : value, bits);
    } else if (opcode >= 0x80 && opcode <= 0x86) {
      const bytes = STORES[opcode - 0x80] ?? 0n;
      const at = this.locate(get(rs1) + imm, bytes);
      if (at === undefined) return "oob";
      for (let i = 0n; i < bytes; i++) this.memory[at + Number(i)] = Number((get(rs2) >> (8n * i)) & 255n);
    } else if (opcode === 0x90 || opcode === 0x91) {
      const end = this.bulk(opcode === 0x90);
      if (end !== undefined) return end;
    } else if (opcode >= 0xf0 && opcode <= 0xf5) {
      const { end, moved } = this.host.call(opcode - 0xf0);
      if (end !== undefined) return end;
      this.paid += moved / 64n; // D10: afterwards, and it may leave a debt
    } else throw new Error(`the model has no opcode 0x${opcode.toString(16)}`);
    this.pc += 1;
    return undefined;
  }

  /** JR conditions over the signed difference (S3, S4). */
  private meets(condition: number): boolean {
    if (condition === 0) return true;
    switch (RELATIONS[condition - 1]) {
      case "EQ":
        return this.compare === 0n;
      case "NE":
        return this.compare !== 0n;
      case "LTS":
        return this.compare < 0n;
      case "LES":
        return this.compare <= 0n;
      case "GTS":
        return this.compare > 0n;
      case "GES":
        return this.compare >= 0n;
      case "LTU":
        return false;
      case "LEU":
        return this.compare === 0n;
      case "GTU":
        return this.compare !== 0n;
      case "GEU":
        return true;
      default:
        throw new Error(`the model has no condition ${condition}`);
    }
  }

  /** LDIR and FILL: check both spans, pay, act (S6, D10, D14). */
  private bulk(isCopy: boolean): End | undefined {
    const count = this.registers[BC] ?? 0n;
    if (count === 0n) return undefined;
    const first = this.locate(this.registers[HL] ?? 0n, count);
    const second = isCopy ? this.locate(this.registers[DE] ?? 0n, count) : 0;
    if (first === undefined || second === undefined) return "oob";
    const left = this.fuelLeft();
    if (left !== undefined && left < count / 64n) {
      this.paid -= 1n;
      return "fuel";
    }
    this.paid += count / 64n;
    const length = Number(count);
    if (isCopy) {
      const temporary = this.memory.slice(first, first + length);
      for (let i = 0; i < length; i++) this.memory[second + i] = temporary[i] ?? 0;
    } else {
      const byte = Number((this.registers[A] ?? 0n) % 256n);
      for (let i = 0; i < length; i++) this.memory[first + i] = byte;
    }
    return undefined;
  }
}

/** undefined: division by zero. Wrapping is the caller's. */
function arithmetic(name: string, left: bigint, right: bigint, bits: number): bigint | undefined {
  const [a, b] = [unsigned(left, bits), unsigned(right, bits)];
  const [sa, sb] = [signed(left, bits), signed(right, bits)];
  switch (name) {
    case "ADD":
      return a + b;
    case "SUB":
      return a - b;
    case "MUL":
      return a * b;
    case "DIVS":
      return sb === 0n ? undefined : sa / sb;
    case "DIVU":
      return b === 0n ? undefined : a / b;
    case "REMS":
      return sb === 0n ? undefined : sa % sb;
    case "REMU":
      return b === 0n ? undefined : a % b;
    case "AND":
      return a & b;
    case "OR":
      return a | b;
    case "XOR":
      return a ^ b;
    default:
      throw new Error(`the model has no ${name}`);
  }
}

function shift(name: string, source: bigint, count: bigint, bits: number): bigint {
  const a = unsigned(source, bits);
  switch (name) {
    case "SLA":
      return a << count;
    case "SRA":
      return signed(source, bits) >> count;
    case "SRL":
      return a >> count;
    case "ROL":
      return (a << count) | (a >> (BigInt(bits) - count));
    case "ROR":
      return (a >> count) | (a << (BigInt(bits) - count));
    default:
      throw new Error(`the model has no ${name}`);
  }
}

function countBits(name: string, source: bigint, bits: number): bigint {
  const digits = unsigned(source, bits).toString(2).padStart(bits, "0");
  switch (name) {
    case "CLZ":
      return BigInt(digits.length - digits.replace(/^0+/, "").length);
    case "CTZ":
      return BigInt(digits.length - digits.replace(/0+$/, "").length);
    case "POPC":
      return BigInt(digits.replaceAll("0", "").length);
    default:
      throw new Error(`the model has no ${name}`);
  }
}

function relation(name: string, left: bigint, right: bigint, bits: number): boolean {
  const [a, b] = [unsigned(left, bits), unsigned(right, bits)];
  const [sa, sb] = [signed(left, bits), signed(right, bits)];
  switch (name) {
    case "EQ":
      return a === b;
    case "NE":
      return a !== b;
    case "LTS":
      return sa < sb;
    case "LES":
      return sa <= sb;
    case "GTS":
      return sa > sb;
    case "GES":
      return sa >= sb;
    case "LTU":
      return a < b;
    case "LEU":
      return a <= b;
    case "GTU":
      return a > b;
    case "GEU":
      return a >= b;
    default:
      throw new Error(`the model has no ${name}`);
  }
}
