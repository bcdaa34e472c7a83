// `sinter verify`: every check that `run` makes before it starts, and nothing else.

import { isFailure } from "../core/errors.ts";
import { resolvePolicy } from "../core/policy.ts";
import { verifyModule } from "../zasm/verify/verify.ts";
import { EXIT_CODE } from "./failure.ts";
import { assertOneStdin, readInput, STANDARD } from "./files.ts";
import { type Io, paint, print } from "./io.ts";
import { explain, fileName, printReject } from "./load.ts";
import type { Args } from "./options.ts";
import { policyOf } from "./policy.ts";
import { refusalMembers, writeJsonLine } from "./record.ts";
import { shown } from "./report.ts";
import type { VERIFY } from "./specs.ts";

export function verify({ given, operands }: Args<typeof VERIFY>, io: Io): number {
  const [path = STANDARD] = operands;
  assertOneStdin(path, given.policy);
  const policy = resolvePolicy(policyOf(io, given));
  const bytes = readInput(io, path);
  const module = isFailure(policy) ? policy : verifyModule(bytes, policy);
  if (isFailure(module)) {
    const failed = { ...module, reason: explain(module, bytes, path) };
    if (given.json) writeJsonLine(io.stdout, refusalMembers(failed));
    else printReject(io, failed, path);
    return EXIT_CODE.refused;
  }
  const { sha256, codeWords } = module;
  if (given.json)
    writeJsonLine(io.stdout, [
      ["status", "ok"],
      ["sha256", sha256],
      ["codeBytes", codeWords * 4],
    ]);
  else {
    const mark = paint(io.stdout, "green", "ok");
    print(io.stdout, `${mark}  ${shown(fileName(path))}  ${codeWords * 4} bytes of code  sha256 ${sha256}\n`);
  }
  return EXIT_CODE.ok;
}
