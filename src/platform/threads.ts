// What a thread is, whichever platform makes it.

/** What a thread may use, in MiB, as far as the platform counts: the JavaScript heap, not guest memory. */
export interface ThreadLimits {
  readonly heapMb?: number;
  readonly youngHeapMb?: number;
  readonly codeMb?: number;
  readonly stackMb?: number;
}

/** Why a thread is gone. */
export type ThreadEnd = "terminated" | "out_of_memory" | "crashed";

export interface ThreadEvents {
  message(message: unknown): void;
  /** Once, after the last message. */
  end(why: ThreadEnd): void;
}

export interface Thread {
  post(message: unknown): void;
  /** Stops it wherever it is. Resolves when it runs no more and its messages have been delivered. */
  terminate(): Promise<void>;
  /** Whether the process has to stay for it. */
  hold(isNeeded: boolean): void;
}

/** The way back, inside a thread. */
export interface ThreadPort {
  /** What `startThread` was given. */
  readonly data: unknown;
  post(message: unknown): void;
}
