// The registry of failure codes against the repository: every code is raised somewhere in src, expected by some
// test, and nothing else is raised. Then the contract's categories: each is reached, and told from the others.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { InternalError, isFailure } from "../src/core/errors.ts";
import { type Policy, resolvePolicy } from "../src/core/policy.ts";
import { Engine, ERRORS, type Outcome, type PolicyInput } from "../src/index.ts";
import { Instance } from "../src/zasm/runtime/instance.ts";
import { type VerifiedModule, verifyModule } from "../src/zasm/verify/verify.ts";
import { outcomeProblems } from "./robustness/outcome-schema.ts";
import {
  build,
  codeOnly,
  dataPayload,
  type RawModule,
  RET,
  section,
  u32s,
  word,
} from "./robustness/raw-module.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

interface Source {
  readonly name: string;
  readonly text: string;
}

/** Files below `folder`. TypeScript without its comments: a code in prose raises and tests nothing. */
function sources(folder: string, accepts: (name: string) => boolean): Source[] {
  return readdirSync(`${ROOT}${folder}`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      `${entry.parentPath}/${entry.name}`.replaceAll("\\", "/").replace(ROOT.replaceAll("\\", "/"), ""),
    )
    .filter(accepts)
    .map((name) => {
      const text = readFileSync(`${ROOT}${name}`, "utf8");
      return { name, text: name.endsWith(".ts") ? withoutComments(text) : text };
    });
}

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[\s;{}(,])\/\/.*$/gm, "$1");

const isTest = (name: string): boolean => name.endsWith(".test.ts");
// Where codes are defined or listed, not raised or expected.
const LISTS = ["src/core/errors.ts", "test/registry.test.ts", "test/robustness/outcome-schema.ts"];
const notListed = (name: string): boolean => !LISTS.includes(name);

const CODE = sources("src", (name) => name.endsWith(".ts") && !isTest(name) && notListed(name));
const TESTS = [
  ...sources("src", isTest),
  ...sources("test", (name) => notListed(name) && (isTest(name) || !name.endsWith(".ts"))),
];

/** A code as a string literal; in case files, as a word. */
function mentions(file: Source, code: string): boolean {
  if (file.name.endsWith(".ts")) return file.text.includes(`"${code}"`);
  return file.text.split(/[^a-z0-9_.]+/).includes(code);
}

/** Codes that no file mentions. */
const missing = (codes: readonly string[], files: readonly Source[]): string[] =>
  codes.filter((code) => !files.some((file) => mentions(file, code)));

/** String literals in code that look like failure codes and are none. */
const unregistered = (codes: readonly string[], files: readonly Source[]): string[] => {
  const areas = new Set(codes.filter((code) => code.includes(".")).map((code) => code.split(".")[0]!));
  const literals = files.flatMap((file) => [...file.text.matchAll(/"([a-z]+)\.[a-z][a-z0-9_]*"/g)]);
  const found = literals.filter(([, area]) => areas.has(area!)).map(([literal]) => literal.slice(1, -1));
  return [...new Set(found)].filter((code) => !codes.includes(code));
};

const CODES = Object.keys(ERRORS);
/** `internal` is raised in `test("a bug of ours")` below. */
const EXPECTED_HERE = ["internal"];

// z[verify vm.error.field.code] z[verify vm.goal.stable-contract]
describe("every code", () => {
  test("is raised somewhere in src", () => {
    expect(missing(CODES, CODE)).toEqual([]);
  });

  test("is expected by some test", () => {
    expect(missing(CODES, TESTS).filter((code) => !EXPECTED_HERE.includes(code))).toEqual([]);
  });

  test("is registered", () => {
    expect(unregistered(CODES, CODE)).toEqual([]);
  });

  test("planted: a code nobody raises, nobody expects, or nobody registered is noticed", () => {
    expect(missing([...CODES, "trap.planted"], CODE)).toEqual(["trap.planted"]);
    expect(missing([...CODES, "trap.planted"], TESTS)).toContain("trap.planted");
    const raised = { name: "src/x.ts", text: 'failure("trap.planted")' };
    expect(unregistered(CODES, [...CODE, raised])).toEqual(["trap.planted"]);
    expect(missing(["trap.planted"], [raised])).toEqual([]);
    const prose = { name: "src/x.ts", text: withoutComments('// says "trap.planted"\n/* "trap.planted" */') };
    expect(missing(["trap.planted"], [prose])).toEqual(["trap.planted"]);
    expect(missing(["trap.oob"], [{ name: "a.case", text: "trap.oobs at 4" }])).toEqual(["trap.oob"]);
  });
});

const engine = Engine.create();

/** A reject, trap or error, as the engine reports it. */
function failed(module: RawModule, policy?: PolicyInput): Exclude<Outcome, { status: "ok" }> {
  const outcome = engine.run(build(module).bytes, policy === undefined ? {} : { policy });
  expect(outcomeProblems(outcome)).toEqual([]);
  if (outcome.status === "ok") throw new Error("nothing failed");
  return outcome;
}

const LD = (rd: number, value: number) => word(0x70, rd, 0, 0, value);
const having = (tag: string, bytes: Uint8Array, ...words: number[]): RawModule => {
  const module = codeOnly(...words, RET);
  module.sections.push(section(tag, bytes));
  return module;
};
const badMagic = (): RawModule => ({ ...codeOnly(RET), header: { magic: 0 } });

type Reached = readonly [code: string, module: RawModule, policy?: PolicyInput];
const BY_CATEGORY: Record<string, readonly Reached[]> = {
  // z[verify vm.error.category.decode]
  decode: [
    ["container.bad_magic", badMagic()],
    ["verify.bad_fields", codeOnly(word(0x01, 1))],
    ["verify.truncated", codeOnly(word(0x70, 0, 0, 0, -2048))],
    ["trap.decode", codeOnly(LD(0, 0))],
  ],
  // z[verify vm.error.category.oob] z[verify vm.safety.bounds] z[verify vm.conformance.negative-oob]
  oob: [
    ["trap.oob", codeOnly(LD(0, -1), word(0x71, 0), RET)],
    ["trap.oob", codeOnly(LD(0, -4), word(0x84, 0), RET)],
    ["data.out_of_bounds", having("DATA", dataPayload([0xffff_ffff, "x"]))],
  ],
  // z[verify vm.error.category.div0] z[verify vm.conformance.negative-div0]
  div0: [0x13, 0x14, 0x15, 0x16, 0x23, 0x24, 0x25, 0x26].map(
    (opcode) => ["trap.div0", codeOnly(word(opcode, 0, 0, 2), RET)] as const,
  ),
  // z[verify vm.error.category.unsupported]
  unsupported: [
    ["verify.bad_opcode", codeOnly(word(0x09))],
    ["verify.bad_opcode", codeOnly(word(0xf0)), { allowPrimitives: false }],
    ["policy.unsupported_target", codeOnly(RET), { target: "arm64" }],
    ["policy.unsupported", codeOnly(RET), { strict: true, allowEnv: true }],
  ],
  // z[verify vm.error.category.abi] z[verify vm.safety.abi-arguments] z[verify vm.conformance.negative-abi]
  abi: [
    ["trap.abi", codeOnly(LD(0, 0), LD(1, 5), word(0xf1), RET), { strict: true }],
    ["verify.impt_mismatch", having("IMPT", u32s(0, 0), word(0xf1))],
  ],
  // z[verify vm.error.category.resource-memory] z[verify vm.error.category.resource-fuel]
  resource: [
    ["container.mem_unmet", having("MEM ", u32s(0x7fff_ffff, 0))],
    ["trap.oom", codeOnly(word(0x70, 0, 0, 0, -2048), 0x7000_0000, word(0xf3), RET), { strict: true }],
    ["trap.fuel", codeOnly(word(0x02)), { fuel: 100 }],
    ["trap.call_depth", codeOnly(word(0x00))],
    ["trap.output_limit", codeOnly(LD(0, 8), LD(1, 8), word(0xf1), RET), { maxOutputBytes: 7 }],
    ["container.too_large", codeOnly(RET), { maxFileLen: 63 }],
  ],
};

// z[verify vm.error.structured] z[verify vm.safety.violation-traps] z[verify vm.output.diagnostics]
describe("the contract's categories", () => {
  const rows = Object.entries(BY_CATEGORY).flatMap(([category, reached]) =>
    reached.map(([code, module, policy]) => ({ category, code, module, policy })),
  );
  test.each(rows)("$category: $code", ({ category, code, module, policy }) => {
    expect(failed(module, policy)).toMatchObject({ code, category });
  });

  test("are six, and no code is in two", () => {
    expect(Object.keys(BY_CATEGORY)).toHaveLength(6);
    const categories = new Map<string, Set<string>>();
    for (const { code, category } of rows) {
      categories.set(code, (categories.get(code) ?? new Set()).add(category));
    }
    for (const [code, found] of categories) expect([...found], code).toHaveLength(1);
  });
});

test("a bug of ours is an error with the place, not an exception and not the guest's fault", () => {
  const verified = verifyModule(
    build(codeOnly(LD(0, 1), RET)).bytes,
    resolvePolicy({ meter: true }) as Policy,
  );
  if (isFailure(verified)) throw new Error(verified.code);
  // What no verifier lets through: an unknown instruction in the middle.
  const code = Int32Array.from(verified.code, (w, i) => (i === 1 ? 0x0f00_0000 : w));
  const broken = { ...verified, code } as VerifiedModule;
  const outcome = Instance.create(broken, {}).run();
  expect(outcome).toMatchObject({ status: "error", code: "internal", category: "internal" });
  expect(outcome).not.toHaveProperty("stack");
  expect(outcomeProblems(outcome)).toEqual(["a bug of the engine"]);
  expect(new InternalError("x")).not.toBeInstanceOf(TypeError);
});
