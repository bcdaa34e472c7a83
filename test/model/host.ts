// The naive zABI behind F0 to F5: standard handles, a bump allocator and zi_ctl without capabilities
// (spec §6, D16, D18-D20). Operations on opened handles cannot succeed here and are left out.

import type { End, NaiveMachine } from "./machine.ts";

export interface HostResult {
  readonly end?: End;
  /** Bytes moved, for the fuel charge. */
  readonly moved: bigint;
}

const NOTHING: HostResult = { moved: 0n };
const INVALID = -1n;
const BOUNDS = -2n;
const NOSYS = -7n;

const low32 = (value: bigint): bigint => BigInt.asUintN(32, value);

export class NaiveHost {
  readonly #machine: NaiveMachine;
  readonly stdout: number[] = [];
  readonly stderr: number[] = [];
  #stdinAt = 0;
  #heap: bigint;
  readonly #live = new Set<bigint>();

  constructor(machine: NaiveMachine, dataEnd: number) {
    this.#machine = machine;
    this.#heap = BigInt(dataEnd + ((8 - (dataEnd % 8)) % 8));
  }

  call(index: number): HostResult {
    const [hl = 0n, de = 0n, , bc = 0n, ix = 0n] = this.#machine.registers;
    switch (index) {
      case 0:
        return this.#in(hl, low32(de));
      case 1:
        return this.#out(hl, low32(de));
      case 2:
        return this.#log(hl, low32(de), bc, low32(ix));
      case 3:
        return this.#alloc(low32(hl));
      case 4:
        return this.#free(hl);
      default:
        return this.#ctl(hl, low32(de), bc, low32(ix));
    }
  }

  /** Position of a span, or undefined: outside memory, or zABI's null. */
  #span(pointer: bigint, length: bigint): number | undefined {
    return pointer === 0n ? undefined : this.#machine.locate(pointer, length);
  }

  /** A negative result: HL takes it, or a strict run ends. */
  #bad(error: bigint, setsHL: boolean): HostResult {
    if (this.#machine.program.policy.strict && error !== INVALID) return { end: "abi", moved: 0n };
    if (setsHL) this.#machine.registers[0] = low32(error);
    return NOTHING;
  }

  #in(pointer: bigint, capacity: bigint): HostResult {
    const { registers, memory, program } = this.#machine;
    if (capacity === 0n) {
      registers[0] = 0n;
      return NOTHING;
    }
    const at = this.#span(pointer, capacity);
    if (at === undefined) return this.#bad(BOUNDS, true);
    if (program.policy.reqHandle !== 0) return this.#bad(NOSYS, true);
    const chunk = program.stdin.slice(this.#stdinAt, this.#stdinAt + Number(capacity));
    chunk.forEach((byte, i) => {
      memory[at + i] = byte;
    });
    this.#stdinAt += chunk.length;
    registers[0] = BigInt(chunk.length);
    return { moved: BigInt(chunk.length) };
  }

  /** True when it was written. */
  #write(to: number[], bytes: readonly number[]): boolean {
    const total = this.stdout.length + this.stderr.length + bytes.length;
    if (total > this.#machine.program.policy.maxOutputBytes) return false;
    for (const byte of bytes) to.push(byte);
    return true;
  }

  #out(pointer: bigint, length: bigint): HostResult {
    const { memory, program } = this.#machine;
    if (length === 0n) return NOTHING;
    const at = this.#span(pointer, length);
    if (at === undefined) return this.#bad(BOUNDS, false);
    const { resHandle } = program.policy;
    if (resHandle !== 1 && resHandle !== 2) return this.#bad(NOSYS, false);
    const bytes = memory.slice(at, at + Number(length));
    const written = this.#write(resHandle === 1 ? this.stdout : this.stderr, bytes);
    return written ? { moved: length } : { end: "output_limit", moved: 0n };
  }

  #log(topic: bigint, topicLength: bigint, message: bigint, messageLength: bigint): HostResult {
    const { memory } = this.#machine;
    const topicAt = topicLength === 0n ? 0 : this.#span(topic, topicLength);
    const messageAt = messageLength === 0n ? 0 : this.#span(message, messageLength);
    if (topicAt === undefined || messageAt === undefined) return this.#bad(BOUNDS, false);
    const line = [
      0x5b,
      ...memory.slice(topicAt, topicAt + Number(topicLength)),
      0x5d,
      0x20,
      ...memory.slice(messageAt, messageAt + Number(messageLength)),
      0x0a,
    ];
    const written = this.#write(this.stderr, line);
    return written ? { moved: topicLength + messageLength } : { end: "output_limit", moved: 0n };
  }

  #alloc(size: bigint): HostResult {
    const { registers, memory, program } = this.#machine;
    const { memBase, strict } = program.policy;
    registers[0] = size === 0n ? 0n : (registers[0] ?? 0n);
    if (size === 0n) return NOTHING;
    const rounded = ((size + 7n) / 8n) * 8n;
    if (this.#heap + rounded > BigInt(memory.length)) {
      if (strict) return { end: "oom", moved: 0n };
      registers[0] = 0n;
      return NOTHING;
    }
    const address = memBase + this.#heap;
    this.#heap += rounded;
    this.#live.add(address);
    registers[0] = address;
    return NOTHING;
  }

  #free(pointer: bigint): HostResult {
    const freed = pointer !== 0n && this.#live.delete(pointer);
    return !freed && this.#machine.program.policy.strict ? { end: "abi", moved: 0n } : NOTHING;
  }

  #ctl(request: bigint, requestLength: bigint, response: bigint, capacity: bigint): HostResult {
    const { registers, memory } = this.#machine;
    const requestAt = requestLength === 0n ? 0 : this.#span(request, requestLength);
    const responseAt = capacity === 0n ? 0 : this.#span(response, capacity);
    if (requestAt === undefined || responseAt === undefined) return this.#bad(BOUNDS, true);
    const answer = ctlAnswer(memory.slice(requestAt, requestAt + Number(requestLength)));
    if (BigInt(answer.length) > capacity) return this.#bad(INVALID, true);
    answer.forEach((byte, i) => {
      memory[responseAt + i] = byte;
    });
    registers[0] = BigInt(answer.length);
    return { moved: requestLength + BigInt(answer.length) };
  }
}

const number = (bytes: readonly number[], at: number, length: number): number =>
  bytes.slice(at, at + length).reduceRight((value, byte) => value * 256 + byte, 0);
const u16 = (value: number): number[] => [value % 256, Math.floor(value / 256)];
const u32 = (value: number): number[] => [...u16(value % 65_536), ...u16(Math.floor(value / 65_536))];
const ascii = (text: string): number[] => [...text].map((c) => c.charCodeAt(0));

function ctlAnswer(request: readonly number[]): number[] {
  const rid = request.length < 12 ? 0 : number(request, 8, 4);
  const isFrame =
    request.length >= 24 &&
    number(request, 0, 4) === number(ascii("ZCL1"), 0, 4) &&
    number(request, 4, 2) === 1 &&
    number(request, 12, 4) === 0 &&
    number(request, 16, 4) === 0 &&
    number(request, 20, 4) <= request.length - 24;
  if (!isFrame) return frame(0, rid, 0, errorPayload("t_ctl_bad_frame", "parse"));
  const op = number(request, 6, 2);
  if (op === 1) return frame(1, rid, 1, [...u32(1), ...u32(0)]);
  if (op === 3 || (op >= 0x100 && op <= 0x102)) throw new Error(`the model has no zi_ctl operation ${op}`);
  return frame(op, rid, 0, errorPayload("t_ctl_unknown_op", "unknown operation"));
}

const errorPayload = (trace: string, message: string): number[] =>
  [trace, message, ""].flatMap((text) => [...u32(text.length), ...ascii(text)]);

const frame = (op: number, rid: number, status: number, payload: readonly number[]): number[] => [
  ...ascii("ZCL1"),
  ...u16(1),
  ...u16(op),
  ...u32(rid),
  ...u32(status),
  ...u32(0),
  ...u32(payload.length),
  ...payload,
];
