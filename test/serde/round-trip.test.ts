// Every shape of the corpus, in every format: there and back, one byte at a time, and cut at every length.

import { deepStrictEqual } from "node:assert/strict";
import { describe, expect, test } from "vitest";
import type { FormatName } from "../../src/serde/ir/ops.ts";
import { opAt } from "../../src/serde/ir/program.ts";
import { createCodec } from "../../src/serde/runtime/codec.ts";
import { Extension } from "../../src/serde/shape/any.ts";
import type { Node } from "../../src/serde/shape/node.ts";
import { CORPUS } from "./corpus.ts";
import { show } from "./kit/show.ts";
import { FORMATS } from "./kit/subject.ts";
import { list, map, scalar, set, str, u32 } from "./nodes.ts";

const used = new Set<string>();

describe.each(FORMATS)("%s", (format) => {
  describe.each(CORPUS.filter(({ not }) => !not?.includes(format)))("$name", ({ node, values, json }) => {
    const codec = createCodec(node, format);
    for (const direction of ["decode", "encode"] as const) {
      const program = codec.program(direction);
      for (let pc = 0; pc < program.codeBytes; pc += 16) used.add(opAt(program, pc)?.mnemonic ?? "");
    }

    test("there and back", () => {
      for (const value of values) deepStrictEqual(codec.decode(codec.encode(value)), value);
      if (format === "json" && json !== undefined) expect(text(codec.encode(values[0]))).toBe(json);
    });

    test("one byte at a time", () => {
      for (const value of values.slice(0, 4)) {
        const document = codec.encode(value);
        const decoder = codec.decoder();
        for (const byte of document) expect(decoder.write(Uint8Array.of(byte))).toBeUndefined();
        deepStrictEqual(decoder.end(), { status: "ok", value });
      }
    });

    test("cut anywhere", () => {
      for (const value of values.slice(0, 3)) {
        const document = codec.encode(value);
        const step = Math.ceil(document.length / 60);
        for (let length = 0; length < document.length; length += step) {
          const result = codec.tryDecode(document.subarray(0, length));
          // The digits of a number at the root are a number before the last one.
          if (format === "json" && length > 0 && /^-?[0-9]/.test(text(document))) continue;
          expect(result).toMatchObject({ status: "error", code: "lexical.eof", offset: length });
        }
      }
    });
  });
});

/** What only some formats have. */
const EXTENSIONS: Readonly<Record<FormatName, readonly [string, Node, (length: number) => unknown][]>> = {
  json: [],
  postcard: [],
  msgpack: [["extension", { kind: "any" }, (n) => new Extension(-5, new Uint8Array(n).fill(3))]],
  cbor: [
    ["big number", { kind: "any" }, (n) => (n > 380 ? null : 2n ** BigInt(8 * n))],
    ["big number below zero", { kind: "any" }, (n) => (n > 380 ? null : -(2n ** BigInt(8 * n)) - 1n)],
  ],
};

describe.each(FORMATS)("%s, lengths around every width of a head", (format) => {
  const LENGTHS = [0, 1, 15, 16, 23, 24, 31, 32, 127, 128, 255, 256, 16_383, 16_384, 65_535, 65_536];
  test.each<[string, Node, (length: number) => unknown]>([
    ["text", str, (n) => "x".repeat(n)],
    ["text of two bytes a character", str, (n) => "é".repeat(n)],
    ["bytes", scalar("bytes"), (n) => new Uint8Array(n).fill(7)],
    ["list", list(scalar("bool")), (n) => new Array<boolean>(n).fill(true)],
    ["typed list", list(scalar("u8"), true), (n) => new Uint8Array(n).fill(9)],
    ["set", set(u32), (n) => new Set(Array.from({ length: n }, (_, i) => i))],
    ["map", map(u32, scalar("unit")), (n) => new Map(Array.from({ length: n }, (_, i) => [i, null]))],
    ...EXTENSIONS[format],
  ])("%s", (_, node, make) => {
    const codec = createCodec(node, format);
    for (const length of LENGTHS) {
      const value = make(length);
      expect(show(codec.decode(codec.encode(value)))).toBe(
        show(typeof value === "bigint" ? plain(value) : value),
      );
    }
  });
});
/** As `any` gives integers. */
const plain = (value: bigint): unknown => (Number.isSafeInteger(Number(value)) ? Number(value) : value);

test("the corpus uses every instruction there is but those that only fail", () => {
  for (const verb of [
    "json.key",
    "json.probe",
    "json.seq",
    "postcard.case",
    "box",
    "call",
    "const",
    "json.name",
  ]) {
    expect(used).toContain(verb);
  }
});

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
