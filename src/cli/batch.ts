// `sinter batch`: requests as JSON Lines in, one answer per request out, in order, flushed one by one (D32).
// Nothing of a finished line is kept: not its bytes, and above all not its instance (D17).

import { type Failure, failure, quoted } from "../core/errors.ts";
import { Engine } from "../zasm/runtime/engine.ts";
import { answerLines } from "./answers.ts";
import { type BatchRequest, readRequest } from "./batch-line.ts";
import { CliFailure, EXIT_CODE } from "./failure.ts";
import { readFile, STANDARD } from "./files.ts";
import type { Io } from "./io.ts";
import { type Args, readInteger } from "./options.ts";
import { failureMembers, type Members, outcomeMembers, stateMembers } from "./record.ts";
import type { BATCH } from "./specs.ts";

export function batch({ given, operands }: Args<typeof BATCH>, io: Io, maxLineBytes?: number): number {
  const fuel =
    given.fuel === undefined ? undefined : readInteger("--fuel", given.fuel, Number.MAX_SAFE_INTEGER);
  const [path = STANDARD] = operands;
  const engine = Engine.create();
  answerLines(
    io,
    path,
    {
      read: (line) => readRequest(line, fuel),
      answer: (request) => answer(engine, request),
      failed: failureMembers,
    },
    maxLineBytes,
  );
  return EXIT_CODE.ok;
}

/** What a file that a line names cannot give is that line's answer. */
function answer(engine: Engine, request: BatchRequest): Members {
  try {
    return execute(engine, request);
  } catch (error) {
    if (error instanceof Unreadable) return failureMembers(error.failure);
    throw error;
  }
}

function execute(engine: Engine, { module, stdin, policy, tier, entry, state }: BatchRequest): Members {
  const loaded = engine.load(contentOf("module", module), policy);
  if (loaded.status !== "ok") return outcomeMembers(loaded);
  const instance = loaded.module.instantiate({
    stdin: contentOf("stdin", stdin),
    tier,
    ...(entry === undefined ? {} : { entry }),
  });
  const outcome = instance.run();
  return [...outcomeMembers(outcome), ...(state ? stateMembers(instance, outcome) : [])];
}

class Unreadable extends Error {
  readonly failure: Failure;
  constructor(failed: Failure) {
    super(failed.reason);
    this.failure = failed;
  }
}

/** Unattended: a line that names a pipe must not stop all the others. */
function contentOf(role: string, content: BatchRequest["module"]): Uint8Array {
  if ("bytes" in content) return content.bytes;
  try {
    return readFile(content.path, { unattended: true });
  } catch (error) {
    if (!(error instanceof CliFailure) || (error.code !== "io.not_found" && error.code !== "io.read"))
      throw error;
    throw new Unreadable(failure(error.code, {}, `${role} ${quoted(content.path)}: ${error.message}`));
  }
}
