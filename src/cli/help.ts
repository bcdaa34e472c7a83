// Help texts, printed from the same specifications that parsing uses.

import { paint, print, type Sink } from "./io.ts";
import { HELP, type OptionSpec, type Syntax } from "./options.ts";

export interface Help extends Syntax {
  readonly summary: string;
  /** Lines below the options. */
  readonly notes?: readonly string[];
}

function usageOf({ name, operands, required, many, rest }: Syntax): string {
  const words = operands.map((operand, i) => {
    const word = many && i === operands.length - 1 ? `${operand}…` : operand;
    return i < required ? word : `[${word}]`;
  });
  return ["sinter", name, ...words, "[options]", ...(rest === undefined ? [] : [`[-- ${rest}…]`])].join(" ");
}

export function printHelp(sink: Sink, help: Help): void {
  const rows = Object.entries({ ...help.options, ...HELP }).map(([name, spec]) => [
    spelled(name, spec),
    spec.doc,
  ]);
  const lines = [
    `${paint(sink, "bold", usageOf(help))}`,
    "",
    `  ${help.summary}`,
    "",
    ...table(sink, rows),
    ...(help.notes === undefined ? [] : ["", ...help.notes.map((note) => `  ${note}`)]),
  ];
  print(sink, `${lines.join("\n")}\n`);
}

function spelled(name: string, spec: OptionSpec): string {
  const short = spec.short === undefined ? "    " : `-${spec.short}, `;
  return `${short}--${name}${spec.kind === "flag" ? "" : ` ${spec.placeholder}`}`;
}

/** Rows of two columns, the first one emphasised. */
function table(sink: Sink, rows: readonly (readonly string[])[]): string[] {
  const width = Math.max(...rows.map(([first = ""]) => first.length));
  return rows.map(([first = "", second = ""]) => `  ${paint(sink, "cyan", first.padEnd(width))}  ${second}`);
}

export function printOverview(sink: Sink, version: string, commands: readonly Help[]): void {
  const rows = commands.map(({ name, summary }) => [name, summary]);
  const lines = [
    `${paint(sink, "bold", `sinter ${version}`)}  run untrusted programs and read untrusted data, metered and repeatable`,
    "",
    "  sinter COMMAND [options]",
    "",
    ...table(sink, [...rows, ["help", "show this, or the help of a command: sinter help run"]]),
    "",
    "  Every command takes --json for machines, --help for people, and - for standard input.",
    "  Exit code: 0 fine, 1 trap or refused, 2 usage or unreadable file, 3 the host's side failed.",
  ];
  print(sink, `${lines.join("\n")}\n`);
}
