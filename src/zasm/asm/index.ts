// The assembler, the disassembler and the readers of both JSON formats.

export { assemble } from "./assemble.ts";
export type { At, Diagnostic, DiagnosticCode } from "./diagnostics.ts";
export { type DisasmOptions, type DisasmResult, disassemble } from "./disassemble.ts";
export type { AsmOptions, AsmResult, AsmSymbol } from "./program.ts";
