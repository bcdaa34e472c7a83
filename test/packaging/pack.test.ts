// The package as it would be published: packed, unpacked into an empty folder beside nothing but its dependency, and
// used from there by every door it has. Offline. Needs dist, which `npm test` builds first.

import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { assembled } from "../cli/rig.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FOLDER = mkdtempSync(join(tmpdir(), "sinter-pack-"));
const PACKAGE = join(FOLDER, "node_modules/sinter");
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

const EXAMPLE = join(ROOT, "examples/wordcount/wordcount.zasm");
const INPUT = join(ROOT, "examples/wordcount/input.txt");
const EXPECTED = readFileSync(join(ROOT, "examples/wordcount/expected.txt"), "utf8");

/** A program in the consumer's folder; throws what it wrote to stderr when it fails. */
function spawned(program: string, args: readonly string[], input = ""): string {
  const ran = spawnSync(program, args, { cwd: FOLDER, input, encoding: "utf8", timeout: 60_000 });
  if (ran.status !== 0) throw new Error(`${program} ${args[0]}: ${ran.error ?? ran.stderr}${ran.stdout}`);
  return ran.stdout;
}

const node = (args: readonly string[], input?: string) => spawned(process.execPath, args, input);

/** What npm says it packed, unpacked where a consumer has it. */
function install(): readonly string[] {
  const args = ["pack", "--json", "--ignore-scripts", "--offline", "--pack-destination", FOLDER, ROOT];
  const npm = process.env.npm_execpath; // under `npm test`, the npm that runs
  const output = npm?.endsWith("npm-cli.js") ? node([npm, ...args]) : spawned("npm", args);
  const [packed] = JSON.parse(output) as [{ filename: string; files: { path: string }[] }];
  mkdirSync(PACKAGE, { recursive: true });
  spawned("tar", ["-xzf", packed.filename, "-C", PACKAGE, "--strip-components=1"]);
  // A copy: through a link, the package's dependency would be found in the repository again.
  const { dependencies } = manifest();
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(FOLDER, "node_modules", name)), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), join(FOLDER, "node_modules", name), "junction");
  }
  return packed.files.map(({ path }) => path);
}

interface Manifest {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly imports: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

const manifest = (): Manifest => JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")) as Manifest;

let packed: readonly string[];
beforeAll(() => {
  packed = install();
  writeFileSync(join(FOLDER, "module.bin"), assembled(readFileSync(EXAMPLE, "utf8")));
  writeFileSync(join(FOLDER, "package.json"), JSON.stringify({ type: "module" }));
}, 120_000);

const inTree = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length).replaceAll("\\", "/"));

describe("holds", () => {
  test("everything that was built, the source it was built from, and nothing else", () => {
    const isShipped = (path: string) => !path.endsWith(".test.ts") && path !== "dist/.stamp";
    const wanted = ["LICENSE", "README.md", "package.json", ...["bin", "dist", "src"].flatMap(inTree)];
    expect([...packed].sort()).toEqual(wanted.filter(isShipped).sort());
  });

  test("every file its manifest names", () => {
    const { exports, imports, bin } = manifest();
    const named = [exports, imports, bin].flatMap((part) =>
      Object.values(part).flatMap((target) => (typeof target === "string" ? target : Object.values(target))),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((path) => !existsSync(join(PACKAGE, path)))).toEqual([]);
  });
});

/** One program per subpath; each prints what the example prints, or ok. */
const CONSUMERS: Readonly<Record<string, string>> = {
  sinter: `
    import { readFileSync } from "node:fs";
    import { Engine } from "sinter";
    const stdin = readFileSync(process.argv[2]);
    const engine = Engine.create({ hotThreshold: 0 });
    const outcome = engine.run(readFileSync("module.bin"), { stdin, policy: { fuel: 10_000_000 } });
    if (outcome.status !== "ok" || outcome.tier === "interp") throw new Error(JSON.stringify(outcome));
    process.stdout.write(outcome.stdout);`,
  "sinter/codec": `
    import { CodecError, createCodec, FORMATS } from "sinter/codec";
    import { s } from "sinter/shape";
    const shape = s.struct({ id: s.u64(), name: s.string() });
    for (const format of FORMATS) {
      const codec = createCodec(shape, format);
      if (codec.decode(codec.encode({ id: 1n, name: "é" })).name !== "é") throw new Error(format);
      try {
        codec.decode(new Uint8Array(0));
        throw new Error("decoded");
      } catch (error) {
        if (!(error instanceof CodecError)) throw error;
      }
    }
    console.log("ok");`,
  "sinter/shape": `
    import { Engine, s as same } from "sinter";
    import { compat, inferShape, parseShape, s } from "sinter/shape";
    if (s !== same) throw new Error("two of them");
    const shape = parseShape(JSON.parse(JSON.stringify(inferShape([{ a: 1 }, { a: 2 }]))));
    if (!compat(shape, shape, "json").compatible) throw new Error("incompatible with itself");
    console.log(Engine.create().codec(s.string(), "json").tryDecode(new TextEncoder().encode('"a"')).status);`,
  "sinter/isolate": `
    import { readFileSync } from "node:fs";
    import { Isolate } from "sinter/isolate";
    const isolate = Isolate.create({ workers: 1 });
    const stdin = readFileSync(process.argv[2]);
    const outcome = await isolate.run(readFileSync("module.bin"), { stdin, timeoutMs: 30_000 });
    if (outcome.status !== "ok") throw new Error(JSON.stringify(outcome));
    process.stdout.write(outcome.stdout);
    await isolate.close();`,
  "sinter/inspect": `
    import { readFileSync } from "node:fs";
    import { diffTraces, explainModule, explanationPage, traceLines, traceModule } from "sinter/inspect";
    const bytes = readFileSync("module.bin");
    const inputs = { stdin: readFileSync(process.argv[2]) };
    const explained = explainModule(bytes, { run: inputs });
    if (!explained.ok || !explanationPage(explained.explanation, { title: "x" })) throw new Error("not explained");
    const lines = () => {
      const traced = traceModule(bytes, { inputs, limit: 1000 });
      if (!traced.ok) throw new Error(traced.failure.code);
      return [...traceLines(traced.records)];
    };
    if (diffTraces(lines(), lines()).difference !== undefined) throw new Error("different");
    console.log(explained.explanation.run.status);`,
};

/** Prints what the consumer of a subpath prints. */
function consume(subpath: string): string {
  const path = join(FOLDER, "consumer.mjs");
  writeFileSync(path, CONSUMERS[subpath]!);
  return node([path, INPUT]);
}

describe("runs", () => {
  test.each(Object.keys(CONSUMERS))("%s", (subpath) => {
    const printsExample = subpath === "sinter" || subpath === "sinter/isolate";
    expect(consume(subpath)).toBe(printsExample ? EXPECTED : "ok\n");
  });

  test("every subpath is one of these, or no code", () => {
    const subpaths = Object.keys(manifest().exports).map((path) => path.replace(/^\./, "sinter"));
    expect(subpaths).toEqual([...Object.keys(CONSUMERS), "sinter/package.json"]);
  });

  test("require gives the same, where Node can", () => {
    const canRequire = Reflect.get(process.features, "require_module") === true;
    const text = `process.stdout.write(typeof require("sinter").Engine.create)`;
    if (canRequire) expect(node(["--input-type=commonjs", "-e", text])).toBe("function");
  });

  test("bin/sinter.js, every command", () => {
    const { bin } = manifest();
    const sinter = (args: readonly string[], input?: string) =>
      node([join(PACKAGE, bin.sinter!), ...args], input);
    expect(sinter(["asm", EXAMPLE, "-o", "own.bin"])).toContain("wrote own.bin");
    expect(readFileSync(join(FOLDER, "own.bin"))).toEqual(readFileSync(join(FOLDER, "module.bin")));
    expect(sinter(["run", "own.bin", "--stdin", INPUT])).toBe(EXPECTED);
    expect(sinter(["verify", "own.bin"])).toMatch(/^ok {2}own\.bin/);
    expect(sinter(["inspect", "own.bin"])).toContain("_in _out");
    expect(sinter(["explain", "own.bin", "--summary"])).toContain("(entry)");
    expect(sinter(["trace", "own.bin", "--limit", "1"])).toMatch(/^# sinter trace/);
    expect(sinter(["disasm", "own.bin"])).toContain("CALL _in");
    expect(sinter(["batch"], '{"module":"own.bin"}\n')).toContain('"status":"ok"');
    writeFileSync(join(FOLDER, "document.json"), '{"id":1}');
    expect(sinter(["shape", "infer", "document.json", "-o", "shape.json"])).toContain("wrote shape.json");
    expect(sinter(["shape", "compat", "shape.json", "shape.json", "--format", "cbor"])).toBe("compatible\n");
    expect(sinter(["check", "--shape", "shape.json", "document.json"])).toMatch(/^ok {2}document\.json/);
    const convert = [
      "convert",
      "--shape",
      "shape.json",
      "--from",
      "json",
      "--to",
      "postcard",
      "document.json",
    ];
    expect(sinter(convert)).toBe("\u0002");
    expect(sinter(["program", "--shape", "shape.json", "--format", "json", "--json"])).toContain('"digest"');
    expect(sinter(["--version"])).toMatch(/^sinter \d/);
  });
});

/** Uses the types of each subpath; the last line must not compile. */
const TYPED = `
import { type Codec, Engine, type Infer, type Outcome, type PolicyInput, s } from "sinter";
import { createCodec, type DecodeResult } from "sinter/codec";
import { inferShape, type Shape } from "sinter/shape";
import { Isolate, type IsolateOptions } from "sinter/isolate";
import { type Explained, explainModule, traceModule } from "sinter/inspect";

const policy: PolicyInput = { fuel: 1000, memBase: 0n };
const outcome: Outcome = Engine.create({ tier: "opt" }).run(new Uint8Array(0), { policy });
export const where: number | undefined = outcome.status === "ok" ? undefined : outcome.pc;
const options: IsolateOptions = { workers: 1, timeoutMs: 50 };
export const later: Promise<Outcome> = Isolate.create(options).run(new Uint8Array(0));
export const explained: Explained = explainModule(new Uint8Array(0));
export const traced = traceModule(new Uint8Array(0), { every: 10 });
const Point = s.struct({ x: s.f64(), tags: s.option(s.list(s.string())) });
type Point = Infer<typeof Point>;
export const codec: Codec<Point> = Engine.create().codec(Point, "json");
export const decoded: DecodeResult<Point> = createCodec(Point, "cbor").tryDecode(new Uint8Array(0));
export const inferred: Shape<unknown> = inferShape([1]);
// @ts-expect-error: x is a number
export const wrong: Point = { x: "1", tags: null };
// @ts-expect-error: there is no such field, and the types are not any
export const nothing = outcome.nonsense;
`;

describe("has types", () => {
  const COMPILER = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    target: "es2023",
    lib: ["es2023"],
    types: [],
    skipLibCheck: false, // the declarations themselves are what is checked
    noEmit: true,
  };
  test.each([
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ])("that need neither Node's nor the DOM's: %s, %s", (module, moduleResolution) => {
    writeFileSync(join(FOLDER, "typed.ts"), TYPED);
    const compilerOptions = { ...COMPILER, module, moduleResolution };
    writeFileSync(join(FOLDER, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["typed.ts"] }));
    node([join(ROOT, "node_modules/typescript/bin/tsc"), "-p", FOLDER]);
  });
});

describe("these checks fail", () => {
  // The package without one file; `files` that forgets one packs just this.
  test.each([
    ["sinter", "dist/zasm/jit/wasm/emit.js"],
    ["sinter/codec", "dist/serde/runtime/codec.js"],
    ["sinter/shape", "dist/serde/shape/compat.js"],
    ["sinter/isolate", "dist/isolate/worker.js"],
    ["sinter/isolate", "dist/platform/threads.node.js"],
    ["sinter/inspect", "dist/zasm/inspect/trace-text.js"],
  ])("%s without %s", (subpath, path) => {
    const file = join(PACKAGE, path);
    const kept = join(FOLDER, "kept");
    cpSync(file, kept);
    rmSync(file);
    try {
      expect(() => consume(subpath)).toThrow();
    } finally {
      cpSync(kept, file);
    }
    expect(() => consume(subpath)).not.toThrow();
  });
});
