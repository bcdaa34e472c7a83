// Values and results as text: two results are equal when their texts are. Everything a caller could see is in it, the
// order of properties and entries, the sign of zero and the class of an array too, which `deepStrictEqual` leaves out.

import type { CodecFailure } from "../../../src/serde/ir/failure.ts";

export function show(value: unknown): string {
  switch (typeof value) {
    case "bigint":
      return `${value}n`;
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "string":
      return JSON.stringify(value);
    case "object":
      return value === null ? "null" : showObject(value);
    default:
      return String(value);
  }
}

function showObject(value: object): string {
  if (Array.isArray(value)) return `[${value.map(show).join(",")}]`;
  if (ArrayBuffer.isView(value)) {
    const items = Array.from(value as unknown as ArrayLike<unknown>, show);
    return `${value.constructor.name}[${items.join(",")}]`;
  }
  if (value instanceof Map) {
    return `Map{${Array.from(value, ([key, item]) => `${show(key)}:${show(item)}`).join(",")}}`;
  }
  if (value instanceof Set) return `Set[${Array.from(value, show).join(",")}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  const name =
    prototype === Object.prototype ? "" : ((value.constructor as { name?: string })?.name ?? "null");
  // Own properties only, as descriptors: an accessor is no data, and nothing is looked up by name.
  const entries = Object.entries(Object.getOwnPropertyDescriptors(value));
  return `${name}{${entries.map(([key, { value: item }]) => `${JSON.stringify(key)}:${show(item)}`).join(",")}}`;
}

/** Everything of a failure but its reason, which nobody may compare. */
function showFailure({ code, offset, line, column, path, pc }: CodecFailure): string {
  const at = offset === undefined ? "" : ` @${offset}`;
  const where = line === undefined ? "" : ` ${line}:${column}`;
  return `error ${code}${at}${where} ${path ?? ""} ${pc ?? ""}`.trimEnd();
}

type Result = { readonly status: "ok"; readonly value?: unknown; readonly bytes?: Uint8Array } | CodecFailure;

export function showResult(result: Result): string {
  if (result.status === "error") return showFailure(result);
  return `ok ${result.bytes === undefined ? show(result.value) : hex(result.bytes)}`;
}

/** Without line, column and program position: what case files pin. */
export const brief = (result: string): string =>
  result
    .replace(/^ok /, "")
    .replace(/ [0-9]+:[0-9]+(?= )/, "")
    .replace(/ f[0-9]+:b[0-9]+:[0-9]+$/, "");

export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Of pairs of digits with space between them or not. */
export const unhex = (digits: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(digits.match(/[0-9a-f]{2}/gi) ?? [], (pair) => Number.parseInt(pair, 16));

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
