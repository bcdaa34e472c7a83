// What a shape is once it is built: a graph of plain nodes, validated, names resolved, nothing left to decide.
// Builders, the JSON form and importers make it; layout, lowering, bridge and digests read it. It knows no format.

import type { Choice, ScalarKind } from "./kinds.ts";

export type { ScalarKind };

/**
 * A constant as a shape holds it: captured when the shape is built, in decoded form (D43): a private copy, frozen where
 * JavaScript can freeze. Whoever gives it to a program copies it.
 */
export type Constant =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | TypedConstant
  | readonly Constant[]
  | ReadonlySet<Constant>
  | ReadonlyMap<Constant, Constant>
  | { readonly [name: string]: Constant };

/** Of `typed` lists and arrays. */
export type TypedConstant =
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

export interface ScalarNode {
  readonly kind: ScalarKind;
  /** u64 and i64: the JavaScript type. "number" narrows the range to ±(2^53 - 1) in the program (D46). */
  readonly js?: Choice<"js64">;
  /** bytes in text formats: an array of numbers, or text. Default "base64". */
  readonly text?: Choice<"bytesText">;
  /** bytes: a subarray of the caller's buffer instead of a copy; binary formats only (D45). */
  readonly view?: boolean;
}

/** When a field that is there is left out on encode. Evaluated at capture (D43). */
export type SkipIf = Choice<"skipIf">;

export interface Field {
  /** As in the JavaScript object, paths and errors. */
  readonly name: string;
  /** On the wire, after rename and renameAll. */
  readonly wire: string;
  /** Further wire names, accepted on decode only. */
  readonly aliases: readonly string[];
  readonly node: Node;
  /** Takes the place of an absent field on decode; a box, as null is a constant too. */
  readonly default: { readonly value: Constant } | undefined;
  readonly skipEncode: boolean;
  readonly skipDecode: boolean;
  readonly skipIf: SkipIf | undefined;
  /** The struct's fields, the enum's fields, or the map's entries stand among those of the struct around it. */
  readonly flatten: boolean;
}

export type DuplicatePolicy = Choice<"structDuplicate">;

export interface StructNode {
  readonly kind: "struct";
  readonly fields: readonly Field[];
  readonly denyUnknown: boolean;
  readonly duplicate: DuplicatePolicy;
}

export interface TupleNode {
  readonly kind: "tuple";
  readonly items: readonly Node[];
}

export interface ArrayNode {
  readonly kind: "array";
  readonly item: Node;
  readonly length: number;
  /** As a typed array; numeric items only. */
  readonly typed: boolean;
}

export interface ListNode {
  readonly kind: "list";
  readonly item: Node;
  readonly typed: boolean;
}

export interface SetNode {
  readonly kind: "set";
  readonly item: Node;
}

export interface MapNode {
  readonly kind: "map";
  readonly key: Node;
  readonly value: Node;
  /** "record": a plain object; string keys only. */
  readonly js: Choice<"mapJs">;
  readonly duplicate: Choice<"mapDuplicate">;
}

export interface OptionNode {
  readonly kind: "option";
  readonly inner: Node;
  /** What no value is in JavaScript. */
  readonly none: Choice<"none">;
}

export interface Variant {
  readonly name: string;
  readonly wire: string;
  readonly aliases: readonly string[];
  /** `undefined`: a unit variant. Newtype, tuple and struct variants have the node of their payload. */
  readonly payload: Node | undefined;
  /** On the wire of `numeric` enums. */
  readonly discriminant: number | undefined;
  /** Takes unknown tags. */
  readonly other: boolean;
}

export type Tagging =
  | { readonly style: "external" | "untagged" | "numeric" }
  | { readonly style: "internal"; readonly tag: string }
  | { readonly style: "adjacent"; readonly tag: string; readonly content: string };

/** An enum with payloads in JavaScript; one of unit variants only is the variant's name as a string. */
export interface EnumForm {
  /** The property that has the variant's name. */
  readonly tag: string;
  /** The property that has the payload. */
  readonly value: string;
  /** All payloads are structs, and their fields are properties beside the tag; there is no `value`. */
  readonly inline: boolean;
}

export interface EnumNode {
  readonly kind: "enum";
  readonly variants: readonly Variant[];
  readonly tagging: Tagging;
  /** Untagged only: ties go to the first variant that fits instead of being an error. */
  readonly first: boolean;
  readonly js: EnumForm;
}

/** Invisible on the wire; has a name. */
export interface NewtypeNode {
  readonly kind: "newtype";
  readonly name: string;
  readonly inner: Node;
}

/** Any value of a self-describing format (D42). */
export interface AnyNode {
  readonly kind: "any";
}

/** Closes a cycle. `target` is set before the shape is given out. */
export interface RefNode {
  readonly kind: "ref";
  readonly name: string;
  readonly target: Node;
}

export type Node =
  | ScalarNode
  | StructNode
  | TupleNode
  | ArrayNode
  | ListNode
  | SetNode
  | MapNode
  | OptionNode
  | EnumNode
  | NewtypeNode
  | AnyNode
  | RefNode;
