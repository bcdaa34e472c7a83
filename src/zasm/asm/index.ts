// The assembler, the disassembler and the readers of both JSON formats.

export { assemble } from "./assemble.ts";
export type { Diagnostic } from "./diagnostics.ts";
export { disassemble } from "./disassemble.ts";
export type { AsmOptions, AsmResult } from "./program.ts";
