// The eight functions by name: above all the results that no primitive shows to a guest.

import { expect, test } from "vitest";
import { type Policy, type PolicyInput, resolvePolicy } from "../../core/policy.ts";
import { EXIT, StateBlock } from "../state/block.ts";
import { type HostInputs, openHost } from "./host-inputs.ts";
import { zabiOf } from "./zabi.ts";

function opened(policy: PolicyInput = {}, inputs: HostInputs = {}) {
  const host = openHost(resolvePolicy({ memSize: 4096, ...policy }) as Policy, inputs);
  host.block = new StateBlock(host.policy);
  host.block.heap = 16;
  return { host, zi: zabiOf(host) };
}

// z[verify vm.abi.version] z[verify vm.compat.abi]
test("zi_abi_version is 2.5, a hook's, or refused", () => {
  const version = (hooks: HostInputs["hooks"] & object) => opened({}, { hooks }).zi.zi_abi_version();
  expect(version({})).toBe(0x0002_0005);
  expect(version({ abiVersion: () => 7 })).toBe(7);
  expect(version({ abiVersion: null })).toBe(-7);
});

// z[verify vm.abi.light-host]
test("zi_alloc and zi_free", () => {
  const { zi } = opened({ memBase: 0x1000 });
  expect(zi.zi_alloc(0)).toBe(0n);
  expect(zi.zi_alloc(5)).toBe(0x1010n);
  expect(zi.zi_alloc(5000)).toBe(0n);
  expect([zi.zi_free(0x1010n), zi.zi_free(0x1010n), zi.zi_free(0n), zi.zi_free(0x1011n)]).toEqual([
    0, -1, -1, -1,
  ]);
  const hooked = opened({}, { hooks: { alloc: () => -4, free: () => -4 } }).zi;
  expect([hooked.zi_alloc(1), hooked.zi_free(1n)]).toEqual([-4n, -4]);
  const refused = opened({}, { hooks: { alloc: null, free: null } }).zi;
  expect([refused.zi_alloc(1), refused.zi_free(1n)]).toEqual([-7n, -7]);
});

test("zi_end", () => {
  const { zi, host } = opened({}, { args: [] });
  expect([0, 1, 2, 3, 2 ** 31, -1].map((handle) => zi.zi_end(handle))).toEqual([0, 0, 0, -7, -7, -7]);
  const handle = host.handles.open(host.capabilities[0]!.open());
  expect([zi.zi_end(handle), zi.zi_end(handle), zi.zi_read(handle, 64n, 1)]).toEqual([0, 0, -5]);
  expect(opened({}, { hooks: { end: () => -3 } }).zi.zi_end(0)).toBe(-3);
  expect(opened({}, { hooks: { end: null } }).zi.zi_end(0)).toBe(-7);
});

test("zi_read and zi_write", () => {
  const { zi, host } = opened({}, { stdin: new Uint8Array([1, 2, 3]), args: [] });
  expect([zi.zi_read(0, 64n, 2), zi.zi_read(0, 64n, 2), zi.zi_read(0, 64n, 2)]).toEqual([2, 1, 0]);
  expect([zi.zi_read(0, 0n, 0), zi.zi_read(9, 64n, 0), zi.zi_write(9, 0n, 0)]).toEqual([0, 0, 0]);
  expect([zi.zi_read(9, 0n, 1), zi.zi_write(9, 0n, 1)]).toEqual([-2, -2]);
  expect([zi.zi_read(1, 64n, 1), zi.zi_read(2, 64n, 1), zi.zi_write(0, 64n, 1)]).toEqual([-7, -7, -7]);
  expect([zi.zi_write(1, 64n, 3), zi.zi_write(2, 64n, 2), host.outputLeft]).toEqual([
    3,
    2,
    host.policy.maxOutputBytes - 5,
  ]);
  const handle = host.handles.open(host.capabilities[0]!.open());
  expect([zi.zi_write(handle, 64n, 1), host.handles.end(handle), zi.zi_write(handle, 64n, 1)]).toEqual([
    -4, 0, -5,
  ]);
});

test("zi_telemetry and zi_ctl", () => {
  const { zi, host } = opened({}, { hooks: { telemetry: (topic) => topic.length } });
  expect([zi.zi_telemetry(64n, 3, 64n, 3), zi.zi_telemetry(0n, 3, 64n, 3)]).toEqual([3, -2]);
  expect([zi.zi_ctl(64n, 3, 128n, 100), zi.zi_ctl(64n, 3, 128n, 3), zi.zi_ctl(0n, 3, 128n, 3)]).toEqual([
    56, -1, -2,
  ]);
  expect(opened().zi.zi_telemetry(64n, 1, 64n, 1)).toBe(0);
  expect(host.exit).toBe(EXIT.returned);
});
