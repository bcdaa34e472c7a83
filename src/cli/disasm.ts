// `sinter disasm`: module to assembly text.

import { disassemble } from "../zasm/asm/index.ts";
import { deliverText } from "./deliver.ts";
import { EXIT_CODE } from "./failure.ts";
import { readInput, STANDARD } from "./files.ts";
import type { Io } from "./io.ts";
import { explain, printReject } from "./load.ts";
import type { Args } from "./options.ts";
import { refusalMembers, writeJsonLine } from "./record.ts";
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
  deliverText(io, given, result.text, "text", result.text);
  return EXIT_CODE.ok;
}
