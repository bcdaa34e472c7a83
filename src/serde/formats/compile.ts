// Shape, format, direction: one program.

import { CodecError } from "../ir/failure.ts";
import type { Direction, FormatName } from "../ir/ops.ts";
import type { Program } from "../ir/program.ts";
import type { Layout } from "../layout/layout.ts";
import type { Node } from "../shape/node.ts";
import type { CaptureConstant } from "./constants.ts";
import { cborDialect, MSGPACK_DIALECT } from "./counted/dialects.ts";
import { JSON_DIALECT } from "./json/dialect.ts";
import { lowerPostcard } from "./postcard/lower.ts";
import { lowerDecode } from "./structural/decode.ts";
import type { Dialect } from "./structural/dialect.ts";
import { lowerEncode } from "./structural/encode.ts";

export interface CompileOptions {
  /** CBOR: RFC 8949 §4.2.1 on encode; only shortest heads and floats on decode. Default false. */
  readonly deterministic?: boolean;
}

/** Throws `CodecError` `load.unsupported` for what the format, or this compiler, cannot do. */
export function compileProgram(
  root: Node,
  layout: Layout,
  format: FormatName,
  direction: Direction,
  capture: CaptureConstant,
  options: CompileOptions = {},
): Program {
  if (options.deterministic && format !== "cbor") {
    throw new CodecError("load.unsupported", `${format} has no deterministic form`);
  }
  if (format === "postcard") return lowerPostcard(root, layout, direction, capture);
  const dialect = dialectOf(format, options.deterministic === true);
  return direction === "decode"
    ? lowerDecode(root, layout, dialect, capture)
    : lowerEncode(root, layout, dialect);
}

function dialectOf(format: Exclude<FormatName, "postcard">, deterministic: boolean): Dialect {
  switch (format) {
    case "json":
      return JSON_DIALECT;
    case "msgpack":
      return MSGPACK_DIALECT;
    case "cbor":
      return cborDialect(deterministic);
  }
}
