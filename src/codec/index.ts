// `sinter/codec`: codecs without an engine for modules, for pages that only read and write data.

export { CodecError, type CodecFailure } from "../serde/ir/failure.ts";
export type { Direction, FormatName } from "../serde/ir/ops.ts";
export type { CodecOptions } from "../serde/runtime/options.ts";
export type { EncodeResult } from "../serde/runtime/run.ts";
export type { Limits } from "../serde/state/block.ts";
export {
  Codec,
  type CodecProgram,
  createCodec,
  type DecodeResult,
  FORMATS,
  type StreamDecoder,
} from "./codec.ts";
