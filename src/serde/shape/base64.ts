// Base64 (RFC 4648 §4, padded) for bytes in the JSON form of shapes. Strict: what it accepts, it would print the same.

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const left = bytes.length - i;
    text += ALPHABET[group >> 18]! + ALPHABET[(group >> 12) & 63]!;
    text += (left > 1 ? ALPHABET[(group >> 6) & 63]! : "=") + (left > 2 ? ALPHABET[group & 63]! : "=");
  }
  return text;
}

/** `undefined` for what is not the base64 of anything. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const digits = text.replace(/={1,2}$/, "");
  const bytes = new Uint8Array((digits.length * 6) >> 3);
  let group = 0;
  let at = 0;
  for (let i = 0; i < digits.length; i++) {
    const value = ALPHABET.indexOf(digits[i]!);
    if (value < 0) return undefined;
    group = ((group << 6) | value) & 0xffffff;
    const bits = (i + 1) * 6;
    if (bits >> 3 > at) bytes[at++] = (group >> (bits & 7)) & 0xff;
  }
  return toBase64(bytes) === text ? bytes : undefined;
}

export function fromHex(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^([0-9a-f]{2})*$/.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(2 * i, 2 * i + 2), 16),
  );
}
