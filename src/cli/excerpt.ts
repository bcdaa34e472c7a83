// The place of a mistake, shown: a line of text with a caret, or bytes in hex.

import { type Io, paint, type Sink } from "./io.ts";

/** Longest piece of a line shown. */
const MAX_SHOWN_COLUMNS = 120;

/** The source line with a caret under the place. */
export function excerpt(sink: Sink, text: string, line: number, column: number, length: number): string {
  const gutter = String(line).padStart(5);
  // A window that holds the place, should the line be long.
  const start = column <= MAX_SHOWN_COLUMNS - 20 ? 0 : column - 40;
  const shownText = text.slice(start, start + MAX_SHOWN_COLUMNS);
  const before = shownText.slice(0, column - 1 - start).replace(/[^\t]/g, " ");
  const room = Math.max(1, shownText.length - before.length);
  const marks = "^".padEnd(Math.min(length, room), "~");
  // One column per character, so that the caret stands where it should.
  const visible = shownText.replace(/[^\t\x20-\x7e\u00a0-\u{10ffff}]/gu, "?");
  return `${paint(sink, "dim", `${gutter} |`)} ${visible}\n      ${paint(sink, "dim", "|")} ${before}${paint(sink, "green", marks)}\n`;
}

/** Bytes of a line shown before and behind the place: a document may be one line. */
const WINDOW_BYTES = 60;
const LF = 0x0a;

/** The line of a text document that holds `offset`, with the token that starts there marked. */
export function textExcerpt({ stderr }: Io, document: Uint8Array, offset: number, line: number): string {
  const from = Math.max(0, offset - WINDOW_BYTES);
  const start = offset === 0 ? 0 : Math.max(from, document.lastIndexOf(LF, offset - 1) + 1);
  const nearby = document.subarray(offset, offset + WINDOW_BYTES);
  const lineEnd = nearby.indexOf(LF);
  const before = lossy(document.subarray(start, offset));
  const after = lossy(lineEnd < 0 ? nearby : nearby.subarray(0, lineEnd)).replace(/\r$/, "");
  const isCut = start > 0 && document[start - 1] !== LF;
  const text = `${isCut ? "..." : ""}${before}${after}`;
  const [token = ""] = /^("(?:[^"\\]|\\.)*"?|[-+.\w]+)/.exec(after) ?? [];
  return excerpt(stderr, text, line, text.length - after.length + 1, Math.max(1, token.length));
}

/** Characters cut at either end, and bytes that are no UTF-8, become one mark each. */
const lossy = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const ROW_BYTES = 16;

/** The row of bytes that holds `offset`, and the one before it. */
export function hexExcerpt({ stderr }: Io, document: Uint8Array, offset: number): string {
  const row = Math.floor(offset / ROW_BYTES) * ROW_BYTES;
  const rows = [row - ROW_BYTES, row].filter((at) => at >= 0).map((at) => hexRow(stderr, document, at));
  const caret = " ".repeat(10 + 3 * (offset - row));
  return `${rows.join("")}      ${paint(stderr, "dim", "|")} ${caret}${paint(stderr, "green", "^~")}\n`;
}

function hexRow(sink: Sink, document: Uint8Array, at: number): string {
  const bytes = [...document.subarray(at, at + ROW_BYTES)];
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const ascii = bytes.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
  const address = at.toString(16).padStart(8, "0");
  return `      ${paint(sink, "dim", "|")} ${address}  ${hex.padEnd(3 * ROW_BYTES)} ${paint(sink, "dim", ascii)}\n`;
}
