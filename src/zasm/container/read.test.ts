// Every rule of the container, both ways: the bad file is refused with the exact code and file offset, its good
// neighbour is accepted. Then the order of the checks (D4), and that claimed counts cost nothing.

import { describe, expect, test } from "vitest";
import {
  ascii,
  type Built,
  build,
  codeOnly,
  dataPayload,
  exptPayload,
  FULL,
  fullModule,
  join,
  type RawModule,
  RET,
  section,
  u32s,
} from "../../../test/robustness/raw-module.ts";
import { isFailure } from "../../core/errors.ts";
import { type Policy, type PolicyInput, resolvePolicy } from "../../core/policy.ts";
import { MAX_RECORDS, tagNumber, tagText } from "./format.ts";
import { readContainer } from "./read.ts";

type Edit = (module: RawModule) => void;
interface Rule {
  readonly what: string;
  readonly bad: Edit;
  readonly code: string;
  readonly at: (built: Built) => number;
  readonly good?: Edit;
  readonly policy?: PolicyInput;
  /** Policy of the good neighbour, where it is the policy that differs. */
  readonly goodPolicy?: PolicyInput;
}

function policyOf(input: PolicyInput = {}): Policy {
  const policy = resolvePolicy(input);
  if (isFailure(policy)) throw new Error(policy.reason);
  return policy;
}

function built(edit: Edit): Built {
  const module = fullModule();
  edit(module);
  return build(module);
}

/** What is wrong with a reader's answer to a rule, or undefined. */
function problem(read: typeof readContainer, rule: Rule): string | undefined {
  const bad = built(rule.bad);
  const refused = read(bad.bytes, policyOf(rule.policy));
  const want = `${rule.code} at ${rule.at(bad)}`;
  const got = isFailure(refused) ? `${refused.code} at ${refused.offset}` : "accepted";
  if (got !== want) return `expected ${want}, got ${got}`;
  if (rule.good === undefined && rule.goodPolicy === undefined) return undefined;
  const accepted = read(built(rule.good ?? rule.bad).bytes, policyOf(rule.goodPolicy ?? rule.policy));
  return isFailure(accepted) ? `the good neighbour: ${accepted.code} at ${accepted.offset}` : undefined;
}

const nothing: Edit = () => {};
const FULL_LEN = build(fullModule()).bytes.length;
const header =
  (fields: RawModule["header"]): Edit =>
  (m) => {
    Object.assign(m.header, fields);
  };
/** Changes directory fields or the payload of one section. */
const change =
  (name: keyof typeof FULL, fields: Partial<RawModule["sections"][number]>): Edit =>
  (m) => {
    Object.assign(m.sections[FULL[name]]!, fields);
  };
const add =
  (tag: string, fields: Partial<RawModule["sections"][number]> = {}): Edit =>
  (m) => {
    m.sections.push({ tag, bytes: new Uint8Array(4), ...fields });
  };
const all =
  (...edits: Edit[]): Edit =>
  (m) => {
    for (const edit of edits) edit(m);
  };
/** A payload put in front of DATA's, EXPT's or MEM's place, given as bytes. */
const payload = (name: keyof typeof FULL, ...parts: Uint8Array[]): Edit =>
  change(name, { bytes: join(...parts) });
const inPayload =
  (name: keyof typeof FULL, offset = 0) =>
  (b: Built) =>
    b.payload(FULL[name]) + offset;
const inEntry =
  (name: keyof typeof FULL, offset = 0) =>
  (b: Built) =>
    b.entry(FULL[name]) + offset;

const HEADER_RULES: Rule[] = [
  ...[0, 0x4253415b, 0x5a415342].map((magic) => ({
    what: `magic ${magic.toString(16)}`,
    bad: header({ magic }),
    good: nothing,
    code: "container.bad_magic",
    at: () => 0,
  })),
  ...[0, 1, 3, 0x0200].map((version) => ({
    what: `version ${version}`,
    bad: header({ version }),
    good: header({ version: 2 }),
    code: "container.unsupported_version",
    at: () => 4,
  })),
  ...[1, 0x8000].map((flags) => ({
    what: `header flags ${flags}`,
    bad: header({ flags }),
    good: header({ flags: 0 }),
    code: "container.unsupported_flags",
    at: () => 6,
  })),
  ...[0, 39].map((fileLen) => ({
    what: `file_len ${fileLen}`,
    bad: header({ fileLen }),
    code: "container.bad_file_len",
    at: () => 8,
  })),
  ...[FULL_LEN + 1, 0x8000_0000, 0xffff_ffff].map((fileLen) => ({
    what: `file_len ${fileLen} is more than the bytes given`,
    bad: header({ fileLen }),
    good: header({ fileLen: FULL_LEN }),
    code: "container.truncated",
    at: () => 8,
  })),
  {
    what: "file_len over maxFileLen",
    bad: nothing,
    policy: { maxFileLen: FULL_LEN - 1 },
    goodPolicy: { maxFileLen: FULL_LEN },
    code: "container.too_large",
    at: () => 8,
  },
  {
    what: "maxFileLen below the header's own size",
    bad: nothing,
    policy: { maxFileLen: 1 },
    goodPolicy: { maxFileLen: 0 },
    code: "container.too_large",
    at: () => 8,
  },
  // C2
  ...[1, 4, 1000].map((n) => ({
    what: `${n} bytes after file_len, strict`,
    bad: (m: RawModule) => {
      m.trailing = new Uint8Array(n).fill(7);
    },
    policy: { strict: true },
    goodPolicy: {},
    code: "container.trailing_bytes",
    at: () => FULL_LEN,
  })),
  {
    what: "nothing after file_len, strict",
    bad: (m) => {
      m.trailing = new Uint8Array(1);
    },
    good: nothing,
    policy: { strict: true },
    code: "container.trailing_bytes",
    at: () => FULL_LEN,
  },
  {
    what: "dir_count 0",
    bad: header({ dirCount: 0 }),
    good: nothing,
    code: "container.bad_dir",
    at: () => 16,
  },
  {
    what: "dir_count over maxDirCount",
    bad: nothing,
    policy: { maxDirCount: 5 },
    goodPolicy: { maxDirCount: 6 },
    code: "container.bad_dir",
    at: () => 16,
  },
  // 20 * 214748365 = 2^32 + 4
  ...[214_748_365, 0xffff_ffff, 16_385].map((dirCount) => ({
    what: `dir_count ${dirCount} under the highest cap`,
    bad: header({ dirCount }),
    policy: { maxDirCount: 0 },
    code: "container.bad_dir",
    at: () => 16,
  })),
  {
    what: "dir_off + 20 * dir_count wraps to 0",
    bad: header({ dirOffset: 2 ** 32 - 20 * 16_384, dirCount: 16_384 }),
    policy: { maxDirCount: 0 },
    code: "container.dir_range",
    at: () => 12,
  },
  ...[0, 39, 0xffff_ffff, 2 ** 32 - 120, FULL_LEN, FULL_LEN - 119].map((dirOffset) => ({
    what: `dir_off ${dirOffset}`,
    bad: header({ dirOffset }),
    code: "container.dir_range",
    at: () => 12,
  })),
  {
    what: "one entry more than the file holds",
    bad: (m) => {
      m.directory = "last";
      m.header.dirCount = 7;
    },
    good: (m) => {
      m.directory = "last";
    },
    code: "container.dir_range",
    at: () => 12,
  },
  ...[32, 36].flatMap((at, i) =>
    [1, 0x8000_0000].map((value) => ({
      what: `reserved${i} ${value}`,
      bad: header({ [`reserved${i}`]: value }),
      good: nothing,
      code: "container.reserved_nonzero",
      at: () => at,
    })),
  ),
];

const NAMES = Object.keys(FULL) as (keyof typeof FULL)[];

const ENTRY_RULES: Rule[] = [
  ...NAMES.flatMap((name): Rule[] => [
    {
      what: `flags of ${name}`,
      bad: change(name, { flags: 1 }),
      good: nothing,
      code: "container.section_flags",
      at: inEntry(name, 12),
    },
    {
      what: `reserved word of ${name}`,
      bad: change(name, { reserved: 0x8000_0000 }),
      good: nothing,
      code: "container.section_flags",
      at: inEntry(name, 16),
    },
    {
      what: `${name} starts after the end`,
      bad: change(name, { offset: FULL_LEN + 1 }),
      code: "container.section_range",
      at: inEntry(name, 4),
    },
    {
      what: `off + len of ${name} wraps`,
      bad: change(name, { offset: 0xffff_fffc, length: 8 }),
      code: "container.section_range",
      at: inEntry(name, 4),
    },
    {
      what: `off and len of ${name} are as large as can be`,
      bad: change(name, { offset: 0xffff_ffff, length: 0xffff_ffff }),
      code: "container.section_range",
      at: inEntry(name, 4),
    },
    {
      what: `two sections ${name}`,
      bad: add(name === "MEM" ? "MEM " : name),
      good: add(`${name.toLowerCase()}    `.slice(0, 4)),
      code: "container.duplicate_section",
      at: (b) => b.entry(6),
    },
  ]),
  ...["abcd", "\0\0\0\0", "\xff\xff\xff\xff", "MEM\0"].map((tag) => ({
    what: `two unknown sections ${JSON.stringify(tag)}`,
    bad: all(add(tag), add("else"), add(tag)),
    good: all(add(tag), add("else")),
    code: "container.duplicate_section",
    at: (b: Built) => b.entry(8),
  })),
  {
    what: "the last section ends one byte after the file",
    bad: change("NAME", { length: 13 }),
    good: change("NAME", { length: 12 }),
    code: "container.section_range",
    at: inEntry("NAME", 4),
  },
  {
    what: "an empty section one byte after the end",
    bad: change("NAME", { offset: FULL_LEN + 1, length: 0 }),
    good: change("NAME", { offset: FULL_LEN, length: 0 }),
    code: "container.section_range",
    at: inEntry("NAME", 4),
  },
  ...[0, 1, 2, 3, 5, 50].map((length) => ({
    what: `CODE of ${length} bytes`,
    bad: change("CODE", { length }),
    good: change("CODE", { length: 4 }),
    code: "container.bad_code_len",
    at: inEntry("CODE", 8),
  })),
  {
    what: "CODE longer than maxCodeLen",
    bad: nothing,
    policy: { maxCodeLen: 51 },
    goodPolicy: { maxCodeLen: 52 },
    code: "container.bad_code_len",
    at: inEntry("CODE", 8),
  },
  ...[0, 4, 7, 9, 12].map((n) => ({
    what: `IMPT of ${n} bytes`,
    bad: change("IMPT", { bytes: new Uint8Array(n) }),
    good: change("IMPT", { bytes: new Uint8Array(8) }),
    code: "container.bad_impt",
    at: inEntry("IMPT", 8),
  })),
  ...[1, 0x0100_0000].map((second) => ({
    what: `second word of IMPT is ${second}`,
    bad: payload("IMPT", u32s(3, second)),
    good: payload("IMPT", u32s(3, 0)),
    code: "container.bad_impt",
    at: inPayload("IMPT", 4),
  })),
  {
    what: "no CODE",
    bad: change("CODE", { tag: "CODX" }),
    good: nothing,
    code: "container.missing_code",
    at: (b) => b.dir,
  },
  {
    what: "no CODE, directory at the end",
    bad: all(change("CODE", { tag: "code" }), (m) => {
      m.directory = "last";
    }),
    code: "container.missing_code",
    at: (b) => b.dir,
  },
];

const place = (name: keyof typeof FULL, offset: number, length: number): Edit =>
  change(name, { offset, length });
const B = build(fullModule());
const CODE_AT = B.payload(FULL.CODE);
const DATA_AT = B.payload(FULL.DATA);
const DATA_LEN = B.payload(FULL.IMPT) - DATA_AT;

const OVERLAP_RULES: Rule[] = (
  [
    ["the whole header", place("NAME", 0, 40), "NAME", place("NAME", 0, 0)],
    ["the last byte of the header", place("NAME", 39, 1), "NAME", place("NAME", 39, 0)],
    ["the first byte of the directory", place("NAME", 40, 1), "NAME", place("NAME", 40, 0)],
    ["the last byte of the directory", place("NAME", 159, 1), "NAME", place("NAME", 159, 0)],
    ["the middle of the directory", place("NAME", 90, 4), "NAME", place("NAME", 90, 0)],
    ["header, directory and all", place("NAME", 0, FULL_LEN), "NAME", nothing],
    ["the first byte of CODE", place("NAME", CODE_AT, 1), "NAME", place("NAME", CODE_AT, 0)],
    ["all of CODE", place("NAME", CODE_AT, 52), "NAME", place("NAME", CODE_AT, 0)],
    ["the inside of CODE", place("NAME", CODE_AT + 8, 4), "NAME", place("NAME", CODE_AT + 8, 0)],
    ["the last byte of CODE", place("NAME", DATA_AT - 1, 1), "NAME", place("NAME", DATA_AT, 0)],
    // Complaint about the one that starts later.
    ["CODE over DATA", place("CODE", CODE_AT, 56), "DATA", place("CODE", CODE_AT, 52)],
    ["CODE over DATA, IMPT and EXPT", place("CODE", CODE_AT, DATA_LEN + 96), "DATA", nothing],
    ["two unknown sections", all(add("a   "), add("b   ", { offset: FULL_LEN + 40 })), 7, nothing],
    // Two that start together: the later entry.
    ["DATA at IMPT", place("DATA", B.payload(FULL.IMPT), 8), "IMPT", nothing],
  ] as const
).map(([what, bad, whose, good]) => ({
  what: `overlap: ${what}`,
  bad,
  good,
  code: "container.section_overlap",
  at: typeof whose === "number" ? (b: Built) => b.entry(whose) + 4 : inEntry(whose, 4),
}));
OVERLAP_RULES.push({
  what: "overlap: a section runs into a directory after it",
  bad: (m) => {
    m.directory = "last";
    m.sections[FULL.NAME]!.length = 13;
  },
  good: (m) => {
    m.directory = "last";
    m.sections[FULL.NAME]!.length = 12;
  },
  code: "container.section_overlap",
  at: inEntry("NAME", 4),
});

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const data = (name: string, at: number, bad: Uint8Array, good?: Uint8Array): Rule => ({
  what: `DATA: ${name}`,
  bad: payload("DATA", bad),
  ...(good === undefined ? {} : { good: payload("DATA", good) }),
  code: "container.bad_data",
  at: inPayload("DATA", at),
});

const DATA_RULES: Rule[] = [
  ...[0, 1, 3].map((n) => data(`${n} bytes`, 0, new Uint8Array(n), new Uint8Array(4))),
  data("one segment claimed, none there", 4, u32s(1), u32s(0)),
  data("2^32-1 segments claimed, none there", 4, u32s(0xffff_ffff)),
  data("2^32-1 segments claimed, one there", 16, join(u32s(0xffff_ffff, 0, 4), ascii("abcd"))),
  data("half a segment header", 4, u32s(1, 0), u32s(1, 0, 0)),
  data("segment header cut by one byte", 4, join(u32s(1, 0), new Uint8Array(3))),
  data("len 2^32-1", 8, u32s(1, 0, 0xffff_ffff, 0)),
  data("len wraps to 0 when padded", 8, u32s(1, 0, 0xffff_fffd, 0)),
  data("len one over", 8, u32s(1, 0, 5, 0), u32s(1, 0, 4, 0)),
  ...[1, 2, 3, 5].map((n) =>
    data(
      `no padding after ${n} bytes`,
      12 + n,
      join(u32s(1, 0, n), new Uint8Array(n)),
      join(u32s(1, 0, n), new Uint8Array((n + 3) & ~3)),
    ),
  ),
  data("padding cut short", 13, join(u32s(1, 0, 1), bytes(9, 0, 0)), join(u32s(1, 0, 1), bytes(9, 0, 0, 0))),
  data("1st padding byte", 13, join(u32s(1, 0, 1), bytes(9, 1, 0, 0))),
  data("2nd padding byte", 14, join(u32s(1, 0, 1), bytes(9, 0, 1, 0))),
  data("3rd padding byte", 15, join(u32s(1, 0, 1), bytes(9, 0, 0, 1))),
  data("a byte after the last segment", 12, join(u32s(1, 0, 0), bytes(0)), u32s(1, 0, 0)),
  data("a word after the last segment", 12, u32s(1, 0, 0, 0)),
  data("a word after no segment", 4, u32s(0, 0)),
  data("the second segment is cut", 16, join(dataPayload([0, "abcd"]), u32s(9)).with(0, 2)),
  data("two at one place", 16, dataPayload([8, "a"], [8, "b"]), dataPayload([8, "a"], [9, "b"])),
  data("overlap by one byte", 16, dataPayload([8, "abcd"], [11, "b"]), dataPayload([8, "abcd"], [12, "b"])),
  data(
    "overlap, in falling order",
    16,
    dataPayload([11, "b"], [8, "abcd"]),
    dataPayload([12, "b"], [8, "a"]),
  ),
  data("one inside another", 20, dataPayload([0, "abcdefgh"], [3, "x"]), dataPayload([0, "abc"], [3, "x"])),
  data("around another", 16, dataPayload([3, "x"], [0, "abcdefgh"])),
  data(
    "not neighbours in the file",
    28,
    dataPayload([0, "abcd"], [100, "y"], [3, "x"]),
    dataPayload([0, "abcd"], [100, "y"], [4, "x"]),
  ),
  data(
    "an empty segment between hides no overlap",
    24,
    dataPayload([0, "abcd"], [2, ""], [3, "x"]),
    dataPayload([0, "abcd"], [2, ""], [2, ""]),
  ),
];

const expt = (name: string, at: number, bad: Uint8Array, good?: Uint8Array): Rule => ({
  what: `EXPT: ${name}`,
  bad: payload("EXPT", bad),
  ...(good === undefined ? {} : { good: payload("EXPT", good) }),
  code: "container.bad_expt",
  at: inPayload("EXPT", at),
});

const EXPT_RULES: Rule[] = [
  ...[0, 1, 3].map((n) => expt(`${n} bytes`, 0, new Uint8Array(n), new Uint8Array(4))),
  expt("one export claimed, none there", 4, u32s(1), u32s(0)),
  expt("2^32-1 exports claimed, none there", 4, u32s(0xffff_ffff)),
  expt("2^32-1 exports claimed, one there", 12, u32s(0xffff_ffff, 0, 0)),
  expt("half an export header", 4, u32s(1, 0), u32s(1, 0, 0)),
  expt("kind 1", 6, u32s(1, 0x0001_0000, 0), u32s(1, 0, 0)),
  expt("kind 255", 6, u32s(1, 0x00ff_0000, 0)),
  expt("reserved byte", 7, u32s(1, 0x0100_0000, 0)),
  expt("name_len one over", 4, u32s(1, 1, 0), join(u32s(1, 1, 0), ascii("a\0\0\0"))),
  expt("name_len 65535", 4, u32s(1, 0xffff, 0)),
  expt("padding missing", 4, join(u32s(1, 1, 0), ascii("a")), join(u32s(1, 4, 0), ascii("abcd"))),
  expt("1st padding byte", 13, join(u32s(1, 1, 0), ascii("a\x01\0\0"))),
  expt("3rd padding byte", 15, join(u32s(1, 1, 0), ascii("a\0\0\x01"))),
  expt("a byte after the last", 12, join(u32s(1, 0, 0), bytes(0)), u32s(1, 0, 0)),
  expt("a word after none", 4, u32s(0, 0)),
  ...(
    [
      ["a lone byte 80", "\x80"],
      ["byte FF", "a\xff"],
      ["overlong NUL", "\xc0\x80"],
      ["overlong slash", "\xe0\x80\xaf"],
      ["a surrogate", "\xed\xa0\x80"],
      ["a sequence cut off", "\xf0\x9f\x98"],
      ["over U+10FFFF", "\xf4\x90\x80\x80"],
    ] as const
  ).map(([what, name]) => expt(`name with ${what}`, 12, exptPayload([name, 0]))),
  expt("a name twice", 24, exptPayload(["main", 1], ["main", 1]), exptPayload(["main", 1], ["Main", 1])),
  expt("the empty name twice", 20, exptPayload(["", 1], ["", 0]), exptPayload(["", 1], ["a", 0])),
  expt(
    "a name twice, another between",
    36,
    exptPayload(["main", 1], ["x", 0], ["main", 0]),
    exptPayload(["main", 1], ["x", 0], ["maim", 0]),
  ),
  expt(
    "U+FEFF before a name twice",
    24,
    exptPayload(["\xef\xbb\xbfa", 0], ["\xef\xbb\xbfa", 0]),
    exptPayload(["\xef\xbb\xbfa", 0], ["a", 0]),
  ),
  // Composed and decomposed e acute are two names.
  expt(
    "e acute twice",
    24,
    exptPayload(["\xc3\xa9", 0], ["\xc3\xa9", 0]),
    exptPayload(["\xc3\xa9", 0], ["e\xcc\x81", 0]),
  ),
];

const mem = (name: string, at: number, min: number, max: number, good: [number, number]): Rule => ({
  what: `MEM: ${name}`,
  bad: payload("MEM", u32s(min, max)),
  good: payload("MEM", u32s(...good)),
  code: "container.bad_mem",
  at: inPayload("MEM", at),
});

const MEM_RULES: Rule[] = [
  ...[0, 4, 7, 9, 12].map((n) => ({
    what: `MEM of ${n} bytes`,
    bad: change("MEM", { bytes: new Uint8Array(n).fill(1) }),
    good: nothing,
    code: "container.bad_mem",
    at: inEntry("MEM", 8),
  })),
  mem("min 65535", 0, 65_535, 0, [65_536, 0]),
  mem("min 0", 0, 0, 0, [65_537, 0]),
  mem("max below min", 4, 65_537, 65_536, [65_537, 65_537]),
  mem("max 1", 4, 65_536, 1, [0xffff_ffff, 0xffff_ffff]),
];

const RULES = [...HEADER_RULES, ...ENTRY_RULES, ...OVERLAP_RULES, ...DATA_RULES, ...EXPT_RULES, ...MEM_RULES];

// z[verify vm.goal.strict-checks] z[verify vm.conformance.negative-encoding]
describe("one rule broken", () => {
  test.each(RULES.map((rule) => [rule.what, rule] as const))("%s", (_, rule) => {
    expect(problem(readContainer, rule)).toBeUndefined();
  });
});

// z[verify vm.error.structured] z[verify vm.error.field.code] z[verify vm.error.field.reason]
test("every refusal is a structured one", () => {
  for (const rule of RULES) {
    const refused = readContainer(built(rule.bad).bytes, policyOf(rule.policy));
    expect(refused).toMatchObject({ status: "reject", code: rule.code });
    if (!isFailure(refused)) continue;
    expect(refused.reason, rule.what).toMatch(/^[ -~]{5,100}$/);
    expect(refused).not.toHaveProperty("pc");
  }
});

describe("the comparison itself", () => {
  const noticed = (read: typeof readContainer) =>
    RULES.filter((rule) => problem(read, rule) !== undefined).length;

  test("notices a reader that accepts everything", () => {
    const good = readContainer(B.bytes, policyOf());
    expect(noticed(() => good)).toBe(RULES.length);
  });

  test("notices a reader whose offsets are one entry field off", () => {
    const shifted: typeof readContainer = (file, policy) => {
      const result = readContainer(file, policy);
      return isFailure(result) ? { ...result, offset: (result.offset ?? 0) + 4 } : result;
    };
    expect(noticed(shifted)).toBe(RULES.length);
  });

  test("notices a reader that refuses good neighbours", () => {
    const rules = RULES.filter((rule) => rule.good !== undefined);
    const strictest: typeof readContainer = (file, policy) => {
      const result = readContainer(file, policy);
      return isFailure(result)
        ? result
        : { code: "internal", category: "internal", status: "error", reason: "" };
    };
    expect(noticed(strictest)).toBeGreaterThanOrEqual(rules.length);
  });

  test("notices a reader that skips padding, overlap or unknown duplicates", () => {
    for (const forgotten of ["padding", "overlap", "appears twice"]) {
      const lax: typeof readContainer = (file, policy) => {
        const result = readContainer(file, policy);
        return isFailure(result) && result.reason.includes(forgotten)
          ? { ...result, code: "container.bad_magic" }
          : result;
      };
      expect(noticed(lax), forgotten).toBeGreaterThan(3);
    }
  });
});

describe("sizes below the header", () => {
  test.each([0, 1, 4, 39])("%i bytes", (length) => {
    const refused = readContainer(B.bytes.slice(0, length), policyOf());
    expect(refused).toMatchObject({ code: "container.too_small", offset: 0 });
  });

  test("40 bytes are a header, whose directory is missing", () => {
    const bytes = B.bytes.slice(0, 40);
    new DataView(bytes.buffer).setUint32(8, 40, true);
    expect(readContainer(bytes, policyOf())).toMatchObject({ code: "container.dir_range", offset: 12 });
  });
});

describe("where things may stand", () => {
  const shapes: [string, Edit][] = [
    ["as tools write it", nothing],
    ["sections in reverse", (m) => ({ order: m.order } = { order: [5, 4, 3, 2, 1, 0] })],
    [
      "directory last",
      (m) => {
        m.directory = "last";
      },
    ],
    [
      "directory last, sections shuffled",
      (m) => {
        m.directory = "last";
        m.order = [3, 0, 5, 1, 4, 2];
      },
    ],
    ["directory entries in reverse", (m) => m.sections.reverse()],
    ["unknown sections", all(add("zzzz"), add("\0\0\0\0", { bytes: new Uint8Array(0) }), add("\xff\x00 \n"))],
    ["abi fields of any value", header({ abiId: 0xdead_beef, abiVersion: 0xffff_ffff })],
    ["abi fields 0", header({ abiId: 0, abiVersion: 0 })],
    ["an empty section inside another", add("void", { bytes: new Uint8Array(0), offset: CODE_AT + 20 })],
    [
      "empty sections at 0",
      all(add("a   ", { offset: 0, length: 0 }), add("b   ", { offset: 0, length: 0 })),
    ],
    [
      "a gap of rubbish",
      (m) => {
        m.sections.push(section("hole", new Uint8Array(64).fill(0xee)));
        m.sections[6]!.length = 8;
      },
    ],
  ];

  test.each(shapes)("%s", (_, edit) => {
    const file = built(edit);
    const container = readContainer(file.bytes, policyOf());
    if (isFailure(container)) throw new Error(`${container.code} at ${container.offset}`);
    const reference = readContainer(B.bytes, policyOf());
    if (isFailure(reference)) throw new Error(reference.code);
    expect(container.code).toEqual(reference.code);
    expect(container.data.map(({ dst, bytes: b }) => [dst, b])).toEqual(
      reference.data.map(({ dst, bytes: b }) => [dst, b]),
    );
    expect(container.exports?.map(({ name, pcWords }) => [name, pcWords])).toEqual([
      ["main", 1],
      ["helper", 0],
    ]);
    expect(container.imports?.mask).toBe(3);
    expect(container.memory).toMatchObject({ minBytes: 65_536, maxBytes: 0 });
    expect(container.entryPcWords).toBe(1);
    expect(container.dirOffset).toBe(file.dir);
    expect(container.sections.map((s) => s.entryOffset)).toEqual(
      container.sections.map((_s, i) => file.entry(i)),
    );
  });

  test("what is read says where it stands in the file", () => {
    const container = readContainer(B.bytes, policyOf());
    if (isFailure(container)) throw new Error(container.code);
    expect(container.data.map((s) => s.offset)).toEqual([DATA_AT + 4, DATA_AT + 20]);
    expect(container.exports?.map((e) => e.offset)).toEqual([
      B.payload(FULL.EXPT) + 8,
      B.payload(FULL.EXPT) + 20,
    ]);
    expect(container.imports?.offset).toBe(B.payload(FULL.IMPT));
    expect(container.memory?.offset).toBe(B.payload(FULL.MEM));
    expect(container.abiId).toBe(0x4942415a);
    expect(container.abiVersion).toBe(0x00020005);
    expect(container.file).toHaveLength(FULL_LEN);
  });

  test("absent sections are absent", () => {
    const container = readContainer(build(codeOnly(RET)).bytes, policyOf());
    expect(container).toMatchObject({ data: [], imports: undefined, exports: undefined, memory: undefined });
  });

  test("trailing bytes are not part of the file", () => {
    const file = built((m) => {
      m.trailing = new Uint8Array(9);
    });
    expect(readContainer(file.bytes, policyOf())).toMatchObject({ file: { length: FULL_LEN } });
  });

  test("tags are numbers in the directory and text for people", () => {
    for (const tag of ["CODE", "MEM ", "\0\xff~a"]) expect(tagText(tagNumber(tag))).toBe(tag);
  });
});

// Each fault with the place it has in the order. Applied later-first, so that where two write the same field the
// earlier one stands.
const IN_ORDER: [code: string, fault: Edit][] = [
  ["container.bad_magic", header({ magic: 1 })],
  ["container.unsupported_version", header({ version: 1 })],
  ["container.unsupported_flags", header({ flags: 1 })],
  ["container.bad_file_len", header({ fileLen: 39 })],
  ["container.truncated", header({ fileLen: 0xffff_0000 })],
  ["container.trailing_bytes", header({ fileLen: 200 })],
  ["container.bad_dir", header({ dirCount: 0 })],
  ["container.dir_range", header({ dirOffset: 0 })],
  ["container.section_flags", change("CODE", { flags: 1 })],
  ["container.section_flags", change("CODE", { reserved: 1 })],
  ["container.section_range", change("CODE", { offset: 0xffff_ffff })],
  ["container.bad_code_len", change("CODE", { length: 3 })],
  ["container.section_range", change("DATA", { offset: 0xffff_ffff })],
  ["container.bad_impt", change("IMPT", { length: 7 })],
  ["container.section_flags", change("EXPT", { flags: 1 })],
  ["container.duplicate_section", change("MEM", { tag: "DATA" })],
  ["container.section_flags", change("NAME", { reserved: 1 })],
  ["container.section_overlap", place("NAME", 0, 4)],
  ["container.bad_data", (m) => m.sections[FULL.DATA]!.bytes.fill(0xff)],
  ["container.bad_expt", (m) => m.sections[FULL.EXPT]!.bytes.fill(0xff)],
  ["container.bad_mem", (m) => m.sections[FULL.MEM]!.bytes.fill(0)],
  ["container.reserved_nonzero", header({ reserved0: 1 })],
  ["container.reserved_nonzero", header({ reserved1: 1 })],
];

describe("order of checks (D4)", () => {
  const policy = policyOf({ strict: true });
  test.each(IN_ORDER.map(([code], i) => [code, i] as const))(
    "%s (%i) is found before all later faults",
    (code, i) => {
      for (const later of IN_ORDER.slice(i + 1)) {
        const file = built(all(later[1], IN_ORDER[i]![1]));
        expect(readContainer(file.bytes, policy), `with ${later[0]}`).toMatchObject({ code });
      }
      const everything = built(
        all(
          ...IN_ORDER.slice(i)
            .map(([, fault]) => fault)
            .reverse(),
        ),
      );
      expect(readContainer(everything.bytes, policy)).toMatchObject({ code });
    },
  );

  test("too_large comes after truncated and before trailing bytes", () => {
    const file = built((m) => {
      m.trailing = new Uint8Array(1);
      m.header.dirCount = 0;
    });
    const tight = policyOf({ strict: true, maxFileLen: 100 });
    expect(readContainer(file.bytes, tight)).toMatchObject({ code: "container.too_large" });
    expect(readContainer(file.bytes.slice(0, 90), tight)).toMatchObject({ code: "container.truncated" });
  });

  test("missing CODE is found after every entry and before overlap", () => {
    const noCode = change("CODE", { tag: "CODX" });
    expect(readContainer(built(all(noCode, place("NAME", 0, 4))).bytes, policy)).toMatchObject({
      code: "container.missing_code",
    });
    expect(readContainer(built(all(noCode, change("NAME", { flags: 1 }))).bytes, policy)).toMatchObject({
      code: "container.section_flags",
    });
  });

  test("an entry is done with before the next one is looked at", () => {
    const file = built(all(change("IMPT", { length: 7 }), change("EXPT", { flags: 1 })));
    expect(readContainer(file.bytes, policy)).toMatchObject({ code: "container.bad_impt" });
    const other = built((m) => {
      m.sections.splice(1, 0, section("CODE", new Uint8Array(3)));
      m.sections[3]!.flags = 1;
    });
    expect(readContainer(other.bytes, policy)).toMatchObject({
      code: "container.duplicate_section",
      offset: other.entry(1),
    });
  });
});

describe("claimed counts", () => {
  const claiming = (tag: string) => {
    const module = codeOnly(RET);
    module.sections.push(section(tag, u32s(0xffff_ffff)));
    return build(module).bytes;
  };

  test.each(["DATA", "EXPT"])("4,294,967,295 records in a %s of four bytes cost nothing", (tag) => {
    const bytes = claiming(tag);
    const before = process.memoryUsage();
    for (let i = 0; i < 100; i++) expect(isFailure(readContainer(bytes, policyOf()))).toBe(true);
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(1e6);
    expect(after.heapUsed - before.heapUsed).toBeLessThan(64e6); // one such array would be 16 GB
  });

  test.each([
    ["DATA", "segments"],
    ["EXPT", "exports"],
  ] as const)("%s holds at most MAX_RECORDS %s", (tag, what) => {
    const records = (count: number) => {
      const words = new Uint32Array(1 + (tag === "DATA" ? 2 : 3) * count);
      words[0] = count;
      for (let i = 0; tag === "EXPT" && i < count; i++) {
        words[1 + 3 * i] = 4;
        // Four ASCII characters per name, six bits each.
        for (let c = 0; c < 4; c++) words[3 + 3 * i]! |= (0x21 + ((i >> (6 * c)) & 63)) << (8 * c);
      }
      const module = codeOnly(RET);
      module.sections.push(section(tag, new Uint8Array(words.buffer)));
      return build(module);
    };
    const most = readContainer(records(MAX_RECORDS).bytes, policyOf());
    if (isFailure(most)) throw new Error(most.reason);
    expect(tag === "DATA" ? most.data : most.exports).toHaveLength(MAX_RECORDS);
    const more = records(MAX_RECORDS + 1);
    expect(readContainer(more.bytes, policyOf())).toMatchObject({
      code: "container.too_large",
      category: "resource",
      offset: more.payload(1) + 4 + (tag === "DATA" ? 8 : 12) * MAX_RECORDS,
      reason: expect.stringContaining(what),
    });
  });
});

describe("the part of a file that is read", () => {
  test("may be shorter than what the caller has", () => {
    const file = built((m) => {
      m.trailing = new Uint8Array(100);
    });
    const head = file.bytes.slice(0, FULL_LEN);
    expect(readContainer(head, policyOf(), file.bytes.length)).toMatchObject({ file: { length: FULL_LEN } });
    expect(readContainer(head, policyOf({ strict: true }), file.bytes.length)).toMatchObject({
      code: "container.trailing_bytes",
      offset: FULL_LEN,
    });
  });
});
