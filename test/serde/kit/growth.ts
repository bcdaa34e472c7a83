// How long something takes, by the processor's clock: other processes on the machine do not count.

/** Processor time, best of a few, in milliseconds; at least one, below which the clock tells nothing. */
export function best(action: () => void): number {
  const times = Array.from({ length: 4 }, () => {
    const before = process.cpuUsage();
    action();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.max(1, Math.min(...times));
}

/** Four times the document: linear is 4, quadratic 16. */
export const MOST = 9;

/** How much longer `four` takes than `one`: measured up to three times, as a busy machine only ever adds. */
export function growth(one: () => void, four: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3 && least >= MOST; i++) least = Math.min(least, best(four) / best(one));
  return least;
}
