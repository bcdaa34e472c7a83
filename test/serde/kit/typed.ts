// Typed arrays of lists that are typed.

import type { Node } from "../../../src/serde/shape/node.ts";

const CLASSES: Readonly<Record<string, { from(items: readonly never[]): unknown }>> = {
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
  i8: Int8Array,
  i16: Int16Array,
  i32: Int32Array,
  f32: Float32Array,
  f64: Float64Array,
  u64: BigUint64Array,
  i64: BigInt64Array,
};

const bare = (node: Node): Node =>
  node.kind === "newtype" ? bare(node.inner) : node.kind === "ref" ? bare(node.target) : node;

/** Of the numbers `items`, each an `item`. */
export const typedArray = (item: Node, items: readonly unknown[]): unknown =>
  CLASSES[bare(item).kind]!.from(items as readonly never[]);
