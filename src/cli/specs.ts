// The options of every command, apart from the commands themselves so that help needs none of them.

import type { Options } from "./options.ts";
import { POLICY_FILE, POLICY_FLAGS } from "./policy-flags.ts";

const JSON_FLAG = { json: { kind: "flag", doc: "one JSON object on stdout, for machines" } } as const;
const OUT = (doc: string) => ({ kind: "value", short: "o", placeholder: "FILE", doc }) as const;
const ENV = {
  env: {
    kind: "values",
    placeholder: "K=V",
    doc: "one environment entry (with --allow-env); may be repeated",
  },
} as const;
const STRICT_ENCODING = POLICY_FLAGS["strict-encoding"];

export const RUN = {
  ...POLICY_FLAGS,
  tier: { kind: "value", placeholder: "TIER", doc: "auto (default), interp, baseline, opt or native" },
  entry: { kind: "value", placeholder: "NAME", doc: "start at this export instead of the module's entry" },
  stdin: { kind: "value", placeholder: "FILE", doc: "what the program reads; default: standard input" },
  ...ENV,
  log: { kind: "value", placeholder: "FORM", doc: "program log lines as text (default) or jsonl" },
  telemetry: {
    kind: "value",
    placeholder: "FILE",
    doc: "what the engine did, as JSON Lines; - = standard error",
  },
  ...JSON_FLAG,
} as const satisfies Options;

export const VERIFY = {
  ...POLICY_FILE,
  strict: { kind: "flag", doc: "refuse bytes after the module" },
  "strict-encoding": STRICT_ENCODING,
  ...JSON_FLAG,
} as const satisfies Options;

export const ASM = {
  out: OUT("where the module goes; default: SOURCE with .zasm.bin; - = standard output"),
  "mem-base": { kind: "value", placeholder: "N", doc: "guest address the data is for; default 0" },
  entry: { kind: "value", placeholder: "NAME", doc: "label to start at; default: the first instruction" },
  impt: { kind: "flag", doc: "declare the host calls used (IMPT)" },
  expt: { kind: "flag", doc: "export PUBLIC labels (EXPT)" },
  mem: { kind: "value", placeholder: "MIN[,MAX]", doc: "declare the memory needed (MEM), in bytes" },
  escapes: { kind: "flag", doc: "\\n \\t \\xNN and the like in strings mean what they say" },
  ...JSON_FLAG,
} as const satisfies Options;

export const DISASM = {
  out: OUT("where the text goes; default: standard output"),
  ...JSON_FLAG,
} as const satisfies Options;

export const INSPECT = {
  ...POLICY_FILE,
  blocks: { kind: "flag", doc: "list every basic block" },
  ...JSON_FLAG,
} as const satisfies Options;

export const EXPLAIN = {
  ...POLICY_FLAGS,
  tier: { kind: "value", placeholder: "TIER", doc: "the fastest tier to show: interp, baseline or opt" },
  function: {
    kind: "value",
    placeholder: "NAME",
    doc: "only this function: a label, an export or a pc as shown",
  },
  summary: { kind: "flag", doc: "no code" },
  html: { kind: "value", placeholder: "FILE", doc: "write one self-contained page" },
  run: { kind: "flag", doc: "run the program too: what is hot, what its tiers did" },
  limit: {
    kind: "value",
    placeholder: "N",
    doc: "with --run: stop after N units; default 200000000, or what --fuel says",
  },
  entry: { kind: "value", placeholder: "NAME", doc: "start at this export instead of the module's entry" },
  stdin: { kind: "value", placeholder: "FILE", doc: "what the program reads with --run; default: nothing" },
  ...ENV,
  ...JSON_FLAG,
} as const satisfies Options;

export const TRACE = {
  ...POLICY_FLAGS,
  tier: { kind: "value", placeholder: "TIER", doc: "with --every: auto, interp, baseline, opt or native" },
  entry: { kind: "value", placeholder: "NAME", doc: "start at this export instead of the module's entry" },
  stdin: { kind: "value", placeholder: "FILE", doc: "what the program reads; default: nothing" },
  ...ENV,
  every: {
    kind: "value",
    placeholder: "N",
    doc: "one record each N units of fuel, instead of each instruction",
  },
  skip: {
    kind: "value",
    placeholder: "N",
    doc: "run N instructions (N units with --every) before the first",
  },
  limit: { kind: "value", placeholder: "N", doc: "stop after N records; default 100000" },
  json: { kind: "flag", doc: "JSON Lines on stdout, one record each, for machines" },
} as const satisfies Options;

export const TRACE_DIFF = { ...JSON_FLAG } as const satisfies Options;

export const BATCH = {
  fuel: { kind: "value", placeholder: "N", doc: "fuel for lines whose policy has none" },
  json: { kind: "flag", doc: "errors of the command itself as JSON too; answers always are" },
} as const satisfies Options;

const SHAPE = {
  shape: { kind: "value", placeholder: "FILE", doc: "the shape, in its JSON form; - = standard input" },
} as const;
const DETERMINISTIC = {
  deterministic: { kind: "flag", doc: "CBOR: write the one deterministic form, and accept nothing else" },
} as const;
const FORMAT = (doc: string) => ({ kind: "value", placeholder: "FORMAT", doc }) as const;

export const CONVERT = {
  ...SHAPE,
  from: FORMAT("json, postcard, msgpack or cbor"),
  to: FORMAT("the same, or none to check only"),
  ...DETERMINISTIC,
  out: OUT("where the document goes; default: standard output"),
  batch: { kind: "flag", doc: "FILE holds requests, one JSON object per line" },
  ...JSON_FLAG,
} as const satisfies Options;

export const CHECK = {
  ...SHAPE,
  format: FORMAT("json, postcard, msgpack or cbor; default: by the name of each FILE, else json"),
  ...DETERMINISTIC,
  json: { kind: "flag", doc: "one JSON object per FILE on stdout, for machines" },
} as const satisfies Options;

export const PROGRAM = {
  ...SHAPE,
  format: FORMAT("json, postcard, msgpack or cbor"),
  direction: { kind: "value", placeholder: "WAY", doc: "decode (default) or encode" },
  ...DETERMINISTIC,
  check: {
    kind: "value",
    placeholder: "FILE",
    doc: "verify this program, in text or binary form, against the shape",
  },
  binary: { kind: "flag", doc: "the binary form instead of text" },
  out: OUT("where the program goes; default: standard output"),
  ...JSON_FLAG,
} as const satisfies Options;

export const SHAPE_INFER = {
  lines: { kind: "flag", doc: "each line of a FILE is a document" },
  out: OUT("where the shape goes; default: standard output"),
  ...JSON_FLAG,
} as const satisfies Options;

export const SHAPE_COMPAT = {
  format: FORMAT("json, postcard, msgpack or cbor"),
  ...JSON_FLAG,
} as const satisfies Options;
