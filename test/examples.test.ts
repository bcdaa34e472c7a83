// The programs in examples/: each gives its expected output for its input, and modules, for inputs of any size, in any
// pieces, what an independent implementation gives.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { Random } from "../fuzz/lib/random.mjs";
import { Engine, type Outcome, type PolicyInput, type RunInputs, type TierChoice } from "../src/index.ts";
import { assemble } from "../src/zasm/asm/index.ts";
import { EXAMPLES, MODULES, SCRIPTS } from "./rigs/examples.ts";

/** Every tier a module can be forced into. A new tier is one more name. */
const TIERS: readonly TierChoice[] = ["interp", "baseline", "opt", "auto"];

/** Uses displacements, which the upstream tools cannot encode. */
const NOT_STRICT: readonly string[] = ["sha256"];

const PAGES = 65_536;
const engine = Engine.create();

/** The file of an example whose name starts with `stem` and a dot; empty if there is none. */
function part(name: string, stem: string): Buffer {
  const folder = new URL(`${name}/`, EXAMPLES);
  const file = readdirSync(folder).find((entry) => entry.startsWith(`${stem}.`));
  return file === undefined ? Buffer.alloc(0) : readFileSync(new URL(file, folder));
}

function bytesOf(name: string, memBase = 0): Uint8Array {
  const result = assemble(readFileSync(new URL(`${name}/${name}.zasm`, EXAMPLES)), { memBase });
  if (!result.ok) throw new Error(result.diagnostics.map((d) => `${d.line}: ${d.message}`).join("\n"));
  expect(result.warnings).toEqual([]);
  return result.bytes;
}

function run(bytes: Uint8Array, inputs: RunInputs, policy: PolicyInput = {}): Outcome {
  const loaded = engine.load(bytes, policy);
  return loaded.status === "ok" ? loaded.module.instantiate(inputs).run() : loaded;
}

const equal = (actual: Uint8Array, expected: Uint8Array) => {
  // A difference of long outputs is shown from where it starts.
  const at = expected.findIndex((byte, i) => byte !== actual[i]);
  const from = Math.max(0, at < 0 ? expected.length - 20 : at - 20);
  const shown = (bytes: Uint8Array) => Buffer.from(bytes.subarray(from, from + 80)).toString("latin1");
  expect([actual.length, from, shown(actual)]).toEqual([expected.length, from, shown(expected)]);
  expect(Buffer.compare(actual, expected)).toBe(0);
};

test("the examples are the ones promised", () => {
  // z[verify vm.conformance.smoke]
  const smoke = ["hello", "cat", "upper", "alloc", "isa_smoke", "log"];
  const more = ["wordcount", "base64", "crc32", "sieve", "sha256", "sortlines"];
  expect(MODULES).toEqual(expect.arrayContaining([...smoke, ...more]));
  expect(SCRIPTS).toEqual(["orders"]);
});

describe.each(MODULES)("%s", (name) => {
  test("comes with what it prints", () => {
    const stems = readdirSync(new URL(`${name}/`, EXAMPLES)).map((file) => file.split(".")[0]);
    expect(stems).toContain("expected");
    expect(stems).toContain(name);
  });

  test("has the encoding it claims", () => {
    const strict = engine.load(bytesOf(name), { strictEncoding: true });
    expect(strict.status === "ok" ? "ok" : strict.code).toBe(
      NOT_STRICT.includes(name) ? "verify.bad_imm" : "ok",
    );
  });

  describe.each(TIERS)("in tier %s", (tier) => {
    const policies: Record<string, PolicyInput> = {
      "by default": {},
      metered: { meter: true },
      "in strict mode": { strict: true },
      "with memory elsewhere": { memBase: 5 * PAGES },
    };
    test.each(Object.keys(policies))("prints what is expected %s", (which) => {
      const policy = policies[which] ?? {};
      const bytes = bytesOf(name, Number(policy.memBase ?? 0));
      const outcome = run(bytes, { tier, stdin: part(name, "input") }, policy);
      expect(outcome).toMatchObject({
        status: "ok",
        ...(tier === "auto" ? {} : { tier }),
        deterministic: true,
      });
      equal(outcome.stdout, part(name, "expected"));
      equal(outcome.stderr, part(name, "expected-stderr"));
    });

    test("ends in order when there is nothing to read, or reading is refused", () => {
      const nothing = run(bytesOf(name), { tier });
      expect(nothing.status).toBe("ok");
      const refused = run(bytesOf(name), { tier, hooks: { deterministic: true, read: null } });
      expect(refused.status).toBe("ok");
      equal(refused.stdout, nothing.stdout);
    });
  });
});

/** CRC-32 as its definition says it, bit by bit. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0);
  }
  return ~crc >>> 0;
}

function wordcount(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("latin1");
  const words = text.split(/[ \t\n\v\f\r]+/).filter((word) => word !== "").length;
  return `${text.split("\n").length - 1} ${words} ${bytes.length}\n`;
}

function sortlines(bytes: Uint8Array): Buffer {
  if (bytes.length === 0) return Buffer.alloc(0);
  const lines = Buffer.from(bytes).toString("latin1").replace(/\n$/, "").split("\n");
  lines.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)); // latin1: one unit is one byte
  return Buffer.from(lines.map((line) => `${line}\n`).join(""), "latin1");
}

/** What each program computes, written once more. */
const MODELS: Record<string, (stdin: Uint8Array) => string | Uint8Array> = {
  cat: (stdin) => stdin,
  upper: (stdin) => stdin.map((byte) => (byte >= 97 && byte <= 122 ? byte - 32 : byte)),
  wordcount,
  base64: (stdin) => Buffer.from(stdin).toString("base64"),
  crc32: (stdin) => `${crc32(stdin).toString(16).padStart(8, "0")}\n`,
  sha256: (stdin) => `${createHash("sha256").update(stdin).digest("hex")}\n`,
  sortlines,
};

/** Around the sizes the programs work in, and far above. */
const SIZES = [
  0, 1, 2, 3, 4, 54, 55, 56, 57, 62, 63, 64, 65, 119, 120, 128, 3071, 3072, 3073, 3074, 4095, 4096, 4097,
  8192, 100_000,
];

/** Bytes of any value, and text of short lines with every kind of white space. */
function sample(random: Random, size: number, kind: "bytes" | "text"): Uint8Array {
  if (kind === "bytes") return Uint8Array.from(random.bytes(size));
  return Uint8Array.from({ length: size }, () =>
    random.pick([10, 32, 9, 11, 12, 13, 97, 98, 122, 65, 0, 255]),
  );
}

/** Gives the input in pieces of 1 to `most` bytes, as a terminal or a network would. */
function pieces(random: Random, stdin: Uint8Array, most: number): RunInputs {
  let at = 0;
  const read = (_handle: number, into: Uint8Array): number => {
    const size = Math.min(random.between(1, most), into.length, stdin.length - at);
    into.set(stdin.subarray(at, at + size));
    at += size;
    return size;
  };
  return { hooks: { deterministic: true, read } };
}

describe.each(Object.entries(MODELS))("%s agrees with another implementation", (name, model) => {
  const modelled = (stdin: Uint8Array) => Buffer.from(model(stdin));

  test.each(TIERS)("on inputs of many sizes, in tier %s", (tier) => {
    const bytes = bytesOf(name);
    const random = new Random(SIZES.length);
    for (const size of SIZES) {
      for (const kind of ["bytes", "text"] as const) {
        const stdin = sample(random, size, kind);
        const outcome = run(bytes, { tier, stdin });
        expect(outcome.status, `${size} ${kind}`).toBe("ok");
        equal(outcome.stdout, modelled(stdin));
      }
    }
  });

  test.each(TIERS)("on inputs that come in pieces, in tier %s", (tier) => {
    const bytes = bytesOf(name);
    const random = new Random(7);
    for (const size of [1, 64, 130, 3072, 5000]) {
      for (const most of [1, 3, 1000]) {
        const stdin = sample(random, size, "text");
        const outcome = run(bytes, { tier, ...pieces(random, stdin, most) });
        expect(outcome.status).toBe("ok");
        equal(outcome.stdout, modelled(stdin));
      }
    }
  });
});

test("the models notice one changed byte", () => {
  const [one, other] = [Buffer.from("b\na\n"), Buffer.from("b\nc\n")];
  for (const model of Object.values(MODELS)) {
    if (model !== wordcount) expect(Buffer.from(model(one))).not.toEqual(Buffer.from(model(other)));
  }
  expect(wordcount(Buffer.from("b\na\n"))).not.toBe(wordcount(Buffer.from("b a\n")));
  expect(() => equal(one, other)).toThrow();
});

describe("sieve", () => {
  const primes = (limit: number): string => {
    const isPrime = (n: number): boolean => {
      for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
      return true;
    };
    let text = "";
    for (let n = 2; n <= limit; n++) if (isPrime(n)) text += `${n}\n`;
    return text;
  };
  const sieve = (stdin: string) => run(bytesOf("sieve"), { stdin: Buffer.from(stdin) });

  test("prints the primes up to a number", () => {
    for (const limit of [0, 1, 2, 3, 4, 9, 24, 25, 26, 9999, 20_000]) {
      equal(sieve(`${limit}\n`).stdout, Buffer.from(primes(limit)));
    }
  });

  test("reads digits and stops at anything else", () => {
    equal(sieve("10").stdout, Buffer.from(primes(10)));
    equal(sieve("0010 20").stdout, Buffer.from(primes(10)));
    equal(sieve("x10").stdout, Buffer.from(""));
  });

  test("takes a million, and says so when it is more", () => {
    const outcome = sieve("1000000");
    expect(outcome.status).toBe("ok");
    const lines = Buffer.from(outcome.stdout).toString().split("\n");
    expect([lines.length - 1, lines.at(-2)]).toEqual([78_498, "999983"]);
    for (const stdin of ["1000001", "99999999999999999999999999999999999"]) {
      const refused = sieve(stdin);
      expect(refused.status).toBe("ok");
      expect(Buffer.from(refused.stderr).toString()).toBe("[sieve] N is at most 1000000\n");
      equal(refused.stdout, Buffer.from(""));
    }
  });
});

describe("sortlines", () => {
  const TEXT = 1_048_576;
  const sorted = (stdin: Uint8Array) => run(bytesOf("sortlines"), { stdin });

  test("an end of line is less than any byte, a tab too", () => {
    equal(sorted(Buffer.from("a\t\na\na\0\n\na ")).stdout, Buffer.from("\na\na\0\na\t\na \n"));
  });

  test("100,000 empty lines, and a line of a mebibyte", () => {
    equal(sorted(new Uint8Array(100_000).fill(10)).stdout, new Uint8Array(100_000).fill(10));
    const long = new Uint8Array(TEXT).fill(97);
    equal(sorted(long).stdout, Buffer.concat([long, Buffer.from("\n")]));
  });

  test("says so when the text or its lines do not fit", () => {
    for (const stdin of [new Uint8Array(TEXT + 1).fill(97), new Uint8Array(TEXT).fill(10)]) {
      const outcome = sorted(stdin);
      expect(outcome.status).toBe("ok");
      expect(Buffer.from(outcome.stderr).toString()).toBe("[sortlines] the input does not fit in memory\n");
    }
  });
});

describe("orders", () => {
  const orders = (input: string | Buffer) => {
    const script = fileURLToPath(new URL("orders/orders.mjs", EXAMPLES));
    const { status, stdout, stderr } = spawnSync(process.execPath, [script], { input, encoding: "utf8" });
    return { status, stdout, stderr };
  };

  test("are read and converted", () => {
    const expected = part("orders", "expected").toString();
    expect(orders(part("orders", "input"))).toEqual({ status: 0, stdout: expected, stderr: "" });
  });

  test.each([
    [
      '[{"id": 1, "lines": [{"sku": "a", "qty": -1}]}]',
      /^1:42: \$\[0\]\.lines\[0\]\.qty: .+ \[value\.number_range\]\n$/,
    ],
    ['[{"id": 1,\n "lines": [], "nota": ""}]', /^2:15: \$\[0\]: .+ \[structure\.unknown_field\]\n$/],
    ['[{"id": 1, "lines": [', /^1:22: \$\[0\]\.lines.*: .+ \[lexical\.eof\]\n$/],
  ])("that are wrong are refused: %s", (input, message) => {
    const { status, stdout, stderr } = orders(input);
    expect(stderr).toMatch(message);
    expect([status, stdout]).toEqual([1, ""]);
  });
});

test("alloc writes nothing when there is no heap", () => {
  const outcome = run(bytesOf("alloc"), {}, { memSize: 16 });
  expect(outcome.status).toBe("ok");
  equal(outcome.stdout, Buffer.from(""));
});
