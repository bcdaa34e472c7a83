// Text a command makes: to a file with `-o`, else to standard output, and as a member of the record with `--json`.

import { encodeUtf8 } from "../core/bytes.ts";
import { STANDARD, writeOutput } from "./files.ts";
import { type Io, print } from "./io.ts";
import { writeJsonLine } from "./record.ts";
import { shown } from "./report.ts";

interface Given {
  readonly out?: string | undefined;
  readonly json?: boolean | undefined;
}

/** `name` and `value`: how the record has it where no file does. */
export function deliverText(io: Io, given: Given, text: string, name: string, value: unknown): void {
  const out = given.out === STANDARD ? undefined : given.out;
  if (out !== undefined) writeOutput(out, encodeUtf8(text));
  if (given.json) {
    writeJsonLine(io.stdout, [
      ["status", "ok"],
      ["out", out],
      [name, out === undefined ? value : undefined],
    ]);
  } else print(io.stdout, out === undefined ? text : `wrote ${shown(out)}\n`);
}
