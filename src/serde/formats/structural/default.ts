// What stands for an absent field.

import type { Assembler } from "../../ir/assembler.ts";
import { type Layout, type Place, shiftBit } from "../../layout/layout.ts";
import type { Constant } from "../../shape/node.ts";
import { type CaptureConstant, constantTable } from "../constants.ts";

/** Writes a default: nothing for none, else the value and its some bit. */
export function emitDefault(
  out: Assembler,
  layout: Layout,
  place: Place,
  base: number,
  value: Constant,
  capture: CaptureConstant,
): void {
  if (place.some >= 0 && (value === null || value === undefined)) return;
  const captured = capture(place, layout, value);
  out.emit("neutral", "const", { a: base + place.slot, b: constantTable(out, captured) });
  if (place.some >= 0) out.emit("neutral", "mark", { a: shiftBit(place.some, base) });
}
