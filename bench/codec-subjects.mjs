// What the codec benchmark reads and writes: documents of several kinds and sizes, the shape of each, and the platform's
// way to do the same.

import { s } from "../dist/serde/shape/index.js";

const line = s.struct({ sku: s.string(), qty: s.u32(), price: s.f64() });
const order = s.struct({
  id: s.u32(),
  customer: s.string(),
  email: s.string(),
  paid: s.bool(),
  note: s.option(s.string()),
  lines: s.list(line),
});
const small = s.struct({ id: s.u32(), name: s.string(), active: s.bool(), score: s.f64() });

const smallValue = (i) => ({ id: i, name: `user ${i}`, active: i % 3 === 0, score: i / 4 });
const orderValue = (i) => ({
  id: i,
  customer: ["Ann Lee", "Zoë Å", "Bob"][i % 3],
  email: `c${i}@example.org`,
  paid: i % 2 === 0,
  note: i % 4 === 0 ? 'leave at the "door"' : null,
  lines: Array.from({ length: 3 + (i % 4) }, (_, k) => ({
    sku: `SKU-${i}-${k}`,
    qty: k + 1,
    price: 9.5 * (k + 1),
  })),
});
const many = (count, make) => Array.from({ length: count }, (_, i) => make(i));

/** `atMost`: of the time of `JSON.parse(buf.toString())`, in decode. */
export const SUBJECTS = [
  { name: "small objects", shape: small, values: many(64, smallValue), atMost: 3, aim: 1.5 },
  { name: "orders", shape: order, values: many(64, orderValue), atMost: 3, aim: 1.5 },
  {
    name: "list of orders",
    shape: s.list(order),
    values: many(4, (i) => many(50, (k) => orderValue(50 * i + k))),
    atMost: 3,
    aim: 1.5,
  },
  {
    name: "integers",
    shape: s.list(s.u32()),
    values: many(4, (i) => many(2000, (k) => (k * 2654435761 + i) >>> 0)),
    atMost: 4,
  },
  {
    name: "doubles of 17 digits",
    shape: s.list(s.f64()),
    values: many(4, (i) => many(2000, (k) => Math.sin(k + i))),
    atMost: 4,
  },
  {
    name: "short doubles",
    shape: s.list(s.f64()),
    values: many(4, (i) => many(2000, (k) => ((k * 37 + i) % 10000) / 100)),
    atMost: 4,
  },
  {
    name: "text, not ASCII",
    shape: s.list(s.string()),
    values: many(4, (i) => many(200, (k) => `line ${i} of ${k}: é ${"x".repeat(k % 90)}`)),
  },
];

/** Orders, `bytes` long or a little more. */
export function ordersOf(bytes) {
  const values = [];
  for (let size = 0, i = 0; size < bytes; i++) {
    values.push(orderValue(i));
    size += JSON.stringify(values[i]).length + 1;
  }
  return { shape: s.list(order), value: values };
}

/** A shape nobody has seen: `i` is in its names. */
export const newShape = (i) =>
  s.struct(
    Object.fromEntries([
      ...many(12, (k) => [`f${i}_${k}`, [s.u32(), s.string(), s.option(s.f64()), s.list(line)][k % 4]]),
      [`deep${i}`, order],
    ]),
  );
