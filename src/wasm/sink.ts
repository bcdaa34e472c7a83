// A growing byte buffer with the encodings of the wasm binary format. No bigints, no arrays of numbers:
// this is the hot path of compilation.

export class ByteSink {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** The bytes written so far; valid until the next write. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  byte2(first: number, second: number): void {
    this.#reserve(2);
    this.#bytes[this.#length++] = first;
    this.#bytes[this.#length++] = second;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Unsigned LEB128 of an unsigned 32-bit number. */
  u32(value: number): void {
    this.#reserve(5);
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  /** Signed LEB128 of a signed 32-bit number. */
  s32(value: number): void {
    this.#reserve(5);
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>= 7;
    }
    this.#bytes[this.#length++] = rest & 0x7f;
  }

  /** Signed LEB128 of the 64-bit number whose halves are `low` and `high`. */
  s64(low: number, high: number): void {
    if (high === low >> 31) {
      this.s32(low);
      return;
    }
    this.#reserve(10);
    let lo = low | 0;
    let hi = high | 0;
    while (!((hi === 0 && lo >= 0 && lo <= 63) || (hi === -1 && lo < 0 && lo >= -64))) {
      this.#bytes[this.#length++] = (lo & 0x7f) | 0x80;
      lo = (lo >>> 7) | (hi << 25);
      hi >>= 7;
    }
    this.#bytes[this.#length++] = lo & 0x7f;
  }

  /** Leaves room for a length that is not known yet; `patchU32` fills it. */
  holeU32(): number {
    this.#reserve(5);
    const at = this.#length;
    this.#length += 5;
    return at;
  }

  /** Writes `value` into the five bytes at `at`, padded; valid LEB128. */
  patchU32(at: number, value: number): void {
    for (let i = 0; i < 5; i++) {
      this.#bytes[at + i] = ((value >>> (7 * i)) & 0x7f) | (i < 4 ? 0x80 : 0);
    }
  }

  name(text: string): void {
    this.u32(text.length); // our own names, ASCII
    for (let i = 0; i < text.length; i++) this.byte(text.charCodeAt(i));
  }
}
