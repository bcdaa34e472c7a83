// The table holds together: one row per number, every operand known, every row dispatched and used.

import { describe, expect, test } from "vitest";
import { FAMILIES, OPS, opcodeOf, ROWS, type Row } from "./ops.ts";

const ALL: readonly Row[] = ROWS;

describe("the table of instructions", () => {
  test("numbers fit, and none is given twice in a family", () => {
    for (const family of FAMILIES) {
      const rows = ALL.filter((row) => row.families.includes(family));
      expect(new Set(rows.map((row) => row.number)).size).toBe(rows.length);
      expect(new Set(rows.map((row) => row.verb)).size).toBe(rows.length);
      for (const row of rows) expect(row.number).toBeLessThan(32);
    }
  });

  test.each(ALL.map((row) => [`${row.families[0]} ${row.verb}`, row] as const))("%s", (_, row) => {
    expect(row.doc).toMatch(/[.]$/);
    expect(row.effect).toMatch(/[.]$/);
    for (const field of Object.keys(row.operands)) expect(["x8", "x16", "a", "b", "c"]).toContain(field);
    const roles = Object.values(row.operands);
    expect(roles.includes("flags")).toBe(row.flags.length > 0);
    expect(roles.includes("mode")).toBe(row.modes.length > 0);
    for (const family of row.families) {
      const opcode = (FAMILIES.indexOf(family) << 5) | row.number;
      expect(OPS[opcode]).toMatchObject({ opcode, family });
    }
  });

  test("opcodes are family and verb", () => {
    expect(opcodeOf("json", "key")).toBe(0x21);
    expect(OPS[opcodeOf("cbor", "get")]?.mnemonic).toBe("cbor.get");
    expect(OPS[opcodeOf("neutral", "jump")]?.mnemonic).toBe("jump");
  });
});
