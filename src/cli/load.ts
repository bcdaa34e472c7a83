// Loading a module for a command, and saying what was wrong with it.

import { decodeUtf8 } from "../core/bytes.ts";
import type { Failure } from "../core/errors.ts";
import { STANDARD } from "./files.ts";
import type { Io } from "./io.ts";
import { placeOf, printFailure } from "./report.ts";

/** As much of a file as is looked at to tell text from a module. */
const SNIFF_BYTES = 4096;

/** The reason, with a word on the commonest mistake: giving the source instead of the module. */
export function explain(failed: Pick<Failure, "code" | "reason">, bytes: Uint8Array, path: string): string {
  const isUnrecognised = failed.code === "container.bad_magic" || failed.code === "container.too_small";
  if (!isUnrecognised || bytes.length === 0 || !isText(bytes.subarray(0, SNIFF_BYTES))) return failed.reason;
  const source = path === STANDARD ? "SOURCE" : path;
  return `${failed.reason}; this is text, assemble it first: sinter asm ${source}`;
}

/** No control characters but white space, and UTF-8 up to a character cut at the end. */
function isText(bytes: Uint8Array): boolean {
  if (bytes.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d)) return false;
  return [0, 1, 2, 3].some((cut) => decodeUtf8(bytes.subarray(0, bytes.length - cut)) !== undefined);
}

export const fileName = (path: string): string => (path === STANDARD ? "standard input" : path);

/** One line on stderr for a module that was refused. */
export function printReject(io: Io, failed: Failure, path: string): void {
  printFailure(io, failed.code, failed.reason, placeOf(fileName(path), failed));
}
