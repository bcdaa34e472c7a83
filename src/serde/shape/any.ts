// What formats have and JavaScript has not, inside `any` (D42).

import { bigintFault, type Fault, integerFault, viewOf } from "./values.ts";

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

/** What such a value holds, and what is wrong with it. */
export type Wrapped = { readonly fault: Fault } & (
  | { readonly kind: "tag"; readonly tag: number | bigint; readonly value: unknown }
  | { readonly kind: "simple"; readonly simple: number }
  | { readonly kind: "ext"; readonly type: number; readonly data: Uint8Array }
);

/** `undefined` for other values. Reads every property once; throws what a getter or proxy throws. */
export function unwrapped(value: object): Wrapped | undefined {
  if (value instanceof Tagged) {
    const { tag, value: inner } = value;
    const fault =
      typeof tag === "bigint" ? bigintFault(tag, false) : integerFault(tag, 0, Number.MAX_SAFE_INTEGER);
    return { kind: "tag", fault, tag, value: inner };
  }
  if (value instanceof Simple) {
    const simple = value.value;
    // 20..23 are values of JavaScript, 24..31 do not exist.
    const isOdd = simple >= 20 && simple < 32;
    return {
      kind: "simple",
      fault: integerFault(simple, 0, 0xff) ?? (isOdd ? "value.number_range" : undefined),
      simple,
    };
  }
  if (value instanceof Extension) {
    const { type, data } = value;
    const bytes = viewOf("u8", data);
    if (bytes === undefined) return { kind: "ext", fault: "value.type_mismatch", type, data };
    return { kind: "ext", fault: integerFault(type, -0x80, 0x7f), type, data: bytes };
  }
  return undefined;
}
