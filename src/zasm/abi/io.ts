// zi_read, zi_write, zi_end. Order of checks (D18): length 0, then the span, then the handle.
// A hook serves every handle but those zi_ctl opened, which stay with the stream behind them.

import { EXIT } from "../state/block.ts";
import { askHook, HOOK_VIEW_BYTES, refuse } from "./hooks.ts";
import type { HostState } from "./host-state.ts";
import { ZI } from "./result.ts";

export function ziRead(host: HostState, handle: number, pointer: bigint, capacity: number): number {
  if (capacity === 0) return 0;
  // z[impl vm.safety.abi-arguments]
  const at = host.block.span(pointer, capacity);
  if (at < 0) return host.judge(ZI.bounds, "zi_read");
  return readInto(host, handle, host.block.memory.subarray(at, at + capacity));
}

/** zi_read behind its span check; `into` is guest memory. */
export function readInto(host: HostState, handle: number, into: Uint8Array): number {
  if (into.length === 0) return 0;
  const hook = host.hooks.given.get("read");
  if (hook === null) return refuse(host, "read");
  if (hook !== undefined && !host.handles.isOurs(handle)) {
    const scratch = host.allocate(Math.min(into.length, HOOK_VIEW_BYTES));
    if (scratch === undefined) return ZI.internal;
    const read = askHook(host, "read", hook, [handle, scratch], scratch.length, scratch);
    if (host.exit === EXIT.returned && read > 0) into.set(scratch.subarray(0, read));
    return read;
  }
  const stream = host.handles.find(handle);
  return host.judge(typeof stream === "number" ? stream : stream.read(into), "zi_read");
}

export function ziWrite(host: HostState, handle: number, pointer: bigint, length: number): number {
  if (length === 0) return 0;
  const at = host.block.span(pointer, length);
  if (at < 0) return host.judge(ZI.bounds, "zi_write");
  return writeFrom(host, handle, host.block.memory.subarray(at, at + length));
}

/** zi_write behind its span check; `bytes` is guest memory. */
export function writeFrom(host: HostState, handle: number, bytes: Uint8Array): number {
  if (bytes.length === 0) return 0;
  const hook = host.hooks.given.get("write");
  if (hook === null) return refuse(host, "write");
  if (hook !== undefined && !host.handles.isOurs(handle)) {
    const copy = host.copy(bytes.subarray(0, HOOK_VIEW_BYTES));
    if (copy === undefined) return ZI.internal;
    return askHook(host, "write", hook, [handle, copy], copy.length);
  }
  const stream = host.handles.find(handle);
  return host.judge(typeof stream === "number" ? stream : stream.write(bytes), "zi_write");
}

export function ziEnd(host: HostState, handle: number): number {
  const hook = host.hooks.given.get("end");
  if (hook === null) return refuse(host, "end");
  if (hook !== undefined && !host.handles.isOurs(handle)) return askHook(host, "end", hook, [handle], 0);
  return host.judge(host.handles.end(handle), "zi_end");
}
