// `npm test`: the whole suite, then the coverage pass (D36), then one line `N passed, N failed`.
// With arguments (`npm test -- verify`) only the tests they name, without coverage. `--bless` lets
// golden tests rewrite their files.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { COVERED } from "./covered.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const REPORT = join(ROOT, ".sinter/vitest.json");
const SUMMARY = join(ROOT, "coverage/coverage-summary.json");

const args = process.argv.slice(2);
const filters = args.filter((arg) => arg !== "--bless");
const env = { ...process.env, NODE_ENV: "test", ...(args.includes("--bless") ? { BLESS: "1" } : {}) };

function vitest(...options) {
  const entry = join(ROOT, "node_modules/vitest/vitest.mjs");
  const done = spawnSync(process.execPath, [entry, "run", ...options], { cwd: ROOT, env, stdio: "inherit" });
  return done.status === 0;
}

/** Counts from vitest's own report. A file that did not load has no tests, yet it failed. */
function counts(ok) {
  if (!existsSync(REPORT)) return { passed: 0, failed: 1, skipped: 0 };
  const report = JSON.parse(readFileSync(REPORT, "utf8"));
  const broken = report.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
  ).length;
  const failed = report.numFailedTests + broken;
  return {
    passed: report.numPassedTests,
    // An error outside any test (an unhandled rejection, say) fails the run with no failed test.
    failed: failed === 0 && !ok ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** Prints branch coverage per folder; false where a folder has none, as after a rename. */
function printCoverage() {
  if (!existsSync(SUMMARY)) return false;
  const files = Object.entries(JSON.parse(readFileSync(SUMMARY, "utf8"))).map(([path, row]) => ({
    path: relative(ROOT, path).split(sep).join("/"),
    ...row.branches,
  }));
  let found = true;
  process.stdout.write("\nbranch coverage\n");
  for (const folder of COVERED) {
    const mine = files.filter((file) => file.path.startsWith(folder.files.replace(/\*+$/, "")));
    const total = mine.reduce((sum, file) => sum + file.total, 0);
    const covered = mine.reduce((sum, file) => sum + file.covered, 0);
    found &&= total > 0;
    const percent = total === 0 ? "none" : `${((100 * covered) / total).toFixed(2)} %`;
    const floor = `(floor ${folder.branches} %)`;
    process.stdout.write(
      `  ${folder.name.padEnd(17)} ${percent.padStart(9)}  ${covered}/${total}  ${floor}\n`,
    );
  }
  return found;
}

mkdirSync(dirname(REPORT), { recursive: true });
for (const stale of [REPORT, SUMMARY]) rmSync(stale, { force: true });

const ok = vitest("--reporter=default", "--reporter=json", `--outputFile.json=${REPORT}`, ...filters);
const result = counts(ok);
if (args.length === 0 && result.failed === 0) {
  process.stdout.write("\ncoverage pass\n");
  const measured = vitest("--config=vitest.coverage.config.ts", "--project=unit", "--reporter=dot");
  const found = printCoverage();
  if (!measured || !found) {
    process.stdout.write("coverage: FAILED, a folder is below its floor or has no measured code\n");
    result.failed += 1; // so that the last line never says all is well when it is not
  }
}
if (result.skipped > 0) process.stdout.write(`${result.skipped} skipped\n`);
process.stdout.write(`\n${result.passed} passed, ${result.failed} failed\n`);
process.exitCode = result.failed === 0 ? 0 : 1;
