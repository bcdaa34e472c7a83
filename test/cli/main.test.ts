// The command line around the commands: help, suggestions, where errors go and in which form.

import { expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/commands.ts";
import { nearest } from "../../src/cli/nearest.ts";
import { assembled, onlyObject, RETURN, scratch, sinter } from "./rig.ts";

const files = scratch();
const ok = files.file("ok.zasm.bin", assembled(RETURN));

test("help names every command, and every command has help of its own", async () => {
  const overview = await sinter(["help"]);
  expect(overview.exitCode).toBe(0);
  expect(overview.stderr).toBe("");
  for (const { name, options } of COMMANDS) {
    expect(overview.stdout.toString()).toMatch(new RegExp(`^ {2}${name} +\\w`, "m"));
    const help = await sinter(["help", name]);
    expect(help.exitCode).toBe(0);
    expect(help.stdout.toString()).toContain(`sinter ${name}`);
    for (const option of Object.keys(options)) expect(help.stdout.toString()).toContain(`--${option}`);
    expect((await sinter([name, "--help"])).stdout).toEqual(help.stdout);
    expect((await sinter([name, "-h"])).stdout).toEqual(help.stdout);
  }
});

test("help is plain text when piped and coloured on a terminal", async () => {
  expect((await sinter(["help", "run"])).stdout.toString()).not.toContain("\u001b");
  expect((await sinter(["help", "run"], { isTerminal: true })).stdout.toString()).toContain("\u001b[");
});

test("help --json describes the commands", async () => {
  const described = onlyObject(await sinter(["help", "--json"]));
  expect(described.commands).toHaveLength(COMMANDS.length);
  expect(onlyObject(await sinter(["help", "asm", "--json"])).commands).toMatchObject([{ name: "asm" }]);
});

test("no command at all is a usage error that shows the overview", async () => {
  const ran = await sinter([]);
  expect(ran.exitCode).toBe(2);
  expect(ran.stdout.length).toBe(0);
  expect(ran.stderr).toContain("sinter COMMAND");
});

test("--version", async () => {
  expect((await sinter(["--version"])).stdout.toString()).toMatch(/^sinter \d+\.\d+\.\d+\n$/);
  expect(onlyObject(await sinter(["-V", "--json"])).version).toMatch(/^\d+\.\d+\.\d+$/);
});

test.each([
  [["rnu", "x"], "usage.unknown_command: there is no command rnu; did you mean run?"],
  [["zzzzzz"], "usage.unknown_command: there is no command zzzzzz; see sinter help"],
  [
    ["a.zasm.bin"],
    "usage.unknown_command: there is no command a.zasm.bin; did you mean sinter run a.zasm.bin?",
  ],
  [["a.zasm"], "usage.unknown_command: there is no command a.zasm; did you mean sinter asm a.zasm?"],
  [["--jsno"], "usage.unknown_option: there is no option --jsno; see sinter help"],
  [["run", ok, "--feul", "3"], "usage.unknown_option: sinter run has no option --feul; did you mean --fuel?"],
  [["run", ok, "-x"], "usage.unknown_option: sinter run has no option -x; see sinter help run"],
  [
    ["run", ok, "--__proto__"],
    "usage.unknown_option: sinter run has no option --__proto__; see sinter help run",
  ],
  [["run"], "usage.missing_argument: sinter run needs MODULE; see sinter help run"],
  [["run", ok, "--policy"], "usage.missing_argument: --policy needs a value: FILE"],
  [["run", ok, "--policy", "--strict"], "usage.missing_argument: --policy needs a value: FILE"],
  [["run", ok, "--strict=yes"], "usage.bad_value: --strict takes no value"],
  [
    ["run", ok, "more"],
    "usage.extra_argument: unexpected argument more; arguments for the program go after --",
  ],
  [["verify", ok, "more"], "usage.extra_argument: unexpected argument more"],
  [
    ["run", ok, "--fuel", "99999999999999999999"],
    "usage.bad_value: --fuel must be an integer from 0 to 9007199254740991, not 99999999999999999999",
  ],
  [
    ["run", ok, "--fuel", "-1"],
    "usage.bad_value: --fuel must be an integer from 0 to 9007199254740991, not -1",
  ],
  [
    ["run", ok, "--fuel", "1e3"],
    "usage.bad_value: --fuel must be an integer from 0 to 9007199254740991, not 1e3",
  ],
  [
    ["run", ok, "--mem-base", "0x10000000000000000"],
    "usage.bad_value: --mem-base must be an address below 2^64, decimal or 0x…, not 0x10000000000000000",
  ],
  [
    ["run", ok, "--mem-base", "18446744073709551616"],
    "usage.bad_value: --mem-base must be an address below 2^64, decimal or 0x…, not 18446744073709551616",
  ],
  [
    ["run", ok, "--tier", "turbo"],
    "usage.bad_value: --tier must be auto, interp, baseline, opt, native, not turbo",
  ],
  [["run", ok, "--log", "xml"], "usage.bad_value: --log must be text or jsonl, not xml"],
  [["run", ok, "--env", "novalue"], "usage.bad_value: --env must be NAME=VALUE, not novalue"],
  [["run", ok, "--env", "A=1"], "usage.bad_value: --env does nothing without --allow-env"],
  [
    ["run", "-", "--stdin", "-"],
    "usage.bad_value: standard input can be only one of module, --stdin and --policy",
  ],
  [["asm", ok, "--mem", "1,2,3"], "usage.bad_value: --mem must be MIN or MIN,MAX, not 1,2,3"],
  [["asm", ok, "--mem-base", "4"], "usage.bad_value: --mem-base must be a multiple of 8, not 4"],
  [["batch", "a", "b"], "usage.extra_argument: unexpected argument b"],
  [["help", "rnu"], "usage.unknown_command: there is no command rnu; did you mean run?"],
])("usage error: %j", async (argv, message) => {
  const ran = await sinter(argv);
  expect(ran.stderr).toBe(`sinter: ${message}\n`);
  expect(ran.exitCode).toBe(2);
  expect(ran.stdout.length).toBe(0);
  const json = await sinter([...argv, "--json"]);
  const [, code, reason] = /^([\w.]+): (.*)$/.exec(message) ?? [];
  if (argv.at(-1) === "--policy") return; // there, --json would be taken for the forgotten value
  expect(onlyObject(json)).toEqual({ status: "error", code, reason, category: "usage" });
  expect(json.stderr).toBe("");
  expect(json.exitCode).toBe(2);
});

test("hostile file names stay on one line and cannot move the cursor", async () => {
  const ran = await sinter(["run", "a\u001b[2J\nb\u202e"]);
  expect(ran.stderr).toBe("sinter: io.not_found: no such file (a\\u{1b}[2J\\u{a}b\\u{202e})\n");
  expect(ran.exitCode).toBe(2);
});

test("an exception nobody expected is one line, code internal, exit 3", async () => {
  // z[verify vm.error.structured]
  const streams = {
    onWrite: () => {
      throw new TypeError("planted");
    },
  };
  const ran = await sinter(["help"], streams);
  expect(ran.exitCode).toBe(3);
  expect(ran.stderr).toBe("sinter: internal: a bug in sinter: TypeError: planted\n");
});

test("a reader that went away is no message, and no success", async () => {
  const ran = await sinter(["help"], { breaksAfter: 0 });
  expect(ran).toMatchObject({ exitCode: 3, stderr: "" });
});

test("suggestions", () => {
  const known = ["fuel", "entry", "strict", "strict-encoding"];
  expect(nearest("feul", known)).toEqual(["fuel"]);
  expect(nearest("stric", known)).toEqual(["strict", "strict-encoding"]);
  expect(nearest("x", known)).toEqual([]);
  expect(nearest("x".repeat(1_000_000), known)).toEqual([]);
});
