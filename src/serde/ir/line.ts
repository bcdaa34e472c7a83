// One line of the text form: its tokens, taken one by one, and what each may be.

import { encodeUtf8 } from "../../core/bytes.ts";
import { codeNamed } from "./codes.ts";
import { CodecError } from "./failure.ts";
import { NONE } from "./text.ts";

interface Token {
  readonly text: string;
  /** From 0. */
  readonly at: number;
}
/** Tokens of one line, taken from the left. */
export class Line {
  readonly number: number;
  /** Two spaces each. */
  readonly depth: number;
  /** Behind `; `. */
  readonly path: string;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(text: string, number: number) {
    this.number = number;
    this.depth = (text.length - text.trimStart().length) >> 1;
    const { tokens, path } = tokensOf(text);
    this.#tokens = tokens;
    this.path = path;
    if (/[^\x20-\x7e]/.test(path)) {
      throw CodecError.at("load.bad_text", { line: number, column: text.length - path.length + 1 });
    }
  }

  get done(): boolean {
    return this.#next >= this.#tokens.length;
  }

  peek(): string {
    return this.#tokens[this.#next]?.text ?? "";
  }

  take(): string {
    const text = this.peek();
    this.#next++;
    return text;
  }

  /** The token taken last is wrong. */
  bad(): CodecError {
    const at = this.#tokens[this.#next - 1]?.at ?? 0;
    return CodecError.at("load.bad_text", { line: this.number, column: at + 1 });
  }

  word(expected: string): void {
    if (this.take() !== expected) throw this.bad();
  }

  one(names: readonly string[]): number {
    const index = names.indexOf(this.take());
    if (index < 0) throw this.bad();
    return index;
  }

  /** A whole number behind `prefix`. */
  number32(prefix = "", least = 0, most = 0x7fff_ffff): number {
    const text = this.take();
    const digits = text.slice(prefix.length);
    const value = Number(digits);
    if (!text.startsWith(prefix) || !/^-?[0-9]{1,10}$/.test(digits) || value < least || value > most)
      throw this.bad();
    return value;
  }

  /** The same, or -1 for none. */
  optional(prefix: string): number {
    if (this.peek() !== NONE && !this.done) return this.number32(prefix);
    this.take();
    return -1;
  }

  bytes(): Uint8Array {
    const text = this.take();
    if (!text.startsWith("#")) return encodeUtf8(this.#quoted(text));
    if (text.length % 2 === 0 || /[^0-9a-f]/.test(text.slice(1))) throw this.bad();
    return Uint8Array.from({ length: text.length >> 1 }, (_, i) =>
      Number.parseInt(text.slice(2 * i + 1, 2 * i + 3), 16),
    );
  }

  string(): string {
    return this.#quoted(this.take());
  }

  strings(): string[] {
    const all: string[] = [];
    while (!this.done) all.push(this.string());
    return all;
  }

  /** Numbers below `limit`, up to something else. */
  numbers(limit: number): number[] {
    const all: number[] = [];
    while (/^[0-9]/.test(this.peek())) all.push(this.number32("", 0, limit - 1));
    return all;
  }

  code(): number {
    const number = codeNamed(this.take());
    if (number === undefined) throw this.bad();
    return number;
  }

  #quoted(text: string): string {
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === "string") return value;
    } catch {
      // Not JSON.
    }
    throw this.bad();
  }
}

/** Strings, flags in brackets and words; what begins and does not end goes on to the end of the line. */
function tokensOf(text: string): { readonly tokens: readonly Token[]; readonly path: string } {
  const tokens: Token[] = [];
  const upTo = (found: number, last: number) => (found < 0 ? text.length : found + last);
  for (let at = 0; at < text.length; ) {
    if (text[at] === " ") {
      at++;
      continue;
    }
    if (text.startsWith("; ", at)) return { tokens, path: text.slice(at + 2) };
    let end = at + 1;
    if (text[at] === '"') {
      while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
      end = Math.min(end + 1, text.length);
    } else if (text[at] === "[") {
      end = upTo(text.indexOf("]", at), 1);
    } else {
      end = upTo(text.indexOf(" ", at), 0);
    }
    tokens.push({ text: text.slice(at, end), at });
    at = end;
  }
  return { tokens, path: "" };
}
