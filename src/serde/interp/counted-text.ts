// Text, bytes and whole values of MessagePack and CBOR.

import { FRAME, SPAN, type StateBlock } from "../state/block.ts";
import { copyText, keepUnits } from "./binary-text.ts";
import { chunks, readChunks } from "./chunks.ts";
import { BREAK, head, type ReadHead, TYPE } from "./head.ts";
import { levelsEnd } from "./lists.ts";
import { name, setName } from "./name.ts";
import { endSkipped, knownEnd, openSkipped } from "./skipped.ts";
import { CODE, fail, short } from "./stop.ts";
import { codePointAt, utf16Of } from "./utf8.ts";

const TEXT = 3;
const BYTES = 2;

/** The text whose head has just been read, ending at `at`, into its cell. The position behind it, or a stop. */
export function readText(s: StateBlock, at: number, cell: number): number {
  const length = head.value;
  if (length >= 0) {
    const end = at + length;
    return end > s.end ? short(s) : copyText(s, at, end, cell);
  }
  const end = readChunks(s, at, length, TEXT);
  if (end < 0) return end;
  return keepChunks(s, end, cell);
}

/** Chunked text, put together on the 8-bit arena: it stays there if it is ASCII. */
function keepChunks(s: StateBlock, end: number, cell: number): number {
  const { bytes, from, to } = chunks;
  let c = from;
  while (c < to && bytes[c]! < 0x80) c++;
  if (c === to) return keepBytes(s, end, cell);
  if (!s.reserveText16(to - from)) return fail(s, CODE.memoryLimit, s.cursor);
  keepUnits(s, cell, utf16Of(bytes, from, to, s.text16, s.text16Top));
  return end;
}

function keepBytes(s: StateBlock, end: number, cell: number): number {
  s.i32[2 * cell] = s.text8Top;
  s.i32[2 * cell + 1] = chunks.to | SPAN.text8;
  s.text8Top = chunks.to;
  return end;
}

/** As `readText`, for bytes. */
export function readBytes(s: StateBlock, at: number, cell: number): number {
  const length = head.value;
  const end = readChunks(s, at, length, BYTES);
  if (end < 0) return end;
  if (length < 0) return keepBytes(s, end, cell);
  s.i32[2 * cell] = at;
  s.i32[2 * cell + 1] = end;
  return end;
}

/** The text whose head has just been read as a name. */
export function readTextName(s: StateBlock, at: number): number {
  const end = readChunks(s, at, head.value, TEXT);
  if (end >= 0) setName(chunks.bytes, chunks.from, chunks.to);
  return end;
}

/** The one character of the text whose head has just been read, times 1, or -1: another number of them. */
export function onlyChar(): number {
  const { bytes, from, to } = name;
  if (from === to) return -1;
  const found = codePointAt(bytes, from);
  return from + (found & 7) === to ? found >> 3 : -1;
}

/** How many values are still due in an open container; below 0: until its break. */
const UNTIL_BREAK = -1;
const KEY_OR_BREAK = -2;
const VALUE = -3;

/**
 * The position behind the value at `at`, checked as strictly as if it were wanted (D48); or a stop. Open containers are
 * kept where frames would be, so the limit is the same one.
 */
export function skipItem(s: StateBlock, at: number, read: ReadHead): number {
  const { words } = s;
  const bottom = s.frameTop;
  const limit = levelsEnd(s);
  let top = bottom;
  let c = at;
  for (;;) {
    const start = c;
    const end = knownEnd(s, start, top, bottom, limit);
    c = end < 0 ? read(s, start, false) : end;
    if (c < 0) return c;
    switch (end < 0 ? head.type : TYPE.null) {
      case TYPE.str:
      case TYPE.bytes:
        c = readChunks(s, c, head.value, head.type === TYPE.str ? TEXT : BYTES);
        if (c < 0) return c;
        break;
      case TYPE.ext:
        c += head.value;
        if (c > s.end) return short(s);
        break;
      case TYPE.list:
      case TYPE.map: {
        if (top >= limit) return fail(s, CODE.depthLimit, start);
        const isMap = head.type === TYPE.map;
        // More than the document has bytes are never all there: it does not matter how many more.
        const due = Math.min(head.value * (isMap ? 2 : 1), 0x7fff_ffff);
        words[top] = due >= 0 ? due : isMap ? KEY_OR_BREAK : UNTIL_BREAK;
        openSkipped(s, top, start);
        top += FRAME.words;
        // Nothing is complete yet, unless it is empty.
        c = closeSkipped(s, c, bottom, top, true);
        if (c < 0) return c;
        top = skipped.top;
        if (top === bottom) return c;
        continue;
      }
    }
    c = closeSkipped(s, c, bottom, top, false);
    if (c < 0) return c;
    top = skipped.top;
    if (top === bottom) return c;
  }
}

const skipped = { top: 0 };

/** Closes what ends at `at`; `opened`: the innermost container has just begun, else a value in it is complete. */
function closeSkipped(s: StateBlock, at: number, bottom: number, from: number, opened: boolean): number {
  const { words } = s;
  let c = at;
  let top = from;
  let complete = !opened;
  while (top > bottom) {
    const slot = top - FRAME.words;
    let due = words[slot]!;
    if (complete) {
      if (due > 0) due--;
      else if (due === VALUE) due = KEY_OR_BREAK;
      else if (due === KEY_OR_BREAK) due = VALUE;
      words[slot] = due;
    }
    if (due < 0) {
      if (c >= s.end) return short(s);
      if (s.document[c] !== BREAK) break;
      if (due === VALUE) return fail(s, CODE.unexpectedByte, c);
      c++;
    } else if (due > 0) {
      break;
    }
    endSkipped(s, slot, bottom, c);
    top = slot;
    complete = true;
  }
  skipped.top = top;
  return c;
}
