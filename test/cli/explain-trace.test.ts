// `sinter explain`, `sinter trace` and `sinter trace diff` as a person or a script uses them.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { assembled, CAT, OOB, onlyObject, RETURN, SPIN, scratch, sinter } from "./rig.ts";

const files = scratch();
const cat = files.file("cat.bin", assembled(CAT));
const spin = files.file("spin.bin", assembled(SPIN));
const hello = files.file("hello.txt", "hello");
/** The note on a run that a command ended. */
const CUT = "sinter: stopped at the limit; the program had not ended (--limit N)\n";
const bad = files.file("bad.bin", assembled(RETURN).subarray(0, 50));

describe("explain", () => {
  test("for people", async () => {
    const ran = await sinter(["explain", cat, "--fuel", "1000"]);
    const text = ran.stdout.toString();
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    for (const part of ["sha256", "CALL _in", "loop", "checks for", "unit 0", "i64.load", "L_0000 (entry)"]) {
      if (part !== "sha256") expect(text).toContain(part);
    }
    const summary = (await sinter(["explain", cat, "--summary"])).stdout.toString();
    expect(summary).toContain("L_0000 (entry)");
    expect(summary).not.toContain("CALL _in");
    expect((await sinter(["explain", cat, "--tier", "interp"])).stdout.toString()).not.toContain("│");
  });

  test("one function, by label or pc", async () => {
    const module = files.file(
      "two.bin",
      assembled("PUBLIC leaf\nCALL leaf\nRET\nleaf: INC A\nRET\n", { expt: true }),
    );
    const byName = (await sinter(["explain", module, "--function", "leaf"])).stdout.toString();
    const byPc = (await sinter(["explain", module, "--function", "0008"])).stdout.toString();
    expect(byName).toContain("INC A");
    expect(byName).not.toContain("CALL leaf");
    expect(byPc).toBe(byName);
    expect(await sinter(["explain", module, "--function", "no\u001b"])).toMatchObject({
      exitCode: 2,
      stderr: "sinter: usage.bad_value: the module has no function no\\u{1b}\n",
    });
  });

  test("--json", async () => {
    const got = onlyObject(await sinter(["explain", cat, "--json", "--run", "--stdin", hello]));
    expect(got).toMatchObject({
      status: "ok",
      instructions: 10,
      functions: [{ pc: 0, isEntry: true, name: "L_0000" }],
      run: { status: "ok", profiled: 15, isComplete: true },
    });
  });

  test("--run of a program that does not end is cut, and says so", async () => {
    const ran = await sinter(["explain", spin, "--run", "--summary", "--limit", "1000000"]);
    expect(ran).toMatchObject({ exitCode: 0, stderr: CUT });
    expect(ran.stdout.toString()).toContain("run     cut at the limit, tier interp, fuel 1,000,000, ");
    const json = await sinter(["explain", spin, "--run", "--json", "--limit", "0x10"]);
    expect(onlyObject(json)).toMatchObject({ status: "ok", run: { status: "limit", fuelUsed: 16 } });
    expect(json.stderr).toBe("");
    const busy = files.file("busy.bin", assembled("again:\nINC A\nJR again\n"));
    const unasked = await sinter(["explain", busy, "--run", "--json"]);
    expect(onlyObject(unasked)).toMatchObject({ run: { status: "limit", fuelUsed: 200_000_000 } });
    const out = files.path("cut.html");
    expect((await sinter(["explain", spin, "--run", "--limit", "99", "--html", out])).stderr).toBe(CUT);
    const fuelled = await sinter(["explain", spin, "--run", "--summary", "--fuel", "1000"]);
    expect(fuelled).toMatchObject({ exitCode: 0, stderr: "" });
    expect(fuelled.stdout.toString()).toContain("run     trap.fuel, ");
    for (const wrong of [
      ["--limit", "5"],
      ["--run", "--limit", "0"],
      ["--run", "--limit", "many"],
    ]) {
      expect(await sinter(["explain", spin, ...wrong])).toMatchObject({ exitCode: 2 });
    }
  });

  test("--html", async () => {
    const out = files.path("page.html");
    const ran = await sinter(["explain", cat, "--html", out]);
    const page = readFileSync(out, "utf8");
    expect(ran.stdout.toString()).toBe(`wrote ${out}, ${Buffer.byteLength(page)} bytes\n`);
    expect(page).toMatch(/^<!doctype html>[\s\S]*<h1>cat\.bin<\/h1>[\s\S]*<\/html>\n$/);
    const piped = await sinter(["explain", cat, "--html", "-"]);
    expect(piped.stdout.toString().slice(0, 100)).toBe(page.slice(0, 100));
    expect(onlyObject(await sinter(["explain", cat, "--html", out, "--json"]))).toMatchObject({ out });
  });

  test("refusals and wrong usage", async () => {
    expect(await sinter(["explain", bad])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("container.truncated"),
    });
    expect(onlyObject(await sinter(["explain", bad, "--json"]))).toMatchObject({
      code: "container.truncated",
    });
    expect(await sinter(["explain", cat, "--stdin", hello])).toMatchObject({ exitCode: 2 });
    expect(await sinter(["explain", cat, "--tier", "fast"])).toMatchObject({ exitCode: 2 });
    expect(await sinter(["explain", files.file("t.zasm", CAT)])).toMatchObject({
      stderr: expect.stringContaining("assemble it first"),
    });
  });
});

describe("trace", () => {
  const trace = async (...args: string[]): Promise<string> => {
    const ran = await sinter(["trace", ...args]);
    expect(ran).toMatchObject({ exitCode: 0 });
    return ran.stdout.toString();
  };

  test("is the same every time, and diff agrees", async () => {
    const [one, two] = [await trace(cat, "--stdin", hello), await trace(cat, "--stdin", hello)];
    expect(two).toBe(one);
    expect(one).toMatch(/^# sinter trace 1\n(.*\n)*end status=ok .*\n$/);
    const [a, b] = [files.file("a.trace", one), files.file("b.trace", two)];
    const diff = await sinter(["trace", "diff", a, b]);
    expect(diff).toMatchObject({ exitCode: 0, stderr: "" });
    expect(diff.stdout.toString()).toBe("same  16 records\n");
    expect((await sinter(["trace", "diff", a, "-"], { stdin: two })).exitCode).toBe(0);
  });

  test("diff finds the first difference, and shows both sides", async () => {
    const a = files.file("a.trace", await trace(cat, "--stdin", hello));
    const b = files.file("b.trace", await trace(cat, "--stdin", files.file("hallo.txt", "hallo")));
    const diff = await sinter(["trace", "diff", a, b]);
    expect(diff.exitCode).toBe(1);
    const text = diff.stdout.toString();
    expect(text).toContain("stdin: 5 bytes 2cf24dba5fb0a30e | 5 bytes ");
    expect(text).toContain("different  after 2 records that are the same; [0x10+5]\n");
    expect(text).toMatch(/^- {8}3 {2}0014 {2}CALL _in +HL=0x5 \[0x10\+5\]=0x6f6c6c6568/m);
    expect(text).toMatch(/^\+ {8}3 {2}0014 {2}CALL _in +HL=0x5 \[0x10\+5\]=0x6f6c6c6168/m);
    expect(onlyObject(await sinter(["trace", "diff", a, b, "--json"]))).toMatchObject({
      status: "different",
      records: 2,
      difference: { differs: ["[0x10+5]"] },
    });
  });

  test("tiers, by fuel", async () => {
    const [slow, fast] = ["interp", "baseline"].map((tier) =>
      trace(spin, "--every", "1000", "--limit", "5", "--tier", tier),
    );
    const [a, b] = [files.file("slow.trace", await slow!), files.file("fast.trace", await fast!)];
    const diff = await sinter(["trace", "diff", a, b]);
    expect(diff.exitCode).toBe(0);
    expect(diff.stdout.toString()).toBe("tier: interp | baseline\nsame  6 records\n");
  });

  test("traps are part of a trace, the limit is said on stderr", async () => {
    expect(await trace(files.file("oob.bin", assembled(OOB)))).toMatch(
      /stopped=trap\.oob\nend status=trap {2}code=trap\.oob /,
    );
    const ran = await sinter(["trace", spin, "--limit", "2"]);
    expect(ran.stdout.toString()).toMatch(/\nend status=limit /);
    expect(ran.stderr).toBe(CUT);
  });

  test("--json is JSON Lines", async () => {
    const lines = (await trace(cat, "--json"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { kind: string });
    expect(lines.map(({ kind }) => kind)).toEqual(["start", ...Array(6).fill("step"), "end"]);
    expect(lines[0]).toMatchObject({ version: 1, policy: { memBase: "0x0" }, entry: 0 });
  });

  test("wrong usage", async () => {
    const fails = async (args: string[], words: string) => {
      const ran = await sinter(["trace", ...args]);
      expect(ran).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(words) });
    };
    await fails([], "needs MODULE");
    await fails(["diff", cat], "needs B");
    await fails(["diff", cat, cat], "not a trace");
    await fails(["diff", files.path("none"), cat], "io.not_found");
    await fails([cat, "--tier", "baseline"], "--every");
    await fails([cat, "--every", "0"], "from 1");
    await fails([cat, "--limit", "many"], "--limit");
    expect((await sinter(["trace", bad])).exitCode).toBe(1);
    expect((await sinter(["trace", "diff", "--help"])).stdout.toString()).toContain("sinter trace diff A B");
    expect((await sinter(["help", "trace"])).stdout.toString()).toContain("--every N");
  });
});
