import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BASES, type Called, callChecked, MEM_SIZE, type Primitive, Rig } from "../../../test/rigs/zabi.ts";
import { EXIT, type StateBlock } from "../state/block.ts";
import type { HostCalls } from "../state/host-calls.ts";

const NULL = 0n;

describe.each(BASES)("memory at %s", (memBase) => {
  const alloc = (rig: Rig, size: bigint | number) => rig.call("alloc", { HL: BigInt(size) });
  const offset = (called: Called) => Number(called.HL - memBase);

  // z[verify vm.memory.allocator-deterministic]
  test("sizes 1 1 8 9 16 3 start at 16 24 32 40 56 72 (spec 6.4)", () => {
    const rig = new Rig({ memBase });
    expect([1, 1, 8, 9, 16, 3].map((size) => offset(alloc(rig, size)))).toEqual([16, 24, 32, 40, 56, 72]);
    expect(rig.host.moved).toBe(0);
  });

  test("size 0 gives 0 and takes nothing, in strict too", () => {
    for (const strict of [false, true]) {
      const rig = new Rig({ memBase, strict });
      expect(alloc(rig, 0)).toMatchObject({ exit: EXIT.returned, HL: NULL });
      expect(alloc(rig, 2n ** 32n)).toMatchObject({ exit: EXIT.returned, HL: NULL }); // low 32 bits count
      expect(offset(alloc(rig, 1))).toBe(16);
    }
  });

  test("the last byte can be had, one more cannot", () => {
    const rig = new Rig({ memBase });
    expect(alloc(rig, MEM_SIZE - 15).HL).toBe(NULL);
    expect(offset(alloc(rig, MEM_SIZE - 16))).toBe(16);
    expect(alloc(rig, 1).HL).toBe(NULL);
  });

  // z[verify vm.error.category.resource-memory]
  test.each([MEM_SIZE, 2 ** 31, 2 ** 32 - 8, 2 ** 32 - 7, 2 ** 32 - 1])("size %i does not fit", (size) => {
    const lax = new Rig({ memBase });
    expect(alloc(lax, size)).toMatchObject({ exit: EXIT.returned, HL: NULL });
    expect(offset(alloc(lax, 8))).toBe(16); // the failure took nothing
    const strict = new Rig({ memBase, strict: true });
    expect(alloc(strict, size).exit).toBe(EXIT.oom);
    expect(strict.host.reason).toBe(`allocation of ${size} bytes failed`);
  });

  test("a heap that starts past memory has room for nothing", () => {
    const rig = new Rig({ memBase });
    rig.block.heap = MEM_SIZE + 8;
    expect(alloc(rig, 1).HL).toBe(NULL);
  });

  test("free ends each allocation once", () => {
    const rig = new Rig({ memBase, strict: true });
    const pointers = [1, 8, 9, 64].map((size) => alloc(rig, size).HL);
    for (const HL of pointers) expect(rig.call("free", { HL }).exit).toBe(EXIT.returned);
    expect(rig.call("free", { HL: pointers[1]! }).exit).toBe(EXIT.abi);
    expect(rig.host.reason).toBe("zi_free: not the address of a live allocation");
  });

  // z[verify vm.conformance.negative-abi]
  const BOGUS: readonly (readonly [string, bigint])[] = [
    ["null", 0n],
    ["below memory", memBase - 8n],
    ["start of memory", memBase],
    ["never allocated", memBase + 64n],
    ["unaligned", memBase + 17n],
    ["interior", memBase + 24n],
    ["last unit", memBase + BigInt(MEM_SIZE - 8)],
    ["end of memory", memBase + BigInt(MEM_SIZE)],
    ["last address", 2n ** 64n - 1n],
    ["right low half, wrong high half", memBase + 16n + 2n ** 40n],
  ];
  test.each(BOGUS)("free of a bogus pointer: %s", (_, pointer) => {
    for (const strict of [false, true]) {
      const rig = new Rig({ memBase, strict });
      alloc(rig, 16);
      const live = rig.block.live.slice();
      const HL = BigInt.asUintN(64, pointer);
      expect(rig.call("free", { HL }).exit).toBe(strict ? EXIT.abi : EXIT.returned);
      expect(rig.block.live).toEqual(live);
    }
  });

  test("the guest cannot reach the allocator's state", () => {
    const rig = new Rig({ memBase, strict: true });
    const first = alloc(rig, 8).HL;
    rig.block.memory.fill(0xff);
    expect(rig.call("free", { HL: first }).exit).toBe(EXIT.returned);
    rig.block.memory.fill(0);
    expect(offset(alloc(rig, 8))).toBe(24);
  });
});

/** What the words say, with none of the machinery: a list of live starts. */
class NaiveAllocator {
  #next = 16n;
  readonly #live = new Set<bigint>();
  readonly #memBase: bigint;

  constructor(memBase: bigint) {
    this.#memBase = memBase;
  }

  alloc(size: bigint): bigint {
    const low = size % 2n ** 32n;
    const rounded = ((low + 7n) / 8n) * 8n;
    if (low === 0n || this.#next + rounded > BigInt(MEM_SIZE)) return 0n;
    const pointer = this.#memBase + this.#next;
    this.#next += rounded;
    this.#live.add(pointer);
    return pointer;
  }

  free(pointer: bigint): boolean {
    return this.#live.delete(pointer);
  }
}

type Step = { readonly do: "alloc"; readonly size: bigint } | { readonly do: "free"; readonly which: number };

/** Plays `steps` against `host`, in strict mode as far as the model says it goes on; gives what differs first. */
function firstDifference(
  rig: Rig,
  steps: readonly Step[],
  host: HostCalls,
  strict: boolean,
): string | undefined {
  const model = new NaiveAllocator(rig.block.memBase);
  const given: bigint[] = [0n, 1n, rig.block.memBase, 2n ** 64n - 1n];
  for (const [i, step] of steps.entries()) {
    const call = (primitive: Primitive, HL: bigint) => callChecked(host, rig.block, primitive, { HL });
    if (step.do === "alloc") {
      const expected = model.alloc(step.size);
      const { exit, HL } = call("alloc", step.size);
      const fails = strict && expected === 0n && step.size % 2n ** 32n > 0n;
      if (exit !== (fails ? EXIT.oom : EXIT.returned)) return `step ${i}: exit ${exit}`;
      if (fails) return undefined;
      if (HL !== expected) return `step ${i}: ${HL}, not ${expected}`;
      if (expected > 0n) given.push(expected, expected + 8n, expected + 1n);
    } else {
      const pointer = given[step.which % given.length]!;
      const good = model.free(pointer);
      const { exit } = call("free", pointer);
      if (exit !== (good || !strict ? EXIT.returned : EXIT.abi)) return `step ${i}: exit ${exit}`;
      if (exit !== EXIT.returned) return undefined;
    }
  }
  return undefined;
}

const steps = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constant("alloc" as const),
      size: fc.oneof(
        { weight: 4, arbitrary: fc.bigInt(0n, 200n) },
        fc.bigInt(2n ** 32n - 20n, 2n ** 32n + 20n),
        fc.bigInt(0n, 2n ** 64n - 1n),
      ),
    }),
    fc.record({ do: fc.constant("free" as const), which: fc.nat(60) }),
  ),
  { maxLength: 60 },
);

describe.each([false, true])("a naive model, strict %s", (strict) => {
  const run = (host: (rig: Rig) => HostCalls) => () =>
    fc.assert(
      fc.property(steps, fc.constantFrom(...BASES), (sequence, memBase) => {
        const rig = new Rig({ memBase, strict });
        const difference = firstDifference(rig, sequence, host(rig), strict);
        if (difference !== undefined) throw new Error(difference);
      }),
      { numRuns: 500, seed: 20250 },
    );

  // z[verify vm.memory.allocator-deterministic] z[verify vm.memory.allocator-policy]
  test(
    "agrees",
    run((rig) => rig.host),
  );

  /** Allocators with one mistake each; the comparison must see every one. */
  const BUGS: Record<string, (rig: Rig, index: number, block: StateBlock) => void> = {
    "size 0 takes room": (_, index, block) => {
      if (index === 3 && block.u32[0] === 0) block.heap += 8;
    },
    "rounding wraps at 2^32": (_, index, block) => {
      if (index === 3 && block.u32[0]! > 2 ** 32 - 8) block.u64[0] = 1n;
    },
    "all 64 bits of the size count": (_, index, block) => {
      if (index === 3 && block.u32[1] !== 0) block.u32[0] = 0xffff_ffff;
    },
    "free makes room": (_, index, block) => {
      if (index === 4) block.heap = 16;
    },
    "double free is fine": (rig, index, block) => {
      if (index === 4) {
        const at = block.span(block.u64[0]!, 1);
        if (at >= 16 && at % 8 === 0) rig.block.live[at >> 6]! |= 1 << ((at >> 3) & 7);
      }
    },
    "free looks at the aligned address": (_, index, block) => {
      if (index === 4) block.u64[0] = block.u64[0]! & ~7n;
    },
  };
  for (const [name, bug] of Object.entries(BUGS)) {
    // What free answers shows in strict mode only.
    if (!strict && (name.startsWith("double") || name.startsWith("free looks"))) continue;
    test(`sees a planted bug: ${name}`, () => {
      expect(
        run((rig) => ({
          moved: 0,
          call(index, block) {
            const HL = block.u64[0]!;
            bug(rig, index, block);
            const exit = rig.host.call(index, block);
            if (index === 4 || exit !== EXIT.returned) block.u64[0] = HL;
            return exit;
          },
        })),
      ).toThrow();
    });
  }
});
