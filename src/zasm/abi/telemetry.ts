// zi_telemetry: one line of program output on stderr (D7), as text or as JSON Lines (RULE A6, D23).
// Lines are measured, checked against the output budget, and written byte by byte where they belong: a message may
// be as long as guest memory, which is longer than a JavaScript string may get once escaped.

import { encodeUtf8 } from "../../core/bytes.ts";
import { realtimeNs } from "../../platform/clock.ts";
import { EXIT } from "../state/block.ts";
import { askHook, refuse } from "./hooks.ts";
import type { HostState } from "./host-state.ts";
import { ZI } from "./result.ts";

export type LogForm = "text" | "jsonl";

export class Telemetry {
  readonly #host: HostState;
  readonly #form: LogForm;
  #seq = 0;

  constructor(host: HostState, form: LogForm) {
    this.#host = host;
    this.#form = form;
  }

  /** 0, or -2 for a bad span; a span of length 0 is not looked at (D18). */
  ziTelemetry(topic: bigint, topicLength: number, message: bigint, messageLength: number): number {
    const host = this.#host;
    // z[impl vm.telemetry.bad-pointers]
    const topicAt = topicLength === 0 ? 0 : host.block.span(topic, topicLength);
    const messageAt = messageLength === 0 ? 0 : host.block.span(message, messageLength);
    if (topicAt < 0 || messageAt < 0) return host.judge(ZI.bounds, "zi_telemetry");
    const { memory } = host.block;
    return this.#log(
      memory.subarray(topicAt, topicAt + topicLength),
      memory.subarray(messageAt, messageAt + messageLength),
    );
  }

  #log(topic: Uint8Array, message: Uint8Array): number {
    const host = this.#host;
    const hook = host.hooks.given.get("telemetry");
    if (hook === null) return refuse(host, "telemetry");
    if (hook !== undefined) {
      const topicCopy = host.copy(topic);
      const messageCopy = host.copy(message);
      if (host.exit !== EXIT.returned) return ZI.internal;
      return askHook(host, "telemetry", hook, [topicCopy, messageCopy], topic.length + message.length);
    }
    const parts = this.#form === "text" ? textLine(topic, message) : this.#jsonLine(topic, message);
    const size = parts.reduce((sum, part) => sum + part.size, 0);
    host.stderr.emit(size, (into) => {
      let at = 0;
      for (const part of parts) {
        part.fill(into.subarray(at, at + part.size));
        at += part.size;
      }
    });
    return ZI.ok;
  }

  /** `{"seq":1,"ts":1700000000000,"topic":"…","body":"…"}`: `ts` in milliseconds, and only when policy allows time. */
  #jsonLine(topic: Uint8Array, message: Uint8Array): Part[] {
    // z[impl vm.policy.allow-time] z[impl vm.determinism.default]
    const now = this.#host.policy.allowTime ? realtimeNs() : undefined;
    const ts = now === undefined ? "" : `"ts":${now / 1_000_000n},`;
    return [
      text(`{"seq":${++this.#seq},${ts}`),
      ...jsonMember("topic", topic),
      text(","),
      ...jsonMember("body", message),
      text("}\n"),
    ];
  }
}

/** A piece of a line: its size is known before its bytes are made. */
interface Part {
  readonly size: number;
  fill(into: Uint8Array): void;
}

const raw = (bytes: Uint8Array): Part => ({ size: bytes.length, fill: (into) => into.set(bytes) });
const text = (characters: string): Part => raw(encodeUtf8(characters));

const OPEN = text("[");
const CLOSE = text("] ");
const NEWLINE = text("\n");

/** `[topic] message`, raw bytes; the newline is added even when the message ends in one (spec 6.6). */
const textLine = (topic: Uint8Array, message: Uint8Array): Part[] => [
  OPEN,
  raw(topic),
  CLOSE,
  raw(message),
  NEWLINE,
];

/** `"name":"…"`, or `"nameBase64":"…"` when the bytes are not UTF-8. */
function jsonMember(name: string, bytes: Uint8Array): Part[] {
  const size = escapedSize(bytes);
  return size < 0
    ? [text(`"${name}Base64":"`), base64(bytes), text('"')]
    : [text(`"${name}":"`), { size, fill: (into) => writeEscaped(bytes, into) }, text('"')];
}

/** Bytes of a JSON string as JSON.stringify writes it, by the byte: below 0x20 and `"` and `\` are escaped. */
const ESCAPES: readonly (Uint8Array | undefined)[] = Array.from({ length: 0x5d }, (_, code) => {
  const escaped = JSON.stringify(String.fromCharCode(code)).slice(1, -1);
  return escaped.length > 1 ? encodeUtf8(escaped) : undefined;
});

/** Size of `bytes` as the inside of a JSON string, or -1 when they are not UTF-8. */
function escapedSize(bytes: Uint8Array): number {
  let size = 0;
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at]!;
    if (lead < 0x80) {
      size += ESCAPES[lead]?.length ?? 1;
      at++;
      continue;
    }
    const units = sequenceLength(bytes, at, lead);
    if (units === 0) return -1;
    size += units;
    at += units;
  }
  return size;
}

/** Bytes of the UTF-8 sequence at `at`, whose lead is above 0x7f; 0 when there is none (Unicode table 3-7). */
function sequenceLength(bytes: Uint8Array, at: number, lead: number): number {
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const units = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  // The second byte also rules out overlong forms, surrogates and what is above U+10FFFF.
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  const second = bytes[at + 1] ?? 0;
  if (second < low || second > high) return 0;
  for (let i = 2; i < units; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  return units;
}

function writeEscaped(bytes: Uint8Array, into: Uint8Array): void {
  let at = 0;
  for (const byte of bytes) {
    const escaped = ESCAPES[byte];
    if (escaped === undefined) into[at++] = byte;
    else {
      into.set(escaped, at);
      at += escaped.length;
    }
  }
}

const DIGITS = encodeUtf8("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const PAD = 0x3d;

function base64(bytes: Uint8Array): Part {
  return {
    size: Math.ceil(bytes.length / 3) * 4,
    fill(into) {
      for (let at = 0, out = 0; at < bytes.length; at += 3) {
        const group = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
        into[out++] = DIGITS[group >>> 18]!;
        into[out++] = DIGITS[(group >>> 12) & 63]!;
        into[out++] = at + 1 < bytes.length ? DIGITS[(group >>> 6) & 63]! : PAD;
        into[out++] = at + 2 < bytes.length ? DIGITS[group & 63]! : PAD;
      }
    },
  };
}
