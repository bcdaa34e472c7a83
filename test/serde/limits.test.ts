// Every limit, lowered until it bites: the answer is that of the limit or the one without it, the same for every way to
// feed and for a codec that has seen larger documents; and what a limit allows, a higher one allows too.

import { describe, expect, test } from "vitest";
import { EXIT, interpret } from "../../src/serde/interp/run.ts";
import { createCodec } from "../../src/serde/runtime/codec.ts";
import { createTranscoder } from "../../src/serde/runtime/transcode.ts";
import type { Node } from "../../src/serde/shape/node.ts";
import { type Limits, StateBlock } from "../../src/serde/state/block.ts";
import { CORPUS } from "./corpus.ts";
import { DOCUMENTS, documentBytes } from "./documents.ts";
import { hex, showResult } from "./kit/show.ts";
import { byteByByte, FORMATS, LIMITS, type Subject, subject, trySubject, whole } from "./kit/subject.ts";
import { enumOf, list, map, Order, option, scalar, str, struct, u32 } from "./nodes.ts";

const code = (result: string): string => /^error (\S+)/.exec(result)?.[1] ?? "ok";

/** 1, 2, … then in steps of a quarter. */
function* rising(most: number): Generator<number> {
  for (let limit = 1; limit <= most; limit += Math.max(1, limit >> 2)) yield limit;
}

/** Raises one limit until `result` is the one without it. How many limits were too low. */
function raise(
  name: keyof Limits,
  at: (limits: Partial<Limits>) => Subject | undefined,
  free: string,
  result: (subject: Subject) => string,
): number {
  let bites = 0;
  for (const limit of rising(1 << 16)) {
    const it = at({ [name]: limit });
    const found = it === undefined ? ROOT_ALONE : result(it);
    if (found === free) {
      expect(result(at({ [name]: 2 * limit })!)).toBe(free);
      return bites;
    }
    expect(`${name} ${limit} ${code(found)}`).toBe(`${name} ${limit} resource.${CODES[name]}`);
    bites += 1;
  }
  throw new Error(`${name}: never enough`);
}
/** Not even the record of the root fits, so there is no codec. */
const ROOT_ALONE = "error resource.memory_limit";
const CODES: Readonly<Record<keyof Limits, string>> = {
  maxDepth: "depth_limit",
  maxMemory: "memory_limit",
  maxElements: "element_limit",
  maxOutputBytes: "output_limit",
  maxDocumentBytes: "document_limit",
  maxNumberDigits: "digit_limit",
};

const decoded = (document: Uint8Array) => (it: Subject) => {
  const result = whole(it, document);
  expect(byteByByte(it, document)).toBe(result);
  // Once more, over a block that has grown.
  it.codec.tryDecode(document);
  expect(whole(it, document)).toBe(result);
  return result;
};
const encoded = (value: unknown) => (it: Subject) => {
  const result = showResult(it.codec.tryEncode(value));
  expect(showResult(it.codec.tryEncode(value))).toBe(result);
  return result;
};

/** Bytes; more only takes time. */
const LONGEST = 400;

const bites: Record<string, number> = {};
const count = (name: string, more: number) => {
  bites[name] = (bites[name] ?? 0) + more;
};

describe.each(FORMATS)("%s", (format) => {
  test.each(CORPUS.filter(({ not }) => !not?.includes(format)))("$name", ({ node, values }) => {
    const at = (limits: Partial<Limits>) => trySubject(node, format, limits);
    const value = values.at(-1);
    const document = at({})!.codec.encode(value);
    if (document.length > LONGEST) return;
    const free = whole(at({})!, document);
    for (const name of ["maxMemory", "maxElements", "maxDepth", "maxDocumentBytes"] as const) {
      count(`${name} decode`, raise(name, at, free, decoded(document)));
    }
    for (const name of ["maxMemory", "maxElements", "maxDepth", "maxOutputBytes"] as const) {
      const least = raise(name, at, `ok ${hex(document)}`, encoded(value));
      count(`${name} encode`, least);
    }
    expect(showResult(at({ maxOutputBytes: document.length || 1 })!.codec.tryEncode(value))).toBe(
      `ok ${hex(document)}`,
    );
  });

  test.each(DOCUMENTS.filter((it) => it.format === format))("$name", ({ node, good }) => {
    if (trySubject(node, format) === undefined) return; // said by boundaries.test.ts
    const at = (limits: Partial<Limits>) => trySubject(node, format, limits);
    for (const text of good) {
      const document = documentBytes(format, text);
      const free = whole(at({})!, document);
      for (const name of ["maxMemory", "maxElements", "maxDepth"] as const) {
        count(`${name} decode`, raise(name, at, free, decoded(document)));
      }
    }
  });
});

test("a codec is no more generous for having seen a larger document", () => {
  for (const format of FORMATS) {
    for (const [node, of] of [
      [list(str), (n: number) => ["x".repeat(n)]],
      [list(str), (n: number) => ["é".repeat(n)]],
      [list(str), (n: number) => Array.from({ length: n }, () => "\n")],
      [list(list(u32)), (n: number) => [Array.from({ length: n }, (_, i) => i)]],
      [scalar("bytes"), (n: number) => new Uint8Array(n)],
    ] as const) {
      const free = subject(node, format).codec;
      const documents = Array.from({ length: 40 }, (_, i) => free.encode(of(40 * i)));
      const alone = documents.map((document) =>
        subject(node, format, { maxMemory: 1000 }).codec.tryDecode(document),
      );
      const one = subject(node, format, { maxMemory: 1000 }).codec;
      const together = documents.map((document) => one.tryDecode(document));
      expect(together.map(showResult)).toEqual(alone.map(showResult));
      const values = Array.from({ length: 40 }, (_, i) => of(40 * i));
      const fresh = values.map((value) => subject(node, format, { maxMemory: 1000 }).codec.tryEncode(value));
      expect(values.map((value) => showResult(one.tryEncode(value)))).toEqual(fresh.map(showResult));
    }
  }
});

test("a root that is over the limit is refused when the codec is made", () => {
  const wide = struct(Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`f${i}`, option(u32)])));
  const limits = (maxMemory: number) => ({ limits: { maxMemory } });
  const refused = expect.objectContaining({ code: "load.unsupported" });
  for (const format of FORMATS) {
    const least = 8 * createCodec(wide, format).program("decode").rootCells;
    expect(() => createCodec(wide, format, limits(least - 1))).toThrow(refused);
    expect(() => createTranscoder(wide, format, "none", limits(least - 1))).toThrow(refused);
    expect(createCodec(wide, format, limits(least)).tryEncode({}).status).toBe("ok");
  }
});

describe("a decoded document takes at most 64 bytes for each of its own", () => {
  const FREE = 1 << 20; // frames, and what regions start with
  const lines = { lines: Array.from({ length: 8 }, (_, i) => ({ sku: `sku-${i}`, qty: i, price: i / 3 })) };
  const repeated = <T>(item: T, bytes: number): T[] =>
    new Array<T>(Math.ceil(bytes / JSON.stringify(item).length)).fill(item);
  const LARGE = { maxMemory: 1 << 28, maxDocumentBytes: 1 << 24, maxOutputBytes: 1 << 24 };
  test.each<[string, Node, unknown]>([
    ["orders", list(Order), { id: 1, customer: "Ann", note: null, ...lines }],
    ["numbers", list(u32), 1],
    ["numbers of any", { kind: "any" }, 1],
    ["objects of any", { kind: "any" }, { a: 1, b: [true, null], c: "text" }],
    ["short texts", list(str), "é\n"],
    ["empty lists", list(list(u32)), []],
    ["variants", list(enumOf({ A: u32, B: str })), { kind: "A", value: 1 }],
    ["keys", list(map(str, u32)), new Map([["k", 1]])],
  ])("%s", (_, node, item) => {
    for (const format of FORMATS) {
      const it = trySubject(node, format, LARGE);
      if (it === undefined) continue; // postcard has no any
      const document = it.codec.encode(repeated(item, 1 << 19));
      const block = new StateBlock({ ...LIMITS, ...LARGE }, { document: 0, output: 0, cells: 64 });
      block.setDocument(document);
      block.begin(it.codec.program("decode"));
      expect(interpret(it.codec.program("decode"), block)).toBe(EXIT.done);
      const size = block.buffer.byteLength;
      expect(`${format} ${size <= FREE + 64 * document.length} ${size}`).toBe(`${format} true ${size}`);
    }
  });
});

test("the comparison sees a limit that is not held, and one that is another", () => {
  const at = (limits: Partial<Limits>) => trySubject(u32, "json", limits);
  expect(() => raise("maxMemory", at, "ok 1", () => "ok 2")).toThrow("memory_limit");
  expect(() => raise("maxMemory", at, "ok 1", () => "error resource.depth_limit")).toThrow("memory_limit");
  expect(() => raise("maxMemory", at, "ok 1", () => "error resource.memory_limit")).toThrow("never enough");
});

test("every limit did bite, everywhere", () => {
  console.log(bites);
  expect(Object.keys(bites).length).toBe(8);
  for (const [name, times] of Object.entries(bites)) expect(times, name).toBeGreaterThan(30);
});
