// What every tier is entered with, and what becomes of a run that something outside of it stops.

import { describe, expect, expectTypeOf, test, vi } from "vitest";
import { CORPUS } from "../../../test/serde/corpus.ts";
import { FORMATS } from "../../../test/serde/kit/subject.ts";
import { list, Order, str, struct, u32 } from "../../../test/serde/nodes.ts";
import { createCodec as createPublicCodec } from "../../codec/index.ts";
import { toHex } from "../../core/bytes.ts";
import { EXIT, interpret } from "../interp/run.ts";
import { CodecError } from "../ir/failure.ts";
import { s } from "../shape/index.ts";
import { StateBlock } from "../state/block.ts";
import {
  blockOf,
  type Entry,
  entryOf,
  programOf,
  type RootPointer,
  type ScratchContext,
  type ShapeContext,
  type SinkContext,
} from "../state/entry.ts";
import { createCodec } from "./codec.ts";
import { limitsOf } from "./options.ts";
import { type Backend, run } from "./run.ts";
import { createTranscoder } from "./transcode.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const ORDER = { id: 1, customer: "Ann", note: null, lines: [{ sku: "a", qty: 1, price: 2.5 }] };

function started(document: Uint8Array): Entry {
  const program = createCodec(Order, "json").program("decode");
  const block = new StateBlock(limitsOf({}), { document: 64, output: 0, cells: 64 });
  block.setDocument(document);
  block.begin(program);
  return entryOf(program, block);
}

describe("an entry", () => {
  // t[verify format.exec.abi-root-ptr] t[verify format.exec.abi-shape-context]
  // t[verify format.exec.abi-sink-context] t[verify format.exec.abi-scratch-context]
  test("is four handles of four types", () => {
    expectTypeOf<Parameters<Backend>>().toEqualTypeOf<[entry: Entry]>();
    expectTypeOf<Entry>().toEqualTypeOf<{
      readonly root: RootPointer;
      readonly shape: ShapeContext;
      readonly sink: SinkContext;
      readonly scratch: ScratchContext;
    }>();
    expectTypeOf<SinkContext>().not.toExtend<RootPointer>();
    expectTypeOf<ScratchContext>().not.toExtend<SinkContext>();
    expectTypeOf<ShapeContext>().not.toExtend<RootPointer>();
    expectTypeOf<keyof ShapeContext>().toEqualTypeOf<never>();
    expectTypeOf<keyof RootPointer>().toEqualTypeOf<"kind">();
  });

  test("shows a backend nothing", () => {
    const seen: unknown[][] = [];
    const entry = started(utf8("{}"));
    const stub: Backend = (...given) => {
      seen.push(given);
      return EXIT.done;
    };
    expect(run(entry, stub)).toBeUndefined();
    expect(seen).toEqual([[entry]]);
    expect(Object.keys(entry)).toEqual(["root", "shape", "sink", "scratch"]);
    for (const handle of [entry, ...Object.values(entry)]) expect(Object.isFrozen(handle)).toBe(true);
    for (const handle of Object.values(entry)) {
      expect(Reflect.ownKeys(handle)).toEqual([]);
      expect(Reflect.ownKeys(Object.getPrototypeOf(handle) as object)).toEqual(["constructor"]);
    }
  });

  test("of two runs is none", () => {
    const entry = started(utf8("{}"));
    const other = started(utf8("{}"));
    for (const name of ["root", "sink", "scratch"] as const) {
      expect(() => run({ ...entry, [name]: other[name] } as Entry)).toThrow("an entry of two runs");
    }
  });

  test.each(FORMATS)("has a shape context that %s leaves as it is", (format) => {
    for (const { node, values, not } of CORPUS) {
      if (not?.includes(format)) continue;
      const codec = createCodec(node, format);
      const programs = [codec.program("decode"), codec.program("encode")];
      const before = programs.map(({ bytes }) => toHex(bytes));
      for (const value of values) codec.decode(codec.encode(value));
      expect(programs.map(({ bytes }) => toHex(bytes))).toEqual(before);
      for (const program of programs) expect(Object.isFrozen(program)).toBe(true);
    }
  });
});

test("nothing that embedders hold leads to memory of the engine", () => {
  const codec = createPublicCodec(s.list(s.string()), "cbor");
  const decoder = codec.decoder();
  const failure = decoder.write(Uint8Array.of(0x60));
  const held = [codec, decoder, codec.program("decode"), failure, codec.tryDecode(Uint8Array.of(0x60))];
  const met = new Set<unknown>();
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null || met.has(value)) return;
    met.add(value);
    expect(value instanceof ArrayBuffer || ArrayBuffer.isView(value) || value instanceof StateBlock).toBe(
      false,
    );
    for (const key of Reflect.ownKeys(value)) walk((value as Record<PropertyKey, unknown>)[key]);
  };
  for (const value of held) walk(value);
  expect(met.size).toBeGreaterThanOrEqual(held.length);
});

describe("what fails outside of the program", () => {
  // t[verify format.exec.error-propagation] t[verify format.exec.error-context]
  test("the host's memory, before every instruction", () => {
    const document = createCodec(Order, "json").encode(ORDER);
    const places = new Set<string>();
    for (let n = 0; ; n++) {
      const entry = started(document);
      let ended = false;
      const backend: Backend = () => {
        ended = interpret(programOf(entry), blockOf(entry), n) === EXIT.done;
        if (!ended) throw new RangeError("Array buffer allocation failed");
        return EXIT.done;
      };
      const failure = run(entry, backend);
      if (ended) break;
      expect(failure).toMatchObject({ status: "error", code: "resource.memory_limit" });
      expect(failure?.path).toMatch(/^\$/);
      expect(failure?.pc).toMatch(/^f\d+:b\d+:\d+$/);
      places.add(`${failure?.path} ${failure?.pc}`);
      expect(() => run(entry)).toThrow("a run that is over");
    }
    expect(places.size).toBeGreaterThan(10);
    expect([...places].join()).toContain("$.lines[0].price");
  });

  test("inside an instruction, where it stood", () => {
    const entry = started(createCodec(Order, "json").encode(ORDER));
    blockOf(entry).reserveHeap = () => {
      throw new RangeError("Array buffer allocation failed");
    };
    expect(run(entry)).toMatchObject({ code: "resource.memory_limit", path: "$.lines" });
  });

  test("a bug, which is no failure of the document, and nothing goes on after it", () => {
    const entry = started(utf8("{}"));
    const broken: Backend = () => {
      throw new TypeError("a bug");
    };
    expect(() => run(entry, broken)).toThrow("a bug");
    expect(() => run(entry)).toThrow("a run that is over");
  });

  test("a target that is too small, for every size of it", () => {
    for (const format of FORMATS) {
      const codec = createCodec(Order, format);
      const { length } = codec.encode(ORDER);
      for (let size = 0; size < length; size++) {
        const target = new Uint8Array(size).fill(7);
        let failed: unknown;
        try {
          codec.encodeInto(ORDER, target);
        } catch (error) {
          failed = error;
        }
        expect(failed).toBeInstanceOf(CodecError);
        expect((failed as CodecError).failure).toMatchObject({
          code: "resource.output_limit",
          reason: `the target has ${size} bytes`,
          path: expect.stringMatching(/^\$/),
          pc: expect.stringMatching(/^f\d+:b\d+:\d+$/),
        });
        expect(target.every((byte) => byte === 7)).toBe(true);
      }
      expect(codec.encodeInto(ORDER, new Uint8Array(length))).toBe(length);
    }
  });

  test("a target that goes away, or answers for itself", () => {
    const codec = createCodec(struct({ a: u32, b: list(str) }), "json");
    const target = new Uint8Array(64);
    const thief = {
      a: 1,
      get b() {
        structuredClone(target.buffer, { transfer: [target.buffer] });
        return ["x"];
      },
    };
    expect(() => codec.encodeInto(thief, target)).toThrow("resource.output_limit: the target has 0 bytes");
    class Loud extends Uint8Array {
      override set(): void {
        throw new Error("called");
      }
      override get length(): number {
        throw new Error("asked");
      }
    }
    const loud = new Loud(64);
    const written = codec.encodeInto({ a: 1, b: ["x"] }, loud);
    expect(new TextDecoder().decode(loud.subarray(0, written))).toBe('{"a":1,"b":["x"]}');
    const proxy = new Proxy(new Uint8Array(64), {});
    expect(() => codec.encodeInto({ a: 1, b: [] }, proxy)).toThrow("target must be a Uint8Array");
  });
});

test("a host without memory for a document, or for a copy of the output", () => {
  const codec = createCodec(str, "json");
  const wanting = expect.objectContaining({ status: "error", code: "resource.memory_limit" });
  const transcoder = createTranscoder(str, "json", "cbor");
  const document = new TextEncoder().encode('"a"');
  const none = () => {
    throw new RangeError("Array buffer allocation failed");
  };
  const feed = vi.spyOn(StateBlock.prototype, "feed").mockImplementation(none);
  expect(codec.tryDecode(document)).toEqual(wanting);
  expect(codec.decoder().write(document)).toEqual(wanting);
  expect(transcoder.run(document)).toEqual(wanting);
  feed.mockRestore();
  const slice = vi.spyOn(Uint8Array.prototype, "slice").mockImplementation(none);
  const results = [codec.tryEncode("a"), transcoder.run(document)];
  slice.mockRestore();
  expect(results).toEqual([wanting, wanting]);
  expect(codec.tryDecode(document)).toEqual({ status: "ok", value: "a" });
});
