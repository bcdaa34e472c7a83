// What stands between quotes, as bytes: upstream's reading (T2: only `\\` is special) and real escapes,
// and the reverse for the disassembler.

import { decodeUtf8, encodeUtf8 } from "../../core/bytes.ts";

export type StringBytes = { readonly bytes: Uint8Array } | { readonly complaint: string };

/** T2: a backslash takes the next character along; only `\\` becomes something else, one backslash. */
export const compatibleBytes = (text: string): Uint8Array => encodeUtf8(text.replaceAll("\\\\", "\\"));

/** An escape that stays two characters under T2 and that a writer of other languages means otherwise. */
export const hasLiteralEscape = (text: string): boolean => /\\[^\\]/.test(text.replaceAll("\\\\", ""));

const SIMPLE: Readonly<Record<string, number>> = {
  n: 10,
  r: 13,
  t: 9,
  0: 0,
  "\\": 92,
  '"': 34,
  "'": 39,
};

/** `\n \r \t \0 \\ \" \'`, `\xNN` for a byte, `\u{N}` for a character in UTF-8. */
export function escapedBytes(text: string): StringBytes {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; ) {
    const slash = text.indexOf("\\", at);
    for (const byte of encodeUtf8(text.slice(at, slash < 0 ? undefined : slash))) bytes.push(byte);
    if (slash < 0) break;
    const letter = text[slash + 1] ?? "";
    const simple = Object.hasOwn(SIMPLE, letter) ? SIMPLE[letter] : undefined;
    const hex = letter === "x" ? /^[0-9a-fA-F]{2}/.exec(text.slice(slash + 2, slash + 4))?.[0] : undefined;
    const braces = letter === "u" ? /^\{([0-9a-fA-F]{1,6})\}/.exec(text.slice(slash + 2, slash + 10)) : null;
    if (simple !== undefined) {
      bytes.push(simple);
      at = slash + 2;
    } else if (hex !== undefined) {
      bytes.push(Number.parseInt(hex, 16));
      at = slash + 4;
    } else if (braces !== null) {
      const codePoint = Number.parseInt(braces[1] ?? "", 16);
      if (codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint < 0xe000)) {
        return { complaint: `\\u${braces[0]} is no character` };
      }
      for (const byte of encodeUtf8(String.fromCodePoint(codePoint))) bytes.push(byte);
      at = slash + 2 + braces[0].length;
    } else {
      return { complaint: `expected \\n \\r \\t \\0 \\\\ \\" \\' \\xNN or \\u{N} after the backslash` };
    }
  }
  return { bytes: Uint8Array.from(bytes) };
}

/** A quoted string that `escapedBytes` reads back as `text`. */
export function quoteEscaped(text: string): string {
  let out = "";
  for (const ch of text) {
    const cp = ch.codePointAt(0) ?? 0;
    out += cp >= 0x20 && cp < 0x7f && ch !== '"' && ch !== "\\" ? ch : `\\u{${cp.toString(16)}}`;
  }
  return `"${out}"`;
}

/** The text of escaped bytes, for names. */
export function escapedText(text: string): { readonly text: string } | { readonly complaint: string } {
  const read = escapedBytes(text);
  if ("complaint" in read) return read;
  const decoded = decodeUtf8(read.bytes);
  return decoded === undefined ? { complaint: "the name is not UTF-8" } : { text: decoded };
}

/** Bytes of hexadecimal digits in pairs; blanks between pairs are allowed. */
export function hexBytes(text: string): Uint8Array | undefined {
  const digits = text.replace(/[ \t]+/g, "");
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) return undefined;
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16);
  return bytes;
}

/** Lone surrogates have no UTF-8. */
export const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);
