// Files in and out. Every failure is a `CliFailure` with a stable code; nothing is read without a limit.

import { closeSync, constants, fstatSync, openSync, readSync, writeFileSync, writeSync } from "node:fs";
import { CliFailure } from "./failure.ts";
import { errnoOf, type Io } from "./io.ts";

/** Longest module, stdin or source read: twice the ceiling for modules, so that the engine's own limit speaks first. */
const MAX_INPUT_BYTES = 512 * 1024 * 1024;

/** The operand that means standard input or output. */
export const STANDARD = "-";

/** Throws when more than one of these operands and option values is standard input. */
export function assertOneStdin(...names: readonly (string | undefined)[]): void {
  assertOnce(names, "standard input can be only one of module, --stdin and --policy");
}

/** The same, for commands about documents. */
export function assertStdinOnce(...names: readonly (string | undefined)[]): void {
  assertOnce(names, "standard input can be only one of the files");
}

function assertOnce(names: readonly (string | undefined)[], reason: string): void {
  if (names.filter((name) => name === STANDARD).length > 1) throw new CliFailure("usage.bad_value", reason);
}

/** The bytes of a file, or of standard input for `-`. */
export function readInput(io: Io, path: string, limit: number = MAX_INPUT_BYTES): Uint8Array {
  return path === STANDARD ? readStdin(io, limit) : readFile(path, { limit });
}

export function readStdin(io: Io, limit: number = MAX_INPUT_BYTES): Uint8Array {
  const bytes = readAll((buffer) => io.stdin.read(buffer), 0, limit);
  if (bytes === undefined) throw tooLong("standard input", limit);
  return bytes;
}

export interface ReadOptions {
  readonly limit?: number;
  /** Refuse what may never answer: pipes and sockets. Opening them does not wait either. */
  readonly unattended?: boolean;
}

export function readFile(path: string, options: ReadOptions = {}): Uint8Array {
  const { limit = MAX_INPUT_BYTES, unattended = false } = options;
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | (unattended ? (constants.O_NONBLOCK ?? 0) : 0));
    const descriptor = fd;
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw new CliFailure("io.read", "a directory, not a file", path);
    if (unattended && (stat.isFIFO() || stat.isSocket())) {
      throw new CliFailure("io.read", "a pipe or socket, not a file", path);
    }
    if (stat.size > limit) throw tooLong(path, limit);
    const bytes = readAll((buffer) => readSync(descriptor, buffer), stat.size, limit);
    if (bytes === undefined) throw tooLong(path, limit);
    return bytes;
  } catch (error) {
    throw error instanceof CliFailure ? error : unreadable(path, error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Opens a file to be read piece by piece. */
export function openFile(path: string): { read(buffer: Uint8Array): number; close(): void } {
  try {
    const fd = openSync(path, "r");
    if (fstatSync(fd).isDirectory()) {
      closeSync(fd);
      throw new CliFailure("io.read", "a directory, not a file", path);
    }
    const read = (buffer: Uint8Array) => {
      try {
        return readSync(fd, buffer);
      } catch (error) {
        throw unreadable(path, error);
      }
    };
    return { read, close: () => closeSync(fd) };
  } catch (error) {
    throw error instanceof CliFailure ? error : unreadable(path, error);
  }
}

export function writeOutput(path: string, bytes: Uint8Array): void {
  try {
    writeFileSync(path, bytes);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** Creates or empties a file to be written piece by piece. */
export function createFile(path: string): Writer {
  try {
    const descriptor = openSync(path, "w");
    return {
      write(bytes) {
        for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
      },
      close: () => closeSync(descriptor),
    };
  } catch (error) {
    throw unwritable(path, error);
  }
}

export interface Writer {
  write(bytes: Uint8Array): void;
  close(): void;
}

const unwritable = (path: string, error: unknown) =>
  new CliFailure("io.write", REASONS[errnoOf(error)] ?? `cannot be written: ${errnoOf(error)}`, path);

const tooLong = (what: string, limit: number) =>
  new CliFailure("io.read", `longer than ${limit} bytes`, what);

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "a directory, not a file",
  ENOENT: "no such folder",
  ENOTDIR: "no such folder",
  ENAMETOOLONG: "the name is too long",
  ENOSPC: "no space left",
  ERR_INVALID_ARG_VALUE: "no file can have that name",
};

function unreadable(path: string, error: unknown): CliFailure {
  const errno = errnoOf(error);
  if (errno === "ENOENT" || errno === "ENOTDIR") return new CliFailure("io.not_found", "no such file", path);
  return new CliFailure("io.read", REASONS[errno] ?? `the file could not be read: ${errno}`, path);
}

const FIRST_CHUNK_BYTES = 64 * 1024;

/** Everything `read` gives, or `undefined` when that is more than `limit` bytes. `expected` is a hint. */
function readAll(
  read: (buffer: Uint8Array) => number,
  expected: number,
  limit: number,
): Uint8Array | undefined {
  // One byte more than expected, so that the read that finds the end does not have to grow the buffer.
  let buffer = new Uint8Array(Math.max(expected + 1, FIRST_CHUNK_BYTES));
  let length = 0;
  for (;;) {
    const got = read(buffer.subarray(length));
    if (got === 0) return buffer.subarray(0, length);
    length += got;
    if (length > limit) return undefined;
    if (length < buffer.length) continue;
    const grown = new Uint8Array(Math.min(buffer.length * 2, limit + 1));
    grown.set(buffer);
    buffer = grown;
  }
}
