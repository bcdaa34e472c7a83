// Directives: upstream's seven, shared by text and IR, and the dot directives, which only text has.

import { encodeUtf8 } from "../../core/bytes.ts";
import { quoted } from "../../core/errors.ts";
import { tagText } from "../container/format.ts";
import type { At, DiagnosticCode } from "./diagnostics.ts";
import { loadWords } from "./encode.ts";
import { type Directive, type DotDirective, isKeyword, isPrimitiveName } from "./names.ts";
import { type Operand, type StrOperand, shown } from "./operand.ts";
import type { Program } from "./program.ts";
import { compatibleBytes, escapedBytes, escapedText, hasLiteralEscape, hexBytes } from "./strings.ts";

const U32_MAX = 0xffff_ffffn;

/** `at` is the directive, `name` the label before it. */
export function directive(
  program: Program,
  d: Directive,
  name: { readonly text: string; readonly at: At } | undefined,
  args: readonly Operand[],
  at: At,
): void {
  const read = new Arguments(program, d, args, at);
  const named = (): boolean => {
    if (name === undefined) read.report("asm.missing_name", at, `expected a label before ${d}`);
    return name !== undefined;
  };
  if (name !== undefined && (d === "PUBLIC" || d === "EXTERN")) {
    read.report("asm.bad_operand", name.at, `${d} names nothing: expected no label before it`);
    return;
  }
  switch (d) {
    case "DB":
    case "STR": {
      if (args.length === 0) {
        read.wrong(0, "a string or a number");
        return;
      }
      const chunks = args.map((arg, i) => read.bytes(arg, i));
      const length = chunks.reduce((n, chunk) => n + chunk.length, 0);
      program.dataName(name?.text, length, name?.at ?? at);
      for (const chunk of chunks) program.data.append(chunk, at);
      return;
    }
    case "DW": {
      const value = read.number(0, "a number");
      if (!read.end(1) || value === undefined) return;
      if (name !== undefined) {
        program.constant(name.text, value, name.at);
        return;
      }
      if (value < -32768n || value > 65535n) {
        read.report("asm.truncated", args[0] ?? at, `DW keeps the low 16 bits of ${value}`);
      }
      const low = Number(BigInt.asUintN(16, value));
      program.dataName(undefined, undefined, at);
      program.data.append([low & 255, low >> 8], at);
      return;
    }
    case "RESB": {
      const count = read.numberIn(0, 0n, U32_MAX, "a number of bytes");
      if (!read.end(1) || count === undefined) return;
      program.dataName(name?.text, undefined, name?.at ?? at);
      program.data.zeros(count, at);
      return;
    }
    case "EQU": {
      const value = read.number(0, "a number");
      if (!read.end(1) || value === undefined || !named()) return;
      program.constant(name?.text ?? "", value, name?.at ?? at);
      return;
    }
    case "PUBLIC": {
      const label = read.name(0);
      if (!read.end(1) || label === undefined) return;
      program.public(label, args[0] ?? at);
      return;
    }
    case "EXTERN": {
      if (args[0]?.t !== "str") {
        read.wrong(0, 'a module name, as in EXTERN "env","_in",_in');
        return;
      }
      if (args[1]?.t !== "str") {
        read.wrong(1, "a field name in quotes");
        return;
      }
      const extern = read.name(2);
      if (!read.end(3) || extern === undefined || isPrimitiveName(extern)) return;
      const text = `a module can import only _in _out _log _alloc _free _ctl, not ${extern}`;
      read.report("asm.bad_extern", args[2] ?? at, text);
      return;
    }
  }
}

/** A label before a dot directive is a code label, and has been defined already. */
export function dotDirective(program: Program, d: DotDirective, args: readonly Operand[], at: At): void {
  const read = new Arguments(program, d, args, at);
  const once = () => program.once(d, at);
  const u32 = (i: number, what: string) => read.numberIn(i, 0n, U32_MAX, what);
  switch (d) {
    case ".word": {
      if (args.length === 0) {
        read.wrong(0, "an instruction word");
        return;
      }
      const words = args.map((_, i) => read.numberIn(i, -0x8000_0000n, U32_MAX, "an instruction word"));
      program.rawWords(words as number[], at); // a missing one has been reported
      return;
    }
    case ".ld32":
    case ".ld64": {
      const register = args[0]?.t === "reg" ? args[0].reg : undefined;
      if (register === undefined) {
        read.wrong(0, "a register");
        return;
      }
      const value = read.number(1, "a number");
      if (!read.end(2) || value === undefined) return;
      const words = loadWords(register, value, d === ".ld32" ? "ext32" : "ext64");
      if (words !== undefined) {
        program.rawWords(words, at);
        return;
      }
      read.report("asm.out_of_range", args[1] ?? at, `${d}: expected a signed 32-bit number, found ${value}`);
      return;
    }
    case ".org":
    case ".segment": {
      const dst = u32(0, "an address");
      if (!read.end(1) || dst === undefined) return;
      d === ".org" ? program.data.moveTo(dst) : program.data.segment(dst, at);
      return;
    }
    case ".entry": {
      const label = read.name(0);
      if (read.end(1) && label !== undefined && once()) program.entry = { label, at: args[0] ?? at };
      return;
    }
    case ".export": {
      const name = read.escaped(0, "an export name in quotes");
      const label = read.name(1);
      if (!read.end(2) || name === undefined || label === undefined) return;
      if (encodeUtf8(name).length > 0xffff) {
        read.report("asm.bad_string", args[0] ?? at, "an export name has at most 65535 bytes");
        return;
      }
      program.export(name, label, args[0] ?? at);
      return;
    }
    case ".impt":
      if (read.end(0) && once()) program.impt = true;
      return;
    case ".mem": {
      const [minBytes, maxBytes] = [u32(0, "the least bytes"), u32(1, "the most bytes, or 0")];
      if (!read.end(2) || minBytes === undefined || maxBytes === undefined || !once()) return;
      program.memory = { minBytes, maxBytes };
      return;
    }
    case ".abi": {
      const [id, version] = [u32(0, "an ABI id"), u32(1, "an ABI version")];
      if (!read.end(2) || id === undefined || version === undefined || !once()) return;
      program.abi = { id, version };
      return;
    }
    case ".section": {
      const tag = read.tag(0);
      if (args.length < 2) {
        read.wrong(1, "hexadecimal digits in quotes");
        return;
      }
      for (let i = 1; i < args.length; i++) {
        const bytes = read.hex(i);
        if (tag !== undefined && bytes !== undefined) program.section(tag, bytes, at);
      }
      return;
    }
    case ".layout": {
      const [dirOffset, fileLen] = [u32(0, "the directory offset"), u32(1, "the file length")];
      const sections: { tag: string; offset: number }[] = [];
      for (let i = 2; i < Math.max(args.length, 4); i += 2) {
        const [tag, offset] = [read.tag(i), u32(i + 1, "the offset of the section")];
        if (tag === undefined || offset === undefined) return;
        sections.push({ tag, offset });
      }
      if (dirOffset === undefined || fileLen === undefined || !once()) return;
      program.layout = { at, dirOffset, fileLen, sections };
      return;
    }
    case ".patch": {
      const [offset, bytes] = [u32(0, "a file offset"), read.hex(1)];
      if (read.end(2) && offset !== undefined && bytes !== undefined) program.patch(offset, bytes, at);
      return;
    }
  }
}

/** Reads arguments by position; every `undefined` has been reported. */
class Arguments {
  readonly #program: Program;
  readonly #directive: string;
  readonly #args: readonly Operand[];
  readonly #at: At;

  constructor(program: Program, name: string, args: readonly Operand[], at: At) {
    this.#program = program;
    this.#directive = name;
    this.#args = args;
    this.#at = at;
  }

  report(code: DiagnosticCode, at: At, message: string): void {
    this.#program.diagnostics.report(code, at, message);
  }

  wrong(index: number, expected: string): undefined {
    const found = this.#args[index];
    const text = `${this.#directive}: expected ${expected}, found ${shown(found)}`;
    this.report("asm.bad_operand", found ?? this.#at, text);
  }

  /** True if there are no more than `count` arguments. */
  end(count: number): boolean {
    if (this.#args.length > count) this.wrong(count, "the end of the statement");
    return this.#args.length <= count;
  }

  /** A number, or a constant defined before. */
  number(index: number, expected: string): bigint | undefined {
    const arg = this.#args[index];
    if (arg?.t === "num") return arg.value;
    if (arg?.t !== "sym" || isKeyword(arg.name)) return this.wrong(index, expected);
    const value = this.#program.constantValue(arg.name);
    if (value === undefined) {
      const text = `${this.#directive}: expected ${expected}, and ${arg.name} is no constant defined above`;
      this.#program.unknown(arg.name, arg, text);
    }
    return value;
  }

  numberIn(index: number, min: bigint, max: bigint, expected: string): number | undefined {
    const value = this.number(index, expected);
    if (value === undefined || (value >= min && value <= max))
      return value === undefined ? value : Number(value);
    const text = `${this.#directive}: expected ${expected} from ${min} to ${max}, found ${value}`;
    this.report("asm.out_of_range", this.#args[index] ?? this.#at, text);
    return undefined;
  }

  name(index: number): string | undefined {
    const arg = this.#args[index];
    return arg?.t === "sym" && !isKeyword(arg.name) ? arg.name : this.wrong(index, "a name");
  }

  /** The bytes of one DB or STR argument. */
  bytes(arg: Operand, index: number): Uint8Array {
    if (arg.t === "str") return this.#stringBytes(arg);
    const value = this.number(index, "a string or a number") ?? 0n;
    if (value < -128n || value > 255n) {
      this.report("asm.truncated", arg, `${this.#directive} keeps the low 8 bits of ${value}`);
    }
    return Uint8Array.of(Number(BigInt.asUintN(8, value)));
  }

  #stringBytes(arg: StrOperand): Uint8Array {
    if (arg.literal) return encodeUtf8(arg.text);
    if (!this.#program.options.escapes) {
      if (hasLiteralEscape(arg.text)) {
        const text =
          "the backslash and what follows stay two characters, unless the escapes option is on (T2)";
        this.report("asm.literal_escape", arg, text);
      }
      return compatibleBytes(arg.text);
    }
    const read = escapedBytes(arg.text);
    if ("bytes" in read) return read.bytes;
    this.report("asm.bad_string", arg, read.complaint);
    return new Uint8Array(0);
  }

  escaped(index: number, expected: string): string | undefined {
    const arg = this.#args[index];
    if (arg?.t !== "str") return this.wrong(index, expected);
    const read = escapedText(arg.text);
    if ("text" in read) return read.text;
    this.report("asm.bad_string", arg, read.complaint);
    return undefined;
  }

  hex(index: number): Uint8Array | undefined {
    const arg = this.#args[index];
    if (arg?.t !== "str") return this.wrong(index, "hexadecimal digits in quotes");
    const bytes = hexBytes(arg.text);
    if (bytes === undefined) this.report("asm.bad_string", arg, "expected pairs of hexadecimal digits");
    return bytes;
  }

  /** A section tag: four characters, or the number they are. */
  tag(index: number): string | undefined {
    const arg = this.#args[index];
    if (arg?.t === "num" && arg.value >= 0n && arg.value <= U32_MAX) return tagText(Number(arg.value));
    if (arg?.t === "str" && /^[\x20-\x5b\x5d-\x7e]{4}$/.test(arg.text)) return arg.text;
    return this.wrong(index, `a section tag of four characters, as in ${quoted("NAME")}`);
  }
}
