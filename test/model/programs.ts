// Programs for the sweeps over fuel: loops, calls, bulk moves, host calls that leave a debt, and every way to end.
// Each pays at most 5,000 units in all (D36).

import { assemble } from "../../src/zasm/asm/index.ts";
import type { Subject } from "../differential/subject.ts";
import { generateProgram } from "./generate.ts";
import { type ModelPolicy, NaiveMachine } from "./machine.ts";

const POLICY: ModelPolicy = {
  memBase: 0n,
  memSize: 1024,
  fuel: null,
  strict: false,
  maxCallDepth: 16,
  maxOutputBytes: 65_536,
  reqHandle: 0,
  resHandle: 1,
};

interface Source {
  readonly policy?: Partial<ModelPolicy>;
  readonly stdin?: number;
  readonly text: string;
}

const SOURCES: Readonly<Record<string, Source>> = {
  "nested loops": {
    text: `
      LD HL, 1
      LD BC, 24
outer: LD DE, 31
inner: MUL64 HL, HL, BC
      XOR64 HL, HL, DE
      DEC DE
      CPI DE, 0
      JR NE, inner
      DEC BC
      CPI BC, 0
      JR NE, outer
      RET`,
  },
  "sieve with loads and stores": {
    policy: { memBase: 0x1_0000n },
    text: `
      LD BC, 2
next: LD DE, 0x10000
      ADD64 HL, DE, BC
      LD8U A, (HL)
      CPI A, 0
      JR NE, composite
mark: ADD64 HL, HL, BC
      LD DE, 0x10100
      GEU64 A, HL, DE
      CPI A, 1
      JR EQ, composite
      LD A, 1
      ST8 (HL), A
      JR mark
composite: INC BC
      CPI BC, 30
      JR LTS, next
      RET`,
  },
  "recursive calls": {
    text: `
      LD HL, 10
      LD BC, 8
      CALL fib
      RET
; DE := DE + fib(HL); the argument is kept on a stack in memory at IX
fib:  CPI HL, 2
      JR LTS, small
      ADD64 IX, IX, BC
      ST64 (IX+16), HL
      DEC HL
      CALL fib
      LD64 HL, (IX+16)
      LD A, 2
      SUB HL, HL, A
      CALL fib
      SUB64 IX, IX, BC
      RET
small: ADD64 DE, DE, HL
      RET`,
  },
  "bulk moves": {
    text: `
      LD BC, 0
again: LD HL, 100
      LD A, 7
      FILL
      LD HL, 64
      LD DE, 300
      LDIR
      LD IX, 37
      ADD BC, BC, IX
      CPI BC, 700
      JR LTS, again
      LD BC, 64
      LDIR
      LDIR
      FILL
      RET`,
  },
  "host calls that leave a debt": {
    stdin: 2000,
    text: `
again: LD HL, 16
      LD DE, 300
      CALL _in
      CPI HL, 0
      JR LES, done
      MOV DE, HL
      LD HL, 16
      CALL _out
      LD BC, 16
      LD IX, 100
      CALL _log
      LD HL, 9
      CALL _alloc
      CALL _free
      LD HL, frame
      LD DE, 64
      LD BC, 600
      LD IX, 300
      CALL _ctl
      JR again
done: RET
frame: DB "ZCL1\\x01\\x00\\x01\\x00abcd\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
`,
  },
  "a debt at the end of CODE": {
    stdin: 1000,
    text: `
      LD HL, 16
      LD DE, 1000
      CALL _in`,
  },
  "a bulk move that is outside": {
    text: `
      LD A, 1
      LD BC, 1000
      FILL
      LD HL, 25
      FILL
      RET`,
  },
  "a store that is outside": {
    text: `
again: ST16 (HL), HL
      INC HL
      JR again`,
  },
  "a division by zero": {
    text: `
      LD HL, 50
      LD DE, 1000
again: DEC HL
      DIVU A, DE, HL
      JR again`,
  },
  "calls nested too deep": {
    text: `
f:    INC HL
      CALL f
      RET`,
  },
  "misuse in strict mode": {
    policy: { strict: true },
    stdin: 10,
    text: `
      LD BC, 1000
      LD DE, 8
again: MOV HL, BC
      CALL _in
      MOV HL, BC
      CALL _out
      INC BC
      JR again`,
  },
  "too much output": {
    policy: { maxOutputBytes: 1000 },
    text: `
      LD HL, 16
      LD DE, 170
again: CALL _out
      JR again`,
  },
};

const assembledSubject = ({ policy = {}, stdin = 0, text }: Source): Subject => {
  const complete = { ...POLICY, ...policy };
  const result = assemble(text, { format: "text", escapes: true, memBase: complete.memBase });
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  const { code, data = [] } = result.parts;
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  return {
    words: Array.from({ length: code.length / 4 }, (_, i) => view.getUint32(4 * i, true)),
    entryWords: 0,
    data: data.map(({ dst, bytes }) => ({ dst, bytes: [...bytes] })),
    stdin: Array.from({ length: stdin }, (_, i) => (i * 7) & 255),
    policy: complete,
    strictEncoding: false,
  };
};

/** The first random programs that do something before they end by themselves. */
function randomPrograms(count: number): (readonly [string, Subject])[] {
  const found: (readonly [string, Subject])[] = [];
  for (let seed = 1; found.length < count; seed++) {
    const subject = generateProgram(seed);
    const machine = new NaiveMachine({ ...subject, policy: { ...subject.policy, fuel: 1000 } });
    if (machine.run() !== "fuel" && machine.paid >= 100n) found.push([`random program ${seed}`, subject]);
  }
  return found;
}

export const FUEL_PROGRAMS: readonly (readonly [string, Subject])[] = [
  ...Object.entries(SOURCES).map(([name, source]) => [name, assembledSubject(source)] as const),
  ...randomPrograms(8),
];
