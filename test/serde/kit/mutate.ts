// Documents with a few bytes changed.

import type { Dice } from "../oracles/json.ts";

/** What formats give a meaning to. */
const SPICE = Uint8Array.from(Buffer.from('{}[]":,\\0-.eE1 \n\0tn\u007f\u0080', "latin1"));

/** One to three edits. */
export function mutated(document: Uint8Array, roll: Dice): Uint8Array {
  const bytes = [...document];
  for (let edits = 1 + roll(3); edits > 0; edits--) {
    const at = roll(bytes.length + 1);
    switch (roll(7)) {
      case 0:
        bytes.splice(at, 1 + roll(4));
        break;
      case 1:
        bytes.splice(at, 0, SPICE[roll(SPICE.length)]!);
        break;
      case 2:
        bytes.splice(at, 0, roll(256));
        break;
      case 3:
        bytes[at] = roll(256);
        break;
      case 4:
        bytes.length = at;
        break;
      case 5:
        bytes.splice(at, 0, ...bytes.slice(roll(bytes.length + 1), roll(bytes.length + 1)));
        break;
      default:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << roll(8));
    }
  }
  return Uint8Array.from(bytes);
}
