// The command line of `npm run bench` and `npm run fuzz`: one group, and options that take a value.

import { parseArgs } from "node:util";

export class UsageError extends Error {}

/**
 * @param {readonly string[]} argv
 * @param {readonly string[]} groups
 * @param {readonly string[]} options
 * @returns {{ name: string, values: Record<string, string | undefined> }}
 */
export function readGroup(argv, groups, options) {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...argv],
      options: Object.fromEntries(options.map((name) => [name, { type: "string" }])),
      allowPositionals: true,
    });
  } catch (error) {
    throw new UsageError(error.message);
  }
  const [name = ""] = parsed.positionals;
  if (parsed.positionals.length !== 1 || !groups.includes(name))
    throw new UsageError(`expected one group (${groups.join(", ")})`);
  return { name, values: /** @type {Record<string, string | undefined>} */ (parsed.values) };
}
