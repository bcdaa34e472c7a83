// The programs of the corpus, and of random shapes: what verifier, text and binary form are tried on.

import { CodecError } from "../../src/serde/ir/failure.ts";
import type { Program } from "../../src/serde/ir/program.ts";
import { Layout } from "../../src/serde/layout/layout.ts";
import { createCodec } from "../../src/serde/runtime/codec.ts";
import type { Node } from "../../src/serde/shape/node.ts";
import { CORPUS } from "./corpus.ts";
import { FORMATS } from "./kit/subject.ts";

export interface Sample {
  readonly name: string;
  readonly node: Node;
  readonly layout: Layout;
  readonly program: Program;
  readonly values: readonly unknown[];
}

export function programsOf(name: string, node: Node, values: readonly unknown[] = []): Sample[] {
  return [...FORMATS, "deterministic" as const].flatMap((format) => {
    try {
      const codec =
        format === "deterministic"
          ? createCodec(node, "cbor", { deterministic: true })
          : createCodec(node, format);
      const layout = new Layout(node);
      return (["decode", "encode"] as const).map((direction) => ({
        name: `${format} ${direction} ${name}`,
        node,
        layout,
        program: codec.program(direction),
        values,
      }));
    } catch (error) {
      if (error instanceof CodecError && error.code === "load.unsupported") return [];
      throw error;
    }
  });
}

export const SAMPLES: readonly Sample[] = CORPUS.flatMap(({ name, node, values }) =>
  programsOf(name, node, values),
);
