// The key of generated code against the list of everything that may shape code: each policy field and each engine
// option, by name, with what a change of it must do to the key.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { isFailure } from "../../core/errors.ts";
import { type PolicyInput, resolvePolicy } from "../../core/policy.ts";
import { codeKey } from "./code-key.ts";
import { type EngineOptions, resolveOptions } from "./options.ts";

const SHA = "5".repeat(64);

function key(policy: PolicyInput = {}, options: EngineOptions = {}, sha256 = SHA): string {
  const resolved = resolvePolicy(policy);
  if (isFailure(resolved)) throw new Error(resolved.reason);
  return codeKey(sha256, resolved, resolveOptions(options));
}

/** A value other than the default, and whether code made under it may differ. */
interface Change<T> {
  readonly to: T;
  readonly isInKey: boolean;
}

const POLICY: { readonly [K in keyof Required<PolicyInput>]: Change<PolicyInput[K]> | null } = {
  // z[verify vm.cache.key.target]
  target: { to: "arm64", isInKey: true },
  // z[verify vm.cache.key.mem-base]
  memBase: { to: 4096n, isInKey: true },
  // z[verify vm.cache.key.mem-size]
  memSize: { to: 65_536, isInKey: true },
  allocator: null, // has one value only
  // z[verify vm.cache.key.policy] z[verify vm.policy.cache-flags]
  fuel: { to: 5, isInKey: true },
  meter: { to: true, isInKey: true },
  strict: { to: true, isInKey: true },
  strictEncoding: { to: true, isInKey: true },
  allowTime: { to: true, isInKey: true },
  allowEnv: { to: true, isInKey: true },
  allowPrimitives: { to: false, isInKey: true },
  maxCallDepth: { to: 7, isInKey: true },
  maxJitBytes: { to: 7, isInKey: true },
  maxOutputBytes: { to: 7, isInKey: false },
  reqHandle: { to: 7, isInKey: false },
  resHandle: { to: 7, isInKey: false },
  maxFileLen: { to: 7, isInKey: false },
  maxDirCount: { to: 7, isInKey: false },
  maxCodeLen: { to: 8, isInKey: false },
  maxInsnWords: { to: 7, isInKey: false },
  codeCache: { to: "off", isInKey: false },
};

const OPTIONS: { readonly [K in keyof Required<EngineOptions>]: Change<EngineOptions[K]> } = {
  codegen: { to: "wasm", isInKey: true },
  tier: { to: "interp", isInKey: false },
  hotThreshold: { to: 7, isInKey: false },
  slice: { to: 7000, isInKey: false },
  codeCacheBytes: { to: 7, isInKey: false },
  telemetry: { to: () => {}, isInKey: false },
};

const rowsOf = (table: Record<string, Change<unknown> | null>) =>
  Object.entries(table).flatMap(([name, change]) => (change === null ? [] : [{ name, ...change }]));

// z[verify vm.cache.invalidate] t[verify format.exec.code-cache-key]
describe("the key", () => {
  test.each(rowsOf(POLICY))("policy.$name is in it: $isInKey", ({ name, to, isInKey }) => {
    expect(key({ [name]: to }) !== key()).toBe(isInKey);
  });

  test.each(rowsOf(OPTIONS))("option $name is in it: $isInKey", ({ name, to, isInKey }) => {
    expect(key({}, { [name]: to }) !== key()).toBe(isInKey);
  });

  test("says whether fuel is counted, not how much there is", () => {
    expect(key({ fuel: 5 })).toBe(key({ fuel: 6 }));
    expect(key({ fuel: 5 })).toBe(key({ meter: true }));
  });

  // z[verify vm.cache.key.module] z[verify vm.cache.stable-key]
  test("differs for other module bytes, and is the same text every time", () => {
    expect(key({}, {}, "6".repeat(64))).not.toBe(key());
    expect(key({ memSize: 2 ** 21, strict: false })).toBe(key());
    // Written down: a change here has to be meant, and means that no code of the last version is found any more.
    expect(key()).toMatch(/^64:5{64}4:wasm\d+:\d+4:host1:07:20971524:bump5:false5:false/);
  });

  test("cannot be shifted from one part into the next", () => {
    const keys = [key({ memBase: 8n, memSize: 88 }), key({ memBase: 88n, memSize: 8 })];
    expect(new Set(keys).size).toBe(2);
    expect(key({ memBase: 16n }, {}, "1")).not.toBe(key({ memBase: 16n }, {}, "1:1"));
  });
});

describe("a new field without a word about the key does not compile", () => {
  const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const CODE_KEY = path("code-key.ts");

  /** What the compiler says about code-key.ts when `file` has `addition` after `marker`. */
  function complaints(file: string, marker: string, addition: string): string[] {
    const options: ts.CompilerOptions = {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2023,
      lib: ["lib.es2023.d.ts"],
      types: [],
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      allowImportingTsExtensions: true,
    };
    const host = ts.createCompilerHost(options);
    const read = host.readFile.bind(host);
    const changed = readFileSync(file, "utf8").replace(marker, `${marker}\n${addition}`);
    const isFile = (name: string) => name.replaceAll("\\", "/") === file.replaceAll("\\", "/");
    host.readFile = (name) => (isFile(name) ? changed : read(name));
    host.getSourceFile = (name, version) => {
      const text = host.readFile(name);
      return text === undefined ? undefined : ts.createSourceFile(name, text, version);
    };
    const program = ts.createProgram([CODE_KEY], options, host);
    const found = program.getSemanticDiagnostics(program.getSourceFile(CODE_KEY));
    return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
  }

  test.each([
    ["policy field", path("../../core/policy.ts"), "export interface PolicyInput {"],
    ["engine option", path("options.ts"), "export interface EngineOptions {"],
  ])("%s", (_name, file, marker) => {
    expect(complaints(file, marker, "")).toEqual([]);
    const [complaint = "", ...others] = complaints(file, marker, "  readonly brandNew?: boolean;");
    expect(complaint).toContain("'brandNew' is missing");
    expect(others).toEqual([]);
  });
});
