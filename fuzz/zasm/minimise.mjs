// Makes a failing program small, and its run simple: instructions become DROP, which moves nothing; the end of CODE,
// DATA, stdin and fuel go; switches go to their plainest value. And prints it as a case file of test/cases.

import { lengthWords } from "../../dist/zasm/isa/fields.js";
import { REGISTERS } from "../../dist/zasm/isa/table.js";
import { load, moduleBytes, policyOf, runReference } from "./execute.mjs";
import { simplerHows } from "./how.mjs";

const DROP = 0x0400_0000;
/** What is found by then is small enough. */
const MOST_MS = 5_000;

/** `fails(subject, how)` must be false for what cannot be run. */
export function minimised(subject, how, fails) {
  let best = { subject, how };
  const until = Date.now() + MOST_MS;
  const attempt = (change) => {
    if (Date.now() > until) return false;
    const candidate = { ...best, ...change };
    try {
      if (!fails(candidate.subject, candidate.how)) return false;
    } catch {
      return false; // no longer a valid program
    }
    best = candidate;
    return true;
  };
  const attemptSubject = (change) => attempt({ subject: { ...best.subject, ...change } });
  for (let round = 0; round < 2; round++) {
    for (let simpler = true; simpler; ) {
      simpler = false;
      for (const candidate of simplerHows(best.how)) simpler ||= attempt({ how: candidate });
    }
    dropAll();
    shorten();
    attemptSubject({ data: [] });
    attemptSubject({ stdin: [] });
    attemptSubject({ entryWords: 0 });
    for (const fuel of [null, 1, 2, 4, 8, 16, 32, 64, 128, 256])
      if (attemptSubject({ policy: { ...best.subject.policy, fuel } })) break;
  }
  return best;

  /** From halves down to single words. */
  function dropAll() {
    for (let size = best.subject.words.length; size >= 1; size = Math.floor(size / 2)) {
      for (let from = 0; from < best.subject.words.length; from += size) {
        const words = dropped(best.subject.words, from, from + size);
        if (words.some((word, i) => word !== best.subject.words[i])) attemptSubject({ words });
      }
    }
  }

  function shorten() {
    for (let size = best.subject.words.length; size >= 1; size = Math.floor(size / 2)) {
      while (
        best.subject.words.length > size &&
        attemptSubject({ words: best.subject.words.slice(0, -size) })
      );
    }
  }
}

/** Every instruction that starts in [from, to) becomes as many DROPs as it has words. */
function dropped(words, from, to) {
  const result = [...words];
  for (let at = 0; at < words.length; ) {
    const length = lengthWords(words[at]);
    if (at >= from && at < to) result.fill(DROP, at, at + length);
    at += length;
  }
  return result;
}

const CATEGORIES = { oob: "oob", div0: "div0", decode: "decode", abi: "abi" };
const CODES = { callDepth: "call_depth", outputLimit: "output_limit" };

/** The program and what the interpreter says of it. `notes` are the lines of the comment. */
export function caseText(subject, notes) {
  const observed = runReference(load(subject), subject);
  if (observed === undefined) throw new Error("the program does not end");
  const hex = (bytes) => Buffer.from(bytes).toString("hex");
  const { fuel, memBase } = subject.policy;
  const lines = [...notes.map((note) => `; ${note}`), "-- policy", JSON.stringify(policyOf(subject))];
  if (subject.stdin.length > 0) lines.push("-- stdin", `hex ${hex(Uint8Array.from(subject.stdin))}`);
  if (subject.data.length === 0 && subject.entryWords === 0)
    lines.push("-- words", subject.words.map((word) => word.toString(16).padStart(8, "0")).join(" "));
  else lines.push("-- module", hex(moduleBytes(subject)));
  lines.push("-- expect", `status ${observed.status}`);
  if (observed.status === "trap") {
    const code = CODES[observed.code] ?? observed.code;
    lines.push(`code trap.${code}`, `category ${CATEGORIES[code] ?? "resource"}`, `pc ${observed.pc}`);
  }
  if (observed.fuel !== undefined) lines.push(`fuelUsed ${fuel - observed.fuel}`);
  if (observed.stdout.length > 0) lines.push(`stdout hex ${hex(observed.stdout)}`);
  if (observed.stderr.length > 0) lines.push(`stderr hex ${hex(observed.stderr)}`);
  observed.registers?.forEach((value, i) => {
    lines.push(`${REGISTERS[i]} 0x${value.toString(16)}`);
  });
  if (observed.compare !== undefined) lines.push(`CMP ${observed.compare}`);
  for (let at = 0; at < observed.memory.length; at += 32) {
    const chunk = observed.memory.subarray(at, at + 32);
    const address = BigInt(memBase) + BigInt(at);
    if (chunk.some((byte) => byte !== 0)) lines.push(`[0x${address.toString(16)}] ${hex(chunk)}`);
  }
  return `${lines.join("\n")}\n`;
}
