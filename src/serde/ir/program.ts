// A program: one shape, one format, one direction, compiled. Immutable. `words` is what every executor runs: 16-byte
// records, then the tables they refer to, all relative. The rest is never executed: it says where in a value and
// where in the text form an instruction is.

import { sha256Hex } from "#sha256";
import { encodeProgram } from "./binary.ts";
import {
  type Direction,
  type FormatName,
  isTableRole,
  OPS,
  type Op,
  RECORD_BYTES,
  type Role,
} from "./ops.ts";
import { CASE, CASES, FIELD, KEYS, KINDS, MASK_WORDS, PROBE, VALUE_KINDS } from "./tables.ts";

/** What a run of the program does throughout; in the block while it runs. */
export const MODE = {
  /** CBOR: only the shortest encodings are read, and written. */
  deterministic: 1,
} as const;
/** By bit. */
export const MODE_NAMES = Object.keys(MODE) as readonly (keyof typeof MODE)[];

export interface Procedure {
  /** Byte offset of its first record. */
  readonly entry: number;
  /** Cells of the record it works on. */
  readonly cells: number;
}

export interface Program {
  readonly format: FormatName;
  readonly direction: Direction;
  /** Bits of MODE. */
  readonly mode: number;
  /** Code, then tables. */
  readonly words: Int32Array<ArrayBuffer>;
  /** The same memory. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where the code ends and the tables begin. */
  readonly codeBytes: number;
  /** By entry; the first is where a run starts. */
  readonly procedures: readonly Procedure[];
  readonly rootCells: number;
  /** The root record is cleared before a run. */
  readonly rootZero: boolean;
  /** By record: where it is in the value, from the innermost open list, box or call. */
  readonly paths: readonly string[];
  /** By offset of a key table: the path of each of its fields, from the same place. */
  readonly fieldPaths: ReadonlyMap<number, readonly string[]>;
  /** SHA-256 of the binary form; lower-case hex. */
  digest(): string;
}
/** A program that nobody has verified. */
export type ProgramParts = Omit<Program, "digest">;

/** Everything but the digest, frozen. */
export function makeProgram(parts: ProgramParts): Program {
  let digest: string | undefined;
  return Object.freeze({
    ...parts,
    digest: () => {
      digest ??= sha256Hex(encodeProgram(parts));
      return digest;
    },
  });
}

/** Bytes from the record at `pc` to the next one: key text stands between. */
export function strideAt(program: ProgramParts, pc: number): number {
  const word = program.words[pc >> 2]!;
  const op = OPS[word & 255];
  const inline = op?.row.operands.x16 === "inline" ? word >>> 16 : 0;
  return RECORD_BYTES + Math.ceil(inline / RECORD_BYTES) * RECORD_BYTES;
}

/** Every field of the record at `pc` that has a role. */
export function operandsAt(program: ProgramParts, pc: number): readonly { role: Role; value: number }[] {
  const at = pc >> 2;
  const { words } = program;
  const op = OPS[words[at]! & 255];
  if (op === undefined) return [];
  const { x8, x16, a, b, c } = op.row.operands;
  const found: { role: Role; value: number }[] = [];
  if (x8 !== undefined) found.push({ role: x8, value: (words[at]! >>> 8) & 255 });
  if (x16 !== undefined) found.push({ role: x16, value: words[at]! >>> 16 });
  if (a !== undefined) found.push({ role: a, value: words[at + 1]! });
  if (b !== undefined) found.push({ role: b, value: words[at + 2]! });
  if (c !== undefined) found.push({ role: c, value: words[at + 3]! });
  return found;
}

export const opAt = (program: ProgramParts, pc: number): Op | undefined => OPS[program.words[pc >> 2]! & 255];

/** Where control may go from the record at `pc`, beside the next record. Tables in `met` are left out, and then there. */
function targetsAt(program: ProgramParts, pc: number, met: Set<number>): number[] {
  const { words } = program;
  const targets: number[] = [];
  const add = (target: number) => {
    if (target >= 0) targets.push(target);
  };
  for (const { role, value } of operandsAt(program, pc)) {
    const at = value >> 2;
    if (role === "target" || role === "target?") add(value);
    if (!isTableRole(role) || met.has(value)) continue;
    met.add(value);
    if (role === "keys") {
      add(words[at + KEYS.close]!);
      add(words[at + KEYS.other]!);
      const fields = at + KEYS.rows + words[at + KEYS.masks]! * MASK_WORDS;
      for (let i = 0; i < words[at + KEYS.fields]!; i++) add(words[fields + i * FIELD.words + FIELD.target]!);
    }
    if (role === "cases") {
      for (let i = 0; i < words[at + CASES.targets]!; i++)
        add(words[at + CASES.rows + i * CASE.words + CASE.target]!);
    }
    if (role === "kinds") for (const i of VALUE_KINDS.keys()) add(words[at + KINDS.targets + i]!);
    if (role === "probe") for (const target of probeTargets(words, at)) add(target);
  }
  return targets;
}

/** Candidates of a probe table. */
function probeTargets(words: Int32Array, at: number): number[] {
  const count = words[at + PROBE.candidates]!;
  const first = words[at + PROBE.candidatesAt]! >> 2;
  const stride = 1 + words[at + PROBE.seenWords]! + words[at + PROBE.maskWords]!;
  return Array.from({ length: count }, (_, i) => words[first + i * stride]!);
}

/** `f0:b3:2`: procedure, block, instruction, of the record at `pc`. A block starts where control can arrive. */
export function positionOf(program: ProgramParts, pc: number): string {
  const procedure = program.procedures.findLastIndex((p) => p.entry <= pc);
  const from = program.procedures[procedure]?.entry ?? 0;
  const to = program.procedures[procedure + 1]?.entry ?? program.codeBytes;
  const leaders = new Set<number>();
  const met = new Set<number>();
  for (let at = from; at < to; at += strideAt(program, at)) {
    for (const target of targetsAt(program, at, met)) leaders.add(target);
    if (opAt(program, at)?.row.terminator) leaders.add(at + strideAt(program, at));
  }
  let block = 0;
  let index = 0;
  for (let at = from; at < pc; at += strideAt(program, at)) {
    const next = at + strideAt(program, at);
    if (leaders.has(next) && next < to) {
      block += 1;
      index = 0;
    } else {
      index += 1;
    }
  }
  return `f${procedure}:b${block}:${index}`;
}
