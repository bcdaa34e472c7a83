// The command table. A command's code is imported when it is called, so that starting up costs the same for all.

import { type Help, printHelp } from "./help.ts";
import type { Io } from "./io.ts";
import { type Args, type Options, parseArguments } from "./options.ts";
import {
  ASM,
  BATCH,
  CHECK,
  CONVERT,
  DISASM,
  EXPLAIN,
  INSPECT,
  PROGRAM,
  RUN,
  SHAPE_COMPAT,
  SHAPE_INFER,
  TRACE,
  TRACE_DIFF,
  VERIFY,
} from "./specs.ts";

export interface Command extends Help {
  /** Gives the exit code. */
  run(argv: readonly string[], io: Io): Promise<number>;
}

type Run<O extends Options> = (args: Args<O>, io: Io) => number | Promise<number>;

function command<O extends Options>(
  help: Help & { readonly options: O },
  load: () => Promise<Run<O>>,
): Command {
  return {
    ...help,
    async run(argv, io) {
      const args = parseArguments(help, argv);
      if (args.wantsHelp) {
        printHelp(io.stdout, help);
        return 0;
      }
      return (await load())(args, io);
    },
  };
}

export const COMMANDS: readonly Command[] = [
  command(
    {
      name: "run",
      summary: "run a module: stdin in, stdout and stderr out",
      operands: ["MODULE"],
      required: 1,
      rest: "ARGS",
      options: RUN,
      notes: [
        "`-` reads the module from standard input; the program then has an empty one unless --stdin is given.",
        "Exit code: 0 returned, 1 trap or refused, 2 usage or unreadable file, 3 the host's side failed.",
      ],
    },
    async () => (await import("./run.ts")).run,
  ),
  command(
    {
      name: "verify",
      summary: "check a module without running it",
      operands: ["MODULE"],
      required: 1,
      options: VERIFY,
    },
    async () => (await import("./verify.ts")).verify,
  ),
  command(
    {
      name: "asm",
      summary: "assemble text, IR or opcode JSON Lines into a module",
      operands: ["SOURCE"],
      required: 1,
      options: ASM,
      notes: ["`-` reads the source from standard input and writes the module to standard output."],
    },
    async () => (await import("./asm.ts")).asm,
  ),
  command(
    {
      name: "disasm",
      summary: "turn a module into text that assembles to the same bytes",
      operands: ["MODULE"],
      required: 1,
      options: DISASM,
    },
    async () => (await import("./disasm.ts")).disasm,
  ),
  command(
    {
      name: "inspect",
      summary: "show what is in a module: sections, exports, host calls, blocks",
      operands: ["MODULE"],
      required: 1,
      options: INSPECT,
    },
    async () => (await import("./inspect.ts")).inspect,
  ),
  command(
    {
      name: "explain",
      summary: "show what the tiers make of a module: why, at what cost, and the code",
      operands: ["MODULE"],
      required: 1,
      rest: "ARGS",
      options: EXPLAIN,
      notes: [
        "A tier is where code runs once it is hot; everything starts in interp.",
        "Exit code: 0 explained, whatever a --run came to, 1 refused, 2 usage or unreadable file.",
      ],
    },
    async () => (await import("./explain.ts")).explain,
  ),
  command(
    {
      name: "trace",
      summary: "write down a run, instruction by instruction or at fuel checkpoints",
      operands: ["MODULE"],
      required: 1,
      rest: "ARGS",
      options: TRACE,
      notes: [
        "The text is the same wherever the run is the same: keep it, and compare it with `sinter trace diff A B`.",
        "Tiers other than interp are traced with --every N: the state after each N units of fuel.",
        "Exit code: 0 traced, whatever the run came to, 1 refused, 2 usage or unreadable file.",
      ],
    },
    async () => (await import("./trace.ts")).trace,
  ),
  command(
    {
      name: "trace diff",
      summary: "find the first difference between two traces",
      operands: ["A", "B"],
      required: 2,
      options: TRACE_DIFF,
      notes: ["Exit code: 0 the same, 1 different, 2 usage or not a trace."],
    },
    async () => (await import("./trace.ts")).traceDiff,
  ),
  command(
    {
      name: "batch",
      summary: "run many modules: JSON Lines in, JSON Lines out",
      operands: ["FILE"],
      required: 0,
      options: BATCH,
      notes: [
        'In:  {"id":…, "module":"path" | "moduleBase64":"…", "stdin":"path" | "stdinBase64":"…",',
        '      "policy":{…}, "tier":"…", "entry":"…", "state":true}; only the module is needed.',
        "Out: one record per line, same order, flushed one by one. FILE defaults to standard input.",
      ],
    },
    async () => (await import("./batch.ts")).batch,
  ),
  command(
    {
      name: "convert",
      summary: "turn a document of a shape into another format",
      operands: ["FILE"],
      required: 0,
      options: CONVERT,
      notes: [
        "With --batch, JSON Lines in, JSON Lines out, same order, flushed one by one:",
        'In:  {"id":…, "shape":{…}, "from":"json", "to":"postcard" | "none", "dataBase64":"…", "tier":"interp",',
        '      "options":{"deterministic":true, "limits":{"maxDepth":64}}}; id, tier and options may be left out.',
        'Out: {"id":…, "status":"ok" | "error", "dataBase64":"…", "stage":"shape" | "decode" | "encode",',
        '      "code":"…", "offset":7, "path":"$.lines[2].qty", "pc":"f0:b3:2", "reason":"…", "tier":"interp"}',
        "Exit code: 0 converted, 1 refused, 2 usage, unreadable file or bad shape; with --batch 0 if every line",
        "was answered.",
      ],
    },
    async () => (await import("./convert.ts")).convert,
  ),
  command(
    {
      name: "check",
      summary: "check documents against a shape",
      operands: ["FILE"],
      required: 1,
      many: true,
      options: CHECK,
      notes: [
        "FILE.json, FILE.postcard, FILE.msgpack and FILE.cbor tell their format.",
        "Exit code: 0 all are of the shape, 1 some are not, 2 usage, unreadable file or bad shape.",
      ],
    },
    async () => (await import("./check.ts")).check,
  ),
  command(
    {
      name: "program",
      summary: "show what a shape and a format are compiled to",
      operands: [],
      required: 0,
      options: PROGRAM,
      notes: [
        "--check says whether a program may run: verified against the shape, or refused with a code and a position.",
        "Exit code: 0 shown or verified, 1 refused, or the format cannot carry the shape, 2 usage, unreadable file or",
        "bad shape.",
      ],
    },
    async () => (await import("./program.ts")).program,
  ),
  command(
    {
      name: "shape infer",
      summary: "make a shape that sample documents in JSON fit",
      operands: ["FILE"],
      required: 1,
      many: true,
      options: SHAPE_INFER,
    },
    async () => (await import("./shape.ts")).shapeInfer,
  ),
  command(
    {
      name: "shape compat",
      summary: "find where one shape cannot read what another wrote",
      operands: ["WRITER", "READER"],
      required: 2,
      options: SHAPE_COMPAT,
      notes: ["Exit code: 0 it reads everything, 1 it does not, 2 usage, unreadable file or bad shape."],
    },
    async () => (await import("./shape.ts")).shapeCompat,
  ),
];
