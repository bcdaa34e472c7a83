// The verifier: bytes and a policy to a `VerifiedModule`, the only thing an executor accepts, or the first complaint.
// One linear sweep over CODE finds instruction starts, checks fields and primitives; a second checks targets.
// It imports no executor and shares no semantics with one.

import { sha256Hex } from "#sha256";
import { copyBytes } from "../../core/bytes.ts";
import { type Failure, failure, isFailure } from "../../core/errors.ts";
import type { Policy } from "../../core/policy.ts";
import { type Container, type DataSegment, type Export, IMPT_BITS } from "../container/format.ts";
import { bytesToRead, ENTRY_PC_OFFSET, readContainer } from "../container/read.ts";
import { imm12Of, lengthWords, opcodeOf, rdOf, rs1Of, rs2Of } from "../isa/fields.ts";
import { BY_OPCODE, CONDITIONS, FIRST_PRIMITIVE, PRIMITIVES, REGISTERS, type Row } from "../isa/table.ts";

declare const verified: unique symbol;

/** A module that passed every check under `policy`. Frozen; only `verifyModule` makes one. */
export interface VerifiedModule {
  readonly [verified]: true;
  readonly policy: Policy;
  /** SHA-256 of the module file, file_len bytes, lower-case hex. */
  readonly sha256: string;
  /** Instruction words, and one more word at the end that is no instruction. Never written after verification. */
  readonly code: Int32Array;
  readonly codeWords: number;
  /** One bit per word of CODE: 1 where an instruction starts. */
  readonly starts: Uint8Array;
  readonly data: readonly DataSegment[];
  readonly exports: ReadonlyMap<string, number>;
  readonly entryPcWords: number;
  /** Host calls present in CODE: bit 0 = in … bit 5 = ctl. */
  readonly primitives: number;
}

/** Stands after the last instruction, so that running off the end meets an opcode that is none (S8, D14). */
const END_OF_CODE = 0xff000000 | 0;

const issued = new WeakSet<VerifiedModule>();

/** True for objects that came out of `verifyModule`, whatever a cast says. */
export const isVerified = (module: VerifiedModule): boolean => issued.has(module);

export const isStart = (module: { readonly starts: Uint8Array; readonly codeWords: number }, index: number) =>
  index >= 0 && index < module.codeWords && (module.starts[index >> 3]! & (1 << (index & 7))) !== 0;

/**
 * Checks a module file. `bytes` is copied first, and only the copy is read, hashed and kept.
 * Gives `container.*`, `verify.*` and `data.*` failures; order of checks is D4's.
 */
export function verifyModule(bytes: Uint8Array, policy: Policy): VerifiedModule | Failure {
  const given = bytes.length;
  const container = readContainer(copyBytes(bytes, Math.min(given, bytesToRead(policy))), policy, given);
  return isFailure(container) ? container : verifyContainer(container, policy);
}

function verifyContainer(container: Container, policy: Policy): VerifiedModule | Failure {
  const code = verifyCode(container.code, policy);
  if (isFailure(code)) return code;
  const complaint =
    checkEntries(container, code) ?? checkImports(container, code) ?? checkMemory(container, policy);
  if (complaint !== undefined) return complaint;
  const module = Object.freeze({
    ...code,
    policy,
    sha256: sha256Hex(container.file),
    data: detached(container.data),
    exports: new Map((container.exports ?? []).map((e: Export) => [e.name, e.pcWords])),
    entryPcWords: container.entryPcWords,
  }) as unknown as VerifiedModule; // the only cast to the brand
  issued.add(module);
  return module;
}

/** What `verifyCode` proves about CODE. */
export type VerifiedCode = Pick<VerifiedModule, "code" | "codeWords" | "starts" | "primitives">;

// z[impl vm.goal.strict-checks]
/** Verifies CODE alone. Linear in its length; allocates the words and one bit per word. */
export function verifyCode(bytes: Uint8Array, policy: Policy): VerifiedCode | Failure {
  const codeWords = bytes.length >>> 2;
  if (codeWords > policy.maxInsnWords) {
    const at = policy.maxInsnWords * 4;
    return failure("verify.truncated", { pc: at, offset: at }, "CODE has more words than maxInsnWords");
  }
  const code = toWords(bytes, codeWords);
  const starts = new Uint8Array((codeWords + 7) >>> 3);

  let next = 0;
  for (let index = 0; index < codeWords; index = next) {
    starts[index >> 3]! |= 1 << (index & 7);
    next = index + lengthWords(code[index]!);
    if (next > codeWords) return complain("verify.truncated", index, "LD lacks its extension words");
  }

  const shape = { starts, codeWords };
  let primitives = 0;
  for (let index = 0; index < codeWords; index += lengthWords(code[index]!)) {
    const word = code[index]!;
    const opcode = opcodeOf(word);
    const row = BY_OPCODE[opcode];
    if (row?.format === "prim" && policy.allowPrimitives) primitives |= 1 << (opcode - FIRST_PRIMITIVE);
    const bad = checkFields(row, word, policy);
    if (bad !== undefined) return complain(bad, index);
    if (row?.format === "call" || row?.format === "jr") {
      if (!isStart(shape, index + imm12Of(word))) return complain("verify.bad_target", index);
    }
  }
  return { code, codeWords, starts, primitives };
}

type FieldComplaint = "verify.bad_opcode" | "verify.bad_register" | "verify.bad_fields" | "verify.bad_imm";

const complain = (
  code: FieldComplaint | "verify.truncated" | "verify.bad_target",
  index: number,
  why?: string,
) => failure(code, { pc: index * 4, offset: index * 4 }, why);

/**
 * The complaint about one first word, in the order of `spec/zasm.md` §4, or `undefined`.
 * Exported for the proof that verifier and table agree on every word.
 */
export function checkFields(row: Row | undefined, word: number, policy: Policy): FieldComplaint | undefined {
  if (opcodeOf(word) >= 0xe0) {
    if (row === undefined || !policy.allowPrimitives) return "verify.bad_opcode";
    return (word & 0x00ffffff) === 0 ? undefined : "verify.bad_fields";
  }
  const [rd, rs1, rs2, imm12] = [rdOf(word), rs1Of(word), rs2Of(word), imm12Of(word)];
  const last = REGISTERS.length - 1;
  if (rd > last || rs2 > last || (rs1 > last && row?.format !== "jr")) return "verify.bad_register";
  if (row === undefined) return "verify.bad_opcode";
  const strict = policy.strictEncoding;
  const fields = (ok: boolean) => (ok ? undefined : "verify.bad_fields");
  switch (row.format) {
    case "none":
    case "prim":
      return fields((word & 0x00ffffff) === 0);
    case "call":
      return fields(rd === 0 && rs1 === 0 && rs2 === 0);
    case "jr":
      return fields(rd === 0 && rs2 === 0 && rs1 < CONDITIONS.length);
    case "ld":
      return fields(rs1 === 0 && rs2 === 0);
    case "cpi":
      return fields(rd === rs1 && rs2 === 0);
    case "shift": {
      const inRange = imm12 >= 0 && imm12 < row.width; // S1
      if (!strict && rs2 === 0 && inRange) return undefined; // document form
      return rs2 !== rs1 ? "verify.bad_fields" : inRange ? undefined : "verify.bad_imm";
    }
    case "load":
      if (!strict && rs2 === 0) return undefined; // document form: a displacement
      return imm12 !== 0 ? "verify.bad_imm" : fields(rs2 === rs1);
    case "store":
      if (!strict && rd === 0) return undefined; // document form: a displacement
      return imm12 !== 0 ? "verify.bad_imm" : fields(rd === rs2);
    case "drop":
      return imm12 !== 0 ? "verify.bad_imm" : fields(rs1 === 0 && rs2 === 0);
    case "step":
      return imm12 !== 0 ? "verify.bad_imm" : fields(rs2 === 0 && (rs1 === rd || (!strict && rs1 === 0)));
    case "cp":
      return imm12 !== 0 ? "verify.bad_imm" : fields(rd === rs1);
    case "mov":
      return imm12 !== 0 ? "verify.bad_imm" : fields(rs2 === 0);
    case "rrr":
      return imm12 !== 0 ? "verify.bad_imm" : undefined;
    case "bits": {
      if (imm12 !== 0) return "verify.bad_imm";
      // D15: tools check neither source field here; otherwise each is rd or 0.
      const doubled = (rs1 === rd || rs1 === 0) && (rs2 === rd || rs2 === 0);
      return fields(strict || doubled);
    }
  }
}

function checkEntries(container: Container, code: VerifiedCode): Failure | undefined {
  if (!isStart(code, container.entryPcWords)) {
    return failure("container.bad_entry", { offset: ENTRY_PC_OFFSET });
  }
  const wrong = container.exports?.find((e) => !isStart(code, e.pcWords));
  if (wrong === undefined) return undefined;
  return failure(
    "container.bad_expt",
    { offset: wrong.offset },
    "the export is not the start of an instruction",
  );
}

/** Complaints about IMPT carry the file offset of the mask and no pc (D3). */
function checkImports({ imports }: Container, { primitives }: VerifiedCode): Failure | undefined {
  if (imports === undefined) return undefined;
  const where = { offset: imports.offset };
  if (imports.mask >>> IMPT_BITS !== 0) {
    return failure("verify.bad_fields", where, "IMPT names a host call that does not exist");
  }
  if (imports.mask === primitives) return undefined;
  const undeclared = namesOf(primitives & ~imports.mask);
  const reason =
    undeclared !== ""
      ? `CODE uses host calls that IMPT does not name: ${undeclared}`
      : `IMPT names host calls that CODE does not use: ${namesOf(imports.mask & ~primitives)}`;
  return failure("verify.impt_mismatch", where, reason);
}

const namesOf = (mask: number): string =>
  PRIMITIVES.filter((_, bit) => mask & (1 << bit))
    .join(", ")
    .toLowerCase();

function checkMemory({ memory, data }: Container, policy: Policy): Failure | undefined {
  if (memory !== undefined) {
    if (memory.minBytes > policy.memSize) {
      const reason = `MEM needs ${memory.minBytes} bytes, memSize is ${policy.memSize}`;
      return failure("container.mem_unmet", { offset: memory.offset }, reason);
    }
    if (memory.maxBytes !== 0 && memory.maxBytes < policy.memSize) {
      const reason = `MEM allows ${memory.maxBytes} bytes, memSize is ${policy.memSize}`;
      return failure("container.mem_unmet", { offset: memory.offset + 4 }, reason);
    }
  }
  const outside = data.find((segment) => segment.dst + segment.bytes.length > policy.memSize);
  return outside && failure("data.out_of_bounds", { offset: outside.offset });
}

/** The same segments in a buffer of their own: a module keeps its code and its data alive, not its whole file. */
function detached(segments: readonly DataSegment[]): DataSegment[] {
  const all = new Uint8Array(segments.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let end = 0;
  return segments.map(({ dst, bytes, offset }) => {
    const start = end;
    end += bytes.length;
    all.set(bytes, start);
    return { dst, bytes: all.subarray(start, end), offset };
  });
}

/** The code words followed by `END_OF_CODE`. The engine refuses to start on a big-endian host. */
function toWords(bytes: Uint8Array, codeWords: number): Int32Array {
  const words = new Int32Array(codeWords + 1);
  new Uint8Array(words.buffer).set(bytes.subarray(0, codeWords * 4));
  words[codeWords] = END_OF_CODE;
  return words;
}
