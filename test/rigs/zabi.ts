// A run without a guest: registers and memory are set by the test, one primitive is called, and what changed is
// compared with what may change. Every call through the rig checks the rules that hold for all of them.

import { isFailure } from "../../src/core/errors.ts";
import { type PolicyInput, resolvePolicy } from "../../src/core/policy.ts";
import { type HostInputs, ModuleHost } from "../../src/zasm/abi/index.ts";
import { EXIT, type Exit, StateBlock } from "../../src/zasm/state/block.ts";
import type { HostCalls } from "../../src/zasm/state/host-calls.ts";

const PRIMITIVE = { in: 0, out: 1, log: 2, alloc: 3, free: 4, ctl: 5 } as const;
export type Primitive = keyof typeof PRIMITIVE;

/** Memory at the bottom, in the middle, and ending exactly at 2^64. */
export const MEM_SIZE = 4096;
export const BASES = [0n, 0x1_0000_0000n, 2n ** 64n - BigInt(MEM_SIZE)] as const;

export interface Registers {
  readonly HL?: bigint;
  readonly DE?: bigint;
  readonly BC?: bigint;
  readonly IX?: bigint;
}

export interface Called {
  readonly exit: Exit;
  readonly HL: bigint;
  /** HL as the guest tests it: signed 32 bits. */
  readonly result: number;
  readonly moved: number;
  /** Offsets of the first and one past the last byte of guest memory that changed; empty when none did. */
  readonly changed: readonly number[];
}

/** Calls `primitive` on `block` and throws when a rule of all primitives is broken. */
export function callChecked(
  host: HostCalls,
  block: StateBlock,
  primitive: Primitive,
  registers: Registers,
): Called {
  const { HL = 0n, DE = 0n, BC = 0n, IX = 0n } = registers;
  block.u64.set([HL, DE, 0xaaaa_aaaa_aaaa_aaaan, BC, IX]);
  const before = block.memory.slice();
  const restBefore = block.u64.slice(1);
  const exit = host.call(PRIMITIVE[primitive], block);
  const after = block.u64[0]!;
  const changed = changedRange(before, block.memory);
  const broken = (rule: string): never => {
    throw new Error(`${primitive}: ${rule}`);
  };
  const rest = block.u64.slice(1);
  rest[6] = restBefore[6]!; // the word of depth and heap: alloc moves it
  if (rest.some((value, i) => value !== restBefore[i])) broken("a register other than HL changed");
  const keepsHL =
    primitive === "out" || primitive === "log" || primitive === "free" || exit !== EXIT.returned;
  if (keepsHL && after !== HL) broken("HL changed");
  if ((primitive === "in" || primitive === "ctl") && !keepsHL && after >> 32n !== 0n)
    broken("HL is not 32-bit");
  const mayWrite = (primitive === "in" || primitive === "ctl") && exit === EXIT.returned;
  if (!mayWrite && changed.length > 0) broken("memory changed");
  if (mayWrite && changed.length > 0) {
    const result = Number(BigInt.asIntN(32, after));
    if (result <= 0) broken("memory changed though the call failed");
    const start = Number((primitive === "in" ? HL : BC) - block.memBase);
    if (changed[0]! < start || changed[1]! > start + result) broken("memory changed outside the result");
  }
  return { exit, HL: after, result: Number(BigInt.asIntN(32, after)), moved: host.moved, changed };
}

function changedRange(before: Uint8Array, after: Uint8Array): number[] {
  if (Buffer.compare(before, after) === 0) return [];
  const first = before.findIndex((byte, i) => byte !== after[i]);
  let last = before.length;
  while (before[last - 1] === after[last - 1]) last--;
  return [first, last];
}

export class Rig {
  readonly host: ModuleHost;
  readonly block: StateBlock;

  constructor(policy: PolicyInput = {}, inputs: HostInputs = {}) {
    const resolved = resolvePolicy({ memSize: MEM_SIZE, ...policy });
    if (isFailure(resolved)) throw new Error(resolved.reason);
    this.host = ModuleHost.open(resolved, inputs);
    this.block = new StateBlock(resolved);
    this.block.heap = 16;
  }

  call(primitive: Primitive, registers: Registers = {}): Called {
    return callChecked(this.host, this.block, primitive, registers);
  }

  /** The guest address of an offset in memory. */
  at(offset: number): bigint {
    return this.block.memBase + BigInt(offset);
  }

  put(offset: number, bytes: Uint8Array | string): void {
    this.block.memory.set(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes, offset);
  }

  get(offset: number, length: number): Uint8Array {
    return this.block.memory.slice(offset, offset + length);
  }

  /** Puts `text` at 64 and writes it with `out`. */
  out(text: string): Called {
    this.put(64, text);
    return this.call("out", { HL: this.at(64), DE: BigInt(new TextEncoder().encode(text).length) });
  }

  /** Puts both at 64 and on, and logs them. */
  log(topic: string | Uint8Array, message: string | Uint8Array): Called {
    const [t, m] = [topic, message].map((s) => (typeof s === "string" ? new TextEncoder().encode(s) : s));
    this.put(64, t!);
    this.put(64 + t!.length, m!);
    return this.call("log", {
      HL: this.at(64),
      DE: BigInt(t!.length),
      BC: this.at(64 + t!.length),
      IX: BigInt(m!.length),
    });
  }

  /** Puts a frame at 64 and sends it; the answer comes at 2048. */
  ctl(request: Uint8Array, capacity = 1024): Called & { readonly answer: Answer | undefined } {
    this.put(64, request);
    this.block.memory.fill(0xcc, 2048, 2048 + 1024);
    const called = this.call("ctl", {
      HL: this.at(64),
      DE: BigInt(request.length),
      BC: this.at(2048),
      IX: BigInt(capacity),
    });
    const answer =
      called.exit === EXIT.returned && called.result > 0
        ? readAnswer(this.get(2048, called.result))
        : undefined;
    return { ...called, answer };
  }

  get stdout(): string {
    return new TextDecoder().decode(this.host.stdout);
  }

  get stderr(): string {
    return new TextDecoder().decode(this.host.stderr);
  }
}

export interface Answer {
  readonly op: number;
  readonly rid: number;
  readonly status: number;
  readonly payload: Uint8Array;
}

/** Independent of the code under test, and strict: a frame with anything odd about it throws. */
export function readAnswer(bytes: Uint8Array): Answer {
  const buffer = Buffer.from(bytes);
  if (buffer.toString("latin1", 0, 4) !== "ZCL1") throw new Error("magic");
  if (buffer.readUInt16LE(4) !== 1) throw new Error("version");
  if (buffer.readUInt32LE(16) !== 0) throw new Error("reserved");
  if (buffer.readUInt32LE(20) !== bytes.length - 24) throw new Error("payload_len");
  return {
    op: buffer.readUInt16LE(6),
    rid: buffer.readUInt32LE(8),
    status: buffer.readUInt32LE(12),
    payload: bytes.slice(24),
  };
}

/** Trace, message and detail of an error answer; throws when it is none or declares more or less than it holds. */
export function readError(answer: Answer | undefined): readonly string[] {
  if (answer?.status !== 0) throw new Error("not an error frame");
  const buffer = Buffer.from(answer.payload);
  const texts: string[] = [];
  let at = 0;
  for (let i = 0; i < 3; i++) {
    const length = buffer.readUInt32LE(at);
    texts.push(buffer.toString("utf8", at + 4, at + 4 + length));
    at += 4 + length;
  }
  if (at !== buffer.length) throw new Error("stray bytes");
  return texts;
}

export function request(op: number, payload: Uint8Array = new Uint8Array(0), rid = 0x0102_0304): Uint8Array {
  const head = Buffer.alloc(24);
  head.write("ZCL1", "latin1");
  head.writeUInt16LE(1, 4);
  head.writeUInt16LE(op, 6);
  head.writeUInt32LE(rid, 8);
  head.writeUInt32LE(payload.length, 20);
  return new Uint8Array(Buffer.concat([head, payload]));
}

/** u32 values, little-endian, then bytes. */
export function u32s(values: readonly number[], bytes: Uint8Array | string = ""): Uint8Array {
  const head = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => {
    head.writeUInt32LE(value, 4 * i);
  });
  return new Uint8Array(Buffer.concat([head, typeof bytes === "string" ? Buffer.from(bytes) : bytes]));
}

/** An object whose `then` is as described. */
export const withThen = (described: PropertyDescriptor): object => Object.defineProperty({}, THEN, described);
/** Apart, because the linter suspects every object that is given a `then` by accident. */
const THEN = "then";
