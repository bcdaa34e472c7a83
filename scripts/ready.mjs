// Makes a fresh clone usable: installs from the lock file and builds dist, each only when stale.
// Runs before start, test, check and bench, so it needs Node built-ins only and keeps stdout clean:
// everything it says goes to stderr. `--no-build` stops after the install.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const INSTALL_STAMP = join(ROOT, "node_modules/.sinter-stamp");
const BUILD_STAMP = join(ROOT, "dist/.stamp");
const LOCK = join(ROOT, ".sinter/ready.lock");

const say = (text) => process.stderr.write(`sinter: ${text}\n`);

class NotReady extends Error {}

/** Runs a program with its stdout sent to our stderr. */
function run(command, args, env, hint) {
  const done = spawnSync(command, args, { cwd: ROOT, env, stdio: ["ignore", 2, 2] });
  if (done.error) throw new NotReady(`${hint} (${done.error.message})`);
  if (done.status !== 0) throw new NotReady(hint);
}

function digest(parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex");
}

const isCurrent = (stamp, key) => existsSync(stamp) && readFileSync(stamp, "utf8") === key;

/**
 * The environment for a nested npm. An outer npm exports its own flags (`--global`, `--dry-run`,
 * `--omit`…) and package to its scripts; inherited, they would change what `npm ci` means here.
 * Where packages come from (registry, cache, proxy, user configuration) is kept.
 */
function cleanEnv() {
  const keep =
    /^npm_config_(registry|cache|.*proxy|cafile|ca|strict_ssl|userconfig|globalconfig|offline|prefer_.*)$/i;
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => {
      if (name === "NODE_ENV") return false;
      return !/^npm_/i.test(name) || keep.test(name);
    }),
  );
}

function install() {
  const lock = readFileSync(join(ROOT, "package-lock.json"));
  const [major] = process.versions.node.split(".");
  const key = digest([lock, `node ${major}`, process.platform, process.arch]);
  if (isCurrent(INSTALL_STAMP, key)) return;
  say("installing dependencies from package-lock.json (takes a few seconds)");
  const args = ["ci", "--include=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const hint = "`npm ci` failed, see above. It needs the package registry to be reachable.";
  // Under `npm start` the running npm names its own entry file: no search on PATH, no shell on Windows.
  const npm = process.env.npm_execpath;
  if (npm?.endsWith("npm-cli.js")) run(process.execPath, [npm, ...args], cleanEnv(), hint);
  else run("npm", args, cleanEnv(), hint);
  writeFileSync(INSTALL_STAMP, key);
}

/** What the build reads: sources without tests, and the files that steer the compiler. */
function buildInputs() {
  const sources = readdirSync(join(ROOT, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".test.ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const steering = ["package.json", "package-lock.json", "tsconfig.json", "tsconfig.build.json"];
  return [...sources, ...steering.map((name) => join(ROOT, name))];
}

function build() {
  const key = digest(buildInputs().flatMap((path) => [path.slice(ROOT.length), readFileSync(path)]));
  if (isCurrent(BUILD_STAMP, key)) return;
  say("building dist from src");
  const [fresh, old] = [join(ROOT, "dist.new"), join(ROOT, "dist.old")];
  for (const folder of [fresh, old]) rmSync(folder, { recursive: true, force: true });
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const args = [tsc, "-p", join(ROOT, "tsconfig.build.json"), "--outDir", fresh];
  run(process.execPath, args, process.env, "the build failed, see the compiler's messages above.");
  writeFileSync(join(fresh, ".stamp"), key);
  // Swapped in whole: files of deleted sources vanish, and a failed build leaves the last good one.
  if (existsSync(join(ROOT, "dist"))) renameSync(join(ROOT, "dist"), old);
  renameSync(fresh, join(ROOT, "dist"));
  rmSync(old, { recursive: true, force: true });
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Two of us at once (check beside test) would install over each other: the second one waits. */
function withLock(work) {
  mkdirSync(dirname(LOCK), { recursive: true });
  for (let waited = 0; ; waited++) {
    try {
      writeFileSync(LOCK, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    let holder = 0;
    try {
      holder = Number(readFileSync(LOCK, "utf8"));
    } catch {
      continue; // released between the two calls
    }
    // An empty file is a holder that has not written its id yet: give it a second.
    if (holder > 0 ? !isAlive(holder) : waited > 5) rmSync(LOCK, { force: true });
    else if (waited === 0) say("waiting for another install or build to finish");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
  try {
    work();
  } finally {
    rmSync(LOCK, { force: true });
  }
}

try {
  withLock(() => {
    install();
    if (!process.argv.includes("--no-build")) build();
  });
} catch (error) {
  say(error instanceof NotReady ? error.message : `cannot prepare the project: ${error.message}`);
  process.exitCode = 1;
}
