// Runs in worker threads against runs in this one: equal outcomes, and what only a thread can do: be stopped, die,
// and be replaced. The isolate is the current source as plain JavaScript (test/rigs/built.ts), as threads need.

import { cpSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Engine, type Outcome, type PolicyInput } from "../../src/index.ts";
import type * as api from "../../src/isolate/index.ts";
import { assembled, CAT, DIV0, OOB, RETURN, SPIN } from "../cli/rig.ts";
import { builtSource } from "../rigs/built.ts";
import { outcomeProblems } from "../robustness/outcome-schema.ts";
import { PROGRAMS } from "./programs.ts";

let Isolate: typeof api.Isolate;
beforeAll(async () => {
  const built: unknown = await import(new URL("isolate/index.js", builtSource()).href);
  ({ Isolate } = built as typeof api); // the same sources
});

const opened: api.Isolate[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((isolate) => isolate.close()));
});

function open(options: api.IsolateOptions = {}): api.Isolate {
  const isolate = Isolate.create({ workers: 1, ...options });
  opened.push(isolate);
  return isolate;
}

const hello = assembled(PROGRAMS.hello!.source);
const cat = assembled(CAT);
const spin = assembled(SPIN);
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const utf8 = (string = "") => new Uint8Array(Buffer.from(string));

/** Compared by value: what came through another thread is another thread's arrays no more. */
const plain = (outcome: Outcome) => ({
  ...outcome,
  stdout: Buffer.from(outcome.stdout).toString("hex"),
  stderr: Buffer.from(outcome.stderr).toString("hex"),
});

/** Writes "x" before each round of an endless loop that does so `rounds` times, then spins. */
const CHATTY = `
  LD A, 1000
again:
  LD HL, text
  LD DE, 1
  CALL _out
  LD BC, 1
  SUB A, BC
  CP A, 0
  JR GT, again
spin:
  JR spin
text: STR "x"
`;

/** The same with another worker entry; the real one is then `./worker-itself.js`. */
async function isolateWith(worker: string): Promise<typeof api.Isolate> {
  const folder = mkdtempSync(join(tmpdir(), "sinter-isolate-"));
  folders.push(folder);
  cpSync(builtSource(), folder, { recursive: true });
  renameSync(join(folder, "isolate/worker.js"), join(folder, "isolate/worker-itself.js"));
  writeFileSync(join(folder, "isolate/worker.js"), worker);
  const built: unknown = await import(pathToFileURL(join(folder, "isolate/index.js")).href);
  return (built as typeof api).Isolate;
}
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe("outcomes are those of a run in this thread", () => {
  test.each(Object.entries(PROGRAMS))("%s", async (_name, { source, stdin }) => {
    const bytes = assembled(source);
    const inputs = { stdin: utf8(stdin), tier: "auto" as const };
    const policy: PolicyInput = { meter: true };
    const isolate = open();
    const loaded = isolate.load(bytes, policy);
    if (loaded.status !== "ok") throw new Error(loaded.reason);
    const here = plain(Engine.create().run(bytes, { ...inputs, policy }));
    expect(plain(await isolate.run(bytes, { ...inputs, policy }))).toEqual(here);
    expect(plain(await isolate.run(loaded.module, inputs))).toEqual(here);
  });

  test("traps, rejects and errors included", async () => {
    const isolate = open();
    const engine = Engine.create();
    const cases: [Uint8Array, Parameters<api.Isolate["run"]>[1]][] = [
      [assembled(OOB), {}],
      [assembled(DIV0), { policy: { fuel: 100 } }],
      [spin, { policy: { fuel: 12_345 } }],
      [spin, { policy: { fuel: 12_345 }, tier: "baseline" }],
      [hello, { entry: "nowhere" }],
      [hello, { tier: "native" }],
      [hello.subarray(0, 50), {}],
      [hello, { policy: { memSize: -1 } }],
      [hello, { policy: { target: "arm64" } }],
      [cat, { stdin: new Uint8Array(300_000).fill(7), policy: { maxOutputBytes: 200_000 } }],
      [assembled(RETURN), { args: ["a", "é"], env: { K: "V" }, policy: { allowEnv: true } }],
    ];
    for (const [bytes, options = {}] of cases) {
      const there = await isolate.run(bytes, options);
      expect(outcomeProblems(there)).toEqual([]);
      const { timeoutMs: _t, signal: _s, ...inputs } = options;
      expect(plain(there)).toEqual(plain(engine.run(bytes, inputs)));
    }
  });

  test("output of any size arrives whole, and nothing of the run before", async () => {
    const isolate = open();
    const stdin = Uint8Array.from({ length: 3_000_001 }, (_, i) => (i * 7919) >> 3);
    expect(Buffer.from(stdin).equals((await isolate.run(cat, { stdin })).stdout)).toBe(true);
    expect(text((await isolate.run(hello)).stdout)).toBe("Hello from Sinter!\n");
    expect((await isolate.run(assembled(RETURN))).stdout).toHaveLength(0);
  });

  test("of 20 runs over 2 threads, in whatever order they end", async () => {
    const isolate = open({ workers: 2 });
    const runs = Array.from({ length: 20 }, (_, i) => isolate.run(cat, { stdin: utf8(`run ${i}`) }));
    const ended = await Promise.all(runs);
    expect(ended.map(({ stdout }) => text(stdout))).toEqual(runs.map((_, i) => `run ${i}`));
    expect(isolate.statistics).toMatchObject({ runs: 20, cancelled: 0, running: 0, queued: 0, lost: 0 });
    expect(isolate.statistics.threads).toBeLessThanOrEqual(3);
  });
});

describe("a guest that does not end", () => {
  test.each(["interp", "auto", "baseline"] as const)("is stopped by the clock in %s", async (tier) => {
    const isolate = open();
    const start = performance.now();
    const outcome = await isolate.run(spin, { timeoutMs: 60, tier });
    const took = performance.now() - start;
    expect(outcomeProblems(outcome)).toEqual([]);
    expect(outcome).toMatchObject({ status: "error", code: "host.cancelled", category: "host" });
    expect(outcome).toMatchObject({ deterministic: false, fuelUsed: null });
    expect(outcome).not.toHaveProperty("pc");
    expect(took).toBeLessThan(2000); // generous: the machine may be busy; npm run bench has the figure
    expect(text((await isolate.run(hello)).stdout)).toBe("Hello from Sinter!\n");
  });

  test("is stopped by the caller, and its output so far is kept", async () => {
    const isolate = open();
    let kept = "";
    // How far it got when the time was up depends on how busy the machine is.
    for (let delay = 100; delay < 10_000 && kept.length < 1000; delay *= 4) {
      const controller = new AbortController();
      const run = isolate.run(assembled(CHATTY), { signal: controller.signal });
      setTimeout(() => controller.abort(), delay);
      const outcome = await run;
      expect(outcome).toMatchObject({ code: "host.cancelled", reason: "the caller aborted the run" });
      kept = text(outcome.stdout);
    }
    expect(kept).toBe("x".repeat(1000));
  });

  test("is replaced: the isolate stays usable after many of them", async () => {
    const isolate = open({ workers: 2, timeoutMs: 30 });
    const spins = Array.from({ length: 6 }, () => isolate.run(spin));
    const others = Array.from({ length: 6 }, () => isolate.run(hello, { timeoutMs: 0 }));
    for (const outcome of await Promise.all(spins)) {
      expect(outcome).toMatchObject({ code: "host.cancelled" });
      if (outcome.status === "error") expect(outcome.reason).toBe("the time limit of 30 ms ran out");
    }
    for (const outcome of await Promise.all(others)) expect(outcome.status).toBe("ok");
    expect(isolate.statistics).toMatchObject({ runs: 12, cancelled: 6, lost: 0 });
    expect(isolate.statistics.threads).toBeLessThanOrEqual(3);
  });

  test("does not keep others waiting while another thread is free", async () => {
    const isolate = open({ workers: 2 });
    const controller = new AbortController();
    const stuck = isolate.run(spin, { signal: controller.signal });
    for (let i = 0; i < 5; i++) expect((await isolate.run(hello)).status).toBe("ok");
    controller.abort();
    expect(await stuck).toMatchObject({ code: "host.cancelled" });
  });
});

describe("cancelling", () => {
  test("before the start, and in the queue, runs nothing", async () => {
    const isolate = open();
    expect(await isolate.run(hello, { signal: AbortSignal.abort() })).toMatchObject({
      code: "host.cancelled",
      stdout: new Uint8Array(0),
    });
    const [first, second] = [new AbortController(), new AbortController()];
    const running = isolate.run(spin, { signal: first.signal });
    const queued = isolate.run(hello, { signal: second.signal });
    second.abort();
    const outcome = await queued;
    expect(outcome).toMatchObject({ code: "host.cancelled", reason: "the caller aborted the run" });
    expect(outcomeProblems(outcome)).toEqual([]);
    first.abort();
    await running;
  });

  test("after the end changes nothing and leaves no listener", async () => {
    const isolate = open();
    const listeners = new Set<() => void>();
    const signal = {
      aborted: false,
      addEventListener: (_: "abort", listener: () => void) => void listeners.add(listener),
      removeEventListener: (_: "abort", listener: () => void) => void listeners.delete(listener),
    };
    const run = isolate.run(hello, { signal, timeoutMs: 5000 });
    const [abort] = listeners;
    expect((await run).status).toBe("ok");
    expect(listeners.size).toBe(0);
    abort?.();
    expect((await isolate.run(hello)).status).toBe("ok");
    expect(isolate.statistics).toMatchObject({ cancelled: 0, lost: 0 });
  });
});

describe("a thread that dies", () => {
  test("of memory is host.oom, and the next run has another one", async () => {
    const isolate = open({ resourceLimits: { heapMb: 24, youngHeapMb: 2 } });
    expect((await isolate.run(hello)).status).toBe("ok");
    const args = Array.from({ length: 1_500_000 }, (_, i) => `argument number ${i}`);
    const outcome = await isolate.run(hello, { args });
    expect(outcome).toMatchObject({ status: "error", code: "host.oom", category: "resource" });
    expect(outcomeProblems(outcome)).toEqual([]);
    expect((await isolate.run(hello)).status).toBe("ok");
    expect(isolate.statistics.lost).toBe(1);
  });

  test("before it is ready is reported, not retried for ever", async () => {
    const isolate = (await isolateWith('throw new Error("never ready");')).create({ workers: 1 });
    opened.push(isolate);
    for (let i = 0; i < 2; i++) {
      const outcome = await isolate.run(hello);
      expect(outcome).toMatchObject({ status: "error", code: "internal" });
      expect(outcome).toMatchObject({ reason: "the worker thread ended unexpectedly" });
    }
    expect(isolate.statistics).toMatchObject({ running: 0, queued: 0 });
    expect(isolate.statistics.started).toBeLessThanOrEqual(8);
  });

  test("in the middle of a run is reported, with the output so far, and replaced", async () => {
    const isolate = (
      await isolateWith(`
        import { parentPort } from "node:worker_threads";
        const { write } = await import("./output.js").then(({ SegmentWriter }) => SegmentWriter.prototype);
        const { SegmentWriter } = await import("./output.js");
        SegmentWriter.prototype.write = function (chunk) {
          write.call(this, chunk);
          if (Buffer.from(chunk).toString() === "die") process.exit(3);
        };
        await import("./worker-itself.js");
      `)
    ).create({ workers: 1 });
    opened.push(isolate);
    const outcome = await isolate.run(cat, { stdin: utf8("die") });
    expect(outcome).toMatchObject({ status: "error", code: "internal", deterministic: true });
    expect(text(outcome.stdout)).toBe("die");
    expect((await isolate.run(cat, { stdin: utf8("live") })).status).toBe("ok");
    expect(isolate.statistics).toMatchObject({ lost: 1, cancelled: 0 });
  });
});

describe("a loaded module", () => {
  test("takes along the code one thread made to the others", async () => {
    const isolate = open({ workers: 2 });
    const loaded = isolate.load(cat);
    if (loaded.status !== "ok") throw new Error(loaded.reason);
    const { module } = loaded;
    expect(module.units).toBe(0);
    const run = (tier: "auto" | "baseline") => isolate.run(module, { stdin: utf8("abc"), tier });
    expect((await run("baseline")).status).toBe("ok");
    expect(module.units).toBeGreaterThan(0);
    // That thread is kept busy, so that another one takes the next run. Prepared code is used at once: without it a
    // run as short as this one would stay in the interpreter.
    const controller = new AbortController();
    const busy = isolate.run(spin, { signal: controller.signal });
    for (let i = 0; i < 3; i++) {
      const outcome = await run("auto");
      expect(outcome).toMatchObject({ status: "ok", tier: "baseline" });
      expect(text(outcome.stdout)).toBe("abc");
    }
    controller.abort();
    expect(await busy).toMatchObject({ code: "host.cancelled" });
  });

  test("is verified at load, with the policy given there", async () => {
    const isolate = open();
    expect(isolate.load(hello.subarray(0, 60))).toMatchObject({
      status: "reject",
      code: "container.truncated",
    });
    const loaded = isolate.load(spin, { fuel: 10 });
    if (loaded.status !== "ok") throw new Error(loaded.reason);
    expect(loaded.module.sha256).toHaveLength(64);
    expect(await isolate.run(loaded.module)).toMatchObject({ code: "trap.fuel", fuelUsed: 10 });
    await expect(isolate.run(loaded.module, { policy: {} })).rejects.toThrow("give it to load");
    await expect(open().run(loaded.module)).rejects.toThrow("what this isolate's load gave");
  });

  test("is let go of by threads that keep too many", async () => {
    const isolate = open();
    const modules = Array.from({ length: 40 }, () => isolate.load(cat)).map((loaded) => {
      if (loaded.status !== "ok") throw new Error(loaded.reason);
      return loaded.module;
    });
    // The last ones are still there, the first ones come back.
    for (const module of [...modules, ...modules.slice(-20), ...modules.slice(0, 5)]) {
      expect(text((await isolate.run(module, { stdin: utf8("k") })).stdout)).toBe("k");
    }
  });
});

describe("misuse", () => {
  test.each([
    ["hooks", { hooks: {} }],
    ["stdout", { stdout: () => {} }],
    ["stderr", { stderr: () => {} }],
    ["timeoutMs", { timeoutMs: -1 }],
    ["timeoutMs", { timeoutMs: "5" }],
    ["signal", { signal: {} }],
    ["tier", { tier: "fast" }],
    ["no field", { stdinn: new Uint8Array(0) }],
  ])("of run: %s", async (message, options) => {
    await expect(open().run(hello, options as api.IsolateRunOptions)).rejects.toThrow(message);
  });

  test.each([
    ["workers", { workers: 0 }],
    ["timeoutMs", { timeoutMs: Number.NaN }],
    ["from 16", { resourceLimits: { heapMb: 8 } }],
    ["no field", { resourceLimits: { heap: 5 } }],
    ["no field", { worker: 5 }],
    ["telemetry", { engine: { telemetry: () => {} } }],
    ["slice", { engine: { slice: 1 } }],
  ])("of create: %s", (message, options) => {
    expect(() => Isolate.create(options as api.IsolateOptions)).toThrow(message);
  });

  test("of what is no module", async () => {
    await expect(open().run("x" as unknown as Uint8Array)).rejects.toThrow("module must be");
    expect(() => open().load([] as unknown as Uint8Array)).toThrow("Uint8Array");
  });
});

describe("close", () => {
  test("stops what runs and what waits, and takes no more", async () => {
    const isolate = open();
    const runs = [isolate.run(spin), isolate.run(hello)];
    await new Promise((resolve) => setTimeout(resolve, 30));
    await isolate.close();
    for (const outcome of await Promise.all(runs)) {
      expect(outcome).toMatchObject({ code: "host.cancelled", reason: "the isolate was closed" });
    }
    expect(isolate.statistics).toMatchObject({ threads: 0, running: 0, queued: 0 });
    await expect(isolate.run(hello)).rejects.toThrow("closed");
    expect(() => isolate.load(hello)).toThrow("closed");
    await isolate.close();
  });

  test("waits for runs as long as it is told to", async () => {
    const isolate = open();
    const runs = [isolate.run(hello), isolate.run(hello)];
    await isolate.close({ graceMs: 10_000 });
    for (const outcome of await Promise.all(runs)) expect(outcome.status).toBe("ok");
    const stuck = open();
    const run = stuck.run(spin);
    await stuck.close({ graceMs: 50 });
    expect(await run).toMatchObject({ code: "host.cancelled" });
  });
});
