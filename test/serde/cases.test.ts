// Codec cases, one file per idea, `cases/*.case`: a shape and documents with what they come to. Every row runs whole,
// byte by byte, and stopped after each of its first instructions.
//
//   ; what it shows                       header comment, required
//   -- shape        JSON form; starts a new group
//   -- json         rows; also postcard, msgpack, cbor, where a document is hex
//   -- named        rows for JSON, MessagePack and CBOR alike: a document is JSON, an error has no offset
//   DOCUMENT => VALUE                     decodes to it, as kit/show.ts prints it
//   DOCUMENT <=> VALUE                    and the value is written as this document
//   DOCUMENT => error CODE @OFFSET PATH

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { FormatName } from "../../src/serde/ir/ops.ts";
import { parseShape } from "../../src/serde/shape/index.ts";
import { documentBytes } from "./documents.ts";
import { hex, showResult } from "./kit/show.ts";
import { byteByByte, FORMATS, inSteps, resultOf, subject, trace } from "./kit/subject.ts";
import { parseJson } from "./oracles/json.ts";
import { asObjects, PEERS } from "./oracles/peers.ts";
import { sameWire } from "./oracles/wire.ts";

interface Row {
  readonly line: number;
  readonly format: FormatName;
  readonly form: string;
  readonly document: string;
  readonly both: boolean;
  /** The document is JSON, whatever the format. */
  readonly named: boolean;
  readonly expected: string;
}

function rowsOf(name: string, source: string): Row[] {
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
      if (heading !== "shape" && heading !== "named" && !FORMATS.includes(heading as FormatName))
        bad(`unknown section ${heading}`);
      section = heading;
      if (section === "shape") form = "";
    } else if (text.trim() === "" || text.startsWith(";")) continue;
    else if (section === "shape") form += text;
    else {
      const [, document, arrow, expected] =
        /^(.*?) (<?=>) (.+)$/.exec(text) ?? bad("expected `document => value`");
      if (form === "" || section === "") bad("a row stands before any shape");
      const named = section === "named";
      for (const format of named ? NAMED : [section as FormatName]) {
        rows.push({
          line,
          format,
          form,
          document: document!,
          both: arrow === "<=>",
          named,
          expected: expected!,
        });
      }
    }
  }
  if (rows.length === 0) throw new Error(`${name}: no rows`);
  return rows;
}

const NAMED: readonly FormatName[] = ["json", "msgpack", "cbor"];
const FOLDER = fileURLToPath(new URL("./cases/", import.meta.url));
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith(".case"));

/** Without line, column and program position, which cases do not pin. */
const brief = (result: string): string =>
  result
    .replace(/^ok /, "")
    .replace(/ [0-9]+:[0-9]+(?= )/, "")
    .replace(/ f[0-9]+:b[0-9]+:[0-9]+$/, "");

describe.each(FILES)("%s", (file) => {
  test.each(rowsOf(file, readFileSync(FOLDER + file, "utf8")))("$line: $format $document", (row) => {
    const shape = parseShape(JSON.parse(row.form));
    if ("code" in shape) throw new Error(`${file}: ${shape.code} at ${shape.path}`);
    const codec = subject(shape.node, row.format);
    const document =
      row.named && row.format !== "json"
        ? PEERS[row.format]!.encode(parseJson(row.document))
        : documentBytes(row.format, row.document);
    const result = codec.codec.tryDecode(document);
    const whole = showResult(result);
    expect(row.named ? brief(whole).replace(/ @[0-9]+/, "") : brief(whole)).toBe(row.expected);
    expect(byteByByte(codec, document)).toBe(whole);
    const steps = trace(codec, "decode", document, 40).length;
    for (let at = 0; at < steps; at++) {
      expect(resultOf(inSteps(codec, "decode", document, [at, 1]))).toBe(whole);
    }
    if (!row.both || result.status === "error") return;
    const written = codec.codec.encode(result.value);
    if (!row.named || row.format === "json") expect(hex(written)).toBe(hex(document));
    else
      expect(
        sameWire(asObjects(PEERS[row.format]!.decode(written)), asObjects(parseJson(row.document))),
      ).toBe(true);
  });
});

test("a case file that is not one is refused", () => {
  for (const source of [
    "",
    "; x\n",
    "; x\n-- nothing\n",
    "; x\n-- json\n1 => 1\n",
    '; x\n-- shape\n"u8"\n-- json\n1\n',
  ]) {
    expect(() => rowsOf("x", source)).toThrow(/^x/);
  }
});
