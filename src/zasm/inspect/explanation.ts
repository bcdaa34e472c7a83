// What `explainModule` finds out, as plain data. Times stand under `timing` and nowhere else: everything beside it is
// the same every time.

import type { FailureStatus } from "../../core/errors.ts";
import type { Refusal } from "../runtime/code.ts";
import type { Tier } from "../runtime/outcome.ts";

/** Why code does not run in a faster tier. */
export type Reason =
  | Refusal
  /** This version has no such tier for modules. */
  | "not_built"
  /** Code generation is off. */
  | "codegen_off"
  /** A slower tier was asked for. */
  | "not_asked"
  /** The unit of its caller had no room left for it. */
  | "unit_full"
  /** Explain stopped compiling; a run would not. */
  | "not_examined";

export interface Refused {
  readonly tier: Tier;
  readonly reason: Reason;
}

export interface InstructionView {
  /** Byte offset in CODE. */
  readonly pc: number;
  readonly text: string;
}

export interface BlockView {
  readonly pc: number;
  /** Just behind the last instruction. */
  readonly endPc: number;
  /** Units from start to end, without what bulk instructions and host calls pay by the byte. */
  readonly fuel: number;
  /** Most units from here to the next place where fuel is looked at. */
  readonly pathFuel: number;
  /** Fuel is looked at here; in unmetered code, what is left of the slice. */
  readonly checksFuel: boolean;
  /** Its last instruction also pays by the byte. */
  readonly paysByTheByte: boolean;
  /** A loop can be entered here while it runs. */
  readonly loopHeader: boolean;
  /** `enter` = a call whose callee stands in its place, inlined. */
  readonly end: "fall" | "branch" | "goto" | "call" | "ret" | "off" | "enter";
  /** Blocks of the function that can follow, by their first pc. */
  readonly to: readonly number[];
  /** Function called at its end. */
  readonly callee?: number;
  readonly tier: Tier;
  /** Where the tier below has to step in inside this block. */
  readonly leavesTo?: { readonly pc: number; readonly why: Reason };
  readonly instructions: readonly InstructionView[];
  /** Times it was entered in the profiled run. */
  readonly entered?: number;
}

/** One generated instruction. */
export interface CodeLine {
  /** Byte offset in the generated module. */
  readonly offset: number;
  readonly depth: number;
  readonly text: string;
  /** The guest instruction it does a part of; absent for what belongs to none, or where that is not known. */
  readonly pc?: number;
}

export interface FunctionView {
  readonly pc: number;
  /** Its label in assembly text. */
  readonly name: string;
  readonly exports: readonly string[];
  readonly isEntry: boolean;
  /** Functions it calls, by pc. */
  readonly calls: readonly number[];
  /** Of these, and of what they call, those that stand inlined in its code. */
  readonly inlines: readonly number[];
  readonly instructions: number;
  readonly loops: readonly number[];
  /** false: a loop can be entered in several places, so it runs through a jump table. */
  readonly structured: boolean;
  /** The fastest tier that has code for it, which is where it runs once it is hot enough. */
  readonly tier: Tier;
  /** Faster tiers and why they do not run it, fastest first. */
  readonly notIn: readonly Refused[];
  /** Index of the unit its code was taken from. */
  readonly unit?: number;
  readonly wasmBytes?: number;
  /** `(param …) (result …)` of the generated function. */
  readonly signature?: string;
  readonly blocks: readonly BlockView[];
  readonly code: readonly CodeLine[];
  /** Instructions executed in it in the profiled run. */
  readonly heat?: number;
}

export interface UnitSummary {
  /** Where it is entered. */
  readonly pc: number;
  readonly tier: Tier;
  readonly functions: number;
  readonly instructions: number;
  readonly wasmBytes: number;
  /** Places where its code can stop. */
  readonly exits: number;
  /** Entering with less fuel executes nothing. */
  readonly minFuel: number;
  readonly timing: {
    /** Microseconds in our code generator, and in the engine underneath. */
    readonly generateUs: number;
    readonly compileUs: number;
  };
}

export interface RunView {
  /** Of the outcome; `limit`: the run was cut, and stood at `pc`. */
  readonly status: "ok" | FailureStatus | "limit";
  readonly code?: string;
  readonly pc?: number;
  readonly tier?: Tier;
  /** Null when the run was not metered; one that was cut, or may not be the same again, always is. */
  readonly fuelUsed: number | null;
  /** Entries into generated code, and exits from it that were no return. */
  readonly entries: number;
  readonly exits: number;
  readonly refusals: Readonly<Record<string, number>>;
  /** Instructions executed in the profile, and whether that was all of the run. */
  readonly profiled: number;
  readonly isComplete: boolean;
  readonly timing: { readonly runUs: number };
}

export interface Explanation {
  readonly sha256: string;
  readonly codeBytes: number;
  readonly instructions: number;
  /** Instructions that no entry, export or call leads to. */
  readonly unreached: number;
  /** Everything is here; otherwise some functions are only named, or come without their generated code. */
  readonly isComplete: boolean;
  readonly metered: boolean;
  readonly memSize: number;
  readonly memBase: string;
  readonly functions: readonly FunctionView[];
  readonly units: readonly UnitSummary[];
  readonly run?: RunView;
}
