// Codec cases, one file per idea, `cases/*.case`: a shape and documents with what they come to.
//
//   ; what it shows                       header comment, required
//   -- shape        JSON form; starts a new group
//   -- json         rows; also postcard, msgpack, cbor, where a document is hex, and json-hex
//   DOCUMENT => VALUE                     decodes to it, as kit/show.ts prints it
//   DOCUMENT <=> VALUE                    and the value is written as this document
//   DOCUMENT => error CODE @OFFSET PATH

import type { FormatName } from "../../../src/serde/ir/ops.ts";
import { parseShape } from "../../../src/serde/shape/index.ts";
import { documentBytes } from "../documents.ts";
import { brief, hex, showResult, unhex } from "./show.ts";
import { byteByByte, FORMATS, inSteps, resultOf, subject, trace } from "./subject.ts";

export interface Row {
  readonly line: number;
  readonly format: FormatName;
  readonly form: string;
  readonly text: string;
  readonly document: Uint8Array;
  readonly both: boolean;
  readonly expected: string;
}

export function rowsOf(name: string, source: string): Row[] {
  const rows: Row[] = [];
  let section = "";
  let form = "";
  for (const [i, text] of source.split("\n").entries()) {
    const line = i + 1;
    const bad = (why: string): never => {
      throw new Error(`${name}:${line}: ${why}`);
    };
    if (line === 1 && !/^; \S/.test(text)) bad("the file must open with a comment, `; what it shows`");
    const heading = /^-- (\S+)$/.exec(text)?.[1];
    if (heading !== undefined) {
      if (!["shape", "json-hex", ...FORMATS].includes(heading)) bad(`unknown section ${heading}`);
      section = heading;
      if (section === "shape") form = "";
    } else if (text.trim() === "" || text.startsWith(";")) continue;
    else if (section === "shape") form += text;
    else {
      const [, document, arrow, expected] =
        /^(.*?) (<?=>) (.+)$/.exec(text) ?? bad("expected `document => value`");
      if (form === "" || section === "") bad("a row stands before any shape");
      rows.push({
        line,
        format: section === "json-hex" ? "json" : (section as FormatName),
        form,
        text: document!,
        document: section === "json-hex" ? unhex(document!) : documentBytes(section as FormatName, document!),
        both: arrow === "<=>",
        expected: expected!,
      });
    }
  }
  if (rows.length === 0) throw new Error(`${name}: no rows`);
  return rows;
}

/** Instructions of a row that it is stopped after. */
const STOPS = 40;

/** What is wrong with a row, run whole, byte by byte, and stopped after each of its first instructions. */
export function checkRow(row: Row): string | undefined {
  const shape = parseShape(JSON.parse(row.form));
  if ("code" in shape) return `${shape.code} at ${shape.path}`;
  const it = subject(shape.node, row.format);
  const { document } = row;
  const result = it.codec.tryDecode(document);
  const whole = showResult(result);
  if (brief(whole) !== row.expected) return `is ${brief(whole)}, not ${row.expected}`;
  if (byteByByte(it, document) !== whole) return `byte by byte it is ${byteByByte(it, document)}`;
  for (const at of trace(it, "decode", document, STOPS).keys()) {
    const stopped = resultOf(inSteps(it, "decode", document, [at, 1]));
    if (stopped !== whole) return `stopped after ${at} instructions it is ${stopped}`;
  }
  if (!row.both || result.status === "error") return undefined;
  const written = hex(it.codec.encode(result.value));
  return written === hex(document) ? undefined : `it is written as ${written}`;
}
