// `node scripts/gen.mjs [--check]`: writes the generated files, from dist. With --check it writes nothing, names
// the files that are missing or stale, and exits 1 if there are any.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Every generated file, with what makes its text. */
const FILES = {
  "docs/reference/isa.md": async () => (await import("../dist/zasm/isa/reference.js")).isaReference(),
  "docs/reference/codec-ops.md": async () => (await import("../dist/serde/ir/reference.js")).codecReference(),
};

const args = process.argv.slice(2);
const check = args.includes("--check");
const unknown = args.filter((arg) => arg !== "--check");
if (unknown.length > 0) {
  process.stderr.write(`gen: unknown argument ${unknown[0]}; usage: node scripts/gen.mjs [--check]\n`);
  process.exit(2);
}

function current(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

let stale = 0;
for (const [name, make] of Object.entries(FILES)) {
  const path = join(ROOT, name);
  const text = await make();
  const before = current(path);
  if (before === text) continue;
  stale += 1;
  if (check) {
    const why = before === undefined ? "missing" : "stale";
    process.stdout.write(`${name}: ${why}; run node scripts/gen.mjs\n`);
  } else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    process.stdout.write(`wrote ${name}\n`);
  }
}
process.exitCode = check && stale > 0 ? 1 : 0;
