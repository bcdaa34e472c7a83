// Assembly text: `[label:] [instruction | directive] [; comment]`, line by line, into a `Program`.

import { quoted } from "../../core/errors.ts";
import type { At } from "./diagnostics.ts";
import { directive, dotDirective } from "./directives.ts";
import { Lexer, type Token } from "./lexer.ts";
import { DIRECTIVES, isDirective, isDotDirective, MNEMONICS, registerNumber } from "./names.ts";
import { expectedAt, type Operand } from "./operand.ts";
import type { Program } from "./program.ts";

export function readText(source: string, program: Program): void {
  const lexer = new Lexer(source, program.diagnostics);
  while (!lexer.done && !program.diagnostics.full) {
    const { tokens, bad } = lexer.line();
    readLine(new Tokens(tokens), bad, program);
  }
}

/** The tokens of one line and a position. The last token is `end` and is never passed. */
class Tokens {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get peek(): Token {
    return this.#tokens[this.#at] as Token; // the list is never empty
  }

  next(): Token {
    const token = this.peek;
    if (token.kind !== "end") this.#at++;
    return token;
  }

  takeMark(mark: string): boolean {
    const found = this.isMark(mark);
    if (found) this.#at++;
    return found;
  }

  isMark(mark: string): boolean {
    return this.peek.kind === "mark" && this.peek.text === mark;
  }

  /** The token after the next. */
  get after(): Token {
    return this.#tokens[this.#at + 1] ?? this.peek;
  }
}

const shownToken = (token: Token): string =>
  token.kind === "end" ? "the end of the line" : quoted(token.text);

interface Label {
  readonly text: string;
  readonly at: At;
}

function readLine(tokens: Tokens, bad: boolean, program: Program): void {
  let label: Label | undefined;
  if (tokens.peek.kind === "name" && tokens.after.kind === "mark" && tokens.after.text === ":") {
    const at = tokens.next();
    tokens.next();
    label = { text: at.text, at };
  }
  if (!bad) readStatement(tokens, label, program);
  if (label !== undefined) program.lose(label.text);
}

function readStatement(tokens: Tokens, label: Label | undefined, program: Program): void {
  const { diagnostics } = program;
  const head = tokens.next();
  if (head.kind === "end") {
    if (label !== undefined) program.label(label.text, label.at);
    return;
  }
  if (head.kind !== "name") {
    const expected = label === undefined ? "a label, a mnemonic or a directive" : "a mnemonic or a directive";
    diagnostics.report("asm.syntax", head, `expected ${expected}, found ${shownToken(head)}`);
    return;
  }
  const word = head.text;
  const row = MNEMONICS.get(word);
  const named = isDirective(word);
  if (tokens.isMark(":")) {
    diagnostics.report(
      "asm.syntax",
      tokens.peek,
      "expected a mnemonic or a directive: a line has one label at most",
    );
    return;
  }
  if (row === undefined && !named && !isDotDirective(word)) {
    diagnostics.report("asm.unknown_mnemonic", head, unknownWord(word, tokens.peek));
    return;
  }
  // What an operand may be is known for mnemonics only; directives say so when they read theirs.
  const expected = (before: readonly Operand[]) =>
    row === undefined ? "a name, a number or a string" : expectedAt(row.format, before);
  const operands = readOperands(tokens, program, expected);
  if (operands === undefined) return;
  if (label !== undefined && !named) program.label(label.text, label.at);
  if (row !== undefined) program.instruction(row, operands, head);
  else if (named) directive(program, word, label, operands, head);
  else if (isDotDirective(word)) dotDirective(program, word, operands, head);
}

function unknownWord(word: string, next: Token): string {
  const upper = word.toUpperCase();
  const text = `expected a mnemonic or a directive, found ${quoted(word)}`;
  if (MNEMONICS.has(upper) || isDirective(upper)) return `${text}; mnemonics are upper case: ${upper}`;
  const takesName = next.kind === "name" && (DIRECTIVES as readonly string[]).includes(next.text);
  return takesName ? `${text}; a name before a directive needs a colon: ${word}: ${next.text}` : text;
}

type Expected = (before: readonly Operand[]) => string;

function readOperands(tokens: Tokens, program: Program, expected: Expected): Operand[] | undefined {
  const operands: Operand[] = [];
  if (tokens.peek.kind === "end") return operands;
  for (;;) {
    const operand = readOperand(tokens, program, () => expected(operands));
    if (operand === undefined) return undefined;
    operands.push(operand);
    const token = tokens.next();
    if (token.kind === "end") return operands;
    if (token.kind !== "mark" || token.text !== ",") {
      const text = `expected "," or the end of the line, found ${shownToken(token)}`;
      program.diagnostics.report("asm.syntax", token, text);
      return undefined;
    }
  }
}

const span = (first: At, last: At): At => ({
  line: first.line,
  column: first.column,
  length: last.column + last.length - first.column,
});

function readOperand(tokens: Tokens, program: Program, expected: () => string): Operand | undefined {
  const first = tokens.next();
  const { line, column, length } = first;
  const at = { line, column, length };
  const fail = (token: Token, wanted: string): undefined => {
    program.diagnostics.report("asm.syntax", token, `expected ${wanted}, found ${shownToken(token)}`);
  };
  switch (first.kind) {
    case "name": {
      const reg = registerNumber(first.text);
      return reg === undefined ? { t: "sym", name: first.text, ...at } : { t: "reg", reg, ...at };
    }
    case "string":
      return { t: "str", text: first.text, literal: false, ...at };
    case "number": {
      const value = numberValue(first, program);
      return value === undefined ? undefined : { t: "num", value, ...at };
    }
    case "end":
      return fail(first, expected());
    case "mark":
      break;
  }
  if (first.text === "#" || first.text === "-") {
    const minus = first.text === "-" || tokens.takeMark("-");
    const digits = tokens.next();
    if (digits.kind !== "number") return fail(digits, "a number");
    const value = numberValue(digits, program, minus);
    return value === undefined ? undefined : { t: "num", value, ...span(first, digits) };
  }
  if (first.text !== "(") return fail(first, expected());
  const base = tokens.next();
  if (base.kind !== "name") return fail(base, "a register");
  let disp = 0n;
  if (tokens.isMark("+") || tokens.isMark("-")) {
    const minus = tokens.next().text === "-";
    tokens.takeMark("#");
    const digits = tokens.next();
    if (digits.kind !== "number") return fail(digits, "a number");
    const value = numberValue(digits, program, minus);
    if (value === undefined) return undefined;
    disp = value;
  }
  const close = tokens.next();
  if (close.kind !== "mark" || close.text !== ")") return fail(close, "one of + - )");
  return { t: "mem", base: registerNumber(base.text) ?? base.text, disp, ...span(first, close) };
}

/** Digits to a value of at most 64 bits, negative ones with their sign. */
function numberValue(token: Token, program: Program, minus = false): bigint | undefined {
  const { text } = token;
  const bad = (message: string): undefined => {
    program.diagnostics.report("asm.bad_number", token, message);
  };
  if (text.length < 16 && /^[0-9]+$/.test(text)) return BigInt(minus ? -Number(text) : Number(text));
  const hex = /^0[xX]0*([0-9a-fA-F]*)$/.exec(text)?.[1];
  const digits = hex ?? /^0*([0-9]*)$/.exec(text)?.[1];
  if (digits === undefined || /^0[xX]$/.test(text)) {
    return bad(`expected decimal digits or 0x and hexadecimal ones, found ${quoted(text)}`);
  }
  const tooLong = hex === undefined ? digits.length > 20 : digits.length > 16;
  // A million digits are refused before they become a number.
  const size = tooLong ? 1n << 64n : BigInt(`${hex === undefined ? "" : "0x"}${digits || "0"}`);
  const value = minus ? -size : size;
  if (value >= 1n << 64n || value < -(1n << 63n)) {
    return bad(`expected a number of at most 64 bits, found ${minus ? "-" : ""}${text.slice(0, 40)}`);
  }
  return value;
}
