// What stands between the engine and a sink: nothing a sink does comes through, and everything is counted.

import { describe, expect, test } from "vitest";
import {
  MAX_SINK_FAILURES,
  Telemetry,
  type TelemetryEvent,
  type TelemetrySink,
  telemetryLine,
} from "./telemetry.ts";

const EVENT: TelemetryEvent = { event: "load", status: "ok", program: "ab", bytes: 64, ms: 0.5 };

const throwsSomething = (thrown: unknown) => () => {
  throw thrown;
};
/** Whoever awaits an object looks at this property of it. */
const AWAITED = "then";
const thenable = (then: PropertyDescriptor): object => Object.defineProperty({}, AWAITED, then);
const EVIL: Readonly<Record<string, () => unknown>> = {
  "throws an error": throwsSomething(new Error("sink")),
  "throws undefined": throwsSomething(undefined),
  "overflows the stack": function again(): unknown {
    return again();
  },
  "is async and rejects": async () => {
    throw new Error("later");
  },
  "is async": async () => {},
  "returns a thenable that throws": () => thenable({ value: throwsSomething(1) }),
  "returns a getter that throws": () => thenable({ get: throwsSomething(1) }),
};

// z[verify vm.telemetry.optional] z[verify vm.telemetry.no-influence]
describe("a sink that", () => {
  test.each(Object.entries(EVIL))("%s is called a few times and given up", async (_name, sink) => {
    let calls = 0;
    const telemetry = new Telemetry(() => {
      calls++;
      return sink() as undefined;
    });
    for (let i = 0; i < 3 * MAX_SINK_FAILURES; i++) expect(() => telemetry.emit(EVENT)).not.toThrow();
    await new Promise((resolve) => setTimeout(resolve)); // an unhandled rejection would fail the test run
    expect(calls).toBe(MAX_SINK_FAILURES);
    expect(telemetry.statistics).toEqual({
      sent: 0,
      failed: MAX_SINK_FAILURES,
      dropped: 2 * MAX_SINK_FAILURES,
      isDisabled: true,
    });
  });

  test("causes events itself does not hear of them", () => {
    const heard: TelemetryEvent[] = [];
    const sink: TelemetrySink = (event) => {
      heard.push(event);
      telemetry.emit(event);
    };
    const telemetry = new Telemetry(sink);
    for (let i = 0; i < 20; i++) telemetry.emit(EVENT);
    expect(heard).toHaveLength(20);
    expect(telemetry.statistics).toEqual({ sent: 20, failed: 0, dropped: 20, isDisabled: false });
  });

  test("returns anything else is fine", () => {
    for (const value of [null, 5, "x", {}, thenable({ value: 1 })]) {
      const telemetry = new Telemetry(() => value as unknown as undefined);
      telemetry.emit(EVENT);
      expect(telemetry.statistics).toMatchObject({ sent: 1, failed: 0 });
    }
  });
});

// z[verify vm.telemetry.low-volume]
test("a line is one JSON object, keys in the order of the type, and a newline", () => {
  expect(telemetryLine(EVENT)).toBe('{"event":"load","status":"ok","program":"ab","bytes":64,"ms":0.5}\n');
});
