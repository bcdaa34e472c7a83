// The real command, as a process: pipes, signals of pipes, descriptors. Needs dist, which `npm test` builds first.

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { ALL_BYTES, assembled, CAT, OOB, RETURN, scratch } from "./rig.ts";

const BIN = fileURLToPath(new URL("../../bin/sinter.js", import.meta.url));
const files = scratch();
const cat = files.file("cat.bin", assembled(CAT));
const oob = files.file("oob.bin", assembled(OOB));
const endless = files.file("endless.bin", assembled(`again:\n${ALL_BYTES.replace("RET", "JR again")}`));

const sinter = (args: readonly string[], input: string | Uint8Array = "") =>
  spawnSync(process.execPath, [BIN, ...args], { input, maxBuffer: 1 << 28 });

const shell = (command: string) =>
  spawnSync("bash", ["-o", "pipefail", "-c", command], {
    env: { ...process.env, NODE: process.execPath, BIN, CAT: cat, OOB: oob, ENDLESS: endless },
    timeout: 20_000,
  });

describe("pipes", () => {
  test("binary goes in and out unchanged, more than any pipe holds", () => {
    const input = Buffer.from(Array.from({ length: 5_000_001 }, (_, i) => (i * 31) ^ (i >> 9)));
    const ran = sinter(["run", cat], input);
    expect(ran.stdout.equals(input)).toBe(true);
    expect([ran.status, ran.stderr.toString()]).toEqual([0, ""]);
  });

  test("output is complete when the reader is slow and the exit is a trap", () => {
    const ran = shell('"$NODE" "$BIN" run "$OOB" | (sleep 0.3; cat)');
    expect(ran.stdout.toString()).toBe("before");
    expect(ran.stderr.toString()).toContain("trap.oob at pc 32");
    expect(ran.status).toBe(1);
  });

  test("a reader that leaves ends an endless program, silently", () => {
    const ran = shell('"$NODE" "$BIN" run "$ENDLESS" | head -c 10 | wc -c');
    expect(ran.stdout.toString().trim()).toBe("10");
    expect(ran.stderr.toString()).toBe("");
    expect(ran.status).toBe(3);
  });

  test("a non-blocking stdout loses nothing", () => {
    // The pipe's other users see the flag too: python sets it, sinter inherits it, the reader dawdles.
    const script = "import os,sys; os.set_blocking(1, False); os.execv(sys.argv[1], sys.argv[1:])";
    const size = 3_000_000;
    const input = files.file("big", Buffer.alloc(size, "0123456789"));
    const ran = shell(
      `python3 -c '${script}' "$NODE" "$BIN" run "$CAT" --stdin ${input} | (sleep 0.5; sha256sum)`,
    );
    const expected = createHash("sha256").update(readFileSync(input)).digest("hex");
    expect(ran.stdout.toString()).toContain(expected);
    expect(ran.status).toBe(0);
  });

  test("asm | run -", () => {
    const source = files.file("all.zasm", ALL_BYTES);
    const ran = shell(`"$NODE" "$BIN" asm ${source} -o - | "$NODE" "$BIN" run -`);
    expect(ran.stdout).toEqual(Buffer.from(Array.from({ length: 256 }, (_, i) => i)));
  });
});

describe("exit codes", () => {
  test.each([
    [["run", cat], 0],
    [["run", oob], 1],
    [["run", "/no/such"], 2],
    [["run", cat, "--tier", "native"], 3],
    [["nonsense"], 2],
    [["help"], 0],
  ])("%j", (args, status) => {
    const ran = sinter(args);
    expect(ran.status).toBe(status);
    expect(ran.stderr.toString().split("\n").length).toBeLessThanOrEqual(2);
  });

  test("a full device is an error, not a crash", () => {
    const full = openSync("/dev/full", "w");
    try {
      const ran = spawnSync(process.execPath, [BIN, "help"], { stdio: ["ignore", full, "pipe"] });
      expect(ran.stderr.toString()).toBe("sinter: io.write: cannot write: ENOSPC\n");
      expect(ran.status).toBe(3);
    } finally {
      closeSync(full);
    }
  });
});

test("a closed standard input is an empty one", () => {
  const ran = shell('"$NODE" "$BIN" run "$CAT" <&-');
  expect([ran.status, ran.stderr.toString()]).toEqual([0, ""]);
});

test("a directory as standard input is a structured error", () => {
  const ran = shell('"$NODE" "$BIN" run "$CAT" < /');
  expect(ran.stderr.toString()).toBe("sinter: io.read: standard input could not be read: EISDIR\n");
  expect(ran.status).toBe(2);
});

test("output has no colour in a pipe, whatever the environment asks for", () => {
  const env = { ...process.env, FORCE_COLOR: "1" };
  const ran = spawnSync(process.execPath, [BIN, "help"], { env });
  expect(ran.stdout.includes(0x1b)).toBe(false);
});

test("batch answers a line before it gets the next one", async () => {
  const child = spawn(process.execPath, [BIN, "batch"], { stdio: ["pipe", "pipe", "inherit"] });
  const moduleBase64 = Buffer.from(assembled(RETURN)).toString("base64");
  const replies: string[] = [];
  let asked = 0;
  const ask = () => child.stdin.write(`${JSON.stringify({ id: asked++, moduleBase64 })}\n`);
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    replies.push(text);
    if (asked < 3) ask();
    else child.stdin.end();
  });
  ask();
  const status = await new Promise((resolve) => child.on("exit", resolve));
  expect(status).toBe(0);
  expect(replies.map((reply) => JSON.parse(reply).id)).toEqual([0, 1, 2]);
});
