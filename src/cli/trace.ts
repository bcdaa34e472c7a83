// `sinter trace` and `sinter trace diff`: a run as text, and where two such texts part.

import type { TraceOptions, TraceRecord } from "../zasm/inspect/index.ts";
import {
  diffTraces,
  TRACE_MAGIC,
  type TraceComparison,
  traceLines,
  traceModule,
} from "../zasm/inspect/index.ts";
import { CliFailure, EXIT_CODE } from "./failure.ts";
import { assertOneStdin, openFile, readInput, STANDARD } from "./files.ts";
import { type Io, paint, print, printAll } from "./io.ts";
import { readLines } from "./lines.ts";
import { fileName, printReject, refusalOf } from "./load.ts";
import { type Args, readCount, readInteger } from "./options.ts";
import { envOf, policyOf } from "./policy.ts";
import { refusalMembers, writeJsonLine } from "./record.ts";
import { LIMIT_NOTE, shown } from "./report.ts";
import type { TRACE, TRACE_DIFF } from "./specs.ts";
import { tierOf } from "./tier.ts";

export function trace({ given, operands, rest }: Args<typeof TRACE>, io: Io): number {
  const [path = STANDARD] = operands;
  assertOneStdin(path, given.stdin, given.policy);
  const policy = policyOf(io, given);
  const options = optionsOf(given, rest);
  const env = envOf(given.env, policy);
  const bytes = readInput(io, path);
  const stdin = given.stdin === undefined ? new Uint8Array(0) : readInput(io, given.stdin);
  const traced = traceModule(bytes, { ...options, policy, inputs: { ...options.inputs, ...env, stdin } });
  if (!traced.ok) {
    const failed = refusalOf(traced.failure, bytes, path, policy);
    if (given.json) writeJsonLine(io.stdout, refusalMembers(failed));
    else printReject(io, failed, path);
    return EXIT_CODE.refused;
  }
  let last: TraceRecord | undefined;
  const watched = function* () {
    for (const record of traced.records) {
      last = record;
      yield record;
    }
  };
  if (given.json)
    printAll(
      io.stdout,
      mapped(watched(), (record) => `${jsonOf(record)}\n`),
    );
  else
    printAll(
      io.stdout,
      mapped(traceLines(watched()), (line) => `${line}\n`),
    );
  if (last?.kind === "end" && last.status === "limit" && !given.json) {
    print(io.stderr, LIMIT_NOTE);
  }
  return EXIT_CODE.ok;
}

function optionsOf(given: Args<typeof TRACE>["given"], args: readonly string[]): TraceOptions {
  const count = (name: "skip" | "limit") => {
    const text = given[name];
    return text === undefined ? {} : { [name]: readInteger(`--${name}`, text, Number.MAX_SAFE_INTEGER) };
  };
  const tier = given.tier === undefined ? undefined : tierOf(given.tier);
  if (tier !== undefined && tier !== "interp" && given.every === undefined) {
    throw new CliFailure("usage.bad_value", "--tier needs --every N: only interp is traced by instruction");
  }
  return {
    ...(given.every === undefined ? {} : { every: readCount("--every", given.every) }),
    ...count("skip"),
    ...count("limit"),
    inputs: {
      ...(tier === undefined ? {} : { tier }),
      ...(given.entry === undefined ? {} : { entry: given.entry }),
      ...(args.length === 0 ? {} : { args }),
    },
  };
}

function* mapped<T>(items: Iterable<T>, text: (item: T) => string): Generator<string> {
  for (const item of items) yield text(item);
}

const jsonOf = (record: TraceRecord): string =>
  JSON.stringify(record, (_, value: unknown) =>
    typeof value === "bigint" ? `0x${value.toString(16)}` : value,
  );

/** Longest line of a trace that is read; ours are far below it. */
const MAX_LINE_BYTES = 64 * 1024;

export function traceDiff({ given, operands }: Args<typeof TRACE_DIFF>, io: Io): number {
  const [a = "", b = ""] = operands;
  if (a === STANDARD && b === STANDARD) {
    throw new CliFailure("usage.bad_value", "standard input can be only one of the two");
  }
  const files = [new TraceFile(a), new TraceFile(b)] as const;
  const compared = diffTraces(files[0].lines(io), files[1].lines(io));
  if (compared === undefined) {
    const [{ path, hint }] = files.filter((file) => !file.isTrace) as [TraceFile]; // one of them is why
    throw new CliFailure("io.read", `not a trace as \`sinter trace\` writes it${hint}`, fileName(path));
  }
  if (given.json) {
    writeJsonLine(io.stdout, [
      ["status", compared.difference === undefined ? "same" : "different"],
      ["records", compared.records],
      ["header", compared.header],
      ["difference", compared.difference],
    ]);
  } else printAll(io.stdout, report(io, fileName(a), fileName(b), compared));
  return compared.difference === undefined ? EXIT_CODE.ok : EXIT_CODE.refused;
}

/** A file that should be a trace, and what its first line says about that. */
class TraceFile {
  readonly path: string;
  #first: string | undefined;

  constructor(path: string) {
    this.path = path;
  }

  get isTrace(): boolean {
    return this.#first?.startsWith(TRACE_MAGIC) === true;
  }

  get hint(): string {
    if (this.#first === undefined) return "; it is empty";
    return this.#first.startsWith(`{"kind":"start"`) ? "; traces made with --json cannot be compared" : "";
  }

  *lines(io: Io): Generator<string> {
    const file = this.path === STANDARD ? io.stdin : openFile(this.path);
    try {
      for (const { number, bytes } of readLines((buffer) => file.read(buffer), MAX_LINE_BYTES)) {
        if (bytes === undefined) throw new CliFailure("io.read", `line ${number} is too long`, this.path);
        const line = new TextDecoder().decode(bytes);
        this.#first ??= line;
        yield line;
      }
    } finally {
      if ("close" in file) file.close();
    }
  }
}

function* report(io: Io, nameA: string, nameB: string, compared: TraceComparison): Generator<string> {
  const { difference, header, records } = compared;
  for (const { name, a, b } of header) {
    yield `${paint(io.stdout, "dim", `${name}:`)} ${shown(a)} | ${shown(b)}\n`;
  }
  const many = `${records} record${records === 1 ? "" : "s"}`;
  if (difference === undefined) {
    yield `${paint(io.stdout, "green", "same")}  ${many}\n`;
    return;
  }
  yield `${paint(io.stdout, "red", "different")}  after ${many} that are the same; ${shown(difference.differs.join(", "))}\n`;
  for (const line of difference.before) yield `  ${paint(io.stdout, "dim", shown(line))}\n`;
  const sides = [
    ["-", nameA, difference.a],
    ["+", nameB, difference.b],
  ] as const;
  for (const [mark, name, lines] of sides) {
    yield `${paint(io.stdout, mark === "-" ? "red" : "green", mark)} ${shown(name)}${lines.length === 0 ? " has ended" : ""}\n`;
    for (const line of lines) yield `${mark} ${shown(line)}\n`;
  }
}
