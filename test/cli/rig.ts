// Runs the command line in this process, with its three streams in memory, and makes the modules it is tried on.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { BrokenPipe, type Io } from "../../src/cli/io.ts";
import { main } from "../../src/cli/main.ts";
import type { AsmOptions } from "../../src/zasm/asm/index.ts";
import { assemble } from "../../src/zasm/asm/index.ts";

export interface Ran {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
  /** One entry per write to stdout. */
  readonly writes: readonly Buffer[];
}

export interface Streams {
  /** Given to the reader in these pieces. `null`: reading is a mistake. */
  readonly stdin?: string | Uint8Array | readonly Uint8Array[] | null;
  readonly isTerminal?: boolean;
  /** stdout breaks after this many writes. */
  readonly breaksAfter?: number;
  /** Called before each write to stdout. */
  readonly onWrite?: (index: number) => void;
}

const asPieces = (stdin: Streams["stdin"]): Uint8Array[] => {
  if (stdin === undefined || stdin === null) return [];
  if (typeof stdin === "string") return [Buffer.from(stdin)];
  return stdin instanceof Uint8Array ? [stdin] : [...(stdin as readonly Uint8Array[])];
};

export function captured(streams: Streams = {}): { io: Io; writes: Buffer[]; errors: Buffer[] } {
  const { isTerminal = false, breaksAfter = Number.POSITIVE_INFINITY } = streams;
  const pieces = asPieces(streams.stdin);
  const writes: Buffer[] = [];
  const errors: Buffer[] = [];
  const shape = { isTerminal, color: isTerminal };
  return {
    writes,
    errors,
    io: {
      stdin: {
        isTerminal,
        read(buffer) {
          if (streams.stdin === null) throw new Error("standard input was read");
          const piece = pieces[0];
          if (piece === undefined) return 0;
          const taken = Math.min(buffer.length, piece.length);
          buffer.set(piece.subarray(0, taken));
          if (taken === piece.length) pieces.shift();
          else pieces[0] = piece.subarray(taken);
          return taken;
        },
      },
      stdout: {
        ...shape,
        write(bytes) {
          streams.onWrite?.(writes.length);
          if (writes.length >= breaksAfter) throw new BrokenPipe();
          writes.push(Buffer.from(bytes));
        },
      },
      stderr: { ...shape, write: (bytes) => void errors.push(Buffer.from(bytes)) },
    },
  };
}

export async function sinter(argv: readonly string[], streams: Streams = {}): Promise<Ran> {
  const { io, writes, errors } = captured(streams);
  const exitCode = await main(argv, io);
  return { exitCode, stdout: Buffer.concat(writes), stderr: Buffer.concat(errors).toString(), writes };
}

/** The one JSON object that was printed, and nothing else. */
export function onlyObject(ran: Ran): Record<string, unknown> {
  const text = ran.stdout.toString();
  if (!text.endsWith("\n") || text.indexOf("\n") !== text.length - 1) {
    throw new Error(`expected one line, got ${JSON.stringify(text)}`);
  }
  return JSON.parse(text) as Record<string, unknown>;
}

/** A folder for one test file, removed afterwards. */
export function scratch(): {
  path: (name: string) => string;
  file: (name: string, bytes: string | Uint8Array) => string;
} {
  const folder = mkdtempSync(join(tmpdir(), "sinter-cli-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string) => join(folder, name);
  return {
    path,
    file(name, bytes) {
      writeFileSync(path(name), bytes);
      return path(name);
    },
  };
}

export function assembled(source: string, options: AsmOptions = {}): Uint8Array<ArrayBuffer> {
  const result = assemble(source, options);
  if (!result.ok) throw new Error(result.diagnostics.map((d) => `${d.line}: ${d.message}`).join("\n"));
  return result.bytes;
}

/** Copies standard input to standard output. */
export const CAT = `
again:
  LD HL, buffer
  LD DE, 4096
  CALL _in
  CP HL, 0
  JR LES, done
  LD DE, HL
  LD HL, buffer
  CALL _out
  JR again
done:
  RET
buffer: RESB 4096
`;

/** Writes every byte value once, without a line end. */
export const ALL_BYTES = `
  LD HL, bytes
  LD DE, 256
  CALL _out
  RET
bytes: DB ${Array.from({ length: 256 }, (_, i) => i).join(", ")}
`;

/** Writes "before", then loads from outside memory at pc 32. */
export const OOB = `
  LD HL, text
  LD DE, 6
  CALL _out
  LD64 DE, (HL)
  LD DE, 0x7fffffff
  LD32 A, (DE)
  RET
text: STR "before"
`;

export const DIV0 = `
  LD A, 1
  LD BC, 0
  DIVU A, BC
  RET
`;

export const SPIN = `
again:
  JR again
`;

/** Logs "hi" under "demo". */
export const LOG = `
  LD HL, topic
  LD DE, 4
  LD BC, message
  LD IX, 2
  CALL _log
  RET
topic: STR "demo"
message: STR "hi"
`;

export const RETURN = "RET\n";

/** Fills all of a 16 MiB memory. */
export const FILL_16_MIB = `
  LD HL, 0
  LD A, 1
  LD BC, 0x1000000
  FILL
  RET
`;

/** Opens the capability proc/NAME and writes what it reads from it. */
export function capabilityDump(name: string): string {
  const frame = (op: number, payload: Buffer) => {
    const head = Buffer.alloc(24);
    head.write("ZCL1");
    head.writeUInt16LE(1, 4);
    head.writeUInt16LE(op, 6);
    head.writeUInt32LE(payload.length, 20);
    return Buffer.concat([head, payload]);
  };
  const open = Buffer.alloc(40);
  const kindAt = 16;
  open.writeBigUInt64LE(BigInt(kindAt), 0);
  open.writeUInt32LE(4, 8);
  open.writeBigUInt64LE(BigInt(kindAt + 4), 12);
  open.writeUInt32LE(name.length, 20);
  const read = Buffer.alloc(12);
  read.writeUInt32LE(1, 0);
  read.writeUInt32LE(3, 4);
  read.writeUInt32LE(4000, 8);
  const bytes = (buffer: Buffer) => [...buffer].join(", ");
  return `
  LD HL, open
  LD DE, 64
  LD BC, answer
  LD IX, 64
  CALL _ctl
  LD HL, read
  LD DE, 36
  LD BC, answer
  LD IX, 4096
  CALL _ctl
  LD DE, HL
  LD BC, 32
  SUB DE, BC
  LD HL, stream
  CALL _out
  RET
kind: DB ${bytes(Buffer.from("proc"))}
name: DB ${bytes(Buffer.from(name))}
open: DB ${bytes(frame(3, open))}
read: DB ${bytes(frame(0x100, read))}
answer: RESB 32
stream: RESB 4064
`;
}
