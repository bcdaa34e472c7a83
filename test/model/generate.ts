// Random valid programs from the instruction table: every instruction in every accepted encoding, loops, nested calls,
// branches both ways, wild and tame addresses, bulk moves and host calls, under random policies. A seed is a program.
// Programs may run for ever; whoever runs them gives them fuel.

import { Random } from "../../fuzz/lib/random.mjs";
import { packWord } from "../../src/zasm/isa/fields.ts";
import {
  CONDITIONS,
  ISA,
  type IsaRow,
  LD_EXT32,
  LD_EXT64,
  type Mnemonic,
  REGISTERS,
} from "../../src/zasm/isa/table.ts";
import type { ModelPolicy, ModelProgram } from "./machine.ts";

export interface GeneratedProgram extends ModelProgram {
  readonly seed: number;
  /** Only encodings the upstream tools emit were used. */
  readonly strictEncoding: boolean;
}

/** One instruction before layout. `target` is the index of another one, for CALL and JR. */
interface Item {
  readonly words: number[];
  target?: number;
}

const ROWS = new Map<Mnemonic, IsaRow>(ISA.map((row) => [row.mnemonic, row]));
const MEM_SIZES = [1, 7, 8, 64, 256, 257, 1024, 1024, 4096, 4096];
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
  0x5555_5555_5555_5555n,
  0xaaaa_aaaa_aaaa_aaaan,
  0x0123_4567_89ab_cdefn,
];
const [HL, DE, A, BC, IX] = [0, 1, 2, 3, 4] as const;

export function generateProgram(seed: number): GeneratedProgram {
  return new Generator(seed).program();
}

class Generator {
  readonly #seed: number;
  readonly #random: Random;
  readonly #policy: ModelPolicy;
  readonly #strictEncoding: boolean;
  readonly #items: Item[] = [];
  /** Indices of the first instructions of the functions. */
  readonly #functions: number[] = [];
  /** Calls to functions by number, set once their place is known. */
  readonly #calls: { readonly item: Item; readonly callee: number }[] = [];
  readonly #functionCount: number;

  constructor(seed: number) {
    const random = new Random(seed);
    this.#seed = seed;
    this.#random = random;
    const memSize = random.pick(MEM_SIZES);
    this.#policy = {
      memBase: this.#memBase(memSize),
      memSize,
      fuel: random.chance(70) ? random.between(200, 1500) : random.between(1, 60),
      strict: random.chance(25),
      maxCallDepth: random.pick([1, 2, 5, 64, 64]),
      maxOutputBytes: random.pick([16, 256, 65_536, 65_536]),
      reqHandle: random.pick([0, 0, 0, 0, 0, 0, 3]),
      resHandle: random.pick([1, 1, 1, 1, 1, 2, 5]),
    };
    this.#strictEncoding = random.chance(30);
    this.#functionCount = random.below(4);
  }

  #memBase(memSize: number): bigint {
    const top = (1n << 64n) - BigInt(memSize + (-memSize & 7));
    const bases = [
      0n,
      0n,
      0n,
      0x1_0000n,
      (1n << 32n) - 64n,
      1n << 32n,
      1n << 63n,
      top,
      this.#random.u64() & ~7n,
    ];
    const base = this.#random.pick(bases);
    return base > top ? top : base;
  }

  program(): GeneratedProgram {
    const random = this.#random;
    for (let register = 0; register < REGISTERS.length; register++) {
      if (random.chance(60)) this.#load(register, random.chance(60) ? random.u64() : this.#value());
    }
    this.#body(random.between(3, 30));
    // Most programs return; the rest run off the end of CODE or into a function.
    if (random.chance(90)) this.#emit("RET");
    for (let i = 0; i < this.#functionCount; i++) {
      this.#functions.push(this.#items.length);
      this.#body(random.between(1, 12));
      this.#emit("RET");
    }
    for (const { item, callee } of this.#calls) item.target = this.#functions[callee] ?? 0;
    const { words, starts } = this.#layout();
    return {
      seed: this.#seed,
      strictEncoding: this.#strictEncoding,
      words,
      entryWords: random.chance(90) ? 0 : random.pick(starts),
      data: this.#data(),
      stdin: random.bytes(random.pick([0, 1, 5, 40, 300])),
      policy: this.#policy,
    };
  }

  #layout(): { words: number[]; starts: number[] } {
    const starts: number[] = [];
    let at = 0;
    for (const { words } of this.#items) {
      starts.push(at);
      at += words.length;
    }
    const all = this.#items.flatMap(({ words, target }, i) => {
      if (target === undefined) return words;
      const displacement = (starts[target] ?? 0) - (starts[i] ?? 0);
      return [((words[0] ?? 0) | (displacement & 0xfff)) >>> 0];
    });
    return { words: all, starts };
  }

  #data(): { dst: number; bytes: number[] }[] {
    const random = this.#random;
    const { memSize } = this.#policy;
    const segments: { dst: number; bytes: number[] }[] = [];
    let from = 0;
    for (let i = random.below(3); i > 0 && from < memSize; i--) {
      const dst = random.between(from, memSize - 1);
      const frame = [0x5a, 0x43, 0x4c, 0x31, 1, 0, random.pick([1, 1, 2, 9]), 0, ...random.bytes(4)];
      const bytes = random.chance(40)
        ? [...frame, ...new Array<number>(random.chance(80) ? 12 : 11).fill(0)]
        : random.bytes(random.below(40));
      segments.push({ dst, bytes: bytes.slice(0, memSize - dst) });
      from = dst + bytes.length;
    }
    return segments;
  }

  // --- what bodies are made of

  #body(length: number): void {
    for (let i = 0; i < length; i++) this.#snippet();
  }

  #snippet(): void {
    const random = this.#random;
    const roll = random.below(100);
    if (roll < 40) this.#tame();
    else if (roll < 46) this.#load(random.below(5), this.#value());
    else if (roll < 60) this.#memoryAccess();
    else if (roll < 68) this.#branch();
    else if (roll < 73) this.#loop();
    else if (roll < 80) this.#callFunction();
    else if (roll < 86) this.#bulk();
    else if (roll < 96) this.#hostCall();
    else this.#any();
  }

  #emit(mnemonic: Mnemonic, rd = 0, rs1 = 0, rs2 = 0, imm = 0): Item {
    const row = ROWS.get(mnemonic);
    if (row === undefined) throw new Error(`no ${mnemonic}`);
    const item = { words: [packWord(row.opcode, rd, rs1, rs2, imm)] };
    this.#items.push(item);
    return item;
  }

  #load(register: number, value: bigint): void {
    const signed = BigInt.asIntN(64, value);
    const low = Number(BigInt.asUintN(32, value));
    const high = Number(BigInt.asUintN(64, value) >> 32n);
    const item = this.#emit("LD", register);
    const mark = (imm: number) => packWord(0x70, register, 0, 0, imm);
    const extra = this.#random.below(100); // longer than needed, now and then
    if (signed > -2047n && signed < 2048n && extra < 80) item.words[0] = mark(Number(signed));
    else if (BigInt.asIntN(32, signed) === signed && extra < 90) {
      item.words[0] = mark(LD_EXT32);
      item.words.push(low);
    } else {
      item.words[0] = mark(LD_EXT64);
      item.words.push(low, high);
    }
  }

  #value(): bigint {
    const random = this.#random;
    const roll = random.below(10);
    if (roll < 4) return BigInt(random.between(-70, 300));
    if (roll < 6) return random.pick(EDGES) + BigInt(random.between(-1, 1));
    if (roll < 8) return this.#address(8);
    return random.u64() >> BigInt(random.below(64));
  }

  /** Mostly inside memory with room for `bytes`. */
  #address(bytes: number): bigint {
    const random = this.#random;
    const { memBase, memSize } = this.#policy;
    const room = Math.max(memSize - bytes, 0);
    const offset = random.chance(92) ? random.between(0, room) : random.pick([room + 1, memSize, -1, -bytes]);
    return BigInt.asUintN(64, memBase + BigInt(offset));
  }

  /** An instruction that neither traps (but for a zero divisor) nor branches. */
  #tame(): void {
    const harmless = ["cp", "cpi", "drop", "step", "mov", "rrr", "shift", "bits"];
    let row: IsaRow;
    do row = this.#random.pick<IsaRow>(ISA);
    while (!harmless.includes(row.format));
    this.#encode(row);
  }

  /** Any instruction at all, operands as they come. */
  #any(): void {
    this.#encode(this.#random.pick<IsaRow>(ISA));
  }

  #encode(row: IsaRow): void {
    const random = this.#random;
    const [d, a, b] = [random.below(5), random.below(5), random.below(5)];
    const isDocumentForm = !this.#strictEncoding && random.chance(50);
    const m = row.mnemonic;
    switch (row.format) {
      case "call":
        this.#callFunction();
        break;
      case "jr":
        this.#branch();
        break;
      case "none":
      case "prim":
        this.#emit(m);
        break;
      case "cp":
        this.#emit(m, a, a, b);
        break;
      case "cpi":
        this.#emit(m, a, a, 0, random.between(-2048, 2047));
        break;
      case "drop":
        this.#emit(m, d);
        break;
      case "step":
        this.#emit(m, d, isDocumentForm ? 0 : d);
        break;
      case "mov":
        this.#emit(m, d, a);
        break;
      case "rrr":
        if (row.traps.includes("div0") && random.chance(90)) this.#load(b, this.#value() | 1n);
        this.#emit(m, d, a, b);
        break;
      case "shift":
        this.#emit(m, d, a, isDocumentForm ? 0 : a, random.below(row.width));
        break;
      case "bits":
        if (this.#strictEncoding) this.#emit(m, d, a, b);
        else this.#emit(m, d, random.pick([0, d]), random.pick([0, d]));
        break;
      case "ld":
        this.#load(d, this.#value());
        break;
      case "load":
        if (isDocumentForm) this.#emit(m, d, a, 0, this.#displacement());
        else this.#emit(m, d, a, a);
        break;
      case "store":
        if (isDocumentForm) this.#emit(m, 0, a, b, this.#displacement());
        else this.#emit(m, b, a, b);
        break;
    }
  }

  #displacement(): number {
    const random = this.#random;
    return random.chance(80) ? random.between(-8, 8) : random.between(-2048, 2047);
  }

  /** A load or store whose address was just put into its base register. */
  #memoryAccess(): void {
    const random = this.#random;
    const rows: readonly IsaRow[] = ISA.filter((row) => row.access > 0);
    const row = random.pick(rows);
    const [base, other] = [random.below(5), random.below(5)];
    const isDocumentForm = !this.#strictEncoding && random.chance(50);
    const displacement = isDocumentForm ? this.#displacement() : 0;
    this.#load(base, this.#address(row.access) - BigInt(displacement));
    if (row.format === "load") this.#emit(row.mnemonic, other, base, isDocumentForm ? 0 : base, displacement);
    else this.#emit(row.mnemonic, isDocumentForm ? 0 : other, base, other, displacement);
  }

  /** A jump, usually after a comparison, usually not far, forwards more than backwards. */
  #branch(): void {
    const random = this.#random;
    if (random.chance(70)) this.#emit("CPI", ...twice(random.below(5)), 0, random.between(-3, 3));
    const item = this.#emit("JR", 0, random.below(CONDITIONS.length));
    const here = this.#items.length - 1;
    if (random.chance(25)) {
      item.target = random.between(Math.max(0, here - 8), here);
      return;
    }
    for (let i = random.between(1, 3); i > 0; i--) this.#tame();
    // The target must be there whatever comes next.
    item.target = this.#items.length;
    this.#emit("DROP", random.below(5));
  }

  /** A counted loop. */
  #loop(): void {
    const random = this.#random;
    const counter = random.below(5);
    this.#load(counter, BigInt(random.between(1, 9)));
    const top = this.#items.length;
    for (let i = random.between(1, 4); i > 0; i--) random.chance(70) ? this.#tame() : this.#memoryAccess();
    this.#emit("DEC", counter, counter);
    this.#emit("CPI", counter, counter, 0, 0);
    this.#emit("JR", 0, CONDITIONS.indexOf("GTS")).target = top;
  }

  #callFunction(): void {
    const random = this.#random;
    const item = this.#emit("CALL");
    if (this.#functionCount === 0) item.target = random.below(this.#items.length);
    else this.#calls.push({ item, callee: random.below(this.#functionCount) });
  }

  #bulk(): void {
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

  #hostCall(): void {
    const random = this.#random;
    const length = () => BigInt(random.chance(85) ? random.below(100) : random.below(400));
    const name = random.pick(["IN", "OUT", "OUT", "LOG", "ALLOC", "FREE", "CTL"] as const);
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
    // What came back is used, so that it matters.
    if (random.chance(50)) this.#emit("MOV", random.below(REGISTERS.length), HL);
  }
}

const twice = (register: number): [number, number] => [register, register];
