// Bytes to text without Node.

// "latin1" means windows-1252 there, which also gives one character per byte and is right for ASCII.
const latin1 = new TextDecoder("latin1");
const UNITS = 8192;

/** One character per byte: the same offsets in text and bytes. Right for ASCII, which is all that is cut from it. */
export const latin1Text = (bytes: Uint8Array, from: number, to: number): string =>
  latin1.decode(bytes.subarray(from, to));

/** The first `length` UTF-16 units. */
export function utf16Text(units: Uint16Array, length: number): string {
  let text = "";
  for (let at = 0; at < length; at += UNITS) {
    text += String.fromCharCode(...units.subarray(at, Math.min(length, at + UNITS)));
  }
  return text;
}
