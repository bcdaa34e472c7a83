// `sinter explain`: which tier has code for what and why, what it costs, and the code itself.

import { basename } from "node:path";
import { encodeUtf8 } from "../core/bytes.ts";
import {
  type ExplainOptions,
  type Explanation,
  explainModule,
  explanationPage,
  explanationText,
  isMeant,
} from "../zasm/inspect/index.ts";
import { CliFailure, EXIT_CODE } from "./failure.ts";
import { assertOneStdin, readInput, STANDARD, writeOutput } from "./files.ts";
import { type Io, paint, print, printAll } from "./io.ts";
import { fileName, printReject, refusalOf } from "./load.ts";
import { type Args, type Given, readCount } from "./options.ts";
import { envOf, policyOf } from "./policy.ts";
import { refusalMembers, writeJsonLine } from "./record.ts";
import { LIMIT_NOTE, shown } from "./report.ts";
import type { EXPLAIN } from "./specs.ts";
import { tierOf } from "./tier.ts";

export function explain({ given, operands, rest }: Args<typeof EXPLAIN>, io: Io): number {
  const [path = STANDARD] = operands;
  assertOneStdin(path, given.stdin, given.policy);
  const policy = policyOf(io, given);
  const tier = given.tier === undefined ? "auto" : tierOf(given.tier);
  const env = envOf(given.env, policy);
  assertMeant(given, rest);
  const limit = given.limit === undefined ? undefined : readCount("--limit", given.limit);
  const bytes = readInput(io, path);
  const options: ExplainOptions = {
    policy,
    ...(tier === "auto" ? {} : { tier }),
    ...(given.entry === undefined ? {} : { entry: given.entry }),
    ...(limit === undefined ? {} : { limit }),
    ...(given.run ? { run: { ...runInputs(given, rest, io), ...env } } : {}),
  };
  const explained = explainModule(bytes, options);
  if (!explained.ok) {
    const failed = refusalOf(explained.failure, bytes, path, policy);
    if (given.json) writeJsonLine(io.stdout, refusalMembers(failed));
    else printReject(io, failed, path);
    return EXIT_CODE.refused;
  }
  write(explained.explanation, path, given, io);
  if (explained.explanation.run?.status === "limit" && !given.json) print(io.stderr, LIMIT_NOTE);
  return EXIT_CODE.ok;
}

function write(explanation: Explanation, path: string, given: Given<typeof EXPLAIN>, io: Io): void {
  const { html, function: only, json, summary = false } = given;
  if (html !== undefined) {
    const page = encodeUtf8(explanationPage(explanation, { title: basename(fileName(path)) }));
    if (html === STANDARD) io.stdout.write(page);
    else writeOutput(html, page);
    if (html !== STANDARD && !json) print(io.stdout, `wrote ${shown(html)}, ${page.length} bytes\n`);
  }
  if (only !== undefined && !explanation.functions.some((fn) => isMeant(fn, only))) {
    throw new CliFailure("usage.bad_value", `the module has no function ${shown(only)}`);
  }
  if (json) writeJsonLine(io.stdout, Object.entries({ status: "ok", ...explanation, out: html }));
  else if (html === undefined) {
    const text = explanationText(explanation, {
      paint: (style, words) => paint(io.stdout, style, words),
      summary,
      ...(only === undefined ? {} : { only }),
    });
    printAll(io.stdout, text);
  }
}

/** What is given must do something. */
function assertMeant({ run, html, json, ...given }: Given<typeof EXPLAIN>, args: readonly string[]): void {
  const idle = (what: string, why: string) => new CliFailure("usage.bad_value", `${what} ${why}`);
  if (!run) {
    for (const name of ["stdin", "limit", "env"] as const) {
      if (given[name] !== undefined) throw idle(`--${name}`, "does nothing without --run");
    }
    if (args.length > 0) throw idle("arguments for the program", "do nothing without --run");
  }
  if (json && html === STANDARD) throw idle("--html - and --json", "both write to standard output");
  for (const name of ["summary", "function"] as const) {
    if (given[name] === undefined) continue;
    if (html !== undefined) throw idle(`--${name}`, "does nothing with --html, which shows everything");
    if (json) throw idle(`--${name}`, "does nothing with --json, which gives everything");
  }
}

function runInputs(given: Given<typeof EXPLAIN>, args: readonly string[], io: Io) {
  const stdin = given.stdin === undefined ? new Uint8Array(0) : readInput(io, given.stdin);
  return { stdin, ...(args.length === 0 ? {} : { args }) };
}
