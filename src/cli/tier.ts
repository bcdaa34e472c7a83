// The --tier option.

import { isTierChoice } from "../zasm/runtime/options.ts";
import { TIERS, type TierChoice } from "../zasm/runtime/outcome.ts";
import { CliFailure } from "./failure.ts";

export function tierOf(text: string): TierChoice {
  if (isTierChoice(text)) return text;
  throw new CliFailure("usage.bad_value", `--tier must be auto, ${TIERS.join(", ")}, not ${text}`);
}
