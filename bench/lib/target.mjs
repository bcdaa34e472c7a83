// Targets as they are printed and kept: numbers decide, an exit code never does.

import { fixed } from "./table.mjs";

/** `limit` is `atMost` or `atLeast`, and `aim` where there is more to hope for. */
export function target(name, value, limit, unit, digits = 1) {
  const atLeast = limit.atLeast !== undefined;
  const reaches = (bound) => (atLeast ? value >= bound : value <= bound);
  const bound = limit.atLeast ?? limit.atMost;
  const met = reaches(bound);
  const aim = limit.aim === undefined ? "" : `; aim ${limit.aim}${reaches(limit.aim) ? ", reached" : ""}`;
  const verdict = met ? "PASS" : atLeast ? "below" : "above";
  const wanted = `at ${atLeast ? "least" : "most"} ${bound}${aim}`;
  const text = `${verdict}  ${name}: ${fixed(value, digits)} ${unit} (${wanted})`;
  return { name, value, ...limit, unit, met, text };
}

export const targetLines = (targets) => targets.map(({ text }) => text).join("\n");
