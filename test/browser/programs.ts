// What the pages run: every example under several policies, every whole run of the case files, and the programs of the
// determinism and fuel tests, which end in every way there is.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { PolicyInput } from "../../src/index.ts";
import { assemble } from "../../src/zasm/asm/index.ts";
import { parseCaseFile } from "../conformance/format.ts";
import { moduleBytes, policies } from "../conformance/run.ts";
import { moduleOf, policyOf, type Subject } from "../differential/subject.ts";
import { generateProgram } from "../model/generate.ts";
import { FUEL_PROGRAMS } from "../model/programs.ts";
import { EXAMPLES, MODULES } from "../rigs/examples.ts";
import type { CasesWork } from "./cases.page.ts";
import { base64Of, type Job } from "./jobs.ts";

const TEST = fileURLToPath(new URL("..", import.meta.url));

/** Every case file, as text. */
export const caseFiles: CasesWork["files"] = ["cases", "regressions"]
  .filter((folder) => existsSync(join(TEST, folder)))
  .flatMap((folder) =>
    readdirSync(join(TEST, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  )
  .filter((name) => name.endsWith(".case"))
  .sort()
  .map((name) => ({ name: name.split(sep).join("/"), text: readFileSync(join(TEST, name), "utf8") }));

/** As JSON can carry it: a `memBase` over 2^53 is written as in a policy file (D13). */
const plain = (policy: PolicyInput): PolicyInput =>
  policy.memBase === undefined ? policy : { ...policy, memBase: `0x${BigInt(policy.memBase).toString(16)}` };

const PAGES = 65_536;

function exampleJobs(): Job[] {
  const variants: Record<string, PolicyInput> = {
    "by default": {},
    metered: { meter: true },
    strict: { strict: true },
    "with memory elsewhere": { memBase: 5 * PAGES },
    "with too little fuel": { fuel: 1000 },
  };
  return MODULES.flatMap((name) => {
    const folder = new URL(`${name}/`, EXAMPLES);
    const input = readdirSync(folder).find((file) => file.startsWith("input."));
    const stdin = base64Of(input === undefined ? new Uint8Array(0) : readFileSync(new URL(input, folder)));
    return Object.entries(variants).map(([variant, policy]): Job => {
      const source = readFileSync(new URL(`${name}.zasm`, folder));
      const assembled = assemble(source, { memBase: Number(policy.memBase ?? 0) });
      if (!assembled.ok) throw new Error(`${name} does not assemble`);
      const module = base64Of(assembled.bytes);
      return { name: `example ${name} ${variant}`, module, policy: plain(policy), inputs: { stdin } };
    });
  });
}

function caseJobs(): Job[] {
  return caseFiles.flatMap(({ name, text }) =>
    parseCaseFile(name, text)
      .cases.filter(({ expect }) => expect !== undefined)
      .flatMap((item) =>
        policies(item).map(
          ({ policy, mode }): Job => ({
            name: `${name}:${item.line} ${mode}`,
            module: base64Of(moduleBytes(item)),
            policy, // of JSON
            inputs: { ...item.inputs, stdin: base64Of(item.stdin) },
          }),
        ),
      ),
  );
}

function subjectJobs(): Job[] {
  const named: [string, Subject][] = [
    ...FUEL_PROGRAMS.map(([name, subject]): [string, Subject] => [name, subject]),
    ...Array.from({ length: 40 }, (_, i): [string, Subject] => [
      `seed ${10_000 + i}`,
      generateProgram(10_000 + i),
    ]),
  ];
  return named.map(([name, subject]) => ({
    name,
    module: base64Of(moduleOf(subject)),
    policy: plain(policyOf(subject)),
    inputs: { stdin: base64Of(Uint8Array.from(subject.stdin)) },
  }));
}

export const examples: readonly Job[] = exampleJobs();
export const jobs: readonly Job[] = [...examples, ...caseJobs(), ...subjectJobs()];

/** One job for each example. */
export const oneEach: readonly Job[] = examples.filter(({ name }) => name.endsWith(" by default"));

/** Hot enough for every tier: the primes up to 1,000,000. */
export const hot: Job = {
  ...(examples.find(({ name }) => name === "example sieve by default") as Job), // it is in examples/
  name: "hot sieve",
  inputs: { stdin: base64Of(new TextEncoder().encode("1000000\n")) },
};
