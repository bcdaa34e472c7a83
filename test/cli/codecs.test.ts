// convert, check, shape infer and shape compat: what they do, and what they say to somebody who gave them the wrong thing.

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { convert } from "../../src/cli/convert.ts";
import { createCodec, FORMATS, parseShape, type Shape, s } from "../../src/index.ts";
import { captured, onlyObject, scratch, sinter } from "./rig.ts";

const files = scratch();
const SHAPE = {
  struct: {
    id: "u64",
    note: { option: "string" },
    lines: { list: { struct: { sku: "string", qty: "u32" } } },
  },
  denyUnknown: true,
};
const shape = files.file("order.shape.json", JSON.stringify(SHAPE));
const GOOD = '{\n  "id": 7,\n  "note": "café",\n  "lines": [{"sku": "a", "qty": 2}]\n}\n';
const good = files.file("good.json", GOOD);
const value = { id: 7n, note: "café", lines: [{ sku: "a", qty: 2 }] };
const bad = files.file("bad.json", GOOD.replace("2}", "-2}"));
const badShape = files.file("bad.shape.json", '{"struct":{"id":"u65"}}');
const noShape = files.file("no.shape.json", '{"struct":\n {"id":,}}');
const empty = files.file("empty.json", "");
const codecOf = (format: (typeof FORMATS)[number]) =>
  createCodec(parseShape(SHAPE) as Shape<unknown>, format);

describe("convert", () => {
  test.each(FORMATS)("json to %s and back", async (format) => {
    const out = files.path(`order.${format}`);
    const ran = await sinter([
      "convert",
      "--shape",
      shape,
      "--from",
      "json",
      "--to",
      format,
      good,
      "-o",
      out,
    ]);
    const bytes = codecOf(format).encode(value);
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    expect(ran.stdout.toString()).toBe(`wrote ${out}, ${bytes.length} bytes\n`);
    expect(new Uint8Array(readFileSync(out))).toEqual(bytes);
    const back = await sinter(["convert", "--shape", shape, "--from", format, "--to", "json"], {
      stdin: bytes,
    });
    expect(back.stdout.toString()).toBe('{"id":7,"note":"café","lines":[{"sku":"a","qty":2}]}');
  });

  test("--json is one record, with the bytes or where they went", async () => {
    const command = ["convert", "--shape", shape, "--from", "json", "--to", "postcard", good, "--json"];
    const bytes = codecOf("postcard").encode(value);
    const dataBase64 = Buffer.from(bytes).toString("base64");
    expect(onlyObject(await sinter(command))).toEqual({
      status: "ok",
      dataBase64,
      tier: "interp",
      bytes: bytes.length,
    });
    const out = files.path("to");
    expect(onlyObject(await sinter([...command, "-o", out]))).toEqual({
      status: "ok",
      tier: "interp",
      out,
      bytes: bytes.length,
    });
  });

  test("--to none only checks", async () => {
    const ran = await sinter(["convert", "--shape", shape, "--from", "json", "--to", "none", good]);
    expect(ran.stdout.toString()).toBe(`ok  ${good}  ${Buffer.byteLength(GOOD)} bytes\n`);
  });

  test("a mistake is shown with its line, and nothing is written", async () => {
    const out = files.path("never");
    const command = ["convert", "--shape", shape, "--from", "json", "--to", "cbor", "-o", out, bad];
    const ran = await sinter(command);
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toMatch(
      /^.*bad[.]json:4:33: error: the number is out of range.* at \$[.]lines\[0\][.]qty \[value[.]number_range, byte 64, f0:b\d+:\d+\]\n/,
    );
    expect(ran.stderr).toContain(
      '    4 |   "lines": [{"sku": "a", "qty": -2}]\n      |                                 ^~\n',
    );
    expect(existsSync(out)).toBe(false);
    const record = onlyObject(await sinter([...command, "--json"]));
    const place = { offset: 64, line: 4, column: 33, path: "$.lines[0].qty" };
    expect(record).toMatchObject({ status: "error", stage: "decode", code: "value.number_range", ...place });
  });

  test("binary is nothing for a terminal", async () => {
    const command = ["convert", "--shape", shape, "--from", "json", good, "--to"];
    const ran = await sinter([...command, "cbor"], { isTerminal: true });
    expect(ran.stderr).toContain("cbor is no text for a terminal; give -o FILE or pipe it on");
    expect((await sinter([...command, "json"], { isTerminal: true })).stdout.toString()).toMatch(/\}\n$/);
  });

  test("what a format cannot carry", async () => {
    const raw = files.file("raw.json", '"raw"');
    const ran = await sinter(["convert", "--shape", raw, "--from", "json", "--to", "cbor", good]);
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain("[shape.raw_across_formats]");
    // It is not the document that is wrong.
    expect(ran.stderr.startsWith(`${raw}: error: `)).toBe(true);
    const flag = await sinter([
      "convert",
      "--shape",
      shape,
      "--from",
      "json",
      "--to",
      "postcard",
      "--deterministic",
      good,
    ]);
    expect(flag.stderr).toContain("[load.unsupported]");
  });

  test.each<[string[], string]>([
    [["--from", "json", "--to", "cbor"], "usage.missing_argument: sinter convert needs --shape FILE"],
    [["--shape", shape, "--to", "cbor"], "usage.missing_argument: sinter convert needs --from FORMAT"],
    [["--shape", shape, "--from", "json"], "usage.missing_argument: sinter convert needs --to FORMAT"],
    [
      ["--shape", shape, "--from", "jsn", "--to", "cbor"],
      "usage.bad_value: --from must be json, postcard, msgpack, cbor, not jsn; did you mean json?",
    ],
    [
      ["--shape", shape, "--from", "json", "--to", "non"],
      "usage.bad_value: --to must be json, postcard, msgpack, cbor, none, not non; did you mean none?",
    ],
    [
      ["--shape", "-", "--from", "json", "--to", "cbor"],
      "usage.bad_value: standard input can be only one of the files",
    ],
    [
      ["--shape", shape, "--from", "json", "--to", "none", "-o", "x"],
      "usage.bad_value: --out does nothing with --to none",
    ],
    [["--shape", files.path("none"), "--from", "json", "--to", "cbor"], "io.not_found: no such file"],
    [
      ["--shape", badShape, "--from", "json", "--to", "cbor"],
      `shape.unknown_kind: there is no kind "u65", at $.id (${badShape})`,
    ],
    [
      ["--shape", noShape, "--from", "json", "--to", "cbor"],
      `lexical.unexpected_byte: no value starts with this byte (${noShape}:2:8)`,
    ],
    [
      ["--shape", empty, "--from", "json", "--to", "cbor"],
      `lexical.eof: the document ends too early; the shape file is empty (${empty}:1:1)`,
    ],
    [["--batch", "--from", "json"], "usage.bad_value: --from does nothing with --batch; each line says it"],
    [["--batch", files.path("none")], "io.not_found: no such file"],
  ])("%j is exit code 2", async (args, words) => {
    const ran = await sinter(["convert", ...args]);
    expect(ran.stderr).toContain(words);
    expect(ran).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/^sinter: .*\n$/) });
    expect(ran.stdout).toHaveLength(0);
    const [, code] = /^([\w.]+)/.exec(words) ?? [];
    expect(onlyObject(await sinter(["convert", ...args, "--json"]))).toMatchObject({ status: "error", code });
  });
});

describe("convert --batch", () => {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const request = (more: object) => ({ id: 1, shape: "u8", from: "json", to: "postcard", ...more });
  const answers = async (lines: readonly (object | string)[]) => {
    const text = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n");
    const ran = await sinter(["convert", "--batch"], { stdin: text });
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    return { ran, records: ran.stdout.toString().trimEnd().split("\n") };
  };
  const answer = async (line: object | string) => JSON.parse((await answers([line])).records[0]!);

  test("answers in order, one write per line, whatever a line is", async () => {
    const { ran, records } = await answers([
      request({ dataBase64: base64("7") }),
      "nope",
      "",
      request({ id: { a: [1] }, to: "none", dataBase64: base64("7"), tier: "interp" }),
      request({ id: "x", dataBase64: base64("700") }),
    ]);
    expect(ran.writes).toHaveLength(4);
    expect(records).toEqual([
      '{"id":1,"status":"ok","dataBase64":"Bw==","tier":"interp"}',
      '{"id":null,"line":2,"status":"error","code":"batch.bad_line","reason":"the line is not JSON","category":"io"}',
      '{"id":{"a":[1]},"status":"ok","tier":"interp"}',
      expect.stringMatching(
        /^\{"id":"x","status":"error","stage":"decode","code":"value.number_range","offset":0,"path":"\$","pc":"f0:b0:0","reason":"[^"]+","category":"decode","tier":"interp"\}$/,
      ),
    ]);
  });

  test("says which stage failed", async () => {
    const data = { dataBase64: base64("1") };
    const unknown = await answer(request({ ...data, shape: { list: "u9" } }));
    expect(unknown).toEqual({
      id: 1,
      status: "error",
      stage: "shape",
      code: "shape.unknown_kind",
      path: "$[]",
      reason: 'there is no kind "u9"',
      category: "decode",
    });
    const raw = await answer(request({ ...data, shape: { list: "raw" } }));
    expect(raw).toMatchObject({ stage: "shape", code: "shape.raw_across_formats", path: "$[]" });
    const any = await answer(request({ ...data, shape: "any" }));
    expect(any).toMatchObject({ stage: "shape", code: "load.unsupported" });
    const nan = Buffer.from(Float64Array.of(Number.NaN).buffer).toString("base64");
    const encode = await answer(request({ shape: "f64", from: "postcard", to: "json", dataBase64: nan }));
    expect(encode).toMatchObject({ stage: "encode", code: "value.number_range", pc: "f0:b0:0" });
    expect(encode).not.toHaveProperty("offset");
  });

  test("options reach the programs, and the cache knows them apart", async () => {
    const line = { shape: { map: ["string", "u8"] }, to: "cbor", dataBase64: base64('{"bb":1,"a":2}') };
    const { records } = await answers([
      request(line),
      request({ ...line, options: { deterministic: true } }),
      request({ ...line, options: { limits: { maxDocumentBytes: 3 } } }),
      request(line),
    ]);
    const [plain, sorted, short, again] = records.map((record) => JSON.parse(record));
    expect(plain.dataBase64).toBe("omJiYgFhYQI=");
    expect(sorted.dataBase64).toBe("omFhAmJiYgE=");
    expect(short).toMatchObject({ stage: "decode", code: "resource.document_limit" });
    expect(again).toEqual(plain);
  });

  test("a tier that codecs do not have", async () => {
    const record = await answer(request({ dataBase64: base64("1"), tier: "opt" }));
    expect(record).toMatchObject({ id: 1, status: "error", code: "tier.unavailable" });
  });

  test.each<[object | string, string]>([
    ["[]", "the line is not a JSON object"],
    [{ ...request({ dataBase64: "" }), fuel: 1 }, 'there is no key "fuel"'],
    [{ ...request({ dataBase64: "" }), data: "x" }, 'there is no key "data"'],
    [request({}), "dataBase64 is missing"],
    [request({ dataBase64: "?" }), "dataBase64 is not base64"],
    [request({ dataBase64: 1 }), "dataBase64 must be a string"],
    [request({ dataBase64: "", shape: undefined }), "shape is missing"],
    [request({ dataBase64: "", from: "none" }), "from must be json, postcard, msgpack, cbor"],
    [
      request({ dataBase64: "", to: "msgpak" }),
      "to must be json, postcard, msgpack, cbor, none; did you mean msgpack?",
    ],
    [request({ dataBase64: "", tier: "turbo" }), "tier must be auto, interp, baseline, opt, native"],
    [request({ dataBase64: "", options: [] }), "options must be an object"],
    [
      request({ dataBase64: "", options: { determinstic: true } }),
      "there is no option determinstic; did you mean deterministic?",
    ],
    [request({ dataBase64: "", options: { deterministic: 1 } }), "deterministic must be true or false"],
    [request({ dataBase64: "", options: { limits: { depth: 1 } } }), "limits: there is no depth"],
    [request({ dataBase64: "", options: { limits: 1 } }), "limits must be an object"],
  ])("bad line: %j", async (line, reason) => {
    const record = await answer(line);
    expect(record).toEqual({
      id: null,
      line: 1,
      status: "error",
      code: "batch.bad_line",
      reason: expect.stringContaining(reason),
      category: "io",
    });
  });

  test("a hostile shape is an answer", async () => {
    const deep = `{"shape":${'{"list":'.repeat(50_000)}"u8"${"}".repeat(50_000)},"from":"json","to":"cbor","dataBase64":""}`;
    expect(await answer(deep)).toMatchObject({ stage: "shape", code: "shape.too_deep" });
    const proto = '{"shape":{"struct":{"__proto__":"u8"}},"from":"json","to":"cbor","dataBase64":""}';
    expect(await answer(proto)).toMatchObject({ stage: "shape", code: "shape.bad_name" });
  });

  test("many shapes do not pile up, and few are compiled once", async () => {
    const lines = Array.from({ length: 300 }, (_, i) =>
      request({
        id: i,
        shape: { struct: { [`f${i % 150}`]: "u8" } },
        dataBase64: base64(`{"f${i % 150}":9}`),
      }),
    );
    const { records } = await answers(lines);
    expect(
      records.every((record, i) => record.startsWith(`{"id":${i},"status":"ok","dataBase64":"CQ=="`)),
    ).toBe(true);
  });

  test("a reader that went away ends it", async () => {
    const line = JSON.stringify(request({ dataBase64: base64("1") }));
    const ran = await sinter(["convert", "--batch"], { stdin: `${line}\n${line}\n`, breaksAfter: 1 });
    expect(ran).toMatchObject({ exitCode: 3, stderr: "" });
  });
});

describe("check", () => {
  test("every file is looked at; the worst decides", async () => {
    const postcard = files.file("good.postcard", codecOf("postcard").encode(value));
    const fine = await sinter(["check", "--shape", shape, good, postcard]);
    expect(fine).toMatchObject({ exitCode: 0, stderr: "" });
    expect(fine.stdout.toString()).toBe(
      `ok  ${good}  ${Buffer.byteLength(GOOD)} bytes\nok  ${postcard}  ${readFileSync(postcard).length} bytes\n`,
    );
    const mixed = await sinter(["check", "--shape", shape, bad, good]);
    expect(mixed.exitCode).toBe(1);
    expect(mixed.stdout.toString()).toContain("ok");
    const missing = files.path("none.json");
    const worst = await sinter(["check", "--shape", shape, missing, bad, good]);
    expect(worst.exitCode).toBe(2);
    expect(worst.stderr).toContain(`sinter: io.not_found: no such file (${missing})\n`);
    expect(worst.stderr).toContain("value.number_range");
    const json = await sinter(["check", "--shape", shape, missing, bad, good, "--json"]);
    const records = json.stdout.toString().trimEnd().split("\n");
    expect(records.map((record) => JSON.parse(record))).toMatchObject([
      { file: missing, status: "error", code: "io.not_found" },
      { file: bad, status: "error", code: "value.number_range", line: 4, column: 33, path: "$.lines[0].qty" },
      { file: good, status: "ok", bytes: Buffer.byteLength(GOOD) },
    ]);
    expect(json).toMatchObject({ exitCode: 2, stderr: "" });
  });

  test("binary is shown in hex", async () => {
    const bytes = codecOf("msgpack").encode(value);
    const cut = files.file("cut.msgpack", bytes.subarray(0, 20));
    const ran = await sinter(["check", "--shape", shape, cut]);
    const [head = "", ...rows] = ran.stderr.split("\n");
    expect(head).toContain(`${cut}:byte 20: error: the document ends too early`);
    expect(rows[0]).toMatch(/^ {6}\| 00000000 {2}83 a2 69 64 07 /);
    expect(rows[1]).toMatch(/^ {6}\| 00000010 {2}(\w\w ){4} +.{4}$/);
    expect(rows[2]).toBe(`      | ${" ".repeat(10 + 12)}^~`);
  });

  test("an empty document", async () => {
    const ran = await sinter(["check", "--shape", shape, empty, "-"], { stdin: "" });
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain(`${empty}:1:1: error: the document ends too early; it is empty`);
    expect(ran.stderr).toContain("standard input:1:1: error: the document ends too early; it is empty");
  });

  test("the caret stands in one long line, and behind text that is not ASCII", async () => {
    const line = (qty: unknown) => ({ sku: "é", qty });
    const lines = [...Array.from({ length: 5000 }, () => line(1)), line(-1), line(1)];
    const long = files.file("long.json", JSON.stringify({ id: 1, note: null, lines }));
    const ran = await sinter(["check", "--shape", shape, long]);
    const [head, text = "", caret = ""] = ran.stderr.split("\n");
    expect(head).toContain("$.lines[5000].qty");
    expect(text.length).toBeLessThan(140);
    expect(text.slice(caret.indexOf("^"), caret.indexOf("^") + 2)).toBe("-1");
  });

  test("a terminal gets no control characters", async () => {
    const nasty = files.file("nasty.json", '{"id":1,"\u001b[2J":1}');
    const ran = await sinter(["check", "--shape", shape, nasty]);
    expect(ran.stderr).not.toContain("\u001b");
  });

  test("tens of megabytes", async () => {
    const list = files.file("list.shape.json", '{"list":"u32"}');
    const huge = files.file("huge.json", `[${"12345678,".repeat(2_000_000)}x]`);
    const ran = await sinter(["check", "--shape", list, huge]);
    expect(ran.stderr).toContain("huge.json:1:18000002: error");
    expect(ran.stderr.length).toBeLessThan(500);
  });

  test.each<[string[], number, string]>([
    [[good], 2, "usage.missing_argument: sinter check needs --shape FILE; see sinter help check"],
    [["--shape", shape], 2, "usage.missing_argument: sinter check needs FILE; see sinter help check"],
    [["--shape", shape, "--format", "xml", good], 2, "usage.bad_value: --format must be json,"],
    [["--shape", badShape, good], 2, "shape.unknown_kind"],
    [["--shape", shape, files.path(".")], 2, "io.read: a directory, not a file"],
    [["--shape", shape, "--format", "json", "--deterministic", good], 1, "[load.unsupported]"],
  ])("%j", async (args, exitCode, words) => {
    const ran = await sinter(["check", ...args]);
    expect(ran).toMatchObject({ exitCode, stderr: expect.stringContaining(words) });
  });
});

describe("shape", () => {
  test("infer: all of the samples are of the shape", async () => {
    const one = files.file("one.json", '{"id": 1, "tags": ["a"], "at": 1.5}');
    const two = files.file("two.json", '{"id": 2, "tags": [], "name": "x"}');
    const out = files.path("inferred.json");
    const ran = await sinter(["shape", "infer", one, two, "-o", out]);
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    expect((await sinter(["shape", "infer", one, two])).stdout.toString()).toBe(readFileSync(out, "utf8"));
    expect(await sinter(["check", "--shape", out, one, two])).toMatchObject({ exitCode: 0 });
    expect(onlyObject(await sinter(["shape", "infer", one, "--json"]))).toMatchObject({
      status: "ok",
      shape: { struct: { tags: { list: "string" } } },
    });
  });

  test("infer --lines takes each line as a document", async () => {
    const stdin = '{"a":1}\n\n{"a":2.5}\n';
    const ran = await sinter(["shape", "infer", "--lines", "-", "--json"], { stdin });
    expect(onlyObject(ran).shape).toEqual({ struct: { a: "f64" } });
    const bad = await sinter(["shape", "infer", "--lines", "-"], { stdin: '{"a":1}\n{"a":}\n' });
    expect(bad).toMatchObject({
      exitCode: 2,
      stderr: "sinter: lexical.unexpected_byte: no value starts with this byte (standard input:2:6)\n",
    });
  });

  test("infer keeps integers exact", async () => {
    const stdin =
      '{"id": 1152921504606846977, "n": 18446744073709551615, "x": 1, "y": 1}\n{"id": 5, "n": 0, "x": 1, "y": 1.5}\n';
    const ran = await sinter(["shape", "infer", "--lines", "-", "--json"], { stdin });
    expect(onlyObject(ran)).toEqual({
      status: "ok",
      shape: { struct: { id: "i64", n: "u64", x: { i64: { js: "number" } }, y: "f64" } },
    });
  });

  test("infer without a document", async () => {
    expect((await sinter(["shape", "infer", "--lines", "-"], { stdin: "\n \n" })).stderr).toContain(
      "lexical.eof: no line has a document",
    );
    const two = await sinter(["shape", "infer", "-"], { stdin: "{}\n{}\n" });
    expect(two.stderr).toContain("with --lines each line is a document");
    expect((await sinter(["shape", "infer", empty])).stderr).toContain("the document is empty");
    expect((await sinter(["shape", "infer"])).stderr).toContain("sinter shape infer needs FILE");
    expect((await sinter(["shape", "infer", files.path("none")])).stderr).toContain("io.not_found");
  });

  test("compat names what breaks", async () => {
    const narrow = files.file("narrow.json", '{"struct":{"id":"u32","lines":{"list":"any"},"more":"u8"}}');
    const same = await sinter(["shape", "compat", shape, shape, "--format", "postcard"]);
    expect(same).toMatchObject({ exitCode: 0, stderr: "" });
    expect(same.stdout.toString()).toBe("compatible\n");
    const ran = await sinter(["shape", "compat", shape, narrow, "--format", "json"]);
    expect(ran.exitCode).toBe(1);
    expect(ran.stdout.toString()).toContain("$.id: u64 does not always fit u32 (some documents)\n");
    expect(ran.stdout.toString()).toContain("$.more: required, and not written (every document)\n");
    const json = onlyObject(await sinter(["shape", "compat", shape, narrow, "--format", "json", "--json"]));
    expect(json).toMatchObject({ status: "ok", compatible: false });
    expect((await sinter(["shape", "compat", shape, narrow])).stderr).toContain(
      "sinter shape compat needs --format FORMAT",
    );
  });

  test("alone is no command", async () => {
    const ran = await sinter(["shape"]);
    expect(ran.stderr).toContain("there is no command shape; did you mean shape infer or shape compat?");
  });
});

describe("program", () => {
  const shown = (...more: string[]) => sinter(["program", "--shape", shape, "--format", "json", ...more]);

  test("as text, as bytes, and their digest", async () => {
    const compiled = codecOf("json").program("encode");
    const { digest } = compiled;
    const text = await shown("--direction", "encode");
    expect(text).toMatchObject({ exitCode: 0, stderr: "" });
    expect(text.stdout.toString()).toBe(compiled.text());
    const binary = await shown("--direction", "encode", "--binary");
    expect(new Uint8Array(binary.stdout)).toEqual(compiled.bytes());
    const record = { status: "ok", format: "json", direction: "encode", digest };
    expect(onlyObject(await shown("--direction", "encode", "--json"))).toEqual({
      ...record,
      text: compiled.text(),
    });
    const out = files.path("encode.sntp");
    expect(onlyObject(await shown("--direction", "encode", "--json", "--binary", "-o", out))).toEqual({
      ...record,
      out,
    });
    expect(new Uint8Array(readFileSync(out))).toEqual(compiled.bytes());
  });

  test.each(FORMATS.flatMap((format) => [[format, "decode"] as const, [format, "encode"] as const]))(
    "--check verifies %s %s in both forms",
    async (format, direction) => {
      for (const binary of [[], ["--binary"]]) {
        const out = files.path(`checked.${format}.${direction}`);
        const made = ["--format", format, "--direction", direction, "-o", out, ...binary];
        expect(await sinter(["program", "--shape", shape, ...made])).toMatchObject({ exitCode: 0 });
        const ran = await sinter(["program", "--shape", shape, "--check", out]);
        const { digest } = codecOf(format).program(direction);
        expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
        expect(ran.stdout.toString()).toBe(`ok  ${out}  ${format} ${direction}, ${digest}\n`);
        const json = await sinter(["program", "--shape", shape, "--check", out, "--json"]);
        expect(onlyObject(json)).toEqual({ status: "ok", format, direction, digest });
      }
    },
  );

  const compiled = codecOf("json").program("decode");
  const bytes = Buffer.from(compiled.bytes());
  const into = (name: string, text: string | Uint8Array) => files.file(name, Buffer.from(text));
  test.each<[string, string, string, object]>([
    [
      "nothing",
      into("p0", ""),
      "p0:1:1: error: malformed text",
      { stage: "form", code: "load.bad_text", line: 1 },
    ],
    [
      "no text",
      into("p1", Uint8Array.of(0xff, 0xfe)),
      "p1:byte 0: error",
      { stage: "form", code: "load.bad_magic" },
    ],
    [
      "bytes that are cut",
      into("p2", bytes.subarray(0, 40)),
      "p2:byte ",
      { stage: "form", code: "load.malformed" },
    ],
    [
      "an instruction nobody knows",
      into("p3", compiled.text().replace("obj ", "object ")),
      "p3:4:6: error",
      { stage: "form", code: "load.bad_text", line: 4, column: 6 },
    ],
    [
      "a slot outside",
      into("p4", compiled.text().replace("get u64 @1", "get u64 @9")),
      "[load.bad_slot, f0:b1:0]",
      { stage: "verify", code: "load.bad_slot", pc: "f0:b1:0" },
    ],
    [
      "a program of another shape",
      into("p5", createCodec(s.list(s.u8()), "json").program("decode").text()),
      "[load.bad_layout, f0:b0:0]",
      { stage: "verify", code: "load.bad_layout" },
    ],
  ])("--check refuses %s", async (_, file, words, failure) => {
    const ran = await sinter(["program", "--shape", shape, "--check", file]);
    expect(ran).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(words) });
    const record = onlyObject(await sinter(["program", "--shape", shape, "--check", file, "--json"]));
    expect(record).toMatchObject({ status: "error", ...failure });
  });

  test.each<[string[], number, string]>([
    [[], 2, "usage.missing_argument: sinter program needs --shape FILE"],
    [["--shape", shape], 2, "usage.missing_argument: sinter program needs --format FORMAT"],
    [
      ["--shape", shape, "--format", "json", "--direction", "up"],
      2,
      "usage.bad_value: --direction must be decode or encode, not up",
    ],
    [["--shape", shape, "--check", "x", "--format", "json"], 2, "usage.bad_value: --check takes no --format"],
    [["--shape", shape, "--check", "nowhere"], 2, "io.not_found: no such file"],
    [
      ["--shape", shape, "--format", "json", "--deterministic"],
      1,
      "load.unsupported: json has no deterministic",
    ],
    [["--shape", badShape, "--format", "json"], 2, "shape.unknown_kind"],
  ])("%j", async (args, exitCode, words) => {
    const ran = await sinter(["program", ...args]);
    expect(ran).toMatchObject({ exitCode, stderr: expect.stringContaining(words) });
  });
});

test("a line over the limit is one bad line", () => {
  const { io, writes } = captured({ stdin: `${"x".repeat(200)}\n` });
  expect(convert({ given: { batch: true }, operands: [], rest: [], wantsHelp: false }, io, 100)).toBe(0);
  expect(Buffer.concat(writes).toString()).toContain("the line is longer than 100 bytes");
});
