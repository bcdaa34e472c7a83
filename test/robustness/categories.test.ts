// The contract's categories of failure: each is reached by a small module, and told from the others. Then the two
// failures no module can bring about alone: too little native stack, and a bug of ours.

import { describe, expect, test } from "vitest";
import { isFailure } from "../../src/core/errors.ts";
import { type Policy, resolvePolicy } from "../../src/core/policy.ts";
import { Engine, type Outcome, type PolicyInput } from "../../src/index.ts";
import { EngineContext } from "../../src/zasm/runtime/context.ts";
import { Instance } from "../../src/zasm/runtime/instance.ts";
import { resolveOptions } from "../../src/zasm/runtime/options.ts";
import { type VerifiedModule, verifyModule } from "../../src/zasm/verify/verify.ts";
import { outcomeProblems } from "./outcome-schema.ts";
import { build, codeOnly, dataPayload, type RawModule, RET, section, u32s, word } from "./raw-module.ts";

const engine = Engine.create();

/** A reject, trap or error, as the engine reports it. */
function failed(module: RawModule, policy?: PolicyInput): Exclude<Outcome, { status: "ok" }> {
  const outcome = engine.run(build(module).bytes, policy === undefined ? {} : { policy });
  expect(outcomeProblems(outcome)).toEqual([]);
  if (outcome.status === "ok") throw new Error("nothing failed");
  return outcome;
}

const LD = (rd: number, value: number) => word(0x70, rd, 0, 0, value);
const having = (tag: string, bytes: Uint8Array, ...words: number[]): RawModule => {
  const module = codeOnly(...words, RET);
  module.sections.push(section(tag, bytes));
  return module;
};
const badMagic = (): RawModule => ({ ...codeOnly(RET), header: { magic: 0 } });

type Reached = readonly [code: string, module: RawModule, policy?: PolicyInput];
const BY_CATEGORY: Record<string, readonly Reached[]> = {
  // z[verify vm.error.category.decode]
  decode: [
    ["container.bad_magic", badMagic()],
    ["verify.bad_fields", codeOnly(word(0x01, 1))],
    ["verify.truncated", codeOnly(word(0x70, 0, 0, 0, -2048))],
    ["trap.decode", codeOnly(LD(0, 0))],
  ],
  // z[verify vm.error.category.oob] z[verify vm.safety.bounds] z[verify vm.conformance.negative-oob]
  oob: [
    ["trap.oob", codeOnly(LD(0, -1), word(0x71, 0), RET)],
    ["trap.oob", codeOnly(LD(0, -4), word(0x84, 0), RET)],
    ["data.out_of_bounds", having("DATA", dataPayload([0xffff_ffff, "x"]))],
  ],
  // z[verify vm.error.category.div0] z[verify vm.conformance.negative-div0]
  div0: [0x13, 0x14, 0x15, 0x16, 0x23, 0x24, 0x25, 0x26].map(
    (opcode) => ["trap.div0", codeOnly(word(opcode, 0, 0, 2), RET)] as const,
  ),
  // z[verify vm.error.category.unsupported]
  unsupported: [
    ["verify.bad_opcode", codeOnly(word(0x09))],
    ["verify.bad_opcode", codeOnly(word(0xf0)), { allowPrimitives: false }],
    ["policy.unsupported_target", codeOnly(RET), { target: "arm64" }],
    ["policy.unsupported", codeOnly(RET), { strict: true, allowEnv: true }],
  ],
  // z[verify vm.error.category.abi] z[verify vm.safety.abi-arguments] z[verify vm.conformance.negative-abi]
  abi: [
    ["trap.abi", codeOnly(LD(0, 0), LD(1, 5), word(0xf1), RET), { strict: true }],
    ["verify.impt_mismatch", having("IMPT", u32s(0, 0), word(0xf1))],
  ],
  // z[verify vm.error.category.resource-memory] z[verify vm.error.category.resource-fuel]
  resource: [
    ["container.mem_unmet", having("MEM ", u32s(0x7fff_ffff, 0))],
    ["trap.oom", codeOnly(word(0x70, 0, 0, 0, -2048), 0x7000_0000, word(0xf3), RET), { strict: true }],
    ["trap.fuel", codeOnly(word(0x02)), { fuel: 100 }],
    ["trap.call_depth", codeOnly(word(0x00))],
    ["trap.output_limit", codeOnly(LD(0, 8), LD(1, 8), word(0xf1), RET), { maxOutputBytes: 7 }],
    ["container.too_large", codeOnly(RET), { maxFileLen: 63 }],
  ],
};

// z[verify vm.error.structured] z[verify vm.safety.violation-traps] z[verify vm.output.diagnostics]
describe("the contract's categories", () => {
  const rows = Object.entries(BY_CATEGORY).flatMap(([category, reached]) =>
    reached.map(([code, module, policy]) => ({ category, code, module, policy })),
  );
  test.each(rows)("$category: $code", ({ category, code, module, policy }) => {
    expect(failed(module, policy)).toMatchObject({ code, category });
  });

  test("are six, and no code is in two", () => {
    expect(Object.keys(BY_CATEGORY)).toHaveLength(6);
    const categories = new Map<string, Set<string>>();
    for (const { code, category } of rows) {
      categories.set(code, (categories.get(code) ?? new Set()).add(category));
    }
    for (const [code, found] of categories) expect([...found], code).toHaveLength(1);
  });
});

test("a bug of ours is an error with the place, not an exception and not the guest's fault", () => {
  const verified = verifyModule(
    build(codeOnly(LD(0, 1), RET)).bytes,
    resolvePolicy({ meter: true }) as Policy,
  );
  if (isFailure(verified)) throw new Error(verified.code);
  // What no verifier lets through: an unknown instruction in the middle.
  const code = Int32Array.from(verified.code, (w, i) => (i === 1 ? 0x0f00_0000 : w));
  const broken = { ...verified, code } as VerifiedModule;
  const outcome = Instance.create(broken, {}, new EngineContext(resolveOptions({ tier: "interp" }))).run();
  expect(outcome).toMatchObject({ status: "error", code: "internal", category: "internal" });
  expect(outcome).not.toHaveProperty("stack");
  expect(outcomeProblems(outcome)).toEqual(["a bug of the engine"]);
});

test("a run for which little native stack is left is refused before its first instruction (D9)", () => {
  const loaded = engine.load(build(codeOnly(LD(0, 1), RET)).bytes, { meter: true });
  if (loaded.status !== "ok") throw new Error(loaded.code);
  /** Recurses as deep as it goes; the deepest call from which anything comes back gives the outcome. */
  const deep = (): Outcome => {
    try {
      return deep();
    } catch {
      return loaded.module.instantiate().run();
    }
  };
  expect(deep()).toMatchObject({ status: "error", code: "host.stack", fuelUsed: 0, deterministic: false });
  expect(loaded.module.instantiate().run()).toMatchObject({ status: "ok", fuelUsed: 2 });
});
