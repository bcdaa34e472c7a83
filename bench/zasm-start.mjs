// One job in a fresh process, for bench/zasm-compile.mjs: prints milliseconds from making the engine to having the output.

import { Engine } from "../dist/index.js";
import { guestInput, guestResult, KERNELS } from "./kernels/index.mjs";
import { assembled } from "./zasm-subjects.mjs";

const [, , name, n, tier] = process.argv;
const kernel = KERNELS.find((candidate) => candidate.name === name);
if (kernel === undefined) throw new Error(`no kernel ${name}`);
const { bytes } = assembled(kernel.source);
const stdin = guestInput(Number(n));

const cpuBefore = process.cpuUsage();
const before = performance.now();
const engine = Engine.create({ tier: /** @type {any} */ (tier) });
const outcome = engine.run(bytes, { stdin });
const ms = performance.now() - before;
const { user, system } = process.cpuUsage(cpuBefore); // of all threads, V8's compilers included
const cpuMs = (user + system) / 1000;

if (outcome.status !== "ok") throw new Error(outcome.reason);
process.stdout.write(
  JSON.stringify({ ms, cpuMs, result: String(guestResult(outcome.stdout)), ran: outcome.tier }),
);
