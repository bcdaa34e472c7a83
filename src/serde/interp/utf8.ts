// Strict UTF-8, and between it and UTF-16.

/**
 * The code point at `at`, times 8, plus its length in bytes; or ~offset of the first byte that cannot stand there.
 * `bytes` needs three readable bytes behind the end of the text.
 */
export function codePointAt(bytes: Uint8Array, at: number): number {
  const a = bytes[at]!;
  if (a < 0x80) return (a << 3) | 1;
  if (a < 0xc2) return ~at;
  const b = bytes[at + 1]!;
  if (a < 0xe0) {
    if ((b & 0xc0) !== 0x80) return ~(at + 1);
    return ((((a & 0x1f) << 6) | (b & 0x3f)) << 3) | 2;
  }
  if (a < 0xf0) {
    // e0: not overlong; ed: no surrogate
    const low = a === 0xe0 ? 0xa0 : 0x80;
    const high = a === 0xed ? 0x9f : 0xbf;
    if (b < low || b > high) return ~(at + 1);
    const c = bytes[at + 2]!;
    if ((c & 0xc0) !== 0x80) return ~(at + 2);
    return ((((a & 0x0f) << 12) | ((b & 0x3f) << 6) | (c & 0x3f)) << 3) | 3;
  }
  if (a > 0xf4) return ~at;
  // f0: not overlong; f4: at most U+10FFFF
  const low = a === 0xf0 ? 0x90 : 0x80;
  const high = a === 0xf4 ? 0x8f : 0xbf;
  if (b < low || b > high) return ~(at + 1);
  const c = bytes[at + 2]!;
  if ((c & 0xc0) !== 0x80) return ~(at + 2);
  const d = bytes[at + 3]!;
  if ((d & 0xc0) !== 0x80) return ~(at + 3);
  return ((((a & 0x07) << 18) | ((b & 0x3f) << 12) | ((c & 0x3f) << 6) | (d & 0x3f)) << 3) | 4;
}

/** Writes `point` as UTF-16; behind it. */
export function putUnits(units: Uint16Array, at: number, point: number): number {
  if (point < 0x10000) {
    units[at] = point;
    return at + 1;
  }
  units[at] = 0xd800 + ((point - 0x10000) >> 10);
  units[at + 1] = 0xdc00 + ((point - 0x10000) & 0x3ff);
  return at + 2;
}

/**
 * Writes the UTF-8 in [from, end) as UTF-16 from `at` on; behind it, or ~offset of the first byte that cannot stand
 * there: ~end inside a character. `bytes` as for `codePointAt`.
 */
export function utf16Of(
  bytes: Uint8Array,
  from: number,
  end: number,
  units: Uint16Array,
  at: number,
): number {
  let top = at;
  let c = from;
  while (c < end) {
    const byte = bytes[c]!;
    if (byte < 0x80) {
      units[top++] = byte;
      c++;
      continue;
    }
    const found = codePointAt(bytes, c);
    if (found < 0) return Math.max(found, ~end);
    top = putUnits(units, top, found >> 3);
    c += found & 7;
  }
  return c > end ? ~end : top;
}

/** -1 when [from, to) is UTF-8; else the offset of the first byte that cannot stand there: `to` inside a character. */
export function invalidUtf8At(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to) {
    if (bytes[at]! < 0x80) {
      at++;
      continue;
    }
    const found = codePointAt(bytes, at);
    if (found < 0) return Math.min(~found, to);
    at += found & 7;
  }
  return at > to ? to : -1;
}

/** Writes `point` as UTF-8; the bytes written. */
export function writeUtf8(bytes: Uint8Array, at: number, point: number): number {
  if (point < 0x80) {
    bytes[at] = point;
    return 1;
  }
  if (point < 0x800) {
    bytes[at] = 0xc0 | (point >> 6);
    bytes[at + 1] = 0x80 | (point & 0x3f);
    return 2;
  }
  if (point < 0x10000) {
    bytes[at] = 0xe0 | (point >> 12);
    bytes[at + 1] = 0x80 | ((point >> 6) & 0x3f);
    bytes[at + 2] = 0x80 | (point & 0x3f);
    return 3;
  }
  bytes[at] = 0xf0 | (point >> 18);
  bytes[at + 1] = 0x80 | ((point >> 12) & 0x3f);
  bytes[at + 2] = 0x80 | ((point >> 6) & 0x3f);
  bytes[at + 3] = 0x80 | (point & 0x3f);
  return 4;
}

/** Bytes the well-formed UTF-16 `[from, to)` takes as UTF-8. */
export function utf8Length(units: Uint16Array, from: number, to: number): number {
  let length = 0;
  for (let i = from; i < to; i++) {
    const unit = units[i]!;
    if (unit < 0x80) length += 1;
    else if (unit < 0x800) length += 2;
    // A pair of surrogates: 4 bytes for 2 units.
    else length += (unit & 0xf800) === 0xd800 ? 2 : 3;
  }
  return length;
}

/** Writes the well-formed UTF-16 `[from, to)` as UTF-8; where it ends. */
export function writeUtf16(
  bytes: Uint8Array,
  at: number,
  units: Uint16Array,
  from: number,
  to: number,
): number {
  let top = at;
  for (let i = from; i < to; i++) {
    let point = units[i]!;
    if (point < 0x80) {
      bytes[top++] = point;
      continue;
    }
    if ((point & 0xfc00) === 0xd800) point = 0x10000 + ((point & 0x3ff) << 10) + (units[++i]! & 0x3ff);
    top += writeUtf8(bytes, top, point);
  }
  return top;
}
