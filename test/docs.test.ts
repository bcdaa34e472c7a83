// The pages in docs/ keep their word: what they show is run, in order, and gives what stands there; what they list is
// all there is. BLESS=1 writes what came out into the page.
//
//   ```LANG NAME.EXT   becomes a file of that name in the page's folder
//   ```ts NAME.ts      is also type-checked and run; a ```text fence right behind it is what it prints
//   ```zasm            must assemble without a warning
//   ```sh              lines of `$ command`, each with the output behind it; `…` stands for anything

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ERRORS } from "../src/core/errors.ts";
import { MAX_SINK_FAILURES } from "../src/core/telemetry.ts";
import { ATTRIBUTES } from "../src/serde/shape/grammar.ts";
import { KINDS_WITH_PARTS, SCALAR_KINDS } from "../src/serde/shape/kinds.ts";
import { DIAGNOSTICS } from "../src/zasm/asm/diagnostics.ts";
import { assemble } from "../src/zasm/asm/index.ts";
import { DIRECTIVES, DOT_DIRECTIVES, HOST_CALLS } from "../src/zasm/asm/names.ts";
import { MAX_RUN_EVENTS } from "../src/zasm/runtime/watch.ts";
import { builtSource } from "./rigs/built.ts";

/** Refusals of shapes; a shape that goes through two formats is another matter. */
const SHAPE_CODE = /^shape\.(?!raw_across_formats$)/;

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const PAGES = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));

const FOLDER = mkdtempSync(join(tmpdir(), "sinter-docs-"));
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

const pageText = (page: string): string => readFileSync(join(ROOT, "docs", page), "utf8");
const sourceText = (path: string): string => readFileSync(join(ROOT, "src", path), "utf8");

interface Fence {
  readonly language: string;
  readonly file: string | undefined;
  readonly body: string;
  /** Of the body in the page. */
  readonly start: number;
  /** Only blank lines stand between it and the fence before. */
  readonly followsFence: boolean;
}

function fencesOf(text: string): Fence[] {
  let end = 0;
  return [...text.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map((match) => {
    const [all, language = "", file, body = ""] = match;
    const followsFence = end > 0 && text.slice(end, match.index).trim() === "";
    end = match.index + all.length;
    return { language, file, body, start: end - 3 - body.length, followsFence };
  });
}

/** A folder in which `sinter` is the command and the package. */
function open(page: string): string {
  const folder = join(FOLDER, page);
  const built = builtSource();
  const own = join(folder, "node_modules/sinter");
  mkdirSync(own, { recursive: true });
  const subpaths = {
    ".": "index",
    "./isolate": "isolate/index",
    "./inspect": "zasm/inspect/index",
    "./codec": "codec/index",
    "./shape": "serde/shape/index",
  };
  const exports = Object.entries(subpaths).map(([subpath, file], i) => {
    writeFileSync(
      join(own, `${i}.js`),
      `export * from ${JSON.stringify(new URL(`${file}.js`, built).href)};\n`,
    );
    return [subpath, `./${i}.js`];
  });
  writeFileSync(
    join(own, "package.json"),
    JSON.stringify({ name: "sinter", type: "module", exports: Object.fromEntries(exports) }),
  );
  const main = JSON.stringify(new URL("cli/main.js", built).href);
  writeFileSync(
    join(folder, ".sinter.mjs"),
    `import { main } from ${main};\nprocess.exitCode = await main(process.argv.slice(2));\n`,
  );
  return folder;
}

const SHELL = `sinter() { "$NODE" .sinter.mjs "$@"; }; exec 2>&1; `;

function shell(folder: string, command: string): string {
  const env = { ...process.env, NODE: process.execPath, NO_COLOR: "1" };
  const ran = spawnSync("bash", ["-c", SHELL + command], {
    cwd: folder,
    env,
    encoding: "utf8",
    timeout: 60_000,
  });
  return ran.stdout.endsWith("\n") || ran.stdout === "" ? ran.stdout : `${ran.stdout}\n`;
}

function runScript(folder: string, { file, body }: Fence): string {
  const { outputText } = ts.transpileModule(body, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    },
  });
  const name = `${file}.mjs`;
  writeFileSync(join(folder, name), outputText);
  const ran = spawnSync(process.execPath, [name], { cwd: folder, encoding: "utf8", timeout: 60_000 });
  expect({ file, stderr: ran.stderr, status: ran.status }).toEqual({ file, stderr: "", status: 0 });
  return ran.stdout;
}

/** True if `actual` is `expected` but for what each `…` stands for; a line `…` stands for lines. */
function isAsShown(expected: string, actual: string): boolean {
  const pattern = expected
    .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
    .replace(/^…\n/gm, "(?:.*\\n)*?")
    .replaceAll("…", ".*?");
  return new RegExp(`^${pattern}$`).test(actual);
}

/** `body` with the output of its commands as it is now, wherever that is not as shown. */
function replay(folder: string, body: string): string {
  const [first = "", ...steps] = body.split(/^(?=\$ )/m);
  return [first, ...steps]
    .filter((step) => step !== "")
    .map((step) => {
      const [line = "", ...rest] = step.split(/(?<=\n)/);
      const expected = rest.join("");
      const actual = shell(folder, line.slice(2));
      return isAsShown(expected, actual) ? step : line + actual;
    })
    .join("");
}

/** Runs a page; gives its text with the output that came. */
function rerun(page: string): string {
  const folder = open(page);
  const text = pageText(page);
  let fresh = "";
  let at = 0;
  let printed: string | undefined;
  for (const fence of fencesOf(text)) {
    const { language, file, body, start, followsFence } = fence;
    let now = body;
    if (file !== undefined) writeFileSync(join(folder, file), body);
    if (language === "zasm") expect({ body, ...problems(body) }).toEqual({ body, complaints: [] });
    if (language === "sh") now = replay(folder, body);
    if (language === "text" && followsFence && printed !== undefined) {
      now = isAsShown(body, printed) ? body : printed;
    }
    printed = language === "ts" && file !== undefined ? runScript(folder, fence) : undefined;
    fresh += text.slice(at, start) + now;
    at = start + body.length;
  }
  return fresh + text.slice(at);
}

function problems(source: string): { readonly complaints: readonly string[] } {
  const result = assemble(source);
  const found = result.ok ? result.warnings : result.diagnostics;
  return { complaints: found.map(({ line, message }) => `${line}: ${message}`) };
}

describe("what is shown, happens", () => {
  beforeAll(() => void builtSource());
  test.each(PAGES)("%s", (page) => {
    const fresh = rerun(page);
    if (process.env.BLESS === "1") writeFileSync(join(ROOT, "docs", page), fresh);
    else expect(fresh).toBe(pageText(page));
  });

  test("README.md, its named scripts", () => {
    const folder = open("README.md");
    const fences = fencesOf(readFileSync(join(ROOT, "README.md"), "utf8"));
    const scripts = fences.filter(({ language, file }) => language === "ts" && file !== undefined);
    expect(scripts).toHaveLength(1);
    for (const script of scripts) {
      const printed = fences[fences.indexOf(script) + 1];
      expect(printed).toMatchObject({
        language: "text",
        followsFence: true,
        body: runScript(folder, script),
      });
    }
  });

  test("and every script has the types it claims", () => {
    const folder = join(FOLDER, "types");
    mkdirSync(folder);
    const files = PAGES.flatMap((page) =>
      fencesOf(pageText(page))
        .filter(({ language, file }) => language === "ts" && file !== undefined)
        .map(({ file = "", body }) => {
          const path = join(folder, `${page}-${file}`);
          writeFileSync(path, body);
          return path;
        }),
    );
    expect(files.length).toBeGreaterThan(3);
    const program = ts.createProgram(files, {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      customConditions: ["source"],
      allowImportingTsExtensions: true,
      noEmit: true,
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: true,
      types: ["node"],
      typeRoots: [join(ROOT, "node_modules/@types")],
      paths: {
        sinter: [join(ROOT, "src/index.ts")],
        "sinter/isolate": [join(ROOT, "src/isolate/index.ts")],
        "sinter/inspect": [join(ROOT, "src/zasm/inspect/index.ts")],
        "sinter/codec": [join(ROOT, "src/codec/index.ts")],
        "sinter/shape": [join(ROOT, "src/serde/shape/index.ts")],
      },
    });
    const complaints = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
      const text = ts.flattenDiagnosticMessageText(messageText, " ");
      return `${file?.fileName ?? ""}: ${text}`;
    });
    expect(complaints).toEqual([]);
  });

  test("a page that lies is found out", () => {
    expect(isAsShown("a … c\n…\nz\n", "a b c\nx\ny\nz\n")).toBe(true);
    expect(isAsShown("…\nz\n", "z\n")).toBe(true);
    expect(isAsShown("a … c\n", "a b d\n")).toBe(false);
    expect(isAsShown("a.c\n", "abc\n")).toBe(false);
    const folder = open("lie");
    expect(replay(folder, "$ echo one\ntwo\n$ echo three\nthree\n")).toBe(
      "$ echo one\none\n$ echo three\nthree\n",
    );
    expect(problems("LD HL, nowhere\n").complaints).toHaveLength(1);
  });
});

describe("what is listed, is all", () => {
  /** Words that a page has in code, whole or at the start. */
  const inCode = (page: string): ReadonlySet<string> =>
    new Set(
      [...pageText(page).matchAll(/`([^`\n]+)`/g)].flatMap(([, code = ""]) => [
        code,
        code.split(/[ (=:?]/)[0]!,
      ]),
    );

  test("assembly.md: directives, host calls, diagnostics", () => {
    const words = inCode("assembly.md");
    const all = [...DIRECTIVES, ...DOT_DIRECTIVES, ...HOST_CALLS.keys(), ...Object.keys(DIAGNOSTICS)];
    expect(all.filter((word) => !words.has(word))).toEqual([]);
    const listed = [...words].filter((word) => /^asm\.\w+$/.test(word));
    expect(listed.filter((word) => !Object.hasOwn(DIAGNOSTICS, word))).toEqual([]);
  });

  test("shapes.md: kinds, attributes, codes", () => {
    const text = pageText("shapes.md");
    const words = new Set(text.match(/[A-Za-z][\w.]*/g));
    const attributes = Object.values(ATTRIBUTES).flatMap((table) => Object.keys(table));
    const all = [...SCALAR_KINDS, ...KINDS_WITH_PARTS, ...attributes];
    expect(all.filter((word) => !words.has(word))).toEqual([]);
    const codes = [...text.matchAll(/^\| `(shape\.\w+)` \| (.+) \|$/gm)].map(([, code, reason]) => [
      code,
      reason,
    ]);
    const rows = Object.entries(ERRORS).filter(([code]) => SHAPE_CODE.test(code));
    expect(codes).toEqual(rows.map(([code, { reason }]) => [code, reason]));
  });

  test("telemetry.md: events and their fields", () => {
    const text = pageText("telemetry.md");
    const declared = [
      ...sourceText("core/telemetry.ts").matchAll(/^interface (\w+Event)\b[^{]*\{([^}]*)\}/gm),
    ];
    expect(declared.length).toBeGreaterThan(8);
    for (const [, name = "", body = ""] of declared) {
      const event = /readonly event: "(\w+)"/.exec(body)?.[1] ?? name;
      const row = text.split("\n").find((line) => line.startsWith(`| \`${event}\` |`)) ?? "";
      const fields = [...body.matchAll(/readonly (\w+)(\??):/g)].map(
        ([, field, optional]) => `${field}${optional}`,
      );
      const listed = [...(row.split("|")[3] ?? "").matchAll(/`(\w+\??)`/g)].map(([, field]) => field);
      expect({ event, listed }).toEqual({ event, listed: fields.filter((field) => field !== "event") });
    }
    expect(text).toContain(`at most ${MAX_RUN_EVENTS} events`);
    expect(text).toContain(`after ${MAX_SINK_FAILURES} of those`);
  });

  test("tiers.md: reasons, policy fields and options of the key", () => {
    const words = inCode("tiers.md");
    const literals = (path: string, from: RegExp, to: string): string[] => {
      const text = sourceText(path);
      const start = text.search(from);
      expect(start).toBeGreaterThanOrEqual(0);
      return [...text.slice(start, text.indexOf(to, start)).matchAll(/"([a-z_]+)"/g)].map(
        ([, word]) => word!,
      );
    };
    const reasons = [
      ...literals("zasm/jit/graph.ts", /export type GraphRefusal/, ";"),
      ...literals("zasm/runtime/code.ts", /export type Refusal/, ";"),
      ...literals("zasm/runtime/compile.ts", /export type CompileRefusal/, ";"),
      ...literals("zasm/runtime/watch.ts", /const LEAVE_REASONS/, "]"),
      ...literals("zasm/inspect/explanation.ts", /export type Reason/, ";"),
    ];
    expect(reasons.length).toBeGreaterThan(15);
    expect(reasons.filter((reason) => !words.has(reason))).toEqual([]);
    const key = sourceText("zasm/runtime/code-key.ts");
    const parts = [...key.matchAll(/^ {2}(\w+): (.*),/gm)].filter(
      ([, , rule]) => !rule!.startsWith("NOT_IN_CODE"),
    );
    expect(parts.map(([, name]) => name!).filter((name) => !words.has(name))).toEqual([]);
  });
});

test("the README links every page", () => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  for (const page of PAGES.filter((name) => name !== "verification.md"))
    expect(readme).toContain(`(docs/${page})`);
});
