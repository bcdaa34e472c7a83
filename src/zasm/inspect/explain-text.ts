// An explanation for a terminal: what the module is, a line per function, then each function with its code.

import type { Explanation, FunctionView } from "./explanation.ts";
import { type Row, rowsOf, textsOf } from "./rows.ts";
import { pcText } from "./subject.ts";
import { type BlockContext, blockFacts, count, grouped, micros, whyNotFaster } from "./words.ts";

export type Style = "bold" | "dim" | "cyan" | "green" | "yellow";
export type Paint = (style: Style, text: string) => string;

export interface TextOptions {
  readonly paint?: Paint;
  /** Only what is not code. */
  readonly summary?: boolean;
  /** Only the function of this name or export, or at this pc. */
  readonly only?: string;
}

const PLAIN: Paint = (_, text) => text;

/** Pieces of text that together end with a line. Only text the engine made: no names as the module has them. */
export function* explanationText(explanation: Explanation, options: TextOptions = {}): Generator<string> {
  const { paint = PLAIN, summary = false, only } = options;
  const { functions, units, run } = explanation;
  if (only === undefined) {
    yield* head(explanation, paint);
    yield* table(functions, paint);
    for (const [i, unit] of units.entries()) {
      const { generateUs, compileUs } = unit.timing;
      const what = [
        count(unit.functions + 1, "function"),
        count(unit.instructions, "instruction"),
        `${grouped(unit.wasmBytes)} bytes`,
        count(unit.exits, "exit"),
        `generated in ${micros(generateUs)}, compiled in ${micros(compileUs)}`,
      ];
      yield `${i === 0 ? "\n" : ""}  ${paint("cyan", `unit ${i}`)}  ${unit.tier} from ${pcText(unit.pc)}: ${what.join(", ")}\n`;
    }
    if (run !== undefined) yield* runText(run, paint);
  }
  if (summary) return;
  const texts = textsOf(explanation);
  const names = new Map(functions.map(({ pc, name }) => [pc, name]));
  const context = {
    nameOf: (pc: number) => names.get(pc) ?? pcText(pc),
    metered: explanation.metered,
  };
  for (const fn of functions) {
    if (only !== undefined && !isMeant(fn, only)) continue;
    yield* functionText(fn, rowsOf(fn, texts), context, paint);
  }
}

export const isMeant = ({ name, exports, pc }: FunctionView, only: string): boolean =>
  name === only || exports.includes(only) || pcText(pc) === only.toUpperCase();

function* head(explanation: Explanation, paint: Paint): Generator<string> {
  const { sha256, codeBytes, instructions, unreached, metered, memSize, memBase } = explanation;
  const row = (name: string, text: string) => `  ${paint("cyan", name.padEnd(9))} ${text}\n`;
  const dead = unreached === 0 ? "" : `, ${grouped(unreached)} of them never reached`;
  yield row("module", sha256);
  yield row("code", `${count(codeBytes, "byte")}, ${count(instructions, "instruction")}${dead}`);
  yield row("memory", `${count(memSize, "byte")} at ${memBase}`);
  yield row("fuel", metered ? "counted" : "not counted");
  if (!explanation.isComplete) yield row("note", "too large to show all of it");
}

function* table(functions: readonly FunctionView[], paint: Paint): Generator<string> {
  const most = Math.max(1, ...functions.map(({ heat = 0 }) => heat));
  const hot = functions.some(({ heat }) => heat !== undefined);
  yield `\n  ${paint("dim", `pc      function                  tier      instr.  blocks  wasm bytes${hot ? "       executed" : ""}`)}\n`;
  for (const fn of functions) {
    const cells = [
      pcText(fn.pc).padEnd(6),
      `${fn.name}${fn.isEntry ? " (entry)" : ""}`.padEnd(24),
      paint(fn.tier === "interp" ? "yellow" : "green", fn.tier.padEnd(8)),
      grouped(fn.instructions).padStart(6),
      grouped(fn.blocks.length).padStart(6),
      (fn.wasmBytes === undefined ? "-" : grouped(fn.wasmBytes)).padStart(10),
    ];
    const heat = fn.heat === undefined ? "" : `  ${grouped(fn.heat).padStart(13)} ${bar(fn.heat / most)}`;
    yield `  ${cells.join("  ")}${heat}`.trimEnd();
    const why = whyNotFaster(fn);
    yield `${why === "" ? "" : `  ${paint("dim", why)}`}\n`;
  }
}

const BAR = 16;
const bar = (share: number): string => "█".repeat(Math.round(share * BAR));

function* runText(run: NonNullable<Explanation["run"]>, paint: Paint): Generator<string> {
  const { status, code, tier, fuelUsed, entries, exits, refusals, profiled, isComplete, timing } = run;
  const facts = [
    status === "limit" ? paint("yellow", "cut at the limit") : (code ?? status),
    `tier ${tier ?? "none"}`,
    ...(fuelUsed === null ? [] : [`fuel ${grouped(fuelUsed)}`]),
    `entered ${grouped(entries)}×, left ${grouped(exits)}×`,
    ...Object.entries(refusals).map(([reason, n]) => `${reason} ${n}×`),
    micros(timing.runUs),
    `${isComplete ? "" : "first "}${count(profiled, "instruction")} profiled`,
  ];
  yield `\n  ${paint("cyan", "run")}     ${facts.join(", ")}\n`;
}

/** Columns of the guest side. */
const GUEST = 40;

function* functionText(
  fn: FunctionView,
  rows: readonly Row[],
  context: BlockContext,
  paint: Paint,
): Generator<string> {
  const facts = [
    fn.tier,
    ...(fn.unit === undefined ? [] : [`unit ${fn.unit}`, fn.signature ?? ""]),
    ...(fn.structured ? [] : ["loops entered in several places"]),
    ...(fn.inlines.length === 0 ? [] : [`inlines ${fn.inlines.map(context.nameOf).join(", ")}`]),
  ];
  yield `\n${paint("bold", fn.name)}  ${pcText(fn.pc)}  ${paint("dim", facts.join("  "))}\n`;
  const why = whyNotFaster(fn);
  if (why !== "") yield `  ${paint("yellow", why)}\n`;
  for (const row of rows) {
    if (row.kind === "block") {
      yield `  ${paint("cyan", `── ${pcText(row.block.pc)}  ${blockFacts(row.block, context).join(" · ")}`)}\n`;
      continue;
    }
    const guest =
      row.kind === "frame" || row.isAgain ? "" : `${row.isInlined ? "  " : ""}${pcText(row.pc)}  ${row.text}`;
    const [first, ...more] = row.lines.map(({ depth, text }) => `${"  ".repeat(Math.min(depth, 20))}${text}`);
    yield `  ${guest.padEnd(GUEST)}${first === undefined ? "" : paint("dim", `│ ${first}`)}`.trimEnd();
    yield "\n";
    for (const line of more) yield `  ${" ".repeat(GUEST)}${paint("dim", `│ ${line}`)}\n`;
  }
}
