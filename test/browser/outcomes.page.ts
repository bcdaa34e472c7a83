// A page script: runs jobs with the package as a page gets it, here or in a Web Worker of the page's own.

import { Engine } from "sinter";
import { Isolate } from "sinter/isolate";
import { type Done, runJobs, type Work } from "./jobs.ts";
import { serveVisit } from "./visit.ts";

export type OutcomesWork =
  | { readonly do: "run"; readonly work: Work }
  | { readonly do: "run in worker"; readonly work: Work }
  /** Things a strict content policy refuses, done on purpose. */
  | { readonly do: "break the policy" }
  | { readonly do: "isolate" };

interface PageWorker {
  onmessage: (event: { readonly data: Done }) => void;
  onerror: (event: { readonly message: string }) => void;
  postMessage(work: Work): void;
  terminate(): void;
}
interface Page {
  readonly Worker: new (url: string, options: { type: "module" }) => PageWorker;
  readonly WebAssembly: { readonly Module: new (bytes: Uint8Array) => object };
}
const page = globalThis as unknown as Page;

function runInWorker(work: Work): Promise<Done> {
  const worker = new page.Worker("worker.js", { type: "module" });
  const done = new Promise<Done>((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });
  worker.postMessage(work);
  return done.finally(() => worker.terminate());
}

/** What `action` throws, as name and message; `undefined` when it throws nothing. */
function thrownBy(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (thrown) {
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  }
}

void serveVisit(async (asked: OutcomesWork) => {
  switch (asked.do) {
    case "run":
      return runJobs(Engine.create, asked.work);
    case "run in worker":
      return runInWorker(asked.work);
    case "break the policy": {
      const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
      return [thrownBy(() => new page.WebAssembly.Module(empty)), thrownBy(() => new Function("return 1")())];
    }
    case "isolate":
      return thrownBy(() => Isolate.create());
  }
});
