// Documents with a few bytes changed: every one is a value or one of our failures, and the same one whole, byte by byte
// and stopped before every instruction. For JSON the platform's own parser says what a document is.

import { deepStrictEqual } from "node:assert/strict";
import { describe, expect, test } from "vitest";
import { createCodec } from "../../src/serde/runtime/codec.ts";
import { CORPUS } from "./corpus.ts";

const SEED = 20_260_721;
/** Per shape and format. */
const MUTANTS = 40;
const SPICE = Uint8Array.from(Buffer.from('{}[]":,\\0-.eE1 \n\u0000tn'));

function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function mutate(document: Uint8Array, below: (n: number) => number): Uint8Array {
  const bytes = [...document];
  for (let edits = 1 + below(3); edits > 0; edits--) {
    const at = below(bytes.length + 1);
    switch (below(5)) {
      case 0:
        bytes.splice(at, 1 + below(4));
        break;
      case 1:
        bytes.splice(at, 0, SPICE[below(SPICE.length)]!);
        break;
      case 2:
        bytes.splice(at, 0, below(256));
        break;
      case 3:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
        break;
      default:
        bytes.splice(at, 0, ...bytes.slice(below(bytes.length + 1), below(bytes.length + 1)));
    }
  }
  return Uint8Array.from(bytes);
}

describe.each(["json", "postcard", "msgpack", "cbor"] as const)("%s", (format) => {
  test.each(CORPUS.filter(({ not }) => !not?.includes(format)))("$name", ({ node, values }) => {
    const codec = createCodec(node, format);
    const below = generator(SEED);
    const document = codec.encode(values.at(-1)).subarray(0, 4096);
    for (let i = 0; i < MUTANTS; i++) {
      const mutant = mutate(document, below);
      const whole = codec.tryDecode(mutant);
      const decoder = codec.decoder();
      for (let at = 0; at < mutant.length; ) {
        const end = Math.min(mutant.length, at + 1 + below(3));
        decoder.write(mutant.subarray(at, end));
        at = end;
      }
      deepStrictEqual(decoder.end(), whole, hexOf(mutant));
      if (whole.status === "ok") deepStrictEqual(codec.decode(codec.encode(whole.value)), whole.value);
      else expect(whole.offset, hexOf(mutant)).toBeLessThanOrEqual(mutant.length);
    }
  });
});

test("any reads exactly what JSON.parse reads", () => {
  const codec = createCodec({ kind: "any" }, "json");
  const below = generator(SEED);
  const seeds = CORPUS.filter(({ not }) => !not?.includes("json")).map(({ node, values }) =>
    createCodec(node, "json").encode(values.at(-1)).subarray(0, 600),
  );
  let accepted = 0;
  for (let i = 0; i < 8000; i++) {
    const mutant = mutate(seeds[below(seeds.length)]!, below);
    const result = codec.tryDecode(mutant);
    let expected: unknown;
    try {
      expected = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(mutant));
    } catch {
      expect(result.status, hexOf(mutant)).toBe("error");
      continue;
    }
    if (result.status === "error") {
      // Stricter than the platform: lone surrogates, and numbers beyond a double.
      expect(["lexical.invalid_unicode", "value.number_range"], hexOf(mutant)).toContain(result.code);
      continue;
    }
    accepted++;
    deepStrictEqual(rounded(result.value), rounded(expected), hexOf(mutant));
  }
  expect(accepted).toBeGreaterThan(800);
});

/** Integers the platform rounds, rounded. */
function rounded(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, rounded(part)]));
}

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex").slice(0, 400);
