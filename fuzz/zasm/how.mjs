// How a program is run: tier, thresholds, slices, optimisation switches, legs, and when code generation is withdrawn.
// All random, all plain data, so that a difference can be printed and made simple again.

import { ALL_OPTIMISATIONS } from "../../dist/zasm/runtime/code.js";

const OPTIMISATIONS = Object.keys(ALL_OPTIMISATIONS);
const ALL = { ...ALL_OPTIMISATIONS };

/** One way for each choice of tier. */
export function randomHows(random, subject) {
  return ["baseline", "opt", "auto"].map((tier) => randomHow(random, subject, tier));
}

function randomHow(random, { policy: { fuel } }, tier) {
  const some = () => random.chance(70);
  return {
    tier,
    first: tier === "opt" ? "opt" : "baseline",
    optTurns: tier === "auto" ? random.pick([1, 1, 3, 1000, 2000]) : Infinity,
    hotThreshold: random.pick([0, 0, 0, 1, 8, 50]),
    slice: random.pick([4_194_304, 4096, 1000, 50, 7]),
    optimisations: random.chance(50) ? ALL : Object.fromEntries(OPTIMISATIONS.map((name) => [name, some()])),
    legs: random.chance(60) ? [] : randomLegs(random, fuel),
    withdrawAtCall: random.chance(5) ? random.between(1, 3) : 0,
    withdrawAtCheck: random.chance(5) ? random.between(1, 40) : 0,
    warm: random.chance(7),
    real: random.chance(7),
  };
}

/** Only fuel stops compiled code, so an unmetered run starts in the interpreter and stays in the tiers. */
function randomLegs(random, fuel) {
  const most = fuel ?? 300;
  const units = () => 1 + random.below(random.chance(50) ? Math.min(most, 40) : most);
  if (fuel === null) return [{ tier: "interp", units: units() }];
  const legs = [];
  for (let i = random.between(1, 4); i > 0; i--) {
    legs.push({ tier: random.chance(70) ? "tiers" : "interp", units: units() });
  }
  return legs;
}

const PLAIN = {
  optTurns: Infinity,
  hotThreshold: 0,
  slice: 4_194_304,
  legs: [],
  withdrawAtCall: 0,
  withdrawAtCheck: 0,
  warm: false,
  real: false,
};

/** Simpler ways, the boldest first. */
export function* simplerHows(how) {
  for (const [key, value] of Object.entries(PLAIN)) {
    if (JSON.stringify(how[key]) !== JSON.stringify(value)) yield { ...how, [key]: value };
  }
  for (const name of OPTIMISATIONS) {
    if (how.optimisations[name]) yield { ...how, optimisations: { ...how.optimisations, [name]: false } };
  }
  for (let i = 0; i < how.legs.length; i++) yield { ...how, legs: how.legs.filter((_, at) => at !== i) };
}
