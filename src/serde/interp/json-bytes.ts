// Bytes in JSON: base64, hex, or an array of numbers, into the 8-bit arena.

import { KIND } from "../ir/kinds.ts";
import { SPAN, type StateBlock } from "../state/block.ts";
import { read, readInt } from "./json-numbers.ts";
import { hexDigit, mismatch, skipSpace, startsValue, text } from "./json-text.ts";
import { CODE, fail, failAt, short } from "./stop.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** Value of a base64 character, or 255. */
const SIXBITS = new Uint8Array(256).fill(255);
for (let i = 0; i < 64; i++) SIXBITS[ALPHABET.charCodeAt(i)] = i;

/** The string in `text` as bytes. `at` is its opening quote, `end` the position behind it: the result. */
export function readBytesText(s: StateBlock, at: number, end: number, kind: number, cell: number): number {
  const { start } = text;
  const stop = text.end & SPAN.mask;
  if ((text.end & SPAN.text16) !== 0) return fail(s, CODE.malformedBytes, at);
  const escaped = (text.end & SPAN.text8) !== 0;
  // Unescaped text lies on top of the arena: the bytes go over it, never faster than it is read.
  if (!escaped && !s.reserveText8(stop - start)) return fail(s, CODE.memoryLimit, at);
  const source = escaped ? s.text8 : s.document;
  const top = kind === KIND.hex ? fromHex(s, source, start, stop) : fromBase64(s, source, start, stop);
  if (top < 0) return fail(s, CODE.malformedBytes, escaped ? at : ~top);
  store(s, cell, top);
  return end;
}

function store(s: StateBlock, cell: number, top: number): void {
  s.i32[2 * cell] = s.text8Top;
  s.i32[2 * cell + 1] = top | SPAN.text8;
  s.text8Top = top;
}

/** The new arena top, or ~position of the first bad character. */
function fromHex(s: StateBlock, source: Uint8Array, start: number, stop: number): number {
  let top = s.text8Top;
  for (let c = start; c < stop; c += 2) {
    const high = hexDigit(source[c]!);
    const low = c + 1 < stop ? hexDigit(source[c + 1]!) : -1;
    if (high < 0) return ~c;
    if (low < 0) return ~(c + 1);
    s.text8[top++] = (high << 4) | low;
  }
  return top;
}

/** RFC 4648 §4, padded, unused bits 0: one text for one value. */
function fromBase64(s: StateBlock, source: Uint8Array, start: number, stop: number): number {
  let top = s.text8Top;
  for (let c = start; c < stop; c += 4) {
    if (c + 4 > stop) return ~stop;
    const last = c + 4 === stop;
    const pads = last && source[c + 3] === 0x3d ? (source[c + 2] === 0x3d ? 2 : 1) : 0;
    let bits = 0;
    for (let i = 0; i < 4; i++) {
      const six = i >= 4 - pads ? 0 : SIXBITS[source[c + i]!]!;
      if (six === 255) return ~(c + i);
      bits = (bits << 6) | six;
    }
    if (pads === 1 && (bits & 0xff) !== 0) return ~(c + 2);
    if (pads === 2 && (bits & 0xffff) !== 0) return ~(c + 1);
    s.text8[top++] = bits >> 16;
    if (pads < 2) s.text8[top++] = (bits >> 8) & 255;
    if (pads < 1) s.text8[top++] = bits & 255;
  }
  return top;
}

/** An array of numbers 0..255. */
export function readNumbers(s: StateBlock, at: number, cell: number, soft: boolean): number {
  if (s.document[at] !== 0x5b) {
    return soft && startsValue(s.document[at]!) ? Number.NEGATIVE_INFINITY : mismatch(s, at);
  }
  let top = s.text8Top;
  let c = skipSpace(s.document, at + 1);
  if (s.document[c] === 0x5d) {
    store(s, cell, top);
    return c + 1;
  }
  for (;;) {
    c = readInt(s, skipSpace(s.document, c), 0, 255, false);
    if (c < 0) return c;
    if (!s.reserveText8(top + 1 - s.text8Top)) return fail(s, CODE.memoryLimit, at);
    s.text8[top++] = read.value;
    c = skipSpace(s.document, c);
    const byte = s.document[c];
    c++;
    if (byte === 0x5d) break;
    if (byte !== 0x2c) return c - 1 >= s.end ? short(s) : failAt(s, CODE.expectedCommaOrEnd, c - 1);
  }
  store(s, cell, top);
  return c;
}
