// What every outcome must look like, whatever was run: checked by hand, so that no test trusts the engine's types.

import { ERRORS } from "../../src/core/errors.ts";

const isOffset = (value: unknown): boolean =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff;

/** Paths, stacks and addresses of the machine the engine runs on. */
const HOST_TEXT =
  /\/(home|usr|tmp|work|root|var|Users)\/|[A-Z]:\\|node:|file:|\.ts\b|\.js\b|\bat \w+ \(|0x[0-9a-f]{9,}/;

const KEYS = [
  "status",
  "code",
  "category",
  "reason",
  "pc",
  "offset",
  "stdout",
  "stderr",
  "fuelUsed",
  "tier",
  "deterministic",
];

/** Everything wrong with `outcome`, as short texts; empty when it is as it must be. */
export function outcomeProblems(outcome: unknown): string[] {
  if (typeof outcome !== "object" || outcome === null) return ["not an object"];
  const problems: string[] = [];
  const complain = (ok: boolean, text: string) => {
    if (!ok) problems.push(text);
  };
  const own = outcome as Record<string, unknown>;
  for (const key of Reflect.ownKeys(own)) complain(KEYS.includes(String(key)), `key ${String(key)}`);
  for (const [key, value] of Object.entries(own)) complain(value !== undefined, `${key} is undefined`);
  const { status, code, category, reason, pc, offset, stdout, stderr, fuelUsed, tier, deterministic } = own;

  complain(stdout instanceof Uint8Array, "stdout");
  complain(stderr instanceof Uint8Array, "stderr");
  complain(fuelUsed === null || (Number.isSafeInteger(fuelUsed) && (fuelUsed as number) >= 0), "fuelUsed");
  complain(typeof deterministic === "boolean", "deterministic");
  complain(!("tier" in own) || ["interp", "baseline", "opt", "native"].includes(String(tier)), "tier");

  if (status === "ok") {
    for (const key of ["code", "category", "reason", "pc", "offset"]) complain(!(key in own), `${key} of ok`);
    complain("tier" in own, "no tier");
    return problems;
  }
  const row = Object.hasOwn(ERRORS, String(code)) ? ERRORS[code as keyof typeof ERRORS] : undefined;
  if (row === undefined) return [...problems, `unknown code ${String(code)}`];
  complain(row.status === status, `status ${String(status)} of ${String(code)}`);
  complain(row.category === category, `category ${String(category)} of ${String(code)}`);
  complain(
    typeof reason === "string" && /^[ -~]{3,200}$/.test(reason),
    "reason: not one short printable line",
  );
  complain(typeof reason === "string" && !HOST_TEXT.test(reason), "reason tells about the host");
  complain(!("pc" in own) || isOffset(pc), "pc");
  complain(!("offset" in own) || isOffset(offset), "offset");
  complain(String(code) !== "internal", "a bug of the engine");

  if (status === "trap") {
    complain("pc" in own, "a trap without pc");
    complain("tier" in own, "a trap without tier");
  }
  if (status === "reject") {
    complain(!("tier" in own), "rejected, and yet run");
    complain((stdout as Uint8Array | undefined)?.length === 0, "output of a rejected module");
    if (/^(container|verify|data)\./.test(String(code))) complain("offset" in own, "no offset");
    if (/^(container|data)\./.test(String(code))) complain(!("pc" in own), "pc of a container");
  }
  return problems;
}
