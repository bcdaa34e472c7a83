// Generating code for the first time in a process, for bench/zasm-compile.mjs: prints microseconds for each kernel, the
// one named first first.

import { resolvePolicy } from "../dist/core/policy.js";
import { ModuleCode } from "../dist/zasm/runtime/code.js";
import { verifyModule } from "../dist/zasm/verify/verify.js";
import { KERNELS } from "./kernels/index.mjs";
import { assembled } from "./zasm-subjects.mjs";

const [, , first, tier] = process.argv;
const kernels = [...KERNELS].sort((a, b) => Number(b.name === first) - Number(a.name === first));
const policy = /** @type {import("../dist/core/policy.js").Policy} */ (resolvePolicy({}));
const modules = kernels.map(({ name, source }) => {
  const module = /** @type {any} */ (verifyModule(assembled(source).bytes, policy));
  return { name, module, bytes: module.codeWords * 4 };
});
const rows = modules.map(({ name, module, bytes }) => {
  const code = /** @type {any} */ (new ModuleCode(module));
  const before = performance.now();
  const drawn = code.draw(module.entryPcWords, tier);
  const us = (performance.now() - before) * 1000;
  return { name, bytes, us, wasmBytes: drawn.compiled.wasm.length };
});
process.stdout.write(JSON.stringify(rows));
