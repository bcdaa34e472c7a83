// The one place that prints what went wrong: one line on stderr, or with --json the same as one object on stdout.

import type { Failure } from "../core/errors.ts";
import type { CliFailure } from "./failure.ts";
import { type Io, paint, print } from "./io.ts";

/** One line, for people. `code: reason (where)`; a place in CODE goes beside the code. */
export function printFailure(io: Io, code: string, reason: string, where?: string, pc?: number): void {
  const place = pc === undefined ? "" : ` at pc ${pc}`;
  const tail = where === undefined ? "" : ` (${shown(where)})`;
  const head = `sinter: ${paint(io.stderr, "red", code)}${place}`;
  print(io.stderr, `${head}: ${shown(reason)}${paint(io.stderr, "dim", tail)}\n`);
}

export function reportFailure(io: Io, failure: CliFailure, json: boolean): void {
  const { code, message, where, category, status } = failure;
  if (!json) {
    printFailure(io, code, message, where);
    return;
  }
  const record = { status, code, reason: message, category, ...(where === undefined ? {} : { where }) };
  print(io.stdout, `${JSON.stringify(record)}\n`);
}

/** Where in `file` the engine complains: an offset in the file, or in CODE for what the verifier says. */
export function placeOf(file: string, { pc, offset }: Pick<Failure, "pc" | "offset">): string {
  if (offset === undefined) return file;
  return `${file}, ${pc === undefined ? "" : "CODE "}offset ${offset}`;
}

/** Foreign text made safe for a terminal and for one line. */
export function shown(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (ch) => {
    return `\\u{${ch.charCodeAt(0).toString(16)}}`;
  });
}

/** For runs that a command ended, not the program. */
export const LIMIT_NOTE = "sinter: stopped at the limit; the program had not ended (--limit N)\n";
