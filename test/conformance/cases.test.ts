// Every file under test/cases, and what fuzzing found under test/regressions, in every tier. A failure prints each difference with its file and line.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { EXECUTORS } from "./execute.ts";
import { parseCaseFile } from "./format.ts";
import { runCaseFile } from "./run.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FOLDERS = ["cases", "regressions"];
const MOST_SHOWN = 12;

const names = FOLDERS.filter((folder) => existsSync(join(ROOT, folder)))
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  )
  .filter((name) => name.endsWith(".case"))
  .map((name) => name.split(sep).join("/"))
  .sort();

describe.each(EXECUTORS)("$tier", (executor) => {
  test.each(names)("%s", (name) => {
    const file = parseCaseFile(name, readFileSync(join(ROOT, name), "utf8"));
    const complaints = runCaseFile(file, executor);
    const more = complaints.length - MOST_SHOWN;
    const shown = complaints.slice(0, MOST_SHOWN).join("\n") + (more > 0 ? `\n… and ${more} more` : "");
    expect(complaints.length, `${file.title}\n${shown}`).toBe(0);
  });
});
