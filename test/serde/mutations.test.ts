// Documents cut at every length and with bits flipped: a typed error or a valid value, nothing else, and the same for
// every way to feed and to stop; where somebody independent can tell, the answer he gives.

import { deepStrictEqual } from "node:assert/strict";
import { describe, expect, test } from "vitest";
import { SEED } from "../seed.ts";
import { CORPUS } from "./corpus.ts";
import { DOCUMENTS, documentBytes } from "./documents.ts";
import {
  checkAcross,
  checkDocument,
  checkValue,
  disagreement,
  PLANTED,
  WAYS,
  type Ways,
} from "./kit/checks.ts";
import { mutated } from "./kit/mutate.ts";
import { dice } from "./kit/random.ts";
import { hex, showResult, utf8 } from "./kit/show.ts";
import { FORMATS, type Subject, subject, trySubject } from "./kit/subject.ts";
import { list, Order, scalar, struct, tuple, u32 } from "./nodes.ts";
import { isJson } from "./oracles/json.ts";

/** Of a document, of each kind. */
const MUTANTS = 40;
const LONGEST = 400;

const mutants = function* (document: Uint8Array, seed: number): Generator<Uint8Array> {
  const roll = dice(seed);
  const step = Math.max(1, Math.floor(document.length / MUTANTS));
  for (let length = 0; length < document.length; length += step) yield document.slice(0, length);
  for (let i = 0; i < MUTANTS && document.length > 0; i++) yield mutated(document, roll);
  yield Uint8Array.from([...document, 0]);
  yield Uint8Array.from([...document, 0x20]);
};

describe.each(FORMATS)("%s", (format) => {
  const counts = { ok: 0, error: 0 };
  const checkAll = (it: Subject, document: Uint8Array, seed: number) => {
    const roll = dice(seed);
    for (const mutant of mutants(document, seed)) {
      expect(`${hex(mutant)} ${checkDocument(it, mutant, roll)}`).toBe(`${hex(mutant)} undefined`);
      counts[it.codec.tryDecode(mutant).status] += 1;
    }
  };

  test.each(CORPUS.filter(({ not }) => !not?.includes(format)))("$name", ({ node, values, name }) => {
    const it = subject(node, format);
    for (const [i, value] of values.slice(0, 3).entries()) {
      const document = it.codec.encode(value);
      if (document.length <= LONGEST) checkAll(it, document, SEED + i + name.length);
    }
  });

  test.each(DOCUMENTS.filter((documents) => documents.format === format))("$name", ({ node, good, bad }) => {
    const it = trySubject(node, format);
    if (it === undefined) return; // said by boundaries.test.ts
    for (const text of [...good, ...bad]) checkAll(it, documentBytes(format, text), SEED);
  });

  test("there were many of both", () => {
    console.log(`${format}: ${counts.ok} mutants are values, ${counts.error} are errors`);
    expect(counts.ok).toBeGreaterThan(300);
    expect(counts.error).toBeGreaterThan(1500);
  });
});

describe("anything at all as JSON", () => {
  const raw = subject(scalar("raw"), "json");
  const skipped = subject(struct({}), "json");
  const any = subject({ kind: "any" }, "json");
  const PIECES = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"a"',
    '"\\u12',
    '"',
    "1",
    "-",
    "0.5",
    "e3",
    "null",
    "tru",
    " ",
    "\\",
    "é",
  ];

  test("is accepted by read, skipped and undecoded alike, as JSON.parse accepts it", () => {
    const roll = dice(SEED);
    const seen = { ok: 0, error: 0 };
    for (let i = 0; i < 20_000; i++) {
      const text = Array.from({ length: 1 + roll(9) }, () => PIECES[roll(PIECES.length)]).join("");
      const document = utf8(text);
      const accepted = isJson(document) ? "ok" : "error";
      seen[accepted] += 1;
      for (const { codec } of [raw, any])
        expect(`${text} ${codec.tryDecode(document).status}`).toBe(`${text} ${accepted}`);
      if (text.includes("}")) continue; // might close what stands around it
      expect(`${text} ${skipped.codec.tryDecode(utf8(`{"x":${text}}`)).status}`).toBe(`${text} ${accepted}`);
    }
    expect(seen.ok).toBeGreaterThan(500);
  });

  test("is the value that JSON.parse gives", () => {
    const roll = dice(SEED);
    const documents = CORPUS.filter(({ not }) => !not?.includes("json")).map(({ node, values }) =>
      subject(node, "json").codec.encode(values.at(-1)).subarray(0, 600),
    );
    let accepted = 0;
    for (let i = 0; i < 8000; i++) {
      const document = mutated(documents[roll(documents.length)]!, roll);
      const result = any.codec.tryDecode(document);
      const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(document);
      // Stricter than the platform: numbers beyond a double.
      const status =
        isJson(document) && !/value[.]number_range|resource/.test(showResult(result)) ? "ok" : "error";
      expect(`${text} ${result.status}`).toBe(`${text} ${status}`);
      if (result.status === "error") continue;
      accepted += 1;
      deepStrictEqual(rounded(result.value), rounded(JSON.parse(text)), text);
    }
    expect(accepted).toBeGreaterThan(800);
  });
});

/** Integers the platform rounds, rounded. */
function rounded(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, rounded(part)]));
}

describe("the comparison sees", () => {
  const node = list(tuple(u32, scalar("bool")));
  const value = [
    [1, true],
    [300, true],
  ];
  const seenBy = (ways: Partial<Ways>): boolean =>
    FORMATS.some((format) => {
      const it = subject(node, format);
      const one = subject(u32, format);
      const roll = dice(SEED);
      return Array.from({ length: 20 }).some(
        () =>
          checkValue(it, value, roll, { ...WAYS, ...ways }) !== undefined ||
          checkDocument(it, it.codec.encode(value).subarray(1), roll, { ...WAYS, ...ways }) !== undefined ||
          checkDocument(one, one.codec.encode(1), roll, { ...WAYS, ...ways }) !== undefined ||
          checkAcross(it, subject(node, "cbor"), value, { ...WAYS, ...ways }) !== undefined,
      );
    });

  test("nothing where nothing is wrong", () => expect(seenBy({})).toBe(false));
  test.each(Object.keys(PLANTED))("%s", (name) => expect(seenBy(PLANTED[name]!)).toBe(true));

  test("what an oracle says otherwise", () => {
    const codec = subject(Order, "postcard");
    const document = codec.codec.encode({ id: 300, customer: "Ann", note: null, lines: [] });
    const right = showResult(codec.codec.tryDecode(document));
    expect(disagreement(codec, document, right)).toBeUndefined();
    expect(disagreement(codec, document, right.replace("300", "301"))).toBeDefined();
    expect(disagreement(codec, document, "error lexical.eof")).toBeDefined();
    expect(disagreement(codec, document.subarray(1), right)).toBeDefined();
    const json = subject(scalar("raw"), "json");
    expect(disagreement(json, utf8("[1,]"), "ok null")).toBeDefined();
    expect(disagreement(json, utf8("[1]"), "error lexical.eof @2")).toBeDefined();
    expect(disagreement(json, utf8("[1]"), "error value.number_range @2")).toBeUndefined();
  });
});
