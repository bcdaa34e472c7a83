// A page script: runs case files as test/conformance does, with the same code, in one tier.

import { EXECUTORS, SLICES } from "../conformance/execute.ts";
import { parseCaseFile } from "../conformance/format.ts";
import { runCaseFile } from "../conformance/run.ts";
import { serveVisit } from "./visit.ts";

export interface CasesWork {
  readonly tier: string;
  readonly files: readonly { readonly name: string; readonly text: string }[];
}

export interface CasesDone {
  /** Cases and rows of tables. */
  readonly cases: number;
  readonly complaints: readonly string[];
}

/** In one piece and in the smallest ones; test/conformance has the others, and nothing about them is a browser's. */
const FEW_SLICES = SLICES.slice(0, 2);

void serveVisit(async ({ tier, files }: CasesWork): Promise<CasesDone> => {
  const executor = EXECUTORS.find((candidate) => candidate.tier === tier);
  if (executor === undefined) throw new Error(`there is no tier ${tier} here`);
  const complaints: string[] = [];
  let cases = 0;
  for (const { name, text } of files) {
    const file = parseCaseFile(name, text);
    complaints.push(...runCaseFile(file, executor, FEW_SLICES));
    for (const { rows } of file.cases) cases += rows?.length ?? 1;
  }
  return { cases, complaints };
});
