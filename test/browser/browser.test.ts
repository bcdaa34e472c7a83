// The proof that the package works in a real browser: in a page, under a content policy with and without
// 'wasm-unsafe-eval', programs come to what they come to in Node, to the last field. All of it is done by the page's own
// scripts; the driver opens pages and reads the console.
// z[verify vm.determinism.same-in-same-out]

import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { Engine, type TierChoice } from "../../src/index.ts";
import { MODULES } from "../rigs/examples.ts";
import type { CasesDone, CasesWork } from "./cases.page.ts";
import { type FoundChromium, findChromium } from "./chromium.ts";
import { runCodecs } from "./codecs.ts";
import { codecJobs, codecOf } from "./documents.ts";
import { type Done, type Job, runJobs, type Work } from "./jobs.ts";
import type { OutcomesWork } from "./outcomes.page.ts";
import { caseFiles, examples, hot, jobs, oneEach } from "./programs.ts";
import { bundleScripts, type PolicyName, Rig, type Script, type Visited } from "./rig.ts";

declare module "vitest" {
  interface ProvidedContext {
    chromium: FoundChromium;
  }
}

const VISIT_MS = 240_000;
const COMPILED = ["baseline", "opt"] as const;

test("which Chromium, and whether it may be missing", () => {
  expect(findChromium({ CHROMIUM: process.execPath })).toEqual({ path: process.execPath, required: true });
  const wrong = findChromium({ CHROMIUM: "/nowhere/chromium" });
  expect(wrong).toMatchObject({ required: true, reason: expect.stringContaining("/nowhere/chromium") });
  expect(wrong.path).toBeUndefined();
  expect(findChromium({ SINTER_BROWSER: "required" }).required).toBe(true);
  expect(findChromium({ CHROMIUM: "" }).required).toBe(false);
});

const found = inject("chromium");

test("there is a Chromium, where there has to be", () => {
  if (found.required) expect(found.reason).toBeUndefined();
});

/** The lines that differ, so that a failure prints little. */
const differing = (actual: readonly string[], expected: readonly string[]): string[] =>
  Array.from({ length: Math.max(actual.length, expected.length) }, (_, i) => i)
    .filter((i) => actual[i] !== expected[i])
    .map((i) => `expected ${expected[i]?.slice(0, 600)}\n   found ${actual[i]?.slice(0, 600)}`);

const inNode = (work: Work): Promise<Done> => runJobs(Engine.create, work);

describe.skipIf(found.path === undefined)("in Chromium", () => {
  let scripts: ReadonlyMap<string, Script>;
  let rig: Rig;
  beforeAll(async () => {
    scripts = await bundleScripts();
    rig = await Rig.open(found.path as string, scripts); // not skipped: there is one
  });
  afterAll(() => rig?.close());

  async function outcomes(
    policy: PolicyName,
    work: OutcomesWork,
  ): Promise<Visited & { readonly value: unknown }> {
    const visited = await rig.visit(policy, "outcomes", work);
    expect(visited.thrown).toBeUndefined();
    return { ...visited, value: visited.value };
  }
  async function run(
    policy: PolicyName,
    work: Work,
  ): Promise<{ readonly done: Done; readonly visited: Visited }> {
    const visited = await outcomes(policy, { do: "run", work });
    return { done: visited.value as Done, visited }; // what runJobs gave
  }
  /** Nothing was refused, and nothing complained; the planted inline script was refused and heard of. */
  const expectSilence = ({ violations, console, ranInline }: Visited) =>
    expect({ violations, console, ranInline }).toEqual({ violations: [], console: [], ranInline: false });

  test("the page gets the package's files for browsers, whole", () => {
    const files = scripts.get("outcomes.js")?.files ?? [];
    expect(files).toEqual(
      expect.arrayContaining([
        "dist/zasm/runtime/engine.js",
        "dist/isolate/isolate.js",
        "dist/platform/sha256.web.js",
        "dist/platform/threads.web.js",
        "node_modules/@noble/hashes/sha2.js",
      ]),
    );
    expect(scripts.get("cases.js")?.files).toContain("src/platform/sha256.web.ts");
    for (const { files, imports } of scripts.values()) {
      expect(imports).toEqual([]);
      expect(files.filter((name) => /[.]node[.](js|ts)$|\/cli\//.test(name))).toEqual([]);
    }
  });

  test("the programs end in many ways", () => {
    expect(examples).toHaveLength(5 * MODULES.length);
    expect(MODULES.length).toBeGreaterThanOrEqual(12);
    expect(jobs.length).toBeGreaterThan(200);
  });

  describe("with 'wasm-unsafe-eval'", () => {
    test.each<TierChoice>(["interp", ...COMPILED, "auto"])(
      "outcomes are Node's in tier %s",
      async (tier) => {
        const work: Work = { engine: {}, tier, jobs };
        const { done, visited } = await run("wasm", work);
        const expected = await inNode(work);
        expect(differing(done.records, expected.records)).toEqual([]);
        expect(done).toEqual(expected);
        expectSilence(visited);
        if (tier !== "auto") expect(done.tiers[tier]).toBeGreaterThan(jobs.length / 2);
      },
      VISIT_MS,
    );

    test("a hot program rises to opt, and nothing changes when everything is hot at once", async () => {
      const rising: Work = { engine: {}, tier: "auto", jobs: [hot] };
      const { done } = await run("wasm", rising);
      expect(done).toEqual(await inNode(rising));
      expect(done.tiers).toEqual({ opt: 1 });
      const eager: Work = { engine: { hotThreshold: 0, slice: 1000 }, tier: "auto", jobs };
      const { done: eagerly, visited } = await run("wasm", eager);
      expect(differing(eagerly.records, (await inNode(eager)).records)).toEqual([]);
      expectSilence(visited);
    });

    test.each(["compile", "compileSync"] as const)(
      "%s makes the code that it makes in Node",
      async (compile) => {
        const work: Work = { engine: {}, tier: "auto", compile, jobs: examples };
        const { done, visited } = await run("wasm", work);
        expect(differing(done.records, (await inNode(work)).records)).toEqual([]);
        expect([done.tiers, done.compileRefusals]).toEqual([{ opt: examples.length }, {}]);
        expectSilence(visited);
      },
    );

    test("a Web Worker of the page's own gives the same", async () => {
      const work: Work = { engine: {}, tier: "opt", jobs: oneEach };
      const { value } = await outcomes("wasm", { do: "run in worker", work });
      expect(value).toEqual(await inNode(work));
    });

    test("a difference would be seen", async () => {
      const [job] = oneEach as [Job]; // examples there are
      const { done } = await run("wasm", {
        engine: {},
        tier: "opt",
        jobs: [{ ...job, policy: { fuel: 3 } }],
      });
      expect(
        differing(done.records, (await inNode({ engine: {}, tier: "opt", jobs: [job] })).records),
      ).toHaveLength(1);
      expect(differing([], ["a"])).toHaveLength(1);
    });
  });

  describe("without it", () => {
    const off: Work = { engine: { codegen: "off" }, tier: "auto", jobs: [...jobs, hot] };

    test(
      "codegen off: outcomes are Node's, and no violation is logged",
      async () => {
        const { done, visited } = await run("strict", off);
        const expected = await inNode(off);
        expect(differing(done.records, expected.records)).toEqual([]);
        expect(done).toEqual(expected);
        expectSilence(visited);
      },
      VISIT_MS,
    );

    test("codegen off: compile says so, and no violation is logged", async () => {
      const work: Work = { ...off, compile: "compile", jobs: oneEach };
      const { done, visited } = await run("strict", work);
      expect(done).toEqual(await inNode(work));
      expect(done.compileRefusals).toEqual({ codegen_off: oneEach.length });
      expectSilence(visited);
    });

    // t[verify format.exec.jit-compile-failure-fallback] t[verify format.exec.jit-optional]
    test(
      "the default engine goes on in the interpreter, counts the refusals, and the violations are seen",
      async () => {
        const { done, visited } = await run("strict", { engine: {}, tier: "auto", jobs: [...jobs, hot] });
        expect(differing(done.records, (await inNode(off)).records)).toEqual([]);
        expect(done.refusals.environment).toBeGreaterThan(0);
        expect(Object.keys(done.refusals)).toEqual(["environment"]);
        expect(visited.violations).toContainEqual({ directive: "script-src", blocked: "wasm-eval" });
      },
      VISIT_MS,
    );

    test(
      "the same when everything is hot at once: one attempt per place, each counted",
      async () => {
        const eager: Work = { engine: { hotThreshold: 0 }, tier: "auto", jobs };
        const { done, visited } = await run("strict", eager);
        expect(differing(done.records, (await inNode({ ...off, jobs })).records)).toEqual([]);
        expect(done.tiers).toMatchObject({ interp: expect.any(Number) });
        expect(done.tiers).not.toHaveProperty("opt");
        expect(done.refusals.environment).toBeGreaterThan(jobs.length / 2);
        expect(visited.violations.length).toBeGreaterThan(jobs.length / 2);
      },
      VISIT_MS,
    );

    test.each(COMPILED)("tier %s is refused by name", async (tier) => {
      const { done } = await run("strict", { engine: {}, tier, jobs: oneEach });
      expect(done.tiers).toEqual({ none: oneEach.length });
      expect(done.records.filter((line) => !/"tier[.]unavailable"/.test(line))).toEqual([]);
      expect(done.refusals).toEqual({ environment: oneEach.length });
    });

    test.each(["compile", "compileSync"] as const)(
      "%s reports the refusal, and runs go on",
      async (compile) => {
        const { done, visited } = await run("strict", { engine: {}, tier: "auto", compile, jobs: oneEach });
        expect(done.compileRefusals).toEqual({ environment: oneEach.length });
        expect(done.tiers).toEqual({ interp: oneEach.length });
        expect(visited.violations.length).toBeGreaterThan(0);
      },
    );

    test("the interpreter alone attempts nothing", async () => {
      const work: Work = { engine: {}, tier: "interp", jobs: [...oneEach, hot] };
      const { done, visited } = await run("strict", work);
      expect(done).toEqual(await inNode(work));
      expectSilence(visited);
    });

    test("what is planted is seen", async () => {
      const { value, violations } = await outcomes("strict", { do: "break the policy" });
      expect(value).toEqual([expect.stringMatching(/^CompileError/), expect.stringMatching(/^EvalError/)]);
      expect(violations.map(({ blocked }) => blocked)).toEqual(["wasm-eval", "eval"]);
      const allowed = await outcomes("wasm", { do: "break the policy" });
      expect(allowed.violations.map(({ blocked }) => blocked)).toEqual(["eval"]);
    });

    test("a Web Worker of the page's own gives the same", async () => {
      const work: Work = { ...off, jobs: oneEach };
      const { value } = await outcomes("strict", { do: "run in worker", work });
      expect(value).toEqual(await inNode(work));
    });
  });

  describe("the case files", () => {
    async function cases(policy: PolicyName, work: CasesWork): Promise<CasesDone> {
      const visited = await rig.visit(policy, "cases", work);
      expect(visited.thrown).toBeUndefined();
      expectSilence(visited);
      return visited.value as CasesDone; // as cases.page.ts gave it
    }

    test.each([
      ["wasm", "interp"],
      ["wasm", "baseline"],
      ["wasm", "opt"],
      ["strict", "interp"],
    ] as const)(
      "under policy %s, in tier %s",
      async (policy, tier) => {
        const done = await cases(policy, { tier, files: caseFiles });
        expect(done.complaints.slice(0, 12)).toEqual([]);
        expect(done.cases).toBeGreaterThan(1000);
      },
      VISIT_MS,
    );

    test("a wrong expectation would be seen", async () => {
      const [file] = caseFiles.filter(({ name }) => name === "cases/run/echo.case");
      const text = file?.text.replace("fuelUsed 33", "fuelUsed 34") ?? "";
      const { complaints } = await cases("wasm", { tier: "opt", files: [{ name: "planted", text }] });
      expect(complaints.length).toBeGreaterThan(0);
    });
  });

  describe("codecs", () => {
    test.each(["wasm", "strict"] as const)("do what they do in Node under policy %s", async (policy) => {
      const visited = await rig.visit(policy, "codecs", codecJobs);
      expect(visited.thrown).toBeUndefined();
      const lines = visited.value as string[]; // what runCodecs gave
      expect(differing(lines, runCodecs(codecOf, codecJobs))).toEqual([]);
      expect(lines.filter((line) => line.includes(": ok ")).length).toBeGreaterThan(500);
      expect(lines.filter((line) => line.includes(": error ")).length).toBeGreaterThan(500);
      expectSilence(visited);
    });

    test("a difference would be seen", async () => {
      const [job] = codecJobs.filter(({ name }) => name === "u32 in json");
      const { value } = await rig.visit("strict", "codecs", [{ ...job, form: "u64" }]);
      const expected = runCodecs(codecOf, job === undefined ? [] : [job]);
      expect(differing(value as string[], expected).length).toBeGreaterThan(3);
    });
  });

  test("sinter/isolate loads, and says what it needs", async () => {
    const { value, violations } = await outcomes("strict", { do: "isolate" });
    expect(value).toMatch(/^MisuseError: sinter\/isolate needs /);
    expect(violations).toEqual([]);
  });
});
