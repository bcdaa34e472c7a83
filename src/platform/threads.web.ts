// Threads elsewhere: none yet. A Web Worker would do, and would need a page served with COOP and COEP for shared memory.

import { MisuseError } from "../core/errors.ts";
import type { Thread, ThreadEvents, ThreadLimits, ThreadPort } from "./threads.ts";

export function startThread(
  _entry: URL,
  _data: unknown,
  _limits: ThreadLimits,
  _events: ThreadEvents,
): Thread {
  throw new MisuseError(
    "sinter/isolate needs Node's worker threads; a page runs the engine in a Web Worker of its own",
  );
}

export function serveThread(_open: (port: ThreadPort) => (message: unknown) => void): void {}

export const parallelism = (): number => 1;
