// The types a shape's JavaScript values have. Types only: nothing here exists at run time.

import type { ScalarKind } from "./node.ts";

/** Standard Schema, version 1 (https://standardschema.dev), with what we give in it. */
export interface StandardProps<T> {
  readonly version: 1;
  readonly vendor: "sinter";
  readonly validate: (value: unknown) => StandardResult<T>;
  readonly types?: { readonly input: T; readonly output: T } | undefined;
}

export type StandardResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  /** One of D39's, such as `value.type_mismatch`. */
  readonly code: string;
  readonly message: string;
  readonly path: readonly PropertyKey[];
}

/** The JavaScript type of a shape: `Infer<typeof Order>`. */
export type Infer<S> = S extends { readonly "~standard": StandardProps<infer T> } ? T : never;

/** Intersections and mapped types as one object type, as a person would write it. */
export type Pretty<T> = { [K in keyof T]: T[K] } & {};

/** What stands for a recursive shape while it is built; `Unroll` puts the finished type in its place. */
export interface Self<Name extends string> {
  readonly "~self": Name;
}

type Opaque =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | ArrayBufferView
  | ((...args: never) => unknown);

/** `T` with `Self<Name>` replaced by `Root`, unrolled as deep as anybody looks. */
export type Unroll<T, Name extends string, Root> = unknown extends T
  ? T
  : T extends Self<Name>
    ? Unroll<Root, Name, Root>
    : T extends Opaque
      ? T
      : T extends Map<infer K, infer V>
        ? Map<Unroll<K, Name, Root>, Unroll<V, Name, Root>>
        : T extends Set<infer I>
          ? Set<Unroll<I, Name, Root>>
          : { [K in keyof T]: Unroll<T[K], Name, Root> };

/** Typed arrays by the kind of their items. */
export interface TypedArrays {
  u8: Uint8Array;
  u16: Uint16Array;
  u32: Uint32Array;
  u64: BigUint64Array;
  i8: Int8Array;
  i16: Int16Array;
  i32: Int32Array;
  i64: BigInt64Array;
  f32: Float32Array;
  f64: Float64Array;
}

export type NumericKind = keyof TypedArrays & ScalarKind;

/** `N` items of `T`; just an array when `N` is not one number. */
export type FixedArray<T, N extends number, Items extends T[] = []> = number extends N
  ? T[]
  : Items["length"] extends N
    ? Items
    : Items["length"] extends 32
      ? T[]
      : FixedArray<T, N, [...Items, T]>;
