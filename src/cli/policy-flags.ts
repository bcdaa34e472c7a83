// The options that spell a policy.

import type { Options } from "./options.ts";

export const POLICY_FILE = {
  policy: { kind: "value", placeholder: "FILE", doc: "policy as a JSON object; flags override its fields" },
} as const satisfies Options;

export const POLICY_FLAGS = {
  ...POLICY_FILE,
  fuel: { kind: "value", placeholder: "N", doc: "units the run may use; 0 = unlimited" },
  meter: { kind: "flag", doc: "count fuel even when it is unlimited" },
  "mem-size": { kind: "value", placeholder: "BYTES", doc: "guest memory, e.g. 64KiB; default 2MiB" },
  "mem-base": { kind: "value", placeholder: "N", doc: "guest address of the first byte; default 0" },
  "max-output": { kind: "value", placeholder: "BYTES", doc: "stdout and stderr together; default 64MiB" },
  strict: { kind: "flag", doc: "misuse of host calls traps" },
  "strict-encoding": { kind: "flag", doc: "accept only the instruction forms the upstream tools emit" },
  "allow-time": { kind: "flag", doc: "let the program ask for time and random seeds" },
  "allow-env": { kind: "flag", doc: "let the program read what --env gives" },
} as const satisfies Options;
