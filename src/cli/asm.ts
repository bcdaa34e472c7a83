// `sinter asm`: source to module file. What is wrong with the source is shown with its line and a caret.

import { sha256Hex } from "#sha256";
import { decodeUtf8 } from "../core/bytes.ts";
import { type AsmOptions, assemble, type Diagnostic } from "../zasm/asm/index.ts";
import { MAGIC, VERSION } from "../zasm/container/format.ts";
import { excerpt } from "./excerpt.ts";
import { CliFailure, EXIT_CODE } from "./failure.ts";
import { readInput, STANDARD, writeOutput } from "./files.ts";
import { type Io, paint, print, type Sink } from "./io.ts";
import { fileName } from "./load.ts";
import { type Args, readAddress, readInteger } from "./options.ts";
import { writeJsonLine } from "./record.ts";
import { printFailure, shown } from "./report.ts";
import type { ASM } from "./specs.ts";

export function asm({ given, operands }: Args<typeof ASM>, io: Io): number {
  const [path = STANDARD] = operands;
  const options = optionsOf(given);
  const out = given.out ?? (path === STANDARD ? STANDARD : outputOf(path));
  const source = readInput(io, path);
  const result = assemble(source, options);
  const found = result.ok ? result.warnings : result.diagnostics;
  const hint =
    !result.ok && isModule(source)
      ? `this is a module, not source; for its text: sinter disasm ${path === STANDARD ? "MODULE" : path}`
      : undefined;
  const diagnostics = hint === undefined ? found : found.slice(0, 1).map((d) => ({ ...d, message: hint }));
  const [first] = diagnostics.filter(({ severity }) => severity === "error");
  if (!given.json) {
    if (hint === undefined) printDiagnostics(io.stderr, fileName(path), source, diagnostics);
    else printFailure(io, first?.code ?? "internal", hint, fileName(path));
  }
  if (!result.ok) {
    if (given.json) {
      const members = [
        ["status", "reject"],
        ["code", first?.code],
        ["reason", first?.message],
      ] as const;
      writeJsonLine(io.stdout, [...members, ["diagnostics", diagnostics]]);
    }
    return EXIT_CODE.refused;
  }
  const { bytes } = result;
  if (out !== STANDARD) writeOutput(out, bytes);
  if (given.json) {
    writeJsonLine(io.stdout, [
      ["status", "ok"],
      ["out", out === STANDARD ? undefined : out],
      ["moduleBase64", out === STANDARD ? bytes : undefined],
      ["bytes", bytes.length],
      ["sha256", sha256Hex(bytes)],
      ["diagnostics", diagnostics],
    ]);
  } else if (out !== STANDARD) print(io.stdout, `wrote ${shown(out)}, ${bytes.length} bytes\n`);
  else if (io.stdout.isTerminal) {
    throw new CliFailure("usage.bad_value", "a module is no text for a terminal; give -o FILE or pipe it on");
  } else io.stdout.write(bytes);
  return EXIT_CODE.ok;
}

/** No source starts like this. */
function isModule(source: Uint8Array): boolean {
  if (source.length < 8) return false;
  const view = new DataView(source.buffer, source.byteOffset);
  return view.getUint32(0, true) === MAGIC && view.getUint32(4, true) === VERSION;
}

/** `x.zasm`, `x.asm`, `x.jsonl` and `x` all become `x.zasm.bin`. */
const outputOf = (path: string): string => `${path.replace(/\.(zasm|asm|s|jsonl|ir)$/, "")}.zasm.bin`;

function optionsOf(given: Args<typeof ASM>["given"]): AsmOptions {
  const memBase = given["mem-base"];
  if (memBase !== undefined && readAddress("--mem-base", memBase) % 8n !== 0n) {
    throw new CliFailure("usage.bad_value", `--mem-base must be a multiple of 8, not ${memBase}`);
  }
  return {
    ...(memBase === undefined ? {} : { memBase: readAddress("--mem-base", memBase) }),
    ...(given.entry === undefined ? {} : { entry: given.entry }),
    ...(given.impt ? { impt: true } : {}),
    ...(given.expt ? { expt: true } : {}),
    ...(given.escapes ? { escapes: true } : {}),
    ...(given.mem === undefined ? {} : { mem: memoryOf(given.mem) }),
  };
}

function memoryOf(text: string): { minBytes: number; maxBytes: number } {
  const [min = "", max = "0", ...more] = text.split(",");
  if (more.length > 0) throw new CliFailure("usage.bad_value", `--mem must be MIN or MIN,MAX, not ${text}`);
  const read = (part: string) => readInteger("--mem", part, 0xffff_ffff);
  return { minBytes: read(min), maxBytes: read(max) };
}

function printDiagnostics(
  sink: Sink,
  file: string,
  source: Uint8Array,
  diagnostics: readonly Diagnostic[],
): void {
  if (diagnostics.length === 0) return;
  const wanted = new Set(diagnostics.map(({ line }) => line));
  const lines = sourceLines(source, wanted);
  for (const { severity, code, message, line, column, length } of diagnostics) {
    const word = paint(sink, severity === "error" ? "red" : "yellow", severity);
    const tail = paint(sink, "dim", `[${code}]`);
    print(sink, `${shown(file)}:${line}:${column}: ${word}: ${shown(message)} ${tail}\n`);
    print(sink, excerpt(sink, lines.get(line) ?? "", line, column, length));
  }
}

/** The wanted lines by number; invalid UTF-8 is shown as U+FFFD. */
function sourceLines(source: Uint8Array, wanted: ReadonlySet<number>): Map<number, string> {
  const text = decodeUtf8(source) ?? new TextDecoder().decode(source);
  const found = new Map<number, string>();
  const end = /\r\n|\n|\r/g;
  let number = 1;
  let start = 0;
  for (let left = wanted.size; left > 0; number++) {
    const match = end.exec(text);
    if (wanted.has(number)) {
      found.set(number, text.slice(start, match?.index));
      left--;
    }
    if (match === null) break;
    start = end.lastIndex;
  }
  return found;
}
