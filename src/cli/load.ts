// Loading a module for a command, and saying what was wrong with it.

import { decodeUtf8 } from "../core/bytes.ts";
import { type Failure, quoted } from "../core/errors.ts";
import type { PolicyInput } from "../core/policy.ts";
import { Engine } from "../zasm/runtime/engine.ts";
import { STANDARD } from "./files.ts";
import type { Io } from "./io.ts";
import { placeOf, printFailure } from "./report.ts";

/** As much of a file as is looked at to tell text from a module. */
const SNIFF_BYTES = 4096;

/** The reason, with a word on the commonest mistakes: an empty file, and the source instead of the module. */
export function explain(failed: Pick<Failure, "code" | "reason">, bytes: Uint8Array, path: string): string {
  if (failed.code === "container.too_small" && bytes.length === 0) {
    return path === STANDARD ? "standard input is empty" : "the file is empty";
  }
  const isUnrecognised = failed.code === "container.bad_magic" || failed.code === "container.too_small";
  if (!isUnrecognised || !isText(bytes.subarray(0, SNIFF_BYTES))) return failed.reason;
  const source = path === STANDARD ? "SOURCE" : path;
  return `${failed.reason}; this is text, assemble it first: sinter asm ${source}`;
}

/** No control characters but white space, and UTF-8 up to a character cut at the end. */
function isText(bytes: Uint8Array): boolean {
  if (bytes.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d)) return false;
  return [0, 1, 2, 3].some((cut) => decodeUtf8(bytes.subarray(0, bytes.length - cut)) !== undefined);
}

const MAX_EXPORTS_NAMED = 5;

/** The reason for `entry.unknown`, with what there is. The names are the module's own text, and there may be many. */
export function unknownEntry({ reason }: Pick<Failure, "reason">, exports: readonly string[]): string {
  if (exports.length === 0) return `${reason}; the module exports nothing`;
  const more = exports.length > MAX_EXPORTS_NAMED ? ` and ${exports.length - MAX_EXPORTS_NAMED} more` : "";
  return `${reason}; it exports ${exports.slice(0, MAX_EXPORTS_NAMED).map(quoted).join(", ")}${more}`;
}

/** A failure of explain or trace with all that there is to say; an unknown entry fails before there is a module to ask. */
export function refusalOf(failed: Failure, bytes: Uint8Array, path: string, policy: PolicyInput): Failure {
  if (failed.code !== "entry.unknown") return { ...failed, reason: explain(failed, bytes, path) };
  const loaded = Engine.create().load(bytes, policy);
  return loaded.status === "ok" ? { ...failed, reason: unknownEntry(failed, loaded.module.exports) } : failed;
}

export const fileName = (path: string): string => (path === STANDARD ? "standard input" : path);

/** One line on stderr for a module that was refused. */
export function printReject(io: Io, failed: Failure, path: string): void {
  printFailure(io, failed.code, failed.reason, placeOf(fileName(path), failed));
}
