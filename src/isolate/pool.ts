// The threads of one isolate: at most so many run guests, and one more stands ready, so that neither a first run nor
// the run after a kill waits for a thread to start. A thread that was ended, or ended itself, is replaced.

import { startThread } from "#threads";
import { type Failure, failure } from "../core/errors.ts";
import { after } from "../platform/clock.ts";
import type { Thread, ThreadEnd, ThreadLimits } from "../platform/threads.ts";
import { failedOutcome, type Outcome } from "../zasm/runtime/outcome.ts";
import type { RunMessage, SharedEngineOptions, ToPool } from "./messages.ts";
import { clearSegment, readSegments } from "./output.ts";
import { ThreadModules } from "./shared-module.ts";

export interface PoolOptions {
  readonly workers: number;
  readonly limits: ThreadLimits;
  readonly engine: SharedEngineOptions;
}

/** One run on its way. */
export interface Job {
  /** Called when a thread takes it: what the thread is to do. */
  message(modules: ThreadModules): RunMessage;
  /** Wall-clock limit from then on; 0 = none. */
  readonly timeoutMs: number;
  /** Called once. */
  done(outcome: Outcome, units: RunMessage["units"]): void;
}

/** Threads that die before they are ready, one after another, until runs are given up. */
const MAX_FALSE_STARTS = 3;

/** The compiled form stands beside this file. */
const ENTRY = new URL("./worker.js", import.meta.url);

interface Seat {
  readonly thread: Thread;
  readonly modules: ThreadModules;
  /** First segments of stdout and stderr once the thread is ready, then those of the current run. */
  segments: [SharedArrayBuffer[], SharedArrayBuffer[]] | undefined;
  job: Job | undefined;
  /** Why the current run was ended from here. */
  cancelled: Failure | undefined;
  stopTimer: () => void;
}

export class Pool {
  readonly #options: PoolOptions;
  readonly #seats = new Set<Seat>();
  readonly #queue: Job[] = [];
  #falseStarts = 0;
  #isClosed = false;
  #started = 0;
  #lost = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#keepSpare();
  }

  get counts() {
    const running = [...this.#seats].filter((seat) => seat.job !== undefined).length;
    const { size } = this.#seats;
    return { threads: size, running, queued: this.#queue.length, started: this.#started, lost: this.#lost };
  }

  submit(job: Job): void {
    this.#queue.push(job);
    this.#dispatch();
  }

  /** Ends the job: takes it from the queue, or stops the thread that runs it. */
  cancel(job: Job, why: Failure): void {
    const at = this.#queue.indexOf(job);
    if (at >= 0) {
      this.#queue.splice(at, 1);
      job.done(failedOutcome(why), []);
      this.#dispatch();
      return;
    }
    for (const seat of this.#seats) if (seat.job === job) this.#stop(seat, why);
  }

  /** Ends everything; resolves when no thread is left. */
  async close(why: Failure): Promise<void> {
    this.#isClosed = true;
    for (const job of this.#queue.splice(0)) job.done(failedOutcome(why), []);
    const seats = [...this.#seats];
    for (const seat of seats) seat.cancelled ??= why;
    await Promise.all(seats.map((seat) => seat.thread.terminate()));
  }

  #stop(seat: Seat, why: Failure): void {
    if (seat.cancelled !== undefined) return;
    seat.cancelled = why;
    void seat.thread.terminate();
  }

  /** Seats that count: those being ended neither run nor wait for work. */
  #alive(): Seat[] {
    return [...this.#seats].filter((seat) => seat.cancelled === undefined);
  }

  /** One idle thread more than there is work waiting, as far as the limit goes; the spare is beyond the limit. */
  #keepSpare(): void {
    const alive = this.#alive();
    const idle = alive.filter((seat) => seat.job === undefined).length;
    const missing = this.#queue.length + 1 - idle;
    const room = this.#options.workers + 1 - alive.length;
    for (let i = Math.min(missing, room); i > 0 && !this.#isClosed; i--) this.#start();
  }

  #start(): void {
    const { engine, limits } = this.#options;
    let thread: Thread;
    try {
      thread = startThread(ENTRY, engine, limits, {
        message: (message) => this.#hear(seat, message as ToPool), // only our worker has the other end
        end: (why) => this.#ended(seat, why),
      });
    } catch (error) {
      if (this.#started === 0) throw error;
      if (this.#seats.size === 0) this.#giveUp("crashed");
      return;
    }
    const seat: Seat = {
      thread,
      modules: new ThreadModules(),
      segments: undefined,
      job: undefined,
      cancelled: undefined,
      stopTimer: () => {},
    };
    this.#started++;
    this.#seats.add(seat);
    thread.hold(this.#queue.length > 0);
  }

  #hear(seat: Seat, message: ToPool): void {
    switch (message.kind) {
      case "ready":
        seat.segments = [[message.segments[0]], [message.segments[1]]];
        this.#falseStarts = 0;
        if (seat.cancelled === undefined) seat.thread.hold(false);
        this.#dispatch();
        return;
      case "segment":
        seat.segments?.[message.stream].push(message.segment);
        return;
      case "done":
        if (seat.cancelled === undefined) this.#finish(seat, message.outcome, message.units);
    }
  }

  #dispatch(): void {
    const { workers } = this.#options;
    for (const seat of this.#alive()) {
      const running = this.#alive().filter(({ job }) => job !== undefined).length;
      if (this.#queue.length === 0 || running >= workers) break;
      if (seat.job === undefined && seat.segments !== undefined) this.#give(seat, this.#queue.shift()!);
    }
    // Work that waits for a thread to start keeps the process; nothing else about an idle thread does.
    for (const seat of this.#alive()) {
      if (seat.job === undefined) seat.thread.hold(seat.segments === undefined && this.#queue.length > 0);
    }
    this.#keepSpare();
  }

  #give(seat: Seat, job: Job): void {
    for (const stream of seat.segments ?? []) {
      stream.length = 1;
      for (const segment of stream) clearSegment(segment);
    }
    seat.job = job;
    seat.thread.hold(true);
    seat.thread.post(job.message(seat.modules));
    if (job.timeoutMs > 0) {
      const reason = `the time limit of ${job.timeoutMs} ms ran out`;
      seat.stopTimer = after(job.timeoutMs, () => this.#stop(seat, failure("host.cancelled", {}, reason)));
    }
  }

  #finish(seat: Seat, outcome: Outcome, units: RunMessage["units"]): void {
    const { job, segments } = seat;
    seat.stopTimer();
    seat.job = undefined;
    seat.thread.hold(false);
    const [stdout, stderr] = segments ?? [[], []];
    job?.done({ ...outcome, stdout: readSegments(stdout), stderr: readSegments(stderr) }, units);
    this.#dispatch();
  }

  #ended(seat: Seat, why: ThreadEnd): void {
    this.#seats.delete(seat);
    if (seat.job !== undefined) {
      this.#finish(seat, failedOutcome(seat.cancelled ?? deathOf(why)), []);
    } else if (seat.segments === undefined && seat.cancelled === undefined && !this.#isClosed) {
      this.#falseStarts++;
    }
    if (seat.cancelled === undefined) this.#lost++;
    if (this.#falseStarts >= MAX_FALSE_STARTS) {
      this.#giveUp(why);
      return;
    }
    this.#dispatch();
    // Replaced now that the old one is out of the way: started with the next run, it would share the processor with it.
    const wasReady = seat.segments !== undefined;
    if (wasReady && !this.#isClosed && this.#alive().length <= this.#options.workers) this.#start();
  }

  /** No thread comes up: whoever waits is told, and the next run tries again. */
  #giveUp(why: ThreadEnd): void {
    this.#falseStarts = 0;
    for (const job of this.#queue.splice(0)) job.done(failedOutcome(deathOf(why)), []);
  }
}

/** What a run reports whose thread ended on its own. */
const deathOf = (why: ThreadEnd): Failure =>
  why === "out_of_memory"
    ? failure("host.oom", {}, "the worker thread reached its memory limit")
    : failure("internal", {}, "the worker thread ended unexpectedly");
