// Text of the binary formats: its length is known, its bytes stand in the document.

import { SPAN, type StateBlock } from "../state/block.ts";
import { CODE, fail } from "./stop.ts";
import { codePointAt, invalidUtf8At } from "./utf8.ts";

/** The text `[from, end)` of the document into its cell: ASCII stays where it is. `end`, or a stop. */
export function copyText(s: StateBlock, from: number, end: number, cell: number): number {
  const { document } = s;
  let c = from;
  while (c < end && document[c]! < 0x80) c++;
  if (c === end) {
    s.i32[2 * cell] = from;
    s.i32[2 * cell + 1] = end;
    return end;
  }
  const invalid = invalidUtf8At(document, c, end);
  if (invalid >= 0) return fail(s, CODE.invalidUtf8, Math.min(invalid, end - 1));
  if (!s.reserveText16(end - from)) return fail(s, CODE.memoryLimit, from);
  s.i32[2 * cell] = s.text16Top;
  s.text16Top = appendUnits(s, from, end);
  s.i32[2 * cell + 1] = s.text16Top | SPAN.text16;
  return end;
}

/** `[from, end)`, which is UTF-8, on top of the UTF-16 arena; the new top. */
function appendUnits(s: StateBlock, from: number, end: number): number {
  const { document, text16 } = s;
  let top = s.text16Top;
  for (let c = from; c < end; ) {
    const byte = document[c]!;
    if (byte < 0x80) {
      text16[top++] = byte;
      c++;
      continue;
    }
    const found = codePointAt(document, c);
    const point = found >> 3;
    c += found & 7;
    if (point < 0x10000) {
      text16[top++] = point;
    } else {
      text16[top++] = 0xd800 + ((point - 0x10000) >> 10);
      text16[top++] = 0xdc00 + ((point - 0x10000) & 0x3ff);
    }
  }
  return top;
}
