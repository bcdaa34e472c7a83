// Reports as Markdown: tables, what they were measured on, and whether each target was met.

import { fixed } from "./table.mjs";

const row = (cells) => `| ${cells.join(" | ")} |`;
export const markdownTable = (header, rows) =>
  [row(header), row(header.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(row)].join("\n");

export const sectionOf = (report, name) => report.sections.find((section) => section.name === name);

/** The heading of a report, and its machine. */
export function machineLines({ machine, date }) {
  const { node, v8, cpus, cpu, load } = machine;
  const others = load[0] > 0.5 ? " (others were working on the machine: read ratios and spreads)" : "";
  return [
    `## Node ${node}`,
    `V8 ${v8}, ${cpus} × ${cpu}, ${date.slice(0, 10)}; load average ${load.join(", ")} at the start${others}.`,
  ];
}

/** A row for each target of the report; nothing when it has none. */
export function targetTable(report) {
  const targets = report.sections.flatMap((section) => section.targets ?? []);
  if (targets.length === 0) return [];
  const rows = targets.map((one) => [
    one.name,
    fixed(one.value, 2),
    one.unit,
    one.atMost === undefined ? `≥ ${one.atLeast}` : `≤ ${one.atMost}`,
    one.aim === undefined ? "" : `${one.aim}`,
    one.met ? "PASS" : "missed",
  ]);
  return [markdownTable(["target", "measured", "", "must", "aim", ""], rows)];
}
