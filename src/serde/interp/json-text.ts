// JSON's lexical items on bytes: space, strings, numbers, and whole values that nobody wants. Positions go in and come
// out; nothing of the run changes but what is said, and arenas grow at their top without being claimed.

import { FRAME, SPAN, type StateBlock } from "../state/block.ts";
import { levelsEnd } from "./lists.ts";
import { endSkipped, knownEnd, openSkipped } from "./skipped.ts";
import { CODE, fail, failAt, short } from "./stop.ts";
import { codePointAt, putUnits } from "./utf8.ts";

/** 1: may stand in a string as it is, and is ASCII. NUL, which pads the document, may not. */
const PLAIN = new Uint8Array(256);
for (let byte = 0x20; byte < 0x80; byte++) PLAIN[byte] = byte === 0x22 || byte === 0x5c ? 0 : 1;

const BACKSLASH = 0x5c;
const ESCAPES = new Map<number, number>([
  [0x22, 0x22],
  [0x5c, 0x5c],
  [0x2f, 0x2f],
  [0x62, 8],
  [0x66, 12],
  [0x6e, 10],
  [0x72, 13],
  [0x74, 9],
]);

/** The first byte from `at` that is no whitespace. */
export function skipSpace(bytes: Uint8Array, at: number): number {
  let c = at;
  for (;;) {
    const byte = bytes[c]!;
    if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) return c;
    c++;
  }
}

/** The first byte from `at` that is not plain: the closing quote, in nearly every string. */
function plainEnd(bytes: Uint8Array, at: number): number {
  let c = at;
  while (PLAIN[bytes[c]!] === 1) c++;
  return c;
}

/** What `readString` found: the two words of its span. */
export const text = { start: 0, end: 0 };

/**
 * The string whose first character is at `at`. The position behind its closing quote, or a stop. Its span is in
 * `text`; where that is in an arena, the caller claims it with `keepText`.
 */
export function readString(s: StateBlock, at: number): number {
  const end = plainEnd(s.document, at);
  if (s.document[end] === 0x22) {
    text.start = at;
    text.end = end;
    return end + 1;
  }
  return readEscaped(s, at, end);
}

/** Keeps the text `readString` has put on top of an arena. */
export function keepText(s: StateBlock): void {
  if ((text.end & SPAN.text8) !== 0) s.text8Top = text.end & SPAN.mask;
  else if ((text.end & SPAN.text16) !== 0) s.text16Top = text.end & SPAN.mask;
}

/** Escapes, or characters that are not ASCII: into an arena. `[at, plain)` is already known to be plain. */
function readEscaped(s: StateBlock, at: number, plain: number): number {
  const end = stringEnd(s, plain);
  if (end < 0) return end;
  const { document } = s;
  if (document[plain]! >= 0x80) return readUtf16(s, at, end);
  if (!s.reserveText8(end - at)) return fail(s, CODE.memoryLimit, at);
  const { text8 } = s;
  let top = s.text8Top;
  for (let c = at; c < plain; c++) text8[top++] = document[c]!;
  let c = plain;
  while (c < end) {
    let point = document[c]!;
    if (point === BACKSLASH) {
      const escaped = readEscape(s, c);
      if (escaped < 0) return escaped;
      point = escaped >> 4;
      c += escaped & 15;
    } else {
      c++;
    }
    if (point >= 0x80) return readUtf16(s, at, end);
    text8[top++] = point;
  }
  text.start = s.text8Top;
  text.end = top | SPAN.text8;
  return end + 1;
}

/** The string `[at, end)`, which is checked. */
function readUtf16(s: StateBlock, at: number, end: number): number {
  if (!s.reserveText16(end - at)) return fail(s, CODE.memoryLimit, at);
  const { document, text16 } = s;
  let top = s.text16Top;
  let c = at;
  while (c < end) {
    const byte = document[c]!;
    if (byte < 0x80 && byte !== BACKSLASH) {
      text16[top++] = byte;
      c++;
    } else if (byte === BACKSLASH) {
      const escaped = readEscape(s, c);
      if (escaped < 0) return escaped;
      top = putUnits(text16, top, escaped >> 4);
      c += escaped & 15;
    } else {
      const found = codePointAt(document, c);
      top = putUnits(text16, top, found >> 3);
      c += found & 7;
    }
  }
  text.start = s.text16Top;
  text.end = top | SPAN.text16;
  return end + 1;
}

/** The closing quote of the string that goes on at `at`: everything up to it is checked. Or a stop. */
export function stringEnd(s: StateBlock, at: number): number {
  const { document } = s;
  let c = plainEnd(document, at);
  for (;;) {
    const byte = document[c]!;
    if (byte === 0x22) return c;
    if (byte === 0x5c) {
      const escaped = readEscape(s, c);
      if (escaped < 0) return escaped;
      c += escaped & 15;
    } else if (byte < 0x20) {
      return failAt(s, CODE.malformedString, c);
    } else {
      const found = codePointAt(document, c);
      if (found < 0) return failAt(s, CODE.invalidUtf8, ~found);
      c += found & 7;
    }
    c = plainEnd(document, c);
  }
}

/** The character the escape at `at` stands for, times 16, plus its length; or a stop. */
function readEscape(s: StateBlock, at: number): number {
  const { document } = s;
  const letter = document[at + 1]!;
  if (letter !== 0x75) {
    const point = ESCAPES.get(letter);
    return point === undefined ? failAt(s, CODE.malformedString, at + 1) : (point << 4) | 2;
  }
  const high = hex4(s, at + 2);
  if (high < 0) return high;
  if ((high & 0xf800) !== 0xd800) return (high << 4) | 6;
  if (high >= 0xdc00) return fail(s, CODE.invalidUnicode, at);
  if (document[at + 6] !== 0x5c) return at + 6 >= s.end ? short(s) : fail(s, CODE.invalidUnicode, at);
  if (document[at + 7] !== 0x75) return at + 7 >= s.end ? short(s) : fail(s, CODE.invalidUnicode, at);
  const low = hex4(s, at + 8);
  if (low < 0) return low;
  if ((low & 0xfc00) !== 0xdc00) return fail(s, CODE.invalidUnicode, at);
  return ((0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff)) << 4) | 12;
}

function hex4(s: StateBlock, at: number): number {
  let value = 0;
  for (let i = 0; i < 4; i++) {
    const digit = hexDigit(s.document[at + i]!);
    if (digit < 0) return failAt(s, CODE.malformedString, at + i);
    value = (value << 4) | digit;
  }
  return value;
}

export function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** What `readNumber` found. */
export const number = { float: false, digits: 0 };

/** The end of the number at `at`, by the grammar; or a stop. */
export function readNumber(s: StateBlock, at: number): number {
  const { document } = s;
  let c = at;
  if (document[c] === 0x2d) c++;
  const from = c;
  c = digitsEnd(document, c);
  if (c === from) return failAt(s, CODE.malformedNumber, c);
  if (document[from] === 0x30 && c > from + 1) return fail(s, CODE.malformedNumber, from + 1);
  number.float = false;
  number.digits = c - from;
  if (document[c] === 0x2e) {
    number.float = true;
    const fraction = c + 1;
    c = digitsEnd(document, fraction);
    if (c === fraction) return failAt(s, CODE.malformedNumber, c);
    number.digits += c - fraction;
  }
  if ((document[c]! | 0x20) === 0x65) {
    number.float = true;
    c++;
    if (document[c] === 0x2b || document[c] === 0x2d) c++;
    const exponent = c;
    c = digitsEnd(document, exponent);
    if (c === exponent) return failAt(s, CODE.malformedNumber, c);
    number.digits += c - exponent;
  }
  // A number has no end mark: at the end of what is here, more digits may come.
  if (c >= s.end && s.more !== 0) return short(s);
  if (number.digits > s.limits.maxNumberDigits) return fail(s, CODE.digitLimit, at);
  return c;
}

function digitsEnd(bytes: Uint8Array, at: number): number {
  let c = at;
  while (bytes[c]! >= 0x30 && bytes[c]! <= 0x39) c++;
  return c;
}

/** `[from, to)` of the document, which is ASCII, as a string. */
export function asciiText(bytes: Uint8Array, from: number, to: number): string {
  let ascii = "";
  for (let i = from; i < to; i++) ascii += String.fromCharCode(bytes[i]!);
  return ascii;
}

const LITERALS = [
  [0x74, "true"],
  [0x66, "false"],
  [0x6e, "null"],
] as const;
const LITERAL_BYTES = new Map<number, readonly number[]>(
  LITERALS.map(([first, word]) => [first, Array.from(word, (ch) => ch.charCodeAt(0))]),
);

/** The position behind the literal that `byte`, found at `at`, begins; or a stop. */
export function readLiteral(s: StateBlock, at: number): number {
  const word = LITERAL_BYTES.get(s.document[at]!)!;
  for (let i = 1; i < word.length; i++) {
    if (s.document[at + i] !== word[i]) return failAt(s, CODE.malformedLiteral, at + i);
  }
  return at + word.length;
}

/** A stop for the value at `at`, which is not of the wanted type: that, unless no value begins so. */
export function mismatch(s: StateBlock, at: number): number {
  return startsValue(s.document[at]!) ? fail(s, CODE.typeMismatch, at) : failAt(s, CODE.unexpectedByte, at);
}

/** Whether a value may begin with this byte. */
export const startsValue = (byte: number): boolean =>
  byte === 0x22 ||
  byte === 0x2d ||
  (byte >= 0x30 && byte <= 0x39) ||
  byte === 0x5b ||
  byte === 0x7b ||
  LITERAL_BYTES.has(byte);

/**
 * The position behind the value at `at` (space before it allowed), checked as strictly as if it were wanted (D48); or
 * a stop. Open brackets are kept where frames would be, so the limit is the same one.
 */
export function skipValue(s: StateBlock, at: number): number {
  const { document, words } = s;
  const bottom = s.frameTop;
  const limit = levelsEnd(s);
  let top = bottom;
  let c = at;
  for (;;) {
    // A value is due.
    c = skipSpace(document, c);
    const byte = document[c]!;
    if (byte === 0x7b || byte === 0x5b) {
      const end = knownEnd(s, c, top, bottom, limit);
      if (end < 0) {
        if (top >= limit) return fail(s, CODE.depthLimit, c);
        words[top] = byte;
        openSkipped(s, top, c);
        top += FRAME.words;
        c = skipSpace(document, c + 1);
        if (document[c] !== byte + 2) {
          if (byte === 0x7b) c = skipKey(s, c);
          if (c < 0) return c;
          continue;
        }
        top -= FRAME.words;
        endSkipped(s, top, bottom, ++c);
      } else {
        c = end;
      }
    } else {
      c = skipLeaf(s, c, byte);
      if (c < 0) return c;
    }
    // A value is complete: close what ends here, go on with what does not.
    for (;;) {
      if (top === bottom) return c;
      c = skipSpace(document, c);
      const open = words[top - FRAME.words]!;
      if (document[c] === open + 2) {
        top -= FRAME.words;
        endSkipped(s, top, bottom, ++c);
        continue;
      }
      if (document[c] !== 0x2c) return failAt(s, CODE.expectedCommaOrEnd, c);
      c++;
      if (open === 0x7b) {
        c = skipKey(s, skipSpace(document, c));
        if (c < 0) return c;
      }
      break;
    }
  }
}

function skipLeaf(s: StateBlock, at: number, byte: number): number {
  if (byte === 0x22) {
    const end = stringEnd(s, at + 1);
    return end < 0 ? end : end + 1;
  }
  if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return readNumber(s, at);
  if (LITERAL_BYTES.has(byte)) return readLiteral(s, at);
  return failAt(s, CODE.unexpectedByte, at);
}

/** The position behind the key at `at` and its colon, or a stop. */
function skipKey(s: StateBlock, at: number): number {
  if (s.document[at] !== 0x22) return failAt(s, CODE.expectedKey, at);
  const end = stringEnd(s, at + 1);
  if (end < 0) return end;
  return readColon(s, end + 1);
}

export function readColon(s: StateBlock, at: number): number {
  const c = skipSpace(s.document, at);
  return s.document[c] === 0x3a ? c + 1 : failAt(s, CODE.expectedColon, c);
}
