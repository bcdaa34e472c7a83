// The page says something about every instruction, once. That the file is up to date is `npm run check:gen`.

import { expect, test } from "vitest";
import { ROWS, type Row } from "./ops.ts";
import { codecReference } from "./reference.ts";

test("every instruction has one line with what it does and why it exists", () => {
  const lines = codecReference().split("\n");
  for (const row of ROWS as readonly Row[]) {
    const found = lines.filter(
      (line) => line.startsWith(`| ${row.number} | \`${row.verb}\``) && line.includes(row.effect),
    );
    expect(found, row.verb).toHaveLength(1);
    expect(found[0]).toContain(row.doc);
    for (const code of row.fails) expect(found[0]).toContain(`\`${code}\``);
  }
});

test("no two instructions of a family share a number, no two of a program a name", () => {
  const numbers = (ROWS as readonly Row[]).flatMap(({ families, number }) =>
    families.map((f) => `${f} ${number}`),
  );
  expect(new Set(numbers).size).toBe(numbers.length);
  const names = (ROWS as readonly Row[]).map(({ verb }) => verb);
  expect(new Set(names).size).toBe(names.length);
});

test("it is one page", () => {
  expect(codecReference().split("\n").length).toBeLessThan(100);
});

test("tables are rectangular", () => {
  const columns = (line: string) => line.replaceAll(/`[^`]*`|\\\|/g, "").split("|").length;
  for (const line of codecReference().split("\n"))
    if (/^[|] (no|[0-9])/.test(line)) expect(columns(line), line).toBe(7);
});
