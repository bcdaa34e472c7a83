// Shape nodes by hand, for tests that are not about the builder.

import type {
  EnumNode,
  Field,
  ListNode,
  MapNode,
  Node,
  OptionNode,
  RefNode,
  ScalarKind,
  ScalarNode,
  StructNode,
  Tagging,
  Variant,
} from "../../src/serde/shape/node.ts";

export const scalar = (kind: ScalarKind, more: Partial<ScalarNode> = {}): ScalarNode => ({ kind, ...more });
export const u32 = scalar("u32");
export const str = scalar("string");
export const f64 = scalar("f64");

const field = (name: string, node: Node, more: Partial<Field> = {}): Field => ({
  name,
  wire: name,
  aliases: [],
  node,
  default: undefined,
  skipEncode: false,
  skipDecode: false,
  skipIf: undefined,
  flatten: false,
  ...more,
});

export const struct = (fields: Record<string, Node | Field>, more: Partial<StructNode> = {}): StructNode => ({
  kind: "struct",
  fields: Object.entries(fields).map(([name, part]) =>
    "aliases" in part ? { ...part, name, wire: part.wire || name } : field(name, part),
  ),
  denyUnknown: false,
  duplicate: "reject",
  ...more,
});

/** A field with attributes, to be named by `struct`. */
export const attr = (node: Node, more: Partial<Field> & { wire?: string }): Field =>
  field(more.wire ?? "", node, more);

export const list = (item: Node, typed = false): ListNode => ({ kind: "list", item, typed });
export const array = (item: Node, length: number, typed = false): Node => ({
  kind: "array",
  item,
  length,
  typed,
});
export const set = (item: Node): Node => ({ kind: "set", item });
export const tuple = (...items: Node[]): Node => ({ kind: "tuple", items });
export const map = (key: Node, value: Node, more: Partial<MapNode> = {}): MapNode => ({
  kind: "map",
  key,
  value,
  js: "map",
  duplicate: "last",
  ...more,
});
export const option = (inner: Node, none: OptionNode["none"] = "null"): OptionNode => ({
  kind: "option",
  inner,
  none,
});

export const variant = (name: string, payload?: Node, more: Partial<Variant> = {}): Variant => ({
  name,
  wire: name,
  aliases: [],
  payload,
  discriminant: undefined,
  other: false,
  ...more,
});
export const enumOf = (
  variants: Readonly<Record<string, Node | undefined>> | readonly Variant[],
  tagging: Tagging = { style: "external" },
  more: Partial<EnumNode> = {},
): EnumNode => ({
  kind: "enum",
  variants: Array.isArray(variants)
    ? (variants as readonly Variant[])
    : Object.entries(variants).map(([name, payload]) => variant(name, payload as Node | undefined)),
  tagging,
  first: false,
  js: { tag: "kind", value: "value", inline: false },
  ...more,
});
export const newtype = (inner: Node): Node => ({ kind: "newtype", name: "N", inner });

/** A node that may refer to itself. */
export function recursive<T extends Node>(make: (self: RefNode) => T): T {
  const self = { kind: "ref", name: "Self", target: undefined as unknown as Node } as {
    -readonly [K in keyof RefNode]: RefNode[K];
  };
  const node = make(self);
  self.target = node;
  return node;
}

const Line = struct({ sku: str, qty: u32, price: f64 });
export const Order = struct({ id: u32, customer: str, note: option(str), lines: list(Line) });
