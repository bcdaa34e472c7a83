// Bytes in and out: the one copy made of whatever the embedder handed in, strict UTF-8, hex, and endianness.

/** True where typed arrays are little-endian, as every format and the state block are. */
export const LITTLE_ENDIAN_HOST = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/**
 * A private copy of at most `limit` bytes; `bytes` may be shared with another thread, which writes it or makes
 * it grow meanwhile. A detached array has no bytes.
 */
export function copyBytes(bytes: Uint8Array, limit = Number.POSITIVE_INFINITY): Uint8Array<ArrayBuffer> {
  const length = Math.min(bytes.length, limit);
  const copy = new Uint8Array(length);
  if (length > 0) copy.set(new Uint8Array(bytes.buffer, bytes.byteOffset, length));
  return copy;
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const utf8 = new TextEncoder();

/** The text, or `undefined` when `bytes` is not UTF-8. U+FEFF is kept. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}

export const encodeUtf8 = (text: string): Uint8Array<ArrayBuffer> => utf8.encode(text);

export function toHex(bytes: Uint8Array): string {
  let hex = "";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return hex;
}
