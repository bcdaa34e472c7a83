// Look-aheads in look-aheads: untagged variants that are told apart at the end of their objects, and flattened maps,
// deep in each other. All of them together read the document a few times, not once per level.

import { describe, expect, test } from "vitest";
import type { FormatName } from "../../src/serde/ir/ops.ts";
import type { Node } from "../../src/serde/shape/node.ts";
import { best } from "./kit/growth.ts";
import { utf8 } from "./kit/show.ts";
import { byteByByte, inSteps, resultOf, subject, whole } from "./kit/subject.ts";
import { attr, enumOf, map, option, recursive, scalar, str, struct } from "./nodes.ts";

const u8 = scalar("u8");
const Choice = recursive((self) =>
  enumOf({ L: struct({ l: self }), R: struct({ l: self, r: u8 }), V: u8 }, { style: "untagged" }),
);
const Rest = recursive((self) => struct({ p: option(str), more: attr(map(str, self), { flatten: true }) }));

/** About `size` bytes, `depth` deep, the text in equal parts at every level. */
function nested(depth: number, size: number, leaf: string, more: string): string {
  const text = "x".repeat(size / depth);
  let inner = leaf;
  for (let i = 0; i < depth; i++) {
    inner = `{"l":${inner},"p":"${text}"${more}}`;
  }
  return inner;
}

const DEEP = { maxDepth: 1000 };
const any: Node = { kind: "any" };
const bytesOf = (format: FormatName, text: string): Uint8Array =>
  format === "json"
    ? utf8(text)
    : subject(any, format, DEEP).codec.encode(subject(any, "json", DEEP).codec.decode(utf8(text)));

const cases: [string, Node, string, string][] = [
  ["untagged", Choice, "1", ',"r":1'],
  ["flattened maps", Rest, "{}", ""],
];

describe.each(cases)("%s", (_, node, leaf, more) => {
  test.each(["json", "msgpack", "cbor"] as const)("%s", (format) => {
    const { codec } = subject(node, format, DEEP);
    const documents = [4, 300].map((depth) => bytesOf(format, nested(depth, 1 << 19, leaf, more)));
    const [shallow, deep] = documents.map((document) =>
      best(() => expect(codec.tryDecode(document).status).toBe("ok")),
    );
    // Read again at every level, it is 75 times as much.
    expect(deep! / shallow!).toBeLessThan(20);
  });

  test.each(["json", "msgpack", "cbor"] as const)(
    "%s, whole, in pieces and moved at every step",
    (format) => {
      const deep = subject(node, format);
      for (const depth of [3, 12, 21, 22, 40, 63, 64]) {
        const document = bytesOf(format, nested(depth, 100 * depth, leaf, more));
        const expected = whole(deep, document);
        expect(byteByByte(deep, document)).toBe(expected);
        expect(resultOf(inSteps(deep, "decode", document, new Array<number>(4 * depth).fill(1)))).toBe(
          expected,
        );
      }
    },
  );
});
