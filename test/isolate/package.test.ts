// `sinter/isolate` as the package exports it: the worker's file is found beside the compiled pool. Needs dist, which
// `npm test` builds first.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { assembled } from "../cli/rig.ts";
import { PROGRAMS } from "./programs.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Run as a module of the package itself, which may import it by name. */
function script(text: string) {
  const args = ["--input-type=module", "-e", text];
  const ran = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8", timeout: 20_000 });
  return { status: ran.status, stdout: ran.stdout, stderr: ran.stderr };
}
const bytes = `Uint8Array.from([${assembled(PROGRAMS.hello!.source).join()}])`;

test("runs a module, and an isolate left open keeps no process alive", () => {
  const ran = script(`
    import { Isolate } from "sinter/isolate";
    const { stdout } = await Isolate.create().run(${bytes});
    process.stdout.write(stdout);
  `);
  expect(ran).toEqual({ status: 0, stdout: "Hello from Sinter!\n", stderr: "" });
});

test("a run under way keeps the process alive until it ends", () => {
  const ran = script(`
    import { Isolate } from "sinter/isolate";
    Isolate.create().run(${bytes}).then(({ status }) => console.log(status));
  `);
  expect(ran).toEqual({ status: 0, stdout: "ok\n", stderr: "" });
});
