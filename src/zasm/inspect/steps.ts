// One record per executed instruction: the interpreter is given one unit at a time, and what changed in the state
// block in between is written down. Slow and exact; it is never part of a run.

import { sha256Hex } from "#sha256";
import { type Failure, failure, InternalError } from "../../core/errors.ts";
import { isMetered } from "../../core/policy.ts";
import { ModuleHost } from "../abi/index.ts";
import { interpret } from "../interp/interp.ts";
import { imm12Of, lengthWords, rs1Of } from "../isa/fields.ts";
import { BY_OPCODE, REGISTERS } from "../isa/table.ts";
import { checkInputs, type RunInputs } from "../runtime/inputs.ts";
import { TRAPS } from "../runtime/instance.ts";
import { COMPARE, EXIT, type Exit, StateBlock } from "../state/block.ts";
import { placeProgram } from "../state/start.ts";
import type { VerifiedModule } from "../verify/verify.ts";
import { digestOf, OutputMeter } from "./output.ts";
import { type End, type Hex, hex, type Step, type Written } from "./records.ts";
import { entryOf, labelsOf, textAt } from "./subject.ts";

const [HL, DE, BC] = [0, 1, 3] as const;

/** A run that goes one instruction at a time. */
export class Stepper {
  readonly module: VerifiedModule;
  readonly block: StateBlock;
  readonly #host: ModuleHost;
  readonly #metered: boolean;
  readonly #granted: number;
  readonly #labels;
  readonly #stdout = new OutputMeter();
  readonly #stderr = new OutputMeter();
  readonly #before = new BigUint64Array(REGISTERS.length);
  #compareBefore = 0;
  #steps = 0;

  private constructor(module: VerifiedModule, inputs: RunInputs, block: StateBlock) {
    this.module = module;
    this.block = block;
    this.#metered = isMetered(module.policy);
    this.#granted = this.#metered ? module.policy.fuel || Number.MAX_SAFE_INTEGER : 0;
    this.#labels = labelsOf(module);
    const [stdout, stderr] = [this.#stdout.take, this.#stderr.take];
    this.#host = ModuleHost.open(module.policy, checkInputs({ ...inputs, stdout, stderr }));
  }

  static start(module: VerifiedModule, inputs: RunInputs): Stepper | Failure {
    const entry = entryOf(module, inputs.entry);
    if (typeof entry !== "number") return entry;
    let block: StateBlock;
    try {
      block = new StateBlock(module.policy);
    } catch {
      return failure("host.oom");
    }
    const stepper = new Stepper(module, inputs, block);
    placeProgram(block, module, entry, stepper.#granted);
    return stepper;
  }

  /** Instructions started so far. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * Runs up to `instructions` that follow each other in code, and only the last of which may leave the line or pay
   * more than 1. Gives `undefined` while the program goes on.
   */
  run(instructions: number): Exit | undefined {
    const { block } = this;
    const fuel = this.#metered ? block.fuel : 0;
    const start = block.pc >>> 2;
    const isPastCode = start === this.module.codeWords;
    const exit = interpret(this.module, block, this.#host, this.#metered, instructions);
    // Code that has ended says so at once, even if the last instruction was just executed.
    if (exit === EXIT.budget || (exit === EXIT.decode && !isPastCode)) {
      this.#steps += instructions;
      return undefined;
    }
    if (exit === EXIT.fuel) {
      // The last unit may just have been paid; then nothing is wrong before the next instruction asks for one.
      const paid = fuel - block.fuel;
      this.#steps += Math.min(instructions, Math.max(0, paid));
      return paid >= 1 ? undefined : exit;
    }
    if (exit !== EXIT.decode) this.#steps += this.#startedSince(start);
    return exit;
  }

  /** Instructions from word `start` up to pc, which stands at the last one started. */
  #startedSince(start: number): number {
    let count = 1;
    for (let at = start; at < this.block.pc >>> 2; at += lengthWords(this.module.code[at]!)) count++;
    return count;
  }

  /** Executes one instruction; without a record when none could start. */
  step(): { readonly record?: Step; readonly exit?: Exit } {
    const { block, module } = this;
    const index = block.pc >>> 2;
    this.#before.set(block.u64.subarray(0, REGISTERS.length));
    this.#compareBefore = block.i32[COMPARE]!;
    const stepsBefore = this.#steps;
    const exit = this.run(1);
    const ended = exit === undefined ? {} : { exit };
    if (this.#steps === stepsBefore) return ended;
    const stopped = exit === undefined ? undefined : exit === EXIT.returned ? "returned" : this.codeOf(exit);
    const done = exit === undefined;
    const written = done ? this.#written(module.code[index]!) : undefined;
    const opcode = module.code[index]! >>> 24;
    const record: Step = {
      kind: "step",
      step: this.#steps,
      pc: index * 4,
      text: textAt(module, this.#labels, index),
      registers: this.#changed(),
      ...(written === undefined ? {} : { written }),
      ...(done && BY_OPCODE[opcode]?.format === "prim" ? { moved: this.#host.moved } : {}),
      ...(stopped === undefined ? {} : { stopped }),
    };
    return { record, ...ended };
  }

  /** The failure code of an exit. */
  codeOf(exit: Exit): string {
    if (exit === EXIT.host) return this.#host.failure?.code ?? "internal";
    if (exit in TRAPS) return TRAPS[exit as keyof typeof TRAPS];
    throw new InternalError("the interpreter stopped for nothing");
  }

  end(exit: Exit | undefined): End {
    const { block } = this;
    const failed = exit === undefined || exit === EXIT.returned ? undefined : this.codeOf(exit);
    return {
      kind: "end",
      status:
        exit === undefined ? "limit" : exit === EXIT.returned ? "ok" : exit === EXIT.host ? "error" : "trap",
      ...(failed === undefined ? {} : { code: failed }),
      pc: block.pc,
      steps: this.#steps,
      ...(this.#metered ? { units: this.#granted - block.fuel } : {}),
      registers: registersOf(block.u64, block.i32[COMPARE]!),
      memory: sha256Hex(block.memory),
      stdout: this.#stdout.drain(),
      stderr: this.#stderr.drain(),
    };
  }

  #changed(): Record<string, Hex> {
    const { u64, i32 } = this.block;
    const changed: Record<string, Hex> = {};
    REGISTERS.forEach((name, r) => {
      if (u64[r] !== this.#before[r]) changed[name] = hex(u64[r]!);
    });
    if (i32[COMPARE] !== this.#compareBefore) changed.CMP = compareText(i32[COMPARE]!);
    return changed;
  }

  /** What the instruction just executed wrote to memory, from the registers it started with. */
  #written(word: number): Written | undefined {
    const row = BY_OPCODE[word >>> 24];
    const before = this.#before;
    switch (row?.format) {
      case "store":
        return this.#span(before[rs1Of(word)]! + BigInt(imm12Of(word)), row.access);
      case "none":
        if (row.mnemonic === "LDIR") return this.#span(before[DE]!, Number(before[BC]!));
        return row.mnemonic === "FILL" ? this.#span(before[HL]!, Number(before[BC]!)) : undefined;
      case "prim": {
        if (row.mnemonic !== "IN" && row.mnemonic !== "CTL") return undefined;
        const result = this.block.i32[2 * HL]!;
        return result > 0 ? this.#span(before[row.mnemonic === "IN" ? HL : BC]!, result) : undefined;
      }
      default:
        return undefined;
    }
  }

  #span(address: bigint, bytes: number): Written | undefined {
    if (bytes === 0) return undefined;
    const at = BigInt.asUintN(64, address);
    const offset = Number(BigInt.asUintN(64, at - this.block.memBase));
    const written = this.block.memory.subarray(offset, offset + bytes);
    return { at: hex(at), bytes, value: bytes <= 8 ? hex(littleEndian(written)) : digestOf(written) };
  }
}

const littleEndian = (bytes: Uint8Array): bigint =>
  bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

/** The compare register is a signed difference; in records it is 32 bits like everywhere else. */
const compareText = (value: number): Hex => hex(BigInt.asUintN(32, BigInt(value)));

export function registersOf(values: ArrayLike<bigint>, compare: number): Record<string, Hex> {
  const named = Object.fromEntries(REGISTERS.map((name, r) => [name, hex(values[r] ?? 0n)]));
  return { ...named, CMP: compareText(compare) };
}
