// `npm run trace [root] [--summary]`: which requirement is built where and tested where. Requirements are
// the ids opening a list item or paragraph in spec/*.md; code and tests name them in annotations (see
// spec/README.md). Fails on an id nobody defined, an annotation older than its requirement, and a
// requirement marked `(built)` without code or without test.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

const CODE = ["src", "scripts", "bench", "bin"];
const TESTS = ["src", "test"];
/** What a requirement of each state must have. Unmarked ones are planned and need nothing yet. */
const NEEDS = { built: ["impl", "verify"], tested: ["verify"], "n/a": [], planned: [] };

const DEFINITION = /^\s*(?:[-*>]\s+)?([tz]\[[a-z0-9.-]+)(\+\d+)?\](?:\s+\((built|tested|n\/a)\))?/;
const MENTION = /[tz]\[[a-z0-9-]+\.[a-z0-9.-]+(?:\+\d+)?\]/g;
const ANNOTATION = /([tz]\[)(impl|verify) +([^\]\s+]+)(\+\d+)?\s*\]/g;

const args = process.argv.slice(2);
const summaryOnly = args.includes("--summary");
const here = dirname(dirname(fileURLToPath(import.meta.url)));
const root = resolve(args.find((arg) => !arg.startsWith("--")) ?? here);

/** Every `{file, line, text}` below `folder`, with paths relative to the root and `/` in them. */
function* lines(folder, accepts) {
  if (!existsSync(join(root, folder))) return;
  const entries = readdirSync(join(root, folder), { recursive: true });
  for (const entry of entries.map((name) => name.split(sep).join("/")).sort()) {
    const file = `${folder}/${entry}`;
    if (!accepts(file)) continue;
    let line = 0;
    for (const text of readFileSync(join(root, file), "utf8").split("\n")) yield { file, line: ++line, text };
  }
}

const problems = [];
const requirements = new Map();
const mentions = [];
for (const { file, line, text } of lines("spec", (name) => name.endsWith(".md"))) {
  const [opening, id, version = "+1", state = "planned"] = DEFINITION.exec(text) ?? [];
  if (id) {
    if (requirements.has(id)) problems.push(`${file}:${line} ${id}] is defined twice`);
    requirements.set(id, { version, state, impl: [], verify: [] });
  }
  for (const [mention] of text.slice(opening?.length ?? 0).matchAll(MENTION)) {
    mentions.push({ id: mention.replace(/(\+\d+)?\]$/, ""), at: `${file}:${line}` });
  }
}
for (const { id, at } of mentions) {
  if (!requirements.has(id)) problems.push(`${at} mentions ${id}], which is defined nowhere`);
}

const isTest = (file) => file.startsWith("test/") || file.endsWith(".test.ts");
const isText = (file) => /[.](ts|mts|js|mjs|zasm|asm|case|data|txt|md)$/.test(file);
for (const folder of new Set([...CODE, ...TESTS])) {
  for (const { file, line, text } of lines(folder, isText)) {
    for (const [, kind, role, name, version = "+1"] of text.matchAll(ANNOTATION)) {
      const requirement = requirements.get(kind + name);
      const at = `${file}:${line}`;
      const shown = `${kind}${role} ${name}]`;
      if (!requirement) problems.push(`${at} ${shown}: no such requirement`);
      else if (requirement.version !== version) {
        problems.push(
          `${at} ${shown} is for version ${version}, the requirement is at ${requirement.version}`,
        );
      } else if ((role === "verify") !== isTest(file)) {
        problems.push(`${at} ${shown}: code says impl, tests say verify`);
      } else requirement[role].push(at);
    }
  }
}

const MISSING = { impl: "code", verify: "test" };
for (const [id, requirement] of requirements) {
  for (const role of NEEDS[requirement.state]) {
    if (requirement[role].length > 0) continue;
    problems.push(`${id}] is marked (${requirement.state}) and has no ${MISSING[role]}`);
  }
}

const places = (list) =>
  (list.length > 2 ? [...list.slice(0, 2), `+${list.length - 2}`] : list).join(" ") || "-";
if (!summaryOnly) {
  for (const [id, { version, state, impl, verify }] of requirements) {
    const name = `${id}${version === "+1" ? "" : version}]`;
    process.stdout.write(`${name.padEnd(52)} ${state.padEnd(7)}  ${places(impl)}  ->  ${places(verify)}\n`);
  }
}
const tally = Object.keys(NEEDS).map((state) => {
  const count = [...requirements.values()].filter((requirement) => requirement.state === state).length;
  return `${count} ${state}`;
});
for (const problem of problems) process.stdout.write(`${problem}\n`);
process.stdout.write(
  `trace: ${requirements.size} requirements (${tally.join(", ")}), ${problems.length} problems\n`,
);
process.exitCode = problems.length === 0 && requirements.size > 0 ? 0 : 1;
