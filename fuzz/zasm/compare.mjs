// The comparison of two ended runs, field by field; each line of the answer names a field and both values.

import { REGISTERS } from "../../dist/zasm/isa/table.js";

export function differences(expected, found) {
  const list = [];
  const check = (field, a, b) => {
    if (a !== b) list.push(`${field}: interpreter ${shown(a)}, tiers ${shown(b)}`);
  };
  for (const field of ["status", "code", "pc", "fuel", "compare", "depth", "heap"])
    check(field, expected[field], found[field]);
  REGISTERS.forEach((name, i) => {
    check(name, expected.registers?.[i], found.registers?.[i]);
  });
  for (const field of ["stack", "live", "memory", "stdout", "stderr"]) {
    const [a, b] = [expected[field], found[field]];
    check(`${field} length`, a?.length, b?.length);
    if (a === undefined || b === undefined || Buffer.compare(bytesOf(a), bytesOf(b)) === 0) continue;
    const at = a.findIndex((value, i) => value !== b[i]);
    if (at >= 0) check(`${field} at ${at}`, a[at], b[at]);
  }
  return list;
}

const bytesOf = (array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
const shown = (value) => (typeof value === "bigint" ? `0x${value.toString(16)}` : String(value));
