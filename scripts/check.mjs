// `npm run check`: every `check:*` script of package.json, two at a time, as one table. The output of
// a check that fails is printed in full. Exactly what CI runs.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const LANES = 2;

const PATH = [join(ROOT, "node_modules/.bin"), process.env.PATH].join(delimiter);
const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const queue = Object.entries(scripts)
  .filter(([name]) => name.startsWith("check:"))
  .map(([name, command]) => ({ name: name.slice("check:".length), command }));

function run({ name, command }) {
  const start = performance.now();
  return new Promise((resolve) => {
    const env = { ...process.env, PATH, NO_COLOR: "1" };
    const child = spawn(command, { cwd: ROOT, env, shell: true, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text) => {
        output += text;
      });
    }
    child.on("close", (code) => {
      resolve({
        name,
        state: code === 0 ? "ok" : "FAIL",
        seconds: (performance.now() - start) / 1000,
        output: output || `exit code ${code}\n`,
      });
    });
  });
}

let failures = 0;
async function lane() {
  for (let job = queue.shift(); job; job = queue.shift()) {
    const { name, state, seconds, output } = await run(job);
    process.stdout.write(`${state.padEnd(5)} ${name.padEnd(10)} ${seconds.toFixed(1).padStart(6)} s\n`);
    if (state !== "FAIL") continue;
    failures += 1;
    process.stdout.write(`${output.trimEnd().replaceAll(/^/gm, "      ")}\n`);
  }
}
await Promise.all(Array.from({ length: LANES }, lane));
process.stdout.write(failures === 0 ? "check: all good\n" : `check: ${failures} failed\n`);
process.exitCode = failures === 0 ? 0 : 1;
