// What the sections about the module engine share: loading a kernel, and running it with its result checked.

import { assemble } from "../dist/zasm/asm/index.js";
import { guestInput, guestResult } from "./kernels/index.mjs";

export function assembled(source) {
  const result = assemble(source);
  if (!result.ok) throw new Error(result.diagnostics.map((d) => `${d.line}: ${d.message}`).join("\n"));
  return result;
}

export function loaded(engine, bytes, policy) {
  const result = engine.load(bytes, policy);
  if (result.status !== "ok") throw new Error(`${result.code}: ${result.reason}`);
  return result.module;
}

/** Runs a kernel once. Gives its outcome, or the reason why this tier does not take it; a wrong result is thrown. */
export function checkedRun(kernel, module, n, tier, expected) {
  const instance = module.instantiate({ stdin: guestInput(n), tier });
  const outcome = instance.run();
  if (outcome.code === "tier.unavailable") return { unavailable: outcome.reason };
  if (outcome.status !== "ok")
    throw new Error(`${kernel.name} in ${tier}: ${outcome.code} ${outcome.reason}`);
  const result = guestResult(outcome.stdout);
  if (result !== expected) throw new Error(`${kernel.name} in ${tier}: ${result}, not ${expected}`);
  if (tier !== "auto" && outcome.tier !== tier)
    throw new Error(`${kernel.name}: ${outcome.tier}, not ${tier}`);
  return { instance, outcome };
}
