// The registry of failure codes against the repository: every code is raised somewhere in src, expected by some
// test, and nothing else is raised.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { ERRORS } from "../src/index.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

interface Source {
  readonly name: string;
  readonly text: string;
}

/** Files below `folder`. TypeScript without its comments: a code in prose raises and tests nothing. */
function sources(folder: string, accepts: (name: string) => boolean): Source[] {
  return readdirSync(`${ROOT}${folder}`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      `${entry.parentPath}/${entry.name}`.replaceAll("\\", "/").replace(ROOT.replaceAll("\\", "/"), ""),
    )
    .filter(accepts)
    .map((name) => {
      const text = readFileSync(`${ROOT}${name}`, "utf8");
      return { name, text: name.endsWith(".ts") ? withoutComments(text) : text };
    });
}

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[\s;{}(,])\/\/.*$/gm, "$1");

const isTest = (name: string): boolean => name.endsWith(".test.ts");
// Where codes are defined or listed, not raised or expected.
const LISTS = ["src/core/errors.ts", "test/registry.test.ts", "test/robustness/outcome-schema.ts"];
const notListed = (name: string): boolean => !LISTS.includes(name);

const CODE = sources("src", (name) => name.endsWith(".ts") && !isTest(name) && notListed(name));
const TESTS = [
  ...sources("src", isTest),
  ...sources("test", (name) => notListed(name) && (isTest(name) || !name.endsWith(".ts"))),
];

/** A code as a string literal; in case files, as a word. */
function mentions(file: Source, code: string): boolean {
  if (file.name.endsWith(".ts")) return file.text.includes(`"${code}"`);
  return file.text.split(/[^a-z0-9_.]+/).includes(code);
}

/** Codes that no file mentions. */
const missing = (codes: readonly string[], files: readonly Source[]): string[] =>
  codes.filter((code) => !files.some((file) => mentions(file, code)));

/** String literals in code that look like failure codes and are none. */
const unregistered = (codes: readonly string[], files: readonly Source[]): string[] => {
  const areas = new Set(codes.filter((code) => code.includes(".")).map((code) => code.split(".")[0]!));
  const literals = files.flatMap((file) => [...file.text.matchAll(/"([a-z]+)\.[a-z][a-z0-9_]*"/g)]);
  const found = literals.filter(([, area]) => areas.has(area!)).map(([literal]) => literal.slice(1, -1));
  return [...new Set(found)].filter((code) => !codes.includes(code));
};

const CODES = Object.keys(ERRORS);
/** Only a command line can raise it: listed in src/cli/failure.ts, not in the engine's registry. */
const CLI_CODES = ["io.write"];

// z[verify vm.error.field.code] z[verify vm.goal.stable-contract]
describe("every code", () => {
  test("is raised somewhere in src", () => {
    expect(missing(CODES, CODE)).toEqual([]);
  });

  test("is expected by some test", () => {
    expect(missing(CODES, TESTS)).toEqual([]);
  });

  test("is registered", () => {
    expect(unregistered([...CODES, ...CLI_CODES], CODE)).toEqual([]);
  });

  test("planted: a code nobody raises, nobody expects, or nobody registered is noticed", () => {
    expect(missing([...CODES, "trap.planted"], CODE)).toEqual(["trap.planted"]);
    expect(missing([...CODES, "trap.planted"], TESTS)).toContain("trap.planted");
    const raised = { name: "src/x.ts", text: 'failure("trap.planted")' };
    expect(unregistered([...CODES, ...CLI_CODES], [...CODE, raised])).toEqual(["trap.planted"]);
    expect(missing(["trap.planted"], [raised])).toEqual([]);
    const prose = { name: "src/x.ts", text: withoutComments('// says "trap.planted"\n/* "trap.planted" */') };
    expect(missing(["trap.planted"], [prose])).toEqual(["trap.planted"]);
    expect(missing(["trap.oob"], [{ name: "a.case", text: "trap.oobs at 4" }])).toEqual(["trap.oob"]);
  });
});
