// Explanations: what is found out, that it is the same every time, and that nothing a module says can break the page.

import { describe, expect, test } from "vitest";
import { ALL_BYTES, assembled, CAT, RETURN } from "../../../test/cli/rig.ts";
import type { PolicyInput } from "../../core/policy.ts";
import { MAX_BLOCKS } from "../jit/graph.ts";
import {
  type ExplainOptions,
  type Explanation,
  explainModule,
  explanationPage,
  explanationText,
} from "./index.ts";

const PROGRAM = `
  PUBLIC main
  PUBLIC double
main:
  LD BC, 10
again:
  CALL double
  DEC BC
  CP BC, 0
  JR NE, again
  RET
double:
  ADD64 HL, HL
  RET
unused:
  DROP A
  RET
`;

function explain(source: string | Uint8Array, options: ExplainOptions = {}): Explanation {
  const bytes = typeof source === "string" ? assembled(source, { expt: true }) : source;
  const explained = explainModule(bytes, options);
  if (!explained.ok) throw new Error(explained.failure.code);
  return explained.explanation;
}
const textOf = (explanation: Explanation, only?: string): string =>
  [...explanationText(explanation, only === undefined ? {} : { only })].join("");
const functionNamed = ({ functions }: Explanation, name: string) => functions.find((fn) => fn.name === name)!;
/** Everything but times. */
const timeless = (explanation: Explanation): unknown =>
  JSON.parse(JSON.stringify(explanation, (key, value) => (key === "timing" ? undefined : value)));

describe("what is found out", () => {
  test("functions, blocks, fuel, loops, calls", () => {
    const found = explain(PROGRAM, { policy: { fuel: 100 }, tier: "baseline" });
    expect(found).toMatchObject({
      codeBytes: 40,
      instructions: 10,
      unreached: 2,
      isComplete: true,
      metered: true,
      memSize: 2 ** 21,
      memBase: "0x0",
    });
    expect(found.functions.map(({ name, pc, isEntry, calls }) => ({ name, pc, isEntry, calls }))).toEqual([
      { name: "main", pc: 0, isEntry: true, calls: [24] },
      { name: "double", pc: 24, isEntry: false, calls: [] },
    ]);
    const main = functionNamed(found, "main");
    expect(main).toMatchObject({
      loops: [4],
      structured: true,
      tier: "baseline",
      instructions: 6,
      inlines: [],
    });
    const facts = main.blocks.map(({ pc, endPc, fuel, pathFuel, checksFuel, loopHeader, end, to }) => {
      return [pc, endPc, fuel, pathFuel, checksFuel, loopHeader, end, to];
    });
    expect(facts).toEqual([
      [0, 4, 1, 1, true, false, "fall", [4]],
      [4, 8, 1, 1, true, true, "call", [8]],
      [8, 20, 3, 4, true, false, "branch", [4, 20]],
      [20, 24, 1, 1, false, false, "ret", []],
    ]);
    expect(main.blocks[2]!.instructions).toEqual([
      { pc: 8, text: "DEC BC" },
      { pc: 12, text: "CP BC, 0" },
      { pc: 16, text: "JR NE, L_0004" },
    ]);
    expect(found.units).toMatchObject([{ pc: 0, tier: "baseline", functions: 1, minFuel: 1 }]);
  });

  test("the code of each instruction stands beside it", () => {
    const found = explain(PROGRAM, { policy: { fuel: 100 }, tier: "baseline" });
    const { code } = functionNamed(found, "double");
    const own = code.filter(({ pc }) => pc === 24).map(({ text }) => text);
    expect(own).toContain("i64.add");
    const text = textOf(found, "double");
    expect(text).toMatch(/0018 {2}ADD64 HL, HL +│ +local\.get \d\n(.*\n)*? +│ +i64\.add\n/);
    expect(text).toMatch(/^ {2}001C {2}RET/m);
    expect(text).not.toContain("main");
  });

  test("every instruction of a function is shown once, whatever the tier", () => {
    for (const tier of ["interp", "baseline", "opt"] as const) {
      for (const source of [PROGRAM, CAT, ALL_BYTES, RETURN]) {
        const found = explain(source, { tier });
        for (const fn of found.functions) {
          const shown = [...textOf(found, fn.name).matchAll(/^ {2}([0-9A-F]{4}) {2}/gm)].map(([, pc]) => pc);
          expect(shown).toHaveLength(fn.instructions);
          expect(new Set(shown).size).toBe(fn.instructions);
        }
      }
    }
  });

  test("opt inlines, and says so", () => {
    const found = explain(PROGRAM, { tier: "opt" });
    const main = functionNamed(found, "main");
    expect(main).toMatchObject({ tier: "opt", inlines: [24], calls: [24] });
    expect(main.blocks[1]).toMatchObject({ end: "enter", callee: 24, to: [8] });
    expect(main.code.some(({ pc }) => pc === 24)).toBe(true);
    expect(textOf(found, "main")).toMatch(/^ {4}0018 {2}ADD64 HL, HL/m);
  });

  test("the end of CODE is a block", () => {
    const found = explain("LD A, 1\n");
    expect(functionNamed(found, "L_0000").blocks.map(({ pc, end }) => [pc, end])).toEqual([
      [0, "fall"],
      [4, "off"],
    ]);
  });
});

describe("why not faster", () => {
  const notIn = (found: Explanation) => functionNamed(found, "main").notIn;

  test("codegen off, a tier that was not asked for, a tier that is not built", () => {
    expect(notIn(explain(PROGRAM, { engine: { codegen: "off" } }))).toEqual([
      { tier: "native", reason: "not_built" },
      { tier: "opt", reason: "codegen_off" },
      { tier: "baseline", reason: "codegen_off" },
    ]);
    const found = explain(PROGRAM, { tier: "baseline" });
    expect(notIn(found)).toEqual([
      { tier: "native", reason: "not_built" },
      { tier: "opt", reason: "not_asked" },
    ]);
  });

  test("the quota", () => {
    const found = explain(PROGRAM, { policy: { maxJitBytes: 100 } });
    const main = functionNamed(found, "main");
    expect(main.tier).toBe("interp");
    expect(main.notIn).toContainEqual({ tier: "baseline", reason: "jit_bytes" });
    expect(textOf(found)).toContain("not baseline: it would pass maxJitBytes (jit_bytes)");
  });

  test("a graph that is too large, and the call that leaves for it", () => {
    const blocks = Array.from({ length: MAX_BLOCKS + 2 }, (_, i) => `JR EQ, l${i}\nl${i}: DROP A\n`).join("");
    const source = `PUBLIC main\nPUBLIC big\nmain: CALL big\nRET\nbig: CP A, 1\n${blocks}RET\n`;
    const found = explain(source);
    expect(functionNamed(found, "big")).toMatchObject({ tier: "interp", blocks: [], code: [] });
    expect(functionNamed(found, "big").notIn).toContainEqual({ tier: "opt", reason: "too_many_blocks" });
    const [call] = functionNamed(found, "main").blocks;
    expect(call).toMatchObject({ tier: "opt", leavesTo: { pc: 0, why: "too_many_blocks" } });
    expect(textOf(found)).toContain("the call is left to interp: too_many_blocks");
  });

  test("refused modules", () => {
    expect(explainModule(new Uint8Array(4))).toMatchObject({
      ok: false,
      failure: { code: "container.too_small" },
    });
    expect(explainModule(assembled(RETURN), { entry: "nope" })).toMatchObject({
      ok: false,
      failure: { code: "entry.unknown" },
    });
    expect(() => explainModule("x" as unknown as Uint8Array)).toThrow(TypeError);
  });
});

describe("with a run", () => {
  test("what was executed, exactly, and what the tiers did", () => {
    const found = explain(PROGRAM, { run: {}, engine: { hotThreshold: 0 }, policy: { fuel: 1000 } });
    const main = functionNamed(found, "main");
    expect(main.blocks.map(({ entered }) => entered)).toEqual([1, 10, 10, 1]);
    expect(main.heat).toBe(1 + 10 + 30 + 1);
    expect(functionNamed(found, "double").heat).toBe(20);
    expect(found.run).toMatchObject({
      status: "ok",
      fuelUsed: 62,
      profiled: 62,
      isComplete: true,
      refusals: {},
    });
    expect(found.run?.entries).toBeGreaterThan(0);
    expect(["baseline", "opt"]).toContain(found.run?.tier);
    expect(textOf(found)).toMatch(
      /run {5}ok, tier (baseline|opt), fuel 62, entered \d+×, left 0×, .* 62 instructions profiled/,
    );
  });

  test.each([
    ["LD A, 1\nLD BC, 0\nDIVU A, BC\nLD A, 2\nRET\n", "trap.div0", [1, 1, 1, 0, 0]],
    ["LD A, 1\nLD A, 2\n", "trap.decode", [1, 1]],
    ["LD A, 1\nLD A, 2\nLD A, 3\nRET\n", "trap.fuel", [1, 1, 0, 0]],
  ])("a run that traps counts what started (%#)", (source, code, started) => {
    const policy = code === "trap.fuel" ? { fuel: 2 } : {};
    const found = explain(source, { run: {}, policy });
    expect(found.run).toMatchObject({ code, profiled: started.reduce((a, b) => a + b) });
    const [fn] = found.functions;
    expect(fn!.heat).toBe(found.run!.profiled);
  });

  describe("of a program that does not end", () => {
    const SPIN = "again:\nINC A\nJR again\n"; // a jump to itself is never hot
    // A bound on instructions alone would let this fill memory for hours.
    const FILLING = `again:\nLD HL, 0\nLD A, 1\nLD BC, ${2 ** 24}\nFILL\nJR again\n`;
    const ENDLESS: Readonly<Record<string, readonly [string, PolicyInput]>> = {
      "in compiled code": [SPIN, {}],
      "metered without fuel": [SPIN, { meter: true }],
      "in bulk": [FILLING, { memSize: 2 ** 24 }],
      "in host calls": ["again:\nLD HL, 8\nLD DE, 0\nCALL _out\nJR again\n", {}],
      "with time": [SPIN, { allowTime: true }],
    };
    test.each(Object.keys(ENDLESS))("%s, is cut", (which) => {
      const [source, policy] = ENDLESS[which]!;
      const found = explain(source, { run: {}, policy, limit: 3_000_000 });
      expect(found.run).toMatchObject({ status: "limit", isComplete: false });
      expect(found.run?.code).toBeUndefined();
      // An instruction that costs more than is left does not start.
      expect(found.run?.fuelUsed).toBeGreaterThan(2_700_000);
      expect(found.metered).toBe(policy.meter === true);
      expect(textOf(found)).toContain("run     cut at the limit, tier ");
      expect(explanationPage(found, { title: "x" })).toContain("<b>cut</b>");
    });

    test("is cut without being asked", () => {
      expect(explain(SPIN, { run: {} }).run).toMatchObject({
        status: "limit",
        fuelUsed: 200_000_000,
        profiled: 4_000_000,
      });
    });
  });

  test("the limit is not the program's fuel: one that ends before it, runs as it would", () => {
    const limited = explain(PROGRAM, { run: {}, limit: 63, engine: { hotThreshold: 0 } });
    expect(limited.run).toMatchObject({ status: "ok", fuelUsed: null, profiled: 62, isComplete: true });
    expect(explain(PROGRAM, { run: {}, limit: 61 }).run).toMatchObject({ status: "limit", fuelUsed: 61 });
    // What may do something else the second time runs once.
    const timed = explain(PROGRAM, { run: {}, policy: { allowTime: true } });
    expect(timed.run).toMatchObject({ status: "ok", fuelUsed: 62 });
  });

  test("fuel that is used up first is a trap, whatever the limit", () => {
    const traps = { status: "trap", code: "trap.fuel", fuelUsed: 50 };
    for (const limit of [50, 51, 1e9]) {
      expect(explain(PROGRAM, { run: {}, policy: { fuel: 50 }, limit }).run).toMatchObject(traps);
    }
    expect(explain(PROGRAM, { run: {}, policy: { fuel: 50 }, limit: 49 }).run?.status).toBe("limit");
  });

  test("a limit is an integer from 1", () => {
    for (const limit of [0, -1, 1.5, Number.NaN, "1" as unknown as number]) {
      expect(() => explainModule(assembled(RETURN), { limit })).toThrow("limit must be an integer from 1");
    }
  });

  test("input reaches the program", () => {
    const found = explain(CAT, { run: { stdin: new Uint8Array(10) } });
    expect(found.run).toMatchObject({ status: "ok", profiled: 15 });
  });
});

describe("the same every time", () => {
  test("but for times", () => {
    const options = { run: {}, policy: { fuel: 1000 }, engine: { hotThreshold: 0 } };
    const [one, two] = [explain(PROGRAM, options), explain(PROGRAM, options)];
    expect(timeless(two)).toEqual(timeless(one));
    expect(JSON.stringify(one)).toContain('"timing"');
  });
});

describe("the page", () => {
  const HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "</style><h1>",
    "a\u202eb\u0000\u2028",
    "&amp;",
    "__proto__",
    "x".repeat(200),
  ];
  const quotedForAsm = (name: string) =>
    [...new TextEncoder().encode(name)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
  const exported = HOSTILE.map((name) => `.export "${quotedForAsm(name)}", main`).join("\n");

  test("whatever a module or its file is called, it stays text", () => {
    const found = explain(assembled(`${exported}\nmain: RET\n`, { expt: true, escapes: true }), { run: {} });
    expect(found.functions[0]!.exports).toEqual(HOSTILE);
    for (const title of HOSTILE) {
      const page = explanationPage(found, { title });
      const tags = new Set(
        [...page.matchAll(/<\/?([a-z!][a-z0-9]*)/gi)].map(([, tag]) => tag!.toLowerCase()),
      );
      for (const tag of ["script", "img", "iframe", "link", "object"]) expect(tags).not.toContain(tag);
      expect(page.match(/<\/style>/g)).toHaveLength(1);
      expect(page.match(/<h1>/g)).toHaveLength(1);
      for (const unseen of ["\u0000", "\u202e", "\u2028"]) expect(page).not.toContain(unseen);
      // Quotes of values never end an attribute: every tag is one we wrote.
      for (const [tag] of page.matchAll(/<[^>]*>/g)) {
        expect(tag).toMatch(/^<(!doctype html|\/?[a-z0-9]+(\s+[a-z-]+(="[^"<>]*")?)*\s*)>$/i);
        expect(tag).not.toMatch(/\son[a-z]+\s*=/i);
      }
    }
    // In the terminal's text names as the module has them do not appear at all.
    expect(textOf(found)).not.toMatch(/alert|\u202e/);
  });

  test("needs nothing from anywhere", () => {
    const page = explanationPage(explain(PROGRAM, { run: {} }), { title: "x.zasm.bin" });
    expect(page).not.toMatch(/https?:|src=|@import|url\(|<script|<link/);
    expect(page).toContain("default-src 'none'");
    expect(page).toContain("prefers-color-scheme: dark");
    expect(page).toContain('<details id="f24"');
    expect(page).toContain("ADD64 HL, HL");
    expect(page).toContain("i64.add");
  });
});
