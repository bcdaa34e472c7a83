// zi_ctl: the operations a guest can ask for by frame (RULE A5, D20, D21). An operation with an effect first makes
// sure that its answer fits, and reads all of its request before the answer is written: the two may overlap.

import { encodeUtf8 } from "../../core/bytes.ts";
import { EXIT } from "../state/block.ts";
import {
  badFrame,
  counted,
  errorFrame,
  type Frame,
  HEADER_BYTES,
  joined,
  okFrame,
  readFrame,
  unknownOp,
  viewOf,
  words,
  writeOkHeader,
} from "./frames.ts";
import { askHook, HOOK_VIEW_BYTES, type Hook, refuse } from "./hooks.ts";
import type { HostState } from "./host-state.ts";
import { readInto, writeFrom, ziEnd } from "./io.ts";
import { resultName, ZI } from "./result.ts";

const CAPS_LIST = 1;
const CAPS_OPEN = 3;
// Ours: the upstream tools have no opcode that reaches an opened handle (D21).
const HANDLE_READ = 0x100;
const HANDLE_WRITE = 0x101;
const HANDLE_END = 0x102;

/** The version word that starts every payload. */
const PAYLOAD_VERSION = 1;
const CAN_OPEN = 1;

/** Bytes of the answer, or a negative error; -1 also when the answer would not fit. */
export function ziCtl(
  host: HostState,
  request: bigint,
  requestLength: number,
  response: bigint,
  capacity: number,
): number {
  const requestAt = requestLength === 0 ? 0 : host.block.span(request, requestLength);
  const responseAt = capacity === 0 ? 0 : host.block.span(response, capacity);
  if (requestAt < 0 || responseAt < 0) return host.judge(ZI.bounds, "zi_ctl");
  const requestBytes = host.block.memory.subarray(requestAt, requestAt + requestLength);
  const answer = host.block.memory.subarray(responseAt, responseAt + capacity);
  const hook = host.hooks.given.get("ctl");
  if (hook === null) return refuse(host, "ctl");
  if (hook !== undefined) return askCtlHook(host, hook, requestBytes, answer);

  const frame = readFrame(requestBytes);
  switch (frame.op) {
    case -1:
      return put(answer, badFrame(frame));
    case CAPS_LIST:
      return put(answer, okFrame(frame, capabilityList(host)));
    case CAPS_OPEN: {
      if (answer.length < HEADER_BYTES + 8) return ZI.invalid;
      const handle = openCapability(host, frame.payload);
      return reply(host, answer, frame, "t_cap_open", handle, words(PAYLOAD_VERSION, handle));
    }
    case HANDLE_READ:
      return handleRead(host, frame, answer);
    case HANDLE_WRITE: {
      if (answer.length < HEADER_BYTES + 8) return ZI.invalid;
      const written = handleWrite(host, frame.payload);
      return reply(host, answer, frame, "t_ctl_handle", written, words(PAYLOAD_VERSION, written));
    }
    case HANDLE_END: {
      if (answer.length < HEADER_BYTES + 4) return ZI.invalid;
      const ended = handleEnd(host, frame.payload);
      return reply(host, answer, frame, "t_ctl_handle", ended, words(PAYLOAD_VERSION));
    }
    default:
      return put(answer, unknownOp(frame));
  }
}

function askCtlHook(host: HostState, hook: Hook, request: Uint8Array, answer: Uint8Array): number {
  if (request.length > HOOK_VIEW_BYTES) return ZI.oom; // a frame cannot be shown in part
  const copy = host.copy(request);
  const scratch = host.allocate(Math.min(answer.length, HOOK_VIEW_BYTES));
  if (copy === undefined || scratch === undefined) return ZI.internal;
  const written = askHook(host, "ctl", hook, [copy, scratch], scratch.length, scratch);
  if (host.exit === EXIT.returned && written > 0) answer.set(scratch.subarray(0, written));
  return written;
}

/** Writes a whole answer, or nothing. */
function put(answer: Uint8Array, frame: Uint8Array): number {
  if (frame.length > answer.length) return ZI.invalid;
  answer.set(frame);
  return frame.length;
}

/** The answer for `result`: `payload` when it is good, an error frame naming it when not, nothing once the run ended. */
function reply(
  host: HostState,
  answer: Uint8Array,
  frame: Frame,
  trace: string,
  result: number,
  payload: Uint8Array,
): number {
  if (result < 0) return replyError(host, answer, frame, trace, result);
  return host.exit === EXIT.returned ? put(answer, okFrame(frame, payload)) : ZI.internal;
}

function replyError(
  host: HostState,
  answer: Uint8Array,
  frame: Frame,
  trace: string,
  result: number,
): number {
  if (host.exit !== EXIT.returned) return ZI.internal;
  return put(answer, errorFrame(frame, trace, resultName(result)));
}

/** u32 1, u32 count, and for each: kind, name, u32 flags, u32 meta_len 0. */
function capabilityList(host: HostState): Uint8Array {
  const entries = host.capabilities.map(({ kind, name }) =>
    joined([counted(encodeUtf8(kind)), counted(encodeUtf8(name)), words(CAN_OPEN, 0)]),
  );
  return joined([words(PAYLOAD_VERSION, entries.length), ...entries]);
}

/** u64 kind, u32 kind_len, u64 name, u32 name_len, u32 mode 0, u64 params, u32 params_len 0, packed. */
function openCapability(host: HostState, payload: Uint8Array): number {
  if (payload.length !== 40) return ZI.invalid;
  const view = viewOf(payload);
  const kindLength = view.getUint32(8, true);
  const nameLength = view.getUint32(20, true);
  const mode = view.getUint32(24, true);
  const paramsLength = view.getUint32(36, true);
  if (mode !== 0 || kindLength === 0 || nameLength === 0) return ZI.invalid;
  const { block } = host;
  const kindAt = block.span(view.getBigUint64(0, true), kindLength);
  const nameAt = block.span(view.getBigUint64(12, true), nameLength);
  const paramsAt = paramsLength === 0 ? 0 : block.span(view.getBigUint64(28, true), paramsLength);
  if (kindAt < 0 || nameAt < 0 || paramsAt < 0) return host.judge(ZI.bounds, "CAPS_OPEN");
  if (paramsLength !== 0) return ZI.invalid; // none of ours takes any
  const wanted = host.capabilities.find(
    ({ kind, name }) =>
      spells(block.memory, kindAt, kindLength, kind) && spells(block.memory, nameAt, nameLength, name),
  );
  return wanted === undefined ? ZI.noent : host.handles.open(wanted.open());
}

/** True when the guest's bytes are the ASCII `word`; looks at no more of them than it has. */
function spells(memory: Uint8Array, at: number, length: number, word: string): boolean {
  if (length !== word.length) return false;
  for (let i = 0; i < length; i++) if (memory[at + i] !== word.charCodeAt(i)) return false;
  return true;
}

/** u32 1, u32 handle, u32 cap; answers u32 1, u32 n, n bytes. Never takes from a stream what it cannot deliver. */
function handleRead(host: HostState, frame: Frame, answer: Uint8Array): number {
  const dataAt = HEADER_BYTES + 8;
  if (answer.length < dataAt) return ZI.invalid;
  const trace = "t_ctl_handle";
  const request = viewOf(frame.payload);
  if (frame.payload.length !== 12 || request.getUint32(0, true) !== PAYLOAD_VERSION) {
    return replyError(host, answer, frame, trace, ZI.invalid);
  }
  const handle = request.getUint32(4, true);
  const wanted = request.getUint32(8, true);
  // With room for the answer's head only, 0 bytes would read as end of input.
  if (wanted > 0 && answer.length === dataAt) return ZI.invalid;
  const read = readInto(host, handle, answer.subarray(dataAt, dataAt + wanted));
  if (read < 0) return replyError(host, answer, frame, trace, read);
  writeOkHeader(answer, frame, 8 + read);
  answer.set(words(PAYLOAD_VERSION, read), HEADER_BYTES);
  return dataAt + read;
}

/** u32 1, u32 handle, u32 n, n bytes. */
function handleWrite(host: HostState, payload: Uint8Array): number {
  const view = viewOf(payload);
  if (payload.length < 12 || view.getUint32(0, true) !== PAYLOAD_VERSION) return ZI.invalid;
  if (view.getUint32(8, true) !== payload.length - 12) return ZI.invalid;
  return writeFrom(host, view.getUint32(4, true), payload.subarray(12));
}

/** u32 1, u32 handle. */
function handleEnd(host: HostState, payload: Uint8Array): number {
  const view = viewOf(payload);
  if (payload.length !== 8 || view.getUint32(0, true) !== PAYLOAD_VERSION) return ZI.invalid;
  return ziEnd(host, view.getUint32(4, true));
}
