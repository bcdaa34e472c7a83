// Reads orders from standard input while they arrive, refuses what is not of the shape, and converts the rest:
//
//   node examples/orders/orders.mjs < examples/orders/input.json
//   echo '[{"id": 1, "lines": [{"sku": "a", "qty": -1}]}]' | node examples/orders/orders.mjs

import { createCodec } from "sinter/codec";
import { s } from "sinter/shape";

const Order = s.struct(
  {
    id: s.u64(),
    note: s.option(s.string()),
    lines: s.list(s.struct({ sku: s.string(), qty: s.u32().default(1), cents: s.i64({ js: "number" }) })),
  },
  { denyUnknown: true },
);
const Orders = s.list(Order);

const json = createCodec(Orders, "json");
const postcard = createCodec(Orders, "postcard");

/** The orders in a stream of JSON, or what is wrong with it: known as soon as the bytes that are wrong are here. */
async function readOrders(pieces) {
  const decoder = json.decoder();
  for await (const piece of pieces) {
    const failure = decoder.write(piece);
    if (failure !== undefined) return failure;
  }
  return decoder.end();
}

const result = await readOrders(process.stdin);
if (result.status === "error") {
  const { line, column, path, reason, code } = result;
  console.error(`${line}:${column}: ${path}: ${reason} [${code}]`);
  process.exitCode = 1;
} else {
  for (const { id, note, lines } of result.value) {
    const cents = lines.reduce((sum, { qty, cents }) => sum + qty * cents, 0);
    console.log(
      `order ${id}: ${lines.length} lines, ${(cents / 100).toFixed(2)}${note === null ? "" : ` (${note})`}`,
    );
  }
  const bytes = postcard.encode(result.value);
  console.log(`${bytes.length} bytes of postcard: ${Buffer.from(bytes).toString("hex")}`);
}
