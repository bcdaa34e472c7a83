// Verification is linear: the number of checks made is counted, memory is what the result says it is, and times
// are printed beside that. Nothing here fails because a machine is slow.

import { describe, expect, test } from "vitest";
import { isFailure } from "../../core/errors.ts";
import { type Policy, resolvePolicy } from "../../core/policy.ts";
import { verifyCode } from "./verify.ts";

const MiB = 2 ** 20;
const policy = resolvePolicy(undefined) as Policy;

/** Fills CODE of `bytes` with a repeated pattern, whose rest is RET. */
function codeOf(bytes: number, pattern: readonly number[]): Uint8Array {
  const words = new Uint32Array(bytes / 4).fill(0x0100_0000);
  const whole = words.length - (words.length % pattern.length);
  for (let i = 0; i < whole; i++) words[i] = pattern[i % pattern.length]!;
  return new Uint8Array(words.buffer);
}

const PATTERNS = {
  "jumps to themselves": { pattern: [0x0200_0000], perWord: 1 },
  "jumps and calls to and fro": { pattern: [0x0201_0001, 0x0200_0fff, 0x0000_0001, 0x0000_0fff], perWord: 1 },
  "long LDs": { pattern: [0x7000_0801, 0x7000_0801, 0x7000_0801], perWord: 1 / 3 },
  "loads with a displacement": { pattern: [0x7112_0005], perWord: 1 },
};

/** The policy, and how often its `strictEncoding` was asked for: once per instruction checked. */
function counting(): { policy: Policy; checks: () => number } {
  let checks = 0;
  const counted = Object.create(null, {
    ...Object.getOwnPropertyDescriptors(policy),
    strictEncoding: {
      get: () => {
        checks++;
        return false;
      },
    },
  }) as Policy;
  return { policy: counted, checks: () => checks };
}

describe.each(Object.entries(PATTERNS))("%s", (name, { pattern, perWord }) => {
  test("each instruction is checked once, at 1, 2 and 4 MiB", () => {
    for (const size of [1, 2, 4]) {
      const counter = counting();
      const result = verifyCode(codeOf(size * MiB, pattern), counter.policy);
      expect(isFailure(result)).toBe(false);
      const words = (size * MiB) / 4;
      expect(Math.abs(counter.checks() - words * perWord)).toBeLessThan(4);
    }
  });

  test("time and memory", () => {
    const times = [4, 1, 2, 4].map((size) => {
      const bytes = codeOf(size * MiB, pattern);
      const before = process.memoryUsage().arrayBuffers;
      const started = performance.now();
      const result = verifyCode(bytes, policy);
      const ms = performance.now() - started;
      if (isFailure(result)) throw new Error(result.code);
      expect(result.code.byteLength).toBe(bytes.length + 4);
      expect(result.starts.byteLength).toBe(bytes.length / 32);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1.1 * bytes.length + 1e6);
      return ms;
    });
    const [, one, two, four] = times as [number, number, number, number];
    console.log(
      `verify ${name}: 1 MiB ${one.toFixed(1)} ms, x${(two / one).toFixed(1)} at 2, x${(four / one).toFixed(1)} at 4`,
    );
    expect(four).toBeLessThan(100 * one + 1000); // quadratic in the number of branches would be minutes
  });
});

test("the count notices a verifier that looks twice", () => {
  const counter = counting();
  const bytes = codeOf(MiB, [0x0200_0000]);
  verifyCode(bytes, counter.policy);
  verifyCode(bytes, counter.policy);
  expect(Math.abs(counter.checks() - MiB / 4)).toBeGreaterThan(4);
});
