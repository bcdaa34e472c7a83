// Codecs: the interpreter and its bridge against the platform's own JSON, in every format, both ways; that time and
// memory are linear; and what a new shape costs.

import { deepStrictEqual } from "node:assert/strict";
import { createCodec } from "../dist/serde/runtime/codec.js";
import { memoryCells } from "./codec-report.mjs";
import { SUBJECTS } from "./codec-subjects.mjs";
import { inChild } from "./lib/child.mjs";
import { measure, statistics } from "./lib/measure.mjs";
import { fixed, percent, table } from "./lib/table.mjs";
import { target, targetLines } from "./lib/target.mjs";

export const PARTS = ["decode", "encode", "scaling", "memory", "cold"];
export const plot = () => undefined;
export { markdown } from "./codec-report.mjs";

const FORMATS = /** @type {const} */ (["json", "postcard", "msgpack", "cbor"]);
const MiB = 2 ** 20;
/** New ones, for what happens once in each. */
const PROCESSES = 11;
/** Documents of one round: a single one would be learned by heart. */
const PER_ROUND = 64;

export async function* run({ seconds, only, progress }) {
  const sections = new Set(only ?? PARTS);
  if (sections.has("decode")) yield speed("decode", seconds, progress);
  if (sections.has("encode")) yield speed("encode", seconds, progress);
  if (sections.has("scaling")) yield scaling(seconds, progress);
  if (sections.has("memory")) yield memory(progress);
  if (sections.has("cold")) yield cold(progress);
}

/** What ran is consumed, so that nobody can leave it out. */
let sink = 0;
const consume = (value) => {
  sink = (sink + (value?.length ?? 1)) | 0;
};

const PLATFORM = {
  decode: (buffer) => JSON.parse(buffer.toString()),
  encode: (value) => Buffer.from(JSON.stringify(value)),
};

function speed(direction, seconds, progress) {
  const subjects = [];
  for (const { name, shape, values } of SUBJECTS) {
    const add = (lane, inputs, work) => {
      const repeats = Math.max(1, Math.floor(PER_ROUND / inputs.length));
      const run = () => {
        for (let r = 0; r < repeats; r++) for (const input of inputs) consume(work(input));
      };
      subjects.push({ name: `${name} ${lane}`, run });
    };
    const texts = values.map((value) => Buffer.from(JSON.stringify(value)));
    add("platform", direction === "decode" ? texts : values, PLATFORM[direction]);
    for (const format of FORMATS) {
      const codec = createCodec(shape.node, format, {});
      const documents = values.map((value) => codec.encode(value));
      for (const [i, value] of values.entries()) {
        deepStrictEqual(codec.decode(documents[i]), value);
        if (format === "json") deepStrictEqual(JSON.parse(new TextDecoder().decode(documents[i])), value);
      }
      if (direction === "decode") add(format, documents, (document) => codec.decode(document));
      else add(format, values, (value) => codec.encode(value));
    }
  }
  const cpuSamples = new Map();
  const samples = measure(subjects, {
    cpuSamples,
    seconds,
    warmUps: 20,
    progress: (text) => progress(`${direction}: ${text}`),
  });
  // Processor time, because others may work on the machine; the fastest round by the clock beside it.
  const of = (name) => ({ ...statistics(cpuSamples.get(name)), min: statistics(samples.get(name)).min });
  const rows = SUBJECTS.map(({ name, values, atMost, aim }) => {
    const platform = of(`${name} platform`);
    const runs = Math.max(1, Math.floor(PER_ROUND / values.length)) * values.length;
    const lanes = FORMATS.map((format) => {
      const ms = of(`${name} ${format}`);
      return {
        format,
        ms,
        ratio: ms.median / platform.median,
        bestRatio: ms.min / platform.min,
      };
    });
    return { name, runs, platform, lanes, atMost, aim };
  });
  const targets = rows.flatMap(({ name, lanes, atMost, aim }) =>
    direction === "encode" || atMost === undefined
      ? []
      : [target(`${name}, JSON`, lanes[0].ratio, { atMost, ...(aim && { aim }) }, "x JSON.parse", 2)],
  );
  const header = ["", "platform us", "spread", ...FORMATS.flatMap((format) => [format, "best", "spread"])];
  const shown = rows.map(({ name, runs, platform, lanes }) => [
    name,
    fixed((platform.median / runs) * 1000, 2),
    percent(platform.spread),
    ...lanes.flatMap(({ ratio, bestRatio, ms }) => [
      `${fixed(ratio, 2)}x`,
      `${fixed(bestRatio, 2)}x`,
      percent(ms.spread),
    ]),
  ]);
  const title = `${direction}, interpreter: CPU time over that of ${direction === "decode" ? "JSON.parse(buf.toString())" : "Buffer.from(JSON.stringify(value))"}`;
  const text = `${title}\n${table(header, shown)}${targets.length > 0 ? `\n${targetLines(targets)}` : ""}`;
  return { name: direction, rows, targets, sink, text };
}

function scaling(seconds, progress) {
  // Blocks of this size and more are new for each document: one way of working for all three.
  const base = MiB;
  const rows = FORMATS.map((format) => {
    progress(`scaling: ${format}`);
    const { ms } = inChild("codec-scaling.mjs", [base, format, seconds / 2], ["--single-threaded-gc"]).value;
    return { format, ms, doubled: ms[1] / ms[0], again: ms[2] / ms[1] };
  });
  const worst = Math.max(...rows.flatMap(({ doubled, again }) => [doubled, again]));
  const targets = [target("time when the document doubles", worst, { atMost: 2.2 }, "x", 2)];
  const shown = rows.map(({ format, ms, doubled, again }) => [
    format,
    ...ms.map((value) => fixed(value, 2)),
    `${fixed(doubled, 2)}x`,
    `${fixed(again, 2)}x`,
  ]);
  const text = `decode of orders, from ${base / MiB} MiB\n${table(["", "1x least CPU ms", "2x", "4x", "2x/1x", "4x/2x"], shown)}\n${targetLines(targets)}`;
  return { name: "scaling", base, rows, targets, text };
}

function memory(progress) {
  const rows = FORMATS.flatMap((format) =>
    [1, 2, 4].map((times) => {
      progress(`memory: ${format} ${times}x`);
      const { value } = inChild("codec-memory.mjs", [times * 4 * MiB, format], ["--expose-gc"]);
      const allowed = 64 * value.bytes + 64 * MiB;
      return {
        format,
        times,
        ...value,
        allowed,
        perByte: value.peak / value.bytes,
        ofAllowed: value.peak / allowed,
      };
    }),
  );
  const worst = Math.max(...rows.map(({ ofAllowed }) => ofAllowed));
  const targets = [target("peak, of 64 bytes per input byte + 64 MiB", worst, { atMost: 1 }, "x", 2)];
  const shown = rows.map(memoryCells);
  const header = ["", "document", "peak MiB", "value MiB", "peak per byte", "of allowed"];
  return {
    name: "memory",
    rows,
    targets,
    text: `decode of orders\n${table(header, shown)}\n${targetLines(targets)}`,
  };
}

function cold(progress) {
  const rows = FORMATS.map((format) => {
    progress(`cold: ${format}`);
    const samples = Array.from({ length: PROCESSES }, () => inChild("codec-cold.mjs", [format]).value);
    const first = statistics(samples.map((shapes) => shapes[0].cpu));
    const clock = statistics(samples.map((shapes) => shapes[0].total));
    const later = statistics(samples.flatMap((shapes) => shapes.slice(1).map(({ total }) => total)));
    return { format, first, clock, later, compile: statistics(samples.map((shapes) => shapes[0].compile)) };
  });
  const worst = Math.max(...rows.map(({ clock }) => clock.min));
  const name = `first decode of a new shape, quickest of ${PROCESSES} processes`;
  const targets = [target(name, worst, { atMost: 5 }, "ms", 2)];
  const shown = rows.map(({ format, first, clock, later, compile }) => [
    format,
    fixed(first.median, 2),
    fixed(clock.median, 2),
    fixed(clock.min, 2),
    fixed(compile.median, 2),
    fixed(later.median, 2),
  ]);
  const header = ["", "first, CPU ms", "ms", "best", "of that compiling", "each of 19 more ms"];
  const text = `a shape of 34 parts: both programs, and the first document\n${table(header, shown)}\n${targetLines(targets)}`;
  return { name: "cold", rows, targets, text };
}
