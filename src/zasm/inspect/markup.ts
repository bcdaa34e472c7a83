// HTML that is escaped by construction: text becomes markup only through the tag below, which escapes every value
// that is not markup already.

/** Made by `html`, and of our own constants. */
export class Markup {
  readonly #text: string;
  private constructor(text: string) {
    this.#text = text;
  }
  /** @internal For text without anything foreign in it. */
  static of(text: string): Markup {
    return new Markup(text);
  }
  toString(): string {
    return this.#text;
  }
}

type Value = string | number | Markup | undefined | readonly Value[];

/** Strings and numbers are text, `undefined` is nothing, lists are joined. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Markup {
  const out = [strings[0]!];
  values.forEach((value, i) => {
    out.push(written(value), strings[i + 1]!);
  });
  return Markup.of(out.join(""));
}

function written(value: Value): string {
  if (value === undefined) return "";
  if (value instanceof Markup) return value.toString();
  if (typeof value === "object") return value.map(written).join("");
  return escaped(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Control and format characters but tab and line feed, and the two that end lines in scripts. */
const UNSEEN = /(?![\t\n])[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Safe in text and in quoted attributes. What has no shape, or turns text around, is shown as its code point. */
const escaped = (text: string): string =>
  text
    .replace(UNSEEN, (ch) => `\\u{${ch.codePointAt(0)?.toString(16)}}`)
    .replace(/[&<>"']/g, (ch) => ENTITIES[ch]!);
