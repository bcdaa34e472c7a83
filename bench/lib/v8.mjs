// What V8 did with our code, where it tells: its own natives, which no program should use outside a measurement.

import { setFlagsFromString } from "node:v8";

/** Not among the types of Node's own library. @type {any} */
export const wasm = Reflect.get(globalThis, "WebAssembly");

/** @type {any} */
let isOptimised;

/** Whether V8's optimising compiler made an exported wasm function's code; `undefined` when V8 does not say. */
export function isTurboFan(fn) {
  try {
    setFlagsFromString("--allow-natives-syntax");
    isOptimised ??= new Function("fn", "return %IsTurboFanFunction(fn)");
    return isOptimised(fn);
  } catch {
    return undefined;
  }
}

/** Functions exported by all wasm instances that `action` makes. */
export function exportsMadeBy(action) {
  const { Instance } = wasm;
  const made = [];
  function Recorder(module, imports) {
    const instance = new Instance(module, imports);
    made.push(...Object.values(instance.exports).filter((value) => typeof value === "function"));
    return instance;
  }
  wasm.Instance = Recorder;
  try {
    action();
  } finally {
    wasm.Instance = Instance;
  }
  return made;
}
