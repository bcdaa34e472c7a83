// The last step of building: closes refs, refuses what cannot be, captures defaults and freezes. A sealed node needs no
// further check, ever, and everything it reaches is sealed; so every node is looked at once, however shapes are combined.

import { captureDefault, checkNode } from "./check.ts";
import { type PendingDefault, pendingDefault, tryCloseRef } from "./draft.ts";
import { nameStep, refuse } from "./errors.ts";
import { children, components, reachable } from "./graph.ts";
import type { Budget } from "./keys.ts";
import { MAX_COMPARISONS, MAX_KEYS, MAX_SHAPE_DEPTH, MAX_SHAPE_SIZE } from "./limits.ts";
import type { Field, Node, RefNode } from "./node.ts";

const sealed = new WeakSet<Node>();

export const isSealed = (node: Node): boolean => sealed.has(node);

/** Whether `seal` of a draft can be done now, without asking what is built later. */
export const isReady = (draft: Node): boolean => draft.kind !== "ref" && children(draft).every(isSealed);

/** The draft as a finished shape; the same one, unless it is only a ref. Throws `ShapeError`. */
export function seal(draft: Node, path = "$"): Node {
  if (sealed.has(draft)) return draft;
  closeAll(draft, path);
  const before = reachable(draft, path, isSealed);
  checkProgress(before);
  const root = relink(draft, before);
  const nodes = reachable(root, path, isSealed);
  measure(nodes);
  checkFinite(nodes);
  const budget: Budget = { keys: MAX_KEYS, comparisons: MAX_COMPARISONS };
  for (const [node, at] of nodes) checkNode(node, at, budget);
  // Defaults last: to capture one, the shape of its field must be known to be sound.
  for (const [node, at] of nodes) captureDefaults(node, at);
  for (const node of nodes.keys()) {
    freeze(node);
    sealed.add(node);
  }
  return root;
}

/** `draft` sealed, or as it is while something it refers to is still open. */
export function trySeal(draft: Node): Node {
  const seen = new Set<Node>([draft]);
  for (const node of seen) {
    if (node.kind === "ref" && node.target === undefined) return draft;
    for (const child of children(node)) if (!sealed.has(child)) seen.add(child);
  }
  return seal(draft);
}

/** Asks every lazy ref for its target; they may lead to more. */
function closeAll(draft: Node, path: string): void {
  const seen = new Set<Node>([draft]);
  for (const node of seen) {
    if (node.kind === "ref" && !tryCloseRef(node)) {
      refuse("shape.unknown_ref", path, "the shape is used before its recursion is closed");
    }
    for (const child of children(node)) if (!sealed.has(child)) seen.add(child);
  }
}

/** Sealed nodes lead to sealed nodes only, so no new cycle goes through one. */
const open = (nodes: readonly Node[]): readonly Node[] => nodes.filter((node) => !sealed.has(node));

/** Nodes that are read where they stand, with no byte of their own in some format. */
function inPlace(node: Node): readonly Node[] {
  switch (node.kind) {
    case "ref":
    case "newtype":
    case "option":
      return children(node);
    case "enum":
      return node.tagging.style === "untagged" || node.tagging.style === "internal" ? children(node) : [];
    case "struct":
      return node.fields.filter((field) => field.flatten).map((field) => field.node);
    default:
      return [];
  }
}

/** A cycle of nothing but such nodes would be decoded forever without reading a byte. */
function checkProgress(nodes: ReadonlyMap<Node, string>): void {
  const { isCyclic } = components(nodes.keys(), (node) => open(inPlace(node)));
  for (const [node, path] of nodes) if (isCyclic(node)) refuse("shape.infinite", path);
}

/** Refs that close no cycle give way to their targets: they would cost an indirection and say nothing. */
function relink(draft: Node, nodes: ReadonlyMap<Node, string>): Node {
  const { isCyclic } = components(nodes.keys(), (node) => open(children(node)));
  const direct = follower(nodes.keys(), (ref) => !isCyclic(ref));
  /** A ref to a ref is a ref to its target. */
  const target = follower(nodes.keys(), () => true);
  for (const node of nodes.keys()) {
    if (node.kind !== "ref") replaceChildren(node, direct);
  }
  for (const node of nodes.keys()) {
    if (node.kind === "ref") (node as { target: Node }).target = target(node);
  }
  const root = direct(draft);
  return root.kind === "ref" ? root.target : root;
}

/** What a node stands for when the refs that `passes` accepts are followed; each is followed once. */
function follower(nodes: Iterable<Node>, passes: (ref: RefNode) => boolean): (node: Node) => Node {
  const ends = new Map<Node, Node>();
  for (const start of nodes) {
    const passed: Node[] = [];
    let at = ends.get(start) ?? start;
    while (at.kind === "ref" && passes(at)) {
      passed.push(at);
      at = ends.get(at.target) ?? at.target;
    }
    for (const ref of passed) ends.set(ref, at);
  }
  return (node) => ends.get(node) ?? node;
}

/** In place: drafts belong to nobody yet. */
function replaceChildren(node: Node, by: (child: Node) => Node): void {
  const parts = ((): readonly { item?: Node; inner?: Node; key?: Node; value?: Node; node?: Node }[] => {
    switch (node.kind) {
      case "struct":
        return node.fields;
      case "list":
      case "array":
      case "set":
      case "option":
      case "newtype":
      case "map":
        return [node];
      default:
        return [];
    }
  })();
  for (const part of parts) {
    for (const slot of ["item", "inner", "key", "value", "node"] as const) {
      if (part[slot] !== undefined) part[slot] = by(part[slot]);
    }
  }
  if (node.kind === "tuple") (node as { items: readonly Node[] }).items = node.items.map(by);
  if (node.kind === "enum") {
    for (const variant of node.variants as readonly { payload: Node | undefined }[]) {
      if (variant.payload !== undefined) variant.payload = by(variant.payload);
    }
  }
}

interface Measure {
  readonly depth: number;
  readonly size: number;
}
const measures = new WeakMap<Node, Measure>();

/** Refuses what is too deep or too large, sharing expanded up to refs. After `relink`, cycles pass through refs. */
function measure(nodes: ReadonlyMap<Node, string>): void {
  for (const start of nodes.keys()) {
    const stack = [start];
    while (stack.length > 0) {
      const node = stack.at(-1)!;
      const below = node.kind === "ref" ? [] : children(node);
      const missing = measures.has(node) ? [] : below.filter((child) => !measures.has(child));
      if (missing.length > 0) {
        stack.push(...missing);
        continue;
      }
      stack.pop();
      if (measures.has(node)) continue;
      let depth = 0;
      let size = ownSize(node);
      for (const child of below) {
        const { depth: d, size: s } = measures.get(child)!;
        depth = Math.max(depth, d);
        size += s;
      }
      // A refusal names the node; its measure is not kept, so that it is refused again.
      if (depth >= MAX_SHAPE_DEPTH) refuse("shape.too_deep", nodes.get(node) ?? "$");
      if (size > MAX_SHAPE_SIZE) refuse("shape.too_large", nodes.get(node) ?? "$");
      measures.set(node, { depth: depth + 1, size });
    }
  }
}

function ownSize(node: Node): number {
  const named = node.kind === "struct" ? node.fields : node.kind === "enum" ? node.variants : [];
  let size = 1;
  for (const { name, wire, aliases } of named) {
    let text = name.length + wire.length;
    for (const alias of aliases) text += alias.length;
    size += 1 + aliases.length + (text >> 5);
  }
  return size;
}

/** Every node must have a value that ends; found from the leaves up. */
function checkFinite(nodes: ReadonlyMap<Node, string>): void {
  const users = new Map<Node, Node[]>();
  const waits = new Map<Node, number>();
  const ready: Node[] = [];
  for (const node of nodes.keys()) {
    const needs =
      node.kind === "enum" && node.variants.some((v) => v.payload === undefined) ? [] : needsOf(node);
    const missing = open(needs);
    const isChoice = node.kind === "enum";
    const waitsFor = isChoice
      ? missing.length < needs.length || needs.length === 0
        ? 0
        : 1
      : missing.length;
    waits.set(node, waitsFor);
    if (waitsFor === 0) ready.push(node);
    for (const child of missing) {
      const known = users.get(child);
      if (known === undefined) users.set(child, [node]);
      else known.push(node);
    }
  }
  for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
    for (const user of users.get(node) ?? []) {
      const left = waits.get(user)! - 1;
      waits.set(user, left);
      if (left === 0) ready.push(user);
    }
  }
  for (const [node, path] of nodes) if (waits.get(node)! > 0) refuse("shape.infinite", path);
}

function needsOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case "list":
    case "set":
    case "map":
    case "option":
      return [];
    case "array":
      return node.length === 0 ? [] : [node.item];
    default:
      return children(node);
  }
}

function captureDefaults(node: Node, path: string): void {
  if (node.kind !== "struct") return;
  for (const field of node.fields) {
    const pending: PendingDefault | undefined = pendingDefault(field);
    if (pending === undefined) continue;
    const value = captureDefault(field.node, pending, path + nameStep(field.name));
    (field as { default: Field["default"] }).default = Object.freeze({ value });
  }
}

function freeze(node: Node): void {
  if (node.kind === "struct") {
    for (const field of node.fields) {
      Object.freeze(field.aliases);
      Object.freeze(field);
    }
    Object.freeze(node.fields);
  }
  if (node.kind === "enum") {
    for (const variant of node.variants) {
      Object.freeze(variant.aliases);
      Object.freeze(variant);
    }
    Object.freeze(node.variants);
    Object.freeze(node.tagging);
    Object.freeze(node.js);
  }
  if (node.kind === "tuple") Object.freeze(node.items);
  Object.freeze(node);
}
