import { describe, expect, test } from "vitest";
import {
  BASES,
  MEM_SIZE,
  type Primitive,
  type Registers,
  Rig,
  request,
  u32s,
  withThen,
} from "../../../test/rigs/zabi.ts";
import { MisuseError } from "../../core/errors.ts";
import { EXIT } from "../state/block.ts";
import type { Hooks } from "./hooks.ts";

/** A way to reach each hook that a primitive can reach, with arguments that are all in order. */
const REACH: Record<string, readonly [Primitive, Registers]> = {
  read: ["in", { HL: 64n, DE: 8n }],
  write: ["out", { HL: 64n, DE: 8n }],
  alloc: ["alloc", { HL: 8n }],
  free: ["free", { HL: 16n }],
  telemetry: ["log", { HL: 64n, DE: 3n, BC: 80n, IX: 5n }],
  ctl: ["ctl", { HL: 64n, DE: 24n, BC: 128n, IX: 64n }],
};
const REACHED = Object.keys(REACH);

const reach = (name: string, hook: unknown, policy = {}) => {
  const rig = new Rig(policy, { hooks: { [name]: hook } as Hooks });
  const [primitive, registers] = REACH[name]!;
  return { rig, called: rig.call(primitive, registers) };
};

// z[verify vm.input.hooks]
describe("what each hook gets and gives", () => {
  test("read fills a view of its own, which is then copied", () => {
    let kept: Uint8Array = new Uint8Array(0);
    const rig = new Rig(
      { reqHandle: 9 },
      {
        hooks: {
          read(handle, into) {
            kept = into;
            into.set([handle, 1, 2]);
            return 3;
          },
        },
      },
    );
    expect(rig.call("in", { HL: 64n, DE: 100n })).toMatchObject({ result: 3, moved: 3, changed: [64, 67] });
    expect(rig.get(64, 3)).toEqual(new Uint8Array([9, 1, 2]));
    expect([kept.length, kept.buffer.byteLength]).toEqual([100, 100]);
    kept.fill(9);
    expect(rig.get(64, 3)).toEqual(new Uint8Array([9, 1, 2]));
    expect(rig.host.deterministic).toBe(false);
  });

  test("views are at most 64 KiB: a read is short, out repeats", () => {
    const lengths: number[] = [];
    const note = (_: number, view: Uint8Array) => lengths.push(view.length) && view.length;
    const rig = new Rig({ memSize: 300_000 }, { hooks: { read: note, write: note } });
    expect(rig.call("in", { HL: 64n, DE: 200_000n }).result).toBe(65_536);
    expect(rig.call("out", { HL: 64n, DE: 200_000n }).moved).toBe(200_000);
    expect(lengths).toEqual([65_536, 65_536, 65_536, 65_536, 200_000 - 3 * 65_536]);
  });

  test("write gets copies and may take them piecemeal", () => {
    const taken: string[] = [];
    const rig = new Rig(
      { resHandle: 7 },
      {
        hooks: {
          write(handle, bytes) {
            taken.push(`${handle}:${new TextDecoder().decode(bytes)}`);
            bytes.fill(0);
            return Math.min(2, bytes.length);
          },
        },
      },
    );
    expect(rig.out("abcde")).toMatchObject({ exit: EXIT.returned, moved: 5 });
    expect(taken).toEqual(["7:abcde", "7:cde", "7:e"]);
    expect(rig.stdout).toBe("");
  });

  test.each([[0], [-9]])("out ends when write answers %i", (answer) => {
    let calls = 0;
    const rig = new Rig({}, { hooks: { write: () => (calls++ === 0 ? 2 : answer) } });
    expect(rig.out("abcde")).toMatchObject({ exit: EXIT.returned, moved: 2 });
    expect(calls).toBe(2);
  });

  test("alloc gives an address as bigint or number; the right one is its own business", () => {
    for (const memBase of BASES) {
      const address = memBase + 1000n;
      const given: unknown[] = [];
      const answers = [address, 0n, 0, -8, -8n, ...(address < 2n ** 53n ? [Number(address)] : [])];
      const rig = new Rig({ memBase }, { hooks: { alloc: (size) => given.push(size) && answers.shift()! } });
      const call = () => rig.call("alloc", { HL: 2n ** 32n + 5n }).HL;
      expect([call(), call(), call(), call(), call()]).toEqual([address, 0n, 0n, 0xffff_fff8n, 0xffff_fff8n]);
      if (answers.length > 0) expect(call()).toBe(address);
      expect(new Set(given)).toEqual(new Set([5]));
      expect(rig.host.moved).toBe(0);
    }
  });

  test("free gets the whole pointer and HL stays", () => {
    const given: unknown[] = [];
    const { called } = reach("free", (pointer: unknown) => -given.push(pointer));
    expect(called).toMatchObject({ exit: EXIT.returned, HL: 16n, moved: 0 });
    expect(given).toEqual([16n]);
  });

  test("telemetry gets copies, and a line it refuses moved nothing", () => {
    const given: Uint8Array[][] = [];
    const rig = new Rig({}, { hooks: { telemetry: (...line) => -(given.push(line) - 1) } });
    expect(rig.log("net", "up").moved).toBe(5);
    rig.block.memory.fill(0);
    expect(given[0]!.map((part) => new TextDecoder().decode(part))).toEqual(["net", "up"]);
    expect(rig.log("net", "up")).toMatchObject({ exit: EXIT.returned, moved: 0 });
    expect(rig.stderr).toBe("");
  });

  test("ctl gets a copy of the request and a view to fill", () => {
    const rig = new Rig(
      {},
      {
        hooks: {
          ctl(request, response) {
            response.set(request.map((byte) => byte ^ 0x40));
            return request.length;
          },
        },
      },
    );
    rig.put(64, "abc");
    // request and response overlap
    const registers = { HL: 64n, DE: 3n, BC: 65n, IX: 40n };
    expect(rig.call("ctl", registers)).toMatchObject({ result: 3, moved: 6, changed: [65, 68] });
    expect(new TextDecoder().decode(rig.get(64, 4))).toBe('a!"#');
  });

  test("one byte is copied back too", () => {
    const one = (_: unknown, view: Uint8Array) => view.fill(1, 0, 1) && 1;
    expect(reach("read", one).called).toMatchObject({ result: 1, changed: [64, 65] });
    expect(reach("ctl", one).called).toMatchObject({ result: 1, changed: [128, 129] });
  });

  test("ctl views end at 64 KiB; a longer request is -8 without asking", () => {
    const lengths: number[] = [];
    const rig = new Rig(
      { memSize: 200_000 },
      {
        hooks: { ctl: (request, response) => lengths.push(request.length, response.length) && 0 },
      },
    );
    const ctl = (DE: bigint) => rig.call("ctl", { HL: 64n, DE, BC: 64n, IX: 100_000n }).result;
    expect([ctl(65_536n), ctl(65_537n), ctl(0n)]).toEqual([0, -8, 0]);
    expect(lengths).toEqual([65_536, 65_536, 0, 65_536]);
    expect(rig.call("ctl", { HL: 64n, DE: 30n }).result).toBe(0);
    expect(lengths.slice(4)).toEqual([30, 0]);
  });

  test("end and abiVersion are reached through frames", () => {
    const given: number[] = [];
    const rig = new Rig(
      { allowTime: true },
      {
        hooks: { end: (handle) => -(given.push(handle) - 1), abiVersion: () => 0x0003_0001 },
      },
    );
    expect(rig.ctl(request(0x102, u32s([1, 1]))).answer?.status).toBe(1);
    expect(rig.ctl(request(0x102, u32s([1, 42]))).answer?.status).toBe(0);
    expect(given).toEqual([1, 42]);
  });

  test("each sees the hooks object as this", () => {
    const hooks = {
      next: undefined,
      write(this: unknown, _: number, bytes: Uint8Array) {
        expect(this).toBe(hooks);
        return bytes.length;
      },
    };
    expect(new Rig({}, { hooks }).out("x").moved).toBe(1);
  });

  test("is not asked about a bad span, or a length of 0", () => {
    const asked = () => {
      throw new Error("asked");
    };
    const rig = new Rig({}, { hooks: { read: asked, write: asked, telemetry: asked, ctl: asked } });
    const past = BigInt(MEM_SIZE);
    for (const registers of [
      { HL: 0n, DE: 1n },
      { HL: past, DE: 1n },
      { HL: past - 1n, DE: 2n },
    ]) {
      expect(rig.call("in", registers).result).toBe(-2);
      expect(rig.call("out", registers).exit).toBe(EXIT.returned);
      expect(rig.call("log", registers).exit).toBe(EXIT.returned);
      expect(rig.call("ctl", registers).result).toBe(-2);
    }
    expect(rig.call("in", { HL: 64n }).result).toBe(0);
    expect(rig.call("out", { HL: 64n }).exit).toBe(EXIT.returned);
    expect(rig.host.deterministic).toBe(true);
  });
});

describe("negative answers", () => {
  test.each([-1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -(2 ** 31)])(
    "%i reaches HL, zero-extended",
    (answer) => {
      for (const name of ["read", "ctl"]) {
        expect(reach(name, () => answer).called).toMatchObject({
          exit: EXIT.returned,
          HL: BigInt(answer >>> 0),
          moved: 0,
          changed: [],
        });
      }
      expect(reach("alloc", () => answer).called.HL).toBe(BigInt(answer >>> 0));
    },
  );

  test("-0 is 0", () => {
    for (const name of REACHED) expect(reach(name, () => -0).called.exit).toBe(EXIT.returned);
    expect(reach("read", () => -0).called.result).toBe(0);
  });

  // z[verify vm.error.category.abi]
  test("in strict, misuse traps, and the rest does not", () => {
    for (const name of ["read", "write", "telemetry", "ctl"]) {
      for (let answer = -10; answer <= 0; answer++) {
        const { called } = reach(name, () => answer, { strict: true });
        expect(called.exit).toBe([-2, -5, -7].includes(answer) ? EXIT.abi : EXIT.returned);
      }
    }
    for (let answer = -10; answer <= 0; answer++) {
      const { called } = reach("alloc", () => answer, { strict: true });
      expect(called.exit).toBe([-2, -5, -7].includes(answer) ? EXIT.abi : EXIT.oom);
      expect(reach("free", () => answer, { strict: true }).called.exit).toBe(
        answer < 0 ? EXIT.abi : EXIT.returned,
      );
    }
  });

  test("strict and an allocation of 0 bytes do not trap", () => {
    const rig = new Rig({ strict: true }, { hooks: { alloc: () => -8 } });
    expect(rig.call("alloc", { HL: 0n })).toMatchObject({ exit: EXIT.returned, HL: 0xffff_fff8n });
  });
});

// z[verify vm.safety.hooks-fail-closed]
describe("null refuses", () => {
  test("with -7, and trap.abi in strict (D22)", () => {
    for (const name of REACHED) {
      const lax = reach(name, null);
      expect(lax.called).toMatchObject({ exit: EXIT.returned, moved: 0, changed: [] });
      if (["read", "alloc", "ctl"].includes(name)) expect(lax.called.HL).toBe(0xffff_fff9n);
      expect(lax.rig.stdout + lax.rig.stderr).toBe("");
      expect(lax.rig.host.deterministic).toBe(true);
      const strict = reach(name, null, { strict: true });
      expect(strict.called.exit).toBe(EXIT.abi);
      expect(strict.rig.host.reason).toBe(`${name} hook: unknown handle, or refused by the host`);
    }
  });

  test("after the span check", () => {
    const rig = new Rig({}, { hooks: { read: null, write: null, telemetry: null, ctl: null } });
    expect(rig.call("in", { HL: 0n, DE: 1n }).result).toBe(-2);
    expect(rig.call("in", { HL: 0n, DE: 0n }).result).toBe(0);
    expect(rig.call("ctl", { HL: 0n, DE: 1n }).result).toBe(-2);
  });
});

const detach = (view: Uint8Array) => structuredClone(view, { transfer: [view.buffer as ArrayBuffer] });

// z[verify vm.error.structured]
describe("a misbehaving hook ends the run", () => {
  const boom = () => {
    throw new Error("boom");
  };
  const MISBEHAVIOUR: readonly (readonly [string, () => unknown, string])[] = [
    ["throws", boom, "host.threw"],
    [
      "throws nothing",
      () => {
        throw undefined;
      },
      "host.threw",
    ],
    [
      "overflows the stack",
      function again(): unknown {
        return [again()];
      },
      "host.threw",
    ],
    ["is async", async () => 0, "host.async"],
    ["is async and fails", async () => boom(), "host.async"],
    ["returns a thenable", () => withThen({ value() {} }), "host.async"],
    ["returns a thenable that throws", () => withThen({ value: boom }), "host.async"],
    ["returns what throws at then", () => withThen({ get: boom }), "host.bad_return"],
    ["returns undefined", () => undefined, "host.bad_return"],
    ["returns null", () => null, "host.bad_return"],
    ["returns true", () => true, "host.bad_return"],
    ["returns a string", () => "0", "host.bad_return"],
    ["returns NaN", () => Number.NaN, "host.bad_return"],
    ["returns a fraction", () => 0.5, "host.bad_return"],
    ["returns infinity", () => Number.POSITIVE_INFINITY, "host.bad_return"],
    ["returns 2^53", () => 2 ** 53, "host.bad_return"],
    ["returns below -2^31", () => -(2 ** 31) - 1, "host.bad_return"],
    ["returns an object with valueOf", () => ({ valueOf: boom }), "host.bad_return"],
    ["returns a function", () => boom, "host.bad_return"],
    ["returns too much", () => 65, "host.bad_return"],
  ];
  test.each(MISBEHAVIOUR)("one that %s", (what, hook, code) => {
    for (const name of REACHED) {
      if (name === "alloc" && what === "returns too much") continue; // an address like any other
      for (const strict of [false, true]) {
        const { rig, called } = reach(name, hook, { strict });
        expect(called).toMatchObject({ exit: EXIT.host, changed: [] });
        expect(rig.host.failure).toMatchObject({ code, status: "error" });
        expect(rig.host.failure?.reason).toMatch(new RegExp(`: ${name} hook$`));
        expect(rig.host.failure?.reason).not.toContain("boom");
      }
    }
  });

  test("one that returns a bigint, unless it is alloc", () => {
    for (const name of REACHED) {
      const { rig, called } = reach(name, () => 0n);
      expect(called.exit).toBe(name === "alloc" ? EXIT.returned : EXIT.host);
      if (name !== "alloc") expect(rig.host.failure?.code).toBe("host.bad_return");
    }
  });

  test("the most each may return", () => {
    const most = { read: 8, write: 8, telemetry: 8, ctl: 64, free: 0 };
    for (const [name, length] of Object.entries(most)) {
      expect(reach(name, () => length).called.exit).toBe(EXIT.returned);
      expect(reach(name, () => length + 1).rig.host.failure?.code).toBe("host.bad_return");
    }
  });

  test("an alloc that returns an address outside memory", () => {
    for (const memBase of BASES) {
      const last = memBase + BigInt(MEM_SIZE) - 1n;
      const good = new Rig({ memBase }, { hooks: { alloc: () => last } });
      expect(good.call("alloc", { HL: 8n }).HL).toBe(last);
      for (const address of [
        last + 1n,
        memBase - 1n,
        2n ** 64n + 64n,
        -(2n ** 31n) - 1n,
        memBase + 64n + 2n ** 64n,
      ]) {
        if (address === -1n) continue;
        const rig = new Rig({ memBase }, { hooks: { alloc: () => address } });
        expect(rig.call("alloc", { HL: 8n }).exit).toBe(EXIT.host);
        expect(rig.host.failure?.code).toBe("host.bad_return");
      }
    }
  });

  test("one that detaches the view it was to fill", () => {
    for (const name of ["read", "ctl"]) {
      for (const answer of [0, 3, -1]) {
        const { rig, called } = reach(name, (_: unknown, view: Uint8Array) => detach(view) && answer);
        expect(called).toMatchObject({ exit: EXIT.host, changed: [] });
        expect(rig.host.failure?.code).toBe("host.detached");
      }
    }
  });

  test("but may give away the copies it got", () => {
    expect(reach("write", (_: number, bytes: Uint8Array) => detach(bytes).length).called.moved).toBe(8);
    expect(reach("ctl", (request: Uint8Array) => detach(request).length).called.result).toBe(24);
    const { called } = reach(
      "telemetry",
      (topic: Uint8Array, m: Uint8Array) => detach(topic) && detach(m) && 0,
    );
    expect(called).toMatchObject({ exit: EXIT.returned, moved: 8 });
  });

  test("one that calls its own instance, whatever else it does", () => {
    const endings: (() => unknown)[] = [() => 0, boom, async () => 0, () => "nonsense"];
    for (const name of REACHED) {
      for (const ending of endings) {
        const rig: Rig = new Rig(
          {},
          {
            hooks: {
              [name](...args: unknown[]) {
                expect(rig.host.noteReentry()).toBe(true);
                if (args[1] instanceof Uint8Array) detach(args[1]);
                return ending();
              },
            } as Hooks,
          },
        );
        expect(rig.call(...REACH[name]!).exit).toBe(EXIT.host);
        expect(rig.host.failure?.code).toBe("host.reentered");
        expect(rig.host.noteReentry()).toBe(false);
      }
    }
  });

  test("one that re-enters while its promise is looked at", () => {
    const rig: Rig = new Rig(
      {},
      {
        hooks: { read: () => withThen({ get: () => rig.host.noteReentry() && undefined }) as never },
      },
    );
    rig.call("in", { HL: 64n, DE: 1n });
    expect(rig.host.failure?.code).toBe("host.reentered");
  });

  test("a note of re-entry does not outlive the hook", () => {
    let first = true;
    const rig: Rig = new Rig({}, { hooks: { read: () => 0 } });
    if (first) rig.host.noteReentry();
    first = false;
    expect(rig.call("in", { HL: 64n, DE: 1n }).exit).toBe(EXIT.returned);
  });

  test("and a rejected promise is nobody's unhandled rejection", async () => {
    const seen: unknown[] = [];
    const note = (reason: unknown) => seen.push(reason);
    process.on("unhandledRejection", note);
    reach("read", async () => boom());
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off("unhandledRejection", note);
    expect(seen).toEqual([]);
  });

  test("the same through a frame: nothing is answered", () => {
    for (const [op, hooks] of [
      [0x100, { read: boom }],
      [0x101, { write: boom }],
      [0x102, { end: boom }],
    ] as const) {
      const payload = { 256: u32s([1, 0, 4]), 257: u32s([1, 1, 2], "ab"), 258: u32s([1, 0]) }[op];
      const rig = new Rig({}, { hooks });
      expect(rig.ctl(request(op, payload))).toMatchObject({ exit: EXIT.host, changed: [] });
      expect(rig.host.failure?.code).toBe("host.threw");
    }
    const sink = new Rig({}, { stdout: boom });
    expect(sink.ctl(request(0x101, u32s([1, 1, 2], "ab")))).toMatchObject({ exit: EXIT.host, changed: [] });
    const info = new Rig({ allowTime: true }, { hooks: { abiVersion: boom } });
    info.put(1024, "sysinfo");
    const open = u32s([1024, 0, 3, 1027, 0, 4, 0, 0, 0, 0]);
    expect(info.ctl(request(3, open)).answer?.status).toBe(1);
    expect(info.ctl(request(0x101, u32s([1, 3, 24], request(1))))).toMatchObject({ exit: EXIT.host });
  });
});

describe("deterministic (D6)", () => {
  test("falls with the first undeclared hook that runs", () => {
    const rig = new Rig({}, { hooks: { read: () => 0 } });
    rig.out("x");
    expect(rig.host.deterministic).toBe(true);
    rig.call("in", { HL: 64n, DE: 1n });
    expect(rig.host.deterministic).toBe(false);
  });

  test("stays with declared ones", () => {
    const rig = new Rig({}, { hooks: { deterministic: true, read: () => 0 } });
    rig.call("in", { HL: 64n, DE: 1n });
    expect(rig.host.deterministic).toBe(true);
    expect(reach("read", () => 0).rig.host.deterministic).toBe(false);
    const off = new Rig({}, { hooks: { deterministic: false, read: () => 0 } });
    off.call("in", { HL: 64n, DE: 1n });
    expect(off.host.deterministic).toBe(false);
  });
});

describe("the hooks object", () => {
  const open = (hooks: unknown) => () => new Rig({}, { hooks: hooks as Hooks });

  test("must be plain", () => {
    class Mine {
      read() {
        return 0;
      }
    }
    for (const hooks of [null, 1, "x", () => 0, [], new Mine(), new Map()]) {
      expect(open(hooks)).toThrow(new MisuseError("hooks must be a plain object"));
    }
    expect(open({})).not.toThrow();
    expect(open(Object.create(null))).not.toThrow();
  });

  test("has only hooks, of the right type", () => {
    expect(open({ raed: () => 0 })).toThrow(new MisuseError('there is no hook "raed"'));
    expect(open({ [Symbol("s")]: () => 0 })).toThrow(MisuseError);
    expect(open({ ["__proto__"]: () => 0 })).toThrow(MisuseError);
    expect(open({ toString: () => 0 })).toThrow(MisuseError);
    for (const value of [1, "x", true, {}, Symbol("s"), 0n]) {
      expect(open({ read: value })).toThrow(
        new MisuseError("hooks.read must be a function, or null to refuse"),
      );
    }
    for (const value of [1, null, "x", () => true]) {
      expect(open({ deterministic: value })).toThrow(
        new MisuseError("hooks.deterministic must be true or false"),
      );
    }
    expect(open({ read: undefined, deterministic: undefined, nothing: undefined })).not.toThrow();
  });

  test("is read once, own properties only", () => {
    let reads = 0;
    const hooks = {
      get read() {
        reads++;
        return () => 1;
      },
    };
    const rig = new Rig({}, { hooks });
    rig.call("in", { HL: 64n, DE: 1n });
    rig.call("in", { HL: 64n, DE: 1n });
    expect(reads).toBe(1);
    const polluted = Object.prototype as { write?: unknown };
    polluted.write = () => 0;
    try {
      const clean = new Rig({}, { hooks: { read: () => 0 } });
      clean.out("x");
      expect(clean.stdout).toBe("x");
    } finally {
      delete polluted.write;
    }
  });

  test("that cannot be read is misuse", () => {
    const boom = () => {
      throw new Error("boom");
    };
    const complaint = new MisuseError("hooks could not be read");
    expect(
      open({
        get read() {
          return boom();
        },
      }),
    ).toThrow(complaint);
    expect(open(new Proxy({}, { ownKeys: boom }))).toThrow(complaint);
    expect(open(new Proxy({}, { getPrototypeOf: boom }))).toThrow(complaint);
  });
});
