// One worker's share of a campaign: shapes by seed, each with values in every format that carries it, documents of those
// values and mutants of them, until the time or the shapes are used up or a difference is found, which comes back as
// small as it was found to get, as a case file. Bundled with the test kit by index.mjs.

import fc from "fast-check";
import { arbitraryShapeAndValue } from "../../test/serde/kit/arbitrary.ts";
import {
  checkAcross,
  checkDocument,
  checkValue,
  PLANTED,
  WAYS,
  type Ways,
} from "../../test/serde/kit/checks.ts";
import { mutated } from "../../test/serde/kit/mutate.ts";
import { dice } from "../../test/serde/kit/random.ts";
import { brief, hex, show, showResult } from "../../test/serde/kit/show.ts";
import { FORMATS, type Subject, trySubject } from "../../test/serde/kit/subject.ts";

/** Mutants of each document. */
const MUTANTS = 12;
const LONGEST = 2000;

type Counts = Record<string, number>;
interface Share {
  readonly seed: number;
  readonly step: number;
  readonly offset: number;
  readonly programs: number;
  readonly until: number;
  readonly plant?: string;
}
interface Sample {
  readonly shape: { readonly node: Subject["node"] };
  readonly value: unknown;
  readonly portable: boolean;
}
interface Difference {
  readonly it: Subject;
  readonly what: string;
  /** Absent: the difference is about the value. */
  readonly document?: Uint8Array;
}

/** Of portable shapes everything is compared; of all others what is written, and how it is read. */
const samples: fc.Arbitrary<Sample> = fc.oneof(
  { weight: 2, arbitrary: arbitraryShapeAndValue({ portable: true }).map((s) => ({ ...s, portable: true })) },
  { weight: 1, arbitrary: arbitraryShapeAndValue().map((s) => ({ ...s, portable: false })) },
);

export const PLANTS: readonly string[] = Object.keys(PLANTED);

export function runShare(
  { seed, step, offset, programs, until, plant }: Share,
  report: (counts: Counts, seed: number) => void,
) {
  const ways: Ways = plant === undefined ? WAYS : { ...WAYS, ...PLANTED[plant] };
  let counts: Counts = {};
  let reportedAt = Date.now();
  for (let i = offset; i < programs && Date.now() < until; i += step) {
    const own = (seed + i) >>> 0;
    let found: Difference | undefined;
    // fast-check makes a sample that fails smaller; `found` is what the last one that failed had.
    const run = fc.check(
      fc.property(samples, (sample) => {
        const difference = compared(sample, own, ways, found === undefined ? counts : {});
        found = difference ?? found;
        return difference === undefined;
      }),
      { seed: own & 0x7fff_ffff, numRuns: 1, interruptAfterTimeLimit: 20_000 },
    );
    if (run.failed && found === undefined) throw run.errorInstance;
    if (found !== undefined) {
      report(counts, own);
      return explained(own, run.counterexample?.[0], found, ways, plant);
    }
    if (Date.now() - reportedAt > 1000) {
      report(counts, own);
      counts = {};
      reportedAt = Date.now();
    }
  }
  report(counts, 0);
  return undefined;
}

function compared(
  { shape, value, portable }: Sample,
  seed: number,
  ways: Ways,
  counts: Counts,
): Difference | undefined {
  const add = (name: string) => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  const roll = dice(seed);
  add("programs");
  const carried: Subject[] = [];
  for (const format of FORMATS) {
    const it = trySubject(shape.node, format);
    if (it === undefined) {
      add(`refused by ${format}`);
      continue;
    }
    carried.push(it);
    add(format);
    const written = it.codec.tryEncode(value);
    add(`encoded: ${written.status}`);
    if (portable) {
      const what = guarded(() => checkValue(it, value, roll, ways));
      if (what !== undefined) return { it, what };
    }
    if (written.status === "error" || written.bytes.length > LONGEST) continue;
    for (let i = 0; i < MUTANTS; i++) {
      const document = i === 0 ? written.bytes : mutated(written.bytes, roll);
      const what = guarded(() => checkDocument(it, document, roll, ways));
      if (what !== undefined) return { it, what, document };
      add(`documents: ${it.codec.tryDecode(document).status}`);
    }
  }
  if (!portable) return undefined;
  for (const from of carried) {
    for (const to of carried) {
      const what = guarded(() => checkAcross(from, to, value, ways));
      if (what !== undefined) return { it: from, what };
      add("conversions");
    }
  }
  return undefined;
}

/** A codec that throws is a difference. */
function guarded(check: () => string | undefined): string | undefined {
  try {
    return check();
  } catch (thrown) {
    return `threw: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`;
  }
}

/** For some of the ways to cut and to stop. */
const differs = (it: Subject, document: Uint8Array, seed: number, ways: Ways): boolean => {
  const roll = dice(seed);
  return Array.from({ length: 8 }).some(
    () => guarded(() => checkDocument(it, document, roll, ways)) !== undefined,
  );
};

/** Without what it fails without: halves, then quarters, down to single bytes. */
function minimised(document: Uint8Array, fails: (bytes: Uint8Array) => boolean): Uint8Array {
  let best = document;
  for (let size = best.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at < best.length; ) {
      const shorter = Uint8Array.from([...best.subarray(0, at), ...best.subarray(at + size)]);
      if (fails(shorter)) best = shorter;
      else at += size;
    }
  }
  return best;
}

function explained(seed: number, sample: Sample | undefined, found: Difference, ways: Ways, plant?: string) {
  const { it, what } = found;
  const written = it.codec.tryEncode(sample?.value);
  const document =
    found.document !== undefined
      ? minimised(found.document, (bytes) => differs(it, bytes, seed, ways))
      : written.status === "ok"
        ? written.bytes
        : new Uint8Array();
  const plain = new TextDecoder().decode(document);
  const isPlain = it.format === "json" && /^[\x20-\x7e]*$/.test(plain) && !plain.includes("=>");
  const notes = [
    `npm run fuzz -- codec --seed ${seed} --programs 1: ${it.format}: ${what.split("\n")[0]}`,
    ...(found.document === undefined ? [`the value ${show(sample?.value)}`] : []),
    ...(plant === undefined ? [] : [`with the planted bug: ${plant}`]),
  ];
  const lines = [
    ...notes.map((note) => `; ${note}`),
    "-- shape",
    JSON.stringify(sample?.shape),
    `-- ${it.format}${it.format === "json" && !isPlain ? "-hex" : ""}`,
    `${isPlain ? plain : hex(document)} => ${brief(showResult(it.codec.tryDecode(document)))}`,
  ];
  return { seed, differences: what.split("\n"), text: `${lines.join("\n")}\n` };
}
