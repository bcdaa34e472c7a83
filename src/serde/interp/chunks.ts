// Text and bytes whose length is known, or that come in chunks (CBOR).

import type { StateBlock } from "../state/block.ts";
import { BREAK } from "./head.ts";
import { CODE, fail, failAt, short } from "./stop.ts";
import { invalidUtf8At } from "./utf8.ts";

/** Where the last content stands: in the document, or put together on top of the 8-bit arena, which is not claimed. */
export const chunks: { bytes: Uint8Array; from: number; to: number } = {
  bytes: new Uint8Array(),
  from: 0,
  to: 0,
};

/**
 * The content whose head ends at `at`: `length` bytes, or chunks (-1) of the CBOR major type `major`, 2 or 3. Text is
 * UTF-8, each chunk by itself. In `chunks`; the position behind it, or a stop.
 */
export function readChunks(s: StateBlock, at: number, length: number, major: number): number {
  if (length < 0) return readIndefinite(s, at, major);
  const end = at + length;
  if (end > s.end) return short(s);
  chunks.bytes = s.document;
  chunks.from = at;
  chunks.to = end;
  return major === 3 ? checkText(s, at, end) : end;
}

function checkText(s: StateBlock, from: number, end: number): number {
  const { document } = s;
  let c = from;
  while (c < end && document[c]! < 0x80) c++;
  if (c === end) return end;
  const invalid = invalidUtf8At(document, c, end);
  return invalid < 0 ? end : fail(s, CODE.invalidUtf8, Math.min(invalid, end - 1));
}

function readIndefinite(s: StateBlock, at: number, major: number): number {
  const { document } = s;
  let top = s.text8Top;
  let c = at;
  for (;;) {
    const byte = document[c]!;
    if (c >= s.end) return short(s);
    if (byte === BREAK) break;
    // Chunks have a length and the type of the whole.
    if (byte >> 5 !== major || (byte & 31) > 27) return failAt(s, CODE.badMarker, c);
    const width = (byte & 31) < 24 ? 0 : 1 << ((byte & 31) - 24);
    const from = c + 1 + width;
    if (from > s.end) return short(s);
    let length = width === 0 ? byte & 31 : 0;
    for (let i = c + 1; i < from; i++) length = length * 256 + document[i]!;
    const end = from + length;
    if (end > s.end) return short(s);
    const checked = major === 3 ? checkText(s, from, end) : end;
    if (checked < 0) return checked;
    if (!s.reserveText8(top - s.text8Top + length)) return fail(s, CODE.memoryLimit, at);
    s.text8.set(document.subarray(from, end), top);
    top += length;
    c = end;
  }
  chunks.bytes = s.text8;
  chunks.from = s.text8Top;
  chunks.to = top;
  return c + 1;
}
