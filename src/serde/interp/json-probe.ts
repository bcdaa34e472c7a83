// `json.probe`: a look over one object.

import { PROBE } from "../ir/tables.ts";
import type { StateBlock } from "../state/block.ts";
import { readName } from "./json-name.ts";
import { mismatch, readColon, skipSpace, skipValue } from "./json-text.ts";
import { decided, endProbe, probeKey, probeText, startProbe, textsOf } from "./probe.ts";
import { CODE, type Code, fail, failAt } from "./stop.ts";

export function probeObject(s: StateBlock, code: Code, pc: number): number {
  const { words } = code;
  const { document } = s;
  const probe = startProbe(words, words[(pc >> 2) + 1]! >> 2);
  let c = skipSpace(document, s.cursor);
  if (document[c] !== 0x7b) return mismatch(s, c);
  c = skipSpace(document, c + 1);
  if (document[c] === 0x7d) return endProbe(probe, s, words, c);
  for (;;) {
    if (document[c] !== 0x22) return failAt(s, CODE.expectedKey, c);
    c = readName(s, c + 1);
    if (c < 0) return c;
    const row = probeKey(probe, code);
    c = readColon(s, c);
    if (c < 0) return c;
    c = skipSpace(document, c);
    const texts = row < 0 ? -1 : textsOf(probe, words, row);
    if (texts >= 0) {
      if (document[c] !== 0x22) return mismatch(s, c);
      const start = c;
      c = readName(s, c + 1);
      if (c < 0) return c;
      if (!probeText(probe, code, texts)) return fail(s, CODE.unknownVariant, start);
      if (words[probe.table + PROBE.tagged] === 1) return decided(probe, words);
    } else {
      c = skipValue(s, c);
      if (c < 0) return c;
    }
    c = skipSpace(document, c);
    if (document[c] === 0x7d) return endProbe(probe, s, words, c);
    if (document[c] !== 0x2c) return failAt(s, CODE.expectedCommaOrEnd, c);
    c = skipSpace(document, c + 1);
  }
}
