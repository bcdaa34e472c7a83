// `sinter batch`: exact answers, one per line, in order, whatever the lines are.

import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { batch } from "../../src/cli/batch.ts";
import {
  ALL_BYTES,
  assembled,
  CAT,
  captured,
  DIV0,
  FILL_16_MIB,
  LOG,
  OOB,
  RETURN,
  SPIN,
  scratch,
  sinter,
} from "./rig.ts";

const files = scratch();
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const modules = {
  cat: base64(assembled(CAT)),
  allBytes: base64(assembled(ALL_BYTES)),
  oob: base64(assembled(OOB)),
  div0: base64(assembled(DIV0)),
  log: base64(assembled(LOG)),
  spin: base64(assembled(SPIN)),
  returns: base64(assembled(RETURN)),
};

const BAD_REST = '"stdoutBase64":"","stderrBase64":"","category":"io","deterministic":true}';

/** The answers to `lines`, as text. */
async function answers(lines: readonly (string | Buffer | object)[], ...args: string[]): Promise<string[]> {
  const pieces = lines.flatMap((line) => [
    typeof line === "string" || Buffer.isBuffer(line) ? Buffer.from(line) : Buffer.from(JSON.stringify(line)),
    Buffer.from("\n"),
  ]);
  const ran = await sinter(["batch", ...args], { stdin: Buffer.concat(pieces) });
  expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
  expect(ran.stdout.at(-1)).toBe(0x0a);
  return ran.stdout.toString().split("\n").slice(0, -1);
}

const answer = async (
  line: string | Buffer | object,
  ...args: string[]
): Promise<Record<string, unknown>> => {
  const [text = "", ...more] = await answers([line], ...args);
  expect(more).toEqual([]);
  return JSON.parse(text) as Record<string, unknown>;
};

describe("answers, to the byte", () => {
  test("ok", async () => {
    const [line] = await answers(
      [{ id: 7, moduleBase64: modules.cat, stdinBase64: "AP8K" }],
      "--fuel",
      "1000",
    );
    expect(line).toBe(
      '{"id":7,"status":"ok","stdoutBase64":"AP8K","stderrBase64":"","fuelUsed":15,"tier":"interp","deterministic":true}',
    );
  });

  test("unmetered: fuelUsed is there, and null", async () => {
    const [line] = await answers([{ moduleBase64: modules.returns }]);
    expect(line).toBe(
      '{"id":null,"status":"ok","stdoutBase64":"","stderrBase64":"","fuelUsed":null,"tier":"interp","deterministic":true}',
    );
  });

  test("trap", async () => {
    const [line] = await answers([{ id: "a", moduleBase64: modules.oob, policy: { fuel: 100 } }]);
    expect(line).toBe(
      '{"id":"a","status":"trap","code":"trap.oob","pc":32,"reason":"LD32 of 4 bytes at (DE) is outside guest memory",' +
        '"stdoutBase64":"YmVmb3Jl","stderrBase64":"","category":"oob","fuelUsed":6,"tier":"interp","deterministic":true}',
    );
  });

  test("reject by the container: offset in the file, nothing of a run", async () => {
    const [line] = await answers([{ id: [1, { a: null }], moduleBase64: "AAAA" }]);
    expect(line).toBe(
      '{"id":[1,{"a":null}],"status":"reject","code":"container.too_small","offset":0,' +
        '"reason":"shorter than the 40-byte header","category":"decode","deterministic":true}',
    );
  });

  test("reject by the verifier: pc and offset in CODE", async () => {
    const bytes = assembled("RET\nRET\n");
    bytes[bytes.length - 1] = 0x0f; // no such opcode
    const [line] = await answers([{ id: 0, moduleBase64: base64(bytes) }]);
    expect(line).toBe(
      '{"id":0,"status":"reject","code":"verify.bad_opcode","pc":4,"offset":4,' +
        '"reason":"unknown or forbidden opcode","category":"unsupported","deterministic":true}',
    );
  });

  test("reject by the policy", async () => {
    const [line] = await answers([{ id: 0, moduleBase64: modules.returns, policy: { fuel: "3" } }]);
    expect(line).toBe(
      '{"id":0,"status":"reject","code":"policy.bad_value",' +
        '"reason":"fuel must be an integer from 0 to 9007199254740991","category":"policy","deterministic":true}',
    );
  });

  test("log output is stderr", async () => {
    expect(await answer({ moduleBase64: modules.log })).toMatchObject({
      stdoutBase64: "",
      stderrBase64: base64(Buffer.from("[demo] hi\n")),
    });
  });

  test("unreadable files", async () => {
    const missing = files.path("none");
    const lines = await answers([
      { id: 1, module: missing },
      { id: 2, module: files.path(".") },
      { id: 3, moduleBase64: modules.returns, stdin: missing },
      { id: 4, module: "a\0b" },
      { id: 5, module: "" },
      { id: 6, module: `\u001b[2J\n${"x".repeat(1000)}` },
    ]);
    expect(lines).toHaveLength(6);
    const parsed = lines.map((line) => JSON.parse(line) as { id: number; code: string; reason: string });
    expect(parsed.map(({ id, code }) => [id, code])).toEqual([
      [1, "io.not_found"],
      [2, "io.read"],
      [3, "io.not_found"],
      [4, "io.read"],
      [5, "io.not_found"],
      [6, "io.read"],
    ]);
    const quoted = missing.length <= 61 ? JSON.stringify(missing) : "";
    expect(lines[0]).toBe(
      `{"id":1,"status":"error","code":"io.not_found","reason":${JSON.stringify(`module ${quoted}: no such file`)},${BAD_REST}`,
    );
    expect(parsed[2]?.reason).toMatch(/^stdin /);
    expect(parsed[5]?.reason.length).toBeLessThan(200);
    expect(parsed[5]?.reason).toContain("\\u{1b}[2J\\u{a}xx");
  });

  test("a tier that is not there", async () => {
    expect(
      await answer({ id: 1, moduleBase64: modules.returns, tier: "native", policy: { fuel: 5 } }),
    ).toEqual({
      id: 1,
      status: "error",
      code: "tier.unavailable",
      reason: "this version has no native tier for modules",
      stdoutBase64: "",
      stderrBase64: "",
      category: "unsupported",
      fuelUsed: 0,
      deterministic: true,
    });
  });

  test("a pipe that nobody writes to does not stop the batch", async () => {
    const pipe = files.path("pipe");
    execFileSync("bash", ["-c", `mkfifo ${pipe}`]);
    const lines = await answers([
      { id: 1, module: pipe },
      { id: 2, moduleBase64: modules.returns },
    ]);
    expect(lines.map((line) => JSON.parse(line).code)).toEqual(["io.read", undefined]);
  });
});

describe("files", () => {
  test("module and stdin come from paths", async () => {
    const module = files.file("cat.zasm.bin", assembled(CAT));
    const stdin = files.file("input", "\0binary\xff");
    const expected = base64(Buffer.from("\0binary\xff"));
    expect(await answer({ module, stdin })).toMatchObject({ status: "ok", stdoutBase64: expected });
    const lines = files.file("lines", `${JSON.stringify({ id: 1, module, stdin })}\n`);
    const ran = await sinter(["batch", lines], { stdin: null });
    expect(ran.exitCode).toBe(0);
    expect(JSON.parse(ran.stdout.toString())).toMatchObject({ id: 1, stdoutBase64: expected });
  });

  test.each([
    ["none", "io.not_found: no such file"],
    [".", "io.read: a directory, not a file"],
  ])("the batch itself unreadable (%s) is exit 2", async (name, message) => {
    const ran = await sinter(["batch", files.path(name)]);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toBe(`sinter: ${message} (${files.path(name)})\n`);
    const json = await sinter(["batch", "--json", files.path(name)]);
    expect(JSON.parse(json.stdout.toString())).toMatchObject({ status: "error", where: files.path(name) });
  });
});

describe("lines that are no request", () => {
  const good = { id: 1, moduleBase64: modules.returns };
  test.each<[string, string | Buffer | object, string]>([
    ["not JSON", "{", "the line is not JSON"],
    ["two values", "{}{}", "the line is not JSON"],
    ["a byte order mark", `\ufeff${JSON.stringify(good)}`, "the line is not JSON"],
    ["a NUL", Buffer.from(`${JSON.stringify(good)}\0`), "the line is not JSON"],
    ["a form feed alone", "\f", "the line is not JSON"],
    ["not UTF-8", Buffer.from([0x22, 0xc3, 0x28, 0x22]), "the line is not UTF-8"],
    ["UTF-8 of a surrogate", Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), "the line is not UTF-8"],
    ["an array", [good], "the line is not a JSON object"],
    ["a number", "3", "the line is not a JSON object"],
    ["null", "null", "the line is not a JSON object"],
    ["an empty object", {}, "module or moduleBase64 is missing"],
    ["both modules", { ...good, module: "x" }, "both module and moduleBase64 are given"],
    ["both stdins", { ...good, stdin: "x", stdinBase64: "" }, "both stdin and stdinBase64 are given"],
    [
      "an unknown key",
      { ...good, modul: "x" },
      'there is no key "modul"; did you mean module or moduleBase64?',
    ],
    ["the key args", { ...good, args: [] }, 'there is no key "args"'],
    [
      "the key __proto__",
      `{"__proto__":{"id":1},"moduleBase64":"${modules.returns}"}`,
      'there is no key "__proto__"',
    ],
    ["inherited names", `{"constructor":1,"moduleBase64":""}`, 'there is no key "constructor"'],
    ["module a number", { module: 3 }, "module must be a string"],
    ["module null", { module: null }, "module must be a string"],
    ["stdin null", { ...good, stdin: null }, "stdin must be a string"],
    ["tier unknown", { ...good, tier: "turbo" }, "tier must be auto, interp, baseline, opt, native"],
    ["tier null", { ...good, tier: null }, "tier must be a string"],
    ["entry a number", { ...good, entry: 1 }, "entry must be a string"],
    ["state a string", { ...good, state: "true" }, "state must be true or false"],
    ["state null", { ...good, state: null }, "state must be true or false"],
    ["base64 with white space", { moduleBase64: "AA AA" }, "moduleBase64 is not base64"],
    ["base64 without padding", { moduleBase64: "AAA" }, "moduleBase64 is not base64"],
    ["base64 for URLs", { moduleBase64: "__--" }, "moduleBase64 is not base64"],
    ["base64 with bits to spare", { moduleBase64: "AAB=" }, "moduleBase64 is not base64"],
    ["base64 over-padded", { moduleBase64: "AA===" }, "moduleBase64 is not base64"],
    [
      "base64 bad after a megabyte",
      { moduleBase64: `${"AAAA".repeat(1 << 19)}A-AA` },
      "moduleBase64 is not base64",
    ],
    ["base64 of stdin", { ...good, stdinBase64: "é" }, "stdinBase64 is not base64"],
    [
      "a bottomless id",
      `{"moduleBase64":"","id":${"[".repeat(1e6)}${"]".repeat(1e6)}}`,
      "id is nested too deeply",
    ],
  ])("%s", async (_, line, reason) => {
    const [before, bad, after] = await answers([good, line, good]);
    expect(bad).toBe(
      `{"id":null,"line":2,"status":"error","code":"batch.bad_line","reason":${JSON.stringify(reason)},${BAD_REST}`,
    );
    expect(JSON.parse(before ?? "")).toMatchObject({ id: 1, status: "ok" });
    expect(after).toBe(before);
  });

  test("a line over the limit is skipped without being kept, and the rest goes on", async () => {
    const good = JSON.stringify({ id: 1, moduleBase64: modules.returns });
    const long = Buffer.alloc(100_000, 0x20);
    const { io, writes } = captured({
      stdin: [Buffer.from(`${good}\n`), long, long, Buffer.from(`\n${good}`)],
    });
    batch({ given: {}, operands: [], rest: [], wantsHelp: false }, io, 150_000);
    const lines = writes.map((write) => JSON.parse(write.toString()));
    expect(lines).toMatchObject([
      { id: 1, status: "ok" },
      { id: null, line: 2, code: "batch.bad_line", reason: "the line is longer than 150000 bytes" },
      { id: 1, status: "ok" },
    ]);
  });
});

describe("line ends", () => {
  const line = JSON.stringify({ id: 1, moduleBase64: modules.returns });
  test.each([
    ["LF", `${line}\n${line}\n`],
    ["CRLF", `${line}\r\n${line}\r\n`],
    ["no end on the last", `${line}\n${line}`],
    ["blank lines", `\n  \t\r\n${line}\n\n${line}\n \n`],
  ])("%s", async (_, text) => {
    const ran = await sinter(["batch"], { stdin: text });
    expect(ran.stdout.toString().split("\n")).toHaveLength(3);
    expect(ran.exitCode).toBe(0);
  });

  test("blank lines count in line numbers", async () => {
    const ran = await sinter(["batch"], { stdin: "\n\r\n{\n" });
    expect(JSON.parse(ran.stdout.toString()).line).toBe(3);
  });

  test("pieces may end anywhere", async () => {
    const text = Buffer.from(`${line}\n{"id":"é\u{1f600}","moduleBase64":"${modules.returns}"}\n`);
    const whole = await sinter(["batch"], { stdin: text });
    const bytewise = await sinter(["batch"], { stdin: Array.from(text, (_, i) => text.subarray(i, i + 1)) });
    expect(bytewise.stdout).toEqual(whole.stdout);
    expect(whole.stdout.toString()).toContain('"id":"é\u{1f600}"');
  });

  test("no input at all is fine", async () => {
    expect(await sinter(["batch"], { stdin: "" })).toMatchObject({ exitCode: 0, stderr: "", writes: [] });
  });
});

describe("ids", () => {
  test.each(['"\\ud800"', "1e21", "-0.5", "true", '{"__proto__":1,"b":[2]}', '"\\u0000\\n"', '""'])(
    "%s comes back as it was parsed",
    async (id) => {
      const [line = ""] = await answers([`{"id":${id},"moduleBase64":"${modules.returns}"}`]);
      expect(line.startsWith(`{"id":${JSON.stringify(JSON.parse(id))},`)).toBe(true);
    },
  );
});

describe("policy", () => {
  test("--fuel is for lines that say nothing of fuel", async () => {
    const spin = { moduleBase64: modules.spin };
    const used = async (line: object) => (await answer({ ...spin, ...line }, "--fuel", "100")).fuelUsed;
    expect(await used({})).toBe(100);
    expect(await used({ policy: {} })).toBe(100);
    expect(await used({ policy: { fuel: 7 } })).toBe(7);
    expect(await answer({ ...spin, policy: null }, "--fuel", "1")).toMatchObject({
      code: "policy.bad_value",
    });
    expect(await answer({ ...spin, policy: [] }, "--fuel", "1")).toMatchObject({ code: "policy.bad_value" });
    const off = { moduleBase64: modules.returns, policy: { fuel: 0 } };
    expect(await answer(off, "--fuel", "1")).toMatchObject({ status: "ok", fuelUsed: null });
  });

  test("__proto__ in a policy is an unknown field, with and without --fuel", async () => {
    const line = `{"moduleBase64":"${modules.spin}","policy":{"__proto__":{"fuel":5}}}`;
    for (const args of [[], ["--fuel", "9"]]) {
      expect(await answer(line, ...args)).toMatchObject({ code: "policy.unknown_field" });
    }
  });

  test.each([
    ["0", "ok"],
    ["65536", "ok"],
    ['"0xfffffffffff00000"', "reject"],
    ['"0xffffffffff000000"', "ok"],
    ["18446744073692774400", "reject"],
    ['"65536"', "reject"],
  ])("memBase %s: %s", async (memBase, status) => {
    const line = `{"moduleBase64":"${modules.returns}","policy":{"memBase":${memBase}}}`;
    expect(await answer(line)).toMatchObject({ status });
  });

  test("a key given twice counts once, with its last value", async () => {
    const line = `{"id":1,"id":2,"moduleBase64":"${modules.spin}","policy":{"fuel":9,"fuel":4}}`;
    expect(await answer(line)).toMatchObject({ id: 2, fuelUsed: 4 });
  });

  test("entry", async () => {
    const moduleBase64 = base64(assembled("PUBLIC go\nagain: JR again\ngo: RET\n", { expt: true }));
    expect(await answer({ moduleBase64, entry: "go" })).toMatchObject({ status: "ok" });
    expect(await answer({ moduleBase64, entry: "no" })).toMatchObject({
      status: "reject",
      code: "entry.unknown",
    });
    expect(await answer({ moduleBase64, entry: "__proto__" })).toMatchObject({ code: "entry.unknown" });
  });
});

describe('"state": true', () => {
  const SET = `
  LD HL, -1
  LD DE, 1
  LD A, 0x123456789abcdef0
  LD BC, 0
  LD IX, 42
  CP DE, 2
`;
  const registers = {
    HL: "0xffffffffffffffff",
    DE: "0x0000000000000001",
    A: "0x123456789abcdef0",
    BC: "0x0000000000000000",
    IX: "0x000000000000002a",
    CMP: "0xffffffff",
  };
  // SHA-256 of 65536 zero bytes, from sha256sum.
  const ZEROS = "de2f256064a0af797747c2b97505dc0b9f3df0de4f489eac731c23ae9ca9cc31";
  const policy = { memSize: 65536 };

  test("of a run that returned: registers and memory", async () => {
    const moduleBase64 = base64(assembled(`${SET}RET\n`));
    const got = await answer({ moduleBase64, policy, state: true });
    expect(got).toMatchObject({ status: "ok", memorySha256: ZEROS, registers });
    expect(Object.keys(got).slice(-2)).toEqual(["memorySha256", "registers"]);
    expect(Object.keys(got.registers as object)).toEqual(["HL", "DE", "A", "BC", "IX", "CMP"]);
  });

  test("of a run out of fuel: both", async () => {
    const moduleBase64 = base64(assembled(`${SET}again: JR again\n`));
    const got = await answer({ moduleBase64, policy: { ...policy, fuel: 50 }, state: true });
    expect(got).toMatchObject({ code: "trap.fuel", memorySha256: ZEROS, registers });
  });

  test("of another trap: memory only; of reject and error: neither", async () => {
    const trap = await answer({ moduleBase64: modules.div0, policy, state: true });
    expect(trap).toMatchObject({ code: "trap.div0", memorySha256: ZEROS });
    expect(trap).not.toHaveProperty("registers");
    for (const line of [
      { moduleBase64: "AAAA" },
      { module: files.path("none") },
      { moduleBase64: modules.returns, tier: "native" },
    ]) {
      const got = await answer({ ...line, state: true });
      expect(got).not.toHaveProperty("registers");
      expect(got).not.toHaveProperty("memorySha256");
    }
  });

  test("false, or left out: neither", async () => {
    for (const line of [{}, { state: false }]) {
      const got = await answer({ moduleBase64: modules.returns, ...line });
      expect(got).not.toHaveProperty("memorySha256");
    }
  });
});

describe("many lines", () => {
  test("are answered in order, each in a write of its own", async () => {
    const lines = Array.from({ length: 500 }, (_, id) =>
      JSON.stringify({
        id,
        moduleBase64: id % 3 === 0 ? modules.oob : id % 3 === 1 ? "AAAA" : modules.returns,
      }),
    );
    const ran = await sinter(["batch"], { stdin: lines.join("\n") });
    expect(ran.writes).toHaveLength(500);
    expect(ran.writes.map((write) => JSON.parse(write.toString()).id)).toEqual(lines.map((_, id) => id));
  });

  test("an answer is out before the next line is read", async () => {
    const line = Buffer.from(`${JSON.stringify({ moduleBase64: modules.returns })}\n`);
    const { io, writes } = captured();
    const seen: number[] = [];
    let left = 3;
    const stdin = {
      isTerminal: false,
      read(buffer: Uint8Array) {
        seen.push(writes.length);
        if (left-- === 0) return 0;
        buffer.set(line);
        return line.length;
      },
    };
    batch({ given: {}, operands: [], rest: [], wantsHelp: false }, { ...io, stdin });
    expect(seen).toEqual([0, 1, 2, 3]);
  });

  test("do not pile up finished instances (D17)", async () => {
    const moduleBase64 = base64(assembled(FILL_16_MIB));
    const line = JSON.stringify({ moduleBase64, policy: { memSize: 16 * 1024 * 1024 } });
    let most = 0;
    const before = process.memoryUsage.rss();
    const ran = await sinter(["batch"], {
      stdin: `${line}\n`.repeat(200), // 3.2 GB if they were kept
      onWrite: () => {
        most = Math.max(most, process.memoryUsage.rss() - before);
      },
    });
    expect(ran.writes).toHaveLength(200);
    expect(ran.writes[0]?.toString()).toContain('"status":"ok"');
    expect(most).toBeLessThan(1.2e9);
  });

  test("output longer than one piece of base64 joins seamlessly", async () => {
    const input = Buffer.from(Array.from({ length: 2_000_003 }, (_, i) => i ^ (i >> 8)));
    const got = await answer({ moduleBase64: modules.cat, stdinBase64: base64(input) });
    expect(got.stdoutBase64 === base64(input)).toBe(true);
  });
});
