// The printer against another reader of wasm: wabt reads our text, and what it writes prints as the same text. Then
// whatever bytes: text or a place, never an exception, never much time.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import loadWabt from "wabt";
import { compileWasm } from "../platform/wasm.ts";
import {
  endBody,
  endSection,
  exportFunction,
  finishModule,
  functionType,
  I32,
  I64,
  importFunction,
  importMemory,
  limits,
  mutableGlobal,
  put,
  reserve,
  SECTION,
  s32,
  s64,
  startBody,
  startModule,
  startSection,
  u32,
} from "./module.ts";
import { OP, OP_FC } from "./ops.ts";
import { isWasmTextFailure, readWasm, type WasmText, watOf } from "./text.ts";

let wabt: Awaited<ReturnType<typeof loadWabt>>;
beforeAll(async () => {
  wabt = await loadWabt();
});

function read(bytes: Uint8Array): WasmText {
  const text = readWasm(bytes);
  if (isWasmTextFailure(text)) throw new Error(`${text.offset}: expected ${text.expected}`);
  return text;
}

/** The same module through wabt's parser and writer. */
function throughWabt(wat: string): Uint8Array<ArrayBuffer> {
  const parsed = wabt.parseWat("x.wat", wat, { multi_value: true, bulk_memory: true, mutable_globals: true });
  try {
    return parsed.toBinary({}).buffer.slice();
  } finally {
    parsed.destroy();
  }
}

/** Every instruction of the subset at least once, in code that is valid. */
function everything(): Uint8Array<ArrayBuffer> {
  startModule();
  reserve(4096);
  startSection(SECTION.type, 2);
  functionType(1, 0, 1, 0);
  functionType(1, 1, 1, 1);
  endSection();
  startSection(SECTION.import, 2);
  importMemory("h", 'm"\\\n', 1, 2);
  importFunction("h", "c", 0);
  endSection();
  startSection(SECTION.function, 1);
  u32(1);
  endSection();
  startSection(SECTION.global, 1);
  mutableGlobal();
  endSection();
  startSection(SECTION.export, 2);
  exportFunction("r", 1);
  exportFunction("again", 1);
  endSection();
  startSection(SECTION.code, 1);
  const body = startBody(2, 1);
  reserve(4096);
  const bytes = (...all: number[]) => {
    for (const byte of all) put(byte, 1);
  };
  bytes(OP.block, 0x40, OP.loop, 0x40, OP.local_get, 0, OP.if, 0x40, OP.br, 1, OP.else, OP.br, 2, OP.end);
  bytes(OP.end, OP.end);
  bytes(OP.block, 0x40, OP.local_get, 0, OP.br_if, 0, OP.end);
  bytes(OP.block, 0x40, OP.block, 0x40, OP.local_get, 0, OP.br_table, 2, 0, 1, 0, OP.end, OP.end);
  bytes(OP.local_get, 0, OP.if, I64, OP.i64_const, 0x7f, OP.else);
  bytes(OP.i64_const);
  s64(0x89abcdef | 0, 0x12345678);
  bytes(OP.end, OP.local_tee, 2, OP.local_set, 3);
  bytes(OP.i32_const);
  s32(-0x8000_0000);
  bytes(OP.local_set, 4, OP.local_get, 4, OP.global_set, 0, OP.global_get, 0, OP.call, 0, OP.drop);
  const all = Object.entries(OP);
  for (const [name, opcode] of all) {
    const type = name.startsWith("i32") ? "i32" : "i64";
    const get = { i32: [OP.local_get, 0], i64: [OP.local_get, 1] }[type];
    if (opcode >= OP.i32_load && opcode <= OP.i64_store32) {
      const isStore = name.includes("store");
      bytes(OP.local_get, 0, ...(isStore ? get : []), opcode, 0);
      u32(opcode * 1000);
      if (!isStore) bytes(OP.drop);
    } else if (opcode >= OP.i32_eqz && opcode <= OP.i64_shr_u) {
      const isUnary = /eqz|clz|ctz|popcnt/.test(name);
      bytes(...get, ...(isUnary ? [] : get), opcode, OP.drop);
    } else if (name === "i32_wrap_i64") bytes(OP.local_get, 1, opcode, OP.drop);
    else if (/^i64_extend_i32/.test(name)) bytes(OP.local_get, 0, opcode, OP.drop);
    else if (/^i(32|64)_extend\d+_s$/.test(name)) bytes(...get, opcode, OP.drop);
  }
  bytes(OP.local_get, 0, OP.local_get, 0, OP.local_get, 0, OP.select, OP.drop);
  bytes(OP.local_get, 0, OP.local_get, 0, OP.local_get, 0, 0xfc, OP_FC.memory_copy, 0, 0);
  bytes(OP.local_get, 0, OP.local_get, 0, OP.local_get, 0, 0xfc, OP_FC.memory_fill, 0);
  bytes(OP.local_get, 0, OP.i64_const, 0x40, OP.return, OP.unreachable);
  endBody(body);
  endSection();
  return finishModule();
}

describe("text", () => {
  test("wabt reads it, and writes what prints the same", () => {
    const bytes = everything();
    expect(() => compileWasm(bytes)).not.toThrow();
    const wat = watOf(read(bytes));
    expect(watOf(read(throughWabt(wat)))).toBe(wat);
    const commented = watOf(read(bytes), { offsets: true, note: ({ text }) => text });
    expect(() => compileWasm(throughWabt(commented))).not.toThrow();
  });

  test("every instruction of the subset was in it", () => {
    const wat = watOf(read(everything()));
    for (const name of [...Object.keys(OP), ...Object.keys(OP_FC)]) {
      const spelled = name.replace(/^(i32|i64|local|global|memory)_/, "$1.");
      expect(` ${wat.replace(/\s+/g, " ")} `).toContain(` ${spelled} `);
    }
  });

  test("wabt's own disassembly has the same instructions in the same order", () => {
    const bytes = everything();
    const theirs = wabt.readWasm(bytes, {}).toText({});
    const words = (wat: string) =>
      wat
        .replace(/\(;.*?;\)|;;.*$/gm, "")
        .split("\n")
        .map((line) => line.trim().split(/[ )]/)[0] ?? "")
        .filter((word) => /^[a-z]/.test(word));
    expect(words(watOf(read(bytes)))).toEqual(words(theirs));
  });

  test("offsets are where the instructions are", () => {
    const bytes = everything();
    const [fn] = read(bytes).functions;
    for (const { offset, text } of fn!.lines) {
      const name = text.split(" ")[0]!;
      const opcode = bytes[offset]!;
      const known = Object.entries(OP).find(([, code]) => code === opcode)?.[0] ?? "memory";
      expect(name.replace(".", "_")).toContain(known);
    }
    expect(fn!.end).toBe(bytes.length);
    expect(bytes[fn!.end - 1]).toBe(OP.end);
  });

  test("names cannot leave their quotes", () => {
    const wat = watOf(read(everything()));
    expect(wat).toContain('(import "h" "m\\22\\5c\\0a" (memory 1 2))');
  });
});

test("a memory of the module's own", () => {
  startModule();
  startSection(SECTION.memory, 1);
  limits(1, 1);
  endSection();
  const wat = watOf(read(finishModule()));
  expect(wat).toBe("(module\n  (memory 1 1)\n)\n");
  expect(watOf(read(throughWabt(wat)))).toBe(wat);
});

test("bodies can be skipped", () => {
  const whole = read(everything());
  const skipped = readWasm(everything(), { bodies: "skip" });
  expect(skipped).toEqual({ ...whole, functions: whole.functions.map((fn) => ({ ...fn, lines: [] })) });
});

/** A module of one function without parameters and results, up to its body. */
function startOnlyBody(): void {
  startModule();
  startSection(SECTION.type, 1);
  functionType(0, 0, 0, 0);
  endSection();
  startSection(SECTION.function, 1);
  u32(0);
  endSection();
  startSection(SECTION.code, 1);
}

describe("whatever the bytes", () => {
  const bytes = everything();

  test("cut anywhere: a place inside what is there", () => {
    for (let length = 0; length < bytes.length; length++) {
      const text = readWasm(bytes.subarray(0, length));
      if (!isWasmTextFailure(text)) continue; // cut between sections, before any function was declared
      expect(text.offset).toBeLessThanOrEqual(length);
      expect(text.expected).not.toBe("");
    }
    expect(isWasmTextFailure(readWasm(bytes.subarray(0, bytes.length - 1)))).toBe(true);
  });

  test("any byte changed: text or a place", () => {
    for (let at = 0; at < bytes.length; at++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const changed = bytes.slice();
        changed[at]! ^= flip;
        const text = readWasm(changed);
        if (!isWasmTextFailure(text)) watOf(text);
      }
    }
  });

  test("random bytes behind a good header", () => {
    const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
        const text = readWasm(new Uint8Array([...header, ...tail]));
        expect(isWasmTextFailure(text) || watOf(text).startsWith("(module")).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test("claims of many things and deep nesting cost little", () => {
    startOnlyBody();
    const body = startBody(0, 0);
    reserve(400_000);
    for (let i = 0; i < 100_000; i++) put(OP.block | (0x40 << 8), 2);
    for (let i = 0; i < 100_000; i++) put(OP.end, 1);
    endBody(body);
    endSection();
    const wat = watOf(read(finishModule()));
    expect(wat.length).toBeLessThan(30_000_000);
    // One function that says it has 2^32 - 1 locals.
    startOnlyBody();
    u32(8);
    put(1, 1);
    u32(0xffff_ffff);
    put(I32 | (OP.end << 8), 2);
    endSection();
    expect(readWasm(finishModule())).toMatchObject({ expected: "fewer locals" });
  });

  test("what is outside the subset", () => {
    const other = wabt.parseWat("x.wat", "(module (func (drop (f32.const 1))))").toBinary({}).buffer;
    expect(readWasm(other)).toMatchObject({ expected: "an instruction of the subset" });
    const table = wabt.parseWat("x.wat", "(module (table 1 funcref))").toBinary({}).buffer;
    expect(readWasm(table)).toMatchObject({ expected: "a section of the subset" });
    expect(readWasm(readFileSync(new URL(import.meta.url)))).toEqual({
      offset: 0,
      expected: "the header of a wasm module",
    });
  });
});
