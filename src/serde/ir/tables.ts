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
 * Probe table (role `probe`). Candidate rows: target, then the keys it requires, as `seenWords` words of bits. Key rows:
 * the candidates that know the key, as `maskWords` words of bits, then a text table or -1. Name rows as in key tables,
 * whose field is the key. Offsets in bytes.
 */
export const PROBE = {
  candidates: 0,
  candidatesAt: 1,
  /** Words of a candidate row. */
  stride: 2,
  keys: 3,
  keysAt: 4,
  names: 5,
  namesAt: 6,
  /** 1: ties go to the first candidate. */
  first: 7,
  /** Code when no candidate is left at the end. */
  none: 8,
  /** 1: the key with a text table decides at once. */
  tagged: 9,
  maskWords: 10,
  seenWords: 11,
  words: 12,
} as const;

/** Combinations looked at together; more are refused (spec/format-programs.md §14.1). */
export const MAX_CANDIDATES = 1024;

/** Text table of a probe: name rows, whose field is the row of `masks`; then mask rows. */
export const TEXTS = {
  names: 0,
  namesAt: 1,
  masksAt: 2,
  /** Mask row of any other text; -1: unknown variant. */
  other: 3,
  words: 4,
} as const;
