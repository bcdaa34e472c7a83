// The error record of a run that failed, from its block: everything is rebuilt here, nothing of it is kept on the way.

import { InternalError } from "../../core/errors.ts";
import { codeOf } from "../ir/codes.ts";
import type { CodecFailure } from "../ir/failure.ts";
import { KIND } from "../ir/kinds.ts";
import { LIST, RECORD_BYTES } from "../ir/ops.ts";
import { indexSegment, keySegment as keySegmentOf } from "../ir/path.ts";
import { opAt, type Program, positionOf } from "../ir/program.ts";
import { ANY_VARIANT } from "../layout/any.ts";
import { FRAME, FRAMES_AT, SPAN, type StateBlock } from "../state/block.ts";
import { reasonOf } from "./reason.ts";

export function failureOf(program: Program, s: StateBlock): CodecFailure {
  const code = codeOf(s.code);
  if (code === undefined) throw new InternalError("a run that failed without a code");
  const decode = program.direction === "decode";
  return {
    status: "error",
    code,
    reason: reasonOf(program, s, code),
    ...(decode ? { offset: s.offset } : {}),
    ...(decode && program.format === "json" ? lineOf(s.document, s.offset) : {}),
    path: pathOf(program, s),
    pc: positionOf(program, s.pc),
  };
}

/** From 1; the column counts bytes. */
function lineOf(document: Uint8Array, offset: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (let at = document.indexOf(10); at >= 0 && at < offset; at = document.indexOf(10, at + 1)) {
    line += 1;
    start = at + 1;
  }
  return { line, column: offset - start + 1 };
}

function pathOf(program: Program, s: StateBlock): string {
  let path = "$";
  for (let at = FRAMES_AT; at < s.frameTop; at += FRAME.words) {
    const pc = s.words[at + FRAME.pc]!;
    path += program.paths[pc / RECORD_BYTES] ?? "";
    path += elementOf(program, s, at, pc);
  }
  const fields = s.detail < 0 ? undefined : fieldPathsAt(program, s.pc);
  return path + (fields?.[s.detail] ?? program.paths[s.pc / RECORD_BYTES] ?? "");
}

/** Paths of the fields of the key table of the record at `pc`. */
function fieldPathsAt(program: Program, pc: number): readonly string[] | undefined {
  return program.fieldPaths.get(program.words[(pc >> 2) + 1]!);
}

/** `[3]` or `["key"]` for a frame of a list or map, nothing for others. */
function elementOf(program: Program, s: StateBlock, frame: number, pc: number): string {
  const verb = opAt(program, pc)?.row.verb;
  if (verb !== "list" && verb !== "rest" && verb !== "each") return "";
  const flags = (program.words[pc >> 2]! >>> 8) & 255;
  if ((flags & LIST.map) === 0) return indexSegment(s.words[frame + FRAME.count]! - 1);
  // The record of the entry: what the next frame saved, or the current one.
  const inner = frame + FRAME.words;
  const rec = inner < s.frameTop ? s.words[inner + FRAME.rec]! : s.rec;
  return keySegment(program, s, pc, rec);
}

/** The key of the entry at `rec`, as far as it is known: not while it is read itself. */
function keySegment(program: Program, s: StateBlock, list: number, rec: number): string {
  const get = list + RECORD_BYTES;
  if (s.pc === get) return "";
  const low = s.i32[2 * rec]!;
  const high = s.i32[2 * rec + 1]!;
  const kind = (program.words[get >> 2]! >>> 8) & 255;
  // The key of an `any` is an `any`: read by a call, or as text.
  if (opAt(program, get)?.row.verb === "call" || (program.words[(get >> 2) + 1] === 1 && kind === KIND.str)) {
    return low === ANY_VARIANT.string
      ? keySegmentOf(spanText(s, s.i32[2 * rec + 2]!, s.i32[2 * rec + 3]!))
      : "";
  }
  if (opAt(program, get)?.row.verb === "case") return `["${low}"]`;
  switch (kind) {
    case KIND.str:
      return keySegmentOf(spanText(s, low, high));
    case KIND.char:
      return keySegmentOf(String.fromCodePoint(low));
    case KIND.bool:
      return `["${low !== 0}"]`;
    case KIND.u64:
      return `["${s.u64[rec]}"]`;
    case KIND.i64:
      return `["${s.i64[rec]}"]`;
    case KIND.u32:
      return `["${low >>> 0}"]`;
    default:
      return `["${high * 0x1_0000_0000 + (low >>> 0)}"]`;
  }
}

/** At most 65 characters of a span: a path shows 64. */
function spanText(s: StateBlock, start: number, bits: number): string {
  const units = (bits & SPAN.text16) !== 0 ? s.text16 : (bits & SPAN.text8) !== 0 ? s.text8 : s.document;
  const end = Math.min(bits & SPAN.mask, start + 65);
  let text = "";
  for (let i = start; i < end; i++) text += String.fromCharCode(units[i]!);
  return text;
}
