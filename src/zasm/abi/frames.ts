// ZCL1 frames, the envelope of zi_ctl and of sys/info. 24 bytes, little-endian, then the payload:
//
//   0 "ZCL1"   4 u16 version 1   6 u16 op   8 u32 rid   12 u32 status   16 u32 0   20 u32 payload_len
//
// status is 0 in requests; in answers 1 = ok, 0 = error.

import { encodeUtf8 } from "../../core/bytes.ts";

export const HEADER_BYTES = 24;
const MAGIC = 0x314c_435a; // "ZCL1" read little-endian
const VERSION = 1;
const STATUS_OK = 1;
const STATUS_ERROR = 0;

/** A request; `op` is -1 when it is no frame, and then `payload` is empty. */
export interface Frame {
  readonly op: number;
  readonly rid: number;
  readonly payload: Uint8Array;
}

const NOTHING = new Uint8Array(0);

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Reads a request of `bytes`; what follows its payload is ignored (D20). */
export function readFrame(bytes: Uint8Array): Frame {
  const view = viewOf(bytes);
  const rid = bytes.length < 12 ? 0 : view.getUint32(8, true);
  const end = bytes.length < HEADER_BYTES || !isRequestHeader(view) ? Number.POSITIVE_INFINITY : endOf(view);
  if (end > bytes.length) return { op: -1, rid, payload: NOTHING };
  return { op: view.getUint16(6, true), rid, payload: bytes.subarray(HEADER_BYTES, end) };
}

/** Length of the whole frame, by its header. */
export const endOf = (view: DataView): number => HEADER_BYTES + view.getUint32(20, true);

/** True when the first 24 bytes begin a request, whatever length they claim. */
export const isRequestHeader = (view: DataView): boolean =>
  view.getUint32(0, true) === MAGIC &&
  view.getUint16(4, true) === VERSION &&
  view.getUint32(12, true) === 0 &&
  view.getUint32(16, true) === 0;

/** Writes the header of a successful answer at the start of `into`. */
export function writeOkHeader(into: Uint8Array, frame: Frame, payloadLength: number): void {
  writeHeader(into, frame.op, frame.rid, STATUS_OK, payloadLength);
}

function writeHeader(into: Uint8Array, op: number, rid: number, status: number, payloadLength: number): void {
  const view = viewOf(into);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, VERSION, true);
  view.setUint16(6, op, true);
  view.setUint32(8, rid, true);
  view.setUint32(12, status, true);
  view.setUint32(16, 0, true);
  view.setUint32(20, payloadLength, true);
}

export function okFrame(frame: Frame, payload: Uint8Array): Uint8Array {
  const answer = new Uint8Array(HEADER_BYTES + payload.length);
  writeOkHeader(answer, frame, payload.length);
  answer.set(payload, HEADER_BYTES);
  return answer;
}

/** Payload: u32 length and bytes of trace, message and detail, the last always empty. `op` is 0 for what is no frame. */
export function errorFrame(frame: Frame, trace: string, message: string): Uint8Array {
  const payload = joined([counted(encodeUtf8(trace)), counted(encodeUtf8(message)), words(0)]);
  const answer = new Uint8Array(HEADER_BYTES + payload.length);
  writeHeader(answer, Math.max(frame.op, 0), frame.rid, STATUS_ERROR, payload.length);
  answer.set(payload, HEADER_BYTES);
  return answer;
}

/** The answer to what is no frame. */
export const badFrame = (frame: Frame): Uint8Array => errorFrame(frame, "t_ctl_bad_frame", "parse");
/** The answer to an operation nobody knows. */
export const unknownOp = (frame: Frame): Uint8Array =>
  errorFrame(frame, "t_ctl_unknown_op", "unknown operation");

/** u32 values, little-endian. */
export function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = viewOf(bytes);
  values.forEach((value, i) => {
    view.setUint32(4 * i, value, true);
  });
  return bytes;
}

/** u32 length, then the bytes. */
export const counted = (bytes: Uint8Array): Uint8Array => joined([words(bytes.length), bytes]);

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
