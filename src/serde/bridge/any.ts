// What formats have and JavaScript has not, inside `any` (D42).

/** CBOR: a tag and the value it is about. */
export class Tagged {
  /** A bigint above 2^53 - 1. */
  readonly tag: number | bigint;
  readonly value: unknown;

  constructor(tag: number | bigint, value: unknown) {
    this.tag = tag;
    this.value = value;
    Object.freeze(this);
  }
}

/** CBOR: a simple value that is not false, true, null or undefined. */
export class Simple {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
    Object.freeze(this);
  }
}

/** MessagePack: an extension. */
export class Extension {
  /** -128..127; negative ones belong to the format. */
  readonly type: number;
  readonly data: Uint8Array;

  constructor(type: number, data: Uint8Array) {
    this.type = type;
    this.data = data;
    Object.freeze(this);
  }
}
