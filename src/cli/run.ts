// `sinter run`: one module, once. Guest output goes out as it comes; with --json it is part of the one record (D31).

import { ERRORS, type ErrorCode, failure } from "../core/errors.ts";
import { Engine } from "../zasm/runtime/engine.ts";
import type { RunInputs } from "../zasm/runtime/inputs.ts";
import type { Outcome } from "../zasm/runtime/outcome.ts";
import { CliFailure, EXIT_CODE } from "./failure.ts";
import { assertOneStdin, readFile, readInput, readStdin, STANDARD } from "./files.ts";
import { type Io, print, type Sink } from "./io.ts";
import { explain, printReject, unknownEntry } from "./load.ts";
import type { Args } from "./options.ts";
import { envOf, policyOf } from "./policy.ts";
import { failureMembers, outcomeMembers, writeJsonLine } from "./record.ts";
import { printFailure } from "./report.ts";
import type { RUN } from "./specs.ts";
import { openTelemetry } from "./telemetry.ts";
import { tierOf } from "./tier.ts";

export function run(args: Args<typeof RUN>, io: Io): number {
  try {
    return args.given.json ? runForMachines(args, io) : runForPeople(args, io);
  } catch (error) {
    // Exactly one batch record, also for what never reached the engine. Usage errors are no outcome.
    if (!(error instanceof CliFailure) || !args.given.json || !isEngineCode(error.code)) throw error;
    writeJsonLine(io.stdout, failureMembers(failure(error.code, {}, error.message)));
    return error.exitCode;
  }
}

const isEngineCode = (code: string): code is ErrorCode => Object.hasOwn(ERRORS, code);

function runForMachines(args: Args<typeof RUN>, io: Io): number {
  const { outcome } = execute(args, io, {});
  writeJsonLine(io.stdout, outcomeMembers(outcome));
  return exitCodeOf(outcome);
}

function runForPeople(args: Args<typeof RUN>, io: Io): number {
  const stdout = new PassThrough(io.stdout);
  const stderr = new PassThrough(io.stderr);
  const { outcome, path } = execute(args, io, { stdout: stdout.take, stderr: stderr.take });
  // Ours first: the engine only knows that a function threw.
  for (const { thrown } of [stdout, stderr]) if (thrown !== undefined) throw thrown;
  if (outcome.status === "ok") return EXIT_CODE.ok;
  // The trap line must not hang on to the end of a line that the guest left open.
  if (stdout.isMidLine || stderr.isMidLine) print(io.stderr, "\n");
  if (outcome.status === "reject") printReject(io, outcome, path);
  else printFailure(io, outcome.code, outcome.reason, undefined, outcome.pc);
  return exitCodeOf(outcome);
}

/** Guest output on its way out. */
class PassThrough {
  readonly #sink: Sink;
  #isMidLine = false;
  thrown: unknown;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  readonly take = (bytes: Uint8Array): void => {
    try {
      this.#sink.write(bytes);
    } catch (error) {
      this.thrown = error;
      throw error; // ends the run
    }
    this.#isMidLine = bytes.at(-1) !== 0x0a;
  };

  /** On a terminal, where the next line would be appended. */
  get isMidLine(): boolean {
    return this.#sink.isTerminal && this.#isMidLine;
  }
}

interface Executed {
  readonly outcome: Outcome;
  readonly path: string;
}

function execute(args: Args<typeof RUN>, io: Io, sinks: Pick<RunInputs, "stdout" | "stderr">): Executed {
  const { telemetry } = args.given;
  if (telemetry === undefined) return executeOn(Engine.create(), args, io, sinks);
  const output = openTelemetry(io, telemetry);
  try {
    return executeOn(Engine.create({ telemetry: output.sink }), args, io, sinks);
  } finally {
    output.close();
  }
}

function executeOn(
  engine: Engine,
  { given, operands, rest }: Args<typeof RUN>,
  io: Io,
  sinks: Pick<RunInputs, "stdout" | "stderr">,
): Executed {
  const [path = STANDARD] = operands;
  assertOneStdin(path, given.stdin, given.policy);
  const policy = policyOf(io, given);
  const tier = tierOf(given.tier ?? "auto");
  const log = logOf(given.log);
  const env = envOf(given.env, policy);
  const bytes = readInput(io, path);
  const loaded = engine.load(bytes, policy);
  if (loaded.status !== "ok") {
    return { outcome: { ...loaded, reason: explain(loaded, bytes, path) }, path };
  }
  const outcome = loaded.module
    .instantiate({
      stdin: guestStdin(),
      ...(rest.length === 0 ? {} : { args: rest }),
      ...env,
      ...(given.entry === undefined ? {} : { entry: given.entry }),
      ...sinks,
      tier,
      log,
    })
    .run();
  if (outcome.status !== "reject" || outcome.code !== "entry.unknown") return { outcome, path };
  return { outcome: { ...outcome, reason: unknownEntry(outcome, loaded.module.exports) }, path };

  function guestStdin(): Uint8Array {
    if (given.stdin !== undefined && given.stdin !== STANDARD) return readFile(given.stdin);
    if (path === STANDARD || given.policy === STANDARD) return new Uint8Array(0); // D31
    // A program that cannot ask for input never waits for it.
    const calls = loaded.status === "ok" ? loaded.module.hostCalls : [];
    if (!calls.includes("in") && !calls.includes("ctl")) return new Uint8Array(0);
    if (io.stdin.isTerminal && io.stderr.isTerminal) {
      print(io.stderr, "sinter: reading standard input up to Ctrl-D (or give --stdin FILE)\n");
    }
    return readStdin(io);
  }
}

const exitCodeOf = ({ status }: Pick<Outcome, "status">): number =>
  status === "ok" ? EXIT_CODE.ok : status === "error" ? EXIT_CODE.error : EXIT_CODE.refused;

function logOf(text = "text"): "text" | "jsonl" {
  if (text === "text" || text === "jsonl") return text;
  throw new CliFailure("usage.bad_value", `--log must be text or jsonl, not ${text}`);
}
