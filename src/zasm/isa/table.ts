// THE instruction table. Every fact about an instruction is one row here, and decoder, verifier, assembler,
// disassembler, generator, fuel schedule and reference page are derived from it.
// It holds facts only: what an instruction *computes* is written once per executor, never shared.

/** Guest registers, by index. Indices 5 to 15 are illegal. */
export const REGISTERS = ["HL", "DE", "A", "BC", "IX"] as const;
export type RegisterName = (typeof REGISTERS)[number];

/** JR conditions, by the number in the rs1 field. They test the compare register as a signed 32-bit difference (S3, S4). */
export const CONDITIONS = [
  "ALWAYS",
  "EQ",
  "NE",
  "LTS",
  "LES",
  "GTS",
  "GES",
  "LTU",
  "LEU",
  "GTU",
  "GEU",
] as const;
export type ConditionName = (typeof CONDITIONS)[number];

/** imm12 values of LD that announce extension words instead of being the value. */
export const LD_EXT32 = -2048;
export const LD_EXT64 = -2047;

/**
 * Where an instruction keeps its operands.
 * word: opcode[31:24] rd[23:20] rs1[19:16] rs2[15:12] imm12[11:0], imm12 signed.
 */
export type Format =
  /** imm12 = word displacement, the rest 0 */
  | "call"
  /** rs1 = condition, imm12 = word displacement, the rest 0 */
  | "jr"
  /** all fields 0 */
  | "none"
  /** rd = rs1 = left, rs2 = right */
  | "cp"
  /** rd = rs1 = left, imm12 = right */
  | "cpi"
  /** rd */
  | "drop"
  /** rd, in place; rs1 = rd (tool) or 0 (document) */
  | "step"
  /** rd, rs1 */
  | "mov"
  /** rd, rs1, rs2 */
  | "rrr"
  /** rd, rs1, imm12 = count; rs2 = rs1 (tool) or 0 (document) */
  | "shift"
  /** rd, in place; rs1 and rs2 are rd or 0 */
  | "bits"
  /** rd, imm12 = value, or a mark for extension words */
  | "ld"
  /** rd, rs1 = base; rs2 = base and imm12 = 0 (tool), or rs2 = 0 and imm12 = displacement (document) */
  | "load"
  /** rs2 = source, rs1 = base; rd = source and imm12 = 0 (tool), or rd = 0 and imm12 = displacement (document) */
  | "store"
  /** a host call: all fields 0 */
  | "prim";

/** What a running instruction can raise, beside `fuel`, which all can. */
type TrapName = "oob" | "div0" | "abi" | "oom" | "call_depth" | "output_limit";

export interface Row<M extends string = string> {
  readonly opcode: number;
  readonly mnemonic: M;
  readonly format: Format;
  /** Operand width in bits; for loads and stores, of the register side. 0 = no width. */
  readonly width: 0 | 32 | 64;
  /** Bytes of guest memory touched at the effective address; 0 = none or by length. */
  readonly access: 0 | 1 | 2 | 4 | 8;
  /** Ends a basic block. */
  readonly terminator: boolean;
  readonly traps: readonly TrapName[];
  /** Guest registers read and written implicitly, beside the operand fields. */
  readonly reads: readonly RegisterName[];
  readonly writes: readonly RegisterName[];
  readonly doc: string;
}

type Extra = Partial<Omit<Row, "opcode" | "mnemonic" | "format" | "doc">>;

function op<const M extends string>(
  opcode: number,
  mnemonic: M,
  format: Format,
  doc: string,
  extra: Extra = {},
): Row<M> {
  return {
    opcode,
    mnemonic,
    format,
    width: 0,
    access: 0,
    terminator: false,
    traps: [],
    reads: [],
    writes: [],
    ...extra,
    doc,
  };
}

/** A run of consecutive opcodes in a 32-bit and a 64-bit block: the 64-bit names get the suffix. */
function family<const M extends string>(
  base32: number,
  base64: number,
  format: Format,
  members: readonly (readonly [M, string, (readonly TrapName[])?])[],
): (Row<M> | Row<`${M}64`>)[] {
  const rows: (Row<M> | Row<`${M}64`>)[] = [];
  members.forEach(([name, doc, traps = []], i) => {
    rows.push(op(base32 + i, name, format, `${doc}; low 32 bits, zero-extended.`, { width: 32, traps }));
    rows.push(op(base64 + i, `${name}64`, format, `${doc}; all 64 bits.`, { width: 64, traps }));
  });
  return rows;
}

/** rd := 1 if (rs1 cond rs2) else 0, for every condition that is not ALWAYS. */
const COMPARES = (CONDITIONS.slice(1) as Exclude<ConditionName, "ALWAYS">[]).map(
  (name) => [name, `rd := 1 if rs1 ${name} rs2, else 0`] as const,
);

export const ISA = [
  op(0x00, "CALL", "call", "Push the return address, go to this word + imm12.", {
    terminator: true,
    traps: ["call_depth"],
  }),
  op(0x01, "RET", "none", "Pop and continue there; with nothing pushed, the program ends normally.", {
    terminator: true,
  }),
  op(0x02, "JR", "jr", "Go to this word + imm12 if the compare register meets the condition.", {
    terminator: true,
  }),
  op(0x03, "CP", "cp", "compare := low32(rs1) - low32(rs2), wrapped to 32 bits.", { width: 32 }),
  op(0x04, "DROP", "drop", "No effect (S2)."),
  op(0x05, "INC", "step", "rd := low32(rd) + 1, zero-extended.", { width: 32 }),
  op(0x06, "DEC", "step", "rd := low32(rd) - 1, zero-extended.", { width: 32 }),
  op(0x07, "MOV", "mov", "rd := rs1, all 64 bits.", { width: 64 }),
  op(0x08, "CPI", "cpi", "compare := low32(rs1) - imm12, wrapped to 32 bits.", { width: 32 }),

  ...family(0x10, 0x20, "rrr", [
    ["ADD", "rd := rs1 + rs2, wrapping"],
    ["SUB", "rd := rs1 - rs2, wrapping"],
    ["MUL", "rd := rs1 * rs2, wrapping"],
    ["DIVS", "rd := rs1 / rs2, signed, toward zero; MIN / -1 = MIN", ["div0"]],
    ["DIVU", "rd := rs1 / rs2, unsigned", ["div0"]],
    ["REMS", "rd := rs1 rem rs2, sign of the dividend; MIN rem -1 = 0", ["div0"]],
    ["REMU", "rd := rs1 rem rs2, unsigned", ["div0"]],
    ["AND", "rd := rs1 and rs2"],
    ["OR", "rd := rs1 or rs2"],
    ["XOR", "rd := rs1 xor rs2"],
  ]),

  ...family(0x30, 0x40, "shift", [
    ["SLA", "rd := rs1 shifted left by imm12"],
    ["SRA", "rd := rs1 shifted right by imm12, sign kept"],
    ["SRL", "rd := rs1 shifted right by imm12, zeros in"],
    ["ROL", "rd := rs1 rotated left by imm12"],
    ["ROR", "rd := rs1 rotated right by imm12"],
  ]),
  ...family(0x35, 0x45, "bits", [
    ["CLZ", "rd := leading zero bits of rd; of zero, the width"],
    ["CTZ", "rd := trailing zero bits of rd; of zero, the width"],
    ["POPC", "rd := one bits of rd"],
  ]),

  ...family(0x50, 0x60, "rrr", COMPARES),

  op(0x70, "LD", "ld", "rd := imm12, or the 32- or 64-bit extension, sign-extended.", { width: 64 }),
  op(0x71, "LD8U", "load", "rd := byte, zero-extended.", { width: 32, access: 1, traps: ["oob"] }),
  op(0x72, "LD8S", "load", "rd := byte, sign-extended to 32, then zero-extended.", {
    width: 32,
    access: 1,
    traps: ["oob"],
  }),
  op(0x73, "LD16U", "load", "rd := 16 bits, zero-extended.", { width: 32, access: 2, traps: ["oob"] }),
  op(0x74, "LD16S", "load", "rd := 16 bits, sign-extended to 32, then zero-extended.", {
    width: 32,
    access: 2,
    traps: ["oob"],
  }),
  op(0x75, "LD32", "load", "rd := 32 bits, zero-extended.", { width: 32, access: 4, traps: ["oob"] }),
  op(0x76, "LD64", "load", "rd := 64 bits.", { width: 64, access: 8, traps: ["oob"] }),
  op(0x77, "LD8U64", "load", "rd := byte, zero-extended.", { width: 64, access: 1, traps: ["oob"] }),
  op(0x78, "LD8S64", "load", "rd := byte, sign-extended to 64.", { width: 64, access: 1, traps: ["oob"] }),
  op(0x79, "LD16U64", "load", "rd := 16 bits, zero-extended.", { width: 64, access: 2, traps: ["oob"] }),
  op(0x7a, "LD16S64", "load", "rd := 16 bits, sign-extended to 64.", {
    width: 64,
    access: 2,
    traps: ["oob"],
  }),
  op(0x7b, "LD32U64", "load", "rd := 32 bits, zero-extended.", { width: 64, access: 4, traps: ["oob"] }),
  op(0x7c, "LD32S64", "load", "rd := 32 bits, sign-extended to 64.", {
    width: 64,
    access: 4,
    traps: ["oob"],
  }),
  op(0x80, "ST8", "store", "memory := low 8 bits of rs2.", { width: 32, access: 1, traps: ["oob"] }),
  op(0x81, "ST8_64", "store", "memory := low 8 bits of rs2.", { width: 64, access: 1, traps: ["oob"] }),
  op(0x82, "ST16", "store", "memory := low 16 bits of rs2.", { width: 32, access: 2, traps: ["oob"] }),
  op(0x83, "ST16_64", "store", "memory := low 16 bits of rs2.", { width: 64, access: 2, traps: ["oob"] }),
  op(0x84, "ST32", "store", "memory := low 32 bits of rs2.", { width: 32, access: 4, traps: ["oob"] }),
  op(0x85, "ST32_64", "store", "memory := low 32 bits of rs2.", { width: 64, access: 4, traps: ["oob"] }),
  op(0x86, "ST64", "store", "memory := rs2.", { width: 64, access: 8, traps: ["oob"] }),

  op(
    0x90,
    "LDIR",
    "none",
    "Copy BC bytes from [HL] to [DE], as if through a temporary; all or nothing (S6).",
    {
      traps: ["oob"],
      reads: ["HL", "DE", "BC"],
    },
  ),
  op(0x91, "FILL", "none", "Write the low byte of A to BC bytes at [HL]; all or nothing (S6).", {
    traps: ["oob"],
    reads: ["HL", "A", "BC"],
  }),

  op(0xf0, "IN", "prim", "HL := zi_read(request handle, HL, DE).", {
    traps: ["abi"],
    reads: ["HL", "DE"],
    writes: ["HL"],
  }),
  op(0xf1, "OUT", "prim", "zi_write(response handle, HL, DE) until all is written; HL is kept.", {
    traps: ["abi", "output_limit"],
    reads: ["HL", "DE"],
  }),
  op(0xf2, "LOG", "prim", "zi_telemetry(HL, DE, BC, IX); HL is kept.", {
    traps: ["abi", "output_limit"],
    reads: ["HL", "DE", "BC", "IX"],
  }),
  op(0xf3, "ALLOC", "prim", "HL := zi_alloc(HL).", {
    traps: ["oom", "abi"],
    reads: ["HL"],
    writes: ["HL"],
  }),
  op(0xf4, "FREE", "prim", "zi_free(HL); HL is kept.", { traps: ["abi"], reads: ["HL"] }),
  op(0xf5, "CTL", "prim", "HL := zi_ctl(HL, DE, BC, IX).", {
    traps: ["abi"],
    reads: ["HL", "DE", "BC", "IX"],
    writes: ["HL"],
  }),
] as const;

export type Mnemonic = (typeof ISA)[number]["mnemonic"];
export type IsaRow = Row<Mnemonic>;

/** Rows by opcode byte; `undefined` where the opcode is unknown. */
export const BY_OPCODE: readonly (IsaRow | undefined)[] = (() => {
  const rows = new Array<IsaRow | undefined>(256).fill(undefined);
  for (const row of ISA) rows[row.opcode] = row;
  return rows;
})();

/** Opcodes by mnemonic, for code that asks for single instructions. */
export const OPCODE = Object.fromEntries(ISA.map(({ mnemonic, opcode }) => [mnemonic, opcode])) as Readonly<
  Record<Mnemonic, number>
>;

/** Rows by mnemonic. The six host calls are spelled `_in` … `_ctl` in assembly text, in upper case here. */
export const BY_MNEMONIC: ReadonlyMap<string, IsaRow> = new Map(ISA.map((row) => [row.mnemonic, row]));

/** Host calls F0 to F5 in opcode order; their position is the bit in an IMPT mask. */
export const PRIMITIVES = ["IN", "OUT", "LOG", "ALLOC", "FREE", "CTL"] as const satisfies readonly Mnemonic[];
export const FIRST_PRIMITIVE = 0xf0;
