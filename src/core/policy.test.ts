// Every policy field of D5: default, smallest and largest value, what 0 means, what is refused; and that nothing
// outside the object's own properties, and nothing that happens to it later, has any influence.

import { afterEach, describe, expect, test } from "vitest";
import { type Failure, isFailure } from "./errors.ts";
import { isMetered, POLICY_FIELDS, type Policy, type PolicyInput, resolvePolicy } from "./policy.ts";

const MiB = 2 ** 20;
const TOP = Number.MAX_SAFE_INTEGER;

function resolved(input?: unknown): Policy {
  const policy = resolvePolicy(input);
  if (isFailure(policy)) throw new Error(`${policy.code}: ${policy.reason}`);
  return policy;
}
const refused = (input: unknown): string => {
  const policy = resolvePolicy(input);
  return isFailure(policy) ? policy.code : "accepted";
};

/** D5, retyped: default, values taken as they are, and what a written 0 becomes (or that it is refused). */
const NUMBERS: Record<string, { fallback: number; min: number; max: number; zero: number | "refused" }> = {
  memSize: { fallback: 2 * MiB, min: 1, max: 256 * MiB, zero: "refused" },
  fuel: { fallback: 0, min: 1, max: TOP, zero: 0 },
  maxCallDepth: { fallback: 1024, min: 1, max: 1_048_576, zero: "refused" },
  maxOutputBytes: { fallback: 64 * MiB, min: 1, max: 1024 * MiB, zero: "refused" },
  reqHandle: { fallback: 0, min: 0, max: 2 ** 31 - 1, zero: 0 },
  resHandle: { fallback: 1, min: 0, max: 2 ** 31 - 1, zero: 0 },
  maxFileLen: { fallback: 64 * MiB, min: 1, max: 256 * MiB, zero: 256 * MiB },
  maxDirCount: { fallback: 1024, min: 1, max: 16_384, zero: 16_384 },
  maxCodeLen: { fallback: 32 * MiB, min: 1, max: 64 * MiB, zero: 64 * MiB },
  maxInsnWords: { fallback: 8 * MiB, min: 1, max: 16 * MiB, zero: 8 * MiB },
  maxJitBytes: { fallback: 256 * MiB, min: 1, max: 256 * MiB, zero: 256 * MiB },
};
const FLAGS: Record<string, boolean> = {
  meter: false,
  strict: false,
  strictEncoding: false,
  allowTime: false,
  allowEnv: false,
  allowPrimitives: true,
};
const CHOICES: Record<string, string[]> = {
  target: ["host", "x86_64", "arm64"],
  allocator: ["bump"],
  codeCache: ["on", "off"],
};

const DEFAULTS = {
  ...Object.fromEntries(Object.entries(NUMBERS).map(([name, { fallback }]) => [name, fallback])),
  ...FLAGS,
  ...Object.fromEntries(Object.entries(CHOICES).map(([name, [first]]) => [name, first])),
  memBase: 0n,
};

// z[verify vm.input.policy] z[verify vm.determinism.default]
describe("defaults", () => {
  test.each([undefined, {}, Object.create(null), { fuel: undefined, strict: undefined }])(
    "of %o",
    (input) => {
      expect({ ...resolved(input) }).toEqual(DEFAULTS);
    },
  );

  test("are for exactly the fields of D5", () => {
    expect([...POLICY_FIELDS].sort()).toEqual(Object.keys(DEFAULTS).sort());
    expect(POLICY_FIELDS).toHaveLength(21);
  });

  // z[verify vm.policy.allow-time] z[verify vm.policy.allow-env] z[verify vm.goal.deterministic]
  test("give the guest neither time nor environment", () => {
    expect(resolved()).toMatchObject({ allowTime: false, allowEnv: false });
  });
});

const WRONG_FOR_ALL = [
  null,
  [],
  {},
  Symbol("x"),
  () => 1,
  new Date(0),
  new String("host"),
  new Boolean(true),
];

// z[verify vm.policy.mem-size] z[verify vm.policy.fuel]
describe.each(Object.entries(NUMBERS))("%s", (name, { min, max, zero }) => {
  test("takes its whole range", () => {
    for (const value of [min, min + 1, max - 1, max]) {
      expect(resolved({ [name]: value })).toMatchObject({ [name]: value === 0 ? zero : value });
    }
  });

  test("0", () => {
    for (const value of [0, -0]) {
      if (zero === "refused") expect(refused({ [name]: value })).toBe("policy.bad_value");
      else expect(Object.is(resolved({ [name]: value })[name as keyof PolicyInput], zero)).toBe(true);
    }
  });

  test("refuses all else", () => {
    const wrong = [max + 1, -1, 1.5, NaN, Infinity, -Infinity, 2 ** 53, "5", "0x10", 5n, true, new Number(5)];
    for (const value of [...wrong, ...WRONG_FOR_ALL]) {
      expect(refused({ [name]: value }), String(value)).toBe("policy.bad_value");
    }
  });
});

// z[verify vm.policy.strict]
describe.each(Object.keys(FLAGS))("%s", (name) => {
  test("is true or false and nothing like it", () => {
    for (const value of [true, false]) expect(resolved({ [name]: value })).toMatchObject({ [name]: value });
    for (const value of [0, 1, "true", "", NaN, 1n, ...WRONG_FOR_ALL]) {
      expect(refused({ [name]: value }), String(value)).toBe("policy.bad_value");
    }
  });
});

// z[verify vm.policy.target] z[verify vm.memory.allocator-policy]
describe.each(Object.entries(CHOICES))("%s", (name, values) => {
  test("is one of its names", () => {
    for (const value of values) expect(resolved({ [name]: value })).toMatchObject({ [name]: value });
    for (const value of ["", "HOST", "bump ", "toString", "__proto__", 0, true, ...WRONG_FOR_ALL]) {
      expect(refused({ [name]: value }), String(value)).toBe("policy.bad_value");
    }
  });
});

// z[verify vm.policy.mem-base] z[verify vm.memory.single-region]
describe("memBase", () => {
  test.each<[unknown, bigint]>([
    [0n, 0n],
    [8n, 8n],
    [2n ** 64n - BigInt(2 * MiB), 2n ** 64n - BigInt(2 * MiB)],
    [0, 0n],
    [-0, 0n],
    [65_536, 65_536n],
    [2 ** 53 - 8, 2n ** 53n - 8n],
    ["0x0", 0n],
    ["0x10000", 65_536n],
    ["0xFFFFffffFF000000", 0xffff_ffff_ff00_0000n],
    ["0x00000000000000a8", 0xa8n],
  ])("%s", (written, address) => {
    expect(resolved({ memBase: written }).memBase).toBe(address);
  });

  test.each([
    ...[1n, 4n, -8n, 2n ** 64n, 4, -8, 1.5, NaN, Infinity, 2 ** 53, 2 ** 60],
    ...["0x", "0x1", "0xg0", "8", "16", " 0x8", "0x8 ", "0X8", "-0x8", "0x0000000000000000a8", "0x8\n", ""],
    ...[true, new Number(8), Object(8n), ["0x8"]],
    ...WRONG_FOR_ALL,
  ])("%s is refused", (written) => {
    expect(refused({ memBase: written })).toBe("policy.bad_value");
  });

  test("memBase + memSize ends at 2^64 at the latest", () => {
    const last = 2n ** 64n - 65_536n;
    expect(refused({ memBase: last, memSize: 65_536 })).toBe("accepted");
    expect(refused({ memBase: last, memSize: 65_537 })).toBe("policy.bad_value");
    expect(refused({ memBase: last + 8n, memSize: 65_536 })).toBe("policy.bad_value");
    expect(refused({ memBase: 2n ** 64n - 8n, memSize: 8 })).toBe("accepted");
  });
});

describe("fields together", () => {
  test("maxInsnWords 0 is a quarter of maxCodeLen as resolved", () => {
    expect(resolved({ maxCodeLen: 1001 }).maxInsnWords).toBe(250);
    expect(resolved({ maxCodeLen: 0 }).maxInsnWords).toBe(16 * MiB);
    expect(resolved({ maxCodeLen: 1000, maxInsnWords: 0 }).maxInsnWords).toBe(250);
    expect(resolved({ maxCodeLen: 1000, maxInsnWords: 7 }).maxInsnWords).toBe(7);
  });

  test.each([{ allowTime: true }, { allowEnv: true }, { allowTime: true, allowEnv: true }])(
    "strict with %o is unsupported",
    (allowed) => {
      const combined = resolvePolicy({ strict: true, ...allowed }) as Failure;
      expect(combined).toMatchObject({
        code: "policy.unsupported",
        category: "unsupported",
        status: "reject",
      });
      expect(refused(allowed)).toBe("accepted");
    },
  );

  test("a bad field is named before bad combinations", () => {
    expect(refused({ strict: true, allowTime: true, fuel: -1 })).toBe("policy.bad_value");
    expect(refused({ strict: true, allowTime: true, memBase: 2n ** 64n - 8n })).toBe("policy.bad_value");
  });

  test("metered means fuel or meter", () => {
    const metered = (input: PolicyInput) => isMetered(resolved(input));
    expect(metered({})).toBe(false);
    expect(metered({ fuel: 0 })).toBe(false);
    expect(metered({ fuel: 1 })).toBe(true);
    expect(metered({ meter: true })).toBe(true);
    expect(metered({ fuel: 5, meter: false })).toBe(true);
  });
});

describe("what is no policy", () => {
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const revokedArray = Proxy.revocable([], {});
  revokedArray.revoke();

  test("values of other types, arrays, and revoked proxies", () => {
    const others = [null, true, 5, "strict", 5n, Symbol("policy"), () => ({}), [], [{}], new Proxy([], {})];
    for (const input of [...others, revoked.proxy, revokedArray.proxy]) {
      expect(refused(input)).toBe("policy.bad_value");
    }
  });

  test.each([
    "Fuel",
    "fuel ",
    "mem_size",
    "",
    "toString",
    "constructor",
    "__proto__",
    "hasOwnProperty",
    "timeoutMs",
    "0",
  ])("the field %j", (name) => {
    const failed = resolvePolicy(JSON.parse(`{${JSON.stringify(name)}: 1}`)) as Failure;
    expect(failed).toMatchObject({ code: "policy.unknown_field", category: "policy", status: "reject" });
    expect(failed.reason).toContain(JSON.stringify(name));
  });

  test("unknown fields whose value is undefined, that are hidden, or are symbols", () => {
    expect(refused({ nope: undefined })).toBe("policy.unknown_field");
    expect(refused(Object.defineProperty({}, "nope", { value: 1 }))).toBe("policy.unknown_field");
    expect(refused({ [Symbol("fuel")]: 1 })).toBe("policy.unknown_field");
  });

  test("reasons are short, one line and printable, whatever the names are", () => {
    for (const name of ["x".repeat(1e5), "a\nb\u001b[31m", "\u{1f600}".repeat(50), "\ud800"]) {
      const failed = resolvePolicy({ [name]: 1 }) as Failure;
      expect(failed.reason).toMatch(/^[ -~]{10,100}$/);
    }
  });

  test("the reason names field and range", () => {
    expect(resolvePolicy({ memSize: 0 })).toMatchObject({
      reason: "memSize must be an integer from 1 to 268435456",
    });
    expect(resolvePolicy({ target: "wasm" })).toMatchObject({
      reason: "target must be one of host, x86_64, arm64",
    });
    expect(resolvePolicy({ strict: 1 })).toMatchObject({ reason: "strict must be true or false" });
  });
});

// z[verify vm.policy.only-source]
describe("only the object's own properties, read once", () => {
  const polluted = Object.prototype as Record<string, unknown>;
  const DIRT = [...POLICY_FIELDS, "category", "status", "code", "offset", "zero", "read", "get"];
  afterEach(() => {
    for (const name of DIRT) delete polluted[name];
  });

  test("inherited fields do not count", () => {
    expect({ ...resolved(Object.create({ fuel: 5, nope: 1, strict: true })) }).toEqual(DEFAULTS);
    class Mine {
      get strict() {
        return true;
      }
    }
    expect(resolved(new Mine()).strict).toBe(false);
  });

  test("a polluted Object.prototype changes nothing", () => {
    for (const name of DIRT) polluted[name] = 1;
    const policy = resolvePolicy({ fuel: 7 });
    const bad = resolvePolicy({ fuel: -7 });
    for (const name of DIRT) delete polluted[name];
    expect({ ...policy }).toEqual({ ...DEFAULTS, fuel: 7 });
    expect(bad).toEqual({
      code: "policy.bad_value",
      category: "policy",
      status: "reject",
      reason: expect.stringContaining("fuel must be"),
    });
  });

  test("a resolved policy does not inherit", () => {
    const policy = resolved();
    polluted.fuel = 5;
    expect(Object.getPrototypeOf(policy)).toBeNull();
    expect("toString" in policy).toBe(false);
  });

  test("a getter is read once, and its first answer stands", () => {
    let reads = 0;
    const input = {
      get fuel() {
        reads++;
        return reads === 1 ? 5 : 1_000_000;
      },
    };
    expect(resolved(input).fuel).toBe(5);
    expect(reads).toBe(1);
  });

  test("a proxy is asked once for each of its fields", () => {
    const asked: string[] = [];
    const input = new Proxy(
      { fuel: 5, strict: true },
      {
        get: (target, name) => {
          asked.push(String(name));
          return Reflect.get(target, name);
        },
        getPrototypeOf: () => {
          throw new Error("not needed");
        },
        has: () => {
          throw new Error("not needed");
        },
      },
    );
    expect(resolved(input)).toMatchObject({ fuel: 5, strict: true });
    expect(asked).toEqual(["fuel", "strict"]);
  });

  test.each<[string, object]>([
    [
      "a getter that throws",
      Object.defineProperty({}, "fuel", {
        enumerable: true,
        get: () => {
          throw new Error("/home/me/secret");
        },
      }),
    ],
    [
      "a proxy whose keys throw",
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw null;
          },
        },
      ),
    ],
    [
      "a proxy whose values throw",
      new Proxy(
        { fuel: 1 },
        {
          get: () => {
            throw new RangeError("no");
          },
        },
      ),
    ],
    ["a proxy that lies about its keys", new Proxy({}, { ownKeys: () => ["fuel", "fuel"] })],
  ])("%s is a bad value, and nothing of it is repeated", (_, input) => {
    const failed = resolvePolicy(input);
    expect(failed).toMatchObject({ code: "policy.bad_value", category: "policy" });
    expect((failed as Failure).reason).not.toMatch(/secret|no$/);
  });
});

describe("the resolved policy", () => {
  test("is frozen and its own", () => {
    const input = { fuel: 5, memBase: 8n };
    const policy = resolved(input);
    input.fuel = 6;
    expect(policy.fuel).toBe(5);
    expect(Object.isFrozen(policy)).toBe(true);
    expect(Reflect.set(policy, "fuel", 9)).toBe(false);
    expect(Reflect.deleteProperty(policy, "fuel")).toBe(false);
    expect(Reflect.defineProperty(policy, "extra", { value: 1 })).toBe(false);
  });

  test("is a policy itself, with the same meaning", () => {
    for (const input of [{}, { fuel: 5, memBase: "0x10", maxInsnWords: 9, target: "arm64", strict: true }]) {
      const policy = resolved(input);
      expect(resolved(policy)).toEqual(policy);
    }
  });
});
