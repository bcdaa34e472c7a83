// `.zasm.bin` v2 reader: bytes to a `Container`, or the first complaint with its file offset.
// Order of checks: header, directory entries in order, overlap, section shapes, reserved words (D4).
// Nothing is allocated from a claimed count (C3): arrays grow by what has been read.

import { decodeUtf8 } from "../../core/bytes.ts";
import { type Failure, failure, isFailure, quoted } from "../../core/errors.ts";
import type { Policy } from "../../core/policy.ts";
import {
  type Container,
  type DataSegment,
  ENTRY_BYTES,
  type Export,
  HEADER_BYTES,
  type ImportMask,
  MAGIC,
  MAX_RECORDS,
  type MemoryLimits,
  MIN_MEM_BYTES,
  type Section,
  TAGS,
  tagText,
  VERSION,
} from "./format.ts";

/** Where each header field stands. */
const AT = {
  version: 4,
  flags: 6,
  fileLen: 8,
  dirOffset: 12,
  dirCount: 16,
  entryPcWords: 20,
  abiId: 24,
  abiVersion: 28,
  reserved0: 32,
  reserved1: 36,
} as const;

export const ENTRY_PC_OFFSET = AT.entryPcWords;

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** No file is read beyond this, whatever its header claims. */
export const bytesToRead = (policy: Policy): number => Math.max(HEADER_BYTES, policy.maxFileLen);

/**
 * Reads a container. `bytes` must not change afterwards: the result refers to it. It may be the first
 * `bytesToRead(policy)` bytes of the `given` bytes that the caller has.
 * Gives `container.*` failures with the byte offset in the file.
 */
// z[impl vm.input.module]
export function readContainer(bytes: Uint8Array, policy: Policy, given = bytes.length): Container | Failure {
  const file = view(bytes);
  const complaint = checkHeader(file, policy, given);
  if (complaint !== undefined) return complaint;
  const fileLen = file.getUint32(AT.fileLen, true);
  const dirOffset = file.getUint32(AT.dirOffset, true);

  const sections = readDirectory(file, policy);
  if (isFailure(sections)) return sections;
  const code = sections.find((s) => s.tag === TAGS.CODE);
  if (code === undefined) return failure("container.missing_code", { offset: dirOffset });
  const overlap = findOverlap(sections, dirOffset);
  if (overlap !== undefined) return overlap;

  const payload = <T>(tag: number, read: (section: Section) => T): T | undefined => {
    const section = sections.find((s) => s.tag === tag);
    return section && read(section);
  };
  const data = payload(TAGS.DATA, (s) => readData(bytes, s)) ?? [];
  if (isFailure(data)) return data;
  const exports = payload(TAGS.EXPT, (s) => readExports(bytes, s));
  if (exports !== undefined && isFailure(exports)) return exports;
  const memory = payload(TAGS.MEM, (s) => readMemory(file, s));
  if (memory !== undefined && isFailure(memory)) return memory;
  const imports = payload(
    TAGS.IMPT,
    (s): ImportMask => ({ mask: file.getUint32(s.offset, true), offset: s.offset }),
  );

  for (const offset of [AT.reserved0, AT.reserved1]) {
    if (file.getUint32(offset, true) !== 0) return failure("container.reserved_nonzero", { offset });
  }
  return {
    file: bytes.subarray(0, fileLen),
    dirOffset,
    entryPcWords: file.getUint32(AT.entryPcWords, true),
    abiId: file.getUint32(AT.abiId, true),
    abiVersion: file.getUint32(AT.abiVersion, true),
    sections,
    code: bytes.subarray(code.offset, code.offset + code.length),
    data,
    imports,
    exports,
    memory,
  };
}

function checkHeader(file: DataView, policy: Policy, given: number): Failure | undefined {
  if (given < HEADER_BYTES) return failure("container.too_small", { offset: 0 });
  if (file.getUint32(0, true) !== MAGIC) return failure("container.bad_magic", { offset: 0 });
  const version = file.getUint16(AT.version, true);
  if (version !== VERSION) {
    return failure(
      "container.unsupported_version",
      { offset: AT.version },
      `container version is ${version}, not 2`,
    );
  }
  if (file.getUint16(AT.flags, true) !== 0) {
    return failure("container.unsupported_flags", { offset: AT.flags });
  }
  const fileLen = file.getUint32(AT.fileLen, true);
  const where = { offset: AT.fileLen };
  if (fileLen < HEADER_BYTES) return failure("container.bad_file_len", where);
  if (fileLen > given) {
    return failure("container.truncated", where, `file_len is ${fileLen}, ${given} bytes given`);
  }
  if (fileLen > policy.maxFileLen) return failure("container.too_large", where);
  if (fileLen < given && policy.strict) {
    return failure("container.trailing_bytes", { offset: fileLen }); // C2
  }
  const dirCount = file.getUint32(AT.dirCount, true);
  if (dirCount === 0 || dirCount > policy.maxDirCount) {
    return failure("container.bad_dir", { offset: AT.dirCount });
  }
  const dirOffset = file.getUint32(AT.dirOffset, true);
  // Exact in doubles: both summands are far below 2^53.
  if (dirOffset < HEADER_BYTES || dirOffset + ENTRY_BYTES * dirCount > fileLen) {
    return failure("container.dir_range", { offset: AT.dirOffset });
  }
  return undefined;
}

function readDirectory(file: DataView, policy: Policy): Section[] | Failure {
  const fileLen = file.getUint32(AT.fileLen, true);
  const dirOffset = file.getUint32(AT.dirOffset, true);
  const dirCount = file.getUint32(AT.dirCount, true);
  const seen = new Set<number>();
  const sections: Section[] = [];
  for (let i = 0; i < dirCount; i++) {
    const at = dirOffset + ENTRY_BYTES * i;
    const tag = file.getUint32(at, true);
    const offset = file.getUint32(at + 4, true);
    const length = file.getUint32(at + 8, true);
    if (file.getUint32(at + 12, true) !== 0) return failure("container.section_flags", { offset: at + 12 });
    if (file.getUint32(at + 16, true) !== 0) return failure("container.section_flags", { offset: at + 16 });
    if (offset + length > fileLen) return failure("container.section_range", { offset: at + 4 });
    if (seen.has(tag)) {
      const text = `section ${quoted(tagText(tag))} appears twice`;
      return failure("container.duplicate_section", { offset: at }, text);
    }
    seen.add(tag);
    if (tag === TAGS.CODE && (length === 0 || length % 4 !== 0 || length > policy.maxCodeLen)) {
      return failure("container.bad_code_len", { offset: at + 8 });
    }
    if (tag === TAGS.IMPT) {
      if (length !== 8) return failure("container.bad_impt", { offset: at + 8 });
      if (file.getUint32(offset + 4, true) !== 0)
        return failure("container.bad_impt", { offset: offset + 4 });
    }
    sections.push({ tag, offset, length, entryOffset: at });
  }
  return sections;
}

/** Complains about the later of two overlapping payloads, in file order; an empty payload overlaps nothing. */
function findOverlap(sections: readonly Section[], dirOffset: number): Failure | undefined {
  const spans = sections
    .filter((s) => s.length > 0)
    .map((s) => ({ start: s.offset, end: s.offset + s.length, complainAt: s.entryOffset + 4 }));
  spans.push({ start: dirOffset, end: dirOffset + ENTRY_BYTES * sections.length, complainAt: -1 });
  spans.sort((a, b) => a.start - b.start); // stable: entries that start together stay in order
  let previous = { end: HEADER_BYTES, complainAt: -1 };
  for (const span of spans) {
    if (span.start < previous.end) {
      const offset = span.complainAt >= 0 ? span.complainAt : previous.complainAt;
      return failure("container.section_overlap", { offset });
    }
    previous = span;
  }
  return undefined;
}

const tooMany = (what: string, offset: number): Failure =>
  failure("container.too_large", { offset }, `more than ${MAX_RECORDS} ${what}`);

/** DATA: u32 count, then per segment u32 dst, u32 len, bytes, zero padding to 4. */
function readData(bytes: Uint8Array, section: Section): DataSegment[] | Failure {
  const bad = (offset: number, reason: string) => failure("container.bad_data", { offset }, reason);
  const file = view(bytes);
  const end = section.offset + section.length;
  if (section.length < 4) return bad(section.offset, "DATA is shorter than its count");
  const count = file.getUint32(section.offset, true);
  const segments: DataSegment[] = [];
  let at = section.offset + 4;
  for (let i = 0; i < count; i++) {
    if (i === MAX_RECORDS) return tooMany("DATA segments", at);
    if (end - at < 8) return bad(at, `DATA ends before segment ${i} of ${count}`);
    const length = file.getUint32(at + 4, true);
    if (length > end - at - 8) return bad(at + 4, `DATA segment ${i} is longer than the section`);
    const start = at + 8;
    const next = start + roundUp4(length);
    if (next > end) return bad(start + length, `DATA segment ${i} lacks its padding`);
    for (let p = start + length; p < next; p++) {
      if (bytes[p] !== 0) return bad(p, "padding is not 0");
    }
    segments.push({
      dst: file.getUint32(at, true),
      bytes: bytes.subarray(start, start + length),
      offset: at,
    });
    at = next;
  }
  if (at !== end) return bad(at, "DATA goes on after its last segment");
  const sorted = segments.filter((s) => s.bytes.length > 0).sort((a, b) => a.dst - b.dst);
  for (let i = 1; i < sorted.length; i++) {
    const [a, b] = [sorted[i - 1], sorted[i]];
    if (a && b && a.dst + a.bytes.length > b.dst) {
      return bad(Math.max(a.offset, b.offset), "DATA segments overlap");
    }
  }
  return segments;
}

/** EXPT: u32 count, then per export u16 name_len, u8 kind, u8 0, u32 pc_words, name, zero padding to 4. */
function readExports(bytes: Uint8Array, section: Section): Export[] | Failure {
  const bad = (offset: number, reason: string) => failure("container.bad_expt", { offset }, reason);
  const file = view(bytes);
  const end = section.offset + section.length;
  if (section.length < 4) return bad(section.offset, "EXPT is shorter than its count");
  const count = file.getUint32(section.offset, true);
  const exports: Export[] = [];
  const names = new Set<string>();
  let at = section.offset + 4;
  for (let i = 0; i < count; i++) {
    if (i === MAX_RECORDS) return tooMany("exports", at);
    if (end - at < 8) return bad(at, `EXPT ends before export ${i} of ${count}`);
    const length = file.getUint16(at, true);
    if (file.getUint8(at + 2) !== 0) return bad(at + 2, "export kind is not 0 (function)");
    if (file.getUint8(at + 3) !== 0) return bad(at + 3, "reserved export byte is not 0");
    const start = at + 8;
    const next = start + roundUp4(length);
    if (next > end) return bad(at, `the name of export ${i} is longer than the section`);
    const name = decodeUtf8(bytes.subarray(start, start + length));
    if (name === undefined) return bad(start, `the name of export ${i} is not UTF-8`);
    for (let p = start + length; p < next; p++) {
      if (bytes[p] !== 0) return bad(p, "padding is not 0");
    }
    if (names.has(name)) return bad(start, `export ${quoted(name)} appears twice`);
    names.add(name);
    exports.push({ name, pcWords: file.getUint32(at + 4, true), offset: at + 4 });
    at = next;
  }
  if (at !== end) return bad(at, "EXPT goes on after its last export");
  return exports;
}

/** MEM: u32 min_bytes, u32 max_bytes (0 = none). */
function readMemory(file: DataView, section: Section): MemoryLimits | Failure {
  const bad = (offset: number, reason: string) => failure("container.bad_mem", { offset }, reason);
  if (section.length !== 8) return bad(section.entryOffset + 8, "MEM is not 8 bytes");
  const minBytes = file.getUint32(section.offset, true);
  const maxBytes = file.getUint32(section.offset + 4, true);
  if (minBytes < MIN_MEM_BYTES) return bad(section.offset, "min_bytes is under 65536");
  if (maxBytes !== 0 && maxBytes < minBytes) return bad(section.offset + 4, "max_bytes is under min_bytes");
  return { minBytes, maxBytes, offset: section.offset };
}

const roundUp4 = (n: number): number => n + (-n & 3);
