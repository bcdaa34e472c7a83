// Independent MessagePack and CBOR, from npm: what they find in our documents, and what they write.

import { encode as pack, decode as unpack } from "@msgpack/msgpack";
import { decode as decodeCbor, encode as encodeCbor } from "cborg";
import { Entries, type Wire } from "./wire.ts";

export interface Peer {
  readonly decode: (bytes: Uint8Array) => Wire;
  readonly encode: (wire: Wire) => Uint8Array;
  /** It gives objects: keys are text, in an order of their own, and `__proto__` is refused. */
  readonly objects: boolean;
}

function wireOfPeer(value: unknown): Wire {
  if (value instanceof Map) {
    return new Entries(Array.from(value, ([key, item]) => [wireOfPeer(key), wireOfPeer(item)] as const));
  }
  if (Array.isArray(value)) return value.map(wireOfPeer);
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (typeof value !== "object" || value === null) return value as Wire;
  return new Entries(Object.entries(value).map(([key, item]) => [key, wireOfPeer(item)] as const));
}

/** `objects`, for MessagePack: there a number beyond 32 bits is written as a float, a bigint is not. */
function plain(wire: Wire, objects: boolean): unknown {
  if (objects && Number.isSafeInteger(wire) && Math.abs(wire as number) > 2 ** 31)
    return BigInt(wire as number);
  if (wire instanceof Entries) {
    const entries = wire.list.map(([key, item]) => [plain(key, objects), plain(item, objects)] as const);
    return objects ? Object.fromEntries(entries as [string, unknown][]) : new Map(entries);
  }
  return Array.isArray(wire) ? wire.map((item) => plain(item, objects)) : wire;
}

export const PEERS: Readonly<Record<string, Peer>> = {
  msgpack: {
    decode: (bytes) => wireOfPeer(unpack(bytes, { useBigInt64: true, mapKeyConverter: String })),
    encode: (wire) => pack(plain(wire, true), { useBigInt64: true }),
    objects: true,
  },
  cbor: {
    decode: (bytes) => wireOfPeer(decodeCbor(bytes, { useMaps: true, strict: true })),
    encode: (wire) => encodeCbor(plain(wire, false), { mapSorter: () => 0 }),
    objects: false,
  },
};

/** Every key in a wire value. */
export function* keysOf(wire: Wire): Generator<Wire> {
  if (wire instanceof Entries) {
    for (const [key, item] of wire.list) {
      yield key;
      yield* keysOf(item);
    }
  } else if (Array.isArray(wire)) for (const item of wire) yield* keysOf(item);
}

/** With keys as text and sorted: what is left of a wire value that was an object of JavaScript. */
export function asObjects(wire: Wire): Wire {
  if (Array.isArray(wire)) return wire.map(asObjects);
  if (!(wire instanceof Entries)) return wire;
  const entries = wire.list.map(([key, item]) => [String(key), asObjects(item)] as const);
  return new Entries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
