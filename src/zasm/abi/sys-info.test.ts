import { afterEach, describe, expect, test, vi } from "vitest";
import { type Answer, Rig, readAnswer, readError, request, u32s } from "../../../test/rigs/zabi.ts";
import type { HostInputs } from "./index.ts";
import { ZI } from "./result.ts";

const INFO = 1;
const TIME_NOW = 3;
const RANDOM_SEED = 4;

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** A run with sys/info open as handle 3, which `in` and `out` use. */
function opened(inputs: HostInputs = {}): Rig {
  const rig = new Rig({ allowTime: true, reqHandle: 3, resHandle: 3, memSize: 65_536 }, inputs);
  rig.put(1024, "sysinfo");
  const payload = Buffer.from(u32s([1024, 0, 3, 1027, 0, 4, 0, 0, 0, 0]));
  expect(rig.ctl(request(3, new Uint8Array(payload))).answer?.status).toBe(1);
  return rig;
}

const write = (rig: Rig, bytes: Uint8Array) => {
  rig.put(16_384, bytes);
  return rig.call("out", { HL: 16_384n, DE: BigInt(bytes.length) }).moved;
};
const read = (rig: Rig, length = 8192): Uint8Array => {
  const { result } = rig.call("in", { HL: 4096n, DE: BigInt(length) });
  return result > 0 ? rig.get(4096, result) : new Uint8Array(0);
};
/** Splits what was read into frames. */
const answers = (bytes: Uint8Array): Answer[] => {
  const found: Answer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = 24 + Buffer.from(bytes).readUInt32LE(at + 20);
    found.push(readAnswer(bytes.slice(at, at + length)));
    at += length;
  }
  return found;
};
const ask = (rig: Rig, op: number, payload?: Uint8Array): Answer => {
  const frame = request(op, payload);
  expect(write(rig, frame)).toBe(frame.length);
  const [answer, ...more] = answers(read(rig));
  expect(more).toEqual([]);
  return answer!;
};
const words = (payload: Uint8Array) =>
  Array.from({ length: payload.length >> 2 }, (_, i) => Buffer.from(payload).readUInt32LE(4 * i));

describe("answers", () => {
  // z[verify vm.abi.version]
  test("INFO: zABI 2.5 and the size of memory", () => {
    expect(ask(opened(), INFO)).toMatchObject({
      op: 1,
      rid: 0x0102_0304,
      status: 1,
      payload: u32s([1, 0x0002_0005, 65_536]),
    });
  });

  test("INFO with a version hook", () => {
    const rig = opened({ hooks: { abiVersion: () => 0x0003_0001 } });
    expect(words(ask(rig, INFO).payload)).toEqual([1, 0x0003_0001, 65_536]);
    expect(rig.host.deterministic).toBe(false);
    expect(readError(ask(opened({ hooks: { abiVersion: null } }), INFO))).toEqual([
      "t_sys_info",
      "nosys",
      "",
    ]);
    expect(readError(ask(opened({ hooks: { abiVersion: () => -10 } }), INFO))[1]).toBe("internal");
  });

  test("TIME_NOW: both clocks in nanoseconds", () => {
    vi.spyOn(Date, "now").mockReturnValue(1_700_000_000_123);
    vi.spyOn(performance, "now").mockReturnValue(12.3456789);
    const payload = Buffer.from(ask(opened(), TIME_NOW).payload);
    expect([payload.length, payload.readUInt32LE(0)]).toEqual([20, 1]);
    expect(payload.readBigUInt64LE(4)).toBe(1_700_000_000_123_000_000n);
    expect(payload.readBigUInt64LE(12)).toBe(12_345_678n);
  });

  test("TIME_NOW with the real clocks goes forward", () => {
    const rig = opened();
    const at = () => Buffer.from(ask(rig, TIME_NOW).payload).readBigUInt64LE(12);
    const first = at();
    expect(at()).toBeGreaterThanOrEqual(first);
  });

  test("RANDOM_SEED: 32 bytes, or as many as asked for", () => {
    const seeds = new Set<string>();
    for (const [payload, length] of [
      [undefined, 32],
      [u32s([0]), 0],
      [u32s([1]), 1],
      [u32s([256]), 256],
    ] as const) {
      const answer = ask(opened(), RANDOM_SEED, payload).payload;
      expect(words(answer).slice(0, 2)).toEqual([1, length]);
      expect(answer.length).toBe(8 + length);
      seeds.add(Buffer.from(answer.subarray(8)).toString("hex"));
    }
    expect(seeds.size).toBe(4);
  });

  test.each([u32s([257]), u32s([0xffff_ffff]), u32s([32, 0]), new Uint8Array(1), new Uint8Array(5)])(
    "RANDOM_SEED of %o is invalid",
    (payload) => {
      expect(readError(ask(opened(), RANDOM_SEED, payload))).toEqual(["t_sys_info", "invalid", ""]);
    },
  );

  test.each([0, 2, 5, 0xffff])("op %i is unknown", (op) => {
    const answer = ask(opened(), op, new Uint8Array(10));
    expect(answer).toMatchObject({ op, rid: 0x0102_0304 });
    expect(readError(answer)).toEqual(["t_ctl_unknown_op", "unknown operation", ""]);
  });

  test("a platform without clocks or randomness is io", () => {
    const rig = opened();
    vi.stubGlobal("crypto", undefined);
    expect(readError(ask(rig, RANDOM_SEED))).toEqual(["t_sys_info", "io", ""]);
    vi.stubGlobal("performance", undefined);
    expect(readError(ask(rig, TIME_NOW))).toEqual(["t_sys_info", "io", ""]);
    vi.unstubAllGlobals();
    vi.spyOn(Date, "now").mockReturnValue(Number.NaN);
    expect(readError(ask(rig, TIME_NOW))).toEqual(["t_sys_info", "io", ""]);
  });
});

describe("the stream", () => {
  test("has nothing to read at first, and after each answer (AGAIN)", () => {
    const rig = opened();
    const again = () => rig.call("in", { HL: 4096n, DE: 9n }).result;
    expect(again()).toBe(ZI.again);
    ask(rig, INFO);
    expect(again()).toBe(ZI.again);
    expect(readError(rig.ctl(request(0x100, u32s([1, 3, 1]))).answer)).toEqual(["t_ctl_handle", "again", ""]);
  });

  test("takes requests cut anywhere, and several at once", () => {
    const frames = new Uint8Array([...request(INFO), ...request(9, new Uint8Array(5)), ...request(INFO)]);
    for (let cut = 0; cut <= frames.length; cut++) {
      const rig = opened();
      expect(write(rig, frames.slice(0, cut)) + write(rig, frames.slice(cut))).toBe(frames.length);
      expect(answers(read(rig)).map(({ op, status }) => [op, status])).toEqual([
        [1, 1],
        [9, 0],
        [1, 1],
      ]);
    }
    const bytewise = opened();
    for (const byte of frames) expect(write(bytewise, new Uint8Array([byte]))).toBe(1);
    expect(answers(read(bytewise))).toHaveLength(3);
  });

  test("gives answers in pieces of any size", () => {
    for (const size of [1, 7, 24, 36, 37]) {
      const rig = opened();
      write(rig, new Uint8Array([...request(INFO), ...request(INFO)]));
      const pieces: number[] = [];
      for (;;) {
        const piece = read(rig, size);
        if (piece.length === 0) break;
        pieces.push(...piece);
      }
      expect(answers(new Uint8Array(pieces))).toHaveLength(2);
    }
  });

  test("answers a bad header once and drops the rest of that write", () => {
    const rig = opened();
    const bad = request(INFO);
    bad[0] = 0;
    expect(write(rig, new Uint8Array([...bad, ...request(INFO)]))).toBe(48);
    const [answer, ...more] = answers(read(rig));
    expect(answer).toMatchObject({ op: 0, rid: 0x0102_0304 });
    expect(readError(answer)).toEqual(["t_ctl_bad_frame", "parse", ""]);
    expect(more).toEqual([]);
    expect(ask(rig, INFO).status).toBe(1);
  });

  test("refuses a request over 4 KiB with -8 before it arrives, and goes on", () => {
    const rig = opened();
    const fits = request(9, new Uint8Array(4096 - 24));
    expect(write(rig, fits)).toBe(4096);
    expect(answers(read(rig))).toHaveLength(1);
    for (const claimed of [4096 - 23, 0xffff_ffff]) {
      const header = request(9);
      header.set(u32s([claimed]), 20);
      const { answer } = rig.ctl(request(0x101, u32s([1, 3, 24], header)));
      expect(readError(answer)).toEqual(["t_ctl_handle", "oom", ""]);
      expect(ask(rig, INFO).status).toBe(1);
    }
  });

  test("takes no more while 4 KiB of answers wait, and all of it later", () => {
    const rig = opened();
    const many = new Uint8Array(300 * 24);
    for (let i = 0; i < 300; i++) many.set(request(INFO), 24 * i);
    const first = write(rig, many);
    expect(first).toBe(24 * Math.ceil(4096 / 36));
    expect(write(rig, many.slice(first))).toBe(0);
    expect(readError(rig.ctl(request(0x101, u32s([1, 3, 24], request(INFO)))).answer)[1]).toBe("again");
    let taken = first;
    let got = answers(read(rig)).length;
    while (taken < many.length) {
      taken += write(rig, many.slice(taken));
      got += answers(read(rig)).length;
    }
    expect(got).toBe(300);
  });

  test.each([
    [224, 0],
    [223, 24],
  ])("draws that line at 4096 bytes exactly: with a last seed of %i it takes %i more", (last, more) => {
    const rig = opened();
    for (const length of [...new Array(15).fill(224), last]) {
      expect(write(rig, request(RANDOM_SEED, u32s([length])))).toBe(28);
    }
    expect(write(rig, request(INFO))).toBe(more);
  });

  test("each opening has its own", () => {
    const rig = opened();
    write(rig, request(INFO));
    expect(rig.ctl(request(3, u32s([1024, 0, 3, 1027, 0, 4, 0, 0, 0, 0]))).answer?.payload).toEqual(
      u32s([1, 4]),
    );
    expect(readError(rig.ctl(request(0x100, u32s([1, 4, 1]))).answer)[1]).toBe("again");
  });
});
