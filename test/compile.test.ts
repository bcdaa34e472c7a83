// Compiling ahead of a run: the report, what a later run makes of it, and every way it can be refused.

import { spawnSync } from "node:child_process";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type CompileOptions, Engine, type Module, type PolicyInput } from "../src/index.ts";
import { assembled, CAT, RETURN } from "./cli/rig.ts";
import { builtSource } from "./rigs/built.ts";

const cat = assembled(CAT);
/** Of this process; the library's types do not have it. */
const wasm = Reflect.get(globalThis, "WebAssembly") as Record<
  "Memory" | "Instance" | "Module",
  new (
    bytes: Uint8Array,
  ) => object
>;
const TWO_DOORS = assembled(
  `
PUBLIC first
PUBLIC again
PUBLIC second
  RET
first:
again:
  LD A, 1
  RET
second:
  LD A, 2
  RET
`,
  { expt: true },
);

function load(bytes: Uint8Array, policy: PolicyInput = {}, engine: Engine = Engine.create()): Module {
  const loaded = engine.load(bytes, policy);
  if (loaded.status !== "ok") throw new Error(loaded.reason);
  return loaded.module;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

const BOTH = [
  ["compile", (module: Module, options?: CompileOptions) => module.compile(options)],
  ["compileSync", async (module: Module, options?: CompileOptions) => module.compileSync(options)],
] as const;

describe.each(BOTH)("%s", (_name, compile) => {
  test("reports what there is now; a second call finds it", async () => {
    const engine = Engine.create();
    const module = load(cat, {}, engine);
    const first = await compile(module);
    expect(first).toEqual({
      tier: "opt",
      units: 1,
      cached: 0,
      bytes: expect.any(Number),
      refusals: [],
      ms: expect.any(Number),
    });
    expect(first.bytes).toBeGreaterThan(100);
    expect(engine.cacheStatistics).toMatchObject({ entries: 1, bytes: first.bytes });
    expect(await compile(module)).toMatchObject({ units: 1, cached: 1, bytes: first.bytes });
    // Another load of the same bytes shares it.
    expect(await compile(load(cat, {}, engine))).toMatchObject({ cached: 1 });
    expect(engine.cacheStatistics).toMatchObject({ entries: 1, bytes: first.bytes });
  });

  test.each(["baseline", "opt"] as const)("makes %s code that a short run uses at once", async (tier) => {
    const engine = Engine.create();
    const stdin = new Uint8Array([1, 2, 3]);
    expect(load(cat, {}, engine).instantiate({ stdin }).run()).toMatchObject({ tier: "interp" });
    const module = load(cat, {}, engine);
    expect(await compile(module, { tier })).toMatchObject({ tier, units: 1 });
    expect(module.instantiate({ stdin }).run()).toMatchObject({ status: "ok", tier, stdout: stdin });
  });

  test("takes entries by name; one place is one unit", async () => {
    const module = load(TWO_DOORS);
    const report = await compile(module, { entries: ["first", "again", "second", "nowhere", "__proto__"] });
    expect(report).toMatchObject({ units: 2, cached: 0 });
    expect(report.refusals).toEqual([
      { entry: "nowhere", reason: "unknown_export" },
      { entry: "__proto__", reason: "unknown_export" },
    ]);
    expect(module.instantiate({ entry: "second" }).run()).toMatchObject({ tier: "opt" });
    expect(module.instantiate({ entry: "first" }).run()).toMatchObject({ tier: "opt" });
    expect(module.instantiate().run()).toMatchObject({ tier: "interp" });
  });

  test.each(["interp", "native"] as const)("refuses tier %s, which has no code here", async (tier) => {
    const report = await compile(load(cat), { tier });
    expect(report).toMatchObject({
      tier,
      units: 0,
      bytes: 0,
      refusals: [{ entry: null, reason: "no_tier" }],
    });
  });

  test("refuses under codegen off and when withdrawn, and runs stay as they are", async () => {
    const off = load(cat, {}, Engine.create({ codegen: "off" }));
    expect(await compile(off)).toMatchObject({ refusals: [{ entry: null, reason: "codegen_off" }] });
    expect(off.instantiate().run()).toMatchObject({ status: "ok", tier: "interp" });
    const engine = Engine.create();
    const module = load(cat, {}, engine);
    engine.withdrawCodegen();
    expect(await compile(module)).toMatchObject({ units: 0, refusals: [{ reason: "withdrawn" }] });
    expect(module.instantiate().run()).toMatchObject({ status: "ok", tier: "interp" });
    expect(engine.cacheStatistics).toMatchObject({ entries: 0 });
  });

  // z[verify vm.error.category.resource-code]
  test("refuses what maxJitBytes has no room for", async () => {
    const full = await compile(load(cat));
    const module = load(cat, { maxJitBytes: full.bytes - 1 });
    expect(await compile(module)).toMatchObject({ units: 0, refusals: [{ reason: "jit_bytes" }] });
    expect(module.instantiate().run()).toMatchObject({ status: "ok", tier: "interp" });
    expect(module.instantiate({ tier: "opt" }).run()).toMatchObject({
      code: "tier.unavailable",
      category: "resource",
    });
    expect(await compile(load(cat, { maxJitBytes: full.bytes }))).toMatchObject({ units: 1, refusals: [] });
  });

  test("refuses where there is no WebAssembly", async () => {
    const module = load(cat);
    vi.stubGlobal("WebAssembly", undefined);
    const report = compile(module);
    const run = module.instantiate().run();
    vi.unstubAllGlobals();
    expect(await report).toMatchObject({ units: 0, refusals: [{ entry: null, reason: "no_webassembly" }] });
    expect(run).toMatchObject({ status: "ok", tier: "interp" });
  });

  // t[verify format.exec.jit-compile-failure-fallback] t[verify format.exec.jit-optional]
  test("refuses where the environment refuses, and the outcome is the interpreter's", async () => {
    const module = load(cat, { meter: true });
    const refuse = () => {
      throw new EvalError("content policy");
    };
    const { Memory, Instance } = wasm;
    vi.stubGlobal("WebAssembly", { Memory, Instance, Module: refuse, compile: async () => refuse() });
    const report = await compile(module);
    const stdin = new Uint8Array([9]);
    const run = module.instantiate({ stdin }).run();
    vi.unstubAllGlobals();
    expect(report).toMatchObject({ units: 0, bytes: 0, refusals: [{ entry: null, reason: "environment" }] });
    const engine = Engine.create({ codegen: "off" });
    expect(run).toEqual(load(cat, { meter: true }, engine).instantiate({ stdin }).run());
  });
});

test("compile asks anew what compileSync was refused: browsers allow large code only there", async () => {
  const module = load(cat);
  const { Memory, Module: Real } = wasm;
  const refuse = () => {
    throw new RangeError("too large for this thread");
  };
  vi.stubGlobal("WebAssembly", { Memory, Module: refuse });
  expect(module.compileSync()).toMatchObject({ refusals: [{ reason: "environment" }] });
  const compile = async (bytes: Uint8Array) => new Real(bytes);
  vi.stubGlobal("WebAssembly", { Memory, Module: refuse, compile });
  expect(await module.compile()).toMatchObject({ units: 1, refusals: [] });
  vi.unstubAllGlobals();
  expect(module.instantiate().run()).toMatchObject({ tier: "opt" });
});

test("two compiles at once count their bytes once", async () => {
  const engine = Engine.create();
  const module = load(cat, {}, engine);
  const [a, b] = await Promise.all([module.compile(), module.compile()]);
  const c = module.compileSync();
  expect([a?.bytes, b?.bytes, c.bytes]).toEqual([a?.bytes, a?.bytes, a?.bytes]);
  expect(engine.cacheStatistics).toMatchObject({ entries: 1, bytes: a?.bytes });
});

test("where V8 may generate no code, everything is refused by name and nothing throws", () => {
  const script = `
    const { Engine } = await import("${new URL("index.js", builtSource()).href}");
    const loaded = Engine.create().load(Uint8Array.from([${cat.join()}]));
    const reports = [await loaded.module.compile(), loaded.module.compileSync({ tier: "baseline" })];
    const { status, tier } = loaded.module.instantiate().run();
    console.log(JSON.stringify([...reports.flatMap((r) => r.refusals.map((x) => x.reason)), status, tier]));
  `;
  const ran = spawnSync(process.execPath, ["--jitless", "--input-type=module", "-e", script], {
    timeout: 20_000,
  });
  expect(JSON.parse(ran.stdout.toString())).toEqual(["no_webassembly", "no_webassembly", "ok", "interp"]);
});

describe("misuse", () => {
  test.each([
    ["no field", { tiers: "opt" }],
    ["tier", { tier: "fast" }],
    ["entries", { entries: "main" }],
    ["entries", { entries: [1] }],
    ["object", null],
  ])("%s", async (message, options) => {
    const module = load(assembled(RETURN));
    await expect(module.compile(options as CompileOptions)).rejects.toThrow(message);
    expect(() => module.compileSync(options as CompileOptions)).toThrow(message);
  });
});
