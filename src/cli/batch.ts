// `sinter batch`: requests as JSON Lines in, one answer per request out, in order, flushed one by one (D32).
// Nothing of a finished line is kept: not its bytes, and above all not its instance (D17).

import { type Failure, failure, quoted } from "../core/errors.ts";
import { Engine } from "../zasm/runtime/engine.ts";
import { BadLine, type BatchRequest, isBlank, readRequest } from "./batch-line.ts";
import { CliFailure, EXIT_CODE } from "./failure.ts";
import { openFile, readFile, STANDARD } from "./files.ts";
import { type Io, print, type Sink } from "./io.ts";
import { type Line, readLines } from "./lines.ts";
import { type Args, readInteger } from "./options.ts";
import { failureMembers, type Members, outcomeMembers, stateMembers, writeJsonLine } from "./record.ts";
import type { BATCH } from "./specs.ts";

/** The longest string V8 holds; a longer line could not be parsed. */
const MAX_LINE_BYTES = 2 ** 29 - 24;

export function batch(
  { given, operands }: Args<typeof BATCH>,
  io: Io,
  maxLineBytes = MAX_LINE_BYTES,
): number {
  const fuel =
    given.fuel === undefined ? undefined : readInteger("--fuel", given.fuel, Number.MAX_SAFE_INTEGER);
  const [path = STANDARD] = operands;
  const source =
    path === STANDARD ? { read: (b: Uint8Array) => io.stdin.read(b), close: () => {} } : openFile(path);
  const engine = Engine.create();
  const progress = new Progress(io);
  try {
    for (const line of readLines(source.read, maxLineBytes)) {
      if (line.bytes !== undefined && isBlank(line.bytes)) continue;
      writeJsonLine(io.stdout, answer(engine, line, fuel, maxLineBytes));
      progress.step();
    }
  } finally {
    progress.clear();
    source.close();
  }
  return EXIT_CODE.ok;
}

/** A line on the terminal that counts, once a batch takes over a second and its answers go elsewhere. */
class Progress {
  readonly #sink: Sink | undefined;
  #done = 0;
  #last = performance.now();
  #isShown = false;

  constructor({ stdout, stderr }: Io) {
    this.#sink = stderr.isTerminal && !stdout.isTerminal ? stderr : undefined;
  }

  step(): void {
    this.#done++;
    const now = performance.now();
    if (this.#sink === undefined || now - this.#last < 1000) return;
    this.#last = now;
    this.#isShown = true;
    print(this.#sink, `\r${this.#done} lines answered`);
  }

  clear(): void {
    if (this.#isShown && this.#sink !== undefined) print(this.#sink, "\r\u001b[K");
  }
}

/** Never throws: whatever happens to one line is that line's answer. */
function answer(engine: Engine, line: Line, fuel: number | undefined, limit: number): Members {
  let request: BatchRequest;
  try {
    if (line.bytes === undefined) throw new BadLine(`the line is longer than ${limit} bytes`);
    request = readRequest(line.bytes, fuel);
  } catch (error) {
    if (!(error instanceof BadLine)) return [["id", null], ["line", line.number], ...bug()];
    const bad = failure("batch.bad_line", {}, error.message);
    return [["id", null], ["line", line.number], ...failureMembers(bad)];
  }
  try {
    return [["id", request.id], ...execute(engine, request)];
  } catch (error) {
    if (!(error instanceof Unreadable)) return [["id", request.id], ...bug()];
    return [["id", request.id], ...failureMembers(error.failure)];
  }
}

const bug = (): Members => failureMembers(failure("internal"));

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
