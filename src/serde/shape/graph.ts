// Shapes as graphs: what a node points at, what is reachable, what lies on a cycle. All iterative: a chain of refs may
// be as long as a shape is large.

import { ITEM_STEP, indexStep, KEY_STEP, nameStep, VALUE_STEP, variantStep } from "./errors.ts";
import type { Node } from "./node.ts";

/** The nodes right below, in declaration order; of a ref, its target. */
export function children(node: Node): readonly Node[] {
  switch (node.kind) {
    case "struct":
      return node.fields.map((field) => field.node);
    case "tuple":
      return node.items;
    case "array":
    case "list":
    case "set":
      return [node.item];
    case "map":
      return [node.key, node.value];
    case "option":
    case "newtype":
      return [node.inner];
    case "enum":
      return node.variants.flatMap(({ payload }) => (payload === undefined ? [] : [payload]));
    case "ref":
      return [node.target];
    default:
      return [];
  }
}

/** How paths say where each of `children(node)` is; wrappers are invisible in paths. */
function steps(node: Node): readonly string[] {
  switch (node.kind) {
    case "struct":
      return node.fields.map((field) => nameStep(field.name));
    case "tuple":
      return node.items.map((_, i) => indexStep(i));
    case "array":
    case "list":
    case "set":
      return [ITEM_STEP];
    case "map":
      return [KEY_STEP, VALUE_STEP];
    case "enum":
      return node.variants.flatMap((v) => (v.payload === undefined ? [] : [variantStep(v.name)]));
    case "option":
    case "newtype":
    case "ref":
      return [""];
    default:
      return [];
  }
}

/** Nodes reachable from `root` in breadth-first order, each with the shortest path to it; not beyond `isEnd`. */
export function reachable(root: Node, path: string, isEnd: (node: Node) => boolean): Map<Node, string> {
  const found = new Map<Node, string>();
  if (isEnd(root)) return found;
  found.set(root, path);
  for (const [node, at] of found) {
    // A Map visits what is added while it is walked.
    const names = steps(node);
    children(node).forEach((child, i) => {
      if (!found.has(child) && !isEnd(child)) found.set(child, at + names[i]!);
    });
  }
  return found;
}

const targets = new WeakMap<Node, Node>();

/** The node behind refs and newtypes. Only for shapes known to have no cycle of nothing else. */
export function bare(node: Node): Exclude<Node, { kind: "ref" | "newtype" }> {
  const passed: Node[] = [];
  let at = targets.get(node) ?? node;
  while (at.kind === "ref" || at.kind === "newtype") {
    passed.push(at);
    const next: Node = at.kind === "ref" ? at.target : at.inner;
    at = targets.get(next) ?? next;
  }
  for (const wrapper of passed) targets.set(wrapper, at);
  return at;
}

/** In JavaScript, a string: the variant's name. */
export const isUnitEnum = (node: Node): boolean =>
  node.kind === "enum" && node.variants.every(({ payload }) => payload === undefined);

/** Strongly connected components (Tarjan) of the nodes that `next` leads to. */
export function components(
  nodes: Iterable<Node>,
  next: (node: Node) => readonly Node[],
): { readonly component: ReadonlyMap<Node, number>; readonly isCyclic: (node: Node) => boolean } {
  const order = new Map<Node, number>();
  const low = new Map<Node, number>();
  const component = new Map<Node, number>();
  const sizes: number[] = [];
  const selfish = new Set<Node>();
  const open: Node[] = [];
  for (const start of nodes) {
    if (order.has(start)) continue;
    const stack: { node: Node; ahead: readonly Node[]; at: number }[] = [];
    const enter = (node: Node): void => {
      order.set(node, order.size);
      low.set(node, order.get(node)!);
      open.push(node);
      stack.push({ node, ahead: next(node), at: 0 });
    };
    enter(start);
    while (stack.length > 0) {
      const frame = stack.at(-1)!;
      const { node } = frame;
      const child = frame.ahead[frame.at++];
      if (child !== undefined) {
        if (child === node) selfish.add(node);
        if (!order.has(child)) enter(child);
        else if (!component.has(child)) low.set(node, Math.min(low.get(node)!, order.get(child)!));
        continue;
      }
      stack.pop();
      const parent = stack.at(-1)?.node;
      if (parent !== undefined) low.set(parent, Math.min(low.get(parent)!, low.get(node)!));
      if (low.get(node) !== order.get(node)) continue;
      let size = 0;
      for (let member: Node | undefined; member !== node; size++) {
        member = open.pop()!;
        component.set(member, sizes.length);
      }
      sizes.push(size);
    }
  }
  return {
    component,
    isCyclic: (node) => selfish.has(node) || (sizes[component.get(node) ?? -1] ?? 0) > 1,
  };
}
