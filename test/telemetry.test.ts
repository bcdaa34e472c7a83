// Telemetry of whole runs: which events come, that they are few, that they hold nothing of the guest, and that no
// outcome depends on who listens. Durations are the only part of an event that differs from run to run.

import { describe, expect, test } from "vitest";
import {
  Engine,
  type EngineOptions,
  type Outcome,
  type PolicyInput,
  type TelemetryEvent,
} from "../src/index.ts";
import { MAX_RUN_EVENTS } from "../src/zasm/runtime/watch.ts";
import { assembled, CAT, DIV0, OOB, onlyObject, RETURN, SPIN, scratch, sinter } from "./cli/rig.ts";
import { PROGRAMS } from "./isolate/programs.ts";

const AT_ONCE = { hotThreshold: 0 };

function watched(options: EngineOptions = {}): { engine: Engine; events: TelemetryEvent[] } {
  const events: TelemetryEvent[] = [];
  return { engine: Engine.create({ ...options, telemetry: (event) => void events.push(event) }), events };
}

const names = (events: readonly TelemetryEvent[]) => events.map(({ event }) => event);
const withoutTimes = (events: readonly TelemetryEvent[]) =>
  events.map((event) => Object.fromEntries(Object.entries(event).filter(([key]) => key !== "ms")));

const run = (engine: Engine, source: string, policy: PolicyInput = {}, stdin = "") =>
  engine.run(assembled(source), { policy, stdin: new Uint8Array(Buffer.from(stdin)) });

/** A loop of `rounds` whose body divides by its counter's remainder, and calls a host function: it leaves often. */
const LOOP = (rounds: number) => `
  LD A, ${rounds}
again:
  LD HL, 8
  LD DE, 0
  CALL _out
  LD BC, 1
  SUB A, BC
  CP A, 0
  JR GT, again
  RET
`;

// z[verify vm.telemetry.low-volume]
describe("events", () => {
  test("of a run that stays in the interpreter", () => {
    const { engine, events } = watched();
    const outcome = run(engine, RETURN, { meter: true });
    const program = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(outcome.status).toBe("ok");
    expect(withoutTimes(events)).toEqual([
      { event: "load", status: "ok", program, bytes: expect.any(Number) },
      { event: "start", run: 1, program, tier: "auto", pc: 0, resumed: false },
      { event: "end", run: 1, program, status: "ok", tier: "interp", fuelUsed: 1, entries: 0, withheld: 0 },
    ]);
    for (const event of events.filter(({ event: name }) => name !== "start")) {
      expect(event).toHaveProperty("ms", expect.any(Number));
    }
  });

  test("of a run that is promoted, and of one that finds its code", () => {
    const { engine, events } = watched(AT_ONCE);
    run(engine, LOOP(5));
    run(engine, LOOP(5));
    const promotions = events.filter((event) => event.event === "promote");
    expect(promotions.map(({ cached }) => cached)).toEqual([false, true]);
    expect(promotions[0]).toMatchObject({ run: 1, pc: 0, bytes: expect.any(Number) });
    const ends = events.filter((event) => event.event === "end");
    expect(ends[0]).toMatchObject({ entries: expect.any(Number) });
    expect(ends[0]?.entries).toBeGreaterThan(0);
    expect(ends.map((end) => end.run)).toEqual([1, 2]);
  });

  test("of traps, rejects, and a module that is none", () => {
    const { engine, events } = watched();
    run(engine, DIV0);
    expect(names(events)).toEqual(["load", "start", "trap", "end"]);
    expect(events[2]).toMatchObject({ code: "trap.div0", category: "div0", pc: 8 });
    expect(events[3]).toMatchObject({ status: "trap", code: "trap.div0" });
    events.length = 0;
    engine.run(new Uint8Array(7));
    expect(withoutTimes(events)).toEqual([
      { event: "load", status: "reject", code: "container.too_small", bytes: 7 },
    ]);
    events.length = 0;
    engine.run(assembled(RETURN), { entry: "nowhere" });
    expect(names(events)).toEqual(["load", "start", "end"]);
    expect(events[2]).toMatchObject({ status: "reject", code: "entry.unknown" });
  });

  test("of a run that is refuelled", () => {
    const { engine, events } = watched();
    const loaded = engine.load(assembled(SPIN), { fuel: 10 });
    if (loaded.status !== "ok") throw new Error(loaded.code);
    const instance = loaded.module.instantiate();
    instance.run();
    instance.refuel(5);
    instance.resume();
    expect(names(events)).toEqual(["load", "start", "trap", "end", "start", "trap", "end"]);
    expect(events[4]).toMatchObject({ run: 1, resumed: true });
    expect(events[6]).toMatchObject({ fuelUsed: 15 });
  });

  test("of leaving compiled code: counted by place, sent when the run stops", () => {
    const { engine, events } = watched(AT_ONCE);
    // The function at pc 0 runs out of fuel for its loop, whose header is no place to enter at yet.
    run(engine, LOOP(1000), { fuel: 100 });
    const deopts = events.filter((event) => event.event === "deopt");
    expect(deopts).toMatchObject([{ reason: "no_code", count: 1, run: 1 }]);
    expect(names(events).slice(-3)).toEqual(["deopt", "trap", "end"]);
    // A second run enters at both places, and then has too little fuel left for a whole round.
    events.length = 0;
    const module = engine.load(assembled(LOOP(1000)), { fuel: 100 });
    if (module.status !== "ok") throw new Error(module.code);
    module.module.instantiate().run();
    expect(events.filter((event) => event.event === "deopt").length).toBeGreaterThan(0);
  });

  test("of code generation withdrawn under a run: it leaves at the next boundary, and compiles nothing more", () => {
    const { engine, events } = watched({ ...AT_ONCE, slice: 1000 });
    let writes = 0;
    const outcome = engine.run(assembled(LOOP(3000).replace("LD DE, 0", "LD DE, 1")), {
      stdout: () => {
        if (++writes === 700) engine.withdrawCodegen();
      },
    });
    expect([outcome.status, writes]).toEqual(["ok", 3000]);
    const withdrawnAt = names(events).indexOf("cache");
    expect(events[withdrawnAt]).toMatchObject({ reason: "withdrawn", dropped: 1 });
    expect(names(events.slice(0, withdrawnAt))).toContain("promote");
    expect(names(events.slice(withdrawnAt))).not.toContain("promote");
    const rest = events.slice(withdrawnAt);
    const left = rest.flatMap((event) => (event.event === "deopt" ? [event.reason] : []));
    expect(left.filter((reason) => reason === "withdrawn")).toHaveLength(1);
    expect(rest.filter((event) => event.event === "refuse")).toMatchObject([{ reason: "withdrawn" }]);
  });

  test.each([
    ["codegen_off", { codegen: "off" as const }, {}],
    ["jit_bytes", AT_ONCE, { maxJitBytes: 1 }],
  ])("of a refusal: %s", (reason, options, policy) => {
    const { engine, events } = watched(options);
    expect(run(engine, LOOP(1000), policy).status).toBe("ok");
    const refusals = events.filter((event) => event.event === "refuse");
    expect(refusals).toMatchObject([{ reason, run: 1 }]);
  });

  test("of a forced tier that is not there", () => {
    const { engine, events } = watched();
    expect(engine.run(assembled(RETURN), { tier: "native" })).toMatchObject({ code: "tier.unavailable" });
    expect(events.filter((event) => event.event === "refuse")).toMatchObject([{ reason: "no_tier" }]);
  });

  test("of the cache, when it drops something", () => {
    const { engine, events } = watched({ ...AT_ONCE, codeCacheBytes: 1 });
    run(engine, LOOP(5));
    expect(events.filter((event) => event.event === "cache")).toMatchObject([
      { reason: "quota", dropped: 1, entries: 0, bytes: 0 },
    ]);
    events.length = 0;
    const other = watched(AT_ONCE);
    run(other.engine, LOOP(5));
    other.engine.withdrawCodegen();
    expect(other.events.at(-1)).toMatchObject({
      event: "cache",
      reason: "withdrawn",
      dropped: 1,
      entries: 0,
    });
  });

  test("are few for many hot loops", () => {
    // 300 loops, each of them hot at once, in one run.
    const loops = Array.from(
      { length: 300 },
      (_, i) => `
  LD A, 3
loop${i}:
  LD HL, 8
  LD DE, 0
  CALL _out
  LD BC, 1
  SUB A, BC
  CP A, 0
  JR GT, loop${i}
`,
    ).join("");
    for (const options of [AT_ONCE, { hotThreshold: 1 }, { hotThreshold: 5, slice: 1000 }]) {
      const { engine, events } = watched(options);
      expect(run(engine, `${loops}  RET\n`, { fuel: 100_000 }).status).toBe("ok");
      expect(events.length - 1).toBeLessThanOrEqual(MAX_RUN_EVENTS); // one is the load's
    }
  });

  test("are the same every time but for durations", () => {
    const record = () => {
      const { engine, events } = watched({ hotThreshold: 100 });
      for (const { source, stdin } of Object.values(PROGRAMS)) run(engine, source, { meter: true }, stdin);
      return withoutTimes(events);
    };
    expect(record()).toEqual(record());
  });

  test("hold no text of the guest", () => {
    const { engine, events } = watched({ hotThreshold: 0 });
    const source = `
  LD HL, secret
  LD DE, 6
  LD BC, secret
  LD IX, 6
  CALL _log
  CALL _out
PUBLIC SECRET
SECRET:
  RET
secret: STR "SECRET"
`;
    const named = assembled(source, { expt: true });
    expect(engine.run(named, { entry: "SECRET", args: ["SECRET"] }).status).toBe("ok");
    run(engine, source, {}, "SECRET");
    expect(JSON.stringify(events)).not.toMatch(/SECRET/i);
  });
});

// z[verify vm.telemetry.no-influence] z[verify vm.telemetry.optional]
describe("an outcome does not depend on the sink", () => {
  type Sink = (engine: () => Engine) => NonNullable<EngineOptions["telemetry"]>;
  const SINKS: Readonly<Record<string, Sink>> = {
    listens: () => () => {},
    throws: () => () => {
      throw new Error("sink");
    },
    "is async": () => async () => {
      await Promise.resolve();
      throw new Error("late");
    },
    "runs modules itself": (engine) => () => void engine().run(assembled(CAT), { tier: "baseline" }),
    "withdraws code generation":
      (engine) =>
      ({ event }) => {
        if (event === "promote") engine().withdrawCodegen();
      },
    "spoils its events": () => (event) => {
      for (const key of Object.keys(event)) Reflect.set(event, key, "spoilt");
    },
  };
  const SOURCES: readonly (readonly [string, string, string | undefined, PolicyInput])[] = [
    ...Object.entries(PROGRAMS).map(
      ([name, { source, stdin }]) => [name, source, stdin, { meter: true }] as const,
    ),
    ["oob", OOB, undefined, {}],
    ["div0", DIV0, undefined, { meter: true }],
    ["out of fuel", SPIN, undefined, { fuel: 5000 }],
  ];
  const essence = ({ tier: _tier, ...outcome }: Outcome & { tier?: string }) => ({
    ...outcome,
    stdout: Buffer.from(outcome.stdout).toString("hex"),
    stderr: Buffer.from(outcome.stderr).toString("hex"),
  });
  const evaluate = (engine: Engine) =>
    SOURCES.map(([, source, stdin, policy]) => essence(run(engine, source, policy, stdin)));
  const silent = evaluate(Engine.create({ hotThreshold: 50 }));

  test.each(Object.entries(SINKS))("that %s", (_name, sink) => {
    const engine: Engine = Engine.create({ hotThreshold: 50, telemetry: sink(() => engine) });
    expect(evaluate(engine)).toEqual(silent);
  });

  test("that meddles with the instance it hears about", () => {
    const complaints: unknown[] = [];
    const meddle = () => {
      for (const attempt of [
        () => instance.run(),
        () => instance.resume(),
        () => instance.refuel(1),
        () => instance.registers(),
        () => instance.memorySha256(),
      ]) {
        try {
          attempt();
        } catch (error) {
          complaints.push(error);
        }
      }
    };
    const engine = Engine.create({ telemetry: ({ event }) => (event === "load" ? undefined : meddle()) });
    const loaded = engine.load(assembled(SPIN), { fuel: 100 });
    if (loaded.status !== "ok") throw new Error(loaded.code);
    const instance = loaded.module.instantiate();
    expect(instance.run()).toMatchObject({ code: "trap.fuel", fuelUsed: 100 });
    instance.refuel(10);
    expect(instance.resume()).toMatchObject({ code: "trap.fuel", fuelUsed: 110 });
    expect(complaints).toHaveLength(5 * 6);
    for (const complaint of complaints) expect(String(complaint)).toContain("MisuseError");
  });

  test("and statistics tell what became of its events", () => {
    const { engine } = watched();
    run(engine, RETURN);
    expect(engine.telemetryStatistics).toEqual({ sent: 3, failed: 0, dropped: 0, isDisabled: false });
    expect(Engine.create().telemetryStatistics).toBeUndefined();
    expect(() => Engine.create({ telemetry: "x" as never })).toThrow("telemetry must be a function");
  });
});

describe("sinter run --telemetry", () => {
  const files = scratch();
  const module = files.file("loop.bin", assembled(LOOP(3)));

  test("writes JSON Lines into a file, and nothing else changes", async () => {
    const path = files.path("events.jsonl");
    const plain = await sinter(["run", module, "--json"]);
    const ran = await sinter(["run", module, "--json", "--telemetry", path]);
    expect(onlyObject(ran)).toEqual(onlyObject(plain));
    const { readFileSync } = await import("node:fs");
    const lines = readFileSync(path, "utf8").split("\n");
    expect(lines.pop()).toBe("");
    expect(lines.map((line) => (JSON.parse(line) as TelemetryEvent).event)).toEqual(["load", "start", "end"]);
  });

  test("writes to standard error for -", async () => {
    const { stdout, stderr } = await sinter(["run", module, "--telemetry", "-"]);
    expect(stdout).toHaveLength(0);
    const events = stderr.trimEnd().split("\n");
    expect(events.map((line) => (JSON.parse(line) as TelemetryEvent).event)).toEqual([
      "load",
      "start",
      "end",
    ]);
  });

  test("refuses a file it cannot create, before anything runs", async () => {
    const ran = await sinter(["run", module, "--telemetry", files.path("no/such/folder")]);
    expect(ran).toMatchObject({ exitCode: 2 });
    expect(ran.stderr).toContain("no such folder");
  });
});
