// An explanation as one page that needs nothing else: no script, no font, no request. Names in a module are foreign
// text; every one of them goes through `html`.

import type { Tier } from "../runtime/outcome.ts";
import type { CodeLine, Explanation, FunctionView } from "./explanation.ts";
import { html, Markup } from "./markup.ts";
import { STYLE } from "./page-style.ts";
import { type Row, rowsOf, textsOf } from "./rows.ts";
import { pcText } from "./subject.ts";
import { type BlockContext, blockFacts, count, grouped, micros, reasonText, whyNotFaster } from "./words.ts";

export interface PageOptions {
  /** What the module is called, for instance its file. */
  readonly title: string;
}

/** Functions that stand open when the page is opened: the hottest, or the first. */
const OPEN = 3;

/** The page, complete. */
export function explanationPage(explanation: Explanation, { title }: PageOptions): string {
  const { functions } = explanation;
  const texts = textsOf(explanation);
  const names = new Map(functions.map(({ pc, name }) => [pc, name]));
  const { metered } = explanation;
  const nameOf = (pc: number) => names.get(pc) ?? pcText(pc);
  const rank = [...functions].sort((a, b) => (b.heat ?? 0) - (a.heat ?? 0));
  const open = new Set(rank.slice(0, OPEN));
  const hottest = Math.max(
    1,
    ...functions.flatMap(({ blocks }) => blocks.map(({ entered = 0, fuel }) => entered * fuel)),
  );
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title} · sinter explain</title>
<style>${Markup.of(STYLE)}</style>
</head>
<body>
<main>
<p class="kicker">sinter explain</p>
<h1>${title}</h1>
<p class="sha">sha256 ${explanation.sha256}</p>
${cards(explanation)}
${tiers(functions)}
${run(explanation)}
<h2>Functions</h2>
${functionTable(functions)}
${units(explanation)}
<h2>Code</h2>
<p class="note">Left: the program. Right: the WebAssembly generated for it, in its own order.</p>
${functions.map((fn) => functionCode(fn, rowsOf(fn, texts), { nameOf, metered, hottest, isOpen: open.has(fn) }))}
${terms()}
<footer>Times are of the machine that made this page; everything else is the same everywhere.</footer>
</main>
</body>
</html>
`;
  return page.toString();
}

const card = (value: string, what: string): Markup =>
  html`<div class="card"><b>${value}</b><span>${what}</span></div>`;

function cards(explanation: Explanation): Markup {
  const { codeBytes, instructions, unreached, functions, units, metered, memSize, memBase } = explanation;
  const wasmBytes = units.reduce((sum, unit) => sum + unit.wasmBytes, 0);
  const generateUs = units.reduce((sum, unit) => sum + unit.timing.generateUs + unit.timing.compileUs, 0);
  return html`<div class="cards">
${card(grouped(instructions), `instructions in ${grouped(codeBytes)} bytes`)}
${card(grouped(functions.length), "functions")}
${unreached === 0 ? undefined : card(grouped(unreached), "instructions never reached")}
${card(grouped(wasmBytes), "bytes of WebAssembly")}
${card(micros(generateUs), "to compile them")}
${card(metered ? "counted" : "not counted", "fuel")}
${card(bytesText(memSize), `of memory at ${memBase}`)}
</div>
${explanation.isComplete ? undefined : html`<p class="note">The module is too large to show all of it: some functions are only named, or come without their generated code.</p>`}`;
}

function bytesText(bytes: number): string {
  const [unit, size] =
    bytes % 2 ** 20 === 0 ? ["MiB", 2 ** 20] : bytes % 1024 === 0 ? ["KiB", 1024] : ["bytes", 1];
  return `${grouped(bytes / Number(size))} ${unit}`;
}

const dot = (tier: Tier): Markup => html`<span class="dot ${tier}"></span>`;
const percent = (share: number): string => `${(Math.min(1, Math.max(0, share)) * 100).toFixed(1)}%`;

/** One bar over all instructions, by tier. */
function tiers(functions: readonly FunctionView[]): Markup {
  const sizes = new Map<Tier, number>();
  for (const { tier, instructions } of functions) sizes.set(tier, (sizes.get(tier) ?? 0) + instructions);
  const total = Math.max(
    1,
    [...sizes.values()].reduce((sum, size) => sum + size, 0),
  );
  const parts = [...sizes].map(([tier, size]) => ({ tier, share: size / total }));
  return html`<div class="stack">${parts.map(({ tier, share }) => html`<i class="${tier}" style="width:${percent(share)}"></i>`)}</div>
<ul class="legend">${parts.map(({ tier, share }) => html`<li>${dot(tier)}${percent(share)} of the instructions have code in ${tier}</li>`)}</ul>`;
}

function run({ run }: Explanation): Markup | undefined {
  if (run === undefined) return undefined;
  const { status, code, pc, tier, fuelUsed, entries, exits, refusals, profiled, isComplete, timing } = run;
  const refused = Object.entries(refusals).map(([reason, n]) => `${reason} ${n}×`);
  return html`<h2>The run</h2>
<div class="cards">
${card(status === "limit" ? "cut" : (code ?? status), pc === undefined ? "outcome" : `at pc ${pcText(pc)}`)}
${card(tier ?? "none", "highest tier that ran")}
${card(micros(timing.runUs), status === "limit" ? "from start to the limit" : "from start to end")}
${fuelUsed === null ? undefined : card(grouped(fuelUsed), "units of fuel")}
${card(grouped(entries), "entries into generated code")}
${card(grouped(exits), "exits back to interp")}
${card(grouped(profiled), isComplete ? "instructions executed" : "first instructions profiled")}
</div>
${refused.length === 0 ? undefined : html`<p class="note">Refused: ${refused.join(", ")}</p>`}`;
}

function functionTable(functions: readonly FunctionView[]): Markup {
  const hasHeat = functions.some(({ heat }) => heat !== undefined);
  const measure = (fn: FunctionView) => (hasHeat ? (fn.heat ?? 0) : fn.instructions);
  const most = Math.max(1, ...functions.map(measure));
  const hasReasons = functions.some((fn) => whyNotFaster(fn) !== "");
  const row = (fn: FunctionView): Markup => html`<tr>
<td><a href="#f${fn.pc}"><code>${fn.name}</code></a>${fn.isEntry ? " entry" : undefined}${otherNames(fn)}</td>
<td class="tier">${dot(fn.tier)}${fn.tier}</td>
<td class="n">${grouped(fn.instructions)}</td>
<td class="n">${grouped(fn.blocks.length)}</td>
<td class="n">${fn.loops.length}</td>
<td class="n">${fn.wasmBytes === undefined ? "–" : grouped(fn.wasmBytes)}</td>
<td><span class="bar"><i class="${fn.tier}" style="width:${percent(measure(fn) / most)}"></i></span> ${hasHeat ? grouped(measure(fn)) : undefined}</td>
${hasReasons ? html`<td class="why">${whyNotFaster(fn)}</td>` : undefined}
</tr>`;
  return html`<div class="scroll"><table>
<thead><tr><th>function</th><th>tier</th><th class="n">instructions</th><th class="n">blocks</th><th class="n">loops</th><th class="n">wasm bytes</th><th>${hasHeat ? "executed" : "size"}</th>${hasReasons ? html`<th>why not faster</th>` : undefined}</tr></thead>
<tbody>${functions.map(row)}</tbody>
</table></div>`;
}

/** Exports under names that assembly text cannot spell, or more than one. */
function otherNames({ name, exports }: FunctionView): Markup | undefined {
  const others = exports.filter((other) => other !== name);
  const shown = others.slice(0, 5).map((other) => (other.length > 64 ? `${other.slice(0, 63)}…` : other));
  const more = others.length > shown.length ? ` and ${others.length - shown.length} more` : "";
  return others.length === 0 ? undefined : html` <span class="sha">${shown.join(", ")}${more}</span>`;
}

function units({ units }: Explanation): Markup | undefined {
  if (units.length === 0) return undefined;
  const rows = units.map(
    (
      unit,
      i,
    ) => html`<tr><td>${i}</td><td><code>${pcText(unit.pc)}</code></td><td class="tier">${dot(unit.tier)}${unit.tier}</td>
<td class="n">${unit.functions + 1}</td><td class="n">${grouped(unit.instructions)}</td><td class="n">${grouped(unit.wasmBytes)}</td>
<td class="n">${grouped(unit.exits)}</td><td class="n">${grouped(unit.minFuel)}</td>
<td class="n">${micros(unit.timing.generateUs)}</td><td class="n">${micros(unit.timing.compileUs)}</td></tr>`,
  );
  return html`<h2>Compile units</h2>
<div class="scroll"><table>
<thead><tr><th>unit</th><th>from</th><th>tier</th><th class="n">functions</th><th class="n">instructions</th><th class="n">wasm bytes</th><th class="n">exits</th><th class="n">least fuel</th><th class="n">generated in</th><th class="n">compiled in</th></tr></thead>
<tbody>${rows}</tbody>
</table></div>`;
}

interface Context extends BlockContext {
  /** Instructions executed in the hottest block. */
  readonly hottest: number;
  readonly isOpen: boolean;
}

function functionCode(fn: FunctionView, rows: readonly Row[], context: Context): Markup {
  const facts = [
    count(fn.instructions, "instruction"),
    ...(fn.wasmBytes === undefined ? [] : [`${grouped(fn.wasmBytes)} bytes of wasm`]),
    ...(fn.heat === undefined ? [] : [`executed ${grouped(fn.heat)}`]),
    ...(fn.structured ? [] : ["loops entered in several places"]),
    ...(fn.inlines.length === 0 ? [] : [`inlines ${fn.inlines.map(context.nameOf).join(", ")}`]),
  ];
  const why = whyNotFaster(fn);
  return html`<details id="f${fn.pc}"${context.isOpen ? html` open` : undefined}>
<summary><b>${fn.name}</b><span>${dot(fn.tier)}${fn.tier}</span><span>${pcText(fn.pc)}</span>${facts.map((fact) => html`<span>${fact}</span>`)}</summary>
<div class="body">
${why === "" ? undefined : html`<p class="note">${why}</p>`}
${fn.signature === undefined ? undefined : html`<p class="note"><code>${fn.signature}</code> in unit ${fn.unit}</p>`}
${rows.map((row) => rowMarkup(row, context))}
</div>
</details>
`;
}

/** More lines that belong to no instruction are folded away. */
const MAX_FRAME_LINES = 4;

function rowMarkup(row: Row, context: Context): Markup {
  if (row.kind === "block") {
    const { pc, entered = 0, fuel, loopHeader } = row.block;
    const heat = Math.sqrt((entered * fuel) / context.hottest).toFixed(3);
    const facts = blockFacts(row.block, context);
    return html`<div class="block" style="--heat:${heat}"><b>${pcText(pc)}</b>${facts.map((fact, i) => html`<span${loopHeader && i === 0 ? html` class="loop"` : undefined}>${fact}</span>`)}</div>
`;
  }
  if (row.kind === "frame") {
    const code = html`<div class="row frame"><div></div><div>${linesText(row.lines)}</div></div>
`;
    if (row.lines.length <= MAX_FRAME_LINES) return code;
    return html`<details class="frame"><summary>${count(row.lines.length, "line")} around the program: registers in and out, fuel, exits</summary>${code}</details>
`;
  }
  const guest = row.isAgain ? undefined : html`<span class="pc">${pcText(row.pc)}</span>${row.text}`;
  const side = row.isInlined ? html` class="inlined"` : undefined;
  return html`<div class="row"><div${side}>${guest}</div><div>${linesText(row.lines)}</div></div>
`;
}

/** Deeper labels are not indented further. */
const MAX_INDENT = 20;

const linesText = (lines: readonly CodeLine[]): string =>
  lines.map(({ depth, text }) => "  ".repeat(Math.min(depth, MAX_INDENT)) + text).join("\n");

function terms(): Markup {
  const term = (name: string, text: string): Markup => html`<dt>${name}</dt><dd>${text}</dd>`;
  return html`<h2>Words</h2>
<dl>
${term("interp", "The reference interpreter. Everything starts here; code becomes hot here.")}
${term("baseline", "WebAssembly from one lean pass, with explicit checks.")}
${term("opt", "WebAssembly with inlining, trimmed calls and proven addresses, for what stays hot.")}
${term("native", `Machine code: ${reasonText("not_built")}.`)}
${term("fuel", "Units a block pays; bulk instructions and host calls also pay by the byte.")}
${term("checks for N", "Fuel is looked at here once, for the most that can be paid up to the next such place.")}
${term("counts turns", "Unmetered code comes up for air here after a few million units, so that it can be promoted or stopped.")}
${term("exit", "A place where generated code can stop; the interpreter goes on exactly there.")}
</dl>`;
}
