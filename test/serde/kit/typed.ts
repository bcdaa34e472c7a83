// Typed arrays of lists that are typed.

import type { Node } from "../../../src/serde/shape/node.ts";
import { TYPED_ARRAYS, type TypedKind } from "../../../src/serde/shape/values.ts";

const bare = (node: Node): Node =>
  node.kind === "newtype" ? bare(node.inner) : node.kind === "ref" ? bare(node.target) : node;

/** Of the numbers `items`, each an `item`. */
export const typedArray = (item: Node, items: readonly unknown[]): unknown =>
  (
    TYPED_ARRAYS[bare(item).kind as TypedKind] as unknown as { from(items: readonly unknown[]): unknown }
  ).from(items);
