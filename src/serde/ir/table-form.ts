// The tables of a program as objects: what `tables-read.ts` gives, and printer and verifier look at.

import type { DUPLICATE } from "./tables.ts";

export interface NameRow {
  readonly name: Uint8Array;
  readonly row: number;
}
export interface MaskRow {
  readonly word: number;
  readonly mask: number;
}
export interface FieldRow {
  readonly bit: number;
  readonly target: number;
  readonly name: Uint8Array;
}
export interface KeysTable {
  readonly role: "keys";
  readonly unknown: number;
  readonly duplicate: keyof typeof DUPLICATE;
  readonly close: number;
  readonly missing: number;
  readonly other: number;
  readonly open: boolean;
  readonly header: number;
  readonly masks: readonly MaskRow[];
  readonly fields: readonly FieldRow[];
  readonly names: readonly NameRow[];
}
/** Whether a field's bit must be set at the end of its object. */
export function requiredBits({ masks }: KeysTable): (bit: number) => boolean {
  const words = new Map(masks.map(({ word, mask }) => [word, mask]));
  return (bit) => bit >= 0 && ((words.get(bit >> 5) ?? 0) & (1 << (bit & 31))) !== 0;
}
export interface CasesTable {
  readonly role: "cases";
  readonly other: number;
  readonly rows: readonly { readonly target: number; readonly variant: number }[];
  readonly names: readonly NameRow[];
  readonly numbers: readonly number[];
}
export interface KindsTable {
  readonly role: "kinds";
  readonly code: number;
  /** By VALUE_KINDS; -1: none. */
  readonly targets: readonly number[];
}
interface BitsTable {
  readonly role: "bits?";
  readonly masks: readonly MaskRow[];
}
export interface ConstantTable {
  readonly role: "constant";
  /** Halves of all cells. */
  readonly cells: Int32Array;
  /** The first ones, which go to the slot; the others go to the heap. */
  readonly own: number;
  readonly text8: Uint8Array;
  readonly text16: Uint8Array;
  readonly relocations: readonly { readonly cell: number; readonly what: number }[];
}
export interface ProbeTable {
  readonly role: "probe";
  readonly tagged: boolean;
  readonly none: number;
  readonly candidates: readonly {
    readonly target: number;
    readonly needs: readonly number[];
    readonly beats: readonly number[];
  }[];
  readonly keys: readonly {
    readonly candidates: readonly number[];
    readonly value: ValueTable | undefined;
  }[];
  readonly value: ValueTable;
}
export interface ValueTable {
  /** By VALUE_KINDS: candidates. */
  readonly kinds: readonly (readonly number[])[] | undefined;
  readonly integers: readonly {
    /** -1: with `numbers`. */
    readonly leaf: number;
    readonly numbers: readonly number[] | undefined;
    readonly candidates: readonly number[];
  }[];
  readonly arities: readonly { readonly count: number; readonly candidates: readonly number[] }[];
  readonly texts: TextsTable | undefined;
  readonly names: readonly NameRow[];
}
export interface TextsTable {
  readonly other: number;
  readonly chars: number;
  readonly unknown: number;
  readonly names: readonly NameRow[];
  /** By row: candidates. */
  readonly masks: readonly (readonly number[])[];
}
export type ReadTable = KeysTable | CasesTable | KindsTable | BitsTable | ConstantTable | ProbeTable;
