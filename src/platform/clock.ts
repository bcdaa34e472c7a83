// Clocks and random bytes, through globals that Node and browsers share. Each gives `undefined` where the platform
// has none. Nothing is touched before the first call: only a run whose policy allows time, an engine with a telemetry
// sink, and compiling ahead of time make one.

/** The web's names for them; portable code has no declarations for these on purpose. */
interface WebGlobals {
  readonly performance: { now(): number };
  readonly crypto: { getRandomValues(into: Uint8Array): unknown };
}
const web = (): WebGlobals => globalThis as unknown as WebGlobals;

/** Nanoseconds since 1970, to the millisecond. */
export const realtimeNs = (): bigint | undefined => attempt(() => BigInt(Date.now()) * 1_000_000n);

/** Nanoseconds since some moment, never going back. */
export const monotonicNs = (): bigint | undefined =>
  attempt(() => BigInt(Math.floor(web().performance.now() * 1e6)));

/** Milliseconds since some moment, for durations that the embedder sees and no guest does. */
export const elapsedMs = (): number | undefined => attempt(() => web().performance.now());

/** The time since `start`, ready to be spread into a record; nothing where there is no clock. */
export function sinceMs(start: number | undefined): { readonly ms?: number } {
  const now = start === undefined ? undefined : elapsedMs();
  return start === undefined || now === undefined ? {} : { ms: Math.max(0, now - start) };
}

/** Calls `action` once, `ms` from now at the earliest, unless what comes back is called before. */
export function after(ms: number, action: () => void): () => void {
  const timers = globalThis as unknown as {
    setTimeout(a: () => void, ms: number): unknown;
    clearTimeout(id: unknown): void;
  };
  const id = timers.setTimeout(action, ms);
  return () => timers.clearTimeout(id);
}

/** `length` is at most 65,536, the platform's limit. */
export const randomBytes = (length: number): Uint8Array | undefined =>
  attempt(() => {
    const bytes = new Uint8Array(length);
    web().crypto.getRandomValues(bytes);
    return bytes;
  });

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
