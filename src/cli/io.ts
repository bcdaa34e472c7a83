// Standard input, output and error as the commands see them: synchronous, complete, replaceable by tests.
// `process.stdout` is never touched: opening it would make a pipe non-blocking for everyone who shares it.

import { readSync, writeSync } from "node:fs";
import { isatty } from "node:tty";
import { styleText } from "node:util";
import { encodeUtf8 } from "../core/bytes.ts";
import { CliFailure } from "./failure.ts";

interface Source {
  /** Fills the start of `buffer` and gives the byte count; 0 at the end. Waits for input. */
  read(buffer: Uint8Array): number;
  readonly isTerminal: boolean;
}

export interface Sink {
  /** Returns when every byte is out. Throws `BrokenPipe` when nobody reads any more. */
  write(bytes: Uint8Array): void;
  readonly isTerminal: boolean;
  readonly color: boolean;
}

export interface Io {
  readonly stdin: Source;
  readonly stdout: Sink;
  readonly stderr: Sink;
}

/** The reader of our output went away. Not worth a message: there is nobody to read it. */
export class BrokenPipe extends Error {
  override readonly name = "BrokenPipe";
}

export const print = (sink: Sink, text: string): void => sink.write(encodeUtf8(text));

const BATCH_CHARACTERS = 64 * 1024;

/** All of `texts`, in few writes and without ever holding all of it. */
export function printAll(sink: Sink, texts: Iterable<string>): void {
  let pending = "";
  for (const text of texts) {
    pending += text;
    if (pending.length < BATCH_CHARACTERS) continue;
    print(sink, pending);
    pending = "";
  }
  if (pending !== "") print(sink, pending);
}

/** `text` in a style of `util.styleText` where the sink shows colour. */
export function paint(sink: Sink, style: Parameters<typeof styleText>[0], text: string): string {
  // The sink has decided about colour; styleText of newer Nodes would ask process.stdout again.
  return sink.color ? styleText(style, text, { validateStream: false }) : text;
}

export function processIo(): Io {
  return { stdin: processSource(0), stdout: processSink(1), stderr: processSink(2) };
}

function processSource(fd: number): Source {
  return { read: (buffer) => patiently(() => readSync(fd, buffer), 0), isTerminal: isatty(fd) };
}

function processSink(fd: number): Sink {
  const isTerminal = isatty(fd);
  const { NO_COLOR, TERM } = process.env;
  return {
    isTerminal,
    color: isTerminal && !NO_COLOR && TERM !== "dumb",
    write(bytes) {
      for (let at = 0; at < bytes.length; ) {
        const length = Math.min(bytes.length - at, MAX_WRITE_BYTES);
        at += patiently(() => writeSync(fd, bytes, at, length), undefined);
      }
    },
  };
}

/** Some systems fail writes from 2 GiB on. */
const MAX_WRITE_BYTES = 8 * 1024 * 1024;
const MAX_WAIT_MS = 50;
const never = new Int32Array(new SharedArrayBuffer(4));

/**
 * Repeats `attempt` while the descriptor is non-blocking and not ready, as when a parent process shares it.
 * `atEnd` is the answer where Windows reports the end of a pipe as an error.
 */
function patiently(attempt: () => number, atEnd: number | undefined): number {
  for (let wait = 1; ; wait = Math.min(wait * 2, MAX_WAIT_MS)) {
    try {
      return attempt();
    } catch (error) {
      const code = errnoOf(error);
      if (code === "EPIPE") throw new BrokenPipe();
      if (code === "EOF" && atEnd !== undefined) return atEnd;
      if (code !== "EAGAIN") {
        throw atEnd === undefined
          ? new CliFailure("io.write", `cannot write: ${code}`)
          : new CliFailure("io.read", `standard input could not be read: ${code}`);
      }
      Atomics.wait(never, 0, 0, wait);
    }
  }
}

/** `ENOENT` and the like, or a word for anything else. */
export function errnoOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  return typeof code === "string" ? code : "unknown error";
}
