// `sinter run`: bytes out, exit codes, the one record, policies, and where input comes from.

import { mkdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  ALL_BYTES,
  assembled,
  CAT,
  capabilityDump,
  DIV0,
  LOG,
  OOB,
  onlyObject,
  RETURN,
  SPIN,
  scratch,
  sinter,
} from "./rig.ts";

const files = scratch();
const module = (name: string, source: string) => files.file(`${name}.zasm.bin`, assembled(source));
const cat = module("cat", CAT);
const allBytes = module("all-bytes", ALL_BYTES);
const oob = module("oob", OOB);
const div0 = module("div0", DIV0);
const log = module("log", LOG);
const spin = module("spin", SPIN);
const returns = module("returns", RETURN);

const ALL = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

describe("output", () => {
  test("is the guest's bytes and nothing else", async () => {
    const ran = await sinter(["run", allBytes]);
    expect(ran.stdout).toEqual(ALL);
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
  });

  test("large binary input passes through unchanged, as it comes", async () => {
    const input = Buffer.from(Array.from({ length: 300_001 }, (_, i) => (i * 7919) >> 3));
    const ran = await sinter(["run", cat], { stdin: [input.subarray(0, 5), input.subarray(5)] });
    expect(ran.stdout.equals(input)).toBe(true);
    expect(ran.writes).toHaveLength(Math.ceil(input.length / 4096));
  });

  test("before a trap is kept, and the trap is one line on stderr", async () => {
    const ran = await sinter(["run", oob]);
    expect(ran.stdout.toString()).toBe("before");
    expect(ran.stderr).toBe("sinter: trap.oob at pc 32: LD32 of 4 bytes at (DE) is outside guest memory\n");
    expect(ran.exitCode).toBe(1);
  });

  test("of the log goes to stderr, as text or as JSON Lines", async () => {
    expect((await sinter(["run", log])).stderr).toBe("[demo] hi\n");
    expect((await sinter(["run", log, "--log", "jsonl"])).stderr).toBe(
      '{"seq":1,"topic":"demo","body":"hi"}\n',
    );
  });

  test("on a terminal, the trap line does not hang on to an open line", async () => {
    const { stderr } = await sinter(["run", oob], { isTerminal: true });
    expect(stderr).toMatch(/^\nsinter: /);
  });

  test("stops with the run when nobody reads it", async () => {
    const endless = module("endless", `again:\n${ALL_BYTES.replace("RET", "JR again")}`);
    const ran = await sinter(["run", endless], { breaksAfter: 3 });
    expect(ran).toMatchObject({ exitCode: 3, stderr: "" });
    expect(ran.writes).toHaveLength(3);
  });
});

describe("--json", () => {
  test("is exactly one record, guest output inside", async () => {
    const ran = await sinter(["run", allBytes, "--json", "--fuel", "100"]);
    expect(ran.stdout.toString()).toBe(
      `{"status":"ok","stdoutBase64":"${ALL.toString("base64")}","stderrBase64":"","fuelUsed":8,` +
        '"tier":"interp","deterministic":true}\n',
    );
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
  });

  test("of an unmetered run says fuelUsed null", async () => {
    expect(onlyObject(await sinter(["run", returns, "--json"]))).toEqual({
      status: "ok",
      stdoutBase64: "",
      stderrBase64: "",
      fuelUsed: null,
      tier: "interp",
      deterministic: true,
    });
  });

  test("of a trap keeps output and says where", async () => {
    const ran = await sinter(["run", oob, "--json", "--meter"]);
    expect(ran.stdout.toString()).toBe(
      '{"status":"trap","code":"trap.oob","pc":32,"reason":"LD32 of 4 bytes at (DE) is outside guest memory",' +
        '"stdoutBase64":"YmVmb3Jl","stderrBase64":"","category":"oob","fuelUsed":6,"tier":"interp","deterministic":true}\n',
    );
    expect(ran.exitCode).toBe(1);
  });

  test("of a reject has neither output nor fuel nor tier", async () => {
    const bad = files.file("bad.zasm.bin", assembled(RETURN).subarray(0, 50));
    const ran = await sinter(["run", bad, "--json"]);
    expect(ran.stdout.toString()).toBe(
      '{"status":"reject","code":"container.truncated","offset":8,"reason":"file_len is 64, 50 bytes given",' +
        '"category":"decode","deterministic":true}\n',
    );
    expect(ran.exitCode).toBe(1);
  });

  test.each(["native"])("of the tier %s, which is not there, is an error", async (tier) => {
    const ran = await sinter(["run", returns, "--json", "--tier", tier]);
    expect(onlyObject(ran)).toMatchObject({
      status: "error",
      code: "tier.unavailable",
      stdoutBase64: "",
      stderrBase64: "",
    });
    expect(ran.exitCode).toBe(3);
  });

  test("of a missing file is an error record too", async () => {
    const ran = await sinter(["run", files.path("nope"), "--json"]);
    expect(onlyObject(ran)).toEqual({
      status: "error",
      code: "io.not_found",
      reason: "no such file",
      stdoutBase64: "",
      stderrBase64: "",
      category: "io",
      deterministic: true,
    });
    expect(ran.exitCode).toBe(2);
  });

  test("of a bad policy is a reject record with exit 2", async () => {
    const ran = await sinter(["run", returns, "--json", "--policy", files.file("p.json", '{"fule":1}')]);
    expect(onlyObject(ran)).toEqual({
      status: "reject",
      code: "policy.unknown_field",
      reason: 'the policy has no field "fule"; did you mean fuel?',
      category: "policy",
      deterministic: true,
    });
    expect(ran.exitCode).toBe(2);
  });
});

describe("exit codes", () => {
  // z[verify vm.output.status]
  test.each([
    ["returned", [returns], 0],
    ["trap", [div0], 1],
    ["fuel", [spin, "--fuel", "1000"], 1],
    ["reject", [files.file("junk", new Uint8Array(40))], 1],
    ["unknown entry", [returns, "--entry", "x"], 1],
    ["unsupported target", [returns, "--policy", files.file("t.json", '{"target":"arm64"}')], 1],
    ["missing file", [files.path("none")], 2],
    ["directory", [files.path(".")], 2],
    ["missing stdin file", [cat, "--stdin", files.path("none")], 2],
    ["unavailable tier", [returns, "--tier", "native"], 3],
  ])("%s", async (_, args, exitCode) => {
    expect((await sinter(["run", ...args])).exitCode).toBe(exitCode);
  });
});

describe("messages", () => {
  test.each([
    [[div0, "--strict"], "trap.div0 at pc 8: division by zero"],
    [[spin, "--fuel", "10"], "trap.fuel at pc 0: fuel used up"],
    [[files.path(".")], `io.read: a directory, not a file (${files.path(".")})`],
    [[files.path("none")], `io.not_found: no such file (${files.path("none")})`],
    [
      [returns, "--entry", "x"],
      `entry.unknown: no export of that name; the module exports nothing (${returns})`,
    ],
    [
      [files.file("junk", new Uint8Array(40))],
      `container.bad_magic: does not start with ZASB (${files.path("junk")}, offset 0)`,
    ],
  ])("%j", async (args, message) => {
    expect((await sinter(["run", ...args])).stderr).toBe(`sinter: ${message}\n`);
  });

  test("the source given instead of the module is told apart from junk", async () => {
    const source = files.file("cat.zasm", CAT);
    const ran = await sinter(["run", source]);
    expect(ran.stderr).toBe(
      `sinter: container.bad_magic: does not start with ZASB; this is text, assemble it first: sinter asm ${source} (${source}, offset 0)\n`,
    );
    expect((await sinter(["run", files.file("é.zasm", "; é")])).stderr).toContain("sinter asm");
    const binary = await sinter(["run", files.file("b.bin", Buffer.concat([ALL, ALL]))]);
    expect(binary.stderr).not.toContain("sinter asm");
  });

  test("an unknown entry is told what there is", async () => {
    const exporting = files.file("e.bin", assembled("PUBLIC go\nRET\ngo: RET\n", { expt: true }));
    expect((await sinter(["run", exporting, "--entry", "g"])).stderr).toContain('it exports "go"');
    expect(await sinter(["run", exporting, "--entry", "go"])).toMatchObject({ exitCode: 0, stderr: "" });
  });
});

describe("input", () => {
  test("is not touched for a program that cannot read", async () => {
    expect(await sinter(["run", allBytes], { stdin: null })).toMatchObject({ exitCode: 0 });
    expect(await sinter(["run", cat], { stdin: null })).toMatchObject({ exitCode: 3 });
    const viaCtl = module("ctl", "CALL _ctl\nRET\n"); // may read by handle
    expect(await sinter(["run", viaCtl], { stdin: null })).toMatchObject({ exitCode: 3 });
  });

  test("comes from --stdin FILE", async () => {
    const input = files.file("input.bin", ALL);
    const ran = await sinter(["run", cat, "--stdin", input], { stdin: null });
    expect(ran.stdout).toEqual(ALL);
  });

  test("run - takes the module from standard input and gives the guest none", async () => {
    const ran = await sinter(["run", "-"], { stdin: assembled(CAT) });
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    expect(ran.stdout.length).toBe(0);
    const input = files.file("input.bin", ALL);
    const fed = await sinter(["run", "-", "--stdin", input], { stdin: assembled(CAT) });
    expect(fed.stdout).toEqual(ALL);
  });

  test("a terminal is told that it is being read", async () => {
    const ran = await sinter(["run", cat], { stdin: "x", isTerminal: true });
    expect(ran.stderr).toContain("Ctrl-D");
    expect(ran.stdout.toString()).toBe("x");
  });

  test("words after -- are the guest's arguments, options or not", async () => {
    const dump = module("argv", capabilityDump("argv"));
    const ran = await sinter(["run", dump, "--", "--json", "ö", "--"]);
    const strings = [Buffer.from("--json"), Buffer.from("ö"), Buffer.from("--")];
    expect(ran.stdout).toEqual(listOf(strings));
    expect(ran.exitCode).toBe(0);
    const none = await sinter(["run", dump]);
    expect(none.stdout.includes("--json")).toBe(false);
  });

  test("--env reaches the guest with --allow-env, and the process's own never does", async () => {
    // z[verify vm.determinism.opt-in] z[verify vm.policy.allow-env]
    const dump = module("env", capabilityDump("env"));
    const ran = await sinter([
      "run",
      dump,
      "--allow-env",
      "--env",
      "B=2=3",
      "--env",
      "A=",
      "--env",
      "__proto__=x",
    ]);
    expect(ran.stdout).toEqual(listOf(["A=", "B=2=3", "__proto__=x"].map((s) => Buffer.from(s))));
    const empty = await sinter(["run", dump, "--allow-env"]);
    expect(empty.stdout).toEqual(listOf([]));
    expect(onlyObject(await sinter(["run", dump, "--allow-env", "--json"])).deterministic).toBe(false);
  });
});

/** u32 1, u32 n, and for each its u32 length and bytes. */
function listOf(strings: readonly Buffer[]): Buffer {
  const word = (n: number) => Buffer.from(new Uint32Array([n]).buffer);
  return Buffer.concat([word(1), word(strings.length), ...strings.flatMap((s) => [word(s.length), s])]);
}

describe("policy", () => {
  // z[verify vm.input.policy]
  test("comes from a file, and flags override its fields", async () => {
    const policy = files.file("fuel.json", '{"fuel": 3, "memBase": "0x10000"}');
    const short = onlyObject(await sinter(["run", allBytes, "--json", "--policy", policy]));
    expect(short).toMatchObject({ code: "trap.fuel", fuelUsed: 3 });
    const args = ["run", returns, "--json", "--policy", policy, "--fuel", "0"];
    expect(onlyObject(await sinter(args))).toMatchObject({ status: "ok", fuelUsed: null });
  });

  test.each([
    ["--mem-size", "64KiB", { status: "ok" }],
    ["--mem-size", "0x10000", { status: "ok" }],
    ["--mem-size", "257MiB", undefined],
    ["--mem-size", "0", undefined],
    ["--max-output", "255", { code: "trap.output_limit" }],
    ["--max-output", "256", { status: "ok" }],
    ["--mem-base", "0xfffffffffff00000", undefined],
    ["--mem-base", "4", undefined],
  ])("%s %s", async (flag, value, expected) => {
    const ran = await sinter(["run", allBytes, "--json", flag, value]);
    if (expected !== undefined) expect(onlyObject(ran)).toMatchObject(expected);
    else {
      expect(ran.exitCode).toBe(2);
      expect(onlyObject(ran).code).toBe("policy.bad_value");
      const plain = await sinter(["run", allBytes, flag, value]);
      expect(plain.stderr).toMatch(/^sinter: policy\.bad_value: .* \(from the command line\)\n$/);
    }
  });

  test.each([
    ["{", "policy.bad_value: the policy is not JSON: "],
    ["[]", "policy.bad_value: the policy is not an object ("],
    ["null", "policy.bad_value: the policy is not an object ("],
    ['{"fuel":-1}', "policy.bad_value: fuel must be an integer from 0 to 9007199254740991 ("],
    ['{"fuel":1e400}', "policy.bad_value: fuel must be an integer from 0 to 9007199254740991 ("],
    ['{"memsize":65536}', 'policy.unknown_field: the policy has no field "memsize"; did you mean memSize? ('],
    ['{"__proto__":{"fuel":1}}', 'policy.unknown_field: the policy has no field "__proto__" ('],
    ['{"strict":true,"allowEnv":true}', "policy.unsupported: strict cannot be combined"],
    ["\ufeff{}", "policy.bad_value: the policy is not JSON: "],
    [Buffer.from([0x22, 0xff, 0x22]), "policy.bad_value: the policy is not UTF-8 ("],
  ])("bad file %j names the file, exit 2", async (text, message) => {
    const policy = files.file("bad.json", text);
    const ran = await sinter(["run", returns, "--policy", policy]);
    expect(ran.stderr.startsWith(`sinter: ${message}`), ran.stderr).toBe(true);
    expect(ran.stderr).toContain(policy);
    expect(ran.stderr.split("\n")).toHaveLength(2);
    expect(ran.exitCode).toBe(2);
  });

  test("a missing policy file is exit 2", async () => {
    const ran = await sinter(["run", returns, "--policy", files.path("none.json")]);
    expect(ran).toMatchObject({
      exitCode: 2,
      stderr: `sinter: io.not_found: no such file (${files.path("none.json")})\n`,
    });
  });

  test("a file that is too long for a policy is refused unread", async () => {
    mkdirSync(files.path("sub"));
    const policy = files.file("sub/long.json", " ".repeat(1024 * 1024 + 1));
    expect((await sinter(["run", returns, "--policy", policy])).stderr).toContain(
      "longer than 1048576 bytes",
    );
  });
});
