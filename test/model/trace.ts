// What the naive model does step by step, so that a stop at any amount of fuel can be predicted from one run.

import { type End, type ModelProgram, NaiveMachine } from "./machine.ts";

/** The state before one instruction, or at the end. */
export interface Step {
  /** Byte offset. */
  readonly pc: number;
  /** Units paid before it. */
  readonly paid: number;
  /** Units it must find to go on: 1, more for LDIR and FILL, none at the end of CODE (D10). */
  readonly needs: number;
  readonly registers: readonly bigint[];
  readonly compare: number;
  /** Shared between steps that do not write. */
  readonly memory: Uint8Array;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
}

export interface Trace {
  readonly steps: readonly Step[];
  readonly end: End;
  /** The state the run ends in, with what was paid in all. */
  readonly last: Step;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

/** Traces an unmetered run, which must end. */
export function traceOf(program: ModelProgram): Trace {
  const machine = new NaiveMachine({ ...program, policy: { ...program.policy, fuel: null } });
  const steps: Step[] = [];
  let memory = Uint8Array.from(machine.memory);
  const state = (needs: number): Step => ({
    pc: machine.pc * 4,
    paid: Number(machine.paid),
    needs,
    registers: [...machine.registers],
    compare: Number(machine.compare),
    memory,
    stdoutBytes: machine.host.stdout.length,
    stderrBytes: machine.host.stderr.length,
  });
  for (;;) {
    if (steps.length > 20_000) throw new Error("the program does not end");
    const atEnd = machine.pc >= program.words.length;
    const opcode = (program.words[machine.pc] ?? 0) >>> 24;
    const before = state(1);
    const end = machine.step();
    const isBulk = opcode === 0x90 || opcode === 0x91;
    const needs = atEnd ? Number.NEGATIVE_INFINITY : isBulk ? Number(machine.paid) - before.paid : 1;
    steps.push({ ...before, needs });
    if (opcode >= 0x80) memory = Uint8Array.from(machine.memory); // stores, bulk and host calls
    if (end !== undefined) {
      const { stdout, stderr } = machine.host;
      return { steps, end, last: state(0), stdout: Uint8Array.from(stdout), stderr: Uint8Array.from(stderr) };
    }
  }
}

/** The step at which a run with `fuel` units stops for want of fuel; undefined when it reaches its own end. */
export const stopAt = ({ steps }: Trace, fuel: number): Step | undefined =>
  steps.find(({ paid, needs }) => fuel - paid < needs);
