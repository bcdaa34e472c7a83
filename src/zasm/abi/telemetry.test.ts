import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { BASES, MEM_SIZE, Rig } from "../../../test/rigs/zabi.ts";
import { EXIT } from "../state/block.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("text", () => {
  test("is [topic] message and a newline, always", () => {
    const rig = new Rig({ strict: true });
    expect(rig.log("net", "up")).toMatchObject({ exit: EXIT.returned, moved: 5 });
    rig.log("a]b", "line\n");
    rig.log("", "");
    expect(rig.stderr).toBe("[net] up\n[a]b] line\n\n[] \n");
    expect(rig.stdout).toBe("");
  });

  test("passes bytes through as they are", () => {
    const rig = new Rig();
    rig.log(new Uint8Array([0xff, 0]), new Uint8Array([0xc0, 10, 0x80]));
    expect(rig.host.stderr).toEqual(new Uint8Array([0x5b, 0xff, 0, 0x5d, 0x20, 0xc0, 10, 0x80, 10]));
  });
});

// z[verify vm.telemetry.bad-pointers]
describe.each(BASES)("spans with memory at %s", (memBase) => {
  const good = memBase + 64n;
  const end = BigInt.asUintN(64, memBase + BigInt(MEM_SIZE));
  const BAD: readonly (readonly [bigint, bigint])[] = [
    [0n, 1n],
    [BigInt.asUintN(64, memBase - 1n), 1n],
    [end, 1n],
    [BigInt.asUintN(64, end - 1n), 2n],
    [2n ** 64n - 1n, 0xffff_ffffn],
  ];

  test("a bad one prints nothing, and traps only in strict", () => {
    for (const [pointer, length] of BAD) {
      for (const registers of [
        { HL: pointer, DE: length, BC: good, IX: 1n },
        { HL: good, DE: 1n, BC: pointer, IX: length },
      ]) {
        const lax = new Rig({ memBase });
        expect(lax.call("log", registers)).toMatchObject({ exit: EXIT.returned, moved: 0 });
        expect(lax.stderr).toBe("");
        const strict = new Rig({ memBase, strict: true });
        expect(strict.call("log", registers).exit).toBe(EXIT.abi);
        expect(strict.stderr).toBe("");
      }
    }
  });

  test("one of length 0 is not looked at (D18)", () => {
    for (const [pointer] of BAD) {
      const rig = new Rig({ memBase, strict: true });
      expect(rig.call("log", { HL: pointer, DE: 0n, BC: pointer, IX: 2n ** 32n }).exit).toBe(EXIT.returned);
      expect(rig.stderr).toBe("[] \n");
    }
  });

  test("the last byte can be logged", () => {
    const rig = new Rig({ memBase, strict: true });
    rig.block.memory[MEM_SIZE - 1] = 0x41;
    const last = rig.at(MEM_SIZE - 1);
    expect(rig.call("log", { HL: last, DE: 1n, BC: last, IX: 1n }).moved).toBe(2);
    expect(rig.stderr).toBe("[A] A\n");
  });
});

describe("JSON Lines (D23)", () => {
  const jsonl = (topic: string | Uint8Array, message: string | Uint8Array) => {
    const rig = new Rig({}, { log: "jsonl" });
    rig.log(topic, message);
    return rig.stderr;
  };

  test("has seq, topic and body, and counts up", () => {
    const rig = new Rig({}, { log: "jsonl" });
    expect(rig.log("net", "up").moved).toBe(5);
    rig.log("", '{"looks":"like json"}');
    expect(rig.stderr).toBe(
      '{"seq":1,"topic":"net","body":"up"}\n{"seq":2,"topic":"","body":"{\\"looks\\":\\"like json\\"}"}\n',
    );
  });

  test("writes strings as JSON.stringify does", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), (topic, body) => {
        const expected = `{"seq":1,"topic":${JSON.stringify(topic)},"body":${JSON.stringify(body)}}\n`;
        expect(jsonl(topic, body)).toBe(expected);
      }),
      { seed: 3 },
    );
    const every = Array.from({ length: 0x180 }, (_, i) => String.fromCharCode(i)).join("");
    expect(JSON.parse(jsonl(every, "\u2028\uffff\ufeff\u{10ffff}"))).toEqual({
      seq: 1,
      topic: every,
      body: "\u2028\uffff\ufeff\u{10ffff}",
    });
  });

  test("what is not UTF-8 is base64, by the same line TextDecoder draws", () => {
    const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const check = (bytes: Uint8Array) => {
      let expected: object;
      try {
        expected = { body: strict.decode(bytes) };
      } catch {
        expected = { bodyBase64: Buffer.from(bytes).toString("base64") };
      }
      expect(JSON.parse(jsonl("t", bytes))).toEqual({ seq: 1, topic: "t", ...expected });
    };
    const EDGES = [
      0, 0x22, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec,
    ].concat([0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff]);
    for (const a of EDGES)
      for (const b of EDGES) {
        check(new Uint8Array([a, b]));
        for (const c of [0x41, 0x80, 0xbf, 0xc0]) {
          check(new Uint8Array([a, b, c]));
          check(new Uint8Array([a, b, c, 0x80]));
          check(new Uint8Array([a, b, 0x80, c]));
        }
      }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 20 }), check), { seed: 4, numRuns: 300 });
  });

  test("says which of the two is base64", () => {
    const bad = new Uint8Array([0xff, 0xfe]);
    expect(jsonl(bad, "x")).toBe('{"seq":1,"topicBase64":"//4=","body":"x"}\n');
    expect(jsonl("x", bad)).toBe('{"seq":1,"topic":"x","bodyBase64":"//4="}\n');
  });

  test("counts escapes against the output limit before writing any", () => {
    const line = '{"seq":1,"topic":"","body":"\\u0000"}\n';
    const fits = new Rig({ maxOutputBytes: line.length }, { log: "jsonl" });
    expect(fits.log("", "\0").exit).toBe(EXIT.returned);
    expect(fits.stderr).toBe(line);
    const passes = new Rig({ maxOutputBytes: line.length - 1 }, { log: "jsonl" });
    expect(passes.log("", "\0").exit).toBe(EXIT.outputLimit);
    expect(passes.stderr).toBe("");
  });

  // z[verify vm.policy.allow-time] z[verify vm.determinism.default]
  test("has a time only when the policy allows it", () => {
    vi.spyOn(Date, "now").mockReturnValue(1_700_000_000_123);
    const rig = new Rig({ allowTime: true }, { log: "jsonl" });
    rig.log("t", "m");
    expect(rig.stderr).toBe('{"seq":1,"ts":1700000000123,"topic":"t","body":"m"}\n');
    expect(jsonl("t", "m")).toBe('{"seq":1,"topic":"t","body":"m"}\n');
    vi.spyOn(Date, "now").mockImplementation(() => {
      throw new Error("no clock");
    });
    const clockless = new Rig({ allowTime: true }, { log: "jsonl" });
    clockless.log("t", "m");
    expect(clockless.stderr).toBe('{"seq":1,"topic":"t","body":"m"}\n');
  });
});
