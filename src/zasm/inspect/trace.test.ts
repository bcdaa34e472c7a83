// Traces and their comparison: what is written down, that it is the same in every tier, and that a difference is found.

import { describe, expect, test } from "vitest";
import { assembled, CAT, DIV0, OOB, SPIN } from "../../../test/cli/rig.ts";
import type { PolicyInput } from "../../core/policy.ts";
import { diffTraces, type TraceOptions, traceLines, traceModule } from "./index.ts";

type Options = TraceOptions & { readonly policy?: PolicyInput };

function lines(source: string, options: Options = {}): string[] {
  const trace = traceModule(assembled(source), options);
  if (!trace.ok) throw new Error(trace.failure.code);
  return [...traceLines(trace.records)];
}
const records = (all: readonly string[]): string[] => all.filter((line) => !line.startsWith("#"));
const stdin = new TextEncoder().encode("hello");

/** Sums 1 to 300 through a call, keeping every sum in memory. */
const SUMS = `
  LD BC, 300
  LD HL, 0
  LD IX, 64
again:
  CALL add
  CP BC, 0
  JR NE, again
  RET
add:
  ADD64 HL, BC
  ST64 (IX), HL
  LD DE, 8
  ADD64 IX, DE
  DEC BC
  RET
`;

describe("by instruction", () => {
  test("one line each, with what changed", () => {
    const program = `
      LD HL, 0x1234567890
      LD IX, 32
      ST16 (IX), HL
      CP HL, 5
      LD A, 7
      LD BC, 20
      LD HL, 100
      FILL
      CALL leaf
      RET
    leaf: RET
    `;
    expect(records(lines(program))).toEqual([
      "       1  0000  LD HL, 0x1234567890           HL=0x1234567890",
      "       2  000C  LD IX, 32                     IX=0x20",
      "       3  0010  ST16 (IX), HL                 [0x20+2]=0x7890",
      "       4  0014  CP HL, 5                      CMP=0x3456788b",
      "       5  0018  LD A, 7                       A=0x7",
      "       6  001C  LD BC, 20                     BC=0x14",
      "       7  0020  LD HL, 100                    HL=0x64",
      "       8  0024  FILL                          [0x64+20]=0b1f37de560a36b8",
      "       9  0028  CALL L_0030",
      "      10  0030  RET",
      "      11  002C  RET                           stopped=returned",
      expect.stringMatching(/^end status=ok {2}pc=002C steps=11 HL=0x64 .* stdout=0 stderr=0$/),
    ]);
  });

  test("host calls, with what they moved and where to", () => {
    const outside = records(lines(CAT, { inputs: { stdin }, policy: { memBase: 0x10000n } }));
    expect(outside[2]).toMatch(/CALL _in +HL=0xfffffffe moved=0$/);
    const got = records(lines(CAT, { inputs: { stdin } }));
    expect(got[2]).toBe("       3  0014  CALL _in                      HL=0x5 [0x10+5]=0x6f6c6c6568 moved=5");
    expect(got.at(-1)).toContain("stdout=5:2cf24dba5fb0a30e");
  });

  test("the header says what was traced", () => {
    const got = lines(CAT, { inputs: { stdin, args: ["a\nb"] }, policy: { fuel: 10, memBase: 0x10000n } });
    const header = got.filter((line) => line.startsWith("#"));
    expect(header).toEqual([
      "# sinter trace 1",
      expect.stringMatching(/^# module [0-9a-f]{64}$/),
      "# entry 0000",
      "# policy memBase=0x10000 fuel=10",
      "# stdin 5 bytes 2cf24dba5fb0a30e",
      '# args ["a\\nb"]',
      "# records instructions, after 0",
      "# tier interp",
    ]);
  });

  test.each([
    ["trap.oob", OOB, {}, "LD32 A, (DE)", "pc=0020"],
    ["trap.div0", DIV0, {}, "DIVU A, BC", "pc=0008"],
    ["trap.call_depth", "again: CALL again\n", { maxCallDepth: 3 }, "CALL L_0000", "pc=0000"],
  ])("ends in %s at the instruction", (code, source, policy, text, pc) => {
    const got = records(lines(source, { policy }));
    expect(got.at(-2)).toMatch(new RegExp(`${text.replace(/[()]/g, "\\$&")} +stopped=${code}$`));
    expect(got.at(-1)).toContain(`end status=trap  code=${code} ${pc}`);
  });

  test("trap.decode and trap.fuel start no instruction", () => {
    const off = records(lines("LD A, 1\n"));
    expect(off).toHaveLength(2);
    expect(off[1]).toContain("code=trap.decode pc=0004 steps=1");
    const spent = records(lines(SPIN, { policy: { fuel: 3 } }));
    expect(spent).toHaveLength(4);
    expect(spent[3]).toContain("code=trap.fuel pc=0000 steps=3 units=3");
    // LDIR that cannot be paid for starts, and gives its unit back (D10).
    const bulk = records(lines("LD BC, 640\nFILL\nRET\n", { policy: { fuel: 5 } }));
    expect(bulk.at(-1)).toContain("code=trap.fuel pc=0004 steps=1 units=1");
  });

  test("limit and skip", () => {
    const all = records(lines(SUMS));
    const some = records(lines(SUMS, { skip: 10, limit: 5 }));
    expect(some.slice(0, 5)).toEqual(all.slice(10, 15));
    expect(some[5]).toMatch(/^end status=limit/);
    expect(records(lines(SUMS, { skip: 1e6 }))).toEqual([all.at(-1)]);
    expect(records(lines(SPIN, { limit: 3 }))).toHaveLength(4);
  });

  test("refusals are values, nonsense is misuse", () => {
    expect(traceModule(new Uint8Array(3))).toMatchObject({
      ok: false,
      failure: { code: "container.too_small" },
    });
    expect(traceModule(assembled(CAT), { inputs: { entry: "x" } })).toMatchObject({
      ok: false,
      failure: { code: "entry.unknown" },
    });
    for (const options of [
      { every: 0 },
      { limit: -1 },
      { skip: 0.5 },
      { inputs: { tier: "baseline" } },
    ] as const) {
      expect(() => traceModule(assembled(CAT), options)).toThrow(TypeError);
    }
  });
});

describe("by fuel", () => {
  const at = (every: number, tier: "interp" | "baseline" | "auto", more: Options = {}) =>
    lines(SUMS, { every, ...more, policy: { memSize: 65_536, ...more.policy }, inputs: { tier } });

  test.each([7, 100, 1000, 10_000])("interp and baseline agree every %d units", (every) => {
    const [slow, fast] = [at(every, "interp"), at(every, "baseline")];
    expect(records(fast)).toEqual(records(slow));
    expect(records(slow)).toHaveLength(Math.floor((3 + 300 * 9 + 1) / every) + 1);
    if (every >= 100) expect(fast).toContain("# ran in baseline");
    const compared = diffTraces(slow, fast);
    expect(compared?.header).toEqual([{ name: "tier", a: "interp", b: "baseline" }]);
    expect(compared?.difference).toBeUndefined();
  });

  test("skip, limit and the policy's own fuel", () => {
    const got = records(at(50, "auto", { skip: 120, limit: 2 }));
    expect(got.map((line) => line.split("  ")[0])).toEqual(["@ 120", "@ 170", "end status=limit"]);
    const spent = records(at(100, "baseline", { policy: { fuel: 250 } }));
    expect(spent.map((line) => line.split(" pc=")[0])).toEqual([
      "@ 100  paid=100",
      "@ 200  paid=200",
      "end status=trap  code=trap.fuel",
    ]);
  });

  test("an instruction that costs more than one step is waited for", () => {
    const got = records(lines("LD BC, 64000\nFILL\nRET\n", { every: 300 }));
    expect(got.map((line) => line.split(" HL=")[0])).toEqual(
      [
        "@ 300  paid=1 pc=0008",
        "@ 600  paid=1 pc=0008",
        "@ 900  paid=1 pc=0008",
        "end status=ok  units=1003",
      ].map((line) => expect.stringContaining(line.replace(" pc=0008", ""))),
    );
  });
});

describe("diff", () => {
  const trace = lines(SUMS);

  test("a trace is the same as itself", () => {
    expect(diffTraces(trace, trace)).toEqual({ records: records(trace).length, header: [] });
  });

  test("planted: one register at one step", () => {
    const wrong = trace.map((line) => (line.startsWith("     101  ") ? line.replace(/=0x/, "=0xf") : line));
    const found = diffTraces(trace, wrong)?.difference;
    expect(found).toMatchObject({ same: 100, differs: [expect.stringMatching(/^(HL|DE|BC|IX|CMP)$/)] });
    expect(found?.before).toEqual(records(trace).slice(96, 100));
    expect(found?.a).toEqual(records(trace).slice(100, 105));
    expect(found?.b[0]).toContain("=0xf");
  });

  test("planted: another path, a trace that ends early, a program that differs in one constant", () => {
    const short = trace.slice(0, 50);
    expect(diffTraces(trace, short)?.difference).toMatchObject({ same: 42, b: [], differs: ["length"] });
    const other = lines(SUMS.replace("DE, 8", "DE, 9"));
    const compared = diffTraces(trace, other);
    expect(compared?.difference).toMatchObject({ same: 6, differs: ["instruction"] });
    expect(compared?.header.map(({ name }) => name)).toEqual(["module"]);
  });

  test("what is no trace", () => {
    expect(diffTraces(trace, ["hello"])).toBeUndefined();
    expect(diffTraces([], trace)).toBeUndefined();
  });
});
