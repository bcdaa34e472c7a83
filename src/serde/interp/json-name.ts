// Names and tags of JSON as the tables hold them: UTF-8 without escapes.

import { SPAN, type StateBlock } from "../state/block.ts";
import { readString, stringEnd, text } from "./json-text.ts";
import { CODE, fail } from "./stop.ts";
import { writeUtf8 } from "./utf8.ts";

const BACKSLASH = 0x5c;

/** Where `readName` found a name, as UTF-8 without escapes. */
const name: { bytes: Uint8Array; from: number; to: number } = { bytes: new Uint8Array(), from: 0, to: 0 };

/** The string whose first character is at `at`, in `name`. The position behind its closing quote, or a stop. */
export function readName(s: StateBlock, at: number): number {
  const end = stringEnd(s, at);
  if (end < 0) return end;
  name.bytes = s.document;
  name.from = at;
  name.to = end;
  let c = at;
  while (c < end && s.document[c] !== BACKSLASH) c++;
  if (c === end) return end + 1;
  // Rare: unescaped into UTF-16, and back to UTF-8 on top of the arena, which is not claimed.
  const next = readString(s, at);
  if (next < 0) return next;
  if ((text.end & SPAN.text8) !== 0) {
    name.bytes = s.text8;
    name.from = text.start;
    name.to = text.end & SPAN.mask;
    return next;
  }
  const units = (text.end & SPAN.mask) - text.start;
  if (!s.reserveText8(3 * units)) return fail(s, CODE.memoryLimit, at);
  let top = s.text8Top;
  for (let i = text.start; i < text.start + units; i++) {
    let point = s.text16[i]!;
    if ((point & 0xfc00) === 0xd800) point = 0x10000 + ((point & 0x3ff) << 10) + (s.text16[++i]! & 0x3ff);
    top += writeUtf8(s.text8, top, point);
  }
  name.bytes = s.text8;
  name.from = s.text8Top;
  name.to = top;
  return next;
}

export const lastName = (): { readonly bytes: Uint8Array; readonly from: number; readonly to: number } =>
  name;
