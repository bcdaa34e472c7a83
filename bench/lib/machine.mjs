// What a number was measured on.

import { cpus, loadavg, totalmem } from "node:os";

export function machine() {
  const cores = cpus();
  return {
    node: process.versions.node,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    cpu: cores[0]?.model.trim() ?? "unknown",
    cpus: cores.length,
    memoryMiB: Math.round(totalmem() / 2 ** 20),
    /** Above `cpus`, others were working here too. */
    load: loadavg().map((value) => Math.round(value * 10) / 10),
  };
}
