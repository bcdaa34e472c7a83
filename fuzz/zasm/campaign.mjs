// One worker's share of a campaign: programs by seed, each in the interpreter and in every choice of tier, until the
// time or the programs are used up or a difference is found, which comes back minimised, as a case file.

import { Random } from "../lib/random.mjs";
import { differences } from "./compare.mjs";
import { countOptimisations, load, runReference, runTiers } from "./execute.mjs";
import { generateSubject } from "./generate.mjs";
import { randomHows } from "./how.mjs";
import { caseText, minimised } from "./minimise.mjs";
import { PLANTS } from "./plants.mjs";

/** One program in so many is compiled once more for each switch. */
const OPTIMISATIONS_EVERY = 8;

class Tally {
  /** @type {Record<string, number>} */
  counts = {};
  /** Milliseconds that a run may take. */
  patienceMs = 10_000;
  add(name, count = 1) {
    this.counts[name] = (this.counts[name] ?? 0) + count;
  }
}

/** What a seed stands for. Metered runs are bounded by their fuel, unmetered ones have to end in the interpreter. */
function programOf(seed) {
  const random = new Random(seed);
  const generated = generateSubject(random);
  const module = load(generated);
  if (runReference(module, generated) !== undefined) return { random, subject: generated, module };
  const subject = { ...generated, policy: { ...generated.policy, fuel: random.between(1, 3000) } };
  return { random, subject, module: load(subject) };
}

/** Differences of one run, empty when there are none. A tier that throws is one. */
function compared(module, subject, how, tally, plant) {
  const expected = runReference(module, subject);
  if (expected === undefined) return [];
  try {
    return differences(expected, runTiers(module, subject, how, tally, plant));
  } catch (thrown) {
    return [`threw: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`];
  }
}

/**
 * `report` is called about once a second with the counts since the last time.
 * @param {{ seed: number, step: number, offset: number, programs: number, until: number, plant?: string }} share
 * @param {(counts: Record<string, number>, seed: number) => void} report
 */
export function runShare({ seed, step, offset, programs, until, plant: plantName }, report) {
  const plant = plantName === undefined ? undefined : PLANTS[plantName];
  let tally = new Tally();
  let reportedAt = Date.now();
  for (let i = offset; i < programs && Date.now() < until; i += step) {
    const own = (seed + i) >>> 0;
    const { random, subject, module } = programOf(own);
    tally.add("programs");
    tally.add(subject.policy.fuel === null ? "unmetered" : "metered");
    if (i % OPTIMISATIONS_EVERY < step && plant === undefined) countOptimisations(module, tally);
    for (const how of randomHows(random, subject)) {
      tally.add("runs");
      const found = compared(module, subject, how, tally, plant);
      if (found.length > 0) {
        tally.add("differences");
        report(tally.counts, own);
        return explained(own, subject, how, plant, plantName);
      }
    }
    if (Date.now() - reportedAt > 1000) {
      report(tally.counts, own);
      tally = new Tally();
      reportedAt = Date.now();
    }
  }
  report(tally.counts, 0);
  return undefined;
}

function explained(seed, subject, how, plant, plantName) {
  const quiet = new Tally();
  quiet.patienceMs = 50;
  const small = minimised(subject, how, (s, h) => compared(load(s), s, h, quiet, plant).length > 0);
  const found = compared(load(small.subject), small.subject, small.how, quiet, plant);
  const notes = [
    `npm run fuzz -- zasm --seed ${seed} --programs 1: ${(found[0] ?? "").split("\n")[0]}`,
    `run as ${JSON.stringify(small.how)}`,
    ...(plantName === undefined ? [] : [`with the planted bug: ${plantName}`]),
  ];
  return { seed, differences: found, text: caseText(small.subject, notes) };
}
