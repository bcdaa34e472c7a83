// Codec cases, one file per idea, `cases/*.case`: a shape and documents with what they come to.
//
//   ; what it shows                       header comment, required
//   -- shape        JSON form; starts a new group
//   -- json         rows; also postcard, msgpack, cbor, where a document is hex, and json-hex
//   -- named        rows for JSON, MessagePack and CBOR alike: a document is JSON, an error has no offset
//   DOCUMENT => VALUE                     decodes to it, as kit/show.ts prints it
//   DOCUMENT <=> VALUE                    and the value is written as this document
//   DOCUMENT => error CODE @OFFSET PATH

import type { FormatName } from "../../../src/serde/ir/ops.ts";
import { parseShape } from "../../../src/serde/shape/index.ts";
import { documentBytes } from "../documents.ts";
import { parseJson } from "../oracles/json.ts";
import { asObjects, PEERS } from "../oracles/peers.ts";
import { sameWire } from "../oracles/wire.ts";
import { brief, hex, showResult, unhex } from "./show.ts";
import { byteByByte, FORMATS, inSteps, resultOf, subject, trace } from "./subject.ts";

export interface Row {
  readonly line: number;
  readonly format: FormatName;
  readonly form: string;
  readonly text: string;
  readonly document: Uint8Array;
  readonly both: boolean;
  /** The text is JSON, whatever the format. */
  readonly named: boolean;
  readonly expected: string;
}

/** The formats of the sections that are not called by one. */
const FORMATS_OF: Readonly<Record<string, readonly FormatName[]>> = {
  "json-hex": ["json"],
  named: ["json", "msgpack", "cbor"],
};

function bytesOf(section: string, format: FormatName, text: string): Uint8Array {
  if (section === "json-hex") return unhex(text);
  const peer = section === "named" ? PEERS[format] : undefined;
  return peer === undefined ? documentBytes(format, text) : peer.encode(parseJson(text));
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
      if (!["shape", ...Object.keys(FORMATS_OF), ...FORMATS].includes(heading))
        bad(`unknown section ${heading}`);
      section = heading;
      if (section === "shape") form = "";
    } else if (text.trim() === "" || text.startsWith(";")) continue;
    else if (section === "shape") form += text;
    else {
      const [, document, arrow, expected] =
        /^(.*?) (<?=>) (.+)$/.exec(text) ?? bad("expected `document => value`");
      if (form === "" || section === "") bad("a row stands before any shape");
      for (const format of FORMATS_OF[section] ?? [section as FormatName]) {
        rows.push({
          line,
          format,
          form,
          text: document!,
          document: bytesOf(section, format, document!),
          both: arrow === "<=>",
          named: section === "named",
          expected: expected!,
        });
      }
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
  const found = row.named ? brief(whole).replace(/ @[0-9]+/, "") : brief(whole);
  if (found !== row.expected) return `is ${found}, not ${row.expected}`;
  if (byteByByte(it, document) !== whole) return `byte by byte it is ${byteByByte(it, document)}`;
  for (const at of trace(it, "decode", document, STOPS).keys()) {
    const stopped = resultOf(inSteps(it, "decode", document, [at, 1]));
    if (stopped !== whole) return `stopped after ${at} instructions it is ${stopped}`;
  }
  if (!row.both || result.status === "error") return undefined;
  const written = it.codec.encode(result.value);
  const peer = row.named ? PEERS[row.format] : undefined;
  const isSame =
    peer === undefined
      ? hex(written) === hex(document)
      : sameWire(asObjects(peer.decode(written)), asObjects(parseJson(row.text)));
  return isSame ? undefined : `it is written as ${hex(written)}`;
}
