// `.zasm.bin` v2 writer: the canonical layout is header, directory, then the sections given, in the order
// CODE, DATA, IMPT, EXPT, MEM, others, each starting at a multiple of 4. A `Layout` reproduces any other.

import { encodeUtf8 } from "../../core/bytes.ts";
import { ENTRY_BYTES, HEADER_BYTES, MAGIC, tagNumber, VERSION } from "./format.ts";

/** What a module file is made of. Only `code` is needed. */
export interface ModuleParts {
  readonly code: Uint8Array;
  /** `dst` counts from the start of guest memory. */
  readonly data?: readonly { readonly dst: number; readonly bytes: Uint8Array }[];
  /** Which host calls CODE uses, as a bit mask; absent = no IMPT section. */
  readonly importMask?: number;
  readonly exports?: readonly { readonly name: string; readonly pcWords: number }[];
  readonly memory?: { readonly minBytes: number; readonly maxBytes: number };
  readonly entryPcWords?: number;
  readonly abiId?: number;
  readonly abiVersion?: number;
  /** Sections the engine does not read, such as NAME. */
  readonly extra?: readonly { readonly tag: string; readonly bytes: Uint8Array }[];
}

/** Placement of a file that is not laid out canonically: tags in directory order with their file offsets. */
export interface Layout {
  readonly dirOffset: number;
  readonly sections: readonly { readonly tag: string; readonly offset: number }[];
  readonly fileLen: number;
}

/** Writes the file. The parts are taken as they are: an invalid part gives an invalid file, which tests rely on. */
export function writeContainer(parts: ModuleParts, layout?: Layout): Uint8Array<ArrayBuffer> {
  const payloads = sectionPayloads(parts);
  const placed = layout ?? canonicalLayout(payloads);
  const file = new Uint8Array(placed.fileLen);
  const view = new DataView(file.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, VERSION, true);
  view.setUint32(8, placed.fileLen, true);
  view.setUint32(12, placed.dirOffset, true);
  view.setUint32(16, placed.sections.length, true);
  view.setUint32(20, parts.entryPcWords ?? 0, true);
  view.setUint32(24, parts.abiId ?? 0, true);
  view.setUint32(28, parts.abiVersion ?? 0, true);
  placed.sections.forEach(({ tag, offset }, i) => {
    const at = placed.dirOffset + ENTRY_BYTES * i;
    const bytes = payloads.get(tag) ?? new Uint8Array(0);
    view.setUint32(at, tagNumber(tag), true);
    view.setUint32(at + 4, offset, true);
    view.setUint32(at + 8, bytes.length, true);
    file.set(bytes, offset);
  });
  return file;
}

function canonicalLayout(payloads: ReadonlyMap<string, Uint8Array>): Layout {
  let offset = HEADER_BYTES + ENTRY_BYTES * payloads.size;
  let fileLen = offset;
  const sections = Array.from(payloads, ([tag, bytes]) => {
    const section = { tag, offset };
    fileLen = offset + bytes.length;
    offset = fileLen + (-fileLen & 3);
    return section;
  });
  return { dirOffset: HEADER_BYTES, sections, fileLen };
}

function sectionPayloads(parts: ModuleParts): Map<string, Uint8Array> {
  const payloads = new Map<string, Uint8Array>([["CODE", parts.code]]);
  if (parts.data !== undefined) payloads.set("DATA", dataPayload(parts.data));
  if (parts.importMask !== undefined) payloads.set("IMPT", words(parts.importMask, 0));
  if (parts.exports !== undefined) payloads.set("EXPT", exportPayload(parts.exports));
  if (parts.memory !== undefined) payloads.set("MEM ", words(parts.memory.minBytes, parts.memory.maxBytes));
  for (const { tag, bytes } of parts.extra ?? []) payloads.set(tag, bytes);
  return payloads;
}

function dataPayload(segments: NonNullable<ModuleParts["data"]>): Uint8Array {
  const chunks = [words(segments.length)];
  for (const { dst, bytes } of segments) chunks.push(words(dst, bytes.length), padded(bytes));
  return concat(chunks);
}

function exportPayload(exports: NonNullable<ModuleParts["exports"]>): Uint8Array {
  const chunks = [words(exports.length)];
  for (const { name, pcWords } of exports) {
    const bytes = encodeUtf8(name);
    chunks.push(words(bytes.length, pcWords), padded(bytes)); // kind 0 and the reserved byte are the high half
  }
  return concat(chunks);
}

function words(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setUint32(i * 4, value, true);
  });
  return bytes;
}

function padded(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length + (-bytes.length & 3));
  out.set(bytes);
  return out;
}

export function concat(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(chunks.reduce((n, c) => n + c.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}
