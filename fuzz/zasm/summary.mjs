// What a campaign did, in a few lines, and what it has to have done to prove anything.

/** Fewer programs than this need not have met everything. */
const ENOUGH_PROGRAMS = 500;
const NEEDED = [
  "entries",
  "host calls",
  "legs",
  "promoted: baseline",
  "promoted: opt",
  "units with inlined calls",
  "units with native traps",
  "native traps located",
  "irreducible graphs",
  "fired: inline",
  "fired: trim",
  "fired: nativeTraps",
  "fired: shareChecks",
  "fired: nest",
  "fired: guard",
  "fired: byteLoops",
  "left: decline",
  "left: guard",
  "left: withdrawn",
  "left: fuel",
  ...["returned", "fuel", "oob", "div0", "decode", "callDepth", "outputLimit", "abi"].map(
    (name) => `end: ${name}`,
  ),
];

export function summary(counts, seconds) {
  const named = (prefix) =>
    Object.entries(counts)
      .filter(([name]) => name.startsWith(prefix))
      .sort(([, a], [, b]) => b - a)
      .map(([name, count]) => `${name.slice(prefix.length)} ${count}`)
      .join(", ") || "none";
  const of = (name) => counts[name] ?? 0;
  return `${of("programs")} programs (${of("metered")} metered), ${of("runs")} runs in ${seconds.toFixed(1)} s
entries ${of("entries")}, exits ${of("exits")}, host calls ${of("host calls")}, stopped and resumed ${of("legs")}
ends: ${named("end: ")}
back to the interpreter: ${named("left: ")}
compiled: ${named("promoted: ")}; refused: ${named("refused: ")}
units with inlined calls ${of("units with inlined calls")}, with native traps ${of("units with native traps")}; native traps located ${of("native traps located")}
optimisations fired in a sample: ${named("fired: ")}; irreducible graphs in it: ${of("irreducible graphs")}
differences: ${of("differences")}
`;
}

/** Why a campaign without differences proves too little. */
export function missing(counts) {
  if ((counts.entries ?? 0) === 0) return ["no compiled code ran"];
  if ((counts.programs ?? 0) < ENOUGH_PROGRAMS) return [];
  return NEEDED.filter((name) => (counts[name] ?? 0) === 0).map((name) => `never: ${name}`);
}
