// What `npm start` shows: everything that went in and came out, on one screen.

import { expect, test } from "vitest";
import { demo } from "../../src/cli/demo.ts";
import { captured } from "./rig.ts";

test("the demonstration runs an example over a file of the repository", async () => {
  const { io, writes, errors } = captured();
  expect(await demo(io)).toBe(0);
  const text = Buffer.concat(writes).toString();
  expect(Buffer.concat(errors).toString()).toBe("");
  for (const word of ["program", "input", "output", "returned", "fuel", "tier", "sinter.js run"]) {
    expect(text).toContain(word);
  }
  expect(text).not.toContain("\u001b");
  expect(text.split("\n").length).toBeLessThanOrEqual(26); // 25 lines and the end
});

test("it has colour on a terminal", async () => {
  const { io, writes } = captured({ isTerminal: true });
  await demo(io);
  expect(Buffer.concat(writes).toString()).toContain("\u001b[");
});
