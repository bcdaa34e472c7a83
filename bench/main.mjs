// `npm run bench -- GROUP`: measures, prints tables on stdout and progress on stderr. Numbers are for people: a missed
// target is printed, never an exit code.

import { writeFileSync } from "node:fs";
import { readGroup, UsageError } from "../scripts/group-arguments.mjs";
import { machine } from "./lib/machine.mjs";

/** Each group's `run(options)` gives sections, and `PARTS` is what `--only` may name. */
const GROUPS = {
  zasm: () => import("./zasm.mjs"),
  isolate: () => import("./isolate.mjs"),
  codec: () => import("./codec.mjs"),
};

const USAGE = `usage: npm run bench -- GROUP [options]

groups   ${Object.keys(GROUPS).join(", ")}

  --only A,B     only these parts of the group
  --seconds N    time for each section's rounds (default 10)
  --json FILE    write everything measured to FILE, - for standard output instead of the tables
  --svg FILE     draw the group's plot, where it has one and its section ran
  --markdown FILE  write the group's report, where it has one
`;

function readArguments(argv) {
  const { name, values } = readGroup(argv, Object.keys(GROUPS), [
    "only",
    "seconds",
    "json",
    "svg",
    "markdown",
  ]);
  const seconds = Number(values.seconds ?? 10);
  if (!(seconds >= 0 && seconds <= 3600)) throw new UsageError("--seconds takes a number from 0 to 3600");
  const { json, svg, markdown } = values;
  return { name, seconds, only: values.only?.split(","), json, svg, markdown };
}

/** On a terminal one line that changes, elsewhere a line for each new thing. */
let current = "";
function progress(text) {
  const [thing = ""] = text.split(":");
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  else if (thing !== current) process.stderr.write(`${thing}\n`);
  current = thing;
}
const clearProgress = () => process.stderr.isTTY && process.stderr.write("\r\x1b[K");

async function main() {
  const { name, seconds, only, json, svg, markdown } = readArguments(process.argv.slice(2));
  const group = await GROUPS[name]();
  const unknown = only?.find((part) => !group.PARTS.includes(part));
  if (unknown !== undefined) throw new UsageError(`--only: ${name} has ${group.PARTS.join(", ")}`);

  if (markdown !== undefined && group.markdown === undefined) {
    throw new UsageError(`--markdown: ${name} has no report`);
  }

  const facts = machine();
  const print = (text) => json !== "-" && process.stdout.write(`${text}\n`);
  print(`node ${facts.node}, v8 ${facts.v8}, ${facts.cpus} x ${facts.cpu}, load ${facts.load.join(" ")}`);
  if (facts.load[0] > 0.5) print("(others are working on this machine: read ratios, and look at the spread)");

  const sections = [];
  for await (const { text, ...section } of group.run({ seconds, only, progress })) {
    clearProgress();
    print(`\n${text}`);
    sections.push(section);
  }
  const report = { group: name, date: new Date().toISOString(), seconds, machine: facts, sections };
  const drawing = svg === undefined ? undefined : group.plot(report);
  if (svg !== undefined && drawing === undefined) process.stderr.write("bench: nothing measured to draw\n");
  if (svg !== undefined && drawing !== undefined) writeFileSync(svg, drawing);
  if (markdown !== undefined) writeFileSync(markdown, group.markdown(report));
  if (json === undefined) return;
  const body = `${JSON.stringify(report, null, 2)}\n`;
  if (json === "-") process.stdout.write(body);
  else writeFileSync(json, body);
}

try {
  await main();
} catch (error) {
  clearProgress();
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`bench: ${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
