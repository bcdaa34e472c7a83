// Which Chromium the browser tests use, or why there is none (D37).

import { existsSync } from "node:fs";

/** Where Debian puts it. */
const USUAL = "/usr/bin/chromium";

export interface FoundChromium {
  readonly path?: string;
  /** One line, when there is no path. */
  readonly reason?: string;
  /** Without it the tests fail; otherwise they are skipped. */
  readonly required: boolean;
}

/** `CHROMIUM` names another one; `SINTER_BROWSER=required` forbids going without. A wrong name is a mistake, not a wish to skip. */
export function findChromium(env: Readonly<Record<string, string | undefined>>): FoundChromium {
  const named = env.CHROMIUM ?? "";
  const path = named === "" ? USUAL : named;
  const required = named !== "" || env.SINTER_BROWSER === "required";
  if (existsSync(path)) return { path, required };
  const remedy = "install it (Debian: apt-get install chromium) or set CHROMIUM to its path";
  return { reason: `there is no Chromium at ${path}; ${remedy}`, required };
}
