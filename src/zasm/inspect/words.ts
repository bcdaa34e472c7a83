// What explain says in words: reasons, block ends and quantities, the same in the text and on the page.

import type { BlockView, FunctionView, Reason } from "./explanation.ts";
import { pcText } from "./subject.ts";

const REASONS: Record<Reason, string> = {
  not_built: "this version has no such tier for modules",
  codegen_off: "code generation is off",
  not_asked: "a slower tier was asked for",
  unit_full: "its caller's unit is full",
  not_examined: "too large to be looked at here; a run would look",
  too_many_blocks: "more basic blocks than one graph may have",
  too_many_instructions: "more instructions than one graph may have",
  jit_bytes: "it would pass maxJitBytes",
  compile_budget: "the module has had its share of compile time",
  environment: "the environment refused to compile it",
  no_memory: "no room for it",
};

export const reasonText = (reason: Reason): string => REASONS[reason];

export const count = (n: number, what: string): string => `${grouped(n)} ${what}${n === 1 ? "" : "s"}`;

/** 1234567 as 1,234,567, whatever the locale. */
export const grouped = (n: number): string => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ",");

export const micros = (us: number): string =>
  us < 1000 ? `${Math.round(us)} µs` : `${(us / 1000).toFixed(us < 10_000 ? 1 : 0)} ms`;

/** What the facts about blocks need to know of the rest. */
export interface BlockContext {
  readonly nameOf: (pc: number) => string;
  readonly metered: boolean;
}

/** Facts about a block, short, most telling first. */
export function blockFacts(block: BlockView, { nameOf, metered }: BlockContext): string[] {
  const { fuel, pathFuel, checksFuel, paysByTheByte, loopHeader, end, to, callee, leavesTo, entered } = block;
  const target = callee === undefined ? "" : nameOf(callee);
  const ends: Record<BlockView["end"], string> = {
    fall: `falls to ${to.map(pcText).join()}`,
    goto: `goes to ${to.map(pcText).join()}`,
    branch: `to ${to.map(pcText).join(" or ")}`,
    call: `calls ${target}`,
    enter: `calls ${target}, inlined`,
    ret: "returns",
    off: "runs off the end of CODE",
  };
  return [
    ...(loopHeader ? ["loop"] : []),
    ...(entered === undefined ? [] : [`entered ${grouped(entered)}×`]),
    `fuel ${grouped(fuel)}${paysByTheByte ? " + bytes/64" : ""}`,
    ...(checksFuel ? [metered ? `checks for ${grouped(pathFuel)}` : "counts turns"] : []),
    ends[end],
    ...(leavesTo === undefined ? [] : [`the call is left to interp: ${leavesTo.why}`]),
  ];
}

/** Why a function is in no faster tier, without the tiers that no function could be in. */
export function whyNotFaster({ notIn }: FunctionView): string {
  return notIn
    .filter(({ reason }) => reason !== "not_built" && reason !== "not_asked")
    .map(({ tier, reason }) => `not ${tier}: ${reasonText(reason)} (${reason})`)
    .join("; ");
}
