// `sinter disasm`: module to assembly text.

import { encodeUtf8 } from "../core/bytes.ts";
import { disassemble } from "../zasm/asm/index.ts";
import { EXIT_CODE } from "./failure.ts";
import { readInput, STANDARD, writeOutput } from "./files.ts";
import { type Io, print } from "./io.ts";
import { explain, printReject } from "./load.ts";
import type { Args } from "./options.ts";
import { refusalMembers, writeJsonLine } from "./record.ts";
import { shown } from "./report.ts";
import type { DISASM } from "./specs.ts";

export function disasm({ given, operands }: Args<typeof DISASM>, io: Io): number {
  const [path = STANDARD] = operands;
  const bytes = readInput(io, path);
  const result = disassemble(bytes);
  if (!result.ok) {
    const failed = { ...result.failure, reason: explain(result.failure, bytes, path) };
    if (given.json) writeJsonLine(io.stdout, refusalMembers(failed));
    else printReject(io, failed, path);
    return EXIT_CODE.refused;
  }
  const { text } = result;
  const out = given.out === STANDARD ? undefined : given.out;
  if (out !== undefined) writeOutput(out, encodeUtf8(text));
  if (given.json) {
    writeJsonLine(io.stdout, [
      ["status", "ok"],
      ["out", out],
      ["text", out === undefined ? text : undefined],
    ]);
  } else print(io.stdout, out === undefined ? text : `wrote ${shown(out)}\n`);
  return EXIT_CODE.ok;
}
