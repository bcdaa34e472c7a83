// What an option is, and argv to options, operands and the rest after `--`. On top of node:util's tokens,
// because its own strict mode knows neither suggestions nor our codes.

import { parseArgs } from "node:util";
import { CliFailure } from "./failure.ts";
import { suggestion } from "./nearest.ts";

interface Described {
  readonly short?: string;
  readonly doc: string;
}
export type OptionSpec =
  | (Described & { readonly kind: "flag" })
  /** `placeholder` names the value in help; given twice, the last one counts. */
  | (Described & { readonly kind: "value"; readonly placeholder: string })
  /** May be repeated; all values count. */
  | (Described & { readonly kind: "values"; readonly placeholder: string });

export type Options = Readonly<Record<string, OptionSpec>>;

export type Given<O extends Options> = {
  readonly [K in keyof O]?: O[K]["kind"] extends "flag"
    ? true
    : O[K]["kind"] extends "values"
      ? readonly string[]
      : string;
};

export interface Args<O extends Options = Options> {
  readonly given: Given<O>;
  readonly operands: readonly string[];
  /** Guest arguments: everything after `--`, for commands that take them. */
  readonly rest: readonly string[];
  readonly wantsHelp: boolean;
}

/** What a command accepts, as far as parsing goes. */
export interface Syntax<O extends Options = Options> {
  readonly name: string;
  readonly options: O;
  /** Names of the operands, in order; those from `required` on may be left out. */
  readonly operands: readonly string[];
  readonly required: number;
  /** The last operand may be repeated. */
  readonly many?: true;
  /** What words after `--` are, where they belong to the guest; elsewhere they are operands. */
  readonly rest?: string;
}

export const HELP: Options = { help: { kind: "flag", short: "h", doc: "show this help" } };

/** Throws `CliFailure` with a `usage.*` code. Asking for help excuses missing operands. */
export function parseArguments<O extends Options>(syntax: Syntax<O>, argv: readonly string[]): Args<O> {
  const options: Options = { ...HELP, ...syntax.options };
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(options).map(([name, { kind, short }]) => [
        name,
        { type: kind === "flag" ? "boolean" : "string", ...(short === undefined ? {} : { short }) },
      ]),
    ),
  });
  const given: Record<string, true | string | string[]> = Object.create(null);
  const operands: string[] = [];
  const rest: string[] = [];
  let isAfterTerminator = false;
  for (const token of tokens) {
    if (token.kind === "option-terminator") isAfterTerminator = true;
    else if (token.kind === "positional") {
      (isAfterTerminator && syntax.rest !== undefined ? rest : operands).push(token.value);
    } else {
      const spec = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
      if (spec === undefined) throw unknownOption(syntax.name, token.rawName, options);
      if (spec.kind === "flag") {
        if (token.value !== undefined) {
          throw new CliFailure("usage.bad_value", `${token.rawName} takes no value`);
        }
        given[token.name] = true;
        continue;
      }
      const { value } = token;
      // `--policy --json` forgot the value; `--policy=--json` means it.
      if (value === undefined || (!token.inlineValue && value.startsWith("--"))) {
        throw new CliFailure("usage.missing_argument", `${token.rawName} needs a value: ${spec.placeholder}`);
      }
      if (spec.kind === "value") given[token.name] = value;
      else given[token.name] = [...((given[token.name] as string[] | undefined) ?? []), value];
    }
  }
  const wantsHelp = given.help === true;
  if (!wantsHelp) checkOperands(syntax, operands);
  return { given: given as Given<O>, operands, rest, wantsHelp }; // kinds were followed above
}

function unknownOption(command: string, rawName: string, options: Options): CliFailure {
  const names = Object.keys(options).map((name) => `--${name}`);
  const hint = suggestion(rawName, names) || `; see sinter help ${command}`;
  return new CliFailure("usage.unknown_option", `sinter ${command} has no option ${rawName}${hint}`);
}

function checkOperands(syntax: Syntax, operands: readonly string[]): void {
  const missing = operands.length < syntax.required ? syntax.operands[operands.length] : undefined;
  if (missing !== undefined) {
    const usage = `see sinter help ${syntax.name}`;
    throw new CliFailure("usage.missing_argument", `sinter ${syntax.name} needs ${missing}; ${usage}`);
  }
  const extra = syntax.many ? undefined : operands[syntax.operands.length];
  if (extra !== undefined) {
    const hint = syntax.rest !== undefined ? "; arguments for the program go after --" : "";
    throw new CliFailure("usage.extra_argument", `unexpected argument ${extra}${hint}`);
  }
}

const UNITS: Readonly<Record<string, number>> = { "": 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** The integer `text` spells: decimal, 0x…, and for sizes with KiB, MiB or GiB behind. */
export function readInteger(option: string, text: string, max: number): number {
  const [, digits = "", unit = ""] = /^(\d+|0x[0-9a-fA-F]+)(KiB|MiB|GiB)?$/.exec(text) ?? [];
  const value = digits === "" ? -1 : Number(digits) * (UNITS[unit] ?? 1);
  if (value >= 0 && value <= max && Number.isSafeInteger(value)) return value;
  throw new CliFailure("usage.bad_value", `${option} must be an integer from 0 to ${max}, not ${text}`);
}

/** As `readInteger`, for what 0 makes no sense for. */
export function readCount(option: string, text: string): number {
  const value = readInteger(option, text, Number.MAX_SAFE_INTEGER);
  if (value > 0) return value;
  throw new CliFailure("usage.bad_value", `${option} must be an integer from 1, not ${text}`);
}

/** A 64-bit address: decimal or 0x…. */
export function readAddress(option: string, text: string): bigint {
  if (/^(\d{1,20}|0x[0-9a-fA-F]{1,16})$/.test(text)) {
    const value = BigInt(text);
    if (value < 1n << 64n) return value;
  }
  throw new CliFailure(
    "usage.bad_value",
    `${option} must be an address below 2^64, decimal or 0x…, not ${text}`,
  );
}
