// The case files of codecs; kit/case-file.ts says what stands in them.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { checkRow, rowsOf } from "./kit/case-file.ts";

const FOLDER = fileURLToPath(new URL("./cases/", import.meta.url));
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith(".case"));

describe.each(FILES)("%s", (file) => {
  test.each(rowsOf(file, readFileSync(FOLDER + file, "utf8")))("$line: $format $text", (row) => {
    expect(checkRow(row)).toBeUndefined();
  });
});

test("a row that does not hold says so", () => {
  const wrong = (rows: string) => rowsOf("x", `; x\n-- shape\n"u8"\n${rows}`).map(checkRow);
  expect(wrong("-- json\n1 => 2")).toEqual(["is 1, not 2"]);
  expect(wrong("-- json\n 1 <=> 1")).toEqual(["it is written as 31"]);
  expect(rowsOf("x", '; x\n-- shape\n"u9"\n-- json\n1 => 1').map(checkRow)).toEqual([
    "shape.unknown_kind at $",
  ]);
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
