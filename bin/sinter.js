#!/usr/bin/env node
// The `sinter` command. Committed JavaScript, so that a fresh clone has it before the first build;
// everything it does lives in src/cli/main.ts.
import { existsSync } from "node:fs";

const main = new URL("../dist/cli/main.js", import.meta.url);
if (existsSync(main)) {
  const cli = await import(main.href);
  process.exitCode = await cli.main(process.argv.slice(2));
} else {
  process.stderr.write("sinter: not built yet; run `npm start` or `npm test` first\n");
  process.exitCode = 3;
}
