// An independent JSON: a writer that spells the same document in many ways, a reader that keeps what `JSON.parse`
// loses (order of keys, integers beyond 2^53), and what of bytes is JSON at all.

import { Entries, type Wire } from "./wire.ts";

/** 0 ≤ result < n. */
export type Dice = (n: number) => number;

/** Spells `wire`; `dice` decides on space, escapes and how numbers look. Absent: plainly. */
export function printJson(wire: Wire, dice: Dice = () => 0): string {
  const space = () => ["", "", "", " ", "\n\t", "\r  "][dice(6)]!;
  const quoted = (text: string) => (dice(3) === 2 ? escaped(text) : JSON.stringify(text));
  const print = (value: Wire): string => {
    if (typeof value === "string") return quoted(value);
    if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
    if (value === null || typeof value === "boolean" || typeof value === "bigint") return String(value);
    if (value instanceof Entries) {
      const entries = value.list.map(
        ([key, item]) => `${space()}${quoted(key as string)}${space()}:${space()}${print(item)}${space()}`,
      );
      return `{${entries.join(",") || space()}}`;
    }
    if (value instanceof Uint8Array) throw new Error("JSON has no bytes");
    return `[${value.map((item) => `${space()}${print(item)}${space()}`).join(",") || space()}]`;
  };
  return space() + print(wire) + space();
}

const escaped = (text: string): string =>
  `"${Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`).join("")}"`;

/** The same entries, struct fields and all, in another order. Only where order says nothing. */
export function shuffled(wire: Wire, dice: Dice): Wire {
  if (Array.isArray(wire)) return wire.map((item) => shuffled(item, dice));
  if (!(wire instanceof Entries)) return wire;
  const list = wire.list.map(([key, value]) => [key, shuffled(value, dice)] as const);
  for (let i = list.length - 1; i > 0; i--) {
    const j = dice(i + 1);
    [list[i], list[j]] = [list[j]!, list[i]!];
  }
  return new Entries(list);
}

/** Whether bytes are a JSON text of well-formed strings; `JSON.parse` decides. */
export function isJson(bytes: Uint8Array): boolean {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return isWellFormed(JSON.parse(text));
  } catch {
    return false;
  }
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === "string") return !/\p{Surrogate}/u.test(value);
  if (Array.isArray(value)) return value.every(isWellFormed);
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([key, item]) => isWellFormed(key) && isWellFormed(item));
}

/** A document that is known to be JSON, exactly: numbers without a fraction are bigints, `-0` is a float. */
export function parseJson(text: string): Wire {
  let at = 0;
  const token = /[\s]*([[\]{},:]|"(?:[^"\\]|\\.)*"|[^\s[\]{},:"]+)[\s]*/y;
  const next = (): string => {
    token.lastIndex = at;
    const [, found] = token.exec(text)!;
    at = token.lastIndex;
    return found!;
  };
  const peek = (): string => {
    const before = at;
    const found = next();
    at = before;
    return found;
  };
  const value = (): Wire => {
    const found = next();
    if (found === "[") {
      const items: Wire[] = [];
      if (peek() === "]") next();
      else
        do items.push(value());
        while (next() === ",");
      return items;
    }
    if (found === "{") {
      const entries: [Wire, Wire][] = [];
      if (peek() === "}") next();
      else {
        do {
          const key = JSON.parse(next()) as string;
          next();
          entries.push([key, value()]);
        } while (next() === ",");
      }
      return new Entries(entries);
    }
    return /^-?[0-9]+$/.test(found) && found !== "-0" ? BigInt(found) : (JSON.parse(found) as Wire);
  };
  return value();
}
