// Codec cases, one file per idea, `cases/*.case`: a shape and documents with what they come to. Every row runs whole,
// byte by byte, and stopped after each of its first instructions.
//
//   ; what it shows                       header comment, required
//   -- shape        JSON form; starts a new group
//   -- json         rows; also postcard, msgpack, cbor, where a document is hex
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

interface Row {
  readonly line: number;
  readonly format: FormatName;
  readonly form: string;
  readonly document: string;
  readonly both: boolean;
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
      if (heading !== "shape" && !FORMATS.includes(heading as FormatName)) bad(`unknown section ${heading}`);
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
        format: section as FormatName,
        form,
        document: document!,
        both: arrow === "<=>",
        expected: expected!,
      });
    }
  }
  if (rows.length === 0) throw new Error(`${name}: no rows`);
  return rows;
}

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
    const document = documentBytes(row.format, row.document);
    const result = codec.codec.tryDecode(document);
    const whole = showResult(result);
    expect(brief(whole)).toBe(row.expected);
    expect(byteByByte(codec, document)).toBe(whole);
    const steps = trace(codec, "decode", document, 40).length;
    for (let at = 0; at < steps; at++) {
      expect(resultOf(inSteps(codec, "decode", document, [at, 1]))).toBe(whole);
    }
    if (row.both && result.status === "ok") expect(hex(codec.codec.encode(result.value))).toBe(hex(document));
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
