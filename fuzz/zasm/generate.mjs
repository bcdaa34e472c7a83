// Random valid programs from the instruction table. Half are built like programs (functions, recursion, counted loops,
// accesses near the edges of memory, bulk moves, host calls), half are instructions with jumps and calls to anywhere,
// which makes irreducible graphs and functions that overlap. A seed is a program; programs may run for ever.

import { packWord } from "../../dist/zasm/isa/fields.js";
import { CONDITIONS, ISA, LD_EXT32, LD_EXT64, REGISTERS } from "../../dist/zasm/isa/table.js";

const ROWS = new Map(ISA.map((row) => [row.mnemonic, row]));
const HARMLESS = ISA.filter((row) =>
  ["cp", "cpi", "drop", "step", "mov", "rrr", "shift", "bits"].includes(row.format),
);
const ACCESSES = ISA.filter((row) => row.access > 0);
const PRIMS = ISA.filter((row) => row.format === "prim");
const ANY = ISA.filter((row) => !["call", "jr", "prim"].includes(row.format) && row.mnemonic !== "RET");
const ANY_BUT_ACCESSES = ANY.filter((row) => row.access === 0 || row.access === 8);
const MEM_SIZES = [1, 5, 7, 8, 64, 257, 1024, 4096, 65_528, 65_536, 65_536, 65_536, 65_536, 70_000, 131_072];
const EDGES = [
  0n,
  1n,
  -1n,
  (1n << 31n) - 1n,
  1n << 31n,
  (1n << 32n) - 1n,
  1n << 32n,
  (1n << 53n) + 1n,
  (1n << 63n) - 1n,
  1n << 63n,
  0x0123_4567_89ab_cdefn,
];
const [HL, DE, A, BC, IX] = [0, 1, 2, 3, 4];

/** A run's program, input and policy; plain data, `memBase` as text. `policy.fuel` null = unmetered. */
export function generateSubject(random) {
  return new Generator(random).subject();
}

class Generator {
  #random;
  #policy;
  #strict;
  #memBase;
  /** One instruction each before layout; `target` is the index of another one, for CALL and JR. */
  #items = [];
  #functions = [];
  #calls = [];
  #functionCount;

  constructor(random) {
    this.#random = random;
    const memSize = random.pick(MEM_SIZES);
    this.#memBase = this.#base(memSize);
    this.#policy = {
      memBase: `0x${this.#memBase.toString(16)}`,
      memSize,
      fuel: random.chance(45) ? 1 + random.below(random.pick([30, 400, 3000, 12_000])) : null,
      strict: random.chance(20),
      maxCallDepth: random.pick([1, 2, 3, 5, 30, 64, 250, 1024, 6100]),
      maxOutputBytes: random.pick([16, 256, 65_536, 65_536]),
      reqHandle: random.pick([0, 0, 0, 0, 0, 0, 3]),
      resHandle: random.pick([1, 1, 1, 1, 1, 2, 5]),
      ...(random.chance(3) ? { maxJitBytes: random.pick([1, 600, 3000]) } : {}),
    };
    this.#strict = random.chance(30);
    this.#functionCount = random.below(5);
  }

  #base(memSize) {
    const random = this.#random;
    if (random.chance(65)) return 0n;
    const top = (1n << 64n) - BigInt(memSize + (-memSize & 7));
    const base = random.pick([
      0x1_0000n,
      4096n,
      (1n << 32n) - 64n,
      1n << 32n,
      1n << 31n,
      1n << 63n,
      top,
      random.u64() & ~7n,
    ]);
    return base > top ? top : base;
  }

  subject() {
    const random = this.#random;
    if (random.chance(50)) this.#structured();
    else this.#chaos();
    const { words, starts } = this.#layout();
    return {
      words,
      entryWords: random.chance(92) ? 0 : random.pick(starts),
      data: this.#data(),
      stdin: random.bytes(random.pick([0, 1, 5, 40, 300])),
      policy: this.#policy,
      strictEncoding: this.#strict,
    };
  }

  #structured() {
    const random = this.#random;
    for (let register = 0; register < REGISTERS.length; register++) {
      if (random.chance(60)) this.#load(register, random.chance(40) ? random.u64() : this.#value());
    }
    this.#body(random.between(2, 22));
    if (random.chance(20)) this.#wildAccess();
    if (random.chance(90)) this.#emit("RET");
    for (let i = 0; i < this.#functionCount; i++) {
      this.#functions.push(this.#items.length);
      if (random.chance(30)) this.#recursive();
      else this.#body(random.between(1, 9));
      if (random.chance(20)) this.#wildAccess();
      this.#emit("RET");
    }
    for (const { item, callee } of this.#calls) item.target = this.#functions[callee] ?? 0;
  }

  #chaos() {
    const random = this.#random;
    const count = random.between(4, 55);
    const jumps = [];
    while (this.#items.length < count) {
      const roll = random.below(100);
      if (roll < 12) jumps.push(this.#emit("JR", 0, random.below(CONDITIONS.length)));
      else if (roll < 17) jumps.push(this.#emit("CALL"));
      else if (roll < 20) this.#emit("RET");
      else if (roll < 36) this.#load(random.below(5), this.#value());
      else if (roll < 39) this.#encode(random.pick(PRIMS));
      else if (roll < 42)
        this.#load(random.below(5), BigInt(random.pick([0xffff, 0x1_0000, this.#policy.memSize])));
      else if (roll < 60) this.#memoryAccess();
      else this.#encode(random.pick(ANY_BUT_ACCESSES));
    }
    for (const item of jumps) item.target = random.below(this.#items.length);
  }

  #layout() {
    const starts = [];
    let at = 0;
    for (const { words } of this.#items) {
      starts.push(at);
      at += words.length;
    }
    const words = this.#items.flatMap(({ words: own, target }, i) =>
      target === undefined ? own : [(own[0] | ((starts[target] - starts[i]) & 0xfff)) >>> 0],
    );
    return { words, starts };
  }

  #data() {
    const random = this.#random;
    const { memSize } = this.#policy;
    const segments = [];
    let from = 0;
    for (let i = random.below(3); i > 0 && from < memSize; i--) {
      const dst = random.between(from, memSize - 1);
      const frame = [0x5a, 0x43, 0x4c, 0x31, 1, 0, random.pick([1, 1, 2, 9]), 0, ...random.bytes(4)];
      const bytes = random.chance(40)
        ? [...frame, ...new Array(random.chance(80) ? 12 : 11).fill(0)]
        : random.bytes(random.below(40));
      segments.push({ dst, bytes: bytes.slice(0, memSize - dst) });
      from = dst + bytes.length;
    }
    return segments;
  }

  #body(length) {
    for (let i = 0; i < length; i++) this.#snippet();
  }

  #snippet() {
    const random = this.#random;
    const roll = random.below(100);
    if (roll < 36) this.#tame();
    else if (roll < 42) this.#load(random.below(5), this.#value());
    else if (roll < 57) this.#memoryAccess();
    else if (roll < 67) this.#branch();
    else if (roll < 73) this.#loop();
    else if (roll < 75) this.#byteLoop();
    else if (roll < 83) this.#call();
    else if (roll < 88) this.#bulk();
    else if (roll < 95) this.#hostCall();
    else this.#encode(random.pick(ANY));
  }

  /** @returns {{ words: number[], target: number | undefined }} */
  #emit(mnemonic, rd = 0, rs1 = 0, rs2 = 0, imm = 0) {
    const item = {
      words: [packWord(ROWS.get(mnemonic)?.opcode ?? 0xff, rd, rs1, rs2, imm)],
      target: undefined,
    };
    this.#items.push(item);
    return item;
  }

  #load(register, value) {
    const signed = BigInt.asIntN(64, value);
    const low = Number(BigInt.asUintN(32, value));
    const high = Number(BigInt.asUintN(64, value) >> 32n);
    const item = this.#emit("LD", register);
    const mark = (imm) => packWord(0x70, register, 0, 0, imm);
    const extra = this.#random.below(100); // longer than needed, now and then
    if (signed > -2047n && signed < 2048n && extra < 80) item.words = [mark(Number(signed))];
    else if (BigInt.asIntN(32, signed) === signed && extra < 90) item.words = [mark(LD_EXT32), low];
    else item.words = [mark(LD_EXT64), low, high];
  }

  #value() {
    const random = this.#random;
    const roll = random.below(10);
    if (roll < 4) return BigInt(random.between(-70, 300));
    if (roll < 6) return random.pick(EDGES) + BigInt(random.between(-1, 1));
    if (roll < 8) return this.#address(8);
    return random.u64() >> BigInt(random.below(64));
  }

  /** Mostly inside memory with room for `bytes`, now and then just outside. */
  #address(bytes) {
    const random = this.#random;
    const { memSize } = this.#policy;
    const room = Math.max(memSize - bytes, 0);
    const offset = random.chance(95)
      ? random.between(0, room)
      : random.pick([room + 1, memSize, memSize + 4096, -1, -bytes, random.u32()]);
    return BigInt.asUintN(64, this.#memBase + BigInt(offset));
  }

  #tame() {
    this.#encode(this.#random.pick(HARMLESS));
  }

  #encode(row) {
    const random = this.#random;
    const [d, a, b] = [random.below(5), random.below(5), random.below(5)];
    const isDocumentForm = !this.#strict && random.chance(50);
    const m = row.mnemonic;
    switch (row.format) {
      case "none":
      case "prim":
        return this.#emit(m);
      case "cp":
        return this.#emit(m, a, a, b);
      case "cpi":
        return this.#emit(
          m,
          a,
          a,
          0,
          random.chance(80) ? random.between(-4, 4) : random.between(-2048, 2047),
        );
      case "drop":
        return this.#emit(m, d);
      case "step":
        return this.#emit(m, d, isDocumentForm ? 0 : d);
      case "mov":
        return this.#emit(m, d, a);
      case "rrr":
        if (row.traps.includes("div0") && random.chance(85)) this.#load(b, this.#value() | 1n);
        return this.#emit(m, d, a, b);
      case "shift":
        return this.#emit(m, d, a, isDocumentForm ? 0 : a, random.below(row.width));
      case "bits":
        if (this.#strict) return this.#emit(m, d, a, b);
        return this.#emit(m, d, random.pick([0, d]), random.pick([0, d]));
      case "ld":
        return this.#load(d, this.#value());
      case "load":
        if (isDocumentForm) return this.#emit(m, d, a, 0, this.#displacement());
        return this.#emit(m, d, a, a);
      case "store":
        if (isDocumentForm) return this.#emit(m, 0, a, b, this.#displacement());
        return this.#emit(m, b, a, b);
    }
  }

  #displacement() {
    const random = this.#random;
    return random.chance(80) ? random.between(-8, 8) : random.between(-2048, 2047);
  }

  /** A load or store whose address was just put into its base register, or computed in 32 bits. */
  #memoryAccess() {
    const random = this.#random;
    const row = random.pick(ACCESSES);
    const [base, other] = [random.below(5), random.below(5)];
    const isDocumentForm = !this.#strict && random.chance(50);
    const displacement = isDocumentForm ? this.#displacement() : 0;
    this.#load(base, this.#address(row.access) - BigInt(displacement));
    if (random.chance(40)) {
      const index = random.below(5);
      if (random.chance(60)) this.#load(index, BigInt(random.chance(93) ? random.below(64) : random.u32()));
      this.#emit(random.pick(["ADD", "ADD", "SUB", "OR", "AND"]), base, base, index);
    }
    if (row.format === "load") this.#emit(row.mnemonic, other, base, isDocumentForm ? 0 : base, displacement);
    else this.#emit(row.mnemonic, isDocumentForm ? 0 : other, base, other, displacement);
  }

  /** An access about the end of memory or far beyond, at an address that is computed in 32 bits. */
  #wildAccess() {
    const random = this.#random;
    const base = random.below(5);
    const row = random.pick(ACCESSES);
    const { memSize } = this.#policy;
    this.#load(base, BigInt(random.chance(50) ? random.u32() : memSize - random.between(-8, 16)));
    if (random.chance(50)) this.#encode(random.pick(HARMLESS));
    this.#emit(random.pick(["INC", "DEC"]), base, base);
    const other = random.below(5);
    if (row.format === "load") this.#emit(row.mnemonic, other, base, base);
    else this.#emit(row.mnemonic, other, base, other);
  }

  /** A jump, usually after a comparison, usually not far, forwards more than backwards. */
  #branch() {
    const random = this.#random;
    const compared = random.below(5);
    if (random.chance(70)) this.#emit("CPI", compared, compared, 0, random.between(-3, 3));
    const item = this.#emit("JR", 0, random.below(CONDITIONS.length));
    const here = this.#items.length - 1;
    if (random.chance(25)) {
      item.target = random.between(Math.max(0, here - 8), here);
      return;
    }
    for (let i = random.between(1, 3); i > 0; i--) this.#tame();
    item.target = this.#items.length;
    this.#emit("DROP", random.below(5));
  }

  #loop() {
    const random = this.#random;
    const counter = random.below(5);
    this.#load(counter, BigInt(random.chance(80) ? random.between(1, 9) : random.between(10, 120)));
    const top = this.#items.length;
    for (let i = random.between(1, 4); i > 0; i--) {
      const roll = random.below(100);
      if (roll < 60) this.#tame();
      else if (roll < 85) this.#memoryAccess();
      else if (roll < 95) this.#call();
      else this.#hostCall();
    }
    this.#emit("DEC", counter, counter);
    this.#emit("CPI", counter, counter, 0, 0);
    this.#emit("JR", 0, CONDITIONS.indexOf("GTS")).target = top;
  }

  /** A loop that copies or fills byte by byte, or nearly: near itself, near the end of memory, too long now and then. */
  #byteLoop() {
    const random = this.#random;
    const [to, from, value, last, spare] = random.shuffled([0, 1, 2, 3, 4]);
    const isCopy = random.chance(60);
    const count = random.chance(85) ? random.between(1, 400) : random.pick([0, 1, 31, 32, 33, 34, 5000]);
    const start = this.#address(random.chance(80) ? count : 1);
    const near = BigInt(random.between(-count - 2, count + 2));
    this.#load(to, start);
    if (isCopy) this.#load(from, random.chance(60) ? BigInt.asUintN(64, start + near) : this.#address(count));
    if (!isCopy && random.chance(60)) this.#load(value, this.#value());
    const toAddress = random.chance(35);
    const compared = toAddress && isCopy && random.chance(40) ? from : to;
    if (toAddress && compared === from) this.#emit("MOV", last, from);
    if (toAddress && compared === to) this.#emit("MOV", last, to);
    this.#load(toAddress ? spare : last, BigInt(count) | (random.chance(5) ? random.u64() << 32n : 0n));
    if (toAddress && random.chance(90)) this.#emit("ADD", last, last, spare);
    const top = this.#items.length;
    const displaced = () => (!this.#strict && random.chance(30) ? random.between(-3, 3) : undefined);
    const before = random.below(4); // which addresses are raised before they are used
    if (isCopy) {
      if (before & 1) this.#emit("INC", from, from);
      const by = displaced();
      const name = random.pick(["LD8U", "LD8U64"]);
      this.#emit(name, value, from, by === undefined ? from : 0, by ?? 0);
      if (!(before & 1)) this.#emit("INC", from, from);
    }
    if (before & 2) this.#emit("INC", to, to);
    const by = displaced();
    this.#emit(random.pick(["ST8", "ST8_64"]), by === undefined ? value : 0, to, value, by ?? 0);
    if (!(before & 2)) this.#emit("INC", to, to);
    if (random.chance(4)) this.#tame();
    if (toAddress) this.#emit("CP", compared, compared, last);
    else {
      this.#emit("DEC", last, last);
      this.#emit("CPI", last, last, 0, 0);
    }
    this.#emit("JR", 0, random.chance(95) ? CONDITIONS.indexOf("NE") : CONDITIONS.indexOf("GTS")).target =
      top;
  }

  #call() {
    const random = this.#random;
    const item = this.#emit("CALL");
    if (this.#functionCount === 0) item.target = random.below(this.#items.length);
    else this.#calls.push({ item, callee: random.below(this.#functionCount) });
  }

  /** A function that calls itself until a counter is used up, with work before and after. */
  #recursive() {
    const random = this.#random;
    const own = this.#items.length;
    const counter = random.below(5);
    if (random.chance(30)) this.#emit("SRL", counter, counter, counter, random.below(32));
    this.#emit("CPI", counter, counter, 0, 0);
    const out = this.#emit("JR", 0, CONDITIONS.indexOf("LES"));
    this.#emit("DEC", counter, counter);
    for (let i = random.below(3); i > 0; i--) random.chance(75) ? this.#tame() : this.#memoryAccess();
    this.#emit("CALL").target = own;
    for (let i = random.below(3); i > 0; i--) random.chance(75) ? this.#tame() : this.#memoryAccess();
    if (random.chance(20)) this.#emit("CALL").target = own;
    out.target = this.#items.length;
    this.#emit("DROP", 0);
  }

  #bulk() {
    const random = this.#random;
    const { memSize } = this.#policy;
    const length = random.chance(90)
      ? random.below(Math.min(memSize, 600) + 2)
      : random.pick([0, memSize, 2 ** 32]);
    this.#load(HL, this.#address(Math.min(length, memSize)));
    if (random.chance(50)) this.#load(DE, this.#address(Math.min(length, memSize)));
    this.#load(BC, random.chance(96) ? BigInt(length) : this.#value());
    if (random.chance(50)) this.#load(A, this.#value());
    this.#emit(random.chance(50) ? "LDIR" : "FILL");
  }

  #hostCall() {
    const random = this.#random;
    const length = () => BigInt(random.chance(85) ? random.below(100) : random.below(400));
    const name = random.pick(["IN", "OUT", "OUT", "LOG", "ALLOC", "FREE", "CTL"]);
    if (name === "ALLOC") this.#load(HL, random.chance(90) ? length() : this.#value());
    else if (name !== "FREE") {
      this.#load(HL, this.#address(90));
      this.#load(DE, name === "CTL" && random.chance(60) ? 24n : length());
      if (name === "LOG" || name === "CTL") {
        this.#load(BC, this.#address(90));
        this.#load(IX, length());
      }
    } else if (random.chance(60)) {
      this.#load(HL, length());
      this.#emit("ALLOC");
      if (random.chance(30)) this.#emit("INC", HL, HL);
    }
    this.#emit(name);
    if (random.chance(50)) this.#emit("MOV", random.below(REGISTERS.length), HL);
  }
}
