// The code cache seen from an engine: who shares code with whom, what it costs to lose it, and that a run never
// notices. Programs run with a threshold of 0, so that everything is compiled at once.

import { describe, expect, test } from "vitest";
import { Engine, type EngineOptions, type Outcome, type PolicyInput } from "../src/index.ts";
import type { RunInputs } from "../src/zasm/runtime/inputs.ts";
import { assembled, CAT, RETURN } from "./cli/rig.ts";
import { PROGRAMS } from "./isolate/programs.ts";

const engineOf = (options: EngineOptions = {}) => Engine.create({ hotThreshold: 0, ...options });

/** Writes one "x" per round. */
const ROUNDS = (rounds: number) => `
  LD A, ${rounds}
again:
  LD HL, text
  LD DE, 1
  CALL _out
  LD BC, 1
  SUB A, BC
  CP A, 0
  JR GT, again
  RET
text: STR "x"
`;
const rounds = assembled(ROUNDS(200));
const cat = assembled(CAT);

const run = (engine: Engine, bytes: Uint8Array, policy: PolicyInput = {}, inputs: RunInputs = {}): Outcome =>
  engine.run(bytes, { policy, ...inputs });

const plain = ({ stdout, ...rest }: Outcome) => ({ ...rest, stdout: Buffer.from(stdout).toString("hex") });

// z[verify vm.cache.key.module] t[verify format.exec.code-cache-in-process-v0]
describe("sharing", () => {
  test("a second load of the same bytes under the same policy finds the code", () => {
    const engine = engineOf();
    const first = run(engine, rounds);
    const { bytes, misses } = engine.cacheStatistics;
    expect(bytes).toBeGreaterThan(0);
    expect(plain(run(engine, rounds))).toEqual(plain(first));
    expect(engine.cacheStatistics).toMatchObject({ entries: 1, bytes, misses });
    expect(engine.cacheStatistics.hits).toBeGreaterThan(0);
  });

  test("other bytes never do, however similar, nor does another engine", () => {
    const engine = engineOf();
    const other = assembled(ROUNDS(201));
    expect(run(engine, rounds).stdout).toHaveLength(200);
    expect(run(engine, other).stdout).toHaveLength(201);
    expect(run(engine, rounds).stdout).toHaveLength(200);
    expect(engine.cacheStatistics).toMatchObject({ entries: 2 });
    expect(engineOf().cacheStatistics).toMatchObject({ entries: 0, hits: 0, misses: 0 });
  });

  test("another policy has its own entry where it matters, and shares where it does not", () => {
    const engine = engineOf();
    for (const policy of [{}, { meter: true }, { memSize: 65_536 }, { strict: true }]) {
      expect(run(engine, rounds, policy).stdout).toHaveLength(200);
    }
    expect(engine.cacheStatistics.entries).toBe(4);
    run(engine, rounds, { maxOutputBytes: 1000 });
    run(engine, rounds, { fuel: 100_000 });
    expect(engine.cacheStatistics.entries).toBe(4);
  });

  test("a program that never gets hot leaves nothing behind", () => {
    const engine = Engine.create();
    for (let i = 1; i <= 50; i++) run(engine, assembled(ROUNDS(i)));
    expect(engine.cacheStatistics).toMatchObject({ entries: 0, bytes: 0, heldBytes: 0, evictions: 0 });
  });

  test('policy codeCache "off" neither reads nor fills', () => {
    const engine = engineOf();
    run(engine, rounds, { codeCache: "off" });
    expect(engine.cacheStatistics).toMatchObject({ entries: 0, hits: 0, misses: 0 });
    run(engine, rounds);
    const before = engine.cacheStatistics;
    expect(run(engine, rounds, { codeCache: "off" })).toMatchObject({ status: "ok" });
    expect(engine.cacheStatistics).toEqual(before);
    // One load's own instances still share what they made.
    const loaded = engine.load(rounds, { codeCache: "off" });
    if (loaded.status !== "ok") throw new Error(loaded.code);
    expect(loaded.module.compileSync()).toMatchObject({ units: 1, cached: 0 });
    expect(loaded.module.compileSync()).toMatchObject({ units: 1, cached: 1 });
  });
});

// z[verify vm.error.category.resource-code]
describe("the quota", () => {
  test("drops what was not used for longest", () => {
    const sizing = engineOf();
    run(sizing, rounds);
    const { heldBytes } = sizing.cacheStatistics;
    const engine = engineOf({ codeCacheBytes: Math.floor(heldBytes * 2.5) });
    const [a, b, c] = [ROUNDS(11), ROUNDS(12), ROUNDS(13)].map((source) => assembled(source));
    const hits = (bytes: Uint8Array | undefined) => {
      const before = engine.cacheStatistics.misses;
      run(engine, bytes!);
      return engine.cacheStatistics.misses === before;
    };
    expect([hits(a), hits(b), hits(a)]).toEqual([false, false, true]);
    expect(hits(c)).toBe(false); // b goes
    expect([hits(a), hits(c), hits(b)]).toEqual([true, true, false]); // then a
    expect(hits(c)).toBe(true);
    expect(hits(a)).toBe(false);
    expect(engine.cacheStatistics).toMatchObject({ entries: 2 });
    expect(engine.cacheStatistics.evictions).toBeGreaterThanOrEqual(3);
    expect(engine.cacheStatistics.heldBytes).toBeLessThanOrEqual(heldBytes * 2.5);
  });

  test.each([0, 1, 2000])("of %i bytes changes no outcome", (codeCacheBytes) => {
    const [small, large] = [engineOf({ codeCacheBytes }), engineOf()];
    for (let round = 0; round < 2; round++) {
      for (const { source, stdin } of Object.values(PROGRAMS)) {
        const inputs = { stdin: new Uint8Array(Buffer.from(stdin ?? "")) };
        const bytes = assembled(source);
        const policy = { meter: true };
        expect(plain(run(small, bytes, policy, inputs))).toEqual(plain(run(large, bytes, policy, inputs)));
      }
    }
    expect(small.cacheStatistics.heldBytes).toBeLessThanOrEqual(codeCacheBytes);
  });

  test("never takes code from a run in the middle of it", () => {
    const engine = engineOf({ codeCacheBytes: 3000 });
    let others = 0;
    const stdout = () => {
      if (others++ % 20 === 0) run(engine, assembled(ROUNDS(others + 1)));
    };
    const outcome = run(engine, rounds, { meter: true }, { stdout });
    const expected = run(Engine.create({ codegen: "off" }), rounds, { meter: true }, { stdout: () => {} });
    expect(others).toBe(200);
    expect(engine.cacheStatistics.evictions).toBeGreaterThan(0);
    expect(outcome).toEqual({ ...expected, tier: outcome.status === "reject" ? "" : outcome.tier });
    expect(outcome).not.toMatchObject({ tier: "interp" });
  });
});

// z[verify vm.cache.invalidate] t[verify format.exec.deopt-on-guard-fail]
// t[verify format.exec.guard-runtime-capabilities] t[verify format.exec.code-cache-invalidate-on-runtime-mismatch]
describe("withdrawing code generation", () => {
  test("empties the cache, and later runs stay in the interpreter", () => {
    const engine = engineOf();
    const before = run(engine, rounds);
    expect(before).not.toMatchObject({ tier: "interp" });
    engine.withdrawCodegen();
    expect(engine.cacheStatistics).toMatchObject({ entries: 0, bytes: 0, invalidations: 1 });
    expect(plain(run(engine, rounds))).toEqual({ ...plain(before), tier: "interp" });
    expect(run(engine, rounds, {}, { tier: "baseline" })).toMatchObject({ code: "tier.unavailable" });
    expect(engine.cacheStatistics).toMatchObject({ entries: 0 });
  });

  test.each([1, 2, 100, 199, 200])("in the middle of a run, at its write number %i", (at) => {
    for (const policy of [{}, { meter: true }]) {
      const engine = engineOf({ slice: 1000 });
      const events: string[] = [];
      let writes = 0;
      const stdout = (chunk: Uint8Array) => {
        events.push(Buffer.from(chunk).toString());
        if (++writes === at) engine.withdrawCodegen();
      };
      const outcome = run(engine, rounds, policy, { stdout });
      const expected = run(Engine.create({ codegen: "off" }), rounds, policy, { stdout: () => {} });
      expect(events.join("")).toBe("x".repeat(200));
      expect(outcome).toEqual({ ...expected, tier: outcome.status === "reject" ? "" : outcome.tier });
    }
  });

  test("of an engine does not touch another one", () => {
    const [one, other] = [engineOf(), engineOf()];
    run(other, cat);
    one.withdrawCodegen();
    expect(other.cacheStatistics.entries).toBe(1);
    expect(run(other, assembled(RETURN))).not.toMatchObject({ tier: "interp" });
  });
});
