// What JSON adds to the lowering all self-describing formats share.

import { decodeUtf8, encodeUtf8 } from "../../../core/bytes.ts";
import type { Dialect } from "../structural/decode.ts";

export const JSON_DIALECT: Dialect = {
  format: "json",
  mode: 0,
  text: true,
  key: (name) => encodeUtf8(`${quoteJson(decodeUtf8(name)!)}:`),
};

/** As this engine writes it; other spellings of the same text are found by table. */
export const quoteJson = (text: string): string => JSON.stringify(text);
