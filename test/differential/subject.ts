// One program on both sides: as a module for the engine and as it is for the model, observed alike; and, when they
// disagree, made small and printed as a case file.

import type { PolicyInput } from "../../src/core/policy.ts";
import { writeContainer } from "../../src/zasm/container/write.ts";
import { lengthWords } from "../../src/zasm/isa/fields.ts";
import { REGISTERS } from "../../src/zasm/isa/table.ts";
import {
  drive,
  type Executor,
  type Observed,
  observe,
  startRun,
  UNSLICED,
  verified,
} from "../conformance/execute.ts";
import type { GeneratedProgram } from "../model/generate.ts";
import { type End, NaiveMachine } from "../model/machine.ts";
import { compareObserved } from "./compare.ts";

/** The parts of a generated program that make up a run. */
export type Subject = Omit<GeneratedProgram, "seed">;

export function moduleOf(subject: Subject): Uint8Array {
  const code = new Uint8Array(subject.words.length * 4);
  const view = new DataView(code.buffer);
  subject.words.forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  return writeContainer({
    code,
    entryPcWords: subject.entryWords,
    ...(subject.data.length === 0
      ? {}
      : { data: subject.data.map(({ dst, bytes }) => ({ dst, bytes: Uint8Array.from(bytes) })) }),
  });
}

export function policyOf({ policy, strictEncoding }: Subject): PolicyInput {
  const { fuel, ...rest } = policy;
  return { ...rest, strictEncoding, ...(fuel === null ? {} : { fuel }) };
}

export function runEngine(subject: Subject, executor: Executor, slice: number = UNSLICED): Observed {
  const module = verified(moduleOf(subject), policyOf(subject));
  const run = startRun(module, { stdin: Uint8Array.from(subject.stdin) });
  return observe(run, drive(run, executor, slice));
}

export interface ModelRun {
  readonly end: End;
  readonly observed: Observed;
  /** Opcodes that started. */
  readonly opcodes: ReadonlySet<number>;
}

export function runModel(subject: Subject): ModelRun {
  const machine = new NaiveMachine(subject);
  const opcodes = new Set<number>();
  let end: End | undefined;
  do {
    opcodes.add((subject.words[machine.pc] ?? 0) >>> 24);
    end = machine.step();
  } while (end === undefined);
  return { end, opcodes, observed: observeModel(machine, end) };
}

function observeModel(machine: NaiveMachine, end: End): Observed {
  return {
    ...(end === "returned" ? { status: "ok" } : { status: "trap", code: `trap.${end}`, pc: machine.pc * 4 }),
    fuelUsed: machine.program.policy.fuel === null ? null : Number(machine.paid),
    registers: [...machine.registers],
    compare: Number(machine.compare),
    memory: Uint8Array.from(machine.memory),
    stdout: Uint8Array.from(machine.host.stdout),
    stderr: Uint8Array.from(machine.host.stderr),
  };
}

/** Where engine and model disagree on one program, in every slice given. Throws for what is no valid program. */
export function disagreements(subject: Subject, executor: Executor, slices: readonly number[]): string[] {
  verified(moduleOf(subject), policyOf(subject));
  const { end, observed } = runModel(subject);
  const differences = (expected: Observed, tried: Subject, slice: number, how: string): string[] => {
    let found: string[];
    try {
      found = compareObserved(expected, runEngine(tried, executor, slice), executor.exactAfterTraps);
    } catch (thrown) {
      found = [`the engine threw ${String(thrown)}`];
    }
    return found.map((text) => `${text} (${how})`);
  };
  const found = slices.flatMap((slice) => differences(observed, subject, slice, `slices of ${slice}`));
  if (end === "fuel") return found;
  // Without meter nothing but fuelUsed may be different.
  const unmetered = { ...subject, policy: { ...subject.policy, fuel: null } };
  const [slice = UNSLICED] = slices;
  return [...found, ...differences({ ...observed, fuelUsed: null }, unmetered, slice, "unmetered")];
}

/**
 * The smallest program found that still `fails`: instructions become DROP, which moves nothing, then the end of CODE,
 * DATA and stdin go, then fuel. `fails` must be false for what cannot be run.
 */
export function minimised(subject: Subject, fails: (subject: Subject) => boolean): Subject {
  let best = subject;
  const attempt = (candidate: Subject): boolean => {
    if (!failsQuietly(candidate, fails)) return false;
    best = candidate;
    return true;
  };
  for (let size = best.words.length; size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < best.words.length; from += size) {
      const words = dropped(best.words, from, from + size);
      if (words.some((word, i) => word !== best.words[i])) attempt({ ...best, words });
    }
  }
  for (let size = best.words.length; size >= 1; size = Math.floor(size / 2)) {
    while (best.words.length > size && attempt({ ...best, words: best.words.slice(0, -size) }));
  }
  attempt({ ...best, data: [] });
  attempt({ ...best, stdin: [] });
  attempt({ ...best, entryWords: 0 });
  for (const fuel of [1, 2, 4, 8, 16, 32, 64, 128])
    if (attempt({ ...best, policy: { ...best.policy, fuel } })) break;
  return best;
}

function failsQuietly(subject: Subject, fails: (subject: Subject) => boolean): boolean {
  try {
    return fails(subject);
  } catch {
    return false; // no longer a valid program
  }
}

const DROP = 0x0400_0000;

/** Every instruction that starts in [from, to) becomes as many DROPs as it has words. */
function dropped(words: readonly number[], from: number, to: number): number[] {
  const result = [...words];
  for (let at = 0; at < words.length; ) {
    const length = lengthWords(words[at] ?? 0);
    if (at >= from && at < to) result.fill(DROP, at, at + length);
    at += length;
  }
  return result;
}

const CATEGORIES: Readonly<Record<End, string>> = {
  returned: "",
  fuel: "resource",
  oob: "oob",
  div0: "div0",
  decode: "decode",
  abi: "abi",
  oom: "resource",
  call_depth: "resource",
  output_limit: "resource",
};

/** The program and what the model says of it, as a case file. */
export function caseText(title: string, subject: Subject): string {
  const { end, observed } = runModel(subject);
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
  const policy = JSON.stringify(policyOf(subject), (_, value: unknown) =>
    typeof value === "bigint" ? `0x${value.toString(16)}` : value,
  );
  const plain = subject.data.length === 0 && subject.entryWords === 0;
  const lines = [`; ${title}`, "-- policy", policy];
  if (subject.stdin.length > 0) lines.push("-- stdin", `hex ${hex(Uint8Array.from(subject.stdin))}`);
  if (plain)
    lines.push("-- words", subject.words.map((word) => word.toString(16).padStart(8, "0")).join(" "));
  else lines.push("-- module", hex(moduleOf(subject)));
  lines.push("-- expect", `status ${observed.status}`);
  if (observed.code !== undefined) {
    lines.push(`code ${observed.code}`, `category ${CATEGORIES[end]}`, `pc ${observed.pc}`);
  }
  if (observed.fuelUsed !== null) lines.push(`fuelUsed ${observed.fuelUsed}`);
  if (observed.stdout.length > 0) lines.push(`stdout hex ${hex(observed.stdout)}`);
  if (observed.stderr.length > 0) lines.push(`stderr hex ${hex(observed.stderr)}`);
  REGISTERS.forEach((name, i) => {
    lines.push(`${name} 0x${(observed.registers[i] ?? 0n).toString(16)}`);
  });
  lines.push(`CMP ${observed.compare}`);
  for (let at = 0; at < observed.memory.length; at += 32) {
    const chunk = observed.memory.subarray(at, at + 32);
    const address = subject.policy.memBase + BigInt(at);
    if (chunk.some((byte) => byte !== 0)) lines.push(`[0x${address.toString(16)}] ${hex(chunk)}`);
  }
  return `${lines.join("\n")}\n`;
}
