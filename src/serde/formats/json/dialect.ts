// What JSON adds to the lowering all self-describing formats share.

import { encodeUtf8 } from "../../../core/bytes.ts";
import type { Dialect } from "../structural/dialect.ts";

export const JSON_DIALECT: Dialect = {
  format: "json",
  mode: 0,
  none: encodeUtf8("null"),
  text: (text) => encodeUtf8(JSON.stringify(text)),
  // As this engine writes it; other spellings of the same text are found by table.
  key: (name) => encodeUtf8(`${JSON.stringify(name)}:`),
  integer: (value) => encodeUtf8(String(value)),
};
