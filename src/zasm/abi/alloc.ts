// zi_alloc, zi_free: a bump allocator whose answers depend on nothing but the calls made before (RULE A4, D16).
// Its state is the heap offset and the liveness bitmap of the state block, both outside guest memory, so a guest
// that overwrites what it was given changes nothing here. Freeing ends an allocation; it never makes room.

import { EXIT, type StateBlock } from "../state/block.ts";
import { askHook, type Hook, refuse, runHook } from "./hooks.ts";
import type { HostState } from "./host-state.ts";
import { ZI } from "./result.ts";

/** `size` is u32. Gives a guest address, 0 when nothing fits or size is 0, or a negative error of a hook. */
export function ziAlloc(host: HostState, size: number): bigint {
  const hook = host.hooks.given.get("alloc");
  if (hook === null) return BigInt(refuse(host, "alloc"));
  const address = hook === undefined ? bump(host.block, size) : askForAddress(host, hook, size);
  if (address <= 0n && size > 0 && host.policy.strict && host.exit === EXIT.returned) {
    // z[impl vm.error.category.resource-memory]
    host.stop(EXIT.oom, `allocation of ${size} bytes failed`);
  }
  return address;
}

// z[impl vm.memory.allocator-deterministic] z[impl vm.memory.allocator-policy]
function bump(block: StateBlock, size: number): bigint {
  if (size === 0) return 0n;
  const start = block.heap;
  const end = start + Math.ceil(size / 8) * 8; // exact: a double does not wrap at 2^32
  if (end > block.memSize) return 0n;
  block.heap = end;
  const unit = start / 8;
  block.live[unit >> 3]! |= 1 << (unit & 7);
  return block.memBase + BigInt(start);
}

/** An address of a hook must be a byte of guest memory; what is there is the hook's business. */
function askForAddress(host: HostState, hook: Hook, size: number): bigint {
  const value = runHook(host, "alloc", hook, [size]);
  if (host.exit !== EXIT.returned) return BigInt(ZI.internal);
  if (typeof value === "bigint" || Number.isSafeInteger(value)) {
    const address = BigInt(value as bigint | number);
    if (address === 0n || isByteOfMemory(host.block, address)) return address;
    if (address < 0n && address >= -0x8000_0000n) return BigInt(host.judge(Number(address), "alloc hook"));
  }
  return BigInt(host.fail("host.bad_return", "alloc hook"));
}

/** `span` looks at 64 bits, which is all a guest has; a hook's bigint may have more. */
const isByteOfMemory = (block: StateBlock, address: bigint): boolean =>
  BigInt.asUintN(64, address) === address && block.span(address, 1) >= 0;

/** 0 for the address of a live allocation, which it ends; -1, and a violation in strict mode, for all else. */
export function ziFree(host: HostState, pointer: bigint): number {
  const hook = host.hooks.given.get("free");
  if (hook === null) return refuse(host, "free");
  const result =
    hook === undefined ? release(host.block, pointer) : askHook(host, "free", hook, [pointer], 0);
  if (result < 0 && host.policy.strict && host.exit === EXIT.returned) {
    host.stop(EXIT.abi, "zi_free: not the address of a live allocation");
  }
  return result;
}

function release(block: StateBlock, pointer: bigint): number {
  const offset = block.span(pointer, 1); // null and everything outside is -1
  if (offset < 0 || offset % 8 !== 0) return ZI.invalid;
  const unit = offset / 8;
  const bit = 1 << (unit & 7);
  if ((block.live[unit >> 3]! & bit) === 0) return ZI.invalid;
  block.live[unit >> 3]! &= ~bit;
  return ZI.ok;
}
