// Programs of the examples folder, in short, each with what it is given: what isolated runs are compared on.

export interface Program {
  readonly source: string;
  readonly stdin?: string;
}

export const PROGRAMS: Readonly<Record<string, Program>> = {
  hello: {
    source: `
  LD HL, greeting
  LD DE, greeting_len
  CALL _out
  RET
greeting: STR "Hello from Sinter!", 10
`,
  },
  cat: {
    source: `
SIZE: EQU 4096
buffer: RESB SIZE
next:
  LD HL, buffer
  LD DE, SIZE
  CALL _in
  CP HL, 0
  JR LE, done
  MOV DE, HL
  LD HL, buffer
  CALL _out
  JR next
done:
  RET
`,
    stdin:
      "some bytes: \u00e9\u20ac\nsome bytes: \u00e9\u20ac\nsome bytes: \u00e9\u20ac\nsome bytes: \u00e9\u20ac\nsome bytes: \u00e9\u20ac\nsome bytes: \u00e9\u20ac\nsome bytes: \u00e9\u20ac\nsome bytes: \u00e9\u20ac\nsome bytes: \u00e9\u20ac\nsome bytes: \u00e9\u20ac\nsome bytes: \u00e9\u20ac\nsome bytes: \u00e9\u20ac\nsome bytes: \u00e9\u20ac\nsome bytes: \u00e9\u20ac\nsome bytes: \u00e9\u20ac\nsome bytes: \u00e9\u20ac\nsome bytes: \u00e9\u20ac\nsome bytes: \u00e9\u20ac\nsome bytes: \u00e9\u20ac\nsome bytes: \u00e9\u20ac\n",
  },
  upper: {
    source: `
SIZE: EQU 4096
buffer: RESB SIZE
next:
  LD HL, buffer
  LD DE, SIZE
  CALL _in
  CP HL, 0
  JR LE, done
  MOV IX, HL
  LD HL, buffer
  ADD DE, HL, IX
  LD BC, 32
letter:
  LD8U A, (HL)
  CP A, 97
  JR LT, keep
  CP A, 122
  JR GT, keep
  SUB A, BC
  ST8 (HL), A
keep:
  INC HL
  CP HL, DE
  JR NE, letter
  LD HL, buffer
  MOV DE, IX
  CALL _out
  JR next
done:
  RET
`,
    stdin:
      "Sinter turns powder into a solid with heat: 1 { 2 ` 3\n\u00e0\u00e9 stay as they are; [brackets] @ too, and the last line has no end",
  },
  alloc: {
    source: `
  LD HL, 1
  CALL _alloc
  CP HL, 0
  JR LE, full
  LD A, 65
  ST8 (HL), A
  LD DE, 1
  CALL _out
  CALL _free
full:
  RET
`,
  },
  isa_smoke: {
    source: `
  LD HL, 60
  INC HL
  INC HL
  DEC HL
  LD DE, 7
  ADD HL, DE
  LD BC, 3
  SUB HL, BC
  LD IX, 49
  CP HL, 65
  JR NE, wrong
  INC IX
  LD DE, -1
  MOV BC, DE
  LD A, 0
  ADD BC, A
  ADD64 DE, A
  SRL64 BC, 31
  SRL64 DE, 63
  SUB64 DE, BC
  CP DE, 0
  JR NE, wrong
  INC IX
  LD DE, 0x00f0
  ROR DE, 8
  CLZ DE
  LD BC, 0x00f0
  CTZ BC
  ADD DE, BC
  LD BC, 0x0777
  POPC BC
  ADD DE, BC
  CP DE, 13
  JR NE, wrong
  INC IX
  LD DE, -1
  LD BC, 1
  LTS A, DE, BC
  LTU BC, BC, DE
  AND A, BC
  CP A, 1
  JR NE, wrong
  INC IX
  LD BC, letters
  ST64 (BC), HL
  LD16U DE, (BC)
  INC DE
  INC BC
  ST8 (BC), DE
  LD BC, letters
  LD16U A, (BC)
  LD DE, 0x4241
  CP A, DE
  JR EQ, print
wrong:
  LD BC, letters
  ST8 (BC), IX
print:
  LD HL, letters
  LD DE, 2
  CALL _out
  RET
letters: DB 63, 66, 0, 0, 0, 0, 0, 0
`,
  },
  log: {
    source: `
  LD HL, topic
  LD DE, topic_len
  LD BC, message
  LD IX, message_len
  CALL _log
  RET
topic: STR "demo"
message: STR "hello", 10
`,
  },
  wordcount: {
    source: `
SIZE: EQU 4096
buffer: RESB SIZE
bytes: RESB 8
digits: RESB 20
after: DB 0
  LD HL, buffer
  MOV DE, HL
  LD BC, 0
  LD IX, 0
between:
  CALL next
  CP A, 0
  JR LT, report
  CALL classify
  JR EQ, between
  INC IX
within:
  CALL next
  CP A, 0
  JR LT, report
  CALL classify
  JR NE, within
  JR between
report:
  MOV HL, BC
  LD A, 32
  CALL print
  MOV HL, IX
  LD A, 32
  CALL print
  LD HL, bytes
  LD64 HL, (HL)
  LD A, 10
  CALL print
  RET
classify:
  CP A, 10
  JR EQ, newline
  CP A, 9
  JR LT, other
  CP A, 13
  JR GT, other
  CP A, A
  RET
newline:
  INC BC
  RET
other:
  CP A, 32
  RET
next:
  CP HL, DE
  JR EQ, refill
  LD8U A, (HL)
  INC HL
  RET
refill:
  LD HL, buffer
  LD DE, SIZE
  CALL _in
  CP HL, 0
  JR LE, ended
  LD DE, bytes
  LD64 A, (DE)
  ADD64 A, HL
  ST64 (DE), A
  LD DE, buffer
  ADD DE, HL
  LD HL, buffer
  JR next
ended:
  LD A, -1
  RET
print:
  LD DE, after
  ST8 (DE), A
digit:
  LD BC, 10
  REMU64 A, HL, BC
  DIVU64 HL, BC
  LD BC, 48
  ADD A, BC
  DEC DE
  ST8 (DE), A
  LD BC, 0
  NE64 A, HL, BC
  CP A, 0
  JR NE, digit
  MOV HL, DE
  LD DE, after
  INC DE
  SUB DE, HL
  CALL _out
  RET
`,
    stdin: "Four words, one line\n\n  tabs\tand  blanks \n and no end",
  },
  crc32: {
    source: `
SIZE: EQU 4096
buffer: RESB SIZE
table: RESB 1024
line: STR "00000000", 10
  LD BC, 0
  LD DE, table
entry:
  MOV HL, BC
  LD IX, 8
bit:
  LD A, 1
  AND A, HL
  SRL HL, 1
  CP A, 0
  JR EQ, no_carry
  LD A, 0xedb88320
  XOR HL, A
no_carry:
  DEC IX
  CP IX, 0
  JR NE, bit
  ST32 (DE), HL
  LD A, 4
  ADD DE, A
  INC BC
  CP BC, 256
  JR NE, entry
  LD IX, 0xffffffff
block:
  LD HL, buffer
  LD DE, SIZE
  CALL _in
  CP HL, 0
  JR LE, finish
  LD DE, buffer
  ADD DE, HL
  LD HL, buffer
byte:
  LD8U A, (HL)
  XOR A, IX
  LD BC, 255
  AND A, BC
  SLA A, 2
  LD BC, table
  ADD BC, A
  LD32 A, (BC)
  SRL IX, 8
  XOR IX, A
  INC HL
  CP HL, DE
  JR NE, byte
  JR block
finish:
  LD A, -1
  XOR IX, A
  LD HL, line
  LD BC, 8
digit:
  ROL IX, 4
  LD A, 15
  AND A, IX
  LD DE, 48
  CP A, 10
  JR LT, put
  LD DE, 87
put:
  ADD A, DE
  ST8 (HL), A
  INC HL
  DEC BC
  CP BC, 0
  JR NE, digit
  LD HL, line
  LD DE, line_len
  CALL _out
  RET
`,
    stdin: "123456789",
  },
};
