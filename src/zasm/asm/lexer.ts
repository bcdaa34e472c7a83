// Assembly text to tokens, one line at a time. LF, CRLF and CR end a line, `;` starts a comment.
// Unknown characters are errors, not skipped as upstream does (T1).

import { quoted } from "../../core/errors.ts";
import type { At, Diagnostics } from "./diagnostics.ts";
import { isWellFormed } from "./strings.ts";

export interface Token extends At {
  /** `mark` is one of , : ( ) + - and `#`; `string` is without its quotes. */
  readonly kind: "name" | "number" | "string" | "mark" | "end";
  readonly text: string;
}

// Sticky: each matches at the cursor or not at all.
/** A backslash takes the next character along, whatever the string will mean (T2). */
const STRING = /"(?:[^"\\\r\n]|\\[^\r\n])*"/y;
const REST = /[^\r\n]*/y;
/** One report for a run of characters that all have no meaning, such as text in another script. */
const UNKNOWN = /[^\sA-Za-z0-9_.$,:()+\-#";]+|[^\r\n]/y;

const [BLANK, WORD, DIGIT, MARK] = [1, 2, 4, 8];

/** What the ASCII characters can be a part of; sources are long, so this is no chain of patterns. */
const CLASS: Uint8Array = (() => {
  const classes = new Uint8Array(128);
  const set = (chars: string, value: number) => {
    for (const ch of chars) classes[ch.charCodeAt(0)] = (classes[ch.charCodeAt(0)] ?? 0) | value;
  };
  const letters = "abcdefghijklmnopqrstuvwxyz";
  set(" \t\v\f", BLANK);
  set(`${letters}${letters.toUpperCase()}_.$0123456789`, WORD);
  set("0123456789", DIGIT);
  set(",:()+-#", MARK);
  return classes;
})();

export class Lexer {
  readonly #source: string;
  readonly #diagnostics: Diagnostics;
  #at: number;
  #lineStart: number;
  #line = 0;

  constructor(source: string, diagnostics: Diagnostics) {
    this.#source = source;
    this.#diagnostics = diagnostics;
    this.#at = source.charCodeAt(0) === 0xfeff ? 1 : 0;
    this.#lineStart = 0;
  }

  get done(): boolean {
    return this.#at >= this.#source.length;
  }

  /** The tokens of the next line, with an `end` after the last; `bad` if some of it could not be read. */
  line(): { readonly tokens: readonly Token[]; readonly bad: boolean } {
    this.#line++;
    this.#lineStart = this.#at;
    const tokens: Token[] = [];
    let bad = false;
    for (;;) {
      while (this.#class() & BLANK) this.#at++;
      const start = this.#at;
      const ch = this.#source[start];
      if (ch === undefined || ch === "\n" || ch === "\r" || ch === ";") {
        tokens.push(this.#token("end", "", start));
        if (ch === ";") this.#match(REST);
        this.#endLine();
        return { tokens, bad };
      }
      const token = this.#next(ch, start);
      if (token === undefined) bad = true;
      else tokens.push(token);
    }
  }

  #next(ch: string, start: number): Token | undefined {
    const kind = this.#class();
    if (kind & WORD) {
      // Letters after digits are taken along, so that `5x` is one bad number and not two tokens.
      do this.#at++;
      while (this.#class() & WORD);
      return this.#token(kind & DIGIT ? "number" : "name", this.#source.slice(start, this.#at), start);
    }
    if (kind & MARK) {
      this.#at++;
      return this.#token("mark", ch, start);
    }
    if (ch === '"') return this.#string(start);
    const unknown = this.#match(UNKNOWN) ?? "";
    const at = this.#token("mark", unknown, start);
    const text = `unexpected ${quoted(unknown)}: expected a name, a number, a string or one of , : ( ) + - #`;
    this.#diagnostics.report("asm.bad_character", at, text);
    return undefined;
  }

  #string(start: number): Token | undefined {
    const text = this.#match(STRING);
    if (text === undefined) {
      this.#match(REST);
      const at = this.#token("string", this.#source.slice(start, this.#at), start);
      this.#diagnostics.report("asm.bad_string", at, 'expected " before the end of the line');
      return undefined;
    }
    const token = this.#token("string", text.slice(1, -1), start);
    if (isWellFormed(text)) return token;
    this.#diagnostics.report("asm.bad_string", token, "the string has half a surrogate pair in it");
    return undefined;
  }

  /** Of the character at the cursor; 0 for what is not ASCII, and at the end. */
  #class(): number {
    return CLASS[this.#source.charCodeAt(this.#at)] ?? 0;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #token(kind: Token["kind"], text: string, start: number): Token {
    const column = start - this.#lineStart + 1;
    return { kind, text, line: this.#line, column, length: this.#at - start };
  }

  #endLine(): void {
    if (this.#source.startsWith("\r\n", this.#at)) this.#at += 2;
    else if (!this.done) this.#at++;
  }
}
