// The words of assembly text: which are mnemonics, directives, registers, conditions and host calls,
// and which names a program may give. All derived from the table where the table knows them.

import {
  BY_MNEMONIC,
  CONDITIONS,
  ISA,
  type IsaRow,
  type Mnemonic,
  PRIMITIVES,
  REGISTERS,
} from "../isa/table.ts";

/** Host calls are spelled `CALL _in` in text, so their rows are no mnemonics here. */
export const MNEMONICS: ReadonlyMap<string, IsaRow> = new Map(
  ISA.filter((row) => row.format !== "prim").map((row) => [row.mnemonic, row]),
);

/** The row of a mnemonic the code itself names. */
export const rowOf = (mnemonic: Mnemonic): IsaRow => BY_MNEMONIC.get(mnemonic) as IsaRow; // total by construction

export const DIRECTIVES = ["DB", "DW", "RESB", "STR", "EQU", "PUBLIC", "EXTERN"] as const;
export type Directive = (typeof DIRECTIVES)[number];
const directives: ReadonlySet<string> = new Set(DIRECTIVES);
export const isDirective = (word: string): word is Directive => directives.has(word);

/** What upstream's text cannot say. They stand where a mnemonic would; with a colon they would be labels. */
export const DOT_DIRECTIVES = [
  ".word",
  ".ld32",
  ".ld64",
  ".org",
  ".segment",
  ".entry",
  ".export",
  ".impt",
  ".mem",
  ".abi",
  ".section",
  ".layout",
  ".patch",
] as const;
export type DotDirective = (typeof DOT_DIRECTIVES)[number];
const dotDirectives: ReadonlySet<string> = new Set(DOT_DIRECTIVES);
export const isDotDirective = (word: string): word is DotDirective => dotDirectives.has(word);

const registers: ReadonlyMap<string, number> = new Map(REGISTERS.map((name, i) => [name, i]));
export const registerNumber = (name: string): number | undefined => registers.get(name);

/** JR conditions in any case; the signed ones also without their S (LT = LTS). ALWAYS has no name in text. */
const conditions: ReadonlyMap<string, number> = new Map(
  CONDITIONS.flatMap((name, i): [string, number][] => {
    if (i === 0) return [];
    return /^..S$/.test(name)
      ? [
          [name, i],
          [name.slice(0, 2), i],
        ]
      : [[name, i]];
  }),
);
export const conditionNumber = (name: string): number | undefined =>
  name.length <= 3 ? conditions.get(name.toUpperCase()) : undefined;

export interface HostCall {
  readonly row: IsaRow;
  /** zi_read and zi_write take (handle, pointer, length): HL := DE, DE := BC first; the handle is dropped. */
  readonly moves: boolean;
}

export const primitiveName = (row: IsaRow): string => `_${row.mnemonic.toLowerCase()}`;

const PRIMITIVE_CALLS = PRIMITIVES.map((p): [string, HostCall] => {
  const row = rowOf(p);
  return [primitiveName(row), { row, moves: false }];
});

export const isPrimitiveName = (name: string): boolean => PRIMITIVE_CALLS.some(([p]) => p === name);

/** What CALL lowers to a host call. */
export const HOST_CALLS: ReadonlyMap<string, HostCall> = new Map([
  ...PRIMITIVE_CALLS,
  ["zi_read", { row: rowOf("IN"), moves: true }],
  ["zi_write", { row: rowOf("OUT"), moves: true }],
  ["zi_telemetry", { row: rowOf("LOG"), moves: false }],
  ["zi_alloc", { row: rowOf("ALLOC"), moves: false }],
  ["zi_free", { row: rowOf("FREE"), moves: false }],
  ["zi_ctl", { row: rowOf("CTL"), moves: false }],
]);

/** zABI functions that modules cannot reach. */
export const WITHOUT_OPCODE: ReadonlySet<string> = new Set(["zi_end", "zi_abi_version"]);

/** Mnemonics and directives: neither labels nor operands (save EQ … GEU as JR conditions). */
export const isKeyword = (word: string): boolean => MNEMONICS.has(word) || directives.has(word);

const IDENTIFIER = /^[A-Za-z_.$][A-Za-z0-9_.$]*$/;
export const isIdentifier = (text: string): boolean => IDENTIFIER.test(text);

/** Why a program may not define `name`, or `undefined` if it may. */
export function whyReserved(name: string): string | undefined {
  if (isKeyword(name)) return "is a mnemonic or directive";
  if (registers.has(name)) return "is a register";
  if (HOST_CALLS.has(name) || WITHOUT_OPCODE.has(name)) return "is a host call";
  return undefined;
}
