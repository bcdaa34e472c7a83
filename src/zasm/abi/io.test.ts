import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BASES, callChecked, MEM_SIZE, Rig, withThen } from "../../../test/rigs/zabi.ts";
import { EXIT, type StateBlock } from "../state/block.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);

/** Spans that are bad at every base: pointer (relative to memory) and length. */
const BAD_SPANS: readonly (readonly [string, (memBase: bigint) => bigint, number])[] = [
  ["null", () => 0n, 1],
  ["one before memory", (b) => b - 1n, 1],
  ["starts before memory", (b) => b - 1n, 2],
  ["one past the end", (b) => b + BigInt(MEM_SIZE), 1],
  ["ends one past the end", (b) => b + BigInt(MEM_SIZE) - 1n, 2],
  ["longer than memory", (b) => b + 16n, MEM_SIZE],
  ["length 2^32-1", (b) => b + 16n, 2 ** 32 - 1],
  ["wraps with length 2^32-1", () => 2n ** 64n - 2n, 2 ** 32 - 1],
  ["high half off by one", (b) => b + 16n + 2n ** 32n, 1],
];

describe.each(BASES)("memory at %s", (memBase) => {
  // z[verify vm.safety.abi-arguments] z[verify vm.conformance.negative-abi]
  test.each(BAD_SPANS)("bad span: %s", (_, pointer, length) => {
    const HL = BigInt.asUintN(64, pointer(memBase));
    const lax = new Rig({ memBase }, { stdin: bytes("abc") });
    expect(lax.call("in", { HL, DE: BigInt(length) })).toMatchObject({
      exit: EXIT.returned,
      HL: 0xffff_fffen,
    });
    expect(lax.call("out", { HL, DE: BigInt(length) })).toMatchObject({ exit: EXIT.returned, moved: 0 });
    expect(lax.stdout).toBe("");
    for (const primitive of ["in", "out"] as const) {
      // z[verify vm.policy.strict] z[verify vm.error.category.abi] z[verify vm.safety.violation-traps]
      const strict = new Rig({ memBase, strict: true }, { stdin: bytes("abc") });
      expect(strict.call(primitive, { HL, DE: BigInt(length) }).exit).toBe(EXIT.abi);
      expect(strict.host.reason).toMatch(/^zi_(read|write): pointer or length outside guest memory$/);
    }
  });

  test("the first and the last byte of memory are good", () => {
    const rig = new Rig({ memBase, strict: true }, { stdin: new Uint8Array(MEM_SIZE + 1).fill(7) });
    const first = memBase === 0n ? 1n : 0n; // guest address 0 is null whatever the base
    const all = rig.call("in", { HL: memBase + first, DE: BigInt(MEM_SIZE) - first });
    expect(all).toMatchObject({ result: MEM_SIZE - Number(first), moved: MEM_SIZE - Number(first) });
    expect(rig.call("out", { HL: rig.at(MEM_SIZE - 1), DE: 1n }).moved).toBe(1);
    expect(rig.host.stdout).toEqual(new Uint8Array([7]));
  });

  test("lengths are the low 32 bits", () => {
    const rig = new Rig({ memBase, strict: true }, { stdin: bytes("abc") });
    expect(rig.call("in", { HL: rig.at(64), DE: 2n ** 63n + 2n }).result).toBe(2);
    expect(rig.call("out", { HL: rig.at(64), DE: 2n ** 32n + 2n }).moved).toBe(2);
    expect(rig.stdout).toBe("ab");
  });

  test("length 0 is answered before pointer and handle are looked at (D18)", () => {
    for (const strict of [false, true]) {
      const rig = new Rig({ memBase, strict, reqHandle: 99, resHandle: 99 }, { stdin: bytes("abc") });
      for (const HL of [0n, 2n ** 64n - 1n, rig.at(64)]) {
        expect(rig.call("in", { HL })).toMatchObject({ exit: EXIT.returned, HL: 0n, moved: 0 });
        expect(rig.call("out", { HL })).toMatchObject({ exit: EXIT.returned, moved: 0 });
      }
    }
  });

  test("a bad span is told before a bad handle (D18)", () => {
    const rig = new Rig({ memBase, reqHandle: 99 });
    expect(rig.call("in", { HL: 0n, DE: 1n }).result).toBe(-2);
    expect(rig.call("in", { HL: rig.at(64), DE: 1n }).result).toBe(-7);
  });
});

// z[verify vm.input.stdin]
test("stdin is read in pieces, then ends", () => {
  const rig = new Rig({ strict: true }, { stdin: bytes("hello") });
  const read = (cap: bigint) => rig.call("in", { HL: 100n, DE: cap });
  expect(read(2n)).toMatchObject({ result: 2, moved: 2, changed: [100, 102] });
  expect(read(100n)).toMatchObject({ result: 3, moved: 3, changed: [100, 103] });
  expect(text(rig.get(100, 3))).toBe("llo");
  expect(read(100n)).toMatchObject({ exit: EXIT.returned, result: 0, moved: 0 });
  expect(new Rig().call("in", { HL: 100n, DE: 1n }).result).toBe(0);
});

test.each([
  ["in", 1],
  ["in", 2],
  ["in", 3],
  ["in", 0x7fff_ffff],
  ["out", 0],
  ["out", 3],
] as const)("%s on handle %i is -7", (primitive, handle) => {
  const policy = primitive === "in" ? { reqHandle: handle } : { resHandle: handle };
  const registers = { HL: 64n, DE: 1n };
  const lax = new Rig(policy).call(primitive, registers);
  expect(lax).toMatchObject({ exit: EXIT.returned, moved: 0 });
  if (primitive === "in") expect(lax.HL).toBe(0xffff_fff9n);
  const strict = new Rig({ ...policy, strict: true });
  expect(strict.call(primitive, registers).exit).toBe(EXIT.abi);
  expect(strict.host.reason).toMatch(/: unknown handle, or refused by the host$/);
});

// z[verify vm.output.capture]
test("stdout and stderr are captured apart", () => {
  const out = new Rig();
  out.out("one ");
  out.out("two");
  expect([out.stdout, out.stderr]).toEqual(["one two", ""]);
  const err = new Rig({ resHandle: 2 });
  expect(err.out("three").moved).toBe(5);
  expect([err.stdout, err.stderr]).toEqual(["", "three"]);
});

test("an outcome's bytes are the embedder's: changing or transferring them does not touch the run", () => {
  const rig = new Rig();
  rig.out("one");
  rig.host.stdout.fill(0);
  structuredClone(rig.host.stdout, { transfer: [rig.host.stdout.buffer as ArrayBuffer] });
  rig.out(" two");
  expect(rig.stdout).toBe("one two");
});

test("capturing equals appending, whatever the sizes", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(2000), { maxLength: 40 }), (sizes) => {
      const rig = new Rig();
      let expected = new Uint8Array(0);
      sizes.forEach((size, i) => {
        rig.block.memory.fill(i + 1, 64, 64 + size);
        rig.call("out", { HL: 64n, DE: BigInt(size) });
        expected = new Uint8Array([...expected, ...new Uint8Array(size).fill(i + 1)]);
      });
      expect(rig.host.stdout).toEqual(expected);
    }),
    { numRuns: 30, seed: 7 },
  );
});

test("capturing n small writes copies each byte a bounded number of times", () => {
  const rig = new Rig();
  const set = Uint8Array.prototype.set;
  let copied = 0;
  Uint8Array.prototype.set = function (source: ArrayLike<number>, at?: number) {
    copied += source.length;
    set.call(this, source, at);
  };
  try {
    const block: StateBlock = rig.block;
    for (let i = 0; i < 20_000; i++) {
      block.u64.set([64n, 1n]);
      rig.host.call(1, block);
    }
  } finally {
    Uint8Array.prototype.set = set;
  }
  expect(rig.host.stdout.length).toBe(20_000);
  expect(copied).toBeLessThan(3 * 20_000);
});

describe("maxOutputBytes", () => {
  test("the call that would pass it writes nothing; the one that reaches it is fine (D5)", () => {
    const rig = new Rig({ maxOutputBytes: 10 });
    expect(rig.out("12345").exit).toBe(EXIT.returned);
    expect(rig.out("678901").exit).toBe(EXIT.outputLimit);
    expect(rig.host.reason).toBe("output would pass maxOutputBytes 10");
    expect(rig.stdout).toBe("12345");
    const exact = new Rig({ maxOutputBytes: 10 });
    exact.out("12345");
    expect(exact.out("67890").exit).toBe(EXIT.returned);
    expect(exact.out("x").exit).toBe(EXIT.outputLimit);
    expect(exact.stdout).toBe("1234567890");
  });

  test("counts stderr and the whole formatted log line with it", () => {
    const fits = new Rig({ maxOutputBytes: 10 });
    fits.out("12");
    expect(fits.log("t", "abc").exit).toBe(EXIT.returned); // "[t] abc\n" is 8
    expect([fits.stdout, fits.stderr]).toEqual(["12", "[t] abc\n"]);
    const passes = new Rig({ maxOutputBytes: 10 });
    passes.out("123");
    expect(passes.log("t", "abc").exit).toBe(EXIT.outputLimit);
    expect([passes.stdout, passes.stderr]).toEqual(["123", ""]);
  });

  test("counts what goes to functions too", () => {
    const chunks: string[] = [];
    const rig = new Rig({ maxOutputBytes: 4 }, { stdout: (chunk) => void chunks.push(text(chunk)) });
    expect(rig.out("1234").exit).toBe(EXIT.returned);
    expect(rig.out("5").exit).toBe(EXIT.outputLimit);
    expect(chunks).toEqual(["1234"]);
  });
});

describe("output functions", () => {
  test("get chunks in order, their own to keep, and nothing is captured (D7)", () => {
    const seen: [string, Uint8Array][] = [];
    const rig = new Rig(
      {},
      {
        stdout: (chunk) => void seen.push(["out", chunk]),
        stderr: (chunk) => void seen.push(["err", chunk]),
      },
    );
    rig.out("one");
    rig.log("t", "two");
    rig.out("three");
    rig.block.memory.fill(0);
    expect(seen.map(([where, chunk]) => [where, text(chunk)])).toEqual([
      ["out", "one"],
      ["err", "[t] two\n"],
      ["out", "three"],
    ]);
    for (const [, chunk] of seen) expect(chunk.byteLength).toBe(chunk.buffer.byteLength);
    expect(rig.host.stdout.length + rig.host.stderr.length).toBe(0);
    expect(rig.host.deterministic).toBe(true);
  });

  test("may return anything that is no promise", () => {
    for (const value of [0, "x", null, {}, withThen({ value: 1 }), () => 1]) {
      expect(new Rig({}, { stdout: () => value as never }).out("x").exit).toBe(EXIT.returned);
    }
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("boom");
      },
      "host.threw",
    ],
    [
      "throws undefined",
      () => {
        throw undefined;
      },
      "host.threw",
    ],
    ["is async", async () => {}, "host.async"],
    [
      "is async and fails",
      async () => {
        throw new Error("boom");
      },
      "host.async",
    ],
    ["returns a thenable", () => withThen({ value() {} }), "host.async"],
    [
      "has a then that throws",
      () =>
        withThen({
          get() {
            throw new Error("boom");
          },
        }),
      "host.bad_return",
    ],
  ] as const)("one that %s ends the run", (_, sink, code) => {
    const rig = new Rig({}, { stdout: sink as () => void });
    expect(rig.out("x").exit).toBe(EXIT.host);
    expect(rig.host.failure).toMatchObject({ code, status: "error", category: "host" });
    expect(rig.host.failure?.reason).toMatch(/: stdout function$/);
    expect(rig.host.failure?.pc).toBeUndefined();
    const err = new Rig({}, { stderr: sink as () => void });
    expect(err.log("t", "m").exit).toBe(EXIT.host);
    expect(err.host.failure?.reason).toMatch(/: stderr function$/);
  });

  test("one that calls its instance ends the run", () => {
    const rig: Rig = new Rig({}, { stdout: () => void rig.host.noteReentry() });
    expect(rig.host.noteReentry()).toBe(false);
    expect(rig.out("x").exit).toBe(EXIT.host);
    expect(rig.host.failure?.code).toBe("host.reentered");
  });
});

test("the host running out of memory is host.oom (D16)", () => {
  const failing = (rig: Rig, act: () => { exit: number }) => {
    const Real = globalThis.Uint8Array;
    globalThis.Uint8Array = new Proxy(Real, {
      construct(target, args, newTarget) {
        if (typeof args[0] === "number") throw new RangeError("Array buffer allocation failed");
        return Reflect.construct(target, args, newTarget);
      },
    });
    try {
      expect(act().exit).toBe(EXIT.host);
    } finally {
      globalThis.Uint8Array = Real;
    }
    expect(rig.host.failure).toMatchObject({ code: "host.oom", category: "resource" });
  };
  const out = (rig: Rig) => () => {
    rig.block.u64.set([64n, 5n, 0n, 64n, 5n]);
    return { exit: rig.host.call(1, rig.block) };
  };
  const by = (index: number) => (rig: Rig) => () => {
    rig.block.u64.set([64n, 30n, 0n, 128n, 40n]);
    return { exit: rig.host.call(index, rig.block) };
  };
  const capture = new Rig();
  failing(capture, out(capture));
  const sink = new Rig({}, { stdout() {} });
  failing(sink, out(sink));
  const hooks = { read: () => 1, write: () => 1, telemetry: () => 0, ctl: () => 0 };
  for (const index of [0, 1, 2, 5]) {
    const hooked = new Rig({}, { hooks });
    failing(hooked, by(index)(hooked));
  }
});

test("captured output survives a host that has no memory for the copy", () => {
  const rig = new Rig();
  rig.out("kept");
  const slice = Uint8Array.prototype.slice;
  Uint8Array.prototype.slice = () => {
    throw new RangeError("Array buffer allocation failed");
  };
  try {
    expect(text(rig.host.stdout)).toBe("kept");
  } finally {
    Uint8Array.prototype.slice = slice;
  }
});

describe("the rig's own comparison sees", () => {
  const BUGS = {
    "a changed register": [
      "out",
      (block: StateBlock) => {
        block.u64[3] = 1n;
      },
    ],
    "a changed HL": [
      "out",
      (block: StateBlock) => {
        block.u64[0] = 1n;
      },
    ],
    "an HL that is not zero-extended": [
      "in",
      (block: StateBlock) => {
        block.u64[0] = 2n ** 64n - 2n;
      },
    ],
    "a write by a call that writes nothing": [
      "out",
      (block: StateBlock) => {
        block.memory[9] = 1;
      },
    ],
    "a write by a failing call": [
      "in",
      (block: StateBlock) => {
        block.u64[0] = 0xffff_fffen;
        block.memory[64] = 1;
      },
    ],
    "a write before the span": [
      "in",
      (block: StateBlock) => {
        block.u64[0] = 2n;
        block.memory[63] = 1;
      },
    ],
    "a write past the result": [
      "in",
      (block: StateBlock) => {
        block.u64[0] = 2n;
        block.memory[66] = 1;
      },
    ],
  } as const;
  test.each(Object.entries(BUGS))("%s", (_, [primitive, bug]) => {
    const { block } = new Rig();
    const host = {
      moved: 0,
      call: (_index: number, b: StateBlock) => {
        bug(b);
        return EXIT.returned;
      },
    };
    expect(() => callChecked(host, block, primitive, { HL: 64n, DE: 8n })).toThrow(`${primitive}: `);
  });
});
