// The seed of everything random in a test run, so that a gate fails for what changed and for nothing else. SINTER_SEED=N
// looks elsewhere; what fails prints it.

import fc from "fast-check";

export const SEED = Number(process.env.SINTER_SEED ?? 20_260_401);
fc.configureGlobal({ seed: SEED });
