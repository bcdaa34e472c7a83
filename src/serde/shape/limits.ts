// How large a shape may be. A shape from outside is untrusted: each number here bounds time or memory spent on it.

/** Nesting without passing a ref: walkers of shapes may recurse, 128 frames of theirs fit any stack. */
export const MAX_SHAPE_DEPTH = 128;

/** Nodes, fields, variants, aliases, and one per 32 characters of names, with every shared part counted where it is used. */
export const MAX_SHAPE_SIZE = 65_536;

/** Characters of a field, variant or definition name. */
export const MAX_NAME_LENGTH = 1_024;

/** Items of a fixed array. */
export const MAX_ARRAY_LENGTH = 16_777_216;

/** Characters of a default, written as JSON. */
export const MAX_DEFAULT_LENGTH = 65_536;

/** Structs flattened into each other; every key is copied once per level. */
export const MAX_FLATTEN_DEPTH = 16;

/** Keys of all structs of a shape with what is flattened into them. */
export const MAX_KEYS = 262_144;

/** Variants of an untagged enum: every pair is compared. */
export const MAX_UNTAGGED = 256;

/** Keys looked at to tell untagged variants of a shape apart. */
export const MAX_COMPARISONS = 1_048_576;
