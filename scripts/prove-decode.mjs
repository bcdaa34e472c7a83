// `npm run prove:decode`: the verifier, the table and the decoder agree with an independent reading of the rules
// on all 2^32 first words, and `strictEncoding` relates to the default as D15 says. Uses dist.
//
//   --sample N [--seed S]   N random words instead of all
//   --from W --to W         only the words from..to-1 (hex or decimal)
//   --threads N             default: the number of cores, at most 8
//   --plant [W]             turn one verdict round; the proof must then fail (default: the last word looked at)
//
// Exit 0: proven. 1: a disagreement. 2: usage.
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { parentPort, Worker, workerData } from "node:worker_threads";
import { EXPECTED, noWords, prove } from "./naive-decode.mjs";

const ALL = 2 ** 32;
const LAST = -2; // --plant without a word
const SLICE = 2 ** 24; // one opcode: some seconds, so that progress shows

async function engine() {
  const [{ checkFields }, fields, { BY_OPCODE }] = await Promise.all([
    import("../dist/zasm/verify/verify.js"),
    import("../dist/zasm/isa/fields.js"),
    import("../dist/zasm/isa/table.js"),
  ]);
  return { checkFields, byOpcode: BY_OPCODE, ...fields };
}

/** `count` words of the xorshift32 sequence from `seed`. */
function* randomWords(count, seed) {
  let x = seed >>> 0 || 1;
  for (let i = 0; i < count; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    yield x >>> 0;
  }
}

/** @returns {never} */
function usage(message) {
  process.stderr.write(`prove-decode: ${message}\n`);
  process.exit(2);
}

/** @returns {{ [name: string]: unknown }} */
function parse(args, names) {
  const shape = Object.fromEntries(names.map((name) => [name, { type: /** @type {const} */ ("string") }]));
  try {
    return parseArgs({ args, options: shape }).values;
  } catch (wrong) {
    return usage(wrong.message);
  }
}

function options() {
  const names = ["from", "to", "sample", "seed", "threads", "plant"];
  const argv = process.argv.slice(2).flatMap((arg, i, all) => {
    const bare = arg === "--plant" && (all[i + 1] === undefined || all[i + 1].startsWith("--"));
    return bare ? ["--plant", "last"] : [arg];
  });
  const values = parse(argv, names);
  const given = (name, min, max) => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    return usage(`--${name} takes an integer from ${min} to ${max}`);
  };
  const integer = (name, min, max, fallback) =>
    values[name] === undefined ? fallback : given(name, min, max);
  const from = integer("from", 0, ALL, 0);
  const to = integer("to", 0, ALL, ALL);
  if (from >= to) usage("--from must be below --to");
  return {
    from,
    to,
    sample: integer("sample", 1, ALL, 0),
    seed: integer("seed", 1, ALL - 1, 1),
    threads: integer("threads", 1, 64, Math.min(availableParallelism(), 8)),
    plant: values.plant === "last" ? LAST : integer("plant", 0, ALL - 1, -1),
  };
}

async function main() {
  const { from, to, sample, seed, threads, plant } = options();
  const started = performance.now();
  const total = noWords();
  const add = (part) => {
    for (const key of ["words", "accepted", "acceptedStrict", "disagreements"]) total[key] += part[key];
    if (part.first && (!total.first || part.first.word < total.first.word)) total.first = part.first;
  };

  if (sample > 0) {
    const words = [...randomWords(sample, seed)];
    add(prove(await engine(), words, plant === LAST ? words[words.length - 1] : plant));
  } else {
    const slices = [];
    for (let at = from; at < to; at += SLICE) slices.push({ from: at, to: Math.min(at + SLICE, to) });
    const planted = plant === LAST ? to - 1 : plant;
    let shownAt = 0;
    const work = () =>
      new Promise((done, failed) => {
        const worker = new Worker(new URL(import.meta.url), { workerData: { plant: planted } });
        const next = () => worker.postMessage(slices.shift() ?? "stop");
        worker.on("message", (part) => {
          add(part);
          const now = performance.now();
          if (now - shownAt > 1000) {
            shownAt = now;
            progress(total.words, to - from, (now - started) / 1000);
          }
          next();
        });
        worker.on("error", failed);
        worker.on("exit", done);
        next();
      });
    await Promise.all(Array.from({ length: Math.min(threads, slices.length) }, work));
    if (from === 0 && to === ALL) {
      for (const [key, want] of Object.entries(EXPECTED)) {
        if (total[key] === want) continue;
        total.disagreements++;
        total.first ??= { word: 0, what: `${key} is ${total[key]}, counted by hand ${want}` };
      }
    }
  }

  const n = (x) => x.toLocaleString("en-US");
  const seconds = (performance.now() - started) / 1000;
  if (total.first) {
    const word = total.first.word.toString(16).padStart(8, "0");
    process.stdout.write(`first disagreement: word 0x${word}: ${total.first.what}\n`);
  }
  process.stdout.write(
    `prove-decode: ${n(total.words)} words in 4 modes, ${n(total.accepted)} legal, ` +
      `${n(total.acceptedStrict)} with strictEncoding, ${n(total.disagreements)} disagreements, ` +
      `${seconds.toFixed(1)} s\n`,
  );
  process.exitCode = total.disagreements === 0 ? 0 : 1;
}

function progress(done, all, seconds) {
  const rate = done / seconds;
  const left = Math.ceil((all - done) / rate);
  process.stderr.write(
    `prove-decode: ${((100 * done) / all).toFixed(1)} %, ${(rate / 1e6).toFixed(1)} M words/s, ${left} s left\n`,
  );
}

if (parentPort === null) await main();
else {
  const port = parentPort;
  const loaded = await engine();
  port.on("message", (slice) => {
    if (slice === "stop") port.close();
    else port.postMessage(prove(loaded, slice, workerData.plant));
  });
}
