// An `any` in cells: a word that says what it is and a word beside it, then one cell (D42). To programs it is one more
// enum; its variants are these.

export const ANY = {
  cells: 2,
  /** Of an entry of a map: key, then value. */
  entryCells: 4,
  /** Of the box of a tag: its number, 64 bits, then the value. */
  tagCells: 3,
} as const;

export const ANY_VARIANT = {
  null: 0,
  undefined: 1,
  bool: 2,
  /** Signed, 64 bits. */
  int: 3,
  /** Unsigned, 64 bits, above the signed range. */
  uint: 4,
  /** The bytes of a magnitude n, most significant first; the word beside is 1 for -1 - n. */
  big: 5,
  f64: 6,
  string: 7,
  bytes: 8,
  list: 9,
  map: 10,
  /** A box. */
  tag: 11,
  /** The word beside is its number. */
  simple: 12,
  /** The word beside is its type; bytes. */
  ext: 13,
} as const;
export const ANY_VARIANTS = Object.keys(ANY_VARIANT) as readonly (keyof typeof ANY_VARIANT)[];
