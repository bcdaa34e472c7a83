// What each command says to somebody who gave it nothing, or the wrong file: one line, the right exit code, and where
// to go from there.

import { describe, expect, test } from "vitest";
import { assembled, CAT, capabilityDump, onlyObject, RETURN, scratch, sinter } from "./rig.ts";

const files = scratch();
const bytes = assembled(CAT);
const module = files.file("cat.zasm.bin", bytes);
const empty = files.file("empty", "");
const cut = files.file("cut.bin", bytes.subarray(0, 50));
const corrupt = files.file("corrupt.bin", bytes.with(bytes.length - 20, 0xee).with(40, 0x58));
const source = files.file("cat.zasm", CAT);

const MODULE_COMMANDS = ["run", "verify", "disasm", "inspect", "explain", "trace"];

describe.each(MODULE_COMMANDS)("%s", (command) => {
  test.each([
    [undefined, 2, `usage.missing_argument: sinter ${command} needs MODULE; see sinter help ${command}`],
    [files.path("none"), 2, `io.not_found: no such file (${files.path("none")})`],
    [files.path("."), 2, `io.read: a directory, not a file (${files.path(".")})`],
    [empty, 1, `container.too_small: the file is empty (${empty}, offset 0)`],
    ["-", 1, "container.too_small: standard input is empty (standard input, offset 0)"],
    [cut, 1, `container.truncated: file_len is ${bytes.length}, 50 bytes given (${cut}, offset 8)`],
    [corrupt, 1, `container.missing_code: there is no CODE section (${corrupt}`],
    [source, 1, `assemble it first: sinter asm ${source} (${source}, offset 0)`],
  ])("%s", async (path, exitCode, words) => {
    const ran = await sinter(path === undefined ? [command] : [command, path]);
    expect(ran).toMatchObject({ exitCode, stderr: expect.stringContaining(words) });
    expect(ran.stderr).toMatch(/^sinter: .*\n$/);
    expect(ran.stdout).toHaveLength(0);
    const json = await sinter([...(path === undefined ? [command] : [command, path]), "--json"]);
    expect(json).toMatchObject({ exitCode, stderr: "" });
    const [, code] = /^sinter: ([\w.]+)/.exec(ran.stderr) ?? [];
    expect(onlyObject(json)).toMatchObject({ status: exitCode === 1 ? "reject" : "error", code });
  });
});

describe("asm", () => {
  test.each([
    [undefined, 2, "usage.missing_argument: sinter asm needs SOURCE; see sinter help asm\n"],
    [files.path("none"), 2, `io.not_found: no such file (${files.path("none")})\n`],
    [files.path("."), 2, `io.read: a directory, not a file (${files.path(".")})\n`],
    [empty, 1, "error: expected at least one instruction, found none [asm.no_code]\n"],
  ])("%s", async (path, exitCode, words) => {
    const ran = await sinter(path === undefined ? ["asm"] : ["asm", path]);
    expect(ran).toMatchObject({ exitCode, stderr: expect.stringContaining(words) });
    expect(ran.stdout).toHaveLength(0);
  });

  test.each([module, cut])("a module instead of a source: %s", async (path) => {
    const ran = await sinter(["asm", path]);
    const reason = `this is a module, not source; for its text: sinter disasm ${path}`;
    expect(ran).toMatchObject({ exitCode: 1, stderr: `sinter: asm.not_utf8: ${reason} (${path})\n` });
    const json = await sinter(["asm", path, "--json"]);
    expect(onlyObject(json)).toMatchObject({ status: "reject", code: "asm.not_utf8", reason });
    const piped = await sinter(["asm", "-"], { stdin: bytes });
    expect(piped.stderr).toContain("sinter disasm MODULE (standard input)\n");
  });
});

test.each(["run", "explain", "trace"])("%s --entry that is none names those there are", async (command) => {
  const exporting = files.file("go.bin", assembled("PUBLIC go\nRET\ngo: RET\n", { expt: true }));
  const ran = await sinter([command, exporting, "--entry", "g"]);
  const stderr = `sinter: entry.unknown: no export of that name; it exports "go" (${exporting})\n`;
  expect(ran).toMatchObject({ exitCode: 1, stderr });
  expect((await sinter([command, module, "--entry", "g"])).stderr).toContain("the module exports nothing");
});

describe("trace diff", () => {
  test("says which of the two is no trace, and why", async () => {
    const trace = files.file("ok.trace", (await sinter(["trace", module])).stdout);
    const json = files.file("json.trace", (await sinter(["trace", module, "--json"])).stdout);
    const wrong = "io.read: not a trace as `sinter trace` writes it";
    for (const [a, b, words] of [
      [trace, module, `${wrong} (${module})`],
      [json, trace, `${wrong}; traces made with --json cannot be compared (${json})`],
      [trace, empty, `${wrong}; it is empty (${empty})`],
      ["-", trace, `${wrong}; it is empty (standard input)`],
      [trace, files.path("none"), `io.not_found: no such file (${files.path("none")})`],
      [files.path("."), trace, `io.read: a directory, not a file (${files.path(".")})`],
    ] as const) {
      const ran = await sinter(["trace", "diff", a, b]);
      expect(ran).toMatchObject({ exitCode: 2, stderr: `sinter: ${words}\n` });
    }
  });

  test("has help of its own, by every way to ask", async () => {
    const { stdout } = await sinter(["trace", "diff", "--help"]);
    expect(stdout.toString()).toMatch(/^sinter trace diff A B /);
    expect((await sinter(["help", "trace", "diff"])).stdout).toEqual(stdout);
    expect(onlyObject(await sinter(["help", "trace", "diff", "--json"])).commands).toMatchObject([
      { name: "trace diff" },
    ]);
  });
});

test("help takes one command", async () => {
  const ran = await sinter(["help", "run", "asm"]);
  expect(ran).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("unexpected argument asm") });
});

describe("explain refuses what would do nothing", () => {
  test.each([
    [["--stdin", source], "--stdin does nothing without --run"],
    [["--limit", "5"], "--limit does nothing without --run"],
    [["--allow-env", "--env", "A=1"], "--env does nothing without --run"],
    [["--", "a"], "arguments for the program do nothing without --run"],
    [["--html", "-", "--json"], "--html - and --json both write to standard output"],
    [["--summary", "--json"], "--summary does nothing with --json, which gives everything"],
    [["--function", "0000", "--html", "-"], "--function does nothing with --html, which shows everything"],
  ])("%j", async (args, words) => {
    const ran = await sinter(["explain", module, ...args]);
    expect(ran.exitCode).toBe(2);
    expect(`${ran.stderr}${ran.stdout}`).toContain(words);
  });
});

test.each(["trace", "explain"])("%s --env reaches the program with --allow-env", async (command) => {
  const program = files.file("env.bin", assembled(capabilityDump("env")));
  const outputOf = async (...args: string[]): Promise<unknown> => {
    const run = command === "trace" ? [] : ["--run"];
    const ran = await sinter([command, program, ...run, "--json", ...args]);
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    if (command === "trace") return JSON.parse(ran.stdout.toString().trim().split("\n").at(-1)!);
    return (onlyObject(ran).run as { fuelUsed: number }).fuelUsed;
  };
  const meter = ["--meter", "--allow-env"];
  const none = await outputOf(...meter);
  const some = await outputOf(...meter, "--env", `LONG=${"x".repeat(500)}`);
  expect(some).not.toEqual(none);
  expect(
    await sinter([command, program, "--env", "A=1", ...(command === "trace" ? [] : ["--run"])]),
  ).toMatchObject({
    exitCode: 2,
    stderr: "sinter: usage.bad_value: --env does nothing without --allow-env\n",
  });
});

test("a module that returns at once is none of all that", async () => {
  const ok = files.file("ok.bin", assembled(RETURN));
  for (const command of MODULE_COMMANDS) {
    expect(await sinter([command, ok])).toMatchObject({ exitCode: 0, stderr: "" });
  }
});
