// The constant tables behind the code of a program, in 32-bit words: offsets of their words, and nothing else. All
// targets and byte offsets are from the start of the program; names are UTF-8.

/**
 * Key table (role `keys`), followed by `masks` pairs (word of the record, mask), `fields` rows and `names` rows.
 * A field row: bit address of the seen bit or -1, target or -1 (known, but skipped), first name's offset and length.
 * A name row: offset, length, field; sorted by length, then bytes.
 */
export const KEYS = {
  /** 0: unknown keys are skipped; else the code they fail with. */
  unknown: 0,
  /** See DUPLICATE. */
  duplicate: 1,
  /** Where the end of the container leads. */
  close: 2,
  /** Code when a required bit is not set at the end. */
  missing: 3,
  masks: 4,
  fields: 5,
  names: 6,
  /** Target for unknown keys, after the key is read; -1: none. */
  other: 7,
  /** 1: the end may not come here; it fails with `missing`. */
  open: 8,
  /** Slot of the header whose second word counts the entries left, in counted families. */
  header: 9,
  rows: 10,
} as const;
export const MASK_WORDS = 2;
export const FIELD = { bit: 0, target: 1, nameAt: 2, nameLength: 3, words: 4 } as const;
export const NAME = { at: 0, length: 1, field: 2, words: 3 } as const;
export const DUPLICATE = { reject: 0, first: 1, last: 2 } as const;

/**
 * Case table (role `cases`). By text: `names` rows as above, whose field is the row of `targets`. By number: names is
 * 0 and targets are indexed by the number, or by the position in `numbers` when there are any.
 * A target row: target, variant index.
 */
export const CASES = {
  targets: 0,
  names: 1,
  numbers: 2,
  /** Target row of everything else; -1: fails. */
  other: 3,
  rows: 4,
} as const;
export const CASE = { target: 0, variant: 1, words: 2 } as const;
/** In place of a row, by text: a name that is known, and stands here for nothing; it never goes to `other`. */
export const NO_CASE = -2;

/** Kind table (role `kinds`): the code when nothing fits, then one target or -1 for each of VALUE_KINDS. */
export const KINDS = { code: 0, targets: 1 } as const;
export const VALUE_KINDS = [
  "null",
  "bool",
  "int",
  "float",
  "str",
  "bytes",
  "list",
  "map",
  /** Only `any` takes these two. */
  "tag",
  "other",
] as const;
export const VALUE_KIND = {
  null: 0,
  bool: 1,
  int: 2,
  float: 3,
  str: 4,
  bytes: 5,
  list: 6,
  map: 7,
  /** Of CBOR, where the `kind` says that it wants to see tags. */
  tag: 8,
  /** Undefined, simple values, extensions. */
  other: 9,
} as const;

/** Bits table (role `bits?`): how many, then pairs (word of the record, mask). */
export const BITS = { count: 0, rows: 1 } as const;

/**
 * Constant (role `constant`): `cells` go to the slot, `heap` cells to the heap; `text8` bytes and `text16` units to the
 * arenas; then the cells as words, `relocations` rows, and the text at byte offsets.
 * A relocation row: cell among cells + heap, what to add to its words (see RELOCATE).
 */
export const CONSTANT = {
  cells: 0,
  heap: 1,
  relocations: 2,
  text8: 3,
  text8At: 4,
  text16: 5,
  text16At: 6,
  rows: 7,
} as const;
export const RELOCATE = {
  /** {first cell, count}: the heap top is added. */
  heap: 0,
  /** {start, end | class}: the top of the 8-bit arena is added. */
  text8: 1,
  text16: 2,
} as const;

/**
 * Probe table (role `probe`). A set of candidates is `maskWords` words of bits, bit i of them candidate i; offsets are in
 * bytes. Candidate rows: target, then the keys it requires, as `seenWords` words of bits, then the candidates it beats
 * when both are left. Key rows: the candidates that know the key, then a value table or -1.
 */
export const PROBE = {
  candidates: 0,
  candidatesAt: 1,
  /** Of this object and of those inside it that are looked into. */
  keys: 2,
  keysAt: 3,
  /** Value table of the whole. */
  value: 4,
  /** Code when no candidate is left. */
  none: 5,
  /** 1: the first text table that is met decides; without one it is `none`. */
  tagged: 6,
  maskWords: 7,
  seenWords: 8,
  words: 9,
} as const;

/** Combinations looked at together; more are refused (spec/format-programs.md §14.1). */
export const MAX_CANDIDATES = 1024;
/** Objects in objects that a probe looks into. */
export const MAX_NESTED = 4;

/**
 * Value table of a probe: what a value tells about the candidates that may have it. Integer rows: a leaf kind or
 * -1, a count with that many numbers or -1, then the candidates that need an integer of that kind, or one of those
 * numbers. Arity rows: a number of elements, then the candidates that need so many. Where there are no rows, the offset
 * of them is 0.
 */
export const VALUE = {
  /** A set of candidates for each of VALUE_KINDS; -1: the kind is not looked at. */
  kindsAt: 0,
  integers: 1,
  integersAt: 2,
  arities: 3,
  aritiesAt: 4,
  /** Text table of strings, or -1. */
  texts: 5,
  /** Name rows of an object's keys, whose field is the key; none: the object is not looked into. */
  names: 6,
  namesAt: 7,
  words: 8,
} as const;

/** Text table of a probe: name rows, whose field is the row of `masks`; then sets of candidates. */
export const TEXTS = {
  names: 0,
  namesAt: 1,
  masksAt: 2,
  /** Row of any other text; -1: it fails with `unknown`. */
  other: 3,
  /** Row of the candidates that need a single character; -1: none does. */
  chars: 4,
  /** Of a tag: the code for text nobody has, and for what is no text the value has a wrong type; else 0. */
  unknown: 5,
  words: 6,
} as const;
