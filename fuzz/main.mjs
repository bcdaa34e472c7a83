// `npm run fuzz -- GROUP`: compares what must be the same on seeded random programs, or shapes. Progress goes to stderr,
// the summary to stdout. Exit code 1 = a difference, or a campaign that proves nothing; 2 = bad arguments.

import { fork } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { readGroup, UsageError } from "../scripts/group-arguments.mjs";

/** Each has the interface of `fuzz/zasm/index.mjs`. */
const GROUPS = {
  zasm: () => import("./zasm/index.mjs"),
  codec: () => import("./codec/index.mjs"),
};

const USAGE = `usage: npm run fuzz -- GROUP [options]

groups   ${Object.keys(GROUPS).join(", ")}

  --seconds N    stop after about N seconds (default 20)
  --programs N   stop after N programs, or shapes
  --seed S       first seed (default: from the clock); a program is its seed
  --jobs N       processes (default 2)
  --out DIR      where a minimised difference goes (default: where tests run it)
  --plant NAME   with a planted bug, which has to be found; \`all\` tries each in turn

Lanes: NODE_OPTIONS knows no V8 compiler flags, so run the file itself, after \`npm run build\`:
  node --liftoff-only fuzz/main.mjs zasm …     wasm's baseline compiler only
  node --no-liftoff fuzz/main.mjs zasm …       its optimising compiler only
`;

/** A worker that says nothing for so long hangs in one program. */
const MOST_SILENCE_MS = 120_000;

async function readArguments(argv) {
  const options = ["seconds", "programs", "seed", "jobs", "out", "plant"];
  const { name, values } = readGroup(argv, Object.keys(GROUPS), options);
  const group = await GROUPS[name]();
  const count = (name, fallback, most) => {
    const value = Number(values[name] ?? fallback);
    if (!(Number.isInteger(value) && value >= 0 && value <= most))
      throw new UsageError(`--${name} takes an integer from 0 to ${most}`);
    return value;
  };
  const { plant } = values;
  if (plant !== undefined && plant !== "all" && !group.PLANTS.includes(plant))
    throw new UsageError(`--plant takes all or one of: ${group.PLANTS.join(", ")}`);
  return {
    group,
    seconds: count("seconds", values.programs === undefined ? 20 : 86_400, 86_400),
    programs: count("programs", 2 ** 31, 2 ** 31),
    seed: count("seed", Date.now() % 2 ** 32, 2 ** 32 - 1),
    jobs: Math.max(1, Math.min(64, count("jobs", 2, 64))),
    out: resolve(values.out ?? join(fileURLToPath(new URL("..", import.meta.url)), group.OUT)),
    plant,
  };
}

/** All shares in processes of their own; ends all when one has found something. */
async function campaign({ group, seed, programs, seconds, jobs, plant }, onProgress) {
  const counts = {};
  const add = (more) => {
    for (const [name, count] of Object.entries(more)) counts[name] = (counts[name] ?? 0) + count;
    onProgress(counts);
  };
  let finding;
  const until = Date.now() + 1000 * seconds;
  const workers = Array.from({ length: Math.min(jobs, programs) }, (_, offset) => {
    const child = fork(fileURLToPath(import.meta.url), ["--share", group.NAME], {
      stdio: ["ignore", 2, 2, "ipc"],
    });
    child.send({ seed, programs, until, plant, offset, step: Math.min(jobs, programs) });
    return child;
  });
  const finished = (child) =>
    new Promise((done) => {
      let last = seed;
      const hangs = () => {
        finding ??= { seed: last, differences: [`a process hung after seed ${last}`] };
        child.kill("SIGKILL");
      };
      let timer = setTimeout(hangs, MOST_SILENCE_MS);
      child.on("message", (message) => {
        clearTimeout(timer);
        timer = setTimeout(hangs, MOST_SILENCE_MS);
        if (message.counts !== undefined) add(message.counts);
        last = message.seed ?? last;
        if (message.done === undefined) return;
        finding ??= message.done ?? undefined;
        child.disconnect();
        if (finding !== undefined) for (const other of workers) if (other !== child) other.kill();
      });
      child.on("exit", (code, signal) => {
        clearTimeout(timer);
        if (finding === undefined && (code !== 0 || signal !== null))
          finding = { seed: last, differences: [`a process died after seed ${last}: ${signal ?? code}`] };
        done(undefined);
      });
    });
  await Promise.all(workers.map(finished));
  return { counts, finding };
}

function printFinding({ seed, differences, text }, { group, out }) {
  process.stdout.write(`DIFFERENCE, seed ${seed}\n${differences.map((line) => `  ${line}\n`).join("")}`);
  if (text === undefined) return;
  mkdirSync(out, { recursive: true });
  const path = join(out, `fuzz-${group.NAME}-${seed}.case`);
  writeFileSync(path, text);
  process.stdout.write(`${text}written to ${path}\n`);
}

/** Each planted bug in this process, until it is found. */
function tryPlants({ group, seed, seconds, programs, out }) {
  let unfound = 0;
  for (const plant of group.PLANTS) {
    const until = Date.now() + 1000 * Math.min(seconds, 30);
    let tried = 0;
    const finding = group.runShare({ seed, programs, until, plant, offset: 0, step: 1 }, (counts) => {
      tried += counts.programs ?? 0;
    });
    if (finding === undefined) unfound++;
    else {
      mkdirSync(out, { recursive: true });
      writeFileSync(join(out, `plant-${plant.replaceAll(" ", "-")}.case`), finding.text);
    }
    const how = finding === undefined ? "NOT FOUND" : `found: ${finding.differences[0]?.split("\n")[0]}`;
    process.stdout.write(`${plant}: ${how} (${tried} ${group.PROGRAMS})\n`);
  }
  process.stdout.write(`${group.PLANTS.length} planted bugs, ${unfound} not found\n`);
  return unfound === 0 ? 0 : 1;
}

async function main() {
  const options = await readArguments(process.argv.slice(2));
  process.stderr.write(`seed ${options.seed}, node ${process.version} ${process.execArgv.join(" ")}\n`);
  const { group } = options;
  if (options.plant === "all") return tryPlants(options);
  const startedAt = Date.now();
  let shownAt = startedAt;
  const { counts, finding } = await campaign(options, (soFar) => {
    const now = Date.now();
    if (now - shownAt < (process.stderr.isTTY ? 1000 : 30_000)) return;
    shownAt = now;
    const rate = Math.round((soFar.programs ?? 0) / ((now - startedAt) / 1000));
    process.stderr.write(`${soFar.programs} ${group.PROGRAMS}, ${rate}/s\n`);
  });
  process.stdout.write(group.summary(counts, (Date.now() - startedAt) / 1000));
  if (finding !== undefined) printFinding(finding, options);
  const lacks = finding === undefined ? group.missing(counts) : [];
  for (const line of lacks) process.stdout.write(`PROVES TOO LITTLE: ${line}\n`);
  return finding !== undefined || lacks.length > 0 ? 1 : 0;
}

if (process.argv[2] === "--share" && process.send !== undefined) {
  const say = (message) => process.send?.(message);
  const { runShare } = await GROUPS[process.argv[3]]();
  process.once("message", (/** @type {any} */ share) => {
    say({ done: runShare(share, (counts, seed) => say({ counts, seed })) ?? null });
  });
} else {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    process.exitCode = 2;
  }
}
