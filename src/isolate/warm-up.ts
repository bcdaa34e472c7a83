// What a thread runs before its first guest, so that the guest does not pay for the engine's own first time: verifier,
// interpreter, compiler and host calls are parsed and touched once each.

import type { Engine } from "../zasm/runtime/engine.ts";

/**
 * The module of
 *
 *     LD A, 40
 *   again:
 *     LD BC, 64
 *     LD DE, 1
 *     ST64 (BC), A
 *     LD64 HL, (BC)
 *     SUB A, DE
 *     CP A, 0
 *     JR GT, again
 *     LD HL, 8
 *     LD DE, 1
 *     CALL _out
 *     RET
 */
const MODULE =
  "5a415342020000006c00000028000000010000000000000000000000000000000000000000000000434f44453c0000003000" +
  "0000000000000000000028002070400030700100107000202386003003760010221100002208fa0f05020800007001001070" +
  "000000f100000001";

/** Runs it in every tier the engine has; gives the outcomes. Nothing stays in the code cache. */
export function warmUp(engine: Engine) {
  const bytes = Uint8Array.from(MODULE.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const policy = { memSize: 4096, codeCache: "off", meter: true } as const;
  return (["interp", "baseline", "opt"] as const).map((tier) =>
    engine.run(bytes, { policy, tier, stdout: () => {} }),
  );
}
