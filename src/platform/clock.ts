// Clocks and random bytes, through globals that Node and browsers share. Each gives `undefined` where the platform
// has none. Nothing is touched before the first call: only a run whose policy allows time makes one.

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
