// Two traces as text, compared line by line up to the first difference. It knows the shape of the lines and nothing
// of what they mean.

import { TRACE_MAGIC } from "./trace-text.ts";

export interface TraceDifference {
  /** Records that are equal, from the start. */
  readonly same: number;
  /** The last of them, oldest first. */
  readonly before: readonly string[];
  /** The first record that differs and some after it; empty where the trace had ended. */
  readonly a: readonly string[];
  readonly b: readonly string[];
  /** What differs in the first line of each: names of `key=value` parts, or `instruction`. */
  readonly differs: readonly string[];
}

export interface TraceComparison {
  /** Absent when the traces are the same. */
  readonly difference?: TraceDifference;
  readonly records: number;
  /** Facts about what was traced that are not the same: `tier`, `module`. */
  readonly header: readonly { readonly name: string; readonly a: string; readonly b: string }[];
}

/** Lines shown before and after the difference. */
const CONTEXT = 4;

/** Compares as much as it has to. Gives `undefined` when one of them is no trace. */
export function diffTraces(a: Iterable<string>, b: Iterable<string>): TraceComparison | undefined {
  const [left, right] = [new Lines(a), new Lines(b)];
  try {
    const headers = [left.header(), right.header()] as const;
    if (headers.includes(undefined)) return undefined;
    const header = headerDifferences(headers[0] ?? new Map(), headers[1] ?? new Map());
    const before: string[] = [];
    for (let records = 0; ; records++) {
      const [one, two] = [left.record(), right.record()];
      if (one === two) {
        if (one === undefined) return { records, header };
        before.push(one);
        if (before.length > CONTEXT) before.shift();
        continue;
      }
      const difference = {
        same: records,
        before,
        a: [one, ...left.take(CONTEXT)].filter((line) => line !== undefined),
        b: [two, ...right.take(CONTEXT)].filter((line) => line !== undefined),
        differs: differences(one, two),
      };
      return { difference, records, header };
    }
  } finally {
    left.close();
    right.close();
  }
}

class Lines {
  readonly #iterator: Iterator<string>;
  #pending: string | undefined;

  constructor(lines: Iterable<string>) {
    this.#iterator = lines[Symbol.iterator]();
    this.#pending = this.#read();
  }

  #read(): string | undefined {
    const { done, value } = this.#iterator.next();
    return done ? undefined : value;
  }

  next(): string | undefined {
    const line = this.#pending;
    if (line !== undefined) this.#pending = this.#read();
    return line;
  }

  /** The next line that is a record. */
  record(): string | undefined {
    let line = this.next();
    while (line?.startsWith("#")) line = this.next();
    return line;
  }

  take(count: number): (string | undefined)[] {
    return Array.from({ length: count }, () => this.record());
  }

  /** The `# name value` lines, or `undefined` when the first line is not a trace's. */
  header(): Map<string, string> | undefined {
    if (!this.#pending?.startsWith(TRACE_MAGIC)) return undefined;
    const facts = new Map<string, string>();
    // A trace without records has its last remark right behind.
    while (this.#pending?.startsWith("# ") && !facts.has("tier")) {
      const [, name = "", ...words] = (this.next() ?? "").split(" ");
      facts.set(name, words.join(" "));
    }
    return facts;
  }

  close(): void {
    this.#iterator.return?.();
  }
}

function headerDifferences(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>) {
  const names = new Set([...a.keys(), ...b.keys()]);
  return [...names]
    .map((name) => ({ name, a: a.get(name) ?? "", b: b.get(name) ?? "" }))
    .filter((fact) => fact.a !== fact.b);
}

/** Names of the `key=value` parts that are not the same; where other words differ, those of another record. */
function differences(a: string | undefined, b: string | undefined): string[] {
  if (a === undefined || b === undefined) return ["length"];
  const [one, two] = [partsOf(a), partsOf(b)];
  if (one.get(INSTRUCTION) !== two.get(INSTRUCTION)) return [INSTRUCTION];
  const names = new Set([...one.keys(), ...two.keys()]);
  return [...names].filter((name) => one.get(name) !== two.get(name));
}

const INSTRUCTION = "instruction";

function partsOf(line: string): Map<string, string> {
  const parts = new Map<string, string>();
  const words: string[] = [];
  for (const word of line.trim().split(/\s+/)) {
    const at = word.indexOf("=");
    if (at < 0) words.push(word);
    else parts.set(word.slice(0, at), word.slice(at + 1));
  }
  return parts.set(INSTRUCTION, words.join(" "));
}
