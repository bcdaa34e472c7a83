// The bound on events per run, whatever a run does.

import { expect, test } from "vitest";
import { Telemetry, type TelemetryEvent } from "../../core/telemetry.ts";
import type { Outcome } from "./outcome.ts";
import { MAX_RUN_EVENTS, RunWatch } from "./watch.ts";

const NOTHING = new Uint8Array(0);
const TRAPPED: Outcome = {
  status: "trap",
  code: "trap.oob",
  category: "oob",
  reason: "x",
  pc: 4,
  stdout: NOTHING,
  stderr: NOTHING,
  fuelUsed: null,
  tier: "opt",
  deterministic: true,
};

// z[verify vm.telemetry.low-volume]
test("a run sends a bounded number of events, counts the rest, and starts anew when resumed", () => {
  const events: TelemetryEvent[] = [];
  const watch = new RunWatch(new Telemetry((event) => void events.push(event)), 7, "ab");
  for (const resumed of [false, true]) {
    events.length = 0;
    watch.started("auto", 0, resumed);
    for (let i = 0; i < 10_000; i++) {
      watch.promoted("opt", 4 * i, 100, false, {});
      for (let n = 0; n <= i % 3; n++) watch.left("decline", 4 * i);
      watch.refused(`reason ${i % 100}`, 4 * i);
    }
    watch.ended(TRAPPED, 5);
    expect(events.length).toBe(MAX_RUN_EVENTS - 1); // the cache's is the engine's to send
    const [end] = events.slice(-1);
    // 9,976 promotions; 92 reasons; 1,000 places that were counted, and every leaving of the others.
    const uncounted = Array.from({ length: 10_000 - 1024 }, (_, i) => ((i + 1024) % 3) + 1);
    const withheld = 10_000 - 24 + (100 - 8) + (1024 - 24) + uncounted.reduce((sum, n) => sum + n);
    expect(end).toMatchObject({ event: "end", run: 7, withheld, entries: 5 });
    const left = events.filter((event) => event.event === "deopt");
    expect(left.map(({ count }) => count)).toEqual(left.map(() => 3)); // the most frequent ones
    expect(events.filter((event) => event.event === "refuse")[0]).toMatchObject({ count: 100, pc: 0 });
  }
});
