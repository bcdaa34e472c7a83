// Structural identity (spec §3.5): equal digests for shapes that mean the same, whatever objects they share, wherever
// their cycles were cut, whatever their types are called. Refs count, since a ref is a place of its own in memory;
// newtypes do not.
//
// Encoding, version 1: one byte 1, then nodes in preorder. A node is its label and then its children; a node equal to
// one seen before is 0xff and the varint of that one's number. Equal = of one class of the coarsest partition in which
// equal nodes have equal labels and equal children (Hopcroft), so that unrolling a recursive shape changes nothing.

import { sha256Hex } from "#sha256";
import { encodeUtf8 } from "../../core/bytes.ts";
import { constantToJson } from "./constant.ts";
import { children } from "./graph.ts";
import { CHOICES, WIRE_KINDS } from "./kinds.ts";
import type { Field, Node, Variant } from "./node.ts";

const VERSION = 1;
const REPEATED = 0xff;

/** SHA-256 of everything on the wire, lower-case hex. */
export const digestOf = (root: Node): string => sha256Hex(encodeShape(root, wireLabel));

/** SHA-256 of the wire and of the JavaScript side. */
export const bindingDigestOf = (root: Node): string =>
  sha256Hex(encodeShape(root, (node) => [...wireLabel(node), ...bindingLabel(node)]));

type Label = (node: Node) => readonly number[];

/** Newtypes have no wire; the node behind them stands for both. */
function visible(node: Node): Node {
  let at = node;
  while (at.kind === "newtype") at = at.inner;
  return at;
}

const visibleChildren = (node: Node): Node[] => children(node).map(visible);

function encodeShape(start: Node, label: Label): Uint8Array {
  const root = visible(start);
  const nodes = new Set([root]);
  for (const node of nodes) for (const child of visibleChildren(node)) nodes.add(child);
  const graph = [...nodes];
  const labels = graph.map(label);
  const classes = equalNodes(graph, labels);

  const bytes: number[] = [VERSION];
  const numbers = new Map<number, number>();
  const index = new Map(graph.map((node, i) => [node, i]));
  const stack = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    const i = index.get(node)!;
    const seen = numbers.get(classes[i]!);
    if (seen !== undefined) {
      bytes.push(REPEATED);
      putVarint(bytes, seen);
      continue;
    }
    numbers.set(classes[i]!, numbers.size);
    for (const byte of labels[i]!) bytes.push(byte);
    stack.push(...visibleChildren(node).reverse());
  }
  return Uint8Array.from(bytes);
}

/** The class of each node in the coarsest partition that labels and children allow. n log n. */
function equalNodes(nodes: readonly Node[], labels: readonly (readonly number[])[]): number[] {
  const index = new Map(nodes.map((node, i) => [node, i]));
  /** By child: which nodes have it, at which position. */
  const parents: { readonly node: number; readonly position: number }[][] = nodes.map(() => []);
  nodes.forEach((node, i) => {
    visibleChildren(node).forEach((child, position) => {
      parents[index.get(child)!]!.push({ node: i, position });
    });
  });

  const classOf: number[] = [];
  const members: Set<number>[] = [];
  const byLabel = new Map<string, number>();
  nodes.forEach((node, i) => {
    const key = `${children(node).length}:${labels[i]!.join()}`;
    const known = byLabel.get(key) ?? members.length;
    byLabel.set(key, known);
    members[known] ??= new Set();
    members[known].add(i);
    classOf.push(known);
  });

  const waiting = new Set(members.keys());
  for (const splitter of waiting) {
    waiting.delete(splitter);
    const byPosition = new Map<number, number[]>();
    for (const child of members[splitter]!) {
      for (const { node, position } of parents[child]!) {
        const users = byPosition.get(position);
        if (users === undefined) byPosition.set(position, [node]);
        else users.push(node);
      }
    }
    for (const users of byPosition.values()) split(users, classOf, members, waiting);
  }
  return classOf;
}

/** Every class of which some, but not all, are in `users` becomes two. */
function split(
  users: readonly number[],
  classOf: number[],
  members: Set<number>[],
  waiting: Set<number>,
): void {
  const touched = new Map<number, number[]>();
  for (const user of users) {
    const inside = touched.get(classOf[user]!);
    if (inside === undefined) touched.set(classOf[user]!, [user]);
    else inside.push(user);
  }
  for (const [old, inside] of touched) {
    const rest = members[old]!;
    if (inside.length === rest.size) continue;
    const fresh = members.length;
    members.push(new Set(inside));
    for (const node of inside) {
      rest.delete(node);
      classOf[node] = fresh;
    }
    waiting.add(waiting.has(old) || inside.length <= rest.size ? fresh : old);
  }
}

// ---------------------------------------------------------------------------------------------- labels

function putVarint(bytes: number[], value: number): void {
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) | 0x80);
  bytes.push(left);
}

function putText(bytes: number[], text: string): void {
  const encoded = encodeUtf8(text);
  putVarint(bytes, encoded.length);
  for (const byte of encoded) bytes.push(byte);
}

function putTexts(bytes: number[], texts: readonly string[]): void {
  putVarint(bytes, texts.length);
  for (const text of texts) putText(bytes, text);
}

/** In place of a length that no name has. */
const NO_TEXT = 0xffff_ffff;

const oneOf = (choices: readonly unknown[], value: unknown): number => choices.indexOf(value);

/** All of a node that matters on the wire, but for its children. */
function wireLabel(node: Node): readonly number[] {
  const bytes: number[] = [oneOf(WIRE_KINDS, node.kind)];
  switch (node.kind) {
    case "u64":
    case "i64":
      bytes.push(oneOf(CHOICES.js64, node.js ?? "bigint"));
      break;
    case "bytes":
      bytes.push(oneOf(CHOICES.bytesText, node.text ?? "base64"));
      break;
    case "struct":
      bytes.push(Number(node.denyUnknown), oneOf(CHOICES.structDuplicate, node.duplicate));
      putVarint(bytes, node.fields.length);
      for (const field of node.fields) putField(bytes, field);
      break;
    case "tuple":
      putVarint(bytes, node.items.length);
      break;
    case "array":
      putVarint(bytes, node.length);
      break;
    case "map":
      bytes.push(oneOf(CHOICES.mapDuplicate, node.duplicate));
      break;
    case "enum": {
      const { tagging } = node;
      bytes.push(oneOf(CHOICES.tagStyle, tagging.style));
      if ("tag" in tagging) putText(bytes, tagging.tag);
      if ("content" in tagging) putText(bytes, tagging.content);
      bytes.push(Number(node.first));
      putVarint(bytes, node.variants.length);
      for (const variant of node.variants) putVariant(bytes, variant);
      break;
    }
  }
  return bytes;
}

/** Order of aliases means nothing. */
const sorted = (texts: readonly string[]): readonly string[] =>
  [...texts].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

function putField(bytes: number[], field: Field): void {
  putText(bytes, field.name);
  putText(bytes, field.wire);
  putTexts(bytes, sorted(field.aliases));
  const { skipEncode, skipDecode, flatten, skipIf } = field;
  const bits = [skipEncode, skipDecode, flatten, field.default !== undefined];
  bytes.push(bits.reduce((set, bit, i) => set | (Number(bit) << i), 0));
  bytes.push(skipIf === undefined ? 0 : 1 + oneOf(CHOICES.skipIf, skipIf));
  if (field.default === undefined) return;
  // The form of constants in JSON is the same for all bindings of a shape.
  putText(bytes, JSON.stringify(constantToJson(field.node, field.default.value, "$")));
}

function putVariant(bytes: number[], variant: Variant): void {
  putText(bytes, variant.name);
  putText(bytes, variant.wire);
  putTexts(bytes, sorted(variant.aliases));
  bytes.push(Number(variant.payload !== undefined) | (Number(variant.other) << 1));
  putVarint(bytes, variant.discriminant === undefined ? 0 : variant.discriminant + 1);
}

/** All of a node that matters in JavaScript only. Fixed length per kind, behind a wire label. */
function bindingLabel(node: Node): readonly number[] {
  const bytes: number[] = [];
  switch (node.kind) {
    case "bytes":
      return [Number(node.view === true)];
    case "array":
    case "list":
      return [Number(node.typed)];
    case "map":
      return [oneOf(CHOICES.mapJs, node.js)];
    case "option":
      return [oneOf(CHOICES.none, node.none)];
    case "enum":
      putText(bytes, node.js.tag);
      if (node.js.inline) putVarint(bytes, NO_TEXT);
      else putText(bytes, node.js.value);
      return bytes;
    default:
      return bytes;
  }
}
