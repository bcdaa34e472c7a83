// Probe tables: which variant an object is, by its tag or by its keys.

import { encodeUtf8 } from "../../../core/bytes.ts";
import type { Assembler, Label, Table, Word } from "../../ir/assembler.ts";
import { codeNumber } from "../../ir/codes.ts";
import { CodecError } from "../../ir/failure.ts";
import { MAX_CANDIDATES, PROBE, TEXTS } from "../../ir/tables.ts";
import { coreOf } from "../../layout/layout.ts";
import type { EnumNode, StructNode } from "../../shape/node.ts";

const NO_MATCH = codeNumber("structure.no_match");
const MISSING_TAG = codeNumber("structure.missing_tag");

interface Candidate {
  readonly target: Label;
  /** Indices of keys. */
  readonly required: readonly number[];
}
interface Key {
  readonly name: string;
  /** Who knows it. */
  readonly candidates: readonly number[];
  readonly texts: Texts | undefined;
}
/** Tag texts, by variant, and who is that variant. */
interface Texts {
  readonly names: readonly { readonly bytes: Uint8Array; readonly field: number }[];
  readonly candidates: readonly (readonly number[])[];
  readonly other: number;
}

/** One enum to decide, and for each candidate which variant of it that is. */
export interface Decision {
  readonly node: EnumNode;
  readonly picks: readonly number[];
}

/** Which candidate an object is, by the tags and keys of the variants it stands for. */
export function probeVariants(
  out: Assembler,
  decisions: readonly Decision[],
  blocks: readonly Label[],
): Table {
  const keys = new Map<string, { candidates: Set<number>; texts: Texts | undefined }>();
  const required = blocks.map((): string[] => []);
  const know = (name: string, candidate: number, texts?: Texts) => {
    const key = keys.get(name) ?? { candidates: new Set(), texts };
    key.candidates.add(candidate);
    keys.set(name, key);
  };
  for (const { node, picks } of decisions) {
    const { tagging, variants } = node;
    if (tagging.style === "internal" || tagging.style === "adjacent") {
      const texts = textsOf(node, picks);
      for (const candidate of picks.keys()) {
        know(tagging.tag, candidate, texts);
        required[candidate]!.push(tagging.tag);
      }
      continue;
    }
    for (const [candidate, pick] of picks.entries()) {
      const variant = variants[pick]!;
      if (tagging.style === "external") {
        for (const name of [variant.wire, ...variant.aliases]) know(name, candidate);
        if (variant.aliases.length === 0) required[candidate]!.push(variant.wire);
        continue;
      }
      if (variant.payload === undefined) continue;
      const payload = coreOf(variant.payload);
      if (payload.kind !== "struct") {
        throw new CodecError("load.unsupported", "untagged variants that are objects must all be structs");
      }
      const keysOf = fieldKeys(payload);
      for (const name of keysOf.known) know(name, candidate);
      required[candidate]!.push(...keysOf.required);
    }
  }
  const order = [...keys.keys()];
  const tags = decisions.filter(({ node }) => ["internal", "adjacent"].includes(node.tagging.style));
  return probeTable(
    out,
    blocks.map((target, i) => ({ target, required: required[i]!.map((name) => order.indexOf(name)) })),
    order.map((name) => {
      const key = keys.get(name)!;
      return { name, candidates: [...key.candidates], texts: key.texts };
    }),
    {
      first: decisions.some(({ node }) => node.first),
      tagged: tags.length === 1 && decisions.length === 1,
      none: tags.length === decisions.length ? MISSING_TAG : NO_MATCH,
    },
  );
}

function textsOf(node: EnumNode, picks: readonly number[]): Texts {
  return {
    names: node.variants.flatMap((variant, field) =>
      [variant.wire, ...variant.aliases].map((name) => ({ bytes: encodeUtf8(name), field })),
    ),
    candidates: node.variants.map((_, variant) => [...picks.keys()].filter((i) => picks[i] === variant)),
    other: node.variants.findIndex((variant) => variant.other),
  };
}

/** Keys a struct may have, and must have, with those of structs flattened into it. */
function fieldKeys(node: StructNode): { known: string[]; required: string[] } {
  const known: string[] = [];
  const required: string[] = [];
  for (const field of node.fields) {
    if (field.skipDecode) continue;
    const core = coreOf(field.node);
    if (field.flatten) {
      const optional = core.kind === "option";
      const inner = optional ? coreOf(core.inner) : core;
      // A flattened map takes any key, so it neither knows nor requires one.
      if (inner.kind === "map") continue;
      if (inner.kind !== "struct") {
        throw new CodecError("load.unsupported", "an enum flattened into an untagged variant");
      }
      const keys = fieldKeys(inner);
      known.push(...keys.known);
      if (!optional) required.push(...keys.required);
      continue;
    }
    known.push(field.wire, ...field.aliases);
    // With an alias, nobody can say which of the names must be there; the struct itself will.
    if (field.aliases.length === 0 && field.default === undefined && core.kind !== "option") {
      required.push(field.wire);
    }
  }
  return { known, required };
}

function probeTable(
  out: Assembler,
  candidates: readonly Candidate[],
  keys: readonly Key[],
  options: { readonly first: boolean; readonly tagged: boolean; readonly none: number },
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
      key.texts === undefined ? -1 : textTable(out, key.texts, maskWords),
    ]),
  );
  const names = keys.map(({ name }, field) => ({ bytes: encodeUtf8(name), field }));
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
  words[PROBE.none] = options.none;
  words[PROBE.tagged] = options.tagged ? 1 : 0;
  words[PROBE.maskWords] = maskWords;
  words[PROBE.seenWords] = seenWords;
  return out.table(words);
}

function textTable(out: Assembler, texts: Texts, maskWords: number): Table {
  const masks = out.table(texts.candidates.flatMap((candidates) => bitWords(candidates, maskWords)));
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
