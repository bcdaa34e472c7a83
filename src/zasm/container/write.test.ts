// The writer against a second, independent builder byte by byte, and against the reader on random parts.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ascii,
  build,
  codeOnly,
  fullModule,
  RET,
  section,
  u32s,
} from "../../../test/robustness/raw-module.ts";
import { isFailure } from "../../core/errors.ts";
import { type Policy, resolvePolicy } from "../../core/policy.ts";
import { tagText } from "./format.ts";
import { readContainer } from "./read.ts";
import { concat, type ModuleParts, writeContainer } from "./write.ts";

const policy = resolvePolicy(undefined) as Policy;

function read(file: Uint8Array) {
  const container = readContainer(file, policy);
  if (isFailure(container)) throw new Error(`${container.code} at ${container.offset}`);
  return container;
}

/** What `fullModule` is made of, in the writer's terms. */
const PARTS: ModuleParts = {
  code: fullModule().sections[0]!.bytes,
  data: [
    { dst: 16, bytes: ascii("hello") },
    { dst: 24, bytes: ascii("abcd") },
  ],
  importMask: 3,
  exports: [
    { name: "main", pcWords: 1 },
    { name: "helper", pcWords: 0 },
  ],
  memory: { minBytes: 65_536, maxBytes: 0 },
  extra: [{ tag: "NAME", bytes: ascii("debug names") }],
  entryPcWords: 1,
  abiId: 0x4942415a,
  abiVersion: 0x00020005,
};

describe("bytes", () => {
  test("a module with everything, up to the padding after the last section", () => {
    const raw = build(fullModule()).bytes;
    const mine = writeContainer(PARTS);
    expect(mine).toHaveLength(raw.length - 1); // NAME is 11 bytes and last: no padding
    new DataView(mine.buffer).setUint32(8, raw.length, true);
    expect(mine).toEqual(raw.slice(0, -1));
  });

  test("a module with only code", () => {
    expect(writeContainer({ code: u32s(RET) })).toEqual(build(codeOnly(RET)).bytes);
  });

  test("a layout puts directory and sections where it says", () => {
    const module = fullModule();
    module.directory = "last";
    module.order = [3, 0, 5, 1, 4, 2];
    const raw = build(module);
    const layout = {
      dirOffset: raw.dir,
      fileLen: raw.bytes.length,
      sections: module.sections.map(({ tag }, i) => ({ tag, offset: raw.payload(i) })),
    };
    expect(writeContainer(PARTS, layout)).toEqual(raw.bytes);
  });

  test("a layout may name a section there is nothing for: it is empty", () => {
    const layout = {
      dirOffset: 40,
      fileLen: 84,
      sections: [
        { tag: "CODE", offset: 80 },
        { tag: "NAME", offset: 80 },
      ],
    };
    const module = codeOnly(RET);
    module.sections.push(section("NAME", new Uint8Array(0)));
    module.order = [1, 0];
    expect(writeContainer({ code: u32s(RET) }, layout)).toEqual(build(module).bytes);
  });

  test("empty lists make sections with a count of 0", () => {
    const container = read(writeContainer({ code: u32s(RET), data: [], exports: [], extra: [] }));
    expect(container).toMatchObject({ data: [], exports: [] });
    expect(container.sections.map((s) => tagText(s.tag))).toEqual(["CODE", "DATA", "EXPT"]);
  });

  test("invalid parts make an invalid file, not an exception", () => {
    const odd = readContainer(writeContainer({ code: new Uint8Array(3) }), policy);
    expect(odd).toMatchObject({ code: "container.bad_code_len" });
    const small = { code: u32s(RET), memory: { minBytes: 1, maxBytes: 0 } };
    expect(readContainer(writeContainer(small), policy)).toMatchObject({ code: "container.bad_mem" });
    const long = { code: u32s(RET), exports: [{ name: "x".repeat(65_537), pcWords: 0 }] };
    expect(readContainer(writeContainer(long), policy)).toMatchObject({ code: "container.bad_expt" });
  });

  test("concat", () => {
    expect(concat([])).toEqual(new Uint8Array(0));
    expect(concat([u32s(1), new Uint8Array(0), ascii("ab")])).toEqual(Uint8Array.of(1, 0, 0, 0, 97, 98));
  });
});

const someBytes = (max: number) => fc.uint8Array({ maxLength: max });
const someParts: fc.Arbitrary<ModuleParts> = fc.record(
  {
    code: fc.array(fc.nat(0xffff_ffff), { minLength: 1, maxLength: 9 }).map((words) => u32s(...words)),
    data: fc
      .array(fc.tuple(fc.nat(50), someBytes(9)), { maxLength: 6 })
      // Gaps, not addresses, so that segments never overlap.
      .map((gaps) => {
        let dst = 0;
        return gaps.map(([gap, bytes]) => {
          const at = dst + gap;
          dst = at + bytes.length;
          return { dst: at, bytes };
        });
      }),
    importMask: fc.nat(63),
    exports: fc
      .uniqueArray(fc.string({ unit: "grapheme", maxLength: 5 }), { maxLength: 6 })
      .map((names) => names.map((name, i) => ({ name, pcWords: i }))),
    memory: fc.constantFrom({ minBytes: 65_536, maxBytes: 0 }, { minBytes: 70_000, maxBytes: 70_000 }),
    entryPcWords: fc.nat(0xffff_ffff),
    abiId: fc.nat(0xffff_ffff),
    abiVersion: fc.nat(0xffff_ffff),
    extra: fc
      .uniqueArray(fc.constantFrom("NAME", "abcd", "\0\x01\xfe\xff", "code"), { maxLength: 4 })
      .chain((tags) => fc.tuple(...tags.map((tag) => someBytes(7).map((bytes) => ({ tag, bytes }))))),
  },
  { requiredKeys: ["code"] },
);

/** Everything the reader found, as parts. */
function partsOf(file: Uint8Array): ModuleParts {
  const c = read(file);
  const known = new Set(["CODE", "DATA", "IMPT", "EXPT", "MEM "]);
  return {
    code: c.code,
    data: c.data.map(({ dst, bytes }) => ({ dst, bytes })),
    ...(c.imports && { importMask: c.imports.mask }),
    exports: (c.exports ?? []).map(({ name, pcWords }) => ({ name, pcWords })),
    ...(c.memory && { memory: { minBytes: c.memory.minBytes, maxBytes: c.memory.maxBytes } }),
    entryPcWords: c.entryPcWords,
    abiId: c.abiId,
    abiVersion: c.abiVersion,
    extra: c.sections
      .filter(({ tag }) => !known.has(tagText(tag)))
      .map(({ tag, offset, length }) => ({ tag: tagText(tag), bytes: file.slice(offset, offset + length) })),
  };
}

const complete = (parts: ModuleParts): ModuleParts => ({
  data: [],
  exports: [],
  entryPcWords: 0,
  abiId: 0,
  abiVersion: 0,
  extra: [],
  ...parts,
});

describe("what is written is read", () => {
  test("random parts", () => {
    fc.assert(
      fc.property(someParts, (parts) => {
        expect(partsOf(writeContainer(parts))).toEqual(complete(parts));
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  test("the comparison notices one changed byte in a name, in data and in code", () => {
    for (const [tag, at] of [
      ["CODE", 1],
      ["DATA", 12],
      ["EXPT", 12],
      ["NAME", 0],
    ] as const) {
      const file = writeContainer(PARTS);
      const found = read(file).sections.find((s) => tagText(s.tag) === tag)!;
      file[found.offset + at]! ^= 1;
      expect(partsOf(file), tag).not.toEqual(complete(PARTS));
    }
  });

  test("a name in UTF-8 comes back as it was", () => {
    const name = "\u{feff}zürich\0😀";
    const file = writeContainer({ code: u32s(RET), exports: [{ name, pcWords: 0 }] });
    expect(read(file).exports?.[0]?.name).toBe(name);
  });
});
