// Guards the lock file (D34): npm has dropped the entries of other platforms' packages when a lock was
// made anew, after which `npm ci` refuses on those platforms. Also: no registry host is recorded.
import { readFileSync } from "node:fs";

const { packages } = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"));
const problems = [];

for (const [path, entry] of Object.entries(packages)) {
  if (entry.resolved) problems.push(`${path}: has \`resolved\``);
  for (const name of Object.keys(entry.optionalDependencies ?? {})) {
    // Node's own look-up: beside the package, then in every node_modules above it.
    const parts = path.split("/node_modules/");
    const homes = parts.map((_, depth) => parts.slice(0, depth + 1).join("/node_modules/"));
    const places = ["", ...homes].map((home) => (home === "" ? "" : `${home}/`));
    if (!places.some((home) => packages[`${home}node_modules/${name}`])) {
      problems.push(`${path}: optional dependency ${name} has no entry`);
    }
  }
}

for (const problem of problems) process.stdout.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
