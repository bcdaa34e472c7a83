// The `sinter` command: finds the command, runs it, and turns whatever went wrong into one line and an exit code.

import { readFileSync } from "node:fs";
import { COMMANDS } from "./commands.ts";
import { CliFailure, EXIT_CODE } from "./failure.ts";
import { printHelp, printOverview } from "./help.ts";
import { BrokenPipe, type Io, print, processIo } from "./io.ts";
import { suggestion } from "./nearest.ts";
import { reportFailure } from "./report.ts";

/** Runs the command line and gives the exit code (D30). Never throws. */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<number> {
  const end = argv.indexOf("--");
  const json = (end < 0 ? argv : argv.slice(0, end)).includes("--json");
  try {
    return await dispatch(argv, io, json);
  } catch (error) {
    // Nobody reads what we write any more; `sinter … | head` is no reason to complain, and not a success either.
    if (error instanceof BrokenPipe) return EXIT_CODE.error;
    const failure = error instanceof CliFailure ? error : new CliFailure("internal", describe(error));
    try {
      reportFailure(io, failure, json);
    } catch {
      // the message has nowhere to go; the exit code still says it
    }
    return failure.exitCode;
  }
}

/** One line about an unexpected exception; its stack is of no use to whoever reads it. */
const describe = (error: unknown): string =>
  error instanceof Error ? `a bug in sinter: ${error.name}: ${error.message}` : "a bug in sinter";

async function dispatch(argv: readonly string[], io: Io, json: boolean): Promise<number> {
  const [name, ...rest] = argv;
  switch (name) {
    case undefined:
      printOverview(io.stderr, version(), COMMANDS);
      return EXIT_CODE.usage;
    case "help":
    case "--help":
    case "-h":
      return help(rest, io, json);
    case "--version":
    case "-V":
      print(io.stdout, json ? `${JSON.stringify({ version: version() })}\n` : `sinter ${version()}\n`);
      return EXIT_CODE.ok;
  }
  const [second, ...others] = rest;
  const pair = COMMANDS.find((known) => known.name === `${name} ${second}`);
  return pair === undefined ? find(name).run(rest, io) : pair.run(others, io);
}

function find(name: string) {
  const command = COMMANDS.find((known) => known.name === name);
  if (command !== undefined) return command;
  const hint = /\.zasm\.bin$/.test(name)
    ? `; did you mean sinter run ${name}?`
    : /\.(zasm|asm)$/.test(name)
      ? `; did you mean sinter asm ${name}?`
      : suggestion(name, [...COMMANDS.map((known) => known.name), "help"]) || "; see sinter help";
  const what = name.startsWith("-") ? "option" : "command";
  throw new CliFailure(
    what === "option" ? "usage.unknown_option" : "usage.unknown_command",
    `there is no ${what} ${name}${hint}`,
  );
}

function help(argv: readonly string[], io: Io, json: boolean): number {
  const names = argv.filter((word) => word !== "--json");
  // `trace diff` is one command of two words.
  const pair = names.slice(0, 2).join(" ");
  const [name, ...more] = COMMANDS.some((known) => known.name === pair) ? [pair, ...names.slice(2)] : names;
  const commands = name === undefined ? COMMANDS : [find(name)];
  if (more[0] !== undefined)
    throw new CliFailure("usage.extra_argument", `unexpected argument ${more[0]}; see sinter help ${name}`);
  if (json) {
    const described = commands.map(({ name, summary, operands, options }) => ({
      name,
      summary,
      operands,
      options,
    }));
    print(io.stdout, `${JSON.stringify({ version: version(), commands: described })}\n`);
  } else if (name === undefined) printOverview(io.stdout, version(), COMMANDS);
  else for (const command of commands) printHelp(io.stdout, command);
  return EXIT_CODE.ok;
}

/** package.json stands two folders up from src/cli and from dist/cli alike. */
function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version; // our own file
}
