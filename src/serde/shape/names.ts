// Names of fields and variants: which there are, which need the array form, and what renameAll makes of them.
// Only ASCII letters change case: Unicode's tables differ between engines, and a wire name must not.

import { nameStep, quoted, refuse } from "./errors.ts";
import { MAX_NAME_LENGTH } from "./limits.ts";

/** Canonical array indices, 0 … 2^32 - 2: JavaScript would move properties of such names to the front (D40). */
const INDEX =
  "0|[1-9][0-9]{0,8}|[1-3][0-9]{9}|4[01][0-9]{8}|42[0-8][0-9]{7}|429[0-3][0-9]{6}|4294[0-8][0-9]{5}" +
  "|42949[0-5][0-9]{4}|429496[0-6][0-9]{3}|4294967[01][0-9]{2}|42949672[0-8][0-9]|429496729[0-4]";

/** Names that JavaScript objects reorder or swallow; as a regular expression for the JSON Schema too. */
export const UNORDERED_NAME = `^(__proto__|${INDEX})$`;
const UNORDERED = new RegExp(UNORDERED_NAME);

export const needsPairs = (name: string): boolean => UNORDERED.test(name);

/** Wire names are UTF-8, which has no lone surrogates. */
export const WELL_FORMED_NAME = "^\\P{Surrogate}*$";
const WELL_FORMED = new RegExp(WELL_FORMED_NAME, "u");

export const isWellFormed = (text: string): boolean => WELL_FORMED.test(text);

const isLong = (name: string): boolean =>
  name.length > MAX_NAME_LENGTH && [...name.slice(0, 2 * MAX_NAME_LENGTH + 1)].length > MAX_NAME_LENGTH;

export function checkName(name: unknown, path: string): string {
  if (typeof name !== "string") refuse("shape.bad_name", path, "a name must be a string");
  if (isLong(name)) refuse("shape.bad_name", path, `a name has at most ${MAX_NAME_LENGTH} characters`);
  if (!isWellFormed(name)) {
    refuse("shape.bad_name", path, `the name ${quoted(name)} has half a surrogate pair`);
  }
  return name;
}

/** For names that stand as keys of an object. */
export function checkKeyName(name: string, path: string): string {
  if (needsPairs(name)) {
    refuse(
      "shape.bad_name",
      path + nameStep(name),
      `${quoted(name)} would be reordered or lost in an object; use pairs: [[name, shape]]`,
    );
  }
  return checkName(name, path);
}

export const RENAME_STYLES = [
  "camel",
  "Pascal",
  "snake",
  "SCREAMING_SNAKE",
  "kebab",
  "SCREAMING-KEBAB",
] as const;
export type RenameStyle = (typeof RENAME_STYLES)[number];

/** `httpServer2_name` → http, Server2, name. Acronyms are one word: `HTTPServer` → HTTP, Server. */
function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .split(/[ _-]+/)
    .filter((word) => word !== "");
}

const lower = (word: string): string =>
  word.replace(/[A-Z]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 32));
const upper = (word: string): string =>
  word.replace(/[a-z]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 32));
const title = (word: string): string => upper(word.slice(0, 1)) + lower(word.slice(1));

/** `name` in `style`; a name without a word in it stays as it is. */
export function renamed(name: string, style: RenameStyle): string {
  const words = wordsOf(name);
  if (words.length === 0) return name;
  switch (style) {
    case "camel":
      return words.map((word, i) => (i === 0 ? lower(word) : title(word))).join("");
    case "Pascal":
      return words.map(title).join("");
    case "snake":
      return words.map(lower).join("_");
    case "SCREAMING_SNAKE":
      return words.map(upper).join("_");
    case "kebab":
      return words.map(lower).join("-");
    case "SCREAMING-KEBAB":
      return words.map(upper).join("-");
  }
}
