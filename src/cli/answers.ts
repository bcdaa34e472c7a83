// Requests as JSON Lines in, one answer per request out, in order, flushed one by one (D32). A bad line, or a bug, is the
// answer of its line; nothing of a finished line is kept.

import { type Failure, failure } from "../core/errors.ts";
import { openFile, STANDARD } from "./files.ts";
import { type Io, print, type Sink } from "./io.ts";
import { BadLine, isBlank } from "./json-line.ts";
import { type Line, readLines } from "./lines.ts";
import { type Members, type Raw, writeJsonLine } from "./record.ts";

/** The longest string V8 holds; a longer line could not be parsed. */
const MAX_LINE_BYTES = 2 ** 29 - 24;

/** What a command makes of its lines. */
export interface Answers<R extends { readonly id: Raw }> {
  /** Throws `BadLine`. */
  readonly read: (line: Uint8Array) => R;
  /** All of the answer but the id. */
  readonly answer: (request: R) => Members;
  /** The same, for what never became a request. */
  readonly failed: (failure: Failure) => Members;
}

/** Throws `CliFailure` for a source that cannot be read. */
export function answerLines<R extends { readonly id: Raw }>(
  io: Io,
  path: string,
  answers: Answers<R>,
  maxLineBytes: number = MAX_LINE_BYTES,
): void {
  const source =
    path === STANDARD ? { read: (b: Uint8Array) => io.stdin.read(b), close: () => {} } : openFile(path);
  const progress = new Progress(io);
  try {
    for (const line of readLines(source.read, maxLineBytes)) {
      if (line.bytes !== undefined && isBlank(line.bytes)) continue;
      writeJsonLine(io.stdout, answerTo(line, answers, maxLineBytes));
      progress.step();
    }
  } finally {
    progress.clear();
    source.close();
  }
}

/** Never throws: whatever happens to one line is that line's answer. */
function answerTo<R extends { readonly id: Raw }>(line: Line, answers: Answers<R>, limit: number): Members {
  let request: R;
  try {
    if (line.bytes === undefined) throw new BadLine(`the line is longer than ${limit} bytes`);
    request = answers.read(line.bytes);
  } catch (error) {
    const isBad = error instanceof BadLine;
    const failed = isBad ? failure("batch.bad_line", {}, error.message) : failure("internal");
    return [["id", null], ["line", line.number], ...answers.failed(failed)];
  }
  try {
    return [["id", request.id], ...answers.answer(request)];
  } catch {
    return [["id", request.id], ...answers.failed(failure("internal"))];
  }
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
