// Text of the binary formats: its length is known, its bytes stand in the document.

import { SPAN, type StateBlock } from "../state/block.ts";
import { CODE, fail } from "./stop.ts";
import { invalidUtf8At, utf16Of } from "./utf8.ts";

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
  if (!s.reserveText16(end - from)) {
    const invalid = invalidUtf8At(document, c, end);
    return invalid < 0
      ? fail(s, CODE.memoryLimit, from)
      : fail(s, CODE.invalidUtf8, Math.min(invalid, end - 1));
  }
  const top = utf16Of(document, from, end, s.text16, s.text16Top);
  if (top < 0) return fail(s, CODE.invalidUtf8, Math.min(~top, end - 1));
  keepUnits(s, cell, top);
  return end;
}

/** The text on top of the UTF-16 arena, up to `top`, into its cell. */
export function keepUnits(s: StateBlock, cell: number, top: number): void {
  s.i32[2 * cell] = s.text16Top;
  s.i32[2 * cell + 1] = top | SPAN.text16;
  s.text16Top = top;
}
