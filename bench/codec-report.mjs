// What `npm run bench -- codec --markdown FILE` writes.

import { machineLines, markdownTable, sectionOf, targetTable } from "./lib/markdown.mjs";
import { count, fixed, percent } from "./lib/table.mjs";

const MiB = 2 ** 20;

/** Each part of `report` that ran. */
export function markdown(report) {
  const parts = [
    "<!-- Written by `npm run bench -- codec --markdown FILE`. -->",
    "# Speed of codecs",
    "`npm run bench -- codec --json docs/bench/codec.json --markdown docs/bench/codec.md`. The interpreter " +
      "with the interpreted bridge: nothing is generated. Every codec decodes what it has encoded, and is compared with " +
      "what went in, before anything is timed.",
    ...machineLines(report),
    ...targetTable(report),
    ...speed(sectionOf(report, "decode"), "Decoding", "`JSON.parse(buffer.toString())`"),
    ...speed(sectionOf(report, "encode"), "Encoding", "`Buffer.from(JSON.stringify(value))`"),
    ...scaling(sectionOf(report, "scaling")),
    ...memory(sectionOf(report, "memory")),
    ...cold(sectionOf(report, "cold")),
  ];
  return `${parts.join("\n\n")}\n`;
}

function speed(section, title, platform) {
  if (section === undefined) return [];
  const { rows } = section;
  const cell = ({ ratio, bestRatio, ms }) =>
    `${fixed(ratio, 2)} ±${percent(ms.spread)} (${fixed(bestRatio, 2)})`;
  return [
    `### ${title}`,
    `CPU time over that of ${platform} for the same values: median of ${rows[0].platform.samples} interleaved rounds ± ` +
      "distance between the quartiles (ratio of the fastest by the clock).",
    markdownTable(
      ["", "platform, µs", ...rows[0].lanes.map(({ format }) => format)],
      rows.map(({ name, runs, platform: { median }, lanes }) => [
        name,
        fixed((median / runs) * 1000, 2),
        ...lanes.map(cell),
      ]),
    ),
  ];
}

function scaling(section) {
  if (section === undefined) return [];
  return [
    "### Linear time",
    `Decoding a list of orders, from ${section.base / MiB} MiB; the least CPU time of each, in milliseconds.`,
    markdownTable(
      ["", "1x", "2x", "4x", "2x / 1x", "4x / 2x"],
      section.rows.map(({ format, ms, doubled, again }) => [
        format,
        ...ms.map((value) => fixed(value, 2)),
        fixed(doubled, 2),
        fixed(again, 2),
      ]),
    ),
  ];
}

/** A row of a table of memory, here and on the terminal. */
export const memoryCells = ({ format, times, bytes, peak, value, perByte, ofAllowed }) => [
  `${format} ${times}x`,
  count(bytes),
  fixed(peak / MiB, 1),
  fixed(value / MiB, 1),
  fixed(perByte, 1),
  percent(ofAllowed),
];

function memory(section) {
  if (section === undefined) return [];
  return [
    "### Memory",
    "Decoding a list of orders in a process of its own: what it grew to, and what the value is of that.",
    markdownTable(
      ["", "document, bytes", "peak, MiB", "value, MiB", "peak per byte", "of allowed"],
      section.rows.map(memoryCells),
    ),
  ];
}

function cold(section) {
  if (section === undefined) return [];
  return [
    "### A shape nobody has seen",
    `34 parts: compiling both programs and decoding the first document, in milliseconds; medians (quickest) of ` +
      `${section.rows[0].first.samples} processes that had decoded nothing.`,
    markdownTable(
      ["", "first, CPU time", "by the clock", "of that compiling", "each of 19 more"],
      section.rows.map(({ format, first, clock, compile, later }) => [
        format,
        ...[first, clock, compile, later].map(({ median, min }) => `${fixed(median, 2)} (${fixed(min, 2)})`),
      ]),
    ),
  ];
}
