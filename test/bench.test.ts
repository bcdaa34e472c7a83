// The kernels of the benchmark, small: guests and plain JavaScript give the same results. Nothing here is timed.

import { expect, test } from "vitest";
import { BYTE_LOOPS, guestInput, guestResult, KERNELS } from "../bench/kernels/index.mjs";
import { Engine, type TierChoice } from "../src/index.ts";
import { assemble } from "../src/zasm/asm/index.ts";

const TIERS: readonly TierChoice[] = ["interp", "baseline", "opt", "auto"];
const engine = Engine.create();

function resultOf(source: string, n: number, tier: TierChoice, meter: boolean): bigint {
  const assembled = assemble(source);
  if (!assembled.ok) throw new Error(assembled.diagnostics.map((d) => `${d.line}: ${d.message}`).join("\n"));
  expect(assembled.warnings).toEqual([]);
  const outcome = engine.run(assembled.bytes, { stdin: guestInput(n), tier, policy: { meter } });
  expect(outcome).toMatchObject({ status: "ok", ...(tier === "auto" ? {} : { tier }) });
  return guestResult(outcome.stdout);
}

test("the kernels are the ones of the measurements", () => {
  expect(KERNELS.map(({ name }) => name)).toEqual(["k1", "k2", "k3", "k4a", "k4b", "k5", "k6a", "k6b"]);
});

for (const tier of TIERS) {
  test.each([...KERNELS, BYTE_LOOPS])(`$name, $title, in tier ${tier}`, ({ source, plain, tiny }) => {
    for (const n of [tiny, tiny + 1]) {
      expect(resultOf(source, n, tier, true)).toBe(plain(n));
      expect(resultOf(source, n, tier, false)).toBe(plain(n));
    }
    expect(plain(tiny + 1)).not.toBe(plain(tiny)); // a result that never changes would prove nothing
  });
}
