// `sinter asm`, `disasm`, `verify` and `inspect`.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { writeContainer } from "../../src/zasm/container/write.ts";
import { ALL_BYTES, assembled, CAT, onlyObject, RETURN, scratch, sinter } from "./rig.ts";

const files = scratch();
const read = (name: string): Buffer => readFileSync(files.path(name));
const cat = files.file("cat.bin", assembled(CAT));

describe("asm", () => {
  test.each(["hello.zasm", "hello.asm", "hello"])("writes the module of %s beside it", async (name) => {
    const source = files.file(name, ALL_BYTES);
    const ran = await sinter(["asm", source]);
    const bytes = Buffer.from(assembled(ALL_BYTES));
    expect(ran.stdout.toString()).toBe(`wrote ${files.path("hello.zasm.bin")}, ${bytes.length} bytes\n`);
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    expect(read("hello.zasm.bin")).toEqual(bytes);
  });

  test("-o FILE, -o -, and - as the source", async () => {
    const source = files.file("o.zasm", ALL_BYTES);
    const bytes = Buffer.from(assembled(ALL_BYTES));
    expect((await sinter(["asm", source, "-o", files.path("o.out")])).exitCode).toBe(0);
    expect(read("o.out")).toEqual(bytes);
    expect((await sinter(["asm", source, "-o", "-"])).stdout).toEqual(bytes);
    expect((await sinter(["asm", "-"], { stdin: ALL_BYTES })).stdout).toEqual(bytes);
    const terminal = await sinter(["asm", source, "-o", "-"], { isTerminal: true });
    expect(terminal.exitCode).toBe(2);
    expect(terminal.stdout.length).toBe(0);
  });

  test("passes its options on", async () => {
    const source = files.file("options.zasm", 'PUBLIC go\nLD HL, text\nCALL _out\ngo: RET\ntext: DB "\\n"\n');
    const args = [
      "--mem-base",
      "0x10000",
      "--entry",
      "go",
      "--impt",
      "--expt",
      "--mem",
      "64KiB,1MiB",
      "--escapes",
    ];
    const ran = await sinter(["asm", source, "-o", "-", ...args]);
    const text = 'PUBLIC go\nLD HL, text\nCALL _out\ngo: RET\ntext: DB "\\n"\n';
    expect(ran.stdout).toEqual(
      Buffer.from(
        assembled(text, {
          memBase: 0x10000n,
          entry: "go",
          impt: true,
          expt: true,
          mem: { minBytes: 65536, maxBytes: 1048576 },
          escapes: true,
        }),
      ),
    );
    expect(ran.stdout).not.toEqual(Buffer.from(assembled(text)));
  });

  test("shows each mistake with its line and a caret, and writes nothing", async () => {
    const source = files.file("bad.zasm", "main:\n\tLDX HL, 5\n  LD HL, nowhere\n  RET\n");
    const ran = await sinter(["asm", source]);
    expect(ran.stderr).toMatch(/^.*bad\.zasm:2:2: error: .* \[asm\.unknown_mnemonic\]\n/);
    expect(ran.stderr).toContain("    2 | \tLDX HL, 5\n      | \t^~~\n");
    expect(ran.stderr).toMatch(/bad\.zasm:3:10: error: .* \[asm\.unknown_name\]\n/);
    expect(ran.stderr).toContain("    3 |   LD HL, nowhere\n      |          ^~~~~~~\n");
    expect(ran.exitCode).toBe(1);
    expect(() => read("bad.zasm.bin")).toThrow("ENOENT");
  });

  test("--json has the same as data", async () => {
    const source = files.file("bad.zasm", "  LD HL, nowhere\n  RET\n");
    const ran = await sinter(["asm", source, "--json"]);
    const place = { line: 1, column: 10 };
    expect(onlyObject(ran)).toMatchObject({
      status: "reject",
      code: "asm.unknown_name",
      diagnostics: [{ severity: "error", code: "asm.unknown_name", ...place }],
    });
    expect(ran).toMatchObject({ exitCode: 1, stderr: "" });
    const good = onlyObject(await sinter(["asm", "-", "--json"], { stdin: RETURN }));
    expect(good).toMatchObject({
      status: "ok",
      moduleBase64: Buffer.from(assembled(RETURN)).toString("base64"),
      diagnostics: [],
    });
    expect(good.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test("warnings are shown and do not stop it", async () => {
    const source = files.file("warn.zasm", "  CP A, 1\n  JR LTU, done\ndone: RET\n");
    const ran = await sinter(["asm", source]);
    expect(ran.exitCode).toBe(0);
    expect(ran.stderr).toMatch(/warn\.zasm:2:\d+: warning: .* \[asm\.unsigned_jr\]\n/);
  });

  test("a source that is not UTF-8 is one diagnostic", async () => {
    const source = files.file("latin1.zasm", Buffer.from("RET ; caf\xe9\n", "latin1"));
    const ran = await sinter(["asm", source]);
    expect(ran.stderr).toMatch(/latin1\.zasm:1:10: error: .* \[asm\.not_utf8\]\n/);
    expect(ran.exitCode).toBe(1);
  });

  test("long lines, control characters and wide places are shown safely", async () => {
    const line = `RET ; ${"x".repeat(5000)}`;
    const source = files.file("long.zasm", `${line.replace("RET", "LD HL,")}\n\u001b[2J\n`);
    const { stderr } = await sinter(["asm", source]);
    expect(stderr).not.toContain("\u001b");
    for (const shown of stderr.split("\n")) expect(shown.length).toBeLessThan(300);
  });

  test("an output that cannot be written", async () => {
    const source = files.file("ok.zasm", RETURN);
    const out = files.path("no/such/folder");
    expect(await sinter(["asm", source, "-o", out])).toMatchObject({
      exitCode: 2,
      stderr: `sinter: io.write: no such folder (${out})\n`,
    });
  });
});

describe("disasm", () => {
  test("gives text that assembles to the same bytes", async () => {
    const ran = await sinter(["disasm", cat]);
    expect(Buffer.from(assembled(ran.stdout.toString()))).toEqual(Buffer.from(assembled(CAT)));
    const json = onlyObject(await sinter(["disasm", cat, "--json"]));
    expect(json).toEqual({ status: "ok", text: ran.stdout.toString() });
    await sinter(["disasm", cat, "-o", files.path("cat.out")]);
    expect(read("cat.out")).toEqual(ran.stdout);
  });

  test("refuses what is no module", async () => {
    const ran = await sinter(["disasm", files.file("t.zasm", CAT)]);
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain("container.bad_magic");
    expect(ran.stderr).toContain("sinter asm");
  });
});

describe("verify", () => {
  test("says ok with the digest", async () => {
    const ran = await sinter(["verify", cat]);
    expect(ran.stdout.toString()).toMatch(/^ok .*cat\.bin .* sha256 [0-9a-f]{64}\n$/);
    const json = onlyObject(await sinter(["verify", cat, "--json"]));
    expect(json).toMatchObject({ status: "ok" });
    expect(ran.stdout.toString()).toContain(String(json.sha256));
  });

  test("says where in CODE, and where in the file", async () => {
    const bytes = assembled("RET\nRET\n");
    bytes[bytes.length - 1] = 0x0f;
    const bad = files.file("bad.bin", bytes);
    const ran = await sinter(["verify", bad]);
    expect(ran).toMatchObject({
      exitCode: 1,
      stderr: `sinter: verify.bad_opcode: unknown or forbidden opcode (${bad}, CODE offset 4)\n`,
    });
    expect(onlyObject(await sinter(["verify", bad, "--json"]))).toEqual({
      status: "reject",
      code: "verify.bad_opcode",
      pc: 4,
      offset: 4,
      reason: "unknown or forbidden opcode",
      category: "unsupported",
    });
    const cut = files.file("cut.bin", assembled(RETURN).subarray(0, 50));
    expect((await sinter(["verify", cut])).stderr).toBe(
      `sinter: container.truncated: file_len is 64, 50 bytes given (${cut}, offset 8)\n`,
    );
  });

  test("--strict refuses surplus bytes, --strict-encoding the document's forms", async () => {
    const surplus = files.file("s.bin", Buffer.concat([assembled(RETURN), Buffer.from([0])]));
    expect((await sinter(["verify", surplus])).exitCode).toBe(0);
    expect((await sinter(["verify", surplus, "--strict"])).stderr).toContain("container.trailing_bytes");
    // INC A with rs1 = 0: the document's form.
    const document = writeContainer({
      code: new Uint8Array(new Uint32Array([0x05200000, 0x01000000]).buffer),
    });
    const file = files.file("d.bin", document);
    expect((await sinter(["verify", file])).exitCode).toBe(0);
    expect((await sinter(["verify", file, "--strict-encoding"])).stderr).toContain("verify.bad_fields");
  });

  test("the policy counts", async () => {
    const policy = files.file("p.json", '{"allowPrimitives":false}');
    expect((await sinter(["verify", cat, "--policy", policy])).stderr).toContain("verify.bad_opcode");
  });
});

describe("inspect", () => {
  const source = "PUBLIC main\nPUBLIC leaf\nCALL leaf\nCALL _out\nmain: RET\nleaf: RET\ntext: DB 1, 2, 3\n";
  const options = { impt: true, expt: true, mem: { minBytes: 65536, maxBytes: 0 } };
  const bytes = assembled(source, options);
  const module = files.file("inspect.bin", bytes);

  test("--json has everything", async () => {
    const got = onlyObject(await sinter(["inspect", module, "--json", "--blocks"]));
    expect(got).toMatchObject({
      status: "ok",
      fileLen: bytes.length,
      entryPc: 0,
      abi: { id: 0, version: 0 },
      exports: [
        { name: "main", pc: 8 },
        { name: "leaf", pc: 12 },
      ],
      imports: ["_out"],
      memory: { minBytes: 65536, maxBytes: 0 },
      data: [{ dst: 16, length: 3 }],
      warnings: ["main is exported at pc 8, but the module starts at pc 0"],
      hostCalls: ["_out"],
      instructions: 4,
      basicBlocks: { count: 4, longest: 1 },
      blocks: [
        { pc: 0, endPc: 4, instructions: 1, end: "call", target: 12 },
        { pc: 4, endPc: 8, instructions: 1, end: "fall" },
        { pc: 8, endPc: 12, instructions: 1, end: "return" },
        { pc: 12, endPc: 16, instructions: 1, end: "return" },
      ],
    });
    const tags = ["CODE", "DATA", "IMPT", "EXPT", "MEM "];
    const sections = got.sections as { tag: string; offset: number; length: number }[];
    expect(sections.map(({ tag }) => tag)).toEqual(tags);
    expect(sections[0]).toEqual({ tag: "CODE", offset: 140, length: 16 });
    expect(onlyObject(await sinter(["inspect", module, "--json"]))).not.toHaveProperty("blocks");
  });

  test("for people: a table, the D4 warning on stderr", async () => {
    const ran = await sinter(["inspect", module]);
    const text = ran.stdout.toString();
    for (const fact of ["sha256", "CODE", "MEM ", "at least 65536 bytes", "leaf", "_out", "basic blocks"]) {
      expect(text).toContain(fact);
    }
    expect(ran.stderr).toBe(
      `sinter: warning: main is exported at pc 8, but the module starts at pc 0 (${module})\n`,
    );
    expect(ran.exitCode).toBe(0);
    expect(text).not.toContain("to 12");
    expect((await sinter(["inspect", module, "--blocks"])).stdout.toString()).toContain("call to 12");
  });

  test("no warning where main is the entry", async () => {
    const fine = files.file(
      "fine.bin",
      assembled("PUBLIC main\nRET\nmain: RET\n", { expt: true, entry: "main" }),
    );
    expect(await sinter(["inspect", fine])).toMatchObject({ exitCode: 0, stderr: "" });
  });

  test("code that does not verify still shows its container", async () => {
    const bad = bytes.slice();
    bad[140 + 3] = 0x0f;
    const file = files.file("inspect-bad.bin", bad);
    const ran = await sinter(["inspect", file]);
    expect(ran.exitCode).toBe(1);
    expect(ran.stdout.toString()).toContain("EXPT");
    expect(ran.stderr).toContain("verify.bad_opcode");
    const json = onlyObject(await sinter(["inspect", file, "--json"]));
    expect(json).toMatchObject({ status: "reject", code: "verify.bad_opcode", entryPc: 0 });
    expect(json).not.toHaveProperty("instructions");
  });

  test("what is no module at all", async () => {
    const ran = await sinter(["inspect", files.file("t.zasm", CAT), "--json"]);
    expect(ran.exitCode).toBe(1);
    expect(onlyObject(ran)).toMatchObject({ status: "reject", code: "container.bad_magic", offset: 0 });
  });
});
