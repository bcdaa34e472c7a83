// Programs are values: the same shape gives the same bytes, and positions name instructions.

import { expect, test } from "vitest";
import { Order, option, str, struct, u32 } from "../../../test/serde/nodes.ts";
import { createCodec } from "../runtime/codec.ts";
import { RECORD_BYTES } from "./ops.ts";
import { opAt, positionOf, strideAt } from "./program.ts";

const decode = createCodec(Order, "json").program("decode");

test("Order in JSON is what the design page says", () => {
  const lines: string[] = [];
  for (let pc = 0; pc < decode.codeBytes; pc += strideAt(decode, pc)) {
    lines.push(`${positionOf(decode, pc)} ${opAt(decode, pc)?.mnemonic} ${decode.paths[pc / RECORD_BYTES]}`);
  }
  expect(lines).toMatchInlineSnapshot(`
    [
      "f0:b0:0 json.obj ",
      "f0:b0:1 json.key ",
      "f0:b1:0 json.get .id",
      "f0:b1:1 json.key ",
      "f0:b2:0 json.get .customer",
      "f0:b2:1 json.key ",
      "f0:b3:0 json.opt .note",
      "f0:b3:1 json.get .note",
      "f0:b4:0 json.key ",
      "f0:b5:0 json.list .lines",
      "f0:b5:1 json.obj ",
      "f0:b5:2 json.key ",
      "f0:b6:0 json.get .sku",
      "f0:b6:1 json.key ",
      "f0:b7:0 json.get .qty",
      "f0:b7:1 json.key ",
      "f0:b8:0 json.get .price",
      "f0:b8:1 json.key ",
      "f0:b9:0 json.next ",
      "f0:b10:0 json.key ",
      "f0:b11:0 json.end ",
    ]
  `);
});

test("digests tell programs apart, and only programs", () => {
  expect(createCodec(Order, "json").program("decode").digest()).toBe(decode.digest());
  const others = [
    createCodec(Order, "json").program("encode"),
    createCodec(Order, "cbor").program("decode"),
    createCodec(Order, "cbor", { deterministic: true }).program("decode"),
    createCodec(struct({ id: u32, customer: str, note: option(str) }), "json").program("decode"),
  ];
  expect(new Set([decode, ...others].map((program) => program.digest())).size).toBe(5);
});
