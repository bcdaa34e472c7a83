// How a place in a value is written: `$.users[3].id`, `$["odd name"]`, `$.pet::Dog` (D50).

const IDENTIFIER = /^[A-Za-z_$][A-Za-z0-9_$]*$/;
const MAX_NAME = 64;

/** `.name`, or `["name"]` where it is no identifier: printable ASCII only, at most 64 characters of the name. */
export function fieldSegment(name: string): string {
  const short = name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name;
  return IDENTIFIER.test(name) && name.length <= MAX_NAME ? `.${name}` : `[${asciiJson(short)}]`;
}

/** `["key"]`, of a map. */
export function keySegment(key: string): string {
  const segment = fieldSegment(key);
  return segment.startsWith(".") ? `[${asciiJson(key)}]` : segment;
}

export const indexSegment = (index: number): string => `[${index}]`;

export function variantSegment(name: string): string {
  return IDENTIFIER.test(name) && name.length <= MAX_NAME
    ? `::${name}`
    : `::${asciiJson(name.slice(0, MAX_NAME))}`;
}

function asciiJson(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
