// The requirement trace fails when it should: each case plants one fault in a small tree of its own.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const SCRIPT = fileURLToPath(new URL("../scripts/trace.mjs", import.meta.url));

/** An annotation, put together so that the trace of this repository does not read it. */
const note = (role: "impl" | "verify", id: string) => `// ${`z[${role}`} ${id}]\n`;

const GOOD = {
  "spec/a.md":
    "- z[vm.one] (built) First.\n- z[vm.two] Planned, see z[vm.one].\n\nz[vm.three] (tested) A test.\n",
  "src/one.ts": note("impl", "vm.one"),
  "src/one.test.ts": note("verify", "vm.one"),
  "test/three.case": note("verify", "vm.three"),
};

function trace(files: Record<string, string>, ...options: string[]) {
  const root = mkdtempSync(join(tmpdir(), "sinter-trace-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    }
    const done = spawnSync(process.execPath, [SCRIPT, root, ...options], { encoding: "utf8" });
    return { status: done.status, out: done.stdout + done.stderr };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

test("a complete tree passes and is shown as requirement, code, test", () => {
  const { status, out } = trace(GOOD);
  expect(out).toMatch(/z\[vm\.one\] +built +src\/one\.ts:1 +-> +src\/one\.test\.ts:1/);
  expect(out).toContain("3 requirements (1 built, 1 tested, 0 n/a, 1 planned), 0 problems");
  expect(status).toBe(0);
});

test("--summary leaves the table out", () => {
  expect(trace(GOOD, "--summary").out.trim().split("\n")).toHaveLength(1);
});

test("one comment may carry several ids", () => {
  const both = note("verify", "vm.one").trim() + note("verify", "vm.three");
  const { "test/three.case": _, ...rest } = GOOD;
  expect(trace({ ...rest, "src/one.test.ts": both }).status).toBe(0);
});

test.each<[string, Record<string, string>, string]>([
  ["an unknown id in code", { "src/x.ts": note("impl", "vm.nope") }, "src/x.ts:1 "],
  ["an unknown id in a test", { "test/x.test.ts": note("verify", "vm.nope") }, "test/x.test.ts:1 "],
  [
    "an unknown id in the spec",
    { "spec/b.md": "Text about z[vm.nope].\n" },
    "spec/b.md:1 mentions z[vm.nope]",
  ],
  ["a second definition", { "spec/b.md": "- z[vm.one] Again.\n" }, "z[vm.one] is defined twice"],
  ["built without code", { "src/one.ts": "" }, "z[vm.one] is marked (built) and has no code"],
  ["built without test", { "src/one.test.ts": "" }, "z[vm.one] is marked (built) and has no test"],
  ["tested without test", { "test/three.case": "" }, "z[vm.three] is marked (tested) and has no test"],
  ["impl in a test", { "test/x.test.ts": note("impl", "vm.one") }, "code says impl, tests say verify"],
  ["a newer requirement", { "spec/a.md": "- z[vm.one+2] (built) New.\n- z[vm.three] T.\n" }, "is at +2"],
  ["an annotation from the future", { "src/one.ts": note("impl", "vm.one+2") }, "is for version +2"],
  ["no requirements at all", { "spec/a.md": "" }, "0 requirements"],
])("fails on %s", (_, files, message) => {
  const { status, out } = trace({ ...GOOD, ...files });
  expect(out).toContain(message);
  expect(status).toBe(1);
});
