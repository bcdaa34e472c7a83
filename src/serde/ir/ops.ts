// THE table of codec instructions. Every fact about an instruction is one row here; verifier, printer, parser, binary
// form, dispatch and reference page are derived from it. What an instruction computes is written once per executor.
//
// A record is 16 bytes, little-endian:   op u8 | x8 u8 | x16 u16 | a i32 | b i32 | c i32
// op = family << 5 | verb. All targets and table offsets are byte offsets from the start of the program. A field that
// a row gives no role is 0. Whitespace before a token belongs to the op that reads the token, and no op reads past its
// token. An op completes or leaves the block as it was (D54).

export const RECORD_BYTES = 16;

export const FAMILIES = ["neutral", "json", "postcard", "msgpack", "cbor"] as const;
export type FamilyName = (typeof FAMILIES)[number];
export type FormatName = Exclude<FamilyName, "neutral">;

/** What a field of a record holds. The verifier knows how to check each of these. */
export type Role =
  /** A leaf kind, see `kinds.ts`; with `slot` it says how wide and of what type the slot is. */
  | "kind"
  /** Bits named by the row's `flags`. */
  | "flags"
  /** One of the row's `modes`, by number. */
  | "mode"
  /** Cells of a new record, or the stride of elements. */
  | "cells"
  /** Bytes of key text in the records that follow this one, zero-padded. */
  | "inline"
  /** First cell of the operand, from the current record. */
  | "slot"
  /** Bit address in the current record: word * 32 + bit. */
  | "bit"
  /** A record of the same procedure. */
  | "target"
  /** The same, or -1 for none. */
  | "target?"
  /** First record of a procedure. */
  | "proc"
  /** Key table, see `tables.ts`. */
  | "keys"
  /** Case table by text or number. */
  | "cases"
  /** Case table by kind of value. */
  | "kinds"
  /** Probe table. */
  | "probe"
  /** Table of header bits to count. */
  | "bits?"
  /** Constant cells, see `tables.ts`. */
  | "constant"
  /** Byte offset of constant bytes; the length is the field with role `length`. */
  | "blob"
  | "length"
  /** Any 32 bits. */
  | "word"
  /** Elements, exactly; or -1. */
  | "count"
  /** Index in the key table of the field expected here, or -1: the end is. */
  | "field"
  /** A list cell in the current record, or -1. */
  | "slot?"
  /** Number of a failure code, see `codes.ts`. */
  | "code";

const TABLE_ROLES = [
  "keys",
  "cases",
  "kinds",
  "probe",
  "bits?",
  "constant",
] as const satisfies readonly Role[];
/** Of fields that hold the offset of a table. */
export type TableRole = (typeof TABLE_ROLES)[number];
export const isTableRole = (role: Role): role is TableRole => (TABLE_ROLES as readonly Role[]).includes(role);

export type Direction = "decode" | "encode";
type Field = "x8" | "x16" | "a" | "b" | "c";

export interface Row<V extends string = string, F extends readonly FamilyName[] = readonly FamilyName[]> {
  readonly verb: V;
  readonly number: number;
  readonly families: F;
  readonly directions: readonly Direction[];
  readonly operands: Readonly<Partial<Record<Field, Role>>>;
  /** Names of the bits of the field with role `flags`, bit 0 first. */
  readonly flags: readonly string[];
  /** Names of the values of the field with role `mode`. */
  readonly modes: readonly string[];
  /** Never continues with the next record. */
  readonly terminator: boolean;
  /** `push`, `pop`: of a frame, and with it of the current record. */
  readonly frame: "push" | "pop" | "none";
  /** Reads at least one byte, or writes one, unless it fails or goes to its `target?`. */
  readonly progress: boolean;
  readonly needs: string;
  readonly effect: string;
  readonly fails: readonly string[];
  /** Why it exists. */
  readonly doc: string;
}

const BOTH = ["decode", "encode"] as const;
const ALL = ["json", "postcard", "msgpack", "cbor"] as const;
const NAMED = ["json", "msgpack", "cbor"] as const;
const NEUTRAL = ["neutral"] as const;

type Extra = Partial<
  Pick<Row, "operands" | "flags" | "modes" | "terminator" | "frame" | "progress" | "needs" | "fails">
>;

function op<const V extends string, const F extends readonly FamilyName[]>(
  number: number,
  verb: V,
  families: F,
  directions: readonly Direction[],
  effect: string,
  doc: string,
  extra: Extra = {},
): Row<V, F> {
  return {
    verb,
    number,
    families,
    directions,
    operands: {},
    flags: [],
    modes: [],
    terminator: false,
    frame: "none",
    progress: false,
    needs: "",
    fails: [],
    ...extra,
    effect,
    doc,
  };
}

/** Elements of a list and how its records are built. */
const LIST_FLAGS = ["map", "flat", "zero", "unique", "reject", "text", "second"] as const;
export const LIST = {
  map: 1,
  flat: 2,
  zero: 4,
  /** Elements, or keys of entries, are compared: the last value at the place of the first. */
  unique: 8,
  /** With `unique`: the same twice is a failure. */
  reject: 16,
  /** With `unique`: what is compared is text, else the cell. */
  text: 32,
  /** With `unique`: what is compared is cell 1 of the record, else cell 0. */
  second: 64,
} as const;
/** Of `box`. */
export const BOX_ZERO = 1;
/** Of `each`. */
export const EACH = { map: 1, bare: 2, sorted: 4 } as const;
/** Of `fail`. */
export const FAIL_BACK = 1;
/** Of `get` and `put`. */
export const KEY_POSITION = 1;
/** Of `kind`: a tag is a kind of its own, not passed over. */
export const KIND_TAGS = 1;
export const SEQ = { open: 0, item: 1, close: 2 } as const;
export const HEAD = { array: 0, map: 1 } as const;

const VALUE_FAILURES = ["lexical.*", "value.type_mismatch", "value.number_range"] as const;

export const ROWS = [
  op(0, "jump", NEUTRAL, BOTH, "Goes to a.", "Ends a branch that is not the last.", {
    operands: { a: "target" },
    terminator: true,
  }),
  op(
    1,
    "if",
    NEUTRAL,
    BOTH,
    "Falls through when the bit is set, else goes to b.",
    "Defaults, omitted fields.",
    {
      operands: { a: "bit", b: "target" },
    },
  ),
  op(
    2,
    "call",
    NEUTRAL,
    BOTH,
    "Pushes a frame, moves the current record on by b cells, goes to procedure a.",
    "Recursion, and parts of a shape that are used twice.",
    { operands: { a: "proc", b: "slot" }, frame: "push", fails: ["resource.depth_limit"] },
  ),
  op(
    3,
    "ret",
    NEUTRAL,
    BOTH,
    "Pops the frame of the call and continues after it.",
    "Ends every procedure but the first.",
    {
      terminator: true,
      frame: "pop",
    },
  ),
  op(
    4,
    "box",
    NEUTRAL,
    ["decode"],
    "Pushes a frame; a new record of x16 cells on the build stack becomes current.",
    "Recursion and wide payloads need a record of their own, which ends in `close`.",
    {
      operands: { x8: "flags", x16: "cells", a: "slot" },
      flags: ["zero"],
      frame: "push",
      fails: ["resource.depth_limit", "resource.memory_limit"],
    },
  ),
  op(
    5,
    "close",
    NEUTRAL,
    ["decode"],
    "Moves the box's record to the heap, stores {cell, 1} in its slot, pops.",
    "The end of `box`.",
    { frame: "pop" },
  ),
  op(
    6,
    "set",
    NEUTRAL,
    ["decode"],
    "Stores the words b, c in the cell.",
    "Variant indices, scalar defaults, cleared headers.",
    {
      operands: { a: "slot", b: "word", c: "word" },
    },
  ),
  op(
    7,
    "const",
    NEUTRAL,
    ["decode"],
    "Copies constant cells and their text.",
    "Defaults that are not one number.",
    {
      operands: { a: "slot", b: "constant" },
      fails: ["resource.memory_limit"],
    },
  ),
  op(
    8,
    "fail",
    NEUTRAL,
    BOTH,
    "Fails with code a here. `back`: at the byte before.",
    "Branches that may not be reached.",
    { operands: { x8: "flags", a: "code" }, flags: ["back"], terminator: true },
  ),
  op(
    9,
    "enter",
    NEUTRAL,
    ["encode"],
    "Pushes a frame; the box's record, of x16 cells, becomes current.",
    "Reading what `box` built.",
    {
      operands: { x16: "cells", a: "slot" },
      frame: "push",
      fails: ["resource.depth_limit"],
    },
  ),
  op(10, "leave", NEUTRAL, ["encode"], "Pops.", "The end of `enter`.", { frame: "pop" }),
  op(
    11,
    "lit",
    NEUTRAL,
    ["encode"],
    "Writes b constant bytes.",
    "Braces, keys, tags, fixed heads: everything known.",
    {
      operands: { a: "blob", b: "length" },
      progress: true,
      fails: ["resource.output_limit"],
    },
  ),
  op(
    12,
    "pick",
    NEUTRAL,
    ["encode"],
    "Goes by the variant index in the cell.",
    "One block per variant, however it is tagged.",
    {
      operands: { a: "slot", b: "cases" },
      terminator: true,
      fails: ["structure.unknown_variant"],
    },
  ),
  op(14, "mark", NEUTRAL, ["decode"], "Sets the bit.", "Defaults of options.", { operands: { a: "bit" } }),
  op(13, "done", NEUTRAL, ["encode"], "Ends the run.", "The output is complete.", { terminator: true }),

  op(
    0,
    "obj",
    NAMED,
    ["decode"],
    "A container with keys opens; x16 header cells at b are cleared; counted families keep the entries left there.",
    "Every struct, and every enum that is written as one.",
    {
      operands: { x16: "cells", a: "keys", b: "slot" },
      progress: true,
      needs: "`key` of the same table follows",
      fails: ["value.type_mismatch"],
    },
  ),
  op(
    1,
    "key",
    NAMED,
    ["decode"],
    "Separator or end. End: all of the table's required bits must be set; goes to its close target. Key: when it is the expected one (inline bytes), falls through behind them; on a miss tries c; else looks the text up and goes to that field, or deals with it as the table says and stays. Sets the seen bit.",
    "Fields in any order at the price of fields in the expected one.",
    {
      operands: { x16: "inline", a: "keys", b: "field", c: "target?" },
      progress: true,
      fails: [
        "lexical.expected_comma_or_end",
        "lexical.expected_key",
        "lexical.expected_colon",
        "structure.duplicate_field",
        "structure.unknown_field",
        "structure.missing_field",
      ],
    },
  ),
  op(
    2,
    "get",
    ALL,
    ["decode"],
    "Reads one leaf into its slot. With b: a value of another kind, or out of range, goes there and nothing is read.",
    "One instruction per lexical item, whatever it takes to read it.",
    {
      operands: { x8: "kind", x16: "flags", a: "slot", b: "target?" },
      flags: ["key"],
      progress: true,
      fails: VALUE_FAILURES,
    },
  ),
  op(
    3,
    "opt",
    ALL,
    ["decode"],
    "The none form: clears the bit and goes to b. Else sets the bit and falls through.",
    "Presence is a bit, so that every pattern of the value stays usable.",
    {
      operands: { a: "bit", b: "target" },
      fails: ["value.invalid_option"],
    },
  ),
  op(
    4,
    "list",
    ALL,
    ["decode"],
    "Opens; empty: stores {heap top, 0} and goes to c. Else pushes a frame, makes the first element's record and falls through. With b: that many elements, or failure.",
    "Arrays of unknown length grow on one build stack and move to the heap once.",
    {
      operands: { x8: "flags", x16: "cells", a: "slot", b: "count", c: "target" },
      flags: LIST_FLAGS,
      frame: "push",
      progress: true,
      fails: [
        "value.type_mismatch",
        "value.length_mismatch",
        "resource.depth_limit",
        "resource.element_limit",
        "resource.memory_limit",
      ],
    },
  ),
  op(
    12,
    "rest",
    NAMED,
    ["decode"],
    "As `list` with `map`, of the keys of the object that starts here that are not in table b. When it ends, the object is still to be read.",
    "Flattened maps: what no field takes.",
    {
      operands: { x8: "flags", x16: "cells", a: "slot", b: "keys", c: "target" },
      flags: LIST_FLAGS,
      frame: "push",
      needs: "`obj` of the same table follows",
      fails: [
        "value.type_mismatch",
        "lexical.*",
        "resource.depth_limit",
        "resource.element_limit",
        "resource.memory_limit",
      ],
    },
  ),
  op(
    5,
    "next",
    ALL,
    ["decode"],
    "Another element: makes its record and goes behind the `list` or `rest`. Else moves the elements to the heap, stores their span, pops, goes to its c.",
    "The end of every list body.",
    {
      terminator: true,
      frame: "pop",
      progress: true,
      fails: [
        "lexical.expected_comma_or_end",
        "value.length_mismatch",
        "structure.duplicate_key",
        "resource.element_limit",
        "resource.memory_limit",
      ],
    },
  ),
  op(
    6,
    "seq",
    NAMED,
    ["decode"],
    "open: an array of a elements, header at b cleared. item: before element a. close: after the last.",
    "Tuples: fixed arity, no frame.",
    {
      operands: { x8: "mode", a: "count", b: "slot" },
      modes: ["open", "item", "close"],
      fails: ["value.type_mismatch", "value.length_mismatch"],
    },
  ),
  op(
    7,
    "case",
    ALL,
    ["decode"],
    "Reads a tag, stores the variant it names in the cell, goes to its block. With c: what is no known tag goes there and nothing is read.",
    "Enums written as text or as a number.",
    {
      operands: { x16: "flags", a: "slot", b: "cases", c: "target?" },
      flags: ["key"],
      terminator: true,
      progress: true,
      fails: ["structure.unknown_variant", "value.type_mismatch"],
    },
  ),
  op(
    8,
    "kind",
    NAMED,
    ["decode"],
    "Goes by the kind of the next value; reads nothing.",
    "Enums written in several ways, and `any`.",
    {
      operands: { x16: "flags", a: "kinds" },
      flags: ["tags"],
      terminator: true,
      fails: ["value.type_mismatch", "structure.no_match"],
    },
  ),
  op(
    9,
    "probe",
    NAMED,
    ["decode"],
    "Looks over one object to its deciding key, or to its end, reads nothing, goes to the one candidate left.",
    "Tags after content, untagged and flattened enums, without building anything twice.",
    {
      operands: { a: "probe" },
      terminator: true,
      fails: [
        "structure.no_match",
        "structure.ambiguous",
        "structure.missing_tag",
        "structure.unknown_variant",
      ],
    },
  ),
  op(
    10,
    "skip",
    NAMED,
    ["decode"],
    "Reads one value and forgets it.",
    "Unknown content; as strict as reading it (D48).",
    {
      progress: true,
      fails: ["lexical.*", "resource.depth_limit"],
    },
  ),
  op(
    11,
    "end",
    ALL,
    ["decode"],
    "Only trailing whitespace may follow. Ends the run.",
    "The whole document.",
    {
      terminator: true,
      fails: ["lexical.trailing_bytes"],
    },
  ),

  op(16, "put", ALL, ["encode"], "Writes one leaf.", "The counterpart of `get`.", {
    operands: { x8: "kind", x16: "flags", a: "slot" },
    flags: ["key"],
    progress: true,
    fails: ["value.number_range", "resource.output_limit"],
  }),
  op(
    17,
    "name",
    ["json"],
    ["encode"],
    "Writes b bytes that begin with a comma, without it right after `{`.",
    "Fields that may be left out, with no flag for the first.",
    {
      operands: { a: "blob", b: "length" },
      progress: true,
      fails: ["resource.output_limit"],
    },
  ),
  op(
    18,
    "head",
    ["msgpack", "cbor"],
    ["encode"],
    "Writes the head of a container of a entries, plus the set ones of the header bits b, plus the entries of list c.",
    "Counted containers with fields that may be left out.",
    {
      operands: { x8: "mode", a: "count", b: "bits?", c: "slot?" },
      modes: ["array", "map"],
      progress: true,
      fails: ["resource.output_limit"],
    },
  ),
  op(
    19,
    "some",
    ALL,
    ["encode"],
    "Bit clear: writes the none form and goes to b. Else falls through.",
    "The counterpart of `opt`.",
    {
      operands: { a: "bit", b: "target" },
      fails: ["resource.output_limit"],
    },
  ),
  op(
    20,
    "each",
    ALL,
    ["encode"],
    "Writes the head; empty: goes to c. Else pushes a frame and falls through with the first element current. With b, the shape says how many there are. `bare`: without head and end. `sorted`: entries end up in the order of their encoded keys.",
    "The counterpart of `list`.",
    {
      operands: { x8: "flags", x16: "cells", a: "slot", b: "count", c: "target" },
      flags: ["map", "bare", "sorted"],
      frame: "push",
      fails: ["resource.depth_limit", "resource.output_limit"],
    },
  ),
  op(
    21,
    "more",
    ALL,
    ["encode"],
    "Another element: writes the separator and goes behind the `each`. Else closes, pops, goes to its c.",
    "The counterpart of `next`.",
    { terminator: true, frame: "pop", fails: ["resource.output_limit", "resource.memory_limit"] },
  ),
] as const satisfies readonly Row[];

type VerbOf<R, F extends FamilyName> =
  R extends Row<infer V, infer Fs> ? (F extends Fs[number] ? V : never) : never;
/** The verbs of one family, both directions. */
export type Verb<F extends FamilyName> = VerbOf<(typeof ROWS)[number], F>;

export interface Op {
  readonly opcode: number;
  /** `jump`, `json.key`: as printed. */
  readonly mnemonic: string;
  readonly family: FamilyName;
  readonly row: Row;
}

/** By opcode; `undefined` where there is none. */
export const OPS: readonly (Op | undefined)[] = (() => {
  const ops: (Op | undefined)[] = new Array<Op | undefined>(256).fill(undefined);
  for (const row of ROWS as readonly Row[]) {
    for (const family of row.families) {
      const opcode = (FAMILIES.indexOf(family) << 5) | row.number;
      const mnemonic = family === "neutral" ? row.verb : `${family}.${row.verb}`;
      ops[opcode] = { opcode, mnemonic, family, row };
    }
  }
  return ops;
})();

const OPCODES = new Map(OPS.map((op) => [`${op?.family} ${op?.row.verb}`, op?.opcode]));

/** The opcode of `verb` in `family`. */
export const opcodeOf = <F extends FamilyName>(family: F, verb: Verb<F>): number =>
  OPCODES.get(`${family} ${verb}`)!;
