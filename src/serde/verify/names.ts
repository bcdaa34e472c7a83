// How each family writes a key: what the inline bytes of a `key` must be.

import { cborDialect, MSGPACK_DIALECT } from "../formats/counted/dialects.ts";
import { JSON_DIALECT } from "../formats/json/dialect.ts";
import type { FormatName } from "../ir/ops.ts";

type KeyBytes = (name: string) => Uint8Array;

export const KEY_BYTES: Readonly<Partial<Record<FormatName, KeyBytes>>> = {
  json: JSON_DIALECT.key,
  msgpack: MSGPACK_DIALECT.key,
  cbor: cborDialect(false).key,
};
