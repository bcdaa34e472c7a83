// Threads on Node: starting one, talking to it, ending it while it runs; and, inside, the way back.

import { availableParallelism } from "node:os";
import { parentPort, Worker, workerData } from "node:worker_threads";
import type { Thread, ThreadEnd, ThreadEvents, ThreadLimits, ThreadPort } from "./threads.ts";

/** Starts `entry`, an ES module that calls `serveThread`. Nothing of this process's environment goes along. */
export function startThread(entry: URL, data: unknown, limits: ThreadLimits, events: ThreadEvents): Thread {
  const worker = new Worker(entry, {
    workerData: data,
    name: "sinter",
    env: {},
    argv: [],
    execArgv: [], // loaders and flags of the embedder are not ours to repeat
    resourceLimits: {
      ...(limits.heapMb === undefined ? {} : { maxOldGenerationSizeMb: limits.heapMb }),
      ...(limits.youngHeapMb === undefined ? {} : { maxYoungGenerationSizeMb: limits.youngHeapMb }),
      ...(limits.codeMb === undefined ? {} : { codeRangeSizeMb: limits.codeMb }),
      ...(limits.stackMb === undefined ? {} : { stackSizeMb: limits.stackMb }),
    },
  });
  let why: ThreadEnd = "crashed";
  const gone = new Promise<void>((resolve) => {
    worker.once("exit", () => {
      events.end(why);
      resolve();
    });
  });
  worker.on("message", (message) => events.message(message));
  worker.on("messageerror", () => void worker.terminate()); // whatever was sent cannot be read: a bug of ours
  worker.on("error", (error: unknown) => {
    const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
    if (code === "ERR_WORKER_OUT_OF_MEMORY") why = "out_of_memory";
  });
  return {
    post: (message) => worker.postMessage(message),
    async terminate() {
      why = "terminated";
      void worker.terminate();
      await gone;
    },
    hold: (isNeeded) => (isNeeded ? worker.ref() : worker.unref()),
  };
}

/** Inside a thread: hands every message to what `open` gives back. */
export function serveThread(open: (port: ThreadPort) => (message: unknown) => void): void {
  const port = parentPort;
  if (port === null) return; // imported outside a thread: nothing to serve
  port.on("message", open({ data: workerData, post: (message) => port.postMessage(message) }));
}

/** Threads that can run at once. */
export const parallelism = (): number => availableParallelism();
