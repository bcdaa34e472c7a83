// The eight functions of zABI 2.5 by name, as any front of the host may call them: guest addresses are bigint,
// lengths u32 numbers, results lengths or negative numbers. Whether a call ended the run is in the host state.

import { ziAlloc, ziFree } from "./alloc.ts";
import { ziCtl } from "./ctl.ts";
import type { HostState } from "./host-state.ts";
import { ziEnd, ziRead, ziWrite } from "./io.ts";
import { ziAbiVersion } from "./sys-info.ts";

export interface Zabi {
  zi_abi_version(): number;
  zi_read(handle: number, pointer: bigint, capacity: number): number;
  zi_write(handle: number, pointer: bigint, length: number): number;
  zi_end(handle: number): number;
  /** A guest address, 0, or a negative error number. */
  zi_alloc(size: number): bigint;
  zi_free(pointer: bigint): number;
  zi_telemetry(topic: bigint, topicLength: number, message: bigint, messageLength: number): number;
  zi_ctl(request: bigint, requestLength: number, response: bigint, capacity: number): number;
}

// z[impl vm.compat.abi] z[impl vm.abi.light-host]
export function zabiOf(host: HostState): Zabi {
  return {
    zi_abi_version: () => ziAbiVersion(host),
    zi_read: (handle, pointer, capacity) => ziRead(host, handle, pointer, capacity),
    zi_write: (handle, pointer, length) => ziWrite(host, handle, pointer, length),
    zi_end: (handle) => ziEnd(host, handle),
    zi_alloc: (size) => ziAlloc(host, size),
    zi_free: (pointer) => ziFree(host, pointer),
    zi_telemetry: (topic, topicLength, message, messageLength) =>
      host.telemetry.ziTelemetry(topic, topicLength, message, messageLength),
    zi_ctl: (request, requestLength, response, capacity) =>
      ziCtl(host, request, requestLength, response, capacity),
  };
}
