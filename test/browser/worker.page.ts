// The script of a page's own Web Worker: runs the jobs it is sent.

import { Engine } from "sinter";
import { type Done, runJobs, type Work } from "./jobs.ts";

interface Worker {
  onmessage: (event: { readonly data: Work }) => void;
  postMessage(done: Done): void;
}
const self = globalThis as unknown as Worker;

self.onmessage = async ({ data }) => self.postMessage(await runJobs(Engine.create, data));
