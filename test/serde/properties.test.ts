// Random shapes and values, in all formats: there and back, the same from one format to another, the same for every way
// to feed and stop, and what others read and write. What fails prints its seed and its shape in JSON form.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FormatName } from "../../src/serde/ir/ops.ts";
import type { Node, Shape } from "../../src/serde/shape/index.ts";
import { SEED } from "../seed.ts";
import { arbitraryFlattened, arbitraryShapeAndValue, withValue } from "./kit/arbitrary.ts";
import { dice } from "./kit/random.ts";
import { hex, show, showResult, utf8 } from "./kit/show.ts";
import {
  byteByByte,
  FORMATS,
  inPieces,
  inSteps,
  resultOf,
  type Subject,
  trySubject,
  whole,
} from "./kit/subject.ts";
import { parseJson, printJson, shuffled } from "./oracles/json.ts";
import { asObjects, keysOf, PEERS } from "./oracles/peers.ts";
import { decodePostcard, encodePostcard } from "./oracles/postcard.ts";
import { Entries, sameWire, type Wire, wireOf } from "./oracles/wire.ts";

const RUNS = 400;
interface Sample {
  readonly shape: Shape<unknown>;
  readonly value: unknown;
  /** For whoever reads the failure. */
  readonly form: string;
}
const withForm = ({ shape, value }: Omit<Sample, "form">): Sample => ({
  shape,
  value,
  form: JSON.stringify(shape),
});
const portable = arbitraryShapeAndValue({ portable: true }).map(withForm);

function reachable(root: Node): Set<Node> {
  const seen = new Set<Node>([root]);
  for (const node of seen) {
    if (node.kind === "struct") for (const field of node.fields) seen.add(field.node);
    if (node.kind === "tuple") for (const item of node.items) seen.add(item);
    if (node.kind === "list" || node.kind === "array" || node.kind === "set") seen.add(node.item);
    if (node.kind === "map") seen.add(node.key).add(node.value);
    if (node.kind === "option" || node.kind === "newtype") seen.add(node.inner);
    if (node.kind === "ref") seen.add(node.target);
    if (node.kind === "enum")
      for (const { payload } of node.variants) if (payload !== undefined) seen.add(payload);
  }
  return seen;
}

/** Everything that is written is read again. */
const isSymmetric = (root: Node): boolean =>
  [...reachable(root)].every(
    (node) => node.kind !== "struct" || node.fields.every((field) => field.skipEncode === field.skipDecode),
  );

function* numbersOf(wire: Wire): Generator<number> {
  if (typeof wire === "number") yield wire;
  else if (wire instanceof Entries) for (const [, item] of wire.list) yield* numbersOf(item);
  else if (Array.isArray(wire)) for (const item of wire) yield* numbersOf(item);
}

/** The subject, or nothing for what the format cannot carry; JSON has no NaN and no infinities, and must say so. */
function carried(node: Node, value: unknown, format: FormatName): Subject | undefined {
  const codec = trySubject(node, format);
  if (codec === undefined) return undefined;
  if (format !== "json") return codec;
  const finite = [...numbersOf(wireOf(node, value, { text: true }))].every(Number.isFinite);
  if (finite) return codec;
  expect(codec.codec.tryEncode(value)).toMatchObject({ status: "error", code: "value.number_range" });
  return undefined;
}

/** Calls `check` for samples whose shape reads all it writes, with all formats that carry them. */
function forAll(check: (subject: Subject, sample: Sample) => void, runs = RUNS, formats = FORMATS): void {
  let carriedOnes = 0;
  fc.assert(
    fc.property(portable, (sample) => {
      if (!isSymmetric(sample.shape.node)) return;
      for (const format of formats) {
        const subject = carried(sample.shape.node, sample.value, format);
        if (subject === undefined) continue;
        carriedOnes += 1;
        check(subject, sample);
      }
    }),
    { numRuns: runs },
  );
  expect(carriedOnes).toBeGreaterThan((runs * formats.length) / 3);
}

test("there and back, and the same from every format", () => {
  forAll(({ codec }, { value }) => {
    const document = codec.encode(value);
    const found = codec.decode(document);
    expect(show(found)).toBe(show(value));
    expect(hex(codec.encode(found))).toBe(hex(document));
  }, 1500);
});

test("every way to feed and to stop gives the same value, or the same error for half a document", () => {
  forAll((subject, { value }) => {
    const document = subject.codec.encode(value);
    for (const part of [document, document.subarray(0, document.length >> 1)]) {
      const expected = whole(subject, part);
      expect(byteByByte(subject, part)).toBe(expected);
      expect(inPieces(subject, part, [part.length >> 2, part.length >> 1])).toBe(expected);
      expect(resultOf(inSteps(subject, "decode", part, [1, 2, 3, 5, 8, 13]))).toBe(expected);
    }
    expect(resultOf(inSteps(subject, "encode", value, [1, 1, 2, 3]))).toBe(`ok ${hex(document)}`);
  }, 200);
});

describe("what others write and read", () => {
  const wireFor = (node: Node, value: unknown, format: FormatName) =>
    wireOf(node, value, { text: format === "json" });

  test("JSON documents are what the rules say, and `JSON.parse` reads them", () => {
    forAll(
      ({ codec, node }, { value }) => {
        const text = new TextDecoder().decode(codec.encode(value));
        expect(() => JSON.parse(text)).not.toThrow();
        const wire = wireFor(node, value, "json");
        if (!sameWire(parseJson(text), parseJson(printJson(wire)))) expect(text).toBe(printJson(wire));
      },
      RUNS,
      ["json"],
    );
  });

  test("JSON in any spelling and, of structs, any order", () => {
    let seed = SEED;
    forAll(
      ({ codec, node }, { value }) => {
        const roll = dice(++seed);
        const wire = wireFor(node, value, "json");
        expect(show(codec.decode(utf8(printJson(wire, roll))))).toBe(show(value));
        const ordered = [...reachable(node)].some((part) => part.kind === "map");
        if (ordered) return;
        expect(show(codec.decode(utf8(printJson(shuffled(wire, roll), roll))))).toBe(show(value));
      },
      RUNS,
      ["json"],
    );
  });

  test("postcard, both ways", () => {
    forAll(
      ({ codec, node }, { value }) => {
        const document = codec.encode(value);
        expect(hex(document)).toBe(hex(encodePostcard(node, value)));
        expect(show(decodePostcard(node, document))).toBe(show(value));
      },
      RUNS,
      FORMATS.filter((format) => format === "postcard"),
    );
  });

  describe.each(Object.keys(PEERS).filter((format) => FORMATS.includes(format as FormatName)))(
    "%s",
    (format) => {
      const peer = PEERS[format]!;
      const only = [format as FormatName];
      /** The peers lose a U+FEFF at the start of text. */
      const hasMark = ({ form, value }: Sample) => `${form}${show(value)}`.includes("\ufeff");
      /** A peer that makes objects has no `__proto__`, and no two keys of the same text. */
      const fits = (wire: Wire): boolean => !peer.objects || ![...keysOf(wire)].includes("__proto__");

      test("a peer reads our documents", () => {
        let read = 0;
        forAll(
          ({ codec, node }, sample) => {
            const { value } = sample;
            const wire = wireFor(node, value, only[0]!);
            if (!fits(wire) || hasMark(sample)) return;
            read += 1;
            const found = peer.decode(codec.encode(value));
            const same = peer.objects ? sameWire(asObjects(found), asObjects(wire)) : sameWire(found, wire);
            if (!same) expect(found).toEqual(wire);
            expect(same).toBe(true);
          },
          RUNS,
          only,
        );
        expect(read).toBeGreaterThan(RUNS / 4);
      });

      test("we read its documents", () => {
        forAll(
          ({ codec, node }, { value }) => {
            const wire = wireFor(node, value, only[0]!);
            const textKeys = [...keysOf(wire)].every((key) => typeof key === "string");
            // It writes -0 as an integer, and knows no order of integer-like names.
            const unordered = peer.objects && [...keysOf(wire)].some((key) => /^[0-9]+$/.test(String(key)));
            if (!fits(wire) || unordered || (peer.objects && !textKeys)) return;
            const signless = (text: string) => text.replaceAll("-0", "0");
            expect(signless(show(codec.decode(peer.encode(wire))))).toBe(signless(show(value)));
          },
          RUNS,
          only,
        );
      });
    },
  );
});

test("shapes with every attribute: a typed error, or a value that is written the same again", () => {
  let ok = 0;
  fc.assert(
    fc.property(arbitraryShapeAndValue().map(withForm), ({ shape, value }) => {
      for (const format of FORMATS) {
        const subject = trySubject(shape.node, format);
        if (subject === undefined) continue;
        const { codec } = subject;
        const first = codec.tryEncode(value);
        if (first.status === "error") continue;
        const read = codec.tryDecode(first.bytes);
        expect(byteByByte(subject, first.bytes)).toBe(showResult(read));
        if (read.status === "error") continue;
        ok += 1;
        const again = codec.tryEncode(read.value);
        if (again.status === "error") continue; // an untagged variant that is another one now
        const back = codec.tryDecode(again.bytes);
        if (isSymmetric(shape.node)) expect(showResult(back)).toBe(showResult(read));
      }
    }),
    { numRuns: RUNS },
  );
  expect(ok).toBeGreaterThan(RUNS / 2);
});

test("parts that stand among each other's keys, in any order", () => {
  let seed = SEED;
  let read = 0;
  fc.assert(
    fc.property(withValue(arbitraryFlattened()).map(withForm), ({ shape, value }) => {
      for (const format of ["json", "msgpack", "cbor"] as const) {
        const subject = trySubject(shape.node, format);
        if (subject === undefined) continue;
        const { codec } = subject;
        const document = codec.encode(value);
        expect(show(codec.decode(document))).toBe(show(value));
        expect(byteByByte(subject, document)).toBe(whole(subject, document));
        read += 1;
        if (format !== "json") continue;
        const wire = wireOf(shape.node, value, { text: true });
        const text = new TextDecoder().decode(document);
        // Which of the parts is written first, nobody has said.
        const same = sameWire(asObjects(parseJson(text)), asObjects(parseJson(printJson(wire))));
        if (!same) expect(text).toBe(printJson(wire));
        const roll = dice(++seed);
        expect(show(codec.decode(utf8(printJson(shuffled(wire, roll), roll))))).toBe(show(value));
      }
    }),
    { numRuns: RUNS },
  );
  expect(read).toBeGreaterThan(2 * RUNS);
});

describe("the comparison sees", () => {
  const sees = (spoil: (wire: Wire) => Wire, wire: Wire): boolean => !sameWire(spoil(wire), wire);
  const order = new Entries([
    ["a", 1],
    ["b", -0],
  ]);
  test("a changed order, a lost sign, a renamed key", () => {
    expect(sees((wire) => wire, order)).toBe(false);
    expect(sees((wire) => new Entries([...(wire as Entries).list].reverse()), order)).toBe(true);
    expect(
      sees(
        () =>
          new Entries([
            ["a", 1],
            ["b", 0],
          ]),
        order,
      ),
    ).toBe(true);
    expect(
      sees(
        () =>
          new Entries([
            ["A", 1],
            ["b", -0],
          ]),
        order,
      ),
    ).toBe(true);
  });

  test("values that differ in what `deepStrictEqual` leaves out", () => {
    expect(
      show(
        new Map([
          [1, 2],
          [3, 4],
        ]),
      ),
    ).not.toBe(
      show(
        new Map([
          [3, 4],
          [1, 2],
        ]),
      ),
    );
    expect(show({ a: 1, b: 2 })).not.toBe(show({ b: 2, a: 1 }));
    expect(show(JSON.parse('{"__proto__":1}'))).not.toBe(show({}));
    expect(show(Object.create(null))).not.toBe(show({}));
    expect(show(new Uint8Array(1))).not.toBe(show(Buffer.alloc(1)));
    expect(show([undefined])).not.toBe(show([null]));
    expect(show(1n)).not.toBe(show(1));
  });
});
