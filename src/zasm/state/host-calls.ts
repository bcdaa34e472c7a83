// The one surface between an executor and the host side of F0 to F5. Every tier calls exactly this.

import type { Exit, StateBlock } from "./block.ts";

export interface HostCalls {
  /**
   * Performs primitive `index` (0 = in … 5 = ctl) for the run in `block`: it reads registers and memory there,
   * and writes HL and memory. Gives `EXIT.returned` to go on, or the exit to take, with HL unchanged.
   */
  call(index: number, block: StateBlock): Exit;
  /** Bytes the last successful call moved, for its fuel charge of moved / 64 (D10). */
  readonly moved: number;
}
