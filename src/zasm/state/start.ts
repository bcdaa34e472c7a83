// The state a run starts in, before the first instruction of any tier (S9, D13).

import type { VerifiedModule } from "../verify/verify.ts";
import type { StateBlock } from "./block.ts";

// z[impl vm.determinism.same-in-same-out] z[impl vm.goal.deterministic]
/**
 * Prepares a fresh block: HL and DE hold the two handles, everything else is 0; DATA is in memory; the heap starts
 * after it; pc stands at word `entry`.
 */
export function placeProgram(block: StateBlock, module: VerifiedModule, entry: number, fuel: number): void {
  let dataEnd = 16;
  for (const { dst, bytes } of module.data) {
    block.memory.set(bytes, dst);
    dataEnd = Math.max(dataEnd, dst + bytes.length);
  }
  block.heap = Math.ceil(dataEnd / 8) * 8;
  block.u64[0] = BigInt(module.policy.reqHandle);
  block.u64[1] = BigInt(module.policy.resHandle);
  block.fuel = fuel;
  block.pc = entry * 4;
}
