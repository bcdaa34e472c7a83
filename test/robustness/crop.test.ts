// Every valid module, cut at every length and in every section: always refused with a structured `container.*`
// failure, never accepted with something missing.

import { describe, expect, test } from "vitest";
import { Engine, type Outcome } from "../../src/index.ts";
import { CORPUS, corpusBytes } from "./corpus.ts";
import { outcomeProblems } from "./outcome-schema.ts";

type Run = (bytes: Uint8Array) => Outcome;

const engine = Engine.create();
const run: Run = (bytes) => engine.run(bytes, { policy: { fuel: 10_000, memSize: 65_536 } });

/** What is wrong with the outcome of a file of which something is missing, or undefined. */
function cropProblem(outcome: Outcome, code?: string): string | undefined {
  const [problem] = outcomeProblems(outcome);
  if (problem !== undefined) return problem;
  if (outcome.status !== "reject") return `was run: ${outcome.status}`;
  if (!outcome.code.startsWith("container.")) return `refused as ${outcome.code}`;
  return code === undefined || code === outcome.code ? undefined : `refused as ${outcome.code}, not ${code}`;
}

/** Cuts `name` at every length; texts of what went wrong. */
function cutEverywhere(name: string, run: Run): string[] {
  const bytes = corpusBytes(name);
  const problems: string[] = [];
  for (let length = 0; length < bytes.length; length++) {
    const want = length < 40 ? "container.too_small" : "container.truncated";
    const problem = cropProblem(run(bytes.slice(0, length)), want);
    if (problem !== undefined) problems.push(`${name} cut to ${length}: ${problem}`);
  }
  return problems;
}

/** The same with a header that agrees to the cut. */
function cutAndAgree(name: string, run: Run): string[] {
  const bytes = corpusBytes(name);
  const problems: string[] = [];
  for (let length = 40; length < bytes.length - 3; length++) {
    const cut = bytes.slice(0, length);
    new DataView(cut.buffer).setUint32(8, length, true);
    const problem = cropProblem(run(cut));
    if (problem !== undefined) problems.push(`${name} cut to ${length}: ${problem}`);
  }
  return problems;
}

// z[verify vm.conformance.negative-encoding] z[verify vm.error.structured]
describe.each([...CORPUS.keys()])("%s", (name) => {
  test("runs when whole", () => {
    expect(outcomeProblems(run(corpusBytes(name)))).toEqual([]);
    expect(run(corpusBytes(name)).status).toMatch(/^(ok|trap)$/);
  });

  test("cut at every length", () => {
    expect(cutEverywhere(name, run)).toEqual([]);
  });

  test("cut at every length, file_len agreeing", () => {
    expect(cutAndAgree(name, run)).toEqual([]);
  });

  test("with bytes after the end, cut anywhere in those", () => {
    const bytes = corpusBytes(name);
    const longer = new Uint8Array(bytes.length + 12).fill(0xcc);
    longer.set(bytes);
    for (let length = bytes.length; length <= longer.length; length++) {
      expect(run(longer.slice(0, length))).toEqual(run(bytes));
    }
  });

  test("each section shorter than it is, by every length", () => {
    const bytes = corpusBytes(name);
    const view = new DataView(bytes.buffer);
    const dir = view.getUint32(12, true);
    for (let i = 0; i < view.getUint32(16, true); i++) {
      const entry = dir + 20 * i;
      const tag = String.fromCharCode(...bytes.subarray(entry, entry + 4));
      const whole = view.getUint32(entry + 8, true);
      for (let length = 0; length < whole; length++) {
        view.setUint32(entry + 8, length, true);
        const outcome = run(bytes);
        if (/^(DATA|EXPT|IMPT|MEM )$/.test(tag))
          expect(cropProblem(outcome), `${tag} ${length}`).toBeUndefined();
        else expect(outcomeProblems(outcome), `${tag} ${length}`).toEqual([]);
      }
      view.setUint32(entry + 8, whole, true);
    }
  });
});

describe("the comparison notices an engine that", () => {
  const whole = corpusBytes("everything");
  /** Fills what is missing with zeros. */
  const lenient: Run = (bytes) => {
    const padded = new Uint8Array(Math.max(bytes.length, whole.length));
    padded.set(bytes);
    return run(padded);
  };

  test("invents the missing bytes", () => {
    expect(cutEverywhere("everything", lenient).length).toBeGreaterThan(250);
  });

  test("does not look whether sections are inside the file", () => {
    const blind: Run = (bytes) => {
      const padded = new Uint8Array(whole);
      padded.set(bytes.subarray(40), 40);
      return run(padded);
    };
    expect(cutAndAgree("everything", blind).length).toBeGreaterThan(100);
  });

  test("gives an unstructured answer", () => {
    const { code: _, ...rest } = run(new Uint8Array(0)) as Outcome & { code: string };
    expect(cutEverywhere("everything", () => rest as Outcome)).toHaveLength(whole.length);
  });
});
