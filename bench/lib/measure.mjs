// Timing: many things measured in turn, so that a slow second of a shared machine hits all of them, and statistics
// that say how far apart the samples are.

/**
 * Runs all subjects in rounds, each round starting with another one, until `seconds` have passed and `least` rounds
 * are complete. `prepare` is not timed; what it gives is passed to `run`.
 * @param {readonly { name: string, prepare?: () => any, run: (prepared: any) => void }[]} subjects
 * `cpuSamples` gets the processor time of the same rounds, which others on the machine disturb less.
 * @param {{ seconds: number, warmUps?: number, least?: number, progress?: (text: string) => void, cpuSamples?: Map<string, number[]> }} options
 * @returns {Map<string, number[]>} milliseconds per subject and round
 */
export function measure(
  subjects,
  { cpuSamples = undefined, seconds, warmUps = 2, least = 3, progress = (_text) => {} },
) {
  /** @type {Map<string, number[]>} */
  const samples = new Map(subjects.map(({ name }) => [name, []]));
  let started = performance.now();
  for (let round = -warmUps; ; round++) {
    if (round === 0) started = performance.now();
    const elapsed = (performance.now() - started) / 1000;
    if (round >= least && elapsed >= seconds) return samples;
    progress(round < 0 ? "warming up" : `round ${round + 1}, ${elapsed.toFixed(0)} of ${seconds} s`);
    for (let i = 0; i < subjects.length; i++) {
      const { name, prepare, run } = subjects[(i + round + warmUps) % subjects.length];
      const prepared = prepare?.();
      const cpuBefore = cpuSamples && process.cpuUsage();
      const before = performance.now();
      run(prepared);
      const ms = performance.now() - before;
      const cpu = cpuSamples && process.cpuUsage(cpuBefore);
      if (round < 0) continue;
      samples.get(name)?.push(ms);
      if (cpu === undefined) continue;
      const list = cpuSamples?.get(name) ?? [];
      list.push((cpu.user + cpu.system) / 1000);
      cpuSamples?.set(name, list);
    }
  }
}

/** `spread` is the distance between the quartiles, as a part of the median. */
export function statistics(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part) => {
    const index = part * (sorted.length - 1);
    const [low, high] = [sorted[Math.floor(index)], sorted[Math.ceil(index)]];
    return low + (high - low) * (index % 1);
  };
  const median = at(0.5);
  return { median, min: sorted[0], spread: (at(0.75) - at(0.25)) / median, samples: sorted.length };
}

export const geomean = (values) => Math.exp(values.reduce((sum, v) => sum + Math.log(v), 0) / values.length);
