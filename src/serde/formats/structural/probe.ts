// Probe tables: which variant an object is, by its tag or by its keys.

import { encodeUtf8 } from "../../../core/bytes.ts";
import type { Assembler, Label, Table, Word } from "../../ir/assembler.ts";
import { codeNumber } from "../../ir/codes.ts";
import { CodecError } from "../../ir/failure.ts";
import { PROBE, TEXTS } from "../../ir/tables.ts";
import { coreOf, type Layout } from "../../layout/layout.ts";
import type { EnumNode, StructNode } from "../../shape/node.ts";

const NO_MATCH = codeNumber("structure.no_match");
/** Combinations looked at together; more are refused (spec/format-programs.md §14.1). */
const MAX_CANDIDATES = 1024;

interface Candidate {
  readonly target: Label;
  /** Indices of keys. */
  readonly required: readonly number[];
}
interface Key {
  readonly names: readonly string[];
  readonly candidates: readonly number[];
  /** Tag texts and who has them. */
  readonly texts?: {
    readonly names: readonly { bytes: Uint8Array; field: number }[];
    readonly other: number;
  };
}

export function probeByTag(out: Assembler, node: EnumNode, tag: string, blocks: readonly Label[]): Table {
  const all = blocks.map((_, i) => i);
  const names = node.variants.flatMap((variant, field) =>
    [variant.wire, ...variant.aliases].map((name) => ({ bytes: encodeUtf8(name), field })),
  );
  const other = node.variants.findIndex((variant) => variant.other);
  return probeTable(
    out,
    blocks.map((target) => ({ target, required: [] })),
    [{ names: [tag], candidates: all, texts: { names, other } }],
    { first: false, tagged: true },
  );
}

/** Untagged structs: by the keys they know and require. `fits` are variant indices. */
export function probeByKeys(
  out: Assembler,
  node: EnumNode,
  fits: readonly number[],
  blocks: readonly Label[],
  layout: Layout,
): Table {
  const keys = new Map<string, number[]>();
  const required = fits.map((variant, candidate) => {
    const payload = layout.enum(node).payloads[variant];
    if (payload?.node.kind !== "struct") {
      throw new CodecError("load.unsupported", "untagged variants that are objects must all be structs");
    }
    return fieldKeys(payload.node, candidate, keys);
  });
  const order = [...keys.keys()];
  return probeTable(
    out,
    blocks.map((target, i) => ({ target, required: required[i]!.map((name) => order.indexOf(name)) })),
    order.map((name) => ({ names: [name], candidates: keys.get(name)! })),
    { first: node.first, tagged: false },
  );
}

/** Adds the candidate to each key it knows; the keys it must have. */
function fieldKeys(node: StructNode, candidate: number, keys: Map<string, number[]>): string[] {
  const required: string[] = [];
  for (const field of node.fields) {
    if (field.skipDecode) continue;
    const core = coreOf(field.node);
    if (field.flatten) {
      if (core.kind !== "struct") {
        throw new CodecError("load.unsupported", "flatten in an untagged variant is not built yet");
      }
      required.push(...fieldKeys(core, candidate, keys));
      continue;
    }
    for (const name of [field.wire, ...field.aliases]) {
      const known = keys.get(name) ?? [];
      known.push(candidate);
      keys.set(name, known);
    }
    if (field.aliases.length === 0 && field.default === undefined && core.kind !== "option") {
      required.push(field.wire);
    }
  }
  return required;
}

function probeTable(
  out: Assembler,
  candidates: readonly Candidate[],
  keys: readonly Key[],
  options: { readonly first: boolean; readonly tagged: boolean },
): Table {
  if (candidates.length > MAX_CANDIDATES) {
    throw new CodecError("load.unsupported", `more than ${MAX_CANDIDATES} candidates to tell apart`);
  }
  const maskWords = Math.ceil(candidates.length / 32);
  const seenWords = Math.ceil(keys.length / 32);
  const candidateRows = out.table(
    candidates.flatMap(({ target, required }) => [target, ...bitWords(required, seenWords)]),
  );
  const keyRows = out.table(
    keys.flatMap((key): Word[] => [
      ...bitWords(key.candidates, maskWords),
      key.texts === undefined ? -1 : textTable(out, key.texts, candidates.length, maskWords),
    ]),
  );
  const names = keys.flatMap((key, field) => key.names.map((name) => ({ bytes: encodeUtf8(name), field })));
  const nameRows = out.table(out.names(names));
  const words: Word[] = new Array<Word>(PROBE.words).fill(0);
  words[PROBE.candidates] = candidates.length;
  words[PROBE.candidatesAt] = candidateRows;
  words[PROBE.stride] = 1 + seenWords;
  words[PROBE.keys] = keys.length;
  words[PROBE.keysAt] = keyRows;
  words[PROBE.names] = names.length;
  words[PROBE.namesAt] = nameRows;
  words[PROBE.first] = options.first ? 1 : 0;
  words[PROBE.none] = NO_MATCH;
  words[PROBE.tagged] = options.tagged ? 1 : 0;
  words[PROBE.maskWords] = maskWords;
  words[PROBE.seenWords] = seenWords;
  return out.table(words);
}

/** Each candidate has its own texts. */
function textTable(
  out: Assembler,
  texts: NonNullable<Key["texts"]>,
  candidates: number,
  maskWords: number,
): Table {
  const masks = out.table(Array.from({ length: candidates }, (_, i) => bitWords([i], maskWords)).flat());
  const words: Word[] = new Array<Word>(TEXTS.words).fill(0);
  words[TEXTS.names] = texts.names.length;
  words[TEXTS.namesAt] = out.table(out.names(texts.names));
  words[TEXTS.masksAt] = masks;
  words[TEXTS.other] = texts.other;
  return out.table(words);
}

function bitWords(bits: readonly number[], count: number): number[] {
  const words = new Array<number>(count).fill(0);
  for (const bit of bits) words[bit >> 5]! |= 1 << (bit & 31);
  return words;
}
