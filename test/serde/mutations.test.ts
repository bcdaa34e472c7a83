// Documents cut at every length and with bits flipped: a typed error or a valid value, nothing else, and the same for
// every way to feed; where somebody independent can tell, the answer he gives.

import { describe, expect, test } from "vitest";
import { ERRORS } from "../../src/core/errors.ts";
import { SEED } from "../seed.ts";
import { CORPUS } from "./corpus.ts";
import { DOCUMENTS, documentBytes } from "./documents.ts";
import { dice } from "./kit/random.ts";
import { hex, show, showResult, utf8 } from "./kit/show.ts";
import { byteByByte, FORMATS, inSteps, resultOf, type Subject, subject, trySubject } from "./kit/subject.ts";
import { Order, scalar, struct } from "./nodes.ts";
import { isJson } from "./oracles/json.ts";
import { decodePostcard, NotPostcard } from "./oracles/postcard.ts";

/** Of a case, of each kind. */
const MUTANTS = 40;
const LONGEST = 400;

const mutants = function* (document: Uint8Array, seed: number): Generator<Uint8Array> {
  const roll = dice(seed);
  const step = Math.max(1, Math.floor(document.length / MUTANTS));
  for (let length = 0; length < document.length; length += step) yield document.slice(0, length);
  for (let i = 0; i < MUTANTS && document.length > 0; i++) {
    const copy = document.slice();
    const kind = roll(4);
    const at = roll(copy.length);
    if (kind < 2) copy[at]! ^= 1 << roll(8);
    else if (kind === 2) copy[at] = roll(256);
    else copy.copyWithin(at, roll(copy.length));
    yield copy;
  }
  yield Uint8Array.from([...document, 0]);
  yield Uint8Array.from([...document, 0x20]);
};

/** Codes that say the document is no JSON at all. */
const NOT_JSON =
  /^lexical[.](eof|unexpected|malformed_(string|number|literal)|invalid_utf8|expected|trailing)/;

/** What somebody else says about the document; `undefined`: nothing, or that he agrees. */
function disagreement({ format, node }: Subject, document: Uint8Array, result: string): string | undefined {
  const code = /^error (\S+)/.exec(result)?.[1];
  if (code?.startsWith("resource.")) return undefined;
  if (format === "json") {
    const json = isJson(document);
    if (code === undefined && !json) return "JSON.parse refuses it";
    if (code !== undefined && NOT_JSON.test(code) && json) return "JSON.parse accepts it";
  }
  if (format === "postcard") {
    let other: string;
    try {
      other = `ok ${show(decodePostcard(node, document))}`;
    } catch (error) {
      if (!(error instanceof NotPostcard)) throw error;
      other = "refused";
    }
    const ours = code === undefined ? result : "refused";
    if (ours !== other) return `the oracle: ${other}`;
  }
  return undefined;
}

function checkMutant(codec: Subject, document: Uint8Array): "ok" | "error" {
  const result = codec.codec.tryDecode(document);
  const shown = showResult(result);
  const where = `${codec.format} ${hex(document)}`;
  expect(`${where} ${byteByByte(codec, document)}`).toBe(`${where} ${shown}`);
  expect(`${where} ${disagreement(codec, document, shown)}`).toBe(`${where} undefined`);
  if (result.status === "ok") {
    const again = codec.codec.tryEncode(result.value);
    // Of bytes, not of values: a whole number that an untagged float holds comes back as an integer.
    if (again.status === "ok")
      expect(hex(codec.codec.encode(codec.codec.decode(again.bytes)))).toBe(hex(again.bytes));
    else expect(again.code).toMatch(/^(value|structure|resource)[.]/);
  } else {
    expect(Object.hasOwn(ERRORS, result.code)).toBe(true);
    expect(result.offset).toBeGreaterThanOrEqual(0);
    expect(result.offset).toBeLessThanOrEqual(document.length);
    if (document.length < 60) expect(resultOf(inSteps(codec, "decode", document, [2, 3, 5]))).toBe(shown);
  }
  return result.status;
}

describe.each(FORMATS)("%s", (format) => {
  const counts = { ok: 0, error: 0 };
  const cases = CORPUS.filter(({ not }) => !not?.includes(format));

  test.each(cases)("$name", ({ node, values, name }) => {
    const codec = subject(node, format);
    for (const [i, value] of values.slice(0, 3).entries()) {
      const document = codec.codec.encode(value);
      if (document.length > LONGEST) continue;
      for (const mutant of mutants(document, SEED + i + name.length)) counts[checkMutant(codec, mutant)] += 1;
    }
  });

  test.each(DOCUMENTS.filter((documents) => documents.format === format))("$name", ({ node, good, bad }) => {
    const codec = trySubject(node, format);
    if (codec === undefined) return; // said by boundaries.test.ts
    for (const text of [...good, ...bad]) {
      for (const mutant of mutants(documentBytes(format, text), SEED))
        counts[checkMutant(codec, mutant)] += 1;
    }
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
});

describe("the comparison sees", () => {
  const codec = subject(Order, "postcard");
  const document = codec.codec.encode({ id: 300, customer: "Ann", note: null, lines: [] });
  const right = showResult(codec.codec.tryDecode(document));

  test("a value that is another one", () => {
    expect(disagreement(codec, document, right)).toBeUndefined();
    expect(disagreement(codec, document, right.replace("300", "301"))).toBeDefined();
    expect(disagreement(codec, document, "error lexical.eof")).toBeDefined();
    expect(disagreement(codec, document.subarray(1), right)).toBeDefined();
  });

  test("JSON that was accepted or refused wrongly", () => {
    const json = subject(scalar("raw"), "json");
    expect(disagreement(json, utf8("[1,]"), "ok null")).toBeDefined();
    expect(disagreement(json, utf8("[1]"), "error lexical.eof @2")).toBeDefined();
    expect(disagreement(json, utf8("[1]"), "error value.number_range @2")).toBeUndefined();
  });
});
