// The source as JavaScript that plain Node can load, for what vitest cannot run from src: worker threads and child
// processes. Made from the current files, types stripped one by one, once per content; dist may be older or absent.

import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { threadId } from "node:worker_threads";
import ts from "typescript";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SRC = join(ROOT, "src");

const COMPILER_OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
};

/** The folder's URL; `new URL("index.js", url)` is the package's entry. */
export function builtSource(): URL {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .sort();
  const sources = files.map((name) => [name, readFileSync(join(SRC, name), "utf8")] as const);
  const hash = createHash("sha256").update(ts.version);
  for (const [name, text] of sources) hash.update(`${name}\0${text}\0`);
  const folder = join(ROOT, ".sinter", `built-${hash.digest("hex").slice(0, 16)}`);
  if (!existsSync(folder)) build(folder, sources);
  return pathToFileURL(`${folder}/`);
}

const STALE_MS = 15 * 60_000;

function build(folder: string, sources: readonly (readonly [string, string])[]): void {
  mkdirSync(dirname(folder), { recursive: true });
  for (const name of readdirSync(dirname(folder))) {
    const path = join(dirname(folder), name);
    // Younger ones may be in use, or in the making, by another test process.
    if (name.startsWith("built-") && Date.now() - statSync(path).mtimeMs > STALE_MS) {
      rmSync(path, { recursive: true, force: true });
    }
  }
  const fresh = `${folder}.${process.pid}.${threadId}`;
  for (const [name, text] of sources) {
    const path = join(fresh, name.replace(/[.]ts$/, ".js"));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, ts.transpileModule(text, { compilerOptions: COMPILER_OPTIONS }).outputText);
  }
  // `#name` imports, which the project's package.json would send to dist.
  const { imports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    imports: Record<string, { node: string }>;
  };
  const own = Object.entries(imports).map(([name, { node }]) => [name, node.replace("./dist/", "./")]);
  writeFileSync(
    join(fresh, "package.json"),
    JSON.stringify({ type: "module", imports: Object.fromEntries(own) }),
  );
  try {
    renameSync(fresh, folder);
  } catch {
    rmSync(fresh, { recursive: true, force: true }); // another process was faster
  }
}
