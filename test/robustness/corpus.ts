// Small valid modules that together have every section, layout and kind of instruction. Cut and mutated by the
// robustness tests; each ends by itself within a few hundred instructions.

import {
  ascii,
  build,
  codeOnly,
  dataPayload,
  exptPayload,
  fullModule,
  type RawModule,
  RET,
  section,
  u32s,
  word,
} from "./raw-module.ts";

const LD = (rd: number, value: number) => word(0x70, rd, 0, 0, value);

/** Every opcode but RET, in a form that does not trap from a start with DE = 1 and A = 64. */
function everyOpcode(): RawModule {
  const words = [LD(0, 256), LD(1, 8), LD(2, 7), LD(3, 5), LD(4, 64)];
  const rrr = [0x10, 0x20, 0x50, 0x60];
  for (const first of rrr) for (let i = 0; i < 10; i++) words.push(word(first + i, 2, 1, 3));
  for (const first of [0x30, 0x40]) {
    for (let i = 0; i < 5; i++) words.push(word(first + i, 2, 1, i % 2, 7 + i));
    for (let i = 5; i < 8; i++) words.push(word(first + i, 2, 2, 2));
  }
  for (let opcode = 0x71; opcode <= 0x7c; opcode++) words.push(word(opcode, 2, 0, 0, 8));
  for (let opcode = 0x80; opcode <= 0x86; opcode++) words.push(word(opcode, 0, 4, 3, -8));
  words.push(word(0x05, 3, 3), word(0x06, 3), word(0x07, 2, 3), word(0x04, 2));
  words.push(word(0x90), word(0x91));
  words.push(word(0x03, 1, 1, 3), word(0x02, 0, 4, 0, 2), word(0x08, 1, 1, 0, -3));
  return codeOnly(
    ...words,
    word(0x70, 0, 0, 0, -2047),
    0xffff_ffff,
    0x7fff_ffff,
    word(0x00, 0, 0, 0, 2),
    RET,
    RET,
  );
}

/** Counts down from 20, writing a byte each time; then every other host call once. */
function hostCalls(): RawModule {
  const module = codeOnly(
    LD(3, 20),
    LD(0, 32), // loop:
    word(0x80, 3, 0, 3), // ST8 (HL), BC
    LD(1, 1),
    word(0xf1), // OUT
    word(0x06, 3, 3), // DEC BC
    word(0x08, 3, 3, 0, 0), // CPI BC, 0
    word(0x02, 0, 2, 0, -6), // JR NE loop
    LD(0, 100),
    word(0xf3), // ALLOC
    word(0xf4), // FREE
    LD(0, 16),
    LD(1, 3),
    LD(3, 19),
    LD(4, 2),
    word(0xf2), // LOG
    word(0xf0), // IN
    LD(0, 16),
    LD(1, 24),
    LD(3, 64),
    LD(4, 64),
    word(0xf5), // CTL
    RET,
  );
  module.sections.push(section("DATA", dataPayload([16, "topic"], [40, ""], [48, "x"])));
  module.sections.push(section("IMPT", u32s(63, 0)));
  return module;
}

/** Nested calls, and words that only look like instructions. */
function calls(): RawModule {
  const module = codeOnly(
    word(0x00, 0, 0, 0, 3), // CALL a
    word(0x00, 0, 0, 0, 2), // CALL a
    RET,
    word(0x70, 0, 0, 0, -2047), // a: LD HL, …
    0xf100_0000,
    0xffff_ffff,
    word(0x00, 0, 0, 0, 2), // CALL b
    RET,
    word(0x70, 1, 0, 0, -2048), // b: LD DE, …
    0x0200_0000,
    RET,
  );
  module.sections.push(section("EXPT", exptPayload(["a", 3], ["b", 8], ["", 0], ["z\xc3\xbcrich", 2])));
  module.sections.push(section("MEM ", u32s(65_536, 70_000)));
  return module;
}

/** Directory at the end, sections in another order than their entries, unknown and empty sections. */
function rearranged(): RawModule {
  const module = fullModule();
  module.sections.push(section("????", ascii("unknown")), section("void", new Uint8Array(0)));
  module.directory = "last";
  module.order = [7, 3, 6, 0, 5, 1, 4, 2];
  return module;
}

/** Runs off the end of CODE. */
const endless = (): RawModule => codeOnly(LD(0, 1), word(0x10, 1, 1, 1));

export const CORPUS: ReadonlyMap<string, () => RawModule> = new Map([
  ["everything", fullModule],
  ["rearranged", rearranged],
  ["every opcode", everyOpcode],
  ["host calls", hostCalls],
  ["calls", calls],
  ["no end", endless],
  ["one instruction", () => codeOnly(RET)],
]);

export const corpusBytes = (name: string): Uint8Array<ArrayBuffer> => build(CORPUS.get(name)!()).bytes;
