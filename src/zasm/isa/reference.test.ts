// The page says something about every instruction, once. That the file is up to date is `npm run check:gen`.

import { expect, test } from "vitest";
import { isaReference } from "./reference.ts";
import { ISA, type IsaRow } from "./table.ts";

test("every instruction has one line with its opcode and what it does", () => {
  const lines = isaReference().split("\n");
  for (const row of ISA as readonly IsaRow[]) {
    const opcode = row.opcode.toString(16).toUpperCase().padStart(2, "0");
    const found = lines.filter((line) => line.startsWith(`| ${opcode} | \``) && line.includes(row.doc));
    expect(found, row.mnemonic).toHaveLength(1);
    const name = row.format === "prim" ? `CALL _${row.mnemonic.toLowerCase()}` : row.mnemonic;
    expect(found[0]).toMatch(new RegExp(`\`${name}[ \`]`));
  }
});

test("tables are rectangular", () => {
  let columns = 0;
  for (const line of isaReference().split("\n")) {
    const cells = line.startsWith("|") && !line.startsWith("| ") ? columns : line.split("|").length;
    if (line.startsWith("| ") && columns > 0) expect(cells, line).toBe(columns);
    columns = line.startsWith("|") ? cells : 0;
  }
});
