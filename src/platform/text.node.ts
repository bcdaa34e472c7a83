// Bytes to text on Node: the natives behind Buffer, which take any Uint8Array.

import { Buffer } from "node:buffer";

type Slice = (this: Uint8Array, from: number, to: number) => string;
const { latin1Slice, ucs2Slice } = Buffer.prototype as unknown as { latin1Slice: Slice; ucs2Slice: Slice };

/** One character per byte: the same offsets in text and bytes. Right for ASCII, which is all that is cut from it. */
export const latin1Text = (bytes: Uint8Array, from: number, to: number): string =>
  latin1Slice.call(bytes, from, to);

/** The first `length` UTF-16 units. */
export const utf16Text = (units: Uint16Array, length: number): string =>
  ucs2Slice.call(new Uint8Array(units.buffer, units.byteOffset, 2 * length), 0, 2 * length);
