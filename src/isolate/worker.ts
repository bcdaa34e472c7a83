// The inside of a worker thread: an engine of its own, one run at a time, output into shared memory.
// Started by the pool from its compiled form beside pool.js; importing it elsewhere does nothing.

import { serveThread } from "#threads";
import { failure } from "../core/errors.ts";
import type { ThreadPort } from "../platform/threads.ts";
import { Engine, type Module } from "../zasm/runtime/engine.ts";
import { failedOutcome, type Outcome } from "../zasm/runtime/outcome.ts";
import type { ModuleFile, RunMessage, SharedEngineOptions, ToPool } from "./messages.ts";
import { FIRST_SEGMENT_BYTES, newSegment, SegmentWriter } from "./output.ts";
import { unitKey } from "./shared-module.ts";
import { warmUp } from "./warm-up.ts";

class Desk {
  readonly #engine: Engine;
  readonly #modules = new Map<number, Module>();
  readonly #segments = [newSegment(FIRST_SEGMENT_BYTES), newSegment(FIRST_SEGMENT_BYTES)] as const;
  readonly #port: ThreadPort;

  constructor(port: ThreadPort) {
    this.#port = port;
    this.#engine = Engine.create(port.data as SharedEngineOptions); // checked by the pool
    warmUp(this.#engine);
    this.#post({ kind: "ready", segments: this.#segments });
  }

  run({ inputs, file, handle, keep, units, forget }: RunMessage): void {
    if (forget !== undefined) this.#modules.delete(forget);
    const loaded = handle === undefined ? this.#load(file) : this.#kept(handle, keep);
    if (!("instantiate" in loaded)) {
      this.#post({ kind: "done", outcome: loaded, units: [] });
      return;
    }
    if (handle === undefined) {
      this.#post({ kind: "done", outcome: this.#execute(loaded, inputs), units: [] });
      return;
    }
    loaded.adoptUnits(units);
    const known = new Set(loaded.units().map(unitKey));
    const outcome = this.#execute(loaded, inputs);
    const made = loaded.units().filter((unit) => !known.has(unitKey(unit)));
    this.#post({ kind: "done", outcome, units: made });
  }

  #kept(handle: number, file: ModuleFile | undefined): Module | Outcome {
    const known = this.#modules.get(handle);
    if (known !== undefined) return known;
    const loaded = this.#load(file);
    if ("instantiate" in loaded) this.#modules.set(handle, loaded);
    return loaded;
  }

  #load(file: ModuleFile | undefined): Module | Outcome {
    if (file === undefined) return failedOutcome(failure("internal", {}, "the worker has no such module"));
    const loaded = this.#engine.load(file.bytes, file.policy);
    return loaded.status === "ok" ? loaded.module : loaded;
  }

  #execute(module: Module, inputs: RunMessage["inputs"]): Outcome {
    const writers = this.#segments.map((first, stream) => {
      const announce = (segment: SharedArrayBuffer) =>
        this.#post({ kind: "segment", stream: stream === 0 ? 0 : 1, segment });
      return new SegmentWriter(first, announce);
    });
    let isFull = false;
    const into = (stream: 0 | 1) => (chunk: Uint8Array) => {
      try {
        writers[stream]?.write(chunk);
      } catch (error) {
        isFull = true;
        throw error; // ends the run
      }
    };
    const outcome = module.instantiate({ ...inputs, stdout: into(0), stderr: into(1) }).run();
    if (!isFull || outcome.status === "ok") return outcome;
    // In the embedder's own thread, too, output without memory to keep it is host.oom.
    return { ...outcome, ...failure("host.oom", { pc: outcome.pc ?? 0 }) } as Outcome;
  }

  #post(message: ToPool): void {
    this.#port.post(message);
  }
}

serveThread((port) => {
  const desk = new Desk(port);
  return (message) => desk.run(message as RunMessage); // only our own pool writes to this port
});
