// Planted bugs: one per thing that is compared, and some where real ones would be: in the tables of exits, in the
// generated code. A campaign with any of them has to end with a difference.

import { packWord } from "../../dist/zasm/isa/fields.js";

const flipped = (array) => {
  const copy = array.slice();
  copy[copy.length - 1] ^= 1;
  return copy;
};
/** Observed runs in which `field` is there, and not empty, get another one. */
const field = (name, change) => ({
  observed: (o) => (o[name] === undefined || o[name].length === 0 ? o : { ...o, [name]: change(o[name]) }),
});
const register = (index) =>
  field("registers", (values) => values.map((value, i) => (i === index ? value ^ (1n << 63n) : value)));
const table = (name, change) => ({ sites: (sites) => ({ [name]: sites[name].map(change) }) });
/** Compiled code has `to` where the module has `from`. */
const swapped = (from, to) => ({
  module: (module) => ({
    ...module,
    code: module.code.map((word, i) => {
      const isStart = (module.starts[i >> 3] & (1 << (i & 7))) !== 0;
      return isStart && word >>> 24 === from ? packWord(to, 0, 0, 0, 0) | (word & 0xff_ffff) : word;
    }),
  }),
});

export const PLANTS = {
  status: field("status", (status) => (status === "ok" ? "trap" : "ok")),
  code: field("code", (code) => (code === "oob" ? "abi" : code)),
  pc: field("pc", (pc) => pc + 4),
  fuel: field("fuel", (fuel) => fuel + 1),
  compare: field("compare", (compare) => compare ^ 1),
  depth: field("depth", (depth) => depth + 1),
  heap: field("heap", (heap) => heap + 8),
  HL: register(0),
  DE: register(1),
  A: register(2),
  BC: register(3),
  IX: register(4),
  stack: field("stack", flipped),
  live: field("live", flipped),
  memory: field("memory", flipped),
  stdout: field("stdout", flipped),
  stderr: field("stderr", flipped),
  "short stdout": field("stdout", (bytes) => bytes.subarray(1)),
  "exit pc": table("pc", (pc) => pc + 4),
  "exit refund": table("refund", (units) => units + 1),
  "exit level": table("level", (level) => Math.max(0, level - 1)),
  "native trap pc": table("trapPc", (pc) => pc + 4),
  "XOR for OR": swapped(0x18, 0x19),
  "ST8 for ST16": swapped(0x82, 0x80),
  "INC for DEC": swapped(0x06, 0x05),
};
