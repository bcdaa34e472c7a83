// What every lowering asks about a shape: which parts become procedures, so that the code is linear in the shape.

import { LIST } from "../ir/ops.ts";
import type { Core, Elements, Layout } from "../layout/layout.ts";
import { beside, coreOf, partsOf } from "../layout/layout.ts";
import type { Node, ScalarNode } from "../shape/node.ts";

/** Parts smaller than this are repeated rather than called. */
const SMALL = 16;

/** Parts of `root` that are used more than once and not small, or that contain themselves. */
export function proceduresOf(root: Node): ReadonlySet<Core> {
  const uses = new Map<Core, number>();
  const recursive = new Set<Core>();
  const open = new Set<Core>();
  const order: Core[] = [];
  /** An option is part of its place, never called: what it holds is what a cycle through it comes back to. */
  const close = (node: Core): void => {
    recursive.add(node);
    if (node.kind === "option") close(coreOf(node.inner));
  };
  const visit = (node: Core): void => {
    // What it may contain is itself.
    if (node.kind === "any") recursive.add(node);
    uses.set(node, (uses.get(node) ?? 0) + 1);
    if (open.has(node)) close(node);
    // Its keys stand among those of what it is in, so that is what a cycle through it comes back to.
    if (leadsTo(node, open)) recursive.add(node);
    if (uses.get(node)! > 1) return;
    open.add(node);
    for (const part of partsOf(node)) visit(part);
    open.delete(node);
    order.push(node);
  };
  visit(coreOf(root));
  // Parts come before what contains them, so the size of a part is known when it is asked for.
  const sizes = new Map<Core, number>();
  const procedures = new Set<Core>(recursive);
  for (const node of order) {
    let size = 1;
    for (const part of partsOf(node)) size += procedures.has(part) ? 1 : (sizes.get(part) ?? 1);
    sizes.set(node, size);
    if (uses.get(node)! > 1 && size > SMALL) procedures.add(node);
  }
  return procedures;
}

/** Whether something that stands among the keys of `node` is in `open`. */
function leadsTo(node: Core, open: ReadonlySet<Core>): boolean {
  const found = new Set(beside(node));
  for (const part of found) {
    if (open.has(part)) return true;
    for (const inner of beside(part)) found.add(inner);
  }
  return false;
}

export const isScalar = (node: Core): node is ScalarNode =>
  !["struct", "tuple", "array", "list", "set", "map", "option", "enum", "any"].includes(node.kind);

/** How many elements `node` has, or -1: any number. */
export const countOf = (node: Elements): number => (node.kind === "array" ? node.length : -1);

/** Flags of the `list` that reads `node`. */
export function listFlags(node: Elements, layout: Layout): number {
  const element = layout.element(node);
  let flags = (element.flat ? LIST.flat : 0) | (element.zero ? LIST.zero : 0);
  if (node.kind === "map") flags |= LIST.map | LIST.unique | (node.duplicate === "reject" ? LIST.reject : 0);
  if (node.kind === "set") flags |= LIST.unique;
  const key = element.key ?? element.value;
  if ((flags & LIST.unique) !== 0 && key.node.kind === "string") flags |= LIST.text;
  return flags;
}
