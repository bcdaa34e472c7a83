// Which kinds of value a part of a shape may be written as, in a format that describes itself.

import { VALUE_KINDS } from "../../ir/tables.ts";
import { type Core, coreOf } from "../../layout/layout.ts";

export type ValueKind = (typeof VALUE_KINDS)[number];

export function acceptedKinds(node: Core, text: boolean): ReadonlySet<ValueKind> {
  const kinds = new Set<ValueKind>();
  collect(node, text, kinds, new Set());
  return kinds;
}

function collect(node: Core, text: boolean, kinds: Set<ValueKind>, open: Set<Core>): void {
  if (open.has(node)) return;
  open.add(node);
  switch (node.kind) {
    case "unit":
      kinds.add("null");
      break;
    case "bool":
      kinds.add("bool");
      break;
    case "f32":
    case "f64":
      kinds.add("int").add("float");
      break;
    case "char":
    case "string":
      kinds.add("str");
      break;
    case "bytes":
      kinds.add(!text ? "bytes" : node.text === "array" ? "list" : "str");
      break;
    case "any":
    case "raw":
      for (const kind of VALUE_KINDS) kinds.add(kind);
      break;
    case "struct":
    case "map":
      kinds.add("map");
      break;
    case "list":
    case "array":
    case "set":
    case "tuple":
      kinds.add("list");
      break;
    case "option":
      kinds.add("null");
      collect(coreOf(node.inner), text, kinds, open);
      break;
    case "enum":
      switch (node.tagging.style) {
        case "numeric":
          kinds.add("int");
          break;
        case "external":
          // `{"Unit": null}` is read too, but nothing is told apart by it.
          if (node.variants.some((variant) => variant.payload !== undefined)) kinds.add("map");
          if (node.variants.some((variant) => variant.payload === undefined)) kinds.add("str");
          break;
        case "untagged":
          for (const variant of node.variants) {
            if (variant.payload === undefined) kinds.add("null");
            else collect(coreOf(variant.payload), text, kinds, open);
          }
          break;
        default:
          kinds.add("map");
      }
      break;
    default:
      kinds.add("int");
  }
}
