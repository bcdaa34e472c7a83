// Bytes to cells to bytes: the same bytes as through JavaScript values, for every shape of the corpus and every pair of
// formats.

import { describe, expect, test } from "vitest";
import { createCodec } from "../../src/serde/runtime/codec.ts";
import { createTranscoder } from "../../src/serde/runtime/transcode.ts";
import { s } from "../../src/serde/shape/index.ts";
import { CORPUS } from "./corpus.ts";
import { utf8 } from "./kit/show.ts";
import { FORMATS } from "./kit/subject.ts";

describe.each(FORMATS)("from %s", (from) => {
  describe.each(FORMATS)("to %s", (to) => {
    const carried = CORPUS.filter(({ not }) => !not?.includes(from) && !not?.includes(to));
    test.each(carried)("$name", ({ node, values }) => {
      const reader = createCodec(node, from);
      const writer = createCodec(node, to);
      let transcoder: ReturnType<typeof createTranscoder>;
      try {
        transcoder = createTranscoder(node, from, to);
      } catch (error) {
        expect(error).toMatchObject({ code: "shape.raw_across_formats" });
        return;
      }
      for (const value of values) {
        const document = reader.encode(value);
        const expected = writer.tryEncode(reader.decode(document));
        const result = transcoder.run(document);
        if (expected.status === "ok") expect(result).toEqual(expected);
        else expect(result).toMatchObject({ stage: "encode", code: expected.code });
      }
    });
  });
});

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

test("skipIf is decided by the value, not by what the first document left out", () => {
  const Inner = s.struct({ n: s.u32().default(5).skipIf("default") });
  const { node } = s.struct({
    a: s.string().default("é").skipIf("default"),
    b: s.list(s.u8()).default([]).skipIf("empty"),
    c: s.f64().default(0).skipIf("zero"),
    d: s.bool().default(false).skipIf("false"),
    e: s.string().default("").skipIf("empty"),
    f: s.option(s.string()).default(null).skipIf("default"),
    inner: s.list(s.option(s.map(s.string(), Inner))).default([]),
    variant: s.enum({ Some: Inner, None: null }).default({ kind: "None" }),
  });
  const transcoder = createTranscoder(node, "json", "json");
  const through = (json: string) => {
    const result = transcoder.run(utf8(json));
    return result.status === "ok" ? text(result.bytes) : result.code;
  };
  const rest = '"inner":[],"variant":"None"}';
  expect(through("{}")).toBe(`{${rest}`);
  expect(through('{"a":"\u00e9","b":[],"c":0,"d":false,"e":"","f":null}')).toBe(`{${rest}`);
  expect(through('{"a":"e","b":[1],"c":0.5,"d":true,"e":"x","f":"y"}')).toBe(
    `{"a":"e","b":[1],"c":0.5,"d":true,"e":"x","f":"y",${rest}`,
  );
  expect(through('{"inner":[null,{"k":{"n":5},"l":{"n":6}}],"variant":{"Some":{"n":5}}}')).toBe(
    '{"inner":[null,{"k":{},"l":{"n":6}}],"variant":{"Some":{}}}',
  );
});

test("skipIf of options, of every number, in boxes and by text of every kind", () => {
  const wide = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`f${i}`, s.u8().default(i).skipIf("default")]),
  );
  const { node } = s.struct({
    none: s.option(s.u8()).default(5).skipIf("default"),
    nil: s.option(s.u8()).default(null).skipIf("default"),
    n32: s.u32().default(0).skipIf("zero"),
    n64: s.i64().default(0n).skipIf("zero"),
    single: s.f32().default(0).skipIf("zero"),
    text: s.string().default("é\n").skipIf("default"),
    plain: s.string().default("ab").skipIf("default"),
    bytes: s.bytes().default(new Uint8Array()).skipIf("empty"),
    box: s.option(s.struct(wide)),
  });
  const through = (from: "json" | "cbor", json: string) => {
    const document = createCodec(node, from).encode(createCodec(node, "json").decode(utf8(json)));
    const result = createTranscoder(node, from, "json").run(from === "json" ? utf8(json) : document);
    return result.status === "ok" ? text(result.bytes) : result.code;
  };
  for (const [json, out] of [
    ["{}", '{"box":null}'],
    [
      '{"none":null,"nil":3,"n32":1,"n64":-1,"single":0.5}',
      '{"none":null,"nil":3,"n32":1,"n64":-1,"single":0.5,"box":null}',
    ],
    [
      '{"none":5,"nil":null,"n32":0,"n64":0,"single":-0.0,"text":"\\u00e9\\n","plain":"\\u0061b","bytes":""}',
      '{"box":null}',
    ],
    ['{"text":"é","plain":"a\\nb","bytes":"AA=="}', '{"text":"é","plain":"a\\nb","bytes":"AA==","box":null}'],
    ['{"text":"éx","plain":"ac"}', '{"text":"éx","plain":"ac","box":null}'],
    ['{"n64":4294967296,"box":{"f0":0,"f1":7}}', '{"n64":4294967296,"box":{"f1":7}}'],
  ] as const) {
    for (const from of ["json", "cbor"] as const)
      expect(`${from} ${json} ${through(from, json)}`).toBe(`${from} ${json} ${out}`);
  }
});

test("raw stays in its format", () => {
  const { node } = s.struct({ body: s.list(s.raw()) });
  expect(() => createTranscoder(node, "json", "cbor")).toThrow(
    expect.objectContaining({ code: "shape.raw_across_formats", path: "$.body[]" }),
  );
  const result = createTranscoder(node, "json", "json").run(utf8('{"body":[ {"a" : 1} ]}'));
  expect(result.status === "ok" ? text(result.bytes) : result).toBe('{"body":[{"a" : 1}]}');
  expect(createTranscoder(node, "json", "none").run(utf8('{"body":[]}'))).toEqual({ status: "ok" });
});

test("a failure says which side failed", () => {
  const { node } = s.struct({ xs: s.list(s.f64()) });
  const bad = createTranscoder(node, "json", "cbor").run(utf8('{"xs":[1,"2"]}'));
  expect(bad).toMatchObject({ stage: "decode", code: "value.type_mismatch", offset: 9, path: "$.xs[1]" });
  const nan = createCodec(node, "postcard").encode({ xs: [1, Number.NaN] });
  const unwritable = createTranscoder(node, "postcard", "json").run(nan);
  expect(unwritable).toMatchObject({ stage: "encode", code: "value.number_range", path: "$.xs[1]" });
  expect(unwritable).not.toHaveProperty("offset");
  const short = createTranscoder(node, "json", "cbor", { limits: { maxDocumentBytes: 3 } });
  expect(short.run(utf8('{"xs":[]}'))).toMatchObject({ stage: "decode", code: "resource.document_limit" });
  // And the next document is none the worse for it.
  const again = createTranscoder(node, "json", "json");
  for (const json of ['{"xs":[1]}', '{"xs":[', '{"xs":[2,3]}']) again.run(utf8(json));
  const last = again.run(utf8('{"xs":[4]}'));
  expect(last.status === "ok" && text(last.bytes)).toBe('{"xs":[4]}');
});

test("deterministic is for the side that is CBOR", () => {
  const { node } = s.map(s.string(), s.u8());
  const options = { deterministic: true };
  const result = createTranscoder(node, "json", "cbor", options).run(utf8('{"bb":1,"a":2}'));
  expect(result).toMatchObject({ bytes: Uint8Array.of(0xa2, 0x61, 0x61, 2, 0x62, 0x62, 0x62, 1) });
  const long = Uint8Array.of(0xb8, 0);
  expect(createTranscoder(node, "cbor", "json").run(long).status).toBe("ok");
  expect(createTranscoder(node, "cbor", "json", options).run(long)).toMatchObject({
    stage: "decode",
    code: "lexical.not_shortest",
  });
  expect(() => createTranscoder(node, "json", "msgpack", options)).toThrow(
    expect.objectContaining({ code: "load.unsupported" }),
  );
});
