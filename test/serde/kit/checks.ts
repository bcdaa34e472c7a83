// What holds for any document and any value of any shape, as text: a difference, or `undefined`. The ways to get a result
// are a parameter, so that planted bugs can stand in for them.

import { ERRORS } from "../../../src/core/errors.ts";
import { createTranscoder } from "../../../src/serde/runtime/transcode.ts";
import { type Dice, isJson, parseJson, printJson } from "../oracles/json.ts";
import { decodePostcard, encodePostcard, NotPostcard } from "../oracles/postcard.ts";
import { sameWire, wireOf } from "../oracles/wire.ts";
import { hex, show, showResult } from "./show.ts";
import { byteByByte, inPieces, inSteps, LIMITS, resultOf, type Subject, whole } from "./subject.ts";

/** Each gives the text of a result. */
export interface Ways {
  readonly whole: typeof whole;
  readonly byteByByte: typeof byteByByte;
  readonly inPieces: typeof inPieces;
  readonly inSteps: typeof inSteps;
  readonly encode: (subject: Subject, value: unknown) => string;
  readonly transcode: (from: Subject, to: Subject, document: Uint8Array) => string;
}

export const WAYS: Ways = {
  whole,
  byteByByte,
  inPieces,
  inSteps,
  encode: ({ codec }, value) => showResult(codec.tryEncode(value)),
  transcode({ node, format }, to, document) {
    const result = createTranscoder(node, format, to.format, { limits: LIMITS }).run(document);
    return result.status === "error" ? showResult(result) : `ok ${hex(result.bytes!)}`;
  },
};

const codeOf = (result: string): string | undefined => /^error (\S+)/.exec(result)?.[1];
const differ = (what: string, found: string, expected: string): string | undefined =>
  found === expected ? undefined : `${what}: ${found}\nexpected: ${expected}`;

/** Codes that say the document is no JSON at all. */
const NOT_JSON =
  /^lexical[.](eof|unexpected|malformed_(string|number|literal)|invalid_utf8|expected|trailing)/;

/** What somebody independent says about a document; `undefined`: nothing, or that he agrees. */
export function disagreement(
  { format, node }: Subject,
  document: Uint8Array,
  result: string,
): string | undefined {
  const code = codeOf(result);
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
    return differ("the oracle", other, code === undefined ? result : "refused");
  }
  return undefined;
}

/** Where stops are tried: more instructions than that are rounds of loops. */
const STOPS = 40;

/** Every way to feed and to stop gives the same, and it is a value or an error with a place. */
export function checkDocument(
  it: Subject,
  document: Uint8Array,
  roll: Dice,
  ways: Ways = WAYS,
): string | undefined {
  const result = ways.whole(it, document);
  const cuts = Array.from({ length: 1 + roll(3) }, () => roll(document.length + 1)).sort((a, b) => a - b);
  const stops = Array.from({ length: 1 + roll(3) }, () => roll(STOPS));
  return (
    differ("byte by byte", ways.byteByByte(it, document), result) ??
    differ(`cut at ${cuts}`, ways.inPieces(it, document, cuts), result) ??
    differ(`stopped after ${stops}`, resultOf(ways.inSteps(it, "decode", document, stops)), result) ??
    disagreement(it, document, result) ??
    (codeOf(result) === undefined ? rewritten(it, document, ways) : misplaced(document, result))
  );
}

/** An error has a code that is registered, and is somewhere in the document. */
function misplaced(document: Uint8Array, result: string): string | undefined {
  const offset = Number(/ @(\d+)/.exec(result)?.[1] ?? Number.NaN);
  if (!Object.hasOwn(ERRORS, codeOf(result)!)) return `an unknown code: ${result}`;
  return offset >= 0 && offset <= document.length ? undefined : `no place in the document: ${result}`;
}

/** What was read is written, and what is written of that is the same. */
function rewritten(it: Subject, document: Uint8Array, ways: Ways): string | undefined {
  const { codec } = it;
  const again = codec.tryEncode(codec.decode(document));
  if (again.status === "error") {
    return /^(value|structure|resource)[.]/.test(again.code) ? undefined : `encode again: ${again.code}`;
  }
  // Bytes, not values: a whole number that an untagged float holds comes back as an integer.
  return differ("encode again", ways.encode(it, codec.decode(again.bytes)), `ok ${hex(again.bytes)}`);
}

/** A value of a portable shape: there and back, stopped on the way, as the oracles write it. */
export function checkValue(it: Subject, value: unknown, roll: Dice, ways: Ways = WAYS): string | undefined {
  const { codec, format, node } = it;
  const result = ways.encode(it, value);
  const stops = Array.from({ length: 1 + roll(3) }, () => roll(STOPS));
  const stopped = resultOf(ways.inSteps(it, "encode", value, stops));
  const broken = differ(`encode, stopped after ${stops}`, stopped, result);
  if (broken !== undefined || codeOf(result) !== undefined) return broken;
  const document = codec.encode(value);
  if (format === "postcard") {
    const wrong = differ("encode", result, `ok ${hex(encodePostcard(node, value))}`);
    if (wrong !== undefined) return wrong;
  }
  if (format === "json") {
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(document);
    const expected = printJson(wireOf(node, value, { text: true }));
    if (!sameWire(parseJson(text), parseJson(expected))) return differ("encode", text, expected);
  }
  return (
    differ("there and back", ways.whole(it, document), `ok ${show(value)}`) ??
    checkDocument(it, document, roll, ways)
  );
}

/** From one format to another the document is the one the value is written as. */
export function checkAcross(
  from: Subject,
  to: Subject,
  value: unknown,
  ways: Ways = WAYS,
): string | undefined {
  const document = from.codec.tryEncode(value);
  if (document.status === "error") return undefined;
  const expected = ways.encode(to, from.codec.decode(document.bytes));
  const found = ways.transcode(from, to, document.bytes);
  const code = codeOf(expected);
  // Positions in a program are of another program.
  const [a, b] = code === undefined ? [found, expected] : [codeOf(found) ?? found, code];
  return differ(`${from.format} to ${to.format}`, a, b);
}

/** One bug for each comparison above; whoever compares has to find it. */
export const PLANTED: Readonly<Record<string, Partial<Ways>>> = {
  "a byte that is lost between pieces": {
    inPieces: (it, document, cuts) => inPieces(it, document.subarray(0, -1), cuts),
  },
  "an offset that counts pieces": {
    byteByByte: (it, document) => byteByByte(it, document).replace(/ @(\d)/, " @1$1"),
  },
  "a value that depends on how it is fed": {
    byteByByte: (it, document) => byteByByte(it, document).replace(/true/, "false"),
  },
  "a register that a stop loses": {
    inSteps: (it, direction, given, stops) =>
      inSteps(it, direction, given, stops, (block) => {
        block.heapTop = Math.max(0, block.heapTop - 1);
        block.outTop = Math.max(0, block.outTop - 1);
        return block;
      }),
  },
  "an error without a place": { whole: (it, document) => whole(it, document).replace(/ @\d+/, "") },
  "a value another one": { whole: (it, document) => whole(it, document).replace(/^ok (.)/, "ok -$1") },
  "bytes that change when written again": {
    encode: (it, value) => WAYS.encode(it, value).replace(/..$/, "2a"),
  },
  "bytes that depend on where the value is from": {
    transcode: (from, to, document) => `${WAYS.transcode(from, to, document)}00`,
  },
};
