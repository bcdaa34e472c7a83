// `npm start`: the whole way once. An example is assembled, verified and run, metered, over a file of this
// repository, and everything that went in and came out is shown.

import { existsSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeUtf8 } from "../core/bytes.ts";
import { assemble } from "../zasm/asm/index.ts";
import { Engine } from "../zasm/runtime/engine.ts";
import { CliFailure, EXIT_CODE } from "./failure.ts";
import { readFile } from "./files.ts";
import { BrokenPipe, type Io, paint, printAll, processIo, type Sink } from "./io.ts";
import { reportFailure, shown } from "./report.ts";

/** The first one that exists is shown. */
const EXAMPLES = ["wordcount", "upper", "cat"];
const INPUTS = ["README.md", "LICENSE"];

/** Plenty for any of them, and proof that it is counted. */
const FUEL = 50_000_000;

/** Runs the demonstration and gives the exit code. Never throws. */
export async function demo(io: Io = processIo()): Promise<number> {
  try {
    printAll(io.stdout, report(io.stdout));
    return EXIT_CODE.ok;
  } catch (error) {
    if (error instanceof BrokenPipe) return EXIT_CODE.error;
    const failure = error instanceof CliFailure ? error : new CliFailure("internal", String(error));
    reportFailure(io, failure, false);
    return failure.exitCode;
  }
}

const ROOT = new URL("../../", import.meta.url);

function* report(sink: Sink): Generator<string> {
  const source = find(EXAMPLES.map((name) => `examples/${name}/${name}.zasm`));
  const input = find(INPUTS);
  const text = readFile(source.path);
  const stdin = readFile(input.path);

  const assembled = assemble(text);
  if (!assembled.ok) throw new CliFailure("internal", "the example does not assemble", source.name);
  const started = performance.now();
  const loaded = Engine.create().load(assembled.bytes, { fuel: FUEL });
  if (loaded.status !== "ok") throw new CliFailure("internal", loaded.reason, source.name);
  const verified = performance.now();
  const outcome = loaded.module.instantiate({ stdin }).run();
  const finished = performance.now();

  const row = (name: string, value: string) => `  ${paint(sink, "cyan", name.padEnd(8))} ${value}\n`;
  const dim = (value: string) => paint(sink, "dim", value);
  const count = (n: number) => n.toLocaleString("en-US");
  const ms = (from: number, to: number) => `${(to - from).toFixed(1)} ms`;

  yield `\n${paint(sink, "bold", "sinter")}  runs untrusted programs inside a TypeScript process\n\n`;
  yield row("program", `${source.name}  ${dim(`${count(text.length)} bytes of assembly`)}`);
  yield row(
    "module",
    `${count(assembled.bytes.length)} bytes  ${dim(`sha256 ${loaded.module.sha256.slice(0, 16)}…`)}`,
  );
  yield row("input", `${input.name}  ${dim(`${count(stdin.length)} bytes`)}`);
  yield* preview(sink, stdin);
  yield row("output", dim(`${count(outcome.stdout.length)} bytes`));
  yield* preview(sink, outcome.stdout);
  const how = outcome.status === "ok" ? paint(sink, "green", "returned") : paint(sink, "red", outcome.code);
  yield row("status", how);
  yield row("fuel", `${count(outcome.fuelUsed ?? 0)} of ${count(FUEL)} units`);
  yield row(
    "tier",
    `${outcome.tier ?? "none"}  ${dim(`verified in ${ms(started, verified)}, ran in ${ms(verified, finished)}`)}`,
  );
  yield "\n  Next:\n";
  const bin = "node bin/sinter.js";
  for (const command of [
    `${bin} asm ${source.name} -o - | ${bin} run - --stdin ${input.name}`,
    `${bin} help`,
    "npm test",
  ]) {
    yield `    ${paint(sink, "bold", command)}\n`;
  }
  yield "\n";
}

function find(names: readonly string[]): { name: string; path: string } {
  for (const name of names) {
    const path = fileURLToPath(new URL(name, ROOT));
    if (existsSync(path)) return { name: relative(process.cwd(), path), path };
  }
  throw new CliFailure("io.not_found", "the demonstration needs one of these", names.join(", "));
}

const PREVIEW_LINES = 3;
const PREVIEW_COLUMNS = 76;

/** The first lines that say something. */
function* preview(sink: Sink, bytes: Uint8Array): Generator<string> {
  const text = decodeUtf8(bytes) ?? Buffer.from(bytes).toString("latin1");
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const bar = paint(sink, "dim", "│");
  for (const line of lines.slice(0, PREVIEW_LINES)) {
    const cut = line.length > PREVIEW_COLUMNS ? `${line.slice(0, PREVIEW_COLUMNS - 1)}…` : line;
    yield `  ${bar} ${shown(cut)}\n`;
  }
  if (lines.length > PREVIEW_LINES)
    yield `  ${bar} ${paint(sink, "dim", `… ${lines.length - PREVIEW_LINES} more`)}\n`;
}
