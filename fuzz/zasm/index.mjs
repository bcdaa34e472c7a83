// The group `zasm`: tiers against each other on random programs.

import { PLANTS as planted } from "./plants.mjs";

export { runShare } from "./campaign.mjs";
export { missing, summary } from "./summary.mjs";

export const NAME = "zasm";
export const PROGRAMS = "programs";
export const OUT = "test/regressions";
export const PLANTS = Object.keys(planted);
