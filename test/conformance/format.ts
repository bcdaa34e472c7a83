// The case file format: text to `CaseFile`, strictly. Unknown sections, keys and columns, and expectations that
// are missing, are errors with file and line. What a case means is in run.ts. In short:
//
//   ; what it shows, rule ids                    header comment, required
//   -- policy        {"memSize": 4096}           JSON; before the first program it is for all programs
//   -- stdin         "text\n"  or  hex 00 ff
//   -- inputs        {"entry": "main", "args": []}
//   -- asm           assembly; {name} is filled in by the columns of a table row
//   -- words         CODE as hex words           -- module    the file as hex bytes
//   -- expect        one `key value` per line
//   -- table         rows `column=value … => column=value … [trap.code]`, where a column is a register, CMP,
//                    [address]=hex, and before `fuel` or a name of the program, after `pc`, `used`, `stdout`,
//                    `stderr` (hex); `=> same` where nothing changes
//
// A program section starts a new case of the file; it is followed by exactly one of expect and table.

import { REGISTERS } from "../../src/zasm/isa/table.ts";

type ProgramKind = "asm" | "words" | "module";

interface Inputs {
  readonly entry?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Bytes at a guest address. */
export interface Bytes {
  readonly address: bigint;
  readonly bytes: Uint8Array;
}

/** Register contents by name: unsigned 64 bits, CMP signed 32. */
type RegisterValues = ReadonlyMap<string, bigint>;

/** What a whole run must come to. Absent pc and offset must be absent, absent output must be empty. */
export interface Expectation {
  readonly line: number;
  readonly status: "ok" | "trap" | "reject" | "error";
  readonly code?: string;
  readonly category?: string;
  readonly pc?: number;
  readonly offset?: number;
  readonly fuelUsed?: number;
  readonly deterministic: boolean;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly registers: RegisterValues;
  readonly memory: readonly Bytes[];
}

/** One row: the state before, and what of it is different after. All else must be as before. */
export interface Row {
  readonly line: number;
  readonly text: string;
  readonly substitutions: ReadonlyMap<string, string>;
  readonly registers: RegisterValues;
  readonly memory: readonly Bytes[];
  readonly fuel?: number;
  readonly after: {
    readonly trap?: string;
    readonly pc?: number;
    readonly fuelUsed?: number;
    readonly stdout: Uint8Array;
    readonly stderr: Uint8Array;
    readonly registers: RegisterValues;
    readonly memory: readonly Bytes[];
  };
}

export interface Case {
  readonly line: number;
  readonly kind: ProgramKind;
  readonly program: string;
  readonly policy: Readonly<Record<string, unknown>>;
  readonly stdin: Uint8Array;
  readonly inputs: Inputs;
  readonly expect?: Expectation;
  readonly rows?: readonly Row[];
}

export interface CaseFile {
  readonly name: string;
  readonly title: string;
  readonly cases: readonly Case[];
}

/** A case file that is not one. */
class CaseFormatError extends Error {
  constructor(file: string, line: number, message: string) {
    super(`${file}:${line}: ${message}`);
  }
}

interface Section {
  readonly name: string;
  readonly line: number;
  readonly lines: readonly { readonly line: number; readonly text: string }[];
}

const PROGRAMS: readonly string[] = ["asm", "words", "module"];
const SETTINGS: readonly string[] = ["policy", "stdin", "inputs"];

export function parseCaseFile(name: string, text: string): CaseFile {
  return new Parser(name).file(text);
}

class Parser {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  #fail(line: number, message: string): never {
    throw new CaseFormatError(this.#name, line, message);
  }

  file(text: string): CaseFile {
    const { header, sections } = this.#split(text);
    const title = header.find((line) => !line.includes("[verify"));
    if (title === undefined || title === "")
      this.#fail(1, "the file must open with a comment, `; what it shows`");
    const shared = new Map<string, Section>();
    const groups: Map<string, Section>[] = [];
    for (const section of sections) {
      if (PROGRAMS.includes(section.name)) groups.push(new Map());
      const group = groups.at(-1) ?? shared;
      const known = [...PROGRAMS, ...SETTINGS, "expect", "table"].includes(section.name);
      if (!known) this.#fail(section.line, `unknown section ${section.name}`);
      if (group === shared && !SETTINGS.includes(section.name)) {
        this.#fail(section.line, `section ${section.name} stands before any program`);
      }
      if (group.has(section.name)) this.#fail(section.line, `section ${section.name} stands twice`);
      group.set(section.name, section);
    }
    if (groups.length === 0) this.#fail(1, "there is no program section");
    return { name: this.#name, title, cases: groups.map((group) => this.#case(group, shared)) };
  }

  #split(text: string): { header: string[]; sections: Section[] } {
    const header: string[] = [];
    const sections: { name: string; line: number; lines: { line: number; text: string }[] }[] = [];
    text.split("\n").forEach((raw, i) => {
      const line = i + 1;
      const heading = /^-- (\S+)$/.exec(raw);
      const section = sections.at(-1);
      if (heading !== null) sections.push({ name: heading[1] ?? "", line, lines: [] });
      else if (raw.startsWith("--")) this.#fail(line, "a section heading is `-- name` and nothing else");
      else if (section !== undefined) section.lines.push({ line, text: raw });
      else if (raw.startsWith(";")) header.push(raw.slice(1).trim());
      else if (raw.trim() !== "") this.#fail(line, "expected a comment or a section heading");
    });
    return { header, sections };
  }

  #case(group: ReadonlyMap<string, Section>, shared: ReadonlyMap<string, Section>): Case {
    const program = [...group.values()].find((section) => PROGRAMS.includes(section.name));
    if (program === undefined) throw new Error("a group starts with a program");
    const setting = (name: string) => group.get(name) ?? shared.get(name);
    const expect = group.get("expect");
    const table = group.get("table");
    if ((expect === undefined) === (table === undefined)) {
      this.#fail(program.line, "a program is followed by exactly one of expect and table");
    }
    const body = program.lines.map(({ text }) => text).join("\n");
    if (body.trim() === "") this.#fail(program.line, "the program is empty");
    const stdin = setting("stdin");
    return {
      line: program.line,
      kind: program.name as ProgramKind, // it is one of PROGRAMS
      program: body,
      policy: this.#json(setting("policy")),
      stdin: stdin === undefined ? new Uint8Array(0) : this.#bytes(joined(stdin), stdin.line),
      inputs: this.#inputs(setting("inputs")),
      ...(expect === undefined ? {} : { expect: this.#expectation(expect) }),
      ...(table === undefined ? {} : { rows: this.#rows(table, body) }),
    };
  }

  #json(section: Section | undefined): Readonly<Record<string, unknown>> {
    if (section === undefined) return {};
    let value: unknown;
    try {
      value = JSON.parse(joined(section));
    } catch {
      this.#fail(section.line, `${section.name} is not JSON`);
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      this.#fail(section.line, `${section.name} is not a JSON object`);
    }
    return value as Record<string, unknown>;
  }

  #inputs(section: Section | undefined): Inputs {
    const inputs = this.#json(section);
    const unknown = Object.keys(inputs).find((key) => !["entry", "args", "env"].includes(key));
    if (unknown !== undefined) this.#fail(section?.line ?? 1, `unknown input ${unknown}`);
    return inputs;
  }

  /** A JSON string, or `hex` and pairs of digits. */
  #bytes(text: string, line: number): Uint8Array {
    if (text.startsWith("hex")) return this.#hex(text.slice(3), line);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      value = undefined;
    }
    if (typeof value !== "string") this.#fail(line, `expected a JSON string or hex digits, found ${text}`);
    return new TextEncoder().encode(value);
  }

  #hex(text: string, line: number): Uint8Array {
    const digits = text.replace(/\s+/g, "");
    if (digits.length % 2 !== 0 || /[^0-9a-fA-F]/.test(digits)) {
      this.#fail(line, `expected pairs of hex digits, found ${text.trim()}`);
    }
    return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  }

  #integer(text: string, line: number): bigint {
    const [, minus = "", digits = ""] = /^(-?)(0x[0-9a-fA-F]+|[0-9]+)$/.exec(text) ?? [];
    if (digits === "") this.#fail(line, `expected an integer, found ${text}`);
    const value = BigInt(digits);
    if (value >= 1n << 64n) this.#fail(line, `${text} has more than 64 bits`);
    return minus === "" ? value : -value;
  }

  #count(text: string, line: number): number {
    const value = Number(this.#integer(text, line));
    if (!Number.isSafeInteger(value) || value < 0) this.#fail(line, `expected a count, found ${text}`);
    return value;
  }

  #expectation(section: Section): Expectation {
    const given = new Map<string, { value: string; line: number }>();
    const registers = new Map<string, bigint>();
    const memory: Bytes[] = [];
    const keys = [
      "status",
      "code",
      "category",
      "pc",
      "offset",
      "fuelUsed",
      "deterministic",
      "stdout",
      "stderr",
    ];
    for (const { line, text } of statements(section)) {
      const [, key = "", value = ""] = /^(\S+) +(.*)$/.exec(text) ?? this.#fail(line, "expected `key value`");
      if (key.startsWith("[")) memory.push(this.#memory(key, value, line));
      else if (isRegister(key)) {
        if (registers.has(key)) this.#fail(line, `${key} stands twice`);
        registers.set(key, this.#register(key, value, line));
      } else {
        if (!keys.includes(key)) this.#fail(line, `unknown key ${key}`);
        if (given.has(key)) this.#fail(line, `${key} stands twice`);
        given.set(key, { value, line });
      }
    }
    const { line } = section;
    const need = (key: string) => given.get(key)?.value ?? this.#fail(line, `expect lacks ${key}`);
    const count = (key: string) => {
      const found = given.get(key);
      return found === undefined ? {} : { [key]: this.#count(found.value, found.line) };
    };
    const output = (key: string) => {
      const found = given.get(key);
      return found === undefined ? new Uint8Array(0) : this.#bytes(found.value, found.line);
    };
    const status = need("status");
    if (status !== "ok" && status !== "trap" && status !== "reject" && status !== "error") {
      this.#fail(line, `unknown status ${status}`);
    }
    const failed = status !== "ok";
    if (status === "trap") need("pc");
    if (!failed && given.size + registers.size + memory.length < 2)
      this.#fail(line, "expect asserts only that it ran");
    if (!failed && ["code", "category", "pc", "offset"].some((key) => given.has(key))) {
      this.#fail(line, "a normal end has no code, category, pc or offset");
    }
    const deterministic = given.get("deterministic")?.value ?? "true";
    if (deterministic !== "true" && deterministic !== "false")
      this.#fail(line, "deterministic is true or false");
    return {
      line,
      status,
      ...(failed ? { code: need("code"), category: need("category") } : {}),
      ...count("pc"),
      ...count("offset"),
      ...count("fuelUsed"),
      deterministic: deterministic === "true",
      stdout: output("stdout"),
      stderr: output("stderr"),
      registers,
      memory,
    };
  }

  /** `[0x10]` and hex digits, spaced or not. */
  #memory(key: string, value: string, line: number): Bytes {
    const address = /^\[(\S+)\]$/.exec(key)?.[1] ?? this.#fail(line, `expected [address], found ${key}`);
    return { address: this.#integer(address, line), bytes: this.#hex(value, line) };
  }

  #register(name: string, value: string, line: number): bigint {
    const integer = this.#integer(value, line);
    return name === "CMP" ? BigInt.asIntN(32, integer) : BigInt.asUintN(64, integer);
  }

  #rows(section: Section, program: string): Row[] {
    const names = new Set(Array.from(program.matchAll(/\{(\w+)\}/g), (match) => match[1] ?? ""));
    const rows = statements(section).map(({ line, text }) => this.#row(line, text, names));
    if (rows.length === 0) this.#fail(section.line, "the table has no rows");
    const repeated = rows.find((row, i) => rows.findIndex((other) => other.text === row.text) < i);
    if (repeated !== undefined) this.#fail(repeated.line, "the row stands twice");
    return rows;
  }

  #row(line: number, text: string, names: ReadonlySet<string>): Row {
    const [left, right, ...rest] = text.split("=>");
    if (left === undefined || right === undefined || rest.length > 0) this.#fail(line, "expected one `=>`");
    const before = this.#columns(line, left);
    const after = this.#columns(line, right);
    const substitutions = new Map<string, string>();
    for (const name of names) {
      const value = before.other.get(name) ?? this.#fail(line, `the row lacks ${name}`);
      before.other.delete(name);
      substitutions.set(name, value);
    }
    const take = (from: Map<string, string>, key: string) => {
      const value = from.get(key);
      from.delete(key);
      return value === undefined ? undefined : this.#count(value, line);
    };
    const fuel = take(before.other, "fuel");
    const pc = take(after.other, "pc");
    const fuelUsed = take(after.other, "used");
    const output = (key: string) => {
      const value = after.other.get(key);
      after.other.delete(key);
      return this.#hex(value ?? "", line);
    };
    const [stdout, stderr] = [output("stdout"), output("stderr")];
    for (const key of [...before.other.keys(), ...after.other.keys()])
      this.#fail(line, `unknown column ${key}`);
    if (before.bare.length > 0) this.#fail(line, `unknown column ${before.bare[0]}`);
    const [trap, ...more] = after.bare;
    if (more.length > 0 || (trap !== undefined && !trap.startsWith("trap."))) {
      this.#fail(line, `expected at most one trap code, found ${after.bare.join(" ")}`);
    }
    if ((trap === undefined) !== (pc === undefined))
      this.#fail(line, "a trap has a pc, a normal end has none");
    if (trap === undefined && fuelUsed === undefined && right.replace(/;.*/, "").trim() === "") {
      this.#fail(line, "the row expects nothing; say `=> same` where nothing changes");
    }
    return {
      line,
      text,
      substitutions,
      registers: before.registers,
      memory: before.memory,
      ...(fuel === undefined ? {} : { fuel }),
      after: {
        ...(trap === undefined ? {} : { trap }),
        ...(pc === undefined ? {} : { pc }),
        ...(fuelUsed === undefined ? {} : { fuelUsed }),
        stdout,
        stderr,
        registers: after.registers,
        memory: after.memory,
      },
    };
  }

  #columns(line: number, text: string) {
    const registers = new Map<string, bigint>();
    const memory: Bytes[] = [];
    const other = new Map<string, string>();
    const bare: string[] = [];
    for (const column of text.split(/\s+/).filter((part) => part !== "" && part !== "same")) {
      const [, key = "", value = ""] = /^([^=]+)=(.+)$/.exec(column) ?? [];
      if (key === "") bare.push(column);
      else if (key.startsWith("[")) memory.push(this.#memory(key, value, line));
      else if (registers.has(key) || other.has(key)) this.#fail(line, `${key} stands twice`);
      else if (isRegister(key)) registers.set(key, this.#register(key, value, line));
      else other.set(key, value);
    }
    return { registers, memory, other, bare };
  }
}

const isRegister = (key: string): boolean => key === "CMP" || (REGISTERS as readonly string[]).includes(key);

const joined = (section: Section): string =>
  section.lines
    .map(({ text }) => text)
    .join("\n")
    .trim();

/** Lines with something on them; `;` starts a comment. */
const statements = (section: Section) =>
  section.lines
    .map(({ line, text }) => ({ line, text: withoutComment(text) }))
    .filter(({ text }) => text !== "");

/** A `;` inside a JSON string is text. */
function withoutComment(text: string): string {
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '"' && text[i - 1] !== "\\") quoted = !quoted;
    if (text[i] === ";" && !quoted) return text.slice(0, i).trim();
  }
  return text.trim();
}
