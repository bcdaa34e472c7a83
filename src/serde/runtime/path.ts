// Where in a value a run stopped: rebuilt from its frames and the paths of the program.

import { decodeUtf8 } from "../../core/bytes.ts";
import { int53At } from "../interp/cells.ts";
import { KIND } from "../ir/kinds.ts";
import { LIST, RECORD_BYTES } from "../ir/ops.ts";
import { indexSegment, keySegment } from "../ir/path.ts";
import { opAt, type Program } from "../ir/program.ts";
import { CASE, CASES, NAME } from "../ir/tables.ts";
import { ANY_VARIANT } from "../layout/any.ts";
import { FRAME, FRAMES_AT, SPAN, type StateBlock } from "../state/block.ts";

export function pathOf(program: Program, s: StateBlock): string {
  let path = "$";
  for (let at = FRAMES_AT; at < s.frameTop; at += FRAME.words) {
    const pc = s.words[at + FRAME.pc]!;
    path += program.paths[pc / RECORD_BYTES] ?? "";
    const element = elementOf(program, s, at, pc);
    if (element === undefined) return path;
    path += element;
  }
  const fields = s.detail < 0 ? undefined : fieldPathsAt(program, s.pc);
  return path + (fields?.[s.detail] ?? program.paths[s.pc / RECORD_BYTES] ?? "");
}

/** Paths of the fields of the key table of the record at `pc`. */
function fieldPathsAt(program: Program, pc: number): readonly string[] | undefined {
  return program.fieldPaths.get(program.words[(pc >> 2) + 1]!);
}

/** `[3]` or `["key"]` for a frame of a list or map, nothing for others; `undefined`: a key that is no key yet. */
function elementOf(program: Program, s: StateBlock, frame: number, pc: number): string | undefined {
  const verb = opAt(program, pc)?.row.verb;
  if (verb !== "list" && verb !== "rest" && verb !== "each") return "";
  const flags = (program.words[pc >> 2]! >>> 8) & 255;
  if ((flags & LIST.map) === 0) return indexSegment(s.words[frame + FRAME.count]! - 1);
  // Where in the entry: what the next frame saved, or the current state.
  const inner = frame + FRAME.words;
  const nested = inner < s.frameTop;
  const get = pc + RECORD_BYTES;
  if ((nested ? s.words[inner + FRAME.pc]! : s.pc) === get) return undefined;
  return entryKey(program, s, get, nested ? s.words[inner + FRAME.rec]! : s.rec);
}

/** The key of the entry at `rec`, which the record at `get` has read, or will write. */
function entryKey(program: Program, s: StateBlock, get: number, rec: number): string {
  const low = s.i32[2 * rec]!;
  const high = s.i32[2 * rec + 1]!;
  const kind = (program.words[get >> 2]! >>> 8) & 255;
  switch (opAt(program, get)?.row.verb) {
    case "call":
      return anyKeySegment(s, rec);
    case "case":
    case "pick":
      return variantKey(program, get, low) ?? anyKeySegment(s, rec);
  }
  switch (kind) {
    case KIND.str:
      // The key of an `any` in JSON is text, in the second of its cells.
      if (program.words[(get >> 2) + 1] === 1) return anyKeySegment(s, rec);
      return keySegment(spanText(s, low, high));
    case KIND.char:
      return keySegment(String.fromCodePoint(low));
    case KIND.bool:
      return `["${low !== 0}"]`;
    case KIND.u64:
      return `["${s.u64[rec]}"]`;
    case KIND.i64:
      return `["${s.i64[rec]}"]`;
    case KIND.u32:
      return `["${low >>> 0}"]`;
    default:
      return `["${int53At(s, rec)}"]`;
  }
}

/** Text and integers; what else may be a key has no short form. */
function anyKeySegment(s: StateBlock, rec: number): string {
  switch (s.i32[2 * rec]) {
    case ANY_VARIANT.string:
      return keySegment(spanText(s, s.i32[2 * rec + 2]!, s.i32[2 * rec + 3]!));
    case ANY_VARIANT.int:
      return `["${s.i64[rec + 1]}"]`;
    default:
      return "";
  }
}

/** The name of a variant that is a key: where the program has no name for its block, the one in the document. */
function variantKey({ words, bytes, paths }: Program, pc: number, variant: number): string | undefined {
  const table = words[(pc >> 2) + 2]! >> 2;
  const targets = words[table + CASES.targets]!;
  const rows = table + CASES.rows;
  for (let row = 0; row < targets; row++) {
    const at = rows + row * CASE.words;
    if (words[at + CASE.variant] !== variant) continue;
    const path = paths[words[at + CASE.target]! / RECORD_BYTES] ?? "";
    if (path.startsWith('::"')) return `[${path.slice(2)}]`;
    if (path.startsWith("::")) return keySegment(path.slice(2));
    const names = rows + targets * CASE.words;
    for (let i = 0; i < words[table + CASES.names]!; i++) {
      const name = names + i * NAME.words;
      if (words[name + NAME.field] !== row) continue;
      const from = words[name + NAME.at]!;
      const text = decodeUtf8(bytes.subarray(from, from + words[name + NAME.length]!));
      return text === undefined ? undefined : keySegment(text);
    }
  }
  return undefined;
}

/** At most 65 characters of a span: a path shows 64. */
function spanText(s: StateBlock, start: number, bits: number): string {
  const units = (bits & SPAN.text16) !== 0 ? s.text16 : (bits & SPAN.text8) !== 0 ? s.text8 : s.document;
  const end = Math.min(bits & SPAN.mask, start + 65);
  let text = "";
  for (let i = start; i < end; i++) text += String.fromCharCode(units[i]!);
  return text;
}
