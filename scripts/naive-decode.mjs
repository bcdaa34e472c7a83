// A second, deliberately naive reading of the encoding rules (spec/zasm.md §2.1 and §4, D15), and the proof that
// the engine's verifier agrees with it on every first word of a range. Written from the documents, never from
// src: a bug copied from there would hide itself. Used by prove-decode.mjs and by the verifier's tests.

/**
 * Per opcode or range: `tool` = the checks of the tool form in the order the upstream verifier makes them, `doc` =
 * the document form where it has one clear meaning. `a=b` is a check; `!` before it: failing it is bad_imm,
 * otherwise bad_fields. Registers are range-checked before any of this.
 */
/** @typedef {{ name: string, opcodes: number[], tool: string, doc?: string, bits?: boolean }} Form */
/** @type {Form[]} */
const FORMS = [
  { name: "CALL", opcodes: [0x00], tool: "rd=0 rs1=0 rs2=0" },
  { name: "RET", opcodes: [0x01], tool: "rd=0 rs1=0 rs2=0 imm=0" },
  { name: "JR", opcodes: [0x02], tool: "rd=0 rs2=0 rs1<=10" },
  { name: "CP", opcodes: [0x03], tool: "!imm=0 rd=rs1" },
  { name: "DROP", opcodes: [0x04], tool: "!imm=0 rs1=0 rs2=0" },
  { name: "INC DEC", opcodes: [0x05, 0x06], tool: "!imm=0 rs1=rd rs2=0", doc: "imm=0 rs1=0 rs2=0" },
  { name: "MOV", opcodes: [0x07], tool: "!imm=0 rs2=0" },
  { name: "CPI", opcodes: [0x08], tool: "rd=rs1 rs2=0" },
  { name: "arithmetic", opcodes: [...span(0x10, 0x19), ...span(0x20, 0x29)], tool: "!imm=0" },
  {
    name: "shifts",
    opcodes: span(0x30, 0x34),
    tool: "rs2=rs1 !imm>=0 !imm<=31",
    doc: "rs2=0 imm>=0 imm<=31",
  },
  {
    name: "shifts 64",
    opcodes: span(0x40, 0x44),
    tool: "rs2=rs1 !imm>=0 !imm<=63",
    doc: "rs2=0 imm>=0 imm<=63",
  },
  // The one place where strictEncoding takes more: there any rs1 and rs2 do, otherwise each is rd or 0.
  { name: "bits", opcodes: [...span(0x35, 0x37), ...span(0x45, 0x47)], tool: "!imm=0", bits: true },
  { name: "compares", opcodes: [...span(0x50, 0x59), ...span(0x60, 0x69)], tool: "!imm=0" },
  { name: "LD", opcodes: [0x70], tool: "rs1=0 rs2=0" },
  { name: "loads", opcodes: span(0x71, 0x7c), tool: "!imm=0 rs2=rs1", doc: "rs2=0" },
  { name: "stores", opcodes: span(0x80, 0x86), tool: "!imm=0 rd=rs2", doc: "rd=0" },
  { name: "LDIR FILL", opcodes: [0x90, 0x91], tool: "rd=0 rs1=0 rs2=0 imm=0" },
];

/** @returns {number[]} */
function span(first, last) {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Source of an expression over rd, rs1, rs2, imm. */
const test = (check) => check.replace(/^!/, "").replace(/^(\w+)=(\w+)$/, "$1 === $2");

/**
 * Compiled, because it is asked some 17,000,000,000 times. The text above is all that enters the source.
 * @param {Form} form
 */
function compile({ tool, doc, bits }) {
  const steps = tool.split(" ").map((check) => {
    const code = check.startsWith("!") ? "verify.bad_imm" : "verify.bad_fields";
    return `if (!(${test(check)})) return "${code}";`;
  });
  const fitsDoc = doc?.split(" ").map(test).join(" && ");
  if (fitsDoc) steps.unshift(`if (!strict && ${fitsDoc}) return undefined;`);
  if (bits) {
    steps.push(
      'if (!strict && !((rs1 === rd || rs1 === 0) && (rs2 === rd || rs2 === 0))) return "verify.bad_fields";',
    );
  }
  return new Function("rd", "rs1", "rs2", "imm", "strict", steps.join("\n"));
}

const RULES = new Array(256).fill(undefined);
for (const form of FORMS) {
  const rule = compile(form);
  for (const opcode of form.opcodes) RULES[opcode] = rule;
}

/**
 * The complaint about one first word, or undefined when it is legal.
 * @param {number} word
 * @param {{ readonly strictEncoding: boolean, readonly allowPrimitives: boolean }} policy
 * @returns {string | undefined}
 */
export function naiveVerdict(word, policy) {
  const opcode = word >>> 24;
  if (opcode >= 0xe0) {
    if (!policy.allowPrimitives || opcode < 0xf0 || opcode > 0xf5) return "verify.bad_opcode";
    return word << 8 === 0 ? undefined : "verify.bad_fields";
  }
  const rd = (word >>> 20) % 16;
  const rs1 = (word >>> 16) % 16;
  const rs2 = (word >>> 12) % 16;
  const low = word & 4095;
  const imm = low < 2048 ? low : low - 4096;
  if (rd > 4 || rs2 > 4) return "verify.bad_register";
  if (rs1 > 4 && opcode !== 0x02) return "verify.bad_register";
  const rule = RULES[opcode];
  return rule === undefined ? "verify.bad_opcode" : rule(rd, rs1, rs2, imm, policy.strictEncoding);
}

/** Words the instruction takes up: 1, or for LD with its two marks 2 and 3. */
export function naiveLength(word) {
  if (word >>> 24 !== 0x70) return 1;
  return { 2048: 2, 2049: 3 }[word & 0xfff] ?? 1;
}

/**
 * Verifies a whole CODE section the slow way.
 * @param {readonly number[]} words
 * @param {{ readonly strictEncoding: boolean, readonly allowPrimitives: boolean }} policy
 * @returns {{ code: string, offset: number } | { starts: number[], primitives: number[] }}
 */
export function naiveVerify(words, policy) {
  const starts = [];
  for (let at = 0; at < words.length; at += naiveLength(words[at])) {
    starts.push(at);
    if (at + naiveLength(words[at]) > words.length) return { code: "verify.truncated", offset: at * 4 };
  }
  const isStart = new Set(starts);
  const primitives = new Set();
  for (const at of starts) {
    const word = words[at];
    const code = naiveVerdict(word, policy);
    if (code !== undefined) return { code, offset: at * 4 };
    const opcode = word >>> 24;
    const low = word & 4095;
    const target = at + (low < 2048 ? low : low - 4096);
    if ((opcode === 0x00 || opcode === 0x02) && !isStart.has(target)) {
      return { code: "verify.bad_target", offset: at * 4 };
    }
    if (opcode >= 0xf0) primitives.add(opcode - 0xf0);
  }
  return { starts, primitives: [...primitives].sort() };
}

export const MODES = [
  { strictEncoding: false, allowPrimitives: true },
  { strictEncoding: true, allowPrimitives: true },
  { strictEncoding: false, allowPrimitives: false },
  { strictEncoding: true, allowPrimitives: false },
];

/** Opcodes with a document form (D15: strictEncoding takes less), and those where it takes more. */
const DOC_FORM = new Set(FORMS.filter((form) => form.doc).flatMap((form) => form.opcodes));
const BITS = new Set(FORMS.filter((form) => form.bits).flatMap((form) => form.opcodes));

/** What D15 says of the two verdicts on one word; a complaint, or undefined. */
function relationProblem(opcode, byDefault, strict) {
  if (byDefault === strict) return undefined;
  if (byDefault === undefined) return DOC_FORM.has(opcode) ? undefined : "strictEncoding refuses it";
  if (strict !== undefined) return "refused under two different codes";
  if (!BITS.has(opcode)) return "only strictEncoding takes it";
  return byDefault === "verify.bad_fields" ? undefined : "not bad_fields";
}

/** What table and decoder make of a legal word; a complaint, or undefined. */
function decodeProblem({ decodeInsn, lengthWords, packWord, byOpcode }, word) {
  const length = naiveLength(word);
  if (lengthWords(word) !== length) return `lengthWords says ${lengthWords(word)}, not ${length}`;
  const EXT = [0x89abcdef, 0x81234567];
  if (byOpcode[word >>> 24] === undefined) return "legal, and not in the table";
  const insn = decodeInsn(Uint32Array.of(0, word, ...EXT), 1);
  if (insn.row !== byOpcode[word >>> 24] || insn.row.opcode !== word >>> 24) return "decodeInsn: another row";
  if (packWord(insn.row.opcode, insn.rd, insn.rs1, insn.rs2, insn.imm12) !== word >>> 0) {
    return "decodeInsn: the fields do not make the word";
  }
  if (insn.pc !== 4 || insn.words.length !== length) return "decodeInsn: pc or length";
  const low = word & 4095;
  const imm = low < 2048 ? low : low - 4096;
  if (insn.imm12 !== imm) return "decodeInsn: imm12";
  const opcode = word >>> 24;
  const target = opcode === 0x00 || opcode === 0x02 ? 4 * (1 + imm) : undefined;
  if (insn.target !== target) return `decodeInsn: target ${insn.target}, not ${target}`;
  const values = [BigInt(imm), BigInt(EXT[0] | 0), -0x7edc_ba98_7654_3211n];
  const value = opcode === 0x70 ? values[length - 1] : undefined;
  return insn.value === value ? undefined : `decodeInsn: value ${insn.value}, not ${value}`;
}

/**
 * What came of a comparison. `first` is a word with a disagreement and what it is.
 * @typedef {{
 *   words: number, accepted: number, acceptedStrict: number, disagreements: number,
 *   first: { word: number, what: string } | undefined,
 * }} Tally
 */

/** @returns {Tally} */
export const noWords = () => ({
  words: 0,
  accepted: 0,
  acceptedStrict: 0,
  disagreements: 0,
  first: undefined,
});

/**
 * Compares an engine with the reading above on a set of words.
 * @param {{
 *   checkFields: Function, byOpcode: readonly unknown[],
 *   decodeInsn: Function, lengthWords: Function, packWord: Function,
 * }} engine
 * @param {Iterable<number> | { from: number, to: number }} range words, or a half-open range of them
 * @param {number} [plant] a word on which the engine's strictEncoding verdict is turned round
 * @returns {Tally}
 */
export function prove(engine, range, plant = -1) {
  const { checkFields, byOpcode } = engine;
  const result = noWords();
  const disagree = (word, what) => {
    result.disagreements++;
    result.first ??= { word, what };
  };
  const one = (word) => {
    const opcode = word >>> 24;
    const row = byOpcode[opcode];
    let byDefault;
    let strict;
    for (let m = 0; m < 4; m++) {
      const mode = MODES[m];
      let got = checkFields(row, word, mode);
      if (word === plant && m === 1) got = got === undefined ? "verify.bad_fields" : undefined;
      if (m === 0) byDefault = got;
      else if (m === 1) strict = got;
      const want = naiveVerdict(word, mode);
      if (got !== want) disagree(word, `mode ${m}: engine ${got ?? "ok"}, naive ${want ?? "ok"}`);
    }
    result.words++;
    if (byDefault !== strict) {
      const problem = relationProblem(opcode, byDefault, strict);
      if (problem !== undefined) disagree(word, problem);
    }
    if (byDefault === undefined) result.accepted++;
    if (strict === undefined) result.acceptedStrict++;
    if (byDefault === undefined || strict === undefined) {
      const problem = decodeProblem(engine, word);
      if (problem !== undefined) disagree(word, problem);
    }
  };
  if ("from" in range) for (let word = range.from; word < range.to; word++) one(word);
  else for (const word of range) one(word);
  return result;
}

/** Words that all of 2^32 hold: accepted by default, and by strictEncoding. Counted by hand from FORMS. */
export const EXPECTED = (() => {
  const imms = 4096;
  const count = (table) => table.reduce((sum, [opcodes, words]) => sum + opcodes * words, 0);
  const same = [
    [1, imms], // CALL
    [3, 1], // RET LDIR FILL
    [1, 11 * imms], // JR
    [1, 25], // CP
    [1, 5], // DROP
    [1, 25], // MOV
    [1, 5 * imms], // CPI
    [40, 125], // arithmetic and compares
    [1, 5 * imms], // LD
    [6, 1], // host calls
  ];
  return {
    accepted: count([
      ...same,
      [2, 5 + 4], // INC DEC: rs1 = rd, or 0 where rd is not
      [5, 5 * (5 + 4) * 32], // shifts: rs2 = rs1, or 0 where rs1 is not
      [5, 5 * (5 + 4) * 64],
      [6, 1 + 4 * 4], // bits: rs1 and rs2 each 0 or rd
      [12, 5 * (5 * imms + 4)], // loads: rs2 = 0 with any displacement, or rs2 = rs1 not 0
      [7, 5 * (5 * imms + 4)], // stores: rd = 0 with any displacement, or rd = rs2 not 0
    ]),
    acceptedStrict: count([...same, [2, 5], [5, 5 * 5 * 32], [5, 5 * 5 * 64], [6, 125], [12, 25], [7, 25]]),
  };
})();
