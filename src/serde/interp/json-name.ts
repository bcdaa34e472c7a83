// Names and tags of JSON as the tables hold them: UTF-8 without escapes.

import { SPAN, type StateBlock } from "../state/block.ts";
import { readString, stringEnd, text } from "./json-text.ts";
import { setName } from "./name.ts";
import { CODE, fail } from "./stop.ts";
import { writeUtf8 } from "./utf8.ts";

const BACKSLASH = 0x5c;

/** The string whose first character is at `at`, in `name`. The position behind its closing quote, or a stop. */
export function readName(s: StateBlock, at: number): number {
  const end = stringEnd(s, at);
  if (end < 0) return end;
  setName(s.document, at, end);
  let c = at;
  while (c < end && s.document[c] !== BACKSLASH) c++;
  if (c === end) return end + 1;
  // Rare: unescaped into UTF-16, and back to UTF-8 on top of the arena, which is not claimed.
  const next = readString(s, at);
  if (next < 0) return next;
  if ((text.end & SPAN.text8) !== 0) {
    setName(s.text8, text.start, text.end & SPAN.mask);
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
  setName(s.text8, s.text8Top, top);
  return next;
}
