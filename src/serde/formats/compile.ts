// Shape, format, direction: one program.

import { CodecError } from "../ir/failure.ts";
import type { Direction, FormatName } from "../ir/ops.ts";
import type { Program } from "../ir/program.ts";
import type { Layout } from "../layout/layout.ts";
import type { Node } from "../shape/node.ts";
import type { CaptureConstant } from "./constants.ts";
import { JSON_DIALECT } from "./json/dialect.ts";
import { lowerJsonEncode } from "./json/encode.ts";
import { lowerPostcard } from "./postcard/lower.ts";
import { lowerDecode } from "./structural/decode.ts";

/** Throws `CodecError` `load.unsupported` for what the format, or this compiler, cannot do. */
export function compileProgram(
  root: Node,
  layout: Layout,
  format: FormatName,
  direction: Direction,
  capture: CaptureConstant,
): Program {
  switch (format) {
    case "json":
      return direction === "decode"
        ? lowerDecode(root, layout, JSON_DIALECT, capture)
        : lowerJsonEncode(root, layout);
    case "postcard":
      return lowerPostcard(root, layout, direction, capture);
    default:
      throw new CodecError("load.unsupported", `${format} is not built yet`);
  }
}
