// Embedder functions behind the zABI calls: their types, the one reading of the object that holds them, and the
// judgement of what they return. A hook never sees guest memory: it gets copies, or fills a scratch view (D22).

import { MisuseError, quoted } from "../../core/errors.ts";
import { EXIT } from "../state/block.ts";
import type { HostState } from "./host-state.ts";
import { ZI } from "./result.ts";

/**
 * Replacements for zABI functions, called synchronously, with `this` being the hooks object. Spans are checked
 * before a hook is asked. A hook returns an integer: a length, or a negative zABI error number. `null` refuses the
 * function: the guest gets -7, and `trap.abi` in strict mode. Left out: Sinter's own function.
 */
export interface Hooks {
  /** Every hook answers equally in equal runs; without it a run that asked a hook is not deterministic. */
  readonly deterministic?: boolean;
  /** Asked for the guest's host information. Default 0x00020005. */
  readonly abiVersion?: (() => number) | null;
  /** Fills the start of `into` (1 byte to 64 KiB, gone after the call) and returns how much; 0 = end of input. */
  readonly read?: ((handle: number, into: Uint8Array) => number) | null;
  /** Takes `bytes` (1 byte to 64 KiB, yours to keep) and returns how many it took. */
  readonly write?: ((handle: number, bytes: Uint8Array) => number) | null;
  readonly end?: ((handle: number) => number) | null;
  /** Returns a guest address inside memory, 0 for "does not fit", or a negative error number. */
  readonly alloc?: ((size: number) => number | bigint) | null;
  readonly free?: ((pointer: bigint) => number) | null;
  /** Takes one log line, both parts yours to keep. */
  readonly telemetry?: ((topic: Uint8Array, message: Uint8Array) => number) | null;
  /** Reads a frame of at most 64 KiB, fills the start of `response` (at most 64 KiB) and returns how much. */
  readonly ctl?: ((request: Uint8Array, response: Uint8Array) => number) | null;
}

const HOOK_NAMES = [
  "abiVersion",
  "read",
  "write",
  "end",
  "alloc",
  "free",
  "telemetry",
  "ctl",
] as const satisfies readonly (keyof Hooks)[];
export type HookName = (typeof HOOK_NAMES)[number];

/** Longest view a hook gets: what it costs us to call one stays bounded, whatever length the guest names. */
export const HOOK_VIEW_BYTES = 65_536;

/** A hook that was given, or null for one that refuses. */
export type Hook = (...args: unknown[]) => unknown;
export interface HookTable {
  readonly declaredDeterministic: boolean;
  /** A hook that was not declared deterministic has run (D6). */
  ranUndeclared: boolean;
  readonly given: ReadonlyMap<HookName, Hook | null>;
}

/** Reads own properties, each once. Throws `MisuseError` for anything that is not a hook. */
export function readHooks(hooks: unknown): HookTable {
  const given = new Map<HookName, Hook | null>();
  let declaredDeterministic = false;
  if (hooks !== undefined) {
    for (const [key, value] of ownEntries(hooks)) {
      if (value === undefined) continue;
      if (key === "deterministic") {
        if (typeof value !== "boolean") throw new MisuseError("hooks.deterministic must be true or false");
        declaredDeterministic = value;
        continue;
      }
      const name = HOOK_NAMES.find((known) => known === key);
      if (name === undefined) throw new MisuseError(`there is no hook ${quoted(String(key))}`);
      if (value !== null && typeof value !== "function") {
        throw new MisuseError(`hooks.${name} must be a function, or null to refuse`);
      }
      given.set(name, value === null ? null : (...args) => Reflect.apply(value, hooks, args));
    }
  }
  return { declaredDeterministic, ranUndeclared: false, given };
}

/** Getters and proxies may throw, and what they throw is not ours to pass on. */
function ownEntries(hooks: unknown): readonly (readonly [string | symbol, unknown])[] {
  try {
    if (isPlainObject(hooks)) return Reflect.ownKeys(hooks).map((key) => [key, Reflect.get(hooks, key)]);
  } catch {
    throw new MisuseError("hooks could not be read");
  }
  throw new MisuseError("hooks must be a plain object");
}

/** Methods of a class would be found on the prototype and silently not be hooks, so an instance is refused. */
function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** What a hook returned, unjudged. `filled` is the scratch view it was to fill and must leave attached. */
export function runHook(
  host: HostState,
  name: HookName,
  hook: Hook,
  args: readonly unknown[],
  filled?: Uint8Array,
): unknown {
  // z[impl vm.input.hooks]
  host.hooks.ranUndeclared ||= !host.hooks.declaredDeterministic;
  const lengthBefore = filled?.length;
  const value = host.foreign(`${name} hook`, () => hook(...args));
  if (host.exit === EXIT.returned && filled?.length !== lengthBefore) {
    host.fail("host.detached", `${name} hook`);
  }
  return value;
}

/** Asks a hook for an integer from -2^31 to `most`; anything else ends the run. */
export function askHook(
  host: HostState,
  name: HookName,
  hook: Hook,
  args: readonly unknown[],
  most: number,
  filled?: Uint8Array,
): number {
  const value = runHook(host, name, hook, args, filled);
  if (host.exit !== EXIT.returned) return ZI.internal;
  if (typeof value !== "number" || !Number.isInteger(value) || value < -0x8000_0000 || value > most) {
    return host.fail("host.bad_return", `${name} hook`);
  }
  return host.judge(value + 0, `${name} hook`); // + 0: -0 is 0
}

/** The answer of a function whose hook is null. */
export function refuse(host: HostState, name: HookName): number {
  // z[impl vm.safety.hooks-fail-closed]
  return host.judge(ZI.nosys, `${name} hook`);
}
