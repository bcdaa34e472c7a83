// Fuel at every value (D10, D36): each program is stopped at every amount from 1 to one past its end, must stand
// exactly where the naive model says, and when resumed must end as if it had never stopped: after a refill, in a copy
// of its state block, through the public API. Slices that are not about fuel at all must not show either (D1).
// z[verify vm.policy.fuel] z[verify vm.error.category.resource-fuel] z[verify vm.determinism.same-in-same-out]

import { describe, expect, test } from "vitest";
import { sha256Hex } from "#sha256";
import { Engine } from "../src/index.ts";
import { EXIT } from "../src/zasm/state/block.ts";
import {
  copyBlock,
  drive,
  EXECUTORS,
  type Executor,
  type Observed,
  observe,
  type Run,
  startRun,
  verified,
} from "./conformance/execute.ts";
import { compareObserved } from "./differential/compare.ts";
import { moduleOf, policyOf, type Subject } from "./differential/subject.ts";
import type { End } from "./model/machine.ts";
import { FUEL_PROGRAMS } from "./model/programs.ts";
import { type Step, stopAt, type Trace, traceOf } from "./model/trace.ts";

const MOST = 5000;
const PLENTY = 1_000_000;

/** What the model expects of a run that stands at `step`. */
function expected(trace: Trace, step: Step, end: End): Observed {
  return {
    ...(end === "returned" ? { status: "ok" } : { status: "trap", code: `trap.${end}`, pc: step.pc }),
    fuelUsed: step.paid,
    registers: step.registers,
    compare: step.compare,
    memory: step.memory,
    stdout: trace.stdout.subarray(0, step.stdoutBytes),
    stderr: trace.stderr.subarray(0, step.stderrBytes),
  };
}

/** A metered run with `fuel` units. */
function runWith(subject: Subject, fuel: number): Run {
  const policy = { ...policyOf({ ...subject, policy: { ...subject.policy, fuel: null } }), meter: true };
  const run = startRun(verifiedOnce(subject, policy), { stdin: Uint8Array.from(subject.stdin) });
  run.granted = fuel;
  run.block.fuel = fuel;
  return run;
}

const modules = new Map<Subject, ReturnType<typeof verified>>();
function verifiedOnce(subject: Subject, policy: Parameters<typeof verified>[1]) {
  const module = modules.get(subject) ?? verified(moduleOf(subject), policy);
  modules.set(subject, module);
  return module;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe.each(EXECUTORS)("$tier", (executor: Executor) => {
  describe.each(FUEL_PROGRAMS)("%s", (_, subject) => {
    const trace = traceOf(subject);
    const { paid: total } = trace.last;
    const final = expected(trace, trace.last, trace.end);
    const amounts = Array.from({ length: total + 1 }, (__, i) => i + 1);
    // Compiled tiers link code for every run: beyond the sweep itself, a sample of the amounts has to do.
    const sample =
      executor.tier === "interp" ? amounts : amounts.filter((n) => n <= 40 || n % 23 === 0 || n > total - 20);
    const compare = (wanted: Observed, run: Run, exit: ReturnType<typeof drive>, what: string) => {
      const found = compareObserved(wanted, observe(run, exit), executor.exactAfterTraps);
      if (found.length > 0) throw new Error(`${what}: ${found.join("; ")}`);
    };

    test("is short enough to be swept", () => {
      expect(total).toBeGreaterThan(0);
      expect(total).toBeLessThanOrEqual(MOST);
      expect(trace.end).not.toBe("fuel");
      expect(stopAt(trace, total)).toBeUndefined();
    });

    test("stops where the model says at every amount, and ends the same after a refill", () => {
      let stops = 0;
      for (const fuel of amounts) {
        const run = runWith(subject, fuel);
        const exit = drive(run, executor);
        const step = stopAt(trace, fuel);
        if (step === undefined) {
          compare(final, run, exit, `fuel ${fuel}`);
          continue;
        }
        stops++;
        compare(expected(trace, step, "fuel"), run, exit, `fuel ${fuel}`);
        run.granted += PLENTY;
        run.block.fuel += PLENTY;
        compare(final, run, drive(run, executor), `fuel ${fuel}, then more`);
      }
      expect(stops).toBeGreaterThan(0);
    });

    test("can be stopped by every budget and go on in a copy of the block", () => {
      for (const budget of sample) {
        const run = runWith(subject, PLENTY);
        let exit = executor.execute(run.module, run.block, run.host, true, budget);
        if (exit === EXIT.budget) {
          const step = trace.steps.find(({ paid, needs }) => paid >= budget && needs > 0);
          if (step === undefined)
            throw new Error(`budget ${budget} ended the run, and nothing was left to do`);
          const seen = { pc: run.block.pc, paid: PLENTY - run.block.fuel };
          if (executor.tier === "interp") expect(seen).toEqual({ pc: step.pc, paid: step.paid });
          const copy = copyBlock(run);
          new Uint8Array(run.block.buffer).fill(0xff);
          run.block = copy;
          exit = drive(run, executor);
        }
        compare(final, run, exit, `budget ${budget}`);
      }
    });

    test("is the same through the API", () => {
      const bytes = moduleOf(subject);
      const stdin = Uint8Array.from(subject.stdin);
      const engine = Engine.create();
      for (const fuel of sample) {
        const loaded = engine.load(bytes, policyOf({ ...subject, policy: { ...subject.policy, fuel } }));
        if (loaded.status !== "ok") throw new Error(loaded.code);
        const instance = loaded.module.instantiate({ stdin, tier: executor.tier });
        let outcome = instance.run();
        const step = stopAt(trace, fuel);
        if (step !== undefined) {
          expect(outcome).toMatchObject({
            status: "trap",
            code: "trap.fuel",
            pc: step.pc,
            fuelUsed: step.paid,
          });
          expect(outcome.stdout.length).toBe(step.stdoutBytes);
          const { HL, DE, A, BC, IX, CMP } = instance.registers();
          expect([HL, DE, A, BC, IX, CMP]).toEqual([...step.registers, step.compare]);
          // One unit at a time where the rest is short, all at once where it is long.
          const portion = total - fuel < 40 ? 1 : PLENTY;
          for (let refills = 0; outcome.status === "trap" && outcome.code === "trap.fuel"; refills++) {
            if (refills > 400) throw new Error(`fuel ${fuel}: refilled for ever`);
            instance.refuel(portion);
            outcome = instance.resume();
          }
        }
        const failed = outcome.status === "ok" ? undefined : outcome;
        const found = {
          status: outcome.status,
          code: failed?.code,
          pc: failed?.pc,
          fuelUsed: outcome.fuelUsed,
        };
        const { status, code, pc, fuelUsed } = final;
        expect(found, `fuel ${fuel}`).toEqual({ status, code, pc, fuelUsed });
        if (hex(outcome.stdout) !== hex(final.stdout)) throw new Error(`fuel ${fuel}: stdout is different`);
        if (hex(outcome.stderr) !== hex(final.stderr)) throw new Error(`fuel ${fuel}: stderr is different`);
        if (instance.memorySha256() !== sha256Hex(final.memory))
          throw new Error(`fuel ${fuel}: memory is different`);
      }
    });
  });
});

test("the programs end in every way but want of fuel", () => {
  const ends = new Set(FUEL_PROGRAMS.map(([, subject]) => traceOf(subject).end));
  for (const end of ["returned", "oob", "div0", "decode", "abi", "call_depth", "output_limit"]) {
    expect(ends).toContain(end);
  }
});

describe("a wrong charge is found at some amount of fuel", () => {
  const right = EXECUTORS[0] as Executor;
  const [, loops] = FUEL_PROGRAMS[0] as (typeof FUEL_PROGRAMS)[number];
  const trace = traceOf(loops);
  const isFound = (wrong: Executor): boolean =>
    Array.from({ length: 200 }, (_, i) => i + 1).some((fuel) => {
      const run = runWith(loops, fuel);
      const exit = drive(run, wrong);
      const step = stopAt(trace, fuel) ?? trace.last;
      return compareObserved(expected(trace, step, "fuel"), observe(run, exit), true).length > 0;
    });

  test.each<[string, Executor["execute"]]>([
    [
      "one unit is lost at each stop",
      (...call) => {
        const exit = right.execute(...call);
        call[1].fuel -= 1;
        return exit;
      },
    ],
    [
      "the stop is one instruction late",
      (...call) => {
        call[1].fuel += 1;
        const exit = right.execute(...call);
        call[1].fuel -= 1;
        return exit;
      },
    ],
  ])("%s", (_, execute) => {
    expect(isFound(right)).toBe(false);
    expect(isFound({ ...right, execute })).toBe(true);
  });
});
