// sys/info: host facts, clocks and random seeds, asked for by ZCL1 frames written to the handle and answered by
// frames read from it. Reachable only when the policy allows time (D21). Requests may arrive in pieces, and several
// at once; both directions are bounded, so a guest that never reads gets AGAIN instead of our memory.

import { monotonicNs, randomBytes, realtimeNs } from "../../platform/clock.ts";
import { EXIT } from "../state/block.ts";
import {
  badFrame,
  endOf,
  errorFrame,
  type Frame,
  HEADER_BYTES,
  isRequestHeader,
  joined,
  okFrame,
  readFrame,
  unknownOp,
  viewOf,
  words,
} from "./frames.ts";
import type { Stream } from "./handles.ts";
import { askHook, refuse } from "./hooks.ts";
import type { HostState } from "./host-state.ts";
import { ABI_VERSION, resultName, ZI } from "./result.ts";

const INFO = 1;
const TIME_NOW = 3;
const RANDOM_SEED = 4;

const PAYLOAD_VERSION = 1;
/** The longest request that can mean anything has 28 bytes; the rest is room for what is answered with an error. */
const MAX_REQUEST_BYTES = 4096;
/** No request is taken while this much waits to be read. */
const MAX_WAITING_BYTES = 4096;
const DEFAULT_SEED_BYTES = 32;
const MAX_SEED_BYTES = 256;

export class SysInfo implements Stream {
  readonly #host: HostState;
  /** The request that has partly arrived. */
  readonly #request = new Uint8Array(MAX_REQUEST_BYTES);
  #arrived = 0;
  /** Answers not read yet, oldest first; the first may be partly read. */
  readonly #answers: Uint8Array[] = [];
  #waiting = 0;

  constructor(host: HostState) {
    this.#host = host;
  }

  read(into: Uint8Array): number {
    let at = 0;
    while (at < into.length) {
      const answer = this.#answers.shift();
      if (answer === undefined) break;
      const taken = answer.subarray(0, into.length - at);
      into.set(taken, at);
      at += taken.length;
      if (taken.length < answer.length) this.#answers.unshift(answer.subarray(taken.length));
    }
    this.#waiting -= at;
    return at > 0 ? at : ZI.again;
  }

  /** Takes bytes as far as answers may wait. -8 for a request that is too long, which is dropped. */
  write(bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.length && this.#waiting < MAX_WAITING_BYTES) {
      const missing = this.#expected() - this.#arrived;
      const piece = bytes.subarray(at, at + missing);
      this.#request.set(piece, this.#arrived);
      this.#arrived += piece.length;
      at += piece.length;
      if (this.#arrived < HEADER_BYTES) break;
      const view = viewOf(this.#request);
      if (!isRequestHeader(view)) {
        // Where the next frame starts is unknown: what this write still has is dropped with the bad one.
        this.#answer(badFrame(readFrame(this.#request.subarray(0, HEADER_BYTES))));
        this.#arrived = 0;
        return bytes.length;
      }
      if (endOf(view) > MAX_REQUEST_BYTES) {
        this.#arrived = 0;
        return ZI.oom;
      }
      if (this.#arrived === this.#expected()) {
        this.#answer(this.#perform(readFrame(this.#request.subarray(0, this.#arrived))));
        this.#arrived = 0;
        if (this.#host.exit !== EXIT.returned) return ZI.internal;
      }
    }
    return at > 0 ? at : ZI.again;
  }

  /** Bytes that make the request in arrival complete, as far as is known. */
  #expected(): number {
    return this.#arrived < HEADER_BYTES ? HEADER_BYTES : endOf(viewOf(this.#request));
  }

  #answer(frame: Uint8Array): void {
    this.#answers.push(frame);
    this.#waiting += frame.length;
  }

  #perform(frame: Frame): Uint8Array {
    switch (frame.op) {
      case INFO:
        return this.#info(frame);
      case TIME_NOW:
        return timeNow(frame);
      case RANDOM_SEED:
        return randomSeed(frame);
      default:
        return unknownOp(frame);
    }
  }

  /** u32 1, u32 zABI version, u32 bytes of guest memory. */
  #info(frame: Frame): Uint8Array {
    const version = ziAbiVersion(this.#host);
    if (version < 0) return failed(frame, version);
    return okFrame(frame, words(PAYLOAD_VERSION, version, this.#host.policy.memSize));
  }
}

/** 0x00020005, or what the hook says. */
export function ziAbiVersion(host: HostState): number {
  // z[impl vm.abi.version]
  const hook = host.hooks.given.get("abiVersion");
  if (hook === null) return refuse(host, "abiVersion");
  return hook === undefined ? ABI_VERSION : askHook(host, "abiVersion", hook, [], 0x7fff_ffff);
}

const failed = (frame: Frame, result: number): Uint8Array =>
  errorFrame(frame, "t_sys_info", resultName(result));

/** u32 1, u64 nanoseconds since 1970, u64 nanoseconds of a clock that never goes back. */
function timeNow(frame: Frame): Uint8Array {
  const realtime = realtimeNs();
  const monotonic = monotonicNs();
  if (realtime === undefined || monotonic === undefined) return failed(frame, ZI.io);
  const payload = new Uint8Array(20);
  payload.set(words(PAYLOAD_VERSION));
  viewOf(payload).setBigUint64(4, realtime, true);
  viewOf(payload).setBigUint64(12, monotonic, true);
  return okFrame(frame, payload);
}

/** Asked with nothing (32 bytes) or a u32 length up to 256; answers u32 1, u32 length, bytes. */
function randomSeed(frame: Frame): Uint8Array {
  const { payload } = frame;
  if (payload.length !== 0 && payload.length !== 4) return failed(frame, ZI.invalid);
  const length = payload.length === 0 ? DEFAULT_SEED_BYTES : viewOf(payload).getUint32(0, true);
  if (length > MAX_SEED_BYTES) return failed(frame, ZI.invalid);
  const seed = randomBytes(length);
  if (seed === undefined) return failed(frame, ZI.io);
  return okFrame(frame, joined([words(PAYLOAD_VERSION, length), seed]));
}
